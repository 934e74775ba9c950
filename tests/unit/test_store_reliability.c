/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clinic's own repeatability: kept, read back, and found for exactly the same test. */
#include "reliability_record.h"
#include "support/store_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double left[] = {310, 318, 352, 347, 280, 301, 400, 391};
static const double right[] = {320, 331, 340, 344, 300, 310, 380, 385};

static struct stance_reliability_record record_of(enum stance_side side, const char *instrument)
{
  struct stance_reliability_record record = {.side = side};
  struct stance_reliability_key *key = &record.key;
  snprintf(key->protocol, sizeof key->protocol, "nordic");
  snprintf(key->protocol_version, sizeof key->protocol_version, "1");
  snprintf(key->rig, sizeof key->rig, "strap");
  snprintf(key->metric, sizeof key->metric, "peak_force");
  snprintf(key->rule, sizeof key->rule, "best");
  snprintf(key->method, sizeof key->method, "peak_force/1(zero=measured)");
  snprintf(key->instrument, sizeof key->instrument, "%s", instrument);
  key->hip_deg = key->knee_deg = (double)NAN;
  if (side == STANCE_BOTH)
    assert_int_equal(stance_reliability_of_sides(left, right, 4, 2, &record.statistics, NULL), 0);
  else
    assert_int_equal(
        stance_reliability_of(side == STANCE_LEFT ? left : right, 4, 2, &record.statistics, NULL),
        0);
  return record;
}

static void put(const struct store_fixture *fixture,
                const struct stance_reliability_record *records, size_t count,
                char ret_study[STANCE_UUID_SIZE])
{
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_problem problem = {""};
  assert_int_equal(stance_store_put_reliability(store, records, count, ret_study, &problem),
                   STANCE_OK);
  stance_store_close(store);
}

static struct stance_reliability_book list(const struct store_fixture *fixture)
{
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_reliability_record *records = NULL;
  size_t count = 0;
  assert_int_equal(stance_store_list_reliability(store, &records, &count, NULL), STANCE_OK);
  stance_store_close(store);
  return (struct stance_reliability_book){.record = records, .count = count};
}

static void assert_estimate(struct stance_estimate read, struct stance_estimate kept)
{
  assert_true(read.value == kept.value && read.low == kept.low && read.high == kept.high);
}

static void kept_and_read_back(void **state)
{
  char study[STANCE_UUID_SIZE];
  struct stance_reliability_record records[] = {record_of(STANCE_LEFT, "rig 17"),
                                                record_of(STANCE_BOTH, "rig 17")};
  records[0].key.hip_deg = 90;
  records[1].whole_model = true;
  put(*state, records, 2, study);
  const struct stance_reliability_book book = list(*state);
  assert_int_equal(book.count, 2);
  for (size_t k = 0; k < 2; k++) {
    const struct stance_reliability *read = &book.record[k].statistics;
    const struct stance_reliability *kept = &records[k].statistics;
    assert_string_equal(book.record[k].study, study);
    assert_int_equal(strlen(book.record[k].created_at), strlen("2026-11-21T09:50:35Z"));
    assert_true(stance_reliability_key_is_equal(&book.record[k].key, &records[k].key));
    assert_int_equal(book.record[k].side, records[k].side);
    assert_int_equal(book.record[k].whole_model, records[k].whole_model);
    assert_int_equal(read->athletes, 4);
    assert_int_equal(read->tests, 2);
    assert_true(read->mean == kept->mean && read->degrees_of_freedom == 3);
    assert_estimate(read->typical_error, kept->typical_error);
    assert_estimate(read->sem, kept->sem);
    assert_estimate(read->mdc95, kept->mdc95);
    assert_estimate(read->icc_2_1, kept->icc_2_1);
    assert_estimate(read->icc_3_1, kept->icc_3_1);
    assert_estimate(read->shift, kept->shift);
    assert_true(isnan(read->icc_1_1.value));
  }
  assert_estimate(book.record[0].statistics.cv_pct, records[0].statistics.cv_pct);
  assert_true(isnan(book.record[1].statistics.cv_pct.value));
  free((void *)book.record);
}

/* A study taken out leaves the one before it; none of that name is said. */
static void removed(void **state)
{
  char first[STANCE_UUID_SIZE], second[STANCE_UUID_SIZE];
  struct stance_problem problem = {""};
  const struct stance_reliability_record record = record_of(STANCE_LEFT, "rig 17");
  put(*state, &record, 1, first);
  put(*state, &record, 1, second);
  struct stance_store *store = store_fixture_open(*state);
  assert_int_equal(stance_store_remove_reliability(store, second, &problem), STANCE_OK);
  assert_int_equal(stance_store_remove_reliability(store, second, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, second));
  stance_store_close(store);
  const struct stance_reliability_book book = list(*state);
  assert_int_equal(book.count, 1);
  assert_string_equal(book.record[0].study, first);
  free((void *)book.record);
}

