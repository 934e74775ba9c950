/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How force rises in one effort: closed forms, so that the truth of a simulated recording is exact.
   Pure. */
#ifndef STANCE_SIM_SHAPE_H
#define STANCE_SIM_SHAPE_H

/* Each gives the force `since_onset_s` after onset of an effort that grows to (or towards)
   `peak_n`; SCIENCE 10.1. Exponential: peak·(1 − e^(−t/τ)), 0 before onset. */
double stance_sim_exponential_n(double peak_n, double tau_s, double since_onset_s);
/* peak / (1 + e^(−(t − delay)/scale)): onset lies `delay_s` before the inflexion; the tail before
   it is kept, since a step at onset would be no logistic. */
double stance_sim_logistic_n(double peak_n, double delay_s, double scale_s, double since_onset_s);
/* peak·t/rise up to `rise_s`, then peak; 0 before onset. */
double stance_sim_ramp_n(double peak_n, double rise_s, double since_onset_s);
/* A Nordic lowering: the load grows with the sine of the lean, and the lean ever faster, until the
   hamstrings yield at `lowering_s`; 0 before onset. */
double stance_sim_nordic_n(double peak_n, double lowering_s, double since_onset_s);

/* Half a cosine from 0 at t <= 0 to 1 at t >= duration. */
double stance_sim_step(double duration_s, double t_s);
/* One raised cosine of height 1 on (0, duration), 0 outside. */
double stance_sim_bump(double duration_s, double t_s);

#endif
