/* SPDX-License-Identifier: GPL-3.0-or-later */
/* No two instruments are alike: slopes and centres vary with the serial number, within what the
   vendor's data sheets allow (about half a percent), and differ above and below the centre. */
#include "virtual_labjack.h"

#include <math.h>
#include <stdlib.h>

/* Nominal values of the U6 for ±10 V: each gain step divides slope by ten. */
static const double nominal_slope_v = 3.1580578e-4, nominal_offset_v = -10.58695652,
                    nominal_centre = 33523.0;
/* Nominal values of the U3 for its low-voltage inputs (LabJackPython, u3.py): 2.44 V over 65536
   codes against ground, twice that and −2.44 V between two inputs. */
static const double u3_slope_v = 3.7231e-5, u3_difference_slope_v = 7.4463e-5,
                    u3_difference_offset_v = -2.44;
static const double two_to_32 = 4294967296.0;

/* Uniform in ±1, the same for the same serial number (SplitMix64's last step, Steele 2014). */
static double deviation(uint64_t serial, uint64_t which)
{
  uint64_t z = serial * UINT64_C(0x9e3779b97f4a7c15) + which * UINT64_C(0xd1342543de82ef95);

  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  z ^= z >> 31;
  return (double)(z >> 11) * 0x1p-52 - 1.0;
}

static int64_t fixed(double value)
{
  return (int64_t)llround(value * two_to_32);
}

static void calibrate_u6(struct stance_virtual_labjack *state, uint64_t serial)
{
  for (unsigned gain = 0; gain < 4; gain++) {
    const double scale = pow(10.0, -(double)gain);
    const unsigned at = 2 * (gain % 2);
    state->calibration[gain / 2][at] =
        fixed(nominal_slope_v * scale * (1.0 + 4e-3 * deviation(serial, gain)));
    state->calibration[gain / 2][at + 1] = fixed(nominal_offset_v * scale);
    state->calibration[2 + gain / 2][at] =
        fixed(-nominal_slope_v * scale * (1.0 + 4e-3 * deviation(serial, 4 + gain)));
    state->calibration[2 + gain / 2][at + 1] =
        fixed(nominal_centre + 60.0 * deviation(serial, 8 + gain));
  }
}

static void calibrate_u3(struct stance_virtual_labjack *state, uint64_t serial)
{
  state->calibration[0][0] = fixed(u3_slope_v * (1.0 + 4e-3 * deviation(serial, 0)));
  state->calibration[0][1] = fixed(2e-3 * deviation(serial, 1));
  state->calibration[0][2] = fixed(u3_difference_slope_v * (1.0 + 4e-3 * deviation(serial, 2)));
  state->calibration[0][3] = fixed(u3_difference_offset_v + 2e-3 * deviation(serial, 3));
}

void stance_virtual_labjack_calibrate(struct stance_virtual_device *device)
{
  const uint64_t serial = strtoull(device->serial, NULL, 10);

  if (stance_virtual_labjack_is_u3(device))
    calibrate_u3(device->state, serial);
  else
    calibrate_u6(device->state, serial);
}

static uint16_t hold(double code)
{
  return (uint16_t)lround(fmin(fmax(code, 0.0), 65535.0));
}

uint16_t stance_virtual_labjack_convert(const struct stance_virtual_device *device,
                                        const struct stance_virtual_labjack_input *input,
                                        double volts)
{
  const struct stance_virtual_labjack *state = device->state;

  if (stance_virtual_labjack_is_u3(device)) {
    const int64_t *pair = &state->calibration[0][input->negative == 31 ? 0 : 2];
    return hold((volts - (double)pair[1] / two_to_32) / ((double)pair[0] / two_to_32));
  }
  const unsigned block = input->gain / 2, at = 2 * (input->gain % 2);
  const double slope = (double)state->calibration[block][at] / two_to_32;
  const double below = (double)state->calibration[2 + block][at] / two_to_32;
  const double centre = (double)state->calibration[2 + block][at + 1] / two_to_32;
  /* volts = (code − centre)·slope from the centre up, (centre − code)·below under it */
  return hold(volts >= 0.0 ? centre + volts / slope : centre - volts / below);
}

double stance_virtual_labjack_volts(const struct stance_virtual_device *device,
                                    const struct stance_virtual_labjack_input *input, double time_s)
{
  double volts = stance_virtual_input_volts(device->input, input->positive, time_s);

  if (input->negative < STANCE_VIRTUAL_TERMINAL_COUNT)
    volts -= stance_virtual_input_volts(device->input, input->negative, time_s);
  return volts;
}
