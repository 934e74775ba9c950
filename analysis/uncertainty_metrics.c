/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the uncertainty of each metric is made of, where linear propagation covers. */
#include "uncertainty_metrics.h"

#include "effort.h"

#include <math.h>
#include <string.h>

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

#define BLOCK_S 0.1 /* of peak_force_mean_100ms */
/* So few means say nothing of their spread. */
#define BLOCK_COUNT_LEAST 4
/* Coverage of ±2u about a value that is off by 0.3u: Φ(1.7) − Φ(−2.3) = 94.5 %. */
#define BIAS_LIMIT 0.3

/* With these, the value can be wrong by more than the instrument's own uncertainty. */
#define BEYOND_PROPAGATION                                                                       \
  (BIT(FLAT_TOP) | BIT(TRUNCATED) | BIT(INTERPOLATED) | BIT(UNCALIBRATED) | BIT(ZERO_UNSTABLE) | \
   BIT(PEAK_SPIKE) | BIT(CALIBRATION_EXPIRED) | BIT(ZERO_SHIFTED) | BIT(ZEROED_UNDER_LOAD) |     \
   BIT(BEYOND_CALIBRATION) | BIT(VERIFICATION_FAILED))

/* Nobody said how well the forces are calibrated: a file in newtons. */
static bool is_of_unknown_calibration(const struct stance_force_uncertainty *force)
{
  return force->scale == 0 && force->covariance[2] == 0;
}

/* SD of the means of consecutive blocks of a window; 0 where there are too few. */
static double block_sd(const double *force_n, struct stance_span window, size_t block)
{
  const size_t count = window.count / block;
  if (count < BLOCK_COUNT_LEAST)
    return 0;
  /* Sums about a near value keep their digits. */
  const double pivot_n = force_n[window.first];
  double sum = 0, squares = 0;
  for (size_t b = 0; b < count; b++) {
    const double *at = force_n + window.first + b * block;
    double mean = 0;
    for (size_t i = 0; i < block; i++)
      mean += at[i] - pivot_n;
    mean /= (double)block;
    sum += mean;
    squares += mean * mean;
  }
  const double n = (double)count;
  return sqrt(fmax(0.0, squares - sum * sum / n) / (n - 1.0));
}

/* SD of the mean of `count` samples: as of white noise, or, where slow noise makes 100 ms means
   differ by more than that, as of so many independent 100 ms. */
static double sd_of_mean(const struct stance_uncertainty_terms *terms, size_t count)
{
  if (count == 0)
    return 0;
  const double blocks = fmax((double)count / (double)terms->mean_100ms_count, 1.0);
  return fmax(terms->noise_n / sqrt((double)count), terms->noise_mean_100ms_n / sqrt(blocks));
}

/* Nothing but the instrument's own noise where an unloaded phase shows it; else the quiet window,
   in which a body adds to it. */
static struct stance_span noise_window(const struct metric_input *input)
{
  const struct stance_effort *effort = input->effort;
  if (input->levels.zero_span.count > 0)
    return input->levels.zero_span;
  if (effort->quiet_count < 2)
    return (struct stance_span){.count = 0};
  return (struct stance_span){.first = (size_t)effort->quiet_first,
                              .count = (size_t)effort->quiet_count};
}

double uncertainty_calibrated_to(const struct stance_force_uncertainty *known,
                                 enum stance_side force)
{
  /* Loads closer together than half a percent count as the same one, as in a calibration. */
  return known != NULL && known[force].range_n > 0 ? 1.005 * known[force].range_n
                                                   : (double)INFINITY;
}

