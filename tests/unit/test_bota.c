/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Bota sensor behind its FTDI chip: dialogues, frames, time stamps. */
#include "bota.h"
#include "crc16.h"
#include "support/instrument_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { FRAME_BYTES = 37 };

/* Status 0, Fx 1.5, Fy -2, Fz 1000, Mx 0.25, My 0, Mz -0.5, 1000000 µs, 25 °C; the checksum
   was computed bit by bit in another language. */
static const uint8_t documented[FRAME_BYTES] = {
    0xaa, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x3f, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00,
    0x7a, 0x44, 0x00, 0x00, 0x80, 0x3e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xbf, 0x40, 0x42, 0x0f, 0x00, 0x00, 0x00, 0xc8, 0x41, 0x92, 0xab};

struct sensor {
  char said[64];
  size_t said_count;
  const char *answer; /* waiting to be read; NULL: only the chip's status */
  char answer_text[8];
  unsigned pauses, silent;
  char refused;
  unsigned refusals, refused_count; /* so often; 0: each time */
  uint16_t baud_value, latency;
  bool stalled;
};

static struct stance_usb_reply give(const void *data, size_t length)
{
  return (struct stance_usb_reply){.outcome = STANCE_USB_DONE, .data = data, .length = length};
}

static struct stance_usb_reply descriptor(uint16_t value)
{
  static const uint8_t device[18] = {18,   1,    0,    2, 0, 0, 0, 8, 0x03,
                                     0x04, 0x01, 0x60, 0, 6, 1, 2, 3, 1};
  static const uint8_t configuration[] = {9,  2, 32, 0,   1,   1,   0, 0x80, 45, 9,    4,
                                          0,  0, 2,  255, 255, 255, 0, 7,    5,  0x81, 2,
                                          64, 0, 0,  7,   5,   2,   2, 64,   0,  0};
  static const uint8_t serial[] = {10, 3, 'A', 0, 'B', 0, '1', 0, '2', 0};
  static const uint8_t product[] = {10, 3, 'R', 0, 'o', 0, 'k', 0, 'u', 0};
  switch (value) {
  case 0x0100:
    return give(device, sizeof device);
  case 0x0200:
    return give(configuration, sizeof configuration);
  case 0x0302:
    return give(product, sizeof product);
  default:
    return give(serial, sizeof serial);
  }
}

/* A command is over when its letter stands alone, or when its fourth number was said. */
static void obey(struct sensor *sensor, char c)
{
  sensor->said[sensor->said_count++] = c;
  sensor->said[sensor->said_count] = '\0';
  const char *command = sensor->said;
  for (const char *at = sensor->said; *at != '\0'; at++)
    if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z'))
      command = at;
  unsigned commas = 0;
  for (const char *at = command; *at != '\0'; at++)
    commas += *at == ',';
  if (*command != 'C' && (commas != 4 || c == ','))
    return;
  if (sensor->silent > 0) {
    sensor->silent--;
    return;
  }
  const bool refuses = *command == sensor->refused &&
                       (sensor->refusals == 0 || sensor->refused_count < sensor->refusals);
  sensor->refused_count += refuses;
  snprintf(sensor->answer_text, sizeof sensor->answer_text, "%c,%d", *command, refuses ? 2 : 0);
  sensor->answer = sensor->answer_text;
}

static struct stance_usb_reply answer(void *context, const struct stance_usb_exchange *exchange)
{
  static uint8_t packet[64];
  struct sensor *sensor = context;

  switch (exchange->transfer) {
  case STANCE_USB_CONTROL_IN:
    return descriptor(exchange->value);
  case STANCE_USB_CONTROL_OUT:
    if (sensor->stalled)
      return (struct stance_usb_reply){.outcome = STANCE_USB_STALL};
    if (exchange->request == 3)
      sensor->baud_value = exchange->value;
    if (exchange->request == 9)
      sensor->latency = exchange->value;
    return give(NULL, 0);
  case STANCE_USB_BULK_OUT:
    assert_int_equal(exchange->endpoint, 2);
    assert_int_equal(exchange->length, 1);
    obey(sensor, (char)exchange->data[0]);
    return give(NULL, 0);
  case STANCE_USB_BULK_IN: {
    assert_int_equal(exchange->endpoint, 0x81);
    size_t length = 0;
    packet[0] = 0x01;
    packet[1] = 0x60;
    if (sensor->answer != NULL) { /* byte after byte: answers may be split anywhere */
      packet[2] = (uint8_t)*sensor->answer++;
      length = 1;
      if (*sensor->answer == '\0')
        sensor->answer = NULL;
    }
    return give(packet, 2 + length);
  }
  case STANCE_USB_PAUSE:
    assert_true(exchange->timeout_ms >= 5);
    sensor->pauses++;
    return give(NULL, 0);
  default:
    return give(NULL, 0);
  }
}

