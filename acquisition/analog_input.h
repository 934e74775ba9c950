/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings that every instrument with analogue inputs takes in its URI: which channels, over which
   range, how fast, which side. */
#ifndef STANCE_ANALOG_INPUT_H
#define STANCE_ANALOG_INPUT_H

#include "instrument.h"

/* As they stand in the URI. First member of an instrument's own settings: the keys' `member` are
   offsets into it. */
struct stance_analog_request {
  const char *channels, *range, *map, *oversample; /* borrowed from the URI */
  double rate_hz;
};

/* Lines of a table of keys. */
#define STANCE_ANALOG_KEY_(key, kind, value, of_unit, low, high, text, in)           \
  {                                                                                  \
    .name = key, .type = STANCE_KEY_##kind, .default_value = value, .unit = of_unit, \
    .minimum = low, .maximum = high, .meaning = text,                                \
    .member = offsetof(struct stance_analog_request, in)                             \
  }
#define STANCE_ANALOG_RANGE_KEY(default_range, ranges)        \
  STANCE_ANALOG_KEY_("range", TEXT, default_range, "V", 0, 0, \
                     "largest voltage, one for all channels or one each: " ranges, range)
#define STANCE_ANALOG_KEYS(default_channels, highest_rate_hz)                                    \
  STANCE_ANALOG_KEY_("channels", TEXT, default_channels, "", 0, 0,                               \
                     "inputs to sample, in the order in which they are stored", channels),       \
      STANCE_ANALOG_KEY_("rate", NUMBER, "1000", "Hz", 1, highest_rate_hz,                       \
                         "rate of the results; the nearest that the clock can do is taken",      \
                         rate_hz),                                                               \
      STANCE_ANALOG_KEY_("map", TEXT, "", "", 0, 0,                                              \
                         "side of each channel, left:0,right:1; else the first is left and the " \
                         "second right",                                                         \
                         map),                                                                   \
      STANCE_ANALOG_KEY_(                                                                        \
          "oversample", TEXT, "1", "", 0, 0,                                                     \
          "sample that many times as fast, 1 to 64, or auto: as the instrument can", oversample)

struct stance_analog_input {
  unsigned channel[STANCE_CHANNEL_COUNT_MAX];
  unsigned range[STANCE_CHANNEL_COUNT_MAX]; /* position in the instrument's list */
  enum stance_side side[STANCE_CHANNEL_COUNT_MAX];
  size_t count;
  double rate_hz; /* of the results, as asked for */
  unsigned oversampling;
};

/* All but the oversampling. `range_v` ends with 0, or is NULL where there is no choice.
 * STANCE_USAGE with key and what is allowed. */
STANCE_MUST_CHECK enum stance_status
stance_analog_input_read(const char *scheme, const struct stance_analog_request *request,
                         unsigned channel_maximum, const double *range_v,
                         struct stance_analog_input *ret_input, struct stance_problem *problem);
/* `highest_hz`: how often these channels can be sampled. STANCE_USAGE where that is less than what
   is asked for, with `limit` ("50000 samples a second in all") and the nearest that works. */
STANCE_MUST_CHECK enum stance_status
stance_analog_input_oversample(const char *scheme, const struct stance_analog_request *request,
                               double highest_hz, const char *limit,
                               struct stance_analog_input *input, struct stance_problem *problem);

#endif
