/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial_private.h"

#include "digest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum stance_status name_trial(struct stance_trial *trial, const char *path,
                                     const char *group, struct stance_problem *problem)
{
  char *name = NULL;
  int length =
      group[0] == '\0' ? asprintf(&name, "%s", path) : asprintf(&name, "%s#%s", path, group);
  if (length < 0)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", path);
  trial->recording = name;
  return STANCE_OK;
}

/* Takes the raw trace out of `from`. */
static enum stance_status build_trial(struct stance_trial *trial, const char *path,
                                      struct stance_csv_trial *from, bool unit_assumed,
                                      const struct stance_trial_options *options,
                                      struct stance_problem *problem)
{
  stance_trial_init(trial, options);
  trial->raw = from->trace;
  from->trace = (struct stance_raw_trace){0};
  enum stance_status status = name_trial(trial, path, from->name, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_trial_file_protocol(trial, options, problem);
  if (status != STANCE_OK)
    return status;
  struct stance_problem what = {""};
  status = stance_calibration_for_units(trial->raw.channel, trial->raw.channel_count,
                                        options->scale, &trial->calibration, &what);
  if (status != STANCE_OK)
    return stance_problem_set(problem, status, "%s: %s", trial->recording, what.text);
  stance_trial_know_calibration(trial, options);
  if (unit_assumed) {
    trial->flags |= STANCE_REASON_BIT(STANCE_REASON_UNIT_ASSUMED);
    stance_trial_note(trial, "unit N assumed");
  }
  stance_trial_note_raw(trial);
  return STANCE_OK;
}

/* Of a regular file: what came through a pipe cannot be read again. */
static enum stance_status note_digest(const char *path, struct stance_trial *trials, size_t count,
                                      struct stance_problem *problem)
{
  char hex[STANCE_DIGEST_HEX_SIZE];
  struct stat file;
  if (count == 0 || stat(path, &file) != 0 || !S_ISREG(file.st_mode))
    return STANCE_OK;
  enum stance_status status = stance_digest_file(path, hex, problem);
  for (size_t k = 0; k < count && status == STANCE_OK; k++)
    snprintf(trials[k].digest, sizeof trials[k].digest, "sha256:%s", hex);
  return status;
}

enum stance_status stance_trial_load_file(const char *path,
                                          const struct stance_trial_options *options,
                                          struct stance_trial **ret_trials, size_t *ret_count,
                                          struct stance_problem *problem)
{
  struct stance_csv_file file = {0};
  enum stance_status status = stance_csv_read(path, &options->csv, &file, problem);
  if (status != STANCE_OK)
    return status;
  size_t count = file.trial_count;
  struct stance_trial *trials = calloc(count + 1, sizeof *trials);
  if (trials == NULL)
    status = stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", path);
  for (size_t k = 0; k < count && status == STANCE_OK; k++)
    status = build_trial(&trials[k], path, &file.trial[k], file.unit_assumed, options, problem);
  stance_csv_file_finish(&file);
  if (status == STANCE_OK)
    status = note_digest(path, trials, count, problem);
  if (status != STANCE_OK) {
    stance_trials_free(trials, trials == NULL ? 0 : count);
    return status;
  }
  *ret_trials = trials;
  *ret_count = count;
  return STANCE_OK;
}
