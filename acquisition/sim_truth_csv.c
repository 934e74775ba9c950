/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Truth as text: repetition,side,metric,value,unit with the ids of metric.h, and two rows that are
   no metrics: the intended `status` of each repetition and the `scenario` of the recording.
   onset_time is on the recording's axis (sample index / nominal rate), all else in true seconds. */
#include "sim_truth.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct best {
  double force_n[STANCE_SIM_SIDE_COUNT];
};

/* Text that grows; stays as it is once memory has run out. */
struct text {
  char *bytes;
  size_t used, capacity;
  bool failed;
};

STANCE_PRINTF(2, 3)
static void append(struct text *text, const char *format, ...)
{
  char line[256]; /* names are short and numbers have 15 digits */
  va_list arguments;

  va_start(arguments, format);
  const int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  assert(length >= 0 && (size_t)length < sizeof line);
  if (text->used + (size_t)length + 1 > text->capacity) {
    const size_t capacity = 2 * text->capacity + sizeof line;
    char *bytes = text->failed ? NULL : realloc(text->bytes, capacity);
    if (bytes == NULL) {
      text->failed = true;
      return;
    }
    text->bytes = bytes;
    text->capacity = capacity;
  }
  memcpy(text->bytes + text->used, line, (size_t)length + 1);
  text->used += (size_t)length;
}

static void row(struct text *text, const char *repetition, enum stance_side side,
                const char *metric, double value, const char *unit)
{
  append(text, "%s,%s,%s,%.15g,%s\n", repetition, stance_side_name(side), metric, value, unit);
}

static void write_windows(struct text *text, const char *repetition,
                          const struct stance_sim_truth *truth)
{
  static const struct {
    const char *metric;
    int from, to; /* windows; −1: onset */
  } spans[] = {
      {"rfd_0_50ms", -1, 0},   {"rfd_0_100ms", -1, 1},  {"rfd_0_150ms", -1, 2},
      {"rfd_0_200ms", -1, 3},  {"rfd_0_250ms", -1, 4},  {"rfd_50_100ms", 0, 1},
      {"rfd_100_150ms", 1, 2}, {"rfd_150_200ms", 2, 3}, {"rfd_200_250ms", 3, 4},
      {"rfd_100_200ms", 1, 3},
  };
  char metric[40];

  for (size_t k = 0; k < STANCE_SIM_WINDOW_COUNT; k++) {
    const int end_ms = 50 * ((int)k + 1);
    snprintf(metric, sizeof metric, "force_at_%dms", end_ms);
    row(text, repetition, truth->side, metric, truth->force_n[k], "N");
    snprintf(metric, sizeof metric, "net_force_at_%dms", end_ms);
    row(text, repetition, truth->side, metric, truth->force_n[k] - truth->baseline_n, "N");
    snprintf(metric, sizeof metric, "impulse_net_0_%dms", end_ms);
    row(text, repetition, truth->side, metric, truth->impulse_net_ns[k], "N.s");
  }
  for (size_t k = 0; k < sizeof spans / sizeof spans[0]; k++) {
    const double from_n = spans[k].from < 0 ? truth->onset_n : truth->force_n[spans[k].from];
    const double windows = (double)(spans[k].to - spans[k].from);
    row(text, repetition, truth->side, spans[k].metric,
        (truth->force_n[spans[k].to] - from_n) / (windows * stance_sim_truth_window_s(0)), "N/s");
  }
}

static void write_side(struct text *text, const char *repetition,
                       const struct stance_sim_truth *truth, double axis_factor)
{
  const enum stance_side side = truth->side;

  row(text, repetition, side, "onset_time", truth->onset_s * axis_factor, "s");
  row(text, repetition, side, "limb_weight", truth->limb_n, "N");
  row(text, repetition, side, "baseline_force", truth->baseline_n, "N");
  row(text, repetition, side, "pretension", truth->baseline_n - truth->limb_n, "N");
  row(text, repetition, side, "peak_force", truth->peak_n, "N");
  row(text, repetition, side, "peak_force_net", truth->peak_n - truth->limb_n, "N");
  row(text, repetition, side, "time_to_peak", truth->peak_s - truth->onset_s, "s");
  row(text, repetition, side, "time_to_50pct", truth->time_to_50pct_s, "s");
  row(text, repetition, side, "time_to_90pct", truth->time_to_90pct_s, "s");
  row(text, repetition, side, "rfd_peak_20ms", truth->rfd_peak_20ms_n_per_s, "N/s");
  write_windows(text, repetition, truth);
}

