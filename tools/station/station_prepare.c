/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that can fail before anything samples: the protocol, the instruments, their profiles,
   the recording. */
#include "station_private.h"

#include "pipeline.h"
#include "protocol_find.h"
#include "report.h"
#include "rig.h"
#include "test_device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a stalled disk may cost without losing a frame. */
static const double recorder_ring_s = 30;
/* This thread looks every millisecond; what a busy machine may cost the live view. */
static const double live_ring_s = 4;
static const double ns_per_s = 1e9;

/* A slip such as pounds or grams must not pass for a person; the bounds are those of `stance run`.
 */
static enum stance_status check_request(const struct stance_test_request *request,
                                        struct stance_problem *problem)
{
  const struct stance_recording *sizes = NULL;
  if (!isnan(request->body_mass_kg) &&
      !(request->body_mass_kg >= 10 && request->body_mass_kg <= 500))
    return stance_problem_set(problem, STANCE_USAGE, "mass_kg: %g is not within 10 … 500",
                              request->body_mass_kg);
  if (!isnan(request->lever_m) && !(request->lever_m >= 0.01 && request->lever_m <= 2))
    return stance_problem_set(problem, STANCE_USAGE, "lever_m: %g is not within 0.01 … 2",
                              request->lever_m);
  if (request->duration_s != 0 && !(request->duration_s >= 0.1 && request->duration_s <= 86400))
    return stance_problem_set(problem, STANCE_USAGE, "duration_s: %g is not within 0.1 … 86400",
                              request->duration_s);
  if ((request->athlete != NULL && strlen(request->athlete) >= sizeof sizes->athlete) ||
      (request->operator_name != NULL &&
       strlen(request->operator_name) >= sizeof sizes->operator_name))
    return stance_problem_set(problem, STANCE_USAGE, "athlete and operator may have %zu bytes",
                              sizeof sizes->athlete - 1);
  const bool has_low = !isnan(request->target_low_pct), has_high = !isnan(request->target_high_pct);
  if (has_low != has_high ||
      (has_low && !(request->target_low_pct >= 1 && request->target_high_pct <= 150 &&
                    request->target_low_pct < request->target_high_pct)))
    return stance_problem_set(problem, STANCE_USAGE,
                              "target_low_pct and target_high_pct are given together, from 1 to "
                              "150, the lower one first");
  if (request->protocol == NULL)
    return stance_problem_set(problem, STANCE_USAGE, "no protocol was named");
  return STANCE_OK;
}

static enum stance_status open_source(const struct stance_station *station,
                                      struct station_test *test, size_t k,
                                      struct stance_problem *problem)
{
  struct station_stream *stream = &test->stream[k];
  char uri[sizeof stream->info->uri];
  const struct stance_test_device_timing timing = {.duration_s = test->duration_s,
                                                   .epoch_s = test->epoch_s};
  enum stance_status status = stance_test_device_uri(station->device[k].uri, &test->protocol,
                                                     &timing, uri, sizeof uri, problem);
  if (status == STANCE_OK)
    status = stance_source_open(uri, station->clock, &stream->source, problem);
  if (status != STANCE_OK)
    return status;
  stream->info = stance_source_info(stream->source);
  stream->side = station->device[k].side;
  test->stream_count++;
  return STANCE_OK;
}

/* The recording keeps the profile as it is; which side it was claimed for stands beside it. */
static enum stance_status find_calibration(const struct stance_station *station,
                                           struct station_test *test, size_t k,
                                           struct stance_problem *problem)
{
  struct station_stream *stream = &test->stream[k];
  char instrument[sizeof stream->calibration.instrument];
  struct stance_calibration stored;
  stance_pipeline_instrument(stream->info, instrument, sizeof instrument);
  enum stance_status status =
      stance_store_get_calibration(station->store, instrument, &stored, problem);
  if (status != STANCE_OK && status != STANCE_END)
    return status;
  status = stance_pipeline_calibration(stream->info, status == STANCE_OK ? &stored : NULL,
                                       &stream->calibration, problem);
  if (status == STANCE_OK)
    status = stance_calibration_export(&stream->calibration,
                                       &test->recording.stream[k].calibration_text);
  if (status == STANCE_OK)
    status = stance_rig_claim_side(stream->side, instrument, &stream->calibration, problem);
  return status;
}

static enum stance_status make_rings(struct station_stream *stream, struct stance_problem *problem)
{
  const double rate_hz = stream->info->rate_hz;
  size_t deep = (size_t)ceil(recorder_ring_s * rate_hz);
  if (deep > STANCE_RECORDER_RING_CAPACITY)
    deep = STANCE_RECORDER_RING_CAPACITY;
  enum stance_status status = stance_frame_ring_create(deep, &stream->ring);
  if (status == STANCE_OK)
    status = stance_frame_ring_create((size_t)fmax(1024, ceil(live_ring_s * rate_hz)),
                                      &stream->live_ring);
  if (status != STANCE_OK)
    stance_problem_set(problem, status, "out of memory for the rings");
  return status;
}

