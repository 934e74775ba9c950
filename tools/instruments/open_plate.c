/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A home-built plate as acquisition/OPEN_FRAMING.md describes it: packets with version, type and
   CRC-16, stuffed with COBS, ended by a zero. Eight channels of 24 bits, 1 to 4000 Hz. */
#include "virtual_serial.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { VERSION = 1, DATA = 0x10, IDENTITY = 1, CHANNEL = 2, DONE = 3, CONFIGURED = 4 };
enum { IDENTIFY = 0x81, DESCRIBE, CONFIGURE, START, STOP };
enum { RESULT_DONE, RESULT_UNKNOWN, RESULT_IMPOSSIBLE };
enum { FLAG_OVERRUN = 1, FLAG_MISSED = 2 };
enum { PACKET_MAX = 250, WIRE_MAX = 252, HEAD = 14, CHANNELS = 8, SAMPLE_BYTES = 3 };
enum { OUT = 0x01, IN = 0x81, USB_PACKET = 64, BUFFER_BYTES = 8192, BRAKE_BYTES = 512 };
enum { RATE_MIN_MHZ = 1000, RATE_MAX_MHZ = 4000000, COUNT_MAX = 8388607, COUNT_MIN = -8388608 };
/* 2^-12 mV a count: ±2048 mV. */
static const double count_per_volt = 4096e3;

struct plate {
  struct stance_virtual_line line;
  uint8_t wire[WIRE_MAX]; /* of the command under way */
  size_t wire_length;
  uint8_t mask, scans_per_packet;
  double rate_hz;
  uint8_t packet[PACKET_MAX];
  size_t packet_length, packet_scans;
  uint32_t index; /* of the next scan, lost ones included */
  bool lost;      /* to be told in the next packet */
  unsigned skipped;
  bool owes_empty; /* an empty USB packet: the transfer before was a whole number of them */
};

/* What a fault does to a packet on its way. */
struct harm {
  bool spoils; /* its scans are of no use to the host */
  bool flips;  /* a bit */
  size_t cuts; /* bytes before its zero */
};
static const struct harm unharmed;

/* A packet of `length` bytes, which gets its CRC, onto the line. */
static void send(struct stance_virtual_device *device, uint8_t *packet, size_t length,
                 uint64_t scans, struct harm harm)
{
  struct plate *plate = device->state;
  uint8_t wire[WIRE_MAX + 2];
  size_t used = 1, code = 0;

  stance_virtual_put_le(packet + length, stance_virtual_crc16(packet, length), 2);
  if (harm.flips)
    packet[length] ^= 0x10;
  for (size_t k = 0; k < length + 2; k++)
    if (packet[k] == 0) {
      wire[code] = (uint8_t)(used - code);
      code = used++;
    } else {
      wire[used++] = packet[k];
    }
  wire[code] = (uint8_t)(used - code);
  wire[used++] = 0;
  used -= harm.cuts < used - 1 ? harm.cuts : used - 2;
  wire[used - 1] = 0;
  stance_virtual_line_push(device, &plate->line, wire, used, scans, harm.spoils, BUFFER_BYTES);
}

static void flush(struct stance_virtual_device *device)
{
  struct plate *plate = device->state;
  const uint64_t number = device->counts.sampled;
  double value;

  if (plate->packet_scans == 0)
    return;
  struct harm harm = {0};
  harm.flips = stance_virtual_fault_take(&device->faults, "bad-checksum", number, 0, &value);
  if (!harm.flips && stance_virtual_fault_take(&device->faults, "cut", number, 3, &value))
    harm.cuts = (size_t)fmax(value, 1);
  const bool twice = stance_virtual_fault_take(&device->faults, "repeat", number, 0, &value);
  const bool missed = stance_virtual_fault_take(&device->faults, "missed", number, 0, &value);
  if (missed)
    plate->packet[12] |= FLAG_MISSED;
  harm.spoils = harm.flips || harm.cuts > 0 || missed;
  send(device, plate->packet, plate->packet_length, plate->packet_scans, harm);
  if (twice)
    send(device, plate->packet, plate->packet_length, 0, unharmed);
  plate->packet_scans = 0;
}

