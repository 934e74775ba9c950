/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  SEARCH_LINES = 6,    /* lines that decide on the frequency: rectifiers hum at 2, 6 × mains */
  SEARCH_SECONDS = 30, /* seconds looked at for it, from the start */
  SEARCH_STEPS = 21,   /* 0.1 Hz apart: a sixth line is at most 0.3 Hz off, within its peak */
  REFINE_STEPS = 18,   /* golden section: 0.2 Hz to below 1e-4 Hz */
  FIT_ROUNDS = 6,      /* each reduces what the sines and the line leak into each other by > 30 */
  NOISE_OFFSETS = 10,
  SECONDS_MAX = 60,
};
static const double SEARCH_HALF_WIDTH_HZ = 1.0; /* island grids stray that far */
static const double RATE_MIN_HZ = 150.0;
/* Below this share of the largest sample a line is rounding, not hum. */
static const double ROUNDING = 1e-10;
/* Whole cycles a second away from each line, clear of the other family's lines. */
static const int NOISE_OFFSET[NOISE_OFFSETS] = {-6, -5, -4, -3, -2, 2, 3, 4, 5, 6};

struct stretch {
  double *signal; /* a copy, from which the stronger family is taken out */
  size_t count;
  double rate_hz;
};

/* About one second: as many cycles as the nominal frequency has in one. */
static size_t second_length(const struct stretch *stretch, double nominal_hz, double frequency_hz)
{
  size_t length = (size_t)lround(stretch->rate_hz * nominal_hz / frequency_hz);
  return length < stretch->count ? length : stretch->count;
}

static size_t whole_seconds(const struct stretch *stretch, size_t length)
{
  /* `length` and `count` are at least RATE_MIN_HZ less 2 %. */
  return stretch->count / length; // NOLINT(clang-analyzer-core.DivideZero)
}

static void remove_line(double *x, size_t count)
{
  double middle = (double)(count - 1) / 2.0, mean = 0.0, slope = 0.0;
  for (size_t i = 0; i < count; i++) {
    mean += x[i];
    slope += x[i] * ((double)i - middle);
  }
  mean /= (double)count;
  slope *= 12.0 / ((double)count * ((double)count * (double)count - 1.0));
  for (size_t i = 0; i < count; i++) {
    x[i] -= mean + slope * ((double)i - middle);
  }
}

struct phasor {
  double cosine, sine;
};

/* Projection on cosine and sine; `turn` is the angle per sample. The angle is stepped by rotation,
   whose rounding stays below 1e-12 over a second at any rate in use. */
static struct phasor project(const double *x, size_t count, double turn)
{
  const double step_cos = cos(turn), step_sin = sin(turn);
  double c = 1.0, s = 0.0;
  struct phasor sum = {0.0, 0.0};
  for (size_t i = 0; i < count; i++) {
    sum.cosine += x[i] * c;
    sum.sine += x[i] * s;
    double next = c * step_cos - s * step_sin;
    s = s * step_cos + c * step_sin;
    c = next;
  }
  return (struct phasor){2.0 * sum.cosine / (double)count, 2.0 * sum.sine / (double)count};
}

static void subtract(double *x, size_t count, double turn, struct phasor wave)
{
  const double step_cos = cos(turn), step_sin = sin(turn);
  double c = 1.0, s = 0.0;
  for (size_t i = 0; i < count; i++) {
    x[i] -= wave.cosine * c + wave.sine * s;
    double next = c * step_cos - s * step_sin;
    s = s * step_cos + c * step_sin;
    c = next;
  }
}

static double turn_of(const struct stretch *stretch, double frequency_hz)
{
  return 2.0 * M_PI * frequency_hz / stretch->rate_hz;
}

static size_t lines_below_half_rate(const struct stretch *stretch, double frequency_hz)
{
  /* Nearer to half the rate than 1 Hz, cosine and sine are one over a second. */
  double lines = floor((stretch->rate_hz / 2.0 - 1.0) / frequency_hz);
  return lines < STANCE_HUM_LINE_COUNT_MAX ? (size_t)lines : STANCE_HUM_LINE_COUNT_MAX;
}

/* Hann window: keeps a line's mirror image and the other family from pulling at the peak. */
static void taper(double *x, size_t count)
{
  const double turn = 2.0 * M_PI / (double)count, step_cos = cos(turn), step_sin = sin(turn);
  double c = 1.0, s = 0.0;
  for (size_t i = 0; i < count; i++) {
    x[i] *= 0.5 - 0.5 * c;
    double next = c * step_cos - s * step_sin;
    s = s * step_cos + c * step_sin;
    c = next;
  }
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
  qsort(values, count, sizeof *values, ascending);
  return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2.0;
}

