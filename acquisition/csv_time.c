/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_trials.h"

#include <stdlib.h>
#include <string.h>

/* Half of the steps at the file's beginning are at most this long. */
static double early_step(const struct stance_csv_data *data)
{
  enum { STEPS_MAX = 64 };
  double steps[STEPS_MAX];
  size_t count = 0;
  for (size_t k = 1; k < data->row_count && count < STEPS_MAX; ++k) {
    double step = data->value[0][k] - data->value[0][k - 1];
    size_t place = count;
    if (!(step > 0))
      continue;
    for (; place > 0 && steps[place - 1] > step; --place)
      steps[place] = steps[place - 1];
    steps[place] = step;
    count += 1;
  }
  return count > 0 ? steps[count / 2] : (double)NAN;
}

enum stance_status stance_csv_time_unit(const struct stance_csv_loaded *loaded,
                                        struct stance_csv_time_unit *ret_unit,
                                        struct stance_problem *problem)
{
  /* A step of at most 50 ms (20 Hz, below which no strength test is sampled) and more than 50 µs
     (20 kHz): each decade of thousand belongs to one unit. */
  static const struct {
    double longest_step;
    struct stance_csv_time_unit unit;
  } plausible[] = {{0.05, {1, "s", true}}, {50, {1e3, "ms", true}}, {50e3, {1e6, "us", true}}};
  const struct stance_csv_choice *choice = loaded->choice;
  *ret_unit = (struct stance_csv_time_unit){.units_per_second = 1};
  if (choice->time == STANCE_CSV_TIME_ABSENT)
    return STANCE_OK;
  if (choice->time == STANCE_CSV_TIME_INDEX) {
    *ret_unit = (struct stance_csv_time_unit){choice->rate_hz, "samples", false};
    return STANCE_OK;
  }
  const struct stance_csv_column *column = &loaded->context.header->column[choice->time_column];
  if (column->unit != NULL && column->unit->quantity == STANCE_CSV_TIME) {
    ret_unit->units_per_second = column->unit->units_per_second;
    snprintf(ret_unit->symbol, sizeof ret_unit->symbol, "%s", column->unit->symbol);
    return STANCE_OK;
  }
  double step = early_step(loaded->data);
  for (size_t k = 0; k < sizeof plausible / sizeof plausible[0]; ++k)
    if (step <= plausible[k].longest_step) {
      *ret_unit = plausible[k].unit;
      return STANCE_OK;
    }
  if (isnan(step)) { /* one row, or stamps that stand still: said where they are laid out */
    *ret_unit = plausible[0].unit;
    return STANCE_OK;
  }
  return stance_problem_set(problem, STANCE_USAGE,
                            "%s: the time column #%zu '%.60s' steps by %g and states no unit, and "
                            "neither s, ms nor µs would be a plausible rate; name the unit in the "
                            "header, or use --columns time=none with --rate HZ",
                            loaded->context.text->name, choice->time_column + 1, column->name,
                            step);
}

struct comparison {
  const struct stance_csv_loaded *loaded;
  const struct stance_csv_subset *subset;
  const struct stance_csv_set *set;
};

static bool rows_are_equal(const void *context, size_t a, size_t b)
{
  const struct comparison *c = context;
  size_t row_a = stance_csv_subset_row(c->subset, a), row_b = stance_csv_subset_row(c->subset, b);
  for (size_t k = 0; k < c->set->count; ++k) {
    size_t slot = stance_csv_data_slot(c->loaded->data, c->set->pick[k].column);
    const double *value = c->loaded->data->value[slot];
    if (memcmp(&value[row_a], &value[row_b], sizeof *value) != 0)
      return false;
  }
  return true;
}

static enum stance_status say_fault(const struct stance_csv_loaded *loaded,
                                    const struct stance_stamps *stamps,
                                    const struct stance_csv_subset *subset,
                                    enum stance_stamps_fault fault, size_t row,
                                    struct stance_problem *problem)
{
  const char *name = loaded->context.text->name;
  unsigned long long line =
      (unsigned long long)loaded->data->line[stance_csv_subset_row(subset, row)].first;
  switch (fault) {
  case STANCE_STAMPS_OK:
    return STANCE_OK;
  case STANCE_STAMPS_NO_MEMORY:
    return STANCE_MEMORY;
  case STANCE_STAMPS_MISSING:
    return stance_problem_set(problem, STANCE_INPUT, "%s: line %llu has no time", name, line);
  case STANCE_STAMPS_BACKWARDS:
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s: line %llu: time runs backwards, from %.9g to %.9g: joined "
                              "recordings? Separate them with --group or --from",
                              name, line, stamps->stamp[row - 1], stamps->stamp[row]);
  case STANCE_STAMPS_STAND_STILL:
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s: most rows have the time of the row before them: the time column "
                              "cannot place them; use --columns time=none with --rate HZ",
                              name);
  case STANCE_STAMPS_TOO_FEW:
    return stance_problem_set(
        problem, STANCE_INPUT,
        "%s: line %llu is the only row of its trial: a rate cannot be measured", name, line);
  case STANCE_STAMPS_HOLE:
    break;
  }
  return stance_problem_set(problem, STANCE_INPUT,
                            "%s: line %llu: time jumps from %.9g to %.9g: joined recordings? "
                            "Separate them with --group or --from",
                            name, line, stamps->stamp[row - 1], stamps->stamp[row]);
}

