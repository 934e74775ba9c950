/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The analogue input scan: u16 LE samples in ascending channel order, no header; whole packets of
   32 samples until the end, or one packet a scan in immediate mode. */
#include "virtual_mcc.h"

#include <errno.h>
#include <string.h>

enum { BRAKE_SAMPLES = 2 * STANCE_VIRTUAL_MCC_PACKET_BYTES / 2 };
static const double clock_1608_hz = 40e6, clock_20x_hz = 70e6;

static uint32_t get32(const uint8_t *bytes)
{
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
         (uint32_t)bytes[3] << 24;
}

static size_t fifo_size(const struct stance_virtual_device *device)
{
  return stance_virtual_mcc_is_20x(device) ? STANCE_VIRTUAL_MCC_FIFO_20X
                                           : STANCE_VIRTUAL_MCC_FIFO_1608;
}

/* Samples a second over all channels: 400 kS/s streaming; 100 kS/s or 500 kS/s of the 20x. */
static double total_hz_max(const struct stance_virtual_device *device)
{
  if (!stance_virtual_mcc_is_20x(device))
    return 400e3;
  return device->kind == &stance_virtual_mcc_201 || device->kind == &stance_virtual_mcc_202 ? 100e3
                                                                                            : 500e3;
}

/* u32 scans (0: continuous), u32 pacer (0: external clock), u8 channel mask, u8 options. */
bool stance_virtual_mcc_start(struct stance_virtual_device *device, const uint8_t *data)
{
  struct stance_virtual_mcc *state = device->state;
  const uint32_t scans = get32(data), pacer = get32(data + 4);
  const bool is_20x = stance_virtual_mcc_is_20x(device);
  size_t count = 0;

  for (unsigned k = 0; k < STANCE_VIRTUAL_MCC_CHANNELS; k++)
    if ((data[8] >> k & 1) != 0)
      state->channel[count++] = (uint8_t)k;
  if (count == 0)
    return false;
  /* The 1608FS-Plus is paced by the scan, the others by the sample. */
  const double paced_hz = (is_20x ? clock_20x_hz : clock_1608_hz) / ((double)pacer + 1.0);
  const double rate_hz = is_20x ? paced_hz / (double)count : paced_hz;
  /* A tenth of a percent above the limit is the pacer's rounding. */
  if (pacer != 0 && (rate_hz > 100.1e3 || rate_hz * (double)count > 1.001 * total_hz_max(device)))
    return false;
  state->channel_count = count;
  state->options = data[9];
  state->rate_hz = rate_hz;
  state->scans_left = scans == 0 ? UINT64_MAX : scans;
  if (pacer == 0 || (state->options & STANCE_VIRTUAL_MCC_OPTION_TRIGGER) != 0)
    state->scans_left = 0; /* nobody drives the clock's or the trigger's terminal */
  state->position = 0;
  state->debug = 0;
  state->scan_spoilt = state->overrun = state->zero_packet = false;
  const bool counts = (state->options & STANCE_VIRTUAL_MCC_OPTION_DEBUG) == 0;
  const bool had_started = device->clock.started;
  stance_virtual_clock_start(&device->clock, rate_hz);
  state->athlete_waits = !counts && !had_started;
  device->counts.streams += counts;
  if (counts)
    stance_virtual_reach(device, STANCE_VIRTUAL_AT_FIRST);
  stance_virtual_log(device, "event=%s time=%.9f frame=%llu delivered=%llu",
                     counts ? "started" : "self-test", device->clock.start_s,
                     (unsigned long long)device->counts.sampled,
                     (unsigned long long)device->counts.delivered);
  return true;
}

void stance_virtual_mcc_clear(struct stance_virtual_device *device)
{
  struct stance_virtual_mcc *state = device->state;

  if (state->channel_count > 0 && (state->options & STANCE_VIRTUAL_MCC_OPTION_DEBUG) == 0)
    device->counts.discarded += (state->fifo_used + state->position) / state->channel_count;
  state->fifo_used = state->position = 0;
  state->zero_packet = false;
  state->overrun = false;
}

void stance_virtual_mcc_stop(struct stance_virtual_device *device)
{
  struct stance_virtual_mcc *state = device->state;

  if (device->clock.running) {
    stance_virtual_reach(device, STANCE_VIRTUAL_AT_STOPPING);
    stance_virtual_log(device, "event=stopped scans=%llu", (unsigned long long)device->clock.scan);
  }
  stance_virtual_clock_stop(&device->clock);
  if (state->athlete_waits) { /* it was a self-test: time begins with the first stream */
    device->clock.started = false;
    device->clock.now_s = 0.0;
  }
  state->athlete_waits = false;
}

