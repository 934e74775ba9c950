/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/signals.h"

#include <math.h>

struct random random_seeded(uint64_t seed)
{
  return (struct random){.state = seed};
}

static uint64_t next(struct random *random)
{
  uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

double random_uniform(struct random *random, double low, double high)
{
  return low + (high - low) * (double)(next(random) >> 11) * 0x1p-53;
}

long random_whole(struct random *random, long low, long high)
{
  return low + (long)(next(random) % (uint64_t)(high - low + 1));
}

/* Marsaglia's polar method. */
double random_normal(struct random *random)
{
  if (random->has_spare) {
    random->has_spare = false;
    return random->spare;
  }
  double u, v, s;
  do {
    u = random_uniform(random, -1.0, 1.0);
    v = random_uniform(random, -1.0, 1.0);
    s = u * u + v * v;
  } while (s >= 1.0 || s == 0.0);
  double factor = sqrt(-2.0 * log(s) / s);
  random->spare = v * factor;
  random->has_spare = true;
  return u * factor;
}

static double raised_cosine(double phase)
{
  return 0.5 - 0.5 * cos(M_PI * fmin(fmax(phase, 0.0), 1.0));
}

void add_hump(double *force_n, size_t count, double rate_hz, double start_s, double top_s,
              double fall_s, double end_s, double height_n)
{
  for (size_t i = 0; i < count; ++i) {
    double t = (double)i / rate_hz;
    if (t > start_s && t < end_s)
      force_n[i] += height_n * (raised_cosine((t - start_s) / (top_s - start_s)) -
                                raised_cosine((t - fall_s) / (end_s - fall_s)));
  }
}

void add_lowering(double *force_n, size_t count, double rate_hz, double start_s, double top_s,
                  double fall_s, double height_n)
{
  for (size_t i = 0; i < count; ++i) {
    double t = (double)i / rate_hz;
    double rise = fmin((t - start_s) / (top_s - start_s), 1.0);
    if (t > start_s && t < top_s + fall_s)
      force_n[i] += height_n * (rise * rise - raised_cosine((t - top_s) / fall_s));
  }
}

void add_plateau(double *force_n, size_t count, double rate_hz, double start_s, double stop_s,
                 double tau_s, double fall_s, double height_n, double tremor_n)
{
  for (size_t i = 0; i < count; ++i) {
    double t = (double)i / rate_hz;
    if (t <= start_s || t >= stop_s + fall_s)
      continue;
    double rise = 1.0 - exp(-(t - start_s) / tau_s);
    double held = height_n + tremor_n * (sin(2.0 * M_PI * 9.0 * t) + sin(2.0 * M_PI * 0.7 * t));
    force_n[i] += held * rise * (1.0 - raised_cosine((t - stop_s) / fall_s));
  }
}

void add_step(double *force_n, size_t count, double rate_hz, double start_s, double rise_s,
              double height_n)
{
  for (size_t i = 0; i < count; ++i)
    force_n[i] += height_n * raised_cosine(((double)i / rate_hz - start_s) / rise_s);
}

void add_noise(double *force_n, size_t count, struct random *random, double sd_n)
{
  for (size_t i = 0; i < count; ++i)
    force_n[i] += sd_n * random_normal(random);
}

struct stance_effort_search search_whole(const double *force_n, size_t count, double rate_hz)
{
  return (struct stance_effort_search){
      .force_n = force_n,
      .sample_count = count,
      .rate_hz = rate_hz,
      .first = 0,
      .last = (long)count - 1,
      .body_weight_n = (double)NAN,
  };
}

struct stance_effort effort_of(const struct stance_effort_search *search,
                               const struct stance_analysis_settings *settings)
{
  struct stance_effort effort;
  stance_effort_anchor(search, settings, &effort);
  stance_effort_onset(search, settings, stance_effort_threshold_height_n(&effort), &effort);
  return effort;
}
