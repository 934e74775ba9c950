/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/metric.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Unit, column suffix and decimals go together; the decimals are what the uncertainty of a load
   cell earns (0.1 N in a few hundred). */
#define NEWTONS .unit = "N", .unit_suffix = "n", .decimals = 1
#define NEWTONS_PER_SECOND .unit = "N/s", .unit_suffix = "n_per_s", .decimals = 0
#define NEWTON_SECONDS .unit = "N.s", .unit_suffix = "n_s", .decimals = 2
#define SECONDS .unit = "s", .unit_suffix = "s", .decimals = 3
#define NEWTON_METRES .unit = "N.m", .unit_suffix = "n_m", .decimals = 1
#define NEWTONS_PER_KG .unit = "N/kg", .unit_suffix = "n_per_kg", .decimals = 2
#define PERCENT .unit = "%", .unit_suffix = "pct", .decimals = 1

#define HIGHER .better = STANCE_BETTER_HIGHER
#define LOWER .better = STANCE_BETTER_LOWER
#define RAPID .needs_onset = true, .explosive_only = true, HIGHER

#define FORCE_AT(ms)                                                             \
  {                                                                              \
    .id = "force_at_" #ms "ms", NEWTONS, RAPID,                                  \
    .definition = "Gross force " #ms " ms after onset, above the unloaded zero", \
    .source = "Comfort 2019"                                                     \
  }
#define NET_FORCE_AT(ms)                                                             \
  {                                                                                  \
    .id = "net_force_at_" #ms "ms", NEWTONS, RAPID,                                  \
    .definition = "Force " #ms " ms after onset minus the mean of the quiet window", \
    .source = "Comfort 2019"                                                         \
  }
#define RFD(from, to, from_text)                                                 \
  {                                                                              \
    .id = "rfd_" #from "_" #to "ms", NEWTONS_PER_SECOND, RAPID,                  \
    .definition = "Mean rate of force development from " from_text " to " #to    \
                  " ms after onset: rise of raw force over the window's length", \
    .source = "Maffiuletti 2016; Haff 2015"                                      \
  }
#define IMPULSE(ms)                                                                       \
  {                                                                                       \
    .id = "impulse_net_0_" #ms "ms", NEWTON_SECONDS, RAPID,                               \
    .definition = "Trapezoid integral of force minus the mean of the quiet window, from " \
                  "onset to " #ms " ms after it",                                         \
    .source = "definition"                                                                \
  }

