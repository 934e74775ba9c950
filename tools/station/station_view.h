/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an onlooker knows of a station: its events (tools/station/README.md), read. */
#ifndef STANCE_STATION_VIEW_H
#define STANCE_STATION_VIEW_H

#include "stance/machine.h"
#include "stance/status.h"
#include "store.h"
#include "text.h"

enum { STANCE_STATION_TEXT_MAX = 256 };

enum stance_station_news {
  STANCE_NEWS_NONE, /* an event of another name, or one that cannot be read: nothing has changed */
  STANCE_NEWS_STATE,
  STANCE_NEWS_LIVE,
  STANCE_NEWS_REPETITION,
  STANCE_NEWS_TELL,
  STANCE_NEWS_RESULT,
};

/* Of the test that goes on. */
struct stance_view_test {
  char id[STANCE_UUID_SIZE]; /* "": there is none, and the rest is empty */
  char title[128], instruction[512];
  char state[24], text[STANCE_STATION_TEXT_MAX];
  enum stance_side side;
  double remaining_s;          /* NaN: it waits for a person */
  char needs[8];               /* "next", "pain", "side", "" */
  unsigned commands;           /* bit of each enum stance_test_command that means something now */
  unsigned wanted, counted[2]; /* left, right */
  double lever_m;              /* NaN: not known */
  char lever_from[STANCE_DAY_SIZE];
};

struct stance_view_instrument {
  char state[16], name[192], unit[16];
  double rate_hz; /* NaN: not known */
  bool uncalibrated;
  double frames, lost;
  struct stance_problem problem; /* "": none */
};

struct stance_view_health {
  char state[16];
  struct stance_problem problem; /* "": none */
};

struct stance_view_repetition {
  unsigned number;
  enum stance_side side;
  bool counted;
  double peak_n[STANCE_MEASURED_SIDE_COUNT]; /* NaN: not seen */
  char text[STANCE_STATION_TEXT_MAX];
};

struct stance_view_result {
  char id[STANCE_UUID_SIZE];
  bool has_report;
  enum stance_status status; /* what ended or spoilt the test; STANCE_OK */
  struct stance_problem problem;
  struct stance_text summary;
  struct stance_text warnings; /* a line each, without the problem */
};

/* Starts zeroed. */
struct stance_station_view {
  struct stance_view_test test;
  struct stance_view_instrument instrument;
  struct stance_view_health sound, store;
  double sound_underflows;           /* since the station's start; NaN: not known */
  char cut_off_id[STANCE_UUID_SIZE]; /* "": the test before was not cut off */
  double cut_off_s;                  /* of it that are kept */
  double time_s, force_n[STANCE_MEASURED_SIDE_COUNT]; /* newest of `live`; NaN: not measured */
  bool has_force;
  struct stance_view_repetition repetition; /* the latest */
  char told_id[24];                         /* of the latest message, */
  enum stance_side told_side;
  char told[STANCE_STATION_TEXT_MAX]; /* and its sentence */
  struct stance_view_result result;   /* the latest */
};

/* WORK. */
enum stance_station_news stance_station_view_take(struct stance_station_view *view,
                                                  const char *name, const char *text);
void stance_station_view_finish(struct stance_station_view *view);

#endif
