/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording's samples, read back in place. */
#include "store_private.h"

#include "store_load.h"

#include <stdlib.h>
#include <string.h>

/* Sampling instants that are read into memory at most: 7 h at 10 kHz, 2 GB a channel. An index
   beyond it is nonsense or needs a program that reads piece by piece. */
#define INSTANTS_MAX (UINT64_C(1) << 28)
/* Room for a recording that does not say how long it is, doubled as often as needed. */
enum { INSTANTS_USUAL = 4096 };

/* A trace while it grows. */
struct loader {
  struct stance_raw_trace trace;
  uint8_t *received; /* 1 where a frame came */
  size_t capacity;
  uint64_t frames_stored, flagged_corrupt;
  struct stance_block_codec *codec;
  const struct stance_block_content *block; /* the one that is open */
  double *scratch;                          /* its channels, where they cannot go to their place */
  size_t scratch_capacity;
};

static bool enlarge(void **array, size_t count, size_t element_size)
{
  void *larger = realloc(*array, count * element_size);
  if (larger == NULL)
    return false;
  *array = larger;
  return true;
}

/* Flags come into being with the first one: few recordings have any. Zero beyond the samples. */
static bool reserve_flags(struct stance_raw_trace *trace, size_t old_capacity, size_t capacity)
{
  uint32_t *larger = realloc(trace->flags, capacity * sizeof *larger);
  if (larger == NULL)
    return false;
  memset(larger + old_capacity, 0, (capacity - old_capacity) * sizeof *larger);
  trace->flags = larger;
  return true;
}

static bool reserve(struct loader *loader, size_t count)
{
  if (count <= loader->capacity)
    return true;
  size_t capacity = loader->capacity == 0 ? count : loader->capacity;
  while (capacity < count)
    capacity *= 2;
  struct stance_raw_trace *trace = &loader->trace;
  for (size_t k = 0; k < trace->channel_count; k++) {
    void *value = trace->value[k];
    if (!enlarge(&value, capacity, sizeof(double)))
      return false;
    trace->value[k] = value;
  }
  void *received = loader->received;
  if (!enlarge(&received, capacity, 1))
    return false;
  loader->received = received;
  if (trace->flags != NULL && !reserve_flags(trace, loader->capacity, capacity))
    return false;
  loader->capacity = capacity;
  return true;
}

/* New instants are lost ones until a frame comes. */
static enum stance_status extend(struct loader *loader, uint64_t count)
{
  struct stance_raw_trace *trace = &loader->trace;
  if (count <= trace->sample_count)
    return STANCE_OK;
  if (count > INSTANTS_MAX)
    return STANCE_INPUT;
  if (!reserve(loader, (size_t)count))
    return STANCE_MEMORY;
  for (size_t at = trace->sample_count; at < count; at++) {
    for (size_t k = 0; k < trace->channel_count; k++)
      trace->value[k][at] = (double)NAN;
    loader->received[at] = 0;
  }
  trace->sample_count = (size_t)count;
  return STANCE_OK;
}

/* The flags of `count` frames that came and stand from `at` on. */
static enum stance_status place_flags(struct loader *loader, size_t at, size_t count,
                                      uint32_t flags)
{
  if (flags == 0)
    return STANCE_OK;
  struct stance_raw_trace *trace = &loader->trace;
  if (trace->flags == NULL && !reserve_flags(trace, 0, loader->capacity))
    return STANCE_MEMORY;
  for (size_t k = 0; k < count; k++)
    trace->flags[at + k] = flags;
  trace->integrity.frames_late += (flags & STANCE_FRAME_LATE) != 0 ? count : 0;
  loader->flagged_corrupt += (flags & STANCE_FRAME_CORRUPT) != 0 ? count : 0;
  return STANCE_OK;
}

/* Frame `k` of the open block, whose channels are in the scratch. */
static enum stance_status place(struct loader *loader, uint64_t index, uint32_t flags, size_t k)
{
  struct stance_raw_trace *trace = &loader->trace;
  enum stance_status status = index < INSTANTS_MAX ? extend(loader, index + 1) : STANCE_INPUT;
  if (status != STANCE_OK)
    return status;
  size_t at = (size_t)index;
  if (loader->received[at]) { /* the first one stands */
    trace->integrity.frames_duplicated++;
    return STANCE_OK;
  }
  loader->received[at] = 1;
  trace->integrity.frames_received++;
  for (size_t channel = 0; channel < trace->channel_count; channel++)
    trace->value[channel][at] = loader->scratch[channel * loader->block->frame_count + k];
  return place_flags(loader, at, 1, flags);
}

