/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/reliability.h"

#include "statistics_quantile.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double low_tail = 0.025, high_tail = 0.975;

/* Error mean squares below this part of the largest value are rounding: binary64 carries 16 digits,
   recordings fewer than 10. */
static const double rounding = 1e-12;

/* Mean squares of the table of athletes × tests. */
struct table {
  double n, k;
  double mean, largest;
  double between; /* athletes */
  double tests;
  double error;
  double within; /* athletes: tests and error together */
};

static double row_mean(const double *row, size_t count)
{
  double sum = 0;
  for (size_t t = 0; t < count; t++)
    sum += row[t];
  return sum / (double)count;
}

static double column_mean(const double *value, size_t athletes, size_t tests, size_t t)
{
  double sum = 0;
  for (size_t a = 0; a < athletes; a++)
    sum += value[a * tests + t];
  return sum / (double)athletes;
}

/* Sums of squared distances, not differences of sums of squares: nothing cancels. */
static struct table analyse_table(const double *value, size_t athletes, size_t tests)
{
  struct table table = {.n = (double)athletes, .k = (double)tests};
  table.mean = row_mean(value, athletes * tests);
  for (size_t t = 0; t < tests; t++) {
    const double test_mean = column_mean(value, athletes, tests, t);
    table.tests += table.n * (test_mean - table.mean) * (test_mean - table.mean);
    for (size_t a = 0; a < athletes; a++) {
      const double cell = value[a * tests + t];
      const double athlete_mean = row_mean(value + a * tests, tests);
      const double residual = cell - athlete_mean - test_mean + table.mean;
      table.error += residual * residual;
      table.within += (cell - athlete_mean) * (cell - athlete_mean);
      table.between += (athlete_mean - table.mean) * (athlete_mean - table.mean);
      table.largest = fmax(table.largest, fabs(cell));
    }
  }
  table.between /= table.n - 1;
  table.tests /= table.k - 1;
  table.error /= (table.n - 1) * (table.k - 1);
  table.within /= table.n * (table.k - 1);
  return table;
}

/* A standard deviation with the limits that the chi-square distribution gives it. */
static struct stance_estimate deviation(double mean_square, double degrees_of_freedom)
{
  const double sum = mean_square * degrees_of_freedom;
  return (struct stance_estimate){
      .value = sqrt(mean_square),
      .low = sqrt(sum / quantile_chi_square(high_tail, degrees_of_freedom)),
      .high = sqrt(sum / quantile_chi_square(low_tail, degrees_of_freedom)),
  };
}

static struct stance_estimate scaled(struct stance_estimate estimate, double factor)
{
  return (struct stance_estimate){estimate.value * factor, estimate.low * factor,
                                  estimate.high * factor};
}

/* (F − 1)/(F + k − 1), Shrout & Fleiss 1979. */
static double single_of_f(double f, double k)
{
  return (f - 1) / (f + k - 1);
}

/* Models 1 and 3, single and mean of k: both are functions of one ratio F of mean squares. */
static void icc_of_ratio(double f, double numerator_df, double denominator_df, double k,
                         struct stance_estimate *ret_single, struct stance_estimate *ret_mean)
{
  const double low = f / quantile_f(high_tail, numerator_df, denominator_df);
  const double high = f * quantile_f(high_tail, denominator_df, numerator_df);
  *ret_single =
      (struct stance_estimate){single_of_f(f, k), single_of_f(low, k), single_of_f(high, k)};
  *ret_mean = (struct stance_estimate){1 - 1 / f, 1 - 1 / low, 1 - 1 / high};
}

/* Spearman and Brown. */
static double mean_of_single(double icc, double k)
{
  return k * icc / (1 + (k - 1) * icc);
}

/* Limits with Satterthwaite's degrees of freedom: McGraw & Wong 1996, table 7, ICC(A,1). A negative
   ICC weighs there as 0, so that the degrees of freedom stay those of a mean square. */
static struct stance_estimate icc_agreement(const struct table *table)
{
  const double n = table->n, k = table->k;
  const double between = table->between, tests = table->tests, error = table->error;
  struct stance_estimate icc = {.value = (between - error) /
                                         (between + (k - 1) * error + k * (tests - error) / n)};
  const double a = k * fmax(icc.value, 0) / (n * (1 - fmax(icc.value, 0)));
  const double b = 1 + a * (n - 1);
  const double mixed = a * tests + b * error;
  const double df = mixed * mixed /
                    (a * tests * a * tests / (k - 1) + b * error * b * error / ((n - 1) * (k - 1)));
  const double rest = k * tests + (k * n - k - n) * error;
  const double low_f = quantile_f(high_tail, n - 1, df), high_f = quantile_f(high_tail, df, n - 1);
  icc.low = n * (between - low_f * error) / (low_f * rest + n * between);
  icc.high = n * (high_f * between - error) / (rest + n * high_f * between);
  return icc;
}

static struct stance_estimate shift_of(const double *value, size_t athletes, size_t tests)
{
  const double n = (double)athletes;
  double mean = 0, squares = 0;
  for (size_t a = 0; a < athletes; a++)
    mean += (value[a * tests + tests - 1] - value[a * tests]) / n;
  for (size_t a = 0; a < athletes; a++) {
    const double distance = value[a * tests + tests - 1] - value[a * tests] - mean;
    squares += distance * distance;
  }
  const double half = quantile_t(high_tail, n - 1) * sqrt(squares / (n - 1) / n);
  return (struct stance_estimate){mean, mean - half, mean + half};
}

