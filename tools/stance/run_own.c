/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The station in this process: the same one that the daemon has. */
#include "run.h"

#include "protocol_find.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct stance_run_own {
  struct stance_station *station;
  struct stance_sound *sound; /* NULL: silence */
  struct stance_onlooker *onlooker;
  int bell; /* rings with each event */
  bool locale;
  struct stance_run_reports reports;
};

static void keep_reports(void *context, const struct stance_report *report, const char *truth)
{
  struct stance_run_own *own = context;
  stance_run_reports_make(report, truth, own->locale, &own->reports);
}

/* A slip in its name must leave neither folder nor store behind. */
static enum stance_status check_protocol(const char *name, struct stance_problem *problem)
{
  struct stance_protocol protocol;
  char *text = NULL;
  const enum stance_status status = stance_protocol_find(name, &protocol, &text, NULL, problem);
  free(text);
  return status;
}

/* Nobody listens where nobody is; without a card a test goes on. */
static void begin_sound(struct stance_run_own *own, const struct stance_run_arguments *arguments)
{
  const char *card = arguments->sound;
  const struct stance_sound_options wanted = {.device = card};
  struct stance_problem problem = {""};
  if (card == NULL ? arguments->unattended : strcmp(card, "none") == 0)
    return;
  if (stance_sound_create(&wanted, &own->sound, &problem) != STANCE_OK)
    fprintf(stderr, "There is no sound: %s\n", problem.text);
}

static enum stance_status open_station(struct stance_run_own *own,
                                       const struct stance_run_arguments *arguments,
                                       struct stance_problem *problem)
{
  const struct stance_station_options options = {
      .device = {arguments->device[0], arguments->device[1]},
      .device_count = arguments->device_count,
      .sound = own->sound,
      .unattended = arguments->unattended,
      .give_up = &stance_run_give_up,
      .log_commits = arguments->log_commits,
      .analysed = keep_reports,
      .analysed_context = own,
  };
  enum stance_status status = stance_station_create(&options, &own->station, problem);
  if (status != STANCE_OK)
    return status;
  if (stance_station_was_recovered(own->station))
    fprintf(stderr, "The store was not closed the last time: what had been committed was brought "
                    "back.\n");
  struct stance_event_hub *hub = stance_station_hub(own->station);
  own->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  own->onlooker = stance_event_hub_join(hub);
  if (own->bell < 0 || own->onlooker == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory or descriptors");
  stance_event_hub_set_bell(hub, own->bell);
  return STANCE_OK;
}

enum stance_status stance_run_own_open(const struct stance_run_arguments *arguments,
                                       struct stance_run_own **ret_own,
                                       struct stance_problem *problem)
{
  enum stance_status status = check_protocol(arguments->protocol, problem);
  if (status == STANCE_OK)
    status = stance_run_make_folder(arguments->output, problem);
  if (status != STANCE_OK)
    return status;
  struct stance_run_own *own = calloc(1, sizeof *own);
  if (own == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  own->bell = -1;
  own->locale = arguments->locale;
  begin_sound(own, arguments);
  status = open_station(own, arguments, problem);
  if (status == STANCE_OK)
    *ret_own = own;
  else
    stance_run_own_close(own);
  return status;
}

struct stance_station *stance_run_own_station(struct stance_run_own *own)
{
  return own->station;
}

bool stance_run_own_wait(struct stance_run_own *own, bool keys, int timeout_ms)
{
  struct pollfd watched[] = {{.fd = own->bell, .events = POLLIN},
                             {.fd = keys ? STDIN_FILENO : -1, .events = POLLIN}};
  uint64_t rung;
  if (poll(watched, 2, timeout_ms) <= 0)
    return false;
  if (watched[0].revents != 0 && read(own->bell, &rung, sizeof rung) < 0)
    return false; /* somebody else's ringing */
  return watched[1].revents != 0;
}

const struct stance_event *stance_run_own_next(struct stance_run_own *own, bool *ret_gone)
{
  uint64_t missed; /* the newest ones are there, and they say everything */
  return stance_onlooker_next(own->onlooker, 0, &missed, ret_gone);
}

const struct stance_run_reports *stance_run_own_reports(const struct stance_run_own *own)
{
  return &own->reports;
}

void stance_run_own_close(struct stance_run_own *own)
{
  if (own == NULL)
    return;
  if (own->station != NULL)
    stance_event_hub_set_bell(stance_station_hub(own->station), -1);
  stance_station_close(own->station);
  if (own->onlooker != NULL)
    stance_event_hub_leave(own->onlooker);
  stance_station_destroy(own->station);
  stance_sound_destroy(own->sound);
  if (own->bell >= 0)
    close(own->bell);
  stance_run_reports_finish(&own->reports);
  free(own);
}
