/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "random.h"

#include <math.h>

uint64_t stance_random_splitmix(uint64_t *state)
{
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

void stance_random_init(struct stance_random *random, uint64_t seed, uint64_t stream)
{
  uint64_t state = seed;

  /* Two rounds of mixing part the streams of neighbouring seeds. */
  state = stance_random_splitmix(&state) ^ stream;
  state = stance_random_splitmix(&state);
  for (int k = 0; k < 4; k++)
    random->state[k] = stance_random_splitmix(&state);
  random->spare = 0.0;
  random->spare_valid = false;
}

static uint64_t rotate_left(uint64_t x, int bits)
{
  return (x << bits) | (x >> (64 - bits));
}

uint64_t stance_random_next(struct stance_random *random)
{
  uint64_t *s = random->state;
  const uint64_t result = rotate_left(s[0] + s[3], 23) + s[0];
  const uint64_t t = s[1] << 17;

  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

double stance_random_uniform(struct stance_random *random)
{
  return (double)(stance_random_next(random) >> 11) * 0x1p-53;
}

double stance_random_between(struct stance_random *random, double low, double high)
{
  return low + (high - low) * stance_random_uniform(random);
}

double stance_random_normal(struct stance_random *random)
{
  if (random->spare_valid) {
    random->spare_valid = false;
    return random->spare;
  }
  const double radius = sqrt(-2.0 * log(1.0 - stance_random_uniform(random))); /* log of (0, 1] */
  const double angle = 6.283185307179586 * stance_random_uniform(random);      /* 2π */
  random->spare = radius * sin(angle);
  random->spare_valid = true;
  return radius * cos(angle);
}
