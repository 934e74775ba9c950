/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FTDI's vendor requests are not published; libftdi, the kernel's ftdi_sio and this agree on them.
 */
#include "usb_serial.h"

#include <string.h>

enum {
  CONTROL_TIMEOUT_MS = 1000, /* USB 2.0, 9.2.6.4, gives 500 ms to a request with data */
  GET_DESCRIPTOR = 6,
  DESCRIPTOR_DEVICE = 1,
  DESCRIPTOR_CONFIGURATION = 2,
  DESCRIPTOR_STRING = 3,
  DESCRIPTOR_INTERFACE = 4,
  DESCRIPTOR_ENDPOINT = 5,
  LANGUAGE_ENGLISH_US = 0x0409,
  CLASS_CDC_CONTROL = 0x02,
  CLASS_CDC_DATA = 0x0a,
};

static void make_control(struct stance_usb_exchange *exchange, uint8_t request_type,
                         uint8_t request, uint16_t value, uint16_t index)
{
  *exchange = (struct stance_usb_exchange){
      .transfer = (request_type & 0x80) != 0 ? STANCE_USB_CONTROL_IN : STANCE_USB_CONTROL_OUT,
      .request_type = request_type,
      .request = request,
      .value = value,
      .index = index,
      .timeout_ms = CONTROL_TIMEOUT_MS,
  };
}

enum bridge_question { ASK_DEVICE, ASK_CONFIGURATION, ASK_SERIAL, ASK_PRODUCT };

bool stance_bridge_ask(const struct stance_bridge *bridge, unsigned question,
                       struct stance_usb_exchange *ret_exchange)
{
  const uint8_t string = question == ASK_SERIAL ? bridge->serial_string : bridge->product_string;

  switch ((enum bridge_question)question) {
  case ASK_DEVICE:
    make_control(ret_exchange, 0x80, GET_DESCRIPTOR, DESCRIPTOR_DEVICE << 8, 0);
    ret_exchange->length = 18;
    return true;
  case ASK_CONFIGURATION:
    make_control(ret_exchange, 0x80, GET_DESCRIPTOR, DESCRIPTOR_CONFIGURATION << 8, 0);
    ret_exchange->length = STANCE_USB_DATA_MAX;
    return true;
  case ASK_SERIAL:
  case ASK_PRODUCT:
    make_control(ret_exchange, 0x80, GET_DESCRIPTOR, (uint16_t)(DESCRIPTOR_STRING << 8 | string),
                 LANGUAGE_ENGLISH_US);
    ret_exchange->length = 255;
    return string != 0; /* 0: it has none */
  }
  return false;
}

void stance_bridge_read_string(const uint8_t *descriptor, size_t length, char *ret_text,
                               size_t size)
{
  size_t used = 0;

  if (length >= 2 && descriptor[1] == DESCRIPTOR_STRING) {
    const size_t end = descriptor[0] < length ? descriptor[0] : length;
    for (size_t at = 2; at + 1 < end && used + 1 < size; at += 2) {
      const uint8_t low = descriptor[at];
      ret_text[used++] =
          (char)(descriptor[at + 1] == 0 && low >= ' ' && low <= '~' ? low : (uint8_t)'?');
    }
  }
  ret_text[used] = '\0';
}

/* One bulk endpoint of an interface into `found`. */
static void note_endpoint(const uint8_t *descriptor, struct stance_bridge *found)
{
  const uint8_t address = descriptor[2];

  if ((descriptor[3] & 3) != 2) /* bulk */
    return;
  if ((address & 0x80) == 0 && found->out == 0) {
    found->out = address;
  } else if ((address & 0x80) != 0 && found->in == 0) {
    found->in = address;
    found->packet_bytes = (size_t)(descriptor[4] | (descriptor[5] & 7) << 8);
  }
}

/* What a bulk endpoint may have (USB 2.0, 5.8.3). */
static bool is_packet_size(size_t bytes)
{
  return bytes == 8 || bytes == 16 || bytes == 32 || bytes == 64 || bytes == 512;
}

bool stance_bridge_find_endpoints(const uint8_t *configuration, size_t length,
                                  struct stance_bridge *bridge)
{
  struct stance_bridge found = {0}, best = {0};
  uint8_t control_interface = 0;
  bool is_data = false, has_control = false;

  for (size_t at = 0; at + 2 <= length;) {
    const uint8_t *descriptor = configuration + at;
    const size_t size = descriptor[0];
    if (size < 2 || size > length - at)
      break;
    if (descriptor[1] == DESCRIPTOR_INTERFACE && size >= 9) {
      found = (struct stance_bridge){.data_interface = descriptor[2]};
      is_data = descriptor[5] == CLASS_CDC_DATA;
      if (descriptor[5] == CLASS_CDC_CONTROL) {
        control_interface = descriptor[2];
        has_control = true;
      }
    } else if (descriptor[1] == DESCRIPTOR_ENDPOINT && size >= 7) {
      note_endpoint(descriptor, &found);
      if (found.in != 0 && found.out != 0 && is_packet_size(found.packet_bytes) &&
          (best.in == 0 || is_data))
        best = found;
      if (best.in != 0 && is_data)
        break;
    }
    at += size;
  }
  if (best.in == 0)
    return false;
  bridge->in = best.in;
  bridge->out = best.out;
  bridge->packet_bytes = best.packet_bytes;
  bridge->data_interface = best.data_interface;
  bridge->control_interface = has_control ? control_interface : best.data_interface;
  return true;
}

