/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "time_axis.h"

#include <stdlib.h>
#include <string.h>

/* See stance_stamps_lay_out: two residuals of at most 1 % of a step, one on each side. */
static const double EVEN_RANGE_STEPS = 0.02;
/* Rounded stamps lie within one digit of each other about their line; the rest is arithmetic. */
static const double EVEN_RANGE_DIGITS = 1.01;
/* A hole of more instants than this many times the rows (and a floor for short files) is not a
   hole in one recording. */
enum { HOLE_PER_ROW = 16, HOLE_FLOOR = 100000 };

struct laying {
  const struct stance_stamps *stamps;
  struct stance_layout *layout;
  double *index; /* of each row on the even axis */
  size_t zero_steps;
  size_t hole_row; /* the row behind the longest step */
  double longest_step;
};

static enum stance_stamps_fault check_order(struct laying *l, size_t *ret_row)
{
  const double *t = l->stamps->stamp;
  for (size_t k = 0; k < l->stamps->count; ++k) {
    *ret_row = k;
    if (isnan(t[k]))
      return STANCE_STAMPS_MISSING;
    if (k == 0)
      continue;
    double step = t[k] - t[k - 1];
    if (step < 0)
      return STANCE_STAMPS_BACKWARDS;
    l->zero_steps += step <= 0;
    if (step > l->longest_step) {
      l->longest_step = step;
      l->hole_row = k;
    }
  }
  return STANCE_STAMPS_OK;
}

static double even_range(const struct stance_stamps *stamps, double step)
{
  double digit = pow(10, -stamps->decimals);
  return fmax(EVEN_RANGE_DIGITS * digit, EVEN_RANGE_STEPS * step);
}

static void describe_axis(struct laying *l, const struct stance_stamp_line *line, double span)
{
  const struct stance_stamps *stamps = l->stamps;
  double rate_hz = stance_stamp_rate(stamps, line, span);
  double seconds = 1 / stamps->units_per_second;
  l->layout->axis = (struct stance_time_axis){
      .start_s = stamps->stamp[0] / stamps->units_per_second,
      .rate_hz = rate_hz,
      .rate_uncertainty_hz = 2 * rate_hz * rate_hz * line->step_error * seconds,
      .nominal_rate_hz = stance_nominal_rate(rate_hz),
      .jitter_s = line->residual_sd * seconds,
      .stamped = true,
  };
  double expected = stamps->expected_rate_hz;
  if (expected >= 0.99 * rate_hz && expected <= 1.01 * rate_hz)
    l->layout->axis.nominal_rate_hz = expected;
}

/* The usual case: every row is there. */
static void lay_out_even(struct laying *l, const struct stance_stamp_line *line)
{
  l->layout->instant_count = l->stamps->count;
  describe_axis(l, line, (double)(l->stamps->count - 1));
}

/* Stamps printed as coarsely as they step (1 kHz in whole ms) hide a missing row: 4, 5, 7 may be
   one lost row, or a clock whose rounded stamps skip one now and then. Many skips that fit a
   straight line of a usual rate (990 Hz) are the latter; one or two, or any that lead to no usual
   rate, count as lost rows, because a loss must not pass unseen. */
static bool skips_are_losses(const struct laying *l, const struct stance_stamp_line *line,
                             double median)
{
  enum { FEW = 2 };
  const double *t = l->stamps->stamp;
  double tolerance = 1e-3 * pow(10, -l->stamps->decimals);
  size_t skips = 0;
  if (!(median > 0))
    return false;
  for (size_t k = 1; k < l->stamps->count; ++k) {
    double multiple = round((t[k] - t[k - 1]) / median);
    if (fabs(t[k] - t[k - 1] - multiple * median) > tolerance)
      return false;
    /* A stamp that comes twice is a row that comes twice, or rounding again. */
    if (multiple < 1 && !l->stamps->rows_are_equal(l->stamps->context, k - 1, k))
      return false;
    skips += multiple > 1 || multiple < 1;
  }
  if (skips == 0)
    return false;
  double rate_hz = stance_stamp_rate(l->stamps, line, (double)(l->stamps->count - 1));
  return skips <= FEW || !stance_rate_is_usual(rate_hz) ||
         l->stamps->expected_rate_hz * median > 0.999 * l->stamps->units_per_second;
}

