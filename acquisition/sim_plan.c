/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_plan.h"

#include "random.h"
#include "sim_events.h"

#include <math.h>
#include <stdlib.h>

/* Slack is taken up in the first 0.4 s after the call, so that at least the second before the
   effort is calm again where ready_s is its default. */
static const double take_up_s = 0.4;
static const double partial_fraction = 0.45; /* of a full effort: below the 60 % of SCIENCE 3 */
static const double tremor_low_hz = 8.0, tremor_high_hz = 12.0; /* physiological tremor */
static const double two_pi = 6.283185307179586;
static const double largest_deviate = 2.5; /* a peak is never further out than this many SD */
enum { PARTIAL_COUNT = 3, PLAN_STREAM = 1, DIRT_STREAM = 2 };

/* One attempt, in order of time. */
struct attempt {
  enum stance_side side;
  bool partial;
};

struct builder {
  struct stance_sim_plan *plan;
  struct stance_random random; /* the athlete */
  struct stance_random dirt;   /* apart, so that dirt leaves the efforts as they were */
  double now_s;
  double level_n[STANCE_SIM_SIDE_COUNT];
};

static struct stance_sim_section *begin_section(struct builder *builder)
{
  struct stance_sim_section *section = &builder->plan->section[builder->plan->section_count++];

  section->start_s = builder->now_s;
  for (size_t side = 0; side < STANCE_SIM_SIDE_COUNT; side++)
    section->level_n[side] = builder->level_n[side];
  return section;
}

static void end_section(struct builder *builder, struct stance_sim_section *section, double end_s)
{
  section->end_s = end_s;
  builder->now_s = end_s;
  for (size_t k = 0; k < section->event_count; k++)
    if (section->event[k].lasting)
      builder->level_n[section->event[k].side] += section->event[k].height_n;
}

/* On one plate used in turn only one limb lies on it at a time. */
static bool takes_turns_on_one_plate(const struct stance_sim_settings *settings)
{
  return settings->rig == STANCE_SIM_PLATE && settings->sides == STANCE_SIM_EACH;
}

static bool is_on_rig(const struct stance_sim_settings *settings, size_t side,
                      enum stance_side first_side)
{
  if (settings->rig == STANCE_SIM_PLATE && settings->sides != STANCE_SIM_BOTH)
    return (enum stance_side)side == first_side;
  return true;
}

static void get_on(struct builder *builder, enum stance_side first_side)
{
  const struct stance_sim_settings *settings = &builder->plan->settings;
  struct stance_sim_section *section = begin_section(builder);
  const double start_s = settings->unloaded_s, duration_s = settings->get_on_s;

  for (size_t side = 0; side < STANCE_SIM_SIDE_COUNT; side++) {
    if (!is_on_rig(settings, side, first_side))
      continue;
    stance_sim_add_step(section, side, start_s, 0.6 * duration_s, settings->limb_n);
    /* Nobody settles without pressing first. */
    stance_sim_add_bump(section, side, start_s + 0.4 * duration_s, 0.5 * duration_s,
                        0.3 * settings->limb_n + 15.0);
  }
  end_section(builder, section, start_s + duration_s + settings->limb_s);
}

static void get_off(struct builder *builder)
{
  const struct stance_sim_settings *settings = &builder->plan->settings;
  struct stance_sim_section *section = begin_section(builder);

  for (size_t side = 0; side < STANCE_SIM_SIDE_COUNT; side++)
    stance_sim_add_step(section, side, builder->now_s, settings->get_off_s,
                        -builder->level_n[side]);
  end_section(builder, section, builder->now_s + settings->get_off_s + settings->tail_s);
}

static double draw_peak_n(struct builder *builder, size_t side)
{
  const struct stance_sim_settings *settings = &builder->plan->settings;
  const size_t weaker = settings->asymmetry_pct > 0.0 ? STANCE_LEFT : STANCE_RIGHT;
  const double share = side == weaker ? 1.0 - fabs(settings->asymmetry_pct) / 100.0 : 1.0;
  double deviate = stance_random_normal(&builder->random);

  deviate = fmin(fmax(deviate, -largest_deviate), largest_deviate);
  return settings->peak_n * share * (1.0 + settings->variation_pct / 100.0 * deviate);
}

/* Every attempt draws the same count of numbers, used or not: the third effort of a seed does not
   change when the second one is spoilt. */
static void draw_effort(struct builder *builder, const struct attempt *attempt,
                        struct stance_sim_effort *ret_effort)
{
  const struct stance_sim_settings *settings = &builder->plan->settings;
  const double onset_s = builder->now_s + settings->ready_s +
                         stance_random_between(&builder->random, 0.0, settings->reaction_s);
  const bool both = attempt->side == STANCE_BOTH;

