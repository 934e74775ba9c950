/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "time_axis.h"

#include <float.h>

/* What rounding to binary64 may do to a stamp and to the products it is compared with. */
static double float_noise(const struct stance_stamps *stamps)
{
  double last = fabs(stamps->stamp[stamps->count - 1]), first = fabs(stamps->stamp[0]);
  return 16 * DBL_EPSILON * fmax(first, last);
}

/* The line through the first and the last stamp where all others lie on it: what least squares
   would find as well, at a fraction of the time. */
static bool is_exact(const struct stance_stamps *stamps, double *ret_step)
{
  size_t n = stamps->count;
  double first = stamps->stamp[0], noise = float_noise(stamps) / 2;
  double step = (stamps->stamp[n - 1] - first) / (double)(n - 1);
  for (size_t k = 0; k < n; ++k)
    if (!(fabs(stamps->stamp[k] - first - (double)k * step) <= noise))
      return false;
  *ret_step = step;
  return true;
}

struct stance_stamp_line stance_stamp_line_fit(const struct stance_stamps *stamps,
                                               const double *index)
{
  size_t n = stamps->count;
  /* A stamp rounded to a digit of worth q has an error of q/√12. */
  double exact_step, rounding = pow(10, -stamps->decimals) / sqrt(12);
  if (index == NULL && is_exact(stamps, &exact_step)) {
    double s_ii_even = (double)n * ((double)n * (double)n - 1) / 12;
    return (struct stance_stamp_line){.step = exact_step, .step_error = rounding / sqrt(s_ii_even)};
  }
  double first = stamps->stamp[0], mean_i = 0, mean_t = 0, s_ii = 0, s_it = 0;
  for (size_t k = 0; k < n; ++k) {
    mean_i += index != NULL ? index[k] : (double)k;
    mean_t += stamps->stamp[k] - first;
  }
  mean_i /= (double)n;
  mean_t /= (double)n;
  for (size_t k = 0; k < n; ++k) {
    double i = (index != NULL ? index[k] : (double)k) - mean_i;
    s_ii += i * i;
    s_it += i * (stamps->stamp[k] - first - mean_t);
  }
  struct stance_stamp_line line = {.step = s_it / s_ii};
  double low = (double)INFINITY, high = -(double)INFINITY, squares = 0;
  for (size_t k = 0; k < n; ++k) {
    double i = (index != NULL ? index[k] : (double)k) - mean_i;
    double residual = stamps->stamp[k] - first - mean_t - i * line.step;
    low = residual < low ? residual : low;
    high = residual > high ? residual : high;
    squares += residual * residual;
  }
  line.residual_range = high - low;
  line.residual_sd = n > 2 ? sqrt(squares / (double)(n - 2)) : 0;
  if (line.residual_range <= float_noise(stamps))
    line.residual_range = line.residual_sd = 0;
  line.step_error = fmax(line.residual_sd, rounding) / sqrt(s_ii);
  return line;
}

/* The multiple of `grain` (or of 1/`per_unit`) nearest to `rate`. */
static double nearest_multiple(double rate, double grain, double per_unit)
{
  return round(rate / grain * per_unit) * grain / per_unit;
}

/* The roundest number from low to high, NaN where only a long one is. */
static double roundest(double rate, double low, double high)
{
  static const struct {
    double grain, per_unit;
  } grains[] = {{1000, 1}, {500, 1}, {100, 1}, {0, 1},   {50, 1},   {10, 1},
                {1, 1},    {1, 2},   {1, 10},  {1, 100}, {1, 1000}, {1, 10000}};
  for (size_t k = 0; k < sizeof grains / sizeof grains[0]; ++k) {
    /* The place of 0 is for powers of two, from 64 on: 256, 512, 1024 are as usual as 500. */
    double candidate = grains[k].grain > 0
                           ? nearest_multiple(rate, grains[k].grain, grains[k].per_unit)
                           : exp2(round(log2(fmax(rate, 64))));
    if (candidate > 0 && candidate >= low && candidate <= high)
      return candidate;
  }
  return (double)NAN;
}

double stance_stamp_rate(const struct stance_stamps *stamps, const struct stance_stamp_line *line,
                         double span)
{
  double digit = pow(10, -stamps->decimals);
  double slack = fmax(fmax(digit, line->residual_range), float_noise(stamps)) / span;
  double measured = stamps->units_per_second / line->step;
  double low = stamps->units_per_second / (line->step + slack);
  double high =
      line->step > slack ? stamps->units_per_second / (line->step - slack) : (double)INFINITY;
  if (stamps->expected_rate_hz >= low && stamps->expected_rate_hz <= high)
    return stamps->expected_rate_hz;
  double digits_per_step = round(line->step / digit);
  if (digits_per_step >= 1 && line->residual_range <= 0.01 * digit &&
      fabs(digits_per_step * digit - line->step) <= slack) {
    double period_rate = stamps->units_per_second * pow(10, stamps->decimals) / digits_per_step;
    double whole = round(period_rate);
    return fabs(period_rate - whole) <= 1e-12 * whole ? whole : period_rate;
  }
  double round_rate = roundest(measured, low, high);
  return isnan(round_rate) ? measured : round_rate;
}

double stance_nominal_rate(double rate_hz)
{
  return roundest(rate_hz, 0.99 * rate_hz, 1.01 * rate_hz);
}

bool stance_rate_is_usual(double rate_hz)
{
  double tens = rate_hz / 10, octaves = log2(rate_hz);
  return fabs(tens - round(tens)) < 1e-9 || fabs(octaves - round(octaves)) < 1e-12;
}
