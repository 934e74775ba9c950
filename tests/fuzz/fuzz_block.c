/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A block of the store from any bytes: decoded or refused. The first byte chooses whether the rest
   is a block as stored, or what zstd unpacks to: behind its checksum a fuzzer would never come. */
#include "block_codec.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

static void decode(struct stance_block_codec *codec, const uint8_t *bytes, size_t size)
{
  const struct stance_raw_frame *frames;
  size_t count, channel_count, again_count, again_channels, again_size;
  if (stance_block_decode(codec, bytes, size, &frames, &count, &channel_count) != STANCE_OK)
    return;
  /* What was accepted must be sayable in a block of our own, and come back the same. */
  struct stance_raw_frame *copy = malloc(count * sizeof *copy);
  uint8_t *again;
  if (copy == NULL)
    abort();
  memcpy(copy, frames, count * sizeof *copy);
  if (stance_block_encode(codec, copy, count, channel_count, &again, &again_size) != STANCE_OK ||
      stance_block_decode(codec, again, again_size, &frames, &again_count, &again_channels) !=
          STANCE_OK ||
      again_count != count || again_channels != channel_count)
    abort();
  for (size_t k = 0; k < count; k++)
    if (frames[k].index != copy[k].index || frames[k].gap_before != copy[k].gap_before ||
        frames[k].flags != copy[k].flags ||
        memcmp(frames[k].value, copy[k].value, channel_count * sizeof(double)) != 0)
      abort();
  free(again);
  free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct stance_block_codec *codec;
  if (size == 0 || stance_block_codec_create(&codec) != STANCE_OK)
    return 0;
  if ((data[0] & 1) != 0) {
    decode(codec, data + 1, size - 1);
  } else {
    size_t capacity = ZSTD_compressBound(size);
    uint8_t *packed = malloc(capacity);
    if (packed == NULL)
      abort();
    ZSTD_CCtx *compressor = ZSTD_createCCtx();
    if (compressor == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 1)))
      abort();
    size_t packed_size = ZSTD_compress2(compressor, packed, capacity, data + 1, size - 1);
    if (!ZSTD_isError(packed_size))
      decode(codec, packed, packed_size);
    ZSTD_freeCCtx(compressor);
    free(packed);
  }
  stance_block_codec_destroy(codec);
  return 0;
}
