/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decoder_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RING_FRAMES = 4096 };

void decoder_bench_init(struct decoder_bench *bench, size_t channel_count)
{
  *bench = (struct decoder_bench){0};
  assert_int_equal(stance_frame_ring_create(RING_FRAMES, &bench->sink.ring[0]), STANCE_OK);
  bench->sink.ring_count = 1;
  bench->sink.channel_count = channel_count;
}

void decoder_bench_finish(struct decoder_bench *bench)
{
  stance_frame_ring_destroy(bench->sink.ring[0]);
  free(bench->frame);
}

void decoder_bench_read(struct decoder_bench *bench)
{
  for (;;) {
    if (bench->count == bench->capacity) {
      bench->capacity = bench->capacity * 2 + RING_FRAMES;
      bench->frame = realloc(bench->frame, bench->capacity * sizeof *bench->frame);
      assert_non_null(bench->frame);
    }
    const size_t got = stance_frame_ring_read(bench->sink.ring[0], bench->frame + bench->count,
                                              bench->capacity - bench->count);
    if (got == 0)
      break;
    bench->count += got;
  }
  assert_int_equal(stance_frame_ring_dropped(bench->sink.ring[0]), 0);
}

void decoder_bench_check_account(struct decoder_bench *bench)
{
  uint64_t next = 0;

  decoder_bench_read(bench);
  for (size_t k = 0; k < bench->count; k++) {
    const struct stance_raw_frame *frame = &bench->frame[k];
    assert_true(frame->index >= next);
    assert_int_equal(frame->gap_before, frame->index - next);
    next = frame->index + 1;
  }
  assert_int_equal(bench->count + bench->sink.lost, bench->sink.next_index);
  assert_true(bench->sink.corrupt <= bench->sink.lost);
}
