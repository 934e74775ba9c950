/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quality of one effort: SCIENCE 1.3, steps 3, 5 and 6. It flags, it never removes. */
#include "effort.h"

/* Maffiuletti's unstable baseline: leaving mean ± 3 SD in the 200 ms before onset
   (SCIENCE 1.1, [V]); the onset floor is added as in step 5. */
static const double watched_s = 0.2;
static const double watched_sd = 3.0;
/* Comfort 2019: a quiet second that varies by more than 50 N is not quiet (SCIENCE 1.1). */
static const double quiet_range_n = 50.0;
/* SCIENCE 1.3, step 6 */
static const double explosive_s = 0.5;
/* The least-squares line over the 200 ms before a rise from a level baseline crosses the threshold
   climbs at most 1.125 times the threshold's height (a hinge at three quarters of the span; derived
   in closed form: 3a − 2a² for a ramp that fills the fraction a). More than 1.5 cannot come from
   the rise alone: the force was moving before. */
static const double largest_climb_of_a_rise = 1.5;

/* baseline + floor − baseline is the floor again but for the last digits of the baseline. */
static const double rounding = 1e-9;

static stance_reason_set flag_if(bool condition, enum stance_reason reason)
{
  return condition ? STANCE_REASON_BIT(reason) : 0;
}

double effort_climb_n(const double *force_n, long first, long count)
{
  double n = (double)count, middle = (n - 1.0) / 2.0, numerator = 0.0;
  double denominator = n * (n * n - 1.0) / 12.0; /* Σ(i − middle)² */
  for (long i = 0; i < count; ++i)
    numerator += ((double)i - middle) * (force_n[first + i] - force_n[first]);
  return denominator > 0.0 ? numerator / denominator * (double)count : 0.0;
}

/* What moved in the 200 ms before onset. A gap among them makes no claim. */
static stance_reason_set before_onset(const struct stance_effort_search *search,
                                      const struct stance_analysis_settings *settings,
                                      const struct stance_effort *effort)
{
  long count = samples_of(watched_s, search->rate_hz);
  long first = larger_of(search->earliest, effort->onset - count);
  double limit_n = watched_sd * effort->baseline_sd_n + settings->onset_floor_n;
  double height_n = effort->threshold_n - effort->baseline_n;
  /* The foot of the rise itself climbs up to the threshold, and a slow one crosses it back and
     forth; what came down again to half of it was no part of the rise. */
  double high_n = effort->baseline_n + fmax(limit_n, height_n);
  double back_n = effort->baseline_n + height_n / 2.0;
  double low_n = (double)INFINITY;
  bool went_high = false, came_back = false;
  for (long i = first; i < effort->onset; ++i) {
    low_n = search->force_n[i] < low_n ? search->force_n[i] : low_n;
    went_high |= search->force_n[i] > high_n;
    came_back |= went_high && search->force_n[i] <= back_n;
  }
  double dip_n = effort->baseline_n - low_n;
  bool dipped_on_plate =
      search->plate && settings->countermovement_n > 0.0 && dip_n > settings->countermovement_n;
  stance_reason_set left =
      flag_if(dip_n > limit_n || dipped_on_plate, STANCE_REASON_COUNTERMOVEMENT) |
      flag_if(came_back, STANCE_REASON_UNSTABLE_BASELINE);
  if (left != 0)
    return left; /* the way back from there has a slope too: said once */
  double climb = effort_climb_n(search->force_n, first, effort->onset - first);
  return flag_if(fabs(climb) > largest_climb_of_a_rise * height_n, STANCE_REASON_BASELINE_DRIFT);
}

/* 20 to 80 % of the rise, each at its first sample after onset. */
static bool rises_slowly(const struct stance_effort_search *search,
                         const struct stance_effort *effort)
{
  double rise_n = search->force_n[effort->peak] - effort->baseline_n;
  long t20 = first_at_or_above(search->force_n, effort->onset, effort->peak,
                               effort->baseline_n + 0.2 * rise_n);
  long t80 = first_at_or_above(search->force_n, effort->onset, effort->peak,
                               effort->baseline_n + 0.8 * rise_n);
  return (double)(t80 - t20) > explosive_s * search->rate_hz;
}

stance_reason_set effort_quality(const struct stance_effort_search *search,
                                 const struct stance_analysis_settings *settings,
                                 const struct stance_effort *effort)
{
  double height_n = effort->threshold_n - effort->baseline_n;
  double drift_n = effort_climb_n(search->force_n, effort->quiet_first, effort->quiet_count);
  return before_onset(search, settings, effort) |
         flag_if(search->plate && effort->baseline_range_n > quiet_range_n,
                 STANCE_REASON_UNQUIET_BASELINE) |
         /* drift alone could cross the floor */
         flag_if(fabs(drift_n) > settings->onset_floor_n, STANCE_REASON_BASELINE_DRIFT) |
         flag_if(settings->onset_method == STANCE_ONSET_MEAN_SD &&
                     height_n > settings->onset_floor_n * (1.0 + rounding),
                 STANCE_REASON_NOISE_DRIVEN) |
         flag_if(rises_slowly(search, effort), STANCE_REASON_NOT_EXPLOSIVE);
}
