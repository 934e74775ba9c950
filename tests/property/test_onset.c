/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold for the onset and the segments of any effort: time shift, scale and offset move
   what they should and nothing else, and an onset is what it says it is. */
#include "effort.h"
#include "support/segmented.h"
#include "support/signals.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 900, SHIFT_MAX = 300 };
static const double rate_hz = 100.0;
static const uint64_t first_seed = 20210704;

static long trials(long few, long many)
{
  return getenv("STANCE_FULL") != NULL ? many : few;
}

/* Multiples of 2^-10 N: adding a whole number or scaling by a power of two is exact. */
static double on_grid(double value)
{
  return round(value * 1024.0) / 1024.0;
}

/* 9 s with one effort of at least 150 N: a lowering, a plateau, a hump or a ramp, with a limb laid
   down before, a countermovement, pretension and noise now and then. */
static void random_effort(struct random *random, double force_n[COUNT])
{
  memset(force_n, 0, COUNT * sizeof *force_n);
  double start_s = random_uniform(random, 3.5, 4.5);
  double height_n = random_uniform(random, 150.0, 900.0);
  double rise_s = random_uniform(random, 0.05, 3.0);
  switch (random_whole(random, 0, 3)) {
  case 0:
    add_lowering(force_n, COUNT, rate_hz, start_s, start_s + rise_s, 0.2, height_n);
    break;
  case 1:
    add_plateau(force_n, COUNT, rate_hz, start_s, 8.0, rise_s / 6.0, 0.3, height_n, 3.0);
    break;
  case 2:
    add_hump(force_n, COUNT, rate_hz, start_s, start_s + rise_s, start_s + rise_s + 0.5, 8.5,
             height_n);
    break;
  default:
    for (long i = lround(start_s * rate_hz); i < COUNT; ++i)
      force_n[i] += fmin(height_n, height_n * ((double)i / rate_hz - start_s) / rise_s);
  }
  if (random_whole(random, 0, 3) == 0)
    add_step(force_n, COUNT, rate_hz, random_uniform(random, 0.5, 1.5), 0.3, 45.0);
  if (random_whole(random, 0, 3) == 0)
    add_hump(force_n, COUNT, rate_hz, start_s - 0.3, start_s - 0.2, start_s - 0.1, start_s, -25.0);
  add_noise(force_n, COUNT, random, random_uniform(random, 0.0, 3.0));
  for (int i = 0; i < COUNT; ++i)
    force_n[i] = on_grid(force_n[i]);
}

static void assert_is_an_onset(const struct stance_effort_search *search,
                               const struct stance_effort *effort)
{
  const double *f = search->force_n;
  if (effort->onset == STANCE_NO_SAMPLE) {
    assert_true(effort->missing != 0);
    return;
  }
  assert_int_equal(effort->missing, 0);
  assert_true(f[effort->onset] > effort->threshold_n &&
              f[effort->onset - 1] <= effort->threshold_n);
  assert_true(effort->onset <= effort->peak);
  for (long i = effort->onset; i <= smaller_of(effort->steepest + 5, effort->peak); ++i)
    assert_true(f[i] > effort->threshold_n);
  assert_true(effort->quiet_first >= search->earliest);
  assert_true(effort->quiet_first + effort->quiet_count <= effort->steepest);
  double sd_n = stance_analysis_settings_default.onset_sd * effort->baseline_sd_n;
  assert_true(fabs(effort->threshold_n - effort->baseline_n - fmax(sd_n, 10.0)) < 1e-9);
  assert_true(effort->end == STANCE_NO_SAMPLE || f[effort->end] <= effort->threshold_n);
  for (long i = effort->peak; i < effort->end; ++i)
    assert_true(f[i] > effort->threshold_n && f[i] <= f[effort->peak]);
}

static bool near(double a, double b, double scale)
{
  return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * scale;
}

