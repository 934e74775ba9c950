/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stream of U6 and U3. A packet of 14 + 2·samples bytes:
     0 checksum8   1 F9   2 4 + samples   3 C0   4..5 checksum16
     6..9 0, or scans missed   10 number   11 error   12… samples, u16 LE
     then backlog in 256ths of the buffer, and 0. */
#include "virtual_labjack.h"

#include <errno.h>
#include <string.h>

/* One input after the other, as fast as the resolution lets it. U6 datasheet: 50 000 samples a
   second at the usual one. U3, by the resolution bits of StreamConfig: 2500 at the finest, 50 000
   at the coarsest (LabJackPython, u3.py); [K] the two between. */
static const double u6_samples_per_s = 50000.0,
                    u3_samples_per_s[4] = {2500.0, 10000.0, 20000.0, 50000.0};
/* So much waits before an elastic clock does: two packets. */
enum { BRAKE_PACKETS = 2, MISSED_MAX = 65535 };

static void push(struct stance_virtual_labjack *state, struct stance_virtual_labjack_sample sample)
{
  state->fifo[(state->fifo_first + state->fifo_used++) % STANCE_VIRTUAL_LABJACK_FIFO_SAMPLES] =
      sample;
}

static struct stance_virtual_labjack_sample pull(struct stance_virtual_labjack *state)
{
  const struct stance_virtual_labjack_sample sample = state->fifo[state->fifo_first];

  state->fifo_first = (state->fifo_first + 1) % STANCE_VIRTUAL_LABJACK_FIFO_SAMPLES;
  state->fifo_used--;
  return sample;
}

double stance_virtual_labjack_samples_per_s(const struct stance_virtual_device *device,
                                            unsigned scan_configuration)
{
  return stance_virtual_labjack_is_u3(device) ? u3_samples_per_s[scan_configuration & 3]
                                              : u6_samples_per_s;
}

void stance_virtual_labjack_stream_start(struct stance_virtual_device *device)
{
  struct stance_virtual_labjack *state = device->state;

  state->fifo_first = state->fifo_used = state->position = 0;
  state->scan_spoilt = state->recovering = false;
  state->missed = state->forced_misses = 0;
  state->packet_number = 0;
  state->ramp = state->ramp_length = 0;
  state->fatal = (double)state->channel_count * state->rate_hz > state->samples_per_s_max
                     ? STANCE_VIRTUAL_LABJACK_SCAN_OVERLAP
                     : 0;
  stance_virtual_clock_start(&device->clock, state->rate_hz);
  device->counts.streams++;
  stance_virtual_reach(device, STANCE_VIRTUAL_AT_FIRST);
  stance_virtual_log(device, "event=started time=%.9f frame=%llu delivered=%llu",
                     device->clock.start_s, (unsigned long long)device->counts.sampled,
                     (unsigned long long)device->counts.delivered);
}

void stance_virtual_labjack_stream_stop(struct stance_virtual_device *device)
{
  struct stance_virtual_labjack *state = device->state;
  double value;

  if (!device->clock.running && state->fifo_used == 0)
    return;
  if (device->clock.running) {
    stance_virtual_reach(device, STANCE_VIRTUAL_AT_STOPPING);
    stance_virtual_log(device, "event=stopped scans=%llu", (unsigned long long)device->clock.scan);
  }
  /* What is still inside never leaves; a scan that has begun to is lost with it. Those missed at
     the end were never reported. */
  if (state->channel_count > 0)
    device->counts.discarded += (state->fifo_used + state->position) / state->channel_count;
  for (size_t k = 0; k < state->fifo_used; k++) /* dummies were counted when they were made */
    device->counts.discarded -=
        state->fifo[(state->fifo_first + k) % STANCE_VIRTUAL_LABJACK_FIFO_SAMPLES].missed > 0;
  device->counts.dropped += state->missed;
  if (stance_virtual_fault_take(&device->faults, "stale", device->counts.sampled, 3.0, &value)) {
    state->stale = (unsigned)value;
    stance_virtual_log(device, "event=stale packets=%u", state->stale);
  }
  state->fifo_used = 0;
  state->missed = 0;
  state->position = 0;
  stance_virtual_clock_stop(&device->clock);
}

