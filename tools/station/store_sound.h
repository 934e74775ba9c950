/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How late sound cards play, as `stance doctor --loopback` measured it. WORK. */
#ifndef STANCE_STORE_SOUND_H
#define STANCE_STORE_SOUND_H

#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>

struct stance_store;

/* Of one card, opened in one way: another rate or another latency has another buffer. */
struct stance_sound_latency {
  char card[128];
  double rate_hz;
  double latency_s;     /* from the callback to the output, as the card says */
  double late_s;        /* how much later than it says its sound truly leaves it */
  double uncertainty_s; /* of late_s for one cue, expanded (k = 2) */
  unsigned heard;       /* bursts that it was measured with */
  char microphone[128]; /* the input that heard them */
  char measured_at[32]; /* RFC 3339, UTC; filled by put */
};

STANCE_MUST_CHECK enum stance_status
stance_store_put_sound_latency(struct stance_store *store,
                               const struct stance_sound_latency *latency,
                               struct stance_problem *problem);
/* The newest of each way in which each card was opened; the caller frees the array, which is NULL
   where there is none. */
STANCE_MUST_CHECK enum stance_status
stance_store_list_sound_latencies(struct stance_store *store,
                                  struct stance_sound_latency **ret_latencies, size_t *ret_count,
                                  struct stance_problem *problem);
/* NULL where nobody measured this card in this way. The card's own word is the same each time it is
   opened in one way, up to rounding. Any context. */
const struct stance_sound_latency *
stance_sound_latency_find(const struct stance_sound_latency *latencies, size_t count,
                          const char *card, double rate_hz, double latency_s);

#endif
