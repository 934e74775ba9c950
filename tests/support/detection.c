/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/detection.h"

#include "random.h"
#include "support/sim_trial.h"

#include <stdio.h>
#include <stdlib.h>

enum { ATHLETE_STREAM = 64 };

/* Segmentation works on 10 ms means and below 6 Hz: 250 Hz tell it as much as 1000 in a quarter of
   the time, and hum nothing at all. */
#define QUICK "&rate=250&hum_n=0&unloaded_s=2&get_on_s=1.5&limb_s=2"
#define NORDIC "sim:nordic?repetitions=3" QUICK
#define EACH "sim:isometric?repetitions=2" QUICK
#define PLATE "sim:isometric?repetitions=2&rig=plate" QUICK
#define IMTP "sim:imtp?repetitions=3" QUICK

const struct detection_case detection_cases[] = {
    {"nordic, both legs", NORDIC, "nordic", 300, false, false},
    {"isometric, a plate for each side", EACH, "iso-supine-30", 250, false, false},
    {"isometric, one plate, sides in turn", PLATE, "iso-supine-90-90", 250, true, false},
    {"mid-thigh pull, two plates", IMTP, "imtp", 250, false, false},
    {"nordic, push-back hump", NORDIC "&dirty=push_back_hump", "nordic", 100, false, false},
    {"nordic, strap slip", NORDIC "&dirty=strap_slip", "nordic", 100, false, false},
    {"nordic, fidgets in the rests", NORDIC "&dirty=fidgets", "nordic", 100, false, false},
    {"nordic, two attempts in one", NORDIC "&dirty=two_attempts", "nordic", 100, false, false},
    {"nordic, weak leg at 25 %", NORDIC "&dirty=weak_leg", "nordic", 100, false, true},
    {"nordic, three partials", NORDIC "&dirty=three_partials", "nordic", 100, false, false},
    {"nordic, hump, slip and fidgets", NORDIC "&dirty=push_back_hump,strap_slip,fidgets", "nordic",
     100, false, false},
    {"nordic, partials and fidgets, 3 N noise",
     NORDIC "&dirty=three_partials,fidgets&noise_n=3&wander_n=1", "nordic", 100, false, false},
    {"nordic, two attempts and hump, 3 N noise",
     NORDIC "&dirty=two_attempts,push_back_hump&noise_n=3&wander_n=1", "nordic", 100, false, false},
    {"isometric each side, fidgets", EACH "&dirty=fidgets", "iso-supine-30", 100, false, false},
    {"isometric each side, two attempts in one", EACH "&dirty=two_attempts", "iso-supine-30", 100,
     false, false},
    {"isometric each side, weak leg at 25 %", EACH "&dirty=weak_leg", "iso-supine-30", 100, false,
     false},
    {"isometric each side, three partials", EACH "&dirty=three_partials", "iso-supine-30", 100,
     false, false},
    {"isometric one plate, fidgets", PLATE "&dirty=fidgets", "iso-supine-90-90", 100, true, false},
    {"isometric one plate, two attempts in one", PLATE "&dirty=two_attempts", "iso-supine-90-90",
     100, true, false},
    {"isometric one plate, weak leg at 25 %", PLATE "&dirty=weak_leg", "iso-supine-90-90", 100,
     true, false},
    {"mid-thigh pull, fidgets", IMTP "&dirty=fidgets", "imtp", 100, false, false},
    {"mid-thigh pull, three partials", IMTP "&dirty=three_partials", "imtp", 100, false, false},
};
const size_t detection_case_count = sizeof detection_cases / sizeof detection_cases[0];
const size_t detection_clean_count = 4;

/* An athlete of his own for every seed: strength, pace, symmetry, steadiness, sensor. */
static void write_uri(const struct detection_case *of, unsigned seed, char *ret_uri, size_t size)
{
  static const char *const shapes[] = {"exponential", "logistic", "ramp"};
  const bool nordic = of->protocol[0] == 'n';
  const double strength = of->protocol[1] == 'm' ? 2.5 : 1.0; /* a pull uses the whole body */
  struct stance_random random;
  int used;

  stance_random_init(&random, seed, ATHLETE_STREAM);
  const double peak_n = strength * stance_random_between(&random, 200.0, 450.0);
  const double effort_s =
      nordic ? stance_random_between(&random, 2.5, 6.0) : stance_random_between(&random, 2.0, 4.0);
  const double rest_s = stance_random_between(&random, 3.0, 6.0);
  used = snprintf(ret_uri, size, "%s&seed=%u&peak_n=%.1f&effort_s=%.2f&rest_s=%.2f", of->uri, seed,
                  peak_n, effort_s, rest_s);
  /* One statement each: the order in which arguments are evaluated is the compiler's. */
  const double asymmetry_pct = stance_random_between(&random, -25.0, 25.0);
  const double variation_pct = stance_random_between(&random, 0.0, 6.0);
  const double tremor_pct = stance_random_between(&random, 0.3, 2.0);
  const double zero_shift_n = stance_random_between(&random, -5.0, 5.0);
  const double drift_n_per_min = stance_random_between(&random, -2.0, 2.0);
  used += snprintf(ret_uri + used, size - (size_t)used,
                   "&asymmetry_pct=%.1f&variation_pct=%.1f&tremor_pct=%.2f&zero_shift_n=%.1f"
                   "&drift_n_per_min=%.2f",
                   asymmetry_pct, variation_pct, tremor_pct, zero_shift_n, drift_n_per_min);
  if (nordic)
    used += snprintf(ret_uri + used, size - (size_t)used, "&release_s=%.2f",
                     stance_random_between(&random, 0.15, 0.35));
  else
    used += snprintf(ret_uri + used, size - (size_t)used, "&shape=%s", shapes[seed % 3]);
  if ((size_t)used >= size)
    abort();
}

