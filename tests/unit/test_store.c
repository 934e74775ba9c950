/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes into the store comes out of it, and what cannot is said. */
#include "support/faulty_disk.h"
#include "support/store_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void test_round_trip_keeps_everything_known(void **state)
{
  struct store_fixture *fixture = *state;
  struct stance_recording given = store_fixture_recording(2, 1000);
  given.body_mass_kg = 81.5;
  given.injured_side = STANCE_LEFT;
  given.protocol_text = strdup("[protocol]\nid = nordic\n");
  given.stream[0].calibration_text = strdup("");
  snprintf(given.side_order, sizeof given.side_order, "left,right");
  struct stance_store *store = store_fixture_open(fixture);
  store_fixture_begin(store, &given);
  assert_int_equal(strlen(given.id), STANCE_UUID_SIZE - 1);
  assert_true(*given.started_at != '\0');

  struct stance_raw_frame frames[600];
  store_fixture_frames(frames, 600, 0, 2);
  frames[77].flags = STANCE_FRAME_SATURATED(1);
  assert_int_equal(stance_store_append(store, given.id, 0, frames, 250, 2, NULL), STANCE_OK);
  assert_int_equal(stance_store_append(store, given.id, 0, frames + 250, 350, 2, NULL), STANCE_OK);
  const struct stance_phase phase = {STANCE_PHASE_LIMB, {100, 200}};
  assert_int_equal(stance_store_add_phase(store, given.id, &phase, NULL), STANCE_OK);
  const struct stance_source_health health = {.frames_produced = 600, .ended = true};
  assert_int_equal(stance_store_finish_recording(store, given.id, &health, 1, NULL), STANCE_OK);
  stance_store_close(store);

  struct store_fixture_loaded loaded = store_fixture_load(fixture, given.id);
  assert_string_equal(loaded.info.session, given.session);
  assert_string_equal(loaded.info.athlete, given.athlete);
  assert_string_equal(loaded.info.started_at, given.started_at);
  assert_string_equal(loaded.info.protocol_text, given.protocol_text);
  assert_string_equal(loaded.info.side_order, "left,right");
  assert_null(loaded.info.ground_truth);
  assert_true(*loaded.info.finished_at != '\0');
  assert_int_equal(loaded.info.injured_side, STANCE_LEFT);
  assert_true(loaded.info.body_mass_kg == 81.5);
  assert_true(isnan(loaded.info.lever_m));
  assert_int_equal(loaded.info.stream[0].frames_stored, 600);
  assert_string_equal(loaded.info.stream[0].source.model, given.stream[0].source.model);
  assert_string_equal(loaded.info.stream[0].source.channel[1].name, "right");
  assert_int_equal(loaded.info.stream[0].source.channel[1].side, STANCE_RIGHT);
  assert_true(isinf(loaded.info.stream[0].source.channel[1].minimum));
  assert_int_equal(loaded.trace.sample_count, 600);
  assert_int_equal(loaded.trace.channel_count, 2);
  assert_int_equal(loaded.trace.gap_count, 0);
  assert_true(loaded.trace.time.rate_hz == 1000);
  for (size_t k = 0; k < 600; k++)
    for (size_t c = 0; c < 2; c++)
      assert_memory_equal(&loaded.trace.value[c][k], &frames[k].value[c], sizeof(double));
  assert_int_equal(loaded.trace.flags[77], STANCE_FRAME_SATURATED(1));
  assert_int_equal(loaded.phase_count, 1);
  assert_int_equal(loaded.phases[0].kind, STANCE_PHASE_LIMB);
  assert_int_equal(loaded.phases[0].span.first, 100);
  assert_int_equal(loaded.phases[0].span.count, 200);
  store_fixture_release(&loaded);
  stance_recording_finish(&given);
}

