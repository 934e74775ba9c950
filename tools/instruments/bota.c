/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bota SensONE / Rokubi: six axes over a line of 460800 baud into an FTDI chip (BOTAsys/matlab
   bota_serial; the chip: ftdi.c). In run mode a frame of 37 bytes for each sample, all LE:

     AA   status u16   Fx Fy Fz Mx My Mz f32   time u32, µs   temperature f32   CRC-16/X.25 over the
     34 bytes between
     status: bit 0 the line was too slow and samples were skipped, 1 over range, 2 invalid, 3 raw

   and in configuration mode, which `C` begins and `R` ends, text: `f,sinc,chop,fast,skip`,
   `c,temp,cal,format,baud`, `b,` six offsets, `s` save. Each is answered `letter,0`, or `letter,1`
   where it cannot be. How a command ends is not documented: here at a line end, at once where it
   is a lone letter, else when no character has come for a while; for a longer one where numbers are
   missing still, because an emulated host may take that long from one character to the next. */
#include "virtual_ftdi.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_BYTES = 37, CRC_FROM = 1, CRC_BYTES = 34, INPUT_BYTES = 64 };
enum { STATUS_SKIPPED = 1, STATUS_OVER_RANGE = 2, STATUS_INVALID = 4 };
enum { USUAL_SINC = 64, USUAL_BAUD_CODE = 4, BITS_A_BYTE = 10 };
static const int64_t pause_ns = 50000000, unfinished_pause_ns = 1000000000;

struct bota {
  struct stance_virtual_ftdi ftdi; /* first: its functions find it there */
  bool configuring;
  char input[INPUT_BYTES + 1];
  size_t input_length;
  int64_t input_ns;
  unsigned sinc, baud_code;
  float offset[6];
  unsigned skipped;   /* samples still to be skipped */
  bool tells_skipped; /* in the next frame */
  double line_free_s; /* when the last frame has gone down the line */
};

static const double baud_rates[] = {9600, 57600, 115200, 230400, 460800};
/* Full scale of a SensONE: 500 N and 5 N.m; the documents at hand name none, a clinician's sensor
   is heavier: 2000 N, 50 N.m. */
static const double full_scale[6] = {2000, 2000, 2000, 50, 50, 50};

static double rate_of(const struct bota *state)
{
  return 51200.0 / state->sinc; /* 256: 200 Hz, 512: 100 Hz, 64: 800 Hz, 51: 1004 Hz */
}

static void put_f32(uint8_t *bytes, double number)
{
  const float value = (float)number;
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  stance_virtual_put_le(bytes, bits, 4);
}

static void make_frame(struct stance_virtual_device *device, double time_s, const double *newton,
                       uint8_t *frame)
{
  struct bota *state = device->state;
  unsigned status = state->tells_skipped ? STATUS_SKIPPED : 0;
  double value;

  state->tells_skipped = false;
  frame[0] = 0xaa;
  for (unsigned axis = 0; axis < 6; axis++) {
    if (fabs(newton[axis]) > full_scale[axis])
      status |= STATUS_OVER_RANGE;
    put_f32(frame + 3 + 4 * axis, newton[axis] - (double)state->offset[axis]);
  }
  if (stance_virtual_fault_take(&device->faults, "over-range", device->counts.sampled, 0, &value))
    status |= STATUS_OVER_RANGE;
  if (stance_virtual_fault_take(&device->faults, "invalid", device->counts.sampled, 0, &value))
    status |= STATUS_INVALID;
  stance_virtual_put_le(frame + 1, status, 2);
  /* of its own clock, which has run since it was plugged in */
  stance_virtual_put_le(frame + 27, (uint64_t)llround((time_s + 4293.0) * 1e6), 4);
  put_f32(frame + 31, 31.5);
  stance_virtual_put_le(frame + 35, stance_virtual_crc16(frame + CRC_FROM, CRC_BYTES), 2);
}

/* True where the line is still busy with the frame before. */
static bool line_is_busy(struct bota *state, double time_s)
{
  const double frame_s = FRAME_BYTES * BITS_A_BYTE / baud_rates[state->baud_code];
  const double sample_s = 1.0 / rate_of(state);

  if (state->line_free_s > time_s + sample_s)
    return true;
  state->line_free_s = fmax(state->line_free_s, time_s) + frame_s;
  return false;
}

