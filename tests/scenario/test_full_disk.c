/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A real disk that is full, fills up, or may not be written: a small tmpfs that only this process
   sees. Exit status 77 where mounting is not permitted. */
#include "support/live_recording.h"
#include "support/store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

static int set_up(void **state)
{
  if (store_fixture_setup(state) != 0)
    return -1;
  struct store_fixture *fixture = *state;
  return mount("stance-test", fixture->folder, "tmpfs", 0, "size=24m");
}

static int tear_down(void **state)
{
  struct store_fixture *fixture = *state;
  umount2(fixture->folder, MNT_DETACH);
  return store_fixture_teardown(state);
}

static void filler_path(const struct store_fixture *fixture, char *ret_path, size_t size)
{
  snprintf(ret_path, size, "%s/filler", fixture->folder);
}

/* Writes until nothing more fits. */
static void fill(const struct store_fixture *fixture)
{
  char path[192];
  static const char bytes[4096];
  filler_path(fixture, path, sizeof path);
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  assert_true(file >= 0);
  while (write(file, bytes, sizeof bytes) > 0)
    ;
  assert_int_equal(errno, ENOSPC);
  close(file);
}

static void make_room(const struct store_fixture *fixture)
{
  char path[192];
  filler_path(fixture, path, sizeof path);
  assert_int_equal(unlink(path), 0);
}

static void expect_refusal(const struct store_fixture *fixture, const char *reason)
{
  struct stance_store *store;
  struct stance_problem problem = {""};
  assert_int_equal(stance_store_open(fixture->path, STANCE_STORE_WRITE, &store, &problem),
                   STANCE_STORE);
  if (strstr(problem.text, reason) == NULL || strstr(problem.text, fixture->path) == NULL)
    fail_msg("'%s' lacks '%s'", problem.text, reason);
}

static void test_a_full_disk_is_refused_at_the_start(void **state)
{
  const struct store_fixture *fixture = *state;
  fill(fixture);
  expect_refusal(fixture, "full");
  make_room(fixture);
  stance_store_close(store_fixture_open(fixture));
  fill(fixture);
  expect_refusal(fixture, "nearly full");
}

static void test_a_read_only_disk_is_refused_at_the_start(void **state)
{
  const struct store_fixture *fixture = *state;
  stance_store_close(store_fixture_open(fixture));
  assert_int_equal(mount(NULL, fixture->folder, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
  expect_refusal(fixture, "read-only");
  struct store_fixture fresh = *fixture;
  snprintf(fresh.path, sizeof fresh.path, "%s/fresh.db", fixture->folder);
  expect_refusal(&fresh, "read-only");
  struct stance_store *store; /* what was recorded before can still be read */
  assert_int_equal(stance_store_open(fixture->path, STANCE_STORE_READ, &store, NULL), STANCE_OK);
  stance_store_close(store);
}

static void test_a_disk_that_fills_up_loses_nothing(void **state)
{
  const struct store_fixture *fixture = *state;
  struct live_recording live;
  live_recording_start(&live, fixture);
  live_recording_run(&live, 500);
  for (unsigned round = 0; round < 2; round++) {
    fill(fixture);
    live_recording_run_until(&live, true);
    struct stance_recorder_health health = live_recording_health(&live);
    assert_non_null(strstr(health.problem.text, "the disk is full"));
    assert_non_null(strstr(health.problem.text, fixture->path));
    live_recording_run(&live, 500);
    make_room(fixture);
    live_recording_run_until(&live, false);
  }
  live_recording_finish(&live);
}

/* What was committed before stays readable while the disk is full. */
static void test_a_full_disk_can_be_read(void **state)
{
  const struct store_fixture *fixture = *state;
  struct live_recording live;
  live_recording_start(&live, fixture);
  live_recording_run(&live, 300);
  fill(fixture);
  live_recording_run_until(&live, true);
  struct store_fixture_loaded loaded = store_fixture_load(fixture, live.recording.id);
  assert_int_equal(loaded.trace.sample_count, live_recording_health(&live).frames_committed);
  store_fixture_release(&loaded);
  make_room(fixture);
  live_recording_finish(&live);
}

#define DISK_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
  /* Mounts are then seen by this process alone and vanish with it. */
  if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
    fprintf(stderr, "SKIPPED: mounting a small disk is not permitted here (%s)\n", strerror(errno));
    return 77;
  }
  const struct CMUnitTest tests[] = {
      DISK_TEST(test_a_full_disk_is_refused_at_the_start),
      DISK_TEST(test_a_read_only_disk_is_refused_at_the_start),
      DISK_TEST(test_a_disk_that_fills_up_loses_nothing),
      DISK_TEST(test_a_full_disk_can_be_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
