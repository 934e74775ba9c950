/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a guest's script cannot do by itself:

     device_check profile STORE                      puts the calibration profile of standard input
     device_check compare STORE PLAY N_PER_V PPM [STREAM [RECORDING]]
                                                     the recording against the force that was played

   `compare` prints stored= (frames that came), lost=, gaps=, misread= (values further than half a
   converter step and a thousandth from the closed form of the athlete at that instant), worst= (in
   steps). Exit status 1 where a value was misread. Behind a gap whose length only the host's clock
   knows, the instants are shifted by the error of that length: the shift is found, told as shift=
   (samples), and allowed up to the number in STANCE_SHIFT_MAX (0). */
#include "store.h"
#include "virtual_input.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int complain(const char *what, const struct stance_problem *problem)
{
  fprintf(stderr, "device_check: %s: %s\n", what, problem->text);
  return 2;
}

static int put_profile(const char *path)
{
  static char text[65536];
  const size_t length = fread(text, 1, sizeof text - 1, stdin);
  struct stance_problem problem = {""};
  struct stance_calibration calibration;
  struct stance_store *store = NULL;

  text[length] = '\0';
  enum stance_status status =
      stance_calibration_import("standard input", text, &calibration, &problem);
  if (status == STANCE_OK)
    status = stance_store_open(path, STANCE_STORE_WRITE, &store, &problem);
  if (status == STANCE_OK)
    status = stance_store_put_calibration(store, &calibration, &problem);
  stance_store_close(store);
  return status == STANCE_OK ? 0 : complain("profile", &problem);
}

struct comparison {
  const struct stance_raw_trace *trace;
  struct stance_virtual_input *played;
  double rate_hz; /* true */
  uint64_t misread;
  double worst_steps;
};

/* "AIN3" → 3. */
static unsigned terminal_of(const struct stance_channel *channel)
{
  const char *digits = channel->name;

  while (*digits != '\0' && !isdigit((unsigned char)*digits))
    digits++;
  return (unsigned)strtoul(digits, NULL, 10);
}

/* Converter steps between what was read and what acted. */
static double error_steps(struct comparison *comparison, size_t c, size_t k, double shift)
{
  const struct stance_channel *channel = &comparison->trace->channel[c];
  const struct stance_converter *converter = &channel->converter;
  const double above = comparison->trace->value[c][k] - converter->zero;
  const double slope = above >= 0.0 ? converter->slope_above : converter->slope_below;
  const double volts = converter->offset + above * slope;
  const double time_s = ((double)k + shift) / comparison->rate_hz + channel->skew_s;
  const double truth = stance_virtual_input_volts(comparison->played, terminal_of(channel), time_s);

  return fabs(volts - truth) / fabs(slope);
}

static double worst_of(struct comparison *comparison, struct stance_span span, double shift)
{
  double worst = 0.0;

  for (size_t k = span.first; k < span.first + span.count; k++)
    for (size_t c = 0; c < comparison->trace->channel_count; c++) {
      if (isnan(comparison->trace->value[c][k]))
        continue;
      worst = fmax(worst, error_steps(comparison, c, k, shift));
    }
  return worst;
}

static void compare_span(struct comparison *comparison, struct stance_span span, double shift)
{
  /* A half is the rounding of a converter; the thousandth is that of slopes stored as f32. */
  static const double allowed_steps = 0.501;

  for (size_t k = span.first; k < span.first + span.count; k++)
    for (size_t c = 0; c < comparison->trace->channel_count; c++) {
      if (isnan(comparison->trace->value[c][k]))
        continue;
      const double error = error_steps(comparison, c, k, shift);
      comparison->worst_steps = fmax(comparison->worst_steps, error);
      comparison->misread += error > allowed_steps;
    }
}

/* The shift of at most `most` samples that fits best. */
static double find_shift(struct comparison *comparison, struct stance_span span, int most)
{
  double best = 0.0, least = worst_of(comparison, span, 0.0);

  if (least <= 0.501)
    return 0.0;
  for (int shift = -most; shift <= most; shift++) {
    const double worst = worst_of(comparison, span, shift);
    if (worst < least) {
      least = worst;
      best = shift;
    }
  }
  return best;
}

