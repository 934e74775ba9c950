/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults on a switch: NAME[@WHEN][:VALUE]. WHEN is a frame (scans sampled since the first stream),
   a moment (idle, configuring, first, stopping) or now. */
#ifndef STANCE_VIRTUAL_FAULT_H
#define STANCE_VIRTUAL_FAULT_H

#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STANCE_VIRTUAL_FAULT_MAX = 256 };

enum stance_virtual_moment {
  STANCE_VIRTUAL_AT_FRAME,
  STANCE_VIRTUAL_AT_IDLE,        /* plugged in and configured by the kernel; no stream */
  STANCE_VIRTUAL_AT_CONFIGURING, /* the host has begun to set it up */
  STANCE_VIRTUAL_AT_FIRST,       /* the stream was started; its first packet is due */
  STANCE_VIRTUAL_AT_STOPPING,    /* the host has asked for the end of the stream */
};

struct stance_virtual_fault {
  char name[24];
  enum stance_virtual_moment moment;
  uint64_t frame;
  double value; /* NaN: not given */
};

struct stance_virtual_faults {
  struct stance_virtual_fault fault[STANCE_VIRTUAL_FAULT_MAX];
  size_t count;
  uint64_t taken; /* how many have acted */
};

/* Every fault that each kind of instrument has: the server's own. */
extern const char stance_virtual_server_faults[];

/* `kind_faults`: names that this kind has besides the server's. STANCE_USAGE names what is
   allowed. */
STANCE_MUST_CHECK enum stance_status stance_virtual_fault_add(struct stance_virtual_faults *faults,
                                                              const char *kind_faults,
                                                              const char *text,
                                                              struct stance_problem *problem);
/* True once for each fault of that name whose frame is reached: it is taken off the list.
 *ret_value: its value, or `usual` where none was given. */
bool stance_virtual_fault_take(struct stance_virtual_faults *faults, const char *name,
                               uint64_t frame, double usual, double *ret_value);
/* The same for one that waits for a moment. */
bool stance_virtual_fault_take_at(struct stance_virtual_faults *faults, const char *name,
                                  enum stance_virtual_moment moment, double usual,
                                  double *ret_value);

/* Puts one back that found nothing to act on: it is due at once. */
void stance_virtual_fault_again(struct stance_virtual_faults *faults, const char *name,
                                double value);

#endif
