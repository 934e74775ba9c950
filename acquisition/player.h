/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread that hands out frames at the pace of an instrument: what the simulated rig and
   recordings share. Its thread stands for the transfer callback of an instrument. */
#ifndef STANCE_PLAYER_H
#define STANCE_PLAYER_H

#include "stance/ring.h"
#include "stance/source.h"
#include "stance/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the frames come from: called by the player's thread only, or while it does not run. */
struct stance_feed {
  /* Fills the next frame that was not lost (index and gap_before included); false at the end. */
  bool (*next)(void *context, struct stance_raw_frame *ret_frame);
  /* Back to the first frame, which is sampled at `start_ns` of the host's clock. */
  void (*rewind)(void *context, int64_t start_ns);
  void *context;
  uint64_t frame_count;  /* sampling instants in all, lost ones at the end included; 0: endless */
  double instants_per_s; /* of the host's clock; INFINITY: elastic, as fast as readers go */
  double transfer_s;     /* host time that frames are gathered for before they are handed over */
  double jitter_s;       /* mean of an exponential delay of each transfer, in host time */
  uint64_t seed;         /* of that delay */
  double delay_s;        /* host time from start to the first frame's instant */
  double speed;          /* how much faster than the instrument it stands for; marks are in the
                            instrument's time, CLOCK_MONOTONIC times this */
  uint64_t fail_at;      /* the instrument dies at this instant; 0: never */
  uint64_t back_at;      /* and is back at this one, with the instants between lost; 0: never */
};

struct stance_player;

/* `feed` is copied, its context and `clock` borrowed until destroy. WORK. */
STANCE_MUST_CHECK enum stance_status stance_player_create(const struct stance_feed *feed,
                                                          const struct stance_clock *clock,
                                                          struct stance_player **ret_player,
                                                          struct stance_problem *problem);
/* Start, stop and health may be called from any thread at any time until destroy. At most
   STANCE_SOURCE_RING_MAX rings. STANCE_USAGE while it runs. WORK. */
STANCE_MUST_CHECK enum stance_status stance_player_start(struct stance_player *player,
                                                         struct stance_frame_ring *const *rings,
                                                         size_t ring_count,
                                                         struct stance_problem *problem);
/* Returns when no further frame will be pushed. Harmless when not running. WORK. */
void stance_player_stop(struct stance_player *player);
void stance_player_health(const struct stance_player *player,
                          struct stance_source_health *ret_health);
/* As stance_source_take_mark. Elastic players and those that run more than a hundred times as fast
   have none: what this machine is late by, multiplied, would say nothing. */
bool stance_player_take_mark(struct stance_player *player, struct stance_clock_mark *ret_mark);
/* Stops first. Accepts NULL. WORK. */
void stance_player_destroy(struct stance_player *player);

#endif
