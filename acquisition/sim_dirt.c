/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What spoils real recordings, in sizes that tell a careful detector from a careless one: the
   limits beside them are those of SCIENCE 3. */
#include "sim_events.h"

#include <math.h>

static const double hump_fraction = 0.45; /* prominent (30 %), yet below a counted one (60 %) */
static const double hump_longest_s = 1.8;
static const double slip_fraction = 0.3;        /* of the peak, lost for a moment */
static const double slip_level_fraction = 0.15; /* of the peak, kept on the strap from then on */
static const double falter_fraction = 0.3; /* leaves a first top of 20 % prominence (below 30) */
static const double fidget_low_fraction = 0.08, fidget_high_fraction = 0.25; /* below 30 % */
enum { FIDGETS_PER_REST = 2 };

/* Slip and faltering strike once in a test: in the second effort, or the only one. */
static bool is_struck(const struct stance_sim_settings *settings, size_t number)
{
  return number == (settings->repetitions > 1.0 ? 1 : 0);
}

static void slip(struct stance_sim_section *section, size_t side, double onset_s, double effort_s,
                 double peak_n)
{
  const double start_s = onset_s + 0.4 * effort_s;

  stance_sim_add_bump(section, side, start_s, 0.06 * effort_s, -slip_fraction * peak_n);
  stance_sim_add_step(section, side, start_s, 0.04 * effort_s, slip_level_fraction * peak_n);
}

static void fidget(double peak_n, size_t side, double rest_start_s, double rest_s,
                   struct stance_random *random, struct stance_sim_section *section)
{
  for (int k = 0; k < FIDGETS_PER_REST; k++) {
    /* Each in a slot of its own: two on top of each other would be an effort. */
    const double start_s =
        rest_start_s + (0.1 + 0.4 * k + stance_random_between(random, 0.0, 0.15)) * rest_s;
    const double duration_s = fmin(stance_random_between(random, 0.25, 0.5), 0.2 * rest_s);
    const double fraction =
        stance_random_between(random, fidget_low_fraction, fidget_high_fraction);
    stance_sim_add_bump(section, side, start_s, duration_s, fraction * peak_n);
  }
}

void stance_sim_dirty(const struct stance_sim_settings *settings, size_t number,
                      double rest_start_s, struct stance_random *random,
                      struct stance_sim_section *section)
{
  const struct stance_sim_effort *effort = &section->effort;

  for (size_t side = 0; side < STANCE_SIM_SIDE_COUNT; side++) {
    const double onset_s = effort->onset_s[side], peak_n = effort->peak_n[side];
    const double effort_s = effort->release_s[side] - onset_s;
    if (!stance_sim_effort_uses(effort, (enum stance_side)side))
      continue;
    if ((settings->dirty & STANCE_SIM_PUSH_BACK_HUMP) != 0)
      stance_sim_add_bump(section, side, rest_start_s + 0.1 * settings->rest_s,
                          fmin(hump_longest_s, 0.7 * settings->rest_s), hump_fraction * peak_n);
    if ((settings->dirty & STANCE_SIM_STRAP_SLIP) != 0 && is_struck(settings, number))
      slip(section, side, onset_s, effort_s, peak_n);
    if ((settings->dirty & STANCE_SIM_TWO_ATTEMPTS) != 0 && is_struck(settings, number))
      stance_sim_add_bump(section, side, onset_s + 0.63 * effort_s, 0.24 * effort_s,
                          -falter_fraction * peak_n);
    if ((settings->dirty & STANCE_SIM_FIDGETS) != 0)
      fidget(peak_n, side, rest_start_s, settings->rest_s, random, section);
  }
}
