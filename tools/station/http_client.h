/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client of a daemon's interface by its private socket: asks, and reads its events. For one
   thread. */
#ifndef STANCE_HTTP_CLIENT_H
#define STANCE_HTTP_CLIENT_H

#include "daemon_file.h"
#include "stance/status.h"
#include "text.h"

struct stance_http_client;

/* Begins to read the events, and returns once the daemon has said that it sends them: nothing that
   is asked from then on is missed. STANCE_END with a sentence where nobody answers, or not so.
   WORK. */
STANCE_MUST_CHECK enum stance_status
stance_http_client_open(const struct stance_daemon_address *address,
                        struct stance_http_client **ret_client, struct stance_problem *problem);
/* POST of `body`, JSON. `ret_status` is the answer's, `ret_answer` its body, empty before.
   STANCE_END where none came within a minute. WORK. */
STANCE_MUST_CHECK enum stance_status stance_http_client_post(struct stance_http_client *client,
                                                             const char *path, const char *body,
                                                             int patience_s, int *ret_status,
                                                             struct stance_text *ret_answer,
                                                             struct stance_problem *problem);
/* Waits until there may be an event, or `descriptor` (-1: none) can be read, which is told. WORK.
 */
bool stance_http_client_wait(struct stance_http_client *client, int descriptor, int timeout_ms);
/* The next event; borrowed until the next call of any function. False: none now; `ret_gone`: none
   comes any more. WORK. */
bool stance_http_client_next(struct stance_http_client *client, const char **ret_name,
                             const char **ret_text, bool *ret_gone);
/* Accepts NULL. WORK. */
void stance_http_client_close(struct stance_http_client *client);

#endif
