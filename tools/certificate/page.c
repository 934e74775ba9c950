/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owner of cairo and pango. */
#include "page.h"

#include "plot.h"
#include "sheet.h"
#include "stance/evaluation.h"

#include <cairo-pdf.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

/* A4 in points of 1/72 inch, and what is left free around it. */
#define PAGE_WIDTH 595.276
#define PAGE_HEIGHT 841.890
#define MARGIN 42.0
#define FOOTER_HEIGHT 46.0

static const double black[3] = {0.1, 0.1, 0.1}, grey[3] = {0.45, 0.45, 0.45};
static const double warning[3] = {0.75, 0.1, 0.1};

struct page {
  cairo_t *cairo;
  double y; /* where the next thing goes */
};

double certificate_text(cairo_t *cairo, double x, double y, double width, const char *font,
                        const double colour[3], const char *bytes)
{
  struct stance_text utf8 = {0};
  PangoLayout *layout = pango_cairo_create_layout(cairo);
  PangoFontDescription *description = pango_font_description_from_string(font);
  int height = 0;

  stance_text_utf8(&utf8, bytes);
  pango_layout_set_font_description(layout, description);
  pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
  pango_layout_set_text(layout, utf8.bytes == NULL ? "" : utf8.bytes, -1);
  cairo_set_source_rgb(cairo, colour[0], colour[1], colour[2]);
  cairo_move_to(cairo, x, y);
  pango_cairo_show_layout(cairo, layout);
  pango_layout_get_size(layout, NULL, &height);
  pango_font_description_free(description);
  g_object_unref(layout);
  stance_text_finish(&utf8);
  return (double)height / PANGO_SCALE;
}

