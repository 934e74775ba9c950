/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bootstrap.h"

#include "denoise.h"
#include "effort.h"
#include "scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is simulated beside the effort: the walk back ends here, and the longest window of RFD and
   impulse. */
#define BEFORE_ONSET_S 0.25
#define AFTER_ONSET_S 0.27
#define AFTER_END_S 0.05
/* Half a second of one core; longer ones are more than a hold of a minute at 10 kHz. */
#define LONGEST 1000000L
/* In front of the simulated samples, two of the baseline stand for the quiet window. */
#define QUIET_ROOM 2
/* The normal distribution's part within two standard deviations: k = 2. */
#define COVERED_PART 0.9545
/* Noise above this part of the threshold's height leaves too little of a steep foot to see under
   it: at a tenth, intervals of what hangs on the onset held the truth in 91 to 98 % of trials. */
#define NOISE_PART 0.05
/* More replicates without a value, and the rest would be a choice. */
#define LOST_PART 0.02
/* As often as that, a flag says nothing of the recording. */
#define USUAL_PART 0.025
#define DRAWS 2

void bootstrap_finish(struct bootstrap *bootstrap)
{
  free(bootstrap->sample);
  bootstrap->sample = NULL;
  bootstrap->capacity = 0;
}

static uint64_t seed_of(const double *force_n, long count)
{
  uint64_t seed = UINT64_C(0xcbf29ce484222325); /* FNV-1a, Fowler, Noll & Vo, a word at a time */
  for (long i = 0; i < count; i++) {
    uint64_t word;
    memcpy(&word, &force_n[i], sizeof word);
    seed = (seed ^ word) * UINT64_C(0x100000001b3);
    seed ^= seed >> 29; /* a product alone carries nothing downwards */
  }
  return seed;
}

/* One effort in a frame of its own: QUIET_ROOM samples, then [first, first + count) of the trace.
 */
struct stage {
  const struct bootstrap_request *request;
  struct noise_model model;
  long first, count;
  bool onset;            /* the effort has one of its own, by a method that noise-free force has */
  double other_height_n; /* of the other side's threshold where that one serves both; else 0 */
  double *clean_n, *noisy_n, *scratch;
};

static bool onset_is_own(const struct bootstrap_request *request, const struct noise_model *model)
{
  const struct stance_effort *effort = request->input->effort;
  if (model->sd_n > NOISE_PART * (effort->threshold_n - effort->baseline_n))
    return false;
  /* The limits of the other two come from the noise itself: without it there are none. */
  return effort->onset >= 0 && !request->input->onset_on_sum &&
         request->settings->onset_method != STANCE_ONSET_DERIVATIVE &&
         request->settings->onset_backstep_ms == 0;
}

static void set_stage(struct stage *stage)
{
  const struct metric_input *input = stage->request->input;
  const struct stance_effort *effort = input->effort;
  long first = effort->first, last = effort->last;
  stage->onset = onset_is_own(stage->request, &stage->model);
  if (stage->onset) {
    first = larger_of(0, effort->onset - samples_of(BEFORE_ONSET_S, input->rate_hz));
    if (effort->end >= 0)
      last = smaller_of(last, effort->end + samples_of(AFTER_END_S, input->rate_hz));
    last = larger_of(last, effort->onset + samples_of(AFTER_ONSET_S, input->rate_hz));
  }
  last = smaller_of(last, (long)input->sample_count - 1);
  stage->first = first;
  stage->count = last - first + 1;
}

static bool reserve(struct bootstrap *bootstrap, struct stage *stage)
{
  const size_t one = (size_t)stage->count + QUIET_ROOM, wanted = 4 * one + 1;
  if (wanted > bootstrap->capacity) {
    free(bootstrap->sample);
    bootstrap->sample = malloc(wanted * sizeof *bootstrap->sample);
    bootstrap->capacity = bootstrap->sample != NULL ? wanted : 0;
  }
  if (bootstrap->sample == NULL)
    return false;
  stage->clean_n = bootstrap->sample;
  stage->noisy_n = stage->clean_n + one;
  stage->scratch = stage->noisy_n + one;
  return true;
}

