/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reading.h"

#include "stance/conditioning.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

/* A second of the fastest instrument; taken from it every 5 ms. */
enum { RING_CAPACITY = 1 << 17, FRAMES_AT_ONCE = 256, WAIT_NS = 5000000 };

/* Sums about the first value: a small spread on a large offset survives. */
enum { PARTS = 10 };
struct sums {
  double first, sum, square_sum;
  uint64_t count, spoilt;
  uint64_t expected; /* samples of the stretch */
  double part_sum[PARTS];
  uint64_t part_count[PARTS];
};

/* In the unit that a profile is for: counts become volts where the instrument says how; whether
   they stand at the end of the range is told by the counts. */
static void add(struct sums *sums, const struct stance_raw_frame *frame,
                const struct stance_source_info *info, size_t channel)
{
  const struct stance_channel *about = &info->channel[channel];
  const double counts = frame->value[channel];
  struct stance_raw_frame converted;
  stance_conditioning_frame(info->channel, info->channel_count, frame, &converted);
  const double value = converted.value[channel];
  const uint32_t spoilt = STANCE_FRAME_CORRUPT | STANCE_FRAME_SATURATED(channel);
  if (!isfinite(counts) || counts <= about->minimum || counts >= about->maximum ||
      (frame->flags & spoilt) != 0) {
    sums->spoilt++;
    return;
  }
  if (sums->count == 0)
    sums->first = value;
  sums->sum += value - sums->first;
  sums->square_sum += (value - sums->first) * (value - sums->first);
  const uint64_t part = sums->count * PARTS / (sums->expected > 0 ? sums->expected : 1);
  if (part < PARTS) {
    sums->part_sum[part] += value - sums->first;
    sums->part_count[part]++;
  }
  sums->count++;
}

/* 0 for a stretch that is too short to tell. */
static double moved_of(const struct sums *sums)
{
  double lowest = (double)INFINITY, highest = -(double)INFINITY;
  for (size_t k = 0; k < PARTS; k++) {
    if (sums->part_count[k] < 2)
      return 0;
    const double mean = sums->part_sum[k] / (double)sums->part_count[k];
    lowest = fmin(lowest, mean);
    highest = fmax(highest, mean);
  }
  return highest - lowest;
}

static enum stance_status conclude(const struct sums *sums, double from_s, double to_s,
                                   struct stance_reading *ret_reading,
                                   struct stance_problem *problem)
{
  const double n = (double)sums->count;
  const uint64_t expected = sums->expected;
  if (sums->spoilt > 0 || sums->count < expected)
    return stance_problem_set(problem, STANCE_INPUT,
                              "from %.3f s to %.3f s %llu samples are lost, %llu are corrupt or at "
                              "the end of the range: check cable, load and range, and read again",
                              from_s, to_s,
                              (unsigned long long)(expected - sums->count - sums->spoilt),
                              (unsigned long long)sums->spoilt);
  if (sums->count < 2)
    return stance_problem_set(problem, STANCE_INPUT,
                              "from %.3f s to %.3f s there are %llu samples: read for longer",
                              from_s, to_s, (unsigned long long)sums->count);
  *ret_reading = (struct stance_reading){
      .mean_raw = sums->first + sums->sum / n,
      .sd_raw = sqrt(fmax(0.0, (sums->square_sum - sums->sum * sums->sum / n) / (n - 1))),
      .moved_raw = moved_of(sums),
      .sample_count = sums->count,
  };
  return STANCE_OK;
}

struct stance_live_reader {
  struct stance_source *source; /* borrowed */
  struct stance_frame_ring *ring;
  uint64_t next_index; /* after the last frame that was looked at */
  size_t held, used;   /* frames read from the ring and not yet looked at */
  struct stance_raw_frame frame[FRAMES_AT_ONCE];
};

