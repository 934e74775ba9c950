/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns that do not come from the metric table, in the order in which they stand. */
#include "report_private.h"

#define LIST(array)                                        \
  {                                                        \
    .column = array, .count = sizeof array / sizeof *array \
  }

static const struct stance_column identity[] = {
    {"athlete", "", "text", "Who was tested, as given", "user"},
    {"date", "", "date", "Local date of the start, YYYY-MM-DD; empty for a file that does not say",
     "recording"},
    {"time", "", "time", "Local time of the start, HH:MM:SS", "recording"},
    {"utc_offset_min", "min", "integer", "Local time minus UTC", "recording"},
    {"session", "", "id", "UUID of the session in the store", "recording"},
    {"recording", "", "text",
     "UUID of the recording in the store, or the path as given; PATH#VALUE for one trial of a file "
     "read with --group; PATH+PATH for left:FILE right:FILE",
     "recording"},
    {"protocol", "", "id", "Id of the protocol", "protocol"},
    {"protocol_version", "", "text", "Version that the protocol's file states", "protocol"},
    {"position_hip_deg", "deg", "number", "Hip flexion that the protocol asks for", "protocol"},
    {"position_knee_deg", "deg", "number", "Knee flexion that the protocol asks for", "protocol"},
    {"instrument", "", "text", "Model and serial of the instrument; empty for a file", "recording"},
    {"rig", "", "id", "What carries the force: strap, plate or two-plates", "protocol"},
    {"operator", "", "text", "Who ran the test, as given", "user"},
    {"injured_side", "", "id", "left or right where it was named, never inferred", "user"},
    {"body_mass_kg", "kg", "number", "Body mass as given", "user"},
    {"lever_m", "m", "number", "Lever arm from joint to force, as given", "user"},
};
const struct stance_column_list stance_columns_identity = LIST(identity);

static const struct stance_column repetition[] = {
    {"repetition", "", "integer", "Counts from 1 in order of time over the recording",
     "definition"},
    {"side", "", "id", "left, right, or total (one force that carries both)", "definition"},
    {"order", "", "integer", "Counts from 1 among the attempts of this side", "definition"},
    {"counted", "", "flag", "1: accepted, enters best and mean; 0: shown only", "SCIENCE 3"},
    {"reject_reason", "", "id", "Why it is not counted: ids of reasons joined with +", "SCIENCE 3"},
    {"pain_0_10", "", "number", "Pain during the repetition, 0-10; empty where nobody asked",
     "user"},
};
const struct stance_column_list stance_columns_repetition = LIST(repetition);

static const struct stance_column wide_end[] = {
    {"peak_force_uncertainty_n", "N", "number",
     "How wrong peak_force_n can be because of the instrument: expanded uncertainty, k = 2; empty "
     "where neither linear propagation nor the bootstrap covers; flag calibration_unknown: noise "
     "alone",
     "GUM"},
    {"onset_threshold_n", "N", "number",
     "Force that had to be exceeded for onset, as read (not above the unloaded zero)",
     "Dos'Santos 2017"},
    {"frames_lost", "", "integer",
     "Samples of the whole recording that are missing; each stands in its place as a gap",
     "recording"},
    {"zero_shift_n", "N", "number",
     "Unloaded reading after the test minus before it; corrected as a steady drift where nothing "
     "is flagged (zero_shifted, zeroed_under_load, zero_unstable); empty where it was not taken "
     "twice",
     "SCIENCE 9"},
    {"calibration_ok", "", "flag",
     "1: a calibration profile of the instrument was applied; 0: none is known, the values are not "
     "newtons; empty: a file of forces, whose calibration this program cannot know",
     "recording"},
    {"onset_method", "", "text", "Id, version and parameters of the onset method", "SCIENCE 1.3"},
    {"flags", "", "id",
     "Every reason that flags a value of this row or leaves it empty, joined with +; body mass, "
     "lever or unloaded phase that were not given are no flag",
     "definition"},
    {"notes", "", "text", "What was assumed, measured and refused on the way to these numbers",
     "recording"},
    {"software", "", "text", "Program and version that made the numbers", "definition"},
    {"verification", "", "text", "As in the tests layout", "SCIENCE 9"},
    {"rfd_0_100ms_uncertainty_n_per_s", "N/s", "number",
     "As peak_force_uncertainty_n, of rfd_0_100ms_n_per_s, by the bootstrap; empty where it was "
     "not "
     "made (--uncertainty)",
     "GUM"},
    {"rfd_0_100ms_method_low_n_per_s", "N/s", "number",
     "The lowest rfd_0_100ms_n_per_s that five published onset methods make of the same force; "
     "empty where the effort was not to be explosive",
     "Maffiuletti 2016; Dos'Santos 2017; Liu 2020"},
    {"rfd_0_100ms_method_high_n_per_s", "N/s", "number", "The highest of the same",
     "as rfd_0_100ms_method_low_n_per_s"},
    {"force_at_100ms_method_low_n", "N", "number", "The same of force_at_100ms_n", "as above"},
    {"force_at_100ms_method_high_n", "N", "number", "The same of force_at_100ms_n", "as above"},
};
const struct stance_column_list stance_columns_wide_end = LIST(wide_end);

