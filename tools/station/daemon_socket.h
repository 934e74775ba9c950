/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's private door: a socket of mode 0600 in the folder of daemon_file.h, for programs of
   the same account. Nobody else gets as far as a request: neither another account, whom the folder
   keeps out, nor a web page, which cannot name a socket. */
#ifndef STANCE_DAEMON_SOCKET_H
#define STANCE_DAEMON_SOCKET_H

#include "stance/status.h"

/* As much as the system's own addresses hold (unix(7)). */
enum { STANCE_DAEMON_SOCKET_SIZE = 108 };

struct stance_daemon_socket;

/* Listens at stanced.sock there. What a daemon that died left behind is replaced, a living one's
   never: STANCE_MISMATCH. STANCE_STORE where the folder is not this account's alone, or the path is
   too long. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_daemon_socket_open(struct stance_daemon_socket **ret_socket, struct stance_problem *problem);
/* Borrowed until close. */
const char *stance_daemon_socket_path(const struct stance_daemon_socket *socket);
/* Readable when somebody waits at the door. */
int stance_daemon_socket_descriptor(const struct stance_daemon_socket *socket);
/* Lets the next one in who waits, and is of this account; others are sent away. -1 with
   EAGAIN: nobody waits; with another errno: he cannot be let in now. The caller closes it. */
int stance_daemon_socket_accept(const struct stance_daemon_socket *socket);
/* Takes it away. Accepts NULL. */
void stance_daemon_socket_close(struct stance_daemon_socket *socket);

#endif
