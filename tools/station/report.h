/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A result as text: three CSV layouts, JSON, and a summary for a person. All functions: WORK. They
   only append; whether memory sufficed stands in the text's `failed`. */
#ifndef STANCE_REPORT_H
#define STANCE_REPORT_H

#include "reliability_record.h"
#include "sheet.h"
#include "stance/result.h"

/* "stance 0.1.0": what made a result. */
#define STANCE_SOFTWARE "stance " STANCE_VERSION

enum stance_layout {
  STANCE_LAYOUT_WIDE = 0, /* one row a repetition and side */
  STANCE_LAYOUT_LONG,     /* one row a value */
  STANCE_LAYOUT_TESTS,    /* one row a test */
  STANCE_LAYOUT_COUNT,
};
const char *stance_layout_id(enum stance_layout layout); /* "wide" */
enum stance_layout stance_layout_find(const char *id);   /* LAYOUT_COUNT where there is none */

enum stance_calibration_state {
  STANCE_CALIBRATION_UNKNOWABLE = 0, /* a file of forces: nobody here knows what made them */
  STANCE_CALIBRATION_KNOWN,          /* a profile of the instrument was applied */
  STANCE_CALIBRATION_NONE,           /* an instrument without a profile */
};

/* A result and what is known beside it. Everything is borrowed; NULL and "" mean unknown. */
struct stance_report {
  const struct stance_result *result;
  const char *recording; /* path as given, or UUID */
  const char *session;
  const char *athlete;
  const char *operator_name;
  const char *instrument; /* model and serial */
  const char *started_at; /* RFC 3339, UTC */
  int utc_offset_min;     /* of the place of the test */
  enum stance_calibration_state calibration;
  const char *calibration_id;
  const char *verification; /* ids of the checks in force when it was recorded; "": none */
  const char *firmware;
  const char *digest; /* of what was analysed, with the method before a colon */
  const char *notes;  /* what was assumed, measured and refused on the way */
  double pain_max[2]; /* left, right, 0 to 10; NaN: nobody asked */
  bool pain_stop;     /* the test ended, or went on without a side, because of pain */
  const struct stance_reliability_book
      *reliability; /* the clinic's own; published ones are known */
};

/* The header row, with the byte-order mark where the sheet has one. The columns do not depend on
   the protocol, so that one header serves many reports. */
void stance_report_header(struct stance_sheet *sheet, enum stance_layout layout);
void stance_report_rows(struct stance_sheet *sheet, enum stance_layout layout,
                        const struct stance_report *report);
/* One JSON object (RFC 8259) and a line end: what the long layout says, and settings, time axis and
   integrity. */
void stance_report_json(struct stance_text *text, const struct stance_report *report);
/* What the uncertainty of one metric of each repetition is made of: a table for a person, or one
   JSON object and a line end. */
void stance_report_budget(struct stance_text *text, const struct stance_report *report,
                          enum stance_metric metric, bool json);
/* Where every frame went, what measured and what computed: a header and one row of CSV. */
void stance_report_ledger(struct stance_text *text, const struct stance_report *report);
/* For a clinician: no clinical claim, every flag in a sentence. */
void stance_report_summary(struct stance_text *text, const struct stance_report *report);
/* The data dictionary, as CSV with header: every column of every layout, metric, reason, method and
   rule. */
void stance_report_dictionary(struct stance_sheet *sheet);

/* Local time with offset, "2026-03-29T14:05:07+02:00"; "" where `started_at` is no RFC 3339 UTC
   time. */
enum { STANCE_LOCAL_TIME_SIZE = 32 };
void stance_report_local_time(const struct stance_report *report,
                              char ret_text[STANCE_LOCAL_TIME_SIZE]);

#endif
