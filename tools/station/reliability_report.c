/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reliability_report.h"

#include "report_private.h"

#include <math.h>
#include <string.h>

static const char *or_nothing(const char *text, const char *nothing)
{
  return text[0] == '\0' ? nothing : text;
}

static void cell(struct stance_text *text, const char *value)
{
  stance_text_format(text, "  %-28s", value);
}

static void end_line(struct stance_text *text)
{
  while (text->length > 0 && !text->failed && text->bytes[text->length - 1] == ' ')
    text->bytes[--text->length] = '\0';
  stance_text_string(text, "\n");
}

/* Unit of a record's statistics. */
static const char *unit_of(const struct stance_reliability_record *record)
{
  const enum stance_metric metric = stance_metric_find(record->key.metric);
  if (record->side == STANCE_BOTH || metric == STANCE_METRIC_COUNT)
    return "%";
  return stance_metric_info(metric)->unit;
}

static int decimals_of(const struct stance_reliability_record *record)
{
  const enum stance_metric metric = stance_metric_find(record->key.metric);
  return record->side == STANCE_BOTH || metric == STANCE_METRIC_COUNT
             ? 1
             : stance_metric_info(metric)->decimals;
}

struct line {
  const char *name;
  size_t offset;
  enum { OWN_UNIT, PERCENT, RATIO } unit;
  bool has_limits;
};

static void estimate_cell(struct stance_text *text, const struct line *line,
                          const struct stance_reliability_record *record)
{
  struct stance_estimate estimate = {.low = (double)NAN, .high = (double)NAN};
  memcpy(&estimate, (const char *)&record->statistics + line->offset,
         line->has_limits ? sizeof estimate : sizeof estimate.value);
  char value[96];
  const int decimals = line->unit == RATIO ? 2 : line->unit == PERCENT ? 1 : decimals_of(record);
  const char *unit = line->unit == RATIO ? "" : line->unit == PERCENT ? " %" : unit_of(record);
  if (isnan(estimate.value))
    snprintf(value, sizeof value, "-");
  else if (isnan(estimate.low))
    snprintf(value, sizeof value, "%.*f%s%s", decimals, estimate.value,
             line->unit == OWN_UNIT ? " " : "", unit);
  else
    snprintf(value, sizeof value, "%.*f%s%s (%.*f ... %.*f)", decimals, estimate.value,
             line->unit == OWN_UNIT ? " " : "", unit, decimals, estimate.low, decimals,
             estimate.high);
  cell(text, value);
}

static void table(struct stance_text *text, const struct stance_reliability_study *study)
{
#define LINE(name, member, unit, limits)                            \
  {                                                                 \
    name, offsetof(struct stance_reliability, member), unit, limits \
  }
  static const struct line lines[] = {
      LINE("mean", mean, OWN_UNIT, false),
      LINE("typical error", typical_error, OWN_UNIT, true),
      LINE("  as CV", cv_pct, PERCENT, true),
      LINE("SEM of agreement", sem, OWN_UNIT, true),
      LINE("MDC95", mdc95, OWN_UNIT, true),
      LINE("ICC(3,1) consistency", icc_3_1, RATIO, true),
      LINE("ICC(2,1) agreement", icc_2_1, RATIO, true),
      LINE("last minus first test", shift, OWN_UNIT, true),
  };
#undef LINE
  stance_text_format(text, "\n  %-22s", "");
  for (int side = 0; side < STANCE_SIDE_COUNT; side++)
    if (study->made[side])
      cell(text, side == STANCE_BOTH    ? "100 ln(right/left)"
                 : side == STANCE_TOTAL ? "both at once"
                                        : stance_side_name((enum stance_side)side));
  end_line(text);
  stance_text_format(text, "  %-22s", "athletes x tests");
  for (int side = 0; side < STANCE_SIDE_COUNT; side++) {
    char value[64];
    const struct stance_reliability *statistics = &study->record[side].statistics;
    snprintf(value, sizeof value, "%zu x %zu", statistics->athletes, statistics->tests);
    if (study->made[side])
      cell(text, value);
  }
  end_line(text);
  for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
    stance_text_format(text, "  %-22s", lines[k].name);
    for (int side = 0; side < STANCE_SIDE_COUNT; side++)
      if (study->made[side])
        estimate_cell(text, &lines[k], &study->record[side]);
    end_line(text);
  }
  stance_text_string(text, "  In brackets: 95 % confidence limits.\n");
}

