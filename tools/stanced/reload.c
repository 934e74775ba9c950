/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon.h"

#include <string.h>

struct stance_sound *daemon_sound_begin(const struct daemon_settings *settings)
{
  const struct stance_sound_options wanted = {
      .device = settings->sound[0] != '\0' ? settings->sound : NULL,
      .latency_s = settings->latency_s,
  };
  struct stance_sound *sound = NULL;
  struct stance_problem problem = {""};
  if (strcmp(settings->sound, "none") != 0 &&
      stance_sound_create(&wanted, &sound, &problem) != STANCE_OK)
    daemon_log(DAEMON_WARNING, "event=no_sound detail=\"%s\"", problem.text);
  return sound;
}

static bool is_same_rig(const struct daemon_settings *a, const struct daemon_settings *b)
{
  bool same = a->device_count == b->device_count;
  for (size_t k = 0; same && k < a->device_count; k++)
    same = strcmp(a->device[k], b->device[k]) == 0 && a->side[k] == b->side[k];
  return same;
}

static bool is_same_sound(const struct daemon_settings *a, const struct daemon_settings *b)
{
  return strcmp(a->sound, b->sound) == 0 &&
         !(a->latency_s < b->latency_s || a->latency_s > b->latency_s);
}

static void want_restart(const char *name, bool changed)
{
  if (changed)
    daemon_log(
        DAEMON_WARNING,
        "event=needs_restart setting=%s detail=\"it was changed and holds from the next start "
        "on: systemctl --user restart stanced\"",
        name);
}

void daemon_reload_read(struct daemon_reload *reload)
{
  const struct daemon_options *options = reload->options;
  const struct daemon_settings *now = &reload->now;
  struct daemon_settings next;
  struct stance_problem problem = {""};
  if (daemon_settings_read(options->settings_path, &options->given, &next, &problem) != STANCE_OK) {
    daemon_log(DAEMON_ERROR, "event=settings_refused detail=\"%s; everything stays as it was\"",
               problem.text);
    return;
  }
  want_restart("port", next.port != now->port);
  want_restart("store", strcmp(next.store, now->store) != 0);
  want_restart("protocols", strcmp(next.protocols, now->protocols) != 0);
  reload->next = next;
  reload->pending = !is_same_rig(now, &next) || !is_same_sound(now, &next);
  daemon_log(DAEMON_NOTICE, "event=settings_read device=%s sound=%s",
             is_same_rig(now, &next) ? "same" : "changed",
             is_same_sound(now, &next) ? "same" : "changed");
}

/* The card may be taken by one sound at a time: the old one goes before the new one comes. */
static void change_sound(struct daemon_reload *reload)
{
  if (is_same_sound(&reload->now, &reload->next))
    return;
  stance_sound_destroy(*reload->sound);
  *reload->sound = daemon_sound_begin(&reload->next);
  strcpy(reload->now.sound, reload->next.sound);
  reload->now.latency_s = reload->next.latency_s;
}

void daemon_reload_apply(struct daemon_reload *reload)
{
  struct stance_station_device device[STANCE_STREAM_MAX];
  struct daemon_settings *now = &reload->now;
  const struct daemon_settings *next = &reload->next;
  struct stance_problem problem = {""};
  if (!reload->pending || stance_station_pause(reload->station, &problem) != STANCE_OK)
    return; /* a test goes on */
  change_sound(reload);
  for (size_t k = 0; k < next->device_count; k++)
    device[k] = (struct stance_station_device){next->device[k], next->side[k]};
  if (stance_station_resume(reload->station, device, next->device_count, *reload->sound,
                            &problem) == STANCE_OK) {
    memcpy(now->device, next->device, sizeof now->device);
    memcpy(now->side, next->side, sizeof now->side);
    now->device_count = next->device_count;
  } else {
    daemon_log(DAEMON_ERROR, "event=settings_refused detail=\"%s\"", problem.text);
  }
  if (daemon_page_tell(reload->page, reload->station, now, &problem) != STANCE_OK)
    daemon_log(DAEMON_WARNING, "event=not_told detail=\"%s\"", problem.text);
  reload->pending = false;
  daemon_log(DAEMON_NOTICE, "event=settings_applied device=\"%s\" sound=\"%s\"", now->device[0],
             now->sound);
}
