/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can go wrong with the packets of any instrument's stream. */
#include "usbip_wire.h"

#include <errno.h>
#include <string.h>

/* Nothing of the device's answers leaves while the host is stalled or the packet is held back. */
static bool is_held(struct stance_virtual_device *device, uint8_t endpoint)
{
  double value;

  if (endpoint != device->kind->stream_endpoint)
    return false;
  if (stance_virtual_fault_take(&device->faults, "host-stall", device->counts.sampled, 200.0,
                                &value)) {
    stance_virtual_clock_stall(&device->clock, value / 1e3);
    stance_virtual_log(device, "event=host-stall frame=%llu ms=%g",
                       (unsigned long long)device->counts.sampled, value);
  }
  return stance_virtual_clock_is_stalled(&device->clock);
}

/* What the stream delivered ends here: the host looks at nothing behind a break. */
static void tell_break(const struct stance_virtual_device *device, const char *name, uint64_t frame)
{
  stance_virtual_log(device, "event=%s frame=%llu delivered=%llu", name, (unsigned long long)frame,
                     (unsigned long long)device->counts.delivered);
}

int stance_virtual_in_packet(struct stance_virtual_device *device, uint8_t endpoint,
                             uint8_t *ret_packet, size_t maximum)
{
  struct stance_virtual_faults *faults = &device->faults;
  const uint64_t frame = device->counts.sampled;
  double value;
  int count;

  if (is_held(device, endpoint))
    return -EAGAIN;
  if (endpoint != device->kind->stream_endpoint || !device->clock.running)
    return device->kind->bulk_in(device, endpoint, ret_packet, maximum);
  if (stance_virtual_fault_take(faults, "stall", frame, 0.0, &value)) {
    tell_break(device, "stall", frame);
    return -EPIPE;
  }
  if (stance_virtual_fault_take(faults, "babble", frame, 0.0, &value)) {
    tell_break(device, "babble", frame);
    return -EOVERFLOW;
  }
  if (stance_virtual_fault_take(faults, "zlp", frame, 1.0, &value)) {
    stance_virtual_log(device, "event=zlp frame=%llu", (unsigned long long)frame);
    return 0;
  }
  const bool truncates = stance_virtual_fault_take(faults, "truncate", frame, 1.0, &value);
  device->spoils_next = truncates;
  count = device->kind->bulk_in(device, endpoint, ret_packet, maximum);
  device->spoils_next = false;
  if (truncates && count <= 0) {
    stance_virtual_fault_again(faults, "truncate", value);
  } else if (truncates) {
    count -= value < count ? (int)value : count;
    stance_virtual_log(device, "event=truncate frame=%llu left=%d", (unsigned long long)frame,
                       count);
  }
  return count;
}
