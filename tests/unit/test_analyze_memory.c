/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of an analysis fails once: it is reported, nothing leaks, and the analyser goes
   on working. */
#include "support/analysis_fixture.h"
#include "support/failing_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct scene {
  struct stance_force_trace trace;
  struct stance_protocol protocol;
  struct stance_analysis_context context;
};

static bool analyse_once(void *context)
{
  const struct scene *scene = context;
  struct stance_problem problem = {.text = ""};
  struct stance_analyzer *analyzer = NULL;
  enum stance_status status = stance_analyzer_create(&analyzer, &problem);
  struct stance_result result, untouched;
  memset(&result, 0x5a, sizeof result);
  untouched = result;
  if (status == STANCE_OK) {
    status = stance_analyze(analyzer, &scene->trace, &scene->protocol, NULL, &scene->context,
                            &result, &problem);
    if (status == STANCE_OK) {
      assert_int_equal(result.repetition_count, 70); /* more than the first guess has room for */
      stance_result_finish(&result);
    } else {
      assert_memory_equal(&result, &untouched, sizeof result);
    }
  }
  stance_analyzer_destroy(analyzer);
  if (status == STANCE_OK)
    return true;
  assert_int_equal(status, STANCE_MEMORY);
  assert_true(problem.text[0] != '\0');
  return false;
}

static void every_failure_is_reported(void **state)
{
  (void)state;
  if (!failing_allocator_works())
    skip();
  struct scene scene = {.trace = fixture_trace("LR", 300, 100),
                        .protocol = fixture_protocol("isometric"),
                        .context = fixture_context()};
  for (int k = 0; k < 70; k++) {
    const struct fixture_effort effort = {.shape = FIXTURE_EXPONENTIAL,
                                          .start_s = 6 + 4 * k,
                                          .stop_s = 8 + 4 * k,
                                          .peak_n = 300,
                                          .tau_s = 0.1};
    fixture_add(&scene.trace, k % 2 == 0 ? STANCE_LEFT : STANCE_RIGHT, &effort);
  }
  const struct failing_allocator_sweep sweep = failing_allocator_sweep(analyse_once, &scene);
  print_message("%zu allocations, %zu failures reported\n", sweep.allocations, sweep.reported);
  assert_true(sweep.allocations >= 6);
  assert_int_equal(sweep.reported, sweep.allocations);
  fixture_finish(&scene.trace);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_failure_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
