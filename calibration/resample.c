/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resample.h"

#include "stance/conditioning.h"

#include <math.h>
#include <stdlib.h>

static const double pi = 3.141592653589793;
static const double half_length = STANCE_CONDITIONING_HALF_LENGTH;
/* Kaiser 1974: attenuation of a window of 8 samples with a transition of 0.5 cycles per sample,
   7.95 + 14.36·0.5·8 = 65.4 dB, and its shape parameter 0.1102·(65.4 − 8.7). */
static const double kaiser_beta = 6.248;
/* Weights that are rounding: at whole distances the sinc is zero. */
static const double weight_min = 1e-12;
/* Linear interpolation in a table of that many entries a sample is right to 3e−7 (h²/8·π²/3). */
enum { TABLE_PER_SAMPLE = 2048, TABLE_SIZE = STANCE_CONDITIONING_HALF_LENGTH * TABLE_PER_SAMPLE };

/* Modified Bessel function of order 0: its power series, all terms positive. */
static double bessel_i0(double x)
{
  double term = 1.0, sum = 1.0;
  for (int k = 1; term > 1e-17 * sum; k++) {
    term *= (x / (2.0 * k)) * (x / (2.0 * k));
    sum += term;
  }
  return sum;
}

/* The filter at `distance` output samples from its middle. */
static double kernel(double distance)
{
  const double share = distance / half_length;
  if (!(fabs(share) < 1.0))
    return 0.0;
  const double sinc = distance == 0.0 ? 1.0 : sin(pi * distance) / (pi * distance);
  return sinc * bessel_i0(kaiser_beta * sqrt(1.0 - share * share)) / bessel_i0(kaiser_beta);
}

/* Interpolation keeps the input's own band, decimation the output's. */
static double width(const struct stance_resampling *plan)
{
  return fmax(plan->step, 1.0);
}

double stance_resampling_reach(const struct stance_resampling *plan)
{
  const bool stays = plan->step == 1.0 && plan->first == floor(plan->first);
  return stays ? 0.0 : half_length * width(plan);
}

/* Weight of the input samples from first_input on. */
struct taps {
  double *weight;
  size_t count;
};

/* The samples around one position, cut at the ends of the input. */
static double weigh(const struct taps *taps, const double *input, size_t input_count,
                    ptrdiff_t first_input)
{
  const ptrdiff_t begin = first_input < 0 ? -first_input : 0;
  const ptrdiff_t room = (ptrdiff_t)input_count - first_input;
  const ptrdiff_t end = room < (ptrdiff_t)taps->count ? room : (ptrdiff_t)taps->count;
  double sum = 0.0, weights = 0.0;

  for (ptrdiff_t k = begin; k < end; k++) {
    if (fabs(taps->weight[k]) < weight_min)
      continue;
    sum += taps->weight[k] * input[first_input + k];
    weights += taps->weight[k];
  }
  return sum / weights;
}

static bool is_outside(const struct stance_resampling *plan, double position, size_t input_count)
{
  const double slack = width(plan) / 2.0;
  return position < -slack || position > (double)input_count - 1.0 + slack;
}

/* Every output has the same fraction of a sample: one set of weights. */
static void resample_evenly(const struct stance_resampling *plan, struct taps *taps,
                            const double *input, size_t input_count, double *ret_output,
                            size_t output_count)
{
  const double scale = width(plan);
  const ptrdiff_t first = (ptrdiff_t)floor(plan->first) - (ptrdiff_t)(taps->count / 2) + 1;

  for (size_t k = 0; k < taps->count; k++)
    taps->weight[k] = kernel(((double)(first + (ptrdiff_t)k) - plan->first) / scale);
  for (size_t k = 0; k < output_count; k++)
    ret_output[k] =
        is_outside(plan, plan->first + (double)k * plan->step, input_count)
            ? (double)NAN
            : weigh(taps, input, input_count, first + (ptrdiff_t)k * (ptrdiff_t)plan->step);
}

static double look_up(const double *table, double distance)
{
  const double at = fabs(distance) * TABLE_PER_SAMPLE;
  if (!(at < TABLE_SIZE))
    return 0.0;
  const size_t k = (size_t)at;
  return table[k] + (at - (double)k) * (table[k + 1] - table[k]);
}

