/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double ns_per_s = 1e9;
/* CLOCK_MONOTONIC is read some tens of ns after the interrupt: delays are not told apart better. */
static const double resolution_ns = 100.0;
/* Smallest delays that tell the density near the envelope; two lie on the line itself. */
static const size_t smallest[] = {6, 12, 24, 48};
/* Estimates of a density from m delays are too high by m/(m − 1) on average, and two more were used
   up by the line. */
enum { LOST_TO_THE_FIT = 3 };
/* e^−50 of the density is out of reach. */
static const double log_density_min = -50.0;

struct point {
  double x, y; /* frames from the mean index; ns above the line through the first and last mark */
};

struct envelope {
  struct point *point; /* all marks */
  size_t count;
  struct point *hull; /* lower convex hull, ascending */
  size_t hull_count;
  double slope;   /* of the best line, ns per frame, on that line */
  double height;  /* of the best line at x = 0 */
  double density; /* marks per ns of delay, near none */
};

static int by_index(const void *a, const void *b)
{
  const struct stance_clock_mark *l = a, *r = b;
  if (l->index != r->index)
    return l->index < r->index ? -1 : 1;
  return (l->host_ns > r->host_ns) - (l->host_ns < r->host_ns);
}

static int by_value(const void *a, const void *b)
{
  const double l = *(const double *)a, r = *(const double *)b;
  return (l > r) - (l < r);
}

static size_t sort_marks(struct stance_clock_mark *marks, size_t count)
{
  size_t kept = 0;

  qsort(marks, count, sizeof *marks, by_index);
  for (size_t k = 0; k < count; k++)
    if (kept == 0 || marks[k].index != marks[kept - 1].index)
      marks[kept++] = marks[k];
  return kept;
}

/* True where b lies on or above the line from a to c. */
static bool is_above(struct point a, struct point b, struct point c)
{
  return (b.y - a.y) * (c.x - a.x) >= (c.y - a.y) * (b.x - a.x);
}

static void find_hull(struct envelope *envelope)
{
  size_t count = 0;

  for (size_t k = 0; k < envelope->count; k++) {
    while (count >= 2 &&
           is_above(envelope->hull[count - 2], envelope->hull[count - 1], envelope->point[k]))
      count--;
    envelope->hull[count++] = envelope->point[k];
  }
  envelope->hull_count = count;
}

/* Slope of the hull's edge that begins at corner k. */
static double edge_slope(const struct envelope *envelope, size_t k)
{
  const struct point *a = &envelope->hull[k], *b = &envelope->hull[k + 1];
  return (b->y - a->y) / (b->x - a->x);
}

/* The corner at which the edge over the mean index begins: the best line runs along it. */
static size_t find_best_edge(const struct envelope *envelope)
{
  size_t k = 0;
  while (k + 2 < envelope->hull_count && envelope->hull[k + 1].x <= 0.0)
    k++;
  return k;
}

static void find_density(struct envelope *envelope, double *delay)
{
  const size_t n = envelope->count;
  double sum = 0.0;

  for (size_t k = 0; k < n; k++) {
    const struct point *p = &envelope->point[k];
    delay[k] = fmax(p->y - envelope->height - envelope->slope * p->x, 0.0);
    sum += delay[k];
  }
  qsort(delay, n, sizeof *delay, by_value);
  double density = (double)(n - LOST_TO_THE_FIT) / fmax(sum / (double)n, resolution_ns);
  for (size_t k = 0; k < sizeof smallest / sizeof *smallest && smallest[k] + 2 <= n; k++)
    density = fmin(density, (double)(smallest[k] - LOST_TO_THE_FIT) /
                                fmax(delay[smallest[k] + 1], resolution_ns));
  envelope->density = density;
}

/* Integrals of the density of lines over their slope, and over its logarithm. */
struct moments {
  double mass, slope, slope_square, log, log_square;
};

