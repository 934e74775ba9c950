/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each metric of a simulated effort would be with a perfect instrument: the definitions of
   SCIENCE 1.2 on the force that truly acts, at the true onset. Physical seconds. */
#ifndef STANCE_SIM_TRUTH_H
#define STANCE_SIM_TRUTH_H

#include "sim_plan.h"

enum { STANCE_SIM_WINDOW_COUNT = 5 }; /* 0–50, 0–100, 0–150, 0–200, 0–250 ms */

/* One effort as one side saw it; `side` may be TOTAL. Levels are above the empty rig. */
struct stance_sim_truth {
  enum stance_side side;
  double onset_s, peak_s, end_s;
  double limb_n;     /* relaxed limb before the first effort */
  double baseline_n; /* just before this effort, pre-tension included */
  double onset_n;    /* at onset */
  double peak_n;
  double force_n[STANCE_SIM_WINDOW_COUNT]; /* at onset + 50 … 250 ms */
  double impulse_net_ns[STANCE_SIM_WINDOW_COUNT];
  double rfd_peak_20ms_n_per_s;
  double time_to_50pct_s, time_to_90pct_s; /* of the net rise; from onset */
};

/* Start of the k-th window's end after onset, s. */
double stance_sim_truth_window_s(size_t k);

/* The force that the instrument carrying `side` feels. */
double stance_sim_side_force_n(const struct stance_sim_plan *plan, enum stance_side side,
                               double time_s);

/* Section must have an effort that uses `side`, or BOTH and `side` TOTAL. Pure. */
void stance_sim_truth_measure(const struct stance_sim_plan *plan,
                              const struct stance_sim_section *section, enum stance_side side,
                              struct stance_sim_truth *ret_truth);

#endif
