/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_trials.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct builder {
  const struct stance_csv_loaded *loaded;
  struct stance_csv_time_unit time_unit;
  const struct stance_csv_unit *unit; /* that the caller gave; NULL: the header's */
  struct stance_csv_file *file;
};

static const double *values_of(const struct builder *b, const struct stance_csv_set *set, size_t k)
{
  return b->loaded->data->value[stance_csv_data_slot(b->loaded->data, set->pick[k].column)];
}

/* Rows until the last one with a value in any channel: what follows is the empty tail that a
   longer trial beside this one leaves. */
static enum stance_status measure_rows(const struct builder *b, const struct stance_csv_set *set,
                                       struct stance_csv_subset *subset,
                                       struct stance_problem *problem)
{
  size_t longest = 0;
  for (size_t k = 0; k < set->count; ++k) {
    const double *value = values_of(b, set, k);
    size_t count = subset->count;
    while (count > 0 && isnan(value[stance_csv_subset_row(subset, count - 1)]))
      count -= 1;
    if (count == 0)
      return stance_problem_set(problem, STANCE_INPUT, "%s: column #%zu '%.60s' holds no number%s",
                                b->loaded->context.text->name, set->pick[k].column + 1,
                                b->loaded->context.header->column[set->pick[k].column].name,
                                subset->row != NULL ? " in one of the groups" : "");
    if (count > longest)
      longest = count;
  }
  subset->count = longest;
  return STANCE_OK;
}

static void fill_channel(const struct stance_layout *layout, const double *value,
                         const struct stance_csv_subset *subset, double *ret_value)
{
  for (size_t k = 0; k < layout->instant_count; ++k) {
    if (layout->row == NULL) {
      ret_value[k] = value[stance_csv_subset_row(subset, k)];
      continue;
    }
    if (layout->row[k] == STANCE_INSTANT_LOST) {
      ret_value[k] = (double)NAN;
      continue;
    }
    size_t row = (size_t)layout->row[k];
    double weight = layout->weight != NULL ? layout->weight[k] : 0;
    ret_value[k] = value[stance_csv_subset_row(subset, row)];
    if (weight > 0)
      ret_value[k] += weight * (value[stance_csv_subset_row(subset, row + 1)] - ret_value[k]);
  }
}

/* The only trial of a file whose instants are its rows needs no copy. */
static bool is_as_loaded(const struct builder *b, const struct stance_layout *layout)
{
  return layout->row == NULL && !b->loaded->choice->grouped && b->loaded->choice->set_count == 1;
}

static double *make_values(const struct builder *b, const struct stance_csv_set *set, size_t k,
                           const struct stance_csv_subset *subset,
                           const struct stance_layout *layout)
{
  if (is_as_loaded(b, layout)) {
    double **loaded =
        &b->loaded->data->value[stance_csv_data_slot(b->loaded->data, set->pick[k].column)];
    double *taken = *loaded;
    *loaded = NULL;
    return taken;
  }
  double *values = malloc(layout->instant_count * sizeof *values);
  if (values != NULL)
    fill_channel(layout, values_of(b, set, k), subset, values);
  return values;
}

static enum stance_status flag_interpolated(const struct stance_layout *layout,
                                            struct stance_raw_trace *trace)
{
  if (layout->weight == NULL)
    return STANCE_OK;
  trace->flags = calloc(layout->instant_count, sizeof *trace->flags);
  if (trace->flags == NULL)
    return STANCE_MEMORY;
  for (size_t k = 0; k < layout->instant_count; ++k)
    if (layout->weight[k] > 0)
      trace->flags[k] |= STANCE_FRAME_INTERPOLATED;
  return STANCE_OK;
}

static bool is_lost(const struct stance_raw_trace *trace, size_t k)
{
  for (size_t channel = 0; channel < trace->channel_count; ++channel)
    if (!isnan(trace->value[channel][k]))
      return false;
  return true;
}

/* The runs in which no channel has a value. */
static enum stance_status find_gaps(struct stance_raw_trace *trace)
{
  size_t capacity = 0;
  for (size_t k = 0; k < trace->sample_count; ++k) {
    if (!is_lost(trace, k))
      continue;
    struct stance_span *last = trace->gap_count > 0 ? &trace->gap[trace->gap_count - 1] : NULL;
    trace->integrity.frames_lost += 1;
    if (last != NULL && last->first + last->count == k) {
      last->count += 1;
    } else {
      if (trace->gap_count == capacity) {
        capacity = 2 * capacity + 4;
        struct stance_span *grown = realloc(trace->gap, capacity * sizeof *grown);
        if (grown == NULL)
          return STANCE_MEMORY;
        trace->gap = grown;
      }
      assert(trace->gap != NULL); /* made above with the first gap */
      last = &trace->gap[trace->gap_count++];
      *last = (struct stance_span){k, 1};
    }
    if (last->count > trace->integrity.longest_gap_frames)
      trace->integrity.longest_gap_frames = last->count;
  }
  return STANCE_OK;
}

