/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fft.h"
#include "filter_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  BLOCK_LENGTH = STANCE_FFT_USUAL_LENGTH,
  BLOCK_LENGTH_MAX = 1 << 20,
  REACH_MAX = BLOCK_LENGTH_MAX / 4, /* at either end: half of the block is left */
};
/* Where the response is cut off. 1e-10 would do for what wraps around in a block; 1e-14 makes that
   vanish in the rounding of the transform for 2 % more time. */
static const double RESPONSE_TAIL = 1e-14;

struct stance_zero_phase {
  struct stance_lowpass design; /* what it is tuned to */
  struct stance_fft *fft;
  size_t block;   /* samples in one transform */
  size_t reach;   /* samples on either side on which an output sample depends */
  double *gain;   /* one for each double of the spectrum, 1 / block folded in */
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

/* How far the response reaches. STANCE_USAGE where even the longest block would not do. */
static enum stance_status find_reach(const struct stance_lowpass *design, size_t *ret_reach,
                                     struct stance_problem *problem)
{
  enum stance_status status = stance_lowpass_check(design, problem);
  if (status != STANCE_OK) {
    return status;
  }
  double reach = ceil(log(RESPONSE_TAIL) / log(slowest_pole_radius(design)));
  if (reach > REACH_MAX) {
    return stance_problem_set(problem, STANCE_USAGE,
                              "low-pass: a cutoff of %g Hz at %g Hz sampling is too close to 0 or "
                              "to half the rate; thin out the signal first or choose another",
                              design->cutoff_hz, design->rate_hz);
  }
  *ret_reach = (size_t)reach;
  return STANCE_OK;
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
    double gain = (design->passes == 2 ? squared : sqrt(squared)) / block;
    filter->gain[2 * k] = filter->gain[2 * k + 1] = gain;
  }
  filter->gain[2 * half] = filter->gain[2 * half + 1] =
      0.0; /* the bilinear map puts infinity here */
}

static void release(struct stance_zero_phase *filter)
{
  stance_fft_destroy(filter->fft);
  free(filter->gain);
  free(filter->beyond);
  free(filter->kept);
}

static enum stance_status prepare(size_t block, struct stance_zero_phase *ret_filter,
                                  struct stance_problem *problem)
{
  struct stance_zero_phase filter = {.block = block};
  enum stance_status status = stance_fft_create(block, &filter.fft);
  filter.gain = malloc((block + 2) * sizeof *filter.gain);
  filter.beyond = malloc(block / 4 * sizeof *filter.beyond);
  filter.kept = malloc(block / 2 * sizeof *filter.kept);
  if (status != STANCE_OK || filter.gain == NULL || filter.beyond == NULL || filter.kept == NULL) {
    release(&filter);
    return stance_problem_set(problem, STANCE_MEMORY,
                              "low-pass: no memory for blocks of %zu samples", block);
  }
  *ret_filter = filter;
  return STANCE_OK;
}

static bool same_design(const struct stance_lowpass *a, const struct stance_lowpass *b)
{
  return a->rate_hz == b->rate_hz && a->cutoff_hz == b->cutoff_hz &&
         a->order_per_pass == b->order_per_pass && a->passes == b->passes &&
         a->uncorrected == b->uncorrected;
}

enum stance_status stance_zero_phase_retune(struct stance_zero_phase *filter,
                                            const struct stance_lowpass *design,
                                            struct stance_problem *problem)
{
  /* Trial after trial at one rate: the gain's tangents and powers would be half of a segmentation.
   */
  if (same_design(&filter->design, design)) {
    return STANCE_OK;
  }
  size_t reach;
  enum stance_status status = find_reach(design, &reach, problem);
  if (status != STANCE_OK) {
    return status;
  }
  if (block_for(reach) != filter->block) {
    struct stance_zero_phase other;
    status = prepare(block_for(reach), &other, problem);
    if (status != STANCE_OK) {
      return status;
    }
    release(filter);
    *filter = other;
  }
  filter->reach = reach;
  filter->design = *design;
  set_gain(filter, design);
  return STANCE_OK;
}

