/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "filter_private.h"

#include <math.h>
#include <string.h>

enum { LANES = STANCE_FILTER_CHANNEL_COUNT_MAX, ALL_LANES = (1 << LANES) - 1 };

/* Group delay at zero frequency, in samples: Σ damping / (2·tangent). Each prototype section delays
   by `damping` seconds at 1 rad/s, and the bilinear map stretches that by rate / (2·tangent). */
static double delay_samples(const struct stance_lowpass *design)
{
  double damping = 0.0;
  for (unsigned k = 0; k < design->order_per_pass / 2; k++) {
    damping += stance_butterworth_damping(design->order_per_pass, k);
  }
  return damping / (2.0 * stance_lowpass_tangent(design));
}

enum stance_status stance_causal_init(struct stance_causal *filter,
                                      const struct stance_lowpass *design, size_t channel_count,
                                      struct stance_problem *problem)
{
  if (channel_count < 1 || channel_count > LANES) {
    return stance_problem_set(problem, STANCE_USAGE, "live filter: %zu channels; it takes 1 to %d",
                              channel_count, LANES);
  }
  if (design->passes != 1) {
    return stance_problem_set(problem, STANCE_USAGE,
                              "live filter: %u passes; a causal filter has one", design->passes);
  }
  struct stance_causal built = {.channel_count = channel_count};
  enum stance_status status =
      stance_lowpass_sections(design, built.section, &built.section_count, problem);
  if (status != STANCE_OK) {
    return status;
  }
  built.delay_s = delay_samples(design) / design->rate_hz;
  *filter = built;
  return STANCE_OK;
}

/* All lanes of one section by one sampling instant: a loop of constant length without branches or
   aliases, which compilers turn into a few vector instructions. */
static void run_section(const struct stance_biquad *section, double *restrict first,
                        double *restrict second, double *restrict value)
{
  const double b0 = section->b0, b1 = section->b1, b2 = section->b2;
  const double a1 = section->a1, a2 = section->a2;
  for (int lane = 0; lane < LANES; lane++) {
    double in = value[lane];
    double out = b0 * in + first[lane];
    first[lane] = (b1 * in - a1 * out) + second[lane];
    second[lane] = b2 * in - a2 * out;
    value[lane] = out;
  }
}

/* The state in which a constant has always been there. Every section passes it on with gain 1. */
static void prime(struct stance_causal *filter, int lane, double value)
{
  for (size_t k = 0; k < filter->section_count; k++) {
    const struct stance_biquad *section = &filter->section[k];
    filter->state[k][0][lane] = (1.0 - section->b0) * value;
    filter->state[k][1][lane] = (section->b2 - section->a2) * value;
  }
  filter->primed |= 1U << lane;
}

static unsigned finite_lanes(const double value[LANES])
{
  unsigned lanes = 0;
  for (int lane = 0; lane < LANES; lane++) {
    lanes |= (isfinite(value[lane]) ? 1U : 0U) << lane;
  }
  return lanes;
}

/* Zero times anything but NaN and ∞ is zero. */
static bool all_finite(const double value[LANES])
{
  typedef double lanes __attribute__((vector_size(LANES / 4 * sizeof(double))));
  lanes v[4];
  _Static_assert(sizeof v == LANES * sizeof *value, "the lanes fill the vectors");
  memcpy(v, value, sizeof v);
  const lanes none = {0.0};
  const lanes sum = (v[0] * none + v[1] * none) + (v[2] * none + v[3] * none);
  return sum[0] + sum[1] == 0.0;
}

/* An instant in which a lane starts, or holds no number: that lane's state stays as it is. */
static void run_exception(struct stance_causal *filter, double value[LANES], unsigned finite)
{
  double held[STANCE_BIQUAD_COUNT_MAX][2][LANES];
  for (int lane = 0; lane < LANES; lane++) {
    if ((finite & ~filter->primed) >> lane & 1U) {
      prime(filter, lane, value[lane]);
    }
  }
  memcpy(held, filter->state, sizeof held);
  for (size_t k = 0; k < filter->section_count; k++) {
    run_section(&filter->section[k], filter->state[k][0], filter->state[k][1], value);
  }
  for (int lane = 0; lane < LANES; lane++) {
    if (finite >> lane & 1U) {
      continue;
    }
    for (size_t k = 0; k < filter->section_count; k++) {
      filter->state[k][0][lane] = held[k][0][lane];
      filter->state[k][1][lane] = held[k][1][lane];
    }
    value[lane] = (double)NAN;
  }
}

void stance_causal_process(struct stance_causal *filter, const double *frames, size_t frame_count,
                           double *ret_frames)
{
  const size_t channels = filter->channel_count;
  for (size_t i = 0; i < frame_count; i++) {
    double value[LANES] = {0};
    if (channels == LANES) { /* a length that the compiler knows is no call */
      memcpy(value, frames + i * LANES, sizeof value);
    } else {
      memcpy(value, frames + i * channels, channels * sizeof *value);
    }
    if (filter->primed == ALL_LANES && all_finite(value)) {
      for (size_t k = 0; k < filter->section_count; k++) {
        run_section(&filter->section[k], filter->state[k][0], filter->state[k][1], value);
      }
    } else {
      run_exception(filter, value, finite_lanes(value));
    }
    if (channels == LANES) {
      memcpy(ret_frames + i * LANES, value, sizeof value);
    } else {
      memcpy(ret_frames + i * channels, value, channels * sizeof *value);
    }
  }
}
