/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole station with a sound card that the test has in its hand: what is heard is kept, what
   becomes of it, and what happens when the card vanishes. */
#include "cue_output.h"
#include "store_sound.h"
#include "trial.h"

#include "support/fake_portaudio.h"
#include "support/station_fixture.h"
#include "support/station_way.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double patience_s = 60;

/* Of a simulated athlete who waits for nobody. */
#define ATTENDED "sim:nordic?unloaded_s=600&duration=620&noise_n=0.2&wander_n=0&zero_shift_n=0"
/* Another one pulls left alone from 9 s on: once the test has come to the proof, that waits 10 s.
 */
#define PULLS_LEFT                                                                           \
  "sim:nordic?sides=left&unloaded_s=8&get_on_s=0&limb_s=0&ready_s=1&effort_s=60&peak_n=3000" \
  "&range_n=5000&duration=620"

static int setup(void **state)
{
  const struct stance_sound_options options = {.device = "fake"};
  fake_card_reset();
  if (station_fixture_setup(state) != 0)
    return -1;
  struct station_fixture *fixture = *state;
  return stance_sound_create(&options, &fixture->sound, NULL) == STANCE_OK ? 0 : -1;
}

static int teardown(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_close(fixture);
  stance_sound_destroy(fixture->sound);
  return station_fixture_teardown(state);
}

/* A test of a few seconds, for the real clock must run. */
static void write_protocol(const struct station_fixture *fixture, char ret_path[96])
{
  snprintf(ret_path, 96, "%s/short.ini", fixture->folder);
  FILE *file = fopen(ret_path, "w");
  assert_non_null(file);
  fputs(
      "[protocol]\ntitle = Short\nversion = 1\nsides = left\nrig = strap\neffort = explosive\n"
      "repetitions = 1\nunloaded_s = 1\nget_on_s = 0.5\nlimb_s = 1\neffort_s = 1.5\nrest_s = 0.5\n",
      file);
  assert_int_equal(fclose(file), 0);
}

static void wait_for_result(struct station_fixture *fixture)
{
  char id[64];
  snprintf(id, sizeof id, "\"id\":\"%s\"", fixture->id);
  if (!station_fixture_wait(fixture, "result", id, patience_s))
    fail_msg("no result; the state is %s", station_fixture_last(fixture, "state"));
  assert_true(station_fixture_wait(fixture, "state", "\"test\":null", patience_s));
}

static void wait_for_sound(struct station_fixture *fixture, const char *is)
{
  char wanted[48];
  snprintf(wanted, sizeof wanted, "\"sound\":{\"state\":\"%s\"", is);
  if (!station_fixture_wait(fixture, "state", wanted, patience_s))
    fail_msg("the sound never was %s: %s", is, station_fixture_last(fixture, "state"));
}

/* Reaction time of the one effort as the store gives it back, and where its "go" was kept. */
static struct stance_value react(const struct station_fixture *fixture, double *ret_about_s)
{
  const struct stance_trial_options options = stance_trial_options_default;
  struct stance_store *store = NULL;
  struct stance_trial trial = {0};
  struct stance_result result = {0};
  struct stance_analyzer *analyzer = NULL;
  struct stance_note *notes = NULL;
  size_t count = 0;
  struct stance_problem problem = {""};
  assert_int_equal(stance_store_open(fixture->store_path, STANCE_STORE_READ, &store, NULL),
                   STANCE_OK);
  assert_int_equal(stance_store_list_notes(store, fixture->id, &notes, &count, NULL), STANCE_OK);
  if (stance_trial_load_stored(store, fixture->id, &options, &trial, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  assert_int_equal(stance_analyzer_create(&analyzer, NULL), STANCE_OK);
  assert_int_equal(stance_trial_analyze(analyzer, &trial, &options, &result, NULL), STANCE_OK);
  assert_true(result.repetition_count == 1);
  const struct stance_value *value = result.repetition[0].value[STANCE_LEFT];
  const struct stance_value reaction = value[STANCE_METRIC_REACTION_TIME];
  for (size_t k = 0; k < count; k++)
    if (notes[k].kind == STANCE_NOTE_CUE && strcmp(notes[k].name, "go") == 0)
      *ret_about_s = value[STANCE_METRIC_ONSET_TIME].value - (double)notes[k].frame / 1000;
  free(notes);
  stance_analyzer_destroy(analyzer);
  stance_result_finish(&result);
  stance_trial_finish(&trial);
  stance_store_close(store);
  return reaction;
}

static void keep_latency(const struct station_fixture *fixture, double late_s)
{
  struct stance_sound_latency latency = {.card = "fake card: 0",
                                         .rate_hz = FAKE_CARD_RATE_HZ,
                                         .latency_s = 0.02,
                                         .late_s = late_s,
                                         .uncertainty_s = 0.003,
                                         .heard = 20,
                                         .microphone = "fake card: ear"};
  struct stance_store *store = NULL;
  assert_int_equal(stance_store_open(fixture->store_path, STANCE_STORE_WRITE, &store, NULL),
                   STANCE_OK);
  assert_int_equal(stance_store_put_sound_latency(store, &latency, NULL), STANCE_OK);
  stance_store_close(store);
}

static void a_reaction_time_needs_a_measured_card(void **state)
{
  struct station_fixture *fixture = *state;
  char protocol[96];
  double about_s = (double)NAN;
  write_protocol(fixture, protocol);
  station_fixture_open(fixture, "sim:", true);
  wait_for_sound(fixture, "ok");
  station_fixture_start(fixture, protocol, "A-17");
  wait_for_result(fixture);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_CUE, "go"), 1);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_CUE_UNHEARD, ""), 0);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_SOUND_LATE, ""), 0);
  const struct stance_value before = react(fixture, &about_s);
  assert_true(isnan(before.value));
  assert_true(before.reasons == STANCE_REASON_BIT(STANCE_REASON_NO_LATENCY));
  station_fixture_close(fixture);

  keep_latency(fixture, 0.25); /* so late that nothing else could be taken for it */
  station_fixture_open(fixture, "sim:", true);
  station_fixture_start(fixture, protocol, "A-17");
  wait_for_result(fixture);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_SOUND_LATE, ""), 1);
  const struct stance_value after = react(fixture, &about_s);
  /* the note was taken within some ms of the buffer, that leaves the card 20 ms later, as it says
   */
  if (!(fabs(after.value - (about_s - 0.02 - 0.25)) < 0.06))
    fail_msg("reaction %g s, by the note about %g s", after.value, about_s - 0.27);
  assert_true(after.uncertainty >= 0.003 && after.uncertainty < 0.01);
  const char *told = station_fixture_last(fixture, "result");
  static const char member[] = "\"metric\":\"reaction_time\",\"value\":";
  told = strstr(told, member);
  assert_non_null(told);
  assert_true(strtod(told + sizeof member - 1, NULL) == after.value);
}

