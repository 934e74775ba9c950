/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const layout_id[STANCE_LAYOUT_COUNT] = {"wide", "long", "tests"};

const char *stance_layout_id(enum stance_layout layout)
{
  return layout_id[layout];
}

enum stance_layout stance_layout_find(const char *id)
{
  int layout = 0;
  while (layout < STANCE_LAYOUT_COUNT && strcmp(layout_id[layout], id) != 0)
    layout++;
  return (enum stance_layout)layout;
}

/* False where `started_at` is not a UTC time: a wrong hour is worse than an empty cell. */
static bool local_time(const struct stance_report *report, struct tm *ret_local)
{
  struct tm utc = {0};
  const char *rest =
      report->started_at == NULL ? NULL : strptime(report->started_at, "%Y-%m-%dT%H:%M:%S", &utc);
  if (rest == NULL)
    return false;
  if (*rest == '.')
    rest += 1 + strspn(rest + 1, "0123456789");
  if (strcmp(rest, "Z") != 0 && strcmp(rest, "+00:00") != 0)
    return false;
  time_t local = timegm(&utc) + 60 * (time_t)report->utc_offset_min;
  return gmtime_r(&local, ret_local) != NULL;
}

void stance_report_local_time(const struct stance_report *report,
                              char ret_text[STANCE_LOCAL_TIME_SIZE])
{
  struct tm local;
  ret_text[0] = '\0';
  if (!local_time(report, &local))
    return;
  size_t length = strftime(ret_text, STANCE_LOCAL_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &local);
  int offset = report->utc_offset_min;
  unsigned size = (unsigned)(offset < 0 ? -offset : offset);
  snprintf(ret_text + length, STANCE_LOCAL_TIME_SIZE - length, "%c%02u:%02u",
           offset < 0 ? '-' : '+', size / 60 % 24, size % 60);
}

static void time_cells(struct stance_sheet *sheet, const struct stance_report *report)
{
  struct tm local;
  if (!local_time(report, &local)) {
    stance_sheet_empty(sheet);
    stance_sheet_empty(sheet);
    stance_sheet_empty(sheet);
    return;
  }
  char date[32], time[32];
  strftime(date, sizeof date, "%Y-%m-%d", &local);
  strftime(time, sizeof time, "%H:%M:%S", &local);
  stance_sheet_text(sheet, date);
  stance_sheet_text(sheet, time);
  stance_sheet_fixed(sheet, report->utc_offset_min, 0);
}

void stance_report_identity_cells(struct stance_sheet *sheet, const struct stance_report *report)
{
  const struct stance_result *result = report->result;
  const struct stance_protocol *protocol = &result->protocol;
  stance_sheet_text(sheet, report->athlete);
  time_cells(sheet, report);
  stance_sheet_text(sheet, report->session);
  stance_sheet_text(sheet, report->recording);
  stance_sheet_text(sheet, protocol->id);
  stance_sheet_text(sheet, protocol->version);
  stance_sheet_shortest(sheet, protocol->hip_deg);
  stance_sheet_shortest(sheet, protocol->knee_deg);
  stance_sheet_text(sheet, report->instrument);
  stance_sheet_text(sheet, stance_rig_name(protocol->rig));
  stance_sheet_text(sheet, report->operator_name);
  stance_sheet_text(sheet, stance_side_name(result->injured_side));
  stance_sheet_shortest(sheet, result->body_mass_kg);
  stance_sheet_shortest(sheet, result->lever_m);
}

void stance_report_reasons_cell(struct stance_sheet *sheet, stance_reason_set reasons)
{
  char text[STANCE_REASONS_SIZE];
  stance_reason_join(reasons, text, sizeof text);
  stance_sheet_text(sheet, text);
}

bool stance_report_is_wide_metric(enum stance_metric metric)
{
  return metric != STANCE_METRIC_ONSET_THRESHOLD && !stance_metric_info(metric)->compares_sides;
}

static bool is_newtons(const struct stance_result *result)
{
  return result->force_unit[0] == '\0' || strcmp(result->force_unit, "N") == 0;
}

bool stance_report_has_columns_unit(const struct stance_result *result, enum stance_metric metric)
{
  return is_newtons(result) || stance_metric_info(metric)->unit[0] != 'N';
}

void stance_report_unit(const struct stance_result *result, enum stance_metric metric,
                        char ret_unit[STANCE_UNIT_SIZE])
{
  const char *unit = stance_metric_info(metric)->unit;
  if (stance_report_has_columns_unit(result, metric))
    snprintf(ret_unit, STANCE_UNIT_SIZE, "%s", unit);
  else
    snprintf(ret_unit, STANCE_UNIT_SIZE, "%s%.15s", result->force_unit, unit + 1);
}

