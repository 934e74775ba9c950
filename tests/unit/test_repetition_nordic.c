/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dirty Nordic recordings of SCIENCE 3 and some more: each a row with the counts that a
   clinician would write down, over many athletes. */
#include "support/segmented.h"
#include "support/signals.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const double rate_hz = 1000.0;

/* One athlete's way of doing things, drawn anew for every trial. */
struct athlete {
  struct random random;
  double left_n, right_n;
  double lowering_s, fall_s;
};

/* One repetition of both legs that begins at `start_s`, at `share` of the athlete's best. */
static void repetition(struct segmented *trial, struct athlete *athlete, double start_s,
                       double share)
{
  double top_s = start_s + athlete->lowering_s * random_uniform(&athlete->random, 0.9, 1.1);
  share *= random_uniform(&athlete->random, 0.95, 1.0);
  add_lowering(segmented_force(trial, STANCE_LEFT), trial->trace.sample_count, rate_hz, start_s,
               top_s, athlete->fall_s, share * athlete->left_n);
  add_lowering(segmented_force(trial, STANCE_RIGHT), trial->trace.sample_count, rate_hz, start_s,
               top_s + random_uniform(&athlete->random, -0.03, 0.03), athlete->fall_s,
               share * athlete->right_n);
}

static void both(struct segmented *trial, double start_s, double top_s, double fall_s, double end_s,
                 double each_n)
{
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; ++side)
    add_hump(trial->trace.force_n[side], trial->trace.sample_count, rate_hz, start_s, top_s, fall_s,
             end_s, each_n);
}

static void three(struct segmented *trial, struct athlete *athlete)
{
  for (int k = 0; k < 3; ++k)
    repetition(trial, athlete, 5.0 + 12.0 * k, 1.0);
}

/* Where the k-th of `three` has broken, roughly. */
static double broken_s(const struct athlete *athlete, int k)
{
  return 5.0 + 12.0 * k + 1.1 * athlete->lowering_s + athlete->fall_s;
}

static double best_n(const struct athlete *athlete)
{
  return (athlete->left_n + athlete->right_n) / 2.0;
}

static void push_back_hump(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  for (int k = 0; k < 3; ++k) {
    double start_s = broken_s(athlete, k) + random_uniform(&athlete->random, 0.2, 1.0);
    double height_n = random_uniform(&athlete->random, 0.1, 0.28) * best_n(athlete);
    both(trial, start_s, start_s + 0.4, start_s + 0.6, start_s + 1.0, height_n);
  }
}

/* A hump of 35 to 55 % and later than 1.5 s is an attempt that is shown and not counted. */
static void high_push_back_hump(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  for (int k = 0; k < 3; ++k) {
    double start_s = broken_s(athlete, k) + 1.5;
    both(trial, start_s, start_s + 0.4, start_s + 0.6, start_s + 1.0, 0.42 * best_n(athlete));
  }
}

/* The strap slides on the ankle within the second lowering: the force drops for a moment, and from
   then on another tension is in the strap. At most a quarter is lost: from 30 % on, what came
   before may be a maximum of its own by SCIENCE 3, shown and not counted. */
static void strap_slip(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  double slip_s = 17.0 + 0.6 * athlete->lowering_s;
  both(trial, slip_s, slip_s + 0.05, slip_s + 0.1, slip_s + 0.5, -0.2 * best_n(athlete));
  double step_n = random_uniform(&athlete->random, -0.05, 0.2) * best_n(athlete);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; ++side)
    add_step(trial->trace.force_n[side], trial->trace.sample_count, rate_hz, slip_s, 0.1, step_n);
}

static void fidgets(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  for (int k = 0; k < 8; ++k) {
    /* One after the other: three at once could be an attempt. */
    double start_s = 12.5 + 12.0 * (k % 3) + k / 3 + random_uniform(&athlete->random, 0.0, 0.4);
    both(trial, start_s, start_s + 0.2, start_s + 0.3, start_s + 0.6,
         random_uniform(&athlete->random, 0.02, 0.13) * best_n(athlete));
  }
}

