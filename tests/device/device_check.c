/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a guest's script cannot do by itself:

     device_check profile STORE                      puts the calibration profile of standard input
     device_check force PLAY SIDE TIME_S…            newtons that truly act, one line each,
                                                     and the most within 3 s after the first
     device_check compare STORE PLAY N_PER_V PPM BIAS_V MARKS_V [STREAM [RECORDING]]
                                                     the recording against the force that was played

   `compare` prints stored= (frames that came), lost=, gaps=, misread= (values further than half a
   converter step and a thousandth from the closed form of the athlete at that instant), worst= (in
   steps). Exit status 1 where a value was misread. A stream that was started anew lies behind a gap
   whose length only the host's clock knows: STANCE_STREAM_STARTS holds the instants at which the
   instrument started each, in seconds; how far the recording puts them off is told as shift=
   (samples, the largest). STANCE_WIRING: as for stance-instrument. */
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

enum { EFFORT_MS = 3000 };

static int print_force(const char *play, const char *side, char **times, int count)
{
  char wiring[32];
  struct stance_problem problem = {""};
  struct stance_virtual_input *input;

  snprintf(wiring, sizeof wiring, "%s:0", side);
  const struct stance_virtual_input_options options = {
      .uri = play, .newton_per_volt = 1.0, .wiring = wiring};
  if (stance_virtual_input_open(&options, &input, &problem) != STANCE_OK)
    return complain("force", &problem);
  for (int k = 0; k < count; k++)
    printf("%.6f\n", stance_virtual_input_volts(input, 0, strtod(times[k], NULL)));
  double peak = 0.0;
  for (unsigned ms = 0; ms < EFFORT_MS; ms++)
    peak = fmax(peak, stance_virtual_input_volts(input, 0, strtod(times[0], NULL) + ms * 1e-3));
  printf("%.6f\n", peak);
  stance_virtual_input_destroy(input);
  return 0;
}

enum { STARTS_MAX = 1024, LATE_MAX = 64 };

struct comparison {
  const struct stance_raw_trace *trace;
  struct stance_virtual_input *played;
  double newton_per_volt;
  double rate_hz; /* true */
  double start_s[STARTS_MAX];
  size_t start_count;
  uint64_t misread;
  double worst_steps, shift;
};

/* Sample `first` was taken at `first_s`, and so on at the true rate. */
struct timing {
  size_t first;
  double first_s;
};

/* A half is the rounding of a converter; the thousandth is that of slopes stored as f32. */
static const double allowed_steps = 0.501;

/* "AIN3" → 3, "Fz" → 2. */
static unsigned terminal_of(const struct stance_channel *channel)
{
  static const char *const axes[] = {"Fx", "Fy", "Fz", "Mx", "My", "Mz"};
  const char *digits = channel->name;

  for (unsigned axis = 0; axis < sizeof axes / sizeof axes[0]; axis++)
    if (strcmp(channel->name, axes[axis]) == 0)
      return axis;
  while (*digits != '\0' && !isdigit((unsigned char)*digits))
    digits++;
  return (unsigned)strtoul(digits, NULL, 10);
}

static double time_of(const struct comparison *comparison, const struct timing *timing, size_t k)
{
  return timing->first_s + ((double)k - (double)timing->first) / comparison->rate_hz;
}

/* What an instrument says for one volt at its terminals, in its unit. */
static double unit_per_volt(const struct comparison *comparison, const char *unit)
{
  if (strcmp(unit, "V") == 0)
    return 1.0;
  return strcmp(unit, "mV") == 0 ? 1e3 : comparison->newton_per_volt;
}

/* Where the sensor says newtons as f32: what that resolves from 1024 N up. */
static const double f32_step_n = 0x1p-13;

/* Converter steps between what was read and what acted. */
static double error_steps(const struct comparison *comparison, const struct timing *timing,
                          size_t c, size_t k)
{
  const struct stance_channel *channel = &comparison->trace->channel[c];
  const struct stance_converter *converter = &channel->converter;
  const bool converts = converter->unit[0] != '\0';
  const double above = comparison->trace->value[c][k] - converter->zero;
  const double slope = !converts      ? 1.0
                       : above >= 0.0 ? converter->slope_above
                                      : converter->slope_below;
  const double truth = unit_per_volt(comparison, converts ? converter->unit : channel->unit) *
                       stance_virtual_input_volts(comparison->played, terminal_of(channel),
                                                  time_of(comparison, timing, k) + channel->skew_s);
  const double step = converts ? fabs(slope) : f32_step_n;

  return isnan(above) ? 0.0 : fabs(converter->offset + above * slope - truth) / step;
}

/* Values misread under a timing; stops counting at `enough`. */
static uint64_t count_misread(const struct comparison *comparison, const struct timing *timing,
                              struct stance_span span, uint64_t enough, double *worst)
{
  uint64_t count = 0;

