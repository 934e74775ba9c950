/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How programs of the same account find the daemon: DIR/daemon.json, 0600 in a folder 0700, where
   DIR is $XDG_RUNTIME_DIR/stance, and /tmp/stance-UID without it. {"port":N,"token":"…","pid":N} */
#ifndef STANCE_DAEMON_FILE_H
#define STANCE_DAEMON_FILE_H

#include "http.h"

struct stance_daemon_address {
  uint16_t port;
  char token[STANCE_HTTP_TOKEN_SIZE];
};

enum { STANCE_DAEMON_PATH_SIZE = 512 };

/* A path in that folder, which is made where it is missing. STANCE_STORE where it cannot be, or is
   not this account's alone. WORK. */
STANCE_MUST_CHECK enum stance_status stance_daemon_path(const char *name,
                                                        char ret_path[STANCE_DAEMON_PATH_SIZE],
                                                        struct stance_problem *problem);
/* Writes `text` there, private from the first byte on, whole or not at all. WORK. */
STANCE_MUST_CHECK enum stance_status stance_daemon_write(const char *name, const char *text,
                                                         struct stance_problem *problem);

/* Of this process. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_daemon_file_write(const struct stance_daemon_address *address,
                         struct stance_problem *problem);
/* STANCE_END with a sentence where no daemon runs. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_daemon_file_read(struct stance_daemon_address *ret_address, struct stance_problem *problem);
/* Only one that this process wrote. */
void stance_daemon_file_remove(void);

#endif