static void assert_moved(const struct stance_effort *effort, const struct stance_effort *moved,
                         long shift, double factor, double offset_n)
{
  const long here[] = {effort->t90,   effort->steepest, effort->quiet_first,
                       effort->onset, effort->peak,     effort->end};
  const long there[] = {moved->t90,   moved->steepest, moved->quiet_first,
                        moved->onset, moved->peak,     moved->end};
  for (size_t k = 0; k < sizeof here / sizeof here[0]; ++k) {
    long expected = here[k] == STANCE_NO_SAMPLE ? STANCE_NO_SAMPLE : here[k] + shift;
    if (there[k] != expected)
      fail_msg("position %zu at %ld instead of %ld", k, there[k], expected);
  }
  assert_int_equal(moved->missing, effort->missing);
  assert_int_equal(moved->flags, effort->flags);
  double scale = 1000.0 * factor + fabs(offset_n);
  assert_true(near(moved->baseline_n, effort->baseline_n * factor + offset_n, scale));
  assert_true(near(moved->baseline_sd_n, effort->baseline_sd_n * factor, scale));
  assert_true(near(moved->threshold_n, effort->threshold_n * factor + offset_n, scale));
}

static void moved_efforts_move_with_their_force(void **state)
{
  (void)state;
  static double force_n[COUNT], other_n[COUNT + SHIFT_MAX];
  struct random random = random_seeded(first_seed);
  long count = trials(25000, 400000), found = 0;
  print_message("%ld trials from seed %llu, each in four ways\n", count,
                (unsigned long long)first_seed);
  for (long trial = 0; trial < count; ++trial) {
    random_effort(&random, force_n);
    struct stance_effort_search search = search_whole(force_n, COUNT, rate_hz);
    struct stance_effort effort = effort_of(&search, &stance_analysis_settings_default);
    assert_is_an_onset(&search, &effort);
    found += effort.onset != STANCE_NO_SAMPLE;

    /* what stands before `earliest` is not looked at */
    long shift = random_whole(&random, 0, SHIFT_MAX);
    for (long i = 0; i < shift; ++i)
      other_n[i] = random_uniform(&random, -1000.0, 1000.0);
    memcpy(other_n + shift, force_n, sizeof force_n);
    struct stance_effort_search shifted = search_whole(other_n, (size_t)(COUNT + shift), rate_hz);
    shifted.earliest = shifted.first = shift;
    struct stance_effort moved = effort_of(&shifted, &stance_analysis_settings_default);
    assert_moved(&effort, &moved, shift, 1.0, 0.0);

    double factor = (double)(1 << random_whole(&random, 1, 5));
    struct stance_analysis_settings scaled = stance_analysis_settings_default;
    scaled.onset_floor_n *= factor;
    for (long i = 0; i < COUNT; ++i)
      other_n[i] = factor * force_n[i];
    struct stance_effort_search other = search_whole(other_n, COUNT, rate_hz);
    moved = effort_of(&other, &scaled);
    assert_moved(&effort, &moved, 0, factor, 0.0);

    double offset_n = (double)random_whole(&random, -2000, 2000);
    for (long i = 0; i < COUNT; ++i)
      other_n[i] = force_n[i] + offset_n;
    moved = effort_of(&other, &stance_analysis_settings_default);
    assert_moved(&effort, &moved, 0, 1.0, offset_n);
  }
  assert_true(found > count * 9 / 10); /* else the trials show nothing */
}

/* Against every window looked at one by one, in long double. */
static void the_quiet_window_is_the_calmest(void **state)
{
  (void)state;
  static double force_n[COUNT];
  struct random random = random_seeded(first_seed + 1);
  for (long trial = 0; trial < trials(300, 5000); ++trial) {
    random_effort(&random, force_n);
    for (long gaps = random_whole(&random, 0, 2); gaps > 0; --gaps)
      force_n[random_whole(&random, 0, COUNT - 1)] = (double)NAN;
    struct quiet_request request = {
        .first = random_whole(&random, 0, 100),
        .end = random_whole(&random, 300, COUNT),
        .length = random_whole(&random, 20, 100),
        .reference_n = random_uniform(&random, -5.0, 50.0),
        .tolerance_n = 30.0,
    };
    long expected = STANCE_NO_SAMPLE;
    long double least = (long double)INFINITY;
    for (long first = request.first; first + request.length <= request.end; ++first) {
      long double sum = 0.0L, squares = 0.0L;
      for (long i = first; i < first + request.length; ++i)
        sum += (long double)force_n[i];
      long double mean = sum / (long double)request.length;
      for (long i = first; i < first + request.length; ++i)
        squares += ((long double)force_n[i] - mean) * ((long double)force_n[i] - mean);
      bool near_enough = fabs((double)mean - request.reference_n) <= request.tolerance_n;
      if (near_enough && squares < least * (1.0L - 1e-12L)) {
        least = squares;
        expected = first;
      }
    }
    assert_int_equal(quiet_window_find(force_n, &request), expected);
  }
}

