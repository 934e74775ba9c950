/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serial bridges: requests and divisors against the published tables, packets of an FTDI chip,
   descriptors, and the checksum that two instruments share. */
#include "crc16.h"
#include "usb_serial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void baud_rates_become_divisors(void **unused)
{
  /* FT232R and FT-X: application note 120, table of divisors; 3 MHz with eighths. FT2232H, 4232H,
     232H: 12 MHz with bit 17; port A in the index of chips with ports. */
  static const struct {
    uint16_t release;
    uint8_t port;
    uint32_t baud;
    uint16_t value, index;
  } cases[] = {
      {0x0600, 0, 300, 0x2710, 0},         {0x0600, 0, 9600, 0x4138, 0},
      {0x0600, 0, 38400, 0xc04e, 0},       {0x0600, 0, 57600, 0xc034, 0},
      {0x0600, 0, 115200, 0x001a, 0},      {0x0600, 0, 230400, 0x000d, 0},
      {0x0600, 0, 460800, 0x4006, 0},      {0x0600, 0, 921600, 0x8003, 0},
      {0x0600, 0, 1000000, 0x0003, 0},     {0x0600, 0, 2000000, 0x0001, 0},
      {0x0600, 0, 3000000, 0x0000, 0},     {0x1000, 0, 460800, 0x4006, 0},
      {0x0600, 0, 14400, 0x00d0, 1},       {0x0600, 0, 256000, 0x800b, 1},
      {0x0500, 1, 460800, 0x4006, 1},      {0x0700, 1, 460800, 0x001a, 0x0201},
      {0x0800, 1, 921600, 0x000d, 0x0201}, {0x0900, 0, 12000000, 0x0000, 0x0200},
  };
  struct stance_usb_exchange exchange;
  (void)unused;

  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    assert_true(stance_ftdi_baud(&exchange, cases[k].port, cases[k].release, cases[k].baud));
    if (exchange.value != cases[k].value || exchange.index != cases[k].index)
      fail_msg("%u baud: %04x %04x, should be %04x %04x", cases[k].baud, exchange.value,
               exchange.index, cases[k].value, cases[k].index);
    assert_int_equal(exchange.request_type, 0x40);
    assert_int_equal(exchange.request, 3);
    assert_int_equal(exchange.transfer, STANCE_USB_CONTROL_OUT);
  }
  assert_false(stance_ftdi_baud(&exchange, 0, 0x0600, 0));
  assert_false(stance_ftdi_baud(&exchange, 0, 0x0600, 100));
  assert_false(stance_ftdi_baud(&exchange, 0, 0x0600, 2500000)); /* between 2 and 3 MHz */
  assert_false(stance_ftdi_baud(&exchange, 0, 0x0600, 12000000));
}

/* What the chip makes of a divisor, told independently: eighths by the code's own table. */
static double baud_of(uint32_t divisor, double clock_hz)
{
  static const double eighths[] = {0, 0.5, 0.25, 0.125, 0.375, 0.625, 0.75, 0.875};
  const uint32_t whole = divisor & 0x3fff;
  if (divisor == 0)
    return clock_hz;
  if (divisor == 1)
    return clock_hz / 1.5;
  return clock_hz / (whole + eighths[divisor >> 14 & 7]);
}

static void every_divisor_is_near(void **unused)
{
  struct stance_usb_exchange exchange;
  size_t refused = 0;
  (void)unused;

  for (uint32_t baud = 184; baud <= 3000000; baud += 1 + baud / 50) {
    if (!stance_ftdi_baud(&exchange, 0, 0x0600, baud)) {
      assert_true(baud > 1500000);
      refused++;
      continue;
    }
    const double is = baud_of(exchange.value | (uint32_t)exchange.index << 16, 3e6);
    if (is < baud * 0.97 || is > baud * 1.03)
      fail_msg("%u baud become %g", baud, is);
  }
  assert_true(refused > 0);
}

