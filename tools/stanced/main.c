/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon: begins a station, waits for signals, ends it. */
#include "daemon.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

const char *argp_program_version = "stanced " STANCE_VERSION;

/* A signal after the one that ended it: do not wait for a store that refuses. */
static atomic_bool give_up;

static void hurry(int number)
{
  (void)number;
  atomic_store(&give_up, true);
}

/* They are waited for, not caught; threads begun later inherit that. A reader of stderr or a client
   that goes away must not end a test. */
static sigset_t hold_signals(void)
{
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  return set;
}

static void let_hurry(const sigset_t *set)
{
  const struct sigaction action = {.sa_handler = hurry};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  signal(SIGHUP, SIG_IGN);
  pthread_sigmask(SIG_UNBLOCK, set, NULL);
}

/* Until it is told to end. Systemd hears of it while the station's thread comes round. */
static void wait_for_end(struct stance_station *station, const sigset_t *set)
{
  const int64_t watchdog_ns = daemon_watchdog_ns();
  const int64_t period_ns = watchdog_ns > 0 ? watchdog_ns / 3 : INT64_C(60000000000);
  const struct timespec period = {.tv_sec = period_ns / 1000000000,
                                  .tv_nsec = period_ns % 1000000000};
  for (;;) {
    const int number = sigtimedwait(set, NULL, &period);
    if (number == SIGTERM || number == SIGINT)
      return;
    if (number == SIGHUP)
      daemon_log(DAEMON_NOTICE, "event=hangup detail=\"settings are options; nothing to read\"");
    if (watchdog_ns > 0 && stance_station_is_alive(station))
      daemon_notify("WATCHDOG=1");
  }
}

static struct stance_sound *begin_sound(const struct daemon_options *options)
{
  const struct stance_sound_options wanted = {.device = options->sound,
                                              .latency_s = options->latency_s};
  struct stance_sound *sound = NULL;
  struct stance_problem problem = {""};
  if (!options->silent && stance_sound_create(&wanted, &sound, &problem) != STANCE_OK)
    daemon_log(DAEMON_WARNING, "event=no_sound detail=\"%s\"", problem.text);
  return sound;
}

/* After a crash or a power cut. */
static void say_what_was_recovered(const struct stance_station *station)
{
  char id[STANCE_UUID_SIZE];
  double stored_s = 0;
  if (!stance_station_was_recovered(station))
    return;
  daemon_log(DAEMON_WARNING,
             "event=recovered store=\"%s\" detail=\"it was not closed the last time: what had been "
             "committed was brought back\"",
             stance_station_store_path(station));
  if (stance_station_cut_off(station, id, &stored_s))
    daemon_log(
        DAEMON_WARNING,
        "event=cut_off recording=%s stored_s=%.2f detail=\"this test was going on; it is kept "
        "up to there, `stance analyze %s` reads it\"",
        id, stored_s, id);
}

static int exit_status(enum stance_status status)
{
  return status == STANCE_USAGE ? 2 : status == STANCE_STORE ? 5 : 4;
}

static int serve(const struct daemon_options *options, struct stance_sound *sound,
                 const sigset_t *set)
{
  const struct stance_station_options wanted = {
      .store_path = options->store,
      .device = {options->device[0], options->device[1]},
      .device_count = options->device_count,
      .sound = sound,
      .unattended = options->unattended,
      .give_up = &give_up,
  };
  struct stance_station *station = NULL;
  struct stance_problem problem = {""};
  enum stance_status status = stance_station_create(&wanted, &station, &problem);
  if (status != STANCE_OK) {
    daemon_log(DAEMON_ERROR, "event=failed detail=\"%s\"", problem.text);
    return exit_status(status);
  }
  say_what_was_recovered(station);
  struct daemon_page *page = NULL;
  status = daemon_page_open(station, options->port, &page, &problem);
  if (status != STANCE_OK) {
    daemon_log(DAEMON_ERROR, "event=failed detail=\"%s\"", problem.text);
    stance_station_destroy(station);
    return exit_status(status);
  }
  daemon_log(DAEMON_NOTICE, "event=ready version=%s device=\"%s\" store=\"%s\" port=%u",
             STANCE_VERSION, options->device[0].uri, stance_station_store_path(station),
             (unsigned)daemon_page_port(page));
  daemon_notify("READY=1");
  wait_for_end(station, set);
  daemon_log(DAEMON_NOTICE, "event=ending testing=%d", stance_station_is_testing(station));
  daemon_notify("STOPPING=1");
  let_hurry(set);
  stance_station_close(station); /* the last result still reaches the page */
  daemon_page_close(page);
  stance_station_destroy(station);
  daemon_log(DAEMON_NOTICE, "event=ended");
  return 0;
}

int main(int argc, char **argv)
{
  struct daemon_options options;
  daemon_parse(argc, argv, &options);
  const sigset_t set = hold_signals();
  struct stance_sound *sound = begin_sound(&options);
  const int status = serve(&options, sound, &set);
  stance_sound_destroy(sound);
  return status;
}
