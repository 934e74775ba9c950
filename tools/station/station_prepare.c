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

/* A slip such as pounds or grams must not pass for a person. */
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
  if (request->side_order != NULL && strlen(request->side_order) >= sizeof sizes->side_order)
    return stance_problem_set(problem, STANCE_USAGE, "side_order may have %zu bytes",
                              sizeof sizes->side_order - 1);
  if (request->setting_count > STANCE_TEST_SETTING_MAX)
    return stance_problem_set(problem, STANCE_USAGE, "at most %d settings may be given",
                              STANCE_TEST_SETTING_MAX);
  if (request->protocol == NULL)
    return stance_problem_set(problem, STANCE_USAGE, "no protocol was named");
  return STANCE_OK;
}

/* What the analysis would refuse is refused before anybody kneels down. */
static enum stance_status take_analysis(struct station_test *test,
                                        const struct stance_test_request *request,
                                        struct stance_problem *problem)
{
  struct stance_analysis_settings settings = stance_analysis_settings_default;
  enum stance_side order[STANCE_SIDE_ORDER_MAX];
  size_t count;
  enum stance_status status = STANCE_OK;
  for (size_t k = 0; k < request->setting_count && status == STANCE_OK; k++) {
    const struct stance_setting *setting = &request->setting[k];
    struct stance_setting *own = &test->setting[test->setting_count];
    status = stance_analysis_settings_set(&settings, setting->key, setting->value, problem);
    if (status != STANCE_OK)
      break;
    *own = (struct stance_setting){.key = strdup(setting->key), .value = strdup(setting->value)};
    test->setting_count++;
    if (own->key == NULL || own->value == NULL)
      status = stance_problem_set(problem, STANCE_MEMORY, "out of memory for a test");
  }
  if (status == STANCE_OK && request->side_order != NULL)
    status = stance_trial_side_order(request->side_order, order, &count, problem);
  return status;
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

/* A recording that is played back keeps its profile, whatever the store knows by now. */
static enum stance_status take_calibration(struct station_test *test, size_t k,
                                           const char *instrument, struct stance_problem *problem)
{
  struct station_stream *stream = &test->stream[k];
  const char *text = test->played.stream[k].calibration_text;
  test->recording.stream[k].calibration_text = strdup(text);
  if (test->recording.stream[k].calibration_text == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory for a test");
  enum stance_status status =
      stance_calibration_import(test->played.id, text, &stream->calibration, problem);
  return status == STANCE_OK
             ? stance_rig_claim_side(stream->side, instrument, &stream->calibration, problem)
             : status;
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
  if (station_is_played(test) && test->played.stream[k].calibration_text != NULL)
    return take_calibration(test, k, instrument, problem);
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

static size_t ring_capacity(double seconds, double frames_per_s)
{
  const double frames = fmax(1024, ceil(seconds * frames_per_s));
  return frames < STANCE_RECORDER_RING_CAPACITY ? (size_t)frames : STANCE_RECORDER_RING_CAPACITY;
}

static enum stance_status make_rings(const struct stance_station *station,
                                     struct station_test *test, size_t k,
                                     struct stance_problem *problem)
{
  struct station_stream *stream = &test->stream[k];
  const struct station_device *device = &station->device[k < station->device_count ? k : 0];
  const double speed = stance_test_device_speed(device->uri), rate_hz = stream->info->rate_hz;
  /* one that waits for its readers needs room as the recorder looks but four times a second */
  enum stance_status status =
      stance_frame_ring_create(ring_capacity(recorder_ring_s, speed * rate_hz), &stream->ring);
  if (status == STANCE_OK)
    status = stance_frame_ring_create(
        ring_capacity(live_ring_s, isinf(speed) ? rate_hz : speed * rate_hz), &stream->live_ring);
  if (status != STANCE_OK)
    stance_problem_set(problem, status, "out of memory for the rings");
  return status;
}

static enum stance_status open_sources(const struct stance_station *station,
                                       struct station_test *test, struct stance_problem *problem)
{
  enum stance_status status = station_open_played(station, test, problem);
  if (status != STANCE_END)
    return status;
  status = STANCE_OK;
  if (station->device_count > 1)
    test->epoch_s = (double)station_now_ns(station) / ns_per_s;
  for (size_t k = 0; k < station->device_count && status == STANCE_OK; k++)
    status = open_source(station, test, k, problem);
  return status;
}

/* How the rig is: does it follow prompts, whose time counts, when is it at its end. */
static void describe_rig(const struct stance_station *station, struct station_test *test)
{
  bool by_time = true, elastic = test->stream_count > 1;
  test->simulated = true;
  test->leads = true;
  for (size_t k = 0; k < station->device_count; k++) {
    const char *uri = station->device[k].uri;
    test->simulated = test->simulated && stance_test_device_is_simulated(uri);
    test->leads = test->leads && stance_test_device_follows_prompts(uri);
    by_time = by_time && stance_test_device_goes_by_time(uri);
  }
  for (size_t k = 0; k < test->stream_count; k++)
    elastic = elastic && test->stream[k].info->elastic;
  test->unattended = test->unattended || station->unattended || by_time;
  test->by_frames = test->simulated || !test->leads;
  /* two that run as fast as they are read are at the same place only there */
  test->to_the_end = test->duration_s > 0 || elastic;
}

static enum stance_status open_streams(const struct stance_station *station,
                                       struct station_test *test, struct stance_problem *problem)
{
  enum stance_status status = open_sources(station, test, problem);
  for (size_t k = 0; k < test->stream_count && status == STANCE_OK; k++) {
    status = find_calibration(station, test, k, problem);
    if (status == STANCE_OK)
      status = make_rings(station, test, k, problem);
  }
  if (status == STANCE_OK)
    describe_rig(station, test);
  return status;
}

bool station_test_has_side(const struct station_test *test, enum stance_side side)
{
  for (size_t k = 0; k < test->stream_count; k++)
    for (size_t c = 0; c < test->stream[k].calibration.channel_count; c++)
      if (test->stream[k].calibration.channel[c].side == side)
        return true;
  return false;
}

/* As the analysis would say when it is too late. */
static enum stance_status check_side_order(const struct station_test *test,
                                           const struct stance_test_request *request,
                                           struct stance_problem *problem)
{
  if (request->side_order == NULL ||
      (!station_test_has_side(test, STANCE_LEFT) && !station_test_has_side(test, STANCE_RIGHT)))
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_USAGE,
                            "side_order: an order of sides is for one plate used by both in turn; "
                            "this rig says itself which side a force belongs to");
}

static int utc_offset_min(void)
{
  time_t now = time(NULL);
  struct tm local;
  return localtime_r(&now, &local) == NULL ? 0 : (int)(local.tm_gmtoff / 60);
}

static enum stance_status describe_recording(struct station_test *test,
                                             const struct stance_test_request *request,
                                             struct stance_problem *problem)
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
  snprintf(recording->side_order, sizeof recording->side_order, "%s",
           request->side_order == NULL ? "" : request->side_order);
  snprintf(recording->protocol_id, sizeof recording->protocol_id, "%s", test->protocol.id);
  snprintf(recording->software, sizeof recording->software, "%s", STANCE_SOFTWARE);
  return station_is_played(test) ? station_describe_played(test, problem) : STANCE_OK;
}

/* Measured once, an athlete's lever is taken over, and said. */
static enum stance_status take_over_lever(const struct stance_station *station,
                                          struct station_test *test, struct stance_problem *problem)
{
  struct stance_recording *recording = &test->recording;
  if (!isnan(recording->lever_m) || recording->athlete[0] == '\0' || station_is_played(test))
    return STANCE_OK;
  enum stance_status status =
      stance_store_last_lever(station->store, recording->athlete, recording->protocol_id,
                              &recording->lever_m, test->lever_from, problem);
  return status == STANCE_END ? STANCE_OK : status;
}

/* From the protocol to the recording that has begun. */
static enum stance_status prepare(struct stance_station *station,
                                  const struct stance_test_request *request,
                                  struct station_test *test, struct stance_problem *problem)
{
  enum stance_status status = take_analysis(test, request, problem);
  if (status == STANCE_OK)
    status = stance_protocol_find(request->protocol, &test->protocol,
                                  &test->recording.protocol_text, NULL, problem);
  if (status == STANCE_OK && !isnan(request->target_low_pct)) {
    test->protocol.target_low_pct = request->target_low_pct;
    test->protocol.target_high_pct = request->target_high_pct;
  }
  if (status == STANCE_OK)
    status = open_streams(station, test, problem);
  if (status == STANCE_OK)
    status = check_side_order(test, request, problem);
  if (status == STANCE_OK && test->leads)
    status = stance_live_init(&test->live, test->stream[0].info->rate_hz, &test->protocol, problem);
  if (status == STANCE_OK)
    status = describe_recording(test, request, problem);
  if (status == STANCE_OK)
    status = take_over_lever(station, test, problem);
  test->two_sided =
      station_test_has_side(test, STANCE_LEFT) && station_test_has_side(test, STANCE_RIGHT);
  if (status == STANCE_OK)
    status = station_target_find(station, test, problem);
  if (status == STANCE_OK && station->sound != NULL)
    status = stance_store_list_sound_latencies(station->store, &test->sound_latency,
                                               &test->sound_latency_count, problem);
  if (status == STANCE_OK)
    status = stance_store_begin(station->store, &test->recording, problem);
  if (status == STANCE_OK && station_is_played(test))
    status = stance_store_copy_timing(station->store, test->played.id, test->recording.id, problem);
  return status;
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
  test->unattended = request->unattended;
  test->clock = station->clock;
  test->store = station->store;
  test->analysed = station->analysed;
  test->analysed_context = station->analysed_context;
  test->noted_late_s = (double)NAN;
  status = prepare(station, request, test, problem);
  if (status != STANCE_OK) {
    station_test_destroy(test);
    return status;
  }
  *ret_test = test;
  return STANCE_OK;
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
  for (size_t k = 0; k < test->setting_count; k++) {
    free((void *)test->setting[k].key);
    free((void *)test->setting[k].value);
  }
  stance_recording_finish(&test->recording);
  stance_recording_finish(&test->played);
  stance_text_finish(&test->interruptions);
  stance_text_finish(&test->result);
  free(test->sound_latency);
  free(test);
}

/* A profile and a URI may each say which channel is left, and which way is up. */
void station_test_rig_name(const struct stance_station *station, const struct station_test *test,
                           char ret_name[STATION_RIG_NAME_SIZE])
{
  size_t used = 0;
  ret_name[0] = '\0';
  for (size_t k = 0; k < station->device_count && k < test->stream_count; k++) {
    const struct station_stream *stream = &test->stream[k];
    char name[136];
    stance_pipeline_instrument(stream->info, name, sizeof name);
    used += (size_t)snprintf(ret_name + used, STATION_RIG_NAME_SIZE - used, "%s #%u\n%s=%s\n%s\n",
                             name, stream->info->plugging, stance_side_name(stream->side),
                             station->device[k].uri, stream->calibration.id);
  }
}
