/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary that a clinician reads in the terminal. It states what was measured, names what was
   not, and makes no clinical claim. */
#include "report_private.h"

#include <math.h>
#include <string.h>

static const char *or_nothing(const char *text)
{
  return text == NULL ? "" : text;
}

static void heading(struct stance_text *text, const struct stance_report *report)
{
  const struct stance_result *result = report->result;
  char started_at[STANCE_LOCAL_TIME_SIZE];
  stance_report_local_time(report, started_at);
  stance_text_format(text, "%s (%s, version %s)\n", result->protocol.title, result->protocol.id,
                     result->protocol.version);
  if (or_nothing(report->athlete)[0] != '\0')
    stance_text_format(text, "Athlete %s. ", report->athlete);
  if (started_at[0] != '\0')
    stance_text_format(text, "Started %s. ", started_at);
  if (or_nothing(report->instrument)[0] != '\0')
    stance_text_format(text, "Instrument %s, %.6g Hz. ", report->instrument, result->time.rate_hz);
  stance_text_format(text, "Recording %s.\n", or_nothing(report->recording));
  if (report->calibration == STANCE_CALIBRATION_NONE)
    stance_text_string(text, "NO CALIBRATION IS KNOWN FOR THIS INSTRUMENT: the numbers below are "
                             "not newtons.\n");
}

/* "320.4 +- 2.3 N": the interval in the decimals of the value, never smaller than its last one. */
static void number_text(enum stance_metric metric, const struct stance_value *value,
                        const char *unit, char *ret_text, size_t size)
{
  const int decimals = stance_metric_info(metric)->decimals;
  char interval[40] = "";
  if (!isnan(value->uncertainty))
    snprintf(interval, sizeof interval, " +- %.*f", decimals,
             fmax(value->uncertainty, pow(10, -decimals)));
  snprintf(ret_text, size, "%.*f%s %s", decimals, value->value, interval, unit);
}

static void value_cell(struct stance_text *text, const struct stance_result *result,
                       enum stance_metric metric, const struct stance_value *value)
{
  char cell[STANCE_REASONS_SIZE], unit[STANCE_UNIT_SIZE];
  stance_report_unit(result, metric, unit);
  if (stance_value_is_missing(value))
    stance_value_status(value, cell, sizeof cell);
  else
    number_text(metric, value, unit, cell, sizeof cell);
  stance_text_format(text, "  %-24s", cell);
}

/* A side without a column is spoken of below the table. */
static bool has_column(const struct stance_result *result, int side)
{
  return stance_report_summary_has_side(result, (enum stance_side)side) && result->measured[side];
}

static void trim_line(struct stance_text *text)
{
  while (text->length > 0 && !text->failed && text->bytes[text->length - 1] == ' ')
    text->bytes[--text->length] = '\0';
  stance_text_string(text, "\n");
}

/* One line of the table; left out where no column has a value that may be shown. */
static void table_line(struct stance_text *text, const struct stance_result *result,
                       enum stance_summary_rule rule, enum stance_metric metric, const char *name)
{
  stance_text_format(text, "  %-22s", name);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (has_column(result, side))
      value_cell(text, result, metric, &result->summary[rule][side][metric]);
  trim_line(text);
}

/* What other onsets make of the value above it. */
static void spread_line(struct stance_text *text, const struct stance_result *result,
                        enum stance_metric metric)
{
  const int decimals = stance_metric_info(metric)->decimals;
  stance_text_format(text, "  %-22s", "  by other onsets");
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const struct stance_value *value = &result->summary[STANCE_SUMMARY_BEST][side][metric];
    char cell[80] = "-";
    if (!has_column(result, side))
      continue;
    if (value->spread_count > 0)
      snprintf(cell, sizeof cell, "%.*f to %.*f %s", decimals, value->spread_low, decimals,
               value->spread_high, stance_metric_info(metric)->unit);
    stance_text_format(text, "  %-24s", cell);
  }
  trim_line(text);
}