/* Whether the repetition's peak lies inside the effort: sensor noise may carry it out by a little.
 */
static bool lies_in(const struct stance_repetition *repetition,
                    const struct stance_sim_section *section,
                    const struct stance_sim_settings *settings)
{
  const struct stance_sim_effort *effort = &section->effort;

  for (int side = STANCE_LEFT; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    if (!repetition->took_part[side])
      continue;
    const size_t limb = side == STANCE_RIGHT ? STANCE_RIGHT : STANCE_LEFT;
    const double peak_s = (double)repetition->effort[side].peak / settings->rate_hz;
    if (peak_s < effort->onset_s[limb] - 0.25 ||
        peak_s > effort->release_s[limb] + settings->release_s + 0.25)
      return false;
  }
  return true;
}

/* Shown, not counted, below 30 % of the other leg (SCIENCE 3). The peaks are drawn one by one: a
   weak leg of 25 % on average is sometimes above that. */
static enum stance_repetition_status expected_status(const struct detection_case *of,
                                                     const struct stance_sim_effort *effort)
{
  static const double one_sided_fraction = 0.3;
  const double *peak_n = effort->peak_n;

  if (of->weak_leg && peak_n[STANCE_LEFT] < one_sided_fraction * peak_n[STANCE_RIGHT])
    return STANCE_REPETITION_REJECTED;
  return effort->partial ? STANCE_REPETITION_PARTIAL : STANCE_REPETITION_ACCEPTED;
}

static void count(struct detection_counts *counts, enum stance_repetition_status status)
{
  counts->accepted += status == STANCE_REPETITION_ACCEPTED;
  counts->partial += status == STANCE_REPETITION_PARTIAL;
  counts->rejected += status == STANCE_REPETITION_REJECTED;
}

/* The attempts in order of time against the repetitions in order of time. What is shown beside them
   must not be counted. */
static void compare(const struct detection_case *of, const struct sim_trial *trial,
                    struct detection *detection)
{
  const struct stance_result *result = &trial->result;
  const struct stance_sim_section *section = sim_trial_effort(trial, 0);
  size_t efforts = 0, beside = 0;
  bool right = true;

  for (size_t k = 0; k < result->repetition_count; k++) {
    const struct stance_repetition *repetition = &result->repetition[k];
    count(&detection->found, repetition->status);
    if (section == NULL || !lies_in(repetition, section, &trial->sim.plan.settings)) {
      right &= repetition->status != STANCE_REPETITION_ACCEPTED;
      beside++;
      continue;
    }
    right &= repetition->side == section->effort.side &&
             repetition->status == expected_status(of, &section->effort);
    section = sim_trial_effort(trial, ++efforts);
  }
  right &= section == NULL;
  for (size_t k = 0; (section = sim_trial_effort(trial, k)) != NULL; k++)
    count(&detection->made, expected_status(of, &section->effort));
  detection->recordings++;
  detection->right += right;
  detection->exact += right && beside == 0;
}

struct detection detection_run(const struct detection_case *of, unsigned every)
{
  struct detection detection = {0};

  for (unsigned seed = 1; seed <= of->seeds; seed += every) {
    char uri[600];
    struct sim_trial trial;
    const unsigned right = detection.right;
    write_uri(of, seed, uri, sizeof uri);
    sim_trial_run(&trial, uri, of->protocol, seed % 2 == 0,
                  of->one_plate ? STANCE_BOTH : STANCE_SIDE_NONE);
    compare(of, &trial, &detection);
    if (detection.right == right)
      printf("not right: %s, %s: %s\n", of->name, seed % 2 == 0 ? "live" : "as a file", uri);
    sim_trial_finish(&trial);
  }
  return detection;
}