static void begin_packet(struct plate *plate, double time_s)
{
  uint8_t *packet = plate->packet;

  packet[0] = VERSION;
  packet[1] = DATA;
  stance_virtual_put_le(packet + 2, plate->index, 4);
  stance_virtual_put_le(packet + 6, (uint64_t)llround(time_s * 1e6), 4);
  packet[10] = plate->mask;
  packet[11] = SAMPLE_BYTES;
  packet[12] = plate->lost ? FLAG_OVERRUN : 0;
  packet[13] = 0;
  plate->lost = false;
  plate->packet_length = HEAD;
}

static void put_scan(struct stance_virtual_device *device, double time_s)
{
  struct plate *plate = device->state;

  for (unsigned channel = 0; channel < CHANNELS; channel++) {
    if ((plate->mask >> channel & 1) == 0)
      continue;
    const double volts = stance_virtual_input_volts(device->input, channel, time_s);
    const double count = fmin(fmax(round(volts * count_per_volt), COUNT_MIN), COUNT_MAX);
    if (count <= COUNT_MIN || count >= COUNT_MAX)
      plate->packet[13] |= (uint8_t)(1U << channel);
    stance_virtual_put_le(plate->packet + plate->packet_length, (uint64_t)(int64_t)count,
                          SAMPLE_BYTES);
    plate->packet_length += SAMPLE_BYTES;
  }
}

static void lose_scan(struct stance_virtual_device *device)
{
  struct plate *plate = device->state;

  flush(device); /* what is gathered goes out */
  plate->lost = true;
  plate->skipped -= plate->skipped > 0;
  device->counts.dropped++;
}

static void sample(struct stance_virtual_device *device)
{
  struct plate *plate = device->state;
  const double time_s = stance_virtual_clock_scan_s(&device->clock);
  double value;

  if (stance_virtual_fault_take(&device->faults, "overrun", device->counts.sampled, 5, &value))
    plate->skipped += (unsigned)value;
  const bool lost = plate->skipped > 0 || plate->line.used + WIRE_MAX > BUFFER_BYTES;
  if (lost) {
    lose_scan(device);
  } else {
    if (plate->packet_scans == 0)
      begin_packet(plate, time_s);
    put_scan(device, time_s);
  }
  plate->index++;
  device->clock.scan++;
  device->counts.sampled++;
  if (!lost && ++plate->packet_scans == plate->scans_per_packet)
    flush(device);
}

static void advance(struct stance_virtual_device *device)
{
  struct plate *plate = device->state;
  while (stance_virtual_clock_is_due(&device->clock, plate->line.used >= BRAKE_BYTES))
    sample(device);
}

static void put_text(uint8_t *bytes, const char *text, size_t size)
{
  memset(bytes, 0, size);
  memcpy(bytes, text, strlen(text) < size ? strlen(text) : size);
}

static void tell_done(struct stance_virtual_device *device, uint8_t command, uint8_t result)
{
  uint8_t packet[4 + 2] = {VERSION, DONE, command, result};
  send(device, packet, 4, 0, unharmed);
}

static void tell_identity(struct stance_virtual_device *device)
{
  uint8_t packet[64 + 2] = {VERSION, IDENTITY, CHANNELS, SAMPLE_BYTES};

  stance_virtual_put_le(packet + 4, RATE_MIN_MHZ, 4);
  stance_virtual_put_le(packet + 8, RATE_MAX_MHZ, 4);
  put_text(packet + 12, device->serial, 16);
  put_text(packet + 28, device->kind->model, 24);
  put_text(packet + 52, "1.0", 12);
  send(device, packet, 64, 0, unharmed);
  stance_virtual_reach(device, STANCE_VIRTUAL_AT_CONFIGURING);
}