static void begin_recovery_of(struct stance_virtual_device *device)
{
  struct stance_virtual_labjack *state = device->state;
  double value;

  if (stance_virtual_fault_take(&device->faults, "overrun", device->counts.sampled, 100.0,
                                &value)) {
    state->forced_misses = (uint32_t)value;
    stance_virtual_log(device, "event=overrun scans=%u", state->forced_misses);
  }
}

/* True where this scan is to be missed. A recovery ends when half the buffer is free: the vendor
   does not say when. */
static bool is_missed(struct stance_virtual_labjack *state)
{
  const size_t count = state->channel_count;

  if (state->forced_misses > 0) {
    state->forced_misses--;
    return true;
  }
  if (state->recovering)
    return state->fifo_used > STANCE_VIRTUAL_LABJACK_FIFO_SAMPLES / 2;
  return state->fifo_used + count > STANCE_VIRTUAL_LABJACK_FIFO_SAMPLES;
}

static void sample_scan(struct stance_virtual_device *device)
{
  struct stance_virtual_labjack *state = device->state;
  const double time_s = stance_virtual_clock_scan_s(&device->clock);

  begin_recovery_of(device);
  device->clock.scan++;
  device->counts.sampled++;
  if (is_missed(state)) {
    state->recovering = true;
    state->missed++;
    return;
  }
  if (state->recovering) { /* one scan of FFFF stands for all that were missed */
    for (size_t k = 0; k < state->channel_count; k++)
      push(state, (struct stance_virtual_labjack_sample){
                      .code = 0xffff, .dummy = true, .missed = k == 0 ? state->missed : 0});
    device->counts.dropped += state->missed;
    state->recovering = false;
    state->missed = 0;
  }
  for (size_t k = 0; k < state->channel_count; k++) {
    const double volts = stance_virtual_labjack_volts(
        device, &state->input[k], time_s + (double)k / state->samples_per_s_max);
    push(state, (struct stance_virtual_labjack_sample){
                    .code = stance_virtual_labjack_convert(device, &state->input[k], volts)});
  }
}

void stance_virtual_labjack_advance(struct stance_virtual_device *device)
{
  struct stance_virtual_labjack *state = device->state;

  while (state->fatal == 0 &&
         stance_virtual_clock_is_due(
             &device->clock, state->fifo_used >= (size_t)BRAKE_PACKETS * state->samples_per_packet +
                                                     state->channel_count))
    sample_scan(device);
}

/* A scan counts as delivered when its last sample leaves and none of its samples was damaged. */
static void account(struct stance_virtual_device *device, bool dummy, bool spoilt)
{
  struct stance_virtual_labjack *state = device->state;

  state->scan_spoilt = state->scan_spoilt || spoilt;
  if (++state->position < state->channel_count)
    return;
  state->position = 0;
  if (!dummy && state->scan_spoilt)
    device->counts.spoilt++;
  else if (!dummy)
    device->counts.delivered++;
  state->scan_spoilt = false;
}

static uint8_t backlog(struct stance_virtual_labjack *state)
{
  if (state->ramp > 0) {
    state->ramp--;
    return (uint8_t)(255U * (state->ramp_length - state->ramp) / state->ramp_length);
  }
  const size_t share = state->fifo_used * 256 / STANCE_VIRTUAL_LABJACK_FIFO_SAMPLES;
  return (uint8_t)(share > 255 ? 255 : share);
}

static size_t fill(struct stance_virtual_device *device, uint8_t *packet, bool spoilt)
{
  struct stance_virtual_labjack *state = device->state;
  const unsigned count = state->samples_per_packet;
  uint8_t error = state->recovering ? STANCE_VIRTUAL_LABJACK_RECOVERY_ACTIVE : 0;
  uint32_t missed = 0;

  memset(packet, 0, 14 + 2UL * count);
  for (unsigned k = 0; k < count; k++) {
    const struct stance_virtual_labjack_sample sample = pull(state);
    packet[12 + 2 * k] = (uint8_t)sample.code;
    packet[13 + 2 * k] = (uint8_t)(sample.code >> 8);
    if (sample.missed > 0) {
      error = STANCE_VIRTUAL_LABJACK_RECOVERY_END;
      missed = sample.missed > MISSED_MAX ? MISSED_MAX : sample.missed;
    }
    account(device, sample.dummy, spoilt);
  }
  packet[1] = 0xf9;
  packet[2] = (uint8_t)(4 + count);
  packet[3] = 0xc0;
  packet[6] = (uint8_t)missed;
  packet[7] = (uint8_t)(missed >> 8);
  packet[10] = state->packet_number++;
  packet[11] = error;
  packet[12 + 2 * count] = backlog(state);
  stance_virtual_labjack_sign(packet, 14 + 2UL * count);
  return 14 + 2UL * count;
}

