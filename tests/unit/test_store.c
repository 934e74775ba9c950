/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes into the store comes out of it, and what cannot is said. */
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
  given.calibration_text = strdup("");
  snprintf(given.side_order, sizeof given.side_order, "left,right");
  struct stance_store *store = store_fixture_open(fixture);
  store_fixture_begin(store, &given);
  assert_int_equal(strlen(given.id), STANCE_UUID_SIZE - 1);
  assert_true(*given.started_at != '\0');

  struct stance_raw_frame frames[600];
  store_fixture_frames(frames, 600, 0, 2);
  frames[77].flags = STANCE_FRAME_SATURATED(1);
  assert_int_equal(stance_store_append(store, given.id, frames, 250, 2, 1, NULL), STANCE_OK);
  assert_int_equal(stance_store_append(store, given.id, frames + 250, 350, 2, 2, NULL), STANCE_OK);
  const struct stance_phase phase = {STANCE_PHASE_LIMB, {100, 200}};
  assert_int_equal(stance_store_add_phase(store, given.id, &phase, NULL), STANCE_OK);
  const struct stance_source_health health = {.frames_produced = 600, .ended = true};
  assert_int_equal(stance_store_finish_recording(store, given.id, &health, NULL), STANCE_OK);
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
  assert_int_equal(loaded.info.frames_stored, 600);
  assert_string_equal(loaded.info.source.model, given.source.model);
  assert_string_equal(loaded.info.source.channel[1].name, "right");
  assert_int_equal(loaded.info.source.channel[1].side, STANCE_RIGHT);
  assert_true(isinf(loaded.info.source.channel[1].minimum));
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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_round_trip_keeps_everything_known, store_fixture_setup,
                                      store_fixture_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
