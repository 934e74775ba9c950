/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the instruments are there while no test holds them. */
#include "station_private.h"

#include "stance/usb.h"

#include <string.h>

enum { LOOK_EVERY_NS = 2000000000 };

void station_look_for_devices(struct stance_station *station)
{
  const char *const uri[STANCE_STREAM_MAX] = {station->device[0].uri, station->device[1].uri};
  struct stance_problem why;
  (void)stance_usb_is_plugged_in("", uri, station->device_count, &why);
  station->changed |= strcmp(why.text, station->missing.text) != 0;
  station->missing = why;
  station->looked_ns = station_now_ns(station);
}

void station_watch_devices(struct stance_station *station, int64_t now_ns)
{
  if (now_ns - station->looked_ns >= LOOK_EVERY_NS)
    station_look_for_devices(station);
}