static void open_identified(struct bench_instrument *bench, const char *uri)
{
  struct sensor sensor = {0};
  bench_instrument_open(bench, &stance_bota, 0, uri);
  if (bench_instrument_converse(bench, STANCE_DIALOGUE_IDENTIFY, answer, &sensor) != STANCE_OK)
    fail_msg("%s", bench->problem.text);
  bench_instrument_start(bench);
}

static void is_set_up_character_by_character(void **unused)
{
  struct bench_instrument bench;
  struct sensor sensor = {0};
  (void)unused;

  open_identified(&bench, "bota:1-2");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, answer, &sensor),
                   STANCE_OK);
  assert_string_equal(sensor.said, "RCc,0,1,0,4f,51,0,0,1");
  assert_int_equal(sensor.pauses, strlen(sensor.said));
  assert_int_equal(sensor.baud_value, 0x4006);
  assert_int_equal(sensor.latency, 40);
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_START, answer, &sensor),
                   STANCE_OK);
  assert_int_equal(sensor.latency, 1);
  assert_string_equal(sensor.said, "RCc,0,1,0,4f,51,0,0,1R");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_STOP, answer, &sensor),
                   STANCE_OK);
  assert_string_equal(sensor.said, "RCc,0,1,0,4f,51,0,0,1RC");
  assert_int_equal(sensor.latency, 40);
  bench_instrument_close(&bench);
}

static void says_who_it_is(void **unused)
{
  struct bench_instrument bench;
  struct stance_source_info info = {0};
  struct stance_usb_shape shape;
  (void)unused;

  open_identified(&bench, "bota:1-2?rate=800&map=right:Fz,left:0");
  stance_bota.describe(bench.state, &info);
  assert_string_equal(info.model, "Bota sensor (Roku)");
  assert_string_equal(info.serial, "AB12");
  assert_true(info.rate_hz == 800);
  assert_int_equal(info.channel_count, 6);
  assert_int_equal(info.channel[2].side, STANCE_RIGHT);
  assert_int_equal(info.channel[0].side, STANCE_LEFT);
  assert_string_equal(info.channel[5].name, "Mz");
  assert_string_equal(info.channel[5].unit, "Nm");
  assert_string_equal(info.channel[2].unit, "N");
  stance_bota.shape(bench.state, &shape);
  assert_int_equal(shape.endpoint, 0x81);
  assert_int_equal(shape.max_packet_bytes, 64);
  assert_int_equal(shape.interface_count, 1);
  bench_instrument_close(&bench);
  open_identified(&bench, "bota:1-2");
  stance_bota.describe(bench.state, &info);
  assert_true(fabs(info.rate_hz - 1003.92) < 0.01);
  assert_int_equal(info.channel[2].side, STANCE_TOTAL);
  bench_instrument_close(&bench);
}

static void repeats_what_was_not_heard(void **unused)
{
  struct bench_instrument bench;
  struct sensor twice = {.silent = 2}, never = {.silent = 1000}, refusing = {.refused = 'f'},
                stalled = {.stalled = true};
  (void)unused;

  bench_instrument_open(&bench, &stance_bota, 0, "bota:1-2");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, answer, &twice),
                   STANCE_OK);
  assert_string_equal(twice.said, "RCCC");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, answer, &never),
                   STANCE_INSTRUMENT);
  assert_non_null(strstr(bench.problem.text, "460800"));
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, answer, &stalled),
                   STANCE_INSTRUMENT);
  assert_non_null(strstr(bench.problem.text, "adapter"));
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, answer, &refusing),
                   STANCE_INSTRUMENT);
  assert_non_null(strstr(bench.problem.text, "f,51,0,0,1"));
  assert_int_equal(refusing.refused_count, 3);
  bench_instrument_close(&bench);
}

