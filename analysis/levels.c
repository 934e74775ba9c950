/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "levels.h"

#include "effort.h"

#include <math.h>

/* As long as the quiet window: an integer number of cycles of 50 and of 60 Hz mains. */
#define CALM_WINDOW_S 1.0
/* The shortest quiet window that the settings allow. */
#define CALM_WINDOW_SHORTEST_S 0.2
/* A body that stands still varies by less (Comfort 2019). */
#define UNQUIET_RANGE_N 50.0

/* The calmest second of a phase, or all of a shorter one. */
static bool phase_level(const struct stance_force_trace *trace, const struct stance_phase *phase,
                        const double *force_n, struct quiet_statistics *ret_level,
                        struct stance_span *ret_span)
{
  if (phase->span.first >= trace->sample_count)
    return false;
  const size_t room = trace->sample_count - phase->span.first;
  const size_t count = phase->span.count < room ? phase->span.count : room;
  const size_t longest = (size_t)lround(CALM_WINDOW_S * trace->time.rate_hz);
  const size_t window = count < longest ? count : longest;
  if ((double)window < CALM_WINDOW_SHORTEST_S * trace->time.rate_hz)
    return false;
  long reference = (long)phase->span.first;
  const long end = reference + (long)count;
  while (reference < end && isnan(force_n[reference]))
    reference++;
  const struct quiet_request request = {.first = (long)phase->span.first,
                                        .end = end,
                                        .length = (long)window,
                                        .reference_n = reference < end ? force_n[reference] : 0,
                                        .tolerance_n = (double)INFINITY};
  const long calm = window >= 2 ? quiet_window_find(force_n, &request) : STANCE_NO_SAMPLE;
  if (calm == STANCE_NO_SAMPLE)
    return false;
  *ret_level = quiet_window_statistics(force_n, calm, (long)window);
  *ret_span = (struct stance_span){.first = (size_t)calm, .count = window};
  return true;
}

/* Still: the noise does not reach the floor of the onset threshold, and the calm part is not an
   island in a phase that read something else (somebody stepped on early). */
static stance_reason_set zero_quality(const struct stance_phase *phase, const double *force_n,
                                      size_t sample_count, const struct quiet_statistics *level,
                                      const struct stance_analysis_settings *settings)
{
  size_t near = 0, known = 0;
  for (size_t i = phase->span.first; i < sample_count && i < phase->span.first + phase->span.count;
       i++) {
    known += isnan(force_n[i]) ? 0 : 1;
    near += fabs(force_n[i] - level->mean_n) <= settings->onset_floor_n ? 1 : 0;
  }
  const bool still = settings->onset_sd * level->sd_n <= settings->onset_floor_n;
  return still && 2 * near >= known ? 0 : STANCE_REASON_BIT(STANCE_REASON_ZERO_UNSTABLE);
}

struct levels levels_measure(const struct stance_force_trace *trace, const double *force_n,
                             const struct stance_analysis_settings *settings, size_t before)
{
  struct levels levels = {.limb_n = (double)NAN};
  struct quiet_statistics level;
  for (size_t k = 0; k < trace->phase_count; k++) {
    const struct stance_phase *phase = &trace->phase[k];
    if (phase->kind == STANCE_PHASE_UNLOADED && !levels.zero_measured &&
        phase_level(trace, phase, force_n, &level, &levels.zero_span)) {
      levels.zero_measured = true;
      levels.zero_n = level.mean_n;
      levels.zero_flags = zero_quality(phase, force_n, trace->sample_count, &level, settings);
    }
    if (phase->kind == STANCE_PHASE_LIMB && phase->span.first < before &&
        phase_level(trace, phase, force_n, &level, &levels.limb_span)) {
      levels.limb_measured = true;
      levels.limb_n = level.mean_n;
      levels.limb_flags =
          level.range_n > UNQUIET_RANGE_N ? STANCE_REASON_BIT(STANCE_REASON_UNQUIET_BASELINE) : 0;
    }
  }
  return levels;
}

static bool read_zero(const struct stance_force_trace *trace, const struct stance_phase *phase,
                      const double *force_n, const struct stance_analysis_settings *settings,
                      double *ret_mean_n, double *ret_middle, stance_reason_set *flags)
{
  struct quiet_statistics level;
  struct stance_span span;
  if (!phase_level(trace, phase, force_n, &level, &span))
    return false;
  *ret_mean_n = level.mean_n;
  *ret_middle = span_middle(span);
  *flags |= zero_quality(phase, force_n, trace->sample_count, &level, settings);
  return true;
}

struct zero_pair levels_zero_pair(const struct stance_force_trace *trace, const double *force_n,
                                  const struct stance_analysis_settings *settings)
{
  struct zero_pair pair = {.measured = false};
  size_t first = 0, last = trace->phase_count, loaded = 0;
  while (first < trace->phase_count && trace->phase[first].kind != STANCE_PHASE_UNLOADED)
    first++;
  for (size_t k = 0; k < trace->phase_count; k++) {
    const struct stance_phase *phase = &trace->phase[k];
    if (phase->kind != STANCE_PHASE_UNLOADED && phase->span.first > loaded)
      loaded = phase->span.first;
  }
  for (size_t k = first + 1; k < trace->phase_count; k++)
    if (trace->phase[k].kind == STANCE_PHASE_UNLOADED && trace->phase[k].span.first > loaded)
      last = k;
  if (last >= trace->phase_count || trace->phase[first].span.first >= loaded)
    return pair;
  pair.measured = read_zero(trace, &trace->phase[first], force_n, settings, &pair.before_n,
                            &pair.before, &pair.flags) &&
                  read_zero(trace, &trace->phase[last], force_n, settings, &pair.after_n,
                            &pair.after, &pair.flags);
  return pair;
}

bool levels_begin_before(const struct stance_force_trace *trace, size_t before)
{
  for (size_t k = 0; k < trace->phase_count; k++)
    if (trace->phase[k].kind == STANCE_PHASE_LIMB && trace->phase[k].span.first >= before)
      return false;
  return true;
}
