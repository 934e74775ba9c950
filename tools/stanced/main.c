/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon: begins a station, waits for signals, ends it. */
#include "daemon.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

const char *argp_program_version = "stanced " STANCE_VERSION;

/* How soon settings that wait for the end of a test are tried again. */
enum { RETRY_NS = 500000000 };
/* How soon the daemon is found again where its file was taken away. */
static const int64_t usual_ns = 10000000000;

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
static void wait_for_end(struct daemon_reload *reload, const sigset_t *set)
{
  const int64_t watchdog_ns = daemon_watchdog_ns();
  for (;;) {
    const int64_t beat_ns =
        watchdog_ns > 0 && watchdog_ns / 3 < usual_ns ? watchdog_ns / 3 : usual_ns;
    const int64_t period_ns = reload->pending ? RETRY_NS : beat_ns;
    const struct timespec period = {.tv_sec = period_ns / 1000000000,
                                    .tv_nsec = period_ns % 1000000000};
    const int number = sigtimedwait(set, NULL, &period);
    if (number == SIGTERM || number == SIGINT)
      return;
    if (number == SIGHUP)
      daemon_reload_read(reload);
    daemon_reload_apply(reload);
    daemon_page_stay_found(reload->page);
    if (watchdog_ns > 0 && stance_station_is_alive(reload->station))
      daemon_notify("WATCHDOG=1");
  }
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
  return status == STANCE_USAGE ? 2 : status == STANCE_INPUT ? 3 : status == STANCE_STORE ? 5 : 4;
}

static enum stance_status begin_station(const struct daemon_options *options,
                                        const struct daemon_settings *settings,
                                        struct stance_sound *sound,
                                        struct stance_station **ret_station,
                                        struct stance_problem *problem)
{
  struct stance_station_options wanted = {
      .store_path = settings->store[0] != '\0' ? settings->store : NULL,
      .device_count = settings->device_count,
      .sound = sound,
      .unattended = options->unattended,
      .give_up = &give_up,
  };
  for (size_t k = 0; k < settings->device_count; k++)
    wanted.device[k] = (struct stance_station_device){settings->device[k], settings->side[k]};
  return stance_station_create(&wanted, ret_station, problem);
}

static int serve(struct daemon_reload *reload, const sigset_t *set)
{
  struct stance_problem problem = {""};
  enum stance_status status =
      begin_station(reload->options, &reload->now, *reload->sound, &reload->station, &problem);
  if (status == STANCE_OK) {
    say_what_was_recovered(reload->station);
    status = daemon_page_open(reload->station, &reload->now, reload->options->unattended,
                              &reload->page, &problem);
  }
  if (status != STANCE_OK) {
    daemon_log(DAEMON_ERROR, "event=failed detail=\"%s\"", problem.text);
    stance_station_destroy(reload->station);
    return exit_status(status);
  }
  daemon_log(DAEMON_NOTICE, "event=ready version=%s device=\"%s\" store=\"%s\" port=%u",
             STANCE_VERSION, reload->now.device[0], stance_station_store_path(reload->station),
             (unsigned)daemon_page_port(reload->page));
  daemon_notify("READY=1");
  wait_for_end(reload, set);
  daemon_log(DAEMON_NOTICE, "event=ending testing=%d", stance_station_is_testing(reload->station));
  daemon_notify("STOPPING=1");
  let_hurry(set);
  stance_station_close(reload->station); /* the last result still reaches the page */
  daemon_page_close(reload->page);
  stance_station_destroy(reload->station);
  daemon_log(DAEMON_NOTICE, "event=ended");
  return 0;
}

int main(int argc, char **argv)
{
  struct daemon_options options;
  struct stance_sound *sound = NULL;
  struct daemon_reload reload = {.options = &options, .sound = &sound};
  struct stance_problem problem = {""};
  daemon_parse(argc, argv, &options);
  const enum stance_status status =
      daemon_settings_read(options.settings_path, &options.given, &reload.now, &problem);
  if (status != STANCE_OK) {
    daemon_log(DAEMON_ERROR, "event=failed detail=\"%s\"", problem.text);
    return exit_status(status);
  }
  if (reload.now.protocols[0] != '\0') /* before there are threads that look for it */
    setenv("STANCE_PROTOCOLS", reload.now.protocols, 1);
  const sigset_t set = hold_signals();
  sound = daemon_sound_begin(&reload.now);
  const int code = serve(&reload, &set);
  stance_sound_destroy(sound);
  return code;
}