/* Adds the slopes from `from` on, away from the best line in the direction `sign`, over a width
   `width` (INFINITY at the end), on which the logarithm of the density falls from `log` at `rate`
   per unit of slope. Closed forms of ∫ tᵐ·e^(−rate·t) dt, m = 0, 1, 2. */
static void add_piece(struct moments *sum, double from, double sign, double width, double log,
                      double rate)
{
  const double z = rate * width, scale = exp(log);
  double m0, m1, m2;

  if (z < 1e-3) { /* where the closed forms cancel: their series to z², exact to 1e−9 */
    m0 = width * (1.0 - z / 2.0 + z * z / 6.0);
    m1 = width * width * (1.0 / 2.0 - z / 3.0 + z * z / 8.0);
    m2 = width * width * width * (1.0 / 3.0 - z / 4.0 + z * z / 10.0);
  } else {
    const double rest = isinf(width) ? 0.0 : exp(-z), zz = isinf(width) ? 0.0 : z;
    m0 = (1.0 - rest) / rate;
    m1 = (1.0 - rest * (1.0 + zz)) / (rate * rate);
    m2 = (2.0 - rest * (zz * zz + 2.0 * zz + 2.0)) / (rate * rate * rate);
  }
  sum->mass += scale * m0;
  sum->slope += scale * (from * m0 + sign * m1);
  sum->slope_square += scale * (from * from * m0 + 2.0 * sign * from * m1 + m2);
  sum->log += scale * (log * m0 - rate * m1);
  sum->log_square += scale * (log * log * m0 - 2.0 * log * rate * m1 + rate * rate * m2);
}

/* Lines steeper than the best one turn about the corners to the right of the mean index, flatter
   ones about those to the left. Slopes count from that of the best line. */
static struct moments integrate(const struct envelope *envelope)
{
  const size_t best = find_best_edge(envelope), last = envelope->hull_count - 1;
  struct moments sum = {0};

  for (int side = 0; side < 2; side++) {
    const double sign = side == 0 ? 1.0 : -1.0;
    double log = 0.0, from = 0.0;
    for (size_t k = 0; log > log_density_min; k++) {
      const size_t corner = side == 0 ? best + 1 + k : best - k;
      const bool is_last = side == 0 ? corner == last : corner == 0;
      const double rate = envelope->density * fabs(envelope->hull[corner].x);
      const double width =
          is_last ? (double)INFINITY
                  : fabs(edge_slope(envelope, side == 0 ? corner : corner - 1) - envelope->slope) -
                        fabs(from);
      add_piece(&sum, from, sign, width, log, rate);
      if (is_last)
        break;
      log -= rate * width;
      from += sign * width;
    }
  }
  return sum;
}

static bool allocate(struct envelope *envelope, struct stance_clock_mark **ret_marks,
                     double **ret_delay, size_t count)
{
  *ret_marks = malloc(count * sizeof **ret_marks);
  *ret_delay = malloc(count * sizeof **ret_delay);
  envelope->point = malloc(count * sizeof *envelope->point);
  envelope->hull = malloc(count * sizeof *envelope->hull);
  return *ret_marks != NULL && *ret_delay != NULL && envelope->point != NULL &&
         envelope->hull != NULL;
}

