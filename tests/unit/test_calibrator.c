/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From points or entered numbers to the next profile, what makes it doubtful, and its page. */
#include "calibrator.h"
#include "certificate.h"
#include "support/random_profile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two uncalibrated channels in volts. */
static struct stance_calibration base_profile(void)
{
  struct stance_calibration base = {.id = "base", .instrument = "rig 7", .channel_count = 2};
  for (size_t k = 0; k < 2; k++) {
    struct stance_calibration_channel *channel = &base.channel[k];
    snprintf(channel->channel, sizeof channel->channel, "in%zu", k);
    snprintf(channel->unit, sizeof channel->unit, "V");
    channel->side = (enum stance_side)k;
    channel->polarity = 1;
    channel->slope_n_per_unit = 1;
  }
  return base;
}

static struct stance_calibrator calibrator_for(size_t channel)
{
  return (struct stance_calibrator){.channel = channel,
                                    .side = STANCE_SIDE_NONE,
                                    .serial = channel == 0 ? "LC-L" : "LC-R",
                                    .operator_name = "Kim",
                                    .standard = {channel == 0 ? "weights" : "reference cell"},
                                    .created_at = "2026-03-01T10:00:00Z",
                                    .valid_until = "2027-03-01",
                                    .id = channel == 0 ? "first" : "second",
                                    .version = 1 + (unsigned)channel,
                                    .limit_pct = 1,
                                    .degree_max = 3};
}

enum { POINT_COUNT = 6 };

/* 100 N/V about 0.5 V; the fourth reading is off by `error_v`. */
static void make_points(struct stance_calibration_point ret_points[POINT_COUNT], double error_v)
{
  for (size_t k = 0; k < POINT_COUNT; k++)
    ret_points[k] = (struct stance_calibration_point){.channel = 77, /* set by the calibrator */
                                                      .repeat = 1,
                                                      .applied_n = 100.0 * (double)k,
                                                      .raw = 0.5 + (double)k};
  ret_points[3].raw += error_v;
}

static void one_channel_after_the_other_completes_a_profile(void **state)
{
  (void)state;
  const struct stance_calibration base = base_profile();
  struct stance_calibration first, second;
  struct stance_calibration_point points[POINT_COUNT];
  struct stance_evaluation evaluation;
  struct stance_calibrator calibrator = calibrator_for(0);
  size_t open = 9;
  make_points(points, 0.0);
  assert_int_equal(
      stance_calibrator_fit(&calibrator, &base, points, POINT_COUNT, &evaluation, &first, NULL),
      STANCE_OK);
  assert_false(first.calibrated);
  assert_false(stance_calibrator_is_complete(&first, &open));
  assert_int_equal(open, 1);
  assert_string_equal(first.channel[0].serial, "LC-L");
  assert_true(fabs(first.channel[0].slope_n_per_unit - 100.0) < 1e-10);
  assert_true(fabs(first.channel[0].zero_raw - 0.5) < 1e-12);
  assert_int_equal(first.point_count, POINT_COUNT);
  assert_int_equal(first.point[5].channel, 0);

  calibrator = calibrator_for(1);
  calibrator.operator_name = NULL;
  calibrator.standard_uncertainty_pct = 0.1;
  assert_int_equal(stance_calibrator_enter(&calibrator, &first, -250.0, 0.1, 2000.0,
                                           STANCE_METHOD_CERTIFICATE, &second, NULL),
                   STANCE_OK);
  assert_true(second.calibrated);
  assert_int_equal(second.channel[1].polarity, -1);
  assert_true(second.channel[1].slope_n_per_unit == 250.0);
  assert_string_equal(second.operator_name, ""); /* Kim did not enter it */
  assert_string_equal(second.standard[0], "reference cell");
  assert_string_equal(second.standard[1], "weights");
  assert_memory_equal(&second.channel[0], &first.channel[0], sizeof first.channel[0]);
  assert_int_equal(second.point_count, POINT_COUNT);

  /* Again with entered numbers: the points of before are no longer what it rests on. */
  calibrator = calibrator_for(0);
  assert_int_equal(stance_calibrator_enter(&calibrator, &second, 99.0, 0, 0,
                                           STANCE_METHOD_SENSITIVITY, &first, NULL),
                   STANCE_OK);
  assert_int_equal(first.point_count, 0);
  assert_true(first.channel[0].quality.residual_sd_n == 0);
}

static void a_poor_fit_is_refused_or_kept_with_its_reason(void **state)
{
  (void)state;
  const struct stance_calibration base = base_profile();
  struct stance_calibration next = {.version = 99}, again;
  struct stance_calibration_point points[POINT_COUNT];
  struct stance_evaluation evaluation;
  struct stance_problem problem;
  struct stance_calibrator calibrator = calibrator_for(0);
  make_points(points, 0.2);
  assert_int_equal(
      stance_calibrator_fit(&calibrator, &base, points, POINT_COUNT, &evaluation, &next, &problem),
      STANCE_MISMATCH);
  assert_non_null(strstr(problem.text, "point 4 (300 N) is furthest off"));
  assert_non_null(strstr(problem.text, "--keep"));
  assert_int_equal(next.version, 99); /* untouched */
  assert_int_equal(evaluation.worst_point, 3);
  calibrator.keep = true;
  assert_int_equal(
      stance_calibrator_fit(&calibrator, &base, points, POINT_COUNT, &evaluation, &next, NULL),
      STANCE_OK);
  assert_non_null(strstr(next.channel[0].poor_fit, "point 4 (300 N)"));
  assert_true(stance_calibration_doubts(&next, "2026-03-02T00:00:00Z") ==
              STANCE_REASON_BIT(STANCE_REASON_CALIBRATION_POOR_FIT));
  make_points(points, 0.0);
  assert_int_equal(
      stance_calibrator_fit(&calibrator, &next, points, POINT_COUNT, &evaluation, &again, NULL),
      STANCE_OK);
  assert_string_equal(again.channel[0].poor_fit, "");
}

