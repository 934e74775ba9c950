/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial_private.h"

#include "protocol_find.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN __builtin_nan("")

const struct stance_trial_options stance_trial_options_default = {
    .body_mass_kg = UNKNOWN,
    .lever_m = UNKNOWN,
    .from_s = UNKNOWN,
    .to_s = UNKNOWN,
    .injured_side = STANCE_SIDE_NONE,
    .uncertainty = STANCE_UNCERTAINTY_FULL,
};

enum stance_status stance_trial_side_order(const char *text, enum stance_side *ret_order,
                                           size_t *ret_count, struct stance_problem *problem)
{
  enum stance_side order[STANCE_SIDE_ORDER_MAX];
  size_t count = 0;
  for (const char *at = text;; at++) {
    size_t length = strcspn(at, ",");
    bool left = length == 4 && strncmp(at, "left", length) == 0;
    if ((!left && !(length == 5 && strncmp(at, "right", length) == 0)) ||
        count == STANCE_SIDE_ORDER_MAX)
      return stance_problem_set(problem, STANCE_USAGE,
                                "side order '%.60s': expected left and right separated by commas, "
                                "at most %d of them, as in left,right",
                                text, STANCE_SIDE_ORDER_MAX);
    order[count++] = left ? STANCE_LEFT : STANCE_RIGHT;
    at += length;
    if (*at == '\0')
      break;
  }
  memcpy(ret_order, order, count * sizeof *order);
  *ret_count = count;
  return STANCE_OK;
}

void stance_trial_finish(struct stance_trial *trial)
{
  if (trial == NULL)
    return;
  stance_raw_trace_finish(&trial->raw);
  free(trial->phase);
  free(trial->attempt);
  free(trial->go);
  free(trial->recording);
  stance_text_finish(&trial->verification);
  stance_text_finish(&trial->notes);
  *trial = (struct stance_trial){0};
}

void stance_trials_free(struct stance_trial *trials, size_t count)
{
  for (size_t k = 0; k < count; k++)
    stance_trial_finish(&trials[k]);
  free(trials);
}

void stance_trial_init(struct stance_trial *trial, const struct stance_trial_options *options)
{
  *trial = (struct stance_trial){
      .body_mass_kg = options->body_mass_kg,
      .lever_m = options->lever_m,
      .injured_side = options->injured_side,
      .side_order_count = options->side_order_count,
      .pain_max = {(double)NAN, (double)NAN},
  };
  memcpy(trial->side_order, options->side_order, sizeof trial->side_order);
  if (options->athlete != NULL)
    snprintf(trial->athlete, sizeof trial->athlete, "%s", options->athlete);
}

