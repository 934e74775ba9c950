/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layout that block_codec.c draws, read. Everything is checked before any of it is used: its
   checksum says that the bytes are as they were written, not by whom. */
#include "block_body.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool block_reserve(void **array, size_t *capacity, size_t count, size_t element_size)
{
  if (count <= *capacity)
    return true;
  void *larger = realloc(*array, count * element_size);
  if (larger == NULL)
    return false;
  *array = larger;
  *capacity = count;
  return true;
}

/* What is left of the body while it is read. */
struct reader {
  const uint8_t *next;
  size_t left;
};

static const uint8_t *take(struct reader *reader, size_t size)
{
  if (size > reader->left)
    return NULL;
  const uint8_t *bytes = reader->next;
  reader->next += size;
  reader->left -= size;
  return bytes;
}

static bool parse_runs(struct reader *reader, struct stance_block_run *run, size_t run_count,
                       size_t frame_count)
{
  size_t done = 0;
  for (size_t k = 0; k < run_count; k++) {
    const uint8_t *bytes = take(reader, BLOCK_RUN_SIZE);
    if (bytes == NULL)
      return false;
    run[k] = (struct stance_block_run){
        .first_index = block_get(bytes, 8),
        .frame_count = (size_t)block_get(bytes + 8, 4),
        .gap_before = (uint32_t)block_get(bytes + 12, 4),
        .flags = (uint32_t)block_get(bytes + 16, 4),
    };
    if (run[k].frame_count == 0 || run[k].frame_count > frame_count - done)
      return false;
    done += run[k].frame_count;
  }
  return done == frame_count;
}

/* Steps over one channel. */
static bool parse_channel(struct reader *reader, size_t frame_count)
{
  const uint8_t *width = take(reader, 1);
  if (width == NULL)
    return false;
  if (*width == BLOCK_FLOAT_WIDTH)
    return take(reader, 8 * frame_count) != NULL;
  return *width <= BLOCK_INTEGER_WIDTH_MAX && take(reader, 8 + *width * (frame_count - 1)) != NULL;
}

enum stance_status block_body_parse(struct block_body *body, size_t *runs_capacity)
{
  struct reader reader = {body->bytes, body->size};
  const uint8_t *header = take(&reader, BLOCK_HEADER_SIZE);
  if (header == NULL || memcmp(header, BLOCK_MAGIC, 4) != 0)
    return STANCE_INPUT;
  size_t frame_count = (size_t)block_get(header + 4, 4);
  size_t run_count = (size_t)block_get(header + 8, 4);
  size_t channel_count = (size_t)block_get(header + 12, 4);
  if (frame_count == 0 || frame_count > STANCE_BLOCK_FRAME_COUNT_MAX || run_count > frame_count ||
      channel_count == 0 || channel_count > STANCE_CHANNEL_COUNT_MAX)
    return STANCE_INPUT;
  void *run = body->run;
  if (!block_reserve(&run, runs_capacity, run_count, sizeof *body->run))
    return STANCE_MEMORY;
  body->run = run;
  if (!parse_runs(&reader, body->run, run_count, frame_count))
    return STANCE_INPUT;
  for (size_t k = 0; k < channel_count; k++) {
    body->channel[k] = reader.next;
    if (!parse_channel(&reader, frame_count))
      return STANCE_INPUT;
  }
  if (reader.left != 0)
    return STANCE_INPUT;
  body->content = (struct stance_block_content){.frame_count = frame_count,
                                                .channel_count = channel_count,
                                                .run_count = run_count,
                                                .run = body->run};
  return STANCE_OK;
}

static void read_floats(const uint8_t *bytes, size_t count, double *ret_value)
{
  for (size_t k = 0; k < count; k++) {
    uint64_t bits = block_get(bytes + 8 * k, 8);
    memcpy(&ret_value[k], &bits, sizeof bits);
  }
}

