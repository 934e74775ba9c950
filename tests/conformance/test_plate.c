/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads, centre of pressure and free moment against worked examples and a Kistler plate's every
   sample. */
#include "stance/plate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_near(double value, double expected, double tolerance)
{
  if (!(fabs(value - expected) <= tolerance))
    fail_msg("%.17g instead of %.17g", value, expected);
}

/* F = (30, −20, 700) N at (0.08, −0.05) m on a surface 0.04 m above the origin, free moment 5 N·m:
   M = r × F + T. */
static void centre_and_free_moment_are_mechanics(void **state)
{
  (void)state;
  const double load[] = {30, -20, 700, -34.2, -54.8, 4.9};
  struct stance_plate_centre centre;
  stance_plate_centre(load, 0.04, 20.0, &centre);
  assert_near(centre.x_m, 0.08, 1e-15);
  assert_near(centre.y_m, -0.05, 1e-15);
  assert_near(centre.free_moment_nm, 5.0, 1e-14);
}

static void a_small_force_has_no_place(void **state)
{
  (void)state;
  double load[] = {0, 0, 49.9, 1, 2, 3};
  struct stance_plate_centre centre;
  stance_plate_centre(load, 0, 50.0, &centre);
  assert_true(isnan(centre.x_m) && isnan(centre.y_m) && isnan(centre.free_moment_nm));
  load[STANCE_FZ] = -50.0; /* a plate whose z points up */
  stance_plate_centre(load, 0, 50.0, &centre);
  assert_near(centre.x_m, 0.04, 1e-15);
  load[STANCE_FZ] = 0.0;
  stance_plate_centre(load, 0, 0.0, &centre);
  assert_true(isnan(centre.x_m));
}

static void name_channel(struct stance_calibration_channel *channel, size_t number)
{
  snprintf(channel->channel, sizeof channel->channel, "in%zu", number);
  snprintf(channel->unit, sizeof channel->unit, "V");
  channel->polarity = 1;
  channel->slope_n_per_unit = 1.0;
}

