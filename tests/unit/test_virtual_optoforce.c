/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual OptoForce amplifier against its documented bytes. */
#include "support/virtual_line.h"
#include "virtual_serial.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { FRAME_3 = 16, FRAME_6 = 22 };
/* AA + 32 + 03 + 1 = E0; + 5 = E5; + FF = 1DF */
static const uint8_t start[] = {0xaa, 0x00, 0x32, 0x03, 1, 0, 0, 0x00, 0xe0};
static const uint8_t stop[] = {0xaa, 0x00, 0x32, 0x03, 0, 0, 0, 0x00, 0xdf};
static const uint8_t tare[] = {0xaa, 0x00, 0x32, 0x03, 1, 0, 255, 0x01, 0xdf};

static unsigned be16(const uint8_t *bytes)
{
  return (unsigned)(bytes[0] << 8 | bytes[1]);
}

static void three_axes_are_sixteen_bytes(void **context)
{
  (void)context;
  struct virtual_line line;
  /* Fx 0; Fy 1.5 N are 100 counts; Fz 3 N are 18. AA + 07 + 08 + 0A + 64 + 12 = 139. */
  static const uint8_t first[FRAME_3] = {0xaa, 7, 8, 0x0a, 0, 0,    0, 0,
                                         0,    0, 0, 100,  0, 0x12, 1, 0x39};

  virtual_line_open(&line, &stance_virtual_optoforce_3, 0x82, 0x02, 1.5);
  virtual_line_run(&line, 50, 0);
  assert_int_equal(line.length, 0);
  virtual_line_send(&line, start, sizeof start);
  virtual_line_run(&line, 1000, 0);
  assert_in_range(line.length / FRAME_3, 999, 1001);
  assert_memory_equal(line.bytes, first, sizeof first);
  for (unsigned k = 0; k < line.length / FRAME_3; k++)
    assert_int_equal(be16(line.bytes + (size_t)k * FRAME_3 + 4), k);
  virtual_line_check_counts(&line, 0);
  virtual_line_send(&line, stop, sizeof stop);
  line.length = 0;
  virtual_line_run(&line, 100, 0);
  assert_int_equal(line.length, 0);
  virtual_line_close(&line);
}

static void six_axes_are_twenty_two(void **context)
{
  (void)context;
  struct virtual_line line;
  /* 0.03 N and N.m a terminal: Fy 2 counts, Fz 0.06 N 0, Tx 0.09 90, Ty 120, Tz 150 */
  static const uint8_t axes[] = {0, 0, 0, 2, 0, 0, 0, 90, 0, 120, 0, 150};

  virtual_line_open(&line, &stance_virtual_optoforce_6, 0x82, 0x02, 0.03);
  virtual_line_send(&line, start, sizeof start);
  virtual_line_run(&line, 10, 0);
  assert_true(line.length >= FRAME_6);
  assert_int_equal(line.bytes[3], 0x10);
  assert_memory_equal(line.bytes + 8, axes, sizeof axes);
  unsigned sum = 0;
  for (int k = 0; k < 20; k++)
    sum += line.bytes[k];
  assert_int_equal(be16(line.bytes + 20), sum);
  assert_int_equal(line.bytes[22], 0xaa);
  virtual_line_close(&line);
}

static void commands_may_be_split_and_damaged(void **context)
{
  (void)context;
  struct virtual_line line;
  uint8_t damaged[sizeof start];

  virtual_line_open(&line, &stance_virtual_optoforce_3, 0x82, 0x02, 1);
  memcpy(damaged, start, sizeof start);
  damaged[8] ^= 1;
  virtual_line_send(&line, damaged, sizeof damaged);
  virtual_line_send(&line, "\xaa\xaa\x55", 3);
  virtual_line_run(&line, 20, 0);
  assert_int_equal(line.length, 0);
  virtual_line_send(&line, start, 4);
  virtual_line_send(&line, start + 4, 5);
  virtual_line_run(&line, 20, 0);
  assert_true(line.length > 15 * FRAME_3);
  virtual_line_close(&line);
}

static void zero_is_taken(void **context)
{
  (void)context;
  struct virtual_line line;
  virtual_line_open(&line, &stance_virtual_optoforce_3, 0x82, 0x02, 3);
  virtual_line_send(&line, tare, sizeof tare);
  virtual_line_run(&line, 5, 0);
  assert_true(line.length >= FRAME_3);
  assert_int_equal(be16(line.bytes + 10), 0);
  assert_int_equal(be16(line.bytes + 12), 0);
  virtual_line_close(&line);
}