static void empty_store(void **state)
{
  const struct stance_reliability_book book = list(*state);
  assert_int_equal(book.count, 0);
  assert_null(book.record);
}

/* The pure part: which record speaks. */

static struct stance_protocol nordic;

static bool find(const struct stance_reliability_record *records, size_t count,
                 const struct stance_reliability_key *key, struct stance_repeatability *ret_known)
{
  const struct stance_reliability_book book = {.record = records, .count = count};
  return stance_repeatability_find(&book, &nordic, key, ret_known);
}

static void own_before_published(void **state)
{
  (void)state;
  struct stance_reliability_record records[] = {record_of(STANCE_LEFT, "rig 17"),
                                                record_of(STANCE_RIGHT, "rig 17"),
                                                record_of(STANCE_BOTH, "rig 17")};
  struct stance_repeatability known;
  assert_true(find(records, 3, &records[0].key, &known));
  assert_false(known.published || known.assumes_independence);
  assert_non_null(strstr(known.source, "own tests: 4 athletes x 2"));
  assert_true(known.ratio_error_pct == records[2].statistics.typical_error.value);
  assert_true(known.mdc95[STANCE_LEFT] == records[0].statistics.mdc95.value);
  assert_true(known.error_pct[STANCE_RIGHT] == records[1].statistics.log_error_pct);
  /* Without the ratio's own error the sides stand in, and say so. */
  assert_true(find(records, 2, &records[0].key, &known));
  assert_true(known.assumes_independence);
  assert_true(find(NULL, 0, &records[0].key, &known));
  assert_true(known.published);
}

/* One thing of the key differs: the record does not speak, the published study does where it may.
 */
static void never_for_another_test(void **state)
{
  (void)state;
  const struct stance_reliability_record record = record_of(STANCE_BOTH, "rig 17");
  struct stance_reliability_key keys[8];
  for (size_t k = 0; k < 8; k++)
    keys[k] = record.key;
  keys[0].hip_deg = 45;
  snprintf(keys[1].protocol_version, sizeof keys[1].protocol_version, "2");
  snprintf(keys[2].method, sizeof keys[2].method, "peak_force/2(zero=measured)");
  snprintf(keys[3].instrument, sizeof keys[3].instrument, "rig 18");
  snprintf(keys[4].rig, sizeof keys[4].rig, "plate");
  snprintf(keys[5].instrument, sizeof keys[5].instrument, "%s", "");
  snprintf(keys[6].rule, sizeof keys[6].rule, "mean");
  snprintf(keys[7].metric, sizeof keys[7].metric, "peak_force_net");
  for (size_t k = 0; k < 8; k++) {
    struct stance_repeatability known;
    const bool found = find(&record, 1, &keys[k], &known);
    assert_false(stance_reliability_key_is_equal(&record.key, &keys[k]));
    assert_true(!found || known.published);
    assert_int_equal(found, k < 6); /* published for the best repetition's peak force */
  }
}

static void newest_and_nearest(void **state)
{
  (void)state;
  struct stance_reliability_record records[] = {
      record_of(STANCE_BOTH, "rig 17"), record_of(STANCE_BOTH, "rig 17"),
      record_of(STANCE_BOTH, "rig"), record_of(STANCE_BOTH, "rig")};
  for (size_t k = 0; k < 4; k++) {
    snprintf(records[k].study, sizeof records[k].study, "study %zu", k);
    records[k].statistics.typical_error.value = 5 + (double)k;
    records[k].whole_model = k >= 2;
  }
  struct stance_repeatability known;
  struct stance_reliability_key key = records[0].key;
  assert_true(find(records, 4, &key, &known));
  assert_true(known.ratio_error_pct == 6); /* the newest of this very instrument */
  snprintf(key.instrument, sizeof key.instrument, "rig 99");
  assert_true(find(records, 4, &key, &known));
  assert_true(known.ratio_error_pct == 8); /* the newest of its model */
  assert_non_null(strstr(known.source, "one model"));
  snprintf(key.instrument, sizeof key.instrument, "rigid 99");
  assert_true(find(records, 4, &key, &known));
  assert_true(known.published);
}

static int load_nordic(void **state)
{
  (void)state;
  return stance_protocol_builtin("nordic", &nordic, NULL) == STANCE_OK ? 0 : -1;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(kept_and_read_back, store_fixture_setup,
                                      store_fixture_teardown),
      cmocka_unit_test_setup_teardown(removed, store_fixture_setup, store_fixture_teardown),
      cmocka_unit_test_setup_teardown(empty_store, store_fixture_setup, store_fixture_teardown),
      cmocka_unit_test(own_before_published),
      cmocka_unit_test(never_for_another_test),
      cmocka_unit_test(newest_and_nearest),
  };
  return cmocka_run_group_tests(tests, load_nordic, NULL);
}
