/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One transfer engine for every USB instrument, on libusb's asynchronous interface.

   A thread of its own handles libusb's events from open to destroy and runs this machine:

     absent → opening → configuring → streaming → draining → closed
        ↑________|___________|____________|          (unplugged, or failed and tried anew)

   Transfers are queued to cover QUEUE_MS of host stall. Their callbacks check, decode into the
   rings and submit again; nothing else. All control requests are asynchronous too. libusb's rules
   that this file lives by: no open, close or synchronous call inside a callback; a transfer is free
   only after its own callback; after cancelling, events are handled until every callback came, for
   a bounded time, after which the memory is given up rather than the program hung. */
#ifndef STANCE_USB_STREAM_H
#define STANCE_USB_STREAM_H

#include "instrument.h"

struct stance_usb_stream;

/* Finds, opens, identifies and configures the instrument that `uri` names (its path: a serial
   number as the instrument itself says it, or a port, "" for the first found). `instrument`,
   `uri`'s text (copied) and `clock` as for a source. STANCE_INSTRUMENT says whether it is absent,
   busy, not permitted (and the command that mends it) or silent. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_usb_stream_open(const struct stance_instrument *instrument, const struct stance_uri *uri,
                       const struct stance_clock *clock, struct stance_source_info *ret_info,
                       struct stance_usb_stream **ret_stream, struct stance_problem *problem);

/* What is plugged in, without writing to or detaching a generic serial chip. */
struct stance_usb_found {
  const struct stance_instrument *instrument;
  char port[32];  /* "1-2.3": bus and port path */
  char model[64]; /* of the table, or as the instrument says */
  char serial[64];
  char firmware[32];
  bool generic;    /* not asked: it may be another device; the URI must name its port */
  bool identified; /* it answered; else `problem` says why not, "" for a generic one */
  struct stance_problem problem;
};
/* The caller frees the array. STANCE_OK with a count of 0 where nothing is there. WORK. */
STANCE_MUST_CHECK enum stance_status stance_usb_list(struct stance_usb_found **ret_found,
                                                     size_t *ret_count,
                                                     struct stance_problem *problem);

/* The operations of driver.h over a `struct stance_usb_stream`; `open` is stance_usb_stream_open.
 */
extern const struct stance_source_driver stance_usb_driver;

#endif
