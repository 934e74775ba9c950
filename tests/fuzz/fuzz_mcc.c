/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An MCC instrument that says anything. The first byte chooses what the rest is: samples, answers
   in a dialogue, or a URI. */
#include "mcc.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* At once and in pieces: the same frames, the same account. */
static void decode(const uint8_t *data, size_t size, uint16_t highest_code)
{
  if (size < 10)
    return;
  struct stance_mcc_stream whole = {.sampled_count = 1U + data[0] % 8,
                                    .highest_code = highest_code};
  const size_t piece = 1U + data[1], length = size - 10;
  struct stance_frame_sink sink = {.channel_count = STANCE_CHANNEL_COUNT_MAX}, pieces_sink = sink;

  for (size_t k = 0; k < 8; k++)
    whole.place[k] = data[2 + k] % (STANCE_MCC_UNSTORED + 1);
  stance_mcc_stream_rewind(&whole);
  struct stance_mcc_stream pieces = whole;
  stance_mcc_stream_decode(&whole, data + 10, length, &sink);
  for (size_t at = 0; at < length; at += piece)
    stance_mcc_stream_decode(&pieces, data + 10 + at, length - at < piece ? length - at : piece,
                             &pieces_sink);
  if (memcmp(&sink, &pieces_sink, offsetof(struct stance_frame_sink, spare)) != 0 ||
      sink.lost > sink.next_index)
    abort();
  /* Until bytes are missing every whole scan is a frame. */
  if (sink.restart_reason == NULL && sink.next_index != length / (2 * whole.sampled_count))
    abort();
}

/* The first byte of a reply is its outcome and length. */
static struct stance_usb_reply next_reply(const uint8_t **data, size_t *size,
                                          const struct stance_usb_exchange *asked)
{
  static uint8_t answer[STANCE_USB_DATA_MAX];
  struct stance_usb_reply reply = {.data = answer};

  if (*size == 0)
    return (struct stance_usb_reply){.outcome = STANCE_USB_FAILED};
  const uint8_t how = **data;
  ++*data;
  --*size;
  reply.outcome = (enum stance_usb_outcome)(how >> 6);
  if (asked->transfer != STANCE_USB_CONTROL_IN && asked->transfer != STANCE_USB_BULK_IN)
    return reply;
  reply.length = (how & 0x3f) == 0 ? asked->length : how & 0x3f;
  if (reply.length > *size)
    reply.length = *size;
  if (reply.length > asked->length)
    reply.length = asked->length;
  memcpy(answer, *data, reply.length);
  *data += reply.length;
  *size -= reply.length;
  return reply;
}

static void converse(const struct stance_instrument *instrument, const uint8_t *data, size_t size)
{
  static struct stance_uri uri;
  struct stance_usb_exchange exchange = {0};
  struct stance_usb_reply reply = {0};
  struct stance_source_info info = {0};
  struct stance_mcc mcc = {0};

  if (stance_uri_init(&uri, "mcc:", NULL) != STANCE_OK ||
      instrument->set_up(&mcc, &uri, &instrument->ids[0], NULL) != STANCE_OK)
    abort();
  for (int dialogue = 0; dialogue <= STANCE_DIALOGUE_SELF_TEST && size > 0; dialogue++) {
    enum stance_status status = STANCE_OK;
    for (unsigned step = 0; status == STANCE_OK; step++) {
      if (step > 500)
        abort();
      memset(&exchange, 0, sizeof exchange);
      status = instrument->converse(&mcc, (enum stance_dialogue)dialogue, step,
                                    step == 0 ? NULL : &reply, &exchange, NULL);
      /* The memory is never written, the firmware never touched. */
      if (exchange.length > sizeof exchange.data || exchange.request == 0x50 ||
          exchange.request == 0x42 ||
          (exchange.transfer == STANCE_USB_CONTROL_OUT && exchange.request >= 0x30))
        abort();
      if (status == STANCE_OK)
        reply = next_reply(&data, &size, &exchange);
    }
  }
  instrument->describe(&mcc, &info);
}

static void set_up(const struct stance_instrument *instrument, const uint8_t *data, size_t size)
{
  static struct stance_uri uri;
  char text[STANCE_URI_SIZE];
  struct stance_source_info info = {0};
  struct stance_usb_shape shape;
  struct stance_mcc mcc = {0};

  if (size >= sizeof text - 4)
    return;
  memcpy(text, "x:?", 3);
  memcpy(text + 3, data, size);
  text[size + 3] = '\0';
  if (stance_uri_init(&uri, text, NULL) != STANCE_OK ||
      instrument->set_up(&mcc, &uri, &instrument->ids[0], NULL) != STANCE_OK)
    return;
  instrument->describe(&mcc, &info);
  instrument->shape(&mcc, &shape);
  /* The pacer of the small ones ticks in 1/70 µs: 500 kHz in all is off by a thousandth at most. */
  if (info.channel_count < 1 || info.channel_count > STANCE_CHANNEL_COUNT_MAX ||
      !(info.rate_hz > 0.99 && info.rate_hz < 1.01 * 250000) || info.oversampling < 1 ||
      shape.packet_bytes < 2 || shape.packet_bytes > 64 ||
      shape.packets_per_s * (double)shape.packet_bytes < 1.99 * info.rate_hz)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  const struct stance_instrument *instrument =
      (data[0] & 0x80) != 0 ? &stance_mcc_20x : &stance_mcc_1608fs_plus;
  switch (data[0] % 4) {
  case 0:
  case 1:
    decode(data + 1, size - 1, data[0] % 4 == 0 ? UINT16_MAX : 0x0fff);
    break;
  case 2:
    converse(instrument, data + 1, size - 1);
    break;
  default:
    set_up(instrument, data + 1, size - 1);
  }
  return 0;
}
