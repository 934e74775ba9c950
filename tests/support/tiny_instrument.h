/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The smallest instrument that exercises the transfer engine, both halves: what the station knows
   of it, and what the device does. Its samples are its own running number, so that a test sees in
   each frame which instant it was.

   Packet:  0 counter | 1 frames n | 2.. n × (low 15 bits, high bits; 16-bit LE each) | sum of all
   before as 16-bit LE. n = 15 fills 64 bytes; less ends a transfer. */
#ifndef STANCE_TEST_TINY_INSTRUMENT_H
#define STANCE_TEST_TINY_INSTRUMENT_H

#include "instrument.h"
#include "support/fake_libusb.h"

enum { TINY_VENDOR = 0x1209, TINY_PRODUCT = 0x0001, TINY_GENERIC_PRODUCT = 0x0002 };

/* `tiny:[SERIAL|PORT]?rate=1500&frames=15&interfaces=1`. */
extern const struct stance_instrument tiny_instrument;
/* The same without STATUS: it sends or it does not. */
extern const struct stance_instrument tiny_unasked_instrument;

/* The device. Its sample clock runs from the world's beginning, whether it streams or not. */
struct tiny_device {
  uint32_t serial;
  double rate_error;   /* of its crystal: 1e-6 is 1 ppm */
  size_t fifo_packets; /* its buffer; 0: endless */
  /* Faults. */
  bool mute;               /* answers nothing */
  bool silent;             /* answers, sends no stream */
  bool silent_until_start; /* the same, until it is started anew */
  bool stopped_alone;      /* CHECK finds it not streaming */
  bool hands_over_at_stop; /* what it was silent about */
  bool refuses_start;      /* stalls START */
  int deaf_answers;        /* so many control requests get no answer */
  bool corrupt_next, skip_next, fatal_next, restart_next; /* the next packet */
  /* Its state. */
  bool streaming, overrun;
  double rate_hz;
  unsigned frames_per_packet;
  uint8_t counter;
  uint64_t next_sample; /* first of the next packet */
  unsigned identified, configured, started, stopped, checked;
};
extern const struct fake_model tiny_model;
/* The running number of the sample that is taken at `at_ns`. */
uint64_t tiny_sample_at(const struct tiny_device *device, int64_t at_ns);
/* That number, of a frame. */
uint64_t tiny_number(const struct stance_raw_frame *frame);

#endif
