/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes to fields and records by libcsv, one physical line at a time, so that every record knows
   the lines it came from. */
#ifndef STANCE_ACQUISITION_CSV_TOKENS_H
#define STANCE_ACQUISITION_CSV_TOKENS_H

#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole file in memory; borrowed. `name` stands for it in messages. */
struct stance_csv_text {
  const char *name;
  const char *bytes;
  size_t length;
  bool plain_lines; /* every carriage return has its line feed: see stance_csv_text_look */
};

/* Fills in what can be known of the bytes at once. */
struct stance_csv_text stance_csv_text_look(const char *name, const char *bytes, size_t length);

struct stance_csv_format {
  char delimiter; /* , ; TAB | ; ' ' for runs of blanks; '\0' for a single column */
  char decimal;   /* '.' or ',' */
  bool decimal_certain;
  bool comments; /* lines that begin with # % // are comments */
};

/* Where reading stands: the first byte of a physical line, and its number from 1. */
struct stance_csv_position {
  size_t offset;
  uint64_t line;
};

/* How often a byte stands at or behind `offset`. */
size_t stance_csv_text_count(const struct stance_csv_text *text, size_t offset, char c);

/* Called back while a text is read. Embed it as the first member of what the callbacks work on.
   The members below the functions are the tokenizer's. */
struct stance_csv_events {
  /* A field; `text` may be NULL where it is empty, and lives until the callback returns. */
  void (*field)(void *text, size_t length, void *events);
  /* The record is complete; without any field before it, it was a blank line. */
  void (*record)(struct stance_csv_events *events);
  /* A comment line without its mark. */
  void (*comment)(struct stance_csv_events *events, const char *text, size_t length);
  bool stop; /* a callback sets it to end reading with the current line */

  uint64_t first_line, last_line; /* of the current record, blank line or comment */
  bool in_record;                 /* a quoted field goes on into the next line */
  /* Somewhere before the current record, from where stance_csv_position_of_line finds it. */
  struct stance_csv_position anchor;
};

/* The position of a line at or behind a known one. */
struct stance_csv_position stance_csv_position_of_line(const struct stance_csv_text *text,
                                                       struct stance_csv_position known,
                                                       uint64_t line);

/* Reads from `position` to the end, to `line_limit` physical lines, or until `stop`, and leaves
   `position` behind the last line read. STANCE_INPUT with the line where quotes do not match. */
STANCE_MUST_CHECK enum stance_status
stance_csv_tokenize(const struct stance_csv_text *text, const struct stance_csv_format *format,
                    struct stance_csv_position *position, uint64_t line_limit,
                    struct stance_csv_events *events, struct stance_problem *problem);

#endif