enum stance_status stance_zero_phase_create(const struct stance_lowpass *design,
                                            struct stance_zero_phase **ret_filter,
                                            struct stance_problem *problem)
{
  size_t reach;
  enum stance_status status = find_reach(design, &reach, problem);
  if (status != STANCE_OK) {
    return status;
  }
  struct stance_zero_phase *filter = malloc(sizeof *filter);
  if (filter == NULL) {
    return stance_problem_set(problem, STANCE_MEMORY, "low-pass: no memory");
  }
  status = prepare(block_for(reach), filter, problem);
  if (status != STANCE_OK) {
    free(filter);
    return status;
  }
  filter->reach = reach;
  filter->design = *design;
  set_gain(filter, design);
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

/* The signal less its first sample, so that a constant is exactly zero on its way through the
   transform, and continued at both ends. */
struct offset_signal {
  const double *signal;
  size_t count;
  double start, rise; /* rise: last sample less the first */
};

/* Place `i` ≥ 0 of the signal continued by odd reflection at both ends for ever. From its start at
   zero it repeats after twice its length, higher by twice its rise; before its start it is the
   negative of the same. */
static double continued(const struct offset_signal *offset, size_t i)
{
  size_t last = offset->count - 1;
  size_t whole = i / (2 * last), place = i % (2 * last);
  double raised = 2.0 * (double)whole * offset->rise;
  if (place <= last) {
    return raised + (offset->signal[place] - offset->start);
  }
  double mirrored = offset->signal[2 * last - place] - offset->start;
  return raised + (2.0 * offset->rise - mirrored);
}

/* Samples `first` … into the block: signal, what lies beyond it, and zeros where no output depends
   on them any more. */
static void load(const struct stance_zero_phase *filter, const struct offset_signal *offset,
                 size_t first, size_t count, double *ret_block)
{
  size_t done = 0;
  if (first < offset->count) {
    size_t inside = offset->count - first < count ? offset->count - first : count;
    for (; done < inside; done++) {
      ret_block[done] = offset->signal[first + done] - offset->start;
    }
  }
  for (; done < count && first + done < offset->count + filter->reach; done++) {
    ret_block[done] = filter->beyond[first + done - offset->count];
  }
  for (; done < count; done++) {
    ret_block[done] = 0.0;
  }
}

static void transform(struct stance_zero_phase *filter)
{
  stance_fft_forward(filter->fft);
  double *restrict spectrum = stance_fft_spectrum(filter->fft);
  const double *restrict gain = filter->gain;
  for (size_t k = 0; k < filter->block + 2; k++) {
    spectrum[k] *= gain[k];
  }
  stance_fft_backward(filter->fft);
}

/* The block's first 2·reach samples repeat the end of the block before; `reach` at either end of
   the transform hold wrapped values and are not used. Reading runs ahead of writing by `reach`,
   and what lies beyond the end was continued first, so that the output may be the input. */
static bool filter_blocks(struct stance_zero_phase *filter, const struct offset_signal *offset,
                          double *ret_out)
{
  const size_t reach = filter->reach, overlap = 2 * reach, step = filter->block - overlap;
  double *block = stance_fft_signal(filter->fft);
  for (size_t k = 0; k < reach; k++) {
    filter->beyond[k] = continued(offset, offset->count + k);
    filter->kept[k] = -continued(offset, reach - k);
  }
  load(filter, offset, 0, reach, filter->kept + reach);
  for (size_t first = 0; first < offset->count; first += step) {
    memcpy(block, filter->kept, overlap * sizeof *block);
    load(filter, offset, first + reach, step, block + overlap);
    memcpy(filter->kept, block + step, overlap * sizeof *block);
    transform(filter);
    /* Every output of a transform depends on every input: one NaN shows in all of them. */
    if (!isfinite(block[reach])) {
      return false;
    }
    size_t left = offset->count - first;
    for (size_t i = 0; i < (left < step ? left : step); i++) {
      ret_out[first + i] = block[reach + i] + offset->start;
    }
  }
  return true;
}

static bool all_finite(const double *signal, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(signal[i])) {
      return false;
    }
  }
  return true;
}

enum stance_status stance_zero_phase_apply(struct stance_zero_phase *filter, const double *in,
                                           size_t count, double *ret_out)
{
  /* In place a failure half-way would lose the signal. Elsewhere the blocks find out by themselves:
     reading everything first costs a tenth of the whole. */
  if ((in == ret_out || count < 2) && !all_finite(in, count)) {
    return STANCE_INPUT;
  }
  if (count < 2) { /* nothing, or a constant */
    for (size_t i = 0; i < count; i++) {
      ret_out[i] = in[i];
    }
    return STANCE_OK;
  }
  struct offset_signal offset = {.signal = in, .count = count, .start = in[0]};
  offset.rise = in[count - 1] - in[0];
  return filter_blocks(filter, &offset, ret_out) ? STANCE_OK : STANCE_INPUT;
}
