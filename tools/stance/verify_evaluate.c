/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From readings to a verdict, in numbers and in words. */
#include "verify.h"

#include "number.h"
#include "stance/step_release.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MM_PER_M 1e3
/* Of a smaller force a plate knows no place: SCIENCE 9. */
#define BLANK_BELOW_N 20.0

struct answer {
  struct stance_text words, values;
  enum stance_check_verdict verdict;
};

static void add_value(struct stance_text *values, const char *key, double value)
{
  char number[STANCE_NUMBER_SIZE];
  stance_number_shortest(value, number);
  stance_text_format(values, "%s\"%s\":%s", values->length > 1 ? "," : "", key,
                     isfinite(value) ? number : "null");
}

/* "left_zero_n", "left_zero_uncertainty_n", …; uncertainties are expanded. */
static void add_result(struct answer *answer, const char *name, const char *unit,
                       const struct stance_check_result *result, double scale)
{
  char key[64];
  snprintf(key, sizeof key, "%s_%s", name, unit);
  add_value(&answer->values, key, scale * result->value);
  snprintf(key, sizeof key, "%s_uncertainty_%s", name, unit);
  add_value(&answer->values, key, scale * result->uncertainty);
  snprintf(key, sizeof key, "%s_limit_%s", name, unit);
  add_value(&answer->values, key, scale * result->limit);
  if (result->verdict == STANCE_CHECK_FAILED || answer->verdict == STANCE_CHECK_PASSED)
    answer->verdict = result->verdict;
}

/* The end of each sentence: how far it may be trusted. */
static void tell_trust(struct answer *answer, const struct stance_check_result *result)
{
  if (result->verdict == STANCE_CHECK_UNDECIDED)
    stance_text_string(&answer->words, " The check resolves less than its limit, so it says "
                                       "neither yes nor no: read longer, more often, or with a "
                                       "larger load.");
  else if (fabs(result->value) <= result->uncertainty)
    stance_text_string(&answer->words, " That is less than the check resolves: it cannot be told "
                                       "from nothing.");
}

static struct stance_check_force reading_of(const struct stance_verify_row *row,
                                            enum stance_side side)
{
  return (struct stance_check_force){row->force_n[side], row->uncertainty_n[side]};
}

/* The last reading of the empty instrument; the profile's own zero where there is none. */
static struct stance_check_force empty_of(const struct stance_verify *verify, enum stance_side side)
{
  for (size_t k = verify->row_count; k-- > 0;) {
    const struct stance_verify_row *row = &verify->row[k];
    if (row->is_empty && (row->side == STANCE_SIDE_NONE || row->side == side) &&
        !isnan(row->force_n[side]))
      return reading_of(row, side);
  }
  return (struct stance_check_force){0, 0};
}

static bool has_empty(const struct stance_verify *verify)
{
  for (size_t k = 0; k < verify->row_count; k++)
    if (verify->row[k].is_empty)
      return true;
  return false;
}

/* Loads of one side in order. */
static size_t loads_of(const struct stance_verify *verify, enum stance_side side,
                       struct stance_check_force *ret_forces)
{
  size_t count = 0;
  for (size_t k = 0; k < verify->row_count; k++) {
    const struct stance_verify_row *row = &verify->row[k];
    if (!row->is_empty && (row->side == side || row->side == STANCE_SIDE_NONE))
      ret_forces[count++] = reading_of(row, side);
  }
  return count;
}

