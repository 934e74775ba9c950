/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that all LabJack instruments of the U family agree on (labjack/exodriver
   liblabjackusb/labjackusb.c and examples/U6/u6.c).

   extended command, answer          normal command      its answer
   0     checksum8 over 1…5          0  checksum8 (1…)   0  checksum8
   1     F8 (F9: stream data)        1  A8 start         1  A9
   2     words from 6 on             ·  B0 stop          ·  B1
   3     number of the command                           2  error
   4…5   checksum16 over 6…, LE                          3  0
   6…    data; 6 of an answer: error                                                       */
#include "labjack.h"

#include <math.h>
#include <string.h>

enum { EXTENDED = 0xf8, EXTENDED_HEAD = 6 };

/* Eight bytes a step, in four sums of 16 bits side by side, which hold 128 steps. */
uint16_t stance_labjack_checksum16(const uint8_t *bytes, size_t count)
{
  const uint64_t even = UINT64_C(0x00ff00ff00ff00ff), ones = UINT64_C(0x0001000100010001);
  const size_t word_bytes = sizeof(uint64_t), most = 128 * word_bytes;
  unsigned sum = 0;

  while (count >= word_bytes) {
    const size_t step = (count < most ? count : most) / word_bytes * word_bytes;
    uint64_t sums = 0;
    for (const uint8_t *end = bytes + step; bytes < end; bytes += word_bytes) {
      uint64_t word;
      memcpy(&word, bytes, sizeof word);
      sums += (word & even) + (word >> 8 & even);
    }
    sum += (unsigned)(sums * ones >> 48);
    count -= step;
  }
  for (; count > 0; count--)
    sum += *bytes++;
  return (uint16_t)sum;
}

uint8_t stance_labjack_checksum8(const uint8_t *bytes, size_t count)
{
  return stance_labjack_fold(stance_labjack_checksum16(bytes, count));
}

void stance_labjack_seal(uint8_t *command, size_t length)
{
  const uint16_t sum = stance_labjack_checksum16(command + EXTENDED_HEAD, length - EXTENDED_HEAD);
  command[4] = (uint8_t)sum;
  command[5] = (uint8_t)(sum >> 8);
  command[0] = stance_labjack_checksum8(command + 1, EXTENDED_HEAD - 1);
}

void stance_labjack_seal_normal(uint8_t *command, size_t length)
{
  command[0] = stance_labjack_checksum8(command + 1, length - 1);
}

static const char *extended_fault(const uint8_t *command, const uint8_t *answer, size_t length)
{
  if (length < EXTENDED_HEAD + 2 || length != EXTENDED_HEAD + 2 * (size_t)answer[2])
    return "its answer has the wrong length";
  if (answer[0] != stance_labjack_checksum8(answer + 1, EXTENDED_HEAD - 1) ||
      stance_labjack_get_u16(answer + 4) !=
          stance_labjack_checksum16(answer + EXTENDED_HEAD, length - EXTENDED_HEAD))
    return "its answer has a wrong checksum";
  if (answer[1] != command[1] || answer[3] != command[3])
    return "it answered another question";
  return NULL;
}

const char *stance_labjack_answer_fault(const uint8_t *command, const uint8_t *answer,
                                        size_t length)
{
  if (length == 0)
    return "it does not answer";
  /* DEVICES [K]: the answer to a command whose checksum it finds wrong. */
  if (length == 2 && answer[0] == 0xb8 && answer[1] == 0xb8)
    return "it received a wrong checksum";
  if (command[1] == EXTENDED)
    return extended_fault(command, answer, length);
  if (length != 4)
    return "its answer has the wrong length";
  if (answer[0] != stance_labjack_checksum8(answer + 1, length - 1))
    return "its answer has a wrong checksum";
  return answer[1] == command[1] + 1 ? NULL : "it answered another question";
}

const char *stance_labjack_error_text(unsigned code)
{
  static const struct {
    unsigned code;
    const char *text;
  } errors[] = {
      {48, "it is already streaming"},
      {49, "its table of channels is not valid"},
      {50, "its stream is not set up"},
      {52, "it is not streaming"},
      {54, "its converter overflowed"},
      {55, "a scan was due before the one before had ended: the rate is too high"},
      {58, "it cannot do this rate"},
      {59, "its buffer overflowed"},
      {60, "its buffer overflowed"},
      {63, "its buffer overflowed"},
  };
  for (size_t k = 0; k < sizeof errors / sizeof errors[0]; k++)
    if (errors[k].code == code)
      return errors[k].text;
  return "";
}

double stance_labjack_get_fixed(const uint8_t *bytes)
{
  const uint64_t bits = stance_labjack_get_u32(bytes) | (uint64_t)stance_labjack_get_u32(bytes + 4)
                                                            << 32;
  return ldexp((double)(int64_t)bits, -32);
}

void stance_labjack_choose_pace(const struct stance_labjack_clock *clocks, double rate_hz,
                                struct stance_labjack_pace *ret_pace)
{
  double least = (double)INFINITY;

  for (; clocks->clock_hz > 0; clocks++) {
    const double interval = fmin(fmax(round(clocks->clock_hz / rate_hz), 1), UINT16_MAX);
    const double error = fabs(clocks->clock_hz / interval - rate_hz);
    if (error < least) {
      least = error;
      *ret_pace = (struct stance_labjack_pace){
          .bits = clocks->bits,
          .interval = (uint16_t)interval,
          .rate_hz = clocks->clock_hz / interval,
      };
    }
  }
}

unsigned stance_labjack_choose_samples(size_t channel_count, double rate_hz)
{
  /* What four channels at 1 kHz need for a full packet (DEVICES, 2.1): 160 packets a second at most
     where they are not full. A clinician sees no such delay, and no instant depends on it. */
  const double packet_s = 0.00625;
  const double scans = fmax(floor(rate_hz * packet_s), 1);

  return (unsigned)fmin(scans * (double)channel_count, STANCE_LABJACK_SAMPLES_MAX);
}

void stance_labjack_shape(size_t channel_count, unsigned samples_per_packet, double rate_hz,
                          struct stance_usb_shape *ret_shape)
{
  *ret_shape = (struct stance_usb_shape){
      .interface = {0},
      .interface_count = 1,
      .endpoint = STANCE_LABJACK_STREAM_IN,
      .max_packet_bytes = STANCE_LABJACK_PACKET_MAX,
      .packet_bytes = STANCE_LABJACK_OVERHEAD + 2 * (size_t)samples_per_packet,
      .packets_per_s = rate_hz * (double)channel_count / samples_per_packet,
  };
}
