/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The OptoForce amplifier against the bytes of its documents, written out by hand. */
#include "optoforce.h"
#include "support/instrument_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Counter 1000, no fault, Fx 1, Fy -2, Fz 300;
   AA+07+08+0A+03+E8+00+00+00+01+FF+FE+01+2C = 0x3D9. */
static const uint8_t three_axes[] = {0xaa, 0x07, 0x08, 0x0a, 0x03, 0xe8, 0x00, 0x00,
                                     0x00, 0x01, 0xff, 0xfe, 0x01, 0x2c, 0x03, 0xd9};
/* Counter 2, Fz overloaded (bit 7), 1 … 6. */
static const uint8_t six_axes[] = {0xaa, 0x07, 0x08, 0x10, 0x00, 0x02, 0x00, 0x80,
                                   0x00, 0x01, 0x00, 0x02, 0x00, 0x03, 0x00, 0x04,
                                   0x00, 0x05, 0x00, 0x06, 0x01, 0x60};

static const uint8_t device_descriptor[18] = {18,   1,    0, 2, 2, 0, 0, 8, 0xd8,
                                              0x04, 0x0a, 0, 0, 1, 1, 2, 3, 1};
/* A CDC device: control interface 0 with an interrupt endpoint, data interface 1. */
static const uint8_t configuration[] = {
    9, 2,    53,   0,    2,  1,  0, 0x80, 50, /* configuration */
    9, 4,    0,    0,    1,  2,  2, 1,    0,  /* interface 0, CDC */
    5, 0x24, 0,    0x10, 1,                   /* header */
    7, 5,    0x82, 3,    8,  0,  2,           /* interrupt in */
    9, 4,    1,    0,    2,  10, 0, 0,    0,  /* interface 1, CDC data */
    7, 5,    0x03, 2,    64, 0,  0,           /* bulk out 3 */
    7, 5,    0x83, 2,    64, 0,  0,           /* bulk in 83 */
};
static const uint8_t serial_string[] = {12, 3, 'I', 0, 'S', 0, 'E', 0, '0', 0, '7', 0};
static const uint8_t product_string[] = {8, 3, 'D', 0, 'A', 0, 'Q', 0};

struct amplifier {
  const uint8_t *frame;
  size_t frame_bytes;
  bool running, mute, deaf;
  uint8_t command[9];
  uint8_t out, in;
  unsigned commands, line_codings, lines_raised;
};

static struct stance_usb_reply give(const void *data, size_t length)
{
  return (struct stance_usb_reply){.outcome = STANCE_USB_DONE, .data = data, .length = length};
}

static struct stance_usb_reply descriptor(const struct stance_usb_exchange *exchange)
{
  assert_int_equal(exchange->request, 6);
  switch (exchange->value) {
  case 0x0100:
    return give(device_descriptor, sizeof device_descriptor);
  case 0x0200:
    return give(configuration, sizeof configuration);
  case 0x0302:
    return give(product_string, sizeof product_string);
  case 0x0303:
    return give(serial_string, sizeof serial_string);
  default:
    fail_msg("descriptor %04x", exchange->value);
    return give(NULL, 0);
  }
}

static struct stance_usb_reply answer(void *context, const struct stance_usb_exchange *exchange)
{
  struct amplifier *amplifier = context;

  if (amplifier->deaf)
    return (struct stance_usb_reply){.outcome = STANCE_USB_FAILED};
  switch (exchange->transfer) {
  case STANCE_USB_CONTROL_IN:
    return descriptor(exchange);
  case STANCE_USB_CONTROL_OUT:
    assert_int_equal(exchange->request_type, 0x21);
    amplifier->line_codings += exchange->request == 0x20;
    amplifier->lines_raised += exchange->request == 0x22 && exchange->value == 3;
    return give(NULL, 0);
  case STANCE_USB_BULK_OUT:
    assert_int_equal(exchange->length, sizeof amplifier->command);
    memcpy(amplifier->command, exchange->data, sizeof amplifier->command);
    amplifier->out = exchange->endpoint;
    amplifier->commands++;
    amplifier->running = exchange->data[4] != 0;
    return give(NULL, 0);
  case STANCE_USB_BULK_IN:
    amplifier->in = exchange->endpoint;
    if (!amplifier->running || amplifier->mute)
      return (struct stance_usb_reply){.outcome = STANCE_USB_TIMEOUT};
    return give(amplifier->frame, amplifier->frame_bytes);
  default:
    return give(NULL, 0);
  }
}

static struct amplifier amplifier_of(const uint8_t *frame, size_t frame_bytes)
{
  return (struct amplifier){.frame = frame, .frame_bytes = frame_bytes};
}

