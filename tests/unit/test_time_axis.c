/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stamps to an even axis: exact rates from rounded stamps, losses in place, jitter measured. */
#include "time_axis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STAMPS_MAX = 30000 };

static double stamp[STAMPS_MAX];
static int value[STAMPS_MAX];

static bool values_are_equal(const void *context, size_t a, size_t b)
{
  (void)context;
  return value[a] == value[b];
}

/* As a file would hold them: printed with so many decimals. */
static double printed(double t, int decimals)
{
  char text[64];
  snprintf(text, sizeof text, "%.*f", decimals, t);
  return strtod(text, NULL);
}

static struct stance_stamps stamps_of(size_t count, int decimals)
{
  for (size_t k = 0; k < count; ++k)
    value[k] = (int)k;
  return (struct stance_stamps){.stamp = stamp,
                                .count = count,
                                .decimals = decimals,
                                .units_per_second = 1,
                                .expected_rate_hz = (double)NAN,
                                .rows_are_equal = values_are_equal};
}

static struct stance_layout must_lay_out(const struct stance_stamps *stamps)
{
  struct stance_layout layout;
  size_t row = 0;
  assert_int_equal(stance_stamps_lay_out(stamps, &layout, &row), STANCE_STAMPS_OK);
  return layout;
}

static void assert_exactly(double a, double b)
{
  if (memcmp(&a, &b, sizeof a) != 0)
    fail_msg("%.17g is not %.17g", a, b);
}

