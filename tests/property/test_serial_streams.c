/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each instrument of the serial family samples numbered instants and sends them over a line that
   loses, damages, cuts, repeats and splits: what comes out is right at its index or missing, and
   every instant is accounted for. */
#include "bota_stream.h"
#include "crc16.h"
#include "open_frame.h"
#include "optoforce_stream.h"
#include "support/decoder_bench.h"
#include "support/signals.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { INSTANTS_MAX = 8192, LINE_MAX = 1 << 20, TRIALS = 300, PACKETS = 250 };

enum fault { NONE, LOSE, DAMAGE, REPEAT, TRUNCATE, JUNK };

struct model {
  size_t channel_count;
  size_t instant;               /* of the next packet */
  bool missing[INSTANTS_MAX];   /* need not come */
  bool forbidden[INSTANTS_MAX]; /* must not come: it was lost whole */
  bool spoils_next;             /* the packet before may have taken this one with it */
  uint8_t line[LINE_MAX];
  size_t length;
};

struct decoder {
  struct stance_optoforce_stream optoforce;
  struct stance_bota_stream bota;
  struct stance_open_stream open;
};

struct family {
  const char *name;
  size_t scans_max;
  bool delimited;  /* packets are told apart by a byte between them */
  bool in_packets; /* through a chip that adds its status */
  bool weak;       /* a sum: not every cut can be told */
  size_t (*make)(const struct model *model, size_t scans, struct random *random, uint8_t *packet);
  void (*init)(struct decoder *decoder, const struct model *model);
  void (*decode)(struct decoder *decoder, const uint8_t *bytes, size_t length,
                 struct stance_frame_sink *sink);
};

static double value_of(size_t instant, size_t channel)
{
  return (double)((instant * 40503 + channel * 9973) % 65536) - 32768;
}

static size_t make_optoforce(const struct model *model, size_t scans, struct random *random,
                             uint8_t *packet)
{
  const size_t length = 10 + 2 * model->channel_count;
  unsigned sum = 0;
  (void)scans;
  (void)random;

  const uint16_t counter = (uint16_t)(65000 + model->instant);
  memcpy(packet, (const uint8_t[]){0xaa, 7, 8, model->channel_count == 3 ? 0x0a : 0x10}, 4);
  packet[4] = (uint8_t)(counter >> 8);
  packet[5] = (uint8_t)counter;
  packet[6] = packet[7] = 0;
  for (size_t c = 0; c < model->channel_count; c++) {
    const int value = (int)value_of(model->instant, c);
    packet[8 + 2 * c] = (uint8_t)(value >> 8);
    packet[9 + 2 * c] = (uint8_t)value;
  }
  for (size_t k = 0; k < length - 2; k++)
    sum += packet[k];
  packet[length - 2] = (uint8_t)(sum >> 8);
  packet[length - 1] = (uint8_t)sum;
  return length;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
  for (unsigned k = 0; k < 4; k++)
    bytes[k] = (uint8_t)(value >> 8 * k);
}

/* Stamps scatter by 100 µs, and wrap soon after the start. */
static size_t make_bota(const struct model *model, size_t scans, struct random *random,
                        uint8_t *packet)
{
  const double at_us = 4294967296.0 - 1e6 + (double)model->instant * 1e3;
  (void)scans;

  memset(packet, 0, 37);
  packet[0] = 0xaa;
  for (size_t c = 0; c < 6; c++) {
    const float value = (float)value_of(model->instant, c);
    memcpy(packet + 3 + 4 * c, &value, sizeof value);
  }
  put_u32(packet + 27, (uint32_t)(uint64_t)(at_us + random_uniform(random, -100, 100)));
  const uint16_t crc = stance_crc16(packet + 1, 34);
  packet[35] = (uint8_t)crc;
  packet[36] = (uint8_t)(crc >> 8);
  return 37;
}

static size_t make_open(const struct model *model, size_t scans, struct random *random,
                        uint8_t *packet)
{
  uint8_t body[256] = {0};
  size_t length = 12;
  (void)random;

  put_u32(body, (uint32_t)model->instant);
  put_u32(body + 4, (uint32_t)model->instant * 1000);
  body[8] = (uint8_t)((1U << model->channel_count) - 1);
  body[9] = 3;
  for (size_t k = 0; k < scans; k++)
    for (size_t c = 0; c < model->channel_count; c++, length += 3) {
      uint8_t four[4];
      put_u32(four, (uint32_t)(int32_t)value_of(model->instant + k, c));
      memcpy(body + length, four, 3);
    }
  return stance_open_pack(STANCE_OPEN_DATA, body, length, packet);
}

