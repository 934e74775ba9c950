/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "filter_private.h"

#include <math.h>

double stance_lowpass_correction(unsigned order_per_pass, unsigned passes)
{
  return pow(pow(2.0, 1.0 / passes) - 1.0, 1.0 / (2.0 * order_per_pass));
}

enum stance_status stance_lowpass_check(const struct stance_lowpass *design,
                                        struct stance_problem *problem)
{
  if (!isfinite(design->rate_hz) || design->rate_hz <= 0.0) {
    return stance_problem_set(problem, STANCE_USAGE,
                              "low-pass: the sampling rate is %g Hz; it must be above 0",
                              design->rate_hz);
  }
  if (!(design->cutoff_hz > 0.0 && design->cutoff_hz < design->rate_hz / 2.0)) {
    return stance_problem_set(problem, STANCE_USAGE,
                              "low-pass: the cutoff is %g Hz; at %g Hz sampling it must lie "
                              "between 0 and %g Hz, both excluded",
                              design->cutoff_hz, design->rate_hz, design->rate_hz / 2.0);
  }
  unsigned order_max = 2 * STANCE_BIQUAD_COUNT_MAX;
  if (design->order_per_pass < 2 || design->order_per_pass > order_max ||
      design->order_per_pass % 2 != 0) {
    return stance_problem_set(problem, STANCE_USAGE,
                              "low-pass: order %u in a pass; choose an even order from 2 to %u",
                              design->order_per_pass, order_max);
  }
  if (design->passes != 1 && design->passes != 2) {
    return stance_problem_set(problem, STANCE_USAGE,
                              "low-pass: %u passes; choose 1 (causal) or 2 (zero-lag)",
                              design->passes);
  }
  return STANCE_OK;
}

double stance_lowpass_tangent(const struct stance_lowpass *design)
{
  double tangent = tan(M_PI * design->cutoff_hz / design->rate_hz);
  if (design->uncorrected) {
    return tangent;
  }
  return tangent / stance_lowpass_correction(design->order_per_pass, design->passes);
}

double stance_butterworth_damping(unsigned order, unsigned k)
{
  return 2.0 * sin((2.0 * k + 1.0) * M_PI / (2.0 * order));
}

/* Bilinear transform of 1 / (s² + damping·s + 1) at s = (1/tangent)·(z − 1)/(z + 1). The numerator
   is taken from the rounded denominator: 1 + a1 + a2 is exact (Sterbenz), so that the section as
   stored passes a constant with a gain of exactly 1. */
static struct stance_biquad bilinear_section(double tangent, double damping)
{
  double square = tangent * tangent;
  double scale = 1.0 + damping * tangent + square;
  struct stance_biquad section;
  section.a1 = 2.0 * (square - 1.0) / scale;
  section.a2 = (1.0 - damping * tangent + square) / scale;
  section.b0 = (1.0 + section.a1 + section.a2) / 4.0;
  section.b1 = 2.0 * section.b0;
  section.b2 = section.b0;
  return section;
}

enum stance_status
stance_lowpass_sections(const struct stance_lowpass *design,
                        struct stance_biquad ret_sections[STANCE_BIQUAD_COUNT_MAX],
                        size_t *ret_count, struct stance_problem *problem)
{
  enum stance_status status = stance_lowpass_check(design, problem);
  if (status != STANCE_OK) {
    return status;
  }
  double tangent = stance_lowpass_tangent(design);
  unsigned count = design->order_per_pass / 2;
  for (unsigned k = 0; k < count; k++) {
    /* The best damped section first: the ringing ones then see a smoother input. */
    double damping = stance_butterworth_damping(design->order_per_pass, count - 1 - k);
    ret_sections[k] = bilinear_section(tangent, damping);
  }
  *ret_count = count;
  return STANCE_OK;
}
