/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "spread.h"

#include "effort.h"
#include "metric_window.h"
#include "stance/result.h"

#include <math.h>
#include <string.h>

/* Five that were published and read (SCIENCE 1.1), without the floor that our own adds. */
static const struct stance_spread_method methods[STANCE_SPREAD_METHOD_COUNT] = {
    {"baseline + 3 SD", "Maffiuletti 2016", STANCE_ONSET_MEAN_SD, .sd = 3},
    {"baseline + 5 SD", "Dos'Santos 2017", STANCE_ONSET_MEAN_SD, .sd = 5},
    {"baseline + 5 % of body weight", "Dos'Santos 2017", STANCE_ONSET_PERCENT_BODYWEIGHT,
     .percent = 5},
    {"baseline + 75 N", "Dos'Santos 2017", STANCE_ONSET_THRESHOLD_N, .floor_n = 75},
    {"first derivative, 5 SD", "Liu 2020", STANCE_ONSET_DERIVATIVE, .sd = 5},
};

const struct stance_spread_method *stance_spread_method(size_t index)
{
  return &methods[index];
}

static struct stance_analysis_settings settings_of(const struct stance_analysis_settings *own,
                                                   const struct stance_spread_method *method)
{
  struct stance_analysis_settings settings = *own;
  settings.onset_method = method->method;
  settings.onset_sd = method->sd;
  settings.onset_floor_n = method->floor_n;
  settings.onset_percent = method->percent;
  settings.onset_slope_n_per_s = settings.onset_hold_ms = settings.onset_backstep_ms = 0;
  return settings;
}

static bool has_spread(enum stance_metric metric)
{
  const struct stance_metric_info *info = stance_metric_info(metric);
  return info->explosive_only && strcmp(info->unit, "N.s") != 0;
}

static void widen(struct stance_value *value, double number)
{
  if (isnan(number) || stance_value_is_missing(value))
    return;
  value->spread_low = value->spread_count > 0 ? fmin(value->spread_low, number) : number;
  value->spread_high = value->spread_count > 0 ? fmax(value->spread_high, number) : number;
  value->spread_count++;
}

static void add_side(const struct metric_input *own, const struct stance_effort *effort,
                     struct stance_value value[STANCE_METRIC_COUNT])
{
  struct metric_input input = *own;
  input.effort = effort;
  if (effort->onset < 0)
    return;
  const struct window_reasons reasons = {.onset_missing = 0};
  struct stance_value other[STANCE_METRIC_COUNT];
  metric_windows_fill(&input, &reasons, other);
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++)
    if (has_spread((enum stance_metric)metric))
      widen(&value[metric], other[metric].value);
}

void spread_fill(const struct analysis *analysis, const struct stance_segment *segment,
                 const struct metric_input input[STANCE_MEASURED_SIDE_COUNT],
                 struct stance_repetition *repetition)
{
  for (size_t k = 0; k < STANCE_SPREAD_METHOD_COUNT; k++) {
    const struct stance_analysis_settings settings = settings_of(analysis->settings, &methods[k]);
    struct analysis other = *analysis;
    other.settings = &settings;
    struct stance_effort effort[STANCE_MEASURED_SIDE_COUNT];
    memcpy(effort, repetition->effort, sizeof effort);
    analysis_place_onsets(&other, segment, repetition->took_part, effort);
    for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
      if (repetition->took_part[side])
        add_side(&input[side], &effort[side], repetition->value[side]);
  }
}
