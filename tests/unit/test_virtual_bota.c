/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual Bota sensor and the FTDI chip that it is behind, against their documented bytes. */
#include "support/virtual_line.h"
#include "virtual_ftdi.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FRAME = 37, HEAD = 2 };

static int request(struct virtual_line *line, uint8_t number, uint16_t value, uint16_t index)
{
  const struct stance_virtual_setup setup = {0x40, number, value, index, 0};
  return stance_virtual_device_control(line->device, &setup, NULL);
}

static void open_line(struct virtual_line *line, double step)
{
  virtual_line_open(line, &stance_virtual_bota, 0x81, 0x02, step);
  assert_int_equal(request(line, 3, 0x4006, 0), 0); /* 460800 */
  assert_int_equal(request(line, 9, 1, 0), 0);
}

static void say(struct virtual_line *line, const char *text)
{
  for (; *text != '\0'; text++) {
    virtual_line_send(line, text, 1);
    virtual_line_run(line, 5, HEAD); /* slowly, as the sensor needs it */
  }
}

/* Into configuration mode and out again; what was there before is read away. */
static void start(struct virtual_line *line, const char *commands)
{
  say(line, "C");
  say(line, commands);
  line->length = 0;
  virtual_line_send(line, "R", 1);
}

static float f32(const uint8_t *bytes)
{
  float value;
  memcpy(&value, bytes, 4);
  return value;
}

static uint32_t u32(const uint8_t *bytes)
{
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static bool crc_is_right(const uint8_t *frame)
{
  const unsigned crc = stance_virtual_crc16(frame + 1, 34);
  return frame[35] == (crc & 0xff) && frame[36] == crc >> 8;
}

static void crc_is_that_of_x25(void **context)
{
  (void)context;
  assert_int_equal(stance_virtual_crc16((const uint8_t *)"123456789", 9), 0x906e);
}

static void baud_words_are_understood(void **context)
{
  (void)context;
  static const struct {
    uint16_t value, index;
    double baud;
  } cases[] = {{0x000d, 0, 230769}, {0x4006, 0, 461538}, {0x8003, 0, 923077},
               {0x0003, 0, 1e6},    {0x4138, 0, 9600},   {0x001a, 0, 115385},
               {0, 0, 3e6},         {1, 0, 2e6},         {0x0006, 1, 470588}};
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
    assert_int_equal((int)round(stance_virtual_ftdi_baud(cases[k].value, cases[k].index)),
                     (int)cases[k].baud);
}

static void frames_come_as_documented(void **context)
{
  (void)context;
  struct virtual_line line;
  open_line(&line, 2.5);
  start(&line, "");
  virtual_line_run(&line, 1010, HEAD);
  static const char answered[] = "R,0\r\n";
  assert_memory_equal(line.bytes, answered, 5);
  const uint8_t *frame = line.bytes + 5;
  const size_t count = (line.length - 5) / FRAME;
  assert_in_range(count, 805, 811); /* 800 Hz */
  for (size_t k = 0; k < count; k++, frame += FRAME) {
    assert_int_equal(frame[0], 0xaa);
    assert_int_equal(frame[1] | frame[2], 0);
    for (int axis = 0; axis < 6; axis++)
      assert_true(fabsf(f32(frame + 3 + (size_t)4 * (size_t)axis) - 2.5F * (float)axis) < 1e-6F);
    assert_true(crc_is_right(frame));
    if (k > 0)
      assert_in_range(u32(frame + 27) - u32(frame - FRAME + 27), 1249, 1251);
  }
  virtual_line_close(&line);
}

static void every_packet_has_two_status_bytes(void **context)
{
  (void)context;
  struct virtual_line line;
  uint8_t packet[64];
  open_line(&line, 1);
  assert_int_equal(request(&line, 0, 1, 0), 0); /* purge */
  virtual_line_wait(&line, 2);
  assert_int_equal(line.device->kind->bulk_in(line.device, 0x81, packet, 64), 2);
  assert_int_equal(packet[0], 0x01);
  assert_int_equal(packet[1], 0x02); /* it had lost some of what came before anyone read */
  assert_int_equal(line.device->kind->bulk_in(line.device, 0x81, packet, 64), -EAGAIN);
  start(&line, "");
  virtual_line_wait(&line, 10); /* eight frames */
  assert_int_equal(line.device->kind->bulk_in(line.device, 0x81, packet, 64), 64);
  assert_int_equal(packet[2], 'R');
  virtual_line_close(&line);
}

/* 256 bytes and no more: what the chip lost it says. */
static void a_late_host_is_told_of_the_overrun(void **context)
{
  (void)context;
  struct virtual_line line;
  uint8_t packet[64];
  open_line(&line, 1);
  start(&line, "");
  virtual_line_run(&line, 10, HEAD);
  virtual_line_wait(&line, 50);
  assert_int_equal(line.device->kind->bulk_in(line.device, 0x81, packet, 64), 64);
  assert_int_equal(packet[1], 0x02);
  assert_int_equal(line.device->kind->bulk_in(line.device, 0x81, packet, 64), 64);
  assert_int_equal(packet[1], 0);
  assert_true(line.device->counts.spoilt > 30);
  virtual_line_close(&line);
}

static void filter_sets_the_rate_and_the_line_limits_it(void **context)
{
  (void)context;
  static const struct {
    const char *commands;
    size_t low, high;
    bool skips;
  } cases[] = {{"f,512,0,1,1\r", 99, 101, false},
               {"f,256,0,1,1\n", 199, 202, false},
               {"f,51,0,1,1\r", 1002, 1006, false},
               {"f,7,0,1,1\r", 799, 803, false},             /* refused */
               {"f,51,0,1,1\rc,0,0,0,3\r", 600, 640, true}}; /* 230400 baud carry 623 */
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    struct virtual_line line;
    open_line(&line, 1);
    start(&line, cases[k].commands);
    if (cases[k].skips)
      assert_int_equal(request(&line, 3, 0x000d, 0), 0);
    virtual_line_run(&line, 1000, HEAD);
    size_t count = 0, skipped = 0;
    for (const uint8_t *frame = line.bytes + 5; frame + FRAME <= line.bytes + line.length;
         frame += FRAME, count++) {
      assert_true(crc_is_right(frame));
      skipped += frame[1] & 1;
    }
    assert_in_range(count, cases[k].low, cases[k].high);
    assert_int_equal(skipped > 0, cases[k].skips);
    virtual_line_close(&line);
  }
}

