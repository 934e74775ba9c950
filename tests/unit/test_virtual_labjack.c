/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual LabJack U6 against documented bytes: each expectation is written from the vendor's
   tables, not from our driver. */
#include "virtual_labjack.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct bench {
  struct stance_virtual_device *device;
  uint8_t response[64];
  int length;
};

static struct bench plug_in(const struct stance_virtual_kind *kind, const char *serial)
{
  struct bench bench = {0};
  struct stance_problem problem = {""};

  if (stance_virtual_device_create(kind, serial, NULL, &bench.device, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  bench.device->clock.speed = (double)INFINITY;
  return bench;
}

static void ask(struct bench *bench, const uint8_t *command, size_t length)
{
  assert_int_equal(bench->device->kind->bulk_out(bench->device, 0x01, command, length),
                   (int)length);
  bench->length = bench->device->kind->bulk_in(bench->device, 0x82, bench->response, 64);
}

/* Sums written out as the vendor words them, apart from the simulator's. */
static void sign(uint8_t *bytes, size_t length)
{
  unsigned sum = 0;

  for (size_t k = 6; k < length; k++)
    sum += bytes[k];
  bytes[4] = (uint8_t)(sum % 256);
  bytes[5] = (uint8_t)(sum / 256);
  sum = 0;
  for (size_t k = 1; k < 6; k++)
    sum += bytes[k];
  sum = sum / 256 + sum % 256;
  sum = sum / 256 + sum % 256;
  bytes[0] = (uint8_t)sum;
}

static void assert_signed(const uint8_t *bytes, size_t length)
{
  uint8_t copy[64];

  memcpy(copy, bytes, length);
  sign(copy, length);
  assert_memory_equal(copy, bytes, length);
}

static void configure(struct bench *bench, uint8_t channels, uint8_t samples, uint16_t interval)
{
  uint8_t command[64] = {0, 0xf8, (uint8_t)(channels + 4), 0x11, 0, 0, channels, 1, samples};

  command[12] = (uint8_t)interval;
  command[13] = (uint8_t)(interval >> 8);
  for (uint8_t k = 0; k < channels; k++)
    command[14 + 2 * k] = k;
  sign(command, 14 + 2UL * channels);
  ask(bench, command, 14 + 2UL * channels);
}

static void test_config_tells_serial_and_firmware(void **state)
{
  struct bench bench = plug_in(&stance_virtual_labjack_u6, "360012345");
  uint8_t command[26] = {0, 0xf8, 0x0a, 0x08};

  (void)state;
  sign(command, sizeof command);
  ask(&bench, command, sizeof command);
  assert_int_equal(bench.length, 38);
  assert_signed(bench.response, 38);
  assert_int_equal(bench.response[1], 0xf8);
  assert_int_equal(bench.response[2], 0x10);
  assert_int_equal(bench.response[3], 0x08);
  assert_int_equal(bench.response[6], 0);
  const uint32_t serial = (uint32_t)bench.response[15] | (uint32_t)bench.response[16] << 8 |
                          (uint32_t)bench.response[17] << 16 | (uint32_t)bench.response[18] << 24;
  assert_int_equal(serial, 360012345);
  assert_int_equal(bench.response[19], 6); /* product id */
  assert_int_equal(bench.response[37], 4); /* U6, not Pro */
  stance_virtual_device_destroy(bench.device);
}

static void test_a_bad_checksum_is_answered_by_b8_b8(void **state)
{
  struct bench bench = plug_in(&stance_virtual_labjack_u6, NULL);
  uint8_t command[26] = {0, 0xf8, 0x0a, 0x08};

  (void)state;
  sign(command, sizeof command);
  command[20] = 1;
  ask(&bench, command, sizeof command);
  assert_int_equal(bench.length, 2);
  assert_int_equal(bench.response[0], 0xb8);
  assert_int_equal(bench.response[1], 0xb8);
  stance_virtual_device_destroy(bench.device);
}

static void test_start_and_stop_answer_with_their_errors(void **state)
{
  static const uint8_t start[] = {0xa8, 0xa8}, stop[] = {0xb0, 0xb0};
  struct bench bench = plug_in(&stance_virtual_labjack_u6, NULL);

  (void)state;
  ask(&bench, stop, 2);
  assert_int_equal(bench.length, 4);
  assert_int_equal(bench.response[1], 0xb1);
  assert_int_equal(bench.response[2], 52); /* was not running */
  configure(&bench, 4, 25, 4000);
  assert_int_equal(bench.length, 8);
  assert_int_equal(bench.response[6], 0);
  ask(&bench, start, 2);
  assert_int_equal(bench.response[0], 0xa9);
  assert_int_equal(bench.response[1], 0xa9);
  assert_int_equal(bench.response[2], 0);
  ask(&bench, start, 2);
  assert_int_equal(bench.response[2], 48); /* is active */
  configure(&bench, 4, 25, 4000);
  assert_int_equal(bench.response[6], 48);
  ask(&bench, stop, 2);
  assert_int_equal(bench.response[2], 0);
  stance_virtual_device_destroy(bench.device);
}

/* Every packet that an elastic clock gives until it waits. */
static int next_packet(struct bench *bench, uint8_t packet[64])
{
  int length = -EAGAIN;

  /* A skipped packet leaves less than one: more is sampled then. */
  for (int k = 0; k < 3 && length == -EAGAIN; k++) {
    bench->device->kind->advance(bench->device);
    length = bench->device->kind->bulk_in(bench->device, 0x83, packet, 64);
    stance_virtual_clock_settle(&bench->device->clock);
  }
  return length;
}

static void start_stream(struct bench *bench, uint8_t channels, uint8_t samples)
{
  static const uint8_t start[] = {0xa8, 0xa8};

  configure(bench, channels, samples, 4000);
  ask(bench, start, 2);
}

static void test_stream_packets_are_as_documented(void **state)
{
  struct bench bench = plug_in(&stance_virtual_labjack_u6, NULL);
  uint8_t packet[64];

  (void)state;
  start_stream(&bench, 4, 25);
  for (unsigned k = 0; k < 300; k++) {
    assert_int_equal(next_packet(&bench, packet), 64);
    assert_signed(packet, 64);
    assert_int_equal(packet[1], 0xf9);
    assert_int_equal(packet[2], 4 + 25);
    assert_int_equal(packet[3], 0xc0);
    assert_int_equal(packet[10], k % 256); /* wraps */
    assert_int_equal(packet[11], 0);
    assert_int_equal(packet[63], 0);
    const unsigned code = packet[12] | (unsigned)packet[13] << 8;
    assert_in_range(code, 33463, 33583); /* 0 V: the centre, 33523 ± 60 */
  }
  assert_int_equal(bench.device->clock.rate_hz, 1000); /* 4 MHz / 4000 */
  stance_virtual_device_destroy(bench.device);
}

static void test_calibration_reads_back_what_the_converter_does(void **state)
{
  struct bench bench = plug_in(&stance_virtual_labjack_u6, "360012345");
  double slope[2], centre[2];

  (void)state;
  for (uint8_t half = 0; half < 2;
       half++) { /* block 0: slopes; block 2: negative slopes, centres */
    uint8_t command[8] = {0, 0xf8, 0x01, 0x2d, 0, 0, 0, (uint8_t)(2 * half)};
    sign(command, sizeof command);
    ask(&bench, command, sizeof command);
    assert_int_equal(bench.length, 40);
    assert_int_equal(bench.response[2], 0x11);
    int64_t number[2] = {0};
    for (int k = 0; k < 16; k++)
      number[k / 8] |= (int64_t)((uint64_t)bench.response[8 + k] << 8 * (k % 8));
    slope[half] = (double)number[0] / 4294967296.0;
    centre[half] = (double)number[1] / 4294967296.0;
  }
  assert_true(fabs(slope[0] - (3.1580578e-4)) <= 2e-6);
  assert_true(fabs(slope[1] - (-3.158058e-4)) <= 2e-6);
  assert_true(slope[0] != -slope[1]); /* not trivial */
  const struct stance_virtual_labjack_input input = {0, 31, 0};
  for (double volts = -9.9; volts < 10.0; volts += 0.37) {
    const double code = stance_virtual_labjack_convert(bench.device, &input, volts);
    const double back =
        code >= centre[1] ? (code - centre[1]) * slope[0] : (centre[1] - code) * slope[1];
    assert_true(fabs(back - (volts)) <= 0.5001 * 3.18e-4);
  }
  assert_int_equal(stance_virtual_labjack_convert(bench.device, &input, 11.0), 65535);
  assert_int_equal(stance_virtual_labjack_convert(bench.device, &input, -11.0), 0);
  stance_virtual_device_destroy(bench.device);
}

static void add_fault(struct bench *bench, const char *text)
{
  assert_int_equal(
      stance_virtual_fault_add(&bench->device->faults, bench->device->kind->faults, text, NULL),
      STANCE_OK);
}

/* 59 while scans are missed, then 60 with their number and one scan of FFFF among it. */
static void test_an_overrun_is_recovered_and_reported(void **state)
{
  struct bench bench = plug_in(&stance_virtual_labjack_u6, NULL);
  unsigned dummies = 0, missed = 0, reports = 0;
  uint8_t packet[64];

  (void)state;
  add_fault(&bench, "overrun@100:300");
  start_stream(&bench, 3, 25); /* scans straddle packets */
  for (unsigned k = 0; k < 100; k++) {
    assert_int_equal(next_packet(&bench, packet), 64);
    assert_signed(packet, 64);
    for (unsigned s = 0; s < 25; s++)
      dummies += packet[12 + 2 * s] == 0xff && packet[13 + 2 * s] == 0xff;
    if (packet[11] == 60) {
      reports++;
      missed += packet[6] | (unsigned)packet[7] << 8;
    }
  }
  assert_int_equal(reports, 1);
  assert_int_equal(missed, 300);
  assert_int_equal(dummies, 3); /* one scan */
  assert_int_equal(bench.device->counts.dropped, 300);
  stance_virtual_device_destroy(bench.device);
}

static void test_a_stalled_host_overruns_984_samples(void **state)
{
  struct bench bench = plug_in(&stance_virtual_labjack_u6, NULL);
  uint8_t packet[64];
  unsigned missed = 0;
  bool active = false;

  (void)state;
  start_stream(&bench, 4, 25);
  stance_virtual_clock_stall(&bench.device->clock, 0.5); /* 500 scans; 246 fit */
  for (unsigned k = 0; k < 120; k++) {
    assert_int_equal(next_packet(&bench, packet), 64);
    active = active || packet[11] == 59;
    if (packet[11] == 60)
      missed += packet[6] | (unsigned)packet[7] << 8;
  }
  assert_true(active);
  assert_in_range(missed, 500 - 246, 500 - 246 + 8);
  stance_virtual_device_destroy(bench.device);
}

static void test_each_fault_leaves_its_mark(void **state)
{
  struct bench bench = plug_in(&stance_virtual_labjack_u6, NULL);
  uint8_t packet[64], copy[64];

  (void)state;
  start_stream(&bench, 4, 25);
  assert_int_equal(next_packet(&bench, packet), 64);
  const unsigned number = packet[10];
  add_fault(&bench, "skip-counter:2");
  assert_int_equal(next_packet(&bench, packet), 64);
  assert_int_equal(packet[10], number + 3);
  add_fault(&bench, "bad-checksum8");
  assert_int_equal(next_packet(&bench, packet), 64);
  memcpy(copy, packet, 64);
  sign(copy, 64);
  assert_int_not_equal(copy[0], packet[0]);
  assert_memory_equal(copy + 1, packet + 1, 63);
  add_fault(&bench, "bad-checksum16");
  assert_int_equal(next_packet(&bench, packet), 64);
  memcpy(copy, packet, 64);
  sign(copy, 64);
  assert_int_not_equal(copy[4], packet[4]);
  add_fault(&bench, "scan-overlap");
  assert_int_equal(next_packet(&bench, packet), 64);
  assert_int_equal(packet[11], 55);
  assert_int_equal(next_packet(&bench, packet), -EAGAIN); /* the stream is over */
  stance_virtual_device_destroy(bench.device);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_config_tells_serial_and_firmware),
      cmocka_unit_test(test_a_bad_checksum_is_answered_by_b8_b8),
      cmocka_unit_test(test_start_and_stop_answer_with_their_errors),
      cmocka_unit_test(test_stream_packets_are_as_documented),
      cmocka_unit_test(test_calibration_reads_back_what_the_converter_does),
      cmocka_unit_test(test_an_overrun_is_recovered_and_reported),
      cmocka_unit_test(test_a_stalled_host_overruns_984_samples),
      cmocka_unit_test(test_each_fault_leaves_its_mark),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
