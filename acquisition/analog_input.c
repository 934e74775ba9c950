/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analog_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum stance_status refuse_range(const char *scheme, const char *text, size_t channel_count,
                                       const double *range_v, struct stance_problem *problem)
{
  char list[100] = "";
  size_t used = 0;

  for (size_t k = 0; range_v[k] > 0 && used < sizeof list; k++)
    used +=
        (size_t)snprintf(list + used, sizeof list - used, "%s%g", k == 0 ? "" : ", ", range_v[k]);
  return stance_problem_set(problem, STANCE_USAGE,
                            "%s: range=%.100s is not allowed; %s (± volts), one for all channels "
                            "or %zu, one each, separated by commas",
                            scheme, text, list, channel_count);
}

/* One range, and how many characters it takes; false where the instrument does not have it. */
static bool read_range(const char *text, const double *range_v, unsigned *ret_range,
                       size_t *ret_length)
{
  const size_t length = strcspn(text, ",");
  char *end;

  if (length == 0 || strspn(text, ".0123456789") < length)
    return false;
  const double wanted_v = strtod(text, &end);
  if (end != text + length)
    return false;
  for (unsigned k = 0; range_v[k] > 0; k++)
    if (fabs(range_v[k] - wanted_v) < 1e-9) { /* 0.1 and 0.10 are one */
      *ret_range = k;
      *ret_length = length;
      return true;
    }
  return false;
}

static enum stance_status read_ranges(const char *scheme, const char *text, const double *range_v,
                                      struct stance_analog_input *input,
                                      struct stance_problem *problem)
{
  const char *rest = text;
  size_t count = 0, length;

  for (;;) {
    if (count == input->count || !read_range(rest, range_v, &input->range[count], &length))
      return refuse_range(scheme, text, input->count, range_v, problem);
    count++;
    rest += length;
    if (*rest == '\0')
      break;
    rest++;
  }
  if (count == 1)
    for (; count < input->count; count++)
      input->range[count] = input->range[0];
  if (count < input->count)
    return refuse_range(scheme, text, input->count, range_v, problem);
  return STANCE_OK;
}

enum stance_status stance_analog_input_read(const char *scheme,
                                            const struct stance_analog_request *request,
                                            unsigned channel_maximum, const double *range_v,
                                            struct stance_analog_input *ret_input,
                                            struct stance_problem *problem)
{
  struct stance_analog_input input = {.rate_hz = request->rate_hz, .oversampling = 1};
  enum stance_status status;

  status = stance_instrument_parse_channels(scheme, request->channels, channel_maximum,
                                            input.channel, &input.count, problem);
  if (status == STANCE_OK && range_v != NULL)
    status = read_ranges(scheme, request->range, range_v, &input, problem);
  if (status == STANCE_OK)
    status = stance_instrument_map_sides(scheme, request->map, input.channel, input.count,
                                         input.side, problem);
  if (status == STANCE_OK)
    *ret_input = input;
  return status;
}

/* The most that is worth it: at 8 the band above the reported half rate is 7/8 of what a converter
   folds, and a decimation filter of moderate length clears it. Powers of two, so that the rates
   stay on the instrument's clock. */
static unsigned most_useful(double rate_hz, double highest_hz)
{
  unsigned oversampling = 8;
  while (oversampling > 1 && rate_hz * oversampling > highest_hz)
    oversampling /= 2;
  return oversampling;
}

enum stance_status stance_analog_input_oversample(const char *scheme,
                                                  const struct stance_analog_request *request,
                                                  double highest_hz, const char *limit,
                                                  struct stance_analog_input *input,
                                                  struct stance_problem *problem)
{
  const char *text = request->oversample;
  char *end;

  if (input->rate_hz > highest_hz)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: rate=%g is too high for %zu channel%s: at most %s; ask for "
                              "rate=%g or fewer channels",
                              scheme, input->rate_hz, input->count, input->count == 1 ? "" : "s",
                              limit, floor(highest_hz));
  if (strcmp(text, "auto") == 0) {
    input->oversampling = most_useful(input->rate_hz, highest_hz);
    return STANCE_OK;
  }
  const unsigned long oversampling =
      strspn(text, "0123456789") == strlen(text) ? strtoul(text, &end, 10) : 0;
  if (oversampling < 1 || oversampling > STANCE_OVERSAMPLING_MAX)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: oversample=%.100s is not allowed; a whole number from 1 to %d, "
                              "or auto",
                              scheme, text, STANCE_OVERSAMPLING_MAX);
  if (input->rate_hz * (double)oversampling > highest_hz)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: oversample=%lu at rate=%g is too fast for %zu channel%s: at "
                              "most %s; ask for oversample=%g",
                              scheme, oversampling, input->rate_hz, input->count,
                              input->count == 1 ? "" : "s", limit,
                              floor(highest_hz / input->rate_hz));
  input->oversampling = (unsigned)oversampling;
  return STANCE_OK;
}