static void assert_request(const struct stance_usb_exchange *exchange, uint8_t type,
                           uint8_t request, uint16_t value, uint16_t index)
{
  assert_int_equal(exchange->request_type, type);
  assert_int_equal(exchange->request, request);
  assert_int_equal(exchange->value, value);
  assert_int_equal(exchange->index, index);
}

static void requests_are_the_documented_ones(void **unused)
{
  static const uint8_t coding[] = {0x00, 0xc2, 0x01, 0x00, 0, 0, 8}; /* 115200 8N1 */
  struct stance_usb_exchange exchange;
  (void)unused;

  stance_cdc_line_coding(&exchange, 2, 115200);
  assert_request(&exchange, 0x21, 0x20, 0, 2);
  assert_int_equal(exchange.length, 7);
  assert_memory_equal(exchange.data, coding, 7);
  stance_cdc_control_lines(&exchange, 2, true);
  assert_request(&exchange, 0x21, 0x22, 3, 2);
  assert_int_equal(exchange.length, 0);
  stance_cdc_control_lines(&exchange, 0, false);
  assert_request(&exchange, 0x21, 0x22, 0, 0);
  stance_ftdi_reset(&exchange, 1, STANCE_FTDI_PURGE_RX);
  assert_request(&exchange, 0x40, 0, 1, 1);
  stance_ftdi_reset(&exchange, 0, STANCE_FTDI_PURGE_TX);
  assert_request(&exchange, 0x40, 0, 2, 0);
  stance_ftdi_modem_lines(&exchange, 0, true);
  assert_request(&exchange, 0x40, 1, 0x0303, 0);
  stance_ftdi_no_flow_control(&exchange, 0);
  assert_request(&exchange, 0x40, 2, 0, 0);
  stance_ftdi_data_format(&exchange, 0);
  assert_request(&exchange, 0x40, 4, 8, 0);
  stance_ftdi_latency(&exchange, 0, 1);
  assert_request(&exchange, 0x40, 9, 1, 0);
  assert_int_equal(stance_ftdi_first_port(0x0600), 0);
  assert_int_equal(stance_ftdi_first_port(0x0700), 1);
}

static void status_bytes_are_no_data(void **unused)
{
  uint8_t bytes[64 + 64 + 5];
  const uint8_t *rest = bytes;
  size_t length = sizeof bytes;
  struct stance_ftdi_packet packet;
  (void)unused;

  for (size_t k = 0; k < sizeof bytes; k++)
    bytes[k] = (uint8_t)k;
  bytes[65] = 0x62; /* overrun */
  assert_true(stance_ftdi_next(&rest, &length, 64, &packet));
  assert_ptr_equal(packet.data, bytes + 2);
  assert_int_equal(packet.length, 62);
  assert_int_equal(packet.line_status & STANCE_FTDI_OVERRUN, 0);
  assert_true(stance_ftdi_next(&rest, &length, 64, &packet));
  assert_ptr_equal(packet.data, bytes + 66);
  assert_true((packet.line_status & STANCE_FTDI_OVERRUN) != 0);
  assert_true(stance_ftdi_next(&rest, &length, 64, &packet));
  assert_int_equal(packet.length, 3);
  assert_false(stance_ftdi_next(&rest, &length, 64, &packet));
  length = 1;
  assert_false(stance_ftdi_next(&rest, &length, 64, &packet));
  rest = bytes;
  length = 2;
  assert_true(stance_ftdi_next(&rest, &length, 64, &packet));
  assert_int_equal(packet.length, 0);
}