bool stance_bridge_hear(struct stance_bridge *bridge, unsigned question,
                        const struct stance_usb_reply *reply)
{
  const uint8_t *data = reply->data;

  if (reply->outcome == STANCE_USB_FAILED)
    return false;
  switch ((enum bridge_question)question) {
  case ASK_DEVICE:
    if (reply->length < 18 || data[1] != DESCRIPTOR_DEVICE)
      return false;
    bridge->release = (uint16_t)(data[12] | data[13] << 8);
    bridge->product_string = data[15];
    bridge->serial_string = data[16];
    return true;
  case ASK_CONFIGURATION:
    return reply->length >= 9 && data[1] == DESCRIPTOR_CONFIGURATION &&
           stance_bridge_find_endpoints(data, reply->length, bridge);
  case ASK_SERIAL:
    stance_bridge_read_string(data, reply->length, bridge->serial, sizeof bridge->serial);
    return true;
  case ASK_PRODUCT:
    stance_bridge_read_string(data, reply->length, bridge->product, sizeof bridge->product);
    return true;
  }
  return false;
}

void stance_cdc_line_coding(struct stance_usb_exchange *exchange, uint8_t interface, uint32_t baud)
{
  enum { SET_LINE_CODING = 0x20, ONE_STOP_BIT = 0, NO_PARITY = 0, DATA_BITS = 8 };
  const uint8_t coding[] = {(uint8_t)baud,
                            (uint8_t)(baud >> 8),
                            (uint8_t)(baud >> 16),
                            (uint8_t)(baud >> 24),
                            ONE_STOP_BIT,
                            NO_PARITY,
                            DATA_BITS};

  make_control(exchange, 0x21, SET_LINE_CODING, 0, interface);
  memcpy(exchange->data, coding, sizeof coding);
  exchange->length = sizeof coding;
}

void stance_cdc_control_lines(struct stance_usb_exchange *exchange, uint8_t interface, bool raised)
{
  enum { SET_CONTROL_LINE_STATE = 0x22, DTR = 1, RTS = 2 };

  make_control(exchange, 0x21, SET_CONTROL_LINE_STATE, raised ? DTR | RTS : 0, interface);
}

enum ftdi_request {
  FTDI_RESET = 0,
  FTDI_MODEM = 1,
  FTDI_FLOW = 2,
  FTDI_BAUD = 3,
  FTDI_DATA = 4,
  FTDI_LATENCY = 9,
};

static void make_ftdi(struct stance_usb_exchange *exchange, enum ftdi_request request,
                      uint16_t value, uint16_t index)
{
  make_control(exchange, 0x40, (uint8_t)request, value, index);
}

void stance_ftdi_reset(struct stance_usb_exchange *exchange, uint8_t port,
                       enum stance_ftdi_purge what)
{
  make_ftdi(exchange, FTDI_RESET, (uint16_t)what, port);
}

static bool is_high_speed(uint16_t release)
{
  return release == 0x0700 || release == 0x0800 || release == 0x0900;
}

uint8_t stance_ftdi_first_port(uint16_t release)
{
  /* FT2232C and D, FT2232H, FT4232H. */
  return release == 0x0500 || release == 0x0700 || release == 0x0800 ? 1 : 0;
}

/* The divisor in eighths: 14 bits whole, and the eighths as a code whose third bit stands apart.
   Whole 0 means 1, whole 1 means 1.5: between 1 and 2 there is nothing else. */
static uint32_t encode_divisor(uint32_t eighths)
{
  static const uint8_t code[] = {0, 3, 2, 4, 1, 5, 6, 7};

  if (eighths == 8)
    return 0;
  if (eighths == 12)
    return 1;
  return eighths >> 3 | (uint32_t)code[eighths & 7] << 14;
}

bool stance_ftdi_baud(struct stance_usb_exchange *exchange, uint8_t port, uint16_t release,
                      uint32_t baud)
{
  enum { DIVISOR_MAX = 0x1ffff }; /* 14 bits and three eighths */
  const bool fast = is_high_speed(release) && baud >= 1200;
  const uint32_t clock_eighths_hz = fast ? 96000000 : 24000000;
  if (baud == 0 || baud > clock_eighths_hz / 8)
    return false;
  uint32_t eighths = (uint32_t)(((uint64_t)clock_eighths_hz * 2 + baud) / ((uint64_t)baud * 2));
  if (eighths > 8 && eighths < 16)
    eighths = eighths < 10 ? 8 : eighths < 14 ? 12 : 16;
  const double error = (double)clock_eighths_hz / eighths / baud - 1;
  if (eighths > DIVISOR_MAX || error > 0.03 || error < -0.03)
    return false;
  const uint32_t divisor = encode_divisor(eighths) | (fast ? UINT32_C(1) << 17 : 0);
  /* Chips with ports have the port where the others have the divisor's upper bits. */
  const uint32_t upper = divisor >> 16;
  make_ftdi(exchange, FTDI_BAUD, (uint16_t)divisor,
            (uint16_t)(port != 0 || is_high_speed(release) ? upper << 8 | port : upper));
  return true;
}

void stance_ftdi_data_format(struct stance_usb_exchange *exchange, uint8_t port)
{
  make_ftdi(exchange, FTDI_DATA, 8, port);
}

void stance_ftdi_no_flow_control(struct stance_usb_exchange *exchange, uint8_t port)
{
  make_ftdi(exchange, FTDI_FLOW, 0, port);
}

void stance_ftdi_modem_lines(struct stance_usb_exchange *exchange, uint8_t port, bool raised)
{
  /* The upper byte says which of DTR and RTS are meant. */
  make_ftdi(exchange, FTDI_MODEM, raised ? 0x0303 : 0x0300, port);
}

void stance_ftdi_latency(struct stance_usb_exchange *exchange, uint8_t port, uint8_t latency_ms)
{
  make_ftdi(exchange, FTDI_LATENCY, latency_ms, port);
}
