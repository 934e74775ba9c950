/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what one or two instruments sampled to one trace and one profile. */
#include "trial_private.h"

#include "rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two whole profiles: too much for a stack that a thread may have. */
struct streams {
  struct stance_rig_stream stream[STANCE_STREAM_MAX];
  enum stance_calibration_state state[STANCE_STREAM_MAX];
  unsigned decimation[STANCE_STREAM_MAX];
};

static const char *name_of(const struct stance_recording *info, size_t k)
{
  const char *number = k == 0 ? "first instrument" : "second instrument";
  const enum stance_side side = info->stream[k].side;
  return side == STANCE_SIDE_NONE ? number : stance_side_name(side);
}

static enum stance_status choose_calibration(const struct stance_recording *info, size_t k,
                                             struct streams *streams,
                                             struct stance_problem *problem)
{
  const struct stance_recording_stream *stream = &info->stream[k];
  struct stance_calibration *calibration = &streams->stream[k].calibration;
  const struct stance_raw_trace *raw = streams->stream[k].trace;
  char instrument[136];

  streams->state[k] = STANCE_CALIBRATION_KNOWN;
  if (stream->calibration_text != NULL && stream->calibration_text[0] != '\0') {
    enum stance_status status =
        stance_calibration_import(info->id, stream->calibration_text, calibration, problem);
    if (status != STANCE_OK)
      return status;
    if (!calibration->calibrated)
      streams->state[k] = STANCE_CALIBRATION_NONE;
    else if (strcmp(calibration->id, "identity") == 0)
      streams->state[k] = STANCE_CALIBRATION_UNKNOWABLE; /* a file of forces, played back */
    return STANCE_OK;
  }
  streams->state[k] = STANCE_CALIBRATION_UNKNOWABLE;
  if (stance_calibration_for_units(raw->channel, raw->channel_count, NULL, calibration, NULL) ==
      STANCE_OK)
    return STANCE_OK;
  streams->state[k] = STANCE_CALIBRATION_NONE;
  stance_pipeline_instrument(&stream->source, instrument, sizeof instrument);
  stance_pipeline_uncalibrated(raw->channel, raw->channel_count, instrument, calibration);
  return STANCE_OK;
}

static void note_stream(struct stance_trial *trial, const struct stance_recording *info, size_t k,
                        const struct stance_conditioning *done)
{
  static const char played[] = "replay:";
  char what[200];
  const char *name = info->stream_count > 1 ? name_of(info, k) : "";
  const char *colon = info->stream_count > 1 ? ": " : "";
  if (stance_conditioning_describe(done, what, sizeof what) > 0)
    stance_trial_note(trial, "%s%s%s", name, colon, what);
  if (strncmp(info->stream[k].source.uri, played, sizeof played - 1) == 0)
    stance_trial_note(trial, "%s%splayed back from %.60s", name, colon,
                      info->stream[k].source.uri + sizeof played - 1);
  if (info->stream[k].fault.text[0] != '\0')
    stance_trial_note(trial, "%s%sthe instrument failed: %.150s", name, colon,
                      info->stream[k].fault.text);
}

static enum stance_status prepare_stream(struct stance_trial *trial,
                                         const struct stance_recording *info, size_t k,
                                         struct streams *streams, struct stance_problem *problem)
{
  const struct stance_recording_stream *stream = &info->stream[k];
  struct stance_rig_stream *to = &streams->stream[k];
  struct stance_conditioning done;
  char instrument[136];
  enum stance_status status =
      stance_conditioning_apply(to->trace, stream->source.oversampling, &done, problem);
  if (status != STANCE_OK)
    return status;
  note_stream(trial, info, k, &done);
  streams->decimation[k] = done.decimation;
  to->clock = stance_clock_fit_settle(&stream->clock, &to->trace->time, done.decimation);
  status = choose_calibration(info, k, streams, problem);
  if (status != STANCE_OK)
    return status;
  stance_pipeline_instrument(&stream->source, instrument, sizeof instrument);
  return stance_rig_claim_side(stream->side, instrument, &to->calibration, problem);
}

/* Takes the one trace over. */
static void take_one(struct stance_trial *trial, struct streams *streams, size_t k)
{
  trial->raw = *streams->stream[k].trace;
  *streams->stream[k].trace = (struct stance_raw_trace){0};
  trial->calibration = streams->stream[k].calibration;
  trial->calibration_state = streams->state[k];
  trial->clock = streams->stream[k].clock;
}

