/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "MODEL SERIAL", or both of a rig of two. */
static void name_instruments(const struct stance_recording *info, char *ret_name, size_t size)
{
  size_t used = 0;
  ret_name[0] = '\0';
  for (size_t k = 0; k < info->stream_count && used + 3 < size; k++) {
    if (k > 0)
      used += (size_t)snprintf(ret_name + used, size - used, " + ");
    stance_pipeline_instrument(&info->stream[k].source, ret_name + used, size - used);
    used = strlen(ret_name);
  }
}

/* Of each instrument that says one. */
static void name_firmware(const struct stance_recording *info, char *ret_name, size_t size)
{
  size_t used = 0;
  ret_name[0] = '\0';
  for (size_t k = 0; k < info->stream_count && used < size; k++)
    if (info->stream[k].source.firmware[0] != '\0')
      used += (size_t)snprintf(ret_name + used, size - used, "%s%s", used > 0 ? " + " : "",
                               info->stream[k].source.firmware);
}

static void copy_subject(struct stance_trial *trial, const struct stance_recording *info)
{
  memcpy(trial->session, info->session, sizeof trial->session);
  if (trial->athlete[0] == '\0')
    snprintf(trial->athlete, sizeof trial->athlete, "%s", info->athlete);
  snprintf(trial->operator_name, sizeof trial->operator_name, "%s", info->operator_name);
  snprintf(trial->started_at, sizeof trial->started_at, "%s", info->started_at);
  trial->utc_offset_min = info->utc_offset_min;
  name_instruments(info, trial->instrument, sizeof trial->instrument);
  name_firmware(info, trial->firmware, sizeof trial->firmware);
  snprintf(trial->digest, sizeof trial->digest, "%s", info->digest);
  if (isnan(trial->body_mass_kg))
    trial->body_mass_kg = info->body_mass_kg;
  if (isnan(trial->lever_m))
    trial->lever_m = info->lever_m;
  if (trial->injured_side == STANCE_SIDE_NONE)
    trial->injured_side = info->injured_side;
}

static enum stance_status choose_protocol(struct stance_trial *trial,
                                          const struct stance_recording *info,
                                          const struct stance_trial_options *options,
                                          struct stance_problem *problem)
{
  if (options->protocol != NULL) {
    if (strcmp(options->protocol->id, info->protocol_id) != 0)
      stance_trial_note(trial, "recorded as %s, analysed as %s", info->protocol_id,
                        options->protocol->id);
    return stance_trial_file_protocol(trial, options, problem);
  }
  if (info->protocol_text == NULL || info->protocol_text[0] == '\0')
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s: the recording names no protocol; choose one with --protocol",
                              info->id);
  return stance_protocol_parse(info->protocol_id, info->protocol_text, &trial->protocol, problem);
}

static enum stance_status build(struct stance_trial *trial, const struct stance_recording *info,
                                struct stance_raw_trace *traces,
                                const struct stance_trial_options *options,
                                struct stance_problem *problem)
{
  copy_subject(trial, info);
  trial->truncated = info->finished_at[0] == '\0';
  trial->recording = strdup(info->id);
  if (trial->recording == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", info->id);
  enum stance_status status = choose_protocol(trial, info, options, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_trial_take_streams(trial, info, traces, problem);
  if (status != STANCE_OK)
    return status;
  stance_trial_know_calibration(trial, options);
  if (trial->side_order_count == 0 && info->side_order[0] != '\0') {
    status = stance_trial_side_order(info->side_order, trial->side_order, &trial->side_order_count,
                                     problem);
    if (status != STANCE_OK)
      return status;
  }
  stance_trial_note_raw(trial);
  return STANCE_OK;
}

enum stance_status stance_trial_load_stored(struct stance_store *store, const char *recording_id,
                                            const struct stance_trial_options *options,
                                            struct stance_trial *ret_trial,
                                            struct stance_problem *problem)
{
  struct stance_trial trial;
  struct stance_recording info = {0};
  struct stance_raw_trace raw[STANCE_STREAM_MAX] = {0};
  stance_trial_init(&trial, options);
  enum stance_status status =
      stance_store_load(store, recording_id, &info, raw, &trial.phase, &trial.phase_count, problem);
  if (status == STANCE_OK)
    status = stance_trial_take_notes(&trial, store, info.id, problem);
  if (status == STANCE_OK)
    status = build(&trial, &info, raw, options, problem);
  if (status == STANCE_OK)
    status = stance_trial_take_cues(&trial, store, info.id, problem);
  if (status == STANCE_OK)
    status = stance_trial_verify(&trial, store, &info, problem);
  else if (status == STANCE_END)
    status = STANCE_INPUT; /* nothing was committed: there is nothing to analyse */
  stance_recording_finish(&info);
  for (size_t k = 0; k < STANCE_STREAM_MAX; k++)
    stance_raw_trace_finish(&raw[k]);
  if (status == STANCE_OK)
    *ret_trial = trial;
  else
    stance_trial_finish(&trial);
  return status;
}
