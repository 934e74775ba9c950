/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "metric_window.h"

#include "scan.h"

#include <math.h>

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

stance_reason_set window_missing(const struct metric_input *input, long first, long last)
{
  if (last >= (long)input->sample_count)
    return BIT(WINDOW_PAST_DATA);
  stance_reason_set missing = 0;
  for (long i = first; i <= last && input->has_gap; i++)
    missing |= isnan(input->force_n[i]) ? BIT(GAP_IN_WINDOW) : 0;
  for (long i = first; i <= last && input->saturated != NULL; i++)
    missing |= (input->saturated[i] & input->side_bit) != 0 ? BIT(SATURATED) : 0;
  return missing;
}

stance_reason_set window_flags(const struct metric_input *input, long first, long last)
{
  if (input->interpolated == NULL || last >= (long)input->sample_count)
    return 0;
  for (long i = first; i <= last; i++)
    if ((input->interpolated[i] & input->side_bit) != 0)
      return BIT(INTERPOLATED);
  return 0;
}

/* One line a metric: the window in milliseconds after onset, and what is read there. */
enum quantity { GROSS, NET, RATE, IMPULSE };
struct window_row {
  enum stance_metric metric;
  enum quantity quantity;
  int from_ms, to_ms;
};
static const struct window_row window_table[] = {
    {STANCE_METRIC_FORCE_AT_50MS, GROSS, 50, 50},
    {STANCE_METRIC_FORCE_AT_100MS, GROSS, 100, 100},
    {STANCE_METRIC_FORCE_AT_150MS, GROSS, 150, 150},
    {STANCE_METRIC_FORCE_AT_200MS, GROSS, 200, 200},
    {STANCE_METRIC_FORCE_AT_250MS, GROSS, 250, 250},
    {STANCE_METRIC_NET_FORCE_AT_50MS, NET, 50, 50},
    {STANCE_METRIC_NET_FORCE_AT_100MS, NET, 100, 100},
    {STANCE_METRIC_NET_FORCE_AT_150MS, NET, 150, 150},
    {STANCE_METRIC_NET_FORCE_AT_200MS, NET, 200, 200},
    {STANCE_METRIC_NET_FORCE_AT_250MS, NET, 250, 250},
    {STANCE_METRIC_RFD_0_50MS, RATE, 0, 50},
    {STANCE_METRIC_RFD_0_100MS, RATE, 0, 100},
    {STANCE_METRIC_RFD_0_150MS, RATE, 0, 150},
    {STANCE_METRIC_RFD_0_200MS, RATE, 0, 200},
    {STANCE_METRIC_RFD_0_250MS, RATE, 0, 250},
    {STANCE_METRIC_RFD_50_100MS, RATE, 50, 100},
    {STANCE_METRIC_RFD_100_150MS, RATE, 100, 150},
    {STANCE_METRIC_RFD_150_200MS, RATE, 150, 200},
    {STANCE_METRIC_RFD_200_250MS, RATE, 200, 250},
    {STANCE_METRIC_RFD_100_200MS, RATE, 100, 200},
    {STANCE_METRIC_IMPULSE_NET_0_50MS, IMPULSE, 0, 50},
    {STANCE_METRIC_IMPULSE_NET_0_100MS, IMPULSE, 0, 100},
    {STANCE_METRIC_IMPULSE_NET_0_150MS, IMPULSE, 0, 150},
    {STANCE_METRIC_IMPULSE_NET_0_200MS, IMPULSE, 0, 200},
    {STANCE_METRIC_IMPULSE_NET_0_250MS, IMPULSE, 0, 250},
};

#define PEAK_WINDOW_S 0.020

double metric_window_length_s(enum stance_metric metric)
{
  for (size_t k = 0; k < sizeof window_table / sizeof window_table[0]; k++)
    if (window_table[k].metric == metric)
      return (window_table[k].to_ms - window_table[k].from_ms) / 1000.0;
  return metric == STANCE_METRIC_RFD_PEAK_20MS ? PEAK_WINDOW_S : 0;
}

/* Trapezoid of force − baseline over the samples [first, last]. */
static double impulse(const struct metric_input *input, long first, long last)
{
  const double baseline_n = input->effort->baseline_n;
  double sum = ((input->force_n[first] - baseline_n) + (input->force_n[last] - baseline_n)) / 2;
  for (long i = first + 1; i < last; i++)
    sum += input->force_n[i] - baseline_n;
  return sum / input->rate_hz;
}

static struct stance_value window_value(const struct metric_input *input,
                                        const struct window_reasons *reasons,
                                        const struct window_row *row)
{
  struct stance_value value = {.value = (double)NAN, .uncertainty = (double)NAN};
  const long from = input->effort->onset + lround(row->from_ms * input->rate_hz / 1000);
  const long to = input->effort->onset + lround(row->to_ms * input->rate_hz / 1000);
  const bool net = row->quantity == NET || row->quantity == IMPULSE;
  value.reasons = reasons->onset_missing | (net ? reasons->baseline_missing : 0);
  if (value.reasons == 0)
    value.reasons = window_missing(input, from, to);
  if (value.reasons == 0 && row->from_ms != row->to_ms && from == to)
    value.reasons = BIT(LOW_RATE);
  if (value.reasons != 0)
    return value;
  value.reasons = reasons->onset_flags | window_flags(input, from, to);
  switch (row->quantity) {
  case GROSS:
    value.value = input->force_n[to] - input->levels.zero_n;
    value.reasons |= input->levels.zero_flags;
    break;
  case NET:
    value.value = input->force_n[to] - input->effort->baseline_n;
    break;
  case RATE: /* by the window that was really read, n/fs, not by its nominal length */
    value.value =
        (input->force_n[to] - input->force_n[from]) / ((double)(to - from) / input->rate_hz);
    break;
  case IMPULSE:
    value.value = impulse(input, from, to);
    break;
  }
  return value;
}

/* Steepest 20 ms from onset to the peak. */
static struct stance_value peak_rfd(const struct metric_input *input,
                                    const struct window_reasons *reasons)
{
  struct stance_value value = {.value = (double)NAN, .uncertainty = (double)NAN};
  const struct stance_effort *effort = input->effort;
  const long window = lround(PEAK_WINDOW_S * input->rate_hz);
  value.reasons = reasons->onset_missing | reasons->peak_missing;
  if (value.reasons == 0)
    value.reasons = window_missing(input, effort->onset, effort->peak);
  if (value.reasons == 0 && window < 1)
    value.reasons = BIT(LOW_RATE);
  if (value.reasons == 0 && effort->onset + window > effort->peak)
    value.reasons = BIT(NOT_REACHED);
  if (value.reasons != 0)
    return value;
  const double best =
      scan_largest_rise(input->force_n, effort->onset, effort->peak - window, window);
  value.value = best / ((double)window / input->rate_hz);
  value.reasons = reasons->onset_flags | window_flags(input, effort->onset, effort->peak);
  return value;
}

void metric_windows_fill(const struct metric_input *input, const struct window_reasons *reasons,
                         struct stance_value *value)
{
  for (size_t k = 0; k < sizeof window_table / sizeof window_table[0]; k++)
    value[window_table[k].metric] = window_value(input, reasons, &window_table[k]);
  value[STANCE_METRIC_RFD_PEAK_20MS] = peak_rfd(input, reasons);
}