  *ret_effort = (struct stance_sim_effort){.side = attempt->side, .partial = attempt->partial};
  for (size_t side = 0; side < STANCE_SIM_SIDE_COUNT; side++) {
    const double half = !both ? 0.0 : side == STANCE_RIGHT ? 0.5 : -0.5;
    ret_effort->onset_s[side] = onset_s + half * settings->onset_lag_s;
    ret_effort->release_s[side] = onset_s + settings->effort_s + half * settings->peak_lag_s;
    ret_effort->peak_n[side] =
        draw_peak_n(builder, side) * (attempt->partial ? partial_fraction : 1.0);
    for (size_t k = 0; k < STANCE_SIM_TREMOR_COUNT; k++) {
      ret_effort->tremor_hz[side][k] =
          stance_random_between(&builder->random, tremor_low_hz, tremor_high_hz);
      ret_effort->tremor_rad[side][k] = stance_random_between(&builder->random, 0.0, two_pi);
    }
  }
}

static void change_limb(struct stance_sim_section *section,
                        const struct stance_sim_settings *settings, double rest_start_s,
                        enum stance_side from, enum stance_side to)
{
  const double rest_s = settings->rest_s;

  stance_sim_add_step(section, from, rest_start_s + 0.1 * rest_s, 0.2 * rest_s, -settings->limb_n);
  stance_sim_add_step(section, to, rest_start_s + 0.5 * rest_s, 0.2 * rest_s, settings->limb_n);
}

static void make_effort(struct builder *builder, const struct attempt *attempt,
                        const struct attempt *next, size_t number)
{
  const struct stance_sim_settings *settings = &builder->plan->settings;
  struct stance_sim_section *section = begin_section(builder);
  struct stance_sim_effort *effort = &section->effort;

  draw_effort(builder, attempt, effort);
  section->has_effort = true;
  const double let_go_s =
      fmax(effort->release_s[STANCE_LEFT], effort->release_s[STANCE_RIGHT]) + settings->release_s;
  for (size_t side = 0; side < STANCE_SIM_SIDE_COUNT; side++) {
    if (!stance_sim_effort_uses(effort, (enum stance_side)side))
      continue;
    if (settings->pretension_n > 0.0) {
      stance_sim_add_step(section, side, section->start_s, take_up_s, settings->pretension_n);
      stance_sim_add_step(section, side, effort->release_s[side], settings->release_s,
                          -settings->pretension_n);
    }
    if (settings->dip_n > 0.0)
      stance_sim_add_bump(section, side, effort->onset_s[side] - settings->dip_s, settings->dip_s,
                          -settings->dip_n);
  }
  if (next != NULL && next->side != attempt->side && takes_turns_on_one_plate(settings))
    change_limb(section, settings, let_go_s, attempt->side, next->side);
  stance_sim_dirty(settings, number, let_go_s, &builder->dirt, section);
  end_section(builder, section, let_go_s + settings->rest_s);
}

/* All attempts in order of time: in turn left, right, left, right …; partials before full ones. */
static size_t list_attempts(const struct stance_sim_settings *settings,
                            struct attempt *ret_attempts)
{
  static const enum stance_side first_side[] = {STANCE_BOTH, STANCE_LEFT, STANCE_LEFT,
                                                STANCE_RIGHT};
  const bool each = settings->sides == STANCE_SIM_EACH;
  const size_t full = (size_t)settings->repetitions * (each ? 2 : 1);
  size_t partials = (settings->dirty & STANCE_SIM_THREE_PARTIALS) != 0 ? PARTIAL_COUNT : 0;
  size_t count = 0;

  for (size_t k = 0; k < full; k++) {
    const enum stance_side side = each && k % 2 == 1 ? STANCE_RIGHT : first_side[settings->sides];
    if (partials > 0) {
      ret_attempts[count++] = (struct attempt){.side = side, .partial = true};
      partials--;
    }
    ret_attempts[count++] = (struct attempt){.side = side, .partial = false};
  }
  for (; partials > 0; partials--, count++)
    ret_attempts[count] = (struct attempt){.side = ret_attempts[count - 1].side, .partial = true};
  return count;
}

enum stance_status stance_sim_plan_init(struct stance_sim_plan *plan,
                                        const struct stance_sim_settings *settings,
                                        struct stance_problem *problem)
{
  const size_t most = 2 * (size_t)settings->repetitions + PARTIAL_COUNT;
  struct attempt *attempt = calloc(most, sizeof *attempt);
  struct stance_sim_section *section = calloc(most + 2, sizeof *section);
  struct builder builder = {.plan = plan};

  if (attempt == NULL || section == NULL) {
    free(attempt);
    free(section);
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  }
  *plan = (struct stance_sim_plan){.settings = *settings, .section = section};
  stance_random_init(&builder.random, (uint64_t)settings->seed, PLAN_STREAM);
  stance_random_init(&builder.dirt, (uint64_t)settings->seed, DIRT_STREAM);
  const size_t count = list_attempts(settings, attempt);
  get_on(&builder, attempt[0].side);
  for (size_t k = 0; k < count; k++)
    make_effort(&builder, &attempt[k], k + 1 < count ? &attempt[k + 1] : NULL, k);
  get_off(&builder);
  plan->end_s = builder.now_s;
  free(attempt);
  return STANCE_OK;
}

void stance_sim_plan_finish(struct stance_sim_plan *plan)
{
  free(plan->section);
  *plan = (struct stance_sim_plan){0};
}
