/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantiles of the distributions that confidence limits are made of; private to analysis. GSL is
   included in the file behind it. */
#ifndef STANCE_STATISTICS_QUANTILE_H
#define STANCE_STATISTICS_QUANTILE_H

/* `p` within (0, 1); degrees of freedom above 0, fractions too. Student's t with INFINITY degrees
   of freedom is the normal distribution; chi-square takes at least one, and p no nearer to an end
   than 1e-6. */
double quantile_t(double p, double degrees_of_freedom);
double quantile_chi_square(double p, double degrees_of_freedom);
double quantile_f(double p, double numerator_df, double denominator_df);

#endif
