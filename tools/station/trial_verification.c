/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the checks of its instruments make of a stored recording: those that were in force when it
   was recorded, so that it can be recomputed the same at any later time. */
#include "trial_private.h"

#include <string.h>

/* Id of the profile that the stream was recorded with; "" where it has none. */
static enum stance_status profile_of(const struct stance_recording *info, size_t stream,
                                     char ret_id[64], struct stance_problem *problem)
{
  struct stance_calibration calibration;
  const char *text = info->stream[stream].calibration_text;
  ret_id[0] = '\0';
  if (text == NULL || text[0] == '\0')
    return STANCE_OK;
  enum stance_status status = stance_calibration_import(info->id, text, &calibration, problem);
  if (status == STANCE_OK)
    memcpy(ret_id, calibration.id, sizeof calibration.id);
  return status;
}

static void add_ids(struct stance_text *ids, const struct stance_verification_in_force *checks,
                    size_t count)
{
  for (size_t k = 0; k < count; k++)
    if (ids->bytes == NULL || strstr(ids->bytes, checks[k].id) == NULL)
      stance_text_format(ids, "%s%s", ids->length > 0 ? "+" : "", checks[k].id);
}

static enum stance_status verify_stream(struct stance_trial *trial, struct stance_store *store,
                                        const struct stance_recording *info, size_t stream,
                                        struct stance_problem *problem)
{
  enum { ROOM = STANCE_CHECK_KIND_COUNT * STANCE_SIDE_COUNT };
  struct stance_verification_in_force check[ROOM];
  char instrument[136], profile[64];
  size_t count = 0;
  stance_pipeline_instrument(&info->stream[stream].source, instrument, sizeof instrument);
  enum stance_status status = stance_store_verifications_in_force(
      store, instrument, info->started_at, check, ROOM, &count, problem);
  if (status == STANCE_OK)
    status = profile_of(info, stream, profile, problem);
  if (status != STANCE_OK)
    return status;
  if (count == 0)
    stance_trial_note(trial, "%s was never checked (stance verify)", instrument);
  add_ids(&trial->verification, check, count);
  trial->verification_flags |= stance_verification_doubts(check, count, info->started_at, profile);
  return STANCE_OK;
}

enum stance_status stance_trial_verify(struct stance_trial *trial, struct stance_store *store,
                                       const struct stance_recording *info,
                                       struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  for (size_t k = 0; k < info->stream_count && status == STANCE_OK; k++)
    status = verify_stream(trial, store, info, k, problem);
  if (status == STANCE_OK && trial->verification.failed)
    status = stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", info->id);
  return status;
}
