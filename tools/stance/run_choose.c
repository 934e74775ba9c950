/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which station leads the test: stanced's, where it has what is asked for, else one of our own.
   What is named must be the same there; what is not named is as stanced has it. But for the store:
   a test must never lie in another one than the next command looks into. */
#include "run.h"

#include "protocol_find.h"
#include "station_remote.h"

#include <stdlib.h>
#include <string.h>

/* A slip in its name must leave neither folder nor store behind. */
static enum stance_status check_protocol(const char *name, struct stance_problem *problem)
{
  struct stance_protocol protocol;
  char *text = NULL;
  const enum stance_status status = stance_protocol_find(name, &protocol, &text, NULL, problem);
  free(text);
  return status;
}

/* Two instruments are the same rig in either order. */
static bool has_device(const struct stance_daemon_service *service,
                       const struct stance_station_device *device)
{
  char name[STANCE_DAEMON_DEVICE_SIZE];
  if (!stance_daemon_device_name(device, name))
    return false;
  for (size_t k = 0; k < service->device_count; k++)
    if (strcmp(service->device[k], name) == 0)
      return true;
  return false;
}

static bool has_rig(const struct stance_daemon_service *service,
                    const struct stance_run_arguments *arguments)
{
  bool has = service->device_count == arguments->device_count;
  for (size_t k = 0; has && k < arguments->device_count; k++)
    has = has_device(service, &arguments->device[k]);
  return has;
}

/* Why that daemon cannot lead the test; NULL: it can. */
static const char *find_obstacle(const struct stance_run_arguments *arguments,
                                 const struct stance_daemon_service *service)
{
  static char because[64];
  struct stance_daemon_service *here = calloc(1, sizeof *here);
  char store[sizeof here->store] = "";
  const char *obstacle = NULL;
  if (here == NULL || stance_store_default_path(store, sizeof store, NULL) != STANCE_OK)
    store[0] = '\0';
  if (here != NULL)
    stance_daemon_service_places(store, here);
  if (arguments->own_for != NULL) {
    snprintf(because, sizeof because, "--%s is for a station of one's own", arguments->own_for);
    obstacle = because;
  } else if (arguments->device_given && !has_rig(service, arguments)) {
    obstacle = "it has other instruments";
  } else if (here == NULL || here->store[0] == '\0' || strcmp(here->store, service->store) != 0) {
    obstacle = "it has another store; STANCE_STORE names ours";
  } else if (service->unattended && !arguments->unattended) {
    obstacle = "it answers every prompt by itself, and --unattended was not asked for";
  } else if (strpbrk(arguments->protocol, "/.") != NULL) {
    obstacle = "the protocol is a file";
  } else if (strcmp(here->protocols, service->protocols) != 0) {
    obstacle = "it has another folder of protocols; STANCE_PROTOCOLS names ours";
  }
  free(here);
  return obstacle;
}

/* STANCE_END, with the reason where there is one to tell, where it is not to be had. */
static enum stance_status open_daemon(const struct stance_run_arguments *arguments,
                                      struct stance_run_link **ret_link,
                                      struct stance_problem *reason)
{
  struct stance_daemon_address address;
  struct stance_problem nobody = {""};
  const enum stance_status status = stance_daemon_file_read(&address, &nobody);
  if (status != STANCE_OK) {
    if (status != STANCE_END)
      *reason = nobody;
    return STANCE_END;
  }
  const char *obstacle = find_obstacle(arguments, &address.service);
  if (obstacle != NULL)
    return stance_problem_set(reason, STANCE_END, "%s", obstacle);
  if (address.socket[0] == '\0')
    return stance_problem_set(reason, STANCE_END, "it has no private socket");
  return stance_run_daemon_open(arguments, &address, ret_link, reason);
}

enum stance_status stance_run_link_open(const struct stance_run_arguments *arguments,
                                        struct stance_run_link **ret_link,
                                        struct stance_problem *problem)
{
  struct stance_problem reason = {""};
  enum stance_status status = check_protocol(arguments->protocol, problem);
  if (status == STANCE_OK)
    status = stance_run_make_folder(arguments->output, problem);
  if (status != STANCE_OK)
    return status;
  if (!arguments->own && open_daemon(arguments, ret_link, &reason) == STANCE_OK)
    return STANCE_OK;
  if (reason.text[0] != '\0')
    fprintf(stderr, "stanced does not lead this test, this process does: %s.\n", reason.text);
  return stance_run_own_open(arguments, ret_link, problem);
}

void stance_run_suspect_daemon(const struct stance_run_arguments *arguments,
                               struct stance_problem *problem)
{
  enum { PATIENCE_MS = 1000, STEP_MS = 100 }; /* it tells its state at once */
  struct stance_daemon_address address;
  struct stance_station_view view = {0};
  struct stance_remote *remote = NULL;
  const char *name, *text;
  bool gone = false;
  if (arguments->device_given && strncmp(arguments->device[0].uri, "sim:", 4) == 0)
    return; /* nobody can hold that */
  if (stance_daemon_file_read(&address, NULL) != STANCE_OK ||
      stance_remote_open(&address, &remote, NULL) != STANCE_OK)
    return;
  for (int ms = 0; ms < PATIENCE_MS && !gone && view.instrument.state[0] == '\0'; ms += STEP_MS) {
    stance_remote_wait(remote, -1, STEP_MS);
    while (stance_remote_next(remote, &name, &text, &gone))
      stance_station_view_take(&view, name, text);
  }
  stance_remote_close(remote);
  const struct stance_problem before = *problem;
  if (view.test.id[0] != '\0')
    stance_problem_write(problem,
                         "%.400s. stanced (process %ld) is testing with %.80s: if that is this "
                         "instrument, wait for the end of its test, or end it there: stance open",
                         before.text, address.pid, view.instrument.name);
  stance_station_view_finish(&view);
}