/* 100·(right − left)/larger, the default of SCIENCE 6. */
static void write_asymmetry(struct text *text, const char *repetition, const double *force_n)
{
  const double left = force_n[STANCE_LEFT], right = force_n[STANCE_RIGHT];

  if (left > 0.0 && right > 0.0)
    row(text, repetition, STANCE_BOTH, "asymmetry_peak_force",
        100.0 * (right - left) / fmax(left, right), "%");
}

/* Strap rigs compare gross force, plates net (SCIENCE 1.2). */
static double compared_n(const struct stance_sim_plan *plan, const struct stance_sim_truth *truth)
{
  return plan->settings.rig == STANCE_SIM_STRAP ? truth->peak_n : truth->peak_n - truth->limb_n;
}

/* Sides that the rig can tell apart; one plate under both legs knows their sum only. */
static bool is_measured(const struct stance_sim_plan *plan, const struct stance_sim_effort *effort,
                        enum stance_side side)
{
  if (effort->side == STANCE_BOTH && plan->settings.rig == STANCE_SIM_PLATE)
    return side == STANCE_TOTAL;
  if (side == STANCE_TOTAL)
    return effort->side == STANCE_BOTH;
  return stance_sim_effort_uses(effort, side);
}

static void write_repetition(struct text *text, const struct stance_sim_plan *plan,
                             const struct stance_sim_section *section, const char *repetition,
                             struct best *best)
{
  const struct stance_sim_settings *settings = &plan->settings;
  const struct stance_sim_effort *effort = &section->effort;
  const double axis_factor = 1.0 + settings->clock_ppm * 1e-6;
  const double end_s = section->end_s - settings->rest_s;
  const bool cut = settings->duration_s > 0.0 && end_s * axis_factor > settings->duration_s;
  double compared[STANCE_SIM_SIDE_COUNT] = {0};

  append(text, "%s,%s,status,%s,\n", repetition, stance_side_name(effort->side),
         cut               ? "cut"
         : effort->partial ? "partial"
                           : "accepted");
  if (cut)
    return;
  for (int side = STANCE_LEFT; side <= STANCE_TOTAL; side++) {
    struct stance_sim_truth truth;
    if (!is_measured(plan, effort, (enum stance_side)side))
      continue;
    stance_sim_truth_measure(plan, section, (enum stance_side)side, &truth);
    write_side(text, repetition, &truth, axis_factor);
    if (side == STANCE_TOTAL)
      continue;
    compared[side] = compared_n(plan, &truth);
    if (!effort->partial)
      best->force_n[side] = fmax(best->force_n[side], compared[side]);
  }
  if (effort->side != STANCE_BOTH || settings->rig == STANCE_SIM_PLATE)
    return;
  row(text, repetition, STANCE_BOTH, "onset_lag",
      effort->onset_s[STANCE_RIGHT] - effort->onset_s[STANCE_LEFT], "s");
  write_asymmetry(text, repetition, compared);
}

static void write_scenario(struct text *text, uint32_t dirty)
{
  const char *choices = "";

  for (const struct stance_source_key *key = stance_sim_keys; key->name != NULL; key++)
    if (key->type == STANCE_KEY_FLAGS)
      choices = key->choices;
  append(text, ",,scenario,");
  if (dirty == 0)
    append(text, "clean");
  for (size_t k = 0, printed = 0; dirty >> k != 0; k++) {
    size_t length;
    const char *name = stance_uri_choice(choices, k, &length);
    if ((dirty >> k & 1) != 0)
      append(text, "%s%.*s", printed++ > 0 ? "+" : "", (int)length, name);
  }
  append(text, ",\n");
}

char *stance_sim_truth(const struct stance_sim_plan *plan)
{
  struct text text = {0};
  struct best best = {{0}};
  unsigned number = 0;

  append(&text, "repetition,side,metric,value,unit\n");
  write_scenario(&text, plan->settings.dirty);
  for (size_t k = 0; k < plan->section_count; k++) {
    char repetition[16];
    if (!plan->section[k].has_effort)
      continue;
    snprintf(repetition, sizeof repetition, "%u", ++number);
    write_repetition(&text, plan, &plan->section[k], repetition, &best);
  }
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    if (best.force_n[side] > 0.0)
      row(&text, "best", (enum stance_side)side,
          plan->settings.rig == STANCE_SIM_STRAP ? "peak_force" : "peak_force_net",
          best.force_n[side], "N");
  write_asymmetry(&text, "best", best.force_n);
  if (text.failed) {
    free(text.bytes);
    return NULL;
  }
  return text.bytes;
}