STANCE_PRINTF(4, 5)
static void line(struct page *page, const char *font, const double colour[3], const char *format,
                 ...)
{
  char bytes[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(bytes, sizeof bytes, format, arguments);
  va_end(arguments);
  page->y +=
      certificate_text(page->cairo, MARGIN, page->y, PAGE_WIDTH - 2 * MARGIN, font, colour, bytes);
}

static void draw_heading(struct page *page, const struct stance_calibration *calibration)
{
  line(page, "Sans Bold 17", black, "Calibration of %s", calibration->instrument);
  page->y += 4;
  line(page, "Sans 9", black, "Profile %s, version %u, made %s%s%s with stance " STANCE_VERSION,
       calibration->id, calibration->version, calibration->created_at,
       calibration->operator_name[0] == '\0' ? "" : " by ", calibration->operator_name);
  for (size_t k = 0; k < STANCE_CALIBRATION_STANDARD_MAX; k++)
    if (calibration->standard[k][0] != '\0')
      line(page, "Sans 9", black, "Standard: %s", calibration->standard[k]);
  if (calibration->standard_uncertainty_pct > 0)
    line(page, "Sans 9", black, "Uncertainty of the standards: %.3g %% (expanded, k = 2)",
         calibration->standard_uncertainty_pct);
  if (calibration->gravity_m_per_s2 > 0)
    line(page, "Sans 9", black, "Masses became forces with %.5f m/s²",
         calibration->gravity_m_per_s2);
  if (!calibration->calibrated)
    line(page, "Sans Bold 9", warning,
         "Not complete: a channel with a side is not calibrated, so results are not in newtons.");
  page->y += 8;
}

static void draw_cells(struct page *page, const char *const *cell, const char *font,
                       const double colour[3])
{
  static const double column[] = {0, 88, 134, 178, 262, 340, 424, 511};
  double height = 0;
  for (size_t k = 0; k < 7; k++)
    height = fmax(height, certificate_text(page->cairo, MARGIN + column[k], page->y,
                                           column[k + 1] - column[k] - 4, font, colour, cell[k]));
  page->y += height + 2;
}

static void draw_rule(struct page *page)
{
  cairo_set_source_rgb(page->cairo, grey[0], grey[1], grey[2]);
  cairo_set_line_width(page->cairo, 0.5);
  cairo_move_to(page->cairo, MARGIN, page->y);
  cairo_line_to(page->cairo, PAGE_WIDTH - MARGIN, page->y);
  cairo_stroke(page->cairo);
  page->y += 3;
}

static void draw_channels(struct page *page, const struct stance_calibration *calibration)
{
  static const char *const header[] = {"channel", "unit",       "side",       "sensor",
                                       "zero",    "N per unit", "valid until"};
  draw_cells(page, header, "Sans Bold 8", grey);
  draw_rule(page);
  for (size_t k = 0; k < calibration->channel_count; k++) {
    const struct stance_calibration_channel *channel = &calibration->channel[k];
    char zero[32], slope[80];
    snprintf(zero, sizeof zero, "%.7g", channel->zero_raw);
    snprintf(slope, sizeof slope, "%.7g", channel->polarity * channel->slope_n_per_unit);
    const char *const cell[] = {
        channel->channel,
        channel->unit,
        channel->side == STANCE_SIDE_NONE ? "none" : stance_side_name(channel->side),
        channel->serial[0] == '\0' ? "not named" : channel->serial,
        zero,
        slope,
        channel->valid_until[0] == '\0' ? "not stated" : channel->valid_until};
    draw_cells(page, cell, "Sans 8", black);
  }
  for (size_t k = 0; k < calibration->channel_count; k++)
    if (calibration->channel[k].poor_fit[0] != '\0')
      line(page, "Sans Bold 9", warning, "%s was kept although it fits poorly: %s",
           calibration->channel[k].channel, calibration->channel[k].poor_fit);
  page->y += 6;
}

static size_t collect(const struct stance_calibration *calibration, size_t channel,
                      struct stance_calibration_point *ret_points)
{
  size_t count = 0;
  for (size_t k = 0; k < calibration->point_count; k++)
    if (calibration->point[k].channel == channel)
      ret_points[count++] = calibration->point[k];
  return count;
}

/* Panels one below the other, from the third on in two columns. */
static void draw_panels(struct page *page, const struct stance_calibration *calibration)
{
  struct stance_calibration_point point[STANCE_CALIBRATION_POINT_MAX];
  size_t panels = 0, drawn = 0;
  for (size_t k = 0; k < calibration->channel_count; k++)
    panels += collect(calibration, k, point) > 0;
  if (panels == 0)
    return;
  const size_t columns = panels > 2 ? 2 : 1, rows = (panels + columns - 1) / columns;
  const double width = (PAGE_WIDTH - 2 * MARGIN) / (double)columns;
  const double room = PAGE_HEIGHT - MARGIN - FOOTER_HEIGHT - page->y;
  const double height = fmin(room / (double)rows, 300);
  for (size_t k = 0; k < calibration->channel_count; k++) {
    const size_t count = collect(calibration, k, point);
    if (count == 0)
      continue;
    const struct certificate_panel panel = {
        .x = MARGIN + width * (double)(drawn % columns),
        .y = page->y + height * (double)(drawn / columns),
        .width = width - (columns > 1 ? 8 : 0),
        .height = height - 8,
        .channel = &calibration->channel[k],
        .point = point,
        .count = count,
    };
    certificate_draw_panel(page->cairo, &panel);
    drawn++;
  }
}

static void draw_footer(struct page *page)
{
  page->y = PAGE_HEIGHT - MARGIN - FOOTER_HEIGHT + 10;
  draw_rule(page);
  line(page, "Sans 7.5", grey,
       "Known loads at rest say nothing about fast changes of force: the rig's own vibration is "
       "checked apart. This page states what was measured; it is no accreditation.");
}

static cairo_status_t append_bytes(void *closure, const unsigned char *bytes, unsigned length)
{
  struct stance_text *pdf = closure;
  stance_text_append(pdf, (const char *)bytes, length);
  return pdf->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

enum stance_status stance_certificate_page(const struct stance_calibration *calibration,
                                           struct stance_text *pdf, struct stance_problem *problem)
{
  cairo_surface_t *surface =
      cairo_pdf_surface_create_for_stream(append_bytes, pdf, PAGE_WIDTH, PAGE_HEIGHT);
  struct page page = {.cairo = cairo_create(surface), .y = MARGIN};
  /* Without a date cairo takes today's. */
  const char *date =
      calibration->created_at[0] == '\0' ? "1970-01-01T00:00:00Z" : calibration->created_at;
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, "Calibration");
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "stance " STANCE_VERSION);
  draw_heading(&page, calibration);
  draw_channels(&page, calibration);
  draw_panels(&page, calibration);
  draw_footer(&page);
  cairo_show_page(page.cairo);
  cairo_status_t drawn = cairo_status(page.cairo);
  cairo_destroy(page.cairo);
  cairo_surface_finish(surface);
  if (drawn == CAIRO_STATUS_SUCCESS)
    drawn = cairo_surface_status(surface);
  cairo_surface_destroy(surface);
  pango_cairo_font_map_set_default(NULL); /* its fonts are this thread's, and kept for nobody */
  if (drawn != CAIRO_STATUS_SUCCESS || pdf->failed)
    return stance_problem_set(problem, STANCE_MEMORY, "the certificate cannot be drawn: %s",
                              cairo_status_to_string(drawn));
  return STANCE_OK;
}