struct stance_uncertainty_terms uncertainty_terms_of(const struct metric_input *input,
                                                     const struct stance_force_uncertainty *force,
                                                     const struct stance_analysis_context *context)
{
  struct stance_uncertainty_terms terms = {.known = false};
  const struct stance_span window = noise_window(input);
  if (force == NULL || !force->known || window.count < 2)
    return terms;
  const struct stance_effort *effort = input->effort;
  const long block = larger_of(1, samples_of(BLOCK_S, input->rate_hz));
  terms = (struct stance_uncertainty_terms){
      .known = true,
      .force = *force,
      .noise_n =
          quiet_window_statistics(input->force_n, (long)window.first, (long)window.count).sd_n,
      .zero_measured = input->levels.zero_measured,
      .limb_measured = input->levels.limb_measured,
      /* It may have moved at once, at any time. */
      .zero_shift_n = stance_uncertainty_rectangular(input->zero_shift_n / 2),
      .sample_count = (size_t)(effort->last - effort->first + 1),
      .mean_100ms_count = (size_t)block,
      .body_mass_uncertainty_kg = context->body_mass_uncertainty_kg,
      .lever_uncertainty_m = context->lever_uncertainty_m,
      .rate_hz = input->rate_hz,
      .peak_n = effort->peak >= 0 ? input->force_n[effort->peak] - input->levels.zero_n : 0,
  };
  terms.noise_mean_100ms_n =
      fmax(terms.noise_n / sqrt((double)block), block_sd(input->force_n, window, (size_t)block));
  terms.zero_n = terms.zero_measured ? sd_of_mean(&terms, input->levels.zero_span.count) : 0;
  terms.limb_n = terms.limb_measured ? sd_of_mean(&terms, input->levels.limb_span.count) : 0;
  terms.baseline_n = sd_of_mean(&terms, (size_t)larger_of(effort->quiet_count, 0));
  return terms;
}

void uncertainty_add_newtons(struct stance_uncertainty_budget *budget, const char *id,
                             double value_n, double standard_n, double gain, bool own)
{
  stance_uncertainty_add(budget,
                         &(struct stance_uncertainty_input){.id = id,
                                                            .unit = "N",
                                                            .value = value_n,
                                                            .standard_uncertainty = standard_n,
                                                            .sensitivity = gain,
                                                            .own = own});
}

enum reference { ABOVE_NOTHING, ABOVE_ZERO, ABOVE_LIMB, ABOVE_BASELINE };

/* One reading, or a mean of readings, above a level. */
struct reading {
  enum reference reference;
  const char *noise_id;
  double noise_n;
  bool noise_is_own;
  double bias_n;
};

static struct reading reading_of(const struct stance_uncertainty_terms *terms,
                                 enum stance_metric metric)
{
  const enum reference net = terms->limb_measured ? ABOVE_LIMB : ABOVE_BASELINE;
  const enum reference gross = terms->zero_measured ? ABOVE_ZERO : ABOVE_NOTHING;
  switch (metric) {
  case STANCE_METRIC_UNLOADED_ZERO:
    return (struct reading){ABOVE_NOTHING, "noise_of_zero", terms->zero_n, false, 0};
  case STANCE_METRIC_LIMB_WEIGHT:
    return (struct reading){gross, "noise_of_limb_weight", terms->limb_n, false, 0};
  case STANCE_METRIC_BASELINE_FORCE:
    return (struct reading){gross, "noise_of_baseline", terms->baseline_n, true, 0};
  case STANCE_METRIC_PRETENSION:
    return (struct reading){ABOVE_LIMB, "noise_of_baseline", terms->baseline_n, true, 0};
  case STANCE_METRIC_PEAK_FORCE_MEAN_100MS:
    return (struct reading){
        gross, "noise", terms->noise_mean_100ms_n, true,
        stance_uncertainty_peak_bias(terms->noise_mean_100ms_n, terms->sample_count)};
  default:
    return (struct reading){metric == STANCE_METRIC_PEAK_FORCE_NET ? net : gross, "noise",
                            terms->noise_n, true,
                            stance_uncertainty_peak_bias(terms->noise_n, terms->sample_count)};
  }
}

/* What is rounded to a step lies anywhere within half of it to either side, unless noise dithers
   it: of the mean remains the first harmonic, exp(−2π²σ²/step²) of it. The noise that was seen has
   the rounding in it, step²/12. */
double uncertainty_rounding_n(const struct stance_uncertainty_terms *terms)
{
  const double step_n = terms->force.resolution_n;
  if (step_n == 0)
    return 0;
  const double ratio = terms->noise_n / step_n;
  const double dither = fmax(ratio * ratio - 1.0 / 12.0, 0.0);
  return stance_uncertainty_rectangular(step_n / 2) * exp(-2.0 * M_PI * M_PI * dither);
}

