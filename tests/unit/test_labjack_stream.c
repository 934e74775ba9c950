/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The LabJack stream decoder, case by case; the property test mixes them. */
#include "labjack.h"
#include "support/decoder_bench.h"
#include "support/labjack_packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { CHANNELS = 3, SAMPLES = 4 };

struct scene {
  struct stance_labjack_stream stream;
  struct decoder_bench bench;
  uint16_t next_sample; /* sample k of the stream is 1000 + k */
  uint8_t counter;
};

static void open_scene(struct scene *scene)
{
  *scene = (struct scene){.stream = {.channel_count = CHANNELS,
                                     .samples_per_packet = SAMPLES,
                                     .highest_code = UINT16_MAX},
                          .next_sample = 1000};
  decoder_bench_init(&scene->bench, CHANNELS);
  stance_labjack_stream_rewind(&scene->stream);
}

static void close_scene(struct scene *scene)
{
  decoder_bench_check_account(&scene->bench);
  decoder_bench_finish(&scene->bench);
}

static size_t make(struct scene *scene, uint8_t error, uint16_t missed, uint8_t backlog,
                   uint8_t *packet)
{
  uint16_t samples[SAMPLES];
  for (int k = 0; k < SAMPLES; k++)
    samples[k] = scene->next_sample++;
  return labjack_packet(scene->counter++, error, missed, backlog, samples, SAMPLES, packet);
}

static void feed(struct scene *scene, const uint8_t *bytes, size_t length)
{
  stance_labjack_stream_decode(&scene->stream, bytes, length, &scene->bench.sink);
}

static void send(struct scene *scene, uint8_t error, uint16_t missed, uint8_t backlog)
{
  uint8_t packet[64];
  feed(scene, packet, make(scene, error, missed, backlog, packet));
}

static void send_samples(struct scene *scene, uint8_t error, uint16_t missed,
                         const uint16_t *samples)
{
  uint8_t packet[64];
  feed(scene, packet, labjack_packet(scene->counter++, error, missed, 0, samples, SAMPLES, packet));
}

/* Frame `k` that came: its index and its first value. */
static void assert_frame(struct scene *scene, size_t k, uint64_t index, double first)
{
  decoder_bench_read(&scene->bench);
  assert_true(k < scene->bench.count);
  assert_int_equal(scene->bench.frame[k].index, index);
  assert_int_equal((int)scene->bench.frame[k].value[0], (int)first);
}

static void scans_straddle_packets(void **context)
{
  (void)context;
  struct scene scene;
  open_scene(&scene);
  for (int k = 0; k < 600; k++) /* the counter wraps twice */
    send(&scene, 0, 0, 0);
  decoder_bench_read(&scene.bench);
  assert_int_equal(scene.bench.count, 800);
  for (size_t k = 0; k < 800; k++)
    assert_frame(&scene, k, k, 1000 + 3 * (double)k);
  assert_int_equal(scene.bench.sink.lost, 0);
  close_scene(&scene);
}

static void a_skipped_counter_is_a_gap(void **context)
{
  (void)context;
  struct scene scene;
  uint8_t packet[64];
  open_scene(&scene);
  send(&scene, 0, 0, 0);
  make(&scene, 0, 0, 0, packet); /* samples 4 to 7: of scans 1 and 2 */
  send(&scene, 0, 0, 0);
  assert_frame(&scene, 0, 0, 1000);
  assert_frame(&scene, 1, 3, 1009);
  assert_int_equal(scene.bench.sink.lost, 2);
  assert_int_equal(scene.bench.sink.corrupt, 0);
  close_scene(&scene);
}

static void each_damaged_byte_is_noticed(void **context)
{
  (void)context;
  for (size_t byte = 0; byte < 14 + 2 * SAMPLES; byte++) {
    struct scene scene;
    uint8_t packet[64];
    open_scene(&scene);
    send(&scene, 0, 0, 0);
    const size_t length = make(&scene, 0, 0, 0, packet);
    packet[byte] ^= 0x20;
    feed(&scene, packet, length);
    send(&scene, 0, 0, 0);
    assert_frame(&scene, 1, 3, 1009);
    assert_int_equal(scene.bench.sink.lost, 2);
    assert_int_equal(scene.bench.sink.corrupt, 2);
    close_scene(&scene);
  }
}