static void tell_channel(struct stance_virtual_device *device, uint8_t channel)
{
  uint8_t packet[48 + 2] = {VERSION, CHANNEL, channel};
  const float scale = (float)(1e3 / count_per_volt);
  char name[16];
  uint32_t bits;

  if (channel >= CHANNELS) {
    tell_done(device, DESCRIBE, RESULT_IMPOSSIBLE);
    return;
  }
  put_text(packet + 4, "mV", 8);
  memcpy(&bits, &scale, sizeof bits);
  stance_virtual_put_le(packet + 12, bits, 4);
  stance_virtual_put_le(packet + 20, (uint64_t)(int64_t)COUNT_MIN, 4);
  stance_virtual_put_le(packet + 24, COUNT_MAX, 4);
  snprintf(name, sizeof name, "cell %u", channel);
  put_text(packet + 32, name, 16);
  send(device, packet, 48, 0, unharmed);
}

static unsigned count_channels(unsigned mask)
{
  unsigned count = 0;
  for (; mask != 0; mask >>= 1)
    count += mask & 1;
  return count;
}

/* A packet every 4 ms, where it holds so much. */
static void configure(struct stance_virtual_device *device, const uint8_t *packet)
{
  struct plate *plate = device->state;
  const uint32_t asked_mhz =
      packet[4] | (uint32_t)packet[5] << 8 | (uint32_t)packet[6] << 16 | (uint32_t)packet[7] << 24;
  const uint32_t rate_mhz = asked_mhz < RATE_MIN_MHZ   ? RATE_MIN_MHZ
                            : asked_mhz > RATE_MAX_MHZ ? RATE_MAX_MHZ
                                                       : asked_mhz;
  uint8_t answer[8 + 2] = {VERSION, CONFIGURED, packet[2]};

  if (device->clock.running || packet[2] == 0) {
    tell_done(device, CONFIGURE, device->clock.running ? 3 : RESULT_IMPOSSIBLE);
    return;
  }
  plate->mask = packet[2];
  plate->rate_hz = rate_mhz / 1e3;
  const double most = (PACKET_MAX - HEAD - 2) / (count_channels(plate->mask) * SAMPLE_BYTES);
  plate->scans_per_packet = (uint8_t)fmin(fmax(floor(plate->rate_hz * 0.004), 1), most);
  answer[3] = plate->scans_per_packet;
  stance_virtual_put_le(answer + 4, rate_mhz, 4);
  send(device, answer, 8, 0, unharmed);
}

static void start(struct stance_virtual_device *device)
{
  struct plate *plate = device->state;

  if (plate->mask == 0) {
    tell_done(device, START, RESULT_IMPOSSIBLE);
    return;
  }
  tell_done(device, START, RESULT_DONE);
  if (device->clock.running)
    return;
  plate->index = 0;
  plate->packet_scans = 0;
  plate->lost = false;
  stance_virtual_serial_start(device, plate->rate_hz);
}

static void stop(struct stance_virtual_device *device)
{
  stance_virtual_serial_stop(device);
  flush(device);
  tell_done(device, STOP, RESULT_DONE);
}

static void obey(struct stance_virtual_device *device, const uint8_t *packet, size_t length)
{
  static const size_t lengths[] = {2, 3, 8, 2, 2}; /* from IDENTIFY on */
  const uint8_t type = packet[1];

  if (packet[0] != VERSION || type < IDENTIFY || type > STOP ||
      length != lengths[type - IDENTIFY]) {
    tell_done(device, type, RESULT_UNKNOWN);
    return;
  }
  if (type == IDENTIFY)
    tell_identity(device);
  else if (type == DESCRIBE)
    tell_channel(device, packet[2]);
  else if (type == CONFIGURE)
    configure(device, packet);
  else if (type == START)
    start(device);
  else
    stop(device);
}

/* COBS undone; 0 where it is none. */
static size_t unstuff(const uint8_t *wire, size_t length, uint8_t *packet)
{
  size_t count = 0;

  for (size_t at = 0; at < length;) {
    const size_t end = at + wire[at];
    if (end > length)
      return 0;
    for (at++; at < end; at++)
      packet[count++] = wire[at];
    if (at < length)
      packet[count++] = 0;
  }
  return count;
}

