/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/spectrum.h"

#include "fft.h"

#include <math.h>
#include <stdlib.h>

enum { SEGMENT_MIN = 16, SEGMENT_MAX = 1 << 24 };

struct stance_spectrum {
  struct stance_fft *fft;
  size_t length;
  double *window; /* sums to 1: a line's two halves then read A/2 each */
};

/* Cosine sums, periodic. Hann: von Hann. Flat top: D'Antona & Ferrero 2006, table of flat-top
   windows, the coefficients that SciPy uses. */
static const double COSINE_SUM[][5] = {
    [STANCE_WINDOW_HANN] = {0.5, 0.5, 0.0, 0.0, 0.0},
    [STANCE_WINDOW_FLAT_TOP] = {0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368},
};

static void set_window(struct stance_spectrum *spectrum, enum stance_window window)
{
  const double *term = COSINE_SUM[window];
  double sum = 0.0;
  for (size_t i = 0; i < spectrum->length; i++) {
    double angle = 2.0 * M_PI * (double)i / (double)spectrum->length, value = 0.0;
    for (int k = 0; k < 5; k++) {
      value += (k % 2 == 0 ? term[k] : -term[k]) * cos(k * angle);
    }
    spectrum->window[i] = value;
    sum += value;
  }
  for (size_t i = 0; i < spectrum->length; i++) {
    spectrum->window[i] /= sum;
  }
}

enum stance_status stance_spectrum_create(size_t segment_length, enum stance_window window,
                                          struct stance_spectrum **ret_spectrum,
                                          struct stance_problem *problem)
{
  if (segment_length < SEGMENT_MIN || segment_length > SEGMENT_MAX) {
    return stance_problem_set(problem, STANCE_USAGE,
                              "spectrum: segments of %zu samples; choose %d to %d", segment_length,
                              SEGMENT_MIN, SEGMENT_MAX);
  }
  struct stance_spectrum *spectrum = calloc(1, sizeof *spectrum);
  if (spectrum == NULL) {
    return stance_problem_set(problem, STANCE_MEMORY, "spectrum: no memory");
  }
  spectrum->length = segment_length;
  spectrum->window = malloc(segment_length * sizeof *spectrum->window);
  enum stance_status status = STANCE_MEMORY;
  if (spectrum->window != NULL) {
    status = stance_fft_create(segment_length, &spectrum->fft);
  }
  if (status != STANCE_OK) {
    stance_spectrum_destroy(spectrum);
    return stance_problem_set(problem, status, "spectrum: no memory for segments of %zu samples",
                              segment_length);
  }
  set_window(spectrum, window);
  *ret_spectrum = spectrum;
  return STANCE_OK;
}

void stance_spectrum_destroy(struct stance_spectrum *spectrum)
{
  if (spectrum != NULL) {
    stance_fft_destroy(spectrum->fft);
    free(spectrum->window);
    free(spectrum);
  }
}

size_t stance_spectrum_bin_count(const struct stance_spectrum *spectrum)
{
  return spectrum->length / 2 + 1;
}

/* Adds the squared amplitudes of one segment. */
static void add_segment(struct stance_spectrum *spectrum, const double *segment,
                        double *squared_amplitude)
{
  double *windowed = stance_fft_signal(spectrum->fft);
  for (size_t i = 0; i < spectrum->length; i++) {
    windowed[i] = segment[i] * spectrum->window[i];
  }
  stance_fft_forward(spectrum->fft);
  const double *bin = stance_fft_spectrum(spectrum->fft);
  for (size_t k = 0; k < stance_spectrum_bin_count(spectrum); k++) {
    /* Bin 0 and, for an even length, half the rate have no mirror image. */
    bool alone = k == 0 || 2 * k == spectrum->length;
    double power = bin[2 * k] * bin[2 * k] + bin[2 * k + 1] * bin[2 * k + 1];
    squared_amplitude[k] += alone ? power : 4.0 * power;
  }
}

enum stance_status stance_spectrum_apply(struct stance_spectrum *spectrum, const double *signal,
                                         size_t count, double *ret_amplitude)
{
  const size_t length = spectrum->length, step = length / 2;
  const size_t bins = stance_spectrum_bin_count(spectrum);
  if (count < length) {
    return STANCE_INPUT;
  }
  for (size_t k = 0; k < bins; k++) {
    ret_amplitude[k] = 0.0;
  }
  size_t segments = 0;
  for (size_t first = 0; first + length <= count; first += step, segments++) {
    add_segment(spectrum, signal + first, ret_amplitude);
  }
  for (size_t k = 0; k < bins; k++) {
    ret_amplitude[k] = sqrt(ret_amplitude[k] / (double)segments);
  }
  return isfinite(ret_amplitude[0]) ? STANCE_OK : STANCE_INPUT;
}
