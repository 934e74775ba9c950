/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which columns become channels, which one is time, which one separates trials. */
#ifndef STANCE_ACQUISITION_CSV_CHOICE_H
#define STANCE_ACQUISITION_CSV_CHOICE_H

#include "csv_header.h"
#include "stance/csv.h"

struct stance_csv_pick {
  size_t column;
  enum stance_side side;
};
/* The channels of one trial. */
struct stance_csv_set {
  struct stance_csv_pick pick[STANCE_CHANNEL_COUNT_MAX];
  size_t count;
};

enum stance_csv_time_kind {
  STANCE_CSV_TIME_ABSENT,
  STANCE_CSV_TIME_STAMPS,
  STANCE_CSV_TIME_INDEX, /* the column counts samples; the rate is known from elsewhere */
};

enum { STANCE_CSV_SET_COUNT_MAX = 64 };

struct stance_csv_choice {
  struct stance_csv_set *set; /* owned; more than one: trials side by side in a wide file */
  size_t set_count;
  enum stance_csv_time_kind time;
  size_t time_column;
  bool time_by_steps; /* nothing names it: it was known by its even steps */
  bool grouped;
  size_t group_column;
  double rate_hz; /* given or stated in the header; NaN without */
};

/* What `options.columns` says, before anything is found out. */
struct stance_csv_request {
  struct stance_csv_set *set;
  size_t set_count;
  bool time_given, time_none;
  size_t time_column;
};

/* Everything the functions below look at. */
struct stance_csv_context {
  const struct stance_csv_text *text;
  const struct stance_csv_header *header;
  const struct stance_csv_options *options;
};

/* STANCE_USAGE with the candidates where a choice is ambiguous or impossible. */
STANCE_MUST_CHECK enum stance_status stance_csv_choose(const struct stance_csv_context *context,
                                                       struct stance_csv_choice *ret_choice,
                                                       struct stance_problem *problem);
void stance_csv_choice_finish(struct stance_csv_choice *choice);

/* The grammar of `columns`: sets separated by ';', items by ',', an item is [side=]column[+column…]
   or time=column or time=none, a column is #position, a name, or a "name" in quotes. */
STANCE_MUST_CHECK enum stance_status
stance_csv_request_read(const struct stance_csv_context *context,
                        struct stance_csv_request *ret_request, struct stance_problem *problem);
/* By #position or name; the name may lack its unit or differ in case where it stays unique. */
STANCE_MUST_CHECK enum stance_status
stance_csv_column_find(const struct stance_csv_context *context, const char *text, bool quoted,
                       size_t *ret_column, struct stance_problem *problem);

/* Text that lists columns as #1 'Time', #2 'Fz' and stops with their number where it is full. */
struct stance_csv_listing {
  char text[320];
  size_t used, listed, left_out;
};
void stance_csv_listing_add(struct stance_csv_listing *listing,
                            const struct stance_csv_header *header, size_t column);
const char *stance_csv_listing_text(struct stance_csv_listing *listing);

#endif