static void validity_ends_with_its_day(void **state)
{
  (void)state;
  struct stance_calibration calibration = base_profile();
  const stance_reason_set expired = STANCE_REASON_BIT(STANCE_REASON_CALIBRATION_EXPIRED);
  assert_true(stance_calibration_doubts(&calibration, "") == 0); /* nothing was promised */
  strcpy(calibration.channel[1].valid_until, "2026-03-31");
  assert_true(stance_calibration_doubts(&calibration, "2026-03-31T23:59:59Z") == 0);
  assert_true(stance_calibration_doubts(&calibration, "2026-04-01T00:00:00Z") == expired);
  assert_true(stance_calibration_doubts(&calibration, "") == expired);
  assert_true(stance_calibration_doubts(&calibration, "yesterday") == expired);
  calibration.channel[1].side = STANCE_SIDE_NONE; /* nothing comes of it */
  assert_true(stance_calibration_doubts(&calibration, "2027-01-01T00:00:00Z") == 0);
}

static void impossible_calibrations_are_refused(void **state)
{
  (void)state;
  struct stance_calibration base = base_profile(), next;
  struct stance_calibration_point points[STANCE_CALIBRATION_POINT_MAX + 1];
  struct stance_evaluation evaluation;
  struct stance_problem problem;
  struct stance_calibrator calibrator = calibrator_for(0);
  make_points(points, 0.0);
  points[0] = points[1];
  points[0].raw += 1e-9;
  assert_int_equal(
      stance_calibrator_fit(&calibrator, &base, points, 3, &evaluation, &next, &problem),
      STANCE_INPUT);
  assert_non_null(strstr(problem.text, "2 different loads"));
  for (size_t k = 0; k <= STANCE_CALIBRATION_POINT_MAX; k++)
    points[k] = (struct stance_calibration_point){
        .repeat = 1, .applied_n = (double)k, .raw = 0.01 * (double)k};
  assert_int_equal(stance_calibrator_fit(&calibrator, &base, points,
                                         STANCE_CALIBRATION_POINT_MAX + 1, &evaluation, &next,
                                         &problem),
                   STANCE_INPUT);
  calibrator.valid_until = "soon";
  make_points(points, 0.0);
  assert_int_equal(
      stance_calibrator_fit(&calibrator, &base, points, POINT_COUNT, &evaluation, &next, &problem),
      STANCE_INPUT);
  assert_non_null(strstr(problem.text, "valid_until"));
  calibrator = calibrator_for(0);
  calibrator.serial = "a serial number that goes on and on and on and on and on and on and on";
  assert_int_equal(stance_calibrator_enter(&calibrator, &base, 1, 0, 0, STANCE_METHOD_CERTIFICATE,
                                           &next, &problem),
                   STANCE_USAGE);
  assert_non_null(strstr(problem.text, "--serial"));
  calibrator = calibrator_for(0);
  base.plate_count = 1;
  base.plate[0].kind = STANCE_PLATE_MATRIX;
  base.channel[0].plate = 1;
  assert_int_equal(stance_calibrator_enter(&calibrator, &base, 1, 0, 0, STANCE_METHOD_CERTIFICATE,
                                           &next, &problem),
                   STANCE_USAGE);
  assert_non_null(strstr(problem.text, "one of a matrix"));
}

/* Any profile, whatever its texts and numbers, has its page; the same profile the same bytes. */
static void every_profile_has_its_page(void **state)
{
  (void)state;
  for (int trial = 0; trial < 12; trial++) {
    struct stance_calibration calibration;
    struct stance_text once = {0}, twice = {0};
    struct stance_problem problem = {""};
    const uint64_t at = profile_seed;
    profile_random(&calibration);
    if (stance_certificate_draw(&calibration, &once, &problem) != STANCE_OK)
      fail_msg("seed %llu: %s", (unsigned long long)at, problem.text);
    assert_int_equal(stance_certificate_draw(&calibration, &twice, NULL), STANCE_OK);
    assert_memory_equal(once.bytes, "%PDF-", 5);
    assert_int_equal(once.length, twice.length);
    assert_memory_equal(once.bytes, twice.bytes, once.length);
    stance_text_finish(&once);
    stance_text_finish(&twice);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_channel_after_the_other_completes_a_profile),
      cmocka_unit_test(a_poor_fit_is_refused_or_kept_with_its_reason),
      cmocka_unit_test(validity_ends_with_its_day),
      cmocka_unit_test(impossible_calibrations_are_refused),
      cmocka_unit_test(every_profile_has_its_page),
  };
  printf("seed %llu\n", (unsigned long long)profile_seed);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