static void overload_is_said(void **context)
{
  (void)context;
  struct virtual_line line;
  /* 1000 N are 66667 counts of Fy: at the end; 2000 N are 12000 of Fz */
  virtual_line_open(&line, &stance_virtual_optoforce_3, 0x82, 0x02, 1000);
  virtual_line_send(&line, start, sizeof start);
  virtual_line_run(&line, 5, 0);
  assert_int_equal(be16(line.bytes + 6), 1U << 8);
  assert_int_equal(be16(line.bytes + 10), 0x7fff);
  assert_int_equal(be16(line.bytes + 12), 12000);
  virtual_line_close(&line);
}

static void faults_act_where_they_are_set(void **context)
{
  (void)context;
  struct virtual_line line;
  virtual_line_open(&line, &stance_virtual_optoforce_3, 0x82, 0x02, 1);
  virtual_line_fault(&line, "bad-checksum@5");
  virtual_line_fault(&line, "skip-counter@10:4");
  virtual_line_fault(&line, "cut@20:6");
  virtual_line_fault(&line, "sensor-error@30:1");
  virtual_line_send(&line, start, sizeof start);
  virtual_line_run(&line, 41, 0);
  const uint8_t *frame = line.bytes + (size_t)5 * FRAME_3;
  unsigned sum = 0;
  for (int k = 0; k < 14; k++)
    sum += frame[k];
  assert_int_not_equal(be16(frame + 14), sum);
  assert_int_equal(be16(line.bytes + (size_t)9 * FRAME_3 + 4), 9);
  assert_int_equal(be16(line.bytes + (size_t)10 * FRAME_3 + 4), 14);
  /* 20 is sixteenth to come, of 10 bytes */
  assert_int_equal(line.bytes[(size_t)17 * FRAME_3 - 6], 0xaa);
  assert_int_equal(be16(line.bytes + (size_t)17 * FRAME_3 - 6 + 4), 21);
  assert_int_equal(be16(line.bytes + (size_t)26 * FRAME_3 - 6 + 6), 1U << 10);
  assert_int_equal(line.device->counts.dropped, 4);
  assert_int_equal(line.device->counts.spoilt, 2);
  virtual_line_check_counts(&line, 0);
  virtual_line_close(&line);
}

static void a_late_host_costs_what_the_counter_says(void **context)
{
  (void)context;
  struct virtual_line line;
  virtual_line_open(&line, &stance_virtual_optoforce_3, 0x82, 0x02, 1);
  virtual_line_send(&line, start, sizeof start);
  virtual_line_wait(&line, 1000); /* its buffer holds 256 frames */
  virtual_line_run(&line, 1, 0);
  virtual_line_run(&line, 1, 0);
  const size_t frames = line.length / FRAME_3;
  assert_in_range(frames, 256, 258);
  assert_int_equal(be16(line.bytes + (frames - 1) * FRAME_3 + 4) + 1, line.device->counts.sampled);
  virtual_line_check_counts(&line, 0);
  virtual_line_close(&line);
}

static void the_port_keeps_its_line_coding(void **context)
{
  (void)context;
  struct virtual_line line;
  struct stance_virtual_setup set = {0x21, 0x20, 0, 0, 7}, get = {0xa1, 0x21, 0, 0, 7},
                              state = {0x21, 0x22, 3, 0, 0}, wrong = {0x21, 0x99, 0, 0, 7};
  uint8_t coding[7] = {0x40, 0x42, 0x0f, 0, 0, 0, 8}, read[7];

  virtual_line_open(&line, &stance_virtual_optoforce_6, 0x82, 0x02, 1);
  assert_int_equal(stance_virtual_device_control(line.device, &set, coding), 7);
  assert_int_equal(stance_virtual_device_control(line.device, &get, read), 7);
  assert_memory_equal(read, coding, 7);
  assert_int_equal(stance_virtual_device_control(line.device, &state, read), 0);
  assert_int_equal(stance_virtual_device_control(line.device, &wrong, read), -EPIPE);
  const uint8_t *configuration = line.device->kind->descriptors.configuration;
  assert_int_equal(configuration[2] | configuration[3] << 8,
                   line.device->kind->descriptors.configuration_length);
  virtual_line_close(&line);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(three_axes_are_sixteen_bytes),
      cmocka_unit_test(six_axes_are_twenty_two),
      cmocka_unit_test(commands_may_be_split_and_damaged),
      cmocka_unit_test(zero_is_taken),
      cmocka_unit_test(overload_is_said),
      cmocka_unit_test(faults_act_where_they_are_set),
      cmocka_unit_test(a_late_host_costs_what_the_counter_says),
      cmocka_unit_test(the_port_keeps_its_line_coding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
