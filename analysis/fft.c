/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fft.h"

#include <fftw3.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct stance_fft {
  double *signal;
  fftw_complex *spectrum;
  fftw_plan forward, backward;
};

/* FFTW's planner is one global object of that library. The lock stands here, beside the only
   callers, because a forgotten one elsewhere would corrupt plans without a sign. Executing takes
   no lock. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

/* Under the lock. */
static void plan(struct stance_fft *fft, int length)
{
  static bool knows_plans;
  if (!knows_plans)
    (void)fftw_import_wisdom_from_string(stance_fft_plans);
  knows_plans = true;
  fft->forward = fftw_plan_dft_r2c_1d(length, fft->signal, fft->spectrum, FFTW_ESTIMATE);
  fft->backward = fftw_plan_dft_c2r_1d(length, fft->spectrum, fft->signal, FFTW_ESTIMATE);
}

enum stance_status stance_fft_create(size_t length, struct stance_fft **ret_fft)
{
  struct stance_fft *fft = calloc(1, sizeof *fft);
  if (fft == NULL) {
    return STANCE_MEMORY;
  }
  fft->signal = fftw_alloc_real(length);
  fft->spectrum = fftw_alloc_complex(length / 2 + 1);
  if (fft->signal == NULL || fft->spectrum == NULL) {
    stance_fft_destroy(fft);
    return STANCE_MEMORY;
  }
  pthread_mutex_lock(&planner);
  plan(fft, (int)length);
  pthread_mutex_unlock(&planner);
  if (fft->forward == NULL || fft->backward == NULL) {
    stance_fft_destroy(fft);
    return STANCE_MEMORY;
  }
  *ret_fft = fft;
  return STANCE_OK;
}

void stance_fft_destroy(struct stance_fft *fft)
{
  if (fft == NULL) {
    return;
  }
  pthread_mutex_lock(&planner);
  if (fft->forward != NULL) {
    fftw_destroy_plan(fft->forward);
  }
  if (fft->backward != NULL) {
    fftw_destroy_plan(fft->backward);
  }
  pthread_mutex_unlock(&planner);
  fftw_free(fft->signal);
  fftw_free(fft->spectrum);
  free(fft);
}

double *stance_fft_signal(struct stance_fft *fft)
{
  return fft->signal;
}

double *stance_fft_spectrum(struct stance_fft *fft)
{
  return (double *)fft->spectrum;
}

void stance_fft_forward(struct stance_fft *fft)
{
  fftw_execute(fft->forward);
}

void stance_fft_backward(struct stance_fft *fft)
{
  fftw_execute(fft->backward);
}

char *stance_fft_write_plans(void)
{
  pthread_mutex_lock(&planner);
  char *plans = fftw_export_wisdom_to_string();
  pthread_mutex_unlock(&planner);
  return plans;
}