static void be_valid(const struct stance_calibration *calibration)
{
  struct stance_problem problem;
  if (stance_calibration_validate(calibration, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
}

static void four_cells_make_a_plate(void **state)
{
  (void)state;
  static const double x[] = {0.25, 0.25, -0.25, -0.25}, y[] = {0.15, -0.15, 0.15, -0.15};
  struct stance_calibration calibration = {
      .id = "four", .calibrated = true, .channel_count = 4, .plate_count = 1};
  calibration.plate[0] = (struct stance_calibration_plate){
      .kind = STANCE_PLATE_CELLS, .axis = STANCE_FZ, .polarity = 1};
  for (size_t k = 0; k < 4; k++) {
    name_channel(&calibration.channel[k], k);
    calibration.channel[k].side = STANCE_LEFT;
    calibration.channel[k].plate = 1;
    calibration.channel[k].x_m = x[k];
    calibration.channel[k].y_m = y[k];
  }
  be_valid(&calibration);
  struct stance_raw_frame raw = {.value = {210, 150, 140, 100}};
  double load[STANCE_LOAD_COUNT];
  struct stance_plate_centre centre;
  struct stance_force_frame force;
  stance_plate_loads(&calibration, 0, &raw, load);
  stance_plate_centre(load, 0.1, 20.0, &centre);
  assert_near(load[STANCE_FZ], 600.0, 0.0);
  assert_near(centre.x_m, 0.05, 1e-16);
  assert_near(centre.y_m, 0.025, 1e-16);
  assert_true(isnan(centre.free_moment_nm)); /* vertical cells do not feel it */
  stance_calibration_apply_frame(&calibration, &raw, &force);
  assert_near(force.force_n[STANCE_LEFT], 600.0, 0.0);
  raw.flags = STANCE_FRAME_CORRUPT;
  stance_plate_loads(&calibration, 0, &raw, load);
  assert_true(isnan(load[STANCE_FZ]));
}

static double number_at(char **text)
{
  char *end;
  const double number = strtod(*text, &end);
  assert_true(end != *text);
  *text = *end == ',' ? end + 1 : end;
  return number;
}

/* The polynomial of the peer that made the expected values: it takes metres. */
static double corrected(const double p[6], double ax, double ay)
{
  return (p[0] * pow(ay, 4) + p[1] * pow(ay, 2) + p[2]) * pow(ax, 3) +
         (p[3] * pow(ay, 4) + p[4] * pow(ay, 2) + p[5]) * ax;
}

static void check_sample(const struct stance_calibration *calibration, char *raw_line,
                         char *expected_line)
{
  static const double px[] = {7.92063e-15,  -5.821e-10,  -2.77102e-06,
                              -1.76083e-10, 1.29695e-05, -0.0413979};
  static const double py[] = {8.82869e-15,  -2.48554e-10, -1.76282e-06,
                              -4.22186e-10, 1.2091e-05,   0.0516279};
  struct stance_raw_frame raw = {0};
  double expected[9], load[STANCE_LOAD_COUNT];
  struct stance_plate_centre centre;
  const double top_m = calibration->plate[0].top_m;

  number_at(&raw_line); /* time */
  for (int c = 0; c < 8; c++)
    raw.value[c] = number_at(&raw_line);
  for (int c = 0; c < 9; c++)
    expected[c] = number_at(&expected_line);
  stance_plate_loads(calibration, 0, &raw, load);
  stance_plate_centre(load, top_m, 20.0, &centre);
  /* The peer moves the moments to the top surface, corrects x, and y with the corrected x. */
  const double at_top[] = {load[STANCE_FX], load[STANCE_FY], load[STANCE_FZ],
                           load[STANCE_MX] + load[STANCE_FY] * top_m,
                           load[STANCE_MY] - load[STANCE_FX] * top_m};
  const double x = centre.x_m - corrected(px, centre.x_m, centre.y_m);
  const double y = centre.y_m - corrected(py, centre.y_m, x);
  const double moment = load[STANCE_MZ] - load[STANCE_FY] * x + load[STANCE_FX] * y;
  /* The file has nine digits. */
  for (int k = 0; k < 5; k++)
    assert_near(at_top[k], expected[1 + k], 1e-8 * fmax(1.0, fabs(expected[1 + k])));
  assert_near(moment, expected[6], 1e-8);
  assert_near(x, expected[7], 1e-9);
  assert_near(y, expected[8], 1e-9);
}

static void a_kistler_plate_agrees_in_every_sample(void **state)
{
  (void)state;
  static const double sensitivity[] = {38.117, 37.723, 38.062, 38.008, 3.898, 3.889, 3.885, 3.891};
  const char *folder = getenv("STANCE_REFERENCE_DATA");
  char path[1024], raw_line[512], expected_line[512];
  snprintf(path, sizeof path, "%s/kistler_8ch_calibration/kistler_fp_data.txt",
           folder != NULL ? folder : ".");
  FILE *raw = fopen(path, "r");
  if (raw == NULL)
    skip();
  snprintf(path, sizeof path, "%s/kistler_8ch_calibration/expected_grf_cop.csv", folder);
  FILE *expected = fopen(path, "r");
  assert_non_null(expected);
  struct stance_calibration calibration = {
      .id = "kistler", .calibrated = true, .channel_count = 8, .plate_count = 1};
  calibration.plate[0] = (struct stance_calibration_plate){.kind = STANCE_PLATE_KISTLER,
                                                           .axis = STANCE_FZ,
                                                           .polarity = 1,
                                                           .a_m = 0.12,
                                                           .b_m = 0.2,
                                                           .top_m = -0.048};
  for (size_t k = 0; k < 8; k++) {
    name_channel(&calibration.channel[k], k);
    calibration.channel[k].side = k < 4 ? STANCE_SIDE_NONE : STANCE_TOTAL;
    calibration.channel[k].slope_n_per_unit = 1000.0 / sensitivity[k];
    calibration.channel[k].plate = 1;
    calibration.channel[k].role = (enum stance_plate_role)(STANCE_ROLE_FX12 + k);
  }
  be_valid(&calibration);
  assert_non_null(fgets(raw_line, sizeof raw_line, raw)); /* headers */
  assert_non_null(fgets(expected_line, sizeof expected_line, expected));
  size_t count = 0;
  while (fgets(expected_line, sizeof expected_line, expected) != NULL &&
         fgets(raw_line, sizeof raw_line, raw) != NULL) {
    check_sample(&calibration, raw_line, expected_line);
    count++;
  }
  fclose(raw);
  fclose(expected);
  printf("%zu samples\n", count);
  assert_true(count > 1900);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(centre_and_free_moment_are_mechanics),
      cmocka_unit_test(a_small_force_has_no_place),
      cmocka_unit_test(four_cells_make_a_plate),
      cmocka_unit_test(a_kistler_plate_agrees_in_every_sample),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
