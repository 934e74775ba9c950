/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recording's own noise: measured in the quiet window, and made anew as often as is wished. */
#ifndef STANCE_ANALYSIS_NOISE_H
#define STANCE_ANALYSIS_NOISE_H

#include <stdbool.h>
#include <stdint.h>

enum { NOISE_ORDER_MAX = 12, NOISE_LAYERS = 128 };

/* Gaussian and autoregressive: e[t] = Σ coefficient[k] · e[t − 1 − k] + innovation. */
struct noise_model {
  double sd_n; /* of one sample */
  double innovation_sd_n;
  int order;
  double coefficient[NOISE_ORDER_MAX];
  double correlation; /* variance of a long mean over that of white noise of the same SD */
};

/* Yule-Walker, the order by Schwarz's criterion. False where the samples hold no number, or are so
   much alike that they tell nothing of the noise: fewer than 20 independent ones. */
bool noise_model_fit(const double *force_n, long first, long count, struct noise_model *ret_model);

/* Seeded: the same seed gives the same numbers. */
struct noise_random {
  uint64_t state;
  double edge[NOISE_LAYERS + 1], ratio[NOISE_LAYERS]; /* of the layers of the ziggurat */
};
void noise_random_init(struct noise_random *random, uint64_t seed);
double noise_uniform(struct noise_random *random);  /* [0, 1) */
double noise_gaussian(struct noise_random *random); /* mean 0, SD 1 */
/* Adds `count` samples of noise to force. */
void noise_add(const struct noise_model *model, struct noise_random *random, const double *clean_n,
               long count, double *ret_force_n);

#endif