enum stance_status stance_live_reader_create(struct stance_source *source,
                                             struct stance_live_reader **ret_live,
                                             struct stance_problem *problem)
{
  struct stance_live_reader *live = calloc(1, sizeof *live);
  enum stance_status status = STANCE_MEMORY;
  if (live != NULL)
    status = stance_frame_ring_create(RING_CAPACITY, &live->ring);
  if (status != STANCE_OK) {
    free(live);
    return stance_problem_set(problem, status, "out of memory for the readings");
  }
  status = stance_source_start(source, &live->ring, 1, problem);
  if (status != STANCE_OK) {
    stance_frame_ring_destroy(live->ring);
    free(live);
    return status;
  }
  live->source = source;
  *ret_live = live;
  return STANCE_OK;
}

void stance_live_reader_destroy(struct stance_live_reader *live)
{
  if (live == NULL)
    return;
  stance_source_stop(live->source);
  stance_frame_ring_destroy(live->ring);
  free(live);
}

/* The next frame, waited for; STANCE_END where there is none. */
static enum stance_status next_frame(struct stance_live_reader *live,
                                     const struct stance_raw_frame **ret_frame,
                                     struct stance_problem *problem)
{
  while (live->used == live->held) {
    struct stance_source_health health;
    stance_source_health(live->source, &health); /* before the ring: what came last is in it */
    live->used = 0;
    live->held = stance_frame_ring_read(live->ring, live->frame, FRAMES_AT_ONCE);
    if (live->held > 0)
      break;
    if (health.failed)
      return stance_problem_set(problem, STANCE_INSTRUMENT, "%s", health.problem.text);
    if (health.ended)
      return STANCE_END;
    nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
  }
  *ret_frame = &live->frame[live->used++];
  live->next_index = (*ret_frame)->index + 1;
  return STANCE_OK;
}

/* What came while nobody looked is not the load that stands there now. */
static void discard(struct stance_live_reader *live)
{
  do {
    if (live->held > 0)
      live->next_index = live->frame[live->held - 1].index + 1;
    live->held = stance_frame_ring_read(live->ring, live->frame, FRAMES_AT_ONCE);
  } while (live->held > 0);
  live->used = 0;
}

enum stance_status stance_live_reader_take(struct stance_live_reader *live, size_t channel,
                                           double seconds, struct stance_reading *ret_reading,
                                           struct stance_problem *problem)
{
  const struct stance_source_info *info = stance_source_info(live->source);
  const uint64_t wanted = (uint64_t)llround(seconds * info->rate_hz);
  const struct stance_raw_frame *frame;
  struct sums sums = {.expected = wanted};

  /* A source that waits for room cannot run ahead: everything in its ring is still to come. */
  if (!info->elastic)
    discard(live);
  enum stance_status status = next_frame(live, &frame, problem);
  const uint64_t first = status == STANCE_OK ? frame->index : live->next_index;
  while (status == STANCE_OK && frame->index < first + wanted) {
    add(&sums, frame, info, channel);
    if (frame->index + 1 >= first + wanted)
      break;
    status = next_frame(live, &frame, problem);
  }
  if (status == STANCE_END)
    stance_problem_write(problem, "the recording ended before the reading was complete");
  if (status != STANCE_OK)
    return status;
  return conclude(&sums, (double)first / info->rate_hz, (double)(first + wanted) / info->rate_hz,
                  ret_reading, problem);
}

/* Whether a channel that matters is damaged or at the end of its range. */
static bool is_spoilt(const struct stance_source_info *info, const struct stance_raw_frame *frame,
                      unsigned used)
{
  bool spoilt = (frame->flags & STANCE_FRAME_CORRUPT) != 0;
  for (size_t c = 0; c < info->channel_count; c++) {
    const double value = frame->value[c];
    if ((used & 1u << c) != 0)
      spoilt = spoilt || !isfinite(value) || value <= info->channel[c].minimum ||
               value >= info->channel[c].maximum || (frame->flags & STANCE_FRAME_SATURATED(c)) != 0;
  }
  return spoilt;
}

