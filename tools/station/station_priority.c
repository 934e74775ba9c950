/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station_private.h"

#include "test_device.h"

#include <sched.h>

/* Below the transfers (usb_private.h), which must not wait for it. */
enum { STATION_PRIORITY = 10 };

void station_take_priority(const struct stance_station *station)
{
  const struct sched_param parameter = {.sched_priority = STATION_PRIORITY};
  bool keeps_pace = true; /* a rig played faster would take the whole processor */
  for (size_t k = 0; k < station->device_count; k++)
    keeps_pace = keeps_pace && stance_test_device_speed(station->device[k].uri) <= 1;
  if (keeps_pace && sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter) != 0)
    return; /* not allowed: `stance doctor` says how it can be */
}

void station_give_priority_back(void)
{
  const struct sched_param parameter = {.sched_priority = 0};
  (void)sched_setscheduler(0, SCHED_OTHER, &parameter); /* lowering is always allowed */
}