static enum stance_status evaluate_zero(const struct stance_verify *verify, struct answer *answer,
                                        struct stance_problem *problem)
{
  size_t count = 0;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    for (size_t k = 0; k < verify->row_count; k++) {
      const struct stance_verify_row *row = &verify->row[k];
      const bool of_side =
          row->side == (enum stance_side)side ||
          (row->side == STANCE_SIDE_NONE &&
           (verify->device_count > 0 || stance_verify_side(verify) == (enum stance_side)side));
      if (!row->is_empty || !of_side || isnan(row->force_n[side]))
        continue;
      const struct stance_still_reading reading = {.mean = row->force_n[side],
                                                   .uncertainty = row->uncertainty_n[side]};
      const struct stance_check_result result = stance_check_zero(&reading, verify->limit);
      char name[32];
      snprintf(name, sizeof name, "%s_zero", stance_side_name((enum stance_side)side));
      add_result(answer, name, "n", &result, 1);
      stance_text_format(&answer->words,
                         "%sThe empty %s side reads %+.2f N +- %.2f N; the limit is %g N.",
                         count++ > 0 ? " " : "", stance_side_name((enum stance_side)side),
                         result.value, result.uncertainty, result.limit);
      tell_trust(answer, &result);
    }
  return count > 0 ? STANCE_OK
                   : stance_problem_set(problem, STANCE_INPUT,
                                        "there is no reading of the empty instrument (step empty, "
                                        "with its side)");
}

static double applied_n(const struct stance_verify *verify)
{
  return isnan(verify->arguments->load_n) ? verify->arguments->mass_kg * verify->gravity_m_per_s2
                                          : verify->arguments->load_n;
}

static enum stance_status evaluate_mass(const struct stance_verify *verify, struct answer *answer,
                                        struct stance_problem *problem)
{
  struct stance_check_force loaded[STANCE_VERIFY_ROW_MAX];
  struct stance_check_result result;
  const enum stance_side side = stance_verify_side(verify);
  const struct stance_check_force empty = empty_of(verify, side);
  const size_t count = loads_of(verify, side, loaded);
  enum stance_status status = stance_check_mass(loaded, count, &empty, applied_n(verify),
                                                verify->arguments->standard_uncertainty_pct,
                                                verify->limit, &result, problem);
  if (status != STANCE_OK)
    return status;
  add_value(&answer->values, "applied_n", applied_n(verify));
  if (!isnan(verify->gravity_m_per_s2))
    add_value(&answer->values, "gravity_m_per_s2", verify->gravity_m_per_s2);
  add_value(&answer->values, "empty_n", empty.force_n);
  add_value(&answer->values, "readings", (double)count);
  add_result(answer, "deviation", "pct", &result, 1);
  stance_text_format(
      &answer->words, "Under %.2f N the %s side reads %+.2f %% +- %.2f %% off; the limit is %g %%.",
      applied_n(verify), stance_side_name(side), result.value, result.uncertainty, result.limit);
  tell_trust(answer, &result);
  if (!has_empty(verify))
    stance_text_string(&answer->words, " The empty side was not read: its profile's zero was "
                                       "trusted.");
  if (verify->arguments->standard_uncertainty_pct == 0)
    stance_text_string(&answer->words, " Nobody said how well the load is known "
                                       "(--standard-uncertainty): it was taken as exact.");
  return STANCE_OK;
}

