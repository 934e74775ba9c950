/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known about recordings, read back. */
#include "store_load.h"
#include "store_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A hundred times what any instrument or file known to us samples at. */
#define RATE_MAX_HZ 1e7
#define SKEW_MAX_S 1.0

static enum stance_side find_side(const char *name)
{
  for (int side = STANCE_LEFT; side < STANCE_SIDE_NONE; side++)
    if (strcmp(name, stance_side_name((enum stance_side)side)) == 0)
      return (enum stance_side)side;
  return STANCE_SIDE_NONE;
}

static enum stance_side column_side(sqlite3_stmt *row, int column)
{
  char name[16];
  store_column_text(row, column, name, sizeof name);
  return find_side(name);
}

/* Steps to the one row a query has: SQLITE_ROW, SQLITE_DONE where there is none, or an error. */
static int step_one(const struct stance_store *store, sqlite3_stmt **ret_row, const char *sql,
                    const char *recording_id, size_t stream)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row, sql, "ti", recording_id, (int64_t)stream);
  if (code != SQLITE_OK)
    return code;
  code = sqlite3_step(row);
  if (code == SQLITE_ROW)
    *ret_row = row;
  else
    store_release(store, row);
  return code;
}

static int read_recording(const struct stance_store *store, const char *recording_id,
                          struct stance_recording *ret_info)
{
  sqlite3_stmt *row = NULL;
  int code = step_one(
      store, &row,
      "SELECT r.id, r.session, coalesce(a.code, ''), s.operator, r.started_at, r.utc_offset_min,"
      " r.protocol_id, r.side_order, r.software, coalesce(r.finished_at, ''), r.injured_side,"
      " r.body_mass_kg, r.lever_m, r.protocol_text, r.ground_truth,"
      " (SELECT count(*) FROM streams WHERE recording = r.id AND stream < ?2), r.digest"
      " FROM recordings r JOIN sessions s ON s.id = r.session"
      " LEFT JOIN athletes a ON a.id = s.athlete WHERE r.id = ?1",
      recording_id, STANCE_STREAM_MAX);
  if (code != SQLITE_ROW)
    return code;
  store_column_text(row, 0, ret_info->id, sizeof ret_info->id);
  store_column_text(row, 1, ret_info->session, sizeof ret_info->session);
  store_column_text(row, 2, ret_info->athlete, sizeof ret_info->athlete);
  store_column_text(row, 3, ret_info->operator_name, sizeof ret_info->operator_name);
  store_column_text(row, 4, ret_info->started_at, sizeof ret_info->started_at);
  ret_info->utc_offset_min = sqlite3_column_int(row, 5);
  store_column_text(row, 6, ret_info->protocol_id, sizeof ret_info->protocol_id);
  store_column_text(row, 7, ret_info->side_order, sizeof ret_info->side_order);
  store_column_text(row, 8, ret_info->software, sizeof ret_info->software);
  store_column_text(row, 9, ret_info->finished_at, sizeof ret_info->finished_at);
  ret_info->injured_side = column_side(row, 10);
  ret_info->body_mass_kg = store_column_double(row, 11);
  ret_info->lever_m = store_column_double(row, 12);
  bool copied = store_column_copy(row, 13, &ret_info->protocol_text) &&
                store_column_copy(row, 14, &ret_info->ground_truth);
  ret_info->stream_count = (size_t)sqlite3_column_int64(row, 15);
  store_column_text(row, 16, ret_info->digest, sizeof ret_info->digest);
  store_release(store, row);
  return copied ? SQLITE_ROW : SQLITE_NOMEM;
}

static int read_stream(const struct stance_store *store, const char *recording_id, size_t number,
                       struct stance_recording_stream *ret_stream,
                       struct stance_source_health *ret_counters)
{
  struct stance_source_info *source = &ret_stream->source;
  sqlite3_stmt *row = NULL;
  int code = step_one(store, &row,
                      "SELECT uri, model, serial, firmware, rate_hz, elastic, calibration,"
                      " frames_produced, frames_lost, frames_corrupt, side, oversampling,"
                      " rate_exact, profile, coalesce(fault, '')"
                      " FROM streams WHERE recording = ?1 AND stream = ?2",
                      recording_id, number);
  if (code != SQLITE_ROW)
    return code;
  store_column_text(row, 0, source->uri, sizeof source->uri);
  store_column_text(row, 1, source->model, sizeof source->model);
  store_column_text(row, 2, source->serial, sizeof source->serial);
  store_column_text(row, 3, source->firmware, sizeof source->firmware);
  source->rate_hz = sqlite3_column_double(row, 4);
  source->elastic = sqlite3_column_int(row, 5) != 0;
  store_column_text(row, 6, source->calibration, sizeof source->calibration);
  ret_counters->frames_produced = (uint64_t)sqlite3_column_int64(row, 7);
  ret_counters->frames_lost = (uint64_t)sqlite3_column_int64(row, 8);
  ret_counters->frames_corrupt = (uint64_t)sqlite3_column_int64(row, 9);
  ret_stream->side = column_side(row, 10);
  source->oversampling = (unsigned)sqlite3_column_int(row, 11);
  source->rate_is_exact = sqlite3_column_int(row, 12) != 0;
  const bool copied = store_column_copy(row, 13, &ret_stream->calibration_text);
  store_column_text(row, 14, ret_stream->fault.text, sizeof ret_stream->fault.text);
  store_release(store, row);
  return copied ? SQLITE_ROW : SQLITE_NOMEM;
}