/* The last packet of a stream that cannot go on. */
static int fatal_packet(struct stance_virtual_device *device, uint8_t *packet)
{
  struct stance_virtual_labjack *state = device->state;
  const unsigned count = state->samples_per_packet;

  memset(packet, 0, 14 + 2UL * count);
  packet[1] = 0xf9;
  packet[2] = (uint8_t)(4 + count);
  packet[3] = 0xc0;
  packet[10] = state->packet_number++;
  packet[11] = state->fatal;
  stance_virtual_labjack_sign(packet, 14 + 2UL * count);
  stance_virtual_labjack_stream_stop(device);
  return (int)(14 + 2 * count);
}

static int stale_packet(struct stance_virtual_labjack *state, uint8_t *packet)
{
  const unsigned count = STANCE_VIRTUAL_LABJACK_SAMPLES_MAX;

  state->stale--;
  memset(packet, 0x5a, 14 + 2UL * count);
  packet[1] = 0xf9;
  packet[2] = (uint8_t)(4 + count);
  packet[3] = 0xc0;
  packet[10] = (uint8_t)(0xf0 + state->stale);
  packet[11] = 0;
  stance_virtual_labjack_sign(packet, 14 + 2UL * count);
  return (int)(14 + 2 * count);
}

static void look_for_faults(struct stance_virtual_device *device)
{
  struct stance_virtual_labjack *state = device->state;
  const uint64_t frame = device->counts.sampled;
  uint8_t lost[STANCE_VIRTUAL_LABJACK_PACKET_BYTES];
  double value;

  if (stance_virtual_fault_take(&device->faults, "skip-counter", frame, 1.0, &value))
    for (; value >= 1.0 && state->fifo_used >= state->samples_per_packet; value--) {
      fill(device, lost, true); /* numbered, and gone */
      stance_virtual_log(device, "event=skip-counter frame=%llu", (unsigned long long)frame);
    }
  if (stance_virtual_fault_take(&device->faults, "backlog-ramp", frame, 100.0, &value))
    state->ramp = state->ramp_length = (unsigned)value;
  if (stance_virtual_fault_take(&device->faults, "scan-overlap", frame, 0.0, &value))
    state->fatal = STANCE_VIRTUAL_LABJACK_SCAN_OVERLAP;
}

int stance_virtual_labjack_stream_packet(struct stance_virtual_device *device, uint8_t *ret_packet)
{
  struct stance_virtual_labjack *state = device->state;
  double ignored;

  if (state->stale > 0)
    return stale_packet(state, ret_packet);
  if (!device->clock.running)
    return -EAGAIN;
  if (state->fatal == 0 && state->fifo_used < state->samples_per_packet)
    return -EAGAIN;
  look_for_faults(device);
  if (state->fatal != 0)
    return fatal_packet(device, ret_packet);
  if (state->fifo_used < state->samples_per_packet)
    return -EAGAIN;
  const uint64_t frame = device->counts.sampled;
  const bool bad8 =
      stance_virtual_fault_take(&device->faults, "bad-checksum8", frame, 0.0, &ignored);
  const bool bad16 =
      !bad8 && stance_virtual_fault_take(&device->faults, "bad-checksum16", frame, 0.0, &ignored);
  const size_t length = fill(device, ret_packet, bad8 || bad16 || device->spoils_next);
  if (bad16) { /* a sample flipped: only the 16-bit sum can tell */
    ret_packet[12] ^= 0x04;
    stance_virtual_log(device, "event=bad-checksum16 frame=%llu", (unsigned long long)frame);
  }
  if (bad8) {
    ret_packet[0] ^= 0x40;
    stance_virtual_log(device, "event=bad-checksum8 frame=%llu", (unsigned long long)frame);
  }
  device->counts.packets++;
  return (int)length;
}
