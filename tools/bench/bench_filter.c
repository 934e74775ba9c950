/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The zero-phase filter over an hour of eight channels at 1 kHz, against copying them and against
   SciPy's sosfiltfilt; the live sections frame by frame, against copying each frame. In turns
   within one run; a ratio is the median over the turns. */
#include "measure.h"
#include "stance/filter.h"

#include <stdint.h>
#include <string.h>

enum {
  CHANNELS = 8,
  SAMPLES = 3600 * 1000,
  TURNS = 5,
  LIVE_FRAMES = 600 * 1000, /* ten minutes: as in a session, the frames come from memory */
  LIVE_TURNS = 9,
};
static const struct stance_lowpass DUAL = {1000, 20, 2, 2, false};

static void fill(double *signal, size_t count, uint32_t state)
{
  for (size_t i = 0; i < count; i++) {
    state = state * 1664525 + 1013904223; /* Numerical Recipes' quick generator */
    signal[i] = 300.0 + (double)(i % 20000) * 0.01 + (double)state * 0x1p-30;
  }
}

static double copy_s(double *const *in, double **out)
{
  double start_s = now_s();
  for (size_t c = 0; c < CHANNELS; c++) {
    memcpy(out[c], in[c], SAMPLES * sizeof **in);
  }
  return now_s() - start_s;
}

static double filter_s(struct stance_zero_phase *filter, double *const *in, double **out)
{
  double start_s = now_s();
  for (size_t c = 0; c < CHANNELS; c++) {
    if (stance_zero_phase_apply(filter, in[c], SAMPLES, out[c]) != STANCE_OK) {
      abort();
    }
  }
  return now_s() - start_s;
}

/* Seconds that SciPy takes for the same; negative where it is not installed. */
static double scipy_s(void)
{
  char command[1024];
  const char *source = getenv("STANCE_SOURCE_DIR");
  snprintf(command, sizeof command, "/usr/bin/python3 '%s/tools/bench/peer_sosfiltfilt.py' %d %d",
           source != NULL ? source : ".", CHANNELS, SAMPLES);
  FILE *child = popen(command, "r"); // NOLINT(cert-env33-c): nothing in it comes from outside
  char line[64];
  double took_s = -1.0;
  if (child != NULL) {
    if (fgets(line, sizeof line, child) != NULL) {
      took_s = strtod(line, NULL);
    }
    if (pclose(child) != 0) {
      took_s = -1.0;
    }
  }
  return took_s;
}

static bool bench_zero_phase(void)
{
  double *in[CHANNELS], *out[CHANNELS];
  for (size_t c = 0; c < CHANNELS; c++) {
    in[c] = malloc(SAMPLES * sizeof **in);
    out[c] = malloc(SAMPLES * sizeof **out);
    if (in[c] == NULL || out[c] == NULL) {
      abort();
    }
    fill(in[c], SAMPLES, (uint32_t)c);
  }
  struct stance_zero_phase *filter;
  if (stance_zero_phase_create(&DUAL, &filter, NULL) != STANCE_OK) {
    abort();
  }
  copy_s(in, out);
  filter_s(filter, in, out);
  double copy[TURNS], ours[TURNS], to_copy[TURNS], peer[TURNS], to_peer[TURNS];
  for (size_t turn = 0; turn < TURNS; turn++) {
    copy[turn] = copy_s(in, out);
    ours[turn] = filter_s(filter, in, out);
    peer[turn] = scipy_s();
    to_copy[turn] = ours[turn] / copy[turn];
    to_peer[turn] = peer[turn] / ours[turn];
  }
  const double to_ns = 1e9 / ((double)CHANNELS * SAMPLES);
  const char *what = "zero-phase 20 Hz, 60 min x 8 channels";
  double ours_ns = to_ns * median_of(ours, TURNS), ratio = median_of(to_copy, TURNS);
  bool holds = print_row(what, ours_ns, "copy", to_ns * median_of(copy, TURNS), ratio, "<= 6x",
                         ratio <= 6.0);
  double peer_s = median_of(peer, TURNS);
  if (peer_s > 0.0) {
    ratio = median_of(to_peer, TURNS);
    holds &= print_row(what, ours_ns, "SciPy sosfiltfilt", to_ns * peer_s, ratio, ">= 2.5x",
                       ratio >= 2.5);
  } else {
    print_skipped(what, "SciPy", ">= 2.5x");
  }
  stance_zero_phase_destroy(filter);
  for (size_t c = 0; c < CHANNELS; c++) {
    free(in[c]);
    free(out[c]);
  }
  return holds;
}

/* Not inlined: a block of one costs a call either way. */
__attribute__((noinline)) static void copy_frames(const double *frames, size_t frame_count,
                                                  double *ret_frames)
{
  memcpy(ret_frames, frames, frame_count * CHANNELS * sizeof *frames);
}

static double live_copy_s(const double *in, double *out)
{
  double start_s = now_s();
  for (size_t i = 0; i < LIVE_FRAMES; i++) {
    copy_frames(in + i * CHANNELS, 1, out + i * CHANNELS);
  }
  return now_s() - start_s;
}

static double live_filter_s(struct stance_causal *filter, const double *in, double *out)
{
  double start_s = now_s();
  for (size_t i = 0; i < LIVE_FRAMES; i++) {
    stance_causal_process(filter, in + i * CHANNELS, 1, out + i * CHANNELS);
  }
  return now_s() - start_s;
}

static bool bench_live(unsigned order)
{
  double *in = malloc(LIVE_FRAMES * CHANNELS * sizeof *in);
  double *out = malloc(LIVE_FRAMES * CHANNELS * sizeof *out);
  struct stance_lowpass design = {1000, 20, order, 1, false};
  struct stance_causal filter;
  if (in == NULL || out == NULL ||
      stance_causal_init(&filter, &design, CHANNELS, NULL) != STANCE_OK) {
    abort();
  }
  fill(in, LIVE_FRAMES * CHANNELS, order);
  live_copy_s(in, out);
  live_filter_s(&filter, in, out);
  double copy[LIVE_TURNS], ours[LIVE_TURNS], to_copy[LIVE_TURNS];
  for (size_t turn = 0; turn < LIVE_TURNS; turn++) {
    copy[turn] = live_copy_s(in, out);
    ours[turn] = live_filter_s(&filter, in, out);
    to_copy[turn] = ours[turn] / copy[turn];
  }
  free(in);
  free(out);
  const double to_ns = 1e9 / LIVE_FRAMES;
  double ours_ns = to_ns * median_of(ours, LIVE_TURNS), ratio = median_of(to_copy, LIVE_TURNS);
  char what[80];
  snprintf(what, sizeof what, "live filter of order %u, 8 channels, block of one, -O2", order);
  return print_row(what, ours_ns, "copy", to_ns * median_of(copy, LIVE_TURNS), ratio,
                   "<= 4.5x and 70 ns", ratio <= 4.5 && ours_ns <= 70.0);
}

int main(void)
{
  bool holds = bench_zero_phase();
  holds &= bench_live(2);
  holds &= bench_live(4);
  return holds ? 0 : 1;
}
