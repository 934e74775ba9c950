/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_choice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct chooser {
  const struct stance_csv_context *context;
  struct stance_csv_choice choice;
};

static const struct stance_csv_column *column_at(const struct chooser *c, size_t k)
{
  return &c->context->header->column[k];
}

static bool rate_is_known(const struct chooser *c)
{
  return !isnan(c->choice.rate_hz);
}

static bool is_lone_number(const struct chooser *c)
{
  size_t numeric = 0;
  for (size_t k = 0; k < c->context->header->column_count; ++k)
    numeric += column_at(c, k)->numeric;
  return numeric == 1;
}

/* A column that nothing names, or one called "Sample", and that steps by one. */
static bool is_index(const struct chooser *c, size_t k)
{
  const struct stance_csv_column *column = column_at(c, k);
  return column->counts && !is_lone_number(c) &&
         (column->traits.role == STANCE_CSV_ROLE_INDEX || (k == 0 && column->name[0] == '\0'));
}

static enum stance_status ambiguous_time(const struct chooser *c, int rank,
                                         struct stance_problem *problem)
{
  struct stance_csv_listing listing = {0};
  size_t first = 0;
  for (size_t k = c->context->header->column_count; k-- > 0;)
    if (column_at(c, k)->numeric && column_at(c, k)->traits.role == STANCE_CSV_ROLE_TIME &&
        column_at(c, k)->traits.rank == rank)
      first = k;
  for (size_t k = first; k < c->context->header->column_count; ++k)
    if (column_at(c, k)->numeric && column_at(c, k)->traits.role == STANCE_CSV_ROLE_TIME &&
        column_at(c, k)->traits.rank == rank)
      stance_csv_listing_add(&listing, c->context->header, k);
  return stance_problem_set(problem, STANCE_USAGE,
                            "%s: more than one column may be the time: %s; choose with --columns "
                            "time=#%zu,…",
                            c->context->text->name, stance_csv_listing_text(&listing), first + 1);
}

static enum stance_status find_time(struct chooser *c, struct stance_problem *problem)
{
  const struct stance_csv_header *header = c->context->header;
  int best = -1;
  size_t count = 0;
  for (size_t k = 0; k < header->column_count; ++k) {
    const struct stance_csv_column *column = column_at(c, k);
    if (!column->numeric || column->traits.role != STANCE_CSV_ROLE_TIME ||
        (c->choice.grouped && k == c->choice.group_column))
      continue;
    if (column->traits.rank > best) {
      best = column->traits.rank;
      count = 0;
      c->choice.time_column = k;
    }
    count += column->traits.rank == best;
  }
  if (count > 1)
    return ambiguous_time(c, best, problem);
  if (count == 1) {
    c->choice.time = STANCE_CSV_TIME_STAMPS;
    return STANCE_OK;
  }
  for (size_t k = 0; k < header->column_count && rate_is_known(c); ++k)
    if (is_index(c, k)) {
      c->choice.time = STANCE_CSV_TIME_INDEX;
      c->choice.time_column = k;
      return STANCE_OK;
    }
  const struct stance_csv_column *first = column_at(c, 0);
  if (header->column_count > 1 && first->name[0] == '\0' && first->numeric &&
      first->evenly_increases && !first->counts) {
    c->choice.time = STANCE_CSV_TIME_STAMPS;
    c->choice.time_column = 0;
    c->choice.time_by_steps = true;
  }
  return STANCE_OK;
}

static enum stance_status settle_time(struct chooser *c, const struct stance_csv_request *request,
                                      struct stance_problem *problem)
{
  if (request->time_none)
    return STANCE_OK;
  if (request->time_given) {
    c->choice.time = STANCE_CSV_TIME_STAMPS;
    c->choice.time_column = request->time_column;
  } else {
    enum stance_status status = find_time(c, problem);
    if (status != STANCE_OK || c->choice.time != STANCE_CSV_TIME_STAMPS)
      return status;
  }
  /* "time" that counts 0, 1, 2 beside a rate that is given: samples. */
  const struct stance_csv_column *column = column_at(c, c->choice.time_column);
  bool has_unit = column->unit != NULL && column->unit->quantity == STANCE_CSV_TIME;
  if (column->counts && !has_unit && rate_is_known(c))
    c->choice.time = STANCE_CSV_TIME_INDEX;
  return STANCE_OK;
}

static bool is_candidate(const struct chooser *c, size_t k)
{
  const struct stance_csv_column *column = column_at(c, k);
  if (!column->numeric || is_index(c, k) || (c->choice.grouped && k == c->choice.group_column) ||
      (c->choice.time != STANCE_CSV_TIME_ABSENT && k == c->choice.time_column))
    return false;
  return column->traits.role == STANCE_CSV_ROLE_FORCE ||
         column->traits.role == STANCE_CSV_ROLE_UNKNOWN;
}