static enum stance_status take_both(struct stance_trial *trial, const struct stance_recording *info,
                                    struct streams *streams, size_t *ret_first,
                                    struct stance_problem *problem)
{
  struct stance_aligned aligned;
  struct stance_problem what = {""};
  enum stance_status status =
      stance_rig_join(streams->stream, &aligned, &trial->calibration, &what);
  if (status != STANCE_OK)
    return stance_problem_set(problem, status, "%s: %.600s", info->id, what.text);
  trial->raw = aligned.trace;
  trial->raw.time.alignment_s = aligned.uncertainty_s;
  trial->clock = streams->stream[0].clock;
  trial->clock.index -= (double)aligned.first;
  trial->calibration_state = streams->state[0];
  if (streams->state[1] == STANCE_CALIBRATION_NONE ||
      (streams->state[1] == STANCE_CALIBRATION_KNOWN &&
       streams->state[0] == STANCE_CALIBRATION_UNKNOWABLE))
    trial->calibration_state = streams->state[1];
  *ret_first = aligned.first;
  if (isnan(aligned.uncertainty_s)) {
    trial->flags |= STANCE_REASON_BIT(STANCE_REASON_CLOCKS_UNRELATED);
    stance_trial_note(trial, "the clocks of the two instruments are not related: their first "
                             "samples are taken to coincide");
  } else {
    stance_trial_note(trial,
                      "two instruments on one axis, that of %s (%.6g Hz), %s at %.6g Hz laid "
                      "on it to +- %.2g ms",
                      name_of(info, 0), trial->raw.time.rate_hz, name_of(info, 1),
                      streams->stream[1].trace->time.rate_hz, 1e3 * aligned.uncertainty_s);
  }
  return STANCE_OK;
}

/* Phases and attempts were counted in frames of the first stream. */
static void move_to_samples(struct stance_trial *trial, unsigned decimation, size_t first)
{
  size_t kept = 0;
  trial->decimation = decimation > 1 ? decimation : 1;
  trial->first_sample = first;
  for (size_t k = 0; k < trial->phase_count; k++) {
    struct stance_phase phase = trial->phase[k];
    phase.span = stance_conditioning_span(phase.span, decimation);
    const size_t end = phase.span.first + phase.span.count;
    phase.span.first = phase.span.first > first ? phase.span.first - first : 0;
    phase.span.count = end > first + phase.span.first ? end - first - phase.span.first : 0;
    if (phase.span.first >= trial->raw.sample_count || phase.span.count == 0)
      continue;
    if (phase.span.count > trial->raw.sample_count - phase.span.first)
      phase.span.count = trial->raw.sample_count - phase.span.first;
    trial->phase[kept++] = phase;
  }
  trial->phase_count = kept;
  for (size_t k = 0; k < trial->attempt_count; k++) {
    const size_t until = trial->attempt[k].until / trial->decimation;
    trial->attempt[k].until = until > first ? until - first : 0;
  }
}

enum stance_status stance_trial_take_streams(struct stance_trial *trial,
                                             const struct stance_recording *info,
                                             struct stance_raw_trace *traces,
                                             struct stance_problem *problem)
{
  struct streams *streams = calloc(1, sizeof *streams);
  enum stance_status status = STANCE_OK;
  size_t first = 0, silent = STANCE_STREAM_MAX;
  if (streams == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", info->id);
  for (size_t k = 0; k < STANCE_STREAM_MAX; k++)
    streams->stream[k].trace = &traces[k];
  for (size_t k = 0; k < info->stream_count && status == STANCE_OK; k++) {
    if (traces[k].integrity.frames_received == 0)
      silent = k;
    status = prepare_stream(trial, info, k, streams, problem);
  }
  if (status == STANCE_OK && info->stream_count == 1) {
    take_one(trial, streams, 0);
  } else if (status == STANCE_OK && silent < STANCE_STREAM_MAX) {
    stance_trial_note(trial, "%s: nothing was recorded", name_of(info, silent));
    take_one(trial, streams, 1 - silent);
  } else if (status == STANCE_OK) {
    status = take_both(trial, info, streams, &first, problem);
  }
  if (status == STANCE_OK)
    move_to_samples(trial, streams->decimation[0], first);
  free(streams);
  return status;
}
