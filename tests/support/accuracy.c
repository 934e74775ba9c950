/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/accuracy.h"

#include "random.h"
#include "sim_truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ATHLETE_STREAM = 65, FIRST_SEED = 20000, MEAN_SAMPLES = 100 };

#define BRIEF "repetitions=1&unloaded_s=1.5&get_on_s=1&limb_s=1.2&rest_s=1&get_off_s=0.5&tail_s=0.3"
#define ISOMETRIC "sim:isometric?rig=plate&effort_s=2&release_s=0.3&" BRIEF "&shape="

/* clang-format off */
const struct accuracy_kind accuracy_kinds[ACCURACY_KIND_COUNT] = {
    [ACCURACY_EXPONENTIAL] = {"Isometric, explosive, one plate: exponential rise",
                              ISOMETRIC "exponential", "iso-supine-90-90", 56},
    [ACCURACY_LOGISTIC] = {"Isometric, explosive, one plate: logistic rise",
                           ISOMETRIC "logistic", "iso-supine-90-90", 56},
    [ACCURACY_RAMP] = {"Isometric, explosive, one plate: ramp",
                       ISOMETRIC "ramp", "iso-supine-90-90", 56},
    [ACCURACY_NORDIC] = {"Nordic on straps, each leg",
                         "sim:nordic?" BRIEF, "nordic", 100},
    [ACCURACY_IMTP] = {"Mid-thigh pull, two plates, their sum",
                       "sim:imtp?effort_s=2&release_s=0.3&" BRIEF, "imtp", 67},
};

const struct accuracy_level accuracy_levels[ACCURACY_LEVEL_COUNT] = {
    {0.3, 0.1, 0.1},
    {1.0, 0.3, 0.3},
    {3.0, 1.0, 1.0},
};

const struct accuracy_quantity accuracy_quantities[ACCURACY_QUANTITY_COUNT] = {
    {STANCE_METRIC_PEAK_FORCE, "N", 1.0, false},
    {STANCE_METRIC_PEAK_FORCE_MEAN_100MS, "N", 1.0, false},
    {STANCE_METRIC_PEAK_FORCE_NET, "N", 1.0, false},
    {STANCE_METRIC_ONSET_TIME, "ms", 1000.0, false},
    {STANCE_METRIC_FORCE_AT_100MS, "N", 1.0, false},
    {STANCE_METRIC_RFD_0_50MS, "%", 1.0, true},
    {STANCE_METRIC_RFD_0_100MS, "%", 1.0, true},
    {STANCE_METRIC_RFD_0_150MS, "%", 1.0, true},
    {STANCE_METRIC_RFD_0_200MS, "%", 1.0, true},
    {STANCE_METRIC_RFD_PEAK_20MS, "%", 1.0, true},
    {STANCE_METRIC_IMPULSE_NET_0_100MS, "%", 1.0, true},
    {STANCE_METRIC_ASYMMETRY_PEAK_FORCE, "points", 1.0, false},
};
/* clang-format on */

static const double limit_sd = 1.96; /* 95 % of normal errors */

static double deviation(const struct accuracy_errors *errors)
{
  return errors->count > 1 ? sqrt(errors->squares / (double)(errors->count - 1)) : 0.0;
}

double accuracy_low(const struct accuracy_errors *errors)
{
  return errors->mean - limit_sd * deviation(errors);
}

double accuracy_high(const struct accuracy_errors *errors)
{
  return errors->mean + limit_sd * deviation(errors);
}

static void add_error(struct accuracy_errors *errors, const struct accuracy_quantity *quantity,
                      double measured, double reference, double truth)
{
  const double error = quantity->relative ? 100.0 * (measured - reference) / truth
                                          : quantity->factor * (measured - reference);
  const double before = error - errors->mean;
  errors->count++;
  errors->mean += before / (double)errors->count;
  errors->squares += before * (error - errors->mean);
}

