/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scans of an MCC instrument, split at any byte: each frame is what was sampled at its index, and
   nothing is missing; bytes that are missing never go unnoticed where a code has bits to spare. */
#include "mcc.h"
#include "support/decoder_bench.h"
#include "support/signals.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SCANS_MAX = 3000, TRIALS = 2000 };

struct line {
  struct stance_mcc_stream stream;
  size_t channel_count, scan_count, length;
  uint8_t bytes[SCANS_MAX * 16];
};

static unsigned code_of(const struct line *line, size_t scan, size_t place)
{
  /* both ends of the range among them */
  return (unsigned)((scan * 40503 + place * 977) & line->stream.highest_code);
}

static void make_line(struct line *line, struct random *random, uint16_t highest_code)
{
  *line = (struct line){.stream.highest_code = highest_code};
  line->scan_count = (size_t)random_whole(random, 0, SCANS_MAX);
  line->stream.sampled_count = (size_t)random_whole(random, 1, 8);
  for (size_t k = 0; k < line->stream.sampled_count; k++) {
    const bool stored = line->channel_count == 0 || random_whole(random, 0, 3) > 0;
    line->stream.place[k] = stored ? (uint8_t)line->channel_count++ : STANCE_MCC_UNSTORED;
  }
  for (size_t scan = 0; scan < line->scan_count; scan++)
    for (size_t k = 0; k < line->stream.sampled_count; k++) {
      const unsigned code = code_of(line, scan, line->stream.place[k]);
      line->bytes[line->length++] = (uint8_t)code;
      line->bytes[line->length++] = (uint8_t)(code >> 8);
    }
}

static void decode(const struct line *line, struct random *random, struct decoder_bench *bench)
{
  struct stance_mcc_stream stream = line->stream;

  stance_mcc_stream_rewind(&stream);
  decoder_bench_init(bench, line->channel_count);
  for (size_t at = 0; at < line->length;) {
    size_t count = (size_t)random_whole(random, 0, 300);
    if (count > line->length - at)
      count = line->length - at;
    /* An exact copy: the address sanitizer sees one byte too far. */
    uint8_t *bytes = malloc(count + 1);
    assert_non_null(bytes);
    memcpy(bytes + 1, line->bytes + at, count);
    stance_mcc_stream_decode(&stream, bytes + 1, count, &bench->sink);
    free(bytes);
    decoder_bench_read(bench);
    at += count;
  }
  decoder_bench_check_account(bench);
}

static void check_frame(const struct line *line, const struct stance_raw_frame *frame)
{
  for (size_t c = 0; c < line->channel_count; c++) {
    const unsigned code = code_of(line, frame->index, c);
    const bool at_end = code == 0 || code == line->stream.highest_code;
    assert_int_equal((unsigned)frame->value[c], code);
    assert_int_equal((frame->flags & STANCE_FRAME_SATURATED(c)) != 0, at_end);
  }
  assert_int_equal(frame->flags >> line->channel_count, 0);
}

static uint64_t first_seed(void)
{
  const char *text = getenv("STANCE_SEED");
  const uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : 20250302;
  print_message("seeds from %" PRIu64 "\n", seed);
  return seed;
}

static void every_scan_comes_at_its_index(void **context)
{
  (void)context;
  static struct line line;
  const uint64_t seed = first_seed();
  for (uint64_t k = 0; k < TRIALS; k++) {
    struct random random = random_seeded(seed + k);
    struct decoder_bench bench;
    make_line(&line, &random, random_whole(&random, 0, 1) ? UINT16_MAX : 0x0fff);
    decode(&line, &random, &bench);
    assert_int_equal(bench.count, line.scan_count);
    for (size_t j = 0; j < bench.count; j++)
      check_frame(&line, &bench.frame[j]);
    assert_null(bench.sink.restart_reason);
    decoder_bench_finish(&bench);
  }
}

/* A byte is gone: all before it is right, and soon after nothing more is taken. */
static void a_missing_byte_ends_a_stream_of_twelve_bits(void **context)
{
  (void)context;
  static struct line line;
  const uint64_t seed = first_seed();
  for (uint64_t k = 0; k < TRIALS; k++) {
    struct random random = random_seeded(seed + k);
    struct decoder_bench bench;
    make_line(&line, &random, 0x0fff);
    if (line.scan_count < 200)
      continue;
    const size_t at = (size_t)random_whole(&random, 0, (long)line.length / 2);
    memmove(line.bytes + at, line.bytes + at + 1, line.length - at - 1);
    line.length--;
    decode(&line, &random, &bench);
    assert_non_null(bench.sink.restart_reason);
    const size_t scan_bytes = 2 * line.stream.sampled_count;
    assert_true(bench.sink.next_index <= at / scan_bytes + 40);
    for (size_t j = 0; j < bench.count && bench.frame[j].index < at / scan_bytes; j++)
      check_frame(&line, &bench.frame[j]);
    decoder_bench_finish(&bench);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_scan_comes_at_its_index),
      cmocka_unit_test(a_missing_byte_ends_a_stream_of_twelve_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
