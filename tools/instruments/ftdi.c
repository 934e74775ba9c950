/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests of an FTDI chip, type 40 out and C0 in:

     00 reset (value 0; 1 purges what was received, 2 what is to be sent)   01 modem   02 flow
     03 baud: 3 MHz / divisor, whole part in bits 0…13, eighths coded in 14, 15 and bit 0 of index
     04 data format   09 latency timer, ms   0A in: the same

   Every packet to the host begins with two status bytes, the second: bit 1 overrun. A packet goes
   out when it is full, or with what there is, if only the two bytes, when the latency timer has
   run off. */
#include "virtual_ftdi.h"

#include <errno.h>
#include <math.h>

enum {
  RESET = 0,
  MODEM = 1,
  FLOW = 2,
  BAUD = 3,
  DATA_FORMAT = 4,
  SET_LATENCY = 9,
  GET_LATENCY = 10
};
enum { PURGE_RECEIVED = 1, USUAL_LATENCY_MS = 16, LINE_OVERRUN = 0x02, MODEM_STATUS = 0x01 };
enum { NS_PER_MS = 1000000 };

static struct stance_virtual_ftdi *ftdi_of(const struct stance_virtual_device *device)
{
  return device->state;
}

void stance_virtual_ftdi_power_on(struct stance_virtual_device *device, double line_baud)
{
  struct stance_virtual_ftdi *ftdi = ftdi_of(device);
  ftdi->baud = 9600;
  ftdi->line_baud = line_baud;
  ftdi->latency_ms = USUAL_LATENCY_MS;
}

void stance_virtual_ftdi_set_line(struct stance_virtual_device *device, double line_baud)
{
  ftdi_of(device)->line_baud = line_baud;
}

double stance_virtual_ftdi_baud(uint16_t value, uint16_t index)
{
  static const double eighths[] = {0, 4, 2, 1, 3, 5, 6, 7}; /* of codes 0…7 */
  const unsigned code = (unsigned)value >> 14 | (index & 1U) << 2;
  const double divisor = (value & 0x3fff) + eighths[code] / 8;

  if (divisor < 1) /* 0 and 1 are special: 3 and 2 Mbaud */
    return 3e6;
  return divisor < 2 && value == 1 ? 2e6 : 3e6 / divisor;
}

/* A start bit is found within 3 % of ten bits; else what is heard is not what was said. */
static bool hears(const struct stance_virtual_ftdi *ftdi)
{
  return fabs(ftdi->baud / ftdi->line_baud - 1) < 0.03;
}

void stance_virtual_ftdi_receive(struct stance_virtual_device *device, const uint8_t *bytes,
                                 size_t length, uint64_t scans, bool spoilt)
{
  struct stance_virtual_ftdi *ftdi = ftdi_of(device);
  uint8_t heard[STANCE_VIRTUAL_FTDI_BUFFER];
  double value;

  for (size_t k = 0; k < length; k++)
    heard[k] = hears(ftdi) ? bytes[k] : (uint8_t)(bytes[k] * 37 + k);
  size_t room = STANCE_VIRTUAL_FTDI_BUFFER - ftdi->line.used;
  if (scans > 0 &&
      stance_virtual_fault_take(&device->faults, "overrun", device->counts.sampled, 10, &value))
    room = value < (double)length ? length - (size_t)value : 0;
  if (length > room) {
    ftdi->overrun = true;
    spoilt = true;
    length = room;
  }
  if (length == 0)
    device->counts.spoilt += scans;
  else
    stance_virtual_line_push(device, &ftdi->line, heard, length, scans, spoilt || !hears(ftdi),
                             STANCE_VIRTUAL_FTDI_BUFFER);
}

bool stance_virtual_ftdi_is_full(const struct stance_virtual_device *device)
{
  return ftdi_of(device)->line.used >= 2 * STANCE_VIRTUAL_FTDI_PACKET;
}

static int tell(struct stance_virtual_device *device, const struct stance_virtual_setup *setup)
{
  struct stance_virtual_ftdi *ftdi = ftdi_of(device);

  switch (setup->request) {
  case RESET:
    if (setup->value <= PURGE_RECEIVED)
      stance_virtual_line_clear(device, &ftdi->line);
    return setup->value <= 2 ? 0 : -EPIPE;
  case BAUD:
    ftdi->baud = stance_virtual_ftdi_baud(setup->value, setup->index);
    stance_virtual_log(device, "event=baud rate=%.0f", ftdi->baud);
    return 0;
  case SET_LATENCY:
    if ((setup->value & 0xff) == 0)
      return -EPIPE;
    ftdi->latency_ms = (uint8_t)setup->value;
    return 0;
  case MODEM:
  case FLOW:
  case DATA_FORMAT:
    return 0;
  default:
    return -EPIPE;
  }
}

int stance_virtual_ftdi_control(struct stance_virtual_device *device,
                                const struct stance_virtual_setup *setup, uint8_t *data)
{
  if (setup->request_type == 0x40)
    return tell(device, setup);
  if (setup->request_type != 0xc0 || setup->request != GET_LATENCY || setup->length < 1)
    return -EPIPE;
  data[0] = ftdi_of(device)->latency_ms;
  return 1;
}

int stance_virtual_ftdi_bulk_in(struct stance_virtual_device *device, uint8_t endpoint,
                                uint8_t *ret_packet, size_t maximum)
{
  struct stance_virtual_ftdi *ftdi = ftdi_of(device);
  const int64_t latency_ns = (int64_t)ftdi->latency_ms * NS_PER_MS;
  const size_t room = STANCE_VIRTUAL_FTDI_PACKET - STANCE_VIRTUAL_FTDI_HEAD;

  if (endpoint != STANCE_VIRTUAL_FTDI_IN || maximum < STANCE_VIRTUAL_FTDI_PACKET)
    return -EAGAIN;
  if (ftdi->line.used < room && device->clock.host_ns - ftdi->last_packet_ns < latency_ns)
    return -EAGAIN;
  ftdi->last_packet_ns = device->clock.host_ns;
  ret_packet[0] = MODEM_STATUS;
  ret_packet[1] = ftdi->overrun ? LINE_OVERRUN : 0;
  ftdi->overrun = false;
  device->counts.packets++;
  return (int)(STANCE_VIRTUAL_FTDI_HEAD +
               stance_virtual_line_pull(device, &ftdi->line, ret_packet + STANCE_VIRTUAL_FTDI_HEAD,
                                        room));
}
