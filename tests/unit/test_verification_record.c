/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks in the store: kept as they are, the latest decided one of each kind and force speaks, and
   what it makes of a recording. */
#include "support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RIG "LabJack U6 360012"

static struct stance_problem problem;

static struct stance_verification check_of(const char *id, enum stance_check_kind kind,
                                           enum stance_check_verdict verdict, const char *at)
{
  struct stance_verification check = {.kind = kind, .verdict = verdict, .subject_count = 2};
  strcpy(check.id, id);
  strcpy(check.performed_at, at);
  strcpy(check.valid_until, "2026-03-02T08:00:00Z");
  strcpy(check.operator_name, "Kim");
  strcpy(check.standard, "20 kg, class M1; it's \"ours\"");
  strcpy(check.software, "stance 0.1.0");
  strcpy(check.words, "equal");
  strcpy(check.values_json, "{\"mismatch_pct\":0.1}");
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    struct stance_verification_subject *subject = &check.subject[side];
    strcpy(subject->instrument, RIG);
    subject->side = (enum stance_side)side;
    strcpy(subject->serial, side == STANCE_LEFT ? "LC-L" : "LC-R");
    strcpy(subject->calibration, "profile-1");
  }
  return check;
}

static void put(struct stance_store *store, const struct stance_verification *check)
{
  assert_int_equal(stance_store_put_verification(store, check, &problem), STANCE_OK);
}

static stance_reason_set doubts(struct stance_store *store, const char *at, const char *profile,
                                size_t *ret_count)
{
  struct stance_verification_in_force check[20];
  assert_int_equal(
      stance_store_verifications_in_force(store, RIG, at, check, 20, ret_count, &problem),
      STANCE_OK);
  return stance_verification_doubts(check, *ret_count, at, profile);
}

static void checks_are_kept_as_they_are(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  const struct stance_verification one =
      check_of("one", STANCE_CHECK_SWAP, STANCE_CHECK_PASSED, "2026-03-01T08:00:00Z");
  struct stance_verification *all = NULL;
  size_t count = 0;
  put(store, &one);
  assert_int_equal(stance_store_put_verification(store, &one, &problem), STANCE_STORE);
  assert_int_equal(stance_store_list_verifications(store, &all, &count, &problem), STANCE_OK);
  assert_int_equal(count, 1);
  assert_memory_equal(&all[0], &one, sizeof one);
  free(all);
  stance_store_close(store);
}

static void nothing_is_said_of_what_was_never_checked(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_verification *all = NULL;
  size_t count = 1;
  assert_int_equal(doubts(store, "2026-03-01T09:00:00Z", "profile-1", &count), 0);
  assert_int_equal(count, 0);
  assert_int_equal(stance_store_list_verifications(store, &all, &count, &problem), STANCE_OK);
  assert_int_equal(count, 0);
  assert_null(all);
  stance_store_close(store);
}

/* From the failed check until the next that passes; an undecided one changes nothing. */
static void a_failed_check_holds_until_mended(void **state)
{
  const stance_reason_set failed = STANCE_REASON_BIT(STANCE_REASON_VERIFICATION_FAILED);
  struct stance_store *store = store_fixture_open(*state);
  struct stance_verification check =
      check_of("passed", STANCE_CHECK_MASS, STANCE_CHECK_PASSED, "2026-03-01T08:00:00Z");
  size_t count;
  put(store, &check);
  check = check_of("failed", STANCE_CHECK_MASS, STANCE_CHECK_FAILED, "2026-03-01T10:00:00Z");
  put(store, &check);
  check = check_of("undecided", STANCE_CHECK_MASS, STANCE_CHECK_UNDECIDED, "2026-03-01T11:00:00Z");
  put(store, &check);
  check = check_of("other", STANCE_CHECK_ZERO, STANCE_CHECK_PASSED, "2026-03-01T11:30:00Z");
  put(store, &check);
  check = check_of("mended", STANCE_CHECK_MASS, STANCE_CHECK_PASSED, "2026-03-01T12:00:00Z");
  put(store, &check);
  assert_int_equal(doubts(store, "2026-03-01T07:59:59.900Z", "profile-1", &count), 0);
  assert_int_equal(count, 0);
  assert_int_equal(doubts(store, "2026-03-01T09:00:00.123Z", "profile-1", &count), 0);
  assert_int_equal(count, 2); /* one kind, two sides */
  assert_int_equal(doubts(store, "2026-03-01T10:00:00.123Z", "profile-1", &count), failed);
  assert_int_equal(doubts(store, "2026-03-01T11:15:00Z", "profile-1", &count), failed);
  assert_int_equal(doubts(store, "2026-03-01T11:45:00Z", "profile-1", &count), failed);
  assert_int_equal(count, 4);
  assert_int_equal(doubts(store, "2026-03-01T12:00:00Z", "profile-1", &count), 0);
  stance_store_close(store);
}

static void a_check_ends_with_its_day_and_with_its_calibration(void **state)
{
  const stance_reason_set overdue = STANCE_REASON_BIT(STANCE_REASON_VERIFICATION_OVERDUE);
  struct stance_store *store = store_fixture_open(*state);
  const struct stance_verification check =
      check_of("one", STANCE_CHECK_SWAP, STANCE_CHECK_PASSED, "2026-03-01T08:00:00Z");
  size_t count;
  put(store, &check);
  assert_int_equal(doubts(store, "2026-03-02T08:00:00.5Z", "profile-1", &count), 0);
  assert_int_equal(doubts(store, "2026-03-02T08:00:01Z", "profile-1", &count), overdue);
  assert_int_equal(doubts(store, "2026-03-01T09:00:00Z", "profile-2", &count), overdue);
  stance_store_close(store);
}

int main(void)
{
#define TEST(name) \
  cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)
  const struct CMUnitTest tests[] = {
      TEST(checks_are_kept_as_they_are),
      TEST(nothing_is_said_of_what_was_never_checked),
      TEST(a_failed_check_holds_until_mended),
      TEST(a_check_ends_with_its_day_and_with_its_calibration),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
