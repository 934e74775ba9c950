/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MCC USB-1608FS-Plus and USB-201/202/204/205: one family of control requests, two converters. */
#ifndef STANCE_MCC_H
#define STANCE_MCC_H

#include "analog_input.h"

enum {
  STANCE_MCC_INPUTS = 8,
  STANCE_MCC_STREAM_IN = 0x81,
  STANCE_MCC_PACKET_BYTES = 64,
  STANCE_MCC_RANGES_MAX = 4,
};

/* What one kind of instrument is, beside its line in the table. */
struct stance_mcc_family {
  const char *scheme;
  const struct stance_source_key *keys;
  double clock_hz;         /* of the pacer */
  bool simultaneous;       /* one converter an input and a tick a scan; else a tick a sample */
  bool has_ranges;         /* AIN_CONFIG, and calibration by range */
  bool has_counter;        /* the counter in place of data: bit 5 of the options */
  uint16_t highest_code;   /* all bits set; this and 0 are the ends of the range */
  double highest_input_hz; /* of one input */
  double range_v[STANCE_MCC_RANGES_MAX + 1]; /* ends with 0 */
  uint8_t range_code[STANCE_MCC_RANGES_MAX];
};

/* The decoder; see mcc_stream.c. The first three are kept by rewind. */
struct stance_mcc_stream {
  size_t sampled_count;             /* inputs in a scan on the wire */
  uint8_t place[STANCE_MCC_INPUTS]; /* of each in the frame; STANCE_MCC_UNSTORED: nowhere */
  uint16_t highest_code;
  bool has_half, given_up;
  uint8_t half; /* first byte of a sample whose second has not come */
  size_t position;
  uint32_t flags;
  double value[STANCE_CHANNEL_COUNT_MAX + 1];
};
enum { STANCE_MCC_UNSTORED = STANCE_CHANNEL_COUNT_MAX };
void stance_mcc_stream_rewind(struct stance_mcc_stream *stream);
/* `decode` of an instrument. USB. */
void stance_mcc_stream_decode(struct stance_mcc_stream *stream, const uint8_t *bytes, size_t length,
                              struct stance_frame_sink *sink);

struct stance_mcc_line {
  double slope, intercept; /* of codes: calibrated = code · slope + intercept */
};

struct stance_mcc {
  const struct stance_mcc_family *family;
  const struct stance_usb_id *id;
  struct stance_analog_input input;
  struct stance_mcc_stream stream;
  uint8_t mask;           /* inputs in a scan, bit k: input k */
  bool immediate;         /* a packet a scan */
  uint32_t pacer;         /* ticks less one */
  double rate_hz;         /* of scans, as it really is */
  unsigned item, attempt; /* of the dialogue under way */
  char serial[9];
  struct stance_mcc_line line[STANCE_MCC_RANGES_MAX][STANCE_MCC_INPUTS];
};

/* `converse` of an instrument; see mcc_talk.c. */
enum stance_status stance_mcc_converse(void *state, enum stance_dialogue dialogue, unsigned step,
                                       const struct stance_usb_reply *reply,
                                       struct stance_usb_exchange *ret_exchange,
                                       struct stance_problem *problem);

extern const struct stance_instrument stance_mcc_1608fs_plus;
extern const struct stance_instrument stance_mcc_20x;

#endif
