/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The budget of one metric: what its uncertainty is made of, repetition by repetition. */
#include "json_text.h"
#include "number.h"
#include "report.h"

#include <math.h>

/* One value of a repetition, with its budget where it has one. */
struct item {
  const struct stance_repetition *repetition;
  enum stance_side side;
  const struct stance_metric_info *info;
  const struct stance_value *value;
  bool known;
  struct stance_uncertainty_budget budget;
};
typedef void visit_item(struct stance_text *text, const struct item *item);

static void visit(struct stance_text *text, const struct stance_result *result,
                  enum stance_metric metric, const char *between, visit_item *one)
{
  bool follows = false;
  for (size_t k = 0; k < result->repetition_count; k++) {
    const struct stance_repetition *repetition = &result->repetition[k];
    for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
      if (!repetition->took_part[side])
        continue;
      struct item item = {.repetition = repetition,
                          .side = (enum stance_side)side,
                          .info = stance_metric_info(metric),
                          .value = &repetition->value[side][metric]};
      item.known = stance_result_budget(result, repetition, item.side, metric, &item.budget);
      if (follows)
        stance_text_string(text, between);
      one(text, &item);
      follows = true;
    }
  }
}

static void bias_sentence(struct stance_text *text, const struct item *item)
{
  const struct stance_uncertainty_budget *budget = &item->budget;
  if (budget->expanded > 0)
    stance_text_format(
        text,
        "  Bootstrapped: the noise of the quiet window was laid %d times on the "
        "smoothed force, and the same\n  method found everything anew; 95 %% of what "
        "that and the other inputs make lie within the interval.\n  In it: noise "
        "shifts the value by %+.2g %s on average.\n",
        STANCE_BOOTSTRAP_REPLICATES, budget->bias, item->info->unit);
  else if (budget->bias > 0)
    stance_text_format(text, "  Beside it: noise raises the value by at most %.2g %s.\n",
                       budget->bias, item->info->unit);
}

static void table(struct stance_text *text, const struct item *item)
{
  const struct stance_metric_info *info = item->info;
  stance_text_format(text, "Repetition %u, %s: %s ", item->repetition->number,
                     stance_side_name(item->side), info->id);
  if (stance_value_is_missing(item->value)) {
    stance_text_string(text, "is missing.\n");
    return;
  }
  stance_text_format(text, "%.6g %s", item->value->value, info->unit);
  if (!item->known) {
    stance_text_string(text, ". No interval: noise or a flag says that it would not hold, or "
                             "neither linear propagation nor the bootstrap covers this metric (see "
                             "the data dictionary).\n");
    return;
  }
  const struct stance_uncertainty combined = stance_uncertainty_combine(&item->budget);
  stance_text_format(text, " +- %.3g %s (k = 2)\n", combined.expanded, info->unit);
  stance_text_format(text, "  %-22s %12s %-4s %12s %12s %12s %8s\n", "input", "value", "",
                     "standard", "sensitivity", "contribution", "share");
  for (size_t k = 0; k < item->budget.count; k++) {
    const struct stance_uncertainty_input *input = &item->budget.input[k];
    stance_text_format(text, "  %-22s %12.6g %-4s %12.4g %12.4g %12.4g %6.1f %%\n", input->id,
                       input->value, input->unit, input->standard_uncertainty, input->sensitivity,
                       fabs(input->sensitivity) * input->standard_uncertainty,
                       stance_uncertainty_share_pct(&item->budget, k));
  }
  bias_sentence(text, item);
}

/* "KEY":NUMBER after a comma; null for what is not known. */
static void number(struct stance_text *text, const char *key, double value)
{
  char digits[STANCE_NUMBER_SIZE];
  stance_text_format(text, ",\"%s\":", key);
  if (isfinite(value))
    stance_text_append(text, digits, stance_number_shortest(value, digits));
  else
    stance_text_string(text, "null");
}

static void object(struct stance_text *text, const struct item *item)
{
  const struct stance_uncertainty_budget *budget = &item->budget;
  const struct stance_uncertainty combined = stance_uncertainty_combine(budget);
  stance_text_format(text, "{\"repetition\":%u,\"side\":\"%s\",\"unit\":\"%s\"",
                     item->repetition->number, stance_side_name(item->side), item->info->unit);
  number(text, "value", item->value->value);
  number(text, "uncertainty", item->known ? combined.expanded : (double)NAN);
  number(text, "bias", item->known ? budget->bias : (double)NAN);
  stance_text_format(text, ",\"bootstrapped\":%s",
                     item->known && budget->expanded > 0 ? "true" : "false");
  stance_text_string(text, ",\"inputs\":[");
  for (size_t k = 0; item->known && k < budget->count; k++) {
    const struct stance_uncertainty_input *input = &budget->input[k];
    stance_text_format(text, "%s{\"id\":\"%s\",\"unit\":\"%s\"", k > 0 ? "," : "", input->id,
                       input->unit);
    number(text, "value", input->value);
    number(text, "standard_uncertainty", input->standard_uncertainty);
    number(text, "sensitivity", input->sensitivity);
    number(text, "contribution", fabs(input->sensitivity) * input->standard_uncertainty);
    number(text, "share_pct", stance_uncertainty_share_pct(budget, k));
    stance_text_string(text, "}");
  }
  stance_text_string(text, "]}");
}

void stance_report_budget(struct stance_text *text, const struct stance_report *report,
                          enum stance_metric metric, bool json)
{
  const char *recording = report->recording == NULL ? "" : report->recording;
  if (!json) {
    stance_text_format(text, "%s\n", recording);
    visit(text, report->result, metric, "", table);
    return;
  }
  stance_text_string(text, "{\"recording\":");
  stance_json_string(text, recording);
  stance_text_format(text, ",\"metric\":\"%s\",\"budget\":[", stance_metric_info(metric)->id);
  visit(text, report->result, metric, ",", object);
  stance_text_string(text, "]}\n");
}
