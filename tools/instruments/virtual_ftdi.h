/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An FTDI chip (FT232R) between an instrument's line and USB. */
#ifndef STANCE_VIRTUAL_FTDI_H
#define STANCE_VIRTUAL_FTDI_H

#include "virtual_serial.h"

enum {
  STANCE_VIRTUAL_FTDI_IN = 0x81,
  STANCE_VIRTUAL_FTDI_OUT = 0x02,
  STANCE_VIRTUAL_FTDI_PACKET = 64,
  STANCE_VIRTUAL_FTDI_HEAD = 2,     /* status bytes of every packet */
  STANCE_VIRTUAL_FTDI_BUFFER = 256, /* bytes that wait for the host */
};

/* First member of the state of an instrument that has one. */
struct stance_virtual_ftdi {
  struct stance_virtual_line line;
  double baud, line_baud; /* as the host has set it; as the instrument sends */
  uint8_t latency_ms;
  bool overrun;           /* to be told in the next packet */
  int64_t last_packet_ns; /* of the host's clock */
};

void stance_virtual_ftdi_power_on(struct stance_virtual_device *device, double line_baud);
void stance_virtual_ftdi_set_line(struct stance_virtual_device *device, double line_baud);
/* Bytes off the line into the buffer; what does not fit is lost, and said to be. */
void stance_virtual_ftdi_receive(struct stance_virtual_device *device, const uint8_t *bytes,
                                 size_t length, uint64_t scans, bool spoilt);
/* So much waits that an elastic clock should. */
bool stance_virtual_ftdi_is_full(const struct stance_virtual_device *device);
int stance_virtual_ftdi_control(struct stance_virtual_device *device,
                                const struct stance_virtual_setup *setup, uint8_t *data);
int stance_virtual_ftdi_bulk_in(struct stance_virtual_device *device, uint8_t endpoint,
                                uint8_t *ret_packet, size_t maximum);
/* Baud of the two words of a request 03: 3 MHz by a divisor with eighths. */
double stance_virtual_ftdi_baud(uint16_t value, uint16_t index);

#endif
