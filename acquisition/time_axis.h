/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From time stamps as printed to an even axis: the rate that was, what is missing, and how uneven
   the stamps are. Pure. */
#ifndef STANCE_ACQUISITION_TIME_AXIS_H
#define STANCE_ACQUISITION_TIME_AXIS_H

#include "stance/trace.h"

struct stance_stamps {
  const double *stamp; /* in the file's unit, in the order of the rows */
  size_t count;
  int decimals; /* printed: the last digit is worth 10^-decimals */
  double units_per_second;
  double expected_rate_hz; /* declared; NaN where unknown */
  /* Whether two rows hold the same values: a repeated stamp is then a repeated row. */
  bool (*rows_are_equal)(const void *context, size_t a, size_t b);
  const void *context;
};

enum stance_stamps_fault {
  STANCE_STAMPS_OK,
  STANCE_STAMPS_NO_MEMORY,
  STANCE_STAMPS_MISSING,     /* a row without a stamp */
  STANCE_STAMPS_BACKWARDS,   /* a stamp below the one before it */
  STANCE_STAMPS_STAND_STILL, /* more rows than stamps: too coarse to place the rows */
  STANCE_STAMPS_TOO_FEW,     /* one row and no declared rate */
  STANCE_STAMPS_HOLE,        /* a hole far longer than the recording */
};

enum { STANCE_INSTANT_LOST = -1 };

/* Which row, or which place between two rows, each instant of the even axis comes from. */
struct stance_layout {
  struct stance_time_axis axis;
  size_t instant_count;
  ptrdiff_t *row; /* for each instant; STANCE_INSTANT_LOST; NULL: instant k is row k. Owned. */
  double *weight; /* of the next row, 0 where the row itself stands there; NULL: all 0. Owned. */
  size_t duplicates;
};

/* Stamps count as even where they lie on a straight line within the rounding of their printed
   decimals, or within 1 % of a step, which no number in use feels (a rise of 15 kN/s moves 0.15 N
   in 10 µs). Then instant k is row k, at the first stamp + k/rate. Rows missing from such a line
   are lost in place. Everything else is irregular: values are to be interpolated to the even axis
   of the mean rate, and nothing is interpolated across a hole. On a fault `ret_row` is the row. */
enum stance_stamps_fault stance_stamps_lay_out(const struct stance_stamps *stamps,
                                               struct stance_layout *ret_layout, size_t *ret_row);
void stance_layout_finish(struct stance_layout *layout);

/* A straight line through stamps over their index, by least squares. */
struct stance_stamp_line {
  double step, step_error; /* standard error of the step, rounding included */
  double residual_sd;
  double residual_range; /* highest − lowest */
};
/* `index` is NULL for 0, 1, 2 …; at least two stamps with two different indices. */
struct stance_stamp_line stance_stamp_line_fit(const struct stance_stamps *stamps,
                                               const double *index);

/* The rate in Hz behind a step, among all that the stamps allow: the declared one, the one whose
   period is a whole number of printed digits where all stamps are such multiples, the roundest
   one, or the measured one. `span` is the highest index. */
double stance_stamp_rate(const struct stance_stamps *stamps, const struct stance_stamp_line *line,
                         double span);

/* A multiple of 10 Hz or a power of two: what instruments are set to. */
bool stance_rate_is_usual(double rate_hz);

/* The round rate within 1 % of a measured one, NaN where there is none. */
double stance_nominal_rate(double rate_hz);

#endif
