/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/store_fixture.h"

#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int store_fixture_setup(void **state)
{
  struct store_fixture *fixture = calloc(1, sizeof *fixture);
  snprintf(fixture->folder, sizeof fixture->folder, "/tmp/stance-store-XXXXXX");
  if (mkdtemp(fixture->folder) == NULL)
    return -1;
  snprintf(fixture->path, sizeof fixture->path, "%s/store.db", fixture->folder);
  *state = fixture;
  return 0;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
  (void)status;
  (void)kind;
  (void)walk;
  return remove(path);
}

int store_fixture_teardown(void **state)
{
  struct store_fixture *fixture = *state;
  nftw(fixture->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  free(fixture);
  return 0;
}

struct stance_store *store_fixture_open(const struct store_fixture *fixture)
{
  struct stance_store *store = NULL;
  struct stance_problem problem = {""};
  if (stance_store_open(fixture->path, STANCE_STORE_WRITE, &store, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  return store;
}

struct stance_recording store_fixture_recording(size_t channel_count, double rate_hz)
{
  struct stance_recording recording = {
      .athlete = "A-17",
      .operator_name = "kim",
      .utc_offset_min = 60,
      .protocol_id = "nordic",
      .body_mass_kg = (double)NAN,
      .lever_m = (double)NAN,
      .injured_side = STANCE_SIDE_NONE,
      .software = "test",
      .stream = {{.source = {.uri = "sim:nordic?seed=1",
                             .model = "fixture",
                             .serial = "1",
                             .rate_hz = rate_hz,
                             .channel_count = channel_count},
                  .side = STANCE_SIDE_NONE}},
      .stream_count = 1,
  };
  for (size_t k = 0; k < channel_count; k++) {
    struct stance_channel *channel = &recording.stream[0].source.channel[k];
    snprintf(channel->name, sizeof channel->name, "%s", k == 0 ? "left" : "right");
    snprintf(channel->unit, sizeof channel->unit, "counts");
    channel->side = k == 0 ? STANCE_LEFT : STANCE_RIGHT;
    channel->minimum = -(double)INFINITY;
    channel->maximum = 8388607;
  }
  return recording;
}

void store_fixture_begin(struct stance_store *store, struct stance_recording *recording)
{
  struct stance_problem problem = {""};
  if (stance_store_begin(store, recording, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
}

/* splitmix64's finaliser (Steele, Lea and Flood 2014): every bit depends on every bit. */
static uint64_t mix(uint64_t x)
{
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

double store_fixture_value(uint64_t index, size_t channel)
{
  return (double)(mix(index * STANCE_CHANNEL_COUNT_MAX + channel + 1) >> 44); /* 20 bits */
}

void store_fixture_frames(struct stance_raw_frame *ret_frames, size_t count, uint64_t first_index,
                          size_t channel_count)
{
  for (size_t k = 0; k < count; k++) {
    ret_frames[k] = (struct stance_raw_frame){.index = first_index + k};
    for (size_t channel = 0; channel < channel_count; channel++)
      ret_frames[k].value[channel] = store_fixture_value(first_index + k, channel);
  }
}

struct store_fixture_loaded store_fixture_load(const struct store_fixture *fixture,
                                               const char *recording_id)
{
  struct store_fixture_loaded loaded = {0};
  struct stance_store *store = NULL;
  loaded.status = stance_store_open(fixture->path, STANCE_STORE_READ, &store, &loaded.problem);
  if (loaded.status != STANCE_OK)
    fail_msg("%s", loaded.problem.text);
  loaded.status = stance_store_load(store, recording_id, &loaded.info, loaded.traces,
                                    &loaded.phases, &loaded.phase_count, &loaded.problem);
  if (loaded.status != STANCE_OK && loaded.status != STANCE_END)
    fail_msg("%s", loaded.problem.text);
  loaded.trace = loaded.traces[0];
  stance_store_close(store);
  return loaded;
}

void store_fixture_release(struct store_fixture_loaded *loaded)
{
  stance_recording_finish(&loaded->info);
  for (size_t k = 0; k < STANCE_STREAM_MAX; k++)
    stance_raw_trace_finish(&loaded->traces[k]);
  free(loaded->phases);
}