static const struct stance_metric_info metric_table[STANCE_METRIC_COUNT] = {
    [STANCE_METRIC_UNLOADED_ZERO] = {.id = "unloaded_zero",
                                     NEWTONS,
                                     .definition =
                                         "Mean reading while nothing touched the instrument",
                                     .source = "definition"},
    [STANCE_METRIC_LIMB_WEIGHT] =
        {.id = "limb_weight",
         NEWTONS,
         .definition =
             "Mean force of the relaxed limb, or of the body, in position, above the unloaded zero",
         .source = "definition"},
    [STANCE_METRIC_BASELINE_FORCE] =
        {.id = "baseline_force",
         NEWTONS,
         .definition = "Mean of the quiet window just before the effort, above the unloaded zero",
         .source = "Comfort 2019"},
    [STANCE_METRIC_PRETENSION] =
        {.id = "pretension",
         NEWTONS,
         .definition =
             "Baseline force minus limb weight: what the athlete already pushed before the effort",
         .source = "definition"},
    [STANCE_METRIC_PEAK_FORCE] =
        {.id = "peak_force",
         NEWTONS,
         HIGHER,
         .headline = true,
         .definition = "Highest raw sample of the repetition, above the unloaded zero",
         .source = "definition"},
    [STANCE_METRIC_PEAK_FORCE_NET] =
        {.id = "peak_force_net",
         NEWTONS,
         HIGHER,
         .headline = true,
         .definition = "Highest raw sample above limb weight, or above the baseline where no limb "
                       "weight was taken; the method says which",
         .source = "definition"},
    [STANCE_METRIC_PEAK_FORCE_MEAN_100MS] =
        {.id = "peak_force_mean_100ms",
         NEWTONS,
         HIGHER,
         .headline = true,
         .definition =
             "Highest 100 ms moving mean of raw force in the repetition, above the unloaded zero",
         .source = "definition; 0.1 s as in Chronojump"},
    [STANCE_METRIC_MEAN_FORCE] =
        {.id = "mean_force",
         NEWTONS,
         .needs_onset = true,
         HIGHER,
         .definition =
             "Mean force from onset to the return below the threshold, above the unloaded zero",
         .source = "definition"},
    [STANCE_METRIC_DURATION] = {.id = "duration",
                                SECONDS,
                                .needs_onset = true,
                                .definition = "Time from onset to the return below the threshold",
                                .source = "definition"},
    [STANCE_METRIC_TIME_TO_PEAK] = {.id = "time_to_peak",
                                    SECONDS,
                                    .needs_onset = true,
                                    .definition = "Time from onset to the highest raw sample",
                                    .source = "definition"},
    [STANCE_METRIC_ONSET_TIME] = {.id = "onset_time",
                                  SECONDS,
                                  .needs_onset = true,
                                  .definition = "Time of onset on the recording's own axis",
                                  .source = "definition"},
    [STANCE_METRIC_REACTION_TIME] =
        {.id = "reaction_time",
         SECONDS,
         .needs_onset = true,
         LOWER,
         .definition =
             "Time from the instant at which \"go\" left the sound card to onset; its interval "
             "holds the card's latency, the clocks and one sample, not the onset method's lateness",
         .source = "definition"},
    [STANCE_METRIC_ONSET_THRESHOLD] =
        {.id = "onset_threshold",
         NEWTONS,
         .definition =
             "Force that had to be exceeded for onset, as read (not above the unloaded zero)",
         .source = "Dos'Santos 2017"},
    [STANCE_METRIC_FORCE_AT_50MS] = FORCE_AT(50),
    [STANCE_METRIC_FORCE_AT_100MS] = FORCE_AT(100),
    [STANCE_METRIC_FORCE_AT_150MS] = FORCE_AT(150),
    [STANCE_METRIC_FORCE_AT_200MS] = FORCE_AT(200),
    [STANCE_METRIC_FORCE_AT_250MS] = FORCE_AT(250),
    [STANCE_METRIC_NET_FORCE_AT_50MS] = NET_FORCE_AT(50),
    [STANCE_METRIC_NET_FORCE_AT_100MS] = NET_FORCE_AT(100),
    [STANCE_METRIC_NET_FORCE_AT_150MS] = NET_FORCE_AT(150),
    [STANCE_METRIC_NET_FORCE_AT_200MS] = NET_FORCE_AT(200),
    [STANCE_METRIC_NET_FORCE_AT_250MS] = NET_FORCE_AT(250),
    [STANCE_METRIC_RFD_0_50MS] = RFD(0, 50, "0"),
    [STANCE_METRIC_RFD_0_100MS] = RFD(0, 100, "0"),
    [STANCE_METRIC_RFD_0_150MS] = RFD(0, 150, "0"),
    [STANCE_METRIC_RFD_0_200MS] = RFD(0, 200, "0"),
    [STANCE_METRIC_RFD_0_250MS] = RFD(0, 250, "0"),
    [STANCE_METRIC_RFD_50_100MS] = RFD(50, 100, "50"),
    [STANCE_METRIC_RFD_100_150MS] = RFD(100, 150, "100"),
    [STANCE_METRIC_RFD_150_200MS] = RFD(150, 200, "150"),
    [STANCE_METRIC_RFD_200_250MS] = RFD(200, 250, "200"),
    [STANCE_METRIC_RFD_100_200MS] = RFD(100, 200, "100"),
    [STANCE_METRIC_RFD_PEAK_20MS] =
        {.id = "rfd_peak_20ms",
         NEWTONS_PER_SECOND,
         RAPID,
         .definition = "Steepest rise of raw force over 20 ms, searched from onset to the peak",
         .source = "Haff 2015; Comfort 2019"},
    [STANCE_METRIC_IMPULSE_NET_0_50MS] = IMPULSE(50),
    [STANCE_METRIC_IMPULSE_NET_0_100MS] = IMPULSE(100),
    [STANCE_METRIC_IMPULSE_NET_0_150MS] = IMPULSE(150),
    [STANCE_METRIC_IMPULSE_NET_0_200MS] = IMPULSE(200),
    [STANCE_METRIC_IMPULSE_NET_0_250MS] = IMPULSE(250),
    [STANCE_METRIC_TIME_TO_50PCT] = {.id = "time_to_50pct",
                                     SECONDS,
                                     .needs_onset = true,
                                     LOWER,
                                     .definition =
                                         "Time from onset until the force above baseline first "
                                         "reaches 50 % of its peak, interpolated between samples",
                                     .source = "definition"},
    [STANCE_METRIC_TIME_TO_90PCT] = {.id = "time_to_90pct",
                                     SECONDS,
                                     .needs_onset = true,
                                     LOWER,
                                     .definition =
                                         "Time from onset until the force above baseline first "
                                         "reaches 90 % of its peak, interpolated between samples",
                                     .source = "definition"},
    [STANCE_METRIC_PEAK_TORQUE] = {.id = "peak_torque",
                                   NEWTON_METRES,
                                   HIGHER,
                                   .headline = true,
                                   .definition =
                                       "The peak that the protocol compares times the lever arm",
                                   .source = "definition"},
    [STANCE_METRIC_PEAK_FORCE_PER_KG] =
        {.id = "peak_force_per_kg",
         NEWTONS_PER_KG,
         HIGHER,
         .headline = true,
         .definition = "The peak that the protocol compares divided by body mass",
         .source = "definition"},
    [STANCE_METRIC_ASYMMETRY_PEAK_FORCE] =
        {.id = "asymmetry_peak_force",
         PERCENT,
         .compares_sides = true,
         .definition = "Right against left by the formula named in the method, of the peak that "
                       "the protocol compares; positive = right larger",
         .source = "Bishop 2016, 2018; Parkinson 2021"},
    [STANCE_METRIC_ASYMMETRY_PEAK_FORCE_SAME_INSTANT] =
        {.id = "asymmetry_peak_force_same_instant",
         PERCENT,
         .compares_sides = true,
         .definition = "Right against left by the same formula, of both forces at the instant of "
                       "the larger side's peak; positive = right larger",
         .source = "definition"},
    [STANCE_METRIC_ONSET_LAG] = {.id = "onset_lag",
                                 SECONDS,
                                 .compares_sides = true,
                                 .needs_onset = true,
                                 .definition = "Onset of the right side minus onset of the left",
                                 .source = "definition"},
};

const struct stance_metric_info *stance_metric_info(enum stance_metric metric)
{
  assert(metric < STANCE_METRIC_COUNT);
  return &metric_table[metric];
}

enum stance_metric stance_metric_find(const char *id)
{
  int metric = 0;
  while (metric < STANCE_METRIC_COUNT && strcmp(metric_table[metric].id, id) != 0)
    metric++;
  return (enum stance_metric)metric;
}

size_t stance_value_status(const struct stance_value *value, char *ret_text, size_t size)
{
  const bool missing = stance_value_is_missing(value);
  if (!missing && value->reasons == 0)
    return (size_t)snprintf(ret_text, size, "ok");
  size_t length = (size_t)snprintf(ret_text, size, missing ? "missing:" : "flagged:");
  const size_t room = length < size ? size - length : 0;
  return length + stance_reason_join(value->reasons, room > 0 ? ret_text + length : NULL, room);
}