static void add_force(struct stance_uncertainty_budget *budget,
                      const struct stance_uncertainty_terms *terms, enum stance_metric metric,
                      double force_n, double gain)
{
  const struct reading reading = reading_of(terms, metric);
  const struct stance_force_uncertainty *force = &terms->force;
  const bool difference = reading.reference != ABOVE_NOTHING;
  const double step_n = uncertainty_rounding_n(terms);
  const double curve_n = stance_force_uncertainty_curve_n(
      force, force_n, difference || metric == STANCE_METRIC_UNLOADED_ZERO);
  uncertainty_add_newtons(budget, "calibration_standard", force_n, fabs(force_n) * force->scale,
                          gain, false);
  uncertainty_add_newtons(budget, "calibration_curve", force_n, curve_n, gain, false);
  if (metric != STANCE_METRIC_UNLOADED_ZERO) {
    uncertainty_add_newtons(budget, "calibration_residual", force_n, force->residual_n, gain,
                            false);
    uncertainty_add_newtons(budget, "zero_drift", 0, force->drift_n, gain, false);
    uncertainty_add_newtons(budget, "zero_shift", 0, terms->zero_shift_n, gain, false);
  }
  uncertainty_add_newtons(budget, "resolution", force_n, difference ? step_n * sqrt(2.0) : step_n,
                          gain, false);
  uncertainty_add_newtons(budget, reading.noise_id, force_n, reading.noise_n, gain,
                          reading.noise_is_own);
  if (reading.reference == ABOVE_ZERO)
    uncertainty_add_newtons(budget, "noise_of_zero", 0, terms->zero_n, -gain, false);
  if (reading.reference == ABOVE_LIMB)
    uncertainty_add_newtons(budget, "noise_of_limb_weight", 0, terms->limb_n, -gain, false);
  if (reading.reference == ABOVE_BASELINE)
    uncertainty_add_newtons(budget, "noise_of_baseline", 0, terms->baseline_n, -gain, true);
  budget->bias = reading.bias_n * gain;
}

/* The peak that the protocol compares, times a lever or over a mass. False where nobody said how
   well that is known. */
static bool add_derived(struct stance_uncertainty_budget *budget,
                        const struct stance_result *result,
                        const struct stance_uncertainty_terms *terms, double force_n,
                        enum stance_metric metric)
{
  const bool torque = metric == STANCE_METRIC_PEAK_TORQUE;
  const double mass_kg = result->body_mass_kg;
  const double standard = torque ? terms->lever_uncertainty_m : terms->body_mass_uncertainty_kg;
  if (!(standard > 0))
    return false;
  add_force(budget, terms, result->protocol.compared, force_n,
            torque ? result->lever_m : 1 / mass_kg);
  stance_uncertainty_add(budget, &(struct stance_uncertainty_input){
                                     .id = torque ? "lever" : "body_mass",
                                     .unit = torque ? "m" : "kg",
                                     .value = torque ? result->lever_m : mass_kg,
                                     .standard_uncertainty = standard,
                                     .sensitivity = torque ? force_n : -force_n / mass_kg / mass_kg,
                                     .own = false});
  return true;
}

/* What the recording's own noise made of the replicates, beside everything else. */
static bool bootstrapped(const struct stance_result *result,
                         const struct stance_uncertainty_terms *terms,
                         const struct stance_value *value, enum stance_metric metric,
                         struct stance_uncertainty_budget *ret_budget)
{
  const struct stance_noise_effect *noise = &terms->noise[metric];
  struct stance_uncertainty_budget budget = {.count = 0};
  if (!terms->bootstrapped || !(noise->expanded > 0) ||
      !uncertainty_add_others(result, terms, &value[metric], metric, &budget))
    return false;
  const char *unit = stance_metric_info(metric)->unit;
  stance_uncertainty_add(&budget,
                         &(struct stance_uncertainty_input){.id = "noise_bootstrapped",
                                                            .unit = unit,
                                                            .value = value[metric].value,
                                                            .standard_uncertainty = noise->standard,
                                                            .sensitivity = 1,
                                                            .own = true});
  budget.bias = noise->bias;
  budget.expanded = noise->expanded;
  *ret_budget = budget;
  return true;
}

