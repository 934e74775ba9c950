/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys of the simulated rig. Bounds keep an effort inside its own part of the timeline and the
   arithmetic inside binary64; defaults stand for a quiet strap rig with a 16-bit converter. */
#include "sim_settings.h"

#include <stddef.h>

#define KEY(key, kind, value, of_unit, low, high, list, text, in)                    \
  {                                                                                  \
    .name = key, .type = STANCE_KEY_##kind, .default_value = value, .unit = of_unit, \
    .minimum = low, .maximum = high, .choices = list, .meaning = text,               \
    .member = offsetof(struct stance_sim_settings, in)                               \
  }
#define NUMBER(member, value, unit, low, high, meaning) \
  KEY(#member, NUMBER, value, unit, low, high, NULL, meaning, member)
#define INTEGER(member, value, unit, low, high, meaning) \
  KEY(#member, INTEGER, value, unit, low, high, NULL, meaning, member)
#define CHOICE(kind, member, value, unit, choices, meaning) \
  KEY(#member, kind, value, unit, 0, 0, choices, meaning, member)

/* clang-format off */
const struct stance_source_key stance_sim_keys[] = {
    KEY("rate", NUMBER, "1000", "Hz", 10, 100000, NULL, "nominal sampling rate", rate_hz),
    KEY("speed", NUMBER_OR_MAX, "1", "", 0.001, 1e6, NULL,
        "times real time; max: as fast as the readers go, dropping nothing", speed),
    NUMBER(transfer_s, "0.004", "s", 0.0001, 0.1, "how often frames are handed over, as over USB"),
    KEY("duration", NUMBER, "0", "s", 0, 1e6, NULL,
        "length of the recording, cut or filled with the empty rig; 0: the whole test", duration_s),
    INTEGER(seed, "1", "", 0, 9007199254740991.0, "the same seed gives the same recording"),
    CHOICE(CHOICE, sides, "both", "", "both|left,right|left|right",
           "both at once, in turn, or one"),
    CHOICE(CHOICE, rig, "strap", "", "strap|two-plates|plate",
           "one channel a side, or one plate for all"),
    CHOICE(CHOICE, shape, "nordic", "", "nordic|exponential|logistic|ramp",
           "how force rises"),
    CHOICE(FLAGS, dirty, "", "",
           "push_back_hump|strap_slip|fidgets|two_attempts|weak_leg|three_partials",
           "what goes wrong"),
    INTEGER(repetitions, "3", "", 1, 1000, "efforts, for each side where tested in turn"),
    NUMBER(unloaded_s, "2", "s", 0, 3600, "empty rig at the start"),
    NUMBER(get_on_s, "2", "s", 0, 3600, "getting into position"),
    NUMBER(limb_s, "2", "s", 0, 3600, "relaxed limb, or standing still"),
    NUMBER(ready_s, "1.5", "s", 0.5, 60, "from the call to the effort"),
    NUMBER(reaction_s, "0.1", "s", 0, 1, "longest further delay of onset, drawn anew each time"),
    NUMBER(effort_s, "5", "s", 0.3, 600, "from onset to yielding or letting go"),
    NUMBER(release_s, "0.25", "s", 0.01, 10, "from there to rest"),
    NUMBER(rest_s, "3", "s", 0, 3600, "rest after each effort"),
    NUMBER(get_off_s, "1", "s", 0, 3600, "getting off"),
    NUMBER(tail_s, "1", "s", 0, 3600, "empty rig at the end"),
    NUMBER(peak_n, "360", "N", 1, 10000, "rise of the stronger side above its rest"),
    NUMBER(asymmetry_pct, "10", "%", -95, 95, "100·(right − left)/larger, of peak_n"),
    NUMBER(variation_pct, "3", "%", 0, 20, "SD of the peaks from effort to effort"),
    NUMBER(onset_lag_s, "0.02", "s", -0.2, 0.2, "right after left"),
    NUMBER(peak_lag_s, "0.04", "s", -0.2, 0.2, "right after left"),
    NUMBER(tau_s, "0.15", "s", 0.01, 5, "exponential: time constant"),
    NUMBER(delay_s, "0.12", "s", 0, 0.4, "logistic: from onset to the inflexion"),
    NUMBER(scale_s, "0.025", "s", 0.005, 1, "logistic: peak slope is peak/(4 scale)"),
    NUMBER(rise_s, "0.3", "s", 0.01, 600, "ramp: from onset to the plateau"),
    NUMBER(limb_n, "5", "N", 0, 5000, "relaxed limb on each side; half the body weight on plates"),
    NUMBER(pretension_n, "0", "N", 0, 1000, "taken up before the effort"),
    NUMBER(dip_n, "0", "N", 0, 1000, "countermovement just before onset"),
    NUMBER(dip_s, "0.15", "s", 0.02, 0.4, "its length"),
    NUMBER(tremor_pct, "0.8", "%", 0, 10, "RMS of the 8–12 Hz tremor, of the effort's force"),
    NUMBER(zero_shift_n, "2", "N", -500, 500, "reading of the empty rig by its old calibration"),
    NUMBER(drift_n_per_min, "0.5", "N/min", -1000, 1000, "of the sensor's zero"),
    NUMBER(noise_n, "0.5", "N", 0, 1000, "SD of the white noise"),
    NUMBER(wander_n, "0.2", "N", 0, 1000, "SD of the 1/f noise"),
    NUMBER(hum_n, "0.3", "N", 0, 1000, "amplitude of the mains hum"),
    CHOICE(CHOICE, hum_hz, "50", "Hz", "50|60", "mains"),
    INTEGER(hum_harmonics, "3", "", 1, 10, "odd ones: the k-th at (2k − 1)·f with 1/(2k − 1)"),
    INTEGER(bits, "16", "", 0, 32, "of the converter over ±range_n, 8 to 32; 0: newtons as they are"),
    NUMBER(range_n, "2000", "N", 1, 1e6, "where the converter saturates"),
    INTEGER(spare_channels, "0", "", 0, 6, "channels that carry noise only"),
    CHOICE(CHOICE, converter, "counts", "", "counts|volts",
           "volts: the rig says what its counts mean, +-10 V, and its profile is for volts"),
    CHOICE(CHOICE, profile, "yes", "", "yes|no", "no: the rig knows no calibration"),
    INTEGER(oversampling, "1", "", 1, STANCE_OVERSAMPLING_MAX, "samples taken for each one of `rate`"),
    NUMBER(skew_s, "0", "s", 0, 0.001, "each channel is converted that long after the one before"),
    NUMBER(jitter_s, "0", "s", 0, 1, "mean of a random delay of each transfer"),
    NUMBER(start_s, "0", "s", 0, 60, "how long it takes to begin when it was started"),
    NUMBER(epoch_s, "0", "s", 0, 1e9,
           "CLOCK_MONOTONIC at which the athlete begins; 0: with the rig's first sample"),
    NUMBER(fail_s, "0", "s", 0, 1e6, "the instrument falls silent at that time; 0: never"),
    NUMBER(back_s, "0", "s", 0, 1e6,
           "and is plugged in again at that time, the samples between lost; 0: never"),
    NUMBER(clock_ppm, "0", "ppm", -10000, 10000, "how much faster the rig's clock really is"),
    KEY("gaps", TEXT, "", "", 0, 0, NULL, "frames lost on the wire, FIRST:COUNT,FIRST:COUNT…", gaps),
    NUMBER(gap_rate_per_min, "0", "1/min", 0, 6000, "further losses, at random"),
    INTEGER(gap_frames, "20", "", 1, 1000000, "their mean length in frames"),
    {0},
};

const struct stance_source_profile stance_sim_profiles[] = {
    {"nordic", "Nordic lowering on straps, both legs at once", ""},
    {"isometric", "isometric heel pushes on two plates, left and right in turn",
     "sides=left,right&rig=two-plates&shape=exponential&peak_n=250&limb_n=45&effort_s=3"
     "&release_s=0.8&onset_lag_s=0&peak_lag_s=0"},
    {"imtp", "isometric mid-thigh pull on two plates, both legs at once, 82 kg",
     "rig=two-plates&shape=exponential&peak_n=900&limb_n=402.07&asymmetry_pct=5&effort_s=3"
     "&release_s=0.8&tau_s=0.12&onset_lag_s=0&peak_lag_s=0&range_n=5000&noise_n=1"},
    {0},
};
/* clang-format on */
