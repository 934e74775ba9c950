/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual home-built plate against the worked examples of acquisition/OPEN_FRAMING.md. */
#include "support/virtual_line.h"
#include "virtual_serial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* As they stand on the page. */
static const uint8_t identify[] = {0x05, 0x01, 0x81, 0x1e, 0x83, 0x00};
static const uint8_t describe_0[] = {0x03, 0x01, 0x82, 0x03, 0x6c, 0x23, 0x00};
static const uint8_t configure[] = {0x04, 0x01, 0x83, 0x03, 0x04, 0x40,
                                    0x42, 0x0f, 0x03, 0x73, 0x06, 0x00};
static const uint8_t configured[] = {0x08, 0x01, 0x04, 0x03, 0x04, 0x40,
                                     0x42, 0x0f, 0x03, 0x66, 0x6a, 0x00};
static const uint8_t start[] = {0x05, 0x01, 0x84, 0xb3, 0xd4, 0x00};
static const uint8_t started[] = {0x04, 0x01, 0x03, 0x84, 0x03, 0xad, 0xe4, 0x00};
static const uint8_t stop[] = {0x05, 0x01, 0x85, 0x3a, 0xc5, 0x00};

static void open_line(struct virtual_line *line)
{
  virtual_line_open(line, &stance_virtual_open_plate, 0x81, 0x01, 0.25);
}

static void begin(struct virtual_line *line)
{
  virtual_line_send(line, configure, sizeof configure);
  virtual_line_send(line, start, sizeof start);
  virtual_line_run(line, 0, 0);
}

/* The next packet after *at, COBS undone; false past the last whole one. */
static bool next_packet(const struct virtual_line *line, size_t *at, uint8_t *packet,
                        size_t *ret_length)
{
  const uint8_t *wire = line->bytes + *at;
  const uint8_t *end = memchr(wire, 0, line->length - *at);
  size_t count = 0;
  if (end == NULL)
    return false;
  for (const uint8_t *code = wire; code < end;) {
    const uint8_t *next = code + *code;
    if (next > end)
      break;
    for (code++; code < next; code++)
      packet[count++] = *code;
    if (code < end)
      packet[count++] = 0;
  }
  *at = (size_t)(end - line->bytes) + 1;
  *ret_length = count;
  return true;
}

static bool crc_is_right(const uint8_t *packet, size_t length)
{
  return length > 4 &&
         stance_virtual_crc16(packet, length - 2) == (packet[length - 2] | packet[length - 1] << 8);
}