/* How many candidates stand on `side` with this rank; `ret_column` is the last of them. */
static size_t count_rank(const struct chooser *c, enum stance_side side, int rank,
                         size_t *ret_column)
{
  size_t count = 0;
  for (size_t k = 0; k < c->context->header->column_count; ++k)
    if (is_candidate(c, k) && column_at(c, k)->traits.side == side &&
        column_at(c, k)->traits.rank == rank) {
      *ret_column = k;
      count += 1;
    }
  return count;
}

static int best_rank(const struct chooser *c, enum stance_side side)
{
  int best = -1;
  for (size_t k = 0; k < c->context->header->column_count; ++k)
    if (is_candidate(c, k) && column_at(c, k)->traits.side == side &&
        column_at(c, k)->traits.rank > best)
      best = column_at(c, k)->traits.rank;
  return best;
}

static enum stance_status no_clear_choice(const struct chooser *c, int rank,
                                          struct stance_problem *problem)
{
  struct stance_csv_listing listing = {0};
  size_t first = 0, second = 0;
  bool numeric = false;
  for (size_t k = 0; k < c->context->header->column_count; ++k) {
    bool wanted = is_candidate(c, k) && column_at(c, k)->traits.rank >= rank;
    numeric = numeric || column_at(c, k)->numeric;
    if (!wanted)
      continue;
    if (listing.listed < 2)
      *(listing.listed == 0 ? &first : &second) = k + 1;
    stance_csv_listing_add(&listing, c->context->header, k);
  }
  const char *time = c->choice.time == STANCE_CSV_TIME_ABSENT && !rate_is_known(c)
                         ? "; there is no time column either: give --rate HZ"
                         : "";
  const char *name = c->context->text->name;
  if (listing.listed == 0)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: no column is known as a force; choose with --columns total=#N%s",
                              name, time);
  if (listing.listed == 1)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: no column is known as a force; the only one that may be is %s: "
                              "choose it with --columns total=#%zu%s",
                              name, stance_csv_listing_text(&listing), first, time);
  return stance_problem_set(problem, STANCE_USAGE,
                            "%s: which columns hold the force? %s; choose with --columns "
                            "left=#%zu,right=#%zu or total=#%zu%s",
                            name, stance_csv_listing_text(&listing), first, second, first, time);
}

static bool has_text_columns(const struct chooser *c)
{
  for (size_t k = 0; k < c->context->header->column_count; ++k)
    if (!column_at(c, k)->numeric)
      return true;
  return false;
}

/* Left and right where each is named once, else the one force there is; nothing is guessed. */
static enum stance_status find_forces(struct chooser *c, struct stance_problem *problem)
{
  enum { KNOWN = 2 };
  struct stance_csv_set *set = &c->choice.set[0];
  int left_rank = best_rank(c, STANCE_LEFT), right_rank = best_rank(c, STANCE_RIGHT);
  int none_rank = best_rank(c, STANCE_SIDE_NONE);
  size_t left, right, one = 0;
  c->choice.set_count = 1;
  if (left_rank > 0 && right_rank > 0) {
    if (left_rank != right_rank || count_rank(c, STANCE_LEFT, left_rank, &left) != 1 ||
        count_rank(c, STANCE_RIGHT, right_rank, &right) != 1)
      return no_clear_choice(c, left_rank < right_rank ? left_rank : right_rank, problem);
    set->pick[0] = (struct stance_csv_pick){left, STANCE_LEFT};
    set->pick[1] = (struct stance_csv_pick){right, STANCE_RIGHT};
    set->count = 2;
    return STANCE_OK;
  }
  enum stance_side side = left_rank > 0    ? STANCE_LEFT
                          : right_rank > 0 ? STANCE_RIGHT
                                           : STANCE_SIDE_NONE;
  int rank = side == STANCE_LEFT ? left_rank : side == STANCE_RIGHT ? right_rank : none_rank;
  if (rank < 0 || (side != STANCE_SIDE_NONE && none_rank >= KNOWN) ||
      count_rank(c, side, rank, &one) != 1 ||
      (rank == 0 && c->context->header->named && has_text_columns(c)))
    return no_clear_choice(c, side == STANCE_SIDE_NONE ? (rank < 0 ? 0 : rank) : 1, problem);
  set->pick[0] = (struct stance_csv_pick){one, side == STANCE_SIDE_NONE ? STANCE_TOTAL : side};
  set->count = 1;
  return STANCE_OK;
}