/* A host that is held up between two characters has the sensor see half a command. */
static void repeats_what_was_cut_in_two(void **unused)
{
  struct bench_instrument bench;
  struct sensor sensor = {.refused = 'c', .refusals = 2};
  (void)unused;
  open_identified(&bench, "bota:1-2");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, answer, &sensor),
                   STANCE_OK);
  assert_string_equal(sensor.said, "RCc,0,1,0,4c,0,1,0,4c,0,1,0,4f,51,0,0,1");
  bench_instrument_close(&bench);
}

static void make_frame(uint8_t frame[FRAME_BYTES], uint32_t stamp_us, uint16_t status)
{
  memcpy(frame, documented, FRAME_BYTES);
  frame[1] = (uint8_t)status;
  frame[2] = (uint8_t)(status >> 8);
  for (unsigned k = 0; k < 4; k++)
    frame[27 + k] = (uint8_t)(stamp_us >> 8 * k);
  const uint16_t crc = stance_crc16(frame + 1, 34);
  frame[35] = (uint8_t)crc;
  frame[36] = (uint8_t)(crc >> 8);
}

static void feed(struct bench_instrument *bench, const uint8_t frame[FRAME_BYTES], uint8_t line)
{
  uint8_t packet[2 + FRAME_BYTES] = {0x01, line};
  memcpy(packet + 2, frame, FRAME_BYTES);
  bench_instrument_feed(bench, packet, sizeof packet);
}

static void feed_frame(struct bench_instrument *bench, double stamp_us, uint16_t status)
{
  uint8_t frame[FRAME_BYTES];
  make_frame(frame, (uint32_t)(uint64_t)stamp_us, status);
  feed(bench, frame, 0x60);
}

static void reads_the_documented_frame(void **unused)
{
  static const double expected[] = {1.5, -2, 1000, 0.25, 0, -0.5};
  struct bench_instrument bench;
  (void)unused;

  open_identified(&bench, "bota:1-2");
  feed(&bench, documented, 0x60);
  const struct stance_raw_frame frame = bench_instrument_frame(&bench);
  for (int k = 0; k < 6; k++)
    assert_true(frame.value[k] == expected[k]);
  assert_int_equal(frame.flags, 0);
  assert_int_equal(bench.sink.warnings, 0);
  bench_instrument_close(&bench);
}

static void time_stamps_tell_what_is_missing(void **unused)
{
  static const double period_us = 51 / 0.0512; /* 996.09 */
  struct bench_instrument bench;
  double at_us = 4294967296.0 - 1500 * period_us; /* over the wrap */
  (void)unused;

  open_identified(&bench, "bota:1-2");
  for (int k = 0; k < 2000; k++, at_us += period_us)
    feed_frame(&bench, at_us + (k % 3 - 1) * 150, 0); /* stamps scatter */
  assert_int_equal(bench.sink.lost, 0);
  assert_int_equal(bench.sink.next_index, 2000);
  at_us += 7 * period_us;
  feed_frame(&bench, at_us, 0);
  feed_frame(&bench, at_us, 0); /* once more */
  assert_int_equal(bench.sink.lost, 7);
  assert_int_equal(bench.sink.duplicated, 1);
  assert_int_equal(bench.sink.next_index, 2008);
  at_us += 10000 * period_us; /* ten seconds */
  feed_frame(&bench, at_us, 0);
  assert_int_equal(bench.sink.lost, 7 + 9999);
  assert_null(bench.sink.restart_reason);
  feed_frame(&bench, at_us - 50000, 0);
  assert_non_null(bench.sink.restart_reason);
  bench_instrument_close(&bench);
}

static void follows_the_sensors_own_crystal(void **unused)
{
  struct bench_instrument bench;
  const double period_us = 51 / 0.0512 * 1.01; /* its filter is 1 % slower than documented */
  double at_us = 1000;
  (void)unused;

  open_identified(&bench, "bota:1-2");
  for (int k = 0; k < 5000; k++, at_us += period_us)
    feed_frame(&bench, at_us, 0);
  assert_int_equal(bench.sink.lost, 0);
  at_us += 2000 * period_us; /* of the documented period it would be 20 more */
  feed_frame(&bench, at_us, 0);
  assert_int_equal(bench.sink.lost, 2000);
  bench_instrument_close(&bench);
}

