/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store is made private, is proven writable before anything is armed, and says what is wrong. */
#include "store_private.h"
#include "support/faulty_disk.h"
#include "support/store_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static enum stance_status try_open(const char *path, enum stance_store_access access,
                                   struct stance_problem *problem)
{
  struct stance_store *store;
  enum stance_status status = stance_store_open(path, access, &store, problem);
  if (status == STANCE_OK)
    stance_store_close(store);
  return status;
}

/* The sentence names the file, the reason and what to do. */
static void expect_refusal(const char *path, enum stance_store_access access, const char *reason,
                           const char *remedy)
{
  struct stance_problem problem = {""};
  assert_int_equal(try_open(path, access, &problem), STANCE_STORE);
  if (strstr(problem.text, path) == NULL || strstr(problem.text, reason) == NULL ||
      strstr(problem.text, remedy) == NULL)
    fail_msg("'%s' lacks the path, '%s' or '%s'", problem.text, reason, remedy);
}

static mode_t mode_of(const char *folder, const char *name)
{
  char path[256];
  struct stat status;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  assert_int_equal(stat(path, &status), 0);
  return status.st_mode & 0777;
}

static void write_file(const char *path, const char *text)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

/* Whatever the umask, nobody else may read, and we may. */
static void test_store_is_private(void **state)
{
  struct store_fixture *fixture = *state;
  static const mode_t umasks[] = {0, 022, 0777};
  for (size_t k = 0; k < sizeof umasks / sizeof *umasks; k++) {
    struct stance_store *store;
    char folder[128], path[192];
    snprintf(folder, sizeof folder, "%s/%zu", fixture->folder, k);
    snprintf(path, sizeof path, "%s/deep/er/store.db", folder);
    mode_t before = umask(umasks[k]);
    enum stance_status status = stance_store_open(path, STANCE_STORE_WRITE, &store, NULL);
    umask(before);
    assert_int_equal(status, STANCE_OK);
    assert_int_equal(mode_of(folder, ""), 0700);
    assert_int_equal(mode_of(folder, "deep"), 0700);
    assert_int_equal(mode_of(folder, "deep/er"), 0700);
    assert_int_equal(mode_of(folder, "deep/er/store.db"), 0600);
    assert_int_equal(mode_of(folder, "deep/er/store.db-wal"), 0600);
    assert_int_equal(mode_of(folder, "deep/er/store.db-shm"), 0600);
    stance_store_close(store);
  }
  /* One that was left open to others is closed to them. */
  stance_store_close(store_fixture_open(fixture));
  assert_int_equal(chmod(fixture->path, 0644), 0);
  stance_store_close(store_fixture_open(fixture));
  assert_int_equal(mode_of(fixture->folder, "store.db"), 0600);
}

static void test_other_files_are_refused_and_left_alone(void **state)
{
  struct store_fixture *fixture = *state;
  static const char text[] = "time,force\n0,1\n this is a recording, and longer than a header of "
                             "SQLite, so that it is looked at as a file of that kind\n";
  write_file(fixture->path, text);
  assert_int_equal(chmod(fixture->path, 0644), 0);
  expect_refusal(fixture->path, STANCE_STORE_WRITE, "not a stance store", "name another file");
  expect_refusal(fixture->path, STANCE_STORE_READ, "not a stance store", "name another file");
  char back[sizeof text] = "";
  FILE *file = fopen(fixture->path, "r");
  assert_int_equal(fread(back, 1, sizeof back, file), sizeof text - 1);
  fclose(file);
  assert_string_equal(back, text);
  assert_int_equal(mode_of(fixture->folder, "store.db"), 0644);

  char other[192];
  snprintf(other, sizeof other, "%s/other.db", fixture->folder);
  faulty_disk_tamper(other, "CREATE TABLE patients(name)");
  expect_refusal(other, STANCE_STORE_WRITE, "not a stance store", "name another file");
  expect_refusal(fixture->folder, STANCE_STORE_WRITE, "this is a folder", "name a file");
  snprintf(other, sizeof other, "%s/store.db/deep/store.db", fixture->folder);
  struct stance_problem problem = {""};
  assert_int_equal(try_open(other, STANCE_STORE_WRITE, &problem), STANCE_STORE);
  assert_non_null(strstr(problem.text, "folder"));
}

static void test_reading_needs_a_store(void **state)
{
  struct store_fixture *fixture = *state;
  expect_refusal(fixture->path, STANCE_STORE_READ, "missing", "correct the path");
  write_file(fixture->path, "");
  expect_refusal(fixture->path, STANCE_STORE_READ, "is empty", "stance run");
  assert_int_equal(try_open(fixture->path, STANCE_STORE_WRITE, NULL), STANCE_OK);
  assert_int_equal(try_open(fixture->path, STANCE_STORE_READ, NULL), STANCE_OK);
}

static void test_a_newer_store_is_left_alone(void **state)
{
  struct store_fixture *fixture = *state;
  stance_store_close(store_fixture_open(fixture));
  faulty_disk_tamper(fixture->path, "PRAGMA user_version = 99");
  expect_refusal(fixture->path, STANCE_STORE_WRITE, "newer stance (schema 99", "update stance");
  expect_refusal(fixture->path, STANCE_STORE_READ, "newer stance (schema 99", "update stance");
}

