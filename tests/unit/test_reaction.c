/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reaction time: which "go" belongs to which effort, and what is said where none does. */
#include "support/analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { RATE_HZ = 1000 };
#define GO(at_s)                                     \
  {                                                  \
    .sample = (at_s)*RATE_HZ, .uncertainty_s = 0.004 \
  }

static struct stance_force_trace both;

/* Efforts of both legs that begin at these times, held for 2 s. */
static void make(const double *start_s, size_t count)
{
  both = fixture_trace("LR", 60, RATE_HZ);
  for (size_t k = 0; k < count; k++)
    for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
      const struct fixture_effort effort = {.shape = FIXTURE_RAMP,
                                            .start_s = start_s[k] + 0.02 * side,
                                            .stop_s = start_s[k] + 2,
                                            .peak_n = 300,
                                            .tau_s = 0.1};
      fixture_add(&both, (enum stance_side)side, &effort);
    }
}

static struct stance_result react_to(const struct stance_go *go, size_t count)
{
  static struct stance_protocol protocol;
  protocol = fixture_protocol("nordic");
  struct stance_analysis_context context = fixture_context();
  context.go = go;
  context.go_count = count;
  return fixture_analyze(&both, &protocol, &context);
}

static const struct stance_value *of(const struct stance_result *analysed, size_t repetition,
                                     enum stance_side side)
{
  assert_true(repetition < analysed->repetition_count);
  return &analysed->repetition[repetition].value[side][STANCE_METRIC_REACTION_TIME];
}

static void done(struct stance_result *analysed)
{
  stance_result_finish(analysed);
  fixture_finish(&both);
}

static void it_counts_from_go_to_onset(void **unused)
{
  (void)unused;
  static const double start_s[] = {10, 25, 40};
  static const struct stance_go go[] = {GO(9.8004), GO(24.75), GO(39.7)};
  make(start_s, 3);
  struct stance_result analysed = react_to(go, 3);
  for (size_t k = 0; k < 3; k++)
    for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
      const struct stance_value *value = of(&analysed, k, (enum stance_side)side);
      const double onset_s =
          fixture_number(&analysed.repetition[k].value[side][STANCE_METRIC_ONSET_TIME]);
      const double wanted_s = start_s[k] + 0.02 * side - go[k].sample / RATE_HZ;
      assert_true(fabs(fixture_number(value) - (onset_s - go[k].sample / RATE_HZ)) < 1e-9);
      assert_true(fabs(value->value - wanted_s) < 0.006); /* a ramp passes 10 N after 3.3 ms */
      assert_true(fabs(value->uncertainty - hypot(0.004, 2e-3 / sqrt(12))) < 1e-12);
    }
  const struct stance_value(*mean)[STANCE_METRIC_COUNT] = analysed.summary[STANCE_SUMMARY_MEAN];
  double sum = 0;
  for (size_t k = 0; k < 3; k++)
    sum += of(&analysed, k, STANCE_LEFT)->value;
  const struct stance_value *of_mean = &mean[STANCE_LEFT][STANCE_METRIC_REACTION_TIME];
  assert_true(fabs(fixture_number(of_mean) - sum / 3) < 1e-12);
  /* the card's lateness is common to all three, the sampling is not */
  assert_true(of_mean->uncertainty > 0.0039 && of_mean->uncertainty < 0.0041);
  done(&analysed);
}

static void a_go_belongs_to_one_effort_and_not_for_ever(void **unused)
{
  (void)unused;
  static const double start_s[] = {10, 16, 40};
  /* the second effort has none of its own; the third comes 12 s after its signal, and has 8 s */
  static const struct stance_go go[] = {GO(9.8), GO(28)};
  make(start_s, 3);
  struct stance_result analysed = react_to(go, 2);
  fixture_number(of(&analysed, 0, STANCE_LEFT));
  fixture_assert_missing(of(&analysed, 1, STANCE_LEFT), STANCE_REASON_NO_GO);
  fixture_assert_missing(of(&analysed, 2, STANCE_LEFT), STANCE_REASON_NO_GO);
  fixture_assert_missing(&analysed.repetition[0].value[STANCE_TOTAL][STANCE_METRIC_REACTION_TIME],
                         STANCE_REASON_SIDE_NOT_TESTED);
  done(&analysed);
  make(start_s, 1);
  analysed = react_to(NULL, 0);
  fixture_assert_missing(of(&analysed, 0, STANCE_RIGHT), STANCE_REASON_NO_GO);
  done(&analysed);
}