static const struct stance_column long_columns[] = {
    {"recording", "", "text", "As in the wide layout", "recording"},
    {"protocol", "", "id", "Id of the protocol", "protocol"},
    {"repetition", "", "id",
     "Counts from 1 in order of time over the recording; or best, mean, mean_of_3 for a summary",
     "definition"},
    {"side", "", "id", "left, right, total; both for a comparison of left and right", "definition"},
    {"metric", "", "id", "Id of the metric", "metric table"},
    {"value", "", "number", "The shortest digits that read back exactly; empty where missing",
     "metric table"},
    {"unit", "", "id", "N, N/s, N.s, s, N.m, N/kg or %", "metric table"},
    {"uncertainty", "", "number",
     "Of the value because of the instrument, in its unit: expanded, k = 2. Linear propagation of "
     "calibration, zero, resolution, noise and clock for levels and peaks of little noise, torque "
     "and force per kg where lever or mass have an uncertainty; with --uncertainty full a "
     "bootstrap "
     "from the noise of the quiet window for noisy peaks and for what hangs on an onset. Empty "
     "where neither holds (times, onset_threshold, comparisons of sides, noise_driven, each "
     "plate where onset is that of the sum, onset methods whose threshold is the noise's own); "
     "with flag calibration_unknown it holds "
     "noise, resolution and clock alone; not in it: drift after the unloaded phase, and the zero "
     "where none was recorded",
     "GUM"},
    {"method", "", "text", "Id, version and parameters of how the value was made", "metric table"},
    {"status", "", "id", "ok, flagged:REASON[+REASON...] or missing:REASON[+REASON...]",
     "definition"},
    {"athlete", "", "text", "Who was tested, as given", "user"},
    {"started_at", "", "time", "Local start with offset, ISO 8601; empty where not known",
     "recording"},
    {"mdc95", "", "number",
     "Of a summary: how far two tests of an unchanged athlete differ, 95 %, in the unit of the "
     "value, as the study gave it; empty where no reliability is known",
     "SCIENCE 3, 6"},
    {"mdc95_source", "", "text", "Whose reliability data mdc95 comes from", "SCIENCE 6"},
    {"method_low", "", "number",
     "Of rates and forces at a time of an explosive effort: the lowest that five published onset "
     "methods make of the same force (baseline + 3 SD, + 5 SD, + 5 % of body weight where the mass "
     "is given, + 75 N, first derivative); empty elsewhere",
     "Maffiuletti 2016; Dos'Santos 2017; Liu 2020"},
    {"method_high", "", "number", "The highest of the same", "as method_low"},
};
const struct stance_column_list stance_columns_long = LIST(long_columns);

