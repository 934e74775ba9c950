/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sd_notify's protocol: one datagram to the socket that the environment names. */
#include "daemon.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void daemon_notify(const char *state)
{
  const char *path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof address.sun_path)
    return;
  memcpy(address.sun_path, path, strlen(path));
  if (path[0] == '@') /* an abstract name begins with a zero */
    address.sun_path[0] = '\0';
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0)
    return;
  const socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
  if (sendto(descriptor, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
             length) < 0)
    daemon_log(DAEMON_WARNING, "event=notify_failed state=%s", state);
  close(descriptor);
}

int64_t daemon_watchdog_ns(void)
{
  const char *wanted = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
  if (wanted == NULL || (pid != NULL && strtoll(pid, NULL, 10) != getpid()))
    return 0;
  const long long us = strtoll(wanted, NULL, 10);
  return us > 0 ? us * 1000 : 0;
}
