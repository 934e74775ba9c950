/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A LabJack that samples numbered scans and sends them as documented, over a line that loses,
   damages, cuts, repeats and splits packets: what comes out is right at its index or missing, and
   every scan is accounted for. */
#include "labjack.h"
#include "support/decoder_bench.h"
#include "support/labjack_packets.h"
#include "support/signals.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PACKETS_MAX = 600, SCANS_MAX = 40000, LINE_MAX = PACKETS_MAX * 400, TRIALS = 1500 };

enum fault { NONE, LOSE, DAMAGE, TRUNCATE, REPEAT, JUNK, FAULTS };

/* What is sampled, and what of it went over the line whole. */
struct model {
  size_t channel_count, samples_per_packet;
  size_t scan, channel;   /* of the next sample */
  size_t gap_scans;       /* of the overflow, its mark included; 0: none */
  size_t overflow_packet; /* the first that says 59 */
  size_t mark_packet;     /* the mark begins at the first scan that begins in it or after */
  bool report_at_end;     /* the report is on the packet that ends the mark, not that begins it */
  bool begun;             /* one came over whole */
  bool marking, marked, reported;
  bool missing[SCANS_MAX];
  size_t ended_scans; /* by the last packet that came over whole */
  uint8_t line[LINE_MAX];
  size_t line_length;
};

/* Never an end of the range, so that no other scan looks like the mark. */
static uint16_t sample_of(size_t scan, size_t channel)
{
  return (uint16_t)(1 + (scan * 40503 + channel * 9973 + scan / 65521) % 65534);
}

static void put_line(struct model *model, const uint8_t *bytes, size_t count)
{
  assert_true(model->line_length + count <= LINE_MAX);
  memcpy(model->line + model->line_length, bytes, count);
  model->line_length += count;
}

static void put_junk(struct model *model, struct random *random)
{
  for (long k = random_whole(random, 1, 200); k > 0; k--) {
    const uint8_t byte = (uint8_t)random_whole(random, 0, 255);
    put_line(model, &byte, 1);
  }
}

static void send(struct model *model, const uint8_t *packet, enum fault fault,
                 struct random *random)
{
  const size_t length = 14 + 2 * model->samples_per_packet;
  uint8_t damaged[64];

  memcpy(damaged, packet, length);
  damaged[random_whole(random, 0, (long)length - 1)] ^= (uint8_t)random_whole(random, 1, 255);
  if (fault == LOSE)
    return;
  if (fault == JUNK)
    put_junk(model, random);
  put_line(model, fault == DAMAGE ? damaged : packet,
           fault == TRUNCATE ? (size_t)random_whole(random, 1, (long)length - 1) : length);
  if (fault == REPEAT)
    put_line(model, packet, length);
}

static void end_scan(struct model *model)
{
  const size_t count = model->marking ? model->gap_scans : 1;

  if (model->marking)
    memset(model->missing + model->scan, true, count);
  model->channel = 0;
  model->scan += count;
  model->marking = false;
}

/* Makes packet `number` of the next samples and sends it with `fault`. */
static void send_packet(struct model *model, size_t number, enum fault fault, struct random *random)
{
  const bool whole = fault == NONE || fault == REPEAT || fault == JUNK;
  uint16_t samples[25];
  uint8_t packet[64], error = 0;
  bool mark_begins = false, mark_ends = false;

  for (size_t k = 0; k < model->samples_per_packet; k++) {
    if (model->gap_scans > 0 && !model->marked && number >= model->mark_packet &&
        model->channel == 0)
      model->marked = model->marking = mark_begins = true;
    samples[k] = model->marking ? 0xffff : sample_of(model->scan, model->channel);
    if (!whole && !model->marking)
      model->missing[model->scan] = true;
    if (++model->channel == model->channel_count) {
      mark_ends = mark_ends || model->marking;
      end_scan(model);
    }
    assert_true(model->scan < SCANS_MAX);
  }
  if (model->report_at_end ? mark_ends : mark_begins) {
    error = 60;
    model->reported = true;
  } else if (model->gap_scans > 0 && number >= model->overflow_packet && !model->reported) {
    error = 59;
  }
  labjack_packet((uint8_t)number, error, error == 60 ? (uint16_t)model->gap_scans : 0, 0, samples,
                 model->samples_per_packet, packet);
  send(model, packet, fault, random);
  if (whole) {
    model->ended_scans = model->scan;
    model->begun = true;
  }
}

static void decode_in_pieces(struct stance_labjack_stream *stream, const struct model *model,
                             struct random *random, long piece, struct decoder_bench *bench)
{
  for (size_t at = 0; at < model->line_length;) {
    size_t count = (size_t)random_whole(random, 0, piece);
    if (count > model->line_length - at)
      count = model->line_length - at;
    /* An exact copy: the address sanitizer sees one byte too far. */
    uint8_t *bytes = malloc(count + 1);
    assert_non_null(bytes);
    memcpy(bytes + 1, model->line + at, count);
    stance_labjack_stream_decode(stream, bytes + 1, count, &bench->sink);
    decoder_bench_read(bench);
    free(bytes);
    at += count;
  }
}

