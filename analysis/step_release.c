/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/step_release.h"

#include "stance/spectrum.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* c, A, B, σ, ω */
enum parameter { LEVEL, COSINE, SINE, DECAY, PULSATION, PARAMETERS };

enum {
  SHORTEST = 32,     /* samples that a fit is tried on */
  LONGEST_LOG2 = 13, /* 8192 samples: 8 s at 1 kHz resolve 0.1 Hz */
  ITERATIONS = 60,   /* a few suffice from a good start */
  PERIODS_AT_ONCE = 20,
};
#define EXPLAINED_LEAST 0.9
#define TIME_CONSTANTS 5.0   /* what is left is 0.7 % of the first swing */
#define SAMPLES_A_PERIOD 4.0 /* twice what the sampling theorem asks, for noise's sake */
#define STEP_TO_NOISE 10.0
#define DAMPING_MOST 0.5 /* beyond it a fall with an overshoot of 16 % or less is no ringing */

struct fit {
  double p[PARAMETERS];
  double covariance[PARAMETERS][PARAMETERS]; /* times the residuals' variance */
  double explained;
  size_t count;
};

struct ringing {
  const double *force_n;
  size_t count;
  double rate_hz;
};

/* Solves m·x = b in place by Gaussian elimination with pivoting; false where m is singular. `b`
   holds `columns` right sides. */
static bool solve(double m[PARAMETERS][PARAMETERS], double b[PARAMETERS][PARAMETERS],
                  size_t columns)
{
  for (size_t k = 0; k < PARAMETERS; k++) {
    size_t pivot = k;
    for (size_t r = k + 1; r < PARAMETERS; r++)
      pivot = fabs(m[r][k]) > fabs(m[pivot][k]) ? r : pivot;
    if (!(fabs(m[pivot][k]) > 0))
      return false;
    for (size_t c = 0; c < PARAMETERS && pivot != k; c++) {
      const double a = m[k][c], d = b[k][c];
      m[k][c] = m[pivot][c];
      m[pivot][c] = a;
      b[k][c] = b[pivot][c];
      b[pivot][c] = d;
    }
    for (size_t r = 0; r < PARAMETERS; r++) {
      if (r == k)
        continue;
      const double factor = m[r][k] / m[k][k];
      for (size_t c = k; c < PARAMETERS; c++)
        m[r][c] -= factor * m[k][c];
      for (size_t c = 0; c < columns; c++)
        b[r][c] -= factor * b[k][c];
    }
  }
  for (size_t k = 0; k < PARAMETERS; k++)
    for (size_t c = 0; c < columns; c++)
      b[k][c] /= m[k][k];
  return true;
}

/* Sum of squared residuals; with `normal`, JᵀJ and Jᵀr too. */
static double evaluate(const struct ringing *ringing, size_t count, const double p[PARAMETERS],
                       double normal[PARAMETERS][PARAMETERS], double gradient[PARAMETERS])
{
  double squares = 0;
  if (normal != NULL) {
    memset(normal, 0, sizeof(double[PARAMETERS][PARAMETERS]));
    memset(gradient, 0, sizeof(double[PARAMETERS]));
  }
  for (size_t i = 0; i < count; i++) {
    const double t = (double)i / ringing->rate_hz;
    const double envelope = exp(-p[DECAY] * t);
    const double c = envelope * cos(p[PULSATION] * t), s = envelope * sin(p[PULSATION] * t);
    const double swing = p[COSINE] * c + p[SINE] * s;
    const double residual = ringing->force_n[i] - p[LEVEL] - swing;
    squares += residual * residual;
    if (normal == NULL)
      continue;
    const double j[PARAMETERS] = {1, c, s, -t * swing, t * (p[SINE] * c - p[COSINE] * s)};
    for (size_t r = 0; r < PARAMETERS; r++) {
      gradient[r] += j[r] * residual;
      for (size_t k = 0; k < PARAMETERS; k++)
        normal[r][k] += j[r] * j[k];
    }
  }
  return squares;
}

