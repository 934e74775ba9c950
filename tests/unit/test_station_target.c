/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The band of a hold, from the athlete's kept maximum to what the page draws and the card plays,
   with a rig that the test pulls on. */
#include "cue_output.h"

#include "support/fake_portaudio.h"
#include "support/kept_result.h"
#include "support/scripted_source.h"
#include "support/station_fixture.h"
#include "support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double patience_s = 60;
/* Kept of another day; the band is 65 to 75 % of them. */
static const double left_max_n = 300, right_max_n = 200;

static int setup(void **state)
{
  const struct stance_sound_options options = {.device = "fake"};
  fake_card_reset();
  scripted_source_plug(true);
  scripted_source_fail(false);
  scripted_source_pull(0, 0);
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

static void write_protocol(const struct station_fixture *fixture, const char *more,
                           char ret_path[96])
{
  snprintf(ret_path, 96, "%s/short.ini", fixture->folder);
  FILE *file = fopen(ret_path, "w");
  assert_non_null(file);
  fprintf(file,
          "[protocol]\ntitle = Short\nversion = 1\nsides = left,right\nrig = strap\n"
          "effort = sustained\nrepetitions = 1\nunloaded_s = 1\nget_on_s = 0.5\nlimb_s = 0.5\n"
          "effort_s = 6\nrest_s = 0.5\n%s",
          more);
  assert_int_equal(fclose(file), 0);
}

static void keep_maximum(const struct station_fixture *fixture)
{
  struct stance_store *store = NULL;
  assert_int_equal(stance_store_open(fixture->store_path, STANCE_STORE_WRITE, &store, NULL),
                   STANCE_OK);
  kept_result_put(store, "A-17", "iso-prone-30", "2026-03-20", left_max_n, right_max_n, "N");
  stance_store_close(store);
}

static void come_to(struct station_fixture *fixture, const char *part)
{
  if (!station_fixture_wait(fixture, "state", part, patience_s))
    fail_msg("never came to %s: %s", part, station_fixture_last(fixture, "state"));
}

static void expect_target(struct station_fixture *fixture, double maximum_n, double low_pct,
                          double high_pct)
{
  const char *target = strstr(station_fixture_last(fixture, "state"), "\"target\":");
  double low_n, high_n;
  assert_non_null(target);
  if (sscanf(target, "\"target\":{\"low_n\":%lf,\"high_n\":%lf", &low_n, &high_n) != 2)
    fail_msg("no band: %.80s", target);
  assert_true(fabs(low_n - low_pct / 100 * maximum_n) < 0.06); /* the empty rig reads 0 */
  assert_true(fabs(high_n - high_pct / 100 * maximum_n) < 0.06);
  assert_non_null(strstr(target, "\"of\":\"iso-prone-30\",\"day\":\"2026-03-20\""));
}

/* What sounds: its pitch, by zero crossings, and the share of its level that comes and goes. */
struct heard {
  double hz, tremble;
};

static struct heard hear(void)
{
  enum { COUNT = FAKE_CARD_RATE_HZ * 2 / 5, PIECE = 480 };
  static double x[COUNT];
  double begin = -1, end = 0, least = 1, most = 0;
  unsigned turns = 0;
  fake_card_last(x, COUNT);
  for (size_t k = 1; k < COUNT; k++)
    if (x[k - 1] < 0 && x[k] >= 0) {
      const double at = (double)k - x[k] / (x[k] - x[k - 1]);
      turns += begin >= 0;
      begin = begin < 0 ? at : begin;
      end = at;
    }
  for (size_t k = 0; k + PIECE <= COUNT; k += PIECE) {
    double peak = 0;
    for (size_t j = k; j < k + PIECE; j++)
      peak = fmax(peak, fabs(x[j]));
    least = fmin(least, peak);
    most = fmax(most, peak);
  }
  return (struct heard){.hz = turns * FAKE_CARD_RATE_HZ / (end - begin),
                        .tremble = most > 0 ? 1 - least / most : 1};
}

/* Within two seconds: between two ticks of the hold the tone is alone for most of one. */
static void expect_tone(const char *what, double hz, bool trembles)
{
  struct heard heard = {0};
  for (int k = 0; k < 200; k++) {
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    heard = hear();
    if (fabs(heard.hz / hz - 1) < 0.01 && (trembles ? heard.tremble > 0.8 : heard.tremble < 0.05))
      return;
  }
  fail_msg("%s: %.1f Hz and not %.1f, trembling by %.2f", what, heard.hz, hz, heard.tremble);
}

static void wait_for_result(struct station_fixture *fixture)
{
  char id[64];
  scripted_source_pull(0, 0);
  snprintf(id, sizeof id, "\"id\":\"%s\"", fixture->id);
  if (!station_fixture_wait(fixture, "result", id, patience_s))
    fail_msg("no result; the state is %s", station_fixture_last(fixture, "state"));
}

static void the_tone_follows_the_force_against_the_band(void **state)
{
  struct station_fixture *fixture = *state;
  char protocol[96];
  write_protocol(fixture, "target_of = iso-prone-30\n", protocol);
  keep_maximum(fixture);
  station_fixture_open(fixture, "rig:", true);
  come_to(fixture, "\"sound\":{\"state\":\"ok\"");
  station_fixture_start(fixture, protocol, "A-17");
  come_to(fixture, "\"state\":\"effort\",\"text\":\"Go.\",\"side\":\"left\"");
  expect_target(fixture, left_max_n, 65, 75);
  scripted_source_pull(210, 30);
  expect_tone("inside", 800, false);
  scripted_source_pull(240, 30); /* half an octave above the middle for each width */
  expect_tone("above", 800 * exp2(30.0 / 60), true);
  scripted_source_pull(180, 30);
  expect_tone("below", 800 * exp2(-30.0 / 60), true);
  scripted_source_pull(0, 0);
  come_to(fixture, "\"state\":\"effort\",\"text\":\"Go.\",\"side\":\"right\"");
  expect_target(fixture, right_max_n, 65, 75);
  scripted_source_pull(30, 140);
  expect_tone("the other leg, inside", 800, false);
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  wait_for_result(fixture);
  nanosleep(&(struct timespec){.tv_nsec = 600000000}, NULL);
  double rest[4800];
  fake_card_last(rest, 4800);
  for (size_t k = 0; k < 4800; k++)
    assert_true(rest[k] == 0);
}

static void the_clinician_may_choose_the_band(void **state)
{
  struct station_fixture *fixture = *state;
  struct stance_test_request request = stance_test_request_default;
  struct stance_problem problem = {""};
  char protocol[96];
  write_protocol(fixture, "target_of = iso-prone-30\n", protocol);
  keep_maximum(fixture);
  station_fixture_open(fixture, "rig:", true);
  request.protocol = protocol;
  request.athlete = "A-17";
  request.target_low_pct = 40;
  assert_int_equal(stance_station_start(fixture->station, &request, fixture->id, &problem),
                   STANCE_USAGE);
  assert_non_null(strstr(problem.text, "given together"));
  request.target_high_pct = 50;
  assert_int_equal(stance_station_start(fixture->station, &request, fixture->id, &problem),
                   STANCE_OK);
  come_to(fixture, "\"state\":\"effort\"");
  expect_target(fixture, left_max_n, 40, 50);
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  wait_for_result(fixture);
}

static void without_a_maximum_there_is_no_band(void **state)
{
  struct station_fixture *fixture = *state;
  struct stance_test_request request = stance_test_request_default;
  struct stance_problem problem = {""};
  char protocol[96], id[STANCE_UUID_SIZE];
  write_protocol(fixture, "target_of = iso-prone-30\n", protocol);
  keep_maximum(fixture);
  station_fixture_open(fixture, "rig:", true);
  come_to(fixture, "\"sound\":{\"state\":\"ok\"");
  station_fixture_start(fixture, protocol, "B-2");
  assert_true(station_fixture_wait(fixture, "tell", "\"message\":\"no_target\"", patience_s));
  come_to(fixture, "\"state\":\"effort\"");
  assert_non_null(strstr(station_fixture_last(fixture, "state"), "\"target\":null"));
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  wait_for_result(fixture);
  station_fixture_close(fixture);

  write_protocol(fixture, "target_of = no-such-one\n", protocol);
  station_fixture_open(fixture, "rig:", true);
  request.protocol = protocol;
  request.athlete = "A-17";
  assert_int_equal(stance_station_start(fixture->station, &request, id, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "no-such-one"));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(the_tone_follows_the_force_against_the_band),
      CASE(the_clinician_may_choose_the_band),
      CASE(without_a_maximum_there_is_no_band),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
