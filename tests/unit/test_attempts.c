/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which effort of a recording an attempt was: the last one before it was judged, of its side. */
#include "attempts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

enum { SEGMENTS = 5 };

/* A push, a fidget with a push after it, one of the left and one of the right side. */
static void make(struct stance_segment segments[SEGMENTS])
{
  static const long first[] = {1000, 5000, 6000, 9000, 12000};
  static const enum stance_side side[] = {STANCE_BOTH, STANCE_BOTH, STANCE_BOTH, STANCE_LEFT,
                                          STANCE_RIGHT};
  for (size_t k = 0; k < SEGMENTS; k++)
    segments[k] = (struct stance_segment){.side = side[k],
                                          .first = first[k],
                                          .peak = first[k] + 300,
                                          .last = first[k] + 800,
                                          .status = STANCE_REPETITION_ACCEPTED};
}

static void what_was_taken_back_is_rejected(void **unused)
{
  static const struct stance_attempt attempts[] = {
      {.until = 2500, .side = STANCE_BOTH, .pain = 1},
      {.until = 7500, .side = STANCE_BOTH, .taken_back = true, .pain = 6},
      {.until = 8000,
       .side = STANCE_BOTH,
       .taken_back = true,
       .pain = (double)NAN}, /* nothing was made */
      {.until = 10500,
       .side = STANCE_RIGHT,
       .taken_back = true,
       .pain = (double)NAN}, /* the left moved */
      {.until = 13500, .side = STANCE_RIGHT, .taken_back = true, .pain = 0},
  };
  const struct stance_analysis_context context = {
      .attempt = attempts, .attempt_count = sizeof attempts / sizeof *attempts};
  static const bool rejected[SEGMENTS] = {false, false, true, false, true};
  static const double pain[SEGMENTS] = {1, (double)NAN, 6, (double)NAN, 0};
  struct stance_segment segments[SEGMENTS];
  (void)unused;

  make(segments);
  attempts_reject(&context, segments, SEGMENTS);
  for (size_t k = 0; k < SEGMENTS; k++) {
    assert_int_equal(segments[k].status,
                     rejected[k] ? STANCE_REPETITION_REJECTED : STANCE_REPETITION_ACCEPTED);
    assert_int_equal(segments[k].reasons,
                     rejected[k] ? STANCE_REASON_BIT(STANCE_REASON_TAKEN_BACK) : 0);
    const double told = attempts_pain(&context, segments, SEGMENTS, k);
    assert_true(isnan(pain[k]) ? isnan(told) : told == pain[k]);
  }
}

static void without_attempts_nothing_changes(void **unused)
{
  const struct stance_analysis_context context = {.attempt_count = 0};
  struct stance_segment segments[SEGMENTS];
  (void)unused;

  make(segments);
  attempts_reject(&context, segments, SEGMENTS);
  for (size_t k = 0; k < SEGMENTS; k++) {
    assert_int_equal(segments[k].status, STANCE_REPETITION_ACCEPTED);
    assert_true(isnan(attempts_pain(&context, segments, SEGMENTS, k)));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_taken_back_is_rejected),
      cmocka_unit_test(without_attempts_nothing_changes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
