/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording's beginning, phases and end. */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

void stance_recording_finish(struct stance_recording *recording)
{
  if (recording == NULL)
    return;
  free(recording->protocol_text);
  for (size_t k = 0; k < STANCE_STREAM_MAX; k++) {
    free(recording->stream[k].calibration_text);
    recording->stream[k].calibration_text = NULL;
  }
  free(recording->ground_truth);
  recording->protocol_text = NULL;
  recording->ground_truth = NULL;
}

/* The athlete's code is what the clinic calls him; the key is ours. */
static int ensure_athlete(const struct stance_store *store, const char *code_text, const char *now)
{
  char id[STANCE_UUID_SIZE];
  stance_recording_new_uuid(id);
  return store_execute(store, "INSERT INTO athletes VALUES(?, ?, ?) ON CONFLICT DO NOTHING", "ttt",
                       id, code_text, now);
}

static int ensure_session(const struct stance_store *store,
                          const struct stance_recording *recording)
{
  int code = SQLITE_OK;
  if (*recording->athlete != '\0')
    code = ensure_athlete(store, recording->athlete, recording->started_at);
  if (code != SQLITE_OK)
    return code;
  return store_execute(store,
                       "INSERT INTO sessions VALUES(?, (SELECT id FROM athletes WHERE code = ?),"
                       " ?, ?) ON CONFLICT DO NOTHING",
                       "tttt", recording->session, recording->athlete, recording->started_at,
                       recording->operator_name);
}

static int insert_recording(const struct stance_store *store,
                            const struct stance_recording *recording)
{
  return store_execute(
      store, "INSERT INTO recordings VALUES(?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
      "tttitttrrttt", recording->id, recording->session, recording->started_at,
      (int64_t)recording->utc_offset_min, recording->protocol_id, recording->protocol_text,
      recording->ground_truth, recording->body_mass_kg, recording->lever_m,
      stance_side_name(recording->injured_side), recording->side_order, recording->software);
}

static int insert_channel(const struct stance_store *store, const char *recording_id,
                          int64_t stream, int64_t k, const struct stance_channel *channel)
{
  const struct stance_converter *converter = &channel->converter;
  return store_execute(store,
                       "INSERT INTO channels VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       "tiitttrrrrtrrrr", recording_id, stream, k, channel->name, channel->unit,
                       stance_side_name(channel->side), channel->minimum, channel->maximum,
                       channel->resolution, channel->skew_s, converter->unit, converter->zero,
                       converter->slope_above, converter->slope_below, converter->offset);
}

static int insert_stream(const struct stance_store *store, const struct stance_recording *recording,
                         size_t number)
{
  const struct stance_recording_stream *stream = &recording->stream[number];
  const struct stance_source_info *source = &stream->source;
  int code = store_execute(store,
                           "INSERT INTO streams VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?,"
                           " NULL, NULL, NULL, NULL, ?, ?, ?, ?)",
                           "tittttrittiit", recording->id, (int64_t)number, source->uri,
                           source->model, source->serial, source->firmware, source->rate_hz,
                           (int64_t)source->elastic, source->calibration,
                           stance_side_name(stream->side), (int64_t)source->oversampling,
                           (int64_t)source->rate_is_exact, stream->calibration_text);
  for (size_t k = 0; code == SQLITE_OK && k < source->channel_count; k++)
    code = insert_channel(store, recording->id, (int64_t)number, (int64_t)k, &source->channel[k]);
  return code;
}

/* A session is one athlete's: a slip here would file one person's test under another. */
static int session_is_of_athlete(const struct stance_store *store,
                                 const struct stance_recording *recording, bool *ret_same)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT coalesce(a.code, '') = ? FROM sessions s"
                           " LEFT JOIN athletes a ON a.id = s.athlete WHERE s.id = ?",
                           "tt", recording->athlete, recording->session);
  if (code != SQLITE_OK)
    return code;
  code = sqlite3_step(row);
  *ret_same = code == SQLITE_ROW && sqlite3_column_int(row, 0) == 1;
  store_release(store, row);
  return code == SQLITE_ROW ? SQLITE_OK : code;
}

enum stance_status stance_store_begin(struct stance_store *store,
                                      struct stance_recording *recording,
                                      struct stance_problem *problem)
{
  struct stance_recording filled = *recording;
  stance_recording_new_uuid(filled.id);
  if (*filled.session == '\0')
    stance_recording_new_uuid(filled.session);
  if (*filled.started_at == '\0')
    store_now(filled.started_at, sizeof filled.started_at);

