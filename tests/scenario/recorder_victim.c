/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records until it is killed, and tells afterwards whether what it had called committed is there.
     recorder_victim record STORE RATE_HZ CHANNELS BLOCK_MS [sync|forget]
     recorder_victim verify STORE FRAMES
   `record` prints `recording ID`, then the recorder's own `committed frames=N`, all on stderr.
   `verify` takes the newest recording. `forget` drops every sync, to prove that a test notices. */
#include "recorder.h"
#include "support/faulty_disk.h"
#include "support/store_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

static int complain(const struct stance_problem *problem)
{
  fprintf(stderr, "%s\n", problem->text);
  return 1;
}

/* Pushes what the rate asks for, for ever. */
static void feed(struct stance_frame_ring *ring, double rate_hz, size_t channel_count)
{
  const struct stance_clock *clock = &stance_clock_host;
  int64_t start_ns = clock->now_ns(clock->context);
  for (uint64_t index = 0;;) {
    int64_t now_ns = clock->now_ns(clock->context);
    uint64_t due = (uint64_t)((double)(now_ns - start_ns) / (double)NS_PER_S * rate_hz);
    for (; index < due; index++) {
      struct stance_raw_frame frame;
      store_fixture_frames(&frame, 1, index, channel_count);
      stance_frame_ring_push(ring, &frame);
    }
    clock->sleep_until_ns(clock->context, now_ns + NS_PER_S / 1000);
  }
}

static int record(char **arguments, int argument_count)
{
  double rate_hz = strtod(arguments[1], NULL);
  size_t channel_count = strtoul(arguments[2], NULL, 10);
  const struct stance_recorder_options options = {
      .log_commits = true, .block_ns = strtol(arguments[3], NULL, 10) * (NS_PER_S / 1000)};
  if (argument_count > 4 && strcmp(arguments[4], "forget") == 0)
    atomic_store(&faulty_disk_install()->forgets, true);

  struct stance_problem problem = {""};
  struct stance_store *store;
  if (stance_store_open(arguments[0], STANCE_STORE_WRITE, &store, &problem) != STANCE_OK)
    return complain(&problem);
  struct stance_recording recording = store_fixture_recording(channel_count, rate_hz);
  if (stance_store_begin(store, &recording, &problem) != STANCE_OK)
    return complain(&problem);
  struct stance_frame_ring *ring;
  struct stance_recorder *recorder;
  if (stance_frame_ring_create(STANCE_RECORDER_RING_CAPACITY, &ring) != STANCE_OK ||
      stance_recorder_start(store, &ring, &recording, &options, &recorder, &problem) != STANCE_OK)
    return complain(&problem);
  fprintf(stderr, "recording %s\n", recording.id);
  feed(ring, rate_hz, channel_count);
  return 0;
}

static bool is_bit_exact(const struct stance_raw_trace *trace)
{
  for (size_t k = 0; k < trace->sample_count; k++)
    for (size_t channel = 0; channel < trace->channel_count; channel++)
      if (trace->value[channel][k] != store_fixture_value(k, channel)) {
        fprintf(stderr, "frame %zu, channel %zu: %g instead of %g\n", k, channel,
                trace->value[channel][k], store_fixture_value(k, channel));
        return false;
      }
  return true;
}

static int verify(const char *path, unsigned long long committed)
{
  struct stance_problem problem = {""};
  struct stance_store *store;
  char(*ids)[STANCE_UUID_SIZE];
  size_t count;
  if (stance_store_open(path, STANCE_STORE_WRITE, &store, &problem) != STANCE_OK ||
      stance_store_check(store, &problem) != STANCE_OK ||
      stance_store_list(store, &ids, &count, &problem) != STANCE_OK)
    return complain(&problem);
  if (count == 0) {
    fprintf(stderr, "no recording, %llu frames expected\n", committed);
    return committed == 0 ? 0 : 1;
  }
  struct store_fixture_loaded loaded = {0};
  loaded.status = stance_store_load(store, ids[count - 1], &loaded.info, loaded.traces,
                                    &loaded.phases, &loaded.phase_count, &problem);
  loaded.trace = loaded.traces[0];
  bool holds = (loaded.status == STANCE_OK || (loaded.status == STANCE_END && committed == 0)) &&
               loaded.trace.sample_count >= committed && loaded.trace.gap_count == 0 &&
               *loaded.info.finished_at == '\0' && is_bit_exact(&loaded.trace);
  fprintf(stderr, "%s frames=%zu committed=%llu gaps=%zu recovered=%d %s\n",
          holds ? "verified" : "LOST", loaded.trace.sample_count, committed, loaded.trace.gap_count,
          stance_store_was_recovered(store), problem.text);
  for (size_t k = 0; k < loaded.trace.gap_count; k++)
    fprintf(stderr, "missing: %zu frames from %zu on\n", loaded.trace.gap[k].count,
            loaded.trace.gap[k].first);
  store_fixture_release(&loaded);
  free(ids);
  stance_store_close(store);
  return holds ? 0 : 1;
}

int main(int argument_count, char **arguments)
{
  if (argument_count >= 6 && strcmp(arguments[1], "record") == 0)
    return record(arguments + 2, argument_count - 2);
  if (argument_count == 4 && strcmp(arguments[1], "verify") == 0)
    return verify(arguments[2], strtoull(arguments[3], NULL, 10));
  fprintf(stderr, "see the head of recorder_victim.c\n");
  return 2;
}
