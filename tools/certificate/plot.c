/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Residuals over load, and the numbers beside them. */
#include "plot.h"

#include "stance/evaluation.h"
#include "text.h"

#include <math.h>

static const double black[3] = {0.1, 0.1, 0.1}, grey[3] = {0.45, 0.45, 0.45};
/* Okabe and Ito 2008: told apart by everybody, and by shape as well. */
static const double blue[3] = {0.0, 0.447, 0.698}, orange[3] = {0.835, 0.369, 0.0};

enum { TITLE_HEIGHT = 18, AXIS_HEIGHT = 30, AXIS_WIDTH = 46, NUMBERS_WIDTH = 172 };

/* The plotting area and its scales. */
struct plot {
  cairo_t *cairo;
  double x, y, width, height;
  double load_low, load_high; /* N */
  double limit;               /* ± percent of range */
};

static double x_of(const struct plot *plot, double load_n)
{
  return plot->x + plot->width * (load_n - plot->load_low) / (plot->load_high - plot->load_low);
}

static double y_of(const struct plot *plot, double percent)
{
  return plot->y + plot->height * (0.5 - 0.5 * percent / plot->limit);
}

/* 1, 2 or 5 times a power of ten, at least `value`. */
static double round_up(double value)
{
  const double power = pow(10.0, floor(log10(value)));
  const double digit = value / power;
  return power * (digit <= 1.0 ? 1.0 : digit <= 2.0 ? 2.0 : digit <= 5.0 ? 5.0 : 10.0);
}

static void draw_line(cairo_t *cairo, double x0, double y0, double x1, double y1)
{
  cairo_move_to(cairo, x0, y0);
  cairo_line_to(cairo, x1, y1);
  cairo_stroke(cairo);
}

static void draw_axes(const struct plot *plot)
{
  cairo_t *cairo = plot->cairo;
  char label[32];
  cairo_set_line_width(cairo, 0.5);
  for (int k = -2; k <= 2; k++) {
    const double percent = plot->limit * k / 2.0, y = y_of(plot, percent);
    cairo_set_source_rgb(cairo, 0.85, 0.85, 0.85);
    if (k == 0)
      cairo_set_source_rgb(cairo, grey[0], grey[1], grey[2]);
    draw_line(cairo, plot->x, y, plot->x + plot->width, y);
    snprintf(label, sizeof label, "%+.2g %%", percent);
    certificate_text(cairo, plot->x - AXIS_WIDTH + 4, y - 5, AXIS_WIDTH - 6, "Sans 7", grey,
                     k == 0 ? "0" : label);
  }
  for (int k = 0; k <= 4; k++) {
    const double load_n = plot->load_low + (plot->load_high - plot->load_low) * k / 4.0;
    const double x = x_of(plot, load_n);
    cairo_set_source_rgb(cairo, 0.85, 0.85, 0.85);
    draw_line(cairo, x, plot->y, x, plot->y + plot->height);
    snprintf(label, sizeof label, "%.4g", load_n);
    certificate_text(cairo, x - 8, plot->y + plot->height + 2, 60, "Sans 7", grey, label);
  }
  certificate_text(cairo, plot->x, plot->y + plot->height + 13, plot->width, "Sans 7", grey,
                   "load applied, N (residual = applied − fitted, in % of range)");
}

/* Up is a triangle, down one on its head, a hold a square. */
static void draw_mark(const struct plot *plot, enum stance_load_direction direction, double x,
                      double y)
{
  const double *colour = direction == STANCE_LOAD_DOWN ? orange : blue;
  const double s = 3.2, tip = direction == STANCE_LOAD_DOWN ? s : -s;
  cairo_set_source_rgb(plot->cairo, colour[0], colour[1], colour[2]);
  if (direction == STANCE_LOAD_HOLD) {
    cairo_rectangle(plot->cairo, x - s / 2, y - s / 2, s, s);
  } else {
    cairo_move_to(plot->cairo, x, y + tip);
    cairo_line_to(plot->cairo, x - s, y - tip);
    cairo_line_to(plot->cairo, x + s, y - tip);
    cairo_close_path(plot->cairo);
  }
  cairo_set_line_width(plot->cairo, 0.9);
  cairo_stroke(plot->cairo);
}

static void add_percent(struct stance_text *text, const char *name, double value, const char *of)
{
  if (isnan(value))
    stance_text_format(text, "%s not measured\n", name);
  else
    stance_text_format(text, "%s %.3f %% of %s\n", name, value, of);
}

