/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Isometric recordings: plateaus, holds, weights that rest on a plate, sides in turn, and data in
   which there is nothing to find. Each a row with the counts a clinician would write down. */
#include "support/segmented.h"
#include "support/signals.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIDES(side) (1u << STANCE_##side)
enum { two_sides = SIDES(LEFT) | SIDES(RIGHT) };
static const double seconds = 60.0;

/* One effort of `hold_s` of one side: any rise, tremor and wander of 3 % each. */
static void effort(struct segmented *trial, struct random *random, enum stance_side side,
                   double start_s, double hold_s, double height_n)
{
  height_n *= random_uniform(random, 0.93, 1.0);
  add_plateau(segmented_force(trial, side), trial->trace.sample_count, trial->trace.time.rate_hz,
              start_s, start_s + hold_s, random_uniform(random, 0.06, 0.3),
              random_uniform(random, 0.2, 0.6), height_n, 0.03 * height_n);
}

static void step(struct segmented *trial, enum stance_side side, double start_s, double height_n)
{
  add_step(segmented_force(trial, side), trial->trace.sample_count, trial->trace.time.rate_hz,
           start_s, 0.3, height_n);
}

static void hump(struct segmented *trial, enum stance_side side, double start_s, double length_s,
                 double height_n)
{
  add_hump(segmented_force(trial, side), trial->trace.sample_count, trial->trace.time.rate_hz,
           start_s, start_s + length_s / 3.0, start_s + length_s / 2.0, start_s + length_s,
           height_n);
}

static void three_a_leg(struct segmented *trial, struct random *random)
{
  for (int k = 0; k < 3; ++k) {
    effort(trial, random, STANCE_LEFT, 5.0 + 8.0 * k, random_uniform(random, 3.0, 5.0), 300.0);
    effort(trial, random, STANCE_RIGHT, 33.0 + 8.0 * k, random_uniform(random, 3.0, 5.0), 250.0);
  }
}

static void weak_leg_on_its_own(struct segmented *trial, struct random *random)
{
  for (int k = 0; k < 3; ++k) {
    effort(trial, random, STANCE_LEFT, 5.0 + 8.0 * k, 3.0, 400.0);
    effort(trial, random, STANCE_RIGHT, 33.0 + 8.0 * k, 3.0, 100.0);
  }
}

static void passive_leg_follows(struct segmented *trial, struct random *random)
{
  for (int k = 0; k < 3; ++k) {
    effort(trial, random, STANCE_LEFT, 5.0 + 16.0 * k, 3.0, 400.0);
    effort(trial, random, STANCE_RIGHT, 5.0 + 16.0 * k, 3.0, 80.0);
  }
}

/* Empty plate, the limb is laid on it with a bump, three efforts, the limb goes. */
static void limb_on_a_plate(struct segmented *trial, struct random *random)
{
  double limb_n = random_uniform(random, 30.0, 60.0);
  step(trial, STANCE_TOTAL, 3.0, limb_n);
  hump(trial, STANCE_TOTAL, 3.0, 0.6, 0.5 * limb_n);
  for (int k = 0; k < 3; ++k)
    effort(trial, random, STANCE_TOTAL, 9.0 + 12.0 * k, 3.0, random_uniform(random, 200.0, 300.0));
  step(trial, STANCE_TOTAL, 50.0, -limb_n);
}

static void legs_in_turn(struct segmented *trial, struct random *random)
{
  trial->order[0] = STANCE_LEFT;
  trial->order[1] = STANCE_RIGHT;
  trial->order_count = 2;
  for (int k = 0; k < 6; ++k) {
    double start_s = 3.0 + 9.0 * k, limb_n = random_uniform(random, 30.0, 60.0);
    step(trial, STANCE_TOTAL, start_s, limb_n);
    effort(trial, random, STANCE_TOTAL, start_s + 2.5, 3.0, k % 2 == 0 ? 300.0 : 140.0);
    step(trial, STANCE_TOTAL, start_s + 7.0, -limb_n);
  }
}

static void body_on_a_plate(struct segmented *trial, struct random *random, double effort_n)
{
  double body_n = random_uniform(random, 600.0, 900.0);
  step(trial, STANCE_TOTAL, 3.0, body_n);
  hump(trial, STANCE_TOTAL, 3.1, 0.6, 0.15 * effort_n);
  for (int k = 0; k < 3; ++k) {
    double start_s = 10.0 + 14.0 * k;
    effort(trial, random, STANCE_TOTAL, start_s, 4.0, effort_n);
    /* a dip before the pull, the unloading after it */
    hump(trial, STANCE_TOTAL, start_s - 0.2, 0.3, -0.04 * effort_n);
    hump(trial, STANCE_TOTAL, start_s + 4.4, 0.5, -0.2 * effort_n);
  }
  step(trial, STANCE_TOTAL, 56.0, -body_n);
}

