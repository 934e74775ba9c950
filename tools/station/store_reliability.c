/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clinic's own reliability studies. Nothing is overwritten: the newest study of a test speaks,
   and an older one again when the newer one was taken out. */
#include "store_private.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SCALAR(member)                                           \
  {                                                              \
#member, offsetof(struct stance_reliability, member), false, \
  }
#define ESTIMATE(member)                                        \
  {                                                             \
#member, offsetof(struct stance_reliability, member), true, \
  }

/* What is kept of a study's statistics, under which name. */
static const struct {
  const char *name;
  size_t offset;
  bool has_limits;
} kept[] = {
    SCALAR(mean),
    SCALAR(degrees_of_freedom),
    SCALAR(log_error_pct),
    SCALAR(cv_simple_pct),
    ESTIMATE(typical_error),
    ESTIMATE(sem),
    ESTIMATE(mdc95),
    ESTIMATE(cv_pct),
    ESTIMATE(icc_2_1),
    ESTIMATE(icc_3_1),
    ESTIMATE(shift),
};
enum { KEPT_COUNT = sizeof kept / sizeof *kept };

static int insert_estimates(const struct stance_store *store, const char *id,
                            const struct stance_reliability *statistics)
{
  int code = SQLITE_OK;
  for (size_t k = 0; k < KEPT_COUNT && code == SQLITE_OK; k++) {
    struct stance_estimate estimate = {.low = (double)NAN, .high = (double)NAN};
    memcpy(&estimate, (const char *)statistics + kept[k].offset,
           kept[k].has_limits ? sizeof estimate : sizeof estimate.value);
    code = store_execute(store, "INSERT INTO reliability_estimates VALUES(?, ?, ?, ?, ?)", "ttrrr",
                         id, kept[k].name, estimate.value, estimate.low, estimate.high);
  }
  return code;
}

static int insert_record(const struct stance_store *store, const char *study, const char *now,
                         const struct stance_reliability_record *record)
{
  char id[STANCE_UUID_SIZE];
  const struct stance_reliability_key *key = &record->key;
  stance_recording_new_uuid(id);
  int code = store_execute(
      store, "INSERT INTO reliability VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      "ttttt"
      "rrttttt"
      "itii",
      id, study, now, key->protocol, key->protocol_version, key->hip_deg, key->knee_deg, key->rig,
      key->metric, key->rule, key->method, key->instrument, (int64_t)record->whole_model,
      stance_side_name(record->side), (int64_t)record->statistics.athletes,
      (int64_t)record->statistics.tests);
  return code == SQLITE_OK ? insert_estimates(store, id, &record->statistics) : code;
}

enum stance_status stance_store_put_reliability(struct stance_store *store,
                                                const struct stance_reliability_record *records,
                                                size_t count, char ret_study[STANCE_UUID_SIZE],
                                                struct stance_problem *problem)
{
  char study[STANCE_UUID_SIZE], now[32];
  stance_recording_new_uuid(study);
  store_now(now, sizeof now);
  int code = store_transaction_begin(store);
  for (size_t k = 0; k < count && code == SQLITE_OK; k++)
    code = insert_record(store, study, now, &records[k]);
  enum stance_status status = store_transaction_end(store, code, "save the reliability", problem);
  if (status == STANCE_OK)
    memcpy(ret_study, study, sizeof study);
  return status;
}

enum stance_status stance_store_remove_reliability(struct stance_store *store, const char *study,
                                                   struct stance_problem *problem)
{
  int64_t removed = 0;
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = store_execute(store, "DELETE FROM reliability WHERE study = ?", "t", study);
  if (code == SQLITE_OK)
    code = store_query_integer(store, "SELECT changes()", 0, &removed);
  enum stance_status status = store_transaction_end(store, code, "take out the study", problem);
  if (status == STANCE_OK && removed == 0)
    return stance_problem_set(
        problem, STANCE_INPUT,
        "%s: there is no reliability study %.40s; `stance reliability --list` "
        "shows those there are",
        store->path, study);
  return status;
}

static enum stance_side side_of(const char *name)
{
  int side = 0;
  while (side < STANCE_SIDE_NONE && strcmp(stance_side_name((enum stance_side)side), name) != 0)
    side++;
  return (enum stance_side)side;
}