/* `count` marks in order of their index. */
static struct stance_clock_fit fit_envelope(struct envelope *envelope,
                                            const struct stance_clock_mark *marks, size_t count,
                                            double *delay)
{
  const struct stance_clock_mark *first = &marks[0], *last = &marks[count - 1];
  const double frames = (double)(last->index - first->index);
  const double base = (double)(last->host_ns - first->host_ns) / frames;
  double mean = 0.0;

  for (size_t k = 0; k < count; k++)
    mean += (double)(marks[k].index - first->index) / (double)count;
  for (size_t k = 0; k < count; k++) {
    const double x = (double)(marks[k].index - first->index);
    envelope->point[k].x = x - mean;
    envelope->point[k].y = (double)(marks[k].host_ns - first->host_ns) - base * x;
  }
  envelope->count = count;
  find_hull(envelope);
  const size_t best = find_best_edge(envelope);
  envelope->slope = edge_slope(envelope, best);
  envelope->height = envelope->hull[best].y - envelope->slope * envelope->hull[best].x;
  find_density(envelope, delay);

  const struct moments sum = integrate(envelope);
  const double slope = sum.slope / sum.mass, log = sum.log / sum.mass;
  const double slope_variance = fmax(sum.slope_square / sum.mass - slope * slope, 0.0);
  const double log_variance = fmax(sum.log_square / sum.mass - log * log, 0.0);
  /* Below the highest line of a slope the density falls as e^(λ·height): 1/λ lower on average, and
     of that standard deviation. */
  const double height = envelope->height + (log - 1.0) / envelope->density;
  const double height_variance = (log_variance + 1.0) / (envelope->density * envelope->density);
  /* Twice the standard deviation of a difference of two uniform delays, and of one. */
  const double step_ns = STANCE_CLOCK_DELAY_STEP_S * ns_per_s;
  return (struct stance_clock_fit){
      .mark_count = count,
      .index = (double)first->index + mean,
      .host_ns = first->host_ns + llround(base * mean + height),
      .ns_per_frame = base + envelope->slope + slope,
      .ns_per_frame_uncertainty =
          hypot(2.0 * sqrt(slope_variance), 2.0 * step_ns / sqrt(6.0) / frames),
      .host_uncertainty_ns = hypot(2.0 * sqrt(height_variance), 2.0 * step_ns / sqrt(12.0)),
  };
}

enum stance_status stance_clock_fit(const struct stance_clock_mark *marks, size_t count,
                                    struct stance_clock_fit *ret_fit)
{
  struct envelope envelope = {0};
  struct stance_clock_mark *sorted = NULL;
  double *delay = NULL;
  enum stance_status status = STANCE_END;

  *ret_fit = (struct stance_clock_fit){0};
  if (count < STANCE_CLOCK_MARK_MIN)
    return status;
  if (!allocate(&envelope, &sorted, &delay, count)) {
    status = STANCE_MEMORY;
    goto finish;
  }
  memcpy(sorted, marks, count * sizeof *marks);
  count = sort_marks(sorted, count);
  if (count >= STANCE_CLOCK_MARK_MIN && sorted[count - 1].host_ns > sorted[0].host_ns) {
    *ret_fit = fit_envelope(&envelope, sorted, count, delay);
    status = STANCE_OK;
  }
finish:
  free(envelope.point);
  free(envelope.hull);
  free(delay);
  free(sorted);
  return status;
}

void stance_clock_fit_rate(const struct stance_clock_fit *fit, struct stance_time_axis *axis)
{
  if (fit->mark_count == 0)
    return;
  const double relative = fit->ns_per_frame_uncertainty / fit->ns_per_frame;
  if (!(fit->ns_per_frame > 0.0) || relative > STANCE_CLOCK_CLAIM_PPM * 1e-6)
    return;
  axis->rate_hz = ns_per_s / fit->ns_per_frame;
  axis->rate_uncertainty_hz = relative * axis->rate_hz;
}

struct stance_clock_fit stance_clock_fit_settle(const struct stance_clock_fit *fit,
                                                const struct stance_time_axis *axis,
                                                unsigned decimation)
{
  struct stance_clock_fit settled = *fit;
  const double frames = decimation > 1 ? decimation : 1;

  settled.index /= frames;
  settled.ns_per_frame = ns_per_s / axis->rate_hz;
  settled.ns_per_frame_uncertainty = isnan(axis->rate_uncertainty_hz)
                                         ? settled.ns_per_frame * STANCE_CLOCK_CLAIM_PPM * 1e-6
                                         : fit->ns_per_frame_uncertainty * frames;
  return settled;
}
