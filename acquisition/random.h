/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seeded random numbers for the simulated rig: the same seed gives the same sequence everywhere. */
#ifndef STANCE_RANDOM_H
#define STANCE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* xoshiro256++ 1.0 (Blackman & Vigna 2021, ACM TOMS 45:1), period 2^256 − 1. */
struct stance_random {
  uint64_t state[4];
  double spare; /* the second of a pair of normal deviates */
  bool spare_valid;
};

/* SplitMix64 (Steele, Lea & Flood 2014): advances `state` and returns the next value. */
uint64_t stance_random_splitmix(uint64_t *state);
/* Streams of one seed are independent of each other, so that a change of the sensor's noise leaves
   the athlete as he was. */
void stance_random_init(struct stance_random *random, uint64_t seed, uint64_t stream);
uint64_t stance_random_next(struct stance_random *random);
/* Uniform in [0, 1): the upper 53 bits. */
double stance_random_uniform(struct stance_random *random);
double stance_random_between(struct stance_random *random, double low, double high);
/* Normal with mean 0 and standard deviation 1 (Box & Muller 1958). Reproducible as far as the
   host's log, sin and cos are. */
double stance_random_normal(struct stance_random *random);

#endif
