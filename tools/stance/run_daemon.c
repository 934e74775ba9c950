/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The station in stanced, by its private socket. What it has recorded lies in the store that both
   have: the reports are made from there, by the code that makes them everywhere. */
#include "run.h"

#include "station_remote.h"
#include "stored_report.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct daemon {
  struct stance_run_link link;
  const struct stance_run_arguments *arguments;
  struct stance_daemon_address address;
  struct stance_remote *remote;
  struct stance_run_reports reports;
};

static struct daemon *daemon_of(struct stance_run_link *link)
{
  return (struct daemon *)link; /* its first member */
}

static enum stance_status start(struct stance_run_link *link,
                                const struct stance_test_request *request,
                                char ret_id[STANCE_UUID_SIZE], struct stance_problem *problem)
{
  struct daemon *daemon = daemon_of(link);
  struct stance_problem why = {""};
  const enum stance_status status = stance_remote_start(daemon->remote, request, ret_id, &why);
  if (status == STANCE_MISMATCH) /* its instrument is not to be had, like one that is unplugged */
    return stance_problem_set(
        problem, STANCE_INSTRUMENT,
        "stanced (process %ld) cannot begin a test now: %.500s. Its page shows "
        "what it does: stance open",
        daemon->address.pid, why.text);
  *problem = why;
  return status == STANCE_END ? STANCE_INSTRUMENT : status;
}

static enum stance_status command(struct stance_run_link *link, const char *id,
                                  enum stance_test_command what, int value,
                                  struct stance_problem *problem)
{
  return stance_remote_command(daemon_of(link)->remote, id, what, value, problem);
}

static enum stance_status stop(struct stance_run_link *link, const char *id,
                               struct stance_problem *problem)
{
  return stance_remote_stop_test(daemon_of(link)->remote, id, problem);
}

static bool wait_for_news(struct stance_run_link *link, bool keys, int timeout_ms)
{
  return stance_remote_wait(daemon_of(link)->remote, keys ? STDIN_FILENO : -1, timeout_ms);
}

static bool next(struct stance_run_link *link, const char **ret_name, const char **ret_text,
                 bool *ret_gone)
{
  return stance_remote_next(daemon_of(link)->remote, ret_name, ret_text, ret_gone);
}

struct making {
  struct daemon *daemon;
  const char *truth;
};

static enum stance_status make(void *context, const struct stance_report *report,
                               struct stance_problem *problem)
{
  const struct making *making = context;
  (void)problem;
  stance_run_reports_make(report, making->truth, making->daemon->arguments->locale,
                          &making->daemon->reports);
  return STANCE_OK;
}

static enum stance_status reports(struct stance_run_link *link, const char *id,
                                  const struct stance_run_reports **ret_reports,
                                  struct stance_problem *problem)
{
  struct daemon *daemon = daemon_of(link);
  const struct stance_run_arguments *arguments = daemon->arguments;
  struct stance_store *store = NULL;
  char *truth = NULL;
  enum stance_status status =
      stance_store_open(daemon->address.service.store, STANCE_STORE_READ, &store, problem);
  if (status == STANCE_OK)
    status = stance_store_get_truth(store, id, &truth, problem);
  struct making making = {.daemon = daemon, .truth = truth};
  if (status == STANCE_OK)
    status = stance_stored_report(store, id, arguments->setting, arguments->setting_count, make,
                                  &making, problem);
  stance_store_close(store);
  free(truth);
  if (status == STANCE_OK)
    *ret_reports = &daemon->reports;
  return status;
}

static enum stance_status lost(struct stance_run_link *link, const char *id,
                               struct stance_problem *problem)
{
  const struct daemon *daemon = daemon_of(link);
  const char *store = daemon->address.service.store;
  const long pid = daemon->address.pid;
  const bool lives = kill((pid_t)pid, 0) == 0;
  if (lives && atomic_load(&stance_run_give_up))
    return stance_problem_set(problem, STANCE_STORE,
                              "left to stanced (process %ld), which goes on until it has stored "
                              "recording %s in %.200s; `stance analyze %s` reads it then",
                              pid, id, store, id);
  if (lives)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "stanced (process %ld) no longer answers. Recording %s goes into "
                              "%.200s as long as it runs; `stance open` shows its page",
                              pid, id, store);
  return stance_problem_set(
      problem, STANCE_INSTRUMENT,
      "stanced (process %ld) ENDED IN THE MIDDLE OF THE TEST. What it had "
      "committed of recording %s is kept in %.200s: `stance analyze %s` reads "
      "it. `systemctl --user start stanced` or `stance run --own` goes on",
      pid, id, store, id);
}

static void close_daemon(struct stance_run_link *link)
{
  struct daemon *daemon = daemon_of(link);
  stance_remote_close(daemon->remote);
  stance_run_reports_finish(&daemon->reports);
  free(daemon);
}

static const struct stance_run_link_kind kind = {
    .start = start,
    .command = command,
    .stop = stop,
    .wait = wait_for_news,
    .next = next,
    .reports = reports,
    .lost = lost,
    .close = close_daemon,
    .greeting = "This test runs in stanced: `stance open` shows it on a page too.",
    .on_giving_up = "Ctrl-C leaves that to stanced.",
    .may_be_left = true,
};

enum stance_status stance_run_daemon_open(const struct stance_run_arguments *arguments,
                                          const struct stance_daemon_address *address,
                                          struct stance_run_link **ret_link,
                                          struct stance_problem *problem)
{
  struct daemon *daemon = calloc(1, sizeof *daemon);
  if (daemon == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  daemon->link.kind = &kind;
  daemon->arguments = arguments;
  daemon->address = *address;
  const enum stance_status status = stance_remote_open(address, &daemon->remote, problem);
  if (status == STANCE_OK)
    *ret_link = &daemon->link;
  else
    free(daemon);
  return status;
}
