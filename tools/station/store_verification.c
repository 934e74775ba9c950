/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks of instruments. Nothing is overwritten: the latest decided check of a kind speaks. */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

static int insert(const struct stance_store *store, const struct stance_verification *check)
{
  int code = store_execute(store, "INSERT INTO verifications VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                           "tttttttttt", check->id, stance_check_id(check->kind),
                           stance_check_verdict_id(check->verdict), check->performed_at,
                           check->valid_until, check->operator_name, check->standard,
                           check->software, check->words, check->values_json);
  for (size_t k = 0; k < check->subject_count && code == SQLITE_OK; k++)
    code = store_execute(store, "INSERT INTO verification_subjects VALUES(?, ?, ?, ?, ?)", "ttttt",
                         check->id, check->subject[k].instrument,
                         stance_side_name(check->subject[k].side), check->subject[k].serial,
                         check->subject[k].calibration);
  return code;
}

enum stance_status stance_store_put_verification(struct stance_store *store,
                                                 const struct stance_verification *verification,
                                                 struct stance_problem *problem)
{
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = insert(store, verification);
  return store_transaction_end(store, code, "save the check", problem);
}

/* The number whose name it is, `count` where there is none. */
static int find(const char *name, const char *(*id)(int), int count)
{
  int k = 0;
  while (k < count && strcmp(name, id(k)) != 0)
    k++;
  return k;
}

static const char *kind_id(int kind)
{
  return stance_check_id((enum stance_check_kind)kind);
}

static const char *verdict_id(int verdict)
{
  return stance_check_verdict_id((enum stance_check_verdict)verdict);
}

static const char *side_id(int side)
{
  return stance_side_name((enum stance_side)side);
}

static int read_name(sqlite3_stmt *row, int column, const char *(*id)(int), int count)
{
  char name[16];
  store_column_text(row, column, name, sizeof name);
  return find(name, id, count);
}

static void read_check(sqlite3_stmt *row, struct stance_verification *ret_check)
{
  *ret_check = (struct stance_verification){
      .kind = (enum stance_check_kind)read_name(row, 1, kind_id, STANCE_CHECK_KIND_COUNT),
      .verdict =
          (enum stance_check_verdict)read_name(row, 2, verdict_id, STANCE_CHECK_VERDICT_COUNT),
  };
#define TEXT(column, member) \
  store_column_text(row, column, ret_check->member, sizeof ret_check->member)
  TEXT(0, id);
  TEXT(3, performed_at);
  TEXT(4, valid_until);
  TEXT(5, operator_name);
  TEXT(6, standard);
  TEXT(7, software);
  TEXT(8, words);
  TEXT(9, values_json);
#undef TEXT
}

static void read_subject(sqlite3_stmt *row, struct stance_verification *check)
{
  if (check->subject_count == STANCE_VERIFICATION_SUBJECT_MAX)
    return;
  struct stance_verification_subject *subject = &check->subject[check->subject_count++];
  store_column_text(row, 11, subject->instrument, sizeof subject->instrument);
  subject->side = (enum stance_side)read_name(row, 12, side_id, STANCE_SIDE_NONE);
  store_column_text(row, 13, subject->serial, sizeof subject->serial);
  store_column_text(row, 14, subject->calibration, sizeof subject->calibration);
}

/* One row a subject; those of one check follow each other. */
static int read_all(sqlite3_stmt *row, struct stance_verification **ret_checks, size_t *ret_count)
{
  struct stance_verification *checks = NULL;
  size_t count = 0, capacity = 0;
  char id[64];
  int code;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    store_column_text(row, 0, id, sizeof id);
    if (count == 0 || strcmp(id, checks[count - 1].id) != 0) {
      if (count == capacity) {
        capacity = capacity == 0 ? 16 : 2 * capacity;
        struct stance_verification *larger = realloc(checks, capacity * sizeof *larger);
        if (larger == NULL) {
          free(checks);
          return SQLITE_NOMEM;
        }
        checks = larger;
      }
      read_check(row, &checks[count++]);
    }
    read_subject(row, &checks[count - 1]);
  }
  if (code != SQLITE_DONE) {
    free(checks);
    return code;
  }
  *ret_checks = checks;
  *ret_count = count;
  return SQLITE_OK;
}

enum stance_status stance_store_list_verifications(struct stance_store *store,
                                                   struct stance_verification **ret_checks,
                                                   size_t *ret_count,
                                                   struct stance_problem *problem)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT v.*, s.* FROM verifications v"
                           " JOIN verification_subjects s ON s.verification = v.id"
                           " ORDER BY v.performed_at, v.rowid, s.rowid",
                           "");
  if (code == SQLITE_OK) {
    code = read_all(row, ret_checks, ret_count);
    store_release(store, row);
  }
  return code == SQLITE_OK ? STANCE_OK : store_fail(store, code, "read the checks", problem);
}

enum stance_status
stance_store_verifications_in_force(struct stance_store *store, const char *instrument,
                                    const char *at, struct stance_verification_in_force *ret_checks,
                                    size_t room, size_t *ret_count, struct stance_problem *problem)
{
  sqlite3_stmt *row;
  size_t count = 0;
  /* Seconds are compared: a recording may carry fractions of one. */
  int code = store_prepare(
      store, &row,
      "SELECT id, kind, side, verdict, valid_until, calibration FROM"
      " (SELECT v.*, s.side, s.calibration, row_number() OVER"
      "   (PARTITION BY v.kind, s.side ORDER BY v.performed_at DESC, v.rowid DESC) AS newness"
      "  FROM verification_subjects s JOIN verifications v ON v.id = s.verification"
      "  WHERE s.instrument = ?1 AND v.verdict <> 'undecided'"
      "  AND substr(v.performed_at, 1, 19) <= substr(?2, 1, 19))"
      " WHERE newness = 1 ORDER BY kind, side",
      "tt", instrument, at);
  if (code != SQLITE_OK)
    return store_fail(store, code, "read the checks", problem);
  while (count < room && (code = sqlite3_step(row)) == SQLITE_ROW) {
    struct stance_verification_in_force *check = &ret_checks[count++];
    store_column_text(row, 0, check->id, sizeof check->id);
    check->kind = (enum stance_check_kind)read_name(row, 1, kind_id, STANCE_CHECK_KIND_COUNT);
    check->side = (enum stance_side)read_name(row, 2, side_id, STANCE_SIDE_NONE);
    check->verdict =
        (enum stance_check_verdict)read_name(row, 3, verdict_id, STANCE_CHECK_VERDICT_COUNT);
    store_column_text(row, 4, check->valid_until, sizeof check->valid_until);
    store_column_text(row, 5, check->calibration, sizeof check->calibration);
  }
  store_release(store, row);
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    return store_fail(store, code, "read the checks", problem);
  *ret_count = count;
  return STANCE_OK;
}