static void mid_thigh_pulls(struct segmented *trial, struct random *random)
{
  body_on_a_plate(trial, random, random_uniform(random, 1200.0, 2200.0));
}

/* Peaks stay below twice body weight: half of a peak is above the athlete at rest. */
static void isometric_squats(struct segmented *trial, struct random *random)
{
  body_on_a_plate(trial, random, random_uniform(random, 300.0, 500.0));
}

static void sustained_hold(struct segmented *trial, struct random *random)
{
  double hold_s = random_uniform(random, 30.0, 45.0);
  effort(trial, random, STANCE_LEFT, 6.0, hold_s, 280.0);
  hump(trial, STANCE_LEFT, 8.0, 1.9 * hold_s, -60.0); /* tires */
}

/* A third is lost for a moment: enough for a peak of its own on either side, too little and too
   short for a rest. */
static void hold_with_a_dip(struct segmented *trial, struct random *random)
{
  effort(trial, random, STANCE_LEFT, 6.0, 40.0, 280.0);
  hump(trial, STANCE_LEFT, random_uniform(random, 10.0, 40.0), random_uniform(random, 0.6, 1.5),
       -0.36 * 280.0);
}

static void five_ballistic(struct segmented *trial, struct random *random)
{
  for (int k = 0; k < 5; ++k)
    effort(trial, random, STANCE_LEFT, 5.0 + 3.0 * k, 0.8, 300.0);
}

static void warm_up_first(struct segmented *trial, struct random *random)
{
  effort(trial, random, STANCE_LEFT, 4.0, 3.0, 140.0);
  effort(trial, random, STANCE_LEFT, 12.0, 3.0, 150.0);
  for (int k = 0; k < 3; ++k)
    effort(trial, random, STANCE_LEFT, 20.0 + 12.0 * k, 3.0, 300.0);
}

static void ends_in_the_hold(struct segmented *trial, struct random *random)
{
  effort(trial, random, STANCE_LEFT, 20.0, 3.0, 300.0);
  effort(trial, random, STANCE_LEFT, 57.0, 20.0, 300.0);
}

static void begins_in_the_hold(struct segmented *trial, struct random *random)
{
  effort(trial, random, STANCE_LEFT, -3.0, 6.0, 300.0);
  effort(trial, random, STANCE_LEFT, 20.0, 3.0, 300.0);
}

static void steps_off_at_once(struct segmented *trial, struct random *random)
{
  step(trial, STANCE_TOTAL, -1.0, 750.0);
  step(trial, STANCE_TOTAL, 5.0, -750.0 * random_uniform(random, 0.99, 1.0));
}

static void gaps(struct segmented *trial, struct random *random)
{
  three_a_leg(trial, random);
  double rate_hz = trial->trace.time.rate_hz;
  for (int k = 0; k < 12; ++k) {
    long first = lround(random_uniform(random, 0.0, seconds - 1.0) * rate_hz);
    long count = lround(random_uniform(random, 0.0, 0.4) * rate_hz);
    for (long i = first; i < first + count; ++i)
      trial->trace.force_n[k % 2][i] = (double)NAN;
  }
}

/* Rises that never fall: SCIENCE 10.1 A and C as a file would hold them. */
static void exponential_to_the_end(struct segmented *trial, struct random *random)
{
  add_plateau(segmented_force(trial, STANCE_LEFT), trial->trace.sample_count,
              trial->trace.time.rate_hz, 2.0, 100.0, random_uniform(random, 0.05, 0.5), 1.0, 400.0,
              0.0);
}

static void ramp_to_the_end(struct segmented *trial, struct random *random)
{
  double slope = random_uniform(random, 5.0, 50.0);
  for (size_t i = 0; i < trial->trace.sample_count; ++i)
    trial->trace.force_n[STANCE_LEFT][i] +=
        slope * fmax(0.0, (double)i / trial->trace.time.rate_hz - 20.0);
}

static void nothing(struct segmented *trial, struct random *random)
{
  (void)trial;
  (void)random;
}

static void constant(struct segmented *trial, struct random *random)
{
  add_step(segmented_force(trial, STANCE_LEFT), trial->trace.sample_count,
           trial->trace.time.rate_hz, -1.0, 0.1, random_uniform(random, -500.0, 500.0));
}

static void all_missing(struct segmented *trial, struct random *random)
{
  (void)random;
  for (size_t i = 0; i < trial->trace.sample_count; ++i)
    trial->trace.force_n[STANCE_LEFT][i] = (double)NAN;
}

