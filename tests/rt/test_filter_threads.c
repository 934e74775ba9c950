/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters made, used and destroyed in several threads at once: FFTW's planner is one object for all
   of them, and the lock around it is ours. */
#include "stance/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 30, COUNT = 6000 };

struct work {
  double in[COUNT], out[COUNT];
  bool failed;
};

static void *filter_again_and_again(void *context)
{
  struct work *work = context;
  for (int round = 0; round < ROUNDS; round++) {
    /* Two lengths of block, so that the planner has something to plan each time. */
    struct stance_lowpass low = {1000, 2, 2, 2, false}, usual = {1000, 20, 2, 2, false};
    struct stance_zero_phase *filter;
    if (stance_zero_phase_create(&low, &filter, NULL) != STANCE_OK) {
      work->failed = true;
      return NULL;
    }
    work->failed |= stance_zero_phase_retune(filter, &usual, NULL) != STANCE_OK;
    work->failed |= stance_zero_phase_apply(filter, work->in, COUNT, work->out) != STANCE_OK;
    stance_zero_phase_destroy(filter);
  }
  return NULL;
}

static void filters_in_many_threads_agree(void **state)
{
  (void)state;
  static struct work work[THREADS], alone;
  for (int i = 0; i < COUNT; i++) {
    alone.in[i] = i * 7919 % 1013;
  }
  filter_again_and_again(&alone);
  pthread_t thread[THREADS];
  for (int k = 0; k < THREADS; k++) {
    memcpy(work[k].in, alone.in, sizeof alone.in);
    assert_int_equal(pthread_create(&thread[k], NULL, filter_again_and_again, &work[k]), 0);
  }
  for (int k = 0; k < THREADS; k++) {
    pthread_join(thread[k], NULL);
  }
  for (int k = 0; k < THREADS; k++) {
    assert_false(work[k].failed);
    assert_memory_equal(work[k].out, alone.out, sizeof alone.out);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(filters_in_many_threads_agree)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