/* Power of the first lines at a supposed mains frequency: the median over the first seconds. */
static double power_at(const struct stretch *stretch, double nominal_hz, double frequency_hz,
                       double *second)
{
  size_t length = second_length(stretch, nominal_hz, frequency_hz);
  size_t seconds = whole_seconds(stretch, length);
  seconds = seconds < SEARCH_SECONDS ? seconds : SEARCH_SECONDS;
  size_t lines = lines_below_half_rate(stretch, frequency_hz);
  lines = lines < SEARCH_LINES ? lines : SEARCH_LINES;
  double power[SEARCH_SECONDS] = {0};
  for (size_t k = 0; k < seconds; k++) {
    memcpy(second, stretch->signal + k * length, length * sizeof *second);
    remove_line(second, length);
    taper(second, length);
    for (size_t h = 1; h <= lines; h++) {
      struct phasor wave = project(second, length, turn_of(stretch, (double)h * frequency_hz));
      power[k] += wave.cosine * wave.cosine + wave.sine * wave.sine;
    }
  }
  return median(power, seconds);
}

static double find_frequency(const struct stretch *stretch, double nominal_hz, double *second)
{
  const double step = 2.0 * SEARCH_HALF_WIDTH_HZ / (SEARCH_STEPS - 1);
  double best = nominal_hz, best_power = -1.0;
  for (int k = 0; k < SEARCH_STEPS; k++) {
    double frequency = nominal_hz - SEARCH_HALF_WIDTH_HZ + k * step;
    double power = power_at(stretch, nominal_hz, frequency, second);
    if (power > best_power) {
      best_power = power;
      best = frequency;
    }
  }
  const double golden = (sqrt(5.0) - 1.0) / 2.0;
  double low = best - step, high = best + step;
  for (int k = 0; k < REFINE_STEPS; k++) {
    double left = high - golden * (high - low), right = low + golden * (high - low);
    if (power_at(stretch, nominal_hz, left, second) >
        power_at(stretch, nominal_hz, right, second)) {
      high = right;
    } else {
      low = left;
    }
  }
  return (low + high) / 2.0;
}

/* Takes line and sines out of one second, in place, by rounds of projection: the same as solving
   the normal equations, which are nearly diagonal over whole cycles. */
static void fit_second(const struct stretch *stretch, const struct stance_hum_family *family,
                       double *x, size_t length, struct phasor ret_wave[])
{
  memset(ret_wave, 0, family->line_count * sizeof *ret_wave);
  for (int round = 0; round < FIT_ROUNDS; round++) {
    remove_line(x, length);
    for (size_t h = 0; h < family->line_count; h++) {
      double turn = turn_of(stretch, (double)(h + 1) * family->frequency_hz);
      struct phasor wave = project(x, length, turn);
      subtract(x, length, turn, wave);
      ret_wave[h].cosine += wave.cosine;
      ret_wave[h].sine += wave.sine;
    }
  }
}

static void note_second(const struct stretch *stretch, const struct stance_hum_family *family,
                        const double *left, size_t length, const struct phasor wave[],
                        double *ret_amplitude, double *ret_noise)
{
  for (size_t h = 0; h < family->line_count; h++) {
    ret_amplitude[h] = hypot(wave[h].cosine, wave[h].sine);
    for (int k = 0; k < NOISE_OFFSETS; k++) {
      double frequency = (double)(h + 1) * family->frequency_hz + NOISE_OFFSET[k];
      struct phasor beside = project(left, length, turn_of(stretch, frequency));
      ret_noise[h * NOISE_OFFSETS + (size_t)k] = hypot(beside.cosine, beside.sine);
    }
  }
}

/* Measures the family at its frequency and takes it out of the stretch, which ends with its last
   whole second. `left` holds a second; `scratch`, for each second, an amplitude and NOISE_OFFSETS
   noises a line, and the same once more. */
static void measure_family(struct stretch *stretch, struct stance_hum_family *family, double *left,
                           double *scratch)
{
  const size_t length = second_length(stretch, family->nominal_hz, family->frequency_hz);
  const size_t seconds = whole_seconds(stretch, length);
  const size_t lines = family->line_count, row = lines * (1 + NOISE_OFFSETS);
  for (size_t k = 0; k < seconds; k++) {
    struct phasor wave[STANCE_HUM_LINE_COUNT_MAX];
    double *second = stretch->signal + k * length;
    memcpy(left, second, length * sizeof *left);
    fit_second(stretch, family, left, length, wave);
    note_second(stretch, family, left, length, wave, scratch + k * row, scratch + k * row + lines);
    for (size_t h = 0; h < lines; h++) {
      subtract(second, length, turn_of(stretch, (double)(h + 1) * family->frequency_hz), wave[h]);
    }
  }
  stretch->count = seconds * length;
  double squares = 0.0;
  for (size_t h = 0; h < lines; h++) {
    double *amplitude = scratch + seconds * row, *noise = amplitude + seconds;
    for (size_t k = 0; k < seconds; k++) {
      amplitude[k] = scratch[k * row + h];
      memcpy(noise + k * NOISE_OFFSETS, scratch + k * row + lines + h * NOISE_OFFSETS,
             NOISE_OFFSETS * sizeof *noise);
    }
    family->amplitude[h] = median(amplitude, seconds);
    /* Rayleigh: the rms is 1/√(ln 2) times the median, which an effort does not inflate. */
    family->noise[h] = median(noise, seconds * NOISE_OFFSETS) / sqrt(log(2.0));
    squares += family->amplitude[h] * family->amplitude[h];
  }
  family->rms = sqrt(squares / 2.0);
}