static void before_the_range(struct segmented *trial, struct random *random)
{
  effort(trial, random, STANCE_LEFT, 5.0, 3.0, 900.0);
  effort(trial, random, STANCE_LEFT, 25.0, 3.0, 300.0);
  effort(trial, random, STANCE_LEFT, 45.0, 3.0, 900.0);
  trial->range.first = (size_t)lround(15.0 * trial->trace.time.rate_hz);
  trial->range.count = (size_t)lround(20.0 * trial->trace.time.rate_hz);
}

static const struct {
  const char *name, *protocol;
  unsigned sides;
  double rate_hz;
  void (*make)(struct segmented *trial, struct random *random);
  unsigned left, right, together; /* accepted */
  unsigned partial, rejected;
} rows[] = {
    {"three a leg", "isometric", two_sides, 1000, three_a_leg, 3, 3, 0, 0, 0},
    {"three a leg at 80 Hz", "isometric", two_sides, 80, three_a_leg, 3, 3, 0, 0, 0},
    {"three a leg at 12 Hz", "isometric", two_sides, 12, three_a_leg, 3, 3, 0, 0, 0},
    {"three a leg at 10 kHz", "isometric", two_sides, 10000, three_a_leg, 3, 3, 0, 0, 0},
    {"weak leg on its own", "iso-prone-30", two_sides, 1000, weak_leg_on_its_own, 3, 3, 0, 0, 0},
    {"passive leg follows", "isometric", two_sides, 1000, passive_leg_follows, 3, 0, 0, 0, 3},
    {"limb on a plate", "iso-supine-90-90", SIDES(TOTAL), 1000, limb_on_a_plate, 0, 0, 3, 0, 0},
    {"legs in turn", "iso-supine-90-90", SIDES(TOTAL), 1000, legs_in_turn, 3, 3, 0, 0, 0},
    {"mid-thigh pulls", "imtp", SIDES(TOTAL), 1000, mid_thigh_pulls, 0, 0, 3, 0, 0},
    {"isometric squats", "iso-squat", SIDES(TOTAL), 1000, isometric_squats, 0, 0, 3, 0, 0},
    {"sustained hold", "isometric", SIDES(LEFT), 1000, sustained_hold, 1, 0, 0, 0, 0},
    {"hold with a dip", "isometric", SIDES(LEFT), 1000, hold_with_a_dip, 1, 0, 0, 0, 0},
    {"five ballistic", "isometric", SIDES(LEFT), 1000, five_ballistic, 5, 0, 0, 0, 0},
    {"warm-up first", "isometric", SIDES(LEFT), 1000, warm_up_first, 3, 0, 0, 2, 0},
    {"ends in the hold", "isometric", SIDES(LEFT), 1000, ends_in_the_hold, 2, 0, 0, 0, 0},
    {"begins in the hold", "isometric", SIDES(LEFT), 1000, begins_in_the_hold, 1, 0, 0, 0, 1},
    {"steps off at once", "imtp", SIDES(TOTAL), 1000, steps_off_at_once, 0, 0, 0, 0, 0},
    {"gaps", "isometric", two_sides, 1000, gaps, 3, 3, 0, 0, 0},
    {"exponential", "isometric", SIDES(LEFT), 1000, exponential_to_the_end, 1, 0, 0, 0, 0},
    {"ramp", "isometric", SIDES(LEFT), 1000, ramp_to_the_end, 1, 0, 0, 0, 0},
    {"nothing", "isometric", SIDES(LEFT), 1000, nothing, 0, 0, 0, 0, 0},
    {"constant", "isometric", SIDES(LEFT), 1000, constant, 0, 0, 0, 0, 0},
    {"all missing", "isometric", SIDES(LEFT), 1000, all_missing, 0, 0, 0, 0, 0},
    {"before the range", "isometric", SIDES(LEFT), 1000, before_the_range, 1, 0, 0, 0, 0},
};

static void count_row(size_t row, uint64_t seed)
{
  struct random random = random_seeded(seed);
  struct segmented trial;
  segmented_init(&trial, rows[row].protocol, rows[row].sides, seconds, rows[row].rate_hz);
  rows[row].make(&trial, &random);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; ++side) {
    if (trial.trace.force_n[side] != NULL && rows[row].make != constant)
      add_noise(trial.trace.force_n[side], trial.trace.sample_count, &random,
                random_uniform(&random, 0.0, 2.0));
  }
  segmented_find(&trial);

  unsigned accepted[STANCE_SIDE_COUNT] = {0};
  for (size_t k = 0; k < trial.count; ++k)
    accepted[trial.segment[k].side] += trial.segment[k].status == STANCE_REPETITION_ACCEPTED;
  if (accepted[STANCE_LEFT] != rows[row].left || accepted[STANCE_RIGHT] != rows[row].right ||
      accepted[STANCE_BOTH] != rows[row].together ||
      trial.with_status[STANCE_REPETITION_PARTIAL] != rows[row].partial ||
      trial.with_status[STANCE_REPETITION_REJECTED] != rows[row].rejected)
    fail_msg("%s, seed %llu: left %u, right %u, both %u accepted, %u partial, %u rejected",
             rows[row].name, (unsigned long long)seed, accepted[STANCE_LEFT],
             accepted[STANCE_RIGHT], accepted[STANCE_BOTH], trial.with_status[1],
             trial.with_status[2]);
  segmented_finish(&trial);
}

