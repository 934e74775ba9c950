/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ways to load a trial share; private to trial*.c. */
#ifndef STANCE_TRIAL_PRIVATE_H
#define STANCE_TRIAL_PRIVATE_H

#include "trial.h"

/* Opening values of every trial: what the options say of athlete, mass, lever, sides. */
void stance_trial_init(struct stance_trial *trial, const struct stance_trial_options *options);
/* One note; they are joined with "; ". */
STANCE_PRINTF(2, 3)
void stance_trial_note(struct stance_trial *trial, const char *format, ...);
/* Where the trial's profile does not say how well it is known: what the options say of it. */
void stance_trial_know_calibration(struct stance_trial *trial,
                                   const struct stance_trial_options *options);
/* What is worth knowing of the time axis and of lines and frames that did not make it. */
void stance_trial_note_raw(struct stance_trial *trial);
/* Looks up the checks that were in force for the recording's instruments: fills verification and
   verification_flags, and notes an instrument that was never checked. */
STANCE_MUST_CHECK enum stance_status stance_trial_verify(struct stance_trial *trial,
                                                         struct stance_store *store,
                                                         const struct stance_recording *info,
                                                         struct stance_problem *problem);
/* Attempts, pain and proofs of sides that were kept while the recording was made; still in its
   frames. */
STANCE_MUST_CHECK enum stance_status stance_trial_take_notes(struct stance_trial *trial,
                                                             struct stance_store *store,
                                                             const char *recording_id,
                                                             struct stance_problem *problem);
/* The "go" cues that were heard, on the axis of the trace; after the streams were taken. */
STANCE_MUST_CHECK enum stance_status stance_trial_take_cues(struct stance_trial *trial,
                                                            struct stance_store *store,
                                                            const char *recording_id,
                                                            struct stance_problem *problem);
/* Conditions what the instruments of a recording sampled, lays two of them on one axis, and chooses
   the profile: fills raw, calibration, calibration_state, and moves phases and attempts. Takes
   traces over as far as it needs them. */
STANCE_MUST_CHECK enum stance_status stance_trial_take_streams(struct stance_trial *trial,
                                                               const struct stance_recording *info,
                                                               struct stance_raw_trace *traces,
                                                               struct stance_problem *problem);
/* The protocol of a file: the option's, else `isometric`. */
STANCE_MUST_CHECK enum stance_status
stance_trial_file_protocol(struct stance_trial *trial, const struct stance_trial_options *options,
                           struct stance_problem *problem);

#endif
