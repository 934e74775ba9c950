/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How programs of the same account find the daemon: DIR/daemon.json, 0600 in a folder 0700, where
   DIR is $XDG_RUNTIME_DIR/stance, and /tmp/stance-UID without it. Its members are in HTTP_API.md.
 */
#ifndef STANCE_DAEMON_FILE_H
#define STANCE_DAEMON_FILE_H

#include "daemon_socket.h"
#include "http.h"
#include "station.h"

enum { STANCE_DAEMON_DEVICE_SIZE = 1040 }; /* the longest URI of a station, and its side */

/* What a daemon has, to be compared with what somebody is asked for. */
struct stance_daemon_service {
  char store[4096];     /* absolute */
  char protocols[4096]; /* folder of the clinic's own; "": there is no such place */
  char device[STANCE_STREAM_MAX][STANCE_DAEMON_DEVICE_SIZE]; /* "URI", "left=URI", "right=URI" */
  size_t device_count;
  bool unattended; /* prompts of every test answer themselves */
};
/* False where it is too long. */
bool stance_daemon_device_name(const struct stance_station_device *device,
                               char ret_name[STANCE_DAEMON_DEVICE_SIZE]);
/* The instrument that such a name means; its URI is borrowed from the name. */
struct stance_station_device stance_daemon_device_of(const char *name);
/* Store and folder of protocols of this process, as a daemon's are named, so that texts can be
   compared. "" where there is none. */
void stance_daemon_service_places(const char *store, struct stance_daemon_service *ret_service);

struct stance_daemon_address {
  uint16_t port;
  char token[STANCE_HTTP_TOKEN_SIZE];
  long pid;                               /* of the file that was read */
  char socket[STANCE_DAEMON_SOCKET_SIZE]; /* "": it has none */
  struct stance_daemon_service service;
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

/* Of this process; in the place of the one that is there. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_daemon_file_write(const struct stance_daemon_address *address,
                         struct stance_problem *problem);
/* STANCE_END with a sentence where no daemon runs. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_daemon_file_read(struct stance_daemon_address *ret_address, struct stance_problem *problem);
/* Only one that this process wrote. */
void stance_daemon_file_remove(void);

#endif