/* Lost frames stay lost in place, late ones go where they belong, the first of two stands. */
static void test_gaps_stay_in_place(void **state)
{
  struct store_fixture *fixture = *state;
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_recording recording = store_fixture_recording(1, 1000);
  store_fixture_begin(store, &recording);
  struct stance_raw_frame frames[30];
  store_fixture_frames(frames, 10, 2, 1);       /* 2 … 11: two lost before the first */
  store_fixture_frames(frames + 10, 9, 17, 1);  /* 17 … 25: 12 … 16 lost */
  store_fixture_frames(frames + 19, 1, 14, 1);  /* 14 came late */
  store_fixture_frames(frames + 20, 10, 26, 1); /* 26 … 35 */
  frames[10].gap_before = 5;
  frames[19].flags = STANCE_FRAME_LATE;
  frames[25] = frames[24]; /* 30 twice, the second with another value; 31 lost */
  frames[25].value[0] = -1;
  frames[27].flags = STANCE_FRAME_CORRUPT;
  assert_int_equal(stance_store_append(store, recording.id, 0, frames, 30, 1, NULL), STANCE_OK);
  const struct stance_source_health health = {.frames_produced = 40, .frames_lost = 12};
  assert_int_equal(stance_store_finish_recording(store, recording.id, &health, 1, NULL), STANCE_OK);
  stance_store_close(store);

  struct store_fixture_loaded loaded = store_fixture_load(fixture, recording.id);
  static const struct stance_span expected[] = {{0, 2}, {12, 2}, {15, 2}, {31, 1}, {36, 4}};
  const struct stance_raw_trace *trace = &loaded.trace;
  assert_int_equal(trace->sample_count, 40);
  assert_int_equal(trace->gap_count, sizeof expected / sizeof *expected);
  assert_memory_equal(trace->gap, expected, sizeof expected);
  for (size_t k = 0; k < trace->sample_count; k++) {
    bool lost = false;
    for (size_t gap = 0; gap < trace->gap_count; gap++)
      lost = lost || (k >= expected[gap].first && k < expected[gap].first + expected[gap].count);
    if (lost)
      assert_true(isnan(trace->value[0][k]));
    else
      assert_true(trace->value[0][k] == store_fixture_value(k, 0));
  }
  assert_int_equal(trace->integrity.frames_expected, 40);
  assert_int_equal(trace->integrity.frames_received, 29);
  assert_int_equal(trace->integrity.frames_lost, 11);
  assert_int_equal(trace->integrity.frames_duplicated, 1);
  assert_int_equal(trace->integrity.frames_late, 1);
  assert_int_equal(trace->integrity.frames_corrupt, 1);
  assert_int_equal(trace->integrity.longest_gap_frames, 4);
  assert_true(trace->time.longest_gap_s == 0.004);
  store_fixture_release(&loaded);
}

static void test_a_damaged_block_becomes_a_gap(void **state)
{
  struct store_fixture *fixture = *state;
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_recording recording = store_fixture_recording(2, 1000);
  store_fixture_begin(store, &recording);
  struct stance_raw_frame frames[100];
  for (uint64_t block = 0; block < 4; block++) {
    store_fixture_frames(frames, 100, 100 * block, 2);
    assert_int_equal(stance_store_append(store, recording.id, 0, frames, 100, 2, NULL), STANCE_OK);
  }
  stance_store_close(store);
  /* One byte of the second block, the last one emptied. */
  faulty_disk_tamper(fixture->path,
                     "UPDATE blocks SET payload = CAST(substr(payload, 1, 60) || x'5a' ||"
                     " substr(payload, 62) AS BLOB) WHERE sequence = 1;"
                     "UPDATE blocks SET payload = x'' WHERE sequence = 3");

  struct store_fixture_loaded loaded = store_fixture_load(fixture, recording.id);
  assert_int_equal(loaded.status, STANCE_OK);
  assert_int_equal(loaded.trace.sample_count, 400);
  static const struct stance_span expected[] = {{100, 100}, {300, 100}};
  assert_int_equal(loaded.trace.gap_count, 2);
  assert_memory_equal(loaded.trace.gap, expected, sizeof expected);
  assert_int_equal(loaded.trace.integrity.frames_corrupt, 200);
  assert_int_equal(loaded.trace.integrity.frames_lost, 200);
  assert_true(isnan(loaded.trace.value[1][150]));
  assert_true(loaded.trace.value[1][250] == store_fixture_value(250, 1));
  store_fixture_release(&loaded);
}