/* What it means for the next athlete. */
static void consequences(struct stance_text *text, const struct stance_reliability_study *study)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const struct stance_reliability_record *record = &study->record[side];
    if (study->made[side])
      stance_text_format(text,
                         "  %s: two tests of an unchanged athlete differ by less than %.*f %s, 19 "
                         "times in 20.\n",
                         side == STANCE_TOTAL  ? "Both at once"
                         : side == STANCE_LEFT ? "Left"
                                               : "Right",
                         decimals_of(record), record->statistics.mdc95.value, unit_of(record));
  }
  const struct stance_reliability *ratio = &study->record[STANCE_BOTH].statistics;
  if (study->made[STANCE_BOTH]) {
    const double band =
        stance_reliability_factor(ratio->degrees_of_freedom) * ratio->typical_error.value;
    stance_text_format(text,
                       "  Equal sides look up to %.1f %% different, 19 times in 20; less than that "
                       "cannot be told apart from measurement error.\n",
                       -100 * expm1(-band / 100));
  }
}

/* Few athletes, and tests of which everybody's last one differs from the first. */
static void cautions(struct stance_text *text, const struct stance_reliability_study *study)
{
  double fewest = (double)INFINITY;
  bool shifts = false;
  for (int side = 0; side < STANCE_SIDE_COUNT; side++) {
    const struct stance_reliability *statistics = &study->record[side].statistics;
    if (!study->made[side])
      continue;
    fewest = fmin(fewest, statistics->degrees_of_freedom);
    shifts = shifts || statistics->shift.low > 0 || statistics->shift.high < 0;
  }
  stance_text_format(
      text,
      "  Degrees of freedom: %.0f. The limits above say how well the error itself is "
      "known.\n",
      fewest);
  if (shifts)
    stance_text_string(text, "  The last test differs from the first by more than chance: "
                             "learning, fatigue or another setting? --skip-first leaves out each "
                             "athlete's first test.\n");
  if (study->days_least < 0)
    stance_text_string(text, "  When the tests were made is not known. Tests of one day vary less "
                             "than tests of different weeks.\n");
  else if (study->days_least == 0)
    stance_text_string(text, "  Some tests were made on the same day: they vary less than tests of "
                             "different weeks, which this does not show.\n");
}

static void position(struct stance_text *text, const struct stance_reliability_key *key)
{
  if (!isnan(key->hip_deg))
    stance_text_format(text, ", hip %g", key->hip_deg);
  if (!isnan(key->knee_deg))
    stance_text_format(text, ", knee %g", key->knee_deg);
}

void stance_reliability_study_text(struct stance_text *text,
                                   const struct stance_reliability_study *study)
{
  const struct stance_reliability_record *record = &study->record[STANCE_LEFT];
  const struct stance_reliability_key *key = &record->key;
  stance_text_format(text, "%s, %s of the test\n", or_nothing(key->protocol, "Unnamed protocol"),
                     key->rule);
  stance_text_format(text, "  %s", key->metric);
  position(text, key);
  stance_text_format(
      text, "; instrument %s%s; method %s\n", or_nothing(key->instrument, "not named"),
      record->whole_model ? " (all of this model)" : "", or_nothing(key->method, "not stated"));
  if (study->days_least >= 0)
    stance_text_format(text, "  Tests of an athlete %ld to %ld days apart.\n", study->days_least,
                       study->days_longest);
  table(text, study);
  consequences(text, study);
  cautions(text, study);
}

void stance_reliability_book_text(struct stance_text *text,
                                  const struct stance_reliability_book *book)
{
  if (book->count == 0)
    stance_text_string(text, "No study of this clinic is kept here.\n");
  for (size_t k = 0; k < book->count; k++) {
    const struct stance_reliability_record *record = &book->record[k];
    const struct stance_reliability_key *key = &record->key;
    if (k == 0 || strcmp(record->study, book->record[k - 1].study) != 0)
      stance_text_format(text, "study %s, %.10s\n", record->study, record->created_at);
    stance_text_format(text, "  %s %s", key->protocol, key->protocol_version);
    position(text, key);
    stance_text_format(text, ", %s of %s, %s: ", key->metric, key->rule,
                       record->side == STANCE_BOTH ? "left against right"
                                                   : stance_side_name(record->side));
    stance_text_format(text, "typical error %.*f %s, %zu athletes x %zu; %s%s\n",
                       decimals_of(record), record->statistics.typical_error.value, unit_of(record),
                       record->statistics.athletes, record->statistics.tests,
                       or_nothing(key->instrument, "instrument not named"),
                       record->whole_model ? " (all of this model)" : "");
  }
}

void stance_reliability_published_text(struct stance_text *text)
{
  const struct stance_published_reliability *study;
  for (size_t k = 0; (study = stance_published_reliability(k)) != NULL; k++)
    stance_text_format(text, "%s: %s\n  %s\n", or_nothing(study->protocol, "no protocol here"),
                       study->source, study->finding);
  stance_text_string(text, "All were measured elsewhere, on other devices. They stand in for the "
                           "best repetition of exactly the protocol named, until a clinic saves "
                           "its own study.\n");
}