/* Rapid force is shown where the effort was explosive and nothing says that it was not: SCIENCE
   1.3, step 6. */
static bool shows_rapid_force(const struct stance_result *result, enum stance_metric metric)
{
  bool any = false;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const struct stance_value *value = &result->summary[STANCE_SUMMARY_BEST][side][metric];
    if ((value->reasons & STANCE_REASON_BIT(STANCE_REASON_NOT_EXPLOSIVE)) != 0)
      return false;
    any = any || (result->measured[side] && !stance_value_is_missing(value));
  }
  return any && result->protocol.effort == STANCE_EFFORT_EXPLOSIVE;
}

static bool rapid_lines(struct stance_text *text, const struct stance_result *result,
                        enum stance_metric metric, const char *name)
{
  if (!shows_rapid_force(result, metric))
    return false;
  table_line(text, result, STANCE_SUMMARY_BEST, metric, name);
  spread_line(text, result, metric);
  return true;
}

/* What stands for no force: SCIENCE 1.2, four levels. */
static const char *level_of(const struct stance_result *result, enum stance_metric compared)
{
  if (compared == STANCE_METRIC_PEAK_FORCE_NET)
    return result->limb_measured ? "the weight of the relaxed limb"
                                 : "the level just before the effort (no limb weight was taken)";
  return result->zero_measured
             ? "the empty instrument"
             : "the instrument's own zero (the empty instrument was not measured)";
}

static void table(struct stance_text *text, const struct stance_result *result)
{
  enum stance_metric compared = result->protocol.compared;
  stance_text_format(text, "\n  %-22s", "");
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (has_column(result, side))
      stance_text_format(text, "  %-24s",
                         side == STANCE_TOTAL ? "both at once"
                                              : stance_side_name((enum stance_side)side));
  stance_text_string(text, "\n");
  table_line(text, result, STANCE_SUMMARY_BEST, compared, "peak force, best");
  table_line(text, result, STANCE_SUMMARY_MEAN, compared, "peak force, mean");
  const bool early = rapid_lines(text, result, STANCE_METRIC_RFD_0_100MS, "RFD 0-100 ms, best");
  const bool late = rapid_lines(text, result, STANCE_METRIC_RFD_0_200MS, "RFD 0-200 ms, best");
  stance_text_format(text, "  Peak force is the highest single sample above %s.\n",
                     level_of(result, compared));
  stance_text_string(text, "  After +-: what the instrument leaves open (about 95 %). How far two "
                           "tests of one leg differ is another question.\n");
  if (early || late)
    stance_text_format(text,
                       "  By other onsets: the same force under %d published onset methods.\n",
                       STANCE_SPREAD_METHOD_COUNT);
}

static void reason_sentences(struct stance_text *text, stance_reason_set reasons,
                             const char *indent)
{
  for (int reason = 0; reason < STANCE_REASON_COUNT; reason++)
    if ((reasons & STANCE_REASON_BIT(reason)) != 0)
      stance_text_format(text, "%s%s: %s\n", indent, stance_reason_id((enum stance_reason)reason),
                         stance_reason_definition((enum stance_reason)reason));
}

static void repetition_line(struct stance_text *text, const struct stance_result *result,
                            const struct stance_repetition *repetition)
{
  enum stance_metric compared = result->protocol.compared;
  const struct stance_metric_info *info = stance_metric_info(compared);
  char unit[STANCE_UNIT_SIZE];
  stance_report_unit(result, compared, unit);
  stance_text_format(text, "  %2u  %-8s ", repetition->number,
                     stance_report_repetition_status(repetition->status));
  const char *separator = "";
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    if (!repetition->took_part[side])
      continue;
    const struct stance_value *value = &repetition->value[side][compared];
    const char *name =
        side == STANCE_TOTAL ? "both at once" : stance_side_name((enum stance_side)side);
    char status[STANCE_REASONS_SIZE];
    stance_value_status(value, status, sizeof status);
    if (stance_value_is_missing(value))
      stance_text_format(text, "%s%s %s", separator, name, status);
    else
      stance_text_format(text, "%s%s %.*f %s", separator, name, info->decimals, value->value, unit);
    separator = ", ";
  }
  if ((repetition->reasons & STANCE_REASON_BIT(STANCE_REASON_SIDE_NOT_SAMPLED)) != 0)
    stance_text_format(text, ", %s was not sampled",
                       repetition->side == STANCE_LEFT ? "right" : "left");
  stance_text_string(text, "\n");
  if (repetition->status != STANCE_REPETITION_ACCEPTED)
    reason_sentences(text, stance_report_reject_reasons(repetition), "                ");
}