static void init_optoforce(struct decoder *decoder, const struct model *model)
{
  decoder->optoforce.axis_count = model->channel_count;
  stance_optoforce_stream_rewind(&decoder->optoforce);
}

static void init_bota(struct decoder *decoder, const struct model *model)
{
  (void)model;
  decoder->bota.packet_bytes = 64;
  decoder->bota.nominal_period_us = 1000;
  stance_bota_stream_rewind(&decoder->bota);
}

static void init_open(struct decoder *decoder, const struct model *model)
{
  decoder->open = (struct stance_open_stream){
      .mask = (uint8_t)((1U << model->channel_count) - 1),
      .channel_count = model->channel_count,
      .sample_bytes = 3,
      .scans_per_packet = 4,
      .rate_hz = 1000,
  };
  stance_open_stream_rewind(&decoder->open);
}

static void decode_optoforce(struct decoder *decoder, const uint8_t *bytes, size_t length,
                             struct stance_frame_sink *sink)
{
  stance_optoforce_stream_decode(&decoder->optoforce, bytes, length, sink);
}

static void decode_bota(struct decoder *decoder, const uint8_t *bytes, size_t length,
                        struct stance_frame_sink *sink)
{
  stance_bota_stream_decode(&decoder->bota, bytes, length, sink);
}

static void decode_open(struct decoder *decoder, const uint8_t *bytes, size_t length,
                        struct stance_frame_sink *sink)
{
  stance_open_stream_decode(&decoder->open, bytes, length, sink);
}

static const struct family families[] = {
    {"optoforce", 1, false, false, true, make_optoforce, init_optoforce, decode_optoforce},
    {"bota", 1, false, true, false, make_bota, init_bota, decode_bota},
    {"open", 4, true, false, false, make_open, init_open, decode_open},
};

static void put_line(struct model *model, const uint8_t *bytes, size_t count)
{
  assert_true(model->length + count <= LINE_MAX);
  memcpy(model->line + model->length, bytes, count);
  model->length += count;
}

static void put_junk(struct model *model, const struct family *family, struct random *random)
{
  for (long k = random_whole(random, 1, 100); k > 0; k--) {
    const uint8_t byte = (uint8_t)random_whole(random, 0, 255);
    put_line(model, &byte, 1);
  }
  if (family->delimited)
    put_line(model, (const uint8_t[]){0}, 1);
}

static enum fault draw_fault(const struct family *family, struct random *random, long percent)
{
  if (random_whole(random, 0, 99) >= percent)
    return NONE;
  return (enum fault)random_whole(random, LOSE, family->weak ? REPEAT : JUNK);
}

static void send(struct model *model, const struct family *family, enum fault fault,
                 struct random *random)
{
  uint8_t packet[256];
  const size_t scans = (size_t)random_whole(random, 1, (long)family->scans_max);
  const size_t length = family->make(model, scans, random, packet);
  const bool whole = fault == NONE || fault == REPEAT || fault == JUNK;

  assert_true(model->instant + scans <= INSTANTS_MAX);
  for (size_t k = 0; k < scans; k++) {
    model->missing[model->instant + k] = !whole || model->spoils_next;
    model->forbidden[model->instant + k] = fault == LOSE;
  }
  /* What has no end of its own takes the next one with it. */
  model->spoils_next = family->delimited && (fault == DAMAGE || fault == TRUNCATE ||
                                             (fault == LOSE && model->spoils_next));
  if (fault == DAMAGE)
    packet[random_whole(random, 0, (long)length - 1)] ^= (uint8_t)random_whole(random, 1, 255);
  if (fault == JUNK)
    put_junk(model, family, random);
  /* A frame that lacks its last byte only may find it in the head of the next. */
  if (fault != LOSE)
    put_line(model, packet,
             fault == TRUNCATE ? (size_t)random_whole(random, 1, (long)length - 2) : length);
  if (fault == REPEAT)
    put_line(model, packet, length);
  model->instant += scans;
}

/* What one transfer brings: up to `piece` bytes, or whole packets of the chip and a last short one.
   Returns how many bytes of the line it took. */