/* Whether the frames follow each other without a hole and after all that came before: nearly every
   block does. */
static bool continues_trace(const struct loader *loader)
{
  const struct stance_block_run *run = loader->block->run;
  uint64_t first = run[0].first_index, end = first;
  if (first < loader->trace.sample_count || first > INSTANTS_MAX)
    return false;
  for (size_t k = 0; k < loader->block->run_count; k++) {
    if (run[k].first_index != end)
      return false;
    end += run[k].frame_count;
  }
  return end <= INSTANTS_MAX;
}

/* A block that does not decode is a gap as long as its row says; never a guess. */
static enum stance_status place_damaged(struct loader *loader, sqlite3_stmt *row)
{
  int64_t last_index = sqlite3_column_int64(row, 1), frame_count = sqlite3_column_int64(row, 2);
  if (frame_count > 0)
    loader->trace.integrity.frames_corrupt += (uint64_t)frame_count;
  return last_index >= 0 && (uint64_t)last_index < INSTANTS_MAX
             ? extend(loader, (uint64_t)last_index + 1)
             : STANCE_OK;
}

/* The same as `place` for each frame, without looking at each: the channels unpack into their
   place, which counts only when all of them have. */
static enum stance_status append(struct loader *loader, sqlite3_stmt *row)
{
  struct stance_raw_trace *trace = &loader->trace;
  const struct stance_block_content *block = loader->block;
  size_t at = (size_t)block->run[0].first_index, end = at + block->frame_count;
  enum stance_status status = extend(loader, at); /* lost before them, if any */
  if (status != STANCE_OK)
    return status;
  if (!reserve(loader, end))
    return STANCE_MEMORY;
  for (size_t channel = 0; channel < trace->channel_count; channel++)
    if (stance_block_read(loader->codec, channel, trace->value[channel] + at) != STANCE_OK)
      return place_damaged(loader, row);
  memset(loader->received + at, 1, block->frame_count);
  trace->integrity.frames_received += block->frame_count;
  trace->sample_count = end;
  for (size_t k = 0; status == STANCE_OK && k < block->run_count; k++) {
    status = place_flags(loader, at, block->run[k].frame_count, block->run[k].flags);
    at += block->run[k].frame_count;
  }
  return status;
}

static enum stance_status place_each(struct loader *loader, sqlite3_stmt *row)
{
  const struct stance_block_content *block = loader->block;
  size_t wanted = block->frame_count * block->channel_count;
  if (wanted > loader->scratch_capacity) {
    void *scratch = loader->scratch;
    if (!enlarge(&scratch, wanted, sizeof *loader->scratch))
      return STANCE_MEMORY;
    loader->scratch = scratch;
    loader->scratch_capacity = wanted;
  }
  for (size_t channel = 0; channel < block->channel_count; channel++)
    if (stance_block_read(loader->codec, channel, loader->scratch + channel * block->frame_count) !=
        STANCE_OK)
      return place_damaged(loader, row);
  enum stance_status status = STANCE_OK;
  for (size_t run = 0, k = 0; run < block->run_count; run++)
    for (size_t i = 0; status == STANCE_OK && i < block->run[run].frame_count; i++)
      status = place(loader, block->run[run].first_index + i, block->run[run].flags, k++);
  return status;
}

static enum stance_status place_block(struct loader *loader, sqlite3_stmt *row)
{
  int64_t frame_count = sqlite3_column_int64(row, 2);
  loader->frames_stored += frame_count > 0 ? (uint64_t)frame_count : 0;
  const void *bytes = sqlite3_column_blob(row, 0);
  size_t size = (size_t)sqlite3_column_bytes(row, 0);
  enum stance_status status =
      bytes == NULL ? STANCE_INPUT : stance_block_open(loader->codec, bytes, size, &loader->block);
  if (status == STANCE_INPUT ||
      (status == STANCE_OK && loader->block->channel_count != loader->trace.channel_count))
    return place_damaged(loader, row);
  if (status != STANCE_OK)
    return status;
  return continues_trace(loader) ? append(loader, row) : place_each(loader, row);
}

