/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The open framing of home-built plates, as OPEN_FRAMING.md lays it down. */
#ifndef STANCE_OPEN_FRAME_H
#define STANCE_OPEN_FRAME_H

#include "instrument.h"

enum {
  STANCE_OPEN_VERSION = 1,
  STANCE_OPEN_PACKET_MAX = 250,  /* decoded, checksum included: one byte of overhead in COBS */
  STANCE_OPEN_ENCODED_MAX = 252, /* with that byte and the zero at the end */
  STANCE_OPEN_DATA_HEAD = 14,
  STANCE_OPEN_CHECK_BYTES = 2,
};

enum stance_open_type {
  STANCE_OPEN_IDENTITY = 0x01,
  STANCE_OPEN_CHANNEL = 0x02,
  STANCE_OPEN_DONE = 0x03,
  STANCE_OPEN_CONFIGURED = 0x04,
  STANCE_OPEN_DATA = 0x10,
  STANCE_OPEN_IDENTIFY = 0x81,
  STANCE_OPEN_DESCRIBE = 0x82,
  STANCE_OPEN_CONFIGURE = 0x83,
  STANCE_OPEN_START = 0x84,
  STANCE_OPEN_STOP = 0x85,
};

uint16_t stance_open_get_u16(const uint8_t *bytes);
uint32_t stance_open_get_u32(const uint8_t *bytes);

/* Packs version, type and `count` further bytes, checksum and COBS with the zero at its end, and
   returns how long that is; at most STANCE_OPEN_ENCODED_MAX. */
size_t stance_open_pack(enum stance_open_type type, const uint8_t *body, size_t count,
                        uint8_t ret_encoded[STANCE_OPEN_ENCODED_MAX]);
/* Undoes COBS of `count` bytes without the zero. 0 where they are none, else the length of what
   they say, with a right checksum, version and at least a type. USB. */
size_t stance_open_unpack(const uint8_t *encoded, size_t count,
                          uint8_t ret_packet[STANCE_OPEN_ENCODED_MAX]);

/* Gathers bytes up to the zero that ends a packet. */
struct stance_open_gatherer {
  uint8_t bytes[STANCE_OPEN_ENCODED_MAX];
  size_t count;
  bool overlong; /* more came than a packet may have: all up to the zero is rubbish */
};
/* Takes from *bytes up to the next zero and moves on by that. True where a packet ended: it is
   `bytes` and `count` of the gatherer, rubbish where `overlong`. USB. */
bool stance_open_gather(struct stance_open_gatherer *gatherer, const uint8_t **bytes,
                        size_t *length);
void stance_open_gatherer_clear(struct stance_open_gatherer *gatherer);

/* The decoder of the stream; see open_frame_stream.c. */
struct stance_open_stream {
  uint8_t mask;
  size_t channel_count, sample_bytes;
  unsigned scans_per_packet; /* as the instrument said: how many a damaged packet held */
  double rate_hz;
  /* All below is forgotten by rewind. */
  struct stance_open_gatherer gatherer;
  bool any;            /* a packet was taken: the next four are set */
  bool given_up;       /* a reason to start anew was told: nothing more is used */
  uint32_t index;      /* of the next scan */
  uint32_t last_index; /* first of the packet before */
  uint32_t last_us;    /* its time */
  uint64_t damaged;    /* packets that could not be read since the last good one */
  unsigned unreadable; /* the same, never bounded by what is missing */
};
void stance_open_stream_rewind(struct stance_open_stream *stream);
/* `decode` of the instrument. USB. */
void stance_open_stream_decode(struct stance_open_stream *stream, const uint8_t *bytes,
                               size_t length, struct stance_frame_sink *sink);

extern const struct stance_instrument stance_open_plate;

#endif
