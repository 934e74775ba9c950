/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attempts.h"
#include "bounds.h"
#include "compare.h"
#include "polarity.h"
#include "reaction.h"
#include "scan.h"
#include "spread.h"
#include "stance/result.h"
#include "uncertainty_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

enum { SEGMENT_CAPACITY = 64 }; /* of a usual recording; a longer one costs a second search */

struct stance_analyzer {
  struct stance_zero_phase *filter;
  double *scratch;
  size_t scratch_capacity;
  struct stance_segment *segment;
  size_t segment_capacity;
  struct bootstrap bootstrap;
};

enum stance_status stance_analyzer_create(struct stance_analyzer **ret_analyzer,
                                          struct stance_problem *problem)
{
  struct stance_analyzer *analyzer = calloc(1, sizeof *analyzer);
  if (analyzer == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "no memory for the analysis");
  /* Retuned to each recording; only the plan matters here. */
  const struct stance_lowpass design = {
      .rate_hz = 1000, .cutoff_hz = 6, .order_per_pass = 2, .passes = 2};
  enum stance_status status = stance_zero_phase_create(&design, &analyzer->filter, problem);
  if (status != STANCE_OK) {
    free(analyzer);
    return status;
  }
  *ret_analyzer = analyzer;
  return STANCE_OK;
}

void stance_analyzer_destroy(struct stance_analyzer *analyzer)
{
  if (analyzer == NULL)
    return;
  stance_zero_phase_destroy(analyzer->filter);
  free(analyzer->scratch);
  free(analyzer->segment);
  bootstrap_finish(&analyzer->bootstrap);
  free(analyzer);
}

void stance_result_finish(struct stance_result *result)
{
  if (result == NULL)
    return;
  free(result->repetition);
  result->repetition = NULL;
  result->repetition_count = 0;
}

/* Grows `*array` to `count` elements of `size` bytes; what it held is not kept. */
static enum stance_status reserve(void **array, size_t *capacity, size_t count, size_t size,
                                  struct stance_problem *problem)
{
  if (count <= *capacity)
    return STANCE_OK;
  free(*array);
  *capacity = 0;
  *array = calloc(count, size);
  if (*array == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "no memory for %zu values of the analysis",
                              count);
  *capacity = count;
  return STANCE_OK;
}

static enum stance_status find_segments(struct stance_analyzer *analyzer,
                                        const struct analysis *analysis, size_t *ret_count,
                                        struct stance_problem *problem)
{
  const struct stance_analysis_context *context = analysis->context;
  void *scratch = analyzer->scratch;
  enum stance_status status = reserve(&scratch, &analyzer->scratch_capacity,
                                      2 * analysis->trace->sample_count, sizeof(double), problem);
  analyzer->scratch = scratch;
  size_t wanted = SEGMENT_CAPACITY, found = 0;
  do {
    void *segment = analyzer->segment;
    if (status == STANCE_OK)
      status = reserve(&segment, &analyzer->segment_capacity, wanted, sizeof *analyzer->segment,
                       problem);
    analyzer->segment = segment;
    if (status == STANCE_OK)
      status = stance_repetitions_find(
          analysis->trace, analysis->search, analysis->protocol, analysis->settings,
          context->side_order, context->side_order_count, analyzer->filter, analyzer->scratch,
          analyzer->segment, analyzer->segment_capacity, &found, problem);
    wanted = found;
  } while (status == STANCE_OK && found > analyzer->segment_capacity);
  if (status == STANCE_OK)
    *ret_count = found;
  return status;
}

/* What makes every force of the recording doubtful. */
static stance_reason_set force_flags(const struct analysis *analysis)
{
  return analysis->context->force_flags | (analysis->trace->calibrated ? 0 : BIT(UNCALIBRATED));
}

/* Levels that were known before sample `before`: those of the recording, but for a limb phase that
   came later. */
static struct levels levels_before(const struct analysis *analysis, enum stance_side force,
                                   size_t before)
{
  const struct stance_force_trace *trace = analysis->trace;
  return levels_begin_before(trace, before)
             ? analysis->levels[force]
             : levels_measure(trace, trace->force_n[force], analysis->settings, before);
}

