/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The station's HTTP interface, version 1: requests to answers. What it takes and gives, with
   examples, is HTTP_API.md. It never logs. */
#ifndef STANCE_HTTP_API_H
#define STANCE_HTTP_API_H

#include "http.h"
#include "station.h"

#define STANCE_HTTP_EVENTS_PATH "/api/v1/events"

struct stance_http_api;

/* The station is borrowed until destroy. STANCE_MEMORY. */
STANCE_MUST_CHECK enum stance_status stance_http_api_create(struct stance_station *station,
                                                            struct stance_http_api **ret_api,
                                                            struct stance_problem *problem);
/* No handler may be at work. Accepts NULL. */
void stance_http_api_destroy(struct stance_http_api *api);
/* `context` is the struct stance_http_api. Several threads at once. WORK. */
void stance_http_api_handle(void *context, const struct stance_http_request *request,
                            struct stance_http_reply *reply);
/* State, stop and commands are urgent; what analyses a recording is slow. */
enum stance_http_pace stance_http_api_pace(const struct stance_http_request *request);

#endif
