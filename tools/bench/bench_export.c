/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw-trace export against fprintf: the same rows, the same bytes, side by side in one run. */
#include "raw_export.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 200000, CHANNELS = 2, ROUNDS = 5 };

static double now_s(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void with_fprintf(const struct stance_raw_trace *raw, FILE *out)
{
  fprintf(out, "time (s),left (N),right (N)\n");
  for (size_t k = 0; k < raw->sample_count; k++)
    fprintf(out, "%.3f,%.3f,%.3f\n", (double)k / raw->time.rate_hz, raw->value[0][k],
            raw->value[1][k]);
}

static void with_ours(const struct stance_raw_trace *raw, FILE *out)
{
  const struct stance_raw_export_options options = {.decimals = 3};
  if (stance_raw_export(raw, &options, out, NULL) != STANCE_OK)
    abort();
}

/* Best of some rounds into memory: no disk in the measurement. */
static double measure_s(void (*write)(const struct stance_raw_trace *, FILE *),
                        const struct stance_raw_trace *raw, char **ret_bytes, size_t *ret_length)
{
  double best_s = (double)INFINITY;
  for (int round = 0; round < ROUNDS; round++) {
    free(*ret_bytes);
    FILE *out = open_memstream(ret_bytes, ret_length);
    if (out == NULL)
      abort();
    double start_s = now_s();
    write(raw, out);
    fflush(out);
    double took_s = now_s() - start_s;
    best_s = took_s < best_s ? took_s : best_s;
    fclose(out);
  }
  return best_s;
}

int main(void)
{
  static double force[CHANNELS][SAMPLES];
  struct stance_raw_trace raw = {
      .sample_count = SAMPLES,
      .channel_count = CHANNELS,
      .channel = {{.name = "left", .unit = "N"}, {.name = "right", .unit = "N"}},
      .value = {force[0], force[1]},
      .time = {.rate_hz = 1000},
  };
  uint32_t state = 7;
  for (size_t k = 0; k < SAMPLES; k++)
    for (size_t c = 0; c < CHANNELS; c++) {
      state = state * 1664525 + 1013904223; /* Numerical Recipes' quick generator */
      force[c][k] = 350 + 340 * sin((double)k / 700) + (double)state * 0x1p-30;
    }
  char *ours = NULL, *peer = NULL;
  size_t our_length = 0, peer_length = 0;
  double peer_s = measure_s(with_fprintf, &raw, &peer, &peer_length);
  double ours_s = measure_s(with_ours, &raw, &ours, &our_length);
  bool same = our_length == peer_length && memcmp(ours, peer, our_length) == 0;
  double ratio = peer_s / ours_s;
  printf("raw-trace CSV export | %.0f MB/s | fprintf(\"%%.3f\") %.0f MB/s | %.1fx | >= 5x | %s\n",
         1e-6 * (double)our_length / ours_s, 1e-6 * (double)peer_length / peer_s, ratio,
         !same        ? "MISSED (bytes differ)"
         : ratio >= 5 ? "ok"
                      : "MISSED");
  free(ours);
  free(peer);
  return same ? 0 : 1;
}
