/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the daemon runs with: its defaults, its settings file, its options, each before the other.
 */
#ifndef STANCE_DAEMON_SETTINGS_H
#define STANCE_DAEMON_SETTINGS_H

#include "station.h"

#include <stdbool.h>
#include <stdint.h>

/* Zeroed texts and numbers: not given. */
struct daemon_settings {
  char device[STANCE_STREAM_MAX][1024];
  enum stance_side side[STANCE_STREAM_MAX];
  size_t device_count;
  char store[4096];
  char protocols[4096]; /* folder of the clinic's own */
  char sound[128];      /* a part of the card's name; "none": silence */
  double latency_s;
  bool has_port;
  uint16_t port; /* 0: any free one */
};

/* The next instrument of the rig: "URI", "left=URI" or "right=URI". STANCE_USAGE where it makes no
   rig with the one before. */
STANCE_MUST_CHECK enum stance_status daemon_settings_add_device(struct daemon_settings *settings,
                                                                const char *text,
                                                                struct stance_problem *problem);

/* One setting by its name. STANCE_USAGE, nothing changed, where the value is impossible. */
STANCE_MUST_CHECK enum stance_status daemon_settings_set(struct daemon_settings *settings,
                                                         const char *name, const char *value,
                                                         struct stance_problem *problem);

/* `given` on the command line, else in the file, else the default. `path` NULL: the usual file,
   which need not be there. STANCE_INPUT with file and line. WORK. */
STANCE_MUST_CHECK enum stance_status daemon_settings_read(const char *path,
                                                          const struct daemon_settings *given,
                                                          struct daemon_settings *ret_settings,
                                                          struct stance_problem *problem);

#endif