/* Length of the text so far. */
static size_t append_draw(char *uri, size_t used, size_t size, struct stance_random *random,
                          const char *key, double low, double high)
{
  used += (size_t)snprintf(uri + used, size - used, "&%s=%.4f", key,
                           stance_random_between(random, low, high));
  if (used >= size)
    abort();
  return used;
}

/* How the athlete is, by kind. Ranges are those of the reference recordings and SCIENCE 3 to 5:
   peaks 150 to 600 N a leg, rises from a 60 ms time constant to a 500 ms ramp. */
static void append_athlete(enum accuracy_shape kind, unsigned trial, struct stance_random *random,
                           char *uri, size_t used, size_t size)
{
  double scale_s;

  switch (kind) {
  case ACCURACY_NORDIC:
    used = append_draw(uri, used, size, random, "peak_n", 180.0, 500.0);
    used = append_draw(uri, used, size, random, "effort_s", 3.0, 5.0);
    used = append_draw(uri, used, size, random, "asymmetry_pct", -25.0, 25.0);
    used = append_draw(uri, used, size, random, "onset_lag_s", -0.05, 0.05);
    append_draw(uri, used, size, random, "peak_lag_s", -0.08, 0.08);
    return;
  case ACCURACY_IMTP:
    used = append_draw(uri, used, size, random, "peak_n", 400.0, 1200.0);
    used = append_draw(uri, used, size, random, "tau_s", 0.08, 0.2);
    used = append_draw(uri, used, size, random, "asymmetry_pct", -15.0, 15.0);
    append_draw(uri, used, size, random, "limb_n", 300.0, 450.0);
    return;
  default:
    break;
  }
  used += (size_t)snprintf(uri + used, size - used, "&sides=%s", trial % 2 == 0 ? "left" : "right");
  used = append_draw(uri, used, size, random, "limb_n", 20.0, 60.0);
  used = append_draw(uri, used, size, random, "peak_n", 150.0, 600.0);
  if (kind == ACCURACY_EXPONENTIAL)
    append_draw(uri, used, size, random, "tau_s", 0.06, 0.25);
  if (kind == ACCURACY_RAMP)
    append_draw(uri, used, size, random, "rise_s", 0.15, 0.5);
  if (kind == ACCURACY_LOGISTIC) {
    /* 0.7 % of the peak at onset, as SCIENCE 10.1 B has it: delay 4.8 times the scale. */
    scale_s = stance_random_between(random, 0.015, 0.04);
    snprintf(uri + used, size - used, "&scale_s=%.4f&delay_s=%.4f", scale_s, 4.8 * scale_s);
  }
}

static void write_uri(enum accuracy_shape kind, const struct accuracy_level *level, unsigned trial,
                      char *ret_uri, size_t size)
{
  static const int bits[] = {16, 18, 20, 24};
  const unsigned seed = FIRST_SEED + 1000 * (unsigned)kind + trial;
  struct stance_random random;

  stance_random_init(&random, seed, ATHLETE_STREAM);
  size_t used = (size_t)snprintf(ret_uri, size, "%s&seed=%u&hum_hz=%d", accuracy_kinds[kind].uri,
                                 seed, trial / 2 % 2 == 0 ? 50 : 60);
  used = append_draw(ret_uri, used, size, &random, "clock_ppm", -50.0, 50.0);
  if (level != NULL) {
    used += (size_t)snprintf(ret_uri + used, size - used,
                             "&noise_n=%.3f&wander_n=%.3f&hum_n=%.3f&bits=%d", level->noise_n,
                             level->wander_n, level->hum_n, bits[trial % 4]);
    used = append_draw(ret_uri, used, size, &random, "drift_n_per_min", -2.0, 2.0);
    used = append_draw(ret_uri, used, size, &random, "zero_shift_n", -5.0, 5.0);
  } else {
    used += (size_t)snprintf(ret_uri + used, size - used,
                             "&noise_n=0&wander_n=0&hum_n=0&bits=0&drift_n_per_min=0"
                             "&zero_shift_n=0");
    stance_random_uniform(&random);
    stance_random_uniform(&random);
  }
  append_athlete(kind, trial, &random, ret_uri, used, size);
}