static double largest_of(const double *signal, size_t count)
{
  double largest = 0.0;
  for (size_t i = 0; i < count; i++) {
    largest = fmax(largest, fabs(signal[i]));
  }
  return largest;
}

static bool is_present(const struct stance_hum_family *family, double largest)
{
  for (size_t h = 0; h < family->line_count; h++) {
    if (family->amplitude[h] > STANCE_HUM_CLEAR * family->noise[h] &&
        family->amplitude[h] > ROUNDING * largest) {
      return true;
    }
  }
  return false;
}

static void measure_both(struct stretch *stretch, double *second, double *scratch,
                         struct stance_hum *ret_hum)
{
  struct stance_hum hum = {.at_50.nominal_hz = 50.0, .at_60.nominal_hz = 60.0};
  struct stance_hum_family *order[2] = {&hum.at_50, &hum.at_60};
  double power[2];
  for (int k = 0; k < 2; k++) {
    order[k]->frequency_hz = find_frequency(stretch, order[k]->nominal_hz, second);
    power[k] = power_at(stretch, order[k]->nominal_hz, order[k]->frequency_hz, second);
  }
  if (power[1] > power[0]) {
    order[0] = &hum.at_60;
    order[1] = &hum.at_50;
  }
  double largest = largest_of(stretch->signal, stretch->count);
  hum.mains_hz = (double)NAN;
  for (int k = 0; k < 2; k++) {
    if (k == 1) { /* again, in what the stronger one left */
      order[k]->frequency_hz = find_frequency(stretch, order[k]->nominal_hz, second);
    }
    order[k]->line_count = lines_below_half_rate(stretch, order[k]->frequency_hz);
    measure_family(stretch, order[k], second, scratch);
    order[k]->present = is_present(order[k], largest);
    if (order[k]->present && isnan(hum.mains_hz)) {
      hum.mains_hz = order[k]->frequency_hz;
    }
  }
  *ret_hum = hum;
}

enum stance_status stance_hum_measure(const double *signal, size_t count, double rate_hz,
                                      struct stance_hum *ret_hum, struct stance_problem *problem)
{
  if (!(rate_hz >= RATE_MIN_HZ && isfinite(rate_hz))) {
    return stance_problem_set(problem, STANCE_USAGE,
                              "mains hum: at %g Hz sampling it cannot be told; at least %g Hz",
                              rate_hz, RATE_MIN_HZ);
  }
  if ((double)count < rate_hz) {
    return stance_problem_set(problem, STANCE_INPUT,
                              "mains hum: %zu samples at %g Hz are less than a second", count,
                              rate_hz);
  }
  size_t minute = (size_t)(SECONDS_MAX * rate_hz);
  struct stretch stretch = {.count = count < minute ? count : minute, .rate_hz = rate_hz};
  for (size_t i = 0; i < stretch.count; i++) {
    if (!isfinite(signal[i])) {
      return stance_problem_set(problem, STANCE_INPUT, "mains hum: sample %zu is not a number", i);
    }
  }
  /* A second of a mains that is 2 % slow is 2 % longer; of a fast one, one more fits. */
  size_t second_max = (size_t)ceil(rate_hz * 1.05) + 1;
  size_t kept = (SECONDS_MAX + 2) * (STANCE_HUM_LINE_COUNT_MAX + 1) * (1 + NOISE_OFFSETS);
  double *second = malloc(second_max * sizeof *second), *scratch = malloc(kept * sizeof *scratch);
  // NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): at least a second of samples
  stretch.signal = malloc(stretch.count * sizeof *stretch.signal);
  enum stance_status status = STANCE_MEMORY;
  if (second == NULL || scratch == NULL || stretch.signal == NULL) {
    stance_problem_set(problem, status, "mains hum: no memory");
  } else {
    memcpy(stretch.signal, signal, stretch.count * sizeof *signal);
    measure_both(&stretch, second, scratch, ret_hum);
    status = STANCE_OK;
  }
  free(stretch.signal);
  free(scratch);
  free(second);
  return status;
}
