/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that knows zstd; block_body.c reads what it unpacks. A block is one zstd frame
   (level 1) with its content size and its content checksum (low 32 bits of XXH64), so that the
   checksum covers all of this:

     0  4   "SBK1"
     4  4   n, frames                                       all numbers little-endian
     8  4   r, runs
    12  1   c, channels
    13  3   zero
    16  20·r  runs of successive frames, of which only the first may have gap_before ≠ 0:
              u64 first index, u32 length, u32 gap_before, u32 flags of each
     …      c channels, each
              u8  w = 0…7: whole numbers up to ±2^53
                  i64 first value, then w byte planes of n−1 bytes, least significant first: the
                  zigzag of each difference to the value before
              u8  255: n binary64 as they are

   Differences of a converter's counts are small: their upper planes are nearly constant, which is
   what zstd's entropy stage is good at. On 250-frame blocks of 16- to 24-bit counts with a noise of
   3 to 300 counts (standard deviation) that gives 0.7 to 1.9 bytes a value, 1.3 to 1.9 times less
   than zstd makes of the 4-byte differences; level 9 changes it by under 2 %. Of floats, zstd makes
   6.4 to 7.6 bytes (newtons), and byte planes would gain another 3 to 7 %: not worth a second
   layout. */
#include "block_body.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { ZSTD_LEVEL = 1 };

struct stance_block_codec {
  ZSTD_CCtx *compressor;
  ZSTD_DCtx *decompressor;
  uint8_t *packed; /* body of the block that is being encoded */
  size_t packed_capacity;
  struct block_body body; /* of the open block */
  size_t body_capacity, runs_capacity;
  struct stance_raw_frame *frames;
  double *column;
  size_t frames_capacity, column_capacity;
};

enum stance_status stance_block_codec_create(struct stance_block_codec **ret_codec)
{
  struct stance_block_codec *codec = calloc(1, sizeof *codec);
  if (codec == NULL)
    return STANCE_MEMORY;
  codec->compressor = ZSTD_createCCtx();
  codec->decompressor = ZSTD_createDCtx();
  if (codec->compressor == NULL || codec->decompressor == NULL ||
      ZSTD_isError(
          ZSTD_CCtx_setParameter(codec->compressor, ZSTD_c_compressionLevel, ZSTD_LEVEL)) ||
      ZSTD_isError(ZSTD_CCtx_setParameter(codec->compressor, ZSTD_c_checksumFlag, 1))) {
    stance_block_codec_destroy(codec);
    return STANCE_MEMORY;
  }
  *ret_codec = codec;
  return STANCE_OK;
}

void stance_block_codec_destroy(struct stance_block_codec *codec)
{
  if (codec == NULL)
    return;
  ZSTD_freeCCtx(codec->compressor);
  ZSTD_freeDCtx(codec->decompressor);
  free(codec->packed);
  free(codec->body.bytes);
  free(codec->body.run);
  free(codec->frames);
  free(codec->column);
  free(codec);
}

static uint8_t *put_bytes(uint8_t *to, uint64_t value, size_t size)
{
  for (size_t k = 0; k < size; k++)
    to[k] = (uint8_t)(value >> (8 * k));
  return to + size;
}

static bool continues_run(const struct stance_raw_frame *previous,
                          const struct stance_raw_frame *frame)
{
  return frame->index == previous->index + 1 && frame->gap_before == 0 &&
         frame->flags == previous->flags;
}

static uint8_t *put_runs(uint8_t *to, const struct stance_raw_frame *frames, size_t count,
                         uint32_t *ret_run_count)
{
  uint32_t run_count = 0;
  for (size_t first = 0, end; first < count; first = end) {
    for (end = first + 1; end < count && continues_run(&frames[end - 1], &frames[end]);)
      end++;
    to = put_bytes(to, frames[first].index, 8);
    to = put_bytes(to, end - first, 4);
    to = put_bytes(to, frames[first].gap_before, 4);
    to = put_bytes(to, frames[first].flags, 4);
    run_count++;
  }
  *ret_run_count = run_count;
  return to;
}

static bool is_exact_integer(double value)
{
  return fabs(value) <= BLOCK_INTEGER_MAX && value == (double)(int64_t)value &&
         !(value == 0 && signbit(value)); /* −0 has no whole number of its own */
}