static enum stance_status open_streams(const struct stance_station *station,
                                       struct station_test *test, struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  test->simulated = true;
  test->leads = true;
  bool by_time = true;
  if (station->device_count > 1)
    test->epoch_s = (double)station_now_ns(station) / ns_per_s;
  for (size_t k = 0; k < station->device_count && status == STANCE_OK; k++) {
    const char *uri = station->device[k].uri;
    test->simulated = test->simulated && stance_test_device_is_simulated(uri);
    test->leads = test->leads && stance_test_device_follows_prompts(uri);
    by_time = by_time && stance_test_device_goes_by_time(uri);
    status = open_source(station, test, k, problem);
    if (status == STANCE_OK)
      status = find_calibration(station, test, k, problem);
    if (status == STANCE_OK)
      status = make_rings(&test->stream[k], problem);
  }
  test->unattended = station->unattended || by_time;
  test->by_frames = test->simulated || !test->leads;
  return status;
}

static int utc_offset_min(void)
{
  time_t now = time(NULL);
  struct tm local;
  return localtime_r(&now, &local) == NULL ? 0 : (int)(local.tm_gmtoff / 60);
}

static void describe_recording(struct station_test *test, const struct stance_test_request *request)
{
  struct stance_recording *recording = &test->recording;
  recording->utc_offset_min = utc_offset_min();
  recording->ground_truth = stance_source_ground_truth(test->stream[0].source);
  recording->body_mass_kg = request->body_mass_kg;
  recording->lever_m = request->lever_m;
  recording->injured_side = request->injured_side;
  recording->stream_count = test->stream_count;
  for (size_t k = 0; k < test->stream_count; k++) {
    recording->stream[k].source = *test->stream[k].info;
    recording->stream[k].side = test->stream[k].side;
  }
  snprintf(recording->athlete, sizeof recording->athlete, "%s",
           request->athlete == NULL ? "" : request->athlete);
  snprintf(recording->operator_name, sizeof recording->operator_name, "%s",
           request->operator_name == NULL ? "" : request->operator_name);
  snprintf(recording->protocol_id, sizeof recording->protocol_id, "%s", test->protocol.id);
  snprintf(recording->software, sizeof recording->software, "%s", STANCE_SOFTWARE);
}

/* Measured once, an athlete's lever is taken over; the report's column names it. */
static enum stance_status take_over_lever(const struct stance_station *station,
                                          struct station_test *test, struct stance_problem *problem)
{
  struct stance_recording *recording = &test->recording;
  char day[STANCE_DAY_SIZE];
  if (!isnan(recording->lever_m) || recording->athlete[0] == '\0')
    return STANCE_OK;
  enum stance_status status =
      stance_store_last_lever(station->store, recording->athlete, recording->protocol_id,
                              &recording->lever_m, day, problem);
  return status == STANCE_END ? STANCE_OK : status;
}

static bool has_side(const struct station_test *test, enum stance_side side)
{
  for (size_t k = 0; k < test->stream_count; k++)
    for (size_t c = 0; c < test->stream[k].calibration.channel_count; c++)
      if (test->stream[k].calibration.channel[c].side == side)
        return true;
  return false;
}

enum stance_status station_test_prepare(struct stance_station *station,
                                        const struct stance_test_request *request,
                                        struct station_test **ret_test,
                                        struct stance_problem *problem)
{
  enum stance_status status = check_request(request, problem);
  if (status != STANCE_OK)
    return status;
  struct station_test *test = calloc(1, sizeof *test);
  if (test == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory for a test");
  test->duration_s = request->duration_s;
  test->clock = station->clock;
  test->store = station->store;
  status = stance_protocol_find(request->protocol, &test->protocol, &test->recording.protocol_text,
                                NULL, problem);
  if (status == STANCE_OK && !isnan(request->target_low_pct)) {
    test->protocol.target_low_pct = request->target_low_pct;
    test->protocol.target_high_pct = request->target_high_pct;
  }
  if (status == STANCE_OK)
    status = open_streams(station, test, problem);
  if (status == STANCE_OK)
    status = stance_live_init(&test->live, test->stream[0].info->rate_hz, &test->protocol, problem);
  if (status == STANCE_OK) {
    describe_recording(test, request);
    test->two_sided = has_side(test, STANCE_LEFT) && has_side(test, STANCE_RIGHT);
    status = take_over_lever(station, test, problem);
  }
  test->noted_late_s = (double)NAN;
  if (status == STANCE_OK)
    status = station_target_find(station, test, problem);
  if (status == STANCE_OK && station->sound != NULL)
    status = stance_store_list_sound_latencies(station->store, &test->sound_latency,
                                               &test->sound_latency_count, problem);
  if (status == STANCE_OK)
    status = stance_store_begin(station->store, &test->recording, problem);
  if (status == STANCE_OK)
    *ret_test = test;
  else
    station_test_destroy(test);
  return status;
}

void station_test_destroy(struct station_test *test)
{
  if (test == NULL)
    return;
  for (size_t k = 0; k < STANCE_STREAM_MAX; k++) {
    stance_source_destroy(test->stream[k].source);
    stance_frame_ring_destroy(test->stream[k].ring);
    stance_frame_ring_destroy(test->stream[k].live_ring);
  }
  stance_recording_finish(&test->recording);
  stance_text_finish(&test->result);
  free(test->sound_latency);
  free(test);
}

void station_test_rig_name(const struct station_test *test, char *ret_name, size_t size)
{
  char name[STANCE_STREAM_MAX][136] = {"", ""};
  for (size_t k = 0; k < test->stream_count; k++)
    stance_pipeline_instrument(test->stream[k].info, name[k], sizeof name[k]);
  snprintf(ret_name, size, "%s%s%s", name[0], name[1][0] == '\0' ? "" : " + ", name[1]);
}