/* Marquardt 1963: steps between Gauss-Newton and steepest descent, each parameter on its scale. */
static double refine(const struct ringing *ringing, size_t count, double p[PARAMETERS])
{
  double damping = 1e-3, normal[PARAMETERS][PARAMETERS], gradient[PARAMETERS];
  double squares = evaluate(ringing, count, p, normal, gradient);
  for (int k = 0; k < ITERATIONS; k++) {
    double m[PARAMETERS][PARAMETERS], step[PARAMETERS][PARAMETERS] = {{0}}, next[PARAMETERS];
    memcpy(m, normal, sizeof m);
    for (size_t r = 0; r < PARAMETERS; r++) {
      m[r][r] *= 1 + damping;
      step[r][0] = gradient[r];
    }
    if (!solve(m, step, 1))
      break;
    for (size_t r = 0; r < PARAMETERS; r++)
      next[r] = p[r] + step[r][0];
    const double then = evaluate(ringing, count, next, NULL, NULL);
    if (!(then < squares)) {
      damping *= 10;
      if (damping > 1e12)
        break;
      continue;
    }
    const bool settled = squares - then <= 1e-14 * squares;
    memcpy(p, next, sizeof next);
    squares = evaluate(ringing, count, p, normal, gradient);
    damping /= 10;
    if (settled)
      break;
  }
  return squares;
}

static double variance_sum(const double *value, size_t count)
{
  double sum = 0, squares = 0;
  for (size_t k = 0; k < count; k++)
    sum += value[k] - value[0];
  for (size_t k = 0; k < count; k++) {
    const double about = value[k] - value[0] - sum / (double)count;
    squares += about * about;
  }
  return squares;
}

/* A fit over `count` samples from `p` on; false where it is none. */
static bool finish_fit(const struct ringing *ringing, size_t count, double p[PARAMETERS],
                       struct fit *ret_fit)
{
  struct fit fit = {.count = count};
  double normal[PARAMETERS][PARAMETERS], gradient[PARAMETERS];
  const double total = variance_sum(ringing->force_n, count);
  const double squares = refine(ringing, count, p);
  if (!(total > 0) || !isfinite(squares) || !(p[PULSATION] > 0) || !(p[DECAY] > 0))
    return false;
  evaluate(ringing, count, p, normal, gradient);
  for (size_t k = 0; k < PARAMETERS; k++)
    fit.covariance[k][k] = squares / (double)(count - PARAMETERS);
  if (!solve(normal, fit.covariance, PARAMETERS))
    return false;
  memcpy(fit.p, p, sizeof fit.p);
  fit.explained = 1 - squares / total;
  *ret_fit = fit;
  return true;
}

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* From one guess of the frequency: half a period after the release, then for as long as it rings.
 */
static bool fit_from(const struct ringing *all, double guess_hz, struct fit *ret_fit)
{
  const size_t skip = (size_t)lround(all->rate_hz / guess_hz / 2);
  if (skip + SHORTEST > all->count)
    return false;
  const struct ringing ringing = {all->force_n + skip, all->count - skip, all->rate_hz};
  const size_t wanted = (size_t)lround(PERIODS_AT_ONCE * all->rate_hz / guess_hz);
  const size_t count = wanted < SHORTEST ? SHORTEST : smaller(wanted, ringing.count);
  double p[PARAMETERS] = {ringing.force_n[count - 1],
                          ringing.force_n[0] - ringing.force_n[count - 1], 0,
                          0.05 * 2 * M_PI * guess_hz, 2 * M_PI * guess_hz};
  struct fit fit;
  if (!finish_fit(&ringing, count, p, &fit))
    return false;
  const double lasts = TIME_CONSTANTS / fit.p[DECAY] * all->rate_hz;
  const size_t trimmed = lasts < SHORTEST                ? SHORTEST
                         : lasts > (double)ringing.count ? ringing.count
                                                         : (size_t)lasts;
  memcpy(p, fit.p, sizeof p);
  return finish_fit(&ringing, trimmed, p, ret_fit);
}

/* Frequency of the highest peak of the first `length` samples; 0 where none can be had. */
static double spectral_peak(const struct ringing *ringing, size_t length, double *amplitude)
{
  struct stance_spectrum *spectrum = NULL;
  double best_hz = 0, best = 0;
  if (stance_spectrum_create(length, STANCE_WINDOW_HANN, &spectrum, NULL) != STANCE_OK)
    return 0;
  if (stance_spectrum_apply(spectrum, ringing->force_n, length, amplitude) == STANCE_OK)
    for (size_t k = 2; k < length / 2; k++) /* beside the mean's own line */
      if (amplitude[k] > best) {
        best = amplitude[k];
        best_hz = (double)k * ringing->rate_hz / (double)length;
      }
  stance_spectrum_destroy(spectrum);
  return best_hz;
}