/* Twice the fastest multi-channel instrument that force is sampled with (100 kS/s). */
static const double fastest_hz = 200e3;

static enum stance_status check_rate(const struct stance_csv_loaded *loaded,
                                     const struct stance_csv_time_unit *unit,
                                     const struct stance_layout *layout,
                                     struct stance_problem *problem)
{
  double given = loaded->context.options->rate_hz, measured = layout->axis.rate_hz;
  if (measured > fastest_hz)
    return stance_problem_set(
        problem, STANCE_INPUT,
        "%s: the time column in '%s' runs at %.6g Hz, which no force instrument reaches: its unit "
        "is another one; correct it in the header, or use --columns time=none,... with --rate HZ",
        loaded->context.text->name, unit->symbol, measured);
  if (!(given > 0) || fabs(given - measured) <= 0.01 * measured)
    return STANCE_OK;
  return stance_problem_set(
      problem, STANCE_USAGE,
      "%s: --rate %g contradicts the time column, which runs at %.6g Hz; leave "
      "--rate out, or ignore the column with --columns time=none,…",
      loaded->context.text->name, given, measured);
}

static enum stance_status
lay_out_stamps(const struct stance_csv_loaded *loaded, const struct stance_csv_time_unit *unit,
               const struct stance_csv_subset *subset, const struct stance_csv_set *set,
               double *gathered, struct stance_layout *ret_layout, struct stance_problem *problem)
{
  enum { EXACT_DECIMALS = 6 }; /* an index is not rounded */
  bool counted = loaded->choice->time == STANCE_CSV_TIME_INDEX;
  struct comparison comparison = {loaded, subset, set};
  struct stance_stamps stamps = {
      .stamp = loaded->data->value[0],
      .count = subset->count,
      .decimals = counted ? EXACT_DECIMALS : loaded->data->time_decimals,
      .units_per_second = unit->units_per_second,
      .expected_rate_hz = loaded->choice->rate_hz,
      .rows_are_equal = rows_are_equal,
      .context = &comparison,
  };
  if (gathered != NULL) {
    for (size_t k = 0; k < subset->count; ++k)
      gathered[k] = loaded->data->value[0][subset->row[k]];
    stamps.stamp = gathered;
  }
  struct stance_layout layout;
  size_t row = 0;
  enum stance_stamps_fault fault = stance_stamps_lay_out(&stamps, &layout, &row);
  if (fault != STANCE_STAMPS_OK)
    return say_fault(loaded, &stamps, subset, fault, row, problem);
  enum stance_status status = check_rate(loaded, unit, &layout, problem);
  if (status != STANCE_OK) {
    stance_layout_finish(&layout);
    return status;
  }
  if (counted) {
    layout.axis.rate_hz = layout.axis.nominal_rate_hz = loaded->choice->rate_hz;
    layout.axis.rate_uncertainty_hz = (double)NAN;
    layout.axis.stamped = false;
  }
  *ret_layout = layout;
  return STANCE_OK;
}

enum stance_status
stance_csv_lay_out(const struct stance_csv_loaded *loaded, const struct stance_csv_time_unit *unit,
                   const struct stance_csv_subset *subset, const struct stance_csv_set *set,
                   struct stance_layout *ret_layout, struct stance_problem *problem)
{
  if (loaded->choice->time == STANCE_CSV_TIME_ABSENT) {
    *ret_layout = (struct stance_layout){
        .instant_count = subset->count,
        .axis = {.rate_hz = loaded->choice->rate_hz,
                 .rate_uncertainty_hz = (double)NAN,
                 .nominal_rate_hz = loaded->choice->rate_hz},
    };
    return STANCE_OK;
  }
  double *gathered = NULL;
  if (subset->row != NULL) {
    gathered = malloc(subset->count * sizeof *gathered);
    if (gathered == NULL)
      return STANCE_MEMORY;
  }
  enum stance_status status =
      lay_out_stamps(loaded, unit, subset, set, gathered, ret_layout, problem);
  free(gathered);
  return status;
}
