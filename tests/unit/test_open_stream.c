/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data of the open framing: indices, flags, what is given up. */
#include "open_frame.h"
#include "support/decoder_bench.h"
#include "support/instrument_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void put_u32(uint8_t *bytes, uint32_t value)
{
  for (unsigned k = 0; k < 4; k++)
    bytes[k] = (uint8_t)(value >> 8 * k);
}

/* One scan of each channel of `mask`: 1, 2, 3 … */
static size_t make_data(uint32_t index, uint32_t time_us, uint8_t mask, uint8_t sample_bytes,
                        uint16_t flags, uint8_t wire[STANCE_OPEN_ENCODED_MAX])
{
  uint8_t body[64] = {0};
  size_t length = 12;
  uint32_t value = 1;
  put_u32(body, index);
  put_u32(body + 4, time_us);
  body[8] = mask;
  body[9] = sample_bytes;
  body[10] = (uint8_t)flags;
  body[11] = (uint8_t)(flags >> 8);
  for (unsigned channel = 0; channel < 8; channel++)
    if ((mask >> channel & 1) != 0) {
      put_u32(body + length, value++);
      length += sample_bytes;
    }
  return stance_open_pack(STANCE_OPEN_DATA, body, length, wire);
}

struct plate {
  struct stance_open_stream stream;
  struct decoder_bench bench;
};

static void plate_init(struct plate *plate, uint8_t mask, size_t channel_count, size_t sample_bytes)
{
  plate->stream = (struct stance_open_stream){.mask = mask,
                                              .channel_count = channel_count,
                                              .sample_bytes = sample_bytes,
                                              .scans_per_packet = 1,
                                              .rate_hz = 1000};
  stance_open_stream_rewind(&plate->stream);
  decoder_bench_init(&plate->bench, channel_count);
}

static void feed(struct plate *plate, uint32_t index, uint32_t time_us, uint16_t flags)
{
  uint8_t wire[STANCE_OPEN_ENCODED_MAX];
  const size_t length = make_data(index, time_us, plate->stream.mask,
                                  (uint8_t)plate->stream.sample_bytes, flags, wire);
  stance_open_stream_decode(&plate->stream, wire, length, &plate->bench.sink);
}

static void the_index_counts_what_is_missing(void **unused)
{
  struct plate plate;
  (void)unused;

  plate_init(&plate, 1, 1, 4);
  feed(&plate, 3, 3000, 0); /* 0, 1 and 2 were sampled since START */
  feed(&plate, 4, 4000, 0);
  feed(&plate, 4, 4000, 0); /* once more */
  feed(&plate, 10, 10000, 0);
  decoder_bench_check_account(&plate.bench);
  assert_int_equal(plate.bench.count, 3);
  assert_int_equal(plate.bench.sink.lost, 3 + 5);
  assert_int_equal(plate.bench.sink.duplicated, 1);
  assert_int_equal(plate.bench.frame[2].index, 10);
  feed(&plate, 10 + 30002, 40012000, 0); /* 30 s and a scan more */
  assert_non_null(plate.bench.sink.restart_reason);
  decoder_bench_finish(&plate.bench);
}

static void the_index_wraps(void **unused)
{
  struct plate plate;
  (void)unused;

  plate_init(&plate, 1, 1, 4);
  feed(&plate, 0, 0, 0);
  plate.stream.index = UINT32_MAX; /* as after 49 days at 1 kHz */
  plate.stream.last_index = UINT32_MAX - 1;
  plate.stream.last_us = 0;
  feed(&plate, UINT32_MAX, 1000, 0);
  feed(&plate, 2, 4000, 0); /* 0 and 1 are missing */
  decoder_bench_check_account(&plate.bench);
  assert_int_equal(plate.bench.count, 3);
  assert_int_equal(plate.bench.sink.next_index, 5);
  assert_int_equal(plate.bench.sink.lost, 2);
  assert_int_equal(plate.bench.sink.warnings, 0);
  decoder_bench_finish(&plate.bench);
}

static void flags_reach_the_channels_they_are_of(void **unused)
{
  struct plate plate;
  (void)unused;

  plate_init(&plate, 0xa4, 3, 3); /* channels 2, 5 and 7 */
  feed(&plate, 0, 0, 1 << (8 + 5));
  feed(&plate, 1, 1000, 1 << (8 + 0)); /* not sampled */
  feed(&plate, 2, 2000, 1 << 1);       /* missed */
  feed(&plate, 3, 3000, 1 << 0);       /* overrun */
  decoder_bench_check_account(&plate.bench);
  assert_int_equal(plate.bench.count, 3);
  assert_int_equal(plate.bench.frame[0].flags, STANCE_FRAME_SATURATED(1));
  assert_int_equal(plate.bench.frame[1].flags, 0);
  assert_int_equal(plate.bench.frame[2].index, 3);
  assert_int_equal(plate.bench.sink.corrupt, 1);
  assert_int_equal(plate.bench.sink.warnings, STANCE_WARNING_OVERLOAD | STANCE_WARNING_OVERRUN);
  assert_true(plate.bench.frame[0].value[0] == 1 && plate.bench.frame[0].value[2] == 3);
  decoder_bench_finish(&plate.bench);
}

