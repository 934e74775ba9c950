/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fft.h"
#include "filter_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  BLOCK_LENGTH = 4096, /* fits the second-level cache with spectrum and gain; measured fastest */
  BLOCK_LENGTH_MAX = 1 << 20,
};
/* Where the response is cut: its tail times the largest sample stays below any converter step, and
   below the 1e-10 at which overlap-save would show. */
static const double RESPONSE_TAIL = 1e-12;

struct stance_zero_phase {
  struct stance_fft *fft;
  size_t block;   /* samples in one transform */
  size_t reach;   /* samples on either side on which an output sample depends */
  double *gain;   /* block / 2 + 1 values, 1 / block folded in */
  double *beyond; /* the signal continued past its end, `reach` samples */
  double *kept;   /* the last 2·reach samples of a block, which open the next one */
};

/* Decay of the impulse response per sample: the radius of the pole nearest to the unit circle,
   z = (1 + K·s) / (1 − K·s) at the least damped pole s of the prototype. */
static double slowest_pole_radius(const struct stance_lowpass *design)
{
  double tangent = stance_lowpass_tangent(design);
  double damping = stance_butterworth_damping(design->order_per_pass, 0);
  double square = tangent * tangent;
  return sqrt((1.0 - damping * tangent + square) / (1.0 + damping * tangent + square));
}

/* 0 where even the longest block would not do. */
static size_t response_reach(const struct stance_lowpass *design)
{
  double response = ceil(log(RESPONSE_TAIL) / log(slowest_pole_radius(design)));
  double padding = ceil(6.0 * design->rate_hz / design->cutoff_hz); /* SCIENCE: 6·fs/fc */
  double reach = fmax(response, padding);
  return reach <= BLOCK_LENGTH_MAX / 4 ? (size_t)reach : 0;
}

static size_t block_for(size_t reach)
{
  size_t block = BLOCK_LENGTH;
  while (block < 4 * reach) {
    block *= 2;
  }
  return block;
}

/* Magnitude of `passes` runs of the Butterworth filter at every frequency of the block. */
static void set_gain(struct stance_zero_phase *filter, const struct stance_lowpass *design)
{
  const double tangent = stance_lowpass_tangent(design);
  const double block = (double)filter->block;
  const double exponent = 2.0 * design->order_per_pass;
  size_t half = filter->block / 2;
  for (size_t k = 0; k < half; k++) {
    double warped = tan(M_PI * (double)k / block) / tangent;
    double squared = 1.0 / (1.0 + pow(warped, exponent));
    filter->gain[k] = (design->passes == 2 ? squared : sqrt(squared)) / block;
  }
  filter->gain[half] = 0.0; /* the bilinear map puts infinity here */
}

static void release(struct stance_zero_phase *filter)
{
  stance_fft_destroy(filter->fft);
  free(filter->gain);
  free(filter->beyond);
  free(filter->kept);
}

static enum stance_status prepare(size_t block, struct stance_zero_phase *ret_filter)
{
  struct stance_zero_phase filter = {.block = block};
  enum stance_status status = stance_fft_create(block, &filter.fft);
  if (status != STANCE_OK) {
    return status;
  }
  filter.gain = malloc((block / 2 + 1) * sizeof *filter.gain);
  filter.beyond = malloc(block / 4 * sizeof *filter.beyond);
  filter.kept = malloc(block / 2 * sizeof *filter.kept);
  if (filter.gain == NULL || filter.beyond == NULL || filter.kept == NULL) {
    release(&filter);
    return STANCE_MEMORY;
  }
  *ret_filter = filter;
  return STANCE_OK;
}

enum stance_status stance_zero_phase_retune(struct stance_zero_phase *filter,
                                            const struct stance_lowpass *design,
                                            struct stance_problem *problem)
{
  enum stance_status status = stance_lowpass_check(design, problem);
  if (status != STANCE_OK) {
    return status;
  }
  size_t reach = response_reach(design);
  if (reach == 0) {
    return stance_problem_set(problem, STANCE_USAGE,
                              "low-pass: a cutoff of %g Hz at %g Hz sampling is too close to 0 or "
                              "to half the rate; thin out the signal first or choose another",
                              design->cutoff_hz, design->rate_hz);
  }
  size_t block = block_for(reach);
  if (block != filter->block) {
    struct stance_zero_phase other;
    status = prepare(block, &other);
    if (status != STANCE_OK) {
      return stance_problem_set(problem, status, "low-pass: no memory for blocks of %zu samples",
                                block);
    }
    release(filter);
    *filter = other;
  }
  filter->reach = reach;
  set_gain(filter, design);
  return STANCE_OK;
}