/* Best mean of 100 samples 1 ms apart, of the force that truly acts. */
static double mean_100ms_n(const struct sim_trial *trial, const struct stance_sim_truth *truth)
{
  double window[MEAN_SAMPLES] = {0}, sum = 0.0, best_n = 0.0;
  size_t k = 0;

  for (double time_s = truth->onset_s; time_s <= truth->end_s; time_s += 0.001, k++) {
    const double force_n = stance_sim_side_force_n(&trial->sim.plan, truth->side, time_s);
    sum += force_n - window[k % MEAN_SAMPLES];
    window[k % MEAN_SAMPLES] = force_n;
    best_n = fmax(best_n, sum / MEAN_SAMPLES);
  }
  return best_n;
}

static double true_value(enum stance_metric metric, const struct sim_trial *trial,
                         const struct stance_sim_truth *truth)
{
  const size_t k = (size_t)(metric - STANCE_METRIC_RFD_0_50MS);

  switch (metric) {
  case STANCE_METRIC_PEAK_FORCE:
    return truth->peak_n;
  case STANCE_METRIC_PEAK_FORCE_MEAN_100MS:
    return mean_100ms_n(trial, truth);
  case STANCE_METRIC_PEAK_FORCE_NET:
    return truth->peak_n - truth->limb_n;
  case STANCE_METRIC_ONSET_TIME: /* on the recording's axis */
    return truth->onset_s * trial->sim.true_rate_hz / trial->sim.plan.settings.rate_hz;
  case STANCE_METRIC_FORCE_AT_100MS:
    return truth->force_n[1];
  case STANCE_METRIC_RFD_PEAK_20MS:
    return truth->rfd_peak_20ms_n_per_s;
  case STANCE_METRIC_IMPULSE_NET_0_100MS:
    return truth->impulse_net_ns[1];
  default: /* RFD 0–50, 0–100, 0–150, 0–200 */
    return (truth->force_n[k] - truth->onset_n) / stance_sim_truth_window_s(k);
  }
}

static double true_asymmetry(const struct sim_trial *trial, bool net)
{
  double compared_n[STANCE_SIM_SIDE_COUNT];

  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    struct stance_sim_truth truth;
    stance_sim_truth_measure(&trial->sim.plan, sim_trial_effort(trial, 0), (enum stance_side)side,
                             &truth);
    compared_n[side] = truth.peak_n - (net ? truth.limb_n : 0.0);
  }
  return 100.0 * (compared_n[STANCE_RIGHT] - compared_n[STANCE_LEFT]) /
         fmax(compared_n[STANCE_LEFT], compared_n[STANCE_RIGHT]);
}

/* The value of the only repetition. Anything but one repetition has no value. */
static struct stance_value found(const struct sim_trial *trial, enum stance_side side,
                                 enum stance_metric metric)
{
  if (trial->result.repetition_count != 1)
    return (struct stance_value){.value = (double)NAN};
  return trial->result.repetition[0].value[side][metric];
}

static void add(const struct sim_trial *noisy, const struct sim_trial *clean, enum stance_side side,
                const struct accuracy_quantity *quantity, double truth, struct accuracy_row *row)
{
  const struct stance_value measured = found(noisy, side, quantity->metric);
  const struct stance_value method = found(clean, side, quantity->metric);

  if (stance_value_is_missing(&measured) || stance_value_is_missing(&method)) {
    row->missing++;
    return;
  }
  row->flagged += measured.reasons != 0;
  add_error(&row->of_truth, quantity, measured.value, truth, truth);
  add_error(&row->of_method, quantity, measured.value, method.value, truth);
}

/* One side of one trial. */
static void add_side(const struct sim_trial *noisy, const struct sim_trial *clean,
                     enum stance_side side, struct accuracy_row row[ACCURACY_QUANTITY_COUNT])
{
  struct stance_sim_truth truth;