static void test_an_empty_recording_says_so(void **state)
{
  struct store_fixture *fixture = *state;
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_recording recording = store_fixture_recording(2, 1000);
  store_fixture_begin(store, &recording);
  const struct stance_phase phase = {STANCE_PHASE_UNLOADED, {0, 0}};
  assert_int_equal(stance_store_add_phase(store, recording.id, &phase, NULL), STANCE_OK);
  stance_store_close(store);
  struct store_fixture_loaded loaded = store_fixture_load(fixture, recording.id);
  assert_int_equal(loaded.status, STANCE_END);
  assert_int_equal(loaded.trace.sample_count, 0);
  assert_int_equal(loaded.trace.channel_count, 2);
  assert_int_equal(loaded.phase_count, 0);
  assert_string_equal(loaded.info.protocol_id, "nordic");
  assert_non_null(strstr(loaded.problem.text, "holds no frame"));
  assert_non_null(strstr(loaded.problem.text, recording.id));
  store_fixture_release(&loaded);
}

static void test_phases_end_with_the_samples(void **state)
{
  struct store_fixture *fixture = *state;
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_recording recording = store_fixture_recording(1, 1000);
  store_fixture_begin(store, &recording);
  struct stance_raw_frame frames[100];
  store_fixture_frames(frames, 100, 0, 1);
  assert_int_equal(stance_store_append(store, recording.id, 0, frames, 100, 1, NULL), STANCE_OK);
  static const struct stance_phase given[] = {
      {STANCE_PHASE_UNLOADED, {0, 0}},   {STANCE_PHASE_LIMB, {20, 30}},
      {STANCE_PHASE_EFFORTS, {60, 400}}, {STANCE_PHASE_LIMB, {100, 0}},
      {STANCE_PHASE_UNLOADED, {0, 20}}, /* the first one's end, known later */
  };
  for (size_t k = 0; k < sizeof given / sizeof *given; k++)
    assert_int_equal(stance_store_add_phase(store, recording.id, &given[k], NULL), STANCE_OK);
  stance_store_close(store);
  struct store_fixture_loaded loaded = store_fixture_load(fixture, recording.id);
  assert_int_equal(loaded.phase_count, 3);
  assert_int_equal(loaded.phases[0].kind, STANCE_PHASE_UNLOADED);
  assert_int_equal(loaded.phases[0].span.count, 20);
  assert_int_equal(loaded.phases[1].span.count, 30);
  assert_int_equal(loaded.phases[2].kind, STANCE_PHASE_EFFORTS);
  assert_int_equal(loaded.phases[2].span.count, 40);
  store_fixture_release(&loaded);
}

/* More frames than one block holds, and an index that nothing can hold. */
static void test_long_and_impossible_recordings(void **state)
{
  struct store_fixture *fixture = *state;
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_recording recording = store_fixture_recording(1, 100000);
  store_fixture_begin(store, &recording);
  size_t count = 150000;
  struct stance_raw_frame *frames = calloc(count, sizeof *frames);
  assert_non_null(frames);
  store_fixture_frames(frames, count, 0, 1);
  assert_int_equal(stance_store_append(store, recording.id, 0, frames, count, 1, NULL), STANCE_OK);
  struct store_fixture_loaded loaded = store_fixture_load(fixture, recording.id);
  assert_int_equal(loaded.trace.sample_count, count);
  assert_int_equal(loaded.trace.integrity.frames_lost, 0);
  assert_true(loaded.trace.value[0][count - 1] == store_fixture_value(count - 1, 0));
  store_fixture_release(&loaded);

  frames[0].index = UINT64_MAX;
  assert_int_equal(stance_store_append(store, recording.id, 0, frames, 1, 1, NULL), STANCE_OK);
  struct stance_problem problem = {""};
  struct stance_recording info = {0};
  struct stance_raw_trace traces[STANCE_STREAM_MAX] = {0};
  struct stance_phase *phases = NULL;
  size_t phase_count = 0;
  assert_int_equal(
      stance_store_load(store, recording.id, &info, traces, &phases, &phase_count, &problem),
      STANCE_INPUT);
  assert_non_null(strstr(problem.text, recording.id));
  assert_null(traces[0].value[0]);
  stance_store_close(store);
  free(frames);
}