static uint32_t u32(const uint8_t *bytes)
{
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void it_says_what_it_is(void **context)
{
  (void)context;
  struct virtual_line line;
  uint8_t packet[256];
  size_t at = 0, length = 0;
  open_line(&line);
  virtual_line_send(&line, identify, sizeof identify);
  virtual_line_run(&line, 1, 0);
  assert_true(next_packet(&line, &at, packet, &length));
  assert_int_equal(length, 66);
  assert_true(crc_is_right(packet, length));
  assert_int_equal(packet[1], 1);
  assert_int_equal(packet[2], 8);
  assert_int_equal(packet[3], 3);
  assert_int_equal(u32(packet + 8), 4000000);
  assert_string_equal((const char *)packet + 12, "P0001");
  assert_string_equal((const char *)packet + 28, "virtual plate");
  /* A whole number of USB packets would need an empty one after it; 68 bytes do not. */
  assert_int_equal(line.length, 68);
  virtual_line_send(&line, describe_0, sizeof describe_0);
  virtual_line_run(&line, 1, 0);
  assert_true(next_packet(&line, &at, packet, &length));
  assert_int_equal(length, 50);
  assert_true(crc_is_right(packet, length));
  assert_string_equal((const char *)packet + 4, "mV");
  assert_int_equal(u32(packet + 12), 0x39800000); /* 2^-12 as in the example */
  assert_int_equal(u32(packet + 20), 0xff800000);
  assert_int_equal(u32(packet + 24), 0x007fffff);
  virtual_line_close(&line);
}

static void it_is_set_up_as_on_the_page(void **context)
{
  (void)context;
  struct virtual_line line;
  open_line(&line);
  virtual_line_send(&line, configure, sizeof configure);
  virtual_line_run(&line, 1, 0);
  assert_int_equal(line.length, sizeof configured);
  assert_memory_equal(line.bytes, configured, sizeof configured);
  virtual_line_send(&line, start, sizeof start);
  assert_int_equal(line.device->clock.running, true);
  virtual_line_run(&line, 1, 0);
  assert_memory_equal(line.bytes + sizeof configured, started, sizeof started);
  virtual_line_close(&line);
}

static void commands_that_are_not_whole_are_not_answered(void **context)
{
  (void)context;
  struct virtual_line line;
  uint8_t damaged[sizeof identify];
  open_line(&line);
  memcpy(damaged, identify, sizeof identify);
  damaged[3] ^= 1;
  virtual_line_send(&line, damaged, sizeof damaged);
  virtual_line_send(&line, identify + 2, sizeof identify - 2);
  virtual_line_run(&line, 5, 0);
  assert_int_equal(line.length, 0);
  /* START before CONFIGURE is not possible: DONE 84, 2 */
  virtual_line_send(&line, start, sizeof start);
  virtual_line_run(&line, 5, 0);
  assert_int_equal(line.bytes[3], 0x84);
  assert_int_equal(line.bytes[4], 2);
  virtual_line_close(&line);
}

/* Four scans of two channels a packet; channel 1 carries 250 mV, 1024000 counts = 0x0fa000. */
static void check_data(const uint8_t *packet, uint32_t index)
{
  static const uint8_t scan[] = {0, 0, 0, 0x00, 0xa0, 0x0f};
  assert_int_equal(packet[0], 1);
  assert_int_equal(packet[1], 0x10);
  assert_int_equal(u32(packet + 2), index);
  assert_int_equal(packet[10], 3);
  assert_int_equal(packet[11], 3);
  for (int k = 0; k < 4; k++)
    assert_memory_equal(packet + 14 + (size_t)6 * (size_t)k, scan, sizeof scan);
}

static void scans_come_in_packets(void **context)
{
  (void)context;
  struct virtual_line line;
  uint8_t packet[256];
  size_t at = 0, length = 0;
  uint32_t index = 0;
  open_line(&line);
  begin(&line);
  virtual_line_run(&line, 1001, 0);
  assert_true(next_packet(&line, &at, packet, &length)); /* CONFIGURED */
  assert_true(next_packet(&line, &at, packet, &length)); /* DONE */
  const uint32_t first_us = 0;
  for (; next_packet(&line, &at, packet, &length); index += 4) {
    assert_int_equal(length, 14 + 24 + 2);
    assert_true(crc_is_right(packet, length));
    check_data(packet, index);
    assert_int_equal(packet[12], 0);
    assert_in_range(u32(packet + 6) - first_us, index * 1000 - (index > 0), index * 1000 + 1);
  }
  assert_in_range(index, 996, 1004);
  virtual_line_send(&line, stop, sizeof stop);
  virtual_line_run(&line, 10, 0);
  virtual_line_check_counts(&line, 0);
  virtual_line_close(&line);
}

static void faults_act_where_they_are_set(void **context)
{
  (void)context;
  struct virtual_line line;
  uint8_t packet[256];
  size_t at = 0, length = 0;
  unsigned bad = 0, repeated = 0, missed = 0, overruns = 0;
  uint32_t last = UINT32_MAX, lost = 0;
  open_line(&line);
  virtual_line_fault(&line, "bad-checksum@20");
  virtual_line_fault(&line, "cut@40:5");
  virtual_line_fault(&line, "repeat@80");
  virtual_line_fault(&line, "missed@120");
  virtual_line_fault(&line, "overrun@202:7");
  begin(&line);
  virtual_line_run(&line, 400, 0);
  virtual_line_send(&line, stop, sizeof stop);
  virtual_line_run(&line, 10, 0);
  while (next_packet(&line, &at, packet, &length)) {
    if (!crc_is_right(packet, length)) {
      bad++;
      continue;
    }
    if (packet[1] != 0x10)
      continue;
    const uint32_t index = u32(packet + 2);
    repeated += index == last;
    missed += (packet[12] & 2) != 0;
    overruns += packet[12] & 1;
    if ((packet[12] & 1) != 0)
      lost = index - last; /* with the scans of the short packet before */
    last = index;
  }
  assert_int_equal(bad, 2);
  assert_int_equal(repeated, 1);
  assert_int_equal(missed, 1);
  assert_int_equal(overruns, 1);
  assert_in_range(lost, 8, 11);
  assert_int_equal(line.device->counts.dropped, 7);
  assert_true(line.device->counts.spoilt >= 12);
  virtual_line_check_counts(&line, 0);
  virtual_line_close(&line);
}

static void a_late_host_costs_what_the_index_says(void **context)
{
  (void)context;
  struct virtual_line line;
  uint8_t packet[256];
  size_t at = 0, length = 0;
  uint32_t next = 0, lost = 0;
  open_line(&line);
  begin(&line);
  virtual_line_wait(&line, 3000); /* 8192 bytes are about 780 scans */
  virtual_line_run(&line, 20, 0);
  virtual_line_send(&line, stop, sizeof stop);
  virtual_line_run(&line, 10, 0);
  while (next_packet(&line, &at, packet, &length)) {
    assert_true(crc_is_right(packet, length));
    if (packet[1] != 0x10)
      continue;
    lost += u32(packet + 2) - next;
    next = u32(packet + 2) + (uint32_t)(length - 16) / 6;
  }
  assert_int_equal(next, line.device->counts.sampled);
  assert_int_equal(lost, line.device->counts.dropped);
  assert_true(lost > 1000);
  virtual_line_check_counts(&line, 0);
  virtual_line_close(&line);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_says_what_it_is),
      cmocka_unit_test(it_is_set_up_as_on_the_page),
      cmocka_unit_test(commands_that_are_not_whole_are_not_answered),
      cmocka_unit_test(scans_come_in_packets),
      cmocka_unit_test(faults_act_where_they_are_set),
      cmocka_unit_test(a_late_host_costs_what_the_index_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
