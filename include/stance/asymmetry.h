/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Left against right. Positive = right larger. */
#ifndef STANCE_ASYMMETRY_H
#define STANCE_ASYMMETRY_H

#include "stance/metric.h"

/* SCIENCE 6. The default everywhere is percent difference; never mixed in one report. */
enum stance_asymmetry_formula {
  STANCE_ASYMMETRY_PERCENT_DIFFERENCE = 0, /* 100·(R−L)/max(L,R) */
  STANCE_ASYMMETRY_MEAN_REFERENCED,        /* 100·(R−L)/((L+R)/2) */
  STANCE_ASYMMETRY_BILATERAL_INDEX,        /* BAI-1, SI: 100·(R−L)/(R+L) */
  STANCE_ASYMMETRY_WEAKER_REFERENCED,      /* 100·(R−L)/min(L,R) */
  STANCE_ASYMMETRY_LOG_RATIO,              /* 100·ln(R/L) */
  STANCE_ASYMMETRY_SYMMETRY_ANGLE,         /* (45°−atan(L/R))/90°·100, Zifchock 2008 */
  STANCE_ASYMMETRY_SHARE_OF_TOTAL,         /* 100·R/(L+R) */
  STANCE_ASYMMETRY_LSI,                    /* 100·involved/uninvolved: needs the involved side */
  STANCE_ASYMMETRY_LSI_DEFICIT,            /* 100·(1 − involved/uninvolved) */
  STANCE_ASYMMETRY_FORMULA_COUNT,
};

/* Below this neither side may be, or the ratio says nothing. */
#define STANCE_ASYMMETRY_SMALLEST_N 20.0

const char *stance_asymmetry_id(enum stance_asymmetry_formula formula); /* "percent_difference/1" */
const char *
stance_asymmetry_definition(enum stance_asymmetry_formula formula); /* the formula in words */
/* By id with or without version; FORMULA_COUNT where there is none. */
enum stance_asymmetry_formula stance_asymmetry_find(const char *id);

/* Missing with SMALL_DENOMINATOR below the smallest force; `involved` is LEFT or RIGHT where the
   operator named it, else STANCE_SIDE_NONE (LSI is then missing:no_involved_side, never inferred).
   Inputs that are missing hand on their reasons; so does one whose top is flat, which may have been
   higher. */
struct stance_value stance_asymmetry(enum stance_asymmetry_formula formula,
                                     const struct stance_value *left,
                                     const struct stance_value *right, enum stance_side involved);

/* The same ratio of the sides as 100·ln(right/left), the scale on which bands are symmetric, and
   back. NaN for NaN, and for a limb symmetry index without an involved side. */
double stance_asymmetry_to_log_ratio(enum stance_asymmetry_formula formula, double percent,
                                     enum stance_side involved);
double stance_asymmetry_of_log_ratio(enum stance_asymmetry_formula formula, double log_ratio,
                                     enum stance_side involved);

#endif
