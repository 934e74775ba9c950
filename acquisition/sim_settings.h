/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that the URI of the simulated rig can say. */
#ifndef STANCE_SIM_SETTINGS_H
#define STANCE_SIM_SETTINGS_H

#include "stance/source.h"
#include "uri.h"

#include <stdint.h>

enum stance_sim_shape {
  STANCE_SIM_NORDIC,
  STANCE_SIM_EXPONENTIAL,
  STANCE_SIM_LOGISTIC,
  STANCE_SIM_RAMP
};
enum stance_sim_sides { STANCE_SIM_BOTH, STANCE_SIM_EACH, STANCE_SIM_LEFT, STANCE_SIM_RIGHT };
enum stance_sim_converter { STANCE_SIM_COUNTS, STANCE_SIM_VOLTS };
enum stance_sim_profile_known { STANCE_SIM_PROFILE_YES, STANCE_SIM_PROFILE_NO };
enum stance_sim_rig { STANCE_SIM_STRAP, STANCE_SIM_TWO_PLATES, STANCE_SIM_PLATE };

/* What real recordings spoil: bits of `dirty`, in the order of the key's choices. */
enum stance_sim_dirt {
  STANCE_SIM_PUSH_BACK_HUMP = 1 << 0, /* pushing back up loads the rig again */
  STANCE_SIM_STRAP_SLIP = 1 << 1,     /* a moment's loss, and the strap stays tight afterwards */
  STANCE_SIM_FIDGETS = 1 << 2,        /* small movements in the rests */
  STANCE_SIM_TWO_ATTEMPTS = 1 << 3,   /* one effort falters and goes on */
  STANCE_SIM_WEAK_LEG = 1 << 4,       /* left has 25 % of right */
  STANCE_SIM_THREE_PARTIALS = 1 << 5, /* three efforts at 45 % among the full ones */
};

enum { STANCE_SIM_GAP_MAX = 64 };
struct stance_sim_gap {
  uint64_t first, count; /* frames */
};

/* One member for each key; units are in the table of keys. */
struct stance_sim_settings {
  double rate_hz, speed, transfer_s, duration_s, seed;
  int sides, rig, shape;
  uint32_t dirty;
  double repetitions;
  double unloaded_s, get_on_s, limb_s, ready_s, reaction_s, effort_s, release_s, rest_s, get_off_s,
      tail_s;
  double peak_n, asymmetry_pct, variation_pct, onset_lag_s, peak_lag_s;
  double tau_s, delay_s, scale_s, rise_s;
  double limb_n, pretension_n, dip_n, dip_s, tremor_pct;
  double zero_shift_n, drift_n_per_min, noise_n, wander_n, hum_n;
  int hum_hz;
  double hum_harmonics, bits, range_n, spare_channels;
  int converter, profile;
  double oversampling, skew_s, clock_ppm, jitter_s, start_s, epoch_s, fail_s, back_s;
  const char *gaps;
  double gap_rate_per_min, gap_frames;
  /* derived from `gaps`: in order, disjoint */
  struct stance_sim_gap gap[STANCE_SIM_GAP_MAX];
  size_t gap_count;
};

extern const struct stance_source_key stance_sim_keys[];
extern const struct stance_source_profile stance_sim_profiles[];

/* Defaults, then the profile that the path names, then the query. STANCE_USAGE with a sentence.
   `ret_settings` borrows texts from `uri`. */
STANCE_MUST_CHECK enum stance_status
stance_sim_settings_read(const struct stance_uri *uri, struct stance_sim_settings *ret_settings,
                         struct stance_problem *problem);

#endif