static void every_row_counts_right(void **state)
{
  (void)state;
  uint64_t seeds = getenv("STANCE_FULL") != NULL ? 500 : 20;
  for (size_t row = 0; row < sizeof rows / sizeof rows[0]; ++row) {
    for (uint64_t seed = 1; seed <= (rows[row].rate_hz > 1000 ? seeds / 10 : seeds); ++seed)
      count_row(row, seed);
  }
}

/* From nothing at all to a second: no repetition, no access beyond (address sanitizer). */
static void very_short_data_holds_nothing(void **state)
{
  (void)state;
  for (int count = 0; count < 40; ++count) {
    struct segmented trial;
    segmented_init(&trial, "isometric", SIDES(LEFT), count / 1000.0, 1000.0);
    for (int i = 0; i < count; ++i)
      segmented_force(&trial, STANCE_LEFT)[i] = i % 2 == 0 ? 30.0 : -9.0;
    segmented_find(&trial);
    assert_int_equal(trial.count, 0);
    segmented_finish(&trial);
  }
}

/* Slower than the cutoff needs: every sample is a block, and they turn at each. */
static void turns_fit_the_scratch(void **state)
{
  (void)state;
  for (int count = 0; count < 12; ++count) {
    struct segmented trial;
    segmented_init(&trial, "isometric", SIDES(LEFT), count / 5.0, 5.0);
    trial.protocol.analysis.minimum_separation_s = 0.0;
    trial.protocol.effort = STANCE_EFFORT_ECCENTRIC;
    for (int i = 0; i < count; ++i)
      segmented_force(&trial, STANCE_LEFT)[i] = i % 2 == 0 ? 500.0 : 0.0;
    segmented_find(&trial);
    /* each high sample is a peak; the first one has no rise in the recording */
    assert_int_equal(trial.count, count > 1 ? (count + 1) / 2 : 0);
    segmented_finish(&trial);
  }
}

static void what_does_not_fit_is_counted(void **state)
{
  (void)state;
  struct random random = random_seeded(1);
  struct segmented trial;
  segmented_init(&trial, "isometric", two_sides, seconds, 1000.0);
  three_a_leg(&trial, &random);
  segmented_find(&trial);
  const struct stance_lowpass design = {
      .rate_hz = 1000.0, .cutoff_hz = 6.0, .order_per_pass = 2, .passes = 2};
  struct stance_zero_phase *filter = NULL;
  assert_int_equal(stance_zero_phase_create(&design, &filter, NULL), STANCE_OK);
  double *scratch = malloc(2 * trial.trace.sample_count * sizeof *scratch);
  for (size_t capacity = 0; capacity <= 7; ++capacity) {
    struct stance_segment few[8] = {0};
    size_t count = 0;
    assert_int_equal(stance_repetitions_find(&trial.trace, trial.range, &trial.protocol,
                                             &trial.protocol.analysis, NULL, 0, filter, scratch,
                                             few, capacity, &count, NULL),
                     STANCE_OK);
    assert_int_equal(count, 6);
    for (size_t k = 0; k < capacity && k < count; ++k)
      assert_int_equal(few[k].peak, trial.segment[k].peak);
    assert_int_equal(few[capacity].last, 0);
  }
  free(scratch);
  stance_zero_phase_destroy(filter);
  segmented_finish(&trial);
}

static void sides_that_are_not_there_are_named(void **state)
{
  (void)state;
  struct segmented trial;
  segmented_init(&trial, "isometric", SIDES(RIGHT), 2.0, 1000.0);
  trial.protocol.sides = STANCE_SIDES_LEFT;
  struct stance_problem problem = {""};
  size_t count = 99;
  assert_int_equal(stance_repetitions_find(&trial.trace, trial.range, &trial.protocol,
                                           &trial.protocol.analysis, NULL, 0, NULL, NULL, NULL, 0,
                                           &count, &problem),
                   STANCE_USAGE);
  assert_non_null(strstr(problem.text, "left"));
  assert_int_equal(count, 99);
  segmented_finish(&trial);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_row_counts_right),
      cmocka_unit_test(very_short_data_holds_nothing),
      cmocka_unit_test(turns_fit_the_scratch),
      cmocka_unit_test(what_does_not_fit_is_counted),
      cmocka_unit_test(sides_that_are_not_there_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