static int bulk_out(struct stance_virtual_device *device, uint8_t endpoint, const uint8_t *data,
                    size_t length)
{
  struct plate *plate = device->state;
  uint8_t packet[WIRE_MAX];

  if (endpoint != OUT)
    return -EPIPE;
  for (size_t k = 0; k < length; k++) {
    if (data[k] != 0) {
      if (plate->wire_length < WIRE_MAX)
        plate->wire[plate->wire_length++] = data[k];
      continue;
    }
    const size_t count = unstuff(plate->wire, plate->wire_length, packet);
    plate->wire_length = 0;
    if (count >= 4 &&
        stance_virtual_crc16(packet, count - 2) == (packet[count - 2] | packet[count - 1] << 8))
      obey(device, packet, count - 2);
  }
  return (int)length;
}

/* One packet of the page a transfer: a short USB packet, or an empty one, ends it. */
static int bulk_in(struct stance_virtual_device *device, uint8_t endpoint, uint8_t *ret_packet,
                   size_t maximum)
{
  struct plate *plate = device->state;

  if (endpoint != IN)
    return -EAGAIN;
  if (plate->owes_empty) {
    plate->owes_empty = false;
    return 0;
  }
  if (plate->line.frame_count == 0)
    return -EAGAIN;
  const size_t left = plate->line.frame[plate->line.first_frame].left;
  const size_t room = maximum < USB_PACKET ? maximum : USB_PACKET;
  plate->owes_empty = left == room;
  device->counts.packets++;
  return (int)stance_virtual_line_pull(device, &plate->line, ret_packet, left < room ? left : room);
}

static void power_on(struct stance_virtual_device *device)
{
  struct plate *plate = device->state;

  stance_virtual_line_clear(device, &plate->line);
  memset(plate, 0, sizeof *plate);
}

static int control(struct stance_virtual_device *device, const struct stance_virtual_setup *setup,
                   uint8_t *data)
{
  (void)device;
  (void)setup;
  (void)data;
  return -EPIPE;
}

static void describe_channel(const struct stance_virtual_device *device, unsigned input,
                             struct stance_virtual_channel *ret_channel)
{
  (void)device;
  *ret_channel = (struct stance_virtual_channel){.unit = "mV", .unit_per_volt = 1e3};
  snprintf(ret_channel->name, sizeof ret_channel->name, "cell %u", input);
}

static const uint8_t device_bytes[18] = {18,   1,    0x00, 0x02, 0xff, 0x00, 0x00, 64, 0x09,
                                         0x12, 0xa0, 0x57, 0x00, 0x01, 1,    2,    3,  1};
static const uint8_t configuration[] = {9,  2, 32, 0,    1, 1,   0, 0x80, 50, 9,  4,
                                        0,  0, 2,  0xff, 0, 0,   0, 7,    5,  IN, 2,
                                        64, 0, 0,  7,    5, OUT, 2, 64,   0,  0};

const struct stance_virtual_kind stance_virtual_open_plate = {
    .name = "open-plate",
    .model = "virtual plate",
    .summary = "home-built plate, 8 channels of 24 bits, 1 to 4000 Hz",
    .serial = "P0001",
    .faults = "bad-checksum cut repeat missed overrun",
    .descriptors = {.speed = STANCE_VIRTUAL_FULL_SPEED,
                    .device = device_bytes,
                    .configuration = configuration,
                    .configuration_length = sizeof configuration,
                    .string = {"stance", "stance virtual plate", "", NULL}},
    .state_size = sizeof(struct plate),
    .stream_endpoint = IN,
    .packet_bytes = USB_PACKET,
    .set_up = stance_virtual_serial_set_up,
    .power_on = power_on,
    .control = control,
    .bulk_out = bulk_out,
    .bulk_in = bulk_in,
    .advance = advance,
    .describe_channel = describe_channel,
};
