/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibrate.h"

#include <math.h>

static const char *const direction_names[] = {"up", "down", "preload", "hold"};
static const char *const method_names[] = {"not stated", "known loads", "sensitivity entered",
                                           "certificate entered"};
static const char *const plate_names[] = {"", "vertical cells", "Kistler, eight channels",
                                          "matrix"};

static void percent(struct stance_text *text, const char *name, double value, const char *of)
{
  if (isnan(value))
    stance_text_format(text, "  %-16s not measured\n", name);
  else
    stance_text_format(text, "  %-16s %.3f %% of %s\n", name, value, of);
}

static void describe_quality(struct stance_text *text,
                             const struct stance_calibration_quality *quality)
{
  percent(text, "largest residual", quality->fit_error_pct, "range");
  percent(text, "non-linearity", quality->nonlinearity_pct, "range (of a straight line)");
  percent(text, "hysteresis", quality->hysteresis_pct, "range");
  percent(text, "reversibility", quality->reversibility_pct, "reading");
  percent(text, "repeatability", quality->repeatability_pct, "reading");
  percent(text, "zero return", quality->zero_return_pct, "range");
  percent(text, "creep", quality->creep_pct, "range");
  stance_text_format(text, "  residual SD      %.4g N with %.0f degrees of freedom\n",
                     quality->residual_sd_n, quality->degrees_of_freedom);
}

void stance_calibrate_describe_points(struct stance_text *text,
                                      const struct stance_calibration_point *points, size_t count,
                                      const struct stance_evaluation *evaluation)
{
  stance_text_format(text, "  %5s %9s %6s %12s %16s %10s %8s\n", "point", "direction", "repeat",
                     "load N", "reading", "residual N", "% range");
  for (size_t k = 0; k < count; k++) {
    const double residual_n =
        points[k].applied_n - stance_polynomial_at(&evaluation->curve, points[k].raw);
    stance_text_format(text, "  %5zu %9s %6u %12.3f %16.9g %10.3f %8.3f\n", k + 1,
                       direction_names[points[k].direction], points[k].repeat, points[k].applied_n,
                       points[k].raw, residual_n, 100 * residual_n / evaluation->quality.range_n);
  }
  describe_quality(text, &evaluation->quality);
  stance_text_format(text,
                     "  lower limit      %.4g N (2.4 residual SDs, as ASTM E74 computes it; static "
                     "loads only)\n",
                     evaluation->lower_limit_n);
  if (evaluation->curve.degree > 1)
    stance_text_format(text,
                       "  curve of degree %u: by chance it would fit so much better than a line in "
                       "%.2g of cases\n",
                       evaluation->curve.degree, evaluation->curve_chance);
  else if (!isnan(evaluation->curve_chance))
    stance_text_format(text,
                       "  straight line: the best curve would fit as much better by chance in %.2g "
                       "of cases\n",
                       evaluation->curve_chance);
}

static void describe_channel(struct stance_text *text, const struct stance_calibration *calibration,
                             size_t number)
{
  const struct stance_calibration_channel *channel = &calibration->channel[number];
  struct stance_calibration_point point[STANCE_CALIBRATION_POINT_MAX];
  struct stance_evaluation evaluation;
  size_t count = 0;

  stance_text_format(
      text, "Channel %zu '%s' (%s), side %s, sensor %s, %s\n", number + 1, channel->channel,
      channel->unit, channel->side == STANCE_SIDE_NONE ? "none" : stance_side_name(channel->side),
      channel->serial[0] == '\0' ? "not named" : channel->serial, method_names[channel->method]);
  stance_text_format(text, "  force = %.9g N/unit x",
                     channel->polarity * channel->slope_n_per_unit);
  if (channel->quadratic_n_per_unit2 != 0 || channel->cubic_n_per_unit3 != 0)
    stance_text_format(text, " + %.9g x^2 + %.9g x^3",
                       channel->polarity * channel->quadratic_n_per_unit2,
                       channel->polarity * channel->cubic_n_per_unit3);
  stance_text_format(text, ", x = reading - %.9g\n", channel->zero_raw);
  if (channel->calibrated_at[0] != '\0')
    stance_text_format(text, "  calibrated %s, valid until %s\n", channel->calibrated_at,
                       channel->valid_until[0] == '\0' ? "further notice" : channel->valid_until);
  if (channel->poor_fit[0] != '\0')
    stance_text_format(text, "  KEPT ALTHOUGH IT FITS POORLY: %s. Every result says so.\n",
                       channel->poor_fit);
  for (size_t k = 0; k < calibration->point_count; k++)
    if (calibration->point[k].channel == number)
      point[count++] = calibration->point[k];
  const unsigned degree = channel->cubic_n_per_unit3 != 0       ? 3
                          : channel->quadratic_n_per_unit2 != 0 ? 2
                                                                : 1;
  if (count > 0 && stance_evaluate(point, count, degree, &evaluation, NULL, NULL) == STANCE_OK)
    stance_calibrate_describe_points(text, point, count, &evaluation);
}

void stance_calibrate_describe(struct stance_text *text,
                               const struct stance_calibration *calibration)
{
  stance_text_format(text, "Calibration %s of %s\n", calibration->id, calibration->instrument);
  stance_text_format(text, "Version %u, %s%s%s\n", calibration->version, calibration->created_at,
                     calibration->operator_name[0] == '\0' ? "" : ", by ",
                     calibration->operator_name);
  for (size_t k = 0; k < STANCE_CALIBRATION_STANDARD_MAX; k++)
    if (calibration->standard[k][0] != '\0')
      stance_text_format(text, "Standard: %s\n", calibration->standard[k]);
  if (calibration->standard_uncertainty_pct > 0)
    stance_text_format(text, "Uncertainty of the standards: %.3g %% (expanded, k = 2)\n",
                       calibration->standard_uncertainty_pct);
  if (calibration->gravity_m_per_s2 > 0)
    stance_text_format(text, "Gravity: %.5f m/s2\n", calibration->gravity_m_per_s2);
  for (size_t k = 0; k < calibration->plate_count; k++)
    stance_text_format(text, "Plate %zu: %s%s\n", k + 1, plate_names[calibration->plate[k].kind],
                       calibration->plate[k].kind != STANCE_PLATE_MATRIX ? ""
                       : calibration->plate[k].matrix_checked
                           ? ", orientation proven with known loads"
                           : ", ITS ORIENTATION WAS NEVER PROVEN WITH A KNOWN LOAD");
  for (size_t k = 0; k < calibration->channel_count; k++)
    describe_channel(text, calibration, k);
  if (!calibration->calibrated)
    stance_text_string(text, "NOT COMPLETE: a channel with a side is not calibrated, so results "
                             "are not in newtons.\n");
}