enum stance_status stance_live_reader_frames(struct stance_live_reader *live, uint64_t first,
                                             size_t count, unsigned used,
                                             struct stance_raw_frame *ret_frames,
                                             struct stance_problem *problem)
{
  const struct stance_source_info *info = stance_source_info(live->source);
  const struct stance_raw_frame *frame = NULL;
  size_t taken = 0, spoilt = 0;
  if (first == STANCE_READ_NOW && !info->elastic)
    discard(live);
  if (first < live->next_index)
    return stance_problem_set(problem, STANCE_INPUT,
                              "the stretch from %.3f s on was read already: stretches follow each "
                              "other and do not overlap",
                              (double)first / info->rate_hz);
  enum stance_status status = STANCE_OK;
  while (status == STANCE_OK && taken < count) {
    status = next_frame(live, &frame, problem);
    if (status == STANCE_OK && first == STANCE_READ_NOW)
      first = frame->index;
    if (status != STANCE_OK || frame->index < first)
      continue;
    if (frame->index >= first + count)
      break;
    spoilt += is_spoilt(info, frame, used) ? 1 : 0;
    stance_conditioning_frame(info->channel, info->channel_count, frame, &ret_frames[taken++]);
    if (frame->index + 1 == first + count)
      break;
  }
  if (status == STANCE_END)
    return stance_problem_set(problem, STANCE_INPUT,
                              "the recording ended at %.3f s, before the reading was complete",
                              (double)live->next_index / info->rate_hz);
  if (status != STANCE_OK)
    return status;
  if (taken < count || spoilt > 0)
    return stance_problem_set(problem, STANCE_INPUT,
                              "from %.3f s on %zu of %zu samples are lost, %zu are corrupt or at "
                              "the end of the range: check cable, load and range, and read again",
                              (double)first / info->rate_hz, count - taken, count, spoilt);
  return STANCE_OK;
}

/* Frames [first, last) of a stretch. */
static uint64_t first_of(const struct stance_point_row *row, double rate_hz)
{
  return (uint64_t)llround(row->from_s * rate_hz);
}

static uint64_t last_of(const struct stance_point_row *row, double rate_hz)
{
  return (uint64_t)llround(row->to_s * rate_hz);
}

static enum stance_status read_all(struct stance_live_reader *live, size_t channel,
                                   const struct stance_point_row *rows, size_t count,
                                   struct sums *sums, struct stance_problem *problem)
{
  const struct stance_source_info *info = stance_source_info(live->source);
  const struct stance_raw_frame *frame;
  uint64_t end = 0;
  for (size_t k = 0; k < count; k++)
    end = last_of(&rows[k], info->rate_hz) > end ? last_of(&rows[k], info->rate_hz) : end;
  enum stance_status status = STANCE_OK;
  while (live->next_index < end && (status = next_frame(live, &frame, problem)) == STANCE_OK)
    for (size_t k = 0; k < count; k++)
      if (frame->index >= first_of(&rows[k], info->rate_hz) &&
          frame->index < last_of(&rows[k], info->rate_hz))
        add(&sums[k], frame, info, channel);
  if (status == STANCE_END)
    return stance_problem_set(
        problem, STANCE_INPUT, "the recording ends at %.3f s, and the points go on to %.3f s",
        (double)live->next_index / info->rate_hz, (double)end / info->rate_hz);
  return status;
}

enum stance_status stance_reading_rows(struct stance_source *source, size_t channel,
                                       struct stance_point_row *rows, size_t count,
                                       struct stance_reading *ret_readings,
                                       struct stance_problem *problem)
{
  const double rate_hz = stance_source_info(source)->rate_hz;
  struct stance_live_reader *live = NULL;
  struct sums *sums = calloc(count + 1, sizeof *sums);
  if (sums == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory for the readings");
  for (size_t k = 0; k < count; k++)
    sums[k].expected = last_of(&rows[k], rate_hz) - first_of(&rows[k], rate_hz);
  enum stance_status status = stance_live_reader_create(source, &live, problem);
  if (status == STANCE_OK)
    status = read_all(live, channel, rows, count, sums, problem);
  stance_live_reader_destroy(live);
  for (size_t k = 0; k < count && status == STANCE_OK; k++) {
    status = conclude(&sums[k], rows[k].from_s, rows[k].to_s, &ret_readings[k], problem);
    if (status == STANCE_OK)
      rows[k].point.raw = ret_readings[k].mean_raw;
  }
  free(sums);
  return status;
}