static enum stance_status read_blocks(const struct stance_store *store, const char *recording_id,
                                      size_t stream, struct loader *loader,
                                      struct stance_problem *problem)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT payload, last_index, frame_count FROM blocks"
                           " WHERE recording = ? AND stream = ? ORDER BY sequence",
                           "ti", recording_id, (int64_t)stream);
  if (code != SQLITE_OK)
    return store_fail(store, code, "read the recording", problem);
  enum stance_status status = STANCE_OK;
  while (status == STANCE_OK && (code = sqlite3_step(row)) == SQLITE_ROW)
    status = place_block(loader, row);
  if (status == STANCE_OK && code != SQLITE_DONE)
    status = store_fail(store, code, "read the recording", problem);
  else if (status == STANCE_INPUT)
    stance_problem_set(
        problem, status,
        "%s: recording %s has a frame beyond sampling instant %llu, more than can be "
        "read at once; it was left as it is",
        store->path, recording_id, (unsigned long long)INSTANTS_MAX);
  store_release(store, row);
  return status;
}

/* Runs of instants without a frame, first counted, then listed. */
static size_t list_gaps(const struct loader *loader, struct stance_span *ret_gaps)
{
  size_t gap_count = 0, total = loader->trace.sample_count;
  for (size_t at = 0; at < total;) {
    size_t first = at;
    while (at < total && !loader->received[at])
      at++;
    if (at > first) {
      if (ret_gaps != NULL)
        ret_gaps[gap_count] = (struct stance_span){first, at - first};
      gap_count++;
    } else {
      at++;
    }
  }
  return gap_count;
}

static enum stance_status close_trace(struct loader *loader, uint64_t source_corrupt)
{
  struct stance_raw_trace *trace = &loader->trace;
  bool whole = trace->integrity.frames_received == trace->sample_count;
  size_t gap_count = whole ? 0 : list_gaps(loader, NULL);
  if (gap_count > 0) {
    trace->gap = malloc(gap_count * sizeof *trace->gap);
    if (trace->gap == NULL)
      return STANCE_MEMORY;
    trace->gap_count = list_gaps(loader, trace->gap);
  }
  struct stance_integrity *integrity = &trace->integrity;
  for (size_t k = 0; k < trace->gap_count; k++)
    if (trace->gap[k].count > integrity->longest_gap_frames)
      integrity->longest_gap_frames = trace->gap[k].count;
  integrity->frames_expected = trace->sample_count;
  integrity->frames_lost = integrity->frames_expected - integrity->frames_received;
  /* The instrument counts its corrupt frames whether it delivered them flagged or not at all. */
  integrity->frames_corrupt +=
      source_corrupt > loader->flagged_corrupt ? source_corrupt : loader->flagged_corrupt;
  trace->time.longest_gap_s = (double)integrity->longest_gap_frames / trace->time.rate_hz;
  return STANCE_OK;
}

enum stance_status store_load_trace(const struct stance_store *store, struct stance_recording *info,
                                    size_t stream, const struct stance_source_health *counters,
                                    struct stance_raw_trace *ret_trace,
                                    struct stance_problem *problem)
{
  const struct stance_source_info *source = &info->stream[stream].source;
  struct loader loader = {.codec = store->codec};
  loader.trace.channel_count = source->channel_count;
  memcpy(loader.trace.channel, source->channel, sizeof loader.trace.channel);
  loader.trace.time = (struct stance_time_axis){.rate_hz = source->rate_hz,
                                                .rate_uncertainty_hz = (double)NAN,
                                                .nominal_rate_hz = source->rate_hz};
  enum stance_status status = STANCE_OK;
  /* Room for what there should be, at once; more or less of it may come. */
  size_t expected =
      counters->frames_produced <= INSTANTS_MAX ? (size_t)counters->frames_produced : 0;
  if (!reserve(&loader, expected > 0 ? expected : INSTANTS_USUAL))
    status = STANCE_MEMORY;
  if (status == STANCE_OK)
    status = read_blocks(store, info->id, stream, &loader, problem);
  if (status == STANCE_OK && counters->frames_produced <= INSTANTS_MAX)
    status = extend(&loader, counters->frames_produced);
  if (status == STANCE_OK)
    status = close_trace(&loader, counters->frames_corrupt);
  free(loader.received);
  free(loader.scratch);
  if (status == STANCE_MEMORY)
    stance_problem_set(problem, status, "%s: recording %s does not fit into memory", store->path,
                       info->id);
  if (status != STANCE_OK) {
    stance_raw_trace_finish(&loader.trace);
    return status;
  }
  info->stream[stream].frames_stored = loader.frames_stored;
  *ret_trace = loader.trace;
  return STANCE_OK;
}