static const struct stance_column tests_counts[] = {
    {"summary_rule", "", "id", "How the left_ and right_ values were made from repetitions",
     "definition"},
    {"left_reps_attempted", "", "integer", "Repetitions found on this side", "SCIENCE 3"},
    {"left_reps_used", "", "integer", "Repetitions that are counted", "SCIENCE 3"},
    {"right_reps_attempted", "", "integer", "Repetitions found on this side", "SCIENCE 3"},
    {"right_reps_used", "", "integer", "Repetitions that are counted", "SCIENCE 3"},
};
const struct stance_column_list stance_columns_tests_counts = LIST(tests_counts);

static const struct stance_column tests_end[] = {
    {"asymmetry_pct", "%", "number",
     "asymmetry_peak_force of the test by asymmetry_formula; positive = right larger", "SCIENCE 6"},
    {"asymmetry_formula", "", "id", "Id and version of the formula", "SCIENCE 6"},
    {"weaker_side", "", "id", "left or right; empty where equal or not compared", "SCIENCE 6"},
    {"asymmetry_low_pct", "%", "number",
     "Lower end (95 %) of the differences that the test is compatible with, by asymmetry_formula; "
     "empty where no reliability is known (flag no_reliability)",
     "SCIENCE 6"},
    {"asymmetry_high_pct", "%", "number", "Upper end of the same", "SCIENCE 6"},
    {"distinguishable", "", "flag",
     "1: the difference exceeds what two tests of equal sides differ by; 0: it cannot be told "
     "apart from measurement error, which does not show that the sides are equal; empty where no "
     "reliability is known",
     "SCIENCE 6"},
    {"mdc95_n", "N", "number",
     "How far two tests of an unchanged athlete differ, 95 %: of the compared peak force, of both "
     "sides the larger; empty where no reliability is known",
     "SCIENCE 3, 6"},
    {"mdc95_source", "", "text", "Whose reliability data mdc95_n comes from", "SCIENCE 6"},
    {"left_change_pct", "%", "number",
     "Change against the athlete's own baseline; empty where "
     "there is none",
     "SCIENCE 8"},
    {"right_change_pct", "%", "number", "The same for the right side", "SCIENCE 8"},
    {"change_band_pct", "%", "number", "How large a change chance alone makes, 95 %", "SCIENCE 8"},
    {"baseline_tests", "", "integer", "Tests that make the baseline", "SCIENCE 8"},
    {"days_since_last_test", "d", "integer", "Since the same test of this athlete", "SCIENCE 8"},
    {"left_pain_max", "", "number", "Largest pain of this side, 0-10; empty where nobody asked",
     "user"},
    {"right_pain_max", "", "number", "Largest pain of this side, 0-10; empty where nobody asked",
     "user"},
    {"pain_stop", "", "flag", "1: the test ended because pain exceeded the protocol's limit",
     "protocol"},
    {"zero_shift_left_n", "N", "number",
     "Unloaded reading after the test minus before it; corrected as a steady drift where nothing "
     "is flagged (zero_shifted, zeroed_under_load, zero_unstable); empty where it was not taken "
     "twice",
     "SCIENCE 9"},
    {"zero_shift_right_n", "N", "number", "The same for the right side", "definition"},
    {"frames_lost", "", "integer", "As in the wide layout", "recording"},
    {"verification", "", "text",
     "Ids of the instrument's checks (stance verify) that were in force when it was recorded, the "
     "latest of each kind and side; empty where it was never checked",
     "SCIENCE 9"},
    {"software", "", "text", "Program and version that made the numbers", "definition"},
    {"flags", "", "id", "Every reason that flags a value of this row or leaves it empty",
     "definition"},
    {"notes", "", "text", "As in the wide layout", "recording"},
};
const struct stance_column_list stance_columns_tests_end = LIST(tests_end);
