/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trials.h"

#include "stance/calibration.h"
#include "stance/protocol.h"
#include "store_block.h"

#include <stdlib.h>
#include <string.h>

enum { FRAMES = 20000, CHANNELS = 2, BLOCK_FRAMES = 250 };

void trials_csv_path(const char *folder, unsigned k, char ret_path[TRIAL_PATH_SIZE])
{
  snprintf(ret_path, TRIAL_PATH_SIZE, "%s/trial-%u.csv", folder, k);
}

void trials_store_path(const char *folder, char ret_path[TRIAL_PATH_SIZE])
{
  snprintf(ret_path, TRIAL_PATH_SIZE, "%s/store.db", folder);
}

/* The rig waits for room in the ring, so that all frames of a trial fit or none is lost. */
static enum stance_status simulate(unsigned seed, struct stance_source_info *ret_info,
                                   struct stance_raw_frame *ret_frames,
                                   struct stance_problem *problem)
{
  char uri[160];
  snprintf(uri, sizeof uri,
           "sim:nordic?seed=%u&speed=max&duration=20&repetitions=2&unloaded_s=1.5&get_on_s=1"
           "&limb_s=1.5&rest_s=1",
           seed);
  struct stance_source *source = NULL;
  struct stance_frame_ring *ring = NULL;
  enum stance_status status = stance_source_open(uri, NULL, &source, problem);
  if (status == STANCE_OK)
    status = stance_frame_ring_create(1 << 15, &ring);
  if (status == STANCE_OK)
    status = stance_source_start(source, &ring, 1, problem);
  for (size_t got = 0; status == STANCE_OK && got < FRAMES;)
    got += stance_frame_ring_read(ring, ret_frames + got, FRAMES - got);
  if (status == STANCE_OK)
    *ret_info = *stance_source_info(source);
  stance_source_destroy(source);
  stance_frame_ring_destroy(ring);
  return status;
}

/* One commit, as the recorder makes it: a block, and when its last frame arrived. */
static enum stance_status commit_block(struct stance_store *store,
                                       const struct stance_recording *recording,
                                       struct stance_block_codec *codec,
                                       const struct stance_raw_frame *frames, size_t first,
                                       struct stance_problem *problem)
{
  enum { NS_PER_FRAME = 1000000, LATE_NS_MAX = 1 << 20 };
  struct stance_block block;
  const size_t last = first + BLOCK_FRAMES - 1;
  /* Numerical Recipes' quick generator: a bus that is busy now and then. */
  const int64_t late_ns = ((uint32_t)last * 1664525 + 1013904223) % LATE_NS_MAX;
  const struct stance_stream_mark mark = {.mark = {last, (int64_t)last * NS_PER_FRAME + late_ns}};
  enum stance_status status = stance_block_make(codec, frames + first, BLOCK_FRAMES, CHANNELS, 0,
                                                first / BLOCK_FRAMES, &block);
  if (status != STANCE_OK)
    return status;
  status = stance_store_commit(
      store, recording->id,
      &(struct stance_commit){.blocks = &block, .block_count = 1, .marks = &mark, .mark_count = 1},
      problem);
  stance_block_finish(&block);
  return status;
}

static enum stance_status store_trial(struct stance_store *store,
                                      const struct stance_source_info *info,
                                      const char *protocol_text,
                                      const struct stance_raw_frame *frames,
                                      struct stance_problem *problem)
{
  static const struct stance_phase phases[] = {{STANCE_PHASE_UNLOADED, {100, 1300}},
                                               {STANCE_PHASE_LIMB, {2600, 1300}},
                                               {STANCE_PHASE_EFFORTS, {4000, 0}}};
  struct stance_recording recording = {.protocol_id = "nordic",
                                       .athlete = "bench",
                                       .body_mass_kg = 80,
                                       .lever_m = (double)NAN,
                                       .injured_side = STANCE_SIDE_NONE,
                                       .software = "bench",
                                       .stream = {{.source = *info, .side = STANCE_SIDE_NONE}},
                                       .stream_count = 1};
  recording.protocol_text = strdup(protocol_text);
  recording.stream[0].calibration_text = strdup(info->calibration);
  enum stance_status status =
      recording.protocol_text == NULL || recording.stream[0].calibration_text == NULL
          ? STANCE_MEMORY
          : stance_store_begin(store, &recording, problem);
  struct stance_block_codec *codec = NULL;
  if (status == STANCE_OK)
    status = stance_block_codec_create(&codec);
  for (size_t k = 0; status == STANCE_OK && k < FRAMES; k += BLOCK_FRAMES)
    status = commit_block(store, &recording, codec, frames, k, problem);
  for (size_t k = 0; status == STANCE_OK && k < sizeof phases / sizeof *phases; k++)
    status = stance_store_add_phase(store, recording.id, &phases[k], problem);
  const struct stance_source_health health = {.frames_produced = FRAMES, .ended = true};
  if (status == STANCE_OK)
    status = stance_store_finish_recording(store, recording.id, &health, 1, problem);
  stance_block_codec_destroy(codec);
  stance_recording_finish(&recording);
  return status;
}