static void exact_rates_come_out_exactly(void **context)
{
  (void)context;
  static const struct {
    double rate_hz;
    int decimals;
    double start_s;
  } rows[] = {{1000, 3, 0},   {1000, 6, 12.345}, {100, 2, 0},    {500, 3, 1},   {600, 3, 0},
              {600, 6, 0},    {2000, 3, 0},      {1200, 4, 0.5}, {512, 6, 0},   {1024, 4, 0},
              {2222, 6, 0},   {80, 4, 0},        {10000, 4, 0},  {990, 3, 0},   {700, 3, 0},
              {128, 3, 3600}, {1000, 3, 1.6e9},  {250, 3, -2},   {333.5, 6, 0}, {1925.93, 7, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    size_t count = 20000;
    for (size_t k = 0; k < count; ++k)
      stamp[k] = printed(rows[i].start_s + (double)k / rows[i].rate_hz, rows[i].decimals);
    struct stance_stamps stamps = stamps_of(count, rows[i].decimals);
    struct stance_layout layout = must_lay_out(&stamps);
    assert_exactly(layout.axis.rate_hz, rows[i].rate_hz);
    assert_exactly(layout.axis.start_s, stamp[0]);
    assert_int_equal(layout.instant_count, count);
    assert_null(layout.row);
    assert_false(layout.axis.irregular);
    assert_exactly(layout.axis.longest_gap_s, 0);
    /* Rounding is uniform: its standard deviation is at most 1/√12 of the last digit. */
    assert_true(layout.axis.jitter_s <= 0.5 * pow(10, -rows[i].decimals));
    assert_true(layout.axis.rate_uncertainty_hz >= 0 &&
                layout.axis.rate_uncertainty_hz < 1e-3 * rows[i].rate_hz);
    stance_layout_finish(&layout);
  }
}

/* A clock that runs off is measured, not rounded away. */
static void the_true_rate_is_measured(void **context)
{
  (void)context;
  size_t count = 20000;
  for (size_t k = 0; k < count; ++k)
    stamp[k] = printed((double)k / 999.83127, 6);
  struct stance_stamps stamps = stamps_of(count, 6);
  struct stance_layout layout = must_lay_out(&stamps);
  assert_true(fabs(layout.axis.rate_hz - 999.83127) <= layout.axis.rate_uncertainty_hz + 1e-4);
  assert_true(layout.axis.rate_uncertainty_hz < 1e-4);
  assert_exactly(layout.axis.nominal_rate_hz, 1000);
  stance_layout_finish(&layout);
}

/* Milliseconds and single precision leave the exact rate in sight. */
static void units_and_single_precision(void **context)
{
  (void)context;
  for (size_t k = 0; k < 5000; ++k)
    stamp[k] = (double)k * 0.5;
  struct stance_stamps stamps = stamps_of(5000, 1);
  stamps.units_per_second = 1e3;
  struct stance_layout layout = must_lay_out(&stamps);
  assert_exactly(layout.axis.rate_hz, 2000);
  stance_layout_finish(&layout);
  for (size_t k = 0; k < 20000; ++k)
    stamp[k] = printed((double)((float)k / 1000), 10);
  stamps = stamps_of(20000, 10);
  layout = must_lay_out(&stamps);
  assert_exactly(layout.axis.rate_hz, 1000);
  assert_false(layout.axis.irregular);
  stance_layout_finish(&layout);
}

/* Drops rows `first` … `first + lost − 1` of a clean series. */
static size_t drop_rows(size_t count, size_t first, size_t lost)
{
  memmove(stamp + first, stamp + first + lost, (count - first - lost) * sizeof *stamp);
  return count - lost;
}

static void lost_rows_are_lost_in_place(void **context)
{
  (void)context;
  static const struct {
    double rate_hz;
    int decimals;
    size_t lost;
  } rows[] = {{1000, 3, 1}, {1000, 3, 7},   {1000, 6, 1}, {600, 3, 2}, {600, 6, 1},
              {100, 2, 1},  {2000, 4, 500}, {512, 6, 3},  {80, 3, 4},  {1000, 0, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    bool in_ms = rows[i].decimals == 0;
    double unit = in_ms ? 1000 : 1;
    size_t all = 4000, first = 1500 + 37 * i;
    for (size_t k = 0; k < all; ++k)
      stamp[k] = printed((double)k / rows[i].rate_hz * unit, rows[i].decimals);
    size_t count = drop_rows(all, first, rows[i].lost);
    struct stance_stamps stamps = stamps_of(count, rows[i].decimals);
    stamps.units_per_second = unit;
    struct stance_layout layout = must_lay_out(&stamps);
    if (layout.instant_count != all)
      fail_msg("%g Hz, %d decimals: %zu instants", rows[i].rate_hz, rows[i].decimals,
               layout.instant_count);
    assert_exactly(layout.axis.rate_hz, rows[i].rate_hz);
    assert_false(layout.axis.irregular);
    assert_null(layout.weight);
    for (size_t k = 0; k < all; ++k) {
      bool lost = k >= first && k < first + rows[i].lost;
      ptrdiff_t row = (ptrdiff_t)(k < first ? k : k - rows[i].lost);
      assert_int_equal(layout.row[k], lost ? STANCE_INSTANT_LOST : row);
    }
    double gap_s = (double)(rows[i].lost + 1) / rows[i].rate_hz;
    assert_true(fabs(layout.axis.longest_gap_s - gap_s) < 2 * pow(10, -rows[i].decimals) / unit);
    stance_layout_finish(&layout);
  }
}

/* Whole milliseconds of a 990 Hz clock skip one in a hundred; of a 1 kHz clock, none. */
static void skips_of_a_rounded_clock_are_no_losses(void **context)
{
  (void)context;
  for (size_t k = 0; k < 4000; ++k)
    stamp[k] = floor((double)k / 0.99);
  struct stance_stamps stamps = stamps_of(4000, 0);
  stamps.units_per_second = 1000;
  struct stance_layout layout = must_lay_out(&stamps);
  assert_exactly(layout.axis.rate_hz, 990);
  assert_int_equal(layout.instant_count, 4000);
  stance_layout_finish(&layout);
  /* The same stamps, but a rate is declared: then each skip is a lost row. */
  stamps.expected_rate_hz = 1000;
  layout = must_lay_out(&stamps);
  assert_exactly(layout.axis.rate_hz, 1000);
  assert_true(layout.instant_count > 4000);
  stance_layout_finish(&layout);
}

static void random_losses_are_found(void **context)
{
  (void)context;
  uint32_t state = 12345;
  size_t count = 0;
  for (size_t k = 0; k < 10000; ++k) {
    state = state * 1664525 + 1013904223;         /* Numerical Recipes' quick generator */
    if (k == 0 || k == 9999 || state >> 24 >= 13) /* one in twenty is lost */
      stamp[count++] = (double)k;
  }
  struct stance_stamps stamps = stamps_of(count, 0);
  stamps.units_per_second = 1000;
  struct stance_layout layout = must_lay_out(&stamps);
  assert_exactly(layout.axis.rate_hz, 1000);
  assert_int_equal(layout.instant_count, 10000);
  for (size_t k = 0; k < 10000; ++k)
    if (layout.row[k] != STANCE_INSTANT_LOST)
      assert_exactly(stamp[layout.row[k]], (double)k);
  stance_layout_finish(&layout);
}

static void uneven_stamps_are_interpolated(void **context)
{
  (void)context;
  uint32_t state = 99;
  size_t count = 2000;
  for (size_t k = 0; k < count; ++k) {
    state = state * 1664525 + 1013904223;
    double jitter = ((double)state * 0x1p-32 - 0.5) * 0.004; /* ± 2 ms at 80 Hz */
    stamp[k] = printed((double)k / 80 + jitter + 1, 6);
  }
  struct stance_stamps stamps = stamps_of(count, 6);
  struct stance_layout layout = must_lay_out(&stamps);
  assert_true(layout.axis.irregular);
  assert_true(fabs(layout.axis.rate_hz - 80) < 0.01);
  assert_true(fabs(layout.axis.jitter_s - 0.004 / sqrt(12)) < 1e-4);
  assert_exactly(layout.axis.start_s, stamp[0]);
  /* A straight line through the stamps reads back as a straight line. */
  for (size_t k = 0; k < layout.instant_count; ++k) {
    assert_true(layout.row[k] >= 0);
    size_t row = (size_t)layout.row[k];
    double at = stamp[row];
    if (layout.weight[k] > 0)
      at += layout.weight[k] * (stamp[row + 1] - stamp[row]);
    assert_true(fabs(at - (stamp[0] + (double)k / layout.axis.rate_hz)) < 1.3e-4);
  }
  stance_layout_finish(&layout);
}

/* Nothing is interpolated across a hole, in uneven stamps either. */
static void holes_in_uneven_stamps_stay(void **context)
{
  (void)context;
  uint32_t state = 5;
  for (size_t k = 0; k < 1000; ++k) {
    state = state * 1664525 + 1013904223;
    stamp[k] = printed((double)(k < 500 ? k : k + 80) / 80 + (double)state * 0x1p-32 * 0.003, 6);
  }
  struct stance_stamps stamps = stamps_of(1000, 6);
  struct stance_layout layout = must_lay_out(&stamps);
  size_t lost = 0;
  for (size_t k = 0; k < layout.instant_count; ++k)
    lost += layout.row[k] == STANCE_INSTANT_LOST;
  assert_true(layout.axis.irregular);
  assert_in_range(lost, 79, 81);
  assert_true(fabs(layout.axis.longest_gap_s - 81.0 / 80) < 0.004);
  stance_layout_finish(&layout);
}

static void repeated_rows_are_counted(void **context)
{
  (void)context;
  for (size_t k = 0; k < 1000; ++k)
    stamp[k] = printed((double)(k < 400 ? k : k - 1) / 1000, 3);
  struct stance_stamps stamps = stamps_of(1000, 3);
  value[400] = value[399];
  struct stance_layout layout = must_lay_out(&stamps);
  assert_int_equal(layout.duplicates, 1);
  assert_int_equal(layout.instant_count, 999);
  assert_false(layout.axis.irregular);
  assert_int_equal(layout.row[399], 399);
  assert_int_equal(layout.row[400], 401);
  stance_layout_finish(&layout);
}

static void faults_name_the_row(void **context)
{
  (void)context;
  struct stance_layout layout;
  size_t row = 0;
  for (size_t k = 0; k < 100; ++k)
    stamp[k] = (double)k / 1000;
  struct stance_stamps stamps = stamps_of(100, 3);
  stamp[50] = (double)NAN;
  assert_int_equal(stance_stamps_lay_out(&stamps, &layout, &row), STANCE_STAMPS_MISSING);
  assert_int_equal(row, 50);
  stamp[50] = 0;
  assert_int_equal(stance_stamps_lay_out(&stamps, &layout, &row), STANCE_STAMPS_BACKWARDS);
  assert_int_equal(row, 50);
  stamp[50] = 0.05;
  for (size_t k = 60; k < 100; ++k)
    stamp[k] += 1e6;
  assert_int_equal(stance_stamps_lay_out(&stamps, &layout, &row), STANCE_STAMPS_HOLE);
  assert_int_equal(row, 60);
  for (size_t k = 0; k < 100; ++k)
    stamp[k] = 7;
  assert_int_equal(stance_stamps_lay_out(&stamps, &layout, &row), STANCE_STAMPS_STAND_STILL);
  stamps.count = 1;
  assert_int_equal(stance_stamps_lay_out(&stamps, &layout, &row), STANCE_STAMPS_TOO_FEW);
  stamps.expected_rate_hz = 1000;
  layout = must_lay_out(&stamps);
  assert_exactly(layout.axis.rate_hz, 1000);
  stance_layout_finish(&layout);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exact_rates_come_out_exactly),
      cmocka_unit_test(the_true_rate_is_measured),
      cmocka_unit_test(units_and_single_precision),
      cmocka_unit_test(lost_rows_are_lost_in_place),
      cmocka_unit_test(skips_of_a_rounded_clock_are_no_losses),
      cmocka_unit_test(random_losses_are_found),
      cmocka_unit_test(uneven_stamps_are_interpolated),
      cmocka_unit_test(holes_in_uneven_stamps_stay),
      cmocka_unit_test(repeated_rows_are_counted),
      cmocka_unit_test(faults_name_the_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
