/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tiny instrument behind the fake libusb, a stream opened on it, and a reader that holds the
   stream to its accounts. */
#ifndef STANCE_TEST_USB_RIG_H
#define STANCE_TEST_USB_RIG_H

#include "support/fake_libusb.h"
#include "support/tiny_instrument.h"
#include "usb_stream.h"

#include "stance/ring.h"

enum { USB_RIG_DEVICES = 3, USB_RIG_SERIAL = 1001 };
#define USB_RIG_MS INT64_C(1000000)
#define USB_RIG_S INT64_C(1000000000)

struct usb_rig {
  struct tiny_device tiny[USB_RIG_DEVICES]; /* serials 1001, 1002, a generic chip */
  int number[USB_RIG_DEVICES];
  const struct stance_instrument *instrument; /* tiny_instrument, if not changed before open */
  struct stance_source_info info;
  struct stance_usb_stream *stream;
  struct stance_frame_ring *ring;
  struct stance_problem problem;
  /* What the reader saw since start. */
  uint64_t frames, next_index, gaps, longest_gap;
  int64_t worst_shift; /* of a frame's index against the device's own running number, in frames */
  int64_t first_shift, last_shift;
  uint64_t last_number;
  bool out_of_order;
};

/* A world with three devices that are not plugged in yet. */
void usb_rig_begin(struct usb_rig *rig, uint64_t seed);
/* Ends all; fails the test where libusb was misused, or something is left over. */
void usb_rig_end(struct usb_rig *rig);
enum stance_status usb_rig_open(struct usb_rig *rig, const char *uri);
/* The same, and it must work; then all that libusb has to do about it is done. */
void usb_rig_must_open(struct usb_rig *rig, const char *uri);
void usb_rig_must_start(struct usb_rig *rig);
/* Virtual time passes; frames are read meanwhile. */
void usb_rig_pass(struct usb_rig *rig, int64_t span_ns);
void usb_rig_stop(struct usb_rig *rig);
struct stance_source_health usb_rig_health(const struct usb_rig *rig);
/* produced = read + lost, to the frame; the stream must be stopped, or still. */
void usb_rig_assert_accounts(struct usb_rig *rig);

#endif