static enum stance_status write_csv(const char *path, const struct stance_source_info *info,
                                    const struct stance_raw_frame *frames,
                                    struct stance_problem *problem)
{
  struct stance_calibration calibration;
  enum stance_status status =
      stance_calibration_import(info->serial, info->calibration, &calibration, problem);
  if (status != STANCE_OK)
    return status;
  FILE *file = fopen(path, "w");
  if (file == NULL)
    return stance_problem_set(problem, STANCE_STORE, "%s cannot be written", path);
  fprintf(file, "time,left,right\n");
  for (size_t k = 0; k < FRAMES; k++) {
    struct stance_force_frame force;
    stance_calibration_apply_frame(&calibration, &frames[k], &force);
    fprintf(file, "%.3f,%.3f,%.3f\n", (double)k / 1000, force.force_n[STANCE_LEFT],
            force.force_n[STANCE_RIGHT]);
  }
  return fclose(file) == 0 ? STANCE_OK
                           : stance_problem_set(problem, STANCE_STORE, "%s is not whole", path);
}

static const char *find_protocol_text(const char *wanted)
{
  const char *id, *text;
  for (size_t k = 0; (text = stance_protocol_builtin_text(k, &id)) != NULL; k++)
    if (strcmp(id, wanted) == 0)
      return text;
  abort();
}

enum stance_status trials_make(const char *folder, unsigned count, struct stance_problem *problem)
{
  char path[TRIAL_PATH_SIZE];
  struct stance_source_info info;
  struct stance_store *store = NULL;
  const char *protocol_text = find_protocol_text("nordic");
  struct stance_raw_frame *frames = malloc(FRAMES * sizeof *frames);
  trials_store_path(folder, path);
  enum stance_status status =
      frames == NULL ? STANCE_MEMORY : stance_store_open(path, STANCE_STORE_WRITE, &store, problem);
  for (unsigned k = 0; status == STANCE_OK && k < count; k++) {
    status = simulate(k + 1, &info, frames, problem);
    if (status == STANCE_OK)
      status = store_trial(store, &info, protocol_text, frames, problem);
    trials_csv_path(folder, k, path);
    if (status == STANCE_OK)
      status = write_csv(path, &info, frames, problem);
  }
  stance_store_close(store);
  free(frames);
  return status;
}

/* Temporary tables hold the originals, so that the script knows no column but the keys. Nothing is
   lost when this ends early but a benchmark: no synchronisation. */
char *trials_copy_sql(unsigned count, unsigned first, unsigned last)
{
  static const char begin[] =
      "PRAGMA synchronous = OFF;\n"
      "CREATE TEMP TABLE r AS SELECT * FROM main.recordings WHERE rowid <= %u;\n"
      "CREATE TEMP TABLE s AS SELECT * FROM main.streams WHERE recording IN (SELECT id FROM r);\n"
      "CREATE TEMP TABLE c AS SELECT * FROM main.channels WHERE recording IN (SELECT id FROM r);\n"
      "CREATE TEMP TABLE p AS SELECT * FROM main.phases WHERE recording IN (SELECT id FROM r);\n"
      "CREATE TEMP TABLE b AS SELECT b.* FROM r CROSS JOIN main.blocks b ON b.recording = r.id"
      " ORDER BY r.rowid, b.sequence;\n"
      "CREATE TEMP TABLE m AS SELECT * FROM main.marks WHERE recording IN (SELECT id FROM r);\n";
  static const char format[] =
      "BEGIN;\n"
      "UPDATE r SET id = printf('%%08x', %u) || substr(id, 9);\n"
      "UPDATE s SET recording = printf('%%08x', %u) || substr(recording, 9);\n"
      "UPDATE c SET recording = printf('%%08x', %u) || substr(recording, 9);\n"
      "UPDATE p SET recording = printf('%%08x', %u) || substr(recording, 9);\n"
      "UPDATE b SET recording = printf('%%08x', %u) || substr(recording, 9);\n"
      "UPDATE m SET recording = printf('%%08x', %u) || substr(recording, 9);\n"
      "INSERT INTO recordings SELECT * FROM r; INSERT INTO streams SELECT * FROM s;\n"
      "INSERT INTO channels SELECT * FROM c; INSERT INTO phases SELECT * FROM p;\n"
      "INSERT INTO blocks SELECT * FROM b; INSERT INTO marks SELECT * FROM m;\n"
      "COMMIT;\n";
  enum { DIGITS = 10 }; /* of an unsigned: each %u is shorter than its number by 8 at most */
  size_t size = sizeof begin + DIGITS + (last - first + 1) * (sizeof format + 6 * DIGITS), used;
  char *sql = malloc(size);
  if (sql == NULL)
    return NULL;
  used = (size_t)snprintf(sql, size, begin, count);
  for (unsigned n = first; n <= last; n++)
    used += (size_t)snprintf(sql + used, size - used, format, n, n, n, n, n, n);
  return sql;
}
