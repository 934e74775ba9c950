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

/* Any bytes at all may be handed in. `ret_frames` is borrowed from the codec until its next call;
   values of channels that the block lacks are NaN. STANCE_INPUT, without a guess, where the
   checksum or anything else is wrong; STANCE_MEMORY. WORK. */
STANCE_MUST_CHECK enum stance_status stance_block_decode(struct stance_block_codec *codec,
                                                         const uint8_t *bytes, size_t size,
                                                         const struct stance_raw_frame **ret_frames,
                                                         size_t *ret_count,
                                                         size_t *ret_channel_count);

#endif
