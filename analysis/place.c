/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "place.h"

#include "effort.h"

#include <math.h>

enum stance_side analysis_force_of(const struct stance_force_trace *trace, enum stance_side side)
{
  if (trace->force_n[side] != NULL)
    return side;
  if (trace->force_n[STANCE_TOTAL] != NULL)
    return STANCE_TOTAL;
  return trace->force_n[STANCE_LEFT] != NULL ? STANCE_LEFT : STANCE_RIGHT;
}

bool analysis_onset_on_sum(const struct analysis *analysis, enum stance_side segment_side)
{
  double *const *force_n = analysis->trace->force_n;
  return segment_side == STANCE_BOTH && analysis->protocol->rig != STANCE_RIG_STRAP &&
         force_n[STANCE_TOTAL] != NULL &&
         (force_n[STANCE_LEFT] != NULL || force_n[STANCE_RIGHT] != NULL);
}

static bool takes_part(const struct analysis *analysis, enum stance_side segment_side,
                       enum stance_side side)
{
  double *const *force_n = analysis->trace->force_n;
  if (segment_side != STANCE_BOTH)
    return side == segment_side;
  /* The sum of two straps is no force that anybody pulls with; that of two plates is. */
  if (side == STANCE_TOTAL)
    return force_n[STANCE_TOTAL] != NULL &&
           (analysis->protocol->rig != STANCE_RIG_STRAP ||
            (force_n[STANCE_LEFT] == NULL && force_n[STANCE_RIGHT] == NULL));
  return force_n[side] != NULL;
}

static struct stance_effort_search search_for(const struct analysis *analysis,
                                              const struct stance_segment *segment,
                                              enum stance_side side)
{
  const struct stance_force_trace *trace = analysis->trace;
  const enum stance_side force = analysis_force_of(trace, side);
  return (struct stance_effort_search){
      .force_n = trace->force_n[force],
      .sample_count = analysis->bounds.first + analysis->bounds.count,
      .rate_hz = trace->time.rate_hz,
      .earliest = analysis->previous_end[force],
      .first = segment->first,
      .last = segment->last,
      .body_weight_n = analysis->context->body_mass_kg * STANCE_STANDARD_GRAVITY_M_PER_S2,
      .plate = analysis->protocol->rig != STANCE_RIG_STRAP,
  };
}

/* A side's own peak, with the quiet window, onset and end of the sum. */
static void adopt_from_sum(const double *force_n, const struct stance_effort *sum,
                           struct stance_effort *side)
{
  side->quiet_first = sum->quiet_first;
  side->quiet_count = sum->quiet_count;
  side->onset = sum->onset;
  side->end = sum->end;
  side->missing = sum->missing;
  side->flags = sum->flags;
  side->baseline_n = side->baseline_sd_n = side->baseline_range_n = (double)NAN;
  side->threshold_n = (double)NAN;
  if (sum->quiet_count < 2)
    return;
  const struct quiet_statistics quiet =
      quiet_window_statistics(force_n, sum->quiet_first, sum->quiet_count);
  side->baseline_n = quiet.mean_n;
  side->baseline_sd_n = quiet.sd_n;
  side->baseline_range_n = quiet.range_n;
}

static void place_on_sum(const struct analysis *analysis, const struct stance_segment *segment,
                         const bool *took_part, struct stance_effort *effort)
{
  struct stance_effort *sum = &effort[STANCE_TOTAL];
  const struct stance_effort_search search = search_for(analysis, segment, STANCE_TOTAL);
  if (sum->quiet_count > 0)
    stance_effort_onset(&search, analysis->settings, stance_effort_threshold_height_n(sum), sum);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    if (took_part[side])
      adopt_from_sum(analysis->trace->force_n[side], sum, &effort[side]);
}

/* The larger threshold of the sides that took part serves all of them: with each its own, the
   noisier side would start later. */
static void place_on_each(const struct analysis *analysis, const struct stance_segment *segment,
                          const bool *took_part, struct stance_effort *effort)
{
  double height_n = (double)NAN;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (took_part[side] && effort[side].quiet_count > 0)
      height_n = fmax(height_n, stance_effort_threshold_height_n(&effort[side]));
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    if (!took_part[side] || effort[side].quiet_count <= 0)
      continue;
    const struct stance_effort_search search =
        search_for(analysis, segment, (enum stance_side)side);
    stance_effort_onset(&search, analysis->settings, height_n, &effort[side]);
  }
}

static void place(const struct analysis *analysis, const struct stance_segment *segment,
                  const bool *took_part, struct stance_effort *effort)
{
  if (analysis_onset_on_sum(analysis, segment->side))
    place_on_sum(analysis, segment, took_part, effort);
  else
    place_on_each(analysis, segment, took_part, effort);
}

void analysis_place_onsets(const struct analysis *analysis, const struct stance_segment *segment,
                           const bool took_part[STANCE_MEASURED_SIDE_COUNT],
                           struct stance_effort effort[STANCE_MEASURED_SIDE_COUNT])
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    if (!took_part[side])
      continue;
    const struct stance_effort_search search =
        search_for(analysis, segment, (enum stance_side)side);
    effort[side].onset = effort[side].end = STANCE_NO_SAMPLE;
    effort[side].missing = 0;
    effort[side].threshold_n =
        effort[side].baseline_n + effort_own_height_n(&search, analysis->settings, &effort[side]);
  }
  place(analysis, segment, took_part, effort);
}

void analysis_place_efforts(struct analysis *analysis, const struct stance_segment *segment,
                            struct stance_repetition *repetition)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    repetition->took_part[side] = takes_part(analysis, segment->side, (enum stance_side)side);
    if (!repetition->took_part[side])
      continue;
    const struct stance_effort_search search =
        search_for(analysis, segment, (enum stance_side)side);
    stance_effort_anchor(&search, analysis->settings, &repetition->effort[side]);
  }
  place(analysis, segment, repetition->took_part, repetition->effort);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    if (!repetition->took_part[side])
      continue;
    const struct stance_effort *effort = &repetition->effort[side];
    const long end = effort->end >= 0 ? effort->end : segment->last + 1;
    long *previous =
        &analysis->previous_end[analysis_force_of(analysis->trace, (enum stance_side)side)];
    *previous = end > *previous ? end : *previous;
  }
}