void stance_report_metric_column(enum stance_metric metric, const char *prefix,
                                 char ret_name[STANCE_COLUMN_NAME_SIZE])
{
  const struct stance_metric_info *info = stance_metric_info(metric);
  snprintf(ret_name, STANCE_COLUMN_NAME_SIZE, "%s%s_%s", prefix, info->id, info->unit_suffix);
}

stance_reason_set stance_report_value_reasons(const struct stance_value *value)
{
  static const stance_reason_set not_given =
      STANCE_REASON_BIT(STANCE_REASON_NO_BODY_MASS) | STANCE_REASON_BIT(STANCE_REASON_NO_LEVER) |
      STANCE_REASON_BIT(STANCE_REASON_NOT_MEASURED) | STANCE_REASON_BIT(STANCE_REASON_NO_GO) |
      STANCE_REASON_BIT(STANCE_REASON_NO_LATENCY) | STANCE_REASON_BIT(STANCE_REASON_NO_RELIABILITY);
  return stance_value_is_missing(value) ? value->reasons & ~not_given : value->reasons;
}

stance_reason_set stance_report_flags(stance_reason_set reasons)
{
  return reasons & ~STANCE_REASON_BIT(STANCE_REASON_ZERO_ASSUMED);
}

stance_reason_set stance_report_row_flags(const struct stance_result *result,
                                          const struct stance_repetition *repetition,
                                          enum stance_side side)
{
  stance_reason_set flags = result->flags | repetition->reasons | repetition->effort[side].flags;
  for (int m = 0; m < STANCE_METRIC_COUNT; m++)
    if (!stance_metric_info((enum stance_metric)m)->compares_sides)
      flags |= stance_report_value_reasons(&repetition->value[side][m]);
  return stance_report_flags(flags);
}

stance_reason_set stance_report_reject_reasons(const struct stance_repetition *repetition)
{
  static const stance_reason_set can_reject = STANCE_REASON_BIT(STANCE_REASON_PARTIAL) |
                                              STANCE_REASON_BIT(STANCE_REASON_ONE_SIDED) |
                                              STANCE_REASON_BIT(STANCE_REASON_TRUNCATED);
  if (repetition->status == STANCE_REPETITION_ACCEPTED)
    return 0;
  return repetition->reasons & can_reject;
}

const char *stance_report_repetition_status(enum stance_repetition_status status)
{
  static const char *const names[] = {"accepted", "partial", "rejected"};
  return names[status];
}

enum stance_side stance_report_weaker_side(const struct stance_result *result,
                                           const struct stance_value *asymmetry)
{
  if (stance_value_is_missing(asymmetry))
    return STANCE_SIDE_NONE;
  enum stance_side injured = result->injured_side;
  enum stance_side other = injured == STANCE_LEFT ? STANCE_RIGHT : STANCE_LEFT;
  /* Positive: the side named first is the weaker one. */
  double deficit = asymmetry->value;
  enum stance_side first = STANCE_LEFT, second = STANCE_RIGHT;
  switch ((enum stance_asymmetry_formula)result->settings.asymmetry_formula) {
  case STANCE_ASYMMETRY_SHARE_OF_TOTAL: /* 50 % of the total is the right side's when equal */
    deficit = asymmetry->value - 50;
    break;
  case STANCE_ASYMMETRY_LSI: /* 100 % when equal */
    deficit = 100 - asymmetry->value;
    first = injured;
    second = other;
    break;
  case STANCE_ASYMMETRY_LSI_DEFICIT:
    first = injured;
    second = other;
    break;
  default:
    break;
  }
  return deficit > 0 ? first : deficit < 0 ? second : STANCE_SIDE_NONE;
}

bool stance_report_summary_has_side(const struct stance_result *result, enum stance_side side)
{
  if (side != STANCE_TOTAL)
    return true;
  for (size_t k = 0; k < result->repetition_count; k++)
    if (result->repetition[k].took_part[STANCE_TOTAL])
      return true;
  return result->measured[STANCE_TOTAL] && !result->measured[STANCE_LEFT] &&
         !result->measured[STANCE_RIGHT];
}

double stance_report_zero_shift_n(const struct stance_result *result, enum stance_side side)
{
  const bool own = result->measured[side] || !result->measured[STANCE_TOTAL];
  return is_newtons(result) ? result->zero_shift_n[own ? side : STANCE_TOTAL] : (double)NAN;
}