static void test_lists_are_in_order_of_time(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_recording recordings[3];
  static const char *const started[] = {"2026-03-01T10:00:00Z", "2026-01-01T10:00:00Z",
                                        "2026-03-01T10:00:00Z"};
  for (size_t k = 0; k < 3; k++) {
    recordings[k] = store_fixture_recording(2, 1000);
    snprintf(recordings[k].started_at, sizeof recordings[k].started_at, "%s", started[k]);
    if (k == 1)
      *recordings[k].athlete = '\0';
    store_fixture_begin(store, &recordings[k]);
  }
  struct stance_raw_frame frames[5];
  store_fixture_frames(frames, 5, 0, 2);
  assert_int_equal(stance_store_append(store, recordings[2].id, 0, frames, 5, 2, NULL), STANCE_OK);
  struct stance_recording_summary *summaries;
  char(*ids)[STANCE_UUID_SIZE];
  size_t count, id_count;
  assert_int_equal(stance_store_list_recordings(store, &summaries, &count, NULL), STANCE_OK);
  assert_int_equal(stance_store_list(store, &ids, &id_count, NULL), STANCE_OK);
  assert_int_equal(count, 3);
  assert_int_equal(id_count, 3);
  static const size_t order[] = {1, 0, 2};
  for (size_t k = 0; k < 3; k++) {
    assert_string_equal(ids[k], recordings[order[k]].id);
    assert_string_equal(summaries[k].id, recordings[order[k]].id);
    assert_int_equal(summaries[k].frames_stored, order[k] == 2 ? 5 : 0);
  }
  assert_string_equal(summaries[0].athlete, "");
  assert_string_equal(summaries[1].athlete, "A-17");
  free(ids);
  free(summaries);
  stance_store_close(store);
}

static void test_a_session_is_one_athletes(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_recording first = store_fixture_recording(2, 1000), second = first, other = first;
  store_fixture_begin(store, &first);
  memcpy(second.session, first.session, sizeof second.session);
  store_fixture_begin(store, &second);
  assert_string_equal(second.session, first.session);
  assert_string_not_equal(second.id, first.id);
  memcpy(other.session, first.session, sizeof other.session);
  snprintf(other.athlete, sizeof other.athlete, "B-2");
  struct stance_problem problem = {""};
  assert_int_equal(stance_store_begin(store, &other, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "B-2"));
  assert_string_equal(other.id, "");
  stance_store_close(store);
}

static enum stance_status put_result(struct stance_store *store, const char *id,
                                     const char *software, const char *text,
                                     struct stance_problem *problem)
{
  char copy[32];
  struct stance_stored_result result = {.long_csv = copy};
  snprintf(copy, sizeof copy, "%s", text);
  snprintf(result.software, sizeof result.software, "%s", software);
  return stance_store_put_result(store, id, &result, problem);
}

static void test_unknown_recordings_are_named(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_problem problem = {""};
  struct stance_raw_frame frame = {0};
  assert_int_equal(stance_store_append(store, "nobody", 0, &frame, 1, 1, &problem), STANCE_STORE);
  assert_non_null(strstr(problem.text, "not in this store"));
  const struct stance_source_health health = {0};
  assert_int_equal(stance_store_finish_recording(store, "nobody", &health, 1, &problem),
                   STANCE_INPUT);
  assert_non_null(strstr(problem.text, "nobody"));
  assert_int_equal(put_result(store, "nobody", "1", "x", &problem), STANCE_STORE);
  stance_store_close(store);
}

