/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serial bridges straight over USB, without the kernel's terminal layer: exchanges that set them up
   and what stands around their bytes. Pure. */
#ifndef STANCE_USB_SERIAL_H
#define STANCE_USB_SERIAL_H

#include "instrument.h"

/* ---- Descriptors (USB 2.0, 9.4.3 and 9.6) ---------------------------------------------------- */
/* What a device says of itself before its own protocol is spoken, and where its bytes come. */
struct stance_bridge {
  uint16_t release; /* bcdDevice: the chip's kind with FTDI */
  uint8_t serial_string, product_string;
  uint8_t in, out; /* bulk endpoints; 0: not found */
  uint8_t control_interface, data_interface;
  size_t packet_bytes; /* wMaxPacketSize of `in` */
  char serial[64];     /* "" where it has none */
  char product[64];
};
enum { STANCE_BRIDGE_QUESTIONS = 4 };
/* Question k of STANCE_BRIDGE_QUESTIONS. False where it need not be asked. */
bool stance_bridge_ask(const struct stance_bridge *bridge, unsigned question,
                       struct stance_usb_exchange *ret_exchange);
/* False where the answer is none, or the device has no pair of bulk endpoints. A missing name or
   serial number is no failure. */
bool stance_bridge_hear(struct stance_bridge *bridge, unsigned question,
                        const struct stance_usb_reply *reply);
/* The pair of bulk endpoints of one interface in a configuration descriptor: of a CDC data
   interface where there is one, else of the first interface that has a pair. False for none. */
bool stance_bridge_find_endpoints(const uint8_t *configuration, size_t length,
                                  struct stance_bridge *bridge);
/* Printable ASCII of a string descriptor, `?` for all else. */
void stance_bridge_read_string(const uint8_t *descriptor, size_t length, char *ret_text,
                               size_t size);

/* ---- CDC-ACM (USB CDC PSTN 1.2, 6.3.10 and 6.3.12) ------------------------------------------- */
/* 8 data bits, no parity, 1 stop bit. */
void stance_cdc_line_coding(struct stance_usb_exchange *exchange, uint8_t interface, uint32_t baud);
/* DTR and RTS together: many devices send nothing until a terminal is there. */
void stance_cdc_control_lines(struct stance_usb_exchange *exchange, uint8_t interface, bool raised);

/* ---- FTDI ------------------------------------------------------------------------------------ */
enum stance_ftdi_purge { STANCE_FTDI_RESET = 0, STANCE_FTDI_PURGE_RX, STANCE_FTDI_PURGE_TX };
/* `port`: 0 for a chip of one port, else 1 for A … */
void stance_ftdi_reset(struct stance_usb_exchange *exchange, uint8_t port,
                       enum stance_ftdi_purge what);
/* False where the chip cannot come within 3 % of `baud`, more than which a receiver does not take.
   `release` chooses the clock: 3 MHz, or 12 MHz of the high-speed chips (0700, 0800, 0900). */
bool stance_ftdi_baud(struct stance_usb_exchange *exchange, uint8_t port, uint16_t release,
                      uint32_t baud);
/* 8 data bits, no parity, 1 stop bit. */
void stance_ftdi_data_format(struct stance_usb_exchange *exchange, uint8_t port);
void stance_ftdi_no_flow_control(struct stance_usb_exchange *exchange, uint8_t port);
void stance_ftdi_modem_lines(struct stance_usb_exchange *exchange, uint8_t port, bool raised);
/* How long a packet that is not full is held back, 1 to 255 ms. */
void stance_ftdi_latency(struct stance_usb_exchange *exchange, uint8_t port, uint8_t latency_ms);
/* Ports are counted on chips that have several; 0 on the others. */
uint8_t stance_ftdi_first_port(uint16_t release);

/* Every packet begins with two bytes that are not data:
   0  modem status
   1  line status: 0 data ready, 1 overrun, 2 parity, 3 framing, 4 break, 5, 6 transmitter empty,
      7 some error                                                                          */
enum { STANCE_FTDI_STATUS_BYTES = 2, STANCE_FTDI_OVERRUN = 1 << 1 };
struct stance_ftdi_packet {
  const uint8_t *data;
  size_t length;
  uint8_t line_status;
};
/* The packet at *bytes, which lie as transfers brought them: each but the last `packet_bytes` long.
   Moves on by it. False at the end; a rest of one byte is no packet. USB. */
static inline bool stance_ftdi_next(const uint8_t **bytes, size_t *length, size_t packet_bytes,
                                    struct stance_ftdi_packet *ret_packet)
{
  const size_t whole = *length < packet_bytes ? *length : packet_bytes;

  if (whole < STANCE_FTDI_STATUS_BYTES)
    return false;
  *ret_packet = (struct stance_ftdi_packet){
      .data = *bytes + STANCE_FTDI_STATUS_BYTES,
      .length = whole - STANCE_FTDI_STATUS_BYTES,
      .line_status = (*bytes)[1],
  };
  *bytes += whole;
  *length -= whole;
  return true;
}

#endif
