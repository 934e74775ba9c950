/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles for files: channels that are forces already, and electrical ones with a given scale. */
#include "profile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 0.45359237 kg (the international pound, 1959) × 9.80665 m/s² (CGPM 1901): exact by definition,
   and exactly this many digits. */
#define POUND_FORCE_N 4.4482216152605

static const struct {
  const char *name;
  double newtons;
} force_units[] = {
    {"N", 1.0},
    {"mN", 1e-3},
    {"kN", 1e3},
    {"kgf", STANCE_STANDARD_GRAVITY_M_PER_S2},
    {"lbf", POUND_FORCE_N},
};

/* force_n = gain_n_per_unit · value + offset_n, for one side or (STANCE_SIDE_NONE) for all. */
struct scale_entry {
  enum stance_side side;
  double gain_n_per_unit;
  double offset_n;
  bool used;
};

/* One entry a side, and one for all. */
enum { SCALE_ENTRY_COUNT_MAX = 4 };

struct scale {
  struct scale_entry entry[SCALE_ENTRY_COUNT_MAX];
  size_t count;
};

static double newtons_per_unit(const char *unit)
{
  for (size_t k = 0; k < sizeof force_units / sizeof force_units[0]; k++)
    if (strcmp(unit, force_units[k].name) == 0)
      return force_units[k].newtons;
  return (double)NAN;
}

static bool parse_side(const char *text, size_t length, enum stance_side *ret_side)
{
  for (int side = STANCE_LEFT; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const char *name = stance_side_name((enum stance_side)side);
    if (strlen(name) == length && strncmp(text, name, length) == 0) {
      *ret_side = (enum stance_side)side;
      return true;
    }
  }
  return false;
}

/* "[SIDE=]GAIN,OFFSET" up to `end`. */
static bool parse_scale_entry(const char *text, const char *end, struct scale_entry *ret_entry)
{
  struct scale_entry entry = {.side = STANCE_SIDE_NONE};
  const char *equals = memchr(text, '=', (size_t)(end - text));
  if (equals != NULL) {
    if (!parse_side(text, (size_t)(equals - text), &entry.side))
      return false;
    text = equals + 1;
  }
  char *after;
  entry.gain_n_per_unit = strtod(text, &after);
  if (after == text || *after != ',')
    return false;
  text = after + 1;
  entry.offset_n = strtod(text, &after);
  if (after == text || after != end)
    return false;
  if (!isfinite(entry.gain_n_per_unit) || entry.gain_n_per_unit == 0.0 ||
      !isfinite(entry.offset_n) || !isfinite(entry.offset_n / entry.gain_n_per_unit))
    return false;
  *ret_entry = entry;
  return true;
}

static enum stance_status parse_scale(const char *text, struct scale *ret_scale,
                                      struct stance_problem *problem)
{
  struct scale scale = {0};

  while (text != NULL && *text != '\0') {
    const char *end = text + strcspn(text, ";");
    struct scale_entry entry;
    if (!parse_scale_entry(text, end, &entry))
      return stance_problem_set(problem, STANCE_USAGE,
                                "scale '%.*s' is not GAIN,OFFSET or SIDE=GAIN,OFFSET with a gain "
                                "other than 0, for example left=250.5,-3.2",
                                (int)(end - text < 80 ? end - text : 80), text);
    for (size_t k = 0; k < scale.count; k++)
      if (scale.entry[k].side == entry.side)
        return stance_problem_set(problem, STANCE_USAGE, "scale names %s twice: give it once",
                                  entry.side == STANCE_SIDE_NONE ? "every side"
                                                                 : stance_side_name(entry.side));
    scale.entry[scale.count++] = entry; /* sides differ, so that it never holds more than fit */
    text = *end == ';' ? end + 1 : end;
  }
  *ret_scale = scale;
  return STANCE_OK;
}

/* The entry of the side itself goes before the one for all. */
static struct scale_entry *find_scale(struct scale *scale, enum stance_side side)
{
  struct scale_entry *for_all = NULL;

  for (size_t k = 0; k < scale->count; k++) {
    if (scale->entry[k].side == side)
      return &scale->entry[k];
    if (scale->entry[k].side == STANCE_SIDE_NONE)
      for_all = &scale->entry[k];
  }
  return for_all;
}