  stance_sim_truth_measure(&noisy->sim.plan, sim_trial_effort(noisy, 0), side, &truth);
  for (size_t q = 0; q < ACCURACY_QUANTITY_COUNT; q++) {
    const struct accuracy_quantity *quantity = &accuracy_quantities[q];
    if (quantity->metric != STANCE_METRIC_ASYMMETRY_PEAK_FORCE)
      add(noisy, clean, side, quantity, true_value(quantity->metric, noisy, &truth), &row[q]);
  }
}

static void add_asymmetry(const struct sim_trial *noisy, const struct sim_trial *clean, bool net,
                          struct accuracy_row row[ACCURACY_QUANTITY_COUNT])
{
  for (size_t q = 0; q < ACCURACY_QUANTITY_COUNT; q++)
    if (accuracy_quantities[q].metric == STANCE_METRIC_ASYMMETRY_PEAK_FORCE)
      add(noisy, clean, STANCE_BOTH, &accuracy_quantities[q], true_asymmetry(noisy, net), &row[q]);
}

/* First and last side that is looked at. */
struct sides {
  enum stance_side first, last;
  enum stance_side order; /* on one plate */
};

static struct sides sides_of(enum accuracy_shape kind, unsigned trial)
{
  const enum stance_side tested = trial % 2 == 0 ? STANCE_LEFT : STANCE_RIGHT;

  if (kind == ACCURACY_NORDIC)
    return (struct sides){STANCE_LEFT, STANCE_RIGHT, STANCE_SIDE_NONE};
  if (kind == ACCURACY_IMTP)
    return (struct sides){STANCE_TOTAL, STANCE_TOTAL, STANCE_SIDE_NONE};
  return (struct sides){tested, tested, tested};
}

static void look_at_sides(enum accuracy_shape kind, const struct sim_trial *clean,
                          const struct sides *sides, accuracy_look *look)
{
  for (int side = (int)sides->first; side <= (int)sides->last; side++) {
    struct stance_sim_truth truth;
    stance_sim_truth_measure(&clean->sim.plan, sim_trial_effort(clean, 0), (enum stance_side)side,
                             &truth);
    look(kind, clean, (enum stance_side)side, &truth);
  }
}

static void measure_trial(enum accuracy_shape kind, unsigned trial, accuracy_look *look,
                          struct accuracy_row row[][ACCURACY_QUANTITY_COUNT])
{
  const struct sides sides = sides_of(kind, trial);
  const char *protocol = accuracy_kinds[kind].protocol;
  struct sim_trial noisy, clean;
  char uri[700];

  write_uri(kind, NULL, trial, uri, sizeof uri);
  sim_trial_run(&clean, uri, protocol, true, sides.order);
  look_at_sides(kind, &clean, &sides, look);
  for (size_t level = 0; level < ACCURACY_LEVEL_COUNT; level++) {
    write_uri(kind, &accuracy_levels[level], trial, uri, sizeof uri);
    sim_trial_run(&noisy, uri, protocol, true, sides.order);
    for (int side = (int)sides.first; side <= (int)sides.last; side++)
      add_side(&noisy, &clean, (enum stance_side)side, row[level]);
    if (kind >= ACCURACY_NORDIC)
      add_asymmetry(&noisy, &clean, kind == ACCURACY_IMTP, row[level]);
    sim_trial_finish(&noisy);
  }
  sim_trial_finish(&clean);
}

void accuracy_measure(enum accuracy_shape kind, unsigned every, accuracy_look *look,
                      struct accuracy_row ret_row[ACCURACY_LEVEL_COUNT][ACCURACY_QUANTITY_COUNT])
{
  for (size_t level = 0; level < ACCURACY_LEVEL_COUNT; level++)
    for (size_t q = 0; q < ACCURACY_QUANTITY_COUNT; q++)
      ret_row[level][q] = (struct accuracy_row){0};
  for (unsigned trial = 0; trial < accuracy_kinds[kind].trials; trial += every)
    measure_trial(kind, trial, look, ret_row);
}
