/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon.h"

#include "daemon_file.h"
#include "http_api.h"
#include "web_files.h"

#include <stdlib.h>

struct daemon_page {
  struct stance_http_api *api;
  struct stance_http *http;
};

static enum stance_status open_door(struct daemon_page *page, struct stance_station *station,
                                    uint16_t port, struct stance_problem *problem)
{
  struct stance_daemon_address address = {0};
  enum stance_status status = stance_http_new_token(address.token, problem);
  if (status == STANCE_OK)
    status = stance_http_api_create(station, &page->api, problem);
  const struct stance_http_options options = {.port = port,
                                              .token = address.token,
                                              .files = stance_web_files,
                                              .events_path = STANCE_HTTP_EVENTS_PATH,
                                              .hub = stance_station_hub(station),
                                              .handle = stance_http_api_handle,
                                              .context = page->api};
  if (status == STANCE_OK)
    status = stance_http_start(&options, &page->http, problem);
  if (status != STANCE_OK)
    return status;
  address.port = stance_http_port(page->http);
  return stance_daemon_file_write(&address, problem);
}

enum stance_status daemon_page_open(struct stance_station *station, uint16_t port,
                                    struct daemon_page **ret_page, struct stance_problem *problem)
{
  struct daemon_page *page = calloc(1, sizeof *page);
  if (page == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  const enum stance_status status = open_door(page, station, port, problem);
  if (status != STANCE_OK) {
    stance_http_stop(page->http);
    stance_http_api_destroy(page->api);
    free(page);
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
  stance_http_stop(page->http);
  stance_http_api_destroy(page->api);
  free(page);
}