static enum stance_status resample_any(const struct stance_resampling *plan, struct taps *taps,
                                       const double *input, size_t input_count, double *ret_output,
                                       size_t output_count)
{
  const double scale = width(plan);
  double *table = malloc((TABLE_SIZE + 1) * sizeof *table);

  if (table == NULL)
    return STANCE_MEMORY;
  for (size_t k = 0; k <= TABLE_SIZE; k++)
    table[k] = kernel((double)k / TABLE_PER_SAMPLE);
  for (size_t k = 0; k < output_count; k++) {
    const double position = plan->first + (double)k * plan->step;
    ret_output[k] = (double)NAN;
    if (is_outside(plan, position, input_count))
      continue;
    const ptrdiff_t first = (ptrdiff_t)floor(position) - (ptrdiff_t)(taps->count / 2) + 1;
    for (size_t i = 0; i < taps->count; i++)
      taps->weight[i] = look_up(table, ((double)(first + (ptrdiff_t)i) - position) / scale);
    ret_output[k] = weigh(taps, input, input_count, first);
  }
  free(table);
  return STANCE_OK;
}

enum stance_status stance_resample(const struct stance_resampling *plan, const double *input,
                                   size_t input_count, double *ret_output, size_t output_count)
{
  struct taps taps = {.count = 2 * ((size_t)stance_resampling_reach(plan) + 1)};
  enum stance_status status = STANCE_OK;

  taps.weight = calloc(taps.count, sizeof *taps.weight);
  if (taps.weight == NULL)
    return STANCE_MEMORY;
  if (plan->step == floor(plan->step))
    resample_evenly(plan, &taps, input, input_count, ret_output, output_count);
  else
    status = resample_any(plan, &taps, input, input_count, ret_output, output_count);
  free(taps.weight);
  return status;
}

void stance_resample_flags(const struct stance_resampling *plan, const uint32_t *flags,
                           size_t input_count, uint32_t *ret_flags, size_t output_count)
{
  const double reach = stance_resampling_reach(plan);

  for (size_t k = 0; k < output_count; k++) {
    const double position = plan->first + (double)k * plan->step;
    const double low = fmax(ceil(position - reach), 0.0);
    const double high = fmin(floor(position + reach), (double)input_count - 1.0);
    for (double at = low; at <= high; at++)
      ret_flags[k] |= flags[(size_t)at];
  }
}

bool stance_resample_prepare(const struct stance_raw_trace *trace, size_t channel,
                             double *ret_value, uint32_t *ret_flags)
{
  const struct stance_channel *about = &trace->channel[channel];
  const uint32_t saturated = STANCE_FRAME_SATURATED(channel);
  uint32_t any = 0;

  for (size_t k = 0; k < trace->sample_count; k++) {
    const double value = trace->value[channel][k];
    uint32_t flags = trace->flags != NULL ? trace->flags[k] : 0;
    const bool corrupt = (flags & STANCE_FRAME_CORRUPT) != 0;
    flags &= saturated | STANCE_FRAME_LATE | STANCE_FRAME_INTERPOLATED;
    if (isfinite(value) && (value <= about->minimum || value >= about->maximum))
      flags |= saturated;
    ret_value[k] = corrupt || !isfinite(value) ? (double)NAN : value;
    ret_flags[k] = flags;
    any |= flags;
  }
  return any != 0;
}

static bool is_lost(const struct stance_raw_trace *trace, size_t k)
{
  for (size_t c = 0; c < trace->channel_count; c++)
    if (!isnan(trace->value[c][k]))
      return false;
  return true;
}

static size_t find_gaps(const struct stance_raw_trace *trace, struct stance_span *ret_gap)
{
  size_t count = 0;
  for (size_t k = 0; k < trace->sample_count; k++) {
    const size_t first = k;
    while (k < trace->sample_count && is_lost(trace, k))
      k++;
    if (k == first)
      continue;
    if (ret_gap != NULL)
      ret_gap[count] = (struct stance_span){.first = first, .count = k - first};
    count++;
  }
  return count;
}

enum stance_status stance_resample_list_gaps(struct stance_raw_trace *trace)
{
  const size_t count = find_gaps(trace, NULL);

  trace->gap = NULL;
  trace->gap_count = 0;
  if (count == 0)
    return STANCE_OK;
  trace->gap = malloc(count * sizeof *trace->gap);
  if (trace->gap == NULL)
    return STANCE_MEMORY;
  trace->gap_count = find_gaps(trace, trace->gap);
  return STANCE_OK;
}

void stance_resample_finish(struct stance_raw_trace *trace)
{
  for (size_t c = 0; c < STANCE_CHANNEL_COUNT_MAX; c++)
    free(trace->value[c]);
  free(trace->flags);
  free(trace->gap);
  *trace = (struct stance_raw_trace){0};
}
