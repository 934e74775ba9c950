/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small generators of force, independent of the simulator, and seeded random numbers. */
#ifndef STANCE_TESTS_SIGNALS_H
#define STANCE_TESTS_SIGNALS_H

#include "stance/onset.h"
#include "stance/trace.h"

#include <stddef.h>
#include <stdint.h>

/* splitmix64 (Vigna 2015): every seed is as good as another. */
struct random {
  uint64_t state;
  double spare; /* of the normal pair */
  bool has_spare;
};
struct random random_seeded(uint64_t seed);
double random_uniform(struct random *random, double low, double high); /* [low, high) */
long random_whole(struct random *random, long low, long high);         /* [low, high] */
double random_normal(struct random *random);                           /* mean 0, SD 1 */

/* Adds `height_n` · shape: raised-cosine flanks from start to top and from fall to end. */
void add_hump(double *force_n, size_t count, double rate_hz, double start_s, double top_s,
              double fall_s, double end_s, double height_n);
/* Adds a rise that steepens like t², from start to top, and a raised-cosine fall of `fall_s`
   after: a Nordic lowering that breaks. */
void add_lowering(double *force_n, size_t count, double rate_hz, double start_s, double top_s,
                  double fall_s, double height_n);
/* Adds height · (1 − e^{−t/tau}) from start to stop, with tremor of `tremor_n` at 9 Hz and slow
   wander at 0.7 Hz of the same size on it, then a raised-cosine fall. */
void add_plateau(double *force_n, size_t count, double rate_hz, double start_s, double stop_s,
                 double tau_s, double fall_s, double height_n, double tremor_n);
/* Adds a constant from start_s to the end, reached within `rise_s` along a raised cosine. */
void add_step(double *force_n, size_t count, double rate_hz, double start_s, double rise_s,
              double height_n);
void add_noise(double *force_n, size_t count, struct random *random, double sd_n);

/* One effort over a whole force; quiet search and walk may use all of it. */
struct stance_effort_search search_whole(const double *force_n, size_t count, double rate_hz);
/* Anchor and onset with the effort's own threshold. */
struct stance_effort effort_of(const struct stance_effort_search *search,
                               const struct stance_analysis_settings *settings);

#endif
