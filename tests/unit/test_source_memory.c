/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a source with every one of its allocations failing in turn: refused, nothing kept. */
#include "support/failing_allocator.h"

#include "stance/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool open_and_tell_the_truth(void *context)
{
  struct stance_source *source = NULL;
  struct stance_problem problem = {""};
  const enum stance_status status = stance_source_open(context, NULL, &source, &problem);
  if (status != STANCE_OK) {
    if (status != STANCE_MEMORY || source != NULL || strstr(problem.text, "memory") == NULL)
      abort();
    return false;
  }
  char *truth = stance_source_ground_truth(source);
  const bool told = truth != NULL;
  free(truth);
  stance_source_destroy(source);
  return told;
}

static void test_the_simulated_rig_survives_without_memory(void **state)
{
  char uri[] = "sim:isometric?dirty=three_partials";
  (void)state;
  if (!failing_allocator_works())
    skip();
  const struct failing_allocator_sweep sweep =
      failing_allocator_sweep(open_and_tell_the_truth, uri);
  assert_true(sweep.allocations > 5);
  assert_int_equal(sweep.reported, sweep.allocations);
}

static bool open_trace(void *context)
{
  struct stance_source *source = NULL;
  const enum stance_status status =
      stance_source_from_trace(context, "replay:trace", 1.0, NULL, &source, NULL);
  if (status != STANCE_OK) {
    if (status != STANCE_MEMORY || source != NULL)
      abort();
    return false;
  }
  stance_source_destroy(source);
  return true;
}

static void test_a_trace_survives_without_memory(void **state)
{
  double value[3] = {1, 2, 3};
  struct stance_raw_trace trace = {
      .sample_count = 3, .channel_count = 1, .value = {value}, .time = {.rate_hz = 100.0}};
  (void)state;
  if (!failing_allocator_works())
    skip();
  const struct failing_allocator_sweep sweep = failing_allocator_sweep(open_trace, &trace);
  assert_true(sweep.allocations >= 3);
  assert_int_equal(sweep.reported, sweep.allocations);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_simulated_rig_survives_without_memory),
      cmocka_unit_test(test_a_trace_survives_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
