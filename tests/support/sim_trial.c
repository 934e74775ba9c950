/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/sim_trial.h"

#include "pipeline.h"
#include "support/sim_fixture.h"

static void require(enum stance_status status, const char *uri,
                    const struct stance_problem *problem)
{
  if (status == STANCE_OK)
    return;
  fprintf(stderr, "%s: %s\n", uri, problem->text);
  abort();
}

static void *allocate(size_t count, size_t size)
{
  void *memory = calloc(count + 1, size);
  if (memory == NULL)
    abort();
  return memory;
}

/* Lost instants are NaN in place, and spans. */
static void lose(struct stance_raw_trace *raw, size_t first, size_t count)
{
  raw->gap = realloc(raw->gap, (raw->gap_count + 1) * sizeof *raw->gap);
  if (raw->gap == NULL)
    abort();
  raw->gap[raw->gap_count++] = (struct stance_span){.first = first, .count = count};
  raw->integrity.frames_lost += count;
  for (size_t c = 0; c < raw->channel_count; c++)
    for (size_t i = first; i < first + count; i++)
      raw->value[c][i] = (double)NAN;
}

static struct stance_raw_trace record(struct stance_sim *sim, const struct stance_source_info *info)
{
  const size_t count = (size_t)sim->frame_count;
  struct stance_raw_trace raw = {
      .sample_count = count,
      .channel_count = info->channel_count,
      .flags = allocate(count, sizeof *raw.flags),
      .time = {.rate_hz = info->rate_hz,
               .nominal_rate_hz = info->rate_hz,
               .rate_uncertainty_hz = (double)NAN},
      .integrity = {.frames_expected = count},
  };
  struct stance_raw_frame frame;
  size_t next = 0;

  for (size_t c = 0; c < raw.channel_count; c++) {
    raw.channel[c] = info->channel[c];
    raw.value[c] = allocate(count, sizeof *raw.value[c]);
  }
  for (; stance_sim_next(sim, &frame); next = (size_t)frame.index + 1) {
    if (frame.index > next)
      lose(&raw, next, (size_t)frame.index - next);
    for (size_t c = 0; c < raw.channel_count; c++)
      raw.value[c][frame.index] = frame.value[c];
    raw.flags[frame.index] = frame.flags;
  }
  if (next < count)
    lose(&raw, next, count - next);
  raw.integrity.frames_received = count - raw.integrity.frames_lost;
  return raw;
}

static struct stance_phase phase(const struct stance_sim_settings *settings,
                                 enum stance_phase_kind kind, double from_s, double to_s)
{
  const size_t first = (size_t)(from_s * settings->rate_hz);
  return (struct stance_phase){
      .kind = kind, .span = {.first = first, .count = (size_t)(to_s * settings->rate_hz) - first}};
}

/* What `stance run` would have recorded, had it led this athlete. */
static size_t write_phases(const struct stance_sim *sim, struct stance_phase ret_phase[3])
{
  const struct stance_sim_settings *settings = &sim->plan.settings;
  const double limb_s = settings->unloaded_s + settings->get_on_s;
  const double efforts_s = limb_s + settings->limb_s;

  ret_phase[0] = phase(settings, STANCE_PHASE_UNLOADED, 0.0, settings->unloaded_s);
  ret_phase[1] = phase(settings, STANCE_PHASE_LIMB, limb_s, efforts_s);
  ret_phase[2] = phase(settings, STANCE_PHASE_EFFORTS, efforts_s, sim->plan.end_s);
  return 3;
}

static struct stance_analyzer *shared_analyzer;

static void destroy_shared(void)
{
  stance_analyzer_destroy(shared_analyzer);
}

static void analyze(struct sim_trial *trial, const char *uri,
                    const struct stance_pipeline_input *input)
{
  struct stance_problem problem = {""};

  if (shared_analyzer == NULL) {
    require(stance_analyzer_create(&shared_analyzer, &problem), uri, &problem);
    atexit(destroy_shared);
  }
  require(stance_pipeline_analyze(shared_analyzer, input, &trial->result, &problem), uri, &problem);
}

void sim_trial_run(struct sim_trial *trial, const char *uri, const char *protocol_id, bool phases,
                   enum stance_side order)
{
  static const enum stance_side in_turn[] = {STANCE_LEFT, STANCE_RIGHT};
  struct stance_analysis_context context = {.body_mass_kg = (double)NAN,
                                            .lever_m = (double)NAN,
                                            .from_s = (double)NAN,
                                            .to_s = (double)NAN,
                                            .injured_side = STANCE_SIDE_NONE};
  struct stance_problem problem = {""};
  struct stance_source_info info = {.uri = ""};
  struct stance_calibration calibration;
  struct stance_protocol protocol;
  struct stance_phase phase_list[3];

  sim_fixture_open(&trial->sim, uri);
  stance_sim_describe(&trial->sim, &info);
  require(stance_protocol_builtin(protocol_id, &protocol, &problem), uri, &problem);
  require(stance_pipeline_calibration(&info, NULL, &calibration, &problem), uri, &problem);
  if (order != STANCE_SIDE_NONE) {
    context.side_order = order == STANCE_RIGHT ? &in_turn[1] : in_turn;
    context.side_order_count = order == STANCE_BOTH ? 2 : 1;
  }
  struct stance_raw_trace raw = record(&trial->sim, &info);
  analyze(trial, uri,
          &(struct stance_pipeline_input){.raw = &raw,
                                          .calibration = &calibration,
                                          .protocol = &protocol,
                                          .context = &context,
                                          .phase = phase_list,
                                          .phase_count =
                                              phases ? write_phases(&trial->sim, phase_list) : 0});
  stance_raw_trace_finish(&raw);
}

void sim_trial_finish(struct sim_trial *trial)
{
  stance_result_finish(&trial->result);
  stance_sim_finish(&trial->sim);
}

const struct stance_sim_section *sim_trial_effort(const struct sim_trial *trial, size_t k)
{
  const struct stance_sim_plan *plan = &trial->sim.plan;

  for (size_t s = 0; s < plan->section_count; s++)
    if (plan->section[s].has_effort && k-- == 0)
      return &plan->section[s];
  return NULL;
}