/* Falters at 80 %, drops to less than half, and pulls again to the end: one lowering. */
static void two_attempts_in_one(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  double falter_s = 17.0 + 0.75 * athlete->lowering_s;
  both(trial, falter_s, falter_s + 0.2, falter_s + 0.25, falter_s + 0.5, -0.25 * best_n(athlete));
}

/* Gives way at three quarters, hangs on at a quarter, and lowers on from there to the end: the
   first attempt is shown as a partial one. */
static void two_slow_attempts_in_one(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  double hang_s = 17.0 + 0.3 * athlete->lowering_s, gone_s = 17.0 + 0.7 * athlete->lowering_s;
  both(trial, 13.0, 15.0, 15.1, 15.4, 0.5 * best_n(athlete));
  both(trial, 14.0, 15.0, hang_s, gone_s, 0.25 * best_n(athlete));
}

static void weak_leg(struct segmented *trial, struct athlete *athlete)
{
  athlete->right_n = 0.25 * athlete->left_n;
  three(trial, athlete);
}

static void three_partials(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  for (int k = 0; k < 3; ++k)
    repetition(trial, athlete, 41.0 + 12.0 * k, 0.47);
}

static void lowered_to_the_floor(struct segmented *trial, struct athlete *athlete)
{
  athlete->fall_s = random_uniform(&athlete->random, 1.5, 2.5);
  three(trial, athlete);
}

static void drift(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  double end_n = random_uniform(&athlete->random, -60.0, 60.0);
  for (size_t i = 0; i < trial->trace.sample_count; ++i)
    trial->trace.force_n[STANCE_LEFT][i] += end_n * (double)i / (double)trial->trace.sample_count;
}

static void tight_straps(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; ++side)
    add_step(trial->trace.force_n[side], trial->trace.sample_count, rate_hz, 1.0, 0.5, 60.0);
}

static void tiring(struct segmented *trial, struct athlete *athlete)
{
  for (int k = 0; k < 3; ++k)
    repetition(trial, athlete, 5.0 + 12.0 * k, 1.0 - 0.15 * k);
}

static void gap_in_the_second(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  long first = lround((17.0 + 0.5 * athlete->lowering_s) * rate_hz);
  long count = random_whole(&athlete->random, 1, 600);
  for (long i = first; i < first + count; ++i)
    trial->trace.force_n[STANCE_LEFT][i] = (double)NAN;
}

static void hum_and_spikes(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  for (size_t i = 0; i < trial->trace.sample_count; ++i)
    trial->trace.force_n[STANCE_RIGHT][i] += 15.0 * sin(2.0 * M_PI * 50.0 * (double)i / rate_hz);
  for (int k = 0; k < 20; ++k) {
    long at = random_whole(&athlete->random, 0, (long)trial->trace.sample_count - 3);
    trial->trace.force_n[STANCE_LEFT][at] += 600.0;
    trial->trace.force_n[STANCE_LEFT][at + 1] += 400.0;
  }
}

static void zero_filled_ends(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  size_t count = trial->trace.sample_count;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; ++side) {
    for (size_t i = 0; i < 2000; ++i)
      trial->trace.force_n[side][i] = trial->trace.force_n[side][count - 1 - i] = 0.0;
  }
}

static void begins_in_a_repetition(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  trial->range.first = (size_t)lround((5.0 + 1.2 * athlete->lowering_s) * rate_hz);
  both(trial, 4.9, 5.0, 5.0 + 1.3 * athlete->lowering_s, 5.3 + 1.3 * athlete->lowering_s,
       best_n(athlete));
  trial->range.count = trial->trace.sample_count - trial->range.first;
}

/* The third one's peak is beyond the end: what was seen of it is up to a third lower. */
static void ends_before_the_break(struct segmented *trial, struct athlete *athlete)
{
  three(trial, athlete);
  trial->range.count = (size_t)lround((29.0 + 0.88 * athlete->lowering_s) * rate_hz);
}

static void nothing_but_noise(struct segmented *trial, struct athlete *athlete)
{
  (void)trial;
  (void)athlete;
}

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