static void status_travels_with_the_frames(void **unused)
{
  struct bench_instrument bench;
  uint8_t frame[FRAME_BYTES];
  (void)unused;
  open_identified(&bench, "bota:1-2");
  feed_frame(&bench, 1000, 1 << 0);
  assert_int_equal(bench.sink.warnings, STANCE_WARNING_OVERRUN);
  feed_frame(&bench, 2000, 1 << 1);
  assert_int_equal(bench.sink.warnings, STANCE_WARNING_OVERRUN | STANCE_WARNING_OVERLOAD);
  feed_frame(&bench, 3000, 1 << 2);
  assert_int_equal(bench.sink.corrupt, 1);
  bench_instrument_frame(&bench);
  assert_int_equal(bench_instrument_frame(&bench).flags, 0x3f);
  assert_int_equal(bench_instrument_waiting(&bench), 0);
  bench_instrument_start(&bench);
  make_frame(frame, 1000, 0);
  feed_frame(&bench, 0, 0);
  feed(&bench, frame, 0x62);
  assert_int_equal(bench.sink.warnings, STANCE_WARNING_OVERRUN);
  feed_frame(&bench, 2000, 1 << 3);
  assert_non_null(strstr(bench.sink.fatal_reason, "without its calibration"));
  bench_instrument_start(&bench);
  for (int k = 0; k < 1000; k++)
    feed_frame(&bench, 1000 * k + 1, 1 << 2);
  assert_non_null(strstr(bench.sink.fatal_reason, "invalid"));
  bench_instrument_close(&bench);
}

static void not_a_number_is_no_force(void **unused)
{
  struct bench_instrument bench;
  uint8_t frame[FRAME_BYTES];
  (void)unused;
  open_identified(&bench, "bota:1-2");
  feed_frame(&bench, 0, 0);
  make_frame(frame, 1000, 0);
  memset(frame + 11, 0xff, 4);
  const uint16_t crc = stance_crc16(frame + 1, 34);
  frame[35] = (uint8_t)crc;
  frame[36] = (uint8_t)(crc >> 8);
  feed(&bench, frame, 0x60);
  assert_int_equal(bench_instrument_waiting(&bench), 1);
  assert_int_equal(bench.sink.corrupt, 1);
  bench_instrument_close(&bench);
}

static void silence_behind_the_chip_is_noticed(void **unused)
{
  static const uint8_t empty[] = {0x01, 0x60};
  uint8_t rubbish[64] = {0x01, 0x60};
  struct bench_instrument bench;
  (void)unused;

  open_identified(&bench, "bota:1-2");
  for (int k = 0; k < 999; k++)
    bench_instrument_feed(&bench, empty, sizeof empty);
  feed_frame(&bench, 1, 0);
  for (int k = 0; k < 999; k++)
    bench_instrument_feed(&bench, empty, sizeof empty);
  assert_null(bench.sink.restart_reason);
  bench_instrument_feed(&bench, empty, sizeof empty);
  assert_non_null(strstr(bench.sink.restart_reason, "sends nothing"));
  bench_instrument_start(&bench);
  for (int k = 0; k < 760; k++)
    bench_instrument_feed(&bench, rubbish, sizeof rubbish);
  assert_non_null(strstr(bench.sink.restart_reason, "cannot be read"));
  bench_instrument_close(&bench);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_set_up_character_by_character),
      cmocka_unit_test(says_who_it_is),
      cmocka_unit_test(repeats_what_was_not_heard),
      cmocka_unit_test(repeats_what_was_cut_in_two),
      cmocka_unit_test(reads_the_documented_frame),
      cmocka_unit_test(time_stamps_tell_what_is_missing),
      cmocka_unit_test(follows_the_sensors_own_crystal),
      cmocka_unit_test(status_travels_with_the_frames),
      cmocka_unit_test(not_a_number_is_no_force),
      cmocka_unit_test(silence_behind_the_chip_is_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
