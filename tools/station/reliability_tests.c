/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reliability_tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void stance_reliability_tests_finish(struct stance_reliability_tests *tests)
{
  free(tests->test);
  stance_text_finish(&tests->left_out);
  *tests = (struct stance_reliability_tests){0};
}

void stance_reliability_leave_out(struct stance_reliability_tests *tests, const char *format, ...)
{
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  strcat(line, "\n");
  if (tests->left_out.bytes == NULL || strstr(tests->left_out.bytes, line) == NULL)
    stance_text_string(&tests->left_out, line);
}

enum stance_status stance_reliability_tests_add(struct stance_reliability_tests *tests,
                                                const struct stance_reliability_test *test,
                                                struct stance_problem *problem)
{
  bool any = false;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    any = any || test->value[side] > 0;
  if (!any && tests->terse)
    stance_reliability_leave_out(tests, "%s, %s: tests without a usable value above 0",
                                 test->key.protocol, test->key.metric);
  else if (!any)
    stance_reliability_leave_out(tests, "%s, %s: no usable %s above 0", test->athlete,
                                 test->recording, test->key.metric);
  if (!any)
    return STANCE_OK;
  if (tests->count == tests->capacity) {
    const size_t capacity = tests->capacity == 0 ? 64 : 2 * tests->capacity;
    struct stance_reliability_test *larger = realloc(tests->test, capacity * sizeof *larger);
    if (larger == NULL)
      return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
    tests->test = larger;
    tests->capacity = capacity;
  }
  tests->test[tests->count] = *test;
  tests->test[tests->count].order = tests->count;
  tests->count++;
  return STANCE_OK;
}

static int compare_angles(double a, double b)
{
  if (isnan(a) || isnan(b))
    return isnan(a) - isnan(b);
  return (a > b) - (a < b);
}

static int compare_keys(const struct stance_reliability_key *a,
                        const struct stance_reliability_key *b)
{
  int order = strcmp(a->protocol, b->protocol);
  order = order != 0 ? order : strcmp(a->protocol_version, b->protocol_version);
  order = order != 0 ? order : compare_angles(a->hip_deg, b->hip_deg);
  order = order != 0 ? order : compare_angles(a->knee_deg, b->knee_deg);
  order = order != 0 ? order : strcmp(a->rig, b->rig);
  order = order != 0 ? order : strcmp(a->instrument, b->instrument);
  order = order != 0 ? order : strcmp(a->metric, b->metric);
  order = order != 0 ? order : strcmp(a->rule, b->rule);
  return order != 0 ? order : strcmp(a->method, b->method);
}

/* By key, athlete and time; the order given where no time is known. */
static int compare_tests(const void *a, const void *b)
{
  const struct stance_reliability_test *first = a, *second = b;
  int order = compare_keys(&first->key, &second->key);
  order = order != 0 ? order : strcmp(first->athlete, second->athlete);
  order = order != 0 ? order : strcmp(first->started_at, second->started_at);
  return order != 0 ? order : (first->order > second->order) - (first->order < second->order);
}

static bool is_same_series(const struct stance_reliability_test *a,
                           const struct stance_reliability_test *b)
{
  return strcmp(a->athlete, b->athlete) == 0 && compare_keys(&a->key, &b->key) == 0;
}

/* The same recording twice would make the test look better than it is. Sorted: those of an athlete
   follow each other. */
static void drop_repeated(struct stance_reliability_tests *tests)
{
  size_t kept = 0;
  for (size_t k = 0; k < tests->count; k++) {
    const struct stance_reliability_test test = tests->test[k];
    bool repeated = false;
    for (size_t before = kept; before > 0 && !repeated; before--) {
      if (!is_same_series(&tests->test[before - 1], &test))
        break;
      repeated = strcmp(tests->test[before - 1].recording, test.recording) == 0;
    }
    if (repeated)
      stance_reliability_leave_out(tests, "%s, %s: given more than once", test.athlete,
                                   test.recording);
    else
      tests->test[kept++] = test;
  }
  tests->count = kept;
}

static void drop_first(struct stance_reliability_tests *tests)
{
  size_t kept = 0;
  struct stance_reliability_test before = {0};
  for (size_t k = 0; k < tests->count; k++) {
    const struct stance_reliability_test test = tests->test[k];
    if (k > 0 && is_same_series(&before, &test))
      tests->test[kept++] = test;
    before = test;
  }
  tests->count = kept;
}

void stance_reliability_tests_sort(struct stance_reliability_tests *tests, bool skip_first)
{
  if (tests->count > 0)
    qsort(tests->test, tests->count, sizeof *tests->test, compare_tests);
  drop_repeated(tests);
  if (skip_first)
    drop_first(tests);
}