static void open_identified(struct bench_instrument *bench, struct amplifier *amplifier,
                            const char *uri)
{
  bench_instrument_open(bench, &stance_optoforce, 0, uri);
  if (bench_instrument_converse(bench, STANCE_DIALOGUE_IDENTIFY, answer, amplifier) != STANCE_OK)
    fail_msg("%s", bench->problem.text);
  bench_instrument_start(bench);
}

static void open_three(struct bench_instrument *bench, const char *uri)
{
  struct amplifier amplifier = amplifier_of(three_axes, sizeof three_axes);
  open_identified(bench, &amplifier, uri);
}

static void reads_the_documented_frames(void **unused)
{
  struct bench_instrument bench;
  struct amplifier amplifier = amplifier_of(six_axes, sizeof six_axes);
  (void)unused;

  open_three(&bench, "optoforce:1-2");
  bench_instrument_feed(&bench, three_axes, sizeof three_axes);
  struct stance_raw_frame frame = bench_instrument_frame(&bench);
  assert_int_equal(frame.index, 0);
  assert_int_equal(frame.flags, 0);
  assert_true(frame.value[0] == 1 && frame.value[1] == -2 && frame.value[2] == 300);
  bench_instrument_close(&bench);

  open_identified(&bench, &amplifier, "optoforce:1-2");
  bench_instrument_feed(&bench, six_axes, sizeof six_axes);
  frame = bench_instrument_frame(&bench);
  for (int k = 0; k < 6; k++)
    assert_true(frame.value[k] == k + 1);
  assert_int_equal(frame.flags, STANCE_FRAME_SATURATED(2));
  assert_int_equal(bench.sink.warnings, STANCE_WARNING_OVERLOAD);
  bench_instrument_close(&bench);
}

static void says_who_it_is(void **unused)
{
  struct bench_instrument bench;
  struct amplifier amplifier = amplifier_of(three_axes, sizeof three_axes);
  struct stance_source_info info = {0};
  struct stance_usb_shape shape;
  /* speed 0, filter 4 (15 Hz), zero 0: AA + 32 + 03 + 04 = E3 */
  static const uint8_t stop[] = {0xaa, 0x00, 0x32, 0x03, 0x00, 0x04, 0x00, 0x00, 0xe3};
  static const uint8_t start[] = {0xaa, 0x00, 0x32, 0x03, 0x01, 0x04, 0x00, 0x00, 0xe4};
  (void)unused;

  open_identified(&bench, &amplifier, "optoforce:1-2?filter=15&counts_per_n=50,50,8&map=left:Fz");
  assert_memory_equal(amplifier.command, stop, sizeof stop);
  assert_int_equal(amplifier.out, 0x03);
  assert_int_equal(amplifier.in, 0x83);
  assert_int_equal(amplifier.line_codings, 1);
  assert_int_equal(amplifier.lines_raised, 1);
  stance_optoforce.describe(bench.state, &info);
  assert_string_equal(info.model, "DAQ");
  assert_string_equal(info.serial, "ISE07");
  assert_int_equal(info.channel_count, 3);
  assert_true(info.rate_hz == 1000);
  assert_string_equal(info.channel[2].name, "Fz");
  assert_int_equal(info.channel[2].side, STANCE_LEFT);
  assert_int_equal(info.channel[0].side, STANCE_SIDE_NONE);
  assert_string_equal(info.channel[2].unit, "counts");
  assert_string_equal(info.channel[2].converter.unit, "N");
  assert_true(info.channel[2].converter.slope_above == 0.125);
  stance_optoforce.shape(bench.state, &shape);
  assert_int_equal(shape.endpoint, 0x83);
  assert_int_equal(shape.interface[1], 1);
  assert_int_equal(shape.packet_bytes, 16);
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, answer, &amplifier),
                   STANCE_OK);
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_START, answer, &amplifier),
                   STANCE_OK);
  assert_memory_equal(amplifier.command, start, sizeof start);
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_STOP, answer, &amplifier),
                   STANCE_OK);
  assert_memory_equal(amplifier.command, stop, sizeof stop);
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CHECK, answer, &amplifier),
                   STANCE_INSTRUMENT);
  bench_instrument_close(&bench);
}