static uint64_t compare(struct comparison *comparison, int most, uint64_t *ret_lost,
                        double *ret_shift)
{
  const struct stance_raw_trace *trace = comparison->trace;
  struct stance_span span = {0};
  double shift = 0.0;

  *ret_lost = 0;
  *ret_shift = 0.0;
  for (size_t g = 0; g <= trace->gap_count; g++) {
    const size_t end = g < trace->gap_count ? trace->gap[g].first : trace->sample_count;
    span.count = end - span.first;
    if (most > 0 && span.count > 0)
      shift = find_shift(comparison, span, most);
    *ret_shift = fmax(*ret_shift, fabs(shift));
    compare_span(comparison, span, shift);
    if (g < trace->gap_count) {
      *ret_lost += trace->gap[g].count;
      span.first = end + trace->gap[g].count;
    }
  }
  return trace->sample_count - *ret_lost;
}

static int report(const struct stance_recording *recording, const struct stance_raw_trace *trace,
                  char **arguments, size_t stream)
{
  const struct stance_virtual_input_options options = {
      .uri = arguments[0][0] == '\0' ? NULL : arguments[0],
      .newton_per_volt = strtod(arguments[1], NULL),
      .clock_ppm = strtod(arguments[2], NULL)};
  const struct stance_source_info *source = &recording->stream[stream].source;
  const char *most = getenv("STANCE_SHIFT_MAX");
  struct stance_problem problem = {""};
  struct comparison comparison = {.trace = trace,
                                  .rate_hz = source->rate_hz * (1.0 + options.clock_ppm * 1e-6)};
  uint64_t lost;
  double shift;

  if (stance_virtual_input_open(&options, &comparison.played, &problem) != STANCE_OK)
    return complain("play", &problem);
  const uint64_t stored = compare(&comparison, most == NULL ? 0 : atoi(most), &lost, &shift);
  stance_virtual_input_destroy(comparison.played);
  printf("stored=%" PRIu64 " lost=%" PRIu64 " gaps=%zu misread=%" PRIu64 " worst=%.3f shift=%g "
         "channels=%zu rate=%.6f measured=%.6f finished=%s\n",
         stored, lost, trace->gap_count, comparison.misread, comparison.worst_steps, shift,
         trace->channel_count, source->rate_hz, trace->time.rate_hz,
         recording->finished_at[0] == '\0' ? "no" : "yes");
  return comparison.misread > 0;
}

static int compare_recording(int count, char **arguments)
{
  const size_t stream = count > 4 ? strtoul(arguments[4], NULL, 10) : 0;
  struct stance_problem problem = {""};
  struct stance_store *store = NULL;
  struct stance_recording recording = {0};
  struct stance_raw_trace traces[STANCE_STREAM_MAX] = {0};
  struct stance_phase *phases = NULL;
  char(*ids)[STANCE_UUID_SIZE] = NULL;
  size_t id_count = 0, phase_count;
  int result = 2;

  enum stance_status status = stance_store_open(arguments[0], STANCE_STORE_READ, &store, &problem);
  if (status == STANCE_OK)
    status = stance_store_list(store, &ids, &id_count, &problem);
  if (status == STANCE_OK && id_count == 0)
    status = stance_problem_set(&problem, STANCE_INPUT, "the store holds no recording");
  if (status == STANCE_OK)
    status = stance_store_load(store, count > 5 ? arguments[5] : ids[id_count - 1], &recording,
                               traces, &phases, &phase_count, &problem);
  if (status == STANCE_OK && stream >= recording.stream_count)
    status = stance_problem_set(&problem, STANCE_INPUT, "no stream %zu", stream);
  if (status == STANCE_OK)
    result = report(&recording, &traces[stream], arguments + 1, stream);
  else
    complain("compare", &problem);
  free(ids);
  free(phases);
  for (size_t k = 0; k < STANCE_STREAM_MAX; k++)
    stance_raw_trace_finish(&traces[k]);
  stance_recording_finish(&recording);
  stance_store_close(store);
  return result;
}

int main(int argc, char **argv)
{
  if (argc == 3 && strcmp(argv[1], "profile") == 0)
    return put_profile(argv[2]);
  if (argc >= 6 && argc <= 8 && strcmp(argv[1], "compare") == 0)
    return compare_recording(argc - 2, argv + 2);
  fprintf(stderr, "usage: device_check profile STORE | compare STORE PLAY N_PER_V PPM [STREAM "
                  "[RECORDING]]\n");
  return 2;
}