/* Position on the stage of a sample of the trace. */
static long placed(const struct stage *stage, long sample)
{
  return smaller_of(larger_of(sample - stage->first, 0), stage->count - 1) + QUIET_ROOM;
}

/* The threshold of this baseline and this noise. `gain_error`: a true threshold of so many newtons
   is another one in those of the calibration. */
static double height_of(const struct stage *stage, const struct stance_effort_search *search,
                        const struct stance_effort *effort, double gain_error)
{
  const struct stance_analysis_settings *settings = stage->request->settings;
  const bool noise_free = effort->baseline_sd_n == 0 && stage->model.sd_n > 0;
  const double own_n = effort_own_height_n(search, settings, effort);
  const bool both =
      !noise_free || settings->onset_method != STANCE_ONSET_MEAN_SD; /* there both are the floor */
  return fmax(own_n, both ? stage->other_height_n : 0) * (1 - gain_error);
}

/* All values of what lies on the stage, with a baseline of this level and noise. */
static void find_values(const struct stage *stage, double *force_n, double baseline_n,
                        double baseline_sd_n, double gain_error,
                        struct stance_value ret_value[STANCE_METRIC_COUNT])
{
  const struct metric_input *from = stage->request->input;
  force_n[0] = force_n[1] = baseline_n;
  struct stance_effort effort = *from->effort;
  effort.first = placed(stage, effort.first);
  effort.last = placed(stage, effort.last);
  effort.t90 = placed(stage, effort.t90);
  effort.steepest = placed(stage, effort.steepest);
  effort.quiet_first = 0;
  effort.quiet_count = QUIET_ROOM;
  effort.baseline_n = baseline_n;
  effort.baseline_sd_n = baseline_sd_n;
  effort.peak = first_at_or_above(force_n, effort.first, effort.last,
                                  scan_highest(force_n, effort.first, effort.last));
  effort.onset = effort.end = STANCE_NO_SAMPLE;
  effort.missing = effort.flags = 0;
  const struct stance_effort_search search = {
      .force_n = force_n,
      .sample_count = (size_t)stage->count + QUIET_ROOM,
      .rate_hz = from->rate_hz,
      .earliest = QUIET_ROOM,
      .first = effort.first,
      .last = effort.last,
      .body_weight_n = stage->request->body_weight_n,
  };
  if (stage->onset)
    effort_find_onset(&search, stage->request->settings,
                      height_of(stage, &search, &effort, gain_error), &effort);
  struct metric_input input = *from;
  input.force_n = force_n;
  input.sample_count = search.sample_count;
  input.start_s += (double)(stage->first - QUIET_ROOM) / from->rate_hz;
  input.saturated = input.interpolated = NULL;
  input.has_gap = input.truncated = false;
  input.effort = &effort;
  metrics_compute(&input, ret_value);
}

/* Which metrics are worth asking. Times count whole samples, of which none, one or two are more or
   fewer: half-widths for them held the truth in 79 to 100 % of trials. */
static bool is_asked(enum stance_metric metric, bool onset)
{
  switch (metric) {
  case STANCE_METRIC_PEAK_FORCE:
  case STANCE_METRIC_PEAK_FORCE_NET:
  case STANCE_METRIC_PEAK_FORCE_MEAN_100MS:
  case STANCE_METRIC_PEAK_TORQUE:
  case STANCE_METRIC_PEAK_FORCE_PER_KG:
    return true;
  default:
    return onset && stance_metric_info(metric)->needs_onset &&
           !stance_metric_info(metric)->compares_sides &&
           strcmp(stance_metric_info(metric)->unit, "s") != 0;
  }
}

static void replicate(struct bootstrap *bootstrap, const struct stage *stage,
                      const struct stance_value *clean, int number, unsigned *spikes)
{
  const struct stance_effort *effort = stage->request->input->effort;
  struct noise_random *random = &bootstrap->random;
  const struct noise_model *model = &stage->model;
  const double quiet = fmax((double)effort->quiet_count / model->correlation, 2.0);
  noise_add(model, random, stage->clean_n + QUIET_ROOM, stage->count, stage->noisy_n + QUIET_ROOM);
  const double baseline_n = effort->baseline_n + model->sd_n / sqrt(quiet) * noise_gaussian(random);
  /* χ² of so many degrees of freedom is close to normal (Wilson & Hilferty 1931 ask for 10) */
  const double sd_n = model->sd_n * fmax(0, 1 + noise_gaussian(random) / sqrt(2 * (quiet - 1)));
  struct stance_value value[STANCE_METRIC_COUNT];
  find_values(stage, stage->noisy_n, baseline_n, sd_n,
              stage->request->scale * noise_gaussian(random), value);
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++)
    bootstrap->deviation[metric][number] = value[metric].value - clean[metric].value;
  const stance_reason_set reasons = value[STANCE_METRIC_PEAK_FORCE].reasons;
  *spikes += (reasons & STANCE_REASON_BIT(STANCE_REASON_PEAK_SPIKE)) != 0 ? 1 : 0;
}