  for (size_t k = span.first; k < span.first + span.count && count < enough; k++)
    for (size_t c = 0; c < comparison->trace->channel_count; c++) {
      const double error = error_steps(comparison, timing, c, k);
      *worst = fmax(*worst, error);
      count += error > allowed_steps;
    }
  return count;
}

/* The span goes on in the same stream, or is of one that was started later, of which the first
   samples may never have come. Takes the one under which the fewest values are misread. */
static void compare_span(struct comparison *comparison, struct stance_span span,
                         struct timing *timing, size_t *stream)
{
  double worst = 0.0;
  struct timing best = *timing;
  uint64_t least = count_misread(comparison, timing, span, UINT64_MAX, &worst);

  for (size_t s = *stream + 1; s < comparison->start_count; s++)
    for (size_t late = 0; late < LATE_MAX && least > 0; late++) {
      double other_worst = 0.0;
      const struct timing other = {span.first,
                                   comparison->start_s[s] + (double)late / comparison->rate_hz};
      const uint64_t count = count_misread(comparison, &other, span, least, &other_worst);
      if (count >= least)
        continue;
      least = count;
      best = other;
      worst = other_worst;
      *stream = s;
    }
  *timing = best;
  comparison->misread += least;
  comparison->worst_steps = fmax(comparison->worst_steps, worst);
  const double shift = time_of(comparison, timing, 0) * comparison->rate_hz;
  if (fabs(shift) > fabs(comparison->shift))
    comparison->shift = shift;
}

/* Frames stored. */
static uint64_t compare(struct comparison *comparison, uint64_t *ret_lost)
{
  const struct stance_raw_trace *trace = comparison->trace;
  struct timing timing = {0, comparison->start_s[0]};
  size_t first = 0, stream = 0;

  *ret_lost = 0;
  for (size_t g = 0; g <= trace->gap_count; g++) {
    const size_t end = g < trace->gap_count ? trace->gap[g].first : trace->sample_count;
    if (end > first)
      compare_span(comparison, (struct stance_span){first, end - first}, &timing, &stream);
    if (g == trace->gap_count)
      break;
    *ret_lost += trace->gap[g].count;
    first = end + trace->gap[g].count;
  }
  return trace->sample_count - *ret_lost;
}

static void read_starts(struct comparison *comparison)
{
  const char *at = getenv("STANCE_STREAM_STARTS");

  while (at != NULL && comparison->start_count < STARTS_MAX) {
    char *end;
    const double start_s = strtod(at, &end);
    if (end == at)
      break;
    comparison->start_s[comparison->start_count++] = start_s;
    at = end;
  }
}

static int report(const struct stance_recording *recording, const struct stance_raw_trace *trace,
                  char **arguments, size_t stream)
{
  const struct stance_virtual_input_options options = {
      .uri = arguments[0][0] == '\0' ? NULL : arguments[0],
      .wiring = getenv("STANCE_WIRING"),
      .newton_per_volt = strtod(arguments[1], NULL),
      .clock_ppm = strtod(arguments[2], NULL),
      .bias_v = strtod(arguments[3], NULL),
      .marks_v = strtod(arguments[4], NULL)};
  const struct stance_source_info *source = &recording->stream[stream].source;
  struct stance_problem problem = {""};
  struct comparison comparison = {.trace = trace,
                                  .newton_per_volt = options.newton_per_volt,
                                  .rate_hz = source->rate_hz * (1.0 + options.clock_ppm * 1e-6)};
  uint64_t lost;

  if (stance_virtual_input_open(&options, &comparison.played, &problem) != STANCE_OK)
    return complain("play", &problem);
  read_starts(&comparison);
  const uint64_t stored = compare(&comparison, &lost);
  stance_virtual_input_destroy(comparison.played);
  printf("stored=%" PRIu64 " lost=%" PRIu64 " gaps=%zu misread=%" PRIu64 " worst=%.3f shift=%.3f "
         "channels=%zu rate=%.6f measured=%.6f finished=%s\n",
         stored, lost, trace->gap_count, comparison.misread, comparison.worst_steps,
         comparison.shift, trace->channel_count, source->rate_hz, trace->time.rate_hz,
         recording->finished_at[0] == '\0' ? "no" : "yes");
  return comparison.misread > 0;
}

static int compare_recording(int count, char **arguments)
{
  const size_t stream = count > 6 ? strtoul(arguments[6], NULL, 10) : 0;
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
    status = stance_store_load(store, count > 7 ? arguments[7] : ids[id_count - 1], &recording,
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
  if (argc >= 5 && strcmp(argv[1], "force") == 0)
    return print_force(argv[2], argv[3], argv + 4, argc - 4);
  if (argc >= 8 && argc <= 10 && strcmp(argv[1], "compare") == 0)
    return compare_recording(argc - 2, argv + 2);
  fprintf(stderr, "usage: device_check profile STORE | force PLAY SIDE TIME_S… | compare STORE "
                  "PLAY N_PER_V PPM BIAS_V MARKS_V [STREAM [RECORDING]]\n");
  return 2;
}
