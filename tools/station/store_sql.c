/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statements with their arguments in one call, and the transaction. */
#include "store_private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int bind_all(sqlite3_stmt *statement, const char *types, va_list arguments)
{
  int code = SQLITE_OK;
  for (int k = 1; *types != '\0' && code == SQLITE_OK; types++, k++) {
    switch (*types) {
    case 't':
      code = sqlite3_bind_text(statement, k, va_arg(arguments, const char *), -1, SQLITE_STATIC);
      break;
    case 'i':
      code = sqlite3_bind_int64(statement, k, va_arg(arguments, int64_t));
      break;
    case 'r':
      code = sqlite3_bind_double(statement, k, va_arg(arguments, double));
      break;
    case 'b': {
      const void *bytes = va_arg(arguments, const void *);
      code = sqlite3_bind_blob64(statement, k, bytes, va_arg(arguments, size_t), SQLITE_STATIC);
      break;
    }
    default:
      code = SQLITE_MISUSE;
    }
  }
  return code;
}

/* More than any load or commit needs, so that each finds its own again. */
enum { STATEMENTS_KEPT = 24 };

struct store_statements {
  struct {
    const char *sql; /* the caller's literal: the same address is the same text */
    sqlite3_stmt *statement;
    bool in_use;
  } kept[STATEMENTS_KEPT];
  size_t oldest;
};

/* A kept statement, reset; NULL where there is none. */
static sqlite3_stmt *recall(struct store_statements *statements, const char *sql)
{
  for (size_t k = 0; statements != NULL && k < STATEMENTS_KEPT; k++)
    if (statements->kept[k].sql == sql && !statements->kept[k].in_use) {
      statements->kept[k].in_use = true;
      return statements->kept[k].statement;
    }
  return NULL;
}

/* Keeps one that is in use, in place of an old one; where there is no place it is not kept. */
static void keep(struct store_statements *statements, const char *sql, sqlite3_stmt *statement)
{
  for (size_t k = 0; statements != NULL && k < STATEMENTS_KEPT; k++) {
    size_t at = statements->oldest;
    statements->oldest = (at + 1) % STATEMENTS_KEPT;
    if (statements->kept[at].in_use)
      continue;
    sqlite3_finalize(statements->kept[at].statement);
    statements->kept[at].sql = sql;
    statements->kept[at].statement = statement;
    statements->kept[at].in_use = true;
    return;
  }
}

void store_release(const struct stance_store *store, sqlite3_stmt *statement)
{
  for (size_t k = 0; store->statements != NULL && k < STATEMENTS_KEPT; k++)
    if (statement != NULL && store->statements->kept[k].statement == statement) {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
      store->statements->kept[k].in_use = false;
      return;
    }
  sqlite3_finalize(statement);
}

void store_keep_statements(struct stance_store *store)
{
  store->statements = calloc(1, sizeof *store->statements);
}

void store_disconnect(struct stance_store *store)
{
  for (size_t k = 0; store->statements != NULL && k < STATEMENTS_KEPT; k++)
    sqlite3_finalize(store->statements->kept[k].statement);
  free(store->statements);
  store->statements = NULL;
  sqlite3_close(store->db);
  store->db = NULL;
}

static int prepare(const struct stance_store *store, sqlite3_stmt **ret_statement, const char *sql,
                   const char *types, va_list arguments)
{
  sqlite3_stmt *statement = recall(store->statements, sql);
  int code = SQLITE_OK;
  if (statement == NULL) {
    code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (code != SQLITE_OK)
      return code;
    keep(store->statements, sql, statement);
  }
  code = bind_all(statement, types, arguments);
  if (code != SQLITE_OK)
    store_release(store, statement);
  else
    *ret_statement = statement;
  return code;
}

int store_prepare(const struct stance_store *store, sqlite3_stmt **ret_statement, const char *sql,
                  const char *types, ...)
{
  va_list arguments;
  va_start(arguments, types);
  int code = prepare(store, ret_statement, sql, types, arguments);
  va_end(arguments);
  return code;
}

int store_execute(const struct stance_store *store, const char *sql, const char *types, ...)
{
  va_list arguments;
  va_start(arguments, types);
  sqlite3_stmt *statement;
  int code = prepare(store, &statement, sql, types, arguments);
  va_end(arguments);
  if (code != SQLITE_OK)
    return code;
  code = sqlite3_step(statement);
  store_release(store, statement);
  return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

int store_query_integer(const struct stance_store *store, const char *sql, int64_t otherwise,
                        int64_t *ret_value)
{
  sqlite3_stmt *statement;
  int code = store_prepare(store, &statement, sql, "");
  if (code != SQLITE_OK)
    return code;
  code = sqlite3_step(statement);
  if (code == SQLITE_ROW || code == SQLITE_DONE)
    *ret_value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : otherwise;
  store_release(store, statement);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

void store_column_text(sqlite3_stmt *statement, int column, char *ret_text, size_t size)
{
  const unsigned char *text = sqlite3_column_text(statement, column);
  snprintf(ret_text, size, "%s", text != NULL ? (const char *)text : "");
}

double store_column_double(sqlite3_stmt *statement, int column)
{
  return sqlite3_column_type(statement, column) == SQLITE_NULL
             ? (double)NAN
             : sqlite3_column_double(statement, column);
}

bool store_column_copy(sqlite3_stmt *statement, int column, char **ret_text)
{
  const unsigned char *text = sqlite3_column_text(statement, column);
  *ret_text = text != NULL ? strdup((const char *)text) : NULL;
  return *ret_text != NULL || sqlite3_column_type(statement, column) == SQLITE_NULL;
}

int store_transaction_begin(struct stance_store *store)
{
  if (store->doubtful)
    store_reconnect(store);
  return store_execute(store, "BEGIN IMMEDIATE", "");
}

static bool is_disk_error(int code)
{
  int primary = code & 0xff;
  return primary == SQLITE_IOERR || primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN;
}

enum stance_status store_transaction_end(struct stance_store *store, int code, const char *doing,
                                         struct stance_problem *problem)
{
  if (code == SQLITE_OK)
    code = store_execute(store, "COMMIT", "");
  if (code != SQLITE_OK) {
    /* Before the rollback changes the errno that explains it. */
    enum stance_status status = store_fail(store, code, doing, problem);
    store->doubtful = store->doubtful || is_disk_error(code);
    if (store->db != NULL && !sqlite3_get_autocommit(store->db))
      store_execute(store, "ROLLBACK", "");
    return status;
  }
  return store_file_is_in_place(store) ? STANCE_OK : store_rescue(store, problem);
}