static bool enough_values(const double *deviation)
{
  unsigned lost = 0;
  for (int k = 0; k < STANCE_BOOTSTRAP_REPLICATES; k++)
    lost += isnan(deviation[k]) ? 1 : 0;
  return lost <= LOST_PART * STANCE_BOOTSTRAP_REPLICATES;
}

bool bootstrap_run(struct bootstrap *bootstrap, const struct bootstrap_request *request)
{
  const struct metric_input *input = request->input;
  const struct stance_effort *effort = input->effort;
  struct stage stage = {.request = request};
  /* A threshold that follows the noise is another one on noise-free force. */
  const bool noise_driven = (effort->flags & STANCE_REASON_BIT(STANCE_REASON_NOISE_DRIVEN)) != 0;
  if (noise_driven || effort->quiet_count < 2 || effort->peak < 0 ||
      !noise_model_fit(input->force_n, effort->quiet_first, effort->quiet_count, &stage.model))
    return false;
  set_stage(&stage);
  const double *force_n = input->force_n + stage.first;
  if (stage.count < 2 || stage.count > LONGEST || scan_has_nan(force_n, 0, stage.count - 1) ||
      !reserve(bootstrap, &stage))
    return false;
  const struct stance_effort_search search = {.force_n = input->force_n,
                                              .body_weight_n = request->body_weight_n};
  const double own_n = effort_own_height_n(&search, request->settings, effort);
  const double used_n = effort->threshold_n - effort->baseline_n;
  stage.other_height_n = used_n > own_n * (1 + 1e-9) ? used_n : 0; /* more than rounding */
  noise_random_init(&bootstrap->random, seed_of(force_n, stage.count));
  denoise(&stage.model, force_n, stage.count, stage.scratch, stage.clean_n + QUIET_ROOM);
  struct stance_value clean[STANCE_METRIC_COUNT];
  find_values(&stage, stage.clean_n, effort->baseline_n, 0, 0, clean);
  unsigned spikes = 0;
  for (int number = 0; number < STANCE_BOOTSTRAP_REPLICATES; number++)
    replicate(bootstrap, &stage, clean, number, &spikes);
  bootstrap->noise_makes_spikes = spikes > USUAL_PART * STANCE_BOOTSTRAP_REPLICATES;
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++)
    bootstrap->covers[metric] = is_asked((enum stance_metric)metric, stage.onset) &&
                                enough_values(bootstrap->deviation[metric]);
  return true;
}

static int ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

struct stance_noise_effect bootstrap_effect(struct bootstrap *bootstrap, enum stance_metric metric,
                                            double others)
{
  const double *deviation = bootstrap->deviation[metric];
  double size[DRAWS * STANCE_BOOTSTRAP_REPLICATES], sum = 0, squares = 0;
  size_t count = 0;
  for (int k = 0; k < STANCE_BOOTSTRAP_REPLICATES; k++) {
    if (isnan(deviation[k]))
      continue;
    sum += deviation[k];
    squares += deviation[k] * deviation[k];
    for (int draw = 0; draw < DRAWS; draw++)
      size[count++] = fabs(deviation[k] + others * noise_gaussian(&bootstrap->random));
  }
  qsort(size, count, sizeof *size, ascending);
  const double n = (double)count / DRAWS, mean = sum / n;
  return (struct stance_noise_effect){
      .standard = sqrt(fmax(0, squares / n - mean * mean)),
      .bias = mean,
      .expanded = size[(size_t)ceil(COVERED_PART * (double)count) - 1],
  };
}