static void read_key(sqlite3_stmt *row, struct stance_reliability_record *ret_record)
{
  struct stance_reliability_key *key = &ret_record->key;
  char side[16];
  store_column_text(row, 1, ret_record->study, sizeof ret_record->study);
  store_column_text(row, 2, ret_record->created_at, sizeof ret_record->created_at);
  store_column_text(row, 3, key->protocol, sizeof key->protocol);
  store_column_text(row, 4, key->protocol_version, sizeof key->protocol_version);
  key->hip_deg = store_column_double(row, 5);
  key->knee_deg = store_column_double(row, 6);
  store_column_text(row, 7, key->rig, sizeof key->rig);
  store_column_text(row, 8, key->metric, sizeof key->metric);
  store_column_text(row, 9, key->rule, sizeof key->rule);
  store_column_text(row, 10, key->method, sizeof key->method);
  store_column_text(row, 11, key->instrument, sizeof key->instrument);
  ret_record->whole_model = sqlite3_column_int64(row, 12) != 0;
  store_column_text(row, 13, side, sizeof side);
  ret_record->side = side_of(side);
  ret_record->statistics.athletes = (size_t)sqlite3_column_int64(row, 14);
  ret_record->statistics.tests = (size_t)sqlite3_column_int64(row, 15);
}

/* Every number that the store does not have is NaN. */
static void forget_statistics(struct stance_reliability *statistics)
{
  const struct stance_estimate none = {(double)NAN, (double)NAN, (double)NAN};
  const size_t athletes = statistics->athletes, tests = statistics->tests;
  *statistics = (struct stance_reliability){
      .athletes = athletes,
      .tests = tests,
      .icc_1_1 = none,
      .icc_1_k = none,
      .icc_2_k = none,
      .icc_3_k = none,
  };
  for (size_t k = 0; k < KEPT_COUNT; k++)
    memcpy((char *)statistics + kept[k].offset, &none,
           kept[k].has_limits ? sizeof none : sizeof none.value);
}

static void take_estimate(sqlite3_stmt *row, struct stance_reliability *statistics)
{
  char name[32];
  store_column_text(row, 16, name, sizeof name);
  const struct stance_estimate estimate = {
      store_column_double(row, 17), store_column_double(row, 18), store_column_double(row, 19)};
  for (size_t k = 0; k < KEPT_COUNT; k++)
    if (strcmp(kept[k].name, name) == 0)
      memcpy((char *)statistics + kept[k].offset, &estimate,
             kept[k].has_limits ? sizeof estimate : sizeof estimate.value);
}

/* One row a number; those of one record follow each other. */
static int read_records(sqlite3_stmt *row, struct stance_reliability_record **ret_records,
                        size_t *ret_count)
{
  struct stance_reliability_record *records = NULL;
  size_t count = 0, capacity = 0;
  char current[STANCE_UUID_SIZE] = "", id[STANCE_UUID_SIZE];
  int code;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    store_column_text(row, 0, id, sizeof id);
    if (count == capacity) {
      capacity = capacity == 0 ? 32 : 2 * capacity;
      struct stance_reliability_record *larger = realloc(records, capacity * sizeof *larger);
      if (larger == NULL) {
        free(records);
        return SQLITE_NOMEM;
      }
      records = larger;
    }
    if (strcmp(id, current) != 0) {
      memcpy(current, id, sizeof current);
      read_key(row, &records[count]);
      forget_statistics(&records[count++].statistics);
    }
    take_estimate(row, &records[count - 1].statistics);
  }
  if (code != SQLITE_DONE) {
    free(records);
    return code;
  }
  *ret_records = records;
  *ret_count = count;
  return SQLITE_OK;
}

enum stance_status stance_store_list_reliability(struct stance_store *store,
                                                 struct stance_reliability_record **ret_records,
                                                 size_t *ret_count, struct stance_problem *problem)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT r.*, e.name, e.value, e.low, e.high FROM reliability r"
                           " JOIN reliability_estimates e ON e.reliability = r.id"
                           " ORDER BY r.created_at, r.rowid, e.name",
                           "");
  if (code == SQLITE_OK) {
    code = read_records(row, ret_records, ret_count);
    store_release(store, row);
  }
  return code == SQLITE_OK ? STANCE_OK : store_fail(store, code, "read the reliability", problem);
}
