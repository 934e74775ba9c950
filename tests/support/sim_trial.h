/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A simulated recording on the product's own way to a result: frames, raw trace, the rig's profile,
   analysis. No thread, no store. */
#ifndef STANCE_TESTS_SIM_TRIAL_H
#define STANCE_TESTS_SIM_TRIAL_H

#include "sim.h"
#include "stance/result.h"

struct sim_trial {
  struct stance_sim sim; /* its plan is the truth */
  struct stance_result result;
};

/* `phases`: with the phases that a live run records, else as a file comes in. `order` is the side
   of the efforts on one plate, SIDE_NONE where forces have sides of their own; BOTH: left and right
   in turn. Ends the program with a sentence where anything fails. */
void sim_trial_run(struct sim_trial *trial, const char *uri, const char *protocol_id, bool phases,
                   enum stance_side order);
void sim_trial_finish(struct sim_trial *trial);

/* The k-th effort of the plan; NULL past the end. */
const struct stance_sim_section *sim_trial_effort(const struct sim_trial *trial, size_t k);

#endif
