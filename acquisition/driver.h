/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file that implements a source gives to the registry. */
#ifndef STANCE_DRIVER_H
#define STANCE_DRIVER_H

#include "stance/source.h"
#include "uri.h"

/* A frame ring belongs to one consumer; recorder, live engine and a page or two are all that ever
   listen. */
enum { STANCE_SOURCE_RING_MAX = 8 };

struct stance_source_driver {
  struct stance_source_kind kind;
  /* Fills the info (zeroed but for `uri`) and makes the state. `clock` is never NULL. */
  enum stance_status (*open)(const struct stance_uri *uri, const struct stance_clock *clock,
                             struct stance_source_info *ret_info, void **ret_state,
                             struct stance_problem *problem);
  enum stance_status (*start)(void *state, struct stance_frame_ring *const *rings,
                              size_t ring_count, struct stance_problem *problem);
  void (*stop)(void *state);
  void (*health)(const void *state, struct stance_source_health *ret_health);
  bool (*take_mark)(void *state, struct stance_clock_mark *ret_mark); /* NULL: it keeps none */
  char *(*ground_truth)(const void *state); /* NULL: the source knows none */
  void (*destroy)(void *state);             /* after stop */
};

extern const struct stance_source_driver stance_sim_driver;
extern const struct stance_source_driver stance_replay_driver;

/* Every scheme, one line each; ends with NULL. */
extern const struct stance_source_driver *const stance_source_drivers[];

/* Makes a source of a state that the driver already has; takes the state over on success only. */
STANCE_MUST_CHECK enum stance_status stance_source_create(const struct stance_source_driver *driver,
                                                          const struct stance_source_info *info,
                                                          void *state,
                                                          struct stance_source **ret_source,
                                                          struct stance_problem *problem);

#endif
