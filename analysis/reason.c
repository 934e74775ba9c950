/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/reason.h"

#include <assert.h>
#include <stdio.h>

struct reason_text {
  const char *id;
  const char *definition;
};

static const struct reason_text reason_text[STANCE_REASON_COUNT] = {
    [STANCE_REASON_NO_ONSET] = {"no_onset", "The force never left the baseline by more than the "
                                            "threshold, so no start of the effort is known."},
    [STANCE_REASON_NO_QUIET_WINDOW] =
        {"no_quiet_window", "No calm stretch of the required length lies before the effort, so "
                            "there is no baseline."},
    [STANCE_REASON_WINDOW_PAST_DATA] = {"window_past_data",
                                        "The window runs past the end of the recording."},
    [STANCE_REASON_GAP_IN_WINDOW] = {"gap_in_window",
                                     "Samples were lost inside the stretch that the value needs."},
    [STANCE_REASON_UNSTABLE_BASELINE] =
        {"unstable_baseline", "The force before the effort was not steady enough for a baseline."},
    [STANCE_REASON_SATURATED] = {"saturated", "A sample that the value needs stood at the end of "
                                              "the instrument's range: the true force is unknown."},
    [STANCE_REASON_SIDE_NOT_TESTED] = {"side_not_tested",
                                       "This side made no effort here, or was not measured."},
    [STANCE_REASON_SIDE_NOT_SAMPLED] =
        {"side_not_sampled", "The instrument of this side, or of the other one, was away: the side "
                             "that was sampled is shown by itself, and nothing is compared."},
    [STANCE_REASON_NO_EFFORTS_PHASE] =
        {"no_efforts_phase", "The run ended before its efforts were called: nothing was searched "
                             "for repetitions. --from and --to search all the same."},
    [STANCE_REASON_NOT_MEASURED] = {"not_measured",
                                    "The phase that gives this level was not recorded."},
    [STANCE_REASON_NO_BODY_MASS] = {"no_body_mass", "The athlete's body mass was not given."},
    [STANCE_REASON_NO_LEVER] = {"no_lever", "The lever arm was not given."},
    [STANCE_REASON_NO_REPETITION] = {"no_repetition",
                                     "No accepted repetition of this side exists."},
    [STANCE_REASON_TOO_FEW_REPETITIONS] = {"too_few_repetitions",
                                           "Fewer accepted repetitions than the summary needs."},
    [STANCE_REASON_SMALL_DENOMINATOR] =
        {"small_denominator", "A force is too small (below 20 N) for a ratio to say anything."},
    [STANCE_REASON_NOT_REACHED] = {"not_reached", "The level was not reached, or the force had not "
                                                  "returned when the recording ended."},
    [STANCE_REASON_NO_RELIABILITY] =
        {"no_reliability", "No test-retest reliability is known for this test, so two results "
                           "cannot be compared."},
    [STANCE_REASON_NO_INVOLVED_SIDE] =
        {"no_involved_side", "The formula needs the involved limb, and nobody named it."},
    [STANCE_REASON_ONSET_ON_SUM] =
        {"onset_on_sum", "Onset was found on the sum of both plates, which carry one body: a side "
                         "has no threshold or onset of its own."},
    [STANCE_REASON_UNCALIBRATED] =
        {"uncalibrated",
         "No calibration is known for the instrument: the number is not in newtons."},
    [STANCE_REASON_NO_GO] = {"no_go",
                             "No \"go\" that was heard belongs to the effort: there was no sound, "
                             "nobody gave the signal, or the effort began long after it."},
    [STANCE_REASON_NO_LATENCY] =
        {"no_latency", "How late the sound card plays has not been measured, so when the cue was "
                       "heard is not known well enough: stance doctor --loopback."},
    [STANCE_REASON_SOUND_GAP] = {"sound_gap",
                                 "The sound card ran dry within a second of the cue: when it was "
                                 "heard is not known."},
    [STANCE_REASON_BEFORE_GO] = {"before_go", "The effort began before \"go\": it is no reaction."},
    [STANCE_REASON_REJECTED] = {"rejected",
                                "The repetition was rejected; the reason that follows says why."},
    [STANCE_REASON_PARTIAL] = {"partial", "The repetition reached less than the set fraction (60 % "
                                          "by default) of the set's largest: shown, not counted."},
    [STANCE_REASON_ONE_SIDED] =
        {"one_sided",
         "One side stayed under the set fraction (30 % by default) of the other: shown, "
         "not counted; a weak leg may be the finding (--set one_sided_fraction=0 counts it)."},
    [STANCE_REASON_COUNTERMOVEMENT] =
        {"countermovement",
         "The force left the baseline, most often downwards, in the 200 ms before "
         "the effort: left out of best where another repetition exists."},
    [STANCE_REASON_NO_BREAK] =
        {"no_break", "No rapid fall followed the peak: the athlete controlled the movement to the "
                     "end or was caught early. Counted."},
    [STANCE_REASON_PRETENSION] =
        {"pretension",
         "The athlete already pushed before the effort, by more than 10 % of the peak."},
    [STANCE_REASON_BASELINE_DRIFT] = {"baseline_drift",
                                      "The force drifted during or after the quiet window."},
    [STANCE_REASON_UNQUIET_BASELINE] = {"unquiet_baseline",
                                        "The force varied by more than 50 N in the quiet window."},
    [STANCE_REASON_NOISE_DRIVEN] =
        {"noise_driven",
         "The noise, not the fixed floor, set the onset threshold: onset is later and "
         "rapid-force values differ from those of a quiet recording."},
    [STANCE_REASON_NOT_EXPLOSIVE] =
        {"not_explosive", "The effort was not explosive (by protocol, or it rose too slowly), so a "
                          "rapid-force value does not describe the athlete."},
    [STANCE_REASON_PEAK_SPIKE] = {"peak_spike",
                                  "The peak exceeds the best 100 ms mean by more than 3 %."},
    [STANCE_REASON_FLAT_TOP] =
        {"flat_top", "The highest value repeats over many samples: the instrument may have been at "
                     "the end of its range, and the true peak higher. Sides are not compared."},
    [STANCE_REASON_UNEQUAL_REPETITIONS] =
        {"unequal_repetitions",
         "The sides have different numbers of accepted repetitions; the first "
         "ones of each, as many as the smaller number, were compared."},
    [STANCE_REASON_SIDES_FOLLOW_ORDER] =
        {"sides_follow_order", "One force served both sides: the order that was given says which "
                               "attempt belongs to which side."},
    [STANCE_REASON_SIDES_DOUBTFUL] =
        {"sides_doubtful",
         "Sides took turns on one force, and something rose that is too small for an attempt "
         "beside the largest: a fidget, or a weak leg. If it was a leg, left and right are "
         "exchanged from there on, so they are not compared. Analyse the legs apart with --from, "
         "--to and --side."},
    [STANCE_REASON_ZERO_UNSTABLE] = {"zero_unstable",
                                     "The unloaded reading was not still when zero was taken."},
    [STANCE_REASON_ZERO_ASSUMED] =
        {"zero_assumed", "No unloaded phase was recorded: the instrument's own zero was trusted."},
    [STANCE_REASON_FRAMES_LOST] = {"frames_lost",
                                   "Samples were lost; each stands in its place as a gap."},
    [STANCE_REASON_IRREGULAR_TIME] =
        {"irregular_time",
         "The time stamps were uneven: values were interpolated to an even axis."},
    [STANCE_REASON_INTERPOLATED] =
        {"interpolated", "Samples that the value needs were interpolated from uneven time stamps."},
    [STANCE_REASON_UNIT_ASSUMED] = {"unit_assumed",
                                    "The file names no unit: newtons were assumed."},
    [STANCE_REASON_TRUNCATED] =
        {"truncated", "The recording, or what was analysed of it, ended or began in the middle of "
                      "something: what lies beyond is unknown."},
    [STANCE_REASON_CLOCKS_UNRELATED] = {"clocks_unrelated",
                                        "Two instruments, or an instrument and the sound card, "
                                        "whose clocks could not be related: what compares their "
                                        "instants is doubtful."},
    [STANCE_REASON_LOW_RATE] =
        {"low_rate", "Sampled below 1000 Hz: early-force values differ from those at 1000 Hz "
                     "(Comfort 2019, Ripley), or the window holds no two samples."},
    [STANCE_REASON_CALIBRATION_EXPIRED] =
        {"calibration_expired", "The calibration was past its validity when this was recorded, or "
                                "its date cannot be compared: calibrate again."},
    [STANCE_REASON_CALIBRATION_POOR_FIT] =
        {"calibration_poor_fit", "The calibration was kept although its points do not fit as well "
                                 "as they should: its certificate says by how much."},
    [STANCE_REASON_BEYOND_CALIBRATION] =
        {"beyond_calibration", "The force is larger than the largest one that the instrument was "
                               "calibrated with: how right it is there was never measured."},
    [STANCE_REASON_ZERO_SHIFTED] =
        {"zero_shifted", "The empty instrument read something else after the test than before it, "
                         "by more than the 5 N that are corrected as a steady drift: when it moved "
                         "is not known, so nothing was corrected and any force may be off by as "
                         "much."},
    [STANCE_REASON_ZEROED_UNDER_LOAD] =
        {"zeroed_under_load", "The empty instrument read at least 15 N less after the test than "
                              "when it was zeroed: something lay on it then, and forces above the "
                              "unloaded zero are too small by as much."},
    [STANCE_REASON_VERIFICATION_FAILED] =
        {"verification_failed", "The last check of the instrument before this recording did not "
                                "hold: mend it and check again (stance verify)."},
    [STANCE_REASON_VERIFICATION_OVERDUE] =
        {"verification_overdue", "A check of the instrument was past its validity when this was "
                                 "recorded, or was made with another calibration: check again "
                                 "(stance verify)."},
    [STANCE_REASON_TAKEN_BACK] =
        {"taken_back", "The repetition was taken back at the test by the clinician, was broken off "
                       "(repeated while it went on, pain, a lost instrument), or began before its "
                       "signal."},
    [STANCE_REASON_SIDES_UNPROVED] =
        {"sides_unproved",
         "Nobody pulled the left and then the right side before the test: whether "
         "left is left was not checked, nor the polarity."},
    [STANCE_REASON_CALIBRATION_UNKNOWN] =
        {"calibration_unknown",
         "Nobody said how well the forces are calibrated: the interval holds "
         "noise, resolution and clock alone. --calibration-uncertainty "
         "gives the rest."},
};

const char *stance_reason_id(enum stance_reason reason)
{
  assert(reason < STANCE_REASON_COUNT);
  return reason_text[reason].id;
}

const char *stance_reason_definition(enum stance_reason reason)
{
  assert(reason < STANCE_REASON_COUNT);
  return reason_text[reason].definition;
}

size_t stance_reason_join(stance_reason_set reasons, char *ret_text, size_t size)
{
  size_t length = 0;
  if (size > 0)
    ret_text[0] = '\0';
  for (int reason = 0; reason < STANCE_REASON_COUNT; reason++) {
    if ((reasons & STANCE_REASON_BIT(reason)) == 0)
      continue;
    size_t room = length < size ? size - length : 0;
    length += (size_t)snprintf(room > 0 ? ret_text + length : NULL, room, "%s%s",
                               length > 0 ? "+" : "", reason_text[reason].id);
  }
  return length;
}