static uint64_t zigzag(int64_t value)
{
  return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static uint64_t difference_of(const struct stance_raw_frame *frames, size_t k, size_t channel)
{
  return zigzag((int64_t)frames[k].value[channel] - (int64_t)frames[k - 1].value[channel]);
}

/* Bytes that the largest difference needs, or BLOCK_FLOAT_WIDTH. */
static unsigned channel_width(const struct stance_raw_frame *frames, size_t count, size_t channel)
{
  uint64_t bits = 0;
  for (size_t k = 0; k < count; k++) {
    if (!is_exact_integer(frames[k].value[channel]))
      return BLOCK_FLOAT_WIDTH;
    if (k > 0)
      bits |= difference_of(frames, k, channel);
  }
  unsigned width = 0;
  for (; bits != 0; bits >>= 8)
    width++;
  return width;
}

static uint8_t *put_channel(uint8_t *to, const struct stance_raw_frame *frames, size_t count,
                            size_t channel)
{
  unsigned width = channel_width(frames, count, channel);
  *to++ = (uint8_t)width;
  if (width == BLOCK_FLOAT_WIDTH) {
    for (size_t k = 0; k < count; k++) {
      uint64_t bits;
      memcpy(&bits, &frames[k].value[channel], sizeof bits);
      to = put_bytes(to, bits, 8);
    }
    return to;
  }
  to = put_bytes(to, (uint64_t)(int64_t)frames[0].value[channel], 8);
  size_t plane_size = count - 1;
  for (size_t k = 1; k < count; k++) {
    uint64_t difference = difference_of(frames, k, channel);
    for (unsigned plane = 0; plane < width; plane++)
      to[plane * plane_size + k - 1] = (uint8_t)(difference >> (8 * plane));
  }
  return to + width * plane_size;
}

enum stance_status stance_block_encode(struct stance_block_codec *codec,
                                       const struct stance_raw_frame *frames, size_t count,
                                       size_t channel_count, uint8_t **ret_bytes, size_t *ret_size)
{
  void *packed = codec->packed;
  if (!block_reserve(&packed, &codec->packed_capacity,
                     BLOCK_HEADER_SIZE + count * BLOCK_RUN_SIZE + channel_count * (9 + count * 8),
                     1))
    return STANCE_MEMORY;
  uint8_t *body = packed;
  codec->packed = body;
  uint32_t run_count;
  uint8_t *end = put_runs(body + BLOCK_HEADER_SIZE, frames, count, &run_count);
  for (size_t channel = 0; channel < channel_count; channel++)
    end = put_channel(end, frames, count, channel);
  memcpy(body, BLOCK_MAGIC, 4);
  put_bytes(body + 4, count, 4);
  put_bytes(body + 8, run_count, 4);
  put_bytes(body + 12, channel_count, 4);

  size_t body_size = (size_t)(end - body), capacity = ZSTD_compressBound(body_size);
  uint8_t *bytes = malloc(capacity);
  if (bytes == NULL)
    return STANCE_MEMORY;
  size_t size = ZSTD_compress2(codec->compressor, bytes, capacity, body, body_size);
  if (ZSTD_isError(size)) { /* the bound rules out all but memory */
    free(bytes);
    return STANCE_MEMORY;
  }
  uint8_t *fitted = realloc(bytes, size); /* kept in memory for minutes when the store refuses */
  *ret_bytes = fitted != NULL ? fitted : bytes;
  *ret_size = size;
  return STANCE_OK;
}

/* STANCE_INPUT where the frame, its size or its checksum is wrong. */
static enum stance_status decompress(struct stance_block_codec *codec, const uint8_t *bytes,
                                     size_t size)
{
  /* RFC 8878, 3.1.1.1.1: bit 2 of the byte after the magic number says that a checksum follows. */
  if (size <= 4 || (bytes[4] & 4) == 0)
    return STANCE_INPUT;
  unsigned long long body_size = ZSTD_getFrameContentSize(bytes, size);
  if (body_size == ZSTD_CONTENTSIZE_ERROR || body_size == ZSTD_CONTENTSIZE_UNKNOWN ||
      body_size < BLOCK_HEADER_SIZE || body_size > BLOCK_BODY_SIZE_MAX)
    return STANCE_INPUT;
  void *body = codec->body.bytes;
  if (!block_reserve(&body, &codec->body_capacity, (size_t)body_size, 1))
    return STANCE_MEMORY;
  codec->body.bytes = body;
  codec->body.size = ZSTD_decompressDCtx(codec->decompressor, body, (size_t)body_size, bytes, size);
  return codec->body.size == body_size ? STANCE_OK : STANCE_INPUT;
}

enum stance_status stance_block_open(struct stance_block_codec *codec, const uint8_t *bytes,
                                     size_t size, const struct stance_block_content **ret_content)
{
  enum stance_status status = decompress(codec, bytes, size);
  if (status == STANCE_OK)
    status = block_body_parse(&codec->body, &codec->runs_capacity);
  if (status == STANCE_OK)
    *ret_content = &codec->body.content;
  return status;
}

enum stance_status stance_block_read(const struct stance_block_codec *codec, size_t channel,
                                     double *ret_value)
{
  return block_body_read(&codec->body, channel, ret_value);
}

static bool reserve_frames(struct stance_block_codec *codec, size_t count)
{
  void *frames = codec->frames, *column = codec->column;
  bool reserved = block_reserve(&frames, &codec->frames_capacity, count, sizeof *codec->frames) &&
                  block_reserve(&column, &codec->column_capacity, count, sizeof *codec->column);
  codec->frames = frames;
  codec->column = column;
  return reserved;
}

enum stance_status stance_block_decode(struct stance_block_codec *codec, const uint8_t *bytes,
                                       size_t size, const struct stance_raw_frame **ret_frames,
                                       size_t *ret_count, size_t *ret_channel_count)
{
  const struct stance_block_content *content;
  enum stance_status status = stance_block_open(codec, bytes, size, &content);
  if (status != STANCE_OK)
    return status;
  if (!reserve_frames(codec, content->frame_count))
    return STANCE_MEMORY;
  struct stance_raw_frame *frame = codec->frames;
  for (size_t k = 0; k < content->run_count; k++)
    for (size_t i = 0; i < content->run[k].frame_count; i++)
      *frame++ = (struct stance_raw_frame){.index = content->run[k].first_index + i,
                                           .gap_before = i == 0 ? content->run[k].gap_before : 0,
                                           .flags = content->run[k].flags};
  for (size_t channel = 0; channel < STANCE_CHANNEL_COUNT_MAX; channel++) {
    bool present = channel < content->channel_count;
    if (present && stance_block_read(codec, channel, codec->column) != STANCE_OK)
      return STANCE_INPUT;
    for (size_t k = 0; k < content->frame_count; k++)
      codec->frames[k].value[channel] = present ? codec->column[k] : (double)NAN;
  }
  *ret_frames = codec->frames;
  *ret_count = content->frame_count;
  *ret_channel_count = content->channel_count;
  return STANCE_OK;
}
