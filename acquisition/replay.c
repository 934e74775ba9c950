/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `replay:` in the registry: any CSV file that the station can read, as if it were measured now. */
#include "replay.h"

#include "driver.h"
#include "stance/csv.h"

#include <stddef.h>
#include <string.h>

struct replay_settings {
  double speed, rate_hz;
  const char *columns, *unit, *group, *trial, *side;
};

#define KEY(key, kind, value, of_unit, low, high, text, in)                          \
  {                                                                                  \
    .name = key, .type = STANCE_KEY_##kind, .default_value = value, .unit = of_unit, \
    .minimum = low, .maximum = high, .meaning = text,                                \
    .member = offsetof(struct replay_settings, in)                                   \
  }
static const struct stance_source_key replay_keys[] = {
    KEY("speed", NUMBER_OR_MAX, "1", "", 0.001, 1e6,
        "times the recording's own; max: as fast as the readers go, dropping nothing", speed),
    KEY("rate", NUMBER, "0", "Hz", 0, 1e6, "of a file without a time column; 0: none given",
        rate_hz),
    KEY("columns", TEXT, "", "", 0, 0, "left=Fz1,right=Fz2 or total=Fz1+Fz2 or total=#3", columns),
    KEY("unit", TEXT, "", "", 0, 0, "N mN kN kgf lbf V mV/V, overriding the header", unit),
    KEY("group", TEXT, "", "", 0, 0, "column whose value separates several trials", group),
    KEY("trial", TEXT, "", "", 0, 0, "value of that column: the trial to play", trial),
    KEY("side", TEXT, "", "", 0, 0, "left or right: side of a file that holds one force", side),
    {0},
};

static const char *given(const char *text)
{
  return text[0] == '\0' ? NULL : text;
}

/* The one trial, or the one that was named; NULL where neither is there. */
static struct stance_raw_trace *find_trial(struct stance_csv_file *file, const char *name)
{
  if (file->trial_count == 1 && name[0] == '\0')
    return &file->trial[0].trace;
  for (size_t k = 0; k < file->trial_count; k++)
    if (name[0] != '\0' && strcmp(file->trial[k].name, name) == 0)
      return &file->trial[k].trace;
  return NULL;
}

static enum stance_status refuse_trial(const struct stance_csv_file *file, const char *path,
                                       struct stance_problem *problem)
{
  char list[300] = "";
  size_t used = 0;

  for (size_t k = 0; k < file->trial_count && used < sizeof list; k++)
    used += (size_t)snprintf(list + used, sizeof list - used, " \"%s\"", file->trial[k].name);
  return stance_problem_set(problem, STANCE_USAGE,
                            "replay: %.150s holds %zu trials; choose one with trial=:%s", path,
                            file->trial_count, list);
}

/* As the store names its recordings: RFC 9562, 4. */
static bool is_recording(const char *path)
{
  static const size_t dash[] = {8, 13, 18, 23};
  if (strlen(path) != 36 || strspn(path, "0123456789abcdef-") != 36)
    return false;
  for (size_t k = 0; k < sizeof dash / sizeof *dash; k++)
    if (path[dash[k]] != '-')
      return false;
  return true;
}

enum stance_status stance_replay_request_read(const char *text,
                                              struct stance_replay_request *ret_request,
                                              struct stance_problem *problem)
{
  struct replay_settings settings;
  struct stance_uri uri;
  enum stance_status status = stance_uri_init(&uri, text, NULL);

  if (status != STANCE_OK || strcmp(uri.scheme, "replay") != 0 || !is_recording(uri.path))
    return STANCE_END; /* whoever opens it says what is wrong */
  for (size_t k = 0; k < uri.parameter_count; k++)
    if (strcmp(uri.parameter[k].key, "speed") != 0)
      return stance_problem_set(problem, STANCE_USAGE,
                                "replay: %.60s= is for files: a recording of the store knows its "
                                "rate, channels and sides; only speed= may be set",
                                uri.parameter[k].key);
  status = stance_uri_bind_defaults(replay_keys, &settings, problem);
  if (status == STANCE_OK)
    status = stance_uri_bind(&uri, replay_keys, &settings, problem);
  if (status != STANCE_OK)
    return status;
  snprintf(ret_request->recording, sizeof ret_request->recording, "%s", uri.path);
  ret_request->speed = settings.speed;
  return STANCE_OK;
}

static enum stance_status open_replay(const struct stance_uri *uri,
                                      const struct stance_clock *clock,
                                      struct stance_source_info *ret_info, void **ret_state,
                                      struct stance_problem *problem)
{
  struct replay_settings settings;
  struct stance_csv_file file;
  struct stance_raw_trace *trace;
  struct stance_replay *replay = NULL;
  enum stance_status status;

  status = stance_uri_bind_defaults(replay_keys, &settings, problem);
  if (status == STANCE_OK)
    status = stance_uri_bind(uri, replay_keys, &settings, problem);
  if (status != STANCE_OK)
    return status;
  if (uri->path[0] == '\0')
    return stance_problem_set(problem, STANCE_USAGE,
                              "replay: names no file; write replay:FILE, for example "
                              "replay:jump.csv?speed=max");
  if (is_recording(uri->path))
    return stance_problem_set(problem, STANCE_USAGE,
                              "replay: %.60s is a recording of the store: `stance run` plays it; "
                              "elsewhere export it first with stance export --raw",
                              uri->path);
  const struct stance_csv_options options = {.rate_hz = settings.rate_hz,
                                             .columns = given(settings.columns),
                                             .group = given(settings.group),
                                             .unit = given(settings.unit),
                                             .side = given(settings.side)};
  status = stance_csv_read(uri->path, &options, &file, problem);
  if (status != STANCE_OK)
    return status;
  trace = find_trial(&file, settings.trial);
  if (trace == NULL)
    status = refuse_trial(&file, uri->path, problem);
  else
    status = stance_replay_create(trace, settings.speed, clock, ret_info, &replay, problem);
  if (status == STANCE_OK)
    *ret_state = replay;
  stance_csv_file_finish(&file); /* the other trials */
  return status;
}

const struct stance_source_driver stance_replay_driver = {
    .kind = {.scheme = "replay",
             .summary = "a recording or CSV file, played back with its gaps in place",
             .example = "replay:FILE-or-recording-id?speed=max",
             .keys = replay_keys},
    .open = open_replay,
    .start = stance_replay_start,
    .stop = stance_replay_stop,
    .health = stance_replay_health,
    .take_mark = stance_replay_take_mark,
    .destroy = stance_replay_destroy,
};
