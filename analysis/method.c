/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The method of each value, as text: two values are comparable when these are equal. */
#include "stance/result.h"

#include <stdio.h>

/* Versions count up when a definition changes in any digit. */
static size_t window_method(const struct stance_result *result, const char *id, char *ret_text,
                            size_t size)
{
  /* The id ends in the window: rfd_50_100ms, impulse_net_0_50ms, net_force_at_50ms. */
  char name[48];
  int from, to;
  if (sscanf(id, "rfd_peak_%dms", &to) == 1)
    return (size_t)snprintf(ret_text, size, "rfd_peak/1(window=%dms,onset=%s)", to,
                            result->onset_method);
  if (sscanf(id, "rfd_%d_%dms", &from, &to) == 2)
    snprintf(name, sizeof name, "rfd/1(window=%d-%dms", from, to);
  else if (sscanf(id, "impulse_net_%d_%dms", &from, &to) == 2)
    snprintf(name, sizeof name, "impulse_net/1(window=%d-%dms", from, to);
  else if (sscanf(id, "net_force_at_%dms", &to) == 1)
    snprintf(name, sizeof name, "net_force_at/1(at=%dms", to);
  else if (sscanf(id, "force_at_%dms", &to) == 1)
    snprintf(name, sizeof name, "force_at/1(at=%dms,zero=%s", to,
             result->zero_measured ? "measured" : "assumed");
  else
    return 0;
  return (size_t)snprintf(ret_text, size, "%s,onset=%s)", name, result->onset_method);
}

/* What the compared peak is counted from. */
static const char *reference_of(const struct stance_result *result)
{
  if (result->protocol.compared == STANCE_METRIC_PEAK_FORCE_NET)
    return result->limb_measured ? "above=limb_weight" : "above=baseline";
  return result->zero_measured ? "zero=measured" : "zero=assumed";
}

static size_t asymmetry_method(const struct stance_result *result, enum stance_metric metric,
                               char *ret_text, size_t size)
{
  const enum stance_asymmetry_formula formula =
      (enum stance_asymmetry_formula)result->settings.asymmetry_formula;
  const char *compared = stance_metric_info(result->protocol.compared)->id;
  const bool same_instant = metric == STANCE_METRIC_ASYMMETRY_PEAK_FORCE_SAME_INSTANT;
  return (size_t)snprintf(ret_text, size, "%s(compares=%s,%s%s)", stance_asymmetry_id(formula),
                          compared, reference_of(result), same_instant ? ",at=larger_peak" : "");
}

size_t stance_result_method(const struct stance_result *result, enum stance_metric metric,
                            char *ret_text, size_t size)
{
  const struct stance_metric_info *info = stance_metric_info(metric);
  const char *zero = result->zero_measured ? "measured" : "assumed";
  const char *above = result->limb_measured ? "limb_weight" : "baseline";
  const char *compared = stance_metric_info(result->protocol.compared)->id;
  const char *reference = reference_of(result);
  const size_t window = window_method(result, info->id, ret_text, size);
  if (window > 0)
    return window;
  switch (metric) {
  case STANCE_METRIC_ASYMMETRY_PEAK_FORCE:
  case STANCE_METRIC_ASYMMETRY_PEAK_FORCE_SAME_INSTANT:
    return asymmetry_method(result, metric, ret_text, size);
  case STANCE_METRIC_PEAK_FORCE_NET:
    return (size_t)snprintf(ret_text, size, "%s/1(above=%s)", info->id, above);
  case STANCE_METRIC_PEAK_TORQUE:
  case STANCE_METRIC_PEAK_FORCE_PER_KG:
    return (size_t)snprintf(ret_text, size, "%s/1(of=%s,%s)", info->id, compared, reference);
  case STANCE_METRIC_UNLOADED_ZERO:
  case STANCE_METRIC_PRETENSION:
    return (size_t)snprintf(ret_text, size, "%s/1", info->id);
  case STANCE_METRIC_LIMB_WEIGHT:
  case STANCE_METRIC_PEAK_FORCE:
  case STANCE_METRIC_PEAK_FORCE_MEAN_100MS:
    return (size_t)snprintf(ret_text, size, "%s/1(zero=%s)", info->id, zero);
  case STANCE_METRIC_BASELINE_FORCE:
  case STANCE_METRIC_MEAN_FORCE:
    return (size_t)snprintf(ret_text, size, "%s/1(zero=%s,onset=%s)", info->id, zero,
                            result->onset_method);
  default:
    return (size_t)snprintf(ret_text, size, "%s/1(onset=%s)", info->id, result->onset_method);
  }
}