static void test_results_are_kept_by_software(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_recording recording = store_fixture_recording(2, 1000);
  store_fixture_begin(store, &recording);
  struct stance_stored_result found;
  assert_int_equal(stance_store_get_result(store, recording.id, NULL, &found, NULL), STANCE_END);
  assert_int_equal(put_result(store, recording.id, "1", "old\n", NULL), STANCE_OK);
  assert_int_equal(put_result(store, recording.id, "2", "new\n", NULL), STANCE_OK);
  assert_int_equal(put_result(store, recording.id, "1", "again\n", NULL), STANCE_OK);
  static const struct {
    const char *software, *expected;
  } cases[] = {{"2", "new\n"}, {"1", "again\n"}, {NULL, "again\n"}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    assert_int_equal(stance_store_get_result(store, recording.id, cases[k].software, &found, NULL),
                     STANCE_OK);
    assert_string_equal(found.long_csv, cases[k].expected);
    assert_null(found.settings);
    assert_true(found.has_digest && found.digest_holds);
    stance_stored_result_finish(&found);
  }
  assert_int_equal(stance_store_get_result(store, recording.id, "3", &found, NULL), STANCE_END);
  stance_store_close(store);
}

static void test_calibrations_never_change(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_calibration calibration = {
      .id = "c-1",
      .instrument = "rig 7",
      .created_at = "2026-01-01T00:00:00Z",
      .calibrated = true,
      .channel_count = 1,
      .channel = {{.channel = "left",
                   .serial = "s",
                   .unit = "counts",
                   .side = STANCE_LEFT,
                   .polarity = 1,
                   .zero_raw = 0.1,
                   .slope_n_per_unit = 1.0 / 3}},
  };
  struct stance_calibration found;
  assert_int_equal(stance_store_get_calibration(store, "rig 7", &found, NULL), STANCE_END);
  for (unsigned times = 0; times < 2; times++)
    assert_int_equal(stance_store_put_calibration(store, &calibration, NULL), STANCE_OK);
  struct stance_calibration newer = calibration;
  snprintf(newer.id, sizeof newer.id, "c-2");
  snprintf(newer.created_at, sizeof newer.created_at, "2026-02-01T00:00:00Z");
  newer.channel[0].zero_raw = -7;
  assert_int_equal(stance_store_put_calibration(store, &newer, NULL), STANCE_OK);
  assert_int_equal(stance_store_get_calibration(store, "rig 7", &found, NULL), STANCE_OK);
  assert_string_equal(found.id, "c-2");
  assert_true(found.channel[0].zero_raw == -7);
  assert_true(found.channel[0].slope_n_per_unit == 1.0 / 3);
  calibration.channel[0].slope_n_per_unit = 2;
  struct stance_problem problem = {""};
  assert_int_equal(stance_store_put_calibration(store, &calibration, &problem), STANCE_MISMATCH);
  assert_non_null(strstr(problem.text, "c-1"));
  stance_store_close(store);
}

#define STORE_TEST(function) \
  cmocka_unit_test_setup_teardown(function, store_fixture_setup, store_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORE_TEST(test_round_trip_keeps_everything_known),
      STORE_TEST(test_gaps_stay_in_place),
      STORE_TEST(test_a_damaged_block_becomes_a_gap),
      STORE_TEST(test_an_empty_recording_says_so),
      STORE_TEST(test_phases_end_with_the_samples),
      STORE_TEST(test_long_and_impossible_recordings),
      STORE_TEST(test_lists_are_in_order_of_time),
      STORE_TEST(test_a_session_is_one_athletes),
      STORE_TEST(test_unknown_recordings_are_named),
      STORE_TEST(test_results_are_kept_by_software),
      STORE_TEST(test_calibrations_never_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