static enum stance_status evaluate_swap(const struct stance_verify *verify, struct answer *answer,
                                        struct stance_problem *problem)
{
  struct stance_check_force side[2][STANCE_VERIFY_ROW_MAX] = {{{0}}};
  struct stance_check_result result;
  size_t count[2];
  for (size_t k = 0; k < verify->row_count; k++)
    if (!verify->row[k].is_empty && verify->row[k].side != STANCE_LEFT &&
        verify->row[k].side != STANCE_RIGHT)
      return stance_problem_set(
          problem, STANCE_INPUT,
          "reading %zu does not say on which side the load was, left or right", k + 1);
  for (int s = STANCE_LEFT; s <= STANCE_RIGHT; s++) {
    const struct stance_check_force empty = empty_of(verify, (enum stance_side)s);
    count[s] = loads_of(verify, (enum stance_side)s, side[s]);
    for (size_t k = 0; k < count[s]; k++) {
      side[s][k].force_n -= empty.force_n;
      side[s][k].uncertainty_n = hypot(side[s][k].uncertainty_n, empty.uncertainty_n);
    }
  }
  if (count[STANCE_LEFT] != count[STANCE_RIGHT])
    return stance_problem_set(problem, STANCE_INPUT,
                              "the load was read %zu times on the left and %zu times on the right: "
                              "a swap needs as many on each",
                              count[STANCE_LEFT], count[STANCE_RIGHT]);
  enum stance_status status = stance_check_swap(
      side[STANCE_LEFT], side[STANCE_RIGHT], count[STANCE_LEFT], verify->limit, &result, problem);
  if (status != STANCE_OK)
    return status;
  add_value(&answer->values, "pairs", (double)count[STANCE_LEFT]);
  add_value(&answer->values, "load_left_n", side[STANCE_LEFT][0].force_n);
  add_value(&answer->values, "load_right_n", side[STANCE_RIGHT][0].force_n);
  add_result(answer, "mismatch", "pct", &result, 1);
  stance_text_format(&answer->words,
                     "The same load reads %+.2f %% +- %.2f %% on the right against the left (%zu "
                     "pairs); the limit is %g %%.",
                     result.value, result.uncertainty, count[STANCE_LEFT], result.limit);
  if (result.verdict == STANCE_CHECK_FAILED)
    stance_text_string(&answer->words, " An asymmetry measured with it is off by about as much.");
  tell_trust(answer, &result);
  return STANCE_OK;
}

/* Where a device read the load: what the plate shows above its empty reading. */
static void find_centre(const struct stance_verify *verify, struct stance_verify_row *row)
{
  const struct stance_calibration *calibration = &verify->device[0].calibration;
  struct stance_plate_centre centre;
  double load[STANCE_LOAD_COUNT];
  memcpy(load, row->load, sizeof load);
  for (size_t k = 0; k < verify->row_count; k++)
    for (int c = 0; c < STANCE_LOAD_COUNT && verify->row[k].is_empty; c++)
      load[c] = row->load[c] - verify->row[k].load[c];
  stance_plate_centre(load, calibration->plate[0].top_m, BLANK_BELOW_N, &centre);
  row->read_x_m = centre.x_m;
  row->read_y_m = centre.y_m;
}

static enum stance_status evaluate_cop(struct stance_verify *verify, struct answer *answer,
                                       struct stance_problem *problem)
{
  struct stance_check_place place[STANCE_VERIFY_ROW_MAX];
  struct stance_check_places result;
  const enum stance_side side =
      verify->device_count > 0 ? stance_verify_side(verify) : STANCE_TOTAL;
  size_t count = 0;
  if (verify->device_count > 0 && verify->device[0].calibration.plate_count == 0)
    return stance_problem_set(problem, STANCE_USAGE, "%s is no plate: its cells have no places",
                              verify->device[0].instrument);
  const double empty_n = empty_of(verify, side).force_n;
  for (size_t k = 0; k < verify->row_count; k++) {
    struct stance_verify_row *row = &verify->row[k];
    if (row->is_empty)
      continue;
    if (isnan(row->placed_x_m) || isnan(row->placed_y_m))
      return stance_problem_set(problem, STANCE_INPUT,
                                "reading %zu does not say where the load lay (x_m and y_m)", k + 1);
    if (verify->device_count > 0)
      find_centre(verify, row);
    place[count++] = (struct stance_check_place){row->placed_x_m, row->placed_y_m, row->read_x_m,
                                                 row->read_y_m, row->force_n[side] - empty_n};
  }
  enum stance_status status = stance_check_places(
      place, count, verify->arguments->placing_mm / MM_PER_M, verify->limit / MM_PER_M,
      stance_verify_kinds[STANCE_CHECK_MASS].limit, &result, problem);
  if (status != STANCE_OK)
    return status;
  add_value(&answer->values, "places", (double)count);
  add_result(answer, "distance", "mm", &result.distance, MM_PER_M);
  add_result(answer, "force", "pct", &result.force, 1);
  stance_text_format(&answer->words,
                     "Of %zu places the worst is read %.1f mm +- %.1f mm off (limit %g mm), and "
                     "the force there differs by up to %.2f %% (limit %g %%).",
                     count, MM_PER_M * result.distance.value,
                     MM_PER_M * result.distance.uncertainty, verify->limit, result.force.value,
                     result.force.limit);
  tell_trust(answer, &result.distance);
  return STANCE_OK;
}

