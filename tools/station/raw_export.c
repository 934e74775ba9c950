/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "raw_export.h"

#include "number.h"
#include "sheet.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum {
  BLOCK_SIZE = 1 << 16,
  CELL_SIZE_MAX = STANCE_NUMBER_SIZE,
  DECIMALS_MAX = 9, /* of time, 1 ns; and of the fast path of stance_number_fixed */
  SHORTEST = -1,
};

static const double power_of_ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/* Decimals at which every value of a channel is exact; SHORTEST where none will do. Below 1e15 a
   decimal of that many places reads back as the value it was made from. */
static int exact_decimals(const double *value, size_t count)
{
  int decimals = 0;
  for (size_t k = 0; k < count; k++) {
    if (isnan(value[k]))
      continue;
    for (;;) {
      double scaled = value[k] * power_of_ten[decimals];
      if (fabs(scaled) < 1e15 && nearbyint(scaled) / power_of_ten[decimals] == value[k])
        break;
      if (++decimals > DECIMALS_MAX)
        return SHORTEST;
    }
  }
  return decimals;
}

/* Milliseconds where the period is a whole number of them, finer where it must be. */
static int time_decimals(const struct stance_time_axis *time)
{
  for (int decimals = 3; decimals < DECIMALS_MAX; decimals++) {
    double period = power_of_ten[decimals] / time->rate_hz;
    double start = power_of_ten[decimals] * time->start_s;
    /* A millionth of the last place, over an hour at 1 kHz, is less than half of it. */
    if (fabs(period - nearbyint(period)) < 1e-7 && fabs(start - nearbyint(start)) < 1e-3)
      return decimals;
  }
  return DECIMALS_MAX;
}

static void write_header(const struct stance_raw_trace *raw, struct stance_sheet *sheet)
{
  stance_sheet_begin(sheet);
  stance_sheet_text(sheet, "time (s)");
  for (size_t c = 0; c < raw->channel_count; c++) {
    char name[sizeof raw->channel[c].name + sizeof raw->channel[c].unit + 4];
    const char *unit = raw->channel[c].unit;
    snprintf(name, sizeof name, unit[0] == '\0' ? "%s%s" : "%s (%s)", raw->channel[c].name, unit);
    stance_sheet_text(sheet, name);
  }
  stance_sheet_end_row(sheet, raw->channel_count + 1);
}

static size_t put_number(double value, int decimals, bool locale, char *to)
{
  size_t length = decimals == SHORTEST ? stance_number_shortest(value, to)
                                       : stance_number_fixed(value, decimals, to);
  char *point = locale ? memchr(to, '.', length) : NULL;
  if (point != NULL)
    *point = ',';
  return length;
}

/* `decimals` holds those of time, then of each channel. */
static size_t put_row(const struct stance_raw_trace *raw, size_t k, const int *decimals,
                      bool locale, char *to)
{
  char *out = to;
  double time_s = raw->time.start_s + (double)k / raw->time.rate_hz;
  out += put_number(time_s, decimals[0], locale, out);
  for (size_t c = 0; c < raw->channel_count; c++) {
    *out++ = locale ? ';' : ',';
    out += put_number(raw->value[c][k], decimals[c + 1], locale, out);
  }
  if (locale)
    *out++ = '\r';
  *out++ = '\n';
  return (size_t)(out - to);
}

static enum stance_status write_block(const char *bytes, size_t length, FILE *out,
                                      struct stance_problem *problem)
{
  if (fwrite(bytes, 1, length, out) != length)
    return stance_problem_set(problem, STANCE_STORE, "the export cannot be written: %s",
                              strerror(errno));
  return STANCE_OK;
}

static enum stance_status write_rows(const struct stance_raw_trace *raw, const int *decimals,
                                     bool locale, FILE *out, struct stance_problem *problem)
{
  static _Thread_local char block[BLOCK_SIZE];
  size_t longest_row = (raw->channel_count + 1) * CELL_SIZE_MAX + 2;
  size_t length = 0;
  for (size_t k = 0; k < raw->sample_count; k++) {
    length += put_row(raw, k, decimals, locale, block + length);
    if (length + longest_row > BLOCK_SIZE) {
      enum stance_status status = write_block(block, length, out, problem);
      if (status != STANCE_OK)
        return status;
      length = 0;
    }
  }
  return write_block(block, length, out, problem);
}

enum stance_status stance_raw_export(const struct stance_raw_trace *raw,
                                     const struct stance_raw_export_options *options, FILE *out,
                                     struct stance_problem *problem)
{
  struct stance_text header = {0};
  struct stance_sheet sheet = {.text = &header, .locale = options->locale};
  write_header(raw, &sheet);
  if (header.failed) {
    stance_text_finish(&header);
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory while exporting");
  }
  enum stance_status status = write_block(header.bytes, header.length, out, problem);
  stance_text_finish(&header);
  if (status != STANCE_OK)
    return status;
  int decimals[STANCE_CHANNEL_COUNT_MAX + 1] = {time_decimals(&raw->time)};
  for (size_t c = 0; c < raw->channel_count; c++)
    decimals[c + 1] = options->decimals == STANCE_RAW_EXPORT_EXACT
                          ? exact_decimals(raw->value[c], raw->sample_count)
                          : options->decimals;
  return write_rows(raw, decimals, options->locale, out, problem);
}
