/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dialogues with a Bota sensor through its FTDI chip; see bota_talk.c. */
#ifndef STANCE_BOTA_TALK_H
#define STANCE_BOTA_TALK_H

#include "usb_serial.h"

/* How often the chip sends what it has while frames come. */
enum { STANCE_BOTA_LATENCY_MS = 1 };

struct stance_bota_talk {
  unsigned sinc; /* length of the sensor's filter; to be set before CONFIGURE */
  struct stance_bridge bridge;
  uint8_t port; /* of the chip, as its requests count */
  /* Of the dialogue under way. */
  const uint8_t *script;
  size_t act;
  size_t sent; /* characters of the command under way */
  bool paused; /* a character was sent, and the pause after it is still to come */
  unsigned waited_ms, attempt;
  char heard[3]; /* the last characters that came */
};

/* `converse` of the instrument. WORK. */
enum stance_status stance_bota_converse(struct stance_bota_talk *talk,
                                        enum stance_dialogue dialogue, unsigned step,
                                        const struct stance_usb_reply *reply,
                                        struct stance_usb_exchange *ret_exchange,
                                        struct stance_problem *problem);

#endif
