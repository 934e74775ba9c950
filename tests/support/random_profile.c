/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "random_profile.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

uint64_t profile_seed = 20260101;

/* splitmix64 (Steele, Lea, Flood 2014): any seed is a good one. */
static uint64_t random_bits(void)
{
  uint64_t z = (profile_seed += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

size_t random_below(size_t limit)
{
  return (size_t)(random_bits() % limit);
}

double random_unit(void)
{
  return (double)(random_bits() >> 11) * 0x1p-53;
}

/* Any finite double, subnormals included. */
static double random_double(void)
{
  for (;;) {
    uint64_t bits = random_bits();
    double number;
    memcpy(&number, &bits, sizeof number);
    if (isfinite(number))
      return number;
  }
}

/* Plain words; or a few bytes that INI would trip over, again and again; or any bytes but NUL. */
static void random_text(char *ret_text, size_t size)
{
  static const char traps[] = " ;#=:[]%%09afAF\t\n\r\"\\'-+";
  size_t length = random_below(size);
  unsigned kind = (unsigned)random_below(3);
  size_t first_trap = random_below(sizeof traps - 3);

  for (size_t k = 0; k < length; k++) {
    if (kind == 0)
      ret_text[k] = (char)('a' + random_below(26));
    else if (kind == 1)
      ret_text[k] = traps[first_trap + random_below(3)];
    else
      ret_text[k] = (char)(1 + random_below(255));
  }
  ret_text[length] = '\0';
}

static void random_line(char *ret_text, size_t size)
{
  random_text(ret_text, size);
  for (; *ret_text != '\0'; ret_text++)
    if (iscntrl((unsigned char)*ret_text))
      *ret_text = '%';
}

/* NaN, as what was not measured, now and then; zero, as what was not given. */
static double random_measured(void)
{
  const size_t kind = random_below(4);
  return kind == 0 ? (double)NAN : kind == 1 ? 0.0 : random_double();
}

static void random_quality(struct stance_calibration_quality *ret_quality)
{
  double *const measured[] = {&ret_quality->range_n,
                              &ret_quality->residual_sd_n,
                              &ret_quality->degrees_of_freedom,
                              &ret_quality->fit_error_pct,
                              &ret_quality->nonlinearity_pct,
                              &ret_quality->hysteresis_pct,
                              &ret_quality->zero_return_pct,
                              &ret_quality->creep_pct,
                              &ret_quality->repeatability_pct,
                              &ret_quality->reversibility_pct};
  for (size_t k = 0; k < sizeof measured / sizeof *measured; k++)
    *measured[k] = random_measured();
  for (size_t k = 0; k < sizeof ret_quality->covariance / sizeof(double); k++)
    ret_quality->covariance[k] = random_measured();
}

static void random_paperwork(struct stance_calibration *c)
{
  for (size_t k = 0; k < STANCE_CALIBRATION_STANDARD_MAX; k++)
    random_line(c->standard[k], sizeof c->standard[k]);
  c->version = (unsigned)random_below(1000000000);
  c->standard_uncertainty_pct = random_below(2) == 0 ? 0.0 : fabs(random_double());
  c->gravity_m_per_s2 = random_below(2) == 0 ? 0.0 : fabs(random_double());
}

/* The channels become those of plates: two of four cells, a Kistler plate, or a matrix. */
static void random_plates(struct stance_calibration *c)
{
  const enum stance_plate_kind kind = (enum stance_plate_kind)(1 + random_below(3));
  c->plate_count = kind == STANCE_PLATE_CELLS ? 2 : 1;
  for (size_t k = 0; k < c->plate_count; k++) {
    struct stance_calibration_plate *plate = &c->plate[k];
    *plate = (struct stance_calibration_plate){.kind = kind, .axis = STANCE_FZ, .polarity = 1};
    plate->a_m = kind == STANCE_PLATE_KISTLER ? 0x1p-1074 + fabs(random_double()) : 0.0;
    plate->b_m = kind == STANCE_PLATE_KISTLER ? 0x1p-1074 + fabs(random_double()) : 0.0;
    plate->top_m = random_double();
    plate->matrix_checked = random_below(2) == 0;
    if (kind != STANCE_PLATE_MATRIX)
      continue;
    plate->axis = (enum stance_load)random_below(3);
    plate->polarity = random_below(2) == 0 ? 1 : -1;
    for (size_t row = 0; row < STANCE_LOAD_COUNT; row++)
      for (size_t column = 0; column < STANCE_CHANNEL_COUNT_MAX; column++)
        plate->matrix[row][column] = random_below(3) == 0 ? 0.0 : random_double();
    plate->matrix[plate->axis][0] = 1.0;
  }
  const enum stance_side side = (enum stance_side)random_below(STANCE_MEASURED_SIDE_COUNT);
  for (size_t k = 0; k < c->channel_count; k++) {
    struct stance_calibration_channel *channel = &c->channel[k];
    channel->plate = kind == STANCE_PLATE_CELLS ? 1 + (unsigned)k / 4 : 1;
    channel->side = side;
    channel->x_m = random_double();
    if (kind == STANCE_PLATE_KISTLER) {
      channel->role = (enum stance_plate_role)(1 + k);
      channel->side = k < 4 ? STANCE_SIDE_NONE : side;
    }
    if (kind == STANCE_PLATE_MATRIX)
      channel->quadratic_n_per_unit2 = channel->cubic_n_per_unit3 = 0.0;
  }
}

static void random_points(struct stance_calibration *c)
{
  c->point_count = random_below(16) == 0 ? random_below(STANCE_CALIBRATION_POINT_MAX + 1) : 0;
  for (size_t k = 0; k < c->point_count; k++)
    c->point[k] = (struct stance_calibration_point){
        .channel = (unsigned)random_below(c->channel_count),
        .repeat = (unsigned)random_below(1000000000),
        .direction = (enum stance_load_direction)random_below(4),
        .applied_n = random_double(),
        .raw = random_double(),
    };
}

void profile_random(struct stance_calibration *ret_calibration)
{
  static const enum stance_side sides[] = {STANCE_LEFT, STANCE_RIGHT, STANCE_TOTAL,
                                           STANCE_SIDE_NONE};
  struct stance_calibration *c = ret_calibration;

  memset(c, 0, sizeof *c);
  do
    random_line(c->id, sizeof c->id);
  while (c->id[0] == '\0');
  random_line(c->instrument, sizeof c->instrument);
  random_line(c->created_at, sizeof c->created_at);
  random_line(c->operator_name, sizeof c->operator_name);
  c->calibrated = random_below(2) == 0;
  const bool has_plates = random_below(3) == 0;
  c->channel_count =
      has_plates ? STANCE_CHANNEL_COUNT_MAX : 1 + random_below(STANCE_CHANNEL_COUNT_MAX);
  for (size_t k = 0; k < c->channel_count; k++) {
    struct stance_calibration_channel *channel = &c->channel[k];
    random_text(channel->channel, sizeof channel->channel);
    random_text(channel->serial, sizeof channel->serial);
    random_text(channel->unit, sizeof channel->unit);
    channel->side = sides[random_below(4)];
    channel->polarity = random_below(2) == 0 ? 1 : -1;
    channel->zero_raw = random_double();
    do
      channel->slope_n_per_unit = fabs(random_double());
    while (channel->slope_n_per_unit == 0.0);
    if (random_below(2) == 0)
      continue; /* as plain as it can be */
    channel->quadratic_n_per_unit2 = random_double();
    channel->cubic_n_per_unit3 = random_below(2) == 0 ? 0.0 : random_double();
    channel->method = (enum stance_calibration_method)random_below(4);
    random_line(channel->poor_fit, sizeof channel->poor_fit);
    random_line(channel->calibrated_at, sizeof channel->calibrated_at);
    snprintf(channel->valid_until, sizeof channel->valid_until, "%04u-%02u-%02u",
             (unsigned)random_below(10000), (unsigned)random_below(100),
             (unsigned)random_below(100));
    random_quality(&channel->quality);
  }
  if (random_below(2) == 0)
    random_paperwork(c);
  if (has_plates)
    random_plates(c);
  random_points(c);
  struct stance_problem problem;
  if (stance_calibration_validate(c, &problem) != STANCE_OK)
    fail_msg("a random profile is none: %s", problem.text);
}

static bool same_bits(double a, double b)
{
  return a == b && signbit(a) == signbit(b);
}

static bool same_numbers(const double *a, const double *b, size_t count)
{
  for (size_t k = 0; k < count; k++)
    if (!same_bits(a[k], b[k]) && !(isnan(a[k]) && isnan(b[k])))
      return false;
  return true;
}

static bool same_channel(const struct stance_calibration_channel *a,
                         const struct stance_calibration_channel *b)
{
  static_assert(sizeof a->quality == 20 * sizeof(double), "the quality is numbers");
  const double x[] = {
      a->zero_raw, a->slope_n_per_unit, a->quadratic_n_per_unit2, a->cubic_n_per_unit3, a->x_m,
      a->y_m};
  const double y[] = {
      b->zero_raw, b->slope_n_per_unit, b->quadratic_n_per_unit2, b->cubic_n_per_unit3, b->x_m,
      b->y_m};
  return strcmp(a->channel, b->channel) == 0 && strcmp(a->serial, b->serial) == 0 &&
         strcmp(a->unit, b->unit) == 0 && a->side == b->side && a->polarity == b->polarity &&
         a->method == b->method && strcmp(a->poor_fit, b->poor_fit) == 0 &&
         strcmp(a->calibrated_at, b->calibrated_at) == 0 &&
         strcmp(a->valid_until, b->valid_until) == 0 && a->plate == b->plate &&
         a->role == b->role && same_numbers(x, y, 6) &&
         same_numbers((const double *)(const void *)&a->quality,
                      (const double *)(const void *)&b->quality, 20);
}

static bool same_plate(const struct stance_calibration_plate *a,
                       const struct stance_calibration_plate *b)
{
  const double x[] = {a->a_m, a->b_m, a->top_m}, y[] = {b->a_m, b->b_m, b->top_m};
  return a->kind == b->kind && a->axis == b->axis && a->polarity == b->polarity &&
         a->matrix_checked == b->matrix_checked && same_numbers(x, y, 3) &&
         same_numbers(a->matrix[0], b->matrix[0], sizeof a->matrix / sizeof(double));
}

static bool same_point(const struct stance_calibration_point *a,
                       const struct stance_calibration_point *b)
{
  return a->channel == b->channel && a->repeat == b->repeat && a->direction == b->direction &&
         same_bits(a->applied_n, b->applied_n) && same_bits(a->raw, b->raw);
}

bool profile_is_same(const struct stance_calibration *a, const struct stance_calibration *b)
{
  bool same = strcmp(a->id, b->id) == 0 && strcmp(a->instrument, b->instrument) == 0 &&
              strcmp(a->created_at, b->created_at) == 0 &&
              strcmp(a->operator_name, b->operator_name) == 0 && a->calibrated == b->calibrated &&
              a->version == b->version &&
              same_bits(a->standard_uncertainty_pct, b->standard_uncertainty_pct) &&
              same_bits(a->gravity_m_per_s2, b->gravity_m_per_s2) &&
              a->channel_count == b->channel_count && a->plate_count == b->plate_count &&
              a->point_count == b->point_count;
  for (size_t k = 0; same && k < STANCE_CALIBRATION_STANDARD_MAX; k++)
    same = strcmp(a->standard[k], b->standard[k]) == 0;
  for (size_t k = 0; same && k < a->channel_count; k++)
    same = same_channel(&a->channel[k], &b->channel[k]);
  for (size_t k = 0; same && k < a->plate_count; k++)
    same = same_plate(&a->plate[k], &b->plate[k]);
  for (size_t k = 0; same && k < a->point_count; k++)
    same = same_point(&a->point[k], &b->point[k]);
  return same;
}
