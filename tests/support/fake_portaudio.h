/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PortAudio as one card that a test has in its hand: a program that includes this is linked with it
   in place of the library. What is played comes back to the input, later by as much as the test
   says. */
#ifndef STANCE_FAKE_PORTAUDIO_H
#define STANCE_FAKE_PORTAUDIO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { FAKE_CARD_RATE_HZ = 48000, FAKE_CARD_PERIOD = 256 };

struct fake_card {
  atomic_bool present; /* false: it vanishes at the next buffer, and no other one is there */
  atomic_bool hangs;   /* it is there, and asks for nothing */
  atomic_bool has_input;
  atomic_bool eager;     /* the first buffer is asked for before the start returns */
  atomic_uint run_dry;   /* so many of the next buffers come after a gap */
  atomic_uint opened;    /* how often */
  atomic_uint callbacks; /* of the output */
  atomic_uint first;     /* how many streams came before other threads when they were started */
  /* Before it is opened: */
  double claimed_output_s, claimed_input_s; /* what it says of its latencies */
  double true_trip_s;                       /* from the output's buffer to the input's */
  bool by_jack;                             /* else by ALSA */
  double deaf_share;                        /* of the bursts that come back: 0 all, 1 none */
  void (*around)(bool begins);              /* NULL, or called before and after each callback */
};
extern struct fake_card fake_card;

/* The last `count` frames that were asked for, the mean of both channels; at most a second. */
void fake_card_last(double *ret_samples, size_t count);
/* A card that is there, tells the truth, and nothing was ever done to it. */
void fake_card_reset(void);

#endif
