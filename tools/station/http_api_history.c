/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was tested, out of the results that are kept. */
#include "http_api_private.h"

#include "protocol_find.h"
#include "sheet_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* One kept result, as the long layout says it. */
struct past {
  const char *metric; /* what the protocol compares */
  size_t repetition, side, name, value, unit, mdc95, status;
  double peak[2], mdc95_of[2], asymmetry_pct;
  char peak_unit[16];
  json_t *flags;
};

static void add_flags(json_t *flags, const char *status)
{
  for (const char *from = status; *from != '\0';) {
    const size_t length = strcspn(from, "+");
    bool known = (length == 2 && strncmp(from, "ok", 2) == 0) || length == 0;
    for (size_t k = 0; k < json_array_size(flags) && !known; k++)
      known = json_string_length(json_array_get(flags, k)) == length &&
              strncmp(json_string_value(json_array_get(flags, k)), from, length) == 0;
    if (!known)
      json_array_append_new(flags, json_stringn(from, length));
    from += length + (from[length] == '+');
  }
}

static enum stance_status take_header(struct past *past, const struct stance_sheet_row *row,
                                      struct stance_problem *problem)
{
  past->repetition = stance_sheet_column(row, "repetition");
  past->side = stance_sheet_column(row, "side");
  past->name = stance_sheet_column(row, "metric");
  past->value = stance_sheet_column(row, "value");
  past->unit = stance_sheet_column(row, "unit");
  past->mdc95 = stance_sheet_column(row, "mdc95");
  past->status = stance_sheet_column(row, "status");
  const size_t columns[] = {past->repetition, past->side,  past->name,  past->value,
                            past->unit,       past->mdc95, past->status};
  for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
    if (columns[k] >= row->count)
      return stance_problem_set(problem, STANCE_INPUT, "an older stance kept this result");
  return STANCE_OK;
}

static enum stance_status visit(void *context, const struct stance_sheet_row *row,
                                struct stance_problem *problem)
{
  struct past *past = context;
  if (past->name == SIZE_MAX)
    return take_header(past, row, problem);
  /* SCIENCE 3: the best valid repetition is the session's value. */
  if (strcmp(row->cell[past->repetition], stance_summary_id(STANCE_SUMMARY_BEST)) != 0)
    return STANCE_OK;
  const char *side = row->cell[past->side], *metric = row->cell[past->name];
  const int k = strcmp(side, "left") == 0 ? 0 : strcmp(side, "right") == 0 ? 1 : 2;
  const bool compared = strcmp(metric, past->metric) == 0 && k < 2;
  enum stance_status status = STANCE_OK;
  if (compared) {
    status = stance_sheet_number(row, past->value, &past->peak[k], problem);
    if (status == STANCE_OK)
      status = stance_sheet_number(row, past->mdc95, &past->mdc95_of[k], problem);
    snprintf(past->peak_unit, sizeof past->peak_unit, "%s", row->cell[past->unit]);
  } else if (strcmp(metric, stance_metric_info(STANCE_METRIC_ASYMMETRY_PEAK_FORCE)->id) == 0) {
    status = stance_sheet_number(row, past->value, &past->asymmetry_pct, problem);
  } else {
    return STANCE_OK;
  }
  add_flags(past->flags, row->cell[past->status]);
  return status;
}

static enum stance_status read_past(const char *long_csv, struct past *past,
                                    struct stance_problem *problem)
{
  char path[64];
  const size_t length = strlen(long_csv);
  int file = memfd_create("result", MFD_CLOEXEC);
  enum stance_status status = STANCE_MEMORY;
  if (file >= 0 && write(file, long_csv, length) == (ssize_t)length) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    status = stance_sheet_read(path, visit, past, problem);
  }
  if (file >= 0)
    close(file);
  return status;
}

static json_t *number_or_null(double value)
{
  return isfinite(value) ? json_real(value) : json_null();
}

/* Of the larger change relative to its side, so that neither is taken to have changed by chance. */
static double mdc_pct(const struct past *past)
{
  return 100 * fmax(past->mdc95_of[0] / past->peak[0], past->mdc95_of[1] / past->peak[1]);
}

static json_t *describe(struct stance_store *store, const struct stance_recording_summary *summary)
{
  struct stance_protocol protocol;
  struct stance_problem problem = {""};
  struct stance_stored_result kept = {0};
  struct past past = {.metric = stance_metric_info(STANCE_METRIC_PEAK_FORCE)->id,
                      .name = SIZE_MAX,
                      .peak = {(double)NAN, (double)NAN},
                      .mdc95_of = {(double)NAN, (double)NAN},
                      .asymmetry_pct = (double)NAN,
                      .flags = json_array()};
  if (stance_protocol_find(summary->protocol_id, &protocol, NULL, NULL, &problem) == STANCE_OK)
    past.metric = stance_metric_info(protocol.compared)->id;
  bool has_result =
      stance_store_get_result(store, summary->id, NULL, &kept, &problem) == STANCE_OK &&
      read_past(kept.long_csv, &past, &problem) == STANCE_OK;
  stance_stored_result_finish(&kept);
  if (!has_result)
    json_array_append_new(past.flags, json_string("no_result"));
  /* Numbers under a name that says newtons are newtons. */
  bool newtons = strcmp(past.peak_unit, "N") == 0;
  return json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                   summary->id, "started", summary->started_at, "protocol", summary->protocol_id,
                   "athlete", summary->athlete, "finished", summary->finished_at[0] != '\0',
                   "metric", past.metric, "peak_left_n",
                   number_or_null(newtons ? past.peak[0] : (double)NAN), "peak_right_n",
                   number_or_null(newtons ? past.peak[1] : (double)NAN), "asymmetry_pct",
                   number_or_null(past.asymmetry_pct), "mdc_left_n",
                   number_or_null(newtons ? past.mdc95_of[0] : (double)NAN), "mdc_right_n",
                   number_or_null(newtons ? past.mdc95_of[1] : (double)NAN), "mdc_pct",
                   number_or_null(mdc_pct(&past)), "flags", past.flags);
}

void api_get_history(struct stance_http_api *api, const struct stance_http_request *request,
                     struct stance_http_reply *reply)
{
  if (!api_check_query(request, "athlete", reply))
    return;
  enum { LATEST = 200 }; /* a page shows no more, and each takes a millisecond */
  const char *athlete = stance_http_argument(request, "athlete");
  struct stance_store *store = NULL;
  struct stance_recording_summary *summaries = NULL;
  size_t count = 0;
  struct stance_problem problem = {""};
  enum stance_status status = stance_store_open(stance_station_store_path(api->station),
                                                STANCE_STORE_READ, &store, &problem);
  if (status == STANCE_OK)
    status = stance_store_list_recordings(store, &summaries, &count, &problem);
  json_t *list = json_array();
  for (size_t k = count; k-- > 0 && json_array_size(list) < LATEST;)
    if (athlete == NULL || strcmp(summaries[k].athlete, athlete) == 0)
      json_array_append_new(list, describe(store, &summaries[k]));
  free(summaries);
  stance_store_close(store);
  if (status == STANCE_OK) {
    api_answer(reply, 200, list);
    return;
  }
  json_decref(list);
  api_answer_problem(reply, status, &problem);
}
