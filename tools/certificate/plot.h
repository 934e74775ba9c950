/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to certificate*.c. */
#ifndef STANCE_CERTIFICATE_PLOT_H
#define STANCE_CERTIFICATE_PLOT_H

#include "stance/calibration.h"

#include <cairo.h>

/* Where a channel's points are drawn, in points of 1/72 inch; everything is borrowed. */
struct certificate_panel {
  double x, y, width, height;
  const struct stance_calibration_channel *channel;
  const struct stance_calibration_point *point;
  size_t count;
};
void certificate_draw_panel(cairo_t *cairo, const struct certificate_panel *panel);

/* Text in a column of `width`, its top left at x, y; returns its height. */
double certificate_text(cairo_t *cairo, double x, double y, double width, const char *font,
                        const double colour[3], const char *bytes);

#endif