static void each_cut_packet_is_noticed(void **context)
{
  (void)context;
  for (size_t length = 1; length < 14 + 2 * SAMPLES; length++) {
    struct scene scene;
    uint8_t packet[64];
    open_scene(&scene);
    send(&scene, 0, 0, 0);
    make(&scene, 0, 0, 0, packet);
    feed(&scene, packet, length);
    send(&scene, 0, 0, 0);
    assert_frame(&scene, 1, 3, 1009);
    assert_int_equal(scene.bench.sink.corrupt, 2);
    close_scene(&scene);
  }
}

/* The head of one and the whole of the next can have the right sum: here it is made so. */
static void a_cut_packet_does_not_pass_with_the_next_one_in_it(void **context)
{
  (void)context;
  struct scene scene;
  uint8_t cut[64], whole[64], joined[64];
  open_scene(&scene);
  const size_t length = make(&scene, 0, 0, 0, cut);
  make(&scene, 0, 0, 0, whole);
  memcpy(joined, cut, 14);
  memcpy(joined + 14, whole, length - 14);
  joined[length - 1] = whole[length - 15];
  assert_int_equal(joined[length - 1], 0); /* high byte of its checksum: its sum is small */
  labjack_seal(joined, length);
  feed(&scene, joined, 14);
  feed(&scene, whole, length);
  send(&scene, 0, 0, 0);
  assert_frame(&scene, 0, 2, 1006);
  assert_int_equal(scene.bench.sink.corrupt, 2);
  close_scene(&scene);
}

static void data_that_look_like_a_head_are_data(void **context)
{
  (void)context;
  struct scene scene;
  static const uint16_t samples[] = {0xf911, 0xc008, 0x1234, 0x08f9}; /* 11 F9 08 C0 … */
  open_scene(&scene);
  for (int k = 0; k < 9; k++)
    send_samples(&scene, 0, 0, samples);
  decoder_bench_read(&scene.bench);
  assert_in_range(scene.bench.count, 10, 12); /* the last waits for what follows */
  assert_frame(&scene, 0, 0, 0xf911);
  assert_int_equal(scene.bench.sink.lost, 0);
  close_scene(&scene);
}

static void a_repeated_packet_is_dropped(void **context)
{
  (void)context;
  struct scene scene;
  uint8_t packet[64];
  open_scene(&scene);
  send(&scene, 0, 0, 0);
  const size_t length = make(&scene, 0, 0, 0, packet);
  feed(&scene, packet, length);
  feed(&scene, packet, length);
  send(&scene, 0, 0, 0);
  decoder_bench_read(&scene.bench);
  assert_int_equal(scene.bench.count, 4);
  assert_int_equal(scene.bench.sink.lost, 0);
  assert_int_equal(scene.bench.sink.duplicated, 2);
  close_scene(&scene);
}

static void packets_of_a_stream_before_are_dropped(void **context)
{
  (void)context;
  struct scene scene;
  static const uint16_t old[] = {9, 9, 9, 9};
  open_scene(&scene);
  scene.counter = 17;
  for (int k = 0; k < 5; k++)
    send_samples(&scene, 0, 0, old);
  scene.counter = 0;
  send(&scene, 0, 0, 0);
  send(&scene, 0, 0, 0);
  assert_frame(&scene, 0, 0, 1000);
  assert_int_equal(scene.bench.sink.next_index, 2);
  assert_int_equal(scene.bench.sink.lost, 0);
  close_scene(&scene);
}

static void packets_without_a_beginning_are_given_up(void **context)
{
  (void)context;
  struct scene scene;
  open_scene(&scene);
  for (int k = 0; k < 300; k++) {
    scene.counter = 5; /* stuck */
    send(&scene, 0, 0, 0);
  }
  assert_non_null(scene.bench.sink.restart_reason);
  assert_int_equal(scene.bench.sink.next_index, 0);
  close_scene(&scene);
}

static void an_overflow_is_a_gap_of_the_reported_length(void **context)
{
  (void)context;
  struct scene scene;
  static const uint16_t mark[] = {0xffff, 0xffff, 0xffff, 2000};
  static const uint16_t after[] = {2001, 2002, 2003, 2004};
  open_scene(&scene);
  send(&scene, 59, 0, 255);
  assert_int_equal(scene.bench.sink.warnings, STANCE_WARNING_OVERRUN | STANCE_WARNING_BACKLOG);
  assert_int_equal(scene.bench.sink.backlog_pct, 99);
  send(&scene, 59, 0, 60);
  send(&scene, 59, 0, 0);
  assert_int_equal(scene.bench.sink.warnings, STANCE_WARNING_OVERRUN);
  send_samples(&scene, 60, 1234, mark);
  send_samples(&scene, 0, 0, after);
  assert_frame(&scene, 3, 3, 1009);
  assert_frame(&scene, 4, 4 + 1234, 2000);
  assert_int_equal(scene.bench.frame[4].gap_before, 1234);
  assert_int_equal(scene.bench.sink.lost, 1234);
  assert_null(scene.bench.sink.restart_reason);
  close_scene(&scene);
}