static void descriptors_tell_the_endpoints(void **unused)
{
  /* Two vendor interfaces, as an FT2232H; 512 bytes a packet. */
  static const uint8_t ftdi[] = {9,   2,    55,  0, 2, 1, 0,    0x80, 45, 9,   4,   0,   0, 2,
                                 255, 255,  255, 2, 7, 5, 0x81, 2,    0,  2,   0,   7,   5, 2,
                                 2,   0,    2,   0, 9, 4, 1,    0,    2,  255, 255, 255, 2, 7,
                                 5,   0x83, 2,   0, 2, 0, 7,    5,    4,  2,   0,   2,   0};
  struct stance_bridge bridge = {0};
  uint8_t broken[sizeof ftdi];
  (void)unused;

  assert_true(stance_bridge_find_endpoints(ftdi, sizeof ftdi, &bridge));
  assert_int_equal(bridge.in, 0x81);
  assert_int_equal(bridge.out, 2);
  assert_int_equal(bridge.packet_bytes, 512);
  assert_int_equal(bridge.data_interface, 0);
  for (size_t cut = 0; cut < 32; cut++) {
    bridge = (struct stance_bridge){0};
    assert_false(stance_bridge_find_endpoints(ftdi, cut, &bridge));
    assert_int_equal(bridge.in, 0);
  }
  memcpy(broken, ftdi, sizeof ftdi);
  broken[18] = 0; /* a length that leads nowhere */
  assert_false(stance_bridge_find_endpoints(broken, sizeof broken, &bridge));
}

static void strings_become_text(void **unused)
{
  static const uint8_t text[] = {10, 3, 'F', 0, 'T', 0, 0x3b, 0x26, '9', 0};
  char out[64], small[3];
  (void)unused;

  stance_bridge_read_string(text, sizeof text, out, sizeof out);
  assert_string_equal(out, "FT?9");
  stance_bridge_read_string(text, sizeof text, small, sizeof small);
  assert_string_equal(small, "FT");
  stance_bridge_read_string(text, 5, out, sizeof out);
  assert_string_equal(out, "F");
  stance_bridge_read_string(text, 0, out, sizeof out);
  assert_string_equal(out, "");
}

static void unanswered_questions_are_told_apart(void **unused)
{
  struct stance_bridge bridge = {0};
  const struct stance_usb_reply none = {.outcome = STANCE_USB_STALL};
  struct stance_usb_exchange exchange;
  (void)unused;

  assert_false(stance_bridge_hear(&bridge, 0, &none));
  assert_false(stance_bridge_hear(&bridge, 1, &none));
  assert_true(stance_bridge_hear(&bridge, 2, &none)); /* a missing serial number is none */
  assert_false(stance_bridge_ask(&bridge, 2, &exchange));
  assert_false(stance_bridge_ask(&bridge, STANCE_BRIDGE_QUESTIONS, &exchange));
}

static uint16_t crc_by_bits(const uint8_t *bytes, size_t count)
{
  unsigned crc = 0xffff;
  for (size_t k = 0; k < count; k++)
    for (unsigned bit = 0; bit < 8; bit++) {
      const unsigned odd = (crc ^ (unsigned)bytes[k] >> bit) & 1;
      crc = crc >> 1 ^ (odd != 0 ? 0x8408 : 0);
    }
  return (uint16_t)~crc;
}

static void checksum_is_x25(void **unused)
{
  uint8_t bytes[300];
  (void)unused;

  /* The check value of the catalogue of CRC algorithms. */
  assert_int_equal(stance_crc16((const uint8_t *)"123456789", 9), 0x906e);
  assert_int_equal(stance_crc16(bytes, 0), 0);
  for (size_t k = 0; k < sizeof bytes; k++)
    bytes[k] = (uint8_t)(k * k * 31 + 7);
  for (size_t count = 0; count <= sizeof bytes; count++)
    assert_int_equal(stance_crc16(bytes, count), crc_by_bits(bytes, count));
  for (unsigned byte = 0; byte < 256; byte++) /* each entry of each table */
    for (size_t at = 0; at < 5; at++) {
      uint8_t word[5] = {0};
      word[at] = (uint8_t)byte;
      assert_int_equal(stance_crc16(word, 5), crc_by_bits(word, 5));
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(baud_rates_become_divisors),
      cmocka_unit_test(every_divisor_is_near),
      cmocka_unit_test(requests_are_the_documented_ones),
      cmocka_unit_test(status_bytes_are_no_data),
      cmocka_unit_test(descriptors_tell_the_endpoints),
      cmocka_unit_test(strings_become_text),
      cmocka_unit_test(unanswered_questions_are_told_apart),
      cmocka_unit_test(checksum_is_x25),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