static void needs_an_answer(void **unused)
{
  struct bench_instrument bench;
  struct amplifier mute = amplifier_of(three_axes, sizeof three_axes);
  struct amplifier deaf = mute, foreign = amplifier_of(configuration, sizeof configuration);
  struct amplifier six = amplifier_of(six_axes, sizeof six_axes);
  const struct {
    struct amplifier *amplifier;
    const char *uri, *text;
    enum stance_status status;
  } cases[] = {
      {&mute, "optoforce:1-2", "sends nothing", STANCE_INSTRUMENT},
      {&deaf, "optoforce:1-2", "unplug it", STANCE_INSTRUMENT},
      {&foreign, "optoforce:1-2", "cannot be read", STANCE_INSTRUMENT},
      {&six, "optoforce:1-2?counts_per_n=1,1,1", "this sensor has 6", STANCE_USAGE},
      {&foreign, "optoforce:1-2?map=left:Mz", "cannot be read", STANCE_INSTRUMENT},
  };
  (void)unused;

  mute.mute = true;
  deaf.deaf = true;
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    bench_instrument_open(&bench, &stance_optoforce, 0, cases[k].uri);
    assert_int_equal(
        bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, answer, cases[k].amplifier),
        cases[k].status);
    if (strstr(bench.problem.text, cases[k].text) == NULL)
      fail_msg("\"%s\" does not say \"%s\"", bench.problem.text, cases[k].text);
    bench_instrument_close(&bench);
  }
}

static void refuses_settings_that_mean_nothing(void **unused)
{
  static const struct {
    const char *uri, *text;
  } cases[] = {
      {"optoforce:1-2?filter=20", "filter=20"},
      {"optoforce:1-2?counts_per_n=1,2", "three or six"},
      {"optoforce:1-2?counts_per_n=1,2,3,4,5,6,7", "three or six"},
      {"optoforce:1-2?counts_per_n=1,2,0", "above zero"},
      {"optoforce:1-2?counts_per_n=1,2,3,", "three or six"},
      {"optoforce:1-2?counts_per_n=1,2,inf", "three or six"},
      {"optoforce:1-2?map=left:Fq", "Fx Fy Fz"},
      {"optoforce:1-2?map=left:6", "Fx Fy Fz"},
      {"optoforce:1-2?map=left:Fz,right:2", "each axis once"},
      {"optoforce:1-2?rate=1000", "rate"},
  };
  (void)unused;

  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    const struct stance_problem problem =
        bench_instrument_refusal(&stance_optoforce, 0, cases[k].uri);
    if (strstr(problem.text, cases[k].text) == NULL)
      fail_msg("\"%s\" does not say \"%s\"", problem.text, cases[k].text);
  }
}

/* A three-axis frame of this counter and status. */
static void make_frame(uint8_t frame[16], uint16_t counter, uint16_t status)
{
  unsigned sum = 0;
  memcpy(frame, three_axes, 16);
  frame[4] = (uint8_t)(counter >> 8);
  frame[5] = (uint8_t)counter;
  frame[6] = (uint8_t)(status >> 8);
  frame[7] = (uint8_t)status;
  for (int k = 0; k < 14; k++)
    sum += frame[k];
  frame[14] = (uint8_t)(sum >> 8);
  frame[15] = (uint8_t)sum;
}

static void feed_frame(struct bench_instrument *bench, uint16_t counter, uint16_t status)
{
  uint8_t frame[16];
  make_frame(frame, counter, status);
  bench_instrument_feed(bench, frame, sizeof frame);
}

static void what_a_frame_reports_is_heard_behind_any_other(void **unused)
{
  static const uint16_t status[] = {0, 1, 1 | 1 << 9}; /* of sensor 1; its Fx overloaded */
  struct bench_instrument bench;
  (void)unused;

  open_three(&bench, "optoforce:1-2");
  for (unsigned k = 0; k < 200; k++) {
    const uint16_t told = status[(k * k + k / 7) % 3];
    feed_frame(&bench, (uint16_t)(k + UINT16_MAX - 100), told);
    assert_int_equal(bench_instrument_frame(&bench).flags, told >> 9);
  }
  bench_instrument_close(&bench);
}

