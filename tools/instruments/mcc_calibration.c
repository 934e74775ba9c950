/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtual_mcc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIR_BYTES = 8, DATE_1608 = 0x200, DATE_20X = 0x40, DATE_BYTES = 6 };

/* Uniform in ±1, the same for the same serial number (SplitMix64's last step, Steele 2014). */
static double deviation(uint64_t serial, uint64_t which)
{
  uint64_t z = serial * UINT64_C(0x9e3779b97f4a7c15) + which * UINT64_C(0xd1342543de82ef95);

  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  z ^= z >> 31;
  return (double)(z >> 11) * 0x1p-52 - 1.0;
}

static void put_float(uint8_t *bytes, float value)
{
  uint32_t word;

  memcpy(&word, &value, sizeof word);
  for (int k = 0; k < 4; k++)
    bytes[k] = (uint8_t)(word >> 8 * k);
}

static double get_float(const uint8_t *bytes)
{
  const uint32_t word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                        (uint32_t)bytes[3] << 24;
  float value;

  memcpy(&value, &word, sizeof value);
  return (double)value;
}

double stance_virtual_mcc_range_v(unsigned code)
{
  switch (code) {
  case 0:
    return 10.0;
  case 1:
    return 5.0;
  case 3:
    return 2.0;
  case 5:
    return 1.0;
  default:
    return 0.0;
  }
}

/* Slopes within half a percent of 1, intercepts within 40 codes of 16 bits. */
void stance_virtual_mcc_calibrate(struct stance_virtual_device *device)
{
  static const uint8_t date[DATE_BYTES] = {26, 1, 15, 10, 30, 0};
  struct stance_virtual_mcc *state = device->state;
  const uint64_t serial = strtoull(device->serial, NULL, 16);
  const bool is_20x = stance_virtual_mcc_is_20x(device);
  const unsigned pairs = is_20x ? 8 : 64;
  const double codes = is_20x ? 2.5 : 40.0;

  for (unsigned k = 0; k < pairs; k++) {
    put_float(&state->calibration[k * PAIR_BYTES],
              (float)(1.0 + 5e-3 * deviation(serial, 2UL * k)));
    put_float(&state->calibration[k * PAIR_BYTES + 4],
              (float)(codes * deviation(serial, 2UL * k + 1)));
  }
  memcpy(&state->calibration[is_20x ? DATE_20X : DATE_1608], date, sizeof date);
}

/* calibrated = code·slope + intercept; volts = (calibrated − half)·range/half. */
uint16_t stance_virtual_mcc_convert(const struct stance_virtual_device *device, unsigned channel,
                                    unsigned range, double volts)
{
  const struct stance_virtual_mcc *state = device->state;
  const bool is_20x = stance_virtual_mcc_is_20x(device);
  const double half = is_20x ? 2048.0 : 32768.0;
  const unsigned pair = is_20x ? channel : range * STANCE_VIRTUAL_MCC_CHANNELS + channel;
  const uint8_t *memory = &state->calibration[pair * PAIR_BYTES];
  const double calibrated = volts * half / stance_virtual_mcc_range_v(is_20x ? 0 : range) + half;
  const double code = (calibrated - get_float(memory + 4)) / get_float(memory);

  return (uint16_t)lround(fmin(fmax(code, 0.0), 2.0 * half - 1.0));
}