/* From every version to the last, keeping the data; a script that fails leaves the old version. */
static void test_migrations_lift_every_version(void **state)
{
  struct store_fixture *fixture = *state;
  static const char *const scripts[] = {
      "CREATE TABLE a(x); INSERT INTO a VALUES(1)",
      "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1",
      "CREATE TABLE b AS SELECT y + 1 AS z FROM a",
      "INSERT INTO b VALUES(7); INSERT INTO missing VALUES(1)",
  };
  for (size_t from = 0; from < 3; from++) {
    struct stance_store store = {.path = fixture->path};
    unlink(fixture->path);
    assert_int_equal(sqlite3_open(fixture->path, &store.db), SQLITE_OK);
    int64_t value = 0;
    assert_int_equal(store_schema_migrate(&store, scripts, from), SQLITE_OK);
    assert_int_equal(store_schema_migrate(&store, scripts, 3), SQLITE_OK);
    assert_int_equal(store_query_integer(&store, "SELECT z FROM b", 0, &value), SQLITE_OK);
    assert_int_equal(value, 3);
    assert_int_equal(store_schema_migrate(&store, scripts, 4), SQLITE_ERROR);
    assert_int_equal(store_query_integer(&store, "SELECT count(*) FROM b", 0, &value), SQLITE_OK);
    assert_int_equal(value, 1);
    assert_int_equal(store_query_integer(&store, "PRAGMA user_version", 0, &value), SQLITE_OK);
    assert_int_equal(value, 3);
    assert_int_equal(store_query_integer(&store, "PRAGMA application_id", 0, &value), SQLITE_OK);
    assert_int_equal(value, STORE_APPLICATION_ID);
    sqlite3_close(store.db);
  }
}

/* What durability rests on, asked of SQLite itself. */
static void test_a_store_is_durable(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  int64_t value = 0;
  assert_int_equal(store_query_integer(store, "PRAGMA synchronous", 0, &value), SQLITE_OK);
  assert_int_equal(value, 2); /* FULL */
  assert_int_equal(store_query_integer(store, "PRAGMA foreign_keys", 0, &value), SQLITE_OK);
  assert_int_equal(value, 1);
  struct stance_recording recording = store_fixture_recording(2, 1000);
  struct faulty_disk *disk = faulty_disk_install();
  stance_store_close(store);
  store = store_fixture_open(*state);
  store_fixture_begin(store, &recording);
  for (unsigned block = 0; block < 20; block++) { /* each one synced before it is called stored */
    struct stance_raw_frame frames[10];
    store_fixture_frames(frames, 10, 10 * block, 2);
    unsigned before = atomic_load(&disk->syncs);
    assert_int_equal(stance_store_append(store, recording.id, 0, frames, 10, 2, NULL), STANCE_OK);
    assert_true(atomic_load(&disk->syncs) > before);
  }
  stance_store_close(store);
}

/* Runs `check` as nobody, where the rights of files hold. */
static void as_nobody(void (*check)(const struct store_fixture *), struct store_fixture *fixture)
{
  if (geteuid() != 0) {
    check(fixture);
    return;
  }
  pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0)
      _exit(3);
    check(fixture);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

static void check_missing_rights(const struct store_fixture *fixture)
{
  struct stance_problem problem = {""};
  char path[192];
  snprintf(path, sizeof path, "%s/closed/new/store.db", fixture->folder);
  const char *const paths[] = {path, "", fixture->path};
  for (size_t k = 0; k < 3; k++) {
    if (k == 1)
      snprintf(path, sizeof path, "%s/closed/store.db", fixture->folder);
    if (try_open(k == 1 ? path : paths[k], STANCE_STORE_WRITE, &problem) != STANCE_STORE ||
        strstr(problem.text, "rights are missing") == NULL) {
      fprintf(stderr, "case %zu: %s\n", k, problem.text);
      _exit(1);
    }
  }
  /* What may only be read can be read. */
  if (try_open(fixture->path, STANCE_STORE_READ, &problem) != STANCE_OK) {
    fprintf(stderr, "%s\n", problem.text);
    _exit(1);
  }
}

static void test_missing_rights_are_named(void **state)
{
  struct store_fixture *fixture = *state;
  char closed[128];
  stance_store_close(store_fixture_open(fixture));
  snprintf(closed, sizeof closed, "%s/closed", fixture->folder);
  assert_int_equal(mkdir(closed, 0555), 0);
  assert_int_equal(chmod(fixture->path, 0444), 0);
  assert_int_equal(chmod(fixture->folder, 0555), 0);
  as_nobody(check_missing_rights, fixture);
  assert_int_equal(chmod(fixture->folder, 0700), 0);
}

