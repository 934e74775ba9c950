/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "maximum.h"

#include "protocol_find.h"
#include "sheet_read.h"

#include "stance/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One kept result, as the long layout says it. */
struct past {
  struct stance_maximum *maximum;
  const char *metric;
  bool has_header;
  size_t repetition, side, name, value, unit;
};

static enum stance_status take_header(struct past *past, const struct stance_sheet_row *row,
                                      struct stance_problem *problem)
{
  past->repetition = stance_sheet_column(row, "repetition");
  past->side = stance_sheet_column(row, "side");
  past->name = stance_sheet_column(row, "metric");
  past->value = stance_sheet_column(row, "value");
  past->unit = stance_sheet_column(row, "unit");
  past->has_header = true;
  if (past->repetition < row->count && past->side < row->count && past->name < row->count &&
      past->value < row->count && past->unit < row->count)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_INPUT, "an older stance kept this result");
}

static enum stance_status visit(void *context, const struct stance_sheet_row *row,
                                struct stance_problem *problem)
{
  struct past *past = context;
  double value;
  if (!past->has_header)
    return take_header(past, row, problem);
  if (strcmp(row->cell[past->repetition], stance_summary_id(STANCE_SUMMARY_BEST)) != 0 ||
      strcmp(row->cell[past->name], past->metric) != 0 || strcmp(row->cell[past->unit], "N") != 0)
    return STANCE_OK;
  const enum stance_status status = stance_sheet_number(row, past->value, &value, problem);
  for (int side = 0; status == STANCE_OK && side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (strcmp(row->cell[past->side], stance_side_name((enum stance_side)side)) == 0)
      past->maximum->force_n[side] = fmax(past->maximum->force_n[side], value); /* NaN: the other */
  return status;
}

static bool is_known(const struct stance_maximum *maximum)
{
  return !isnan(maximum->force_n[STANCE_LEFT]) || !isnan(maximum->force_n[STANCE_RIGHT]) ||
         !isnan(maximum->force_n[STANCE_TOTAL]);
}

/* A result that an older stance kept, or that is damaged, says nothing; the others do. */
static void take_result(struct stance_store *store, const char *recording_id,
                        struct stance_maximum *maximum)
{
  struct stance_stored_result kept = {0};
  struct stance_problem problem;
  struct stance_maximum with = *maximum;
  struct past past = {.maximum = &with, .metric = stance_metric_info(maximum->compared)->id};
  if (stance_store_get_result(store, recording_id, NULL, &kept, &problem) == STANCE_OK &&
      stance_sheet_read_text("the kept result", kept.long_csv, visit, &past, &problem) == STANCE_OK)
    *maximum = with;
  stance_stored_result_finish(&kept);
}

/* Days as the recordings name them, in UTC: a day of tests seldom crosses its midnight. */
static void search(struct stance_store *store, const char *athlete,
                   const struct stance_recording_summary *list, size_t count,
                   struct stance_maximum *maximum)
{
  enum { DAY_LENGTH = STANCE_DAY_SIZE - 1 };
  for (size_t k = count; k-- > 0;) {
    if (strcmp(list[k].athlete, athlete) != 0 ||
        strcmp(list[k].protocol_id, maximum->protocol_id) != 0)
      continue;
    if (is_known(maximum) && strncmp(list[k].started_at, maximum->day, DAY_LENGTH) != 0)
      return;
    take_result(store, list[k].id, maximum);
    if (is_known(maximum))
      snprintf(maximum->day, sizeof maximum->day, "%.*s", DAY_LENGTH, list[k].started_at);
  }
}

enum stance_status stance_maximum_find(struct stance_store *store, const char *athlete,
                                       const char *protocol_id, struct stance_maximum *ret_maximum,
                                       struct stance_problem *problem)
{
  struct stance_protocol protocol;
  struct stance_recording_summary *list = NULL;
  size_t count = 0;
  struct stance_maximum maximum = {.force_n = {(double)NAN, (double)NAN, (double)NAN}, .day = ""};
  enum stance_status status = stance_protocol_find(protocol_id, &protocol, NULL, NULL, problem);
  if (status != STANCE_OK)
    return status;
  maximum.compared = protocol.compared;
  snprintf(maximum.protocol_id, sizeof maximum.protocol_id, "%s", protocol.id);
  if (athlete[0] != '\0')
    status = stance_store_list_recordings(store, &list, &count, problem);
  if (status != STANCE_OK)
    return status;
  search(store, athlete, list, count, &maximum);
  free(list);
  *ret_maximum = maximum;
  return STANCE_OK;
}