  bool same_athlete = true;
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = ensure_session(store, &filled);
  if (code == SQLITE_OK)
    code = session_is_of_athlete(store, &filled, &same_athlete);
  if (code == SQLITE_OK && !same_athlete) {
    store_execute(store, "ROLLBACK", "");
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: session %s is not of athlete '%s'; begin a new session for "
                              "another athlete",
                              store->path, filled.session, filled.athlete);
  }
  if (code == SQLITE_OK)
    code = insert_recording(store, &filled);
  for (size_t k = 0; code == SQLITE_OK && k < filled.stream_count; k++)
    code = insert_stream(store, &filled, k);
  enum stance_status status = store_transaction_end(store, code, "begin the recording", problem);
  if (status != STANCE_OK)
    return status;
  memcpy(recording->id, filled.id, sizeof filled.id);
  memcpy(recording->session, filled.session, sizeof filled.session);
  memcpy(recording->started_at, filled.started_at, sizeof filled.started_at);
  return STANCE_OK;
}

static const char *const phase_names[] = {
    [STANCE_PHASE_UNLOADED] = "unloaded",
    [STANCE_PHASE_LIMB] = "limb",
    [STANCE_PHASE_EFFORTS] = "efforts",
};

int store_phase_find(const char *name)
{
  for (size_t k = 0; k < sizeof phase_names / sizeof *phase_names; k++)
    if (strcmp(name, phase_names[k]) == 0)
      return (int)k;
  return -1;
}

int store_insert_phase(const struct stance_store *store, const char *recording_id,
                       const struct stance_phase *phase)
{
  return store_execute(store,
                       "INSERT INTO phases VALUES(?, ?, ?, ?)"
                       " ON CONFLICT DO UPDATE SET frame_count = excluded.frame_count",
                       "ttii", recording_id, phase_names[phase->kind], (int64_t)phase->span.first,
                       (int64_t)phase->span.count);
}

enum stance_status stance_store_add_phase(struct stance_store *store, const char *recording_id,
                                          const struct stance_phase *phase,
                                          struct stance_problem *problem)
{
  return stance_store_commit(store, recording_id,
                             &(struct stance_commit){.phases = phase, .phase_count = 1}, problem);
}

static int finish_stream(const struct stance_store *store, const char *recording_id, size_t number,
                         const struct stance_source_health *health)
{
  return store_execute(store,
                       "UPDATE streams SET frames_produced = ?, frames_lost = ?,"
                       " frames_corrupt = ?, fault = ? WHERE recording = ? AND stream = ?",
                       "iiitti", (int64_t)health->frames_produced, (int64_t)health->frames_lost,
                       (int64_t)health->frames_corrupt,
                       health->failed ? health->problem.text : NULL, recording_id, (int64_t)number);
}

enum stance_status stance_store_finish_recording(struct stance_store *store,
                                                 const char *recording_id,
                                                 const struct stance_source_health *health,
                                                 size_t stream_count,
                                                 struct stance_problem *problem)
{
  char now[32];
  bool all_failed = true;
  store_now(now, sizeof now);
  int code = store_transaction_begin(store);
  for (size_t k = 0; code == SQLITE_OK && k < stream_count; k++) {
    code = finish_stream(store, recording_id, k, &health[k]);
    all_failed = all_failed && health[k].failed;
  }
  if (code == SQLITE_OK)
    code = store_execute(store, "UPDATE recordings SET finished_at = ? WHERE id = ?", "tt",
                         all_failed ? NULL : now, recording_id);
  bool known = sqlite3_changes(store->db) == 1;
  enum stance_status status = store_transaction_end(store, code, "finish the recording", problem);
  if (status == STANCE_OK && !known)
    return stance_problem_set(problem, STANCE_INPUT, "%s: there is no recording %s", store->path,
                              recording_id);
  for (size_t k = 0; status == STANCE_OK && k < stream_count; k++)
    (void)store_merge_blocks(store, recording_id, k, NULL); /* complete it is either way */
  if (status == STANCE_OK)
    (void)store_seal(store, recording_id, NULL); /* without it, verify-record says so */
  return status;
}

/* As it was entered: a day in the future would win for as long as it lies there. */
enum stance_status stance_store_last_lever(struct stance_store *store, const char *athlete,
                                           const char *protocol_id, double *ret_lever_m,
                                           char ret_day[STANCE_DAY_SIZE],
                                           struct stance_problem *problem)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT r.lever_m, substr(r.started_at, 1, 10) FROM recordings r"
                           " JOIN sessions s ON s.id = r.session"
                           " JOIN athletes a ON a.id = s.athlete"
                           " WHERE a.code = ? AND r.protocol_id = ? AND r.lever_m IS NOT NULL"
                           " ORDER BY r.rowid DESC LIMIT 1",
                           "tt", athlete, protocol_id);
  if (code != SQLITE_OK)
    return store_fail(store, code, "read the lever", problem);
  code = sqlite3_step(row);
  if (code == SQLITE_ROW) {
    *ret_lever_m = sqlite3_column_double(row, 0);
    store_column_text(row, 1, ret_day, STANCE_DAY_SIZE);
  }
  store_release(store, row);
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    return store_fail(store, code, "read the lever", problem);
  return code == SQLITE_ROW ? STANCE_OK : STANCE_END;
}
