/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/conditioning.h"

#include "resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A nanosecond moves no force that could be measured: at 100 kN/s by 0.1 mN. */
static const double skew_min_s = 1e-9;

static bool has_converter(const struct stance_channel *channel)
{
  return channel->converter.unit[0] != '\0';
}

static double convert(const struct stance_converter *converter, double raw)
{
  const double above_zero = raw - converter->zero;
  return converter->offset +
         above_zero * (above_zero >= 0.0 ? converter->slope_above : converter->slope_below);
}

static struct stance_channel convert_channel(const struct stance_channel *channel)
{
  struct stance_channel result = *channel;
  const struct stance_converter *converter = &channel->converter;

  result.skew_s = 0.0;
  if (!has_converter(channel))
    return result;
  const double low = convert(converter, channel->minimum);
  const double high = convert(converter, channel->maximum);
  result.converter = (struct stance_converter){0};
  memcpy(result.unit, converter->unit, sizeof result.unit);
  /* A converter whose slope is negative turns its range round. */
  result.minimum = fmin(low, high);
  result.maximum = fmax(low, high);
  result.resolution =
      channel->resolution * fmax(fabs(converter->slope_above), fabs(converter->slope_below));
  return result;
}

void stance_conditioning_channels(const struct stance_channel *channels, size_t channel_count,
                                  struct stance_channel *ret_channels)
{
  for (size_t c = 0; c < channel_count; c++)
    ret_channels[c] = convert_channel(&channels[c]);
}

void stance_conditioning_frame(const struct stance_channel *channels, size_t channel_count,
                               const struct stance_raw_frame *raw,
                               struct stance_raw_frame *ret_frame)
{
  *ret_frame = *raw;
  for (size_t c = 0; c < channel_count; c++)
    if (has_converter(&channels[c]))
      ret_frame->value[c] = convert(&channels[c].converter, raw->value[c]);
}

static void convert_values(const struct stance_channel *channel, double *value, size_t count)
{
  for (size_t k = 0; has_converter(channel) && k < count; k++)
    value[k] = convert(&channel->converter, value[k]);
}

static double largest_skew(const struct stance_raw_trace *trace)
{
  double largest = 0.0;
  for (size_t c = 0; c < trace->channel_count; c++)
    largest = fmax(largest, fabs(trace->channel[c].skew_s));
  return largest;
}

/* Makes one channel of `to` from that of `from`, and adds its flags. */
static enum stance_status resample_channel(const struct stance_raw_trace *from, size_t channel,
                                           unsigned decimation, double *value, uint32_t *flags,
                                           struct stance_raw_trace *to)
{
  const double skew = from->channel[channel].skew_s * from->time.rate_hz;
  const struct stance_resampling plan = {.first = -skew, .step = decimation};
  const bool flagged = stance_resample_prepare(from, channel, value, flags);

  convert_values(&from->channel[channel], value, from->sample_count);
  to->value[channel] = malloc((to->sample_count + 1) * sizeof *to->value[channel]);
  if (to->value[channel] == NULL)
    return STANCE_MEMORY;
  if (flagged)
    stance_resample_flags(&plan, flags, from->sample_count, to->flags, to->sample_count);
  return stance_resample(&plan, value, from->sample_count, to->value[channel], to->sample_count);
}

/* `to` has everything but values, flags and gaps. */
static enum stance_status resample_trace(const struct stance_raw_trace *from, unsigned decimation,
                                         struct stance_raw_trace *to)
{
  double *value = malloc((from->sample_count + 1) * sizeof *value);
  uint32_t *flags = malloc((from->sample_count + 1) * sizeof *flags), any = 0;
  enum stance_status status = STANCE_MEMORY;

  to->flags = calloc(to->sample_count + 1, sizeof *to->flags);
  if (value != NULL && flags != NULL && to->flags != NULL)
    status = STANCE_OK;
  for (size_t c = 0; c < from->channel_count && status == STANCE_OK; c++)
    status = resample_channel(from, c, decimation, value, flags, to);
  free(value);
  free(flags);
  if (status != STANCE_OK)
    return status;
  for (size_t k = 0; k < to->sample_count; k++)
    any |= to->flags[k];
  if (any == 0) {
    free(to->flags);
    to->flags = NULL;
  }
  return stance_resample_list_gaps(to);
}

enum stance_status stance_conditioning_apply(struct stance_raw_trace *trace, unsigned oversampling,
                                             struct stance_conditioning *ret_done,
                                             struct stance_problem *problem)
{
  const unsigned decimation = oversampling > 1 ? oversampling : 1;
  const double skew_s = largest_skew(trace);
  struct stance_conditioning done = {.decimation = decimation};
  struct stance_raw_trace even = *trace;

  if (decimation > 1 || skew_s >= skew_min_s) {
    memset(even.value, 0, sizeof even.value);
    even.sample_count = (trace->sample_count + decimation - 1) / decimation;
    even.time.rate_hz /= decimation;
    even.time.rate_uncertainty_hz /= decimation;
    even.time.nominal_rate_hz /= decimation;
    even.flags = NULL;
    even.gap = NULL;
    even.gap_count = 0;
    if (resample_trace(trace, decimation, &even) != STANCE_OK) {
      stance_resample_finish(&even);
      return stance_problem_set(problem, STANCE_MEMORY, "out of memory for %zu samples",
                                trace->sample_count);
    }
    stance_resample_finish(trace);
    *trace = even;
    done.skew_s = skew_s >= skew_min_s ? skew_s : 0.0;
  } else {
    for (size_t c = 0; c < trace->channel_count; c++)
      convert_values(&trace->channel[c], trace->value[c], trace->sample_count);
  }
  for (size_t c = 0; c < trace->channel_count; c++) {
    done.converted = done.converted || has_converter(&trace->channel[c]);
    trace->channel[c] = convert_channel(&trace->channel[c]);
  }
  *ret_done = done;
  return STANCE_OK;
}

struct stance_span stance_conditioning_span(struct stance_span span, unsigned decimation)
{
  const size_t step = decimation > 1 ? decimation : 1;
  const size_t first = (span.first + step - 1) / step;
  const size_t end = (span.first + span.count + step - 1) / step;
  return (struct stance_span){.first = first, .count = end - first};
}

size_t stance_conditioning_describe(const struct stance_conditioning *done, char *ret_text,
                                    size_t size)
{
  size_t used = 0;
  const bool resampled = done->decimation > 1 || done->skew_s > 0.0;

  ret_text[0] = '\0';
  if (done->converted)
    used += (size_t)snprintf(ret_text, size, "counts converted by the instrument's calibration");
  if (done->decimation > 1 && used < size)
    used += (size_t)snprintf(ret_text + used, size - used, "%sdecimated by %u",
                             used > 0 ? ", " : "", done->decimation);
  if (done->skew_s > 0.0 && used < size)
    used +=
        (size_t)snprintf(ret_text + used, size - used, "%schannel skew of up to %.3g us removed",
                         used > 0 ? ", " : "", 1e6 * done->skew_s);
  if (resampled && used < size)
    used += (size_t)snprintf(ret_text + used, size - used,
                             " (Kaiser sinc 65 dB, +-%d samples, zero phase)",
                             STANCE_CONDITIONING_HALF_LENGTH);
  return used < size ? used : size - 1;
}
