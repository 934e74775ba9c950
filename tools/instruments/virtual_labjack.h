/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LabJack U6 and U3 as the vendor documents them: liblabjackusb and its U6 and U3 examples
   (MIT/X11), LabJackPython's u6.py and u3.py (MIT), the U6 datasheet. Private to labjack_*.c and
   their tests. */
#ifndef STANCE_VIRTUAL_LABJACK_H
#define STANCE_VIRTUAL_LABJACK_H

#include "virtual_device.h"

enum {
  STANCE_VIRTUAL_LABJACK_COMMAND_OUT = 0x01,
  STANCE_VIRTUAL_LABJACK_RESPONSE_IN = 0x82,
  STANCE_VIRTUAL_LABJACK_STREAM_IN = 0x83,
  STANCE_VIRTUAL_LABJACK_PACKET_BYTES = 64,
  STANCE_VIRTUAL_LABJACK_CHANNEL_MAX = 25,
  STANCE_VIRTUAL_LABJACK_SAMPLES_MAX = 25,   /* of one packet */
  STANCE_VIRTUAL_LABJACK_FIFO_SAMPLES = 984, /* the vendor says 512 to 984 */
  STANCE_VIRTUAL_LABJACK_RESPONSE_MAX = 4,
  STANCE_VIRTUAL_LABJACK_CALIBRATION_BLOCKS = 10,
};

/* Errors of the low-level function reference. */
enum stance_virtual_labjack_error {
  STANCE_VIRTUAL_LABJACK_STREAM_IS_ACTIVE = 48,
  STANCE_VIRTUAL_LABJACK_TABLE_INVALID = 49,
  STANCE_VIRTUAL_LABJACK_CONFIG_INVALID = 50,
  STANCE_VIRTUAL_LABJACK_NOT_RUNNING = 52,
  STANCE_VIRTUAL_LABJACK_SCAN_OVERLAP = 55,
  STANCE_VIRTUAL_LABJACK_RATE_INVALID = 58,
  STANCE_VIRTUAL_LABJACK_RECOVERY_ACTIVE = 59,
  STANCE_VIRTUAL_LABJACK_RECOVERY_END = 60,
};

struct stance_virtual_labjack_input {
  uint8_t positive, negative; /* negative 31: against ground */
  uint8_t gain;               /* 0 ×1 … 3 ×1000 */
};

struct stance_virtual_labjack_sample {
  uint16_t code;
  uint32_t missed; /* of the first sample of a dummy scan: how many scans it stands for */
  bool dummy;
};

struct stance_virtual_labjack_response {
  uint8_t bytes[STANCE_VIRTUAL_LABJACK_PACKET_BYTES];
  size_t length;
  int64_t ready_ns; /* not before that time of the host's clock */
};

struct stance_virtual_labjack {
  /* 64-bit fixed point, as it is stored and read by ReadCal */
  int64_t calibration[STANCE_VIRTUAL_LABJACK_CALIBRATION_BLOCKS][4];
  struct stance_virtual_labjack_response response[STANCE_VIRTUAL_LABJACK_RESPONSE_MAX];
  size_t response_count;
  /* stream */
  bool configured;
  struct stance_virtual_labjack_input input[STANCE_VIRTUAL_LABJACK_CHANNEL_MAX];
  size_t channel_count;
  unsigned samples_per_packet;
  double rate_hz, samples_per_s_max;
  struct stance_virtual_labjack_sample fifo[STANCE_VIRTUAL_LABJACK_FIFO_SAMPLES];
  size_t fifo_first, fifo_used;
  size_t position;  /* channel of the next sample that leaves */
  bool scan_spoilt; /* a sample of the scan that leaves was damaged */
  uint32_t missed;  /* scans, while recovering */
  bool recovering;
  uint32_t forced_misses; /* scans still to be missed by the fault `overrun` */
  uint8_t packet_number;
  unsigned stale; /* packets of an earlier stream that are still there */
  unsigned ramp, ramp_length;
  uint8_t fatal; /* error of the last packet; then the stream is over */
  /* U3's digital side, as Feedback sees it */
  uint32_t port_state, port_direction;
  uint32_t timer[2], counter[2];
  uint16_t dac[2];
  uint8_t fio_analog, eio_analog, timer_counter_config;
};

/* Volts at full scale of a gain code. */
bool stance_virtual_labjack_is_u3(const struct stance_virtual_device *device);
/* 16 bits: the sum of bytes 6 … length − 1. */
uint16_t stance_virtual_labjack_checksum16(const uint8_t *bytes, size_t length);
/* 8 bits: the sum of bytes 1 … end − 1, its high byte added in twice. */
uint8_t stance_virtual_labjack_checksum8(const uint8_t *bytes, size_t end);
/* Puts both into an extended message of `length` bytes. */
void stance_virtual_labjack_sign(uint8_t *bytes, size_t length);

/* labjack_calibration.c */
void stance_virtual_labjack_calibrate(struct stance_virtual_device *device);
/* What the converter makes of a voltage: rounded, held within 0 … 65535. */
uint16_t stance_virtual_labjack_convert(const struct stance_virtual_device *device,
                                        const struct stance_virtual_labjack_input *input,
                                        double volts);
double stance_virtual_labjack_volts(const struct stance_virtual_device *device,
                                    const struct stance_virtual_labjack_input *input,
                                    double time_s);

/* labjack_stream.c */
/* In all inputs together, under the scan configuration of StreamConfig. */
double stance_virtual_labjack_samples_per_s(const struct stance_virtual_device *device,
                                            unsigned scan_configuration);
void stance_virtual_labjack_stream_start(struct stance_virtual_device *device);
void stance_virtual_labjack_stream_stop(struct stance_virtual_device *device);
void stance_virtual_labjack_advance(struct stance_virtual_device *device);
int stance_virtual_labjack_stream_packet(struct stance_virtual_device *device, uint8_t *ret_packet);

/* labjack_feedback.c: answers U3's Feedback and ConfigIO; bytes of the response, 0 for none. */
size_t stance_virtual_labjack_feedback(struct stance_virtual_device *device, const uint8_t *command,
                                       size_t length, uint8_t *ret_response);
size_t stance_virtual_labjack_config_io_u3(struct stance_virtual_device *device,
                                           const uint8_t *command, size_t length,
                                           uint8_t *ret_response);

extern const struct stance_virtual_kind stance_virtual_labjack_u6;
extern const struct stance_virtual_kind stance_virtual_labjack_u3;

#endif
