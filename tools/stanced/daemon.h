/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's own: what it was told, what it says, and to whom. */
#ifndef STANCE_DAEMON_H
#define STANCE_DAEMON_H

#include "stance/status.h"
#include "station.h"

#include <stdbool.h>
#include <stdint.h>

struct daemon_options {
  struct stance_station_device device[STANCE_STREAM_MAX];
  size_t device_count;
  const char *store; /* NULL: the default */
  uint16_t port;     /* 0: any free one */
  bool unattended;
  const char *sound; /* part of a card's name; NULL: the system's choice */
  bool silent;
  double latency_s; /* 0: cue_output.h's default */
};
/* Ends the program with status 2 and a sentence on a wrong use. */
void daemon_parse(int argc, char **argv, struct daemon_options *ret_options);

/* One event a line on stderr, `key=value`, with the priority that the journal reads (syslog's
   numbers). Never an athlete's name. */
enum daemon_priority { DAEMON_ERROR = 3, DAEMON_WARNING = 4, DAEMON_NOTICE = 5 };
STANCE_PRINTF(2, 3) void daemon_log(enum daemon_priority priority, const char *format, ...);

/* Tells systemd (sd_notify's protocol, without its library); nothing where nobody wants to know. */
void daemon_notify(const char *state);
/* How often systemd wants a sign of life, in ns; 0: it does not. */
int64_t daemon_watchdog_ns(void);

#endif