enum stance_status stance_zero_phase_create(const struct stance_lowpass *design,
                                            struct stance_zero_phase **ret_filter,
                                            struct stance_problem *problem)
{
  struct stance_zero_phase *filter = calloc(1, sizeof *filter);
  if (filter == NULL) {
    return stance_problem_set(problem, STANCE_MEMORY, "low-pass: no memory");
  }
  enum stance_status status = stance_zero_phase_retune(filter, design, problem);
  if (status != STANCE_OK) {
    stance_zero_phase_destroy(filter);
    return status;
  }
  *ret_filter = filter;
  return STANCE_OK;
}

void stance_zero_phase_destroy(struct stance_zero_phase *filter)
{
  if (filter != NULL) {
    release(filter);
    free(filter);
  }
}

/* The signal less the line through its end samples. */
struct residual {
  const double *signal;
  size_t count;
  double start, slope;
};

static double line_at(const struct residual *residual, size_t i)
{
  return residual->start + residual->slope * (double)i;
}

/* Continued by odd reflection at both ends for ever: with zero at either end that is the signal,
   then the signal backwards and negated, and so on. */
static double residual_beyond(const struct residual *residual, size_t distance_past_end)
{
  size_t last = residual->count - 1;
  size_t place = distance_past_end % (2 * last);
  if (place <= last) {
    size_t i = last - place;
    return -(residual->signal[i] - line_at(residual, i));
  }
  size_t i = place - last;
  return residual->signal[i] - line_at(residual, i);
}

static double residual_before(const struct residual *residual, size_t distance_before_start)
{
  size_t last = residual->count - 1;
  size_t place = distance_before_start % (2 * last);
  if (place <= last) {
    return -(residual->signal[place] - line_at(residual, place));
  }
  size_t i = 2 * last - place;
  return residual->signal[i] - line_at(residual, i);
}

/* Samples `first` … of the continued residual into the block: signal, what lies beyond it, and
   zeros where no output depends on them any more. */
static void load(const struct stance_zero_phase *filter, const struct residual *residual,
                 size_t first, size_t count, double *ret_block)
{
  size_t done = 0;
  if (first < residual->count) {
    size_t inside = residual->count - first < count ? residual->count - first : count;
    for (; done < inside; done++) {
      ret_block[done] = residual->signal[first + done] - line_at(residual, first + done);
    }
  }
  for (; done < count && first + done < residual->count + filter->reach; done++) {
    ret_block[done] = filter->beyond[first + done - residual->count];
  }
  for (; done < count; done++) {
    ret_block[done] = 0.0;
  }
}

static void transform(struct stance_zero_phase *filter)
{
  stance_fft_forward(filter->fft);
  double *spectrum = stance_fft_spectrum(filter->fft);
  for (size_t k = 0; k <= filter->block / 2; k++) {
    spectrum[2 * k] *= filter->gain[k];
    spectrum[2 * k + 1] *= filter->gain[k];
  }
  stance_fft_backward(filter->fft);
}

/* The block's first 2·reach samples repeat the end of the block before; `reach` of either end of
   the transform hold wrapped values and are not used. Reading runs ahead of writing by `reach`,
   and what lies beyond the end was continued first, so that the output may be the input. */
static bool filter_blocks(struct stance_zero_phase *filter, const struct residual *residual,
                          double *ret_out)
{
  const size_t reach = filter->reach, overlap = 2 * reach, step = filter->block - overlap;
  double *block = stance_fft_signal(filter->fft);
  for (size_t k = 0; k < reach; k++) {
    filter->beyond[k] = residual_beyond(residual, k + 1);
    filter->kept[k] = residual_before(residual, reach - k);
  }
  load(filter, residual, 0, reach, filter->kept + reach);
  for (size_t start = 0; start < residual->count; start += step) {
    memcpy(block, filter->kept, overlap * sizeof *block);
    load(filter, residual, start + reach, step, block + overlap);
    memcpy(filter->kept, block + step, overlap * sizeof *block);
    transform(filter);
    /* Every output of a transform depends on every input: one NaN shows in all of them. */
    if (!isfinite(block[reach])) {
      return false;
    }
    size_t left = residual->count - start;
    for (size_t i = 0; i < (left < step ? left : step); i++) {
      ret_out[start + i] = block[reach + i] + line_at(residual, start + i);
    }
  }
  return true;
}

enum stance_status stance_zero_phase_apply(struct stance_zero_phase *filter, const double *in,
                                           size_t count, double *ret_out)
{
  if (count < 2) { /* nothing, or a constant */
    for (size_t i = 0; i < count; i++) {
      ret_out[i] = in[i];
    }
    return STANCE_OK;
  }
  struct residual residual = {.signal = in, .count = count, .start = in[0]};
  residual.slope = (in[count - 1] - in[0]) / (double)(count - 1);
  return filter_blocks(filter, &residual, ret_out) ? STANCE_OK : STANCE_INPUT;
}