static const struct {
  const char *name;
  void (*make)(struct segmented *trial, struct athlete *athlete);
  unsigned accepted, partial, rejected;
  stance_reason_set some_have, none_has;
} rows[] = {
    {"three clean ones", three, 3, 0, 0, 0, BIT(NO_BREAK) | BIT(ONE_SIDED)},
    {"push-back hump", push_back_hump, 3, 0, 0, 0, BIT(NO_BREAK)},
    {"high push-back hump", high_push_back_hump, 3, 3, 0, BIT(PARTIAL), 0},
    {"strap slip", strap_slip, 3, 0, 0, 0, 0},
    {"fidgets", fidgets, 3, 0, 0, 0, BIT(NO_BREAK)},
    {"two attempts in one", two_attempts_in_one, 3, 0, 0, 0, 0},
    {"two slow attempts in one", two_slow_attempts_in_one, 3, 1, 0, BIT(PARTIAL), 0},
    {"weak leg at 25 %", weak_leg, 0, 0, 3, BIT(ONE_SIDED), 0},
    {"three partials", three_partials, 3, 3, 0, BIT(PARTIAL), 0},
    {"lowered to the floor", lowered_to_the_floor, 3, 0, 0, BIT(NO_BREAK), 0},
    {"drift", drift, 3, 0, 0, 0, BIT(NO_BREAK)},
    {"tight straps", tight_straps, 3, 0, 0, 0, BIT(NO_BREAK)},
    {"tiring", tiring, 3, 0, 0, 0, 0},
    {"gap in the second", gap_in_the_second, 3, 0, 0, 0, 0},
    {"hum and spikes", hum_and_spikes, 3, 0, 0, 0, BIT(NO_BREAK)},
    {"zero-filled ends", zero_filled_ends, 3, 0, 0, 0, 0},
    {"begins in a repetition", begins_in_a_repetition, 2, 0, 1, BIT(TRUNCATED), 0},
    {"ends before the break", ends_before_the_break, 2, 0, 1, BIT(NO_BREAK) | BIT(TRUNCATED), 0},
    {"nothing but noise", nothing_but_noise, 0, 0, 0, 0, 0},
};

static void count_row(size_t row, uint64_t seed)
{
  struct athlete athlete = {.random = random_seeded(seed)};
  athlete.left_n = random_uniform(&athlete.random, 150.0, 450.0);
  athlete.right_n = athlete.left_n * random_uniform(&athlete.random, 0.7, 1.3);
  athlete.lowering_s = random_uniform(&athlete.random, 2.5, 5.0);
  athlete.fall_s = random_uniform(&athlete.random, 0.1, 0.4);

  struct segmented trial;
  segmented_init(&trial, "nordic", 1u << STANCE_LEFT | 1u << STANCE_RIGHT, 78.0, rate_hz);
  rows[row].make(&trial, &athlete);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; ++side)
    add_noise(trial.trace.force_n[side], trial.trace.sample_count, &athlete.random,
              random_uniform(&athlete.random, 0.1, 3.0));
  segmented_find(&trial);

  stance_reason_set seen = 0;
  for (size_t k = 0; k < trial.count; ++k)
    seen |= trial.segment[k].reasons;
  if (trial.with_status[STANCE_REPETITION_ACCEPTED] != rows[row].accepted ||
      trial.with_status[STANCE_REPETITION_PARTIAL] != rows[row].partial ||
      trial.with_status[STANCE_REPETITION_REJECTED] != rows[row].rejected ||
      (seen & rows[row].some_have) != rows[row].some_have || (seen & rows[row].none_has) != 0) {
    char reasons[160];
    stance_reason_join(seen, reasons, sizeof reasons);
    fail_msg("%s, seed %llu: %u accepted, %u partial, %u rejected, reasons '%s'", rows[row].name,
             (unsigned long long)seed, trial.with_status[0], trial.with_status[1],
             trial.with_status[2], reasons);
  }
  segmented_finish(&trial);
}

static void every_row_counts_right(void **state)
{
  (void)state;
  for (size_t row = 0; row < sizeof rows / sizeof rows[0]; ++row) {
    for (uint64_t seed = 1; seed <= (getenv("STANCE_FULL") != NULL ? 500 : 12); ++seed)
      count_row(row, seed);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_row_counts_right)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
