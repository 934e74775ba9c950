/* SPDX-License-Identifier: GPL-3.0-or-later */
/* THE table of metrics: it feeds CSV header, store, page, man page and data dictionary. */
#ifndef STANCE_METRIC_H
#define STANCE_METRIC_H

#include "stance/reason.h"
#include "stance/side.h"

#include <stdbool.h>
#include <stddef.h>

/* id, in the order in which columns appear. Definitions: SCIENCE 1.2; the table in
   analysis/metric_table.c holds unit, decimals, definition and source of each. */
#define STANCE_METRIC_LIST(X)                                             \
  X(UNLOADED_ZERO, unloaded_zero)                                         \
  X(LIMB_WEIGHT, limb_weight)                                             \
  X(BASELINE_FORCE, baseline_force)                                       \
  X(PRETENSION, pretension)                                               \
  X(PEAK_FORCE, peak_force)                                               \
  X(PEAK_FORCE_NET, peak_force_net)                                       \
  X(PEAK_FORCE_MEAN_100MS, peak_force_mean_100ms)                         \
  X(MEAN_FORCE, mean_force)                                               \
  X(DURATION, duration)                                                   \
  X(TIME_TO_PEAK, time_to_peak)                                           \
  X(ONSET_TIME, onset_time)                                               \
  X(REACTION_TIME, reaction_time)                                         \
  X(ONSET_THRESHOLD, onset_threshold)                                     \
  X(FORCE_AT_50MS, force_at_50ms)                                         \
  X(FORCE_AT_100MS, force_at_100ms)                                       \
  X(FORCE_AT_150MS, force_at_150ms)                                       \
  X(FORCE_AT_200MS, force_at_200ms)                                       \
  X(FORCE_AT_250MS, force_at_250ms)                                       \
  X(NET_FORCE_AT_50MS, net_force_at_50ms)                                 \
  X(NET_FORCE_AT_100MS, net_force_at_100ms)                               \
  X(NET_FORCE_AT_150MS, net_force_at_150ms)                               \
  X(NET_FORCE_AT_200MS, net_force_at_200ms)                               \
  X(NET_FORCE_AT_250MS, net_force_at_250ms)                               \
  X(RFD_0_50MS, rfd_0_50ms)                                               \
  X(RFD_0_100MS, rfd_0_100ms)                                             \
  X(RFD_0_150MS, rfd_0_150ms)                                             \
  X(RFD_0_200MS, rfd_0_200ms)                                             \
  X(RFD_0_250MS, rfd_0_250ms)                                             \
  X(RFD_50_100MS, rfd_50_100ms)                                           \
  X(RFD_100_150MS, rfd_100_150ms)                                         \
  X(RFD_150_200MS, rfd_150_200ms)                                         \
  X(RFD_200_250MS, rfd_200_250ms)                                         \
  X(RFD_100_200MS, rfd_100_200ms)                                         \
  X(RFD_PEAK_20MS, rfd_peak_20ms)                                         \
  X(IMPULSE_NET_0_50MS, impulse_net_0_50ms)                               \
  X(IMPULSE_NET_0_100MS, impulse_net_0_100ms)                             \
  X(IMPULSE_NET_0_150MS, impulse_net_0_150ms)                             \
  X(IMPULSE_NET_0_200MS, impulse_net_0_200ms)                             \
  X(IMPULSE_NET_0_250MS, impulse_net_0_250ms)                             \
  X(TIME_TO_50PCT, time_to_50pct)                                         \
  X(TIME_TO_90PCT, time_to_90pct)                                         \
  X(PEAK_TORQUE, peak_torque)                                             \
  X(PEAK_FORCE_PER_KG, peak_force_per_kg)                                 \
  X(ASYMMETRY_PEAK_FORCE, asymmetry_peak_force)                           \
  X(ASYMMETRY_PEAK_FORCE_SAME_INSTANT, asymmetry_peak_force_same_instant) \
  X(ONSET_LAG, onset_lag)

enum stance_metric {
#define STANCE_METRIC_ENUM(name, id) STANCE_METRIC_##name,
  STANCE_METRIC_LIST(STANCE_METRIC_ENUM)
#undef STANCE_METRIC_ENUM
      STANCE_METRIC_COUNT,
};

enum stance_better { STANCE_BETTER_NONE, STANCE_BETTER_HIGHER, STANCE_BETTER_LOWER };

struct stance_metric_info {
  const char *id;
  const char *unit;        /* as in the long layout: N, N/s, N.s, s, N.m, N/kg, % */
  const char *unit_suffix; /* as in column names: n, n_per_s, n_s, s, n_m, n_per_kg, pct */
  int decimals;            /* in the wide and tests layouts */
  bool compares_sides;     /* side `both`: asymmetry and lag */
  bool needs_onset;
  bool explosive_only; /* elsewhere it is flagged not_explosive */
  bool headline;       /* left_ and right_ columns of the tests layout */
  enum stance_better better;
  const char *definition; /* one line */
  const char *source;     /* author year, or "definition" */
};

const struct stance_metric_info *stance_metric_info(enum stance_metric metric);
/* STANCE_METRIC_COUNT where no metric has this id. */
enum stance_metric stance_metric_find(const char *id);

/* A number that says how it stands. Missing: NaN with the reasons; flagged: a number with reasons;
   ok: a number and no reason. */
struct stance_value {
  double value;
  double uncertainty; /* expanded, k = 2; NaN where none is known */
  /* Standard, k = 1: the part of it that other repetitions do not share (noise). */
  double uncertainty_own;
  /* Of rates and forces at a time of an explosive effort: by the published onset methods of
     stance_spread_method, of which `spread_count` found an onset; 0: none was asked. */
  double spread_low, spread_high;
  unsigned spread_count;
  stance_reason_set reasons;
};
static inline bool stance_value_is_missing(const struct stance_value *value)
{
  return !(value->value == value->value);
}
/* "ok", "flagged:a+b" or "missing:a"; returns the length. */
size_t stance_value_status(const struct stance_value *value, char *ret_text, size_t size);

#endif
