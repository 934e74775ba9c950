/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one file says of a USB instrument: which devices it is, which bytes to exchange with it and
   how to read its stream. Pure: no I/O, no clock, no thread, no allocation. usb_stream.h does the
   rest, the same for all. */
#ifndef STANCE_INSTRUMENT_H
#define STANCE_INSTRUMENT_H

#include "frame_sink.h"
#include "stance/source.h"
#include "uri.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 512: what an MCC instrument's calibration memory holds of slopes and intercepts. */
enum { STANCE_USB_DATA_MAX = 512, STANCE_USB_INTERFACE_MAX = 2 };

/* Devices by vendor and product. A generic serial chip is in many machines, medical ones among
   them: it is neither opened, detached nor written to unless the URI names its port. */
struct stance_usb_id {
  uint16_t vendor, product; /* a vendor of 0 ends the list */
  const char *model;
  bool generic;
};

/* One exchange of a dialogue. PAUSE only waits `timeout_ms`; DRAIN reads `endpoint` until nothing
   came for `timeout_ms`. */
enum stance_usb_transfer {
  STANCE_USB_CONTROL_OUT,
  STANCE_USB_CONTROL_IN,
  STANCE_USB_BULK_OUT,
  STANCE_USB_BULK_IN,
  STANCE_USB_CLEAR_HALT,
  STANCE_USB_DRAIN,
  STANCE_USB_PAUSE,
};
struct stance_usb_exchange {
  enum stance_usb_transfer transfer;
  uint8_t endpoint;              /* bulk, clear halt, drain */
  uint8_t request_type, request; /* control */
  uint16_t value, index;         /* control */
  uint8_t data[STANCE_USB_DATA_MAX];
  size_t length; /* to be sent, or at most wanted */
  unsigned timeout_ms;
};
enum stance_usb_outcome {
  STANCE_USB_DONE,
  STANCE_USB_STALL,
  STANCE_USB_TIMEOUT,
  STANCE_USB_FAILED
};
struct stance_usb_reply {
  enum stance_usb_outcome outcome;
  const uint8_t *data; /* what came in; also of a time-out */
  size_t length;
};

/* What is talked about. Each begins at step 0 and knows nothing of the one before but the state. */
enum stance_dialogue {
  STANCE_DIALOGUE_IDENTIFY,  /* after a crash it may still be streaming: stop and drain first;
                                then serial number, firmware, the instrument's own calibration */
  STANCE_DIALOGUE_CONFIGURE, /* rate, channels, ranges; the stream transfers are submitted after */
  STANCE_DIALOGUE_START,
  STANCE_DIALOGUE_STOP,
  STANCE_DIALOGUE_CHECK,     /* nothing came for a while: is it still there and streaming?
                                STANCE_INSTRUMENT where it must be started anew */
  STANCE_DIALOGUE_SELF_TEST, /* NULL steps: ends at once where the instrument has none */
};

/* How the stream comes: usb_stream sizes its transfers from it. */
struct stance_usb_shape {
  uint8_t interface[STANCE_USB_INTERFACE_MAX];
  size_t interface_count;
  uint8_t endpoint;        /* bulk IN of the stream */
  size_t max_packet_bytes; /* wMaxPacketSize of that endpoint */
  size_t packet_bytes;     /* of one full packet of the stream; less than max_packet_bytes: each
                              packet is short and ends a transfer */
  double packets_per_s;
};

struct stance_instrument {
  struct stance_source_kind kind; /* keys and messages; the scheme is the instrument's name */
  const struct stance_usb_id *ids;
  size_t state_size;     /* zeroed before set_up; copied byte for byte to try a decode */
  bool silence_condemns; /* CHECK has nothing to ask, and fails: a longer silence is waited for */
  /* Settings of the URI into the state. `id` is the line of `ids` that was found. Text in `uri` is
     borrowed until destroy. STANCE_USAGE names the key and what is allowed. WORK. */
  enum stance_status (*set_up)(void *state, const struct stance_uri *uri,
                               const struct stance_usb_id *id, struct stance_problem *problem);
  /* The next exchange of a dialogue. `step` counts from 0; `reply` answers the exchange of the step
     before and is NULL at step 0. STANCE_OK: do *ret_exchange and come again; STANCE_END: the
     dialogue has succeeded; any other: it failed, `problem` says what and what to do. WORK. */
  enum stance_status (*converse)(void *state, enum stance_dialogue dialogue, unsigned step,
                                 const struct stance_usb_reply *reply,
                                 struct stance_usb_exchange *ret_exchange,
                                 struct stance_problem *problem);
  /* After IDENTIFY: model, serial, firmware, actual rate, channels with range, resolution,
     converter and skew. `uri` is already filled. WORK. */
  void (*describe)(const void *state, struct stance_source_info *ret_info);
  void (*shape)(const void *state, struct stance_usb_shape *ret_shape);
  /* Before each START: forgets half packets and counters of the stream before. */
  void (*rewind)(void *state);
  /* Bytes of the stream in order, a call for what one transfer brought: packets of the bus may lie
     together and are whole, what the instrument calls a frame may be split. Pushes every whole
     frame, and accounts for each that is missing or damaged. USB context. */
  void (*decode)(void *state, const uint8_t *bytes, size_t length, struct stance_frame_sink *sink);
};

/* Every USB instrument, one line each in registry.c; ends with NULL. */
extern const struct stance_instrument *const stance_instruments[];

/* "0,1,2,3" → {0,1,2,3}: each at most `maximum`, none twice, at most STANCE_CHANNEL_COUNT_MAX.
   STANCE_USAGE with `scheme` and what is allowed. */
STANCE_MUST_CHECK enum stance_status
stance_instrument_parse_channels(const char *scheme, const char *text, unsigned maximum,
                                 unsigned *ret_channel, size_t *ret_count,
                                 struct stance_problem *problem);
/* "left:0,right:1" over the instrument's own channel numbers, several channels a side allowed. ""
   makes the first channel left and the second right, a single one total. Channels that are not
   named get STANCE_SIDE_NONE. STANCE_USAGE for a number that is not sampled. */
STANCE_MUST_CHECK enum stance_status
stance_instrument_map_sides(const char *scheme, const char *text, const unsigned *channel,
                            size_t count, enum stance_side *ret_side,
                            struct stance_problem *problem);

#endif