static bool fit_best(const struct ringing *ringing, struct fit *ret_fit)
{
  bool any = false;
  double *amplitude = malloc(((size_t)1 << LONGEST_LOG2) * sizeof *amplitude);
  for (size_t log2 = 5; log2 <= LONGEST_LOG2 && amplitude != NULL; log2++) {
    struct fit fit;
    const size_t length = (size_t)1 << log2;
    if (length > ringing->count)
      break;
    const double guess_hz = spectral_peak(ringing, length, amplitude);
    if (guess_hz > 0 && fit_from(ringing, guess_hz, &fit) &&
        (!any || fit.explained > ret_fit->explained)) {
      *ret_fit = fit;
      any = true;
    }
  }
  free(amplitude);
  return any;
}

static double mean_of(const double *value, size_t count)
{
  double sum = 0;
  for (size_t k = 0; k < count; k++)
    sum += value[k];
  return sum / (double)count;
}

/* First sample past the middle between how it began and how it ended; 0 where there is no step. */
static size_t find_release(const double *force_n, size_t count, double *ret_step_n)
{
  const size_t ends = count / 20; /* 5 % at either end stand still */
  if (ends < 2)
    return 0;
  const double before_n = mean_of(force_n, ends);
  const double after_n = mean_of(force_n + count - ends, ends);
  const double step_n = after_n - before_n;
  const double noise_n =
      sqrt((variance_sum(force_n, ends) + variance_sum(force_n + count - ends, ends)) /
           (2.0 * (double)(ends - 1)));
  if (!(fabs(step_n) > STEP_TO_NOISE * noise_n))
    return 0;
  size_t i = ends;
  while (i < count && (force_n[i] - before_n) / step_n < 0.5)
    i++;
  *ret_step_n = step_n;
  return i < count ? i : 0;
}

static void conclude(const struct fit *fit, struct stance_step_release *result)
{
  const double decay = fit->p[DECAY], pulsation = fit->p[PULSATION];
  const double natural = hypot(decay, pulsation), cube = natural * natural * natural;
  const double v_decay = fit->covariance[DECAY][DECAY],
               v_pulsation = fit->covariance[PULSATION][PULSATION],
               both = fit->covariance[DECAY][PULSATION];
  result->natural_hz = natural / (2 * M_PI);
  result->damped_hz = pulsation / (2 * M_PI);
  result->damping = decay / natural;
  /* JCGM 100:2008, eq. 13 */
  result->natural_uncertainty_hz =
      sqrt(fmax(0, decay * decay * v_decay + pulsation * pulsation * v_pulsation +
                       2 * decay * pulsation * both)) /
      natural / (2 * M_PI);
  result->damping_uncertainty =
      pulsation / cube *
      sqrt(fmax(0, pulsation * pulsation * v_decay + decay * decay * v_pulsation -
                       2 * decay * pulsation * both));
  result->explained = fit->explained;
  result->sample_count = fit->count;
}

enum stance_status stance_step_release_fit(const double *force_n, size_t count, double rate_hz,
                                           struct stance_step_release *ret_fit,
                                           struct stance_problem *problem)
{
  struct stance_step_release result = {0};
  struct fit fit = {.explained = 0};
  for (size_t k = 0; k < count; k++)
    if (!isfinite(force_n[k]))
      return stance_problem_set(problem, STANCE_INPUT,
                                "sample %zu is lost or damaged: record the release again", k + 1);
  const size_t release = find_release(force_n, count, &result.step_n);
  if (release == 0)
    return stance_problem_set(problem, STANCE_INPUT,
                              "no release is seen: the force must stand still, step at once by at "
                              "least ten times its noise, and stand still again");
  const struct ringing ringing = {force_n + release, count - release, rate_hz};
  if (!fit_best(&ringing, &fit) || fit.explained < EXPLAINED_LEAST ||
      fit.p[DECAY] > DAMPING_MOST * hypot(fit.p[DECAY], fit.p[PULSATION]))
    return stance_problem_set(
        problem, STANCE_INPUT,
        "what follows the release at %.3f s is no single decaying oscillation (%.0f %% of it is "
        "explained, %.0f %% are asked for): let go at once, touch nothing, or the rig rings faster "
        "than %.0f Hz can show",
        (double)release / rate_hz, 100 * fit.explained, 100 * EXPLAINED_LEAST, rate_hz);
  if (fit.p[PULSATION] / (2 * M_PI) > rate_hz / SAMPLES_A_PERIOD)
    return stance_problem_set(problem, STANCE_INPUT,
                              "the rig rings at %.1f Hz, and %.0f samples a second show no more "
                              "than %.0f Hz: sample faster",
                              fit.p[PULSATION] / (2 * M_PI), rate_hz, rate_hz / SAMPLES_A_PERIOD);
  result.released_s = (double)release / rate_hz;
  conclude(&fit, &result);
  *ret_fit = result;
  return STANCE_OK;
}
