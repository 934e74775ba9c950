/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is a difference larger than the noise of the test? Left against right, today against before.
   SCIENCE 6 and 8. The noise is how far two tests of an unchanged athlete differ: never the spread
   of today's own repetitions, never the instrument's uncertainty alone. Pure. */
#ifndef STANCE_COMPARISON_H
#define STANCE_COMPARISON_H

#include "stance/asymmetry.h"
#include "stance/protocol.h"
#include "stance/side.h"

#include <stdbool.h>
#include <stddef.h>

enum { STANCE_REPEATABILITY_SOURCE_SIZE = 256, STANCE_COMPARISON_WORDS_SIZE = 256 };

/* What is known of the repeatability of one test, by the clinic's own study or a published one.
   NaN where a number is not known. Errors are on the scale 100·ln, where a published CV in percent
   stands for the typical error (SCIENCE 6). */
struct stance_repeatability {
  char source[STANCE_REPEATABILITY_SOURCE_SIZE]; /* whose data, in words; "" where none is known */
  bool published;                                /* measured elsewhere, on other devices */
  double error_pct[STANCE_MEASURED_SIDE_COUNT];  /* of 100·ln of each side's value */
  double error_df;                               /* its degrees of freedom; INFINITY: not stated */
  double ratio_error_pct;                        /* of 100·ln(right/left) */
  double ratio_error_df;
  bool assumes_independence;                /* the ratio's error was put together from the sides' */
  double mdc95[STANCE_MEASURED_SIDE_COUNT]; /* in the unit of the value, as the study gave it */
};
/* Nothing is known. */
extern const struct stance_repeatability stance_repeatability_unknown;

/* Fills the ratio's error with √(left² + right²), probably too wide: the errors of two sides on one
   day go together, and what they have in common cancels in their ratio. */
void stance_repeatability_assume_independence(struct stance_repeatability *repeatability,
                                              double left_error_pct, double right_error_pct);

/* Of a side's `value`, in its unit: as the study gave it, else t·√2·error of the value. NaN where
   neither is known. `side` is LEFT, RIGHT or TOTAL. */
double stance_repeatability_mdc95(const struct stance_repeatability *repeatability,
                                  enum stance_side side, double value);

enum stance_distinguishable {
  STANCE_DISTINGUISHABLE_UNKNOWN, /* no reliability is known, or nothing is compared */
  STANCE_DISTINGUISHABLE_NO,      /* within the band; that does not show that the sides are equal */
  STANCE_DISTINGUISHABLE_YES,
};
/* "yes", "no", "unknown" */
const char *stance_distinguishable_id(enum stance_distinguishable verdict);

struct stance_side_comparison {
  enum stance_distinguishable verdict;
  double log_ratio;         /* 100·ln(right/left); NaN where nothing is compared */
  double band;              /* half width on that scale, 95 %; NaN where not known */
  double low_pct, high_pct; /* what the test is compatible with, by the formula of the asymmetry */
  bool assumes_independence;
  stance_reason_set reasons; /* why the verdict is unknown */
};

/* `asymmetry` was made by `formula`; `involved` as in stance_asymmetry. The band is
   t·√(s² + u_L² + u_R²), s the ratio's error. `uncertainty_pct`: standard uncertainties (k = 1) of
   left and right because of the instrument, in percent of the value; NaN: none known. */
struct stance_side_comparison stance_compare_sides(enum stance_asymmetry_formula formula,
                                                   const struct stance_value *asymmetry,
                                                   enum stance_side involved,
                                                   const struct stance_repeatability *repeatability,
                                                   const double uncertainty_pct[2]);

/* "left 9.7 % weaker than right; compatible with 7 % stronger to 24 % weaker": percentages of the
   side named second. "" where the verdict is unknown. Always terminated; returns the length. */
size_t stance_side_comparison_words(const struct stance_side_comparison *comparison, char *ret_text,
                                    size_t size);

/* Of one side against its own baseline. */
struct stance_change {
  enum stance_distinguishable verdict;
  double change_pct;
  double band;              /* half width on the scale 100·ln: what chance alone makes, 95 % */
  double low_pct, high_pct; /* what the change is compatible with */
};
/* Today against `baseline`, the geometric mean of `baseline_tests` tests (n, at least 1): the band
   is t·error·√(1 + 1/n), with n = 1 the MDC95 (SCIENCE 8b). Unknown, with NaN, where a value is
   not above 0 or the side's repeatability is not known. */
struct stance_change stance_compare_change(double value, double baseline, unsigned baseline_tests,
                                           enum stance_side side,
                                           const struct stance_repeatability *repeatability);

/* A published study of repeatability. Only numbers that were read in the source itself. */
struct stance_published_reliability {
  const char *protocol;     /* the built-in protocol that it tested; "" where there is none */
  double hip_deg, knee_deg; /* that the protocol must state; NaN: must not */
  enum stance_rig rig;
  enum stance_metric metric;
  unsigned athletes; /* 0: not stated here */
  double cv_pct[2];  /* of both legs; where a range is printed its larger end, twice */
  double mdc95_n;    /* printed, of a range the larger end; NaN: not printed in newtons */
  const char *source;
  const char *finding; /* the numbers as printed */
};
/* The k-th; NULL past the end. */
const struct stance_published_reliability *stance_published_reliability(size_t k);
/* For the best repetition of exactly this protocol, rig, position and metric; false where none was
   published. Which leg was the dominant one is not known, so each side gets the larger CV. */
bool stance_repeatability_published(const struct stance_protocol *protocol,
                                    enum stance_metric metric,
                                    struct stance_repeatability *ret_repeatability);

#endif
