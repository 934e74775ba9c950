/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From tests of one key to the statistics of each side. */
#include "reliability_tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The tests of one key, sorted. */
struct group {
  const struct stance_reliability_test *test;
  size_t count;
  bool same_day; /* tests of an athlete on one day count each */
};

/* The tests of the athlete at `k` end before the returned index. */
static size_t end_of_athlete(const struct group *group, size_t k)
{
  size_t end = k + 1;
  while (end < group->count && strcmp(group->test[end].athlete, group->test[k].athlete) == 0)
    end++;
  return end;
}

static bool has_value(const struct stance_reliability_test *test, int side)
{
  if (side == STANCE_BOTH)
    return test->value[STANCE_LEFT] > 0 && test->value[STANCE_RIGHT] > 0;
  return test->value[side] > 0;
}

/* Days since 1970; -1 where the text begins with no date. */
static long day_of(const char *started_at)
{
  struct tm date = {0};
  return strptime(started_at, "%Y-%m-%d", &date) == NULL ? -1 : (long)(timegm(&date) / 86400);
}

/* Whether the test at `at`, of the athlete whose tests begin at `first`, counts for the side: a
   second one on a day varies less than tests of different days, and would make the band of every
   comparison too narrow. */
static bool counts(const struct group *group, size_t first, size_t at, int side)
{
  const struct stance_reliability_test *test = &group->test[at];
  const long day = day_of(test->started_at);
  if (!has_value(test, side))
    return false;
  for (size_t before = first; before < at && !group->same_day && day >= 0; before++)
    if (has_value(&group->test[before], side) && day_of(group->test[before].started_at) == day)
      return false;
  return true;
}

/* Tests of the athlete from `first` on that count. */
static size_t usable_tests(const struct group *group, size_t first, size_t end, int side)
{
  size_t usable = 0;
  for (size_t k = first; k < end; k++)
    usable += counts(group, first, k, side) ? 1 : 0;
  return usable;
}

static void tell_same_day(struct stance_reliability_tests *tests, const struct group *group,
                          size_t first, size_t end, int side)
{
  for (size_t k = first; k < end; k++)
    if (has_value(&group->test[k], side) && !counts(group, first, k, side))
      stance_reliability_leave_out(tests, "%s, %s: a second test on %.10s (--same-day)",
                                   group->test[k].athlete, group->test[k].key.protocol,
                                   group->test[k].started_at);
}

static size_t athletes_with(const struct group *group, int side, size_t tests)
{
  size_t athletes = 0;
  for (size_t k = 0, end; k < group->count; k = end) {
    end = end_of_athlete(group, k);
    athletes += usable_tests(group, k, end, side) >= tests ? 1 : 0;
  }
  return athletes;
}

/* The number of tests of each athlete that leaves most degrees of freedom; of equal ones the
   fewer. */
static size_t best_test_count(const struct group *group, int side)
{
  size_t best = 2, most = 0;
  for (size_t tests = 2; tests <= group->count; tests++) {
    const size_t athletes = athletes_with(group, side, tests);
    if (athletes < 2)
      break;
    if ((athletes - 1) * (tests - 1) > most) {
      most = (athletes - 1) * (tests - 1);
      best = tests;
    }
  }
  return best;
}

static void tell_left_out(struct stance_reliability_tests *tests,
                          const struct stance_reliability_test *of, size_t usable, size_t wanted)
{
  if (usable < wanted)
    stance_reliability_leave_out(tests, "%s, %s: %zu usable test%s of the %zu that count",
                                 of->athlete, of->key.protocol, usable, usable == 1 ? "" : "s",
                                 wanted);
  else if (usable > wanted)
    stance_reliability_leave_out(
        tests, "%s, %s: %zu later test%s, since %zu of every athlete count", of->athlete,
        of->key.protocol, usable - wanted, usable - wanted == 1 ? "" : "s", wanted);
}

static void count_days(const struct stance_reliability_test *before,
                       const struct stance_reliability_test *after,
                       struct stance_reliability_study *study)
{
  const long from = day_of(before->started_at), to = day_of(after->started_at);
  if (from < 0 || to < 0)
    return;
  if (study->days_least < 0 || to - from < study->days_least)
    study->days_least = to - from;
  if (to - from > study->days_longest)
    study->days_longest = to - from;
}

/* Rows of the athletes that have enough; returns how many. */
static size_t fill_table(struct stance_reliability_tests *tests, const struct group *group,
                         int side, size_t wanted, double *ret_first, double *ret_second,
                         struct stance_reliability_study *study)
{
  size_t athletes = 0;
  for (size_t k = 0, end; k < group->count; k = end) {
    end = end_of_athlete(group, k);
    const size_t usable = usable_tests(group, k, end, side);
    tell_same_day(tests, group, k, end, side);
    tell_left_out(tests, &group->test[k], usable, wanted);
    if (usable < wanted)
      continue;
    const struct stance_reliability_test *before = NULL;
    for (size_t t = 0, at = k; t < wanted; at++) {
      const struct stance_reliability_test *test = &group->test[at];
      if (!counts(group, k, at, side))
        continue;
      ret_first[athletes * wanted + t] = test->value[side == STANCE_BOTH ? STANCE_LEFT : side];
      ret_second[athletes * wanted + t] = test->value[STANCE_RIGHT];
      if (before != NULL)
        count_days(before, test, study);
      before = test;
      t++;
    }
    athletes++;
  }
  return athletes;
}

