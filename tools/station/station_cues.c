/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cues: ordered, and noted as they sounded or that nobody heard them. */
#include "station_private.h"

#include "cue.h"

#include <math.h>
#include <string.h>

/* A card that asks for nothing is found out and opened anew within 1.25 s, and what it was to play
   is dropped then: whatever is later than this will never sound. */
static const int64_t overdue_ns = 3000000000;

static void note_unheard(struct stance_station *station, struct station_test *test,
                         const struct station_cue *cue)
{
  struct stance_note note = {.kind = STANCE_NOTE_CUE_UNHEARD,
                             .host_ns = cue->due_ns,
                             .side = STANCE_SIDE_NONE,
                             .value = (double)NAN};
  snprintf(note.name, sizeof note.name, "%s", stance_cue_id(cue->cue));
  station_note(station, test, &note);
}

static void forget(struct station_test *test, size_t k)
{
  memmove(test->cue + k, test->cue + k + 1, (--test->cue_count - k) * sizeof *test->cue);
}

/* The machine counts in the test's time, the sound card in the host's. */
void station_cue_play(struct stance_station *station, struct station_test *test,
                      enum stance_cue cue, int64_t at_ns)
{
  const int64_t now = station_now_ns(station);
  const int64_t wait_ns = at_ns == 0 ? 0 : at_ns - station_test_now_ns(station, test);
  const int64_t host_ns = wait_ns <= 0 ? 0 : now + wait_ns;
  struct station_cue asked = {
      .cue = cue, .asked_ns = host_ns, .due_ns = host_ns == 0 ? now : host_ns};
  struct stance_sound_health card = {0};
  if (station->sound != NULL)
    stance_sound_health(station->sound, &card);
  asked.losses = card.losses;
  if (station->sound == NULL || test->cue_count == STATION_CUE_MAX ||
      !stance_sound_play(station->sound, cue, host_ns))
    note_unheard(station, test, &asked);
  else
    test->cue[test->cue_count++] = asked;
}

void station_cue_silence(struct stance_station *station, struct station_test *test)
{
  if (station->sound == NULL || !stance_sound_silence(station->sound))
    return; /* without a card it is silent anyway, and what it had to play went down with it */
  station_take_cues(station, test);
  test->cue_count = 0;
}

static void note_number(struct stance_station *station, struct station_test *test,
                        enum stance_note_kind kind, double value)
{
  station_note(station, test,
               &(struct stance_note){.kind = kind, .side = STANCE_SIDE_NONE, .value = value});
}

/* Whatever was measured of the card that plays now, where it is another one than before. */
static void note_lateness(struct stance_station *station, struct station_test *test)
{
  struct stance_sound_health now;
  stance_sound_health(station->sound, &now);
  const struct stance_sound_latency *known = stance_sound_latency_find(
      test->sound_latency, test->sound_latency_count, now.device, now.rate_hz, now.latency_s);
  const double late_s = known == NULL ? (double)NAN : known->late_s;
  if (late_s == test->noted_late_s || (isnan(late_s) && isnan(test->noted_late_s)))
    return;
  test->noted_late_s = late_s;
  note_number(station, test, STANCE_NOTE_SOUND_LATE, late_s);
  note_number(station, test, STANCE_NOTE_SOUND_LATE_UNCERTAINTY,
              known == NULL ? (double)NAN : known->uncertainty_s);
}

void station_note_sound_gap(struct stance_station *station, struct station_test *test)
{
  note_number(station, test, STANCE_NOTE_SOUND_GAP, (double)station->heard.underflows);
}

static void has_sounded(struct station_test *test, const struct stance_cue_event *event)
{
  for (size_t k = 0; k < test->cue_count; k++)
    if (test->cue[k].cue == event->cue && test->cue[k].asked_ns == event->requested_ns) {
      forget(test, k);
      return;
    }
}

void station_take_cues(struct stance_station *station, struct station_test *test)
{
  struct stance_cue_event event;
  while (station->sound != NULL && stance_sound_take_event(station->sound, &event)) {
    struct stance_note note = {.kind = STANCE_NOTE_CUE,
                               .host_ns = event.leaves_ns,
                               .side = STANCE_SIDE_NONE,
                               .value = (double)NAN};
    has_sounded(test, &event);
    if (event.cue == STANCE_CUE_GO)
      note_lateness(station, test);
    snprintf(note.name, sizeof note.name, "%s", stance_cue_id(event.cue));
    station_note(station, test, &note);
  }
}

void station_miss_cues(struct stance_station *station, struct station_test *test,
                       const struct stance_sound_health *card)
{
  const int64_t now = station_now_ns(station);
  station_take_cues(station, test); /* what did sound before it went */
  for (size_t k = 0; k < test->cue_count;) {
    const struct station_cue cue = test->cue[k];
    if (card != NULL && card->playing && card->losses == cue.losses &&
        now - cue.due_ns < overdue_ns) {
      k++;
      continue;
    }
    forget(test, k);
    note_unheard(station, test, &cue);
  }
}