static void push(struct stance_virtual_device *device, uint16_t code)
{
  struct stance_virtual_mcc *state = device->state;

  state->fifo[(state->fifo_first + state->fifo_used++) % fifo_size(device)] = code;
}

static void overrun(struct stance_virtual_device *device)
{
  struct stance_virtual_mcc *state = device->state;

  state->overrun = true;
  stance_virtual_log(device, "event=overrun frame=%llu delivered=%llu",
                     (unsigned long long)device->counts.sampled,
                     (unsigned long long)device->counts.delivered);
  stance_virtual_clock_stop(&device->clock);
}

static void sample_scan(struct stance_virtual_device *device)
{
  struct stance_virtual_mcc *state = device->state;
  const double time_s = stance_virtual_clock_scan_s(&device->clock);
  const bool debug = (state->options & STANCE_VIRTUAL_MCC_OPTION_DEBUG) != 0;
  const bool is_20x = stance_virtual_mcc_is_20x(device);
  double ignored;

  device->clock.scan++;
  state->scans_left -= state->scans_left != UINT64_MAX;
  device->counts.sampled += !debug;
  if (state->fifo_used + state->channel_count > fifo_size(device) ||
      stance_virtual_fault_take(&device->faults, "overrun", device->counts.sampled, 0.0,
                                &ignored)) {
    device->counts.dropped += !debug;
    overrun(device);
    return;
  }
  for (size_t k = 0; k < state->channel_count; k++) {
    const unsigned channel = state->channel[k];
    /* The 1608FS-Plus holds all channels at once; the others convert one after the other, evenly.
     */
    const double at_s =
        is_20x ? time_s + (double)k / (state->rate_hz * (double)state->channel_count) : time_s;
    push(device, debug ? state->debug++
                       : stance_virtual_mcc_convert(
                             device, channel, is_20x ? 0 : state->range[channel],
                             stance_virtual_input_volts(device->input, channel, at_s)));
  }
}

void stance_virtual_mcc_advance(struct stance_virtual_device *device)
{
  struct stance_virtual_mcc *state = device->state;

  while (state->scans_left > 0 && !state->overrun &&
         stance_virtual_clock_is_due(&device->clock,
                                     state->fifo_used >= BRAKE_SAMPLES + state->channel_count)) {
    sample_scan(device);
    if (state->scans_left > 0)
      continue;
    /* The end of a finite scan; the ZLP tells a host that waits for whole packets. */
    state->zero_packet = state->fifo_used * 2 % STANCE_VIRTUAL_MCC_PACKET_BYTES == 0;
    stance_virtual_mcc_stop(device);
  }
}

static void account(struct stance_virtual_device *device)
{
  struct stance_virtual_mcc *state = device->state;

  state->scan_spoilt = state->scan_spoilt || device->spoils_next;
  if (++state->position < state->channel_count)
    return;
  state->position = 0;
  if ((state->options & STANCE_VIRTUAL_MCC_OPTION_DEBUG) == 0) {
    device->counts.spoilt += state->scan_spoilt;
    device->counts.delivered += !state->scan_spoilt;
  }
  state->scan_spoilt = false;
}

static int fill(struct stance_virtual_device *device, uint8_t *packet, size_t samples)
{
  struct stance_virtual_mcc *state = device->state;

  for (size_t k = 0; k < samples; k++) {
    const uint16_t code = state->fifo[state->fifo_first];
    state->fifo_first = (state->fifo_first + 1) % fifo_size(device);
    state->fifo_used--;
    packet[2 * k] = (uint8_t)code;
    packet[2 * k + 1] = (uint8_t)(code >> 8);
    account(device);
  }
  device->counts.packets++;
  return (int)(2 * samples);
}

int stance_virtual_mcc_packet(struct stance_virtual_device *device, uint8_t *ret_packet)
{
  struct stance_virtual_mcc *state = device->state;
  const bool immediate = (state->options & STANCE_VIRTUAL_MCC_OPTION_IMMEDIATE) != 0;
  const size_t whole = immediate ? state->channel_count : STANCE_VIRTUAL_MCC_PACKET_BYTES / 2;

  if (state->flush_packets > 0) {
    state->flush_packets--;
    return 0;
  }
  if (state->overrun)
    return (state->options & STANCE_VIRTUAL_MCC_OPTION_NO_STALL) != 0 ? -EAGAIN : -EPIPE;
  if (state->fifo_used >= whole && whole > 0)
    return fill(device, ret_packet, whole);
  if (device->clock.running || state->scans_left > 0)
    return -EAGAIN;
  if (state->fifo_used > 0)
    return fill(device, ret_packet, state->fifo_used);
  if (!state->zero_packet)
    return -EAGAIN;
  state->zero_packet = false;
  return 0;
}