static enum stance_status study_side(struct stance_reliability_tests *tests,
                                     const struct group *group, int side,
                                     struct stance_reliability_study *study,
                                     struct stance_problem *problem)
{
  const size_t wanted = best_test_count(group, side);
  if (athletes_with(group, side, 1) == 0)
    return STANCE_OK; /* a side that nobody tested */
  double *first = calloc(group->count + 1, sizeof *first);
  double *second = calloc(group->count + 1, sizeof *second);
  struct stance_problem why = {""};
  enum stance_status status = STANCE_MEMORY;
  if (first != NULL && second != NULL) {
    const size_t athletes = fill_table(tests, group, side, wanted, first, second, study);
    struct stance_reliability *result = &study->record[side].statistics;
    status = side == STANCE_BOTH
                 ? stance_reliability_of_sides(first, second, athletes, wanted, result, &why)
                 : stance_reliability_of(first, athletes, wanted, result, &why);
  }
  free(first);
  free(second);
  if (status == STANCE_MEMORY)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  study->made[side] = status == STANCE_OK;
  if (status != STANCE_OK)
    stance_reliability_leave_out(
        tests, "%s, %s, %s: %s",
        group->test[0].key.protocol[0] == '\0' ? "no protocol" : group->test[0].key.protocol,
        group->test[0].key.metric,
        side == STANCE_BOTH ? "left against right" : stance_side_name((enum stance_side)side),
        why.text);
  return STANCE_OK;
}

/* Nobody was tested twice under the same conditions, or one athlete alone. */
static bool is_repeated(const struct group *group)
{
  for (int side = 0; side < STANCE_SIDE_COUNT; side++)
    if (athletes_with(group, side, 2) >= 2)
      return true;
  return false;
}

static void tell_not_repeated(struct stance_reliability_tests *tests, const struct group *group)
{
  const struct stance_reliability_key *key = &group->test[0].key;
  stance_reliability_leave_out(
      tests,
      "%s%s%s, version '%s', instrument '%s', method '%s': %zu test%s, not repeated by two "
      "athletes under just these conditions; others are never mixed in (--model takes the "
      "instruments of one model together)",
      key->protocol, key->protocol[0] == '\0' ? "" : ", ", key->metric, key->protocol_version,
      key->instrument, key->method, group->count, group->count == 1 ? "" : "s");
  for (size_t k = 0, end; k < group->count; k = end) {
    end = end_of_athlete(group, k);
    for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
      tell_same_day(tests, group, k, end, side);
  }
}

static enum stance_status study_group(struct stance_reliability_tests *tests,
                                      const struct group *group, bool whole_model,
                                      struct stance_reliability_study *ret_study,
                                      struct stance_problem *problem)
{
  const struct stance_reliability_key *key = &group->test[0].key;
  *ret_study = (struct stance_reliability_study){
      .days_least = -1,
      .days_longest = -1,
      .complete_key = key->protocol[0] != '\0' && key->method[0] != '\0',
  };
  enum stance_status status = STANCE_OK;
  for (int side = 0; side < STANCE_SIDE_COUNT && status == STANCE_OK; side++) {
    ret_study->record[side].key = *key;
    ret_study->record[side].side = (enum stance_side)side;
    ret_study->record[side].whole_model = whole_model;
    status = study_side(tests, group, side, ret_study, problem);
  }
  return status;
}

static bool is_made(const struct stance_reliability_study *study)
{
  for (int side = 0; side < STANCE_SIDE_COUNT; side++)
    if (study->made[side])
      return true;
  return false;
}

enum stance_status stance_reliability_make_studies(struct stance_reliability_tests *tests,
                                                   const struct stance_reliability_options *options,
                                                   struct stance_reliability_study **ret_studies,
                                                   size_t *ret_count,
                                                   struct stance_problem *problem)
{
  size_t count = 0;
  struct stance_reliability_study *studies = calloc(tests->count + 1, sizeof *studies);
  if (studies == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  stance_reliability_tests_sort(tests, options->skip_first);
  enum stance_status status = STANCE_OK;
  for (size_t k = 0, end; k < tests->count && status == STANCE_OK; k = end) {
    for (end = k + 1; end < tests->count; end++)
      if (!stance_reliability_key_is_equal(&tests->test[k].key, &tests->test[end].key))
        break;
    const struct group group = {
        .test = tests->test + k, .count = end - k, .same_day = options->same_day};
    if (is_repeated(&group))
      status = study_group(tests, &group, options->whole_model, &studies[count], problem);
    else
      tell_not_repeated(tests, &group);
    count += is_made(&studies[count]) ? 1 : 0;
  }
  if (status != STANCE_OK) {
    free(studies);
    return status;
  }
  *ret_studies = studies;
  *ret_count = count;
  return STANCE_OK;
}
