/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What instruments that send frames as a stream of bytes have in common: the bytes that wait for
   the host, and which scans they belong to. */
#ifndef STANCE_VIRTUAL_SERIAL_H
#define STANCE_VIRTUAL_SERIAL_H

#include "virtual_device.h"

enum { STANCE_VIRTUAL_LINE_BYTES = 8192, STANCE_VIRTUAL_LINE_FRAMES = 1024 };

struct stance_virtual_line_frame {
  size_t left;    /* bytes that have not gone out */
  uint64_t scans; /* that it carries; 0: nothing that is counted */
  bool spoilt;
};
struct stance_virtual_line {
  uint8_t byte[STANCE_VIRTUAL_LINE_BYTES];
  size_t first, used;
  struct stance_virtual_line_frame frame[STANCE_VIRTUAL_LINE_FRAMES];
  size_t first_frame, frame_count;
};

/* One frame into the line. False, and its scans count as dropped, where more than `limit` bytes
   would wait. `spoilt`: a fault has damaged it already. */
bool stance_virtual_line_push(struct stance_virtual_device *device,
                              struct stance_virtual_line *line, const uint8_t *bytes, size_t length,
                              uint64_t scans, bool spoilt, size_t limit);
/* Up to `maximum` bytes out; whole frames are counted as delivered or spoilt. Returns how many. */
size_t stance_virtual_line_pull(struct stance_virtual_device *device,
                                struct stance_virtual_line *line, uint8_t *ret_bytes,
                                size_t maximum);
/* What waits is thrown away: its scans count as discarded. */
void stance_virtual_line_clear(struct stance_virtual_device *device,
                               struct stance_virtual_line *line);
/* `set_up` of a kind that has no memory of its own. */
enum stance_status stance_virtual_serial_set_up(struct stance_virtual_device *device,
                                                struct stance_problem *problem);
/* Starts or ends a stream: clock, counts, moments, log. */
void stance_virtual_serial_start(struct stance_virtual_device *device, double rate_hz);
void stance_virtual_serial_stop(struct stance_virtual_device *device);
/* What acts on terminal `input`, in newtons (or newton metres), at a physical time. */
double stance_virtual_serial_newton(const struct stance_virtual_device *device, unsigned input,
                                    double time_s);

void stance_virtual_put_le(uint8_t *bytes, uint64_t value, size_t count);
void stance_virtual_put_be(uint8_t *bytes, uint64_t value, size_t count);
/* CRC-16/X.25, also called CRC-16/IBM-SDLC: of "123456789" it is 906E. */
uint16_t stance_virtual_crc16(const uint8_t *bytes, size_t count);

extern const struct stance_virtual_kind stance_virtual_optoforce_3, stance_virtual_optoforce_6;
extern const struct stance_virtual_kind stance_virtual_bota;
extern const struct stance_virtual_kind stance_virtual_open_plate;

#endif
