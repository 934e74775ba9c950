/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens in a station, told to any number of onlookers. An event is formatted once and the
   same bytes go to everybody; whoever is too slow loses the oldest and is told how many. The
   publisher never waits. */
#ifndef STANCE_EVENT_HUB_H
#define STANCE_EVENT_HUB_H

#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  STANCE_ONLOOKER_MAX = 256,     /* two kilobytes each; events are shared */
  STANCE_ONLOOKER_BACKLOG = 256, /* four seconds of live updates */
  STANCE_EVENT_NAME_MAX = 15,
};

struct stance_event_hub;
struct stance_onlooker;

/* One event, shared by all who read it. */
struct stance_event {
  uint64_t number; /* from 1, without gaps */
  char name[STANCE_EVENT_NAME_MAX + 1];
  size_t length;
  const char *text; /* one line of JSON, terminated; lives as long as the event is held */
};

STANCE_MUST_CHECK enum stance_status stance_event_hub_create(struct stance_event_hub **ret_hub);
/* Every onlooker has gone. Accepts NULL. */
void stance_event_hub_destroy(struct stance_event_hub *hub);

/* Copies `text`. An event named as an earlier one takes its place as the one that a newcomer gets
   first where `keep` is set (the state, not the live trace). Any thread that may block. */
void stance_event_hub_publish(struct stance_event_hub *hub, const char *name, const char *text,
                              bool keep);
size_t stance_event_hub_onlookers(struct stance_event_hub *hub);

/* A newcomer first gets the last event of each kept name. NULL when there are too many, no memory,
   or the hub is closing. */
struct stance_onlooker *stance_event_hub_join(struct stance_event_hub *hub);
void stance_event_hub_leave(struct stance_onlooker *onlooker);
/* Waits up to `timeout_ms` for the next event, which is held until released. NULL: none came, or
   the hub closes (`*ret_closed`). `ret_missed`: how many were lost before this one. */
const struct stance_event *stance_onlooker_next(struct stance_onlooker *onlooker, int timeout_ms,
                                                uint64_t *ret_missed, bool *ret_closed);
void stance_event_release(const struct stance_event *event);
/* Something is written into `eventfd` (non-blocking) after each publication and at the close, for a
   reader who waits for other things as well; -1: into none any more. Any thread. */
void stance_event_hub_set_bell(struct stance_event_hub *hub, int eventfd);
/* Wakes everybody for good: no event comes any more. */
void stance_event_hub_close(struct stance_event_hub *hub);

#endif
