/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Published repeatability: what stands in until a clinic has measured its own. Every number was
   read in its source; none was measured with this program or its instruments. */
#include "stance/comparison.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NONE __builtin_nan("")

static const struct stance_published_reliability studies[] = {
    {
        .protocol = "nordic",
        .hip_deg = NONE,
        .knee_deg = NONE,
        .rig = STANCE_RIG_STRAP,
        .metric = STANCE_METRIC_PEAK_FORCE,
        .athletes = 30,
        .cv_pct = {8.5, 8.5},
        .mdc95_n = 76.2,
        .source = "Opar 2013 (JOSPT 43:636)",
        .finding = "CV 5.8-8.5 %, MDC95 60.1-76.2 N, ICC 0.83-0.90; the larger ends are used",
    },
    {
        .protocol = "iso-supine-90-90",
        .hip_deg = 90,
        .knee_deg = 90,
        .rig = STANCE_RIG_PLATE,
        .metric = STANCE_METRIC_PEAK_FORCE_NET,
        .athletes = 29,
        .cv_pct = {4.3, 5.4},
        .mdc95_n = NONE,
        .source = "McCall 2015 (J Sports Sci 33:1298)",
        .finding = "knee 90: CV 4.3 % dominant, 5.4 % other leg, ICC 0.95, one week apart",
    },
    {
        .protocol = "iso-supine-30",
        .hip_deg = NONE,
        .knee_deg = 30,
        .rig = STANCE_RIG_PLATE,
        .metric = STANCE_METRIC_PEAK_FORCE_NET,
        .athletes = 29,
        .cv_pct = {6.3, 4.8},
        .mdc95_n = NONE,
        .source = "McCall 2015 (J Sports Sci 33:1298)",
        .finding = "knee 30: CV 6.3 % dominant (ICC 0.86), 4.8 % other leg (0.93), one week apart",
    },
    {
        .protocol = "iso-long-lever-bridge",
        .hip_deg = NONE,
        .knee_deg = NONE,
        .rig = STANCE_RIG_PLATE,
        .metric = STANCE_METRIC_PEAK_FORCE_NET,
        .athletes = 0,
        .cv_pct = {6.5, 6.5},
        .mdc95_n = NONE,
        .source = "Sundh 2026 (PLoS One)",
        .finding = "one leg, hips strapped: peak force CV 6.5 %, ICC 0.74-0.92",
    },
    {
        .protocol = "", /* no built-in protocol is this position on this device */
        .hip_deg = NONE,
        .knee_deg = NONE,
        .rig = STANCE_RIG_STRAP,
        .metric = STANCE_METRIC_PEAK_FORCE,
        .athletes = 16,
        .cv_pct = {4.7, 5.0},
        .mdc95_n = NONE,
        .source = "Wollin 2016",
        .finding = "externally fixed dynamometer, late-swing position, youth: SEM 4.7 and 5.0 %, "
                   "MDC95 12.9 and 14.0 %, ICC 0.87 and 0.86",
    },
};

const struct stance_published_reliability *stance_published_reliability(size_t k)
{
  return k < sizeof studies / sizeof *studies ? &studies[k] : NULL;
}

static bool is_same_angle(double a, double b)
{
  return isnan(a) ? isnan(b) : a == b;
}

static bool tests_the_same(const struct stance_published_reliability *study,
                           const struct stance_protocol *protocol, enum stance_metric metric)
{
  return study->protocol[0] != '\0' && strcmp(study->protocol, protocol->id) == 0 &&
         study->rig == protocol->rig && study->metric == metric &&
         is_same_angle(study->hip_deg, protocol->hip_deg) &&
         is_same_angle(study->knee_deg, protocol->knee_deg);
}

bool stance_repeatability_published(const struct stance_protocol *protocol,
                                    enum stance_metric metric,
                                    struct stance_repeatability *ret_repeatability)
{
  const struct stance_published_reliability *study;
  for (size_t k = 0; (study = stance_published_reliability(k)) != NULL; k++)
    if (tests_the_same(study, protocol, metric))
      break;
  if (study == NULL)
    return false;
  struct stance_repeatability known = stance_repeatability_unknown;
  snprintf(known.source, sizeof known.source, "%s: measured elsewhere, on other devices (%s)",
           study->source, study->finding);
  known.published = true;
  /* Two tests of each athlete leave n - 1. */
  known.error_df = study->athletes > 0 ? study->athletes - 1.0 : (double)INFINITY;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    known.error_pct[side] = fmax(study->cv_pct[0], study->cv_pct[1]);
    known.mdc95[side] = study->mdc95_n;
  }
  stance_repeatability_assume_independence(&known, study->cv_pct[0], study->cv_pct[1]);
  *ret_repeatability = known;
  return true;
}
