/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many transfers are queued, and how long each is. */
#include "usb_private.h"

#include <math.h>

static size_t round_up(size_t count, size_t step)
{
  return (count + step - 1) / step * step;
}

/* Full packets that share a transfer: one below 500 a second, else what comes in 4 ms, which rounds
   to 2 to 4 ms (DEVICES, 6). A short packet ends a transfer, so that there is one in each. */
static size_t packets_per_transfer(const struct stance_usb_shape *shape)
{
  static const double one_each_below_per_s = 500, completion_s = 0.004;
  if (shape->packets_per_s < one_each_below_per_s ||
      shape->packet_bytes % shape->max_packet_bytes != 0)
    return 1;
  const double most = (double)(USB_TRANSFER_BYTES_MAX / shape->packet_bytes);
  return (size_t)fmax(1, fmin(most, floor(shape->packets_per_s * completion_s)));
}

void usb_plan_make(const struct stance_usb_shape *shape, struct usb_plan *ret_plan)
{
  const size_t packets = packets_per_transfer(shape);
  const double transfers_per_s = shape->packets_per_s / (double)packets;
  const double wanted = ceil(transfers_per_s * (USB_QUEUE_MS / 1e3));
  const double packet_ns = NS_PER_S / shape->packets_per_s;
  const double silence_ns = fmax(3 * packet_ns * (double)packets, USB_SILENCE_MIN_MS * 1e6);

  *ret_plan = (struct usb_plan){
      .transfer_bytes = round_up(packets * shape->packet_bytes, shape->max_packet_bytes),
      .transfer_count = (size_t)fmax(USB_TRANSFER_MIN, fmin(USB_TRANSFER_MAX, wanted)),
      .packet_ns = (int64_t)packet_ns,
      .silence_ns = (int64_t)silence_ns,
  };
}

int64_t usb_plan_silence_ns(const struct usb_plan *plan, const struct stance_instrument *instrument)
{
  const int64_t unasked_ns = USB_SILENCE_UNASKED_MS * (int64_t)NS_PER_MS;
  return instrument->silence_condemns && plan->silence_ns < unasked_ns ? unasked_ns
                                                                       : plan->silence_ns;
}
