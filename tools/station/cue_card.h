/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sound card through PortAudio, which is included by cue_card.c alone. Private to cue_*.c. One
   thread at a time; but for the two callbacks: WORK. */
#ifndef STANCE_CUE_CARD_H
#define STANCE_CUE_CARD_H

#include "cue_output.h"

/* Fills interleaved stereo frames, of which the first leaves the card at `dac_ns`
   (CLOCK_MONOTONIC, as the card reports it); `ran_dry`: there was a gap before them. AUDIO. */
typedef void cue_card_render(void *context, float *ret_frames, size_t frame_count, int64_t dac_ns,
                             bool ran_dry);
/* Interleaved frames, of which the first came to the card at `adc_ns`. AUDIO. */
typedef void cue_card_hear(void *context, const float *frames, size_t frame_count,
                           size_t channel_count, int64_t adc_ns);

struct cue_card;

struct cue_card_options {
  const char *output; /* a part of its name; "": the system's own choice */
  double latency_s;   /* wanted, of output and input */
  const char *input;  /* as `output`; NULL: nothing is heard */
  cue_card_render *render;
  cue_card_hear *hear;
  void *context;
};
struct cue_card_info {
  char output[128], input[128];
  double rate_hz;
  double latency_s; /* as the card says: from the callback to its output */
};

/* Starts PortAudio where it rests, finds the card, opens and starts it. `before` is called when its
   rate is known and no callback runs yet. STANCE_INSTRUMENT with a sentence; the card is closed
   then. */
STANCE_MUST_CHECK enum stance_status cue_card_open(const struct cue_card_options *options,
                                                   void (*before)(void *context, double rate_hz),
                                                   struct cue_card **ret_card,
                                                   struct cue_card_info *ret_info,
                                                   struct stance_problem *problem);
bool cue_card_is_active(const struct cue_card *card);
/* Silence, and PortAudio rests: only when it is started anew does it see another card. Accepts
   NULL. */
void cue_card_close(struct cue_card *card);

#endif
