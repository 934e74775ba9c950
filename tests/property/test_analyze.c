/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold for any trial: scaling, shifting, swapping and offsetting change exactly what they
   should. */
#include "support/analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint64_t first_seed = 20240229;
static uint64_t seed;
/* Forces are multiples of 2^-10 N, so that adding a whole constant is exact; what remains is the
   order of sums of some thousand terms. */
static const double digits = 1e-9;

static int trial_count(void)
{
  const char *full = getenv("STANCE_FULL");
  return full != NULL && full[0] == '1' ? 2000 : 30;
}

static double on_grid(double force_n)
{
  return round(force_n * 1024) / 1024;
}

/* Noise, two efforts of random shape a side, a little drift of start. */
static struct stance_force_trace random_trial(const char *sides, double *ret_lag_s)
{
  static const double rates_hz[] = {500, 1000, 2000};
  const double rate_hz = rates_hz[(int)(3 * fixture_random(&seed))];
  struct stance_force_trace trace = fixture_trace(sides, 26, rate_hz);
  const double noise_n = 3 * fixture_random(&seed);
  *ret_lag_s = 0.05 * fixture_random(&seed);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    double *force_n = trace.force_n[side];
    if (force_n == NULL)
      continue;
    for (int k = 0; k < 2; k++) {
      const struct fixture_effort effort = {
          .shape = (enum fixture_shape)(4 * fixture_random(&seed)),
          .start_s = 7 + 10 * k + (side == STANCE_RIGHT ? *ret_lag_s : 0),
          .stop_s = 10 + 10 * k,
          .peak_n = 150 + 400 * fixture_random(&seed),
          .tau_s = 0.03 + 0.05 * fixture_random(&seed),
          .mid_s = 0.2};
      fixture_add(&trace, (enum stance_side)side, &effort);
    }
    for (size_t i = 0; i < trace.sample_count; i++)
      force_n[i] = on_grid(force_n[i] + noise_n * (fixture_random(&seed) - 0.5));
  }
  return trace;
}

static struct stance_force_trace copy_of(const struct stance_force_trace *trace)
{
  struct stance_force_trace copy = *trace;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    if (trace->force_n[side] == NULL)
      continue;
    copy.force_n[side] = malloc(trace->sample_count * sizeof(double));
    memcpy(copy.force_n[side], trace->force_n[side], trace->sample_count * sizeof(double));
  }
  return copy;
}

static struct stance_result analyse(const struct stance_force_trace *trace, const char *id,
                                    double force_scale)
{
  struct stance_protocol protocol = fixture_protocol(id);
  /* limits in newtons belong to the scale of the trial */
  protocol.analysis.onset_floor_n *= force_scale;
  protocol.analysis.minimum_peak_n *= force_scale;
  protocol.analysis.countermovement_n *= force_scale;
  struct stance_analysis_context context = fixture_context();
  context.body_mass_kg = 80;
  context.lever_m = 0.4;
  return fixture_analyze(trace, &protocol, &context);
}

static void assert_same(double value, double expected, double scale, const char *what)
{
  if (!(fabs(value - expected) <= digits * fmax(fabs(expected), scale)))
    fail_msg("%s: %.17g instead of %.17g", what, value, expected);
}

/* Compares every value of both results; `expected` says what the second one must be. */
struct relation {
  double force_factor, force_offset, time_offset_s;
  bool swapped;
};

static bool is_gross(int metric)
{
  return metric == STANCE_METRIC_BASELINE_FORCE || metric == STANCE_METRIC_PEAK_FORCE ||
         metric == STANCE_METRIC_PEAK_FORCE_MEAN_100MS || metric == STANCE_METRIC_MEAN_FORCE ||
         metric == STANCE_METRIC_ONSET_THRESHOLD ||
         (metric >= STANCE_METRIC_FORCE_AT_50MS && metric <= STANCE_METRIC_FORCE_AT_250MS);
}

static double expected_of(const struct relation *relation, int metric, double value)
{
  const struct stance_metric_info *info = stance_metric_info((enum stance_metric)metric);
  if (metric == STANCE_METRIC_ONSET_TIME)
    return value + relation->time_offset_s;
  if (info->compares_sides)
    return relation->swapped ? -value : value;
  if (info->unit[0] == 'N')
    return value * relation->force_factor + (is_gross(metric) ? relation->force_offset : 0);
  return value;
}

