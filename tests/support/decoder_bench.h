/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a decoder pushed, against what the instrument sampled. */
#ifndef STANCE_TESTS_DECODER_BENCH_H
#define STANCE_TESTS_DECODER_BENCH_H

#include "frame_sink.h"

#include <stdbool.h>
#include <stdint.h>

struct decoder_bench {
  struct stance_frame_sink sink;
  struct stance_raw_frame *frame; /* read out of the ring so far */
  size_t count, capacity;
};

void decoder_bench_init(struct decoder_bench *bench, size_t channel_count);
void decoder_bench_finish(struct decoder_bench *bench);
/* Moves what waits in the ring to `frame`. */
void decoder_bench_read(struct decoder_bench *bench);
/* Indices rise, each gap is the jump of the index, and pushed + lost is all. Reads first. */
void decoder_bench_check_account(struct decoder_bench *bench);

#endif
