/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The station in this process: the same one that the daemon has. */
#include "run.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct own {
  struct stance_run_link link;
  struct stance_station *station;
  struct stance_sound *sound; /* NULL: silence */
  struct stance_onlooker *onlooker;
  const struct stance_event *event; /* that was told last; held; NULL: none */
  int bell;                         /* rings with each event */
  const struct stance_run_arguments *arguments;
  struct stance_run_reports reports;
};

static void keep_reports(void *context, const struct stance_report *report, const char *truth)
{
  struct own *own = context;
  stance_run_reports_make(report, truth, own->arguments->locale, &own->reports);
}

/* Nobody listens where nobody is; without a card a test goes on. */
static void begin_sound(struct own *own, const struct stance_run_arguments *arguments)
{
  const char *card = arguments->sound;
  const struct stance_sound_options wanted = {.device = card};
  struct stance_problem problem = {""};
  if (card == NULL ? arguments->unattended : strcmp(card, "none") == 0)
    return;
  if (stance_sound_create(&wanted, &own->sound, &problem) != STANCE_OK)
    fprintf(stderr, "There is no sound: %s\n", problem.text);
}

static enum stance_status open_station(struct own *own,
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

static struct own *own_of(struct stance_run_link *link)
{
  return (struct own *)link; /* its first member */
}

static enum stance_status start(struct stance_run_link *link,
                                const struct stance_test_request *request,
                                char ret_id[STANCE_UUID_SIZE], struct stance_problem *problem)
{
  const struct own *own = own_of(link);
  const enum stance_status status = stance_station_start(own->station, request, ret_id, problem);
  if (status == STANCE_INSTRUMENT)
    stance_run_suspect_daemon(own->arguments, problem);
  return status;
}

static enum stance_status command(struct stance_run_link *link, const char *id,
                                  enum stance_test_command what, int value,
                                  struct stance_problem *problem)
{
  return stance_station_command(own_of(link)->station, id, what, value, problem);
}

static enum stance_status stop(struct stance_run_link *link, const char *id,
                               struct stance_problem *problem)
{
  return stance_station_stop_test(own_of(link)->station, id, problem);
}

static bool wait_for_news(struct stance_run_link *link, bool keys, int timeout_ms)
{
  struct pollfd watched[] = {{.fd = own_of(link)->bell, .events = POLLIN},
                             {.fd = keys ? STDIN_FILENO : -1, .events = POLLIN}};
  uint64_t rung;
  if (poll(watched, 2, timeout_ms) <= 0)
    return false;
  if (watched[0].revents != 0 && read(watched[0].fd, &rung, sizeof rung) < 0)
    return false; /* somebody else's ringing */
  return watched[1].revents != 0;
}

static bool next(struct stance_run_link *link, const char **ret_name, const char **ret_text,
                 bool *ret_gone)
{
  struct own *own = own_of(link);
  uint64_t missed; /* the newest ones are there, and they say everything */
  if (own->event != NULL)
    stance_event_release(own->event);
  own->event = stance_onlooker_next(own->onlooker, 0, &missed, ret_gone);
  if (own->event == NULL)
    return false;
  *ret_name = own->event->name;
  *ret_text = own->event->text;
  return true;
}

static enum stance_status reports(struct stance_run_link *link, const char *id,
                                  const struct stance_run_reports **ret_reports,
                                  struct stance_problem *problem)
{
  (void)id, (void)problem;
  *ret_reports = &own_of(link)->reports;
  return STANCE_OK;
}

static enum stance_status lost(struct stance_run_link *link, const char *id,
                               struct stance_problem *problem)
{
  (void)link, (void)id;
  return stance_problem_set(problem, STANCE_MEMORY, "the station ended without a result");
}

static void close_own(struct stance_run_link *link)
{
  struct own *own = own_of(link);
  if (own->station != NULL)
    stance_event_hub_set_bell(stance_station_hub(own->station), -1);
  stance_station_close(own->station);
  if (own->event != NULL)
    stance_event_release(own->event);
  if (own->onlooker != NULL)
    stance_event_hub_leave(own->onlooker);
  stance_station_destroy(own->station);
  stance_sound_destroy(own->sound);
  if (own->bell >= 0)
    close(own->bell);
  stance_run_reports_finish(&own->reports);
  free(own);
}

static const struct stance_run_link_kind kind = {
    .start = start,
    .command = command,
    .stop = stop,
    .wait = wait_for_news,
    .next = next,
    .reports = reports,
    .lost = lost,
    .close = close_own,
    .on_giving_up = "Ctrl-C gives up what it has not taken.",
};

enum stance_status stance_run_own_open(const struct stance_run_arguments *arguments,
                                       struct stance_run_link **ret_link,
                                       struct stance_problem *problem)
{
  struct own *own = calloc(1, sizeof *own);
  if (own == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  own->link.kind = &kind;
  own->bell = -1;
  own->arguments = arguments;
  begin_sound(own, arguments);
  const enum stance_status status = open_station(own, arguments, problem);
  if (status == STANCE_OK)
    *ret_link = &own->link;
  else
    close_own(&own->link);
  return status;
}