static void assert_related(const struct stance_value a[STANCE_SIDE_COUNT][STANCE_METRIC_COUNT],
                           const struct stance_value b[STANCE_SIDE_COUNT][STANCE_METRIC_COUNT],
                           const struct relation *relation)
{
  const stance_reason_set small = STANCE_REASON_BIT(STANCE_REASON_SMALL_DENOMINATOR);
  for (int side = 0; side < STANCE_SIDE_COUNT; side++) {
    const int other = relation->swapped && side <= STANCE_RIGHT ? 1 - side : side;
    for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
      const struct stance_value *before = &a[side][metric], *after = &b[other][metric];
      const char *id = stance_metric_info((enum stance_metric)metric)->id;
      /* 20 N stay 20 N whatever the scale */
      if (((before->reasons | after->reasons) & small) != 0)
        continue;
      if (before->reasons != after->reasons)
        fail_msg("%s: reasons %llx and %llx", id, (unsigned long long)before->reasons,
                 (unsigned long long)after->reasons);
      assert_int_equal(stance_value_is_missing(before), stance_value_is_missing(after));
      if (!stance_value_is_missing(before))
        assert_same(after->value, expected_of(relation, metric, before->value),
                    relation->force_factor, id);
    }
  }
}

static void assert_results_related(const struct stance_result *a, const struct stance_result *b,
                                   const struct relation *relation)
{
  assert_int_equal(a->repetition_count, b->repetition_count);
  for (size_t k = 0; k < a->repetition_count; k++) {
    assert_int_equal(a->repetition[k].status, b->repetition[k].status);
    assert_int_equal(a->repetition[k].reasons, b->repetition[k].reasons);
    assert_related(a->repetition[k].value, b->repetition[k].value, relation);
  }
  for (int rule = 0; rule < STANCE_SUMMARY_COUNT; rule++)
    assert_related(a->summary[rule], b->summary[rule], relation);
}

/* `change` alters a copy of the trial and says how the results must be related. */
typedef struct relation (*change)(struct stance_force_trace *trace);

static void check(change apply, const char *protocol, bool scaled)
{
  seed = first_seed;
  print_message("seed %llu\n", (unsigned long long)first_seed);
  for (int k = 0; k < trial_count(); k++) {
    double lag_s;
    struct stance_force_trace trace = random_trial("LR", &lag_s);
    struct stance_force_trace changed = copy_of(&trace);
    const struct relation relation = apply(&changed);
    struct stance_result before = analyse(&trace, protocol, 1);
    struct stance_result after = analyse(&changed, protocol, scaled ? relation.force_factor : 1);
    assert_true(before.repetition_count >= 2);
    assert_results_related(&before, &after, &relation);
    stance_result_finish(&before);
    stance_result_finish(&after);
    fixture_finish(&trace);
    fixture_finish(&changed);
  }
}

/* Powers of two, so that no digit of a sample changes. */
static struct relation scale(struct stance_force_trace *trace)
{
  const double factor = fixture_random(&seed) < 0.5 ? 0.5 : 4;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    for (size_t i = 0; i < trace->sample_count; i++)
      trace->force_n[side][i] *= factor;
  return (struct relation){.force_factor = factor};
}

static struct relation shift_axis(struct stance_force_trace *trace)
{
  trace->time.start_s = 1000 * fixture_random(&seed);
  return (struct relation){.force_factor = 1, .time_offset_s = trace->time.start_s};
}

static struct relation swap(struct stance_force_trace *trace)
{
  double *left_n = trace->force_n[STANCE_LEFT];
  trace->force_n[STANCE_LEFT] = trace->force_n[STANCE_RIGHT];
  trace->force_n[STANCE_RIGHT] = left_n;
  return (struct relation){.force_factor = 1, .swapped = true};
}

/* Small against the threshold of 10 N that a power of two on the sums would move by rounding. */
static struct relation offset(struct stance_force_trace *trace)
{
  const double constant_n = floor(64 * fixture_random(&seed));
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    for (size_t i = 0; i < trace->sample_count; i++)
      trace->force_n[side][i] += constant_n;
  return (struct relation){.force_factor = 1, .force_offset = constant_n};
}

/* The same samples begin a whole number of segmentation blocks later. */
static struct relation shift_samples(struct stance_force_trace *trace)
{
  const double rate_hz = trace->time.rate_hz;
  const size_t later = (size_t)rate_hz * 1;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    double *force_n = calloc(trace->sample_count + later, sizeof(double));
    memcpy(force_n + later, trace->force_n[side], trace->sample_count * sizeof(double));
    memcpy(force_n, trace->force_n[side], later * sizeof(double)); /* a second of the same rest */
    free(trace->force_n[side]);
    trace->force_n[side] = force_n;
  }
  trace->sample_count += later;
  return (struct relation){.force_factor = 1, .time_offset_s = (double)later / rate_hz};
}

static void scaling_scales_newtons(void **state)
{
  (void)state;
  check(scale, "nordic", true);
  check(scale, "isometric", true);
}

static void time_axis_moves_onset_only(void **state)
{
  (void)state;
  check(shift_axis, "nordic", false);
}

static void swapped_sides_swap_values_and_signs(void **state)
{
  (void)state;
  check(swap, "nordic", false);
}

static void later_samples_give_the_same_values(void **state)
{
  (void)state;
  check(shift_samples, "nordic", false);
}

/* Offsets are for per-side efforts with gross comparison switched to net: a percentage of gross
   forces is no property of the offset trial. */
