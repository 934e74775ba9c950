/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store is deleted, moved, replaced or shared while a test is being recorded into it. */
#include "support/live_recording.h"
#include "support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void remove_file(const struct store_fixture *fixture, const char *suffix)
{
  char path[256];
  snprintf(path, sizeof path, "%s%s", fixture->path, suffix);
  assert_int_equal(unlink(path), 0);
}

static void test_deleted(void **state)
{
  static const char *const deleted[][3] = {
      {"", "-wal", "-shm"}, {"", NULL, NULL}, {"-wal", NULL, NULL}, {"-wal", "-shm", NULL}};
  for (size_t k = 0; k < sizeof deleted / sizeof *deleted; k++) {
    struct live_recording live;
    live_recording_start(&live, *state);
    live_recording_run(&live, 300);
    for (size_t file = 0; file < 3 && deleted[k][file] != NULL; file++)
      remove_file(*state, deleted[k][file]);
    live_recording_run(&live, 500);
    assert_false(live_recording_health(&live).failing);
    struct stat status; /* before stop: a kill now would lose nothing either */
    assert_int_equal(stat(live.fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    live_recording_finish(&live);
  }
}

static void test_folder_deleted(void **state)
{
  struct store_fixture fixture = *(struct store_fixture *)*state;
  char folder[128];
  snprintf(folder, sizeof folder, "%s/deep", fixture.folder);
  snprintf(fixture.path, sizeof fixture.path, "%s/deep/store.db", fixture.folder);
  struct live_recording live;
  live_recording_start(&live, &fixture);
  live_recording_run(&live, 300);
  remove_file(&fixture, "");
  remove_file(&fixture, "-wal");
  remove_file(&fixture, "-shm");
  assert_int_equal(rmdir(folder), 0);
  live_recording_run(&live, 300);
  live_recording_finish(&live);
}

static void test_moved_and_back(void **state)
{
  const struct store_fixture *fixture = *state;
  char aside[192];
  snprintf(aside, sizeof aside, "%s/aside.db", fixture->folder);
  struct live_recording live;
  live_recording_start(&live, fixture);
  live_recording_run(&live, 300);
  assert_int_equal(rename(fixture->path, aside), 0);
  live_recording_run(&live, 500);
  live_recording_finish(&live);
}

/* Another store in its place is not overwritten; when it goes, everything comes back. */
static void test_replaced(void **state)
{
  const struct store_fixture *fixture = *state;
  struct store_fixture other = *fixture;
  snprintf(other.path, sizeof other.path, "%s/other.db", fixture->folder);
  stance_store_close(store_fixture_open(&other));
  struct live_recording live;
  live_recording_start(&live, fixture);
  live_recording_run(&live, 300);
  assert_int_equal(rename(other.path, fixture->path), 0);
  live_recording_run_until(&live, true);
  assert_non_null(strstr(live_recording_health(&live).problem.text, "another file"));
  assert_int_equal(rename(fixture->path, other.path), 0);
  live_recording_run_until(&live, false);
  live_recording_finish(&live);
  stance_store_close(store_fixture_open(&other));
}

static void test_two_stations_share_a_store(void **state)
{
  struct live_recording first, second;
  live_recording_start(&first, *state);
  live_recording_start(&second, *state);
  for (unsigned turn = 0; turn < 100; turn++) {
    live_recording_run(&first, 10);
    live_recording_run(&second, 10);
  }
  assert_false(live_recording_health(&first).failing);
  assert_false(live_recording_health(&second).failing);
  live_recording_finish(&first);
  live_recording_finish(&second);
}

#define STORE_TEST(function) \
  cmocka_unit_test_setup_teardown(function, store_fixture_setup, store_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORE_TEST(test_deleted),
      STORE_TEST(test_folder_deleted),
      STORE_TEST(test_moved_and_back),
      STORE_TEST(test_replaced),
      STORE_TEST(test_two_stations_share_a_store),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
