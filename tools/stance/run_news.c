/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the station tells, in lines for the clinician. */
#include "run.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* "LEFT: ", or nothing where both or none are meant. */
static const char *side_prefix(enum stance_side side)
{
  return side == STANCE_LEFT ? "LEFT: " : side == STANCE_RIGHT ? "RIGHT: " : "";
}

/* A card may take so long to open before that is worth a word. */
static const int64_t sound_patience_ns = 3000000000;

/* What is known from the first moment on. */
static void introduce(struct stance_run *run)
{
  const struct stance_view_test *test = &run->view.test;
  const struct stance_view_instrument *instrument = &run->view.instrument;
  run->introduced = true;
  run->begun_ns = stance_run_now_ns();
  run->dry_before = run->view.sound_underflows;
  if (run->link->kind->greeting != NULL)
    stance_run_say(run, "%s", run->link->kind->greeting);
  stance_run_say(run, "%s: %s, %.6g Hz. Recording %s.", test->title, instrument->name,
                 instrument->rate_hz, test->id);
  if (run->view.cut_off_id[0] != '\0')
    stance_run_say(
        run,
        "THE TEST BEFORE WAS CUT OFF, by a crash or a power cut: its first %.1f s are kept, "
        "`stance analyze %s` reads them. Repeat it.",
        run->view.cut_off_s, run->view.cut_off_id);
  if (instrument->uncalibrated)
    stance_run_say(run,
                   "NO CALIBRATION is known for %s: it is recorded as it is, but its numbers are "
                   "not newtons.",
                   instrument->name);
  if (test->lever_from[0] != '\0')
    stance_run_say(run, "Lever arm %g m, as in this athlete's test of %s; --lever changes it.",
                   test->lever_m, test->lever_from);
  if ((test->commands & 1U << STANCE_COMMAND_UNATTENDED) != 0)
    stance_run_say(run, "Enter or space goes on; in an effort any key stops it. r: repeat the last "
                        "one, d: do not count it, x: pain, f: enough, q: end now.");
}

/* Each sentence once, until there is another. */
static void say_problem(struct stance_run *run, struct stance_problem *said,
                        const struct stance_problem *problem)
{
  if (strcmp(said->text, problem->text) == 0)
    return;
  *said = *problem;
  if (problem->text[0] != '\0')
    stance_run_say(run, "%s", problem->text);
}

/* Once when the store begins to refuse, when it takes frames again, and when the test is over and
   it still refuses. */
static void say_store(struct stance_run *run, bool over)
{
  const struct stance_view_health *store = &run->view.store;
  const bool was_refusing = run->store.text[0] != '\0', refuses = store->problem.text[0] != '\0';
  if (refuses && over && !run->waits_for_store) {
    run->waits_for_store = true;
    stance_run_say(run, "The store still refuses: it is tried again for up to ten minutes. %s",
                   run->link->kind->on_giving_up);
  }
  if (refuses == was_refusing)
    return;
  run->store = store->problem;
  if (refuses)
    stance_run_say(run,
                   "THE STORE REFUSES: %.600s. The test goes on, frames are kept in memory and "
                   "tried again for ten minutes: make room now.",
                   store->problem.text);
  else
    stance_run_say(run, "The store takes frames again; nothing was lost.");
}

/* At once, and again when they have doubled, so that a card that does it all the time is not all
   that is read. */
static void say_sound_gaps(struct stance_run *run)
{
  const double times = run->view.sound_underflows - run->dry_before;
  if (!(times >= 1 && times >= 2 * run->dry_said))
    return;
  run->dry_said = times;
  stance_run_say(run,
                 "THE SOUND RAN DRY, %.0f time%s in this test: repeat an effort whose signal was "
                 "cut off.",
                 times, times == 1 ? "" : "s");
}

static void say_moment(struct stance_run *run)
{
  const struct stance_view_test *test = &run->view.test;
  char moment[sizeof run->moment], time[32] = "";
  snprintf(moment, sizeof moment, "%s/%s", test->state, stance_side_name(test->side));
  if (strcmp(run->moment, moment) == 0)
    return;
  strcpy(run->moment, moment);
  if (strcmp(test->state, "pain") == 0)
    stance_run_keys_calm(run);
  if (strcmp(test->state, "wait") == 0 && !run->instructed) {
    run->instructed = true;
    stance_run_say(run, "%s", test->instruction);
  }
  if (test->remaining_s >= 0.5)
    snprintf(time, sizeof time, " %.0f s.", test->remaining_s);
  stance_run_say(run, "%s%s%s%s", side_prefix(test->side), test->text, time,
                 strcmp(test->needs, "next") == 0   ? " Press Enter."
                 : strcmp(test->needs, "side") == 0 ? " Press l or r."
                                                    : "");
}

static void say_state(struct stance_run *run)
{
  const struct stance_view_test *test = &run->view.test;
  const bool over = strcmp(test->state, "finished") == 0 || strcmp(test->state, "aborted") == 0;
  if (strcmp(test->id, run->id) != 0)
    return;
  run->state_ns = stance_run_now_ns();
  if (!run->introduced)
    introduce(run);
  say_problem(run, &run->instrument, &run->view.instrument.problem);
  if (strcmp(run->view.sound.state, "off") != 0 &&
      run->state_ns - run->begun_ns >= sound_patience_ns)
    say_problem(run, &run->sound, &run->view.sound.problem);
  say_sound_gaps(run);
  say_moment(run);
  say_store(run, over);
}

/* "left 342 N, right 318 N" of what was seen. */
static void say_repetition(struct stance_run *run)
{
  const struct stance_view_repetition *repetition = &run->view.repetition;
  char peaks[128] = "";
  size_t length = 0;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    /* left + right is no third force to look at */
    const bool is_sum = side == STANCE_TOTAL && length > 0;
    if (!isnan(repetition->peak_n[side]) && !is_sum && length < sizeof peaks)
      length += (size_t)snprintf(peaks + length, sizeof peaks - length, "%s%s %.0f %s",
                                 length > 0 ? ", " : "", stance_side_name((enum stance_side)side),
                                 repetition->peak_n[side], run->view.instrument.unit);
  }
  stance_run_say(run, "Repetition %u%s%s: %s%s%s", repetition->number,
                 repetition->side == STANCE_BOTH ? "" : ", ",
                 repetition->side == STANCE_BOTH ? "" : stance_side_name(repetition->side),
                 repetition->text, length > 0 ? " Live: " : "", peaks);
}

void stance_run_say_news(struct stance_run *run, enum stance_station_news news)
{
  if (news == STANCE_NEWS_STATE) {
    say_state(run);
  } else if (news == STANCE_NEWS_REPETITION) {
    say_repetition(run);
  } else if (news == STANCE_NEWS_TELL) {
    /* what a repetition's own line says is not said twice */
    if (strcmp(run->view.told_id, "counted") != 0 && strcmp(run->view.told_id, "missed") != 0 &&
        strcmp(run->view.told_id, "false_start") != 0)
      stance_run_say(run, "%s%s", side_prefix(run->view.told_side), run->view.told);
  }
}
