/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run of raw frames as bytes: lossless, self-describing, with a checksum over everything. */
#ifndef STANCE_BLOCK_CODEC_H
#define STANCE_BLOCK_CODEC_H

#include "stance/frame.h"
#include "stance/status.h"

#include <stddef.h>
#include <stdint.h>

/* Frames of one block at most: 0.25 s at 100 kHz is 25,000, and a decoder needs a bound. */
enum { STANCE_BLOCK_FRAME_COUNT_MAX = 1 << 16 };

/* Working memory for encoding and decoding; belongs to one thread at a time. */
struct stance_block_codec;

STANCE_MUST_CHECK enum stance_status
stance_block_codec_create(struct stance_block_codec **ret_codec);
void stance_block_codec_destroy(struct stance_block_codec *codec);

/* 1 … STANCE_BLOCK_FRAME_COUNT_MAX frames of 1 … STANCE_CHANNEL_COUNT_MAX channels. Index,
   gap_before, flags and every bit of every value (NaN payloads, −0) come back. The caller frees
   `ret_bytes`. STANCE_MEMORY. WORK. */
STANCE_MUST_CHECK enum stance_status stance_block_encode(struct stance_block_codec *codec,
                                                         const struct stance_raw_frame *frames,
                                                         size_t count, size_t channel_count,
                                                         uint8_t **ret_bytes, size_t *ret_size);

/* Successive frames, of which only the first may have gap_before ≠ 0. */
struct stance_block_run {
  uint64_t first_index;
  size_t frame_count;
  uint32_t gap_before;
  uint32_t flags; /* of each */
};

struct stance_block_content {
  size_t frame_count, channel_count, run_count;
  const struct stance_block_run *run; /* in the order in which the frames came */
};

/* Unpacks a block, so that its channels can be read; any bytes at all may be handed in.
   `ret_content` is borrowed from the codec until its next call to open or decode. STANCE_INPUT,
   without a guess, where the checksum or anything else is wrong; STANCE_MEMORY. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_block_open(struct stance_block_codec *codec, const uint8_t *bytes, size_t size,
                  const struct stance_block_content **ret_content);
/* The values of one channel of the block that was opened last: frame_count of them. STANCE_INPUT
   where one is none that encode writes; `ret_value` then holds nonsense. WORK. */
STANCE_MUST_CHECK enum stance_status stance_block_read(const struct stance_block_codec *codec,
                                                       size_t channel, double *ret_value);

/* Both at once, as frames. `ret_frames` is borrowed from the codec until its next call; values of
   channels that the block lacks are NaN. As stance_block_open. WORK. */
STANCE_MUST_CHECK enum stance_status stance_block_decode(struct stance_block_codec *codec,
                                                         const uint8_t *bytes, size_t size,
                                                         const struct stance_raw_frame **ret_frames,
                                                         size_t *ret_count,
                                                         size_t *ret_channel_count);

#endif