static void counts_what_is_missing_across_the_wrap(void **unused)
{
  struct bench_instrument bench;
  (void)unused;

  open_three(&bench, "optoforce:1-2");
  feed_frame(&bench, 65530, 0);
  feed_frame(&bench, 65535, 0); /* 4 are missing */
  feed_frame(&bench, 0, 0);
  feed_frame(&bench, 5, 0); /* 4 more */
  feed_frame(&bench, 5, 0); /* once more */
  feed_frame(&bench, 6, 0);
  assert_int_equal(bench_instrument_waiting(&bench), 5);
  assert_int_equal(bench.sink.next_index, 13);
  assert_int_equal(bench.sink.lost, 8);
  assert_int_equal(bench.sink.duplicated, 1);
  bench_instrument_frame(&bench);
  assert_int_equal(bench_instrument_frame(&bench).gap_before, 4);
  /* 32767 missing is the most that is believed; one more lies behind. */
  feed_frame(&bench, 6 + 32768, 0);
  assert_int_equal(bench.sink.lost, 8 + 32767);
  assert_null(bench.sink.restart_reason);
  feed_frame(&bench, 32000, 0);
  assert_non_null(bench.sink.restart_reason);
  feed_frame(&bench, 2, 0);
  assert_int_equal(bench_instrument_waiting(&bench), 4);
  stance_optoforce.rewind(bench.state);
  feed_frame(&bench, 2, 0);
  assert_int_equal(bench_instrument_waiting(&bench), 5);
  bench_instrument_close(&bench);
}

static void resynchronises_without_losing_good_frames(void **unused)
{
  struct bench_instrument bench;
  uint8_t bytes[16 * 4 + 3];
  (void)unused;

  open_three(&bench, "optoforce:1-2");
  /* Rubbish that begins like a frame, a good one, a damaged one, a good one. */
  memcpy(bytes, three_axes, 3);
  make_frame(bytes + 3, 7, 0);
  make_frame(bytes + 19, 8, 0);
  bytes[19 + 9] ^= 0x10;
  make_frame(bytes + 35, 9, 0);
  make_frame(bytes + 51, 10, 0);
  bench_instrument_feed(&bench, bytes, sizeof bytes);
  assert_int_equal(bench_instrument_waiting(&bench), 3);
  assert_int_equal(bench.sink.lost, 1);
  assert_int_equal(bench.sink.corrupt, 1);
  bench_instrument_close(&bench);
}

/* 13 bytes of one frame and the first three of the next have the sum that stands in the next two:
   only that the next one lacks its head gives it away. */
static void a_frame_filled_up_from_the_next_is_none(void **unused)
{
  struct bench_instrument bench;
  uint8_t bytes[13 + 16] = {0};
  unsigned sum = 0;
  (void)unused;

  open_three(&bench, "optoforce:1-2");
  make_frame(bytes, 255, 0);
  for (int k = 0; k < 8; k++)
    sum += bytes[k];
  /* Its values make the sum of 13 bytes and AA the 0708 of the head. */
  const unsigned missing = 0x0708 - 0xaa - sum;
  for (unsigned k = 0; k < 5; k++)
    bytes[8 + k] = (uint8_t)(missing / 5 + (k < missing % 5 ? 1 : 0));
  make_frame(bytes + 13, 256, 0);
  bench_instrument_feed(&bench, bytes, sizeof bytes);
  const struct stance_raw_frame frame = bench_instrument_frame(&bench);
  assert_int_equal(bench_instrument_waiting(&bench), 0);
  assert_true(frame.value[0] == 1 && frame.value[2] == 300);
  bench_instrument_close(&bench);
}

static void gives_up_what_cannot_be_believed(void **unused)
{
  struct bench_instrument bench;
  static const uint8_t zeros[512];
  (void)unused;

  open_three(&bench, "optoforce:1-2");
  for (uint16_t k = 0; k < 999; k++)
    feed_frame(&bench, k, 1 << 12);
  assert_null(bench.sink.fatal_reason);
  assert_int_equal(bench.sink.lost, 999);
  assert_int_equal(bench.sink.corrupt, 999);
  feed_frame(&bench, 999, 1 << 12);
  assert_non_null(strstr(bench.sink.fatal_reason, "fault"));
  bench_instrument_start(&bench);
  feed_frame(&bench, 1, 1 << 3);
  assert_non_null(strstr(bench.sink.fatal_reason, "several sensors"));
  bench_instrument_start(&bench);
  for (int k = 0; k < 45; k++)
    bench_instrument_feed(&bench, zeros, sizeof zeros);
  assert_non_null(strstr(bench.sink.restart_reason, "cannot be read"));
  assert_int_equal(bench_instrument_waiting(&bench), 0);
  bench_instrument_close(&bench);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_the_documented_frames),
      cmocka_unit_test(says_who_it_is),
      cmocka_unit_test(needs_an_answer),
      cmocka_unit_test(refuses_settings_that_mean_nothing),
      cmocka_unit_test(what_a_frame_reports_is_heard_behind_any_other),
      cmocka_unit_test(counts_what_is_missing_across_the_wrap),
      cmocka_unit_test(resynchronises_without_losing_good_frames),
      cmocka_unit_test(a_frame_filled_up_from_the_next_is_none),
      cmocka_unit_test(gives_up_what_cannot_be_believed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
