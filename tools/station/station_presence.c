/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the instruments are there while no test holds them. */
#include "station_private.h"

#include "stance/usb.h"

#include <string.h>

enum { LOOK_EVERY_NS = 2000000000 };

void station_look_for_devices(struct stance_station *station)
{
  for (size_t k = 0; k < station->device_count; k++) {
    struct station_device *device = &station->device[k];
    struct stance_problem why;
    (void)stance_usb_is_plugged_in("", device->uri, &why);
    station->changed |= strcmp(why.text, device->missing.text) != 0;
    device->missing = why;
  }
  station->looked_ns = station_now_ns(station);
}

void station_watch_devices(struct stance_station *station, int64_t now_ns)
{
  if (now_ns - station->looked_ns >= LOOK_EVERY_NS)
    station_look_for_devices(station);
}