static void of_several_the_last_one_counts(void **unused)
{
  (void)unused;
  static const double start_s[] = {20};
  static const struct stance_go go[] = {GO(15), GO(19.75), GO(30)};
  make(start_s, 1);
  struct stance_result analysed = react_to(go, 3);
  assert_true(fabs(fixture_number(of(&analysed, 0, STANCE_LEFT)) - 0.25) < 0.006);
  done(&analysed);
}

static void who_begins_before_it_does_not_react(void **unused)
{
  (void)unused;
  static const double start_s[] = {20};
  static const struct stance_go go[] = {GO(20.05)};
  make(start_s, 1);
  struct stance_result analysed = react_to(go, 1);
  const struct stance_value *value = of(&analysed, 0, STANCE_LEFT);
  assert_true(fixture_number(value) < 0);
  assert_true(fixture_has(value, STANCE_REASON_BEFORE_GO));
  done(&analysed);
}

static void what_is_not_known_of_the_card_is_said(void **unused)
{
  (void)unused;
  static const double start_s[] = {20};
  static const enum stance_reason reasons[] = {STANCE_REASON_NO_LATENCY, STANCE_REASON_SOUND_GAP,
                                               STANCE_REASON_CLOCKS_UNRELATED};
  for (size_t k = 0; k < sizeof reasons / sizeof *reasons; k++) {
    const struct stance_go go = {.sample = 19.8 * RATE_HZ,
                                 .uncertainty_s = (double)NAN,
                                 .missing = STANCE_REASON_BIT(reasons[k])};
    make(start_s, 1);
    struct stance_result analysed = react_to(&go, 1);
    fixture_assert_missing(of(&analysed, 0, STANCE_LEFT), reasons[k]);
    fixture_assert_missing(
        &analysed.summary[STANCE_SUMMARY_BEST][STANCE_LEFT][STANCE_METRIC_REACTION_TIME],
        reasons[k]);
    done(&analysed);
  }
}

/* Legs in turn: each effort has its own. */
static void sides_in_turn_have_each_their_own(void **unused)
{
  (void)unused;
  static const struct stance_go go[] = {GO(9.8), GO(19.7)};
  static const double wanted_s[] = {0.2, 0.3};
  static struct stance_protocol protocol;
  protocol = fixture_protocol("iso-prone-30");
  both = fixture_trace("LR", 40, RATE_HZ);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    fixture_add(&both, (enum stance_side)side,
                &(struct fixture_effort){.shape = FIXTURE_RAMP,
                                         .start_s = side == STANCE_LEFT ? 10 : 20,
                                         .stop_s = side == STANCE_LEFT ? 12 : 22,
                                         .peak_n = 300,
                                         .tau_s = 0.1});
  struct stance_analysis_context context = fixture_context();
  context.go = go;
  context.go_count = 2;
  struct stance_result analysed = fixture_analyze(&both, &protocol, &context);
  for (size_t k = 0; k < 2; k++) {
    const enum stance_side side = analysed.repetition[k].side;
    assert_int_equal(side, k == 0 ? STANCE_LEFT : STANCE_RIGHT);
    assert_true(fabs(fixture_number(of(&analysed, k, side)) - wanted_s[k]) < 0.006);
    fixture_assert_missing(of(&analysed, k, side == STANCE_LEFT ? STANCE_RIGHT : STANCE_LEFT),
                           STANCE_REASON_SIDE_NOT_TESTED);
  }
  done(&analysed);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_counts_from_go_to_onset),
      cmocka_unit_test(a_go_belongs_to_one_effort_and_not_for_ever),
      cmocka_unit_test(of_several_the_last_one_counts),
      cmocka_unit_test(who_begins_before_it_does_not_react),
      cmocka_unit_test(what_is_not_known_of_the_card_is_said),
      cmocka_unit_test(sides_in_turn_have_each_their_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
