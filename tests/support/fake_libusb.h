/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libusb as a test wants it: its entry points are defined here, so that the linker takes them
   instead of the shared library's. Time is virtual and passes only where the program under test
   handles events or sleeps; what happens when, and in which order callbacks come, is the test's.

   Every misuse of libusb is noted: a transfer submitted twice or freed in flight, a callback after
   close, a call that callbacks must not make, anything left over at the end. */
#ifndef STANCE_TEST_FAKE_LIBUSB_H
#define STANCE_TEST_FAKE_LIBUSB_H

#include "stance/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_STALL = -1, FAKE_NO_ANSWER = -2 };

/* What a device does; called while it is plugged in, with the fake's lock held. */
struct fake_model {
  void (*plugged)(void *device, int64_t now_ns);
  /* Bytes of the answer in `data`, FAKE_STALL or FAKE_NO_ANSWER. */
  int (*control)(void *device, int64_t now_ns, uint8_t request_type, uint8_t request,
                 uint16_t value, uint16_t index, uint8_t *data, int length);
  /* The next packet of an IN endpoint, of at most `size` bytes; -1 where none is ready: then
   *ret_next_ns says when one may be, INT64_MAX for never. */
  int (*packet)(void *device, uint8_t endpoint, int64_t now_ns, uint8_t *data, int size,
                int64_t *ret_next_ns);
};
enum { FAKE_PORT_MAX = 3 };
struct fake_device {
  const struct fake_model *model;
  void *device;
  uint16_t vendor, product;
  uint8_t bus, port[FAKE_PORT_MAX]; /* 0 ends the ports */
  bool kernel_driver;               /* bound to interface 0 */
};

/* What can be made to happen, at once or at a virtual time. Where a device is meant, the last
   argument is its number. */
enum fake_event {
  FAKE_PLUG,   /* `value`: how many opens fail before one works, with FAKE_OPEN_ERROR's code */
  FAKE_UNPLUG, /* `value`: one of enum fake_leave */
  /* The oldest stream transfer comes back at once, with the bytes it has. */
  FAKE_TRANSFER_STALL, /* and the endpoint stays halted until it is cleared */
  FAKE_TRANSFER_OVERFLOW,
  FAKE_TRANSFER_ERROR, /* `value`: of that many */
  FAKE_TRANSFER_TIMED_OUT,
  FAKE_TRANSFER_CANCELLED, /* without having been cancelled */
  /* Settings that hold until changed. */
  FAKE_HOST_STALL,    /* events are not handled for `value` ns, once */
  FAKE_HELD_UP,       /* once, for `value` ns after events were handled, the thread does not run */
  FAKE_OPEN_ERROR,    /* a libusb code */
  FAKE_SUBMIT_MEMORY, /* so many transfers can be in flight; beyond it NO_MEM */
  FAKE_SUBMIT_ERROR_IN_CALLBACK, /* `value` submits from within a callback fail with IO */
  FAKE_CANCEL_NOT_FOUND,         /* cancel says NOT_FOUND, the callback comes all the same */
  FAKE_CANCEL_COMPLETES,         /* cancelled transfers come back COMPLETED */
  FAKE_CANCEL_DELAY,             /* callbacks come `value` ns after the cancel */
  FAKE_CALLBACKS_NEVER, /* the next `value` cancelled or unplugged transfers never come back */
  FAKE_HOTPLUG_MISSING, /* no event of it arrives */
  FAKE_JITTER,          /* up to so many ns of random delay before events are handled */
  FAKE_SHUFFLE,         /* callbacks of cancelled transfers and of other endpoints in any order */
};
enum fake_leave {
  FAKE_LEAVE_USUAL,        /* NO_DEVICE on every transfer, then LEFT */
  FAKE_LEAVE_LEFT_FIRST,   /* LEFT before any of them */
  FAKE_LEAVE_LEFT_BETWEEN, /* LEFT after half of them */
  FAKE_LEAVE_NO_LEFT,      /* no LEFT at all */
  FAKE_LEAVE_ERROR_FIRST,  /* ERROR on the first, then as usual */
  FAKE_LEAVE_ERRORS,       /* ERROR on all, no LEFT: it looks alive and is not */
  FAKE_LEAVE_COUNT,
};

/* Begins a world: no device, virtual time at one second, `seed` for whatever is random. */
void fake_libusb_begin(uint64_t seed);
/* Ends it; NULL where libusb was used as it must be and nothing is left over, else what was wrong.
   Links that were given up on purpose are told by `given_up`. */
const char *fake_libusb_end(void);
/* The number of the new device; it is plugged in by FAKE_PLUG. */
int fake_libusb_add(const struct fake_device *device);
void fake_libusb_do(enum fake_event event, int64_t value, int device);
void fake_libusb_at(int64_t at_ns, enum fake_event event, int64_t value, int device);

/* The virtual clock. A thread other than the one that handles events, when it asks for the time,
   lets `grace` more of it pass: it is about to wait for an answer. */
extern const struct stance_clock fake_libusb_clock;
int64_t fake_libusb_now(void);
void fake_libusb_set_grace(int64_t span_ns);
/* Lets time pass up to `now + span_ns`; returns when the event thread waits at its end. */
void fake_libusb_pass(int64_t span_ns);

/* How often. */
struct fake_counts {
  unsigned opens, closes, claims, detaches, attaches, clear_halts, submits, callbacks, contexts,
      lists;
  unsigned most_in_flight; /* on IN endpoints of a stream, 0x81 */
  int stream_transfer_bytes;
  unsigned touched[8]; /* by device: opens tried */
};
void fake_libusb_counts(struct fake_counts *ret_counts);

#endif
