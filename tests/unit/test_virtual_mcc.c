/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual MCC instruments against the published requests and formats. */
#include "virtual_mcc.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct stance_virtual_device *plug_in(const struct stance_virtual_kind *kind)
{
  struct stance_virtual_device *device;
  struct stance_problem problem = {""};

  if (stance_virtual_device_create(kind, NULL, NULL, &device, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  device->clock.speed = (double)INFINITY;
  return device;
}

static int get(struct stance_virtual_device *device, uint8_t request, uint16_t value, void *data,
               uint16_t length)
{
  const struct stance_virtual_setup setup = {0xc0, request, value, 0, length};
  return stance_virtual_device_control(device, &setup, data);
}

static int put(struct stance_virtual_device *device, uint8_t request, const void *data,
               uint16_t length)
{
  const struct stance_virtual_setup setup = {0x40, request, 0, 0, length};
  uint8_t bytes[64] = {0};

  if (length > 0)
    memcpy(bytes, data, length);
  return stance_virtual_device_control(device, &setup, bytes);
}

/* Pacer 39999: 40 MHz / 40000 = 1000 scans a second. */
static int start(struct stance_virtual_device *device, uint8_t scans, uint8_t mask, uint8_t options)
{
  const uint8_t data[10] = {scans, 0, 0, 0, 0x3f, 0x9c, 0, 0, mask, options};
  return put(device, 0x11, data, sizeof data);
}

static int next_packet(struct stance_virtual_device *device, uint8_t packet[64])
{
  device->kind->advance(device);
  const int length = device->kind->bulk_in(device, 0x81, packet, 64);
  stance_virtual_clock_settle(&device->clock);
  return length;
}

static unsigned status_of(struct stance_virtual_device *device)
{
  uint8_t status[2] = {0};

  assert_int_equal(get(device, 0x44, 0, status, 2), 2);
  return status[0] | (unsigned)status[1] << 8;
}

static void test_serial_is_eight_characters(void **state)
{
  struct stance_virtual_device *device = plug_in(&stance_virtual_mcc_1608fs_plus);
  char serial[8];

  (void)state;
  assert_int_equal(get(device, 0x48, 0, serial, 8), 8);
  assert_memory_equal(serial, "01A2B3C4", 8);
  stance_virtual_device_destroy(device);
}

static float float_at(const uint8_t *bytes)
{
  const uint32_t word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                        (uint32_t)bytes[3] << 24;
  float value;

  memcpy(&value, &word, sizeof value);
  return value;
}

/* calibrated = raw·slope + intercept at (range·8 + channel)·8; volts = (calibrated −
 * 32768)·range/32768. */
static void test_calibration_memory_is_what_the_converter_uses(void **state)
{
  static const struct {
    uint8_t code;
    double volts;
  } ranges[] = {{0, 10}, {1, 5}, {3, 2}, {5, 1}};
  struct stance_virtual_device *device = plug_in(&stance_virtual_mcc_1608fs_plus);

  (void)state;
  for (size_t r = 0; r < 4; r++)
    for (uint16_t channel = 0; channel < 8; channel++) {
      uint8_t pair[8];
      const uint16_t address = (uint16_t)((ranges[r].code * 8 + channel) * 8);
      assert_int_equal(get(device, 0x30, address, pair, 8), 8);
      const double slope = (double)float_at(pair), intercept = (double)float_at(pair + 4);
      assert_true(slope > 0.99 && slope < 1.01 && slope != 1.0);
      assert_true(fabs(intercept) <= 40.0 && intercept != 0.0);
      for (double volts = -0.9 * ranges[r].volts; volts < ranges[r].volts * 0.95;
           volts += ranges[r].volts / 7.3) {
        const double code = stance_virtual_mcc_convert(device, channel, ranges[r].code, volts);
        const double back = (code * slope + intercept - 32768.0) * ranges[r].volts / 32768.0;
        assert_true(fabs(back - volts) <= 0.51 * ranges[r].volts / 32768.0);
      }
    }
  stance_virtual_device_destroy(device);
}

static void test_a_running_scan_stalls_what_would_disturb_it(void **state)
{
  static const uint8_t ranges[8] = {0, 1, 3, 5, 0, 1, 3, 5}, wrong[8] = {2};
  struct stance_virtual_device *device = plug_in(&stance_virtual_mcc_1608fs_plus);
  uint8_t data[8];

  (void)state;
  assert_int_equal(put(device, 0x14, wrong, 8), -EPIPE); /* there is no range 2 */
  assert_int_equal(put(device, 0x14, ranges, 8), 8);
  assert_int_equal(get(device, 0x14, 0, data, 8), 8);
  assert_memory_equal(data, ranges, 8);
  assert_int_equal(status_of(device), 0);
  assert_int_equal(start(device, 0, 0x0f, 0), 10);
  assert_int_equal(status_of(device), 1 << 1);
  assert_int_equal(start(device, 0, 0x0f, 0), -EPIPE);
  assert_int_equal(put(device, 0x14, ranges, 8), -EPIPE);
  assert_int_equal(get(device, 0x10, 0, data, 2), -EPIPE);
  assert_int_equal(put(device, 0x12, NULL, 0), 0);
  assert_int_equal(status_of(device), 0);
  assert_int_equal(get(device, 0x10, 0, data, 2), 2);
  stance_virtual_device_destroy(device);
}

static void test_debug_mode_counts_in_whole_packets(void **state)
{
  struct stance_virtual_device *device = plug_in(&stance_virtual_mcc_1608fs_plus);
  uint8_t packet[64];
  unsigned expected = 0;

  (void)state;
  assert_int_equal(start(device, 0, 0xff, 1 << 5), 10);
  for (int k = 0; k < 100; k++) {
    assert_int_equal(next_packet(device, packet), 64);
    for (int s = 0; s < 32; s++)
      assert_int_equal(packet[2 * s] | packet[2 * s + 1] << 8, expected++ & 0xffff);
  }
  stance_virtual_device_destroy(device);
}

static void test_immediate_mode_sends_each_scan(void **state)
{
  struct stance_virtual_device *device = plug_in(&stance_virtual_mcc_1608fs_plus);
  uint8_t packet[64];

  (void)state;
  assert_int_equal(start(device, 0, 0x07, 1), 10);
  for (int k = 0; k < 10; k++)
    assert_int_equal(next_packet(device, packet), 6);
  stance_virtual_device_destroy(device);
}

/* 16 scans of 4 channels are 128 bytes: two packets and a ZLP; 10 scans are 80. */
static void test_a_finite_scan_ends_short(void **state)
{
  struct stance_virtual_device *device = plug_in(&stance_virtual_mcc_1608fs_plus);
  uint8_t packet[64];

  (void)state;
  assert_int_equal(start(device, 16, 0x0f, 0), 10);
  assert_int_equal(next_packet(device, packet), 64);
  assert_int_equal(next_packet(device, packet), 64);
  assert_int_equal(next_packet(device, packet), 0);
  assert_int_equal(next_packet(device, packet), -EAGAIN);
  assert_int_equal(start(device, 10, 0x0f, 0), 10);
  assert_int_equal(next_packet(device, packet), 64);
  assert_int_equal(next_packet(device, packet), 16);
  assert_int_equal(next_packet(device, packet), -EAGAIN);
  stance_virtual_device_destroy(device);
}

/* 32768 samples: 8192 scans of four. Bit 7 of the options: silence instead of a stall. */
static void test_an_overrun_stalls_or_falls_silent(void **state)
{
  struct stance_virtual_device *device = plug_in(&stance_virtual_mcc_1608fs_plus);
  uint8_t packet[64];

  (void)state;
  for (int quiet = 0; quiet <= 1; quiet++) {
    assert_int_equal(start(device, 0, 0x0f, quiet != 0 ? 1 << 7 : 0), 10);
    stance_virtual_clock_stall(&device->clock, 8.0);
    assert_int_equal(next_packet(device, packet), 64); /* 8000 scans fit */
    stance_virtual_clock_stall(&device->clock, 1.0);
    assert_int_equal(next_packet(device, packet), quiet != 0 ? -EAGAIN : -EPIPE);
    assert_int_equal(status_of(device), 1 << 2);
    assert_int_equal(put(device, 0x15, NULL, 0), 0);
    assert_int_equal(status_of(device), 0);
  }
  stance_virtual_device_destroy(device);
}

/* The 20x is paced by the sample: 70 MHz / (pacer + 1) / channels; 12 bits. */
static void test_a_204_is_paced_by_the_sample(void **state)
{
  struct stance_virtual_device *device = plug_in(&stance_virtual_mcc_204);
  const uint32_t pacer = 70000000 / 4000 - 1;
  const uint8_t data[12] = {0, 0, 0, 0, (uint8_t)pacer, (uint8_t)(pacer >> 8), 0, 0, 0x0f};
  uint8_t packet[64];

  (void)state;
  assert_int_equal(put(device, 0x11, data, 10), -EPIPE); /* twelve bytes here */
  assert_int_equal(put(device, 0x11, data, 12), 12);
  assert_true(fabs(device->clock.rate_hz - 1000.0) < 1e-9);
  assert_int_equal(next_packet(device, packet), 64);
  for (int s = 0; s < 32; s++)
    assert_in_range(packet[2 * s] | packet[2 * s + 1] << 8, 2048 - 20, 2048 + 20); /* 0 V */
  stance_virtual_device_destroy(device);
}

static void test_forbidden_requests_are_refused(void **state)
{
  static const uint8_t key[2] = {0xad, 0xad};
  struct stance_virtual_device *device = plug_in(&stance_virtual_mcc_1608fs_plus);

  (void)state;
  assert_int_equal(put(device, 0x50, key, 2), -EPIPE);
  assert_int_equal(put(device, 0x30, key, 2), -EPIPE);
  stance_virtual_device_destroy(device);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_serial_is_eight_characters),
      cmocka_unit_test(test_calibration_memory_is_what_the_converter_uses),
      cmocka_unit_test(test_a_running_scan_stalls_what_would_disturb_it),
      cmocka_unit_test(test_debug_mode_counts_in_whole_packets),
      cmocka_unit_test(test_immediate_mode_sends_each_scan),
      cmocka_unit_test(test_a_finite_scan_ends_short),
      cmocka_unit_test(test_an_overrun_stalls_or_falls_silent),
      cmocka_unit_test(test_a_204_is_paced_by_the_sample),
      cmocka_unit_test(test_forbidden_requests_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
