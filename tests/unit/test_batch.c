/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many recordings over several threads: order, failures, early end; pairs of one-sided files. */
#include "batch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILES = 40 };
static char folder[] = "/tmp/stance-test-XXXXXX";
static char paths[FILES][64];

/* One exponential effort of `peak_n` after 4 s on a limb of 20 N, 8 s long. */
static void write_recording(const char *path, double rate_hz, double peak_n, double seconds)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "time (s),force (N)\n");
  for (int k = 0; k < seconds * rate_hz; k++) {
    double t = k / rate_hz, d = t - 4;
    double force_n = 20 + 0.2 * sin(1.7 * k);
    if (d > 0 && d < 2)
      force_n += peak_n * (1 - exp(-d / 0.15));
    else if (d >= 2 && d < 2.3)
      force_n += peak_n * (2.3 - d) / 0.3;
    fprintf(file, "%.6f,%.4f\n", t, force_n);
  }
  fclose(file);
}

static int make_files(void **state)
{
  (void)state;
  if (mkdtemp(folder) == NULL)
    return 1;
  for (int k = 0; k < FILES; k++) {
    snprintf(paths[k], sizeof paths[k], "%s/%02d.csv", folder, k);
    if (k % 7 != 3) /* every seventh file is absent */
      write_recording(paths[k], 200, 100 + k, k % 2 == 0 ? 8 : 7);
  }
  return 0;
}

static int remove_files(void **state)
{
  (void)state;
  for (int k = 0; k < FILES; k++)
    unlink(paths[k]);
  return rmdir(folder);
}

struct seen {
  size_t count;
  size_t stop_after;
  size_t failures;
};

static enum stance_status look(void *context, size_t item, const struct stance_batch_report *report,
                               struct stance_problem *problem)
{
  struct seen *seen = context;
  assert_int_equal(item, seen->count);
  seen->count++;
  if (item % 7 == 3) {
    assert_int_equal(report->status, STANCE_INPUT);
    assert_string_equal(report->rows, "");
    assert_non_null(strstr(report->messages, paths[item]));
    seen->failures++;
  } else {
    assert_int_equal(report->status, STANCE_OK);
    assert_non_null(strstr(report->rows, paths[item]));
    assert_string_equal(report->messages, "");
  }
  if (seen->count == seen->stop_after)
    return stance_problem_set(problem, STANCE_STORE, "enough");
  return STANCE_OK;
}

static enum stance_status run(unsigned jobs, struct seen *seen, struct stance_problem *problem)
{
  struct stance_trial_options trial = stance_trial_options_default;
  trial.csv.side = "left";
  const struct stance_batch_options options = {.trial = &trial, .jobs = jobs};
  struct stance_batch_item items[FILES];
  for (int k = 0; k < FILES; k++)
    items[k] = (struct stance_batch_item){.kind = STANCE_BATCH_FILE, .name = paths[k]};
  return stance_batch_run(items, FILES, &options, look, seen, problem);
}

static void reports_come_in_order(void **state)
{
  (void)state;
  for (unsigned jobs = 1; jobs <= 8; jobs *= 2) {
    struct seen seen = {0};
    struct stance_problem problem = {""};
    assert_int_equal(run(jobs, &seen, &problem), STANCE_OK);
    assert_int_equal(seen.count, FILES);
    assert_int_equal(seen.failures, 6); /* 3, 10, 17, 24, 31, 38 */
  }
}

static void emit_can_end_the_run(void **state)
{
  (void)state;
  struct seen seen = {.stop_after = 5};
  struct stance_problem problem = {""};
  assert_int_equal(run(4, &seen, &problem), STANCE_STORE);
  assert_int_equal(seen.count, 5);
  assert_string_equal(problem.text, "enough");
}