static void describe_channel(const struct builder *b, const struct stance_csv_pick *pick,
                             const char *group, struct stance_channel *ret_channel)
{
  const struct stance_csv_column *column = &b->loaded->context.header->column[pick->column];
  struct stance_channel channel = {
      .side = pick->side, .minimum = -(double)INFINITY, .maximum = (double)INFINITY};
  if (column->name[0] == '\0')
    snprintf(channel.name, sizeof channel.name, "#%zu", pick->column + 1);
  else
    stance_csv_name_clean(column->qualified, strlen(column->qualified), channel.name,
                          sizeof channel.name);
  const struct stance_csv_unit *unit = b->unit != NULL ? b->unit : column->unit;
  snprintf(channel.unit, sizeof channel.unit, "%s", unit != NULL ? unit->symbol : "N");
  if (unit == NULL)
    b->file->unit_assumed = true;
  /* A long file whose groups are the sides: "left" and "right" below each other. */
  enum stance_side side = stance_csv_side_of_word(group);
  if (channel.side == STANCE_TOTAL && side != STANCE_SIDE_NONE)
    channel.side = side;
  *ret_channel = channel;
}

static void count_lines(const struct builder *b, const struct stance_csv_subset *all,
                        size_t used_rows, const struct stance_layout *layout,
                        struct stance_integrity *integrity)
{
  /* Repeated rows are left out of an even axis. On an irregular one they are between whiles. */
  size_t repeated = layout->axis.irregular ? 0 : layout->duplicates;
  integrity->lines_header = b->loaded->data->lines_other;
  for (size_t k = 0; k < all->count; ++k) {
    uint64_t lines = b->loaded->data->line[stance_csv_subset_row(all, k)].count;
    *(k < used_rows ? &integrity->lines_used : &integrity->lines_header) += lines;
  }
  integrity->lines_used -= repeated;
  integrity->lines_refused = repeated;
  integrity->lines_read =
      integrity->lines_header + integrity->lines_used + integrity->lines_refused;
  integrity->frames_expected = layout->instant_count;
  integrity->frames_received = layout->instant_count - integrity->frames_lost;
  integrity->frames_duplicated = layout->duplicates;
}

static enum stance_status fill_trace(const struct builder *b, const struct stance_csv_set *set,
                                     const struct stance_csv_subset *subset,
                                     const struct stance_layout *layout, const char *group,
                                     struct stance_raw_trace *trace)
{
  trace->sample_count = layout->instant_count;
  trace->time = layout->axis;
  for (size_t k = 0; k < set->count; ++k) {
    trace->value[k] = make_values(b, set, k, subset, layout);
    if (trace->value[k] == NULL)
      return STANCE_MEMORY;
    trace->channel_count = k + 1;
    describe_channel(b, &set->pick[k], group, &trace->channel[k]);
  }
  enum stance_status status = flag_interpolated(layout, trace);
  if (status == STANCE_OK)
    status = find_gaps(trace);
  if (status != STANCE_OK)
    return status;
  double gap_s = (double)(trace->integrity.longest_gap_frames + 1) / trace->time.rate_hz;
  if (trace->gap_count > 0 && gap_s > trace->time.longest_gap_s)
    trace->time.longest_gap_s = gap_s;
  return STANCE_OK;
}

static enum stance_status build_trial(struct builder *b, const struct stance_csv_set *set,
                                      const struct stance_csv_subset *all, const char *name,
                                      struct stance_problem *problem)
{
  struct stance_csv_trial trial = {.name = ""};
  struct stance_layout layout = {0};
  struct stance_csv_subset subset = *all;
  stance_csv_name_clean(name, strlen(name), trial.name, sizeof trial.name);
  enum stance_status status = measure_rows(b, set, &subset, problem);
  if (status == STANCE_OK)
    status = stance_csv_lay_out(b->loaded, &b->time_unit, &subset, set, &layout, problem);
  if (status == STANCE_OK)
    status = fill_trace(b, set, &subset, &layout, name, &trial.trace);
  if (status != STANCE_OK) {
    stance_raw_trace_finish(&trial.trace);
  } else {
    count_lines(b, all, subset.count, &layout, &trial.trace.integrity);
    b->file->trial[b->file->trial_count++] = trial;
    b->file->integrity.lines_refused += trial.trace.integrity.lines_refused;
  }
  stance_layout_finish(&layout);
  return status;
}

