/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two instruments on the axis of the first. */
#include "stance/conditioning.h"

#include "resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double ns_per_s = 1e9;

/* Sample j of the joined trace is sample first + j of the first instrument and position
   at + j · step of the second. */
struct join {
  double first, count;
  double at, step;
  double uncertainty_s;
};

static bool is_related(const struct stance_alignment *alignment)
{
  return alignment->clock[0].mark_count > 0 && alignment->clock[1].mark_count > 0;
}

/* Position of the second instrument at sample 0 of the first, and per sample of it. */
static void relate(const struct stance_alignment *alignment, struct join *join)
{
  const struct stance_clock_fit *one = &alignment->clock[0], *two = &alignment->clock[1];

  if (!is_related(alignment)) {
    join->at = 0.0;
    join->step = alignment->trace[1]->time.rate_hz / alignment->trace[0]->time.rate_hz;
    return;
  }
  join->step = one->ns_per_frame / two->ns_per_frame;
  join->at = -stance_clock_fit_host_ns(two, 0.0, one->host_ns) / two->ns_per_frame -
             one->index * join->step;
}

/* The instants that the joined trace has. */
static void choose_span(const struct stance_alignment *alignment, struct join *join)
{
  const double slack = STANCE_ALIGNMENT_SLACK_S * alignment->trace[0]->time.rate_hz;
  const double begin = ceil(-join->at / join->step);
  const double end_one = (double)alignment->trace[0]->sample_count;
  const double end_two =
      floor(((double)alignment->trace[1]->sample_count - 1.0 - join->at) / join->step) + 1.0;

  join->first = begin > 0.0 && begin <= slack ? begin : 0.0;
  const double end =
      fabs(end_one - end_two) <= slack ? fmin(end_one, end_two) : fmax(end_one, end_two);
  const bool shares = begin < end_one && end_two > 0.0;
  join->count = shares ? end - join->first : 0.0;
  join->at += join->first * join->step;
}

static double uncertainty_at(const struct stance_alignment *alignment, const struct join *join,
                             double sample)
{
  return hypot(
      stance_clock_fit_uncertainty_ns(&alignment->clock[0], join->first + sample),
      stance_clock_fit_uncertainty_ns(&alignment->clock[1], join->at + sample * join->step));
}

static double worst_uncertainty_s(const struct stance_alignment *alignment, const struct join *join)
{
  if (!is_related(alignment))
    return (double)NAN;
  return fmax(uncertainty_at(alignment, join, 0.0), uncertainty_at(alignment, join, join->count)) /
         ns_per_s;
}

static void add_flags(struct stance_raw_trace *joined, size_t channel, size_t source_channel,
                      const uint32_t *flags)
{
  const uint32_t own = STANCE_FRAME_SATURATED(source_channel);
  for (size_t k = 0; k < joined->sample_count; k++)
    joined->flags[k] |= (flags[k] & ~STANCE_FRAME_SATURATED_ANY) |
                        ((flags[k] & own) != 0 ? STANCE_FRAME_SATURATED(channel) : 0);
}

struct scratch {
  double *value;
  uint32_t *flags, *even_flags;
};

/* Copies or resamples one channel to the end of the joined trace. */
static enum stance_status add_channel(const struct stance_raw_trace *from, size_t source_channel,
                                      const struct stance_resampling *plan, struct scratch *scratch,
                                      struct stance_raw_trace *joined)
{
  const size_t channel = joined->channel_count;
  const bool flagged =
      stance_resample_prepare(from, source_channel, scratch->value, scratch->flags);

  joined->value[channel] = malloc((joined->sample_count + 1) * sizeof *joined->value[channel]);
  if (joined->value[channel] == NULL)
    return STANCE_MEMORY;
  joined->channel_count++;
  joined->channel[channel] = from->channel[source_channel];
  if (flagged) {
    memset(scratch->even_flags, 0, joined->sample_count * sizeof *scratch->even_flags);
    stance_resample_flags(plan, scratch->flags, from->sample_count, scratch->even_flags,
                          joined->sample_count);
    add_flags(joined, channel, source_channel, scratch->even_flags);
  }
  return stance_resample(plan, scratch->value, from->sample_count, joined->value[channel],
                         joined->sample_count);
}