/* What was counted beside the efforts that were asked for enters mean and perhaps best: pushing
   back, getting on. Only a person can tell. */
static void compare_with_protocol(struct stance_text *text, const struct stance_result *result)
{
  const unsigned asked = result->protocol.repetitions;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (has_column(result, side) && result->used[side] > asked)
      stance_text_format(text,
                         "  %s: %u were counted where the protocol asks for %u. Were all of them "
                         "efforts? --from and --to leave others out.\n",
                         side == STANCE_TOTAL ? "both at once"
                                              : stance_side_name((enum stance_side)side),
                         result->used[side], asked);
}

static void repetitions(struct stance_text *text, const struct stance_result *result)
{
  stance_text_string(text, "\nRepetitions\n");
  if (result->repetition_count == 0)
    stance_text_string(text, "  none was found\n");
  for (size_t k = 0; k < result->repetition_count; k++)
    repetition_line(text, result, &result->repetition[k]);
  compare_with_protocol(text, result);
}

/* What holds for the recording, for the comparison, and for any value of a counted repetition: what
   its row of the table says. Reasons of repetitions that are not counted stand beside them. */
static stance_reason_set flags_to_explain(const struct stance_result *result)
{
  stance_reason_set flags =
      result->flags |
      result->summary[STANCE_SUMMARY_BEST][STANCE_BOTH][STANCE_METRIC_ASYMMETRY_PEAK_FORCE].reasons;
  for (size_t k = 0; k < result->repetition_count; k++) {
    const struct stance_repetition *repetition = &result->repetition[k];
    if (repetition->status != STANCE_REPETITION_ACCEPTED)
      continue;
    for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
      if (repetition->took_part[side])
        flags |= stance_report_row_flags(result, repetition, (enum stance_side)side);
  }
  return stance_report_flags(flags);
}

/* Always stated, whatever was done about it. */
static void zero_shift(struct stance_text *text, const struct stance_result *result)
{
  const char *separator = "\nZero after the test against before it: ";
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const double shift_n = stance_report_zero_shift_n(result, (enum stance_side)side);
    if (!has_column(result, side) || isnan(shift_n))
      continue;
    stance_text_format(
        text, "%s%s %+.1f N", separator,
        side == STANCE_TOTAL ? "both at once" : stance_side_name((enum stance_side)side), shift_n);
    separator = ", ";
  }
  if (separator[0] == ',')
    stance_text_format(text, "%s.\n",
                       result->drift_corrected ? "; corrected as a steady drift"
                                               : "; not corrected");
}

void stance_report_summary(struct stance_text *text, const struct stance_report *report)
{
  const struct stance_result *result = report->result;
  heading(text, report);
  table(text, result);
  stance_report_comparison_text(text, report);
  repetitions(text, result);
  if (result->integrity.frames_expected > 0) {
    stance_text_string(text, "\n");
    stance_report_ledger_sentence(text, report);
  }
  zero_shift(text, result);
  stance_reason_set flags = flags_to_explain(result);
  if (flags != 0) {
    stance_text_string(text, "\nTo be read with it\n");
    reason_sentences(text, flags, "  ");
  }
  if (or_nothing(report->notes)[0] != '\0')
    stance_text_format(text, "\nNotes: %s.\n", report->notes);
}