/* Row numbers sorted by group, in each group in the order of the file. */
static size_t *sort_by_group(const struct stance_csv_data *data)
{
  size_t *rows = malloc((data->row_count + data->group_count + 1) * sizeof *rows);
  if (rows == NULL)
    return NULL;
  size_t *next = rows + data->row_count, begin = 0;
  for (size_t g = 0; g < data->group_count; ++g) {
    next[g] = begin;
    begin += data->groups[g].rows;
  }
  for (size_t k = 0; k < data->row_count; ++k)
    rows[next[data->group[k]]++] = k;
  return rows;
}

static enum stance_status build_groups(struct builder *b, struct stance_problem *problem)
{
  const struct stance_csv_data *data = b->loaded->data;
  size_t *rows = sort_by_group(data);
  if (rows == NULL)
    return STANCE_MEMORY;
  enum stance_status status = STANCE_OK;
  size_t begin = 0;
  for (size_t g = 0; g < data->group_count && status == STANCE_OK; ++g) {
    struct stance_csv_subset subset = {rows + begin, data->groups[g].rows};
    begin += subset.count;
    if (subset.count > 0) /* a name in the text below the table is no group */
      status = build_trial(b, &b->loaded->choice->set[0], &subset, data->groups[g].name, problem);
  }
  free(rows);
  return status;
}

static enum stance_status build_sets(struct builder *b, struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  const struct stance_csv_choice *choice = b->loaded->choice;
  for (size_t i = 0; i < choice->set_count && status == STANCE_OK; ++i) {
    char name[24] = "";
    if (choice->set_count > 1)
      snprintf(name, sizeof name, "%zu", i + 1);
    struct stance_csv_subset subset = {NULL, b->loaded->data->row_count};
    status = build_trial(b, &choice->set[i], &subset, name, problem);
  }
  return status;
}

static enum stance_status find_unit(struct builder *b, struct stance_problem *problem)
{
  static const char *const accepted[] = {"N", "mN", "kN", "kgf", "lbf", "V", "mV/V"};
  const char *unit = b->loaded->context.options->unit;
  if (unit == NULL || unit[0] == '\0')
    return STANCE_OK;
  for (size_t k = 0; k < sizeof accepted / sizeof accepted[0]; ++k)
    if (strcmp(accepted[k], unit) == 0)
      b->unit = stance_csv_unit_find(unit, strlen(unit));
  if (b->unit == NULL)
    return stance_problem_set(problem, STANCE_USAGE,
                              "the unit '%.20s' is not known; --unit takes N, mN, kN, kgf, lbf, V "
                              "or mV/V",
                              unit);
  return STANCE_OK;
}

static void note_findings(const struct builder *b)
{
  struct stance_csv_findings *findings = &b->file->findings;
  const struct stance_csv_choice *choice = b->loaded->choice;
  findings->decimal = b->loaded->data->decimal;
  findings->time_by_steps = choice->time_by_steps;
  findings->time_unit_assumed = b->time_unit.assumed;
  findings->rate_in_header =
      choice->time != STANCE_CSV_TIME_STAMPS && !(b->loaded->context.options->rate_hz > 0);
  memcpy(findings->time_unit, b->time_unit.symbol, sizeof findings->time_unit);
  if (choice->time == STANCE_CSV_TIME_ABSENT)
    return;
  struct stance_csv_listing listing = {0};
  stance_csv_listing_add(&listing, b->loaded->context.header, choice->time_column);
  stance_csv_name_clean(listing.text, listing.used, findings->time_column,
                        sizeof findings->time_column);
}

enum stance_status stance_csv_trials_build(const struct stance_csv_loaded *loaded,
                                           struct stance_csv_file *ret_file,
                                           struct stance_problem *problem)
{
  const struct stance_csv_data *data = loaded->data;
  size_t trials = loaded->choice->grouped ? data->group_count : loaded->choice->set_count;
  struct stance_csv_file file = {
      .integrity = {.lines_read = data->lines_read,
                    .lines_header = data->lines_other,
                    .lines_used = data->lines_used},
  };
  struct builder b = {.loaded = loaded, .file = &file};
  enum stance_status status = find_unit(&b, problem);
  if (status == STANCE_OK)
    status = stance_csv_time_unit(loaded, &b.time_unit, problem);
  if (status == STANCE_OK) {
    file.trial = calloc(trials, sizeof *file.trial);
    status = file.trial == NULL        ? STANCE_MEMORY
             : loaded->choice->grouped ? build_groups(&b, problem)
                                       : build_sets(&b, problem);
  }
  if (status != STANCE_OK) {
    stance_csv_file_finish(&file);
    return status;
  }
  note_findings(&b);
  file.integrity.lines_used -= file.integrity.lines_refused;
  *ret_file = file;
  return STANCE_OK;
}
