/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reaction.h"

#include <math.h>

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

/* The last one between two peaks; NULL where there is none. One that sounded while the force
   already rose belongs to it all the same: the athlete was early. */
static const struct stance_go *find_go(const struct stance_analysis_context *context,
                                       const struct stance_segment *previous,
                                       const struct stance_segment *segment)
{
  const double since = previous != NULL ? (double)previous->peak : -(double)INFINITY;
  const struct stance_go *found = NULL;
  for (size_t k = 0; k < context->go_count; k++) {
    const struct stance_go *go = &context->go[k];
    if (go->sample > since && go->sample <= (double)segment->peak)
      found = go;
  }
  return found;
}

static struct stance_value missing(stance_reason_set reasons)
{
  return (struct stance_value){
      .value = (double)NAN, .uncertainty = (double)NAN, .reasons = reasons};
}

static struct stance_value react(const struct analysis *analysis, const struct stance_go *go,
                                 const struct stance_value *onset, double onset_sample)
{
  const double rate_hz = analysis->trace->time.rate_hz;
  /* Onset lies somewhere in the sample before its own: a rectangle of that width. */
  const double sampled_s = 1 / rate_hz / sqrt(12.0);
  if (stance_value_is_missing(onset))
    return missing(onset->reasons);
  if (go == NULL)
    return missing(BIT(NO_GO));
  const double reaction_s = (onset_sample - go->sample) / rate_hz;
  if (reaction_s > analysis->protocol->effort_s)
    return missing(BIT(NO_GO));
  if (go->missing != 0)
    return missing(go->missing);
  return (struct stance_value){
      .value = reaction_s,
      .uncertainty = hypot(go->uncertainty_s, STANCE_COVERAGE_FACTOR * sampled_s),
      .uncertainty_own = sampled_s,
      .reasons = onset->reasons | (reaction_s < 0 ? BIT(BEFORE_GO) : 0),
  };
}

void reaction_fill(const struct analysis *analysis, const struct stance_segment *segments,
                   struct stance_repetition *repetitions, size_t count)
{
  for (size_t k = 0; k < count; k++) {
    const struct stance_go *go =
        find_go(analysis->context, k > 0 ? &segments[k - 1] : NULL, &segments[k]);
    for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
      struct stance_value *value = repetitions[k].value[side];
      if (repetitions[k].took_part[side])
        value[STANCE_METRIC_REACTION_TIME] = react(analysis, go, &value[STANCE_METRIC_ONSET_TIME],
                                                   (double)repetitions[k].effort[side].onset);
    }
  }
}
