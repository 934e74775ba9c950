/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small blocks of a finished recording become larger ones: nobody who reads it can tell, and
   whatever happens meanwhile, either the ones or the others are there. */
#include "support/faulty_disk.h"
#include "support/store_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { DISK_FULL = 13 }; /* SQLITE_FULL */
enum { BLOCKS = 60, BLOCK_FRAMES_MAX = 700, ROUNDS = 12, BLOCK_FRAMES_LARGE = 5000 };

static uint64_t random_state;

/* xorshift64* (Vigna 2016). */
static uint64_t random_below(uint64_t limit)
{
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return random_state * UINT64_C(2685821657736338717) % limit;
}

static void append(struct stance_store *store, const char *recording_id, size_t stream,
                   const struct stance_raw_frame *frames, size_t count)
{
  assert_int_equal(stance_store_append(store, recording_id, stream, frames, count, 2, NULL),
                   STANCE_OK);
}

/* `count` blocks of 250 frames each, saved as a live test saves them. */
static struct stance_recording record(struct stance_store *store, size_t count)
{
  struct stance_recording recording = store_fixture_recording(2, 1000);
  struct stance_raw_frame frames[250];
  store_fixture_begin(store, &recording);
  for (size_t k = 0; k < count; k++) {
    store_fixture_frames(frames, 250, 250 * k, 2);
    append(store, recording.id, 0, frames, 250);
  }
  return recording;
}