static void check_frames(struct decoder_bench *bench, const struct model *model, bool to_the_end)
{
  decoder_bench_check_account(bench);
  size_t next = 0;
  for (size_t k = 0; k < bench->count; k++) {
    const struct stance_raw_frame *frame = &bench->frame[k];
    for (size_t c = 0; c < model->channel_count; c++)
      if (frame->value[c] != sample_of(frame->index, c))
        fail_msg("scan %" PRIu64 " channel %zu is %g", frame->index, c, frame->value[c]);
    assert_int_equal(frame->flags, 0);
    for (; next < frame->index; next++)
      if (!model->missing[next])
        fail_msg("scan %zu did not come", next);
    assert_false(model->missing[next]);
    next++;
  }
  if (!to_the_end)
    return;
  for (; next < model->ended_scans; next++)
    assert_true(model->missing[next]);
  assert_int_equal(bench->sink.next_index, model->ended_scans);
}

/* Decodes the line twice, split in different ways: the same frames, the same account. */
static void check_line(const struct model *model, struct random *random, bool may_give_up)
{
  struct decoder_bench bench[2];
  static const long pieces[] = {600, 20};

  for (int k = 0; k < 2; k++) {
    struct stance_labjack_stream stream = {.channel_count = model->channel_count,
                                           .samples_per_packet =
                                               (unsigned)model->samples_per_packet,
                                           .highest_code = UINT16_MAX};
    stance_labjack_stream_rewind(&stream);
    decoder_bench_init(&bench[k], model->channel_count);
    decode_in_pieces(&stream, model, random, pieces[k], &bench[k]);
    if (!may_give_up && bench[k].sink.restart_reason != NULL)
      fail_msg("given up: %s", bench[k].sink.restart_reason);
    assert_null(bench[k].sink.fatal_reason);
    check_frames(&bench[k], model, bench[k].sink.restart_reason == NULL);
  }
  assert_int_equal(bench[0].count, bench[1].count);
  assert_memory_equal(bench[0].frame, bench[1].frame, bench[0].count * sizeof *bench[0].frame);
  assert_int_equal(bench[0].sink.lost, bench[1].sink.lost);
  assert_int_equal(bench[0].sink.corrupt, bench[1].sink.corrupt);
  assert_int_equal(bench[0].sink.duplicated, bench[1].sink.duplicated);
  assert_ptr_equal(bench[0].sink.restart_reason, bench[1].sink.restart_reason);
  decoder_bench_finish(&bench[0]);
  decoder_bench_finish(&bench[1]);
}

static enum fault draw_fault(const struct model *model, struct random *random, long percent)
{
  if (random_whole(random, 0, 99) >= percent)
    return NONE;
  /* Until one came over whole, each must leave a trace; see labjack_stream.c. */
  return model->begun ? (enum fault)random_whole(random, LOSE, FAULTS - 1) : DAMAGE;
}

static void run(struct random *random, bool overflows, long fault_percent)
{
  static struct model model;
  memset(&model, 0, sizeof model);
  model.channel_count = (size_t)random_whole(random, 1, 8);
  model.samples_per_packet = (size_t)random_whole(random, overflows ? 5 : 1, 25);
  size_t packet_count = (size_t)random_whole(random, 1, 300);
  if (overflows) {
    /* the instrument says 59 with all that its buffer held, 512 samples or more */
    model.overflow_packet = (size_t)random_whole(random, 0, 50);
    model.mark_packet = model.overflow_packet + 512 / model.samples_per_packet + 2;
    packet_count += model.mark_packet;
    model.gap_scans = (size_t)random_whole(random, 1, random_whole(random, 0, 1) ? 10 : 20000);
    model.report_at_end = random_whole(random, 0, 1) == 1;
  }
  for (size_t k = 0; k < packet_count; k++)
    send_packet(&model, k, draw_fault(&model, random, fault_percent), random);
  check_line(&model, random, overflows && fault_percent > 0);
}

static uint64_t first_seed(void)
{
  const char *seed = getenv("STANCE_SEED");
  return seed != NULL ? strtoull(seed, NULL, 0) : 20250301;
}

static void run_trials(bool overflows, long fault_percent)
{
  const uint64_t seed = first_seed();
  print_message("seeds from %" PRIu64 "\n", seed);
  for (uint64_t k = 0; k < TRIALS; k++) {
    struct random random = random_seeded(seed + k);
    run(&random, overflows, fault_percent);
  }
}

static void clean_streams_lose_nothing(void **context)
{
  (void)context;
  run_trials(false, 0);
}

static void faults_are_accounted_for(void **context)
{
  (void)context;
  run_trials(false, 10);
}

static void overflows_become_exact_gaps(void **context)
{
  (void)context;
  run_trials(true, 0);
}

static void overflows_with_faults_are_exact_or_given_up(void **context)
{
  (void)context;
  run_trials(true, 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clean_streams_lose_nothing),
      cmocka_unit_test(faults_are_accounted_for),
      cmocka_unit_test(overflows_become_exact_gaps),
      cmocka_unit_test(overflows_with_faults_are_exact_or_given_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
