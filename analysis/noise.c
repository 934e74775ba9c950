/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "noise.h"

#include "effort.h"
#include "scan.h"

#include <math.h>
#include <string.h>

/* Independent samples below which a spectrum, let alone an order, is guesswork. */
#define INDEPENDENT_LEAST 20.0

static double covariance(const double *force_n, long count, double mean_n, int lag)
{
  double sum = 0;
  for (long i = lag; i < count; i++)
    sum += (force_n[i] - mean_n) * (force_n[i - lag] - mean_n);
  return sum / (double)count; /* not count − lag: this one keeps every model stationary */
}

/* Levinson & Durbin: all orders one after the other; keeps the one that Schwarz 1978 prefers. */
static void choose_order(const double *autocovariance, int highest, long count,
                         struct noise_model *model)
{
  double a[NOISE_ORDER_MAX] = {0}, variance = autocovariance[0];
  double least = log(variance);
  for (int order = 1; order <= highest; order++) {
    double reflection = autocovariance[order];
    for (int k = 0; k < order - 1; k++)
      reflection -= a[k] * autocovariance[order - 1 - k];
    reflection /= variance;
    double next[NOISE_ORDER_MAX];
    memcpy(next, a, sizeof next);
    for (int k = 0; k < order - 1; k++)
      next[k] = a[k] - reflection * a[order - 2 - k];
    next[order - 1] = reflection;
    memcpy(a, next, sizeof a);
    variance *= 1 - reflection * reflection;
    if (!(variance > 0))
      return;
    const double criterion = log(variance) + order * log((double)count) / (double)count;
    if (criterion >= least)
      continue;
    least = criterion;
    model->order = order;
    memcpy(model->coefficient, a, sizeof a);
    model->innovation_sd_n = sqrt(variance);
  }
}

bool noise_model_fit(const double *force_n, long first, long count, struct noise_model *ret_model)
{
  if (count < 2 || scan_has_nan(force_n, first, first + count - 1))
    return false;
  const struct quiet_statistics quiet = quiet_window_statistics(force_n, first, count);
  struct noise_model model = {.sd_n = quiet.sd_n, .innovation_sd_n = quiet.sd_n, .correlation = 1};
  if (quiet.sd_n > 0) {
    double autocovariance[NOISE_ORDER_MAX + 1] = {0};
    const int highest = count / 20 < NOISE_ORDER_MAX ? (int)(count / 20) : NOISE_ORDER_MAX;
    for (int lag = 0; lag <= highest; lag++)
      autocovariance[lag] = covariance(force_n + first, count, quiet.mean_n, lag);
    choose_order(autocovariance, highest, count, &model);
    double sum = 0;
    for (int k = 0; k < model.order; k++)
      sum += model.coefficient[k];
    const double long_sd_n = model.innovation_sd_n / (1 - sum);
    model.correlation = fmax(1.0, long_sd_n * long_sd_n / (quiet.sd_n * quiet.sd_n));
  }
  if ((double)count < INDEPENDENT_LEAST * model.correlation)
    return false;
  *ret_model = model;
  return true;
}

/* Marsaglia & Tsang 2000 in the form of Doornik 2005: 128 layers of one area under exp(−x²/2). */
#define TAIL 3.442619855899
#define LAYER_AREA 9.91256303526217e-3

void noise_random_init(struct noise_random *random, uint64_t seed)
{
  random->state = seed;
  double height = exp(-0.5 * TAIL * TAIL);
  random->edge[0] = LAYER_AREA / height;
  random->edge[1] = TAIL;
  random->edge[NOISE_LAYERS] = 0;
  for (int k = 2; k < NOISE_LAYERS; k++) {
    random->edge[k] = sqrt(-2 * log(LAYER_AREA / random->edge[k - 1] + height));
    height = exp(-0.5 * random->edge[k] * random->edge[k]);
  }
  for (int k = 0; k < NOISE_LAYERS; k++)
    random->ratio[k] = random->edge[k + 1] / random->edge[k];
}

/* splitmix64, Steele, Lea & Flood 2014 */
static uint64_t next_word(struct noise_random *random)
{
  uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

double noise_uniform(struct noise_random *random)
{
  return (double)(next_word(random) >> 11) * 0x1p-53;
}

static double tail(struct noise_random *random, bool negative)
{
  double x, y;
  do {
    x = log(1 - noise_uniform(random)) / TAIL;
    y = log(1 - noise_uniform(random));
  } while (-2 * y < x * x);
  return negative ? x - TAIL : TAIL - x;
}

double noise_gaussian(struct noise_random *random)
{
  for (;;) {
    const uint64_t word = next_word(random);
    const int layer = (int)(word & (NOISE_LAYERS - 1)); /* bits that `side` does not use */
    const double side = 2 * ((double)(word >> 11) * 0x1p-53) - 1;
    if (fabs(side) < random->ratio[layer])
      return side * random->edge[layer];
    if (layer == 0)
      return tail(random, side < 0);
    const double x = side * random->edge[layer];
    const double outer = exp(-0.5 * (random->edge[layer] * random->edge[layer] - x * x));
    const double inner = exp(-0.5 * (random->edge[layer + 1] * random->edge[layer + 1] - x * x));
    if (inner + noise_uniform(random) * (outer - inner) < 1.0)
      return x;
  }
}

static double next_noise(const struct noise_model *model, struct noise_random *random,
                         double past[NOISE_ORDER_MAX])
{
  double value = model->innovation_sd_n * noise_gaussian(random);
  for (int k = 0; k < model->order; k++)
    value += model->coefficient[k] * past[k];
  for (int k = model->order - 1; k > 0; k--)
    past[k] = past[k - 1];
  past[0] = value;
  return value;
}

void noise_add(const struct noise_model *model, struct noise_random *random, const double *clean_n,
               long count, double *ret_force_n)
{
  if (model->order == 0) {
    for (long i = 0; i < count; i++)
      ret_force_n[i] = clean_n[i] + model->sd_n * noise_gaussian(random);
    return;
  }
  double past[NOISE_ORDER_MAX] = {0};
  /* From rest to the noise's own height: ten correlation lengths, and at least the order. */
  for (long i = (long)(10 * model->correlation) + 4 * model->order; i > 0; i--)
    (void)next_noise(model, random, past);
  for (long i = 0; i < count; i++)
    ret_force_n[i] = clean_n[i] + next_noise(model, random, past);
}
