/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GSL's own inverses of chi-square and F do not converge for some degrees of freedom between 1 and
   5,000, and then end the program. Here they are solved on its cumulative and density functions,
   which have no such end; nor has its inverse of Student's t. */
#include "statistics_quantile.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

struct distribution {
  double (*cumulative)(double x, double first_df, double second_df);
  double (*density)(double x, double first_df, double second_df);
  double first_df, second_df;
};

/* Where the distribution over x > 0 reaches p, between e^low and e^high: Newton's steps on ln x,
   kept inside a bracket that each step narrows. */
static double solve(const struct distribution *of, double p, double low, double high)
{
  enum { STEPS_MAX = 200 };            /* halving alone ends after 64 */
  static const double precise = 1e-14; /* relative, of x */
  double at = low < 0 && high > 0 ? 0 : (low + high) / 2;
  for (int step = 0; step < STEPS_MAX && high - low > precise; step++) {
    const double x = exp(at);
    const double error = of->cumulative(x, of->first_df, of->second_df) - p;
    const double slope = of->density(x, of->first_df, of->second_df) * x;
    if (error > 0)
      high = at;
    else
      low = at;
    const double next = at - error / slope;
    if (fabs(next - at) <= precise)
      break;
    at = next > low && next < high ? next : (low + high) / 2;
  }
  return exp(at);
}

double quantile_t(double p, double degrees_of_freedom)
{
  assert(p > 0 && p < 1 && degrees_of_freedom > 0);
  return isinf(degrees_of_freedom) ? gsl_cdf_ugaussian_Pinv(p)
                                   : gsl_cdf_tdist_Pinv(p, degrees_of_freedom);
}

double quantile_f(double p, double numerator_df, double denominator_df)
{
  assert(p > 0 && p < 1 && numerator_df > 0 && denominator_df > 0);
  const struct distribution f = {gsl_cdf_fdist_P, gsl_ran_fdist_pdf, numerator_df, denominator_df};
  return solve(&f, p, -700, 700); /* exp of these is near the limits of binary64 */
}

static double chi_square_cumulative(double x, double df, double unused)
{
  (void)unused;
  return gsl_cdf_chisq_P(x, df);
}

static double chi_square_density(double x, double df, double unused)
{
  (void)unused;
  return gsl_ran_chisq_pdf(x, df);
}

/* Wilson & Hilferty 1931: the cube root is nearly normal. */
static double chi_square_near(double z, double df)
{
  const double root = 1 - 2 / (9 * df) + z * sqrt(2 / (9 * df));
  return root > 0 ? df * root * root * root : 0;
}

double quantile_chi_square(double p, double degrees_of_freedom)
{
  /* Six standard deviations hold every p used here; beyond them GSL's tails underflow. */
  static const double widest = 6;
  const double df = degrees_of_freedom;
  assert(p > 1e-6 && p < 1 - 1e-6 && df >= 1 && isfinite(df));
  const struct distribution chi_square = {chi_square_cumulative, chi_square_density, df, 0};
  const double smallest = 1e-12 * df; /* below the quantile 1e-6 of 1 degree of freedom */
  return solve(&chi_square, p, log(fmax(smallest, chi_square_near(-widest, df))),
               log(chi_square_near(widest, df)));
}