/* The rig passes where its natural frequency is above the limit beyond doubt. */
static enum stance_status evaluate_dynamic(const struct stance_verify *verify,
                                           struct answer *answer, struct stance_problem *problem)
{
  const struct stance_step_release *release = verify->release;
  if (release == NULL)
    return stance_problem_set(problem, STANCE_USAGE,
                              "the dynamic check needs a recording of the release: --device");
  const double uncertainty_hz = 2 * release->natural_uncertainty_hz;
  const double above_hz = release->natural_hz - verify->limit;
  answer->verdict = fabs(above_hz) <= uncertainty_hz ? STANCE_CHECK_UNDECIDED
                    : above_hz > 0                   ? STANCE_CHECK_PASSED
                                                     : STANCE_CHECK_FAILED;
  add_value(&answer->values, "natural_hz", release->natural_hz);
  add_value(&answer->values, "natural_uncertainty_hz", uncertainty_hz);
  add_value(&answer->values, "natural_limit_hz", verify->limit);
  add_value(&answer->values, "damped_hz", release->damped_hz);
  add_value(&answer->values, "damping_ratio", release->damping);
  add_value(&answer->values, "damping_uncertainty", 2 * release->damping_uncertainty);
  add_value(&answer->values, "step_n", release->step_n);
  add_value(&answer->values, "explained", release->explained);
  stance_text_format(&answer->words,
                     "Let go, the rig rings at %.2f Hz +- %.2f Hz with a damping ratio of %.4f +- "
                     "%.4f (damped sinusoid fitted to %zu samples, %.1f %% explained); it should "
                     "be above %g Hz. With an athlete's mass on it, it rings lower.",
                     release->natural_hz, uncertainty_hz, release->damping,
                     2 * release->damping_uncertainty, release->sample_count,
                     100 * release->explained, verify->limit);
  return STANCE_OK;
}

enum stance_status stance_verify_evaluate(struct stance_verify *verify,
                                          struct stance_problem *problem)
{
  struct answer answer = {.verdict = STANCE_CHECK_PASSED};
  struct stance_verification *check = &verify->check;
  enum stance_status status = STANCE_USAGE;
  stance_text_string(&answer.values, "{");
  switch (verify->arguments->kind) {
  case STANCE_CHECK_ZERO:
    status = evaluate_zero(verify, &answer, problem);
    break;
  case STANCE_CHECK_MASS:
    status = evaluate_mass(verify, &answer, problem);
    break;
  case STANCE_CHECK_SWAP:
    status = evaluate_swap(verify, &answer, problem);
    break;
  case STANCE_CHECK_COP:
    status = evaluate_cop(verify, &answer, problem);
    break;
  case STANCE_CHECK_DYNAMIC:
  case STANCE_CHECK_KIND_COUNT:
    status = evaluate_dynamic(verify, &answer, problem);
    break;
  }
  stance_text_string(&answer.values, "}");
  if (status == STANCE_OK && (answer.words.failed || answer.values.failed))
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  if (status == STANCE_OK) {
    check->verdict = answer.verdict;
    snprintf(check->words, sizeof check->words, "%s", answer.words.bytes);
    snprintf(check->values_json, sizeof check->values_json, "%s", answer.values.bytes);
  }
  stance_text_finish(&answer.words);
  stance_text_finish(&answer.values);
  return status;
}
