/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets of the LabJack stream to frames. One packet, with S samples (labjack/exodriver
   examples/U6/u6Stream.c):

   0         checksum8 over 1…5
   1  2  3   F9, 4 + S, C0
   4…5       checksum16 over 6…
   6…9       time stamp field; in an auto-recovery report 6…7 are the scans that were missed
   10        counter of packets, wraps at 256. [K] that it begins at 0 is relied on: what comes
             before a 0 was left over from a stream before, and is thrown away
   11        error code
   12…       S samples of 16 bits, LE, channel after channel; a scan may straddle packets
   12 + 2S   backlog in 256ths of the instrument's buffer
   13 + 2S   0

   What is missing is counted by the counter of the next good packet, never guessed from bytes: a
   packet is good where header and both checksums are, and bytes that are in none are skipped.

   When its buffer is full the instrument drops scans and says 59 with all that it had kept; the
   first packet after says 60 and how many scans are gone. One scan of 0xFFFF stands where they
   were, and the count includes it [?, stated in the U3's documents]: the gap is put exactly there.
   Where it cannot be placed so, the stream is started anew rather than shifted in time. */
#include "labjack_scans.h"

#include <string.h>

enum {
  HEAD = 4, /* bytes by which a packet is known */
  COUNTER = 10,
  ERROR_CODE = 11,
  SAMPLES = 12,
  AUTO_RECOVER_ACTIVE = 59,
  AUTO_RECOVER_REPORT = 60,
  END_CODE = 0xffff,
  /* The smallest buffer: as many samples say 59 after an overflow. A loss that is as long can have
     hidden one. */
  BUFFER_SAMPLES = 512,
};

static size_t packet_bytes(const struct stance_labjack_stream *stream)
{
  return STANCE_LABJACK_OVERHEAD + 2 * (size_t)stream->samples_per_packet;
}

void stance_labjack_stream_rewind(struct stance_labjack_stream *stream)
{
  *stream = (struct stance_labjack_stream){
      .channel_count = stream->channel_count,
      .samples_per_packet = stream->samples_per_packet,
      .highest_code = stream->highest_code,
  };
}

/* As far as `count` bytes tell. */
static bool could_begin(const struct stance_labjack_stream *stream, const uint8_t *bytes,
                        size_t count)
{
  return (count < 2 || bytes[1] == 0xf9) &&
         (count < 3 || bytes[2] == 4 + stream->samples_per_packet) &&
         (count < 4 || bytes[3] == 0xc0);
}

static inline bool is_good(const struct stance_labjack_stream *stream, const uint8_t *packet)
{
  const size_t count = packet_bytes(stream);

  return could_begin(stream, packet, HEAD) && packet[count - 1] == 0 &&
         packet[0] == stance_labjack_fold((unsigned)packet[1] + packet[2] + packet[3] + packet[4] +
                                          packet[5]) &&
         stance_labjack_get_u16(packet + 4) == stance_labjack_checksum16(packet + 6, count - 6);
}

/* Where in a packet another might begin, 0 where nowhere. A sum of some fifty bytes is weak: a cut
   packet with the head of the next one behind it has the right sum once in a thousand times. */
static size_t inner_begin(const struct stance_labjack_stream *stream, const uint8_t *packet)
{
  const size_t count = packet_bytes(stream);
  const uint8_t *at = packet + HEAD;

  while ((at = memchr(at, 0xf9, (size_t)(packet + count - at))) != NULL) {
    const size_t begin = (size_t)(at - packet) - 1;
    if (count - begin >= HEAD && could_begin(stream, packet + begin, HEAD))
      return begin;
    at++;
  }
  return 0;
}

/* The index is no longer known: nothing more of this stream is used. */
static void give_up(struct stance_labjack_stream *stream, struct stance_frame_sink *sink,
                    const char *reason)
{
  stream->given_up = true;
  stance_frame_sink_ask_restart(sink, reason);
}

static void end_scan_as_missing(struct stance_labjack_stream *stream,
                                struct stance_frame_sink *sink)
{
  if (stream->damaged)
    stance_frame_sink_spoil(sink, 1);
  else
    stance_frame_sink_lose(sink, 1);
  stream->broken = false;
  stream->damaged = false;
}

/* `count` samples did not come, or not whole. */
static void miss_samples(struct stance_labjack_stream *stream, uint64_t count, bool damaged,
                         struct stance_frame_sink *sink)
{
  const uint64_t samples = stream->position + count;
  const uint64_t scans = samples / stream->channel_count;

  if (count == 0)
    return;
  stream->broken = true;
  stream->damaged = stream->damaged || damaged;
  if (scans > 0) {
    end_scan_as_missing(stream, sink);
    if (damaged)
      stance_frame_sink_spoil(sink, scans - 1);
    else
      stance_frame_sink_lose(sink, scans - 1);
  }
  stream->position = (size_t)(samples % stream->channel_count);
  if (scans > 0 && stream->position > 0) {
    stream->broken = true;
    stream->damaged = damaged;
  }
  stream->flags = 0;
}

static void miss_packets(struct stance_labjack_stream *stream, unsigned count, unsigned error,
                         struct stance_frame_sink *sink)
{
  const size_t size = packet_bytes(stream);
  const uint64_t skipped = (stream->skipped_bytes + size - 1) / size;
  const unsigned damaged = skipped < count ? (unsigned)skipped : count;

  miss_samples(stream, (uint64_t)damaged * stream->samples_per_packet, true, sink);
  miss_samples(stream, (uint64_t)(count - damaged) * stream->samples_per_packet, false, sink);
  if ((uint64_t)count * stream->samples_per_packet >= BUFFER_SAMPLES)
    give_up(stream, sink,
            "many packets are missing, with them the instrument's own report of "
            "what it lost");
  else if (stream->missed_scans > 0 || error == AUTO_RECOVER_REPORT ||
           (stream->recovering && error != AUTO_RECOVER_ACTIVE))
    give_up(stream, sink,
            "the instrument's report of how many scans it lost, or their place, is "
            "missing");
}

static bool is_marker(const struct stance_labjack_stream *stream)
{
  for (size_t k = 0; k < stream->channel_count; k++)
    if ((unsigned)stream->value[k] != END_CODE)
      return false;
  return true;
}

static void end_scan(struct stance_labjack_stream *stream, struct stance_frame_sink *sink)
{
  stream->position = 0;
  if (stream->broken) {
    end_scan_as_missing(stream, sink);
  } else if (stream->missed_scans > 0 && is_marker(stream)) {
    stance_frame_sink_lose(sink, stream->missed_scans);
    stream->missed_scans = 0;
  } else {
    stance_frame_sink_push(sink, stream->value, stream->flags);
  }
  stream->flags = 0;
}

static const uint8_t *take_some(struct stance_labjack_stream *stream, const uint8_t *sample,
                                size_t count, struct stance_frame_sink *sink)
{
  for (; count > 0; count--, sample += 2) {
    const uint16_t code = stance_labjack_get_u16(sample);
    stream->value[stream->position] = code;
    if (stance_labjack_is_end(code, stream->highest_code))
      stream->flags |= STANCE_FRAME_SATURATED(stream->position);
    if (++stream->position == stream->channel_count)
      end_scan(stream, sink);
  }
  return sample;
}

/* A scan may have begun in the packet before. */
static void take_samples(struct stance_labjack_stream *stream, const uint8_t *sample,
                         struct stance_frame_sink *sink)
{
  const size_t channel_count = stream->channel_count;
  const size_t wanted = stream->position > 0 ? channel_count - stream->position : 0;
  size_t left = stream->samples_per_packet;
  const size_t first = left < wanted ? left : wanted;

  if (first > 0)
    sample = take_some(stream, sample, first, sink);
  left -= first;
  if (stream->position == 0 && !stream->broken && stream->missed_scans == 0) {
    sample = stance_labjack_take_scans(stream, sample, left / channel_count, sink);
    left %= channel_count;
  }
  if (left > 0)
    take_some(stream, sample, left, sink);
}

/* False where nothing of this packet is to be used. */
static bool heed_error(struct stance_labjack_stream *stream, const uint8_t *packet,
                       struct stance_frame_sink *sink)
{
  const unsigned error = packet[ERROR_CODE];

  if (error == 0)
    return true;
  stance_frame_sink_warn(sink, STANCE_WARNING_OVERRUN);
  if (error == AUTO_RECOVER_ACTIVE) {
    stream->recovering = true;
    return true;
  }
  if (error == AUTO_RECOVER_REPORT) {
    const uint16_t missed = stance_labjack_get_u16(packet + 6);
    stream->recovering = false;
    if (missed > 0 && missed < UINT16_MAX && stream->missed_scans == 0) {
      stream->missed_scans = missed;
      stream->marker_window = stream->samples_per_packet + 2 * (unsigned)stream->channel_count;
      return true;
    }
    give_up(stream, sink, "the instrument's report of how many scans it lost cannot be right");
  } else if (error == 55 || error == 58) {
    stream->given_up = true;
    stance_frame_sink_fail(sink, "the instrument cannot sample so many channels so fast; ask for a "
                                 "lower rate, resolution or settling, or fewer channels");
  } else {
    give_up(stream, sink, "the instrument reported an error and its samples cannot be trusted");
  }
  miss_samples(stream, stream->samples_per_packet, true, sink);
  return false;
}

static bool is_repeated(const struct stance_labjack_stream *stream, const uint8_t *packet)
{
  return stream->counter == (uint8_t)(packet[COUNTER] + 1) && stream->any &&
         memcmp(packet, stream->last, packet_bytes(stream)) == 0;
}

/* Whether the packet belongs to this stream; see the counter above. */
static bool synchronise(struct stance_labjack_stream *stream, const uint8_t *packet,
                        struct stance_frame_sink *sink)
{
  if (stream->synchronised)
    return true;
  /* Those before may have come damaged. */
  if (packet[COUNTER] <=
      (stream->skipped_bytes + packet_bytes(stream) - 1) / packet_bytes(stream)) {
    stream->synchronised = true;
    return true;
  }
  if (++stream->stale > 256)
    give_up(stream, sink, "the instrument's packets are not counted from 0");
  stream->skipped_bytes = 0;
  return false;
}

static void take_packet(struct stance_labjack_stream *stream, const uint8_t *packet,
                        struct stance_frame_sink *sink)
{
  if (stream->given_up || !synchronise(stream, packet, sink))
    return;
  if (is_repeated(stream, packet)) {
    stance_frame_sink_repeat(sink, (stream->samples_per_packet + stream->channel_count - 1) /
                                       stream->channel_count);
    return;
  }
  const unsigned missing = (uint8_t)(packet[COUNTER] - stream->counter);
  if (missing > 0)
    miss_packets(stream, missing, packet[ERROR_CODE], sink);
  stream->skipped_bytes = 0;
  stream->counter = (uint8_t)(packet[COUNTER] + 1);
  stream->any = true;
  memcpy(stream->last, packet, packet_bytes(stream));

  const unsigned backlog = packet[packet_bytes(stream) - 2];
  stance_frame_sink_set_backlog(sink, (uint8_t)(backlog * 100 / 256));
  if (stream->given_up || !heed_error(stream, packet, sink))
    return;
  take_samples(stream, packet + SAMPLES, sink);
  if (stream->missed_scans > 0) {
    stream->marker_window -= stream->samples_per_packet < stream->marker_window
                                 ? stream->samples_per_packet
                                 : stream->marker_window;
    if (stream->marker_window == 0) {
      stance_frame_sink_lose(sink, stream->missed_scans);
      give_up(stream, sink, "the place of the scans that the instrument lost is not marked");
    }
  }
}

static void drop_held(struct stance_labjack_stream *stream, size_t count)
{
  stream->held_count -= count;
  memmove(stream->held, stream->held + count, stream->held_count);
}

/* Drops from `held` what cannot begin a packet, at least one byte. */
static void slide(struct stance_labjack_stream *stream)
{
  size_t by = 1;
  while (by < stream->held_count &&
         !could_begin(stream, stream->held + by, stream->held_count - by))
    by++;
  drop_held(stream, by);
  stream->skipped_bytes += by;
}

/* Takes or drops what `held` begins with; false where more bytes must come first. */
static bool settle(struct stance_labjack_stream *stream, struct stance_frame_sink *sink)
{
  const size_t size = packet_bytes(stream);

  if (stream->held_count < size)
    return false;
  if (!is_good(stream, stream->held)) {
    slide(stream);
    return true;
  }
  const size_t inner = inner_begin(stream, stream->held);
  if (inner > 0) {
    if (stream->held_count < inner + size || stream->held_count < size + HEAD)
      return false;
    if (is_good(stream, stream->held + inner) || !could_begin(stream, stream->held + size, HEAD)) {
      slide(stream);
      return true;
    }
  }
  take_packet(stream, stream->held, sink);
  drop_held(stream, size);
  return true;
}

/* Bytes that do not begin with a whole good packet; returns how many were taken: no more than are
   needed, so that whole packets need no copy again soon. */
__attribute__((noinline)) static size_t hold(struct stance_labjack_stream *stream,
                                             const uint8_t *bytes, size_t length,
                                             struct stance_frame_sink *sink)
{
  const size_t size = packet_bytes(stream);
  const size_t wanted = (stream->held_count < size ? size : 2 * size) - stream->held_count;
  const size_t taken = length < wanted ? length : wanted;

  memcpy(stream->held + stream->held_count, bytes, taken);
  stream->held_count += taken;
  while (settle(stream, sink))
    continue;
  return taken;
}

void stance_labjack_stream_decode(struct stance_labjack_stream *stream, const uint8_t *bytes,
                                  size_t length, struct stance_frame_sink *sink)
{
  const size_t size = packet_bytes(stream);

  for (size_t taken; length > 0; bytes += taken, length -= taken) {
    taken = size;
    if (stream->held_count == 0 && length >= size && is_good(stream, bytes) &&
        inner_begin(stream, bytes) == 0)
      take_packet(stream, bytes, sink);
    else
      taken = hold(stream, bytes, length, sink);
  }
}