/* Without the mark, or with a count that cannot be: the place in time is not known any more. */
static void doubtful_reports_end_the_stream(void **context)
{
  (void)context;
  static const uint16_t counts[] = {5, 0, 0xffff};
  for (int k = 0; k < 3; k++) {
    struct scene scene;
    open_scene(&scene);
    send(&scene, 0, 0, 0);
    send(&scene, 60, counts[k], 0);
    for (int j = 0; j < 5; j++)
      send(&scene, 0, 0, 0);
    assert_non_null(scene.bench.sink.restart_reason);
    decoder_bench_read(&scene.bench);
    const size_t count = scene.bench.count;
    send(&scene, 0, 0, 0);
    decoder_bench_read(&scene.bench);
    assert_int_equal(scene.bench.count, count); /* nothing after it is used */
    close_scene(&scene);
  }
}

static void a_lost_report_ends_the_stream(void **context)
{
  (void)context;
  struct scene scene;
  uint8_t packet[64];
  open_scene(&scene);
  send(&scene, 0, 0, 0);
  send(&scene, 59, 0, 0);
  make(&scene, 60, 8, 0, packet);
  send(&scene, 0, 0, 0);
  assert_non_null(scene.bench.sink.restart_reason);
  decoder_bench_read(&scene.bench);
  assert_int_equal(scene.bench.count, 2);
  close_scene(&scene);
}

static void a_long_loss_ends_the_stream(void **context)
{
  (void)context;
  struct scene scene;
  open_scene(&scene);
  send(&scene, 0, 0, 0);
  scene.counter = (uint8_t)(scene.counter + 512 / SAMPLES);
  send(&scene, 0, 0, 0);
  assert_non_null(scene.bench.sink.restart_reason);
  close_scene(&scene);
}

static void errors_end_the_stream(void **context)
{
  (void)context;
  static const uint8_t errors[] = {48, 49, 50, 52, 54, 55, 58, 63, 1, 255};
  for (size_t k = 0; k < sizeof errors; k++) {
    struct scene scene;
    const bool fatal = errors[k] == 55 || errors[k] == 58;
    open_scene(&scene);
    send(&scene, 0, 0, 0);
    send(&scene, errors[k], 0, 0);
    send(&scene, 0, 0, 0);
    assert_true((scene.bench.sink.fatal_reason != NULL) == fatal);
    assert_true((scene.bench.sink.restart_reason != NULL) == !fatal);
    decoder_bench_read(&scene.bench);
    assert_int_equal(scene.bench.count, 1);
    assert_int_equal(scene.bench.sink.corrupt, 1);
    close_scene(&scene);
  }
}

static void ends_of_the_range_are_flagged(void **context)
{
  (void)context;
  struct scene scene;
  static const uint16_t samples[] = {0, 1, 0xffff, 5};
  static const uint16_t more[] = {0xfff0, 0xfff1, 7, 7};
  open_scene(&scene);
  scene.stream.highest_code = 0xfff1;
  send_samples(&scene, 0, 0, samples);
  send_samples(&scene, 0, 0, more);
  decoder_bench_read(&scene.bench);
  assert_int_equal(scene.bench.frame[0].flags, 5);
  assert_int_equal(scene.bench.frame[1].flags, 4);
  close_scene(&scene);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scans_straddle_packets),
      cmocka_unit_test(a_skipped_counter_is_a_gap),
      cmocka_unit_test(each_damaged_byte_is_noticed),
      cmocka_unit_test(each_cut_packet_is_noticed),
      cmocka_unit_test(a_cut_packet_does_not_pass_with_the_next_one_in_it),
      cmocka_unit_test(data_that_look_like_a_head_are_data),
      cmocka_unit_test(a_repeated_packet_is_dropped),
      cmocka_unit_test(packets_of_a_stream_before_are_dropped),
      cmocka_unit_test(packets_without_a_beginning_are_given_up),
      cmocka_unit_test(an_overflow_is_a_gap_of_the_reported_length),
      cmocka_unit_test(doubtful_reports_end_the_stream),
      cmocka_unit_test(a_lost_report_ends_the_stream),
      cmocka_unit_test(a_long_loss_ends_the_stream),
      cmocka_unit_test(errors_end_the_stream),
      cmocka_unit_test(ends_of_the_range_are_flagged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