static void test_a_locked_store_is_named(void **state)
{
  struct store_fixture *fixture = *state;
  stance_store_close(store_fixture_open(fixture));
  sqlite3 *other;
  assert_int_equal(sqlite3_open(fixture->path, &other), SQLITE_OK);
  assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  expect_refusal(fixture->path, STANCE_STORE_WRITE, "locked", "close the other program");
  assert_int_equal(try_open(fixture->path, STANCE_STORE_READ, NULL), STANCE_OK);
  sqlite3_close(other);
}

static void test_damage_is_found(void **state)
{
  struct store_fixture *fixture = *state;
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_recording recording = store_fixture_recording(2, 1000);
  store_fixture_begin(store, &recording);
  assert_int_equal(stance_store_check(store, NULL), STANCE_OK);
  stance_store_close(store);
  faulty_disk_tamper(fixture->path, "PRAGMA foreign_keys = OFF; DELETE FROM sessions");
  struct stance_problem problem = {""};
  store = store_fixture_open(fixture);
  assert_int_equal(stance_store_check(store, &problem), STANCE_STORE);
  assert_non_null(strstr(problem.text, "recordings"));
  stance_store_close(store);

  /* A page of data; without the pages of the schema itself nothing could be opened. */
  int64_t page = 0;
  store = store_fixture_open(fixture);
  assert_int_equal(
      store_query_integer(store, "SELECT rootpage FROM sqlite_schema WHERE name = 'recordings'", 0,
                          &page),
      SQLITE_OK);
  assert_true(page > 1);
  stance_store_close(store);
  int file = open(fixture->path, O_WRONLY);
  static const char rubbish[3000];
  assert_int_equal(pwrite(file, rubbish, sizeof rubbish, (page - 1) * 4096), sizeof rubbish);
  close(file);
  assert_int_equal(stance_store_open(fixture->path, STANCE_STORE_READ, &store, &problem),
                   STANCE_OK);
  assert_int_equal(stance_store_check(store, &problem), STANCE_STORE);
  assert_non_null(strstr(problem.text, "damaged"));
  stance_store_close(store);
}

static void test_default_path_follows_the_environment(void **state)
{
  (void)state;
  char path[64];
  struct stance_problem problem = {""};
  setenv("STANCE_STORE", "/a/b.db", 1);
  setenv("XDG_DATA_HOME", "/data", 1);
  setenv("HOME", "/h/kim", 1);
  assert_int_equal(stance_store_default_path(path, sizeof path, NULL), STANCE_OK);
  assert_string_equal(path, "/a/b.db");
  setenv("STANCE_STORE", "", 1);
  assert_int_equal(stance_store_default_path(path, sizeof path, NULL), STANCE_OK);
  assert_string_equal(path, "/data/stance/store.db");
  setenv("XDG_DATA_HOME", "relative", 1);
  assert_int_equal(stance_store_default_path(path, sizeof path, NULL), STANCE_OK);
  assert_string_equal(path, "/h/kim/.local/share/stance/store.db");
  assert_int_equal(stance_store_default_path(path, 10, &problem), STANCE_USAGE);
  unsetenv("HOME");
  assert_int_equal(stance_store_default_path(path, sizeof path, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "STANCE_STORE"));
}

/* What a start after a crash names: the newest recording, if nobody came to finish it. */
static void test_what_was_cut_off_is_known(void **state)
{
  struct store_fixture *fixture = *state;
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_recording recording = store_fixture_recording(1, 1000);
  struct stance_raw_frame frames[10];
  const struct stance_source_health failed = {.frames_produced = 1010, .failed = true};
  char id[STANCE_UUID_SIZE] = "untouched";
  double stored_s = -1;
  assert_int_equal(stance_store_last_cut_off(store, id, &stored_s, NULL), STANCE_END);
  store_fixture_begin(store, &recording);
  store_fixture_frames(frames, 10, 1000, 1);
  assert_int_equal(stance_store_append(store, recording.id, 0, frames, 10, 1, NULL), STANCE_OK);
  assert_string_equal(id, "untouched");
  assert_int_equal(stance_store_last_cut_off(store, id, &stored_s, NULL), STANCE_OK);
  assert_string_equal(id, recording.id);
  assert_true(stored_s == 1.01);
  /* whose instrument failed was closed all the same */
  assert_int_equal(stance_store_finish_recording(store, recording.id, &failed, 1, NULL), STANCE_OK);
  assert_int_equal(stance_store_last_cut_off(store, id, &stored_s, NULL), STANCE_END);
  stance_store_close(store);
}

#define STORE_TEST(function) \
  cmocka_unit_test_setup_teardown(function, store_fixture_setup, store_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORE_TEST(test_store_is_private),
      STORE_TEST(test_other_files_are_refused_and_left_alone),
      STORE_TEST(test_reading_needs_a_store),
      STORE_TEST(test_a_newer_store_is_left_alone),
      STORE_TEST(test_migrations_lift_every_version),
      STORE_TEST(test_a_store_is_durable),
      STORE_TEST(test_missing_rights_are_named),
      STORE_TEST(test_a_locked_store_is_named),
      STORE_TEST(test_damage_is_found),
      STORE_TEST(test_what_was_cut_off_is_known),
      cmocka_unit_test(test_default_path_follows_the_environment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