static void sample(struct stance_virtual_device *device)
{
  struct bota *state = device->state;
  const double time_s = stance_virtual_clock_scan_s(&device->clock);
  const uint64_t number = device->counts.sampled;
  uint8_t frame[FRAME_BYTES];
  double value;

  if (stance_virtual_fault_take(&device->faults, "skip", number, 3, &value))
    state->skipped += (unsigned)value;
  const bool skips = state->skipped > 0 || line_is_busy(state, time_s);
  const bool bad = stance_virtual_fault_take(&device->faults, "bad-checksum", number, 0, &value);
  const bool cut = stance_virtual_fault_take(&device->faults, "cut", number, 3, &value);
  if (!skips) {
    double newton[6];
    for (unsigned axis = 0; axis < 6; axis++)
      newton[axis] = stance_virtual_serial_newton(device, axis, time_s);
    make_frame(device, time_s, newton, frame);
  }
  device->clock.scan++;
  device->counts.sampled++;
  if (skips) {
    state->skipped -= state->skipped > 0;
    state->tells_skipped = true;
    device->counts.dropped++;
    return;
  }
  if (bad)
    frame[12] ^= 0x10;
  const size_t length = FRAME_BYTES - (cut ? (size_t)fmin(value, FRAME_BYTES - 1) : 0);
  stance_virtual_ftdi_receive(device, frame, length, 1, bad || cut);
}

static void answer(struct stance_virtual_device *device, char letter, bool done)
{
  char text[8];
  const int length = snprintf(text, sizeof text, "%c,%d\r\n", letter, done ? 0 : 1);
  stance_virtual_ftdi_receive(device, (const uint8_t *)text, (size_t)length, 0, false);
}

/* Numbers after the letter, separated by commas; how many there are. */
static size_t read_numbers(const char *text, double *ret_number, size_t maximum)
{
  size_t count = 0;

  while (*text == ',' && count < maximum) {
    char *end;
    ret_number[count] = strtod(text + 1, &end);
    if (end == text + 1)
      return 0;
    count++;
    text = end;
  }
  return *text == '\0' ? count : 0;
}

static bool is_unfinished(const struct bota *state)
{
  size_t commas = 0;

  for (size_t k = 0; k < state->input_length; k++)
    commas += state->input[k] == ',';
  return commas < (state->input[0] == 'b' ? 6 : 4) || state->input[state->input_length - 1] == ',';
}

static bool set_filter(struct bota *state, const char *text)
{
  double number[4];
  if (read_numbers(text, number, 4) != 4 || !(number[0] >= 51 && number[0] <= 512))
    return false;
  state->sinc = (unsigned)number[0];
  return true;
}

static bool set_line(struct bota *state, const char *text)
{
  double number[4];
  if (read_numbers(text, number, 4) != 4 || number[2] != 0 || !(number[3] >= 0 && number[3] <= 4))
    return false;
  state->baud_code = (unsigned)number[3];
  return true;
}

static bool set_offsets(struct bota *state, const char *text)
{
  double number[6];
  if (read_numbers(text, number, 6) != 6)
    return false;
  for (unsigned axis = 0; axis < 6; axis++)
    state->offset[axis] = (float)number[axis];
  return true;
}

static void run(struct stance_virtual_device *device)
{
  struct bota *state = device->state;

  state->configuring = false;
  stance_virtual_ftdi_set_line(device, baud_rates[state->baud_code]);
  state->line_free_s = 0;
  state->tells_skipped = false;
  if (!device->clock.running)
    stance_virtual_serial_start(device, rate_of(state));
}

static void obey(struct stance_virtual_device *device)
{
  struct bota *state = device->state;
  const char letter = state->input[0];
  bool done = true;

  state->input[state->input_length] = '\0';
  state->input_length = 0;
  if (letter == 'f')
    done = set_filter(state, state->input + 1);
  else if (letter == 'c')
    done = set_line(state, state->input + 1);
  else if (letter == 'b')
    done = set_offsets(state, state->input + 1);
  else
    done = (letter == 's' || letter == 'R' || letter == 'C') && state->input[1] == '\0';
  answer(device, letter, done);
  stance_virtual_log(device, "event=command text=\"%s\" done=%d", state->input, done);
  if (letter == 'R' && done)
    run(device);
}

static void begin_configuration(struct stance_virtual_device *device)
{
  struct bota *state = device->state;

  state->configuring = true;
  state->input_length = 0;
  stance_virtual_serial_stop(device);
  stance_virtual_reach(device, STANCE_VIRTUAL_AT_CONFIGURING);
  answer(device, 'C', true);
}

