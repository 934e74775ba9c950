/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the LabJack U3 and U6 have in common: checksums, commands and their answers, the stream. */
#ifndef STANCE_LABJACK_H
#define STANCE_LABJACK_H

#include "instrument.h"

enum {
  STANCE_LABJACK_VENDOR = 0x0cd5,
  STANCE_LABJACK_COMMAND_OUT = 0x01,
  STANCE_LABJACK_ANSWER_IN = 0x82,
  STANCE_LABJACK_STREAM_IN = 0x83,
  STANCE_LABJACK_PACKET_MAX = 64,  /* full-speed bulk */
  STANCE_LABJACK_SAMPLES_MAX = 25, /* a packet: 14 + 2·25 = 64 */
  STANCE_LABJACK_OVERHEAD = 14,
};

/* The high byte of a sum added to the low one, twice. */
static inline uint8_t stance_labjack_fold(unsigned sum)
{
  sum = (sum & 0xff) + (sum >> 8);
  sum = (sum & 0xff) + (sum >> 8);
  return (uint8_t)sum;
}
/* Sum in 16 bits, folded. */
uint8_t stance_labjack_checksum8(const uint8_t *bytes, size_t count);
uint16_t stance_labjack_checksum16(const uint8_t *bytes, size_t count);
/* Writes the checksums of an extended command ([1] is 0xF8): 16 over 6…, then 8 over 1…5. */
void stance_labjack_seal(uint8_t *command, size_t length);
/* The same of a normal command: 8 over 1…. */
void stance_labjack_seal_normal(uint8_t *command, size_t length);
/* NULL where `answer` answers `command` with right length, names and checksums; else what is wrong
   with it. `length` counts the bytes that came. */
const char *stance_labjack_answer_fault(const uint8_t *command, const uint8_t *answer,
                                        size_t length);
/* What an instrument means by an error code; "" where it is not known. */
const char *stance_labjack_error_text(unsigned code);

static inline uint16_t stance_labjack_get_u16(const uint8_t *bytes)
{
  return (uint16_t)(bytes[0] | bytes[1] << 8);
}
static inline uint32_t stance_labjack_get_u32(const uint8_t *bytes)
{
  return stance_labjack_get_u16(bytes) | (uint32_t)stance_labjack_get_u16(bytes + 2) << 16;
}
/* 64-bit fixed point of a calibration block: low word fraction / 2^32, high word signed. */
double stance_labjack_get_fixed(const uint8_t *bytes);

/* One dialogue under way: question after question, each asked anew where its answer is late or
   garbled. */
struct stance_labjack_talk {
  uint8_t command[4]; /* how the question under way begins */
  unsigned question, attempt;
  int phase;
  bool late; /* an answer was late or garbled: more of its kind may come */
};
struct stance_labjack_script {
  const char *scheme;
  /* Question k, sealed, as a BULK_OUT; or a DRAIN, which has no answer. STANCE_END past the last,
     any other: the dialogue has failed. */
  enum stance_status (*ask)(void *state, enum stance_dialogue dialogue, unsigned question,
                            struct stance_usb_exchange *ret_exchange,
                            struct stance_problem *problem);
  /* The answer to it: checksums and names are right. STANCE_END: the dialogue has succeeded. */
  enum stance_status (*hear)(void *state, enum stance_dialogue dialogue, unsigned question,
                             const uint8_t *answer, size_t length, struct stance_problem *problem);
};
/* `converse` of an instrument over its script. */
enum stance_status stance_labjack_converse(const struct stance_labjack_script *script,
                                           struct stance_labjack_talk *talk, void *state,
                                           enum stance_dialogue dialogue, unsigned step,
                                           const struct stance_usb_reply *reply,
                                           struct stance_usb_exchange *ret_exchange,
                                           struct stance_problem *problem);
/* A BULK_OUT of `length` zeros to be filled: an extended command of number `number`. */
void stance_labjack_extended(struct stance_usb_exchange *exchange, uint8_t number, size_t length);
void stance_labjack_drain(struct stance_usb_exchange *exchange, uint8_t endpoint);
/* START, STOP and CHECK, and the first questions of IDENTIFY and CONFIGURE (stop, then both
   endpoints drained), are the same for all. */
enum { STANCE_LABJACK_STOP_QUESTIONS = 3 };
enum stance_status stance_labjack_ask_stream(enum stance_dialogue dialogue, unsigned question,
                                             struct stance_usb_exchange *ret_exchange);
enum stance_status stance_labjack_hear_stream(const char *scheme, enum stance_dialogue dialogue,
                                              unsigned question, const uint8_t *answer,
                                              struct stance_problem *problem);
/* An extended answer must have this length and no error code, or the message says what was asked
   for: "set up the stream". */
struct stance_labjack_expected {
  size_t length;
  const char *doing;
};
enum stance_status stance_labjack_accept(const char *scheme,
                                         const struct stance_labjack_expected *expected,
                                         const uint8_t *answer, size_t length,
                                         struct stance_problem *problem);

/* The clock of a scan: clock_hz / interval. */
struct stance_labjack_clock {
  uint8_t bits; /* of the scan configuration byte */
  double clock_hz;
};
struct stance_labjack_pace {
  uint8_t bits;
  uint16_t interval;
  double rate_hz; /* what it really is */
};
/* The pair of clock and interval nearest to `rate_hz`; of equals the first of `clocks`, which ends
   with a clock of 0. */
void stance_labjack_choose_pace(const struct stance_labjack_clock *clocks, double rate_hz,
                                struct stance_labjack_pace *ret_pace);
/* Whole scans in a packet every 6.25 ms where that makes a short packet, else full ones. */
unsigned stance_labjack_choose_samples(size_t channel_count, double rate_hz);
/* `shape` of an instrument. */
void stance_labjack_shape(size_t channel_count, unsigned samples_per_packet, double rate_hz,
                          struct stance_usb_shape *ret_shape);

/* The decoder of the stream; see labjack_stream.c. */
struct stance_labjack_stream {
  size_t channel_count;
  unsigned samples_per_packet;
  uint16_t highest_code; /* this and 0 are the ends of the range */
  /* All below is forgotten by rewind. */
  uint8_t held[2 * STANCE_LABJACK_PACKET_MAX]; /* what has not come whole, or is in doubt */
  size_t held_count;
  uint8_t last[STANCE_LABJACK_PACKET_MAX]; /* the packet before, to know a repeated one by */
  bool any;                                /* one was taken: `last` is set */
  bool synchronised;                       /* the first packet of this stream was seen */
  bool given_up;          /* a reason to start anew was told: nothing more is used */
  bool recovering;        /* 59 was said: what still comes is older than the gap */
  bool broken, damaged;   /* this scan misses a sample; one of them came damaged */
  uint8_t counter;        /* of the next packet */
  unsigned stale;         /* packets of a stream before */
  uint64_t skipped_bytes; /* since the last good packet */
  size_t position;        /* of the next sample in its scan */
  uint64_t missed_scans;  /* reported, their place not yet found */
  unsigned marker_window; /* samples within which it must be found */
  uint32_t flags;         /* of this scan so far */
  double value[STANCE_CHANNEL_COUNT_MAX];
};
void stance_labjack_stream_rewind(struct stance_labjack_stream *stream);
/* `decode` of an instrument. USB. */
void stance_labjack_stream_decode(struct stance_labjack_stream *stream, const uint8_t *bytes,
                                  size_t length, struct stance_frame_sink *sink);

extern const struct stance_instrument stance_labjack_u3;
extern const struct stance_instrument stance_labjack_u6;

#endif