static void a_card_that_runs_dry_spoils_the_reaction_time(void **state)
{
  struct station_fixture *fixture = *state;
  char protocol[96];
  double about_s;
  write_protocol(fixture, protocol);
  station_fixture_open(fixture, "sim:?speed=4", true);
  wait_for_sound(fixture, "ok");
  station_fixture_start(fixture, protocol, "A-17");
  assert_true(station_fixture_wait(fixture, "state", "\"state\":\"effort\"", patience_s));
  atomic_store(&fake_card.run_dry, 2);
  assert_true(station_fixture_wait(fixture, "state", "\"underflows\":2", patience_s));
  wait_for_result(fixture);
  assert_true(station_fixture_notes(fixture, STANCE_NOTE_SOUND_GAP, "") >= 1);
  const struct stance_value value = react(fixture, &about_s);
  assert_true(isnan(value.value));
  assert_true((value.reasons & STANCE_REASON_BIT(STANCE_REASON_SOUND_GAP)) != 0);
}

static void lose(struct station_fixture *fixture)
{
  atomic_store(&fake_card.present, false);
  wait_for_sound(fixture, "lost");
  assert_null(strstr(station_fixture_last(fixture, "state"), "\"problem\":null},\"store\""));
}

/* Each "go" is noted once: also one that the card had taken and could no longer play. */
static void lose_in(struct station_fixture *fixture, enum stance_test_state at)
{
  wait_for_sound(fixture, "ok");
  station_fixture_start(fixture, "nordic", "A-17");
  station_way_lead(fixture, at, NULL);
  lose(fixture);
  if (at == STANCE_TEST_WAIT) { /* the next effort goes without */
    station_fixture_command(fixture, STANCE_COMMAND_NEXT, 0);
    assert_true(station_fixture_wait(fixture, "state", "\"state\":\"rest\"", patience_s));
  }
  assert_int_equal(stance_station_stop_test(fixture->station, fixture->id, NULL), STANCE_OK);
  wait_for_result(fixture);
  const bool ordered = at == STANCE_TEST_WAIT || at == STANCE_TEST_READY ||
                       at == STANCE_TEST_EFFORT || at == STANCE_TEST_REST;
  const size_t heard = station_fixture_notes(fixture, STANCE_NOTE_CUE, "go"),
               unheard = station_fixture_notes(fixture, STANCE_NOTE_CUE_UNHEARD, "go");
  if (heard + unheard != (ordered ? 1 : 0) || (at == STANCE_TEST_WAIT && heard > 0))
    fail_msg("lost in %s: \"go\" noted %zu times as heard, %zu times as unheard",
             stance_test_state_id(at), heard, unheard);
  atomic_store(&fake_card.present, true);
  wait_for_sound(fixture, "ok");
}

/* Whatever the state: the test goes on, the page is told, the card comes back. */
static void sound_may_be_lost_at_each_state(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, ATTENDED "&speed=20", false);
  for (int k = 0; k < STANCE_TEST_STATE_COUNT; k++)
    if (k != STANCE_TEST_PROVE_RIGHT &&
        (station_way_is_chosen((enum stance_test_state)k, 3) || k == STANCE_TEST_WAIT))
      lose_in(fixture, (enum stance_test_state)k);
  assert_true(atomic_load(&fake_card.opened) >= 2);
}

static void sound_may_be_lost_while_the_right_side_is_proved(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, PULLS_LEFT "&speed=5", false);
  lose_in(fixture, STANCE_TEST_PROVE_RIGHT);
}

/* A card that is there and asks for nothing counts as lost too. */
static void a_card_that_hangs_is_noticed(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "sim:?speed=max", true);
  wait_for_sound(fixture, "ok");
  const unsigned opened = atomic_load(&fake_card.opened);
  atomic_store(&fake_card.hangs, true);
  wait_for_sound(fixture, "lost");
  station_fixture_start(fixture, "nordic", "A-17");
  wait_for_result(fixture);
  assert_non_null(strstr(station_fixture_last(fixture, "result"), "\"warnings\":[]"));
  atomic_store(&fake_card.hangs, false);
  wait_for_sound(fixture, "ok");
  assert_true(atomic_load(&fake_card.opened) > opened);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(station_way_names_every_state),
      CASE(a_reaction_time_needs_a_measured_card),
      CASE(a_card_that_runs_dry_spoils_the_reaction_time),
      CASE(sound_may_be_lost_at_each_state),
      CASE(sound_may_be_lost_while_the_right_side_is_proved),
      CASE(a_card_that_hangs_is_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
