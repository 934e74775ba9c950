/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtual_serial.h"

bool stance_virtual_line_push(struct stance_virtual_device *device,
                              struct stance_virtual_line *line, const uint8_t *bytes, size_t length,
                              uint64_t scans, bool spoilt, size_t limit)
{
  if (limit > STANCE_VIRTUAL_LINE_BYTES)
    limit = STANCE_VIRTUAL_LINE_BYTES;
  if (line->used + length > limit || line->frame_count == STANCE_VIRTUAL_LINE_FRAMES) {
    device->counts.dropped += scans;
    return false;
  }
  for (size_t k = 0; k < length; k++)
    line->byte[(line->first + line->used++) % STANCE_VIRTUAL_LINE_BYTES] = bytes[k];
  line->frame[(line->first_frame + line->frame_count++) % STANCE_VIRTUAL_LINE_FRAMES] =
      (struct stance_virtual_line_frame){.left = length, .scans = scans, .spoilt = spoilt};
  return true;
}

/* `count` bytes of the frames in front have gone out. */
static void account(struct stance_virtual_device *device, struct stance_virtual_line *line,
                    size_t count)
{
  while (count > 0) {
    struct stance_virtual_line_frame *frame = &line->frame[line->first_frame];
    const size_t taken = count < frame->left ? count : frame->left;
    frame->left -= taken;
    count -= taken;
    frame->spoilt = frame->spoilt || device->spoils_next;
    if (frame->left > 0)
      break;
    if (frame->spoilt)
      device->counts.spoilt += frame->scans;
    else
      device->counts.delivered += frame->scans;
    line->first_frame = (line->first_frame + 1) % STANCE_VIRTUAL_LINE_FRAMES;
    line->frame_count--;
  }
}

size_t stance_virtual_line_pull(struct stance_virtual_device *device,
                                struct stance_virtual_line *line, uint8_t *ret_bytes,
                                size_t maximum)
{
  const size_t count = line->used < maximum ? line->used : maximum;

  for (size_t k = 0; k < count; k++)
    ret_bytes[k] = line->byte[(line->first + k) % STANCE_VIRTUAL_LINE_BYTES];
  line->first = (line->first + count) % STANCE_VIRTUAL_LINE_BYTES;
  line->used -= count;
  account(device, line, count);
  return count;
}

void stance_virtual_line_clear(struct stance_virtual_device *device,
                               struct stance_virtual_line *line)
{
  for (size_t k = 0; k < line->frame_count; k++)
    device->counts.discarded +=
        line->frame[(line->first_frame + k) % STANCE_VIRTUAL_LINE_FRAMES].scans;
  line->first = line->used = line->first_frame = line->frame_count = 0;
}

enum stance_status stance_virtual_serial_set_up(struct stance_virtual_device *device,
                                                struct stance_problem *problem)
{
  (void)device;
  (void)problem;
  return STANCE_OK;
}

void stance_virtual_serial_start(struct stance_virtual_device *device, double rate_hz)
{
  stance_virtual_clock_start(&device->clock, rate_hz);
  device->counts.streams++;
  stance_virtual_reach(device, STANCE_VIRTUAL_AT_FIRST);
  stance_virtual_log(device, "event=started time=%.9f frame=%llu delivered=%llu",
                     device->clock.start_s, (unsigned long long)device->counts.sampled,
                     (unsigned long long)device->counts.delivered);
}

void stance_virtual_serial_stop(struct stance_virtual_device *device)
{
  if (!device->clock.running)
    return;
  stance_virtual_reach(device, STANCE_VIRTUAL_AT_STOPPING);
  stance_virtual_log(device, "event=stopped scans=%llu", (unsigned long long)device->clock.scan);
  stance_virtual_clock_stop(&device->clock);
}

double stance_virtual_serial_newton(const struct stance_virtual_device *device, unsigned input,
                                    double time_s)
{
  if (device->input == NULL)
    return 0;
  return stance_virtual_input_volts(device->input, input, time_s) *
         stance_virtual_input_newton_per_volt(device->input);
}

void stance_virtual_put_le(uint8_t *bytes, uint64_t value, size_t count)
{
  for (size_t k = 0; k < count; k++)
    bytes[k] = (uint8_t)(value >> 8 * k);
}

void stance_virtual_put_be(uint8_t *bytes, uint64_t value, size_t count)
{
  for (size_t k = 0; k < count; k++)
    bytes[count - 1 - k] = (uint8_t)(value >> 8 * k);
}

uint16_t stance_virtual_crc16(const uint8_t *bytes, size_t count)
{
  unsigned crc = 0xffff;

  for (size_t k = 0; k < count; k++)
    for (unsigned bit = 0; bit < 8; bit++) {
      const unsigned out = (crc ^ (unsigned)bytes[k] >> bit) & 1;
      crc >>= 1;
      if (out != 0)
        crc ^= 0x8408; /* 1021 with its bits in reverse */
    }
  return (uint16_t)(crc ^ 0xffff);
}