static struct metric_input input_for(const struct analysis *analysis,
                                     const struct stance_repetition *repetition,
                                     enum stance_side side, bool onset_on_sum)
{
  const struct stance_force_trace *trace = analysis->trace;
  const enum stance_side force = analysis_force_of(trace, side);
  const struct stance_effort *effort = &repetition->effort[side];
  const size_t seen_until = (size_t)(effort->peak > 0 ? effort->peak : effort->last);
  struct metric_input input = {
      .force_n = trace->force_n[force],
      .sample_count = analysis->bounds.first + analysis->bounds.count,
      .rate_hz = trace->time.rate_hz,
      .start_s = trace->time.start_s,
      .saturated = trace->saturated,
      .interpolated = trace->interpolated,
      .side_bit = (uint8_t)(1u << force),
      .effort = effort,
      .has_gap = analysis->has_gap[force],
      .levels = levels_before(analysis, force, seen_until),
      .zero_shift_n = analysis->drift.is_corrected ? analysis->drift.shift_n[force] : 0,
      .body_mass_kg = analysis->context->body_mass_kg,
      .lever_m = analysis->context->lever_m,
      .calibrated_to_n = uncertainty_calibrated_to(analysis->context->force_uncertainty, force),
      .compared = analysis->protocol->compared,
      .explosive = analysis->protocol->effort == STANCE_EFFORT_EXPLOSIVE,
      .onset_on_sum = onset_on_sum && side != STANCE_TOTAL,
      .force_flags = force_flags(analysis) | analysis->drift.flags[force],
      .truncated = trace->truncated,
  };
  drift_move_levels(&analysis->drift, force, (double)seen_until, &input.levels);
  input.levels.limb_measured &= analysis->limb_measured;
  if (!analysis->zero_measured) {
    input.levels.zero_measured = false;
    input.levels.zero_n = 0;
  }
  return input;
}

/* Values of a repetition that does not count say so; its numbers stay. */
static void mark_status(struct stance_repetition *repetition, stance_reason_set segment_reasons)
{
  stance_reason_set mark = segment_reasons & (BIT(SIDES_DOUBTFUL) | BIT(SIDE_NOT_SAMPLED));
  if (repetition->status == STANCE_REPETITION_PARTIAL)
    mark = BIT(PARTIAL) | segment_reasons;
  if (repetition->status == STANCE_REPETITION_REJECTED)
    mark = BIT(REJECTED) | segment_reasons;
  repetition->reasons |= segment_reasons;
  for (int side = 0; side < STANCE_SIDE_COUNT; side++)
    for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++)
      if (!stance_value_is_missing(&repetition->value[side][metric]))
        repetition->value[side][metric].reasons |= mark;
}

static void fill_missing(struct stance_value value[STANCE_METRIC_COUNT], stance_reason_set why)
{
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++)
    value[metric] =
        (struct stance_value){.value = (double)NAN, .uncertainty = (double)NAN, .reasons = why};
}

/* Why a side that took no part has no values. */
static stance_reason_set why_absent(const struct analysis *analysis,
                                    const struct stance_segment *segment, int side)
{
  const bool away = (segment->reasons & BIT(SIDE_NOT_SAMPLED)) != 0;
  const bool is_leg = side == STANCE_LEFT || side == STANCE_RIGHT;
  const bool is_sum = side == STANCE_TOTAL && analysis->protocol->rig != STANCE_RIG_STRAP;
  return away && (is_leg || is_sum || side == STANCE_BOTH) ? BIT(SIDE_NOT_SAMPLED)
                                                           : BIT(SIDE_NOT_TESTED);
}

/* What a clinician must know of the repetition as a whole, from the values of one side. */
static stance_reason_set quality_of(const struct analysis *analysis,
                                    const struct stance_repetition *repetition,
                                    enum stance_side side)
{
  /* That a slow test is slow is no news of the repetition. */
  const bool explosive = analysis->protocol->effort == STANCE_EFFORT_EXPLOSIVE;
  const stance_reason_set unasked = explosive ? 0 : BIT(NOT_EXPLOSIVE);
  const struct stance_value *value = repetition->value[side];
  const stance_reason_set of_peak = value[STANCE_METRIC_PEAK_FORCE].reasons;
  const stance_reason_set of_start = value[STANCE_METRIC_BASELINE_FORCE].reasons;
  return (repetition->effort[side].flags & ~unasked) |
         (of_peak & (BIT(FLAT_TOP) | BIT(PEAK_SPIKE) | BIT(SATURATED) | BIT(GAP_IN_WINDOW) |
                     BIT(BEYOND_CALIBRATION))) |
         (of_start & BIT(PRETENSION));
}