/* A Nordic set or efforts of both legs, in whatever state they come out. */
static void random_set(struct random *random, struct segmented *set)
{
  const double set_rate_hz = set->trace.time.rate_hz;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; ++side) {
    double *force_n = set->trace.force_n[side];
    for (int k = 0; k < 4; ++k) {
      double start_s = 3.0 + 8.0 * k + random_uniform(random, 0.0, 3.0);
      add_lowering(force_n, set->trace.sample_count, set_rate_hz, start_s,
                   start_s + random_uniform(random, 0.5, 3.0), 0.2,
                   random_uniform(random, 20.0, 400.0));
    }
    add_noise(force_n, set->trace.sample_count, random, 1.0);
    for (size_t i = 0; i < set->trace.sample_count; ++i)
      force_n[i] = on_grid(force_n[i]);
  }
}

static void swap_sides(struct segmented *set)
{
  double *left_n = set->trace.force_n[STANCE_LEFT];
  set->trace.force_n[STANCE_LEFT] = set->trace.force_n[STANCE_RIGHT];
  set->trace.force_n[STANCE_RIGHT] = left_n;
}

static const struct stance_segment *same_segment(const struct segmented *set,
                                                 const struct stance_segment *segment,
                                                 enum stance_side side)
{
  for (size_t k = 0; k < set->count; ++k) {
    const struct stance_segment *other = &set->segment[k];
    if (other->side == side && other->peak == segment->peak && other->first == segment->first &&
        other->last == segment->last && other->status == segment->status &&
        other->reasons == segment->reasons)
      return other;
  }
  return NULL;
}

static void segments_follow_their_side_and_scale(void **state)
{
  (void)state;
  static const enum stance_side opposite[] = {STANCE_RIGHT, STANCE_LEFT, STANCE_TOTAL, STANCE_BOTH};
  struct random random = random_seeded(first_seed + 2);
  for (long trial = 0; trial < trials(150, 3000); ++trial) {
    struct segmented set;
    segmented_init(&set, trial % 2 == 0 ? "nordic" : "isometric",
                   1u << STANCE_LEFT | 1u << STANCE_RIGHT, 40.0, 200.0);
    random_set(&random, &set);
    segmented_find(&set);

    struct segmented other = set;
    swap_sides(&other);
    segmented_find(&other);
    assert_int_equal(other.count, set.count);
    for (size_t k = 0; k < set.count; ++k)
      assert_non_null(same_segment(&other, &set.segment[k], opposite[set.segment[k].side]));

    swap_sides(&other);
    double factor = (double)(1 << random_whole(&random, 1, 4));
    other.protocol.analysis.minimum_peak_n *= factor;
    other.protocol.analysis.onset_floor_n *= factor;
    for (int side = STANCE_LEFT; side <= STANCE_RIGHT; ++side) {
      for (size_t i = 0; i < set.trace.sample_count; ++i)
        set.trace.force_n[side][i] *= factor;
    }
    segmented_find(&other);
    assert_int_equal(other.count, set.count);
    for (size_t k = 0; k < set.count; ++k)
      assert_non_null(same_segment(&other, &set.segment[k], set.segment[k].side));
    segmented_finish(&set);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moved_efforts_move_with_their_force),
      cmocka_unit_test(the_quiet_window_is_the_calmest),
      cmocka_unit_test(segments_follow_their_side_and_scale),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
