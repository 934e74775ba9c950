/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MCC USB-1608FS-Plus and USB-201, 202, 204, 205 as published: wjasper/Linux_Drivers
   (usb-1608FS-Plus, usb-20X), mccdaq/uldaq, the manual of the USB-1608FS-Plus. Private to mcc_*.c
   and their tests. */
#ifndef STANCE_VIRTUAL_MCC_H
#define STANCE_VIRTUAL_MCC_H

#include "virtual_device.h"

enum {
  STANCE_VIRTUAL_MCC_STREAM_IN = 0x81,
  STANCE_VIRTUAL_MCC_PACKET_BYTES = 64,
  STANCE_VIRTUAL_MCC_CHANNELS = 8,
  STANCE_VIRTUAL_MCC_FIFO_1608 = 32768, /* samples */
  STANCE_VIRTUAL_MCC_FIFO_20X = 6144,   /* 12 KB */
  STANCE_VIRTUAL_MCC_MEMORY_BYTES = 0x300,
  STANCE_VIRTUAL_MCC_OPTION_IMMEDIATE = 1 << 0,
  STANCE_VIRTUAL_MCC_OPTION_TRIGGER = 7 << 2,
  STANCE_VIRTUAL_MCC_OPTION_DEBUG = 1 << 5,
  STANCE_VIRTUAL_MCC_OPTION_NO_STALL = 1 << 7,
  STANCE_VIRTUAL_MCC_STATUS_RUNNING = 1 << 1,
  STANCE_VIRTUAL_MCC_STATUS_OVERRUN = 1 << 2,
};

struct stance_virtual_mcc {
  uint8_t calibration[STANCE_VIRTUAL_MCC_MEMORY_BYTES]; /* f32 pairs, little-endian */
  uint8_t user[256];
  uint8_t range[STANCE_VIRTUAL_MCC_CHANNELS]; /* codes: 0 ±10 V, 1 ±5, 3 ±2, 5 ±1 */
  uint32_t counter;
  /* scan */
  uint8_t channel[STANCE_VIRTUAL_MCC_CHANNELS], options;
  size_t channel_count;
  double rate_hz;
  uint64_t scans_left; /* UINT64_MAX: continuous */
  bool overrun, zero_packet;
  bool athlete_waits; /* a self-test runs before the first stream */
  unsigned flush_packets;
  uint16_t debug;
  uint16_t fifo[STANCE_VIRTUAL_MCC_FIFO_1608];
  size_t fifo_first, fifo_used;
  size_t position; /* channel of the next sample that leaves */
  bool scan_spoilt;
};

bool stance_virtual_mcc_is_20x(const struct stance_virtual_device *device);

/* mcc_calibration.c */
void stance_virtual_mcc_calibrate(struct stance_virtual_device *device);
/* What the converter makes of a voltage on a channel: rounded, held within its codes. */
uint16_t stance_virtual_mcc_convert(const struct stance_virtual_device *device, unsigned channel,
                                    unsigned range, double volts);
/* Volts at full scale; 0 for a code that does not exist. */
double stance_virtual_mcc_range_v(unsigned code);

/* mcc_scan.c */
/* False where the parameters are impossible: the request stalls. */
bool stance_virtual_mcc_start(struct stance_virtual_device *device, const uint8_t *data);
void stance_virtual_mcc_stop(struct stance_virtual_device *device);
void stance_virtual_mcc_clear(struct stance_virtual_device *device);
void stance_virtual_mcc_advance(struct stance_virtual_device *device);
int stance_virtual_mcc_packet(struct stance_virtual_device *device, uint8_t *ret_packet);

extern const struct stance_virtual_kind stance_virtual_mcc_1608fs_plus, stance_virtual_mcc_201,
    stance_virtual_mcc_202, stance_virtual_mcc_204, stance_virtual_mcc_205;

#endif
