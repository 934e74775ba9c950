/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A station in another process, the daemon's: what station.h does to one in this process, by its
   interface. For one thread. */
#ifndef STANCE_STATION_REMOTE_H
#define STANCE_STATION_REMOTE_H

#include "daemon_file.h"
#include "station.h"

struct stance_remote;

/* STANCE_END with a sentence where no daemon answers there. WORK. */
STANCE_MUST_CHECK enum stance_status stance_remote_open(const struct stance_daemon_address *address,
                                                        struct stance_remote **ret_remote,
                                                        struct stance_problem *problem);
/* As those of station.h; STANCE_END besides where the daemon does not answer. WORK. */
STANCE_MUST_CHECK enum stance_status stance_remote_start(struct stance_remote *remote,
                                                         const struct stance_test_request *request,
                                                         char ret_id[STANCE_UUID_SIZE],
                                                         struct stance_problem *problem);
STANCE_MUST_CHECK enum stance_status
stance_remote_command(struct stance_remote *remote, const char *id,
                      enum stance_test_command command, int value, struct stance_problem *problem);
STANCE_MUST_CHECK enum stance_status stance_remote_stop_test(struct stance_remote *remote,
                                                             const char *id,
                                                             struct stance_problem *problem);
/* Its events, as stance_http_client_wait and _next. */
bool stance_remote_wait(struct stance_remote *remote, int descriptor, int timeout_ms);
bool stance_remote_next(struct stance_remote *remote, const char **ret_name, const char **ret_text,
                        bool *ret_gone);
/* A test that goes on goes on. Accepts NULL. WORK. */
void stance_remote_close(struct stance_remote *remote);

#endif