/* Differences of any width, one by one. Unsigned, so that nonsense wraps instead of undefined. */
static bool read_wide(uint64_t value, const uint8_t *planes, size_t width, size_t count,
                      double *ret_value)
{
  double number = (double)(int64_t)value;
  bool exact = fabs(number) <= BLOCK_INTEGER_MAX;
  ret_value[0] = number;
  for (size_t k = 1; k < count; k++) {
    uint64_t difference = 0;
    for (size_t plane = 0; plane < width; plane++)
      difference |= (uint64_t)planes[plane * (count - 1) + k - 1] << (8 * plane);
    value += (difference >> 1) ^ (0 - (difference & 1));
    number = (double)(int64_t)value;
    exact &= fabs(number) <= BLOCK_INTEGER_MAX;
    ret_value[k] = number;
  }
  return exact;
}

/* Numbers whose differences have at most 24 bits are summed in 32 bits, a piece at a time: 2^7
   differences of up to 2^23 stay below 2^31. */
enum { PIECE = 128, QUAD = 4 };
typedef int32_t quad __attribute__((vector_size(QUAD * sizeof(int32_t))));

/* `width` is a constant in each caller, so that the compiler keeps the planes apart. */
static inline void unpack_piece(const uint8_t *planes, size_t plane_size, size_t width,
                                size_t count, int32_t *ret_difference)
{
  for (size_t k = 0; k < count; k++) {
    uint32_t difference = planes[k];
    if (width > 1)
      difference |= (uint32_t)planes[plane_size + k] << 8;
    if (width > 2)
      difference |= (uint32_t)planes[2 * plane_size + k] << 16;
    ret_difference[k] = (int32_t)(difference >> 1) ^ -(int32_t)(difference & 1);
  }
}

/* Each becomes the sum of itself and all before it. */
static void sum_piece(int32_t *difference)
{
  const quad zero = {0, 0, 0, 0};
  quad before = zero;
  for (size_t k = 0; k < PIECE; k += QUAD) {
    quad sum;
    memcpy(&sum, difference + k, sizeof sum);
    sum += __builtin_shufflevector(zero, sum, 0, 4, 5, 6);
    sum += __builtin_shufflevector(zero, sum, 0, 1, 4, 5);
    sum += before;
    before = __builtin_shufflevector(sum, sum, 3, 3, 3, 3);
    memcpy(difference + k, &sum, sizeof sum);
  }
}

static inline bool read_narrow(uint64_t first, const uint8_t *planes, size_t width, size_t count,
                               double *ret_value)
{
  double start = (double)(int64_t)first;
  ret_value[0] = start;
  for (size_t at = 1; at < count; at += PIECE) {
    int32_t piece[PIECE];
    size_t room = count - at, length = room < PIECE ? room : PIECE;
    if (!(fabs(start) <= BLOCK_INTEGER_MAX - (double)INT32_MAX))
      return false;
    if (length < PIECE)
      memset(piece, 0, sizeof piece);
    unpack_piece(planes + at - 1, count - 1, width, length, piece);
    sum_piece(piece);
    for (size_t k = 0; k < length; k++)
      ret_value[at + k] = start + (double)piece[k];
    start = ret_value[at + length - 1];
  }
  return true;
}

static bool read_integers(const uint8_t *bytes, unsigned width, size_t count, double *ret_value)
{
  uint64_t first = block_get(bytes, 8);
  const uint8_t *planes = bytes + 8;
  bool done = false;
  switch (width) { /* those of 8- to 24-bit converters */
  case 1:
    done = read_narrow(first, planes, 1, count, ret_value);
    break;
  case 2:
    done = read_narrow(first, planes, 2, count, ret_value);
    break;
  case 3:
    done = read_narrow(first, planes, 3, count, ret_value);
    break;
  default:
    break;
  }
  return done || read_wide(first, planes, width, count, ret_value);
}

enum stance_status block_body_read(const struct block_body *body, size_t channel, double *ret_value)
{
  const uint8_t *bytes = body->channel[channel];
  size_t count = body->content.frame_count;
  if (*bytes != BLOCK_FLOAT_WIDTH)
    return read_integers(bytes + 1, *bytes, count, ret_value) ? STANCE_OK : STANCE_INPUT;
  read_floats(bytes + 1, count, ret_value);
  return STANCE_OK;
}