static void take_character(struct stance_virtual_device *device, char character)
{
  struct bota *state = device->state;

  if (!state->configuring) {
    if (character == 'C')
      begin_configuration(device);
    return;
  }
  if (character == '\r' || character == '\n') {
    if (state->input_length > 0)
      obey(device);
    return;
  }
  if (state->input_length < INPUT_BYTES) /* the rest is lost */
    state->input[state->input_length++] = character;
  state->input_ns = device->clock.host_ns;
  if (state->input_length == 1 && strchr("CsR", character) != NULL)
    obey(device);
}

static int bulk_out(struct stance_virtual_device *device, uint8_t endpoint, const uint8_t *data,
                    size_t length)
{
  if (endpoint != STANCE_VIRTUAL_FTDI_OUT)
    return -EPIPE;
  for (size_t k = 0; k < length; k++)
    take_character(device, (char)data[k]);
  return (int)length;
}

static void advance(struct stance_virtual_device *device)
{
  struct bota *state = device->state;

  if (state->input_length > 0 && device->clock.host_ns - state->input_ns >
                                     (is_unfinished(state) ? unfinished_pause_ns : pause_ns))
    obey(device);
  while (stance_virtual_clock_is_due(&device->clock, stance_virtual_ftdi_is_full(device)))
    sample(device);
}

/* It has sent since it has power: the chip holds what fits of that, and has lost the rest. */
static void power_on(struct stance_virtual_device *device)
{
  static const double unloaded[6];
  struct bota *state = device->state;
  uint8_t frame[FRAME_BYTES];

  stance_virtual_line_clear(device, &state->ftdi.line);
  memset(state, 0, sizeof *state);
  state->sinc = USUAL_SINC;
  state->baud_code = USUAL_BAUD_CODE;
  stance_virtual_ftdi_power_on(device, baud_rates[USUAL_BAUD_CODE]);
  for (int k = 0; k < 10; k++) {
    make_frame(device, k * 0.00125, unloaded, frame);
    stance_virtual_ftdi_receive(device, frame, sizeof frame, 0, false);
  }
}

static void describe_channel(const struct stance_virtual_device *device, unsigned input,
                             struct stance_virtual_channel *ret_channel)
{
  static const char *const names[] = {"Fx", "Fy", "Fz", "Mx", "My", "Mz"};

  *ret_channel = (struct stance_virtual_channel){
      .unit_per_volt = stance_virtual_input_newton_per_volt(device->input)};
  snprintf(ret_channel->name, sizeof ret_channel->name, "%s", names[input % 6]);
  snprintf(ret_channel->unit, sizeof ret_channel->unit, "%s", input < 3 ? "N" : "N.m");
}

/* An FT232R. */
static const uint8_t device_bytes[18] = {18,   1,    0x00, 0x02, 0x00, 0x00, 0x00, 8, 0x03,
                                         0x04, 0x01, 0x60, 0x00, 0x06, 1,    2,    3, 1};
static const uint8_t configuration[] = {9,  2, 32, 0,    1,    1,    0, 0xa0, 45, 9,    4,
                                        0,  0, 2,  0xff, 0xff, 0xff, 2, 7,    5,  0x81, 2,
                                        64, 0, 0,  7,    5,    0x02, 2, 64,   0,  0};

const struct stance_virtual_kind stance_virtual_bota = {
    .name = "bota",
    .model = "Bota SensONE",
    .summary = "6 axes, 800 Hz, over an FTDI chip",
    .serial = "BFT-SENS-0042",
    .faults = "bad-checksum skip cut overrun over-range invalid",
    .descriptors = {.speed = STANCE_VIRTUAL_FULL_SPEED,
                    .device = device_bytes,
                    .configuration = configuration,
                    .configuration_length = sizeof configuration,
                    .string = {"FTDI", "FT232R USB UART", "", NULL}},
    .state_size = sizeof(struct bota),
    .stream_endpoint = STANCE_VIRTUAL_FTDI_IN,
    .packet_bytes = STANCE_VIRTUAL_FTDI_PACKET,
    .set_up = stance_virtual_serial_set_up,
    .power_on = power_on,
    .control = stance_virtual_ftdi_control,
    .bulk_out = bulk_out,
    .bulk_in = stance_virtual_ftdi_bulk_in,
    .advance = advance,
    .describe_channel = describe_channel,
};
