/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole station with a sound card that the test has in its hand: what is heard is kept, what
   becomes of it, and what happens when the card vanishes. */
#include "cue_output.h"
#include "store_sound.h"
#include "trial.h"

#include "support/fake_portaudio.h"
#include "support/station_fixture.h"

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

/* Whatever the state: the test goes on, the page is told, the card comes back. */
static void sound_may_be_lost_at_each_state(void **state)
{
  struct station_fixture *fixture = *state;
  static const char *const way[] = {"zero",     "zeroing", "get_on", "prove_left", "weigh",
                                    "weighing", "wait",    "ready",  "effort",     "rest"};
  enum { WAY = sizeof way / sizeof *way };
  const bool full = getenv("STANCE_FULL") != NULL && strcmp(getenv("STANCE_FULL"), "1") == 0;
  station_fixture_open(fixture, ATTENDED "&speed=20", false);
  for (size_t at = 0; at < WAY; at += full ? 1 : WAY) {
    const size_t lost_at = full ? at : 6; /* a sample: between weighing and the first effort */
    wait_for_sound(fixture, "ok");
    station_fixture_start(fixture, "nordic", "A-17");
    for (size_t k = 0; k < WAY; k++) {
      char wanted[48];
      snprintf(wanted, sizeof wanted, "\"state\":\"%s\"", way[k]);
      if (!station_fixture_wait(fixture, "state", wanted, patience_s))
        fail_msg("lost at %s, never came to %s: %s", way[lost_at], way[k],
                 station_fixture_last(fixture, "state"));
      const char *now = station_fixture_last(fixture, "state");
      const bool waits = strstr(now, "\"needs\":\"next\"") != NULL ||
                         strcmp(way[k], "prove_left") == 0; /* which may be passed over */
      if (k == lost_at)
        lose(fixture);
      if (waits)
        station_fixture_command(fixture, STANCE_COMMAND_NEXT, 0);
    }
    station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
    wait_for_result(fixture);
    /* each "go" is noted once: also the one that the card had taken and could no longer play */
    assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_CUE, "go") +
                         station_fixture_notes(fixture, STANCE_NOTE_CUE_UNHEARD, "go"),
                     1);
    if (lost_at < 7)
      assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_CUE, "go"), 0);
    atomic_store(&fake_card.present, true);
    wait_for_sound(fixture, "ok");
  }
  assert_true(atomic_load(&fake_card.opened) >= 2);
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
      CASE(a_reaction_time_needs_a_measured_card),
      CASE(a_card_that_runs_dry_spoils_the_reaction_time),
      CASE(sound_may_be_lost_at_each_state),
      CASE(a_card_that_hangs_is_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