static void find_uncertainty(const struct analysis *analysis, struct bootstrap *bootstrap,
                             const struct stance_result *result,
                             struct stance_repetition *repetition, enum stance_side side,
                             const struct metric_input *input)
{
  const struct stance_analysis_context *context = analysis->context;
  const struct stance_force_uncertainty *known = context->force_uncertainty;
  const enum stance_side force = analysis_force_of(analysis->trace, side);
  if (context->uncertainty == STANCE_UNCERTAINTY_NONE)
    known = NULL;
  struct stance_uncertainty_terms *terms = &repetition->uncertainty[side];
  *terms = uncertainty_terms_of(input, known != NULL ? &known[force] : NULL, context);
  const double rate_uncertainty_hz = analysis->trace->time.rate_uncertainty_hz;
  if (!isnan(rate_uncertainty_hz))
    terms->rate_uncertainty_hz = rate_uncertainty_hz / STANCE_COVERAGE_FACTOR;
  const struct bootstrap_request request = {.input = input,
                                            .settings = analysis->settings,
                                            .body_weight_n = context->body_mass_kg *
                                                             STANCE_STANDARD_GRAVITY_M_PER_S2,
                                            .scale = terms->force.scale};
  const bool bootstrapped = context->uncertainty == STANCE_UNCERTAINTY_FULL && terms->known &&
                            bootstrap_run(bootstrap, &request);
  uncertainty_fill(result, repetition, side, bootstrapped ? bootstrap : NULL);
}

static void analyze_repetition(struct analysis *analysis, struct bootstrap *bootstrap,
                               struct stance_result *result, const struct stance_segment *segment,
                               struct stance_repetition *repetition)
{
  repetition->side = segment->side;
  repetition->status = segment->status;
  const struct analysis before = *analysis;
  analysis_place_efforts(analysis, segment, repetition);
  const bool onset_on_sum = analysis_onset_on_sum(analysis, segment->side);
  struct metric_input input[STANCE_MEASURED_SIDE_COUNT];
  for (int side = 0; side < STANCE_SIDE_COUNT; side++) {
    fill_missing(repetition->value[side], why_absent(analysis, segment, side));
    if (side >= STANCE_MEASURED_SIDE_COUNT || !repetition->took_part[side])
      continue;
    input[side] = input_for(analysis, repetition, (enum stance_side)side, onset_on_sum);
    metrics_compute(&input[side], repetition->value[side]);
    find_uncertainty(analysis, bootstrap, result, repetition, (enum stance_side)side, &input[side]);
    repetition->reasons |= quality_of(analysis, repetition, (enum stance_side)side);
    repetition->order = ++result->attempted[side];
  }
  if (analysis->protocol->effort == STANCE_EFFORT_EXPLOSIVE)
    spread_fill(&before, segment, input, repetition);
  if (repetition->took_part[STANCE_LEFT] && repetition->took_part[STANCE_RIGHT])
    compare_repetition(result, onset_on_sum, input, repetition);
  mark_status(repetition, segment->reasons);
}

static stance_reason_set recording_flags(const struct analysis *analysis)
{
  const struct stance_force_trace *trace = analysis->trace;
  const struct stance_analysis_context *context = analysis->context;
  stance_reason_set flags = context->recording_flags;
  flags |= trace->gap_count > 0 || trace->integrity.frames_lost > 0 ? BIT(FRAMES_LOST) : 0;
  flags |= bounds_lack_efforts(trace) ? BIT(NO_EFFORTS_PHASE) : 0;
  flags |= trace->time.irregular ? BIT(IRREGULAR_TIME) : 0;
  flags |= trace->truncated ? BIT(TRUNCATED) : 0;
  flags |= force_flags(analysis);
  flags |= context->side_order_count > 0 ? BIT(SIDES_FOLLOW_ORDER) : 0;
  return flags;
}

/* Zero and limb weight hold for all forces or for none: sides that mean different things by "net"
   cannot be compared. */
static void find_levels(struct analysis *analysis, struct stance_result *result)
{
  result->zero_measured = result->limb_measured = true;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const struct levels *levels = &analysis->levels[side];
    result->measured[side] = analysis->trace->force_n[side] != NULL;
    if (!result->measured[side])
      continue;
    result->zero_measured &= levels->zero_measured;
    result->limb_measured &= levels->limb_measured;
    result->flags |= levels->zero_flags;
  }
  analysis->zero_measured = result->zero_measured;
  analysis->limb_measured = result->limb_measured;
  result->flags |= result->zero_measured ? 0 : BIT(ZERO_ASSUMED);
  result->flags |= analysis->drift.recording_flags;
  result->drift_corrected = analysis->drift.is_corrected;
  memcpy(result->zero_shift_n, analysis->drift.shift_n, sizeof result->zero_shift_n);
}