static void time_without_an_index_is_noticed(void **unused)
{
  struct plate plate;
  (void)unused;

  plate_init(&plate, 1, 1, 3);
  feed(&plate, 0, 0, 0);
  feed(&plate, 1, 4100, 0); /* 4.1 samples for one: 3 and a fifth more are borne */
  assert_int_equal(plate.bench.sink.warnings, 0);
  feed(&plate, 2, 4100 + 4300, 0);
  assert_int_equal(plate.bench.sink.warnings, STANCE_WARNING_OVERRUN);
  decoder_bench_finish(&plate.bench);
}

static void what_was_not_asked_for_is_refused(void **unused)
{
  static const uint8_t rubbish[] = {3, 1, 2, 0};
  uint8_t wire[STANCE_OPEN_ENCODED_MAX];
  struct plate plate;
  (void)unused;

  plate_init(&plate, 1, 1, 3);
  const size_t length = make_data(0, 0, 3, 3, 0, wire);
  stance_open_stream_decode(&plate.stream, wire, length, &plate.bench.sink);
  assert_non_null(strstr(plate.bench.sink.restart_reason, "other channels"));
  feed(&plate, 0, 0, 0); /* nothing more is used until it is started anew */
  assert_int_equal(plate.bench.sink.next_index, 0);
  plate.bench.sink.restart_reason = NULL;
  stance_open_stream_rewind(&plate.stream);
  for (int k = 0; k < 4999; k++)
    stance_open_stream_decode(&plate.stream, rubbish, sizeof rubbish, &plate.bench.sink);
  assert_null(plate.bench.sink.restart_reason);
  stance_open_stream_decode(&plate.stream, rubbish, sizeof rubbish, &plate.bench.sink);
  assert_non_null(strstr(plate.bench.sink.restart_reason, "cannot be read"));
  decoder_bench_finish(&plate.bench);
}

static void packets_are_whole_or_none(void **unused)
{
  static const uint8_t overlong[300] = {0};
  uint8_t wire[STANCE_OPEN_ENCODED_MAX], packet[STANCE_OPEN_ENCODED_MAX], body[246];
  struct stance_open_gatherer gatherer = {.count = 0};
  (void)unused;

  memset(body, 7, sizeof body);
  const size_t length = stance_open_pack(STANCE_OPEN_DATA, body, sizeof body, wire);
  assert_int_equal(length, STANCE_OPEN_ENCODED_MAX);
  assert_int_equal(stance_open_unpack(wire, length - 1, packet), 248);
  for (size_t k = 0; k + 1 < length; k++) { /* every byte is guarded */
    wire[k] ^= 0x21;
    assert_int_equal(stance_open_unpack(wire, length - 1, packet), 0);
    wire[k] ^= 0x21;
  }
  for (size_t cut = 0; cut < length - 1; cut++)
    assert_int_equal(stance_open_unpack(wire, cut, packet), 0);
  uint8_t ones[300];
  memset(ones, 1, sizeof ones);
  const uint8_t *at = ones;
  size_t left = sizeof ones;
  assert_false(stance_open_gather(&gatherer, &at, &left));
  assert_true(gatherer.overlong);
  at = overlong;
  left = sizeof overlong;
  assert_true(stance_open_gather(&gatherer, &at, &left));
  assert_int_equal(left, sizeof overlong - 1);
}

static void settings_that_mean_nothing_are_refused(void **unused)
{
  static const struct {
    const char *uri, *text;
  } cases[] = {
      {"open-plate:?channels=8", "0 to 7"}, {"open-plate:?channels=1,1", "twice"},
      {"open-plate:?rate=0", "rate=0"},     {"open-plate:?map=left:9", "map=left:9"},
      {"open-plate:?gain=2", "gain"},
  };
  (void)unused;

  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    const struct stance_problem problem =
        bench_instrument_refusal(&stance_open_plate, 0, cases[k].uri);
    if (strstr(problem.text, cases[k].text) == NULL)
      fail_msg("\"%s\" does not say \"%s\"", problem.text, cases[k].text);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_index_counts_what_is_missing),
      cmocka_unit_test(the_index_wraps),
      cmocka_unit_test(flags_reach_the_channels_they_are_of),
      cmocka_unit_test(time_without_an_index_is_noticed),
      cmocka_unit_test(what_was_not_asked_for_is_refused),
      cmocka_unit_test(packets_are_whole_or_none),
      cmocka_unit_test(settings_that_mean_nothing_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
