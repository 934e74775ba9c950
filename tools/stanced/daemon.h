/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's own: what it was told, what it says, and to whom. */
#ifndef STANCE_DAEMON_H
#define STANCE_DAEMON_H

#include "settings.h"
#include "stance/status.h"
#include "station.h"

#include <stdbool.h>
#include <stdint.h>

struct daemon_options {
  struct daemon_settings given; /* on the command line */
  const char *settings_path;    /* NULL: the usual file */
  bool unattended;
};
/* Ends the program with status 2 and a sentence on a wrong use. */
void daemon_parse(int argc, char **argv, struct daemon_options *ret_options);

/* One event a line on stderr, `key=value`, with the priority that the journal reads (syslog's
   numbers). Never an athlete's name, nor the path of a recording, which may be one. */
enum daemon_priority { DAEMON_ERROR = 3, DAEMON_WARNING = 4, DAEMON_NOTICE = 5 };
STANCE_PRINTF(2, 3) void daemon_log(enum daemon_priority priority, const char *format, ...);

/* The sound card that the settings name; NULL where they want silence or there is none, which is
   logged. */
struct stance_sound *daemon_sound_begin(const struct daemon_settings *settings);

/* The page and its interface on 127.0.0.1 and on the private socket, and the file by which programs
   of this account find them. STANCE_USAGE where the port is taken, STANCE_STORE where that file
   cannot be kept private. */
struct daemon_page;
STANCE_MUST_CHECK enum stance_status
daemon_page_open(struct stance_station *station, const struct daemon_settings *settings,
                 bool unattended, struct daemon_page **ret_page, struct stance_problem *problem);
uint16_t daemon_page_port(const struct daemon_page *page);
/* Writes that file anew: which instruments and store the station has. */
STANCE_MUST_CHECK enum stance_status daemon_page_tell(struct daemon_page *page,
                                                      const struct stance_station *station,
                                                      const struct daemon_settings *settings,
                                                      struct stance_problem *problem);
/* The same where that file names nobody who lives: a second daemon took it over and has ended, or
   somebody has cleaned up. */
void daemon_page_stay_found(const struct daemon_page *page);
/* The station has been closed, and is not yet destroyed. Accepts NULL. */
void daemon_page_close(struct daemon_page *page);

/* SIGHUP: reads the settings anew. What can change while the daemon runs changes between two tests;
   what cannot is logged. */
struct daemon_reload {
  const struct daemon_options *options;
  struct stance_station *station;
  struct daemon_page *page;
  struct stance_sound **sound;      /* the caller's, exchanged here */
  struct daemon_settings now, next; /* in use; read, and wanted where `pending` */
  bool pending;                     /* a test goes on: to be tried again */
};
void daemon_reload_read(struct daemon_reload *reload);
/* Harmless where nothing is pending. */
void daemon_reload_apply(struct daemon_reload *reload);

/* Tells systemd (sd_notify's protocol, without its library); nothing where nobody wants to know. */
void daemon_notify(const char *state);
/* How often systemd wants a sign of life, in ns; 0: it does not. */
int64_t daemon_watchdog_ns(void);

#endif