static void stored_items_need_a_store(void **state)
{
  (void)state;
  const struct stance_batch_item item = {.kind = STANCE_BATCH_STORED, .name = "x"};
  const struct stance_batch_options options = {.trial = &stance_trial_options_default,
                                               .store_path = paths[3]};
  struct seen seen = {0};
  struct stance_problem problem = {""};
  assert_int_equal(stance_batch_run(&item, 1, &options, look, &seen, &problem), STANCE_STORE);
  assert_int_equal(seen.count, 0);
}

static void a_pair_keeps_each_side_apart(void **state)
{
  (void)state;
  struct stance_trial pair;
  struct stance_result result;
  struct stance_analyzer *analyzer = NULL;
  struct stance_problem problem = {""};
  const struct stance_trial_options *options = &stance_trial_options_default;
  assert_int_equal(stance_trial_load_pair(paths[0], paths[1], options, &pair, &problem), STANCE_OK);
  assert_int_equal(pair.raw.channel_count, 2);
  assert_int_equal(pair.raw.sample_count, 1600);
  assert_true(isfinite(pair.raw.value[1][1399]) != 0);
  assert_true(isnan(pair.raw.value[1][1400]) != 0); /* the right file has 7 s */
  assert_int_equal(pair.protocol.sides, STANCE_SIDES_EACH);
  assert_int_equal(pair.raw.integrity.lines_used, 1600 + 1400);
  assert_int_equal(stance_analyzer_create(&analyzer, &problem), STANCE_OK);
  assert_int_equal(stance_trial_analyze(analyzer, &pair, options, &result, &problem), STANCE_OK);
  assert_int_equal(result.repetition_count, 2);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    const struct stance_value *peak =
        &result.summary[STANCE_SUMMARY_BEST][side][STANCE_METRIC_PEAK_FORCE_NET];
    assert_int_equal(result.used[side], 1);
    assert_true(fabs(peak->value - (100 + side)) < 0.5);
    assert_int_equal(peak->reasons & STANCE_REASON_BIT(STANCE_REASON_GAP_IN_WINDOW), 0);
  }
  assert_int_equal(result.flags & STANCE_REASON_BIT(STANCE_REASON_FRAMES_LOST), 0);
  stance_result_finish(&result);
  stance_analyzer_destroy(analyzer);
  stance_trial_finish(&pair);
}

static void a_pair_needs_one_rate(void **state)
{
  (void)state;
  struct stance_trial pair;
  struct stance_problem problem = {""};
  write_recording(paths[3], 250, 100, 8);
  assert_int_equal(
      stance_trial_load_pair(paths[0], paths[3], &stance_trial_options_default, &pair, &problem),
      STANCE_USAGE);
  assert_non_null(strstr(problem.text, "250 Hz"));
  unlink(paths[3]);
  assert_int_equal(
      stance_trial_load_pair(paths[0], paths[3], &stance_trial_options_default, &pair, &problem),
      STANCE_INPUT);
}

static void side_orders_are_read(void **state)
{
  (void)state;
  enum stance_side order[STANCE_SIDE_ORDER_MAX];
  size_t count = 0;
  struct stance_problem problem = {""};
  assert_int_equal(stance_trial_side_order("right,left,left", order, &count, &problem), STANCE_OK);
  assert_int_equal(count, 3);
  assert_int_equal(order[0], STANCE_RIGHT);
  assert_int_equal(order[2], STANCE_LEFT);
  const char *const wrong[] = {"", "left,", ",left", "lef", "left right", "leftright", "LEFT"};
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
    assert_int_equal(stance_trial_side_order(wrong[k], order, &count, &problem), STANCE_USAGE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reports_come_in_order),     cmocka_unit_test(emit_can_end_the_run),
      cmocka_unit_test(stored_items_need_a_store), cmocka_unit_test(a_pair_keeps_each_side_apart),
      cmocka_unit_test(a_pair_needs_one_rate),     cmocka_unit_test(side_orders_are_read),
  };
  return cmocka_run_group_tests(tests, make_files, remove_files);
}