static enum stance_status check(const double *value, size_t athletes, size_t tests,
                                struct stance_problem *problem)
{
  if (athletes < 2 || tests < 2)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%zu athletes with %zu tests each: reliability needs at least two "
                              "athletes, each tested at least twice",
                              athletes, tests);
  for (size_t a = 0; a < athletes; a++)
    for (size_t t = 0; t < tests; t++)
      if (!isfinite(value[a * tests + t]))
        return stance_problem_set(problem, STANCE_INPUT,
                                  "athlete %zu has no value in test %zu: leave the athlete out, "
                                  "an empty cell is never filled in",
                                  a + 1, t + 1);
  return STANCE_OK;
}

static enum stance_status study(const double *value, size_t athletes, size_t tests,
                                struct stance_reliability *ret_result,
                                struct stance_problem *problem)
{
  const struct table table = analyse_table(value, athletes, tests);
  if (!isfinite(table.between + table.tests + table.within))
    return stance_problem_set(problem, STANCE_INPUT,
                              "values up to %g: their squares are no numbers any more",
                              table.largest);
  if (sqrt(table.error) <= rounding * table.largest)
    return stance_problem_set(problem, STANCE_INPUT,
                              "the %zu tests of the %zu athletes differ by nothing but a shift: is "
                              "one recording counted twice?",
                              tests, athletes);
  const double n = table.n, k = table.k;
  struct stance_reliability result = {
      .athletes = athletes,
      .tests = tests,
      .mean = table.mean,
      .degrees_of_freedom = (n - 1) * (k - 1),
      .sem = deviation(table.within, n * (k - 1)),
      .cv_pct = {(double)NAN, (double)NAN, (double)NAN},
      .log_error_pct = (double)NAN,
      .cv_simple_pct = (double)NAN,
      .icc_2_1 = icc_agreement(&table),
      .shift = shift_of(value, athletes, tests),
  };
  result.typical_error = deviation(table.error, result.degrees_of_freedom);
  result.mdc95 =
      scaled(result.typical_error, stance_reliability_mdc95(1, result.degrees_of_freedom));
  icc_of_ratio(table.between / table.within, n - 1, n * (k - 1), k, &result.icc_1_1,
               &result.icc_1_k);
  icc_of_ratio(table.between / table.error, n - 1, result.degrees_of_freedom, k, &result.icc_3_1,
               &result.icc_3_k);
  result.icc_2_k = (struct stance_estimate){mean_of_single(result.icc_2_1.value, k),
                                            mean_of_single(result.icc_2_1.low, k),
                                            mean_of_single(result.icc_2_1.high, k)};
  *ret_result = result;
  return STANCE_OK;
}

/* 100·ln of every value; false where one is not above 0. */
static bool to_log_scale(const double *value, size_t count, double *ret_log)
{
  for (size_t c = 0; c < count; c++) {
    if (!(value[c] > 0))
      return false;
    ret_log[c] = 100 * log(value[c]);
  }
  return true;
}

static double percent_of_log(double log_pct)
{
  return 100 * expm1(log_pct / 100);
}

enum stance_status stance_reliability_of(const double *value, size_t athletes, size_t tests,
                                         struct stance_reliability *ret_result,
                                         struct stance_problem *problem)
{
  struct stance_reliability result, log_result;
  enum stance_status status = check(value, athletes, tests, problem);
  if (status == STANCE_OK)
    status = study(value, athletes, tests, &result, problem);
  if (status != STANCE_OK)
    return status;
  double *log_value = calloc(athletes * tests, sizeof *log_value);
  if (log_value == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  if (to_log_scale(value, athletes * tests, log_value)) {
    result.cv_simple_pct = 100 * result.typical_error.value / result.mean;
    /* A pure factor from test to test leaves no error on this scale; there is then no CV. */
    if (study(log_value, athletes, tests, &log_result, NULL) == STANCE_OK) {
      result.log_error_pct = log_result.typical_error.value;
      result.cv_pct = (struct stance_estimate){percent_of_log(log_result.typical_error.value),
                                               percent_of_log(log_result.typical_error.low),
                                               percent_of_log(log_result.typical_error.high)};
    }
  }
  free(log_value);
  *ret_result = result;
  return STANCE_OK;
}

enum stance_status stance_reliability_of_sides(const double *left, const double *right,
                                               size_t athletes, size_t tests,
                                               struct stance_reliability *ret_result,
                                               struct stance_problem *problem)
{
  enum stance_status status = check(left, athletes, tests, problem);
  if (status == STANCE_OK)
    status = check(right, athletes, tests, problem);
  if (status != STANCE_OK)
    return status;
  const size_t count = athletes * tests;
  double *ratio = calloc(count, sizeof *ratio);
  if (ratio == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  for (size_t c = 0; c < count && status == STANCE_OK; c++) {
    ratio[c] = 100 * log(right[c] / left[c]);
    if (!(left[c] > 0 && right[c] > 0))
      status = stance_problem_set(problem, STANCE_INPUT,
                                  "athlete %zu, test %zu: left %g and right %g have no ratio; both "
                                  "must be above 0",
                                  c / tests + 1, c % tests + 1, left[c], right[c]);
  }
  if (status == STANCE_OK)
    status = study(ratio, athletes, tests, ret_result, problem);
  free(ratio);
  return status;
}

double stance_reliability_factor(double degrees_of_freedom)
{
  return quantile_t(high_tail, degrees_of_freedom);
}

double stance_reliability_mdc95(double typical_error, double degrees_of_freedom)
{
  return stance_reliability_factor(degrees_of_freedom) * sqrt(2) * typical_error;
}