static void read_channel(sqlite3_stmt *row, struct stance_channel *ret_channel)
{
  struct stance_converter *converter = &ret_channel->converter;
  store_column_text(row, 0, ret_channel->name, sizeof ret_channel->name);
  store_column_text(row, 1, ret_channel->unit, sizeof ret_channel->unit);
  ret_channel->side = column_side(row, 2);
  ret_channel->minimum = store_column_double(row, 3);
  ret_channel->maximum = store_column_double(row, 4);
  ret_channel->resolution = store_column_double(row, 5);
  ret_channel->skew_s = store_column_double(row, 6);
  store_column_text(row, 7, converter->unit, sizeof converter->unit);
  converter->zero = store_column_double(row, 8);
  converter->slope_above = store_column_double(row, 9);
  converter->slope_below = store_column_double(row, 10);
  converter->offset = store_column_double(row, 11);
}

static int read_channels(const struct stance_store *store, const char *recording_id, size_t number,
                         struct stance_source_info *ret_source)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT name, unit, side, minimum, maximum, resolution, skew_s,"
                           " converter_unit, converter_zero, converter_slope_above,"
                           " converter_slope_below, converter_offset FROM channels"
                           " WHERE recording = ? AND stream = ? ORDER BY channel",
                           "ti", recording_id, (int64_t)number);
  if (code != SQLITE_OK)
    return code;
  size_t count = 0;
  while ((code = sqlite3_step(row)) == SQLITE_ROW && count < STANCE_CHANNEL_COUNT_MAX)
    read_channel(row, &ret_source->channel[count++]);
  ret_source->channel_count = count;
  store_release(store, row);
  return code;
}

/* Damage that would keep the analysis busy for hours, or lead it out of the samples. */
static bool is_possible(const struct stance_source_info *source)
{
  for (size_t c = 0; c < source->channel_count; c++)
    if (!(fabs(source->channel[c].skew_s) <= SKEW_MAX_S))
      return false;
  return source->rate_hz > 0 && source->rate_hz <= RATE_MAX_HZ &&
         source->oversampling <= STANCE_OVERSAMPLING_MAX;
}

static enum stance_status read_info(const struct stance_store *store, const char *recording_id,
                                    struct stance_recording *ret_info,
                                    struct stance_source_health ret_counters[STANCE_STREAM_MAX],
                                    struct stance_problem *problem)
{
  int code = read_recording(store, recording_id, ret_info);
  if (code == SQLITE_DONE)
    return stance_problem_set(problem, STANCE_INPUT, "%s: there is no recording %s", store->path,
                              recording_id);
  for (size_t k = 0; code == SQLITE_ROW && k < ret_info->stream_count; k++) {
    struct stance_recording_stream *stream = &ret_info->stream[k];
    code = read_stream(store, recording_id, k, stream, &ret_counters[k]);
    if (code == SQLITE_ROW)
      code = read_channels(store, recording_id, k, &stream->source);
    if (code == SQLITE_DONE)
      code = store_read_clock(store, recording_id, k, &stream->clock);
    if (code == SQLITE_DONE)
      code = SQLITE_ROW;
    if (code == SQLITE_ROW && !is_possible(&stream->source))
      return stance_problem_set(problem, STANCE_STORE,
                                "%s: recording %s is damaged: %g Hz, oversampled %u times, with "
                                "the skew of its channels, cannot be; restore it from a copy of "
                                "the store",
                                store->path, recording_id, stream->source.rate_hz,
                                stream->source.oversampling);
  }
  return code == SQLITE_ROW ? STANCE_OK : store_fail(store, code, "read the recording", problem);
}

enum stance_status stance_store_get_truth(struct stance_store *store, const char *recording_id,
                                          char **ret_truth, struct stance_problem *problem)
{
  struct stance_recording info = {0};
  struct stance_source_health counters[STANCE_STREAM_MAX] = {0};
  const enum stance_status status = read_info(store, recording_id, &info, counters, problem);
  if (status == STANCE_OK) {
    *ret_truth = info.ground_truth;
    info.ground_truth = NULL;
  }
  stance_recording_finish(&info);
  return status;
}

