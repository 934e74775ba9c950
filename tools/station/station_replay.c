/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording of the store, played back as its instruments delivered it. */
#include "station_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum stance_status find_request(const struct stance_station *station,
                                       struct stance_replay_request *ret_request,
                                       struct stance_problem *problem)
{
  enum stance_status status = STANCE_END;
  for (size_t k = 0; k < station->device_count && status == STANCE_END; k++)
    status = stance_replay_request_read(station->device[k].uri, ret_request, problem);
  if (status == STANCE_OK && station->device_count > 1)
    return stance_problem_set(problem, STANCE_USAGE,
                              "--device: a recording of the store is played back alone: its clock "
                              "is that of its own day");
  return status;
}

/* One that was cut off ends as one: its copy must not look whole. */
static const char *fault_of(const struct stance_recording *played, size_t stream)
{
  const char *fault = played->stream[stream].fault.text;
  if (fault[0] == '\0' && played->finished_at[0] == '\0')
    return "the recording that is played back was cut off here";
  return fault;
}

static enum stance_status open_streams(const struct stance_station *station,
                                       struct station_test *test,
                                       const struct stance_replay_request *request,
                                       struct stance_raw_trace *traces,
                                       struct stance_problem *problem)
{
  const struct station_device *device = &station->device[0];
  const struct stance_recording *played = &test->played;
  for (size_t k = 0; k < played->stream_count; k++) {
    struct station_stream *stream = &test->stream[k];
    enum stance_status status = stance_source_from_recording(
        &traces[k], &played->stream[k].source, fault_of(played, k), device->uri, request->speed,
        station->clock, &stream->source, problem);
    if (status != STANCE_OK)
      return status;
    stream->info = stance_source_info(stream->source);
    stream->side = device->side == STANCE_SIDE_NONE || played->stream_count > 1
                       ? played->stream[k].side
                       : device->side;
    test->stream_count++;
  }
  return STANCE_OK;
}

enum stance_status station_open_played(const struct stance_station *station,
                                       struct station_test *test, struct stance_problem *problem)
{
  struct stance_replay_request request;
  struct stance_raw_trace traces[STANCE_STREAM_MAX] = {0};
  struct stance_phase *phases = NULL;
  size_t phase_count = 0;
  enum stance_status status = find_request(station, &request, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_store_load(station->store, request.recording, &test->played, traces, &phases,
                             &phase_count, problem);
  free(phases); /* the store copies them */
  if (status == STANCE_OK)
    status = open_streams(station, test, &request, traces, problem);
  for (size_t k = 0; k < STANCE_STREAM_MAX; k++)
    stance_raw_trace_finish(&traces[k]);
  return status == STANCE_END ? STANCE_INPUT : status; /* nothing was committed */
}

enum stance_status station_describe_played(struct station_test *test,
                                           struct stance_problem *problem)
{
  const struct stance_recording *played = &test->played;
  struct stance_recording *recording = &test->recording;
  if (isnan(recording->body_mass_kg))
    recording->body_mass_kg = played->body_mass_kg;
  if (isnan(recording->lever_m))
    recording->lever_m = played->lever_m;
  if (recording->injured_side == STANCE_SIDE_NONE)
    recording->injured_side = played->injured_side;
  if (recording->side_order[0] == '\0')
    memcpy(recording->side_order, played->side_order, sizeof recording->side_order);
  for (size_t k = 0; k < test->stream_count; k++) {
    /* Whether the host's clock could measure its rate was decided then. */
    recording->stream[k].source.elastic = played->stream[k].source.elastic;
    recording->stream[k].source.rate_is_exact = played->stream[k].source.rate_is_exact;
  }
  if (played->ground_truth == NULL)
    return STANCE_OK;
  recording->ground_truth = strdup(played->ground_truth);
  return recording->ground_truth != NULL
             ? STANCE_OK
             : stance_problem_set(problem, STANCE_MEMORY, "out of memory for a test");
}