/* What is a force already has its scale; only its sign can be wrong. */
static void turn_sign(struct scale_entry *entry, struct stance_calibration_channel *channel)
{
  if (entry == NULL || entry->gain_n_per_unit != -1.0 || entry->offset_n != 0.0)
    return;
  entry->used = true;
  channel->polarity = -1;
}

static enum stance_status fill_channel(const struct stance_channel *from, struct scale *scale,
                                       struct stance_calibration_channel *ret_channel,
                                       struct stance_problem *problem)
{
  struct stance_calibration_channel channel = {
      .side = from->side, .polarity = 1, .slope_n_per_unit = newtons_per_unit(from->unit)};

  snprintf(channel.channel, sizeof channel.channel, "%s", from->name);
  snprintf(channel.unit, sizeof channel.unit, "%s", from->unit);
  if (from->side == STANCE_BOTH)
    return stance_problem_set(problem, STANCE_USAGE,
                              "channel '%s': one channel cannot measure both sides; call it left, "
                              "right or total",
                              from->name);
  if (from->side == STANCE_SIDE_NONE) {
    if (isnan(channel.slope_n_per_unit))
      channel.slope_n_per_unit = 1.0; /* recorded, not used */
  } else if (isnan(channel.slope_n_per_unit)) {
    struct scale_entry *entry = find_scale(scale, from->side);
    if (entry == NULL)
      return stance_problem_set(
          problem, STANCE_USAGE,
          "channel '%s' is in '%s', which is no force (N, mN, kN, kgf, lbf): give its scale with "
          "--scale %s=GAIN,OFFSET (force in N = GAIN * value + OFFSET), or its unit with --unit",
          from->name, from->unit, stance_side_name(from->side));
    entry->used = true;
    channel.polarity = entry->gain_n_per_unit < 0.0 ? -1 : 1;
    channel.slope_n_per_unit = fabs(entry->gain_n_per_unit);
    channel.zero_raw = entry->offset_n == 0.0 ? 0.0 : -entry->offset_n / entry->gain_n_per_unit;
  } else {
    turn_sign(find_scale(scale, from->side), &channel);
  }
  *ret_channel = channel;
  return STANCE_OK;
}

static enum stance_status check_scale_was_used(const struct scale *scale,
                                               struct stance_problem *problem)
{
  for (size_t k = 0; k < scale->count; k++)
    if (!scale->entry[k].used)
      return stance_problem_set(
          problem, STANCE_USAGE,
          "a scale was given for %s, but no such channel is in an electrical unit: remove the "
          "scale, or state the unit with --unit V or --unit mV/V (-1,0 turns the sign of a force)",
          scale->entry[k].side == STANCE_SIDE_NONE ? "every side"
                                                   : stance_side_name(scale->entry[k].side));
  return STANCE_OK;
}

enum stance_status stance_calibration_for_units(const struct stance_channel *channels,
                                                size_t channel_count, const char *scale_text,
                                                struct stance_calibration *ret_calibration,
                                                struct stance_problem *problem)
{
  struct stance_calibration calibration = {.calibrated = true};
  struct scale scale;

  if (channel_count == 0 || channel_count > STANCE_CHANNEL_COUNT_MAX)
    return stance_problem_set(problem, STANCE_USAGE, "%zu channels; 1 to %d are possible",
                              channel_count, STANCE_CHANNEL_COUNT_MAX);
  enum stance_status status = parse_scale(scale_text, &scale, problem);
  if (status != STANCE_OK)
    return status;
  for (size_t k = 0; k < channel_count; k++) {
    status = fill_channel(&channels[k], &scale, &calibration.channel[k], problem);
    if (status != STANCE_OK)
      return status;
  }
  status = check_scale_was_used(&scale, problem);
  if (status != STANCE_OK)
    return status;
  calibration.channel_count = channel_count;
  snprintf(calibration.id, sizeof calibration.id, "%s", scale.count > 0 ? "scale" : "identity");
  snprintf(calibration.instrument, sizeof calibration.instrument, "file");
  *ret_calibration = calibration;
  return STANCE_OK;
}