static bool linear(const struct stance_result *result, const struct stance_uncertainty_terms *terms,
                   const struct stance_value *value, enum stance_metric metric,
                   struct stance_uncertainty_budget *ret_budget)
{
  struct stance_uncertainty_budget budget = {.count = 0};
  switch (metric) {
  case STANCE_METRIC_UNLOADED_ZERO:
  case STANCE_METRIC_LIMB_WEIGHT:
  case STANCE_METRIC_BASELINE_FORCE:
  case STANCE_METRIC_PRETENSION:
  case STANCE_METRIC_PEAK_FORCE:
  case STANCE_METRIC_PEAK_FORCE_NET:
  case STANCE_METRIC_PEAK_FORCE_MEAN_100MS:
    add_force(&budget, terms, metric, value[metric].value, 1);
    break;
  case STANCE_METRIC_PEAK_TORQUE:
  case STANCE_METRIC_PEAK_FORCE_PER_KG:
    if (!add_derived(&budget, result, terms, value[result->protocol.compared].value, metric))
      return false;
    break;
  default:
    return false;
  }
  if (budget.bias > BIAS_LIMIT * stance_uncertainty_combine(&budget).standard)
    return false;
  *ret_budget = budget;
  return true;
}

bool stance_result_budget(const struct stance_result *result,
                          const struct stance_repetition *repetition, enum stance_side side,
                          enum stance_metric metric, struct stance_uncertainty_budget *ret_budget)
{
  if ((int)side >= STANCE_MEASURED_SIDE_COUNT || !repetition->took_part[side])
    return false;
  const struct stance_uncertainty_terms *terms = &repetition->uncertainty[side];
  const struct stance_value *value = repetition->value[side];
  if (!terms->known || stance_value_is_missing(&value[metric]))
    return false;
  const stance_reason_set doubts = value[metric].reasons & BEYOND_PROPAGATION;
  if (doubts == 0 && linear(result, terms, value, metric, ret_budget))
    return true;
  const stance_reason_set usual = terms->noise_makes_spikes ? BIT(PEAK_SPIKE) : 0;
  return (doubts & ~usual) == 0 && bootstrapped(result, terms, value, metric, ret_budget);
}

/* Only with the replicates at hand can noise be joined with the other inputs. */
static void keep_noise(const struct stance_result *result, struct stance_repetition *repetition,
                       enum stance_side side, struct bootstrap *bootstrap)
{
  struct stance_uncertainty_terms *terms = &repetition->uncertainty[side];
  const struct stance_value *value = repetition->value[side];
  terms->bootstrapped = true;
  terms->noise_makes_spikes = bootstrap->noise_makes_spikes;
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
    struct stance_uncertainty_budget budget = {.count = 0}, others = {.count = 0};
    if (!bootstrap->covers[metric] || stance_value_is_missing(&value[metric]) ||
        stance_result_budget(result, repetition, side, (enum stance_metric)metric, &budget) ||
        !uncertainty_add_others(result, terms, &value[metric], (enum stance_metric)metric, &others))
      continue;
    terms->noise[metric] = bootstrap_effect(bootstrap, (enum stance_metric)metric,
                                            stance_uncertainty_combine(&others).standard);
  }
}

void uncertainty_fill(const struct stance_result *result, struct stance_repetition *repetition,
                      enum stance_side side, struct bootstrap *bootstrap)
{
  if (bootstrap != NULL)
    keep_noise(result, repetition, side, bootstrap);
  const struct stance_force_uncertainty *force = &repetition->uncertainty[side].force;
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
    struct stance_uncertainty_budget budget;
    struct stance_value *value = &repetition->value[side][metric];
    if (!stance_result_budget(result, repetition, side, (enum stance_metric)metric, &budget))
      continue;
    const struct stance_uncertainty uncertainty = stance_uncertainty_combine(&budget);
    value->uncertainty = uncertainty.expanded;
    value->uncertainty_own = uncertainty.own;
    if (is_of_unknown_calibration(force) &&
        strcmp(stance_metric_info((enum stance_metric)metric)->unit, "s") != 0)
      value->reasons |= BIT(CALIBRATION_UNKNOWN);
  }
}