static void offset_changes_gross_only(void **state)
{
  (void)state;
  seed = first_seed;
  for (int k = 0; k < trial_count(); k++) {
    double lag_s;
    struct stance_force_trace trace = random_trial("LR", &lag_s);
    struct stance_force_trace changed = copy_of(&trace);
    const struct relation relation = offset(&changed);
    struct stance_protocol protocol = fixture_protocol("nordic");
    protocol.compared = STANCE_METRIC_PEAK_FORCE_NET;
    struct stance_analysis_context context = fixture_context();
    struct stance_result before = fixture_analyze(&trace, &protocol, &context);
    struct stance_result after = fixture_analyze(&changed, &protocol, &context);
    assert_int_equal(before.repetition_count, after.repetition_count);
    for (size_t r = 0; r < before.repetition_count; r++) {
      /* the limits of spike and small denominator are relative to zero: gross by definition */
      const stance_reason_set gross = STANCE_REASON_BIT(STANCE_REASON_PEAK_SPIKE);
      for (int side = 0; side < STANCE_SIDE_COUNT; side++)
        for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
          before.repetition[r].value[side][metric].reasons &= ~gross;
          after.repetition[r].value[side][metric].reasons &= ~gross;
        }
      assert_related(before.repetition[r].value, after.repetition[r].value, &relation);
    }
    stance_result_finish(&before);
    stance_result_finish(&after);
    fixture_finish(&trace);
    fixture_finish(&changed);
  }
}

/* Twice the same call, and through an analyser that has seen another recording in between. */
static void same_input_same_bits(void **state)
{
  (void)state;
  seed = first_seed;
  double lag_s;
  struct stance_force_trace trace = random_trial("LR", &lag_s);
  struct stance_force_trace other = fixture_trace("LR", 9, 333);
  struct stance_result first = analyse(&trace, "nordic", 1);
  struct stance_result between = analyse(&other, "nordic", 1);
  struct stance_result second = analyse(&trace, "nordic", 1);
  assert_int_equal(first.repetition_count, second.repetition_count);
  for (size_t k = 0; k < first.repetition_count; k++)
    assert_memory_equal(first.repetition[k].value, second.repetition[k].value,
                        sizeof first.repetition[k].value);
  assert_memory_equal(first.summary, second.summary, sizeof first.summary);
  stance_result_finish(&first);
  stance_result_finish(&between);
  stance_result_finish(&second);
  fixture_finish(&trace);
  fixture_finish(&other);
}

/* No number without a finite value, no missing one without a reason, whatever is thrown in: noise
   of any size, gaps, saturation, flats, steps. */
static void anything_gives_values_with_reasons(void **state)
{
  (void)state;
  seed = first_seed;
  static const char *const ids[] = {"nordic", "isometric", "imtp", "iso-supine-90-90"};
  for (int k = 0; k < 4 * trial_count(); k++) {
    const double rate_hz = pow(10, 1.3 + 2.2 * fixture_random(&seed));
    struct stance_force_trace trace = fixture_trace("LRT", 12 * fixture_random(&seed), rate_hz);
    for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
      double level_n = 0;
      for (size_t i = 0; i < trace.sample_count; i++) {
        if (fixture_random(&seed) < 3 / rate_hz)
          level_n = 500 * (fixture_random(&seed) - 0.07); /* a pull of -40 N is refused */
        trace.force_n[side][i] = level_n + 20 * fixture_random(&seed);
      }
    }
    for (int g = 0; g < 3 && trace.sample_count > 10; g++) {
      const size_t first = (size_t)(fixture_random(&seed) * (double)(trace.sample_count - 10));
      fixture_lose(&trace, first, 1 + (size_t)(9 * fixture_random(&seed)));
      fixture_saturate(&trace, STANCE_LEFT, first);
    }
    struct stance_result result = analyse(&trace, ids[k % 4], 1);
    for (size_t r = 0; r <= result.repetition_count; r++) {
      const struct stance_value(*values)[STANCE_METRIC_COUNT] =
          r < result.repetition_count ? result.repetition[r].value
                                      : result.summary[k % STANCE_SUMMARY_COUNT];
      for (int side = 0; side < STANCE_SIDE_COUNT; side++)
        for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
          const struct stance_value *value = &values[side][metric];
          assert_true(isinf(value->value) == 0);
          assert_true(!stance_value_is_missing(value) || value->reasons != 0);
        }
    }
    stance_result_finish(&result);
    fixture_finish(&trace);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scaling_scales_newtons),
      cmocka_unit_test(time_axis_moves_onset_only),
      cmocka_unit_test(swapped_sides_swap_values_and_signs),
      cmocka_unit_test(later_samples_give_the_same_values),
      cmocka_unit_test(offset_changes_gross_only),
      cmocka_unit_test(same_input_same_bits),
      cmocka_unit_test(anything_gives_values_with_reasons),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