void stance_trial_note(struct stance_trial *trial, const char *format, ...)
{
  char note[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(note, sizeof note, format, arguments);
  va_end(arguments);
  if (trial->notes.length > 0)
    stance_text_string(&trial->notes, "; ");
  stance_text_string(&trial->notes, note);
}

void stance_trial_know_calibration(struct stance_trial *trial,
                                   const struct stance_trial_options *options)
{
  double *known_pct = &trial->calibration.standard_uncertainty_pct;
  if (*known_pct > 0 || !(options->calibration_uncertainty_pct > 0))
    return;
  *known_pct = options->calibration_uncertainty_pct;
  stance_trial_note(trial, "calibration taken to be known to %g %% (k = 2)", *known_pct);
}

/* Uncertainty and jitter where they reach what a window of 50 ms could notice: half a millihertz in
   1 kHz, a microsecond. */
static void note_rate(struct stance_trial *trial, const struct stance_time_axis *time)
{
  char uncertainty[48] = "", jitter[48] = "";
  if (time->rate_uncertainty_hz >= 0.0005)
    snprintf(uncertainty, sizeof uncertainty, " +- %.2g", time->rate_uncertainty_hz);
  if (time->jitter_s >= 1e-6)
    snprintf(jitter, sizeof jitter, ", jitter %.3g ms", 1e3 * time->jitter_s);
  stance_trial_note(trial, "rate measured %.6g Hz%s%s", time->rate_hz, uncertainty, jitter);
}

void stance_trial_note_raw(struct stance_trial *trial)
{
  const struct stance_time_axis *time = &trial->raw.time;
  const struct stance_integrity *integrity = &trial->raw.integrity;
  if (time->stamped || time->rate_uncertainty_hz > 0)
    note_rate(trial, time);
  if (time->irregular)
    stance_trial_note(trial, "time stamps uneven: interpolated to an even axis");
  if (time->longest_gap_s > 0)
    stance_trial_note(trial, "longest hole in the time stamps %.6g s", time->longest_gap_s);
  if (integrity->lines_read > 0)
    stance_trial_note(
        trial, "lines read %llu, header %llu, used %llu, refused %llu",
        (unsigned long long)integrity->lines_read, (unsigned long long)integrity->lines_header,
        (unsigned long long)integrity->lines_used, (unsigned long long)integrity->lines_refused);
  if (integrity->frames_lost > 0)
    stance_trial_note(trial, "frames lost %llu of %llu, longest gap %llu",
                      (unsigned long long)integrity->frames_lost,
                      (unsigned long long)integrity->frames_expected,
                      (unsigned long long)integrity->longest_gap_frames);
  if (integrity->frames_corrupt > 0)
    stance_trial_note(trial, "frames corrupt %llu", (unsigned long long)integrity->frames_corrupt);
}

enum stance_status stance_trial_file_protocol(struct stance_trial *trial,
                                              const struct stance_trial_options *options,
                                              struct stance_problem *problem)
{
  if (options->protocol == NULL)
    return stance_protocol_find("isometric", &trial->protocol, NULL, NULL, problem);
  trial->protocol = *options->protocol;
  if (options->protocol_path != NULL)
    stance_trial_note(trial, "protocol from %.200s", options->protocol_path);
  return STANCE_OK;
}

enum stance_status stance_trial_analyze(struct stance_analyzer *analyzer,
                                        const struct stance_trial *trial,
                                        const struct stance_trial_options *options,
                                        struct stance_result *ret_result,
                                        struct stance_problem *problem)
{
  struct stance_analysis_settings settings = trial->protocol.analysis;
  for (size_t k = 0; k < options->setting_count; k++) {
    enum stance_status status = stance_analysis_settings_set(&settings, options->setting[k].key,
                                                             options->setting[k].value, problem);
    if (status != STANCE_OK)
      return status;
  }
  const struct stance_analysis_context context = {
      .body_mass_kg = trial->body_mass_kg,
      .lever_m = trial->lever_m,
      .body_mass_uncertainty_kg = options->body_mass_uncertainty_kg / STANCE_COVERAGE_FACTOR,
      .lever_uncertainty_m = options->lever_uncertainty_m / STANCE_COVERAGE_FACTOR,
      .uncertainty = options->uncertainty,
      .from_s = options->from_s,
      .to_s = options->to_s,
      .injured_side = trial->injured_side,
      .side_order = trial->side_order_count > 0 ? trial->side_order : NULL,
      .side_order_count = trial->side_order_count,
      .attempt = trial->attempt,
      .attempt_count = trial->attempt_count,
      .go = trial->go,
      .go_count = trial->go_count,
      .recording_flags = trial->flags,
      .force_flags = stance_calibration_doubts(&trial->calibration, trial->started_at) |
                     trial->verification_flags,
  };
  const struct stance_pipeline_input input = {
      .raw = &trial->raw,
      .calibration = &trial->calibration,
      .protocol = &trial->protocol,
      .settings = &settings,
      .context = &context,
      .phase = trial->phase,
      .phase_count = trial->phase_count,
      .truncated = trial->truncated,
      .tail_count = trial->tail_count,
  };
  return stance_pipeline_analyze(analyzer, &input, ret_result, problem);
}

void stance_trial_report(const struct stance_trial *trial, const struct stance_result *result,
                         struct stance_report *ret_report)
{
  *ret_report = (struct stance_report){
      .result = result,
      .recording = trial->recording,
      .session = trial->session,
      .athlete = trial->athlete,
      .operator_name = trial->operator_name,
      .instrument = trial->instrument,
      .started_at = trial->started_at,
      .utc_offset_min = trial->utc_offset_min,
      .calibration = trial->calibration_state,
      .calibration_id = trial->calibration.id,
      .verification = trial->verification.bytes,
      .firmware = trial->firmware,
      .digest = trial->digest,
      .notes = trial->notes.bytes,
      .pain_max = {trial->pain_max[0], trial->pain_max[1]},
      .pain_stop = trial->pain_stop,
  };
}
