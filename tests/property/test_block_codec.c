/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever frames go into a block come out of it, bit for bit; whatever bytes come in, only a block
   comes out. */
#include "block_codec.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { ROUNDS = 400, FRAMES_MAX = 3000, DAMAGES = 4000 };

static uint64_t random_state;

/* xorshift64* (Vigna 2016). */
static uint64_t random_bits(void)
{
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return random_state * UINT64_C(2685821657736338717);
}

static uint64_t random_below(uint64_t limit)
{
  return random_bits() % limit;
}

static double from_bits(uint64_t bits)
{
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* One channel's character: what converters, files in newtons and broken drivers deliver. */
static double draw_value(unsigned character, double previous)
{
  switch (character) {
  case 0: /* a converter's counts, wandering */
    return previous + (double)(int64_t)random_below(2001) - 1000;
  case 1: /* constant */
    return -8388608;
  case 2: /* whole numbers at the ends of what binary64 counts exactly */
    return (random_below(2) != 0 ? 1 : -1) * (9007199254740992.0 - (double)random_below(3));
  case 3: /* newtons */
    return (double)random_below(1000000) / 997.0;
  case 4: /* any bits at all: NaN payloads, infinities, subnormals */
    return from_bits(random_bits());
  case 5: { /* the few that are treated apart */
    static const double few[] = {0.0, -0.0, 1, -1, 9007199254740994.0, 0.5};
    return few[random_below(sizeof few / sizeof *few)];
  }
  case 6: /* the same, near each other */
    return 9007199254740992.0 - (double)random_below(200);
  default: /* mostly whole, one odd value makes the channel a float one */
    return random_below(500) == 0 ? (double)NAN : (double)random_below(100);
  }
}

static void draw_frames(struct stance_raw_frame *frames, size_t count, size_t channel_count)
{
  unsigned character[STANCE_CHANNEL_COUNT_MAX];
  for (size_t c = 0; c < channel_count; c++)
    character[c] = (unsigned)random_below(8);
  bool dirty = random_below(2) != 0;
  uint64_t index = random_below(4) == 0 ? random_bits() : random_below(100000);
  for (size_t k = 0; k < count; k++) {
    frames[k] = (struct stance_raw_frame){.index = index++};
    if (dirty && random_below(50) == 0)
      frames[k].gap_before = (uint32_t)random_bits();
    if (dirty && random_below(50) == 0)
      index += random_below(2) != 0 ? random_below(1000) : UINT64_MAX - 3; /* a late one: back */
    if (dirty && random_below(20) == 0)
      frames[k].flags = (uint32_t)random_bits();
    for (size_t c = 0; c < channel_count; c++)
      frames[k].value[c] = draw_value(character[c], k > 0 ? frames[k - 1].value[c] : 0);
  }
}

static void expect_same(const struct stance_raw_frame *given, const struct stance_raw_frame *got,
                        size_t count, size_t channel_count)
{
  for (size_t k = 0; k < count; k++) {
    assert_int_equal(got[k].index, given[k].index);
    assert_int_equal(got[k].gap_before, given[k].gap_before);
    assert_int_equal(got[k].flags, given[k].flags);
    assert_memory_equal(got[k].value, given[k].value, channel_count * sizeof(double));
    for (size_t c = channel_count; c < STANCE_CHANNEL_COUNT_MAX; c++)
      assert_true(isnan(got[k].value[c]));
  }
}

static void test_every_frame_comes_back(void **state)
{
  struct stance_block_codec *codec = *state;
  static struct stance_raw_frame frames[FRAMES_MAX];
  for (unsigned round = 0; round < ROUNDS; round++) {
    size_t count = 1 + random_below(round % 2 != 0 ? 5 : FRAMES_MAX);
    size_t channel_count = 1 + random_below(STANCE_CHANNEL_COUNT_MAX);
    draw_frames(frames, count, channel_count);
    uint8_t *bytes;
    size_t size, got_count, got_channels;
    const struct stance_raw_frame *got;
    assert_int_equal(stance_block_encode(codec, frames, count, channel_count, &bytes, &size),
                     STANCE_OK);
    assert_int_equal(stance_block_decode(codec, bytes, size, &got, &got_count, &got_channels),
                     STANCE_OK);
    assert_int_equal(got_count, count);
    assert_int_equal(got_channels, channel_count);
    expect_same(frames, got, count, channel_count);
    free(bytes);
  }
}

static void test_the_largest_block_comes_back(void **state)
{
  struct stance_block_codec *codec = *state;
  struct stance_raw_frame *frames = calloc(STANCE_BLOCK_FRAME_COUNT_MAX, sizeof *frames);
  assert_non_null(frames);
  for (size_t k = 0; k < STANCE_BLOCK_FRAME_COUNT_MAX; k++) {
    frames[k] = (struct stance_raw_frame){.index = 2 * k, .gap_before = 1};
    for (size_t c = 0; c < STANCE_CHANNEL_COUNT_MAX; c++)
      frames[k].value[c] = from_bits(random_bits());
  }
  uint8_t *bytes;
  size_t size, count, channel_count;
  const struct stance_raw_frame *got;
  assert_int_equal(stance_block_encode(codec, frames, STANCE_BLOCK_FRAME_COUNT_MAX,
                                       STANCE_CHANNEL_COUNT_MAX, &bytes, &size),
                   STANCE_OK);
  assert_int_equal(stance_block_decode(codec, bytes, size, &got, &count, &channel_count),
                   STANCE_OK);
  assert_int_equal(count, STANCE_BLOCK_FRAME_COUNT_MAX);
  expect_same(frames, got, count, channel_count);
  free(bytes);
  free(frames);
}

/* Every single bit of a small block, and random damage to a large one: no frame is ever guessed. */
static void test_damage_is_noticed(void **state)
{
  struct stance_block_codec *codec = *state;
  static struct stance_raw_frame frames[FRAMES_MAX];
  for (size_t count = 20; count <= FRAMES_MAX; count *= 10) {
    draw_frames(frames, count, 2);
    uint8_t *bytes;
    size_t size;
    assert_int_equal(stance_block_encode(codec, frames, count, 2, &bytes, &size), STANCE_OK);
    size_t damages = count == 20 ? 8 * size : DAMAGES;
    for (size_t damage = 0; damage < damages; damage++) {
      size_t bit = count == 20 ? damage : random_below(8 * size), got_count = 0, got_channels = 0;
      const struct stance_raw_frame *got = NULL;
      bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
      enum stance_status status =
          stance_block_decode(codec, bytes, size, &got, &got_count, &got_channels);
      if (status == STANCE_OK) /* a bit of zstd's frame that carries nothing */
        expect_same(frames, got, count, 2);
      else
        assert_int_equal(status, STANCE_INPUT);
      bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t cut = 0; cut < size; cut += 1 + size / 500) {
      const struct stance_raw_frame *got;
      size_t got_count, got_channels;
      assert_int_equal(stance_block_decode(codec, bytes, cut, &got, &got_count, &got_channels),
                       STANCE_INPUT);
    }
    free(bytes);
  }
}

static int set_up(void **state)
{
  struct stance_block_codec *codec;
  if (stance_block_codec_create(&codec) != STANCE_OK)
    return -1;
  *state = codec;
  return 0;
}

static int tear_down(void **state)
{
  stance_block_codec_destroy(*state);
  return 0;
}

int main(void)
{
  const char *seed = getenv("STANCE_SEED");
  random_state = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
  printf("seed %llu (STANCE_SEED repeats it)\n", (unsigned long long)random_state);
  random_state |= 1; /* zero is the one state that the generator cannot leave */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_every_frame_comes_back, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_the_largest_block_comes_back, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_damage_is_noticed, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