static void join_integrity(const struct stance_integrity *two, struct stance_integrity *one)
{
  one->frames_expected += two->frames_expected;
  one->frames_received += two->frames_received;
  one->frames_lost += two->frames_lost;
  one->frames_duplicated += two->frames_duplicated;
  one->frames_corrupt += two->frames_corrupt;
  one->frames_late += two->frames_late;
  if (two->longest_gap_frames > one->longest_gap_frames)
    one->longest_gap_frames = two->longest_gap_frames;
}

static enum stance_status fill(const struct stance_alignment *alignment, const struct join *join,
                               struct scratch *scratch, struct stance_raw_trace *joined)
{
  const struct stance_resampling plan[2] = {{.first = join->first, .step = 1.0},
                                            {.first = join->at, .step = join->step}};
  for (size_t stream = 0; stream < 2; stream++) {
    const struct stance_raw_trace *from = alignment->trace[stream];
    for (size_t c = 0; c < from->channel_count; c++) {
      if (!alignment->uses[stream][c])
        continue;
      const enum stance_status status = add_channel(from, c, &plan[stream], scratch, joined);
      if (status != STANCE_OK)
        return status;
    }
  }
  return stance_resample_list_gaps(joined);
}

static size_t count_channels(const struct stance_alignment *alignment)
{
  size_t count = 0;
  for (size_t stream = 0; stream < 2; stream++)
    for (size_t c = 0; c < alignment->trace[stream]->channel_count; c++)
      count += alignment->uses[stream][c];
  return count;
}

static size_t longer(const struct stance_alignment *alignment)
{
  const size_t one = alignment->trace[0]->sample_count, two = alignment->trace[1]->sample_count;
  return one > two ? one : two;
}

enum stance_status stance_alignment_apply(const struct stance_alignment *alignment,
                                          struct stance_aligned *ret_aligned,
                                          struct stance_problem *problem)
{
  struct join join = {0};
  struct stance_raw_trace joined = {.time = alignment->trace[0]->time,
                                    .integrity = alignment->trace[0]->integrity};

  if (count_channels(alignment) > STANCE_CHANNEL_COUNT_MAX)
    return stance_problem_set(problem, STANCE_USAGE,
                              "two instruments with %zu used channels, at most %d can be analysed; "
                              "leave some out of map=",
                              count_channels(alignment), STANCE_CHANNEL_COUNT_MAX);
  relate(alignment, &join);
  choose_span(alignment, &join);
  if (!(join.count >= 1.0))
    return stance_problem_set(problem, STANCE_INPUT,
                              "the two instruments never sampled at the same time");
  join.uncertainty_s = worst_uncertainty_s(alignment, &join);
  joined.sample_count = (size_t)join.count;
  joined.time.start_s += join.first / joined.time.rate_hz;
  join_integrity(&alignment->trace[1]->integrity, &joined.integrity);
  joined.flags = calloc(joined.sample_count + 1, sizeof *joined.flags);
  struct scratch scratch = {
      .value = malloc((longer(alignment) + 1) * sizeof(double)),
      .flags = malloc((longer(alignment) + 1) * sizeof(uint32_t)),
      .even_flags = malloc((joined.sample_count + 1) * sizeof(uint32_t)),
  };
  enum stance_status status = STANCE_MEMORY;
  if (joined.flags != NULL && scratch.value != NULL && scratch.flags != NULL &&
      scratch.even_flags != NULL)
    status = fill(alignment, &join, &scratch, &joined);
  free(scratch.value);
  free(scratch.flags);
  free(scratch.even_flags);
  if (status != STANCE_OK) {
    stance_resample_finish(&joined);
    return stance_problem_set(problem, status, "out of memory for two instruments");
  }
  *ret_aligned = (struct stance_aligned){
      .trace = joined, .first = (size_t)join.first, .uncertainty_s = join.uncertainty_s};
  return STANCE_OK;
}