/* An order of sides belongs to one force that serves both in turn; where the forces have sides of
   their own it could only contradict them. */
static enum stance_status check_order(const struct analysis *analysis,
                                      struct stance_problem *problem)
{
  double *const *force_n = analysis->trace->force_n;
  const bool sided = force_n[STANCE_LEFT] != NULL || force_n[STANCE_RIGHT] != NULL;
  if (!sided || analysis->context->side_order_count == 0)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_USAGE,
                            "an order of sides is for one force used by both sides in turn; this "
                            "recording says itself which side a force belongs to: leave the order "
                            "out, or read the force as total=...");
}

/* An instant at which one channel alone holds no number is no lost frame to its source, but to a
   result it is: what is flagged must be counted. */
static void count_holes(const struct stance_force_trace *trace, struct stance_integrity *integrity)
{
  uint64_t holes = 0;
  for (size_t k = 0; k < trace->gap_count; k++) {
    holes += trace->gap[k].count;
    if (trace->gap[k].count > integrity->longest_gap_frames)
      integrity->longest_gap_frames = trace->gap[k].count;
  }
  if (holes > integrity->frames_lost)
    integrity->frames_lost = holes;
}

static void describe(const struct analysis *analysis, struct stance_result *result)
{
  result->protocol = *analysis->protocol;
  result->settings = *analysis->settings;
  result->body_mass_kg = analysis->context->body_mass_kg;
  result->lever_m = analysis->context->lever_m;
  result->injured_side = analysis->context->injured_side;
  result->uncertainty = analysis->context->uncertainty;
  result->time = analysis->trace->time;
  result->integrity = analysis->trace->integrity;
  count_holes(analysis->trace, &result->integrity);
  result->flags = recording_flags(analysis);
  stance_onset_method_describe(analysis->settings, result->onset_method,
                               sizeof result->onset_method);
}

enum stance_status stance_analyze(struct stance_analyzer *analyzer,
                                  const struct stance_force_trace *trace,
                                  const struct stance_protocol *protocol,
                                  const struct stance_analysis_settings *settings,
                                  const struct stance_analysis_context *context,
                                  struct stance_result *ret_result, struct stance_problem *problem)
{
  struct analysis analysis = {.trace = trace,
                              .protocol = protocol,
                              .settings = settings != NULL ? settings : &protocol->analysis,
                              .context = context};
  enum stance_status status = check_order(&analysis, problem);
  if (status == STANCE_OK)
    status = bounds_find(&analysis, problem);
  size_t count = 0;
  if (status == STANCE_OK && analysis.search.count > 0)
    status = find_segments(analyzer, &analysis, &count, problem);
  for (int side = 0; status == STANCE_OK && side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (trace->force_n[side] != NULL)
      analysis.levels[side] =
          levels_measure(trace, trace->force_n[side], analysis.settings, trace->sample_count);
  drift_measure(trace, analysis.settings, &analysis.drift);
  if (status == STANCE_OK && analysis.search.count > 0)
    status = polarity_check(&analysis, analyzer->scratch, problem);
  if (status != STANCE_OK)
    return status;
  struct stance_result result = {.repetition_count = count};
  describe(&analysis, &result);
  find_levels(&analysis, &result);
  result.repetition = calloc(count > 0 ? count : 1, sizeof *result.repetition);
  if (result.repetition == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "no memory for %zu repetitions", count);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    analysis.previous_end[side] = (long)analysis.search.first;
    /* by the samples, not by the list of gaps: a side can lack one that the others have */
    analysis.has_gap[side] =
        trace->force_n[side] != NULL &&
        scan_has_nan(trace->force_n[side], (long)analysis.bounds.first,
                     (long)(analysis.bounds.first + analysis.bounds.count) - 1);
  }
  attempts_reject(context, analyzer->segment, count);
  for (size_t k = 0; k < count; k++) {
    result.repetition[k].number = (unsigned)k + 1;
    result.repetition[k].pain = attempts_pain(context, analyzer->segment, count, k);
    analyze_repetition(&analysis, &analyzer->bootstrap, &result, &analyzer->segment[k],
                       &result.repetition[k]);
  }
  reaction_fill(&analysis, analyzer->segment, result.repetition, count);
  summarise(&result);
  *ret_result = result;
  return STANCE_OK;
}
