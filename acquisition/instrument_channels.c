/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The channels that a URI asks for, and the side that each belongs to. */
#include "instrument.h"

#include <string.h>

/* Digits only: "+1", " 1" or "0x1" would be slips of the keyboard. False where none stand there or
   they say more than `maximum`. */
static bool read_channel(const char **text, unsigned maximum, unsigned *ret_channel)
{
  unsigned channel = 0;
  const char *digit = *text;

  for (; *digit >= '0' && *digit <= '9'; digit++) {
    channel = channel * 10 + (unsigned)(*digit - '0');
    if (channel > maximum)
      return false;
  }
  if (digit == *text)
    return false;
  *text = digit;
  *ret_channel = channel;
  return true;
}

/* Position of `number` among the channels, `count` where it is none of them. */
static size_t position_of(unsigned number, const unsigned *channel, size_t count)
{
  size_t k = 0;
  while (k < count && channel[k] != number)
    k++;
  return k;
}

/* Past an element: its end, or a comma that promises one more. */
static bool step_over_comma(const char **text)
{
  if (**text == '\0')
    return true;
  if (**text != ',' || (*text)[1] == '\0')
    return false;
  ++*text;
  return true;
}

enum stance_status stance_instrument_parse_channels(const char *scheme, const char *text,
                                                    unsigned maximum, unsigned *ret_channel,
                                                    size_t *ret_count,
                                                    struct stance_problem *problem)
{
  unsigned channel[STANCE_CHANNEL_COUNT_MAX];
  size_t count = 0;
  const char *rest = text;

  do {
    unsigned number;
    if (!read_channel(&rest, maximum, &number) || !step_over_comma(&rest))
      return stance_problem_set(problem, STANCE_USAGE,
                                "%s: channels=%.100s is not allowed; numbers from 0 to %u, "
                                "separated by commas, for example channels=0,1",
                                scheme, text, maximum);
    if (position_of(number, channel, count) < count)
      return stance_problem_set(problem, STANCE_USAGE, "%s: channels=%.100s names channel %u twice",
                                scheme, text, number);
    if (count == STANCE_CHANNEL_COUNT_MAX)
      return stance_problem_set(problem, STANCE_USAGE,
                                "%s: channels=%.100s names more than %d channels", scheme, text,
                                STANCE_CHANNEL_COUNT_MAX);
    channel[count++] = number;
  } while (*rest != '\0');
  memcpy(ret_channel, channel, count * sizeof *channel);
  *ret_count = count;
  return STANCE_OK;
}

/* Only what a force can be measured on: BOTH belongs to comparisons. */
static bool read_side(const char **text, enum stance_side *ret_side)
{
  for (enum stance_side side = STANCE_LEFT; side <= STANCE_TOTAL; side++) {
    const char *name = stance_side_name(side);
    const size_t length = strlen(name);
    if (strncmp(*text, name, length) == 0 && (*text)[length] == ':') {
      *text += length + 1;
      *ret_side = side;
      return true;
    }
  }
  return false;
}

static void map_by_order(size_t count, enum stance_side *side)
{
  for (size_t k = 0; k < count; k++)
    side[k] = STANCE_SIDE_NONE;
  if (count == 1) {
    side[0] = STANCE_TOTAL;
  } else if (count > 1) {
    side[0] = STANCE_LEFT;
    side[1] = STANCE_RIGHT;
  }
}

static enum stance_status refuse_number(const char *scheme, const char *text, unsigned number,
                                        const unsigned *channel, size_t count,
                                        struct stance_problem *problem)
{
  char list[64] = "";
  size_t used = 0;

  for (size_t k = 0; k < count && used < sizeof list; k++)
    used +=
        (size_t)snprintf(list + used, sizeof list - used, "%s%u", k == 0 ? "" : ",", channel[k]);
  return stance_problem_set(problem, STANCE_USAGE,
                            "%s: map=%.100s names channel %u, which is not sampled; "
                            "channels=%s are",
                            scheme, text, number, list);
}

enum stance_status stance_instrument_map_sides(const char *scheme, const char *text,
                                               const unsigned *channel, size_t count,
                                               enum stance_side *ret_side,
                                               struct stance_problem *problem)
{
  enum stance_side side[STANCE_CHANNEL_COUNT_MAX];
  const char *rest = text;

  if (*text == '\0') {
    map_by_order(count, ret_side);
    return STANCE_OK;
  }
  for (size_t k = 0; k < count; k++)
    side[k] = STANCE_SIDE_NONE;
  do {
    enum stance_side named = STANCE_SIDE_NONE;
    unsigned number;
    /* 999: any number that could be meant, so that the message can name it. */
    if (!read_side(&rest, &named) || !read_channel(&rest, 999, &number) || !step_over_comma(&rest))
      return stance_problem_set(problem, STANCE_USAGE,
                                "%s: map=%.100s is not allowed; write SIDE:CHANNEL,SIDE:CHANNEL "
                                "with left, right or total, for example map=left:0,right:1",
                                scheme, text);
    const size_t k = position_of(number, channel, count);
    if (k == count)
      return refuse_number(scheme, text, number, channel, count, problem);
    if (side[k] != STANCE_SIDE_NONE)
      return stance_problem_set(problem, STANCE_USAGE, "%s: map=%.100s names channel %u twice",
                                scheme, text, number);
    side[k] = named;
  } while (*rest != '\0');
  memcpy(ret_side, side, count * sizeof *side);
  return STANCE_OK;
}
