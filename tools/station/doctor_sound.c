/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is there a sound card, and is it known how late it plays? */
#include "cue_loopback.h"
#include "doctor.h"
#include "store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char check[] = "sound";
static const char measure[] =
    "stance doctor --loopback, with a cable from the output to the input or the microphone at the "
    "loudspeaker";

/* What is kept; none where there is no store that can be read: the store's own check says why. */
static size_t list_known(const char *path, struct stance_sound_latency **ret_known)
{
  struct stance_store *store = NULL;
  struct stance_problem problem = {""};
  size_t count = 0;
  if (access(path, R_OK) != 0 ||
      stance_store_open(path, STANCE_STORE_READ, &store, &problem) != STANCE_OK)
    return 0;
  if (stance_store_list_sound_latencies(store, ret_known, &count, &problem) != STANCE_OK)
    count = 0;
  stance_store_close(store);
  return count;
}

static void note_card(struct stance_doctor *doctor, const struct stance_sound_device *card,
                      const struct stance_sound_latency *known, size_t count)
{
  const struct stance_sound_latency *of_card = NULL;
  const char *which = card->is_default ? " (the system's choice)" : "";
  for (size_t k = 0; k < count; k++) /* the newest stands last */
    if (strcmp(known[k].card, card->name) == 0)
      of_card = &known[k];
  if (of_card != NULL)
    stance_doctor_note(doctor, check, STANCE_VERDICT_GOOD, "",
                       "%s%s plays %.1f +- %.1f ms later than it says, measured %s", card->name,
                       which, 1e3 * of_card->late_s, 1e3 * of_card->uncertainty_s,
                       of_card->measured_at);
  else if (card->is_default)
    stance_doctor_note(doctor, check, STANCE_VERDICT_ADVICE, measure,
                       "%s%s: how late it plays was not measured, so there are no reaction times",
                       card->name, which);
  else
    stance_doctor_note(doctor, check, STANCE_VERDICT_GOOD, "", "%s", card->name);
  if (card->is_default && !card->is_by_alsa)
    stance_doctor_note(
        doctor, check, STANCE_VERDICT_ADVICE,
        "stance run --sound CARD, or `sound = CARD` in ~/.config/stance/stanced.ini, "
        "with a card of ALSA",
        "%s%s does not play through ALSA: whether its sound comes before other work "
        "is up to the system that plays it, and on a busy computer a signal may come "
        "late",
        card->name, which);
}

void stance_doctor_check_sound(struct stance_doctor *doctor, const char *path)
{
  struct stance_sound_device *card = NULL;
  struct stance_sound_latency *known = NULL;
  struct stance_problem problem = {""};
  size_t count = 0;
  if (stance_sound_list(&card, &count, &problem) != STANCE_OK) {
    stance_doctor_note(doctor, check, STANCE_VERDICT_ADVICE, "aplay --list-devices", "%s",
                       problem.text);
    return;
  }
  if (count == 0)
    stance_doctor_note(doctor, check, STANCE_VERDICT_ADVICE, "aplay --list-devices",
                       "there is no sound card: tests go on without sound; the command shows what "
                       "the system knows of");
  const size_t known_count = list_known(path, &known);
  for (size_t k = 0; k < count; k++)
    note_card(doctor, &card[k], known, known_count);
  free(known);
  free(card);
}

static enum stance_status keep(const char *path, const struct stance_sound_latency *latency,
                               struct stance_problem *problem)
{
  struct stance_store *store = NULL;
  enum stance_status status = stance_store_open(path, STANCE_STORE_WRITE, &store, problem);
  if (status == STANCE_OK)
    status = stance_store_put_sound_latency(store, latency, problem);
  stance_store_close(store);
  return status;
}

void stance_doctor_measure_sound(struct stance_doctor *doctor, const char *path,
                                 const struct stance_loopback_options *options)
{
  struct stance_loopback heard;
  struct stance_problem problem = {""};
  enum stance_status status = stance_loopback_measure(options, &heard, &problem);
  if (status != STANCE_OK) {
    stance_doctor_note(doctor, check, STANCE_VERDICT_BAD,
                       "aplay --list-devices; arecord "
                       "--list-devices",
                       "%s", problem.text);
    return;
  }
  const struct stance_sound_latency *latency = &heard.latency;
  status = keep(path, latency, &problem);
  if (status != STANCE_OK) {
    stance_doctor_note(doctor, check, STANCE_VERDICT_BAD, "stance doctor",
                       "measured, and not kept: %s", problem.text);
    return;
  }
  stance_doctor_note(
      doctor, check, STANCE_VERDICT_GOOD, "",
      "%s plays %.1f +- %.1f ms later than it says (%.6g Hz, latency %.1f ms): %u of "
      "%u bursts heard on %s, %.2f ms there and back beyond what was said, SD %.3f "
      "ms; kept, and used by tests from now on",
      latency->card, 1e3 * latency->late_s, 1e3 * latency->uncertainty_s, latency->rate_hz,
      1e3 * latency->latency_s, latency->heard, heard.played, latency->microphone,
      1e3 * heard.trip_s, 1e3 * heard.spread_s);
}
