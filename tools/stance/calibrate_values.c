/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Option values of `stance calibrate`. */
#include "calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number and, where `unit` is given, that unit or nothing behind it. */
double stance_calibrate_quantity(struct argp_state *state, const char *option, const char *text,
                                 const char *unit)
{
  char *end;
  const double value = strtod(text, &end);
  end += strspn(end, " ");
  if (end == text || !isfinite(value) || (*end != '\0' && strcmp(end, unit) != 0))
    argp_error(state, "--%s '%s' is not a number with the unit %s (decimals with a point)", option,
               text, unit);
  return value;
}

/* "500kg", "5 kN", "4903 N". */
double stance_calibrate_capacity(struct argp_state *state, const char *text)
{
  static const struct {
    const char *unit;
    double newtons;
  } units[] = {{"kg", STANCE_STANDARD_GRAVITY_M_PER_S2}, {"N", 1}, {"kN", 1e3}};
  char *end;
  const double value = strtod(text, &end);
  end += strspn(end, " ");
  for (size_t k = 0; k < sizeof units / sizeof *units; k++)
    if (strcmp(end, units[k].unit) == 0 && value > 0 && isfinite(value))
      return value * units[k].newtons;
  argp_error(state, "--capacity '%s' is no load such as 500kg, 5kN or 4903N", text);
  return 0;
}

enum stance_side stance_calibrate_side(struct argp_state *state, const char *text)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (strcmp(text, stance_side_name((enum stance_side)side)) == 0)
      return (enum stance_side)side;
  argp_error(state, "--side '%s' is none of left, right and total", text);
  return STANCE_SIDE_NONE;
}

/* "-fz": axis and polarity. */
void stance_calibrate_set_axis(struct argp_state *state, const char *text)
{
  static const char *const axes[] = {"fx", "fy", "fz"};
  struct stance_calibrate_arguments *arguments = state->input;
  const char *name = text + (*text == '+' || *text == '-');
  for (int k = 0; k < 3; k++)
    if (strcmp(name, axes[k]) == 0) {
      arguments->axis = (enum stance_load)k;
      arguments->axis_polarity = *text == '-' ? -1 : 1;
      return;
    }
  argp_error(state, "--axis '%s' is none of +fx -fx +fy -fy +fz -fz", text);
}

void stance_calibrate_set_rows(struct argp_state *state, const char *text)
{
  struct stance_calibrate_arguments *arguments = state->input;
  const bool loads = strcmp(text, "loads") == 0;
  if (!loads && strcmp(text, "channels") != 0)
    argp_error(state, "--rows '%s' is neither loads nor channels", text);
  arguments->orientation = loads ? STANCE_MATRIX_ROWS_ARE_LOADS : STANCE_MATRIX_ROWS_ARE_CHANNELS;
  arguments->orientation_given = true;
}