static void draw_numbers(cairo_t *cairo, const struct certificate_panel *panel,
                         const struct stance_evaluation *evaluation, double x, double y,
                         double width)
{
  const struct stance_calibration_quality *quality = &evaluation->quality;
  struct stance_text text = {0};
  stance_text_format(&text, "%zu loads, %u repeats, to %.5g N\n", evaluation->load_count,
                     evaluation->repeat_count, quality->range_n);
  add_percent(&text, "Largest residual", quality->fit_error_pct, "range");
  add_percent(&text, "Non-linearity", quality->nonlinearity_pct, "range");
  add_percent(&text, "Hysteresis", quality->hysteresis_pct, "range");
  add_percent(&text, "Reversibility", quality->reversibility_pct, "reading");
  add_percent(&text, "Repeatability", quality->repeatability_pct, "reading");
  add_percent(&text, "Zero return", quality->zero_return_pct, "range");
  add_percent(&text, "Creep", quality->creep_pct, "range");
  stance_text_format(&text, "Residual SD %.4g N, %.0f degrees of freedom\n", quality->residual_sd_n,
                     quality->degrees_of_freedom);
  stance_text_format(&text, "Lower limit %.4g N (2.4 SD, E74; static)\n",
                     evaluation->lower_limit_n);
  stance_text_format(&text, "%s", evaluation->curve.degree == 1 ? "Straight line" : "Curve");
  if (panel->channel->quadratic_n_per_unit2 != 0)
    stance_text_format(&text, ": %+.4g x²",
                       panel->channel->polarity * panel->channel->quadratic_n_per_unit2);
  if (panel->channel->cubic_n_per_unit3 != 0)
    stance_text_format(&text, " %+.4g x³",
                       panel->channel->polarity * panel->channel->cubic_n_per_unit3);
  certificate_text(cairo, x, y, width, "Sans 8", black, text.bytes == NULL ? "" : text.bytes);
  stance_text_finish(&text);
}

static struct plot plot_of(cairo_t *cairo, const struct certificate_panel *panel,
                           const struct stance_evaluation *evaluation, double width)
{
  struct plot plot = {
      .cairo = cairo,
      .x = panel->x + AXIS_WIDTH,
      .y = panel->y + TITLE_HEIGHT,
      .width = width - AXIS_WIDTH,
      .height = panel->height - TITLE_HEIGHT - AXIS_HEIGHT,
  };
  double largest = 1e-3; /* percent: what is less is drawn as nothing */
  for (size_t k = 0; k < panel->count; k++) {
    if (panel->point[k].direction == STANCE_LOAD_PRELOAD)
      continue;
    const double residual_n =
        panel->point[k].applied_n - stance_polynomial_at(&evaluation->curve, panel->point[k].raw);
    largest = fmax(largest, 100.0 * fabs(residual_n) / evaluation->quality.range_n);
    plot.load_low = fmin(plot.load_low, panel->point[k].applied_n);
    plot.load_high = fmax(plot.load_high, panel->point[k].applied_n);
  }
  plot.limit = round_up(1.05 * largest);
  return plot;
}

void certificate_draw_panel(cairo_t *cairo, const struct certificate_panel *panel)
{
  const struct stance_calibration_channel *channel = panel->channel;
  const unsigned degree = channel->cubic_n_per_unit3 != 0       ? 3
                          : channel->quadratic_n_per_unit2 != 0 ? 2
                                                                : 1;
  const bool wide = panel->width > 400;
  struct stance_evaluation evaluation;
  char title[192];
  snprintf(title, sizeof title, "Channel %s: residuals (△ up, ▽ down, □ held)", channel->channel);
  certificate_text(cairo, panel->x, panel->y, panel->width, "Sans Bold 9", black, title);
  if (stance_evaluate(panel->point, panel->count, degree, &evaluation, NULL, NULL) != STANCE_OK ||
      !(evaluation.quality.range_n > 0)) {
    certificate_text(cairo, panel->x, panel->y + TITLE_HEIGHT, panel->width, "Sans 9", black,
                     "The points of this profile give no line.");
    return;
  }
  const struct plot plot =
      plot_of(cairo, panel, &evaluation, panel->width - (wide ? NUMBERS_WIDTH : 0));
  draw_axes(&plot);
  for (size_t k = 0; k < panel->count; k++) {
    const struct stance_calibration_point *point = &panel->point[k];
    const double residual_n =
        point->applied_n - stance_polynomial_at(&evaluation.curve, point->raw);
    if (point->direction != STANCE_LOAD_PRELOAD)
      draw_mark(&plot, point->direction, x_of(&plot, point->applied_n),
                y_of(&plot, 100.0 * residual_n / evaluation.quality.range_n));
  }
  if (wide)
    draw_numbers(cairo, panel, &evaluation, panel->x + panel->width - NUMBERS_WIDTH + 14,
                 panel->y + TITLE_HEIGHT, NUMBERS_WIDTH - 14);
}