/* Elastic time and files have no clock of their own that the host's could measure. */
static void measure_rate(const struct stance_recording_stream *stream,
                         struct stance_time_axis *axis)
{
  if (!stream->source.elastic && !stream->source.rate_is_exact)
    stance_clock_fit_rate(&stream->clock, axis);
}

static enum stance_status load_traces(const struct stance_store *store,
                                      struct stance_recording *info,
                                      const struct stance_source_health *counters,
                                      struct stance_raw_trace *ret_traces,
                                      struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  for (size_t k = 0; status == STANCE_OK && k < info->stream_count; k++) {
    status = store_load_trace(store, info, k, &counters[k], &ret_traces[k], problem);
    if (status == STANCE_OK)
      measure_rate(&info->stream[k], &ret_traces[k].time);
  }
  return status;
}

/* A phase that was still open, or that outlived the samples, ends with them. */
static bool cut_to_trace(struct stance_span *span, size_t sample_count)
{
  if (span->first >= sample_count)
    return false;
  size_t left = sample_count - span->first;
  if (span->count == 0 || span->count > left)
    span->count = left;
  return true;
}

static enum stance_status read_phases(const struct stance_store *store, const char *recording_id,
                                      size_t sample_count, struct stance_phase **ret_phases,
                                      size_t *ret_count, struct stance_problem *problem)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT kind, first_index, frame_count FROM phases WHERE recording = ?"
                           " ORDER BY first_index, kind",
                           "t", recording_id);
  if (code != SQLITE_OK)
    return store_fail(store, code, "read the recording", problem);
  struct stance_phase *phases = NULL;
  size_t count = 0;
  enum stance_status status = STANCE_OK;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    char name[16];
    store_column_text(row, 0, name, sizeof name);
    int kind = store_phase_find(name);
    struct stance_span span = {(size_t)sqlite3_column_int64(row, 1),
                               (size_t)sqlite3_column_int64(row, 2)};
    if (kind < 0 || !cut_to_trace(&span, sample_count))
      continue;
    struct stance_phase *larger = realloc(phases, (count + 1) * sizeof *phases);
    if (larger == NULL) {
      status = stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", store->path);
      break;
    }
    phases = larger;
    phases[count++] = (struct stance_phase){(enum stance_phase_kind)kind, span};
  }
  if (status == STANCE_OK && code != SQLITE_DONE)
    status = store_fail(store, code, "read the recording", problem);
  store_release(store, row);
  if (status == STANCE_OK) {
    *ret_phases = phases;
    *ret_count = count;
  } else {
    free(phases);
  }
  return status;
}

/* In frames of the first stream: where that one fell silent, the other goes on. */
static size_t length_of(const struct stance_recording *info, const struct stance_raw_trace *traces)
{
  size_t length = 0;
  for (size_t k = 0; k < info->stream_count; k++) {
    const double ratio = info->stream[0].source.rate_hz / info->stream[k].source.rate_hz;
    const size_t frames =
        k == 0 ? traces[0].sample_count : (size_t)((double)traces[k].sample_count * ratio);
    length = frames > length ? frames : length;
  }
  return length;
}

enum stance_status stance_store_load(struct stance_store *store, const char *recording_id,
                                     struct stance_recording *ret_info,
                                     struct stance_raw_trace ret_traces[STANCE_STREAM_MAX],
                                     struct stance_phase **ret_phases, size_t *ret_phase_count,
                                     struct stance_problem *problem)
{
  struct stance_recording info = {0};
  struct stance_source_health counters[STANCE_STREAM_MAX] = {0};
  struct stance_raw_trace traces[STANCE_STREAM_MAX] = {0};
  /* One transaction: info, blocks and phases of the same moment, though another program writes. */
  int code = store_execute(store, "BEGIN", "");
  if (code != SQLITE_OK)
    return store_fail(store, code, "read the recording", problem);
  enum stance_status status = read_info(store, recording_id, &info, counters, problem);
  if (status == STANCE_OK)
    status = load_traces(store, &info, counters, traces, problem);
  if (status == STANCE_OK)
    status =
        read_phases(store, info.id, length_of(&info, traces), ret_phases, ret_phase_count, problem);
  store_execute(store, "ROLLBACK", "");
  if (status != STANCE_OK) {
    for (size_t k = 0; k < STANCE_STREAM_MAX; k++)
      stance_raw_trace_finish(&traces[k]);
    stance_recording_finish(&info);
    return status;
  }
  *ret_info = info;
  memcpy(ret_traces, traces, sizeof traces);
  if (traces[0].integrity.frames_received + traces[1].integrity.frames_received > 0)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_END,
                            "%s: recording %s holds no frame: it ended or was cut off before the "
                            "first block was saved, there is nothing to analyse",
                            store->path, info.id);
}