/* `--side` says whose force the one in the file is. */
static enum stance_status apply_side(struct chooser *c, struct stance_problem *problem)
{
  const char *word = c->context->options->side;
  if (word == NULL || word[0] == '\0')
    return STANCE_OK;
  enum stance_side side = strcmp(word, "left") == 0    ? STANCE_LEFT
                          : strcmp(word, "right") == 0 ? STANCE_RIGHT
                                                       : STANCE_SIDE_NONE;
  if (side == STANCE_SIDE_NONE)
    return stance_problem_set(problem, STANCE_USAGE, "side '%.20s' is neither left nor right",
                              word);
  for (size_t i = 0; i < c->choice.set_count; ++i)
    for (size_t k = 0; k < c->choice.set[i].count; ++k) {
      struct stance_csv_pick *pick = &c->choice.set[i].pick[k];
      if (pick->side != STANCE_TOTAL && pick->side != side)
        return stance_problem_set(problem, STANCE_USAGE,
                                  "%s: column #%zu '%.60s' is the other side than '%s'; leave the "
                                  "side out, or choose the column with --columns",
                                  c->context->text->name, pick->column + 1,
                                  column_at(c, pick->column)->name, word);
      pick->side = side;
    }
  return STANCE_OK;
}

static enum stance_status check_picks(const struct chooser *c, struct stance_problem *problem)
{
  for (size_t i = 0; i < c->choice.set_count; ++i)
    for (size_t k = 0; k < c->choice.set[i].count; ++k) {
      size_t column = c->choice.set[i].pick[k].column;
      bool time = c->choice.time != STANCE_CSV_TIME_ABSENT && column == c->choice.time_column;
      bool group = c->choice.grouped && column == c->choice.group_column;
      if (time || group)
        return stance_problem_set(
            problem, STANCE_USAGE, "%s: column #%zu '%.60s' is chosen as a force and is the %s",
            c->context->text->name, column + 1, column_at(c, column)->name,
            time ? "time as well; say time=#N or time=none in --columns" : "group as well");
    }
  if (c->choice.grouped && c->choice.set_count > 1)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: a file has its trials either below each other (--group) or side "
                              "by side (';' in --columns), not both",
                              c->context->text->name);
  if (c->choice.time == STANCE_CSV_TIME_ABSENT && !rate_is_known(c))
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: there is no time column; give the sampling rate with --rate HZ, "
                              "or name the column with --columns time=#N,…",
                              c->context->text->name);
  return STANCE_OK;
}

static enum stance_status choose(struct chooser *c, const struct stance_csv_request *request,
                                 struct stance_problem *problem)
{
  const char *group = c->context->options->group;
  if (group != NULL && group[0] != '\0') {
    enum stance_status status =
        stance_csv_column_find(c->context, group, false, &c->choice.group_column, problem);
    if (status != STANCE_OK)
      return status;
    c->choice.grouped = true;
  }
  enum stance_status status = settle_time(c, request, problem);
  if (status != STANCE_OK)
    return status;
  if (request->set_count > 0 && request->set[0].count > 0) {
    memcpy(c->choice.set, request->set, request->set_count * sizeof *request->set);
    c->choice.set_count = request->set_count;
  } else {
    status = find_forces(c, problem);
    if (status != STANCE_OK)
      return status;
  }
  status = apply_side(c, problem);
  return status == STANCE_OK ? check_picks(c, problem) : status;
}

enum stance_status stance_csv_choose(const struct stance_csv_context *context,
                                     struct stance_csv_choice *ret_choice,
                                     struct stance_problem *problem)
{
  double rate_hz = context->options->rate_hz;
  if (isnan(rate_hz) || rate_hz < 0 || rate_hz > 1e6)
    return stance_problem_set(problem, STANCE_USAGE,
                              "a sampling rate of %g Hz is impossible; give --rate in Hz", rate_hz);
  struct stance_csv_request request;
  enum stance_status status = stance_csv_request_read(context, &request, problem);
  if (status != STANCE_OK)
    return status;
  struct chooser c = {.context = context};
  c.choice.rate_hz = rate_hz > 0 ? rate_hz : context->header->rate_hz;
  c.choice.set = calloc(STANCE_CSV_SET_COUNT_MAX, sizeof *c.choice.set);
  status = c.choice.set != NULL ? choose(&c, &request, problem) : STANCE_MEMORY;
  free(request.set);
  if (status == STANCE_OK)
    *ret_choice = c.choice;
  else
    stance_csv_choice_finish(&c.choice);
  return status;
}

void stance_csv_choice_finish(struct stance_csv_choice *choice)
{
  free(choice->set);
  *choice = (struct stance_csv_choice){0};
}
