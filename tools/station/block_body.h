/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to block_codec.c and block_body.c: a block as it is inside its zstd frame. */
#ifndef STANCE_BLOCK_BODY_H
#define STANCE_BLOCK_BODY_H

#include "block_codec.h"

#include <stdbool.h>

enum {
  BLOCK_HEADER_SIZE = 16,
  BLOCK_RUN_SIZE = 20,
  BLOCK_FLOAT_WIDTH = 255,
  BLOCK_INTEGER_WIDTH_MAX = 7, /* a difference of two numbers up to 2^53 has 55 bits after zigzag */
  BLOCK_BODY_SIZE_MAX = BLOCK_HEADER_SIZE + STANCE_BLOCK_FRAME_COUNT_MAX * BLOCK_RUN_SIZE +
                        STANCE_CHANNEL_COUNT_MAX * (1 + STANCE_BLOCK_FRAME_COUNT_MAX * 8),
};
#define BLOCK_MAGIC "SBK1"
#define BLOCK_INTEGER_MAX 9007199254740992.0 /* 2^53: up to here every whole binary64 is exact */

/* Owns `bytes` and the runs of `content`. */
struct block_body {
  uint8_t *bytes;
  size_t size;
  struct stance_block_run *run;
  struct stance_block_content content;
  const uint8_t *channel[STANCE_CHANNEL_COUNT_MAX]; /* where each begins, at its width */
};

static inline uint64_t block_get(const uint8_t *from, size_t size)
{
  uint64_t value = 0;
  for (size_t k = 0; k < size; k++)
    value |= (uint64_t)from[k] << (8 * k);
  return value;
}

/* Enlarges an array, which keeps what it holds; false where memory ran out. */
bool block_reserve(void **array, size_t *capacity, size_t count, size_t element_size);

/* Checks `bytes` and fills the rest: afterwards every channel can be read. */
STANCE_MUST_CHECK enum stance_status block_body_parse(struct block_body *body,
                                                      size_t *runs_capacity);
/* STANCE_INPUT where a number is none that the encoder writes. */
STANCE_MUST_CHECK enum stance_status block_body_read(const struct block_body *body, size_t channel,
                                                     double *ret_value);

#endif
