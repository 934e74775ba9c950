/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "axes.h"

#include "instrument.h"

#include <string.h>

enum { AXIS_FZ = 2 };

const char *const stance_axis_names[STANCE_AXIS_COUNT_MAX] = {"Fx", "Fy", "Fz", "Mx", "My", "Mz"};

const char *stance_axis_unit(size_t axis)
{
  return axis < 3 ? "N" : "Nm";
}

static size_t find_axis(const char *text, size_t count)
{
  size_t k = 0;
  while (k < count && strncmp(text, stance_axis_names[k], 2) != 0)
    k++;
  return k;
}

/* The same map with a number for each name. A name that is none stays, and is refused as such. */
static void number_axes(const char *text, size_t count, char *ret_text, size_t size)
{
  size_t used = 0;

  while (*text != '\0' && used + 1 < size) {
    const size_t axis = used > 0 && ret_text[used - 1] == ':' ? find_axis(text, count) : count;
    ret_text[used++] = axis < count ? (char)('0' + axis) : *text;
    text += axis < count ? 2 : 1;
  }
  ret_text[used] = '\0';
}

enum stance_status stance_axes_map(const char *scheme, const char *text, size_t count,
                                   enum stance_side *ret_side, struct stance_problem *problem)
{
  static const unsigned number[STANCE_AXIS_COUNT_MAX] = {0, 1, 2, 3, 4, 5};
  char numbered[STANCE_URI_SIZE];
  struct stance_problem refusal;

  if (*text == '\0') {
    for (size_t k = 0; k < count; k++)
      ret_side[k] = k == AXIS_FZ ? STANCE_TOTAL : STANCE_SIDE_NONE;
    return STANCE_OK;
  }
  number_axes(text, count, numbered, sizeof numbered);
  if (stance_instrument_map_sides(scheme, numbered, number, count, ret_side, &refusal) == STANCE_OK)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_USAGE,
                            "%s: map=%.100s is not allowed; write SIDE:AXIS,SIDE:AXIS with left, "
                            "right or total and %s, each axis once, for example map=left:Fz",
                            scheme, text, count > 3 ? "Fx Fy Fz Mx My Mz" : "Fx Fy Fz");
}
