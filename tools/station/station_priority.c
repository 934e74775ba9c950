/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station_private.h"

#include "test_device.h"

#include <sched.h>

enum {
  STATION_PRIORITY = 10, /* below the transfers (usb_private.h), which must not wait for it */
  FOLLOW_AFTER = 10,     /* wakings in a row: a move costs as much as two or three of them */
};

void station_take_priority(struct stance_station *station)
{
  const struct sched_param parameter = {.sched_priority = STATION_PRIORITY};
  struct station_priority *priority = &station->priority;
  bool keeps_pace = true; /* a rig played faster would take the whole processor */
  for (size_t k = 0; k < station->device_count; k++)
    keeps_pace = keeps_pace && stance_test_device_speed(station->device[k].uri) <= 1;
  /* where it is not allowed, `stance doctor` says how it can be */
  priority->taken = keeps_pace &&
                    sched_getaffinity(0, sizeof priority->allowed, &priority->allowed) == 0 &&
                    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter) == 0;
  priority->elsewhere = 0;
}

void station_give_priority_back(struct stance_station *station)
{
  const struct sched_param parameter = {.sched_priority = 0};
  struct station_priority *priority = &station->priority;
  if (!priority->taken)
    return;
  priority->taken = false;
  (void)sched_setscheduler(0, SCHED_OTHER, &parameter); /* lowering is always allowed */
  (void)sched_setaffinity(0, sizeof priority->allowed, &priority->allowed);
}

void station_follow(struct stance_station *station, const struct stance_frame_ring *frames)
{
  struct station_priority *priority = &station->priority;
  const int there = stance_frame_ring_processor(frames);
  /* Without priority it would wait behind whatever else works there: the system knows better. */
  if (!priority->taken || there < 0 || there == sched_getcpu() ||
      !CPU_ISSET((size_t)there, &priority->allowed)) {
    priority->elsewhere = 0;
    return;
  }
  if (++priority->elsewhere < FOLLOW_AFTER)
    return;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET((size_t)there, &only);
  (void)sched_setaffinity(0, sizeof only, &only); /* one that has gone meanwhile: it stays here */
  priority->elsewhere = 0;
}
