/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A LabJack that says anything. The first byte chooses what the rest is: bytes of the stream,
   packets of it whose checksums are made right (behind those a fuzzer would hardly come), answers
   in a dialogue, as they are or made right, or a URI. */
#include "labjack.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void seal_packets(const struct stance_labjack_stream *stream, uint8_t *bytes, size_t length)
{
  const size_t size = STANCE_LABJACK_OVERHEAD + 2 * (size_t)stream->samples_per_packet;

  for (; length >= size; bytes += size, length -= size) {
    if (bytes[0] == 0xff)
      continue; /* this one stays damaged */
    bytes[1] = 0xf9;
    bytes[2] = (uint8_t)(4 + stream->samples_per_packet);
    bytes[3] = 0xc0;
    bytes[size - 1] = 0;
    stance_labjack_seal(bytes, size);
  }
}

static void check_account(const struct stance_frame_sink *sink)
{
  if (sink->lost > sink->next_index || sink->corrupt > sink->lost || sink->backlog_pct > 100 ||
      sink->gap > sink->lost)
    abort();
}

/* At once and in pieces: the same frames, the same account. */
static void decode(const uint8_t *data, size_t size, bool seal)
{
  if (size < 3)
    return;
  struct stance_labjack_stream whole = {.channel_count = 1U + data[0] % 8,
                                        .samples_per_packet = 1U + data[1] % 25,
                                        .highest_code = UINT16_MAX};
  const size_t piece = 1U + data[2], length = size - 3;
  struct stance_frame_sink sink = {.channel_count = whole.channel_count}, pieces_sink = sink;
  uint8_t *bytes = malloc(length + 1);
  if (bytes == NULL)
    abort();
  memcpy(bytes, data + 3, length);
  if (seal)
    seal_packets(&whole, bytes, length);
  stance_labjack_stream_rewind(&whole);
  struct stance_labjack_stream pieces = whole;

  stance_labjack_stream_decode(&whole, bytes, length, &sink);
  for (size_t at = 0; at < length; at += piece)
    stance_labjack_stream_decode(&pieces, bytes + at, length - at < piece ? length - at : piece,
                                 &pieces_sink);
  check_account(&sink);
  if (memcmp(&sink, &pieces_sink, offsetof(struct stance_frame_sink, spare)) != 0)
    abort();
  free(bytes);
}

/* Each answer is as long as its first byte says. */
static struct stance_usb_reply next_reply(const uint8_t **data, size_t *size, bool seal,
                                          const struct stance_usb_exchange *asked)
{
  static uint8_t answer[STANCE_LABJACK_PACKET_MAX];
  struct stance_usb_reply reply = {.data = answer};

  if (*size == 0)
    return (struct stance_usb_reply){.outcome = STANCE_USB_FAILED};
  reply.outcome = (enum stance_usb_outcome)(**data >> 6);
  reply.length = **data % sizeof answer;
  ++*data;
  --*size;
  if (asked->transfer != STANCE_USB_BULK_IN)
    return (struct stance_usb_reply){.outcome = reply.outcome};
  if (reply.length > *size)
    reply.length = *size;
  memcpy(answer, *data, reply.length);
  *data += reply.length;
  *size -= reply.length;
  if (seal && reply.length >= 8) {
    answer[1] = 0xf8;
    answer[2] = (uint8_t)((reply.length - 6) / 2);
    stance_labjack_seal(answer, reply.length);
  } else if (seal && reply.length > 1) {
    stance_labjack_seal_normal(answer, reply.length);
  }
  return reply;
}

static void converse(const struct stance_instrument *instrument, const uint8_t *data, size_t size,
                     bool seal)
{
  static struct stance_uri uri;
  struct stance_usb_exchange exchange = {0};
  struct stance_usb_reply reply = {0};
  struct stance_source_info info = {0};
  void *state = calloc(1, instrument->state_size);

  if (state == NULL || stance_uri_init(&uri, "labjack:", NULL) != STANCE_OK ||
      instrument->set_up(state, &uri, &instrument->ids[0], NULL) != STANCE_OK)
    abort();
  for (int dialogue = 0; dialogue <= STANCE_DIALOGUE_SELF_TEST && size > 0; dialogue++) {
    enum stance_status status = STANCE_OK;
    for (unsigned step = 0; status == STANCE_OK; step++) {
      if (step > 500)
        abort();
      memset(&exchange, 0, sizeof exchange);
      status = instrument->converse(state, (enum stance_dialogue)dialogue, step,
                                    step == 0 ? NULL : &reply, &exchange, NULL);
      if (exchange.length > sizeof exchange.data)
        abort();
      if (status == STANCE_OK)
        reply = next_reply(&data, &size, seal, &exchange);
    }
  }
  instrument->describe(state, &info);
  free(state);
}

static void set_up(const struct stance_instrument *instrument, const uint8_t *data, size_t size)
{
  static struct stance_uri uri;
  char text[STANCE_URI_SIZE];
  struct stance_source_info info = {0};
  struct stance_usb_shape shape;

  if (size >= sizeof text - 4)
    return;
  memcpy(text, "x:?", 3);
  memcpy(text + 3, data, size);
  text[size + 3] = '\0';
  void *state = calloc(1, instrument->state_size);
  if (state == NULL)
    abort();
  if (stance_uri_init(&uri, text, NULL) == STANCE_OK &&
      instrument->set_up(state, &uri, &instrument->ids[0], NULL) == STANCE_OK) {
    instrument->describe(state, &info);
    instrument->shape(state, &shape);
    if (info.channel_count < 1 || info.channel_count > STANCE_CHANNEL_COUNT_MAX ||
        !(info.rate_hz > 0.9 && info.rate_hz < 51000) || info.oversampling < 1 ||
        shape.packet_bytes < 16 || shape.packet_bytes > 64 ||
        fabs(shape.packets_per_s * (double)(shape.packet_bytes - 14) / 2 -
             info.rate_hz * (double)info.channel_count) > 1e-6 * info.rate_hz)
      abort();
  }
  free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  const unsigned mode = data[0] % 8;
  const struct stance_instrument *instrument =
      (data[0] & 0x80) != 0 ? &stance_labjack_u3 : &stance_labjack_u6;
  if (mode < 4)
    decode(data + 1, size - 1, mode > 0); /* sealed packets reach deepest */
  else if (mode < 7)
    converse(instrument, data + 1, size - 1, mode > 4);
  else
    set_up(instrument, data + 1, size - 1);
  return 0;
}
