/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/usb_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum { RING_CAPACITY = 1 << 17 };

void usb_rig_begin(struct usb_rig *rig, uint64_t seed)
{
  *rig = (struct usb_rig){.instrument = &tiny_instrument};
  fake_libusb_begin(seed);
  for (int k = 0; k < USB_RIG_DEVICES; k++) {
    const struct fake_device device = {
        .model = &tiny_model,
        .device = &rig->tiny[k],
        .vendor = TINY_VENDOR,
        .product = k == 2 ? TINY_GENERIC_PRODUCT : TINY_PRODUCT,
        .bus = 1,
        .port = {(uint8_t)(k + 1), 4},
        .kernel_driver = k == 2,
    };
    rig->tiny[k] = (struct tiny_device){.serial = USB_RIG_SERIAL + (uint32_t)k};
    rig->number[k] = fake_libusb_add(&device);
  }
  assert_int_equal(stance_frame_ring_create(RING_CAPACITY, &rig->ring), STANCE_OK);
}

void usb_rig_end(struct usb_rig *rig)
{
  if (rig->stream != NULL) {
    usb_rig_stop(rig);
    fake_libusb_set_grace(60 * USB_RIG_S);
    stance_usb_driver.destroy(rig->stream);
    rig->stream = NULL;
  }
  stance_frame_ring_destroy(rig->ring);
  const char *wrong = fake_libusb_end();
  if (wrong != NULL)
    fail_msg("libusb: %s", wrong);
}

enum stance_status usb_rig_open(struct usb_rig *rig, const char *text)
{
  struct stance_uri uri;
  assert_int_equal(stance_uri_init(&uri, text, &rig->problem), STANCE_OK);
  snprintf(rig->info.uri, sizeof rig->info.uri, "%s", text);
  fake_libusb_set_grace(60 * USB_RIG_S);
  const enum stance_status status = stance_usb_stream_open(
      rig->instrument, &uri, &fake_libusb_clock, &rig->info, &rig->stream, &rig->problem);
  fake_libusb_set_grace(0);
  if (status == STANCE_OK)
    fake_libusb_pass(0);
  return status;
}

void usb_rig_must_open(struct usb_rig *rig, const char *text)
{
  const enum stance_status status = usb_rig_open(rig, text);
  if (status != STANCE_OK)
    fail_msg("%s: %s", text, rig->problem.text);
}

void usb_rig_must_start(struct usb_rig *rig)
{
  /* Enough for the dialogues and for opening it anew; the rest of it the stream streams. */
  fake_libusb_set_grace(USB_RIG_S);
  rig->frames = rig->next_index = rig->gaps = rig->longest_gap = 0;
  rig->worst_shift = 0;
  const enum stance_status status =
      stance_usb_driver.start(rig->stream, &rig->ring, 1, &rig->problem);
  fake_libusb_set_grace(0);
  if (status != STANCE_OK)
    fail_msg("start: %s", rig->problem.text);
  usb_rig_pass(rig, 0);
}

static void take_frame(struct usb_rig *rig, const struct stance_raw_frame *frame)
{
  const uint64_t number = tiny_number(frame);
  const int64_t shift = (int64_t)(number - frame->index);
  if (rig->frames == 0)
    rig->first_shift = shift;
  else if (number <= rig->last_number)
    rig->out_of_order = true;
  const uint64_t gap = frame->index - rig->next_index;
  if (frame->index < rig->next_index || gap != frame->gap_before)
    rig->out_of_order = true;
  rig->gaps += gap;
  rig->longest_gap = gap > rig->longest_gap ? gap : rig->longest_gap;
  const int64_t off = llabs(shift - rig->first_shift);
  rig->worst_shift = off > rig->worst_shift ? off : rig->worst_shift;
  rig->last_shift = shift;
  rig->last_number = number;
  rig->next_index = frame->index + 1;
  rig->frames++;
}

static void read_frames(struct usb_rig *rig)
{
  enum { AT_ONCE = 256 };
  struct stance_raw_frame frame[AT_ONCE];
  for (size_t count; (count = stance_frame_ring_read(rig->ring, frame, AT_ONCE)) > 0;)
    for (size_t k = 0; k < count; k++)
      take_frame(rig, &frame[k]);
}

void usb_rig_pass(struct usb_rig *rig, int64_t span_ns)
{
  enum { SLICE_NS = 2000000000 };
  for (; span_ns > SLICE_NS; span_ns -= SLICE_NS) {
    fake_libusb_pass(SLICE_NS);
    read_frames(rig);
  }
  fake_libusb_pass(span_ns);
  read_frames(rig);
}

void usb_rig_stop(struct usb_rig *rig)
{
  fake_libusb_set_grace(60 * USB_RIG_S);
  stance_usb_driver.stop(rig->stream);
  fake_libusb_set_grace(0);
  fake_libusb_pass(0); /* what is left of it */
  read_frames(rig);
}

struct stance_source_health usb_rig_health(const struct usb_rig *rig)
{
  struct stance_source_health health;
  stance_usb_driver.health(rig->stream, &health);
  return health;
}

void usb_rig_assert_accounts(struct usb_rig *rig)
{
  const struct stance_source_health health = usb_rig_health(rig);
  read_frames(rig);
  assert_false(rig->out_of_order);
  assert_int_equal(stance_frame_ring_dropped(rig->ring), 0);
  assert_int_equal(health.frames_produced, rig->frames + health.frames_lost);
  /* What was lost after the last frame has no frame to stand before. */
  assert_int_equal(health.frames_lost, rig->gaps + (health.frames_produced - rig->next_index));
}
