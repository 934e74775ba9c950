/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/dual_pass.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t dual_pass_padding(const struct stance_lowpass *design)
{
  return (size_t)ceil(6.0 * design->rate_hz / design->cutoff_hz);
}

static void reverse(double *signal, size_t count)
{
  for (size_t i = 0; i < count / 2; i++) {
    double kept = signal[i];
    signal[i] = signal[count - 1 - i];
    signal[count - 1 - i] = kept;
  }
}

/* Grows the signal by at most its own length less one at a time, as numpy.pad does. */
static double *odd_reflected(const double *in, size_t count, size_t padding)
{
  double *padded = calloc(count + 2 * padding, sizeof *padded);
  memcpy(padded + padding, in, count * sizeof *in);
  size_t first = padding, last = padding + count - 1;
  while (first > 0) {
    size_t reach = last - first < first ? last - first : first;
    if (count == 1) {
      reach = first;
    }
    for (size_t k = 1; k <= reach; k++) {
      size_t mirror = count == 1 ? 0 : k;
      padded[first - k] = 2.0 * padded[first] - padded[first + mirror];
      padded[last + k] = 2.0 * padded[last] - padded[last - mirror];
    }
    first -= reach;
    last += reach;
  }
  return padded;
}

static void one_pass(const struct stance_lowpass *design, double *signal, size_t count)
{
  /* The sections of the dual design, each pass run by itself. */
  struct stance_lowpass causal = *design;
  causal.passes = 1;
  struct stance_causal filter;
  if (stance_causal_init(&filter, &causal, 1, NULL) != STANCE_OK ||
      stance_lowpass_sections(design, filter.section, &filter.section_count, NULL) != STANCE_OK) {
    abort();
  }
  stance_causal_process(&filter, signal, count, signal);
}

void dual_pass(const struct stance_lowpass *design, size_t padding, const double *in, size_t count,
               double *ret_out)
{
  double *padded = odd_reflected(in, count, padding);
  size_t length = count + 2 * padding;
  one_pass(design, padded, length);
  reverse(padded, length);
  one_pass(design, padded, length);
  reverse(padded, length);
  memcpy(ret_out, padded + padding, count * sizeof *padded);
  free(padded);
}