static void answers_say_what_was_done(void **context)
{
  (void)context;
  struct virtual_line line;
  open_line(&line, 1);
  virtual_line_run(&line, 100, HEAD);
  assert_int_equal(line.length, 6 * FRAME + 34); /* what it had said before, as far as it fits */
  line.length = 0;
  say(&line, "C");
  say(&line, "b,1,2,3,4,5,6\rf,9\rs");
  say(&line, "f,256,0,0,0"); /* no line end: taken after a pause */
  virtual_line_run(&line, 100, HEAD);
  say(&line, "c,0,1"); /* after a longer one where it cannot be whole */
  virtual_line_run(&line, 900, HEAD);
  say(&line, ",0,4");
  virtual_line_run(&line, 100, HEAD);
  static const char expected[] = "C,0\r\nb,0\r\nf,1\r\ns,0\r\nf,0\r\nc,0\r\n";
  assert_int_equal(line.length, sizeof expected - 1);
  assert_memory_equal(line.bytes, expected, sizeof expected - 1);
  line.length = 0;
  virtual_line_send(&line, "R", 1);
  virtual_line_run(&line, 100, HEAD);
  assert_true(fabsf(f32(line.bytes + 5 + 3) + 1) < 1e-6F); /* less its offset */
  virtual_line_close(&line);
}

static void a_wrong_baud_rate_gives_nonsense(void **context)
{
  (void)context;
  struct virtual_line line;
  open_line(&line, 1);
  start(&line, "");
  assert_int_equal(request(&line, 3, 0x001a, 0), 0);
  line.length = 0;
  virtual_line_run(&line, 100, HEAD);
  for (size_t k = 5 + FRAME; k + FRAME <= line.length; k++)
    assert_false(line.bytes[k] == 0xaa && crc_is_right(line.bytes + k));
  assert_int_equal(line.device->counts.delivered, 0);
  virtual_line_close(&line);
}

static void faults_act_where_they_are_set(void **context)
{
  (void)context;
  struct virtual_line line;
  open_line(&line, 1);
  virtual_line_fault(&line, "bad-checksum@3");
  virtual_line_fault(&line, "skip@6:4");
  virtual_line_fault(&line, "over-range@12");
  virtual_line_fault(&line, "invalid@14");
  virtual_line_fault(&line, "overrun@16:7");
  start(&line, "");
  virtual_line_run(&line, 40, HEAD);
  const uint8_t *frame = line.bytes + 5;
  assert_false(crc_is_right(frame + (size_t)3 * FRAME));
  assert_true(crc_is_right(frame + (size_t)4 * FRAME));
  assert_int_equal(frame[(size_t)6 * FRAME + 1], 1); /* samples were skipped */
  assert_in_range(u32(frame + (size_t)6 * FRAME + 27) - u32(frame + (size_t)5 * FRAME + 27), 6248,
                  6252);
  assert_int_equal(frame[(size_t)8 * FRAME + 1], 2);
  assert_int_equal(frame[(size_t)10 * FRAME + 1], 4);
  assert_int_equal(frame[(size_t)13 * FRAME - 7], 0xaa); /* seven bytes of 16 are gone */
  assert_int_equal(line.device->counts.dropped, 4);
  assert_int_equal(line.device->counts.spoilt, 2);
  virtual_line_close(&line);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(crc_is_that_of_x25),
      cmocka_unit_test(baud_words_are_understood),
      cmocka_unit_test(frames_come_as_documented),
      cmocka_unit_test(every_packet_has_two_status_bytes),
      cmocka_unit_test(a_late_host_is_told_of_the_overrun),
      cmocka_unit_test(filter_sets_the_rate_and_the_line_limits_it),
      cmocka_unit_test(answers_say_what_was_done),
      cmocka_unit_test(a_wrong_baud_rate_gives_nonsense),
      cmocka_unit_test(faults_act_where_they_are_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
