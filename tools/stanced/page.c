/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon.h"

#include "daemon_file.h"
#include "http_api.h"
#include "web_files.h"

#include <stdlib.h>
#include <string.h>

struct daemon_page {
  struct stance_http_api *api;
  struct stance_http *http;
  struct stance_daemon_socket *socket; /* NULL: none */
  struct stance_daemon_address address;
  bool unattended;
};

/* Without it the page works all the same, and `stance run` is its own station. */
static void open_socket(struct daemon_page *page)
{
  struct stance_problem problem = {""};
  if (stance_daemon_socket_open(&page->socket, &problem) != STANCE_OK)
    daemon_log(DAEMON_WARNING, "event=no_socket detail=\"%s\"", problem.text);
  else
    strcpy(page->address.socket, stance_daemon_socket_path(page->socket));
}

static enum stance_status open_doors(struct daemon_page *page, struct stance_station *station,
                                     uint16_t port, struct stance_problem *problem)
{
  enum stance_status status = stance_http_new_token(page->address.token, problem);
  if (status == STANCE_OK)
    status = stance_http_api_create(station, &page->api, problem);
  if (status == STANCE_OK)
    open_socket(page);
  const struct stance_http_options options = {.port = port,
                                              .token = page->address.token,
                                              .socket = page->socket,
                                              .files = stance_web_files,
                                              .events_path = STANCE_HTTP_EVENTS_PATH,
                                              .hub = stance_station_hub(station),
                                              .handle = stance_http_api_handle,
                                              .pace = stance_http_api_pace,
                                              .context = page->api};
  if (status == STANCE_OK)
    status = stance_http_start(&options, &page->http, problem);
  if (status == STANCE_OK)
    page->address.port = stance_http_port(page->http);
  return status;
}

enum stance_status daemon_page_tell(struct daemon_page *page, const struct stance_station *station,
                                    const struct daemon_settings *settings,
                                    struct stance_problem *problem)
{
  struct stance_daemon_service *service = &page->address.service;
  *service = (struct stance_daemon_service){.device_count = settings->device_count,
                                            .unattended = page->unattended};
  for (size_t k = 0; k < settings->device_count; k++) {
    const struct stance_station_device device = {settings->device[k], settings->side[k]};
    if (!stance_daemon_device_name(&device, service->device[k]))
      return stance_problem_set(problem, STANCE_USAGE, "the instrument's URI is too long");
  }
  stance_daemon_service_places(stance_station_store_path(station), service);
  return stance_daemon_file_write(&page->address, problem);
}

void daemon_page_stay_found(const struct daemon_page *page)
{
  struct stance_daemon_address address;
  if (stance_daemon_file_read(&address, NULL) == STANCE_END &&
      stance_daemon_file_write(&page->address, NULL) == STANCE_OK)
    daemon_log(DAEMON_NOTICE, "event=told_again port=%u", (unsigned)page->address.port);
}

static void let_go(struct daemon_page *page)
{
  stance_http_stop(page->http);
  stance_daemon_socket_close(page->socket);
  stance_http_api_destroy(page->api);
  free(page);
}

enum stance_status daemon_page_open(struct stance_station *station,
                                    const struct daemon_settings *settings, bool unattended,
                                    struct daemon_page **ret_page, struct stance_problem *problem)
{
  struct daemon_page *page = calloc(1, sizeof *page);
  if (page == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  page->unattended = unattended;
  enum stance_status status = open_doors(page, station, settings->port, problem);
  if (status == STANCE_OK)
    status = daemon_page_tell(page, station, settings, problem);
  if (status != STANCE_OK) {
    let_go(page);
    return status;
  }
  *ret_page = page;
  return STANCE_OK;
}

uint16_t daemon_page_port(const struct daemon_page *page)
{
  return stance_http_port(page->http);
}

void daemon_page_close(struct daemon_page *page)
{
  if (page == NULL)
    return;
  stance_daemon_file_remove();
  let_go(page);
}