static size_t next_transfer(const struct model *model, const struct family *family, size_t at,
                            struct random *random, long piece, uint8_t *transfer,
                            size_t *ret_length)
{
  size_t left = model->length - at, used = 0, taken = 0;
  size_t count = (size_t)random_whole(random, 0, piece);

  count = count < left ? count : left;
  if (!family->in_packets) {
    memcpy(transfer, model->line + at, count);
    *ret_length = count;
    return count;
  }
  do {
    const size_t run = count - taken < 62 ? count - taken : 62;
    transfer[used++] = 0x01;
    transfer[used++] = 0x60;
    memcpy(transfer + used, model->line + at + taken, run);
    used += run;
    taken += run;
  } while (taken < count);
  *ret_length = used;
  return taken;
}

static void decode_in_pieces(const struct model *model, const struct family *family,
                             struct random *random, long piece, struct decoder_bench *bench)
{
  struct decoder decoder = {0};
  uint8_t transfer[2048];

  family->init(&decoder, model);
  for (size_t at = 0, length; at < model->length;) {
    at += next_transfer(model, family, at, random, piece, transfer, &length);
    /* An exact copy: the address sanitizer sees one byte too far. */
    uint8_t *bytes = malloc(length + 1);
    assert_non_null(bytes);
    memcpy(bytes + 1, transfer, length);
    family->decode(&decoder, bytes + 1, length, &bench->sink);
    decoder_bench_read(bench);
    free(bytes);
  }
}

static void check_frames(struct decoder_bench *bench, const struct model *model,
                         const struct family *family)
{
  size_t next = 0;

  decoder_bench_check_account(bench);
  if (bench->sink.restart_reason != NULL || bench->sink.fatal_reason != NULL)
    fail_msg("%s: given up: %s", family->name, bench->sink.restart_reason);
  for (size_t k = 0; k < bench->count; k++) {
    const struct stance_raw_frame *frame = &bench->frame[k];
    for (size_t c = 0; c < model->channel_count; c++)
      if (frame->value[c] != value_of(frame->index, c))
        fail_msg("%s: instant %" PRIu64 " channel %zu is %g", family->name, frame->index, c,
                 frame->value[c]);
    assert_int_equal(frame->flags, 0);
    assert_false(model->forbidden[frame->index]);
    for (; next < frame->index; next++)
      if (!model->missing[next])
        fail_msg("%s: instant %zu did not come", family->name, next);
    next++;
  }
  for (; next < model->instant; next++)
    assert_true(model->missing[next]);
}

/* Twice, split in different ways: the same frames, the same account. */
static void check_line(const struct model *model, const struct family *family,
                       struct random *random)
{
  static const long pieces[] = {1000, 20};
  struct decoder_bench bench[2];

  for (int k = 0; k < 2; k++) {
    decoder_bench_init(&bench[k], model->channel_count);
    decode_in_pieces(model, family, random, pieces[k], &bench[k]);
    check_frames(&bench[k], model, family);
  }
  assert_int_equal(bench[0].count, bench[1].count);
  assert_memory_equal(bench[0].frame, bench[1].frame, bench[0].count * sizeof *bench[0].frame);
  assert_int_equal(bench[0].sink.lost, bench[1].sink.lost);
  assert_int_equal(bench[0].sink.corrupt, bench[1].sink.corrupt);
  assert_int_equal(bench[0].sink.duplicated, bench[1].sink.duplicated);
  decoder_bench_finish(&bench[0]);
  decoder_bench_finish(&bench[1]);
}

static void run_trials(long fault_percent)
{
  const char *text = getenv("STANCE_SEED");
  const uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : 20250701;
  static struct model model;

  print_message("seeds from %" PRIu64 "\n", seed);
  for (uint64_t k = 0; k < TRIALS; k++) {
    const struct family *family = &families[k % 3];
    struct random random = random_seeded(seed + k);
    memset(&model, 0, sizeof model);
    model.channel_count = family->delimited ? (size_t)random_whole(&random, 1, 8)
                          : k % 2 == 0      ? 6
                                            : 3;
    if (family->in_packets)
      model.channel_count = 6;
    send(&model, family, NONE, &random); /* the count of most begins with the first that comes */
    for (int packet = 0; packet < PACKETS; packet++)
      send(&model, family, draw_fault(family, &random, fault_percent), &random);
    model.spoils_next = false;
    check_line(&model, family, &random);
  }
}

static void clean_streams_lose_nothing(void **unused)
{
  (void)unused;
  run_trials(0);
}

static void faults_are_accounted_for(void **unused)
{
  (void)unused;
  run_trials(10);
}

static void bad_lines_are_accounted_for(void **unused)
{
  (void)unused;
  run_trials(60);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clean_streams_lose_nothing),
      cmocka_unit_test(faults_are_accounted_for),
      cmocka_unit_test(bad_lines_are_accounted_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