static void finish(struct stance_store *store, const char *recording_id, uint64_t produced)
{
  struct stance_problem problem = {""};
  const struct stance_source_health health = {.frames_produced = produced, .ended = true};
  if (stance_store_finish_recording(store, recording_id, &health, 1, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
}

static int64_t ask(const struct store_fixture *fixture, const char *sql)
{
  return faulty_disk_ask(fixture->path, sql);
}

static void expect_same_trace(const struct stance_raw_trace *a, const struct stance_raw_trace *b)
{
  assert_int_equal(a->sample_count, b->sample_count);
  assert_int_equal(a->channel_count, b->channel_count);
  for (size_t c = 0; c < a->channel_count; c++)
    assert_memory_equal(a->value[c], b->value[c], a->sample_count * sizeof(double));
  assert_int_equal(a->flags == NULL, b->flags == NULL);
  if (a->flags != NULL)
    assert_memory_equal(a->flags, b->flags, a->sample_count * sizeof *a->flags);
  assert_int_equal(a->gap_count, b->gap_count);
  if (a->gap_count > 0)
    assert_memory_equal(a->gap, b->gap, a->gap_count * sizeof *a->gap);
  assert_memory_equal(&a->integrity, &b->integrity, sizeof a->integrity);
}

/* Blocks of any length with everything that a bad cable can do to them; returns where they end. */
static uint64_t record_anything(struct stance_store *store, const char *recording_id, size_t stream)
{
  static struct stance_raw_frame frames[BLOCK_FRAMES_LARGE];
  uint64_t index = random_below(100), end = index;
  for (size_t block = 0; block < BLOCKS; block++) {
    size_t count = 1 + random_below(random_below(20) == 0 ? BLOCK_FRAMES_LARGE : BLOCK_FRAMES_MAX);
    bool dirty = random_below(4) == 0, odd = random_below(6) == 0;
    uint64_t largest = 0;
    for (size_t k = 0; k < count; k++, index++) {
      if (dirty && random_below(100) == 0)
        index += random_below(30);
      store_fixture_frames(&frames[k], 1, index, 2);
      if (dirty && random_below(50) == 0)
        frames[k].flags = (uint32_t)random_below(1 << 11);
      if (dirty && index > 10 && random_below(80) == 0) /* late, or the same once more */
        frames[k].index -= random_below(10);
      if (odd)
        frames[k].value[0] /= 3;
      largest = frames[k].index > largest ? frames[k].index : largest;
    }
    append(store, recording_id, stream, frames, count);
    end = largest + 1 > end ? largest + 1 : end;
  }
  return end;
}

static void test_nobody_can_tell(void **state)
{
  const struct store_fixture *fixture = *state;
  atomic_store(&faulty_disk_install()->forgets, true); /* hundreds of commits, sooner */
  struct stance_store *store = store_fixture_open(fixture);
  for (unsigned round = 0; round < ROUNDS; round++) {
    struct stance_recording recording = store_fixture_recording(2, 1000);
    recording.stream[1] = recording.stream[0];
    recording.stream_count = 2;
    store_fixture_begin(store, &recording);
    struct stance_source_health health[2] = {0};
    for (size_t k = 0; k < 2; k++)
      health[k].frames_produced = record_anything(store, recording.id, k);
    struct store_fixture_loaded before = store_fixture_load(fixture, recording.id);
    assert_int_equal(stance_store_finish_recording(store, recording.id, health, 2, NULL),
                     STANCE_OK);
    struct store_fixture_loaded after = store_fixture_load(fixture, recording.id);
    for (size_t k = 0; k < 2; k++) {
      expect_same_trace(&before.traces[k], &after.traces[k]);
      assert_int_equal(before.info.stream[k].frames_stored, after.info.stream[k].frames_stored);
    }
    store_fixture_release(&before);
    store_fixture_release(&after);
  }
  assert_int_equal(stance_store_check(store, NULL), STANCE_OK);
  stance_store_close(store);
  assert_true(ask(fixture, "SELECT count(*) FROM blocks") < 2 * ROUNDS * BLOCKS / 2);
  /* As long as the longest that was appended: what is large already is left alone. */
  assert_true(ask(fixture, "SELECT max(frame_count) FROM blocks") <= BLOCK_FRAMES_LARGE);
}

/* More than one commit merges; what is appended afterwards comes after it and is merged again. */
static void test_long_recordings_and_later_blocks(void **state)
{
  const struct store_fixture *fixture = *state;
  atomic_store(&faulty_disk_install()->forgets, true);
  struct stance_store *store = store_fixture_open(fixture);
  enum { LONG = 1200 }; /* 75 merged blocks of 16 */
  struct stance_recording recording = record(store, LONG);
  finish(store, recording.id, LONG * 250);
  assert_int_equal(ask(fixture, "SELECT count(*) FROM blocks"), 75);
  struct stance_raw_frame frames[250];
  for (size_t k = LONG; k < LONG + 3; k++) {
    store_fixture_frames(frames, 250, 250 * k, 2);
    append(store, recording.id, 0, frames, 250);
  }
  finish(store, recording.id, (LONG + 3) * 250);
  stance_store_close(store);
  assert_int_equal(ask(fixture, "SELECT count(*) FROM blocks"), 76);
  struct store_fixture_loaded loaded = store_fixture_load(fixture, recording.id);
  assert_int_equal(loaded.trace.sample_count, (LONG + 3) * 250);
  assert_int_equal(loaded.trace.integrity.frames_lost, 0);
  for (size_t k = 0; k < loaded.trace.sample_count; k++)
    assert_true(loaded.trace.value[1][k] == store_fixture_value(k, 1));
  store_fixture_release(&loaded);
}

/* A damaged block keeps its neighbours small; a damaged merged one is a gap of its own length. */
static void test_damage_stays_where_it_is(void **state)
{
  const struct store_fixture *fixture = *state;
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_recording recording = record(store, 48);
  stance_store_close(store);
  static const char damage[] = "UPDATE blocks SET payload = CAST(substr(payload, 1, 60) || x'5a' ||"
                               " substr(payload, 62) AS BLOB) WHERE sequence = ";
  char sql[200];
  snprintf(sql, sizeof sql, "%s 20", damage);
  faulty_disk_tamper(fixture->path, sql);
  store = store_fixture_open(fixture);
  finish(store, recording.id, 48 * 250);
  stance_store_close(store);
  assert_int_equal(ask(fixture, "SELECT count(*) FROM blocks"), 1 + 16 + 1);
  snprintf(sql, sizeof sql, "%s 47", damage);
  faulty_disk_tamper(fixture->path, sql);

  struct store_fixture_loaded loaded = store_fixture_load(fixture, recording.id);
  static const struct stance_span expected[] = {{5000, 250}, {8000, 4000}};
  assert_int_equal(loaded.trace.sample_count, 48 * 250);
  assert_int_equal(loaded.trace.gap_count, 2);
  assert_memory_equal(loaded.trace.gap, expected, sizeof expected);
  assert_int_equal(loaded.trace.integrity.frames_corrupt, 4250);
  store_fixture_release(&loaded);
}

/* A disk that fills up at any write of finishing: the recording is complete or says that it is not,
   and its frames are all there. */
static void test_a_disk_that_refuses_loses_nothing(void **state)
{
  const struct store_fixture *fixture = *state;
  struct faulty_disk *disk = faulty_disk_install();
  atomic_store(&disk->forgets, true);
  struct stance_store *store = store_fixture_open(fixture);
  unsigned refused = 0, small = 0, merged = 0;
  for (int writes = 0; merged == 0; writes++) {
    struct stance_recording recording = record(store, 32);
    const struct stance_source_health health = {.frames_produced = 8000, .ended = true};
    struct stance_problem problem = {""};
    atomic_store(&disk->writes_left, writes);
    atomic_store(&disk->write_error, DISK_FULL);
    enum stance_status status =
        stance_store_finish_recording(store, recording.id, &health, 1, &problem);
    atomic_store(&disk->write_error, 0);
    assert_true(status == STANCE_OK || strstr(problem.text, "full") != NULL);
    struct store_fixture_loaded loaded = store_fixture_load(fixture, recording.id);
    assert_int_equal(*loaded.info.finished_at != '\0', status == STANCE_OK);
    assert_int_equal(loaded.trace.sample_count, 8000);
    assert_int_equal(loaded.trace.integrity.frames_lost, 0);
    store_fixture_release(&loaded);
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM blocks WHERE recording = '%s'", recording.id);
    int64_t blocks = ask(fixture, sql);
    assert_true(blocks == 32 || blocks == 2);
    refused += status != STANCE_OK;
    small += status == STANCE_OK && blocks == 32;
    merged += blocks == 2;
  }
  assert_true(refused > 0 && small > 0); /* it came between the two commits too */
  assert_int_equal(stance_store_check(store, NULL), STANCE_OK);
  stance_store_close(store);
}

/* Says on standard output when it begins to finish, and is killed some time after that. */
static void finish_until_killed(const char *path, const char *recording_id, int told)
{
  struct stance_store *store;
  if (stance_store_open(path, STANCE_STORE_WRITE, &store, NULL) != STANCE_OK)
    _exit(1);
  const struct stance_source_health health = {.frames_produced = BLOCKS * 250, .ended = true};
  if (write(told, "", 1) != 1)
    _exit(1);
  enum stance_status status = stance_store_finish_recording(store, recording_id, &health, 1, NULL);
  pause();
  _exit(status == STANCE_OK ? 0 : 1);
}

static void test_a_kill_at_any_moment_loses_nothing(void **state)
{
  const struct store_fixture *fixture = *state;
  atomic_store(&faulty_disk_install()->forgets, true); /* the kernel survives */
  const char *full = getenv("STANCE_FULL");
  unsigned kills = full != NULL && *full == '1' ? 400 : 25, merged = 0;
  for (unsigned kill_number = 0; kill_number < kills; kill_number++) {
    struct stance_store *store = store_fixture_open(fixture);
    struct stance_recording recording = record(store, BLOCKS);
    stance_store_close(store);
    int told[2];
    char byte;
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
      finish_until_killed(fixture->path, recording.id, told[1]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    const struct timespec pause = {0, (long)random_below(8000000)};
    nanosleep(&pause, NULL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(told[0]);
    close(told[1]);

    store = store_fixture_open(fixture);
    assert_int_equal(stance_store_check(store, NULL), STANCE_OK);
    stance_store_close(store);
    struct store_fixture_loaded loaded = store_fixture_load(fixture, recording.id);
    assert_int_equal(loaded.trace.sample_count, BLOCKS * 250);
    assert_int_equal(loaded.trace.gap_count, 0);
    for (size_t k = 0; k < loaded.trace.sample_count; k++)
      assert_true(loaded.trace.value[0][k] == store_fixture_value(k, 0));
    store_fixture_release(&loaded);
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM blocks WHERE recording = '%s'", recording.id);
    merged += ask(fixture, sql) < BLOCKS;
  }
  printf("%u kills, %u after the merge was durable\n", kills, merged);
}

int main(void)
{
  const char *seed = getenv("STANCE_SEED");
  random_state = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
  printf("seed %llu (STANCE_SEED repeats it)\n", (unsigned long long)random_state);
  random_state |= 1; /* zero is the one state that the generator cannot leave */
  const struct CMUnitTest tests[] = {
#define TEST(function) \
  cmocka_unit_test_setup_teardown(function, store_fixture_setup, store_fixture_teardown)
      TEST(test_nobody_can_tell),
      TEST(test_long_recordings_and_later_blocks),
      TEST(test_damage_stays_where_it_is),
      TEST(test_a_disk_that_refuses_loses_nothing),
      TEST(test_a_kill_at_any_moment_loses_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