static int compare_doubles(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The lower one of two. */
static double median_of(double *values, size_t count)
{
  qsort(values, count, sizeof *values, compare_doubles);
  return values[(count - 1) / 2];
}

struct steps {
  double median;
  double typical; /* mean of the steps that are not holes */
  double longest; /* beyond this a step is a hole */
};

/* Steps count as holes above 1.5 typical ones, or where stamps jitter, above the median by six
   robust standard deviations (1.4826·MAD). */
static bool measure_steps(const struct laying *l, struct steps *ret_steps)
{
  const double *t = l->stamps->stamp;
  size_t count = l->stamps->count - 1;
  double *work = malloc(count * sizeof *work);
  if (work == NULL)
    return false;
  for (size_t k = 0; k < count; ++k)
    work[k] = t[k + 1] - t[k];
  double median = median_of(work, count);
  for (size_t k = 0; k < count; ++k)
    work[k] = fabs(work[k] - median);
  double spread = 1.4826 * median_of(work, count);
  free(work);
  double digit = pow(10, -l->stamps->decimals);
  double longest = fmax(1.5 * median + digit, median + 6 * spread), sum = 0;
  size_t rows = 0;
  for (size_t k = 0; k < count; ++k)
    if (t[k + 1] - t[k] <= longest) {
      sum += t[k + 1] - t[k];
      rows += 1;
    }
  double typical = rows > 0 && sum > 0 ? sum / (double)rows : median;
  *ret_steps = (struct steps){median, typical, longest};
  return true;
}

/* Follows a steady clock from stamp to stamp: each is the whole number of steps nearest to where
   it is expected. The slow correction (a tenth of each error) follows a step that is known only
   roughly, and forgets the rounding of single stamps. */
static void follow_clock(struct laying *l, double step)
{
  const double FOLLOW = 0.1;
  const double *t = l->stamps->stamp;
  double phase = t[0];
  l->index[0] = 0;
  for (size_t k = 1; k < l->stamps->count; ++k) {
    double steps = fmax(0, round((t[k] - phase) / step));
    l->index[k] = l->index[k - 1] + steps;
    phase += steps * step;
    phase += FOLLOW * (t[k] - phase);
  }
}

/* Rows that share an instant are repeated rows, or this is no steady clock. */
static bool repeats_are_rows(struct laying *l)
{
  size_t duplicates = 0;
  for (size_t k = 1; k < l->stamps->count; ++k) {
    if (l->index[k] > l->index[k - 1])
      continue;
    if (l->stamps->stamp[k] > l->stamps->stamp[k - 1] ||
        !l->stamps->rows_are_equal(l->stamps->context, k - 1, k))
      return false;
    duplicates += 1;
  }
  l->layout->duplicates = duplicates;
  return true;
}

static bool hole_is_too_long(const struct laying *l, double instants)
{
  return instants > (double)l->stamps->count * HOLE_PER_ROW + HOLE_FLOOR;
}

static enum stance_stamps_fault allocate_rows(struct laying *l, size_t instants)
{
  l->layout->row = malloc(instants * sizeof *l->layout->row);
  if (l->layout->row == NULL)
    return STANCE_STAMPS_NO_MEMORY;
  for (size_t k = 0; k < instants; ++k)
    l->layout->row[k] = STANCE_INSTANT_LOST;
  l->layout->instant_count = instants;
  return STANCE_STAMPS_OK;
}

/* A steady clock from which rows are missing. `ret_done` is false where it is not one. */
static enum stance_stamps_fault lay_out_with_holes(struct laying *l, const struct steps *steps,
                                                   bool *ret_done)
{
  enum { REFINEMENTS = 3 };
  size_t last = l->stamps->count - 1;
  double step = steps->typical;
  struct stance_stamp_line line = {0};
  *ret_done = false;
  for (int k = 0; k < REFINEMENTS; ++k) {
    follow_clock(l, step);
    if (!(l->index[last] >= 1))
      return STANCE_STAMPS_OK;
    line = stance_stamp_line_fit(l->stamps, l->index);
    if (!(line.step > 0))
      return STANCE_STAMPS_OK;
    step = line.step;
  }
  if (line.residual_range > even_range(l->stamps, step) || !repeats_are_rows(l))
    return STANCE_STAMPS_OK;
  if (hole_is_too_long(l, l->index[last]))
    return STANCE_STAMPS_HOLE;
  *ret_done = true;
  enum stance_stamps_fault fault = allocate_rows(l, (size_t)l->index[last] + 1);
  if (fault != STANCE_STAMPS_OK)
    return fault;
  describe_axis(l, &line, l->index[last]);
  for (size_t k = last + 1; k-- > 0;)
    l->layout->row[(size_t)l->index[k]] = (ptrdiff_t)k; /* the first of repeated rows stays */
  if (l->longest_step > 1.5 * step)
    l->layout->axis.longest_gap_s = l->longest_step / l->stamps->units_per_second;
  return STANCE_STAMPS_OK;
}

/* One instant of the even axis that lies from row `k` on and before the next one. */
static void place_between(struct laying *l, size_t instant, double at, size_t k,
                          const struct steps *steps)
{
  const double *t = l->stamps->stamp;
  double near = EVEN_RANGE_STEPS / 2 * steps->typical;
  double hole = k + 1 < l->stamps->count ? t[k + 1] - t[k] : 0;
  if (at - t[k] <= near || !(hole > 0))
    l->layout->row[instant] = (ptrdiff_t)k;
  else if (t[k + 1] - at <= near)
    l->layout->row[instant] = (ptrdiff_t)k + 1;
  else if (hole <= steps->longest) {
    l->layout->row[instant] = (ptrdiff_t)k;
    l->layout->weight[instant] = (at - t[k]) / hole;
  }
}

/* No steady clock: the even axis of the mean rate, values from between the rows. */
static enum stance_stamps_fault lay_out_unevenly(struct laying *l, const struct steps *steps)
{
  const double *t = l->stamps->stamp;
  size_t count = l->stamps->count, last = count - 1;
  l->index[0] = 0;
  for (size_t k = 1; k < count; ++k) {
    double step = t[k] - t[k - 1];
    bool hole = step > steps->longest;
    l->index[k] = l->index[k - 1] + (hole ? fmax(1, round(step / steps->typical)) : 1);
    l->layout->duplicates += step <= 0;
  }
  struct stance_stamp_line line = stance_stamp_line_fit(l->stamps, l->index);
  if (!(line.step > 0))
    return STANCE_STAMPS_STAND_STILL;
  describe_axis(l, &line, l->index[last]);
  l->layout->axis.irregular = true;
  if (l->longest_step > steps->longest)
    l->layout->axis.longest_gap_s = l->longest_step / l->stamps->units_per_second;
  double step = l->stamps->units_per_second / l->layout->axis.rate_hz;
  double instants = floor((t[last] - t[0]) / step + EVEN_RANGE_STEPS / 2) + 1;
  if (hole_is_too_long(l, instants))
    return STANCE_STAMPS_HOLE;
  enum stance_stamps_fault fault = allocate_rows(l, (size_t)instants);
  if (fault != STANCE_STAMPS_OK)
    return fault;
  l->layout->weight = calloc((size_t)instants, sizeof *l->layout->weight);
  if (l->layout->weight == NULL)
    return STANCE_STAMPS_NO_MEMORY;
  size_t k = 0;
  for (size_t instant = 0; instant < l->layout->instant_count; ++instant) {
    double at = t[0] + (double)instant * step;
    while (k < last && t[k + 1] <= at)
      ++k;
    place_between(l, instant, at, k, steps);
  }
  return STANCE_STAMPS_OK;
}

static enum stance_stamps_fault lay_out_one(struct laying *l)
{
  double rate_hz = l->stamps->expected_rate_hz;
  if (isnan(rate_hz))
    return STANCE_STAMPS_TOO_FEW;
  l->layout->instant_count = 1;
  l->layout->axis =
      (struct stance_time_axis){.start_s = l->stamps->stamp[0] / l->stamps->units_per_second,
                                .rate_hz = rate_hz,
                                .rate_uncertainty_hz = (double)NAN,
                                .nominal_rate_hz = rate_hz,
                                .stamped = true};
  return STANCE_STAMPS_OK;
}

static enum stance_stamps_fault lay_out(struct laying *l, size_t *ret_row)
{
  enum stance_stamps_fault fault = check_order(l, ret_row);
  if (fault != STANCE_STAMPS_OK)
    return fault;
  *ret_row = l->hole_row;
  if (l->stamps->count == 1)
    return lay_out_one(l);
  struct stance_stamp_line line = stance_stamp_line_fit(l->stamps, NULL);
  bool even = line.step > 0 && line.residual_range <= even_range(l->stamps, line.step);
  if (even && line.residual_range <= 1e-3 * pow(10, -l->stamps->decimals)) {
    lay_out_even(l, &line);
    return STANCE_STAMPS_OK;
  }
  struct steps steps;
  l->index = malloc(l->stamps->count * sizeof *l->index);
  if (l->index == NULL || !measure_steps(l, &steps))
    return STANCE_STAMPS_NO_MEMORY;
  if (even && !skips_are_losses(l, &line, steps.median)) {
    lay_out_even(l, &line);
    return STANCE_STAMPS_OK;
  }
  if (even) /* every step is a multiple of this one */
    steps.typical = steps.median;
  if (2 * l->zero_steps >= l->stamps->count)
    return STANCE_STAMPS_STAND_STILL;
  bool done;
  fault = lay_out_with_holes(l, &steps, &done);
  if (fault != STANCE_STAMPS_OK || done)
    return fault;
  l->layout->duplicates = 0;
  return lay_out_unevenly(l, &steps);
}

enum stance_stamps_fault stance_stamps_lay_out(const struct stance_stamps *stamps,
                                               struct stance_layout *ret_layout, size_t *ret_row)
{
  struct stance_layout layout = {0};
  struct laying l = {.stamps = stamps, .layout = &layout};
  enum stance_stamps_fault fault =
      stamps->count == 0 ? STANCE_STAMPS_TOO_FEW : lay_out(&l, ret_row);
  free(l.index);
  if (fault == STANCE_STAMPS_OK)
    *ret_layout = layout;
  else
    stance_layout_finish(&layout);
  return fault;
}

void stance_layout_finish(struct stance_layout *layout)
{
  free(layout->row);
  free(layout->weight);
  *layout = (struct stance_layout){0};
}
