/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random tables written in random dialects read back exactly: every value as strtod reads its
   digits, the rate, the start, the lines. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/csv_fixture.h"

enum { TABLES = 4000, ROWS_MAX = 60, COLUMNS_MAX = 5, TEXT_MAX = 65536 };

static uint64_t state;

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(void)
{
  uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static size_t below(size_t limit)
{
  return (size_t)(next_random() % limit);
}

static bool one_in(size_t n)
{
  return below(n) == 0;
}

/* How a table is written. */
struct dialect {
  char delimiter, decimal;
  const char *line_end;
  bool mark, quoted, header, unit_row, comments, preamble, footer, last_end, padded;
  int time_unit; /* 0 s, 1 ms, 2 us, 3: no time column */
  int decimals;  /* of the forces */
};

struct table {
  size_t rows, forces;
  int rate_hz;
  int64_t start;                        /* in steps */
  char cell[ROWS_MAX][COLUMNS_MAX][32]; /* with '.' */
  uint64_t lines, lines_used;
};

struct writer {
  char text[TEXT_MAX];
  size_t length;
};

static void put(struct writer *w, const char *text)
{
  size_t length = strlen(text);
  assert_true(w->length + length < sizeof w->text);
  memcpy(w->text + w->length, text, length);
  w->length += length;
}

static const int rates_hz[] = {100, 200, 250, 500, 1000, 2000};
static const double units_per_second[] = {1, 1e3, 1e6};
static const char *const unit_names[] = {"s", "ms", "us"};

static struct dialect random_dialect(void)
{
  static const char delimiters[] = {',', ';', '\t', '|', ' '};
  static const char *const ends[] = {"\n", "\r\n", "\r"};
  struct dialect d = {.delimiter = delimiters[below(5)],
                      .decimal = one_in(2) ? ',' : '.',
                      .line_end = ends[below(3)],
                      .mark = one_in(3),
                      .quoted = one_in(3),
                      .header = !one_in(4),
                      .comments = one_in(4),
                      .preamble = one_in(4),
                      .footer = one_in(5),
                      .last_end = !one_in(4),
                      .padded = one_in(4),
                      .time_unit = (int)below(4),
                      .decimals = 1 + (int)below(6)};
  d.unit_row = d.header && one_in(3);
  if (d.delimiter == ',' && d.decimal == ',')
    d.quoted = true;
  if (d.delimiter == ' ')
    d.padded = false;
  return d;
}

static struct table random_table(const struct dialect *d)
{
  struct table t = {.rows = 20 + below(ROWS_MAX - 20),
                    .forces = 1 + below(COLUMNS_MAX - 1),
                    .rate_hz = rates_hz[below(6)],
                    .start = (int64_t)below(100000)};
  for (size_t row = 0; row < t.rows; ++row) {
    double at = (double)(t.start + (int64_t)row) / t.rate_hz;
    if (d->time_unit < 3)
      snprintf(t.cell[row][0], sizeof t.cell[row][0], "%.*f", 6 - 3 * d->time_unit + 1,
               at * units_per_second[d->time_unit]);
    for (size_t k = 0; k < t.forces; ++k)
      snprintf(t.cell[row][1 + k], sizeof t.cell[row][1 + k], "%.*f", d->decimals,
               ((double)(next_random() >> 11) * 0x1p-53 - 0.3) * 3000);
  }
  return t;
}

static void put_cell(struct writer *w, const struct dialect *d, const char *text, bool first)
{
  char cell[40];
  snprintf(cell, sizeof cell, "%s", text);
  for (char *p = cell; *p != '\0'; ++p)
    if (*p == '.')
      *p = d->decimal;
  if (!first) {
    if (d->padded)
      put(w, " ");
    put(w, (char[2]){d->delimiter, '\0'});
    for (size_t i = d->delimiter == ' ' ? below(3) : 0; i > 0; --i)
      put(w, " ");
    if (d->padded)
      put(w, " ");
  }
  if (d->quoted)
    put(w, "\"");
  put(w, cell);
  if (d->quoted)
    put(w, "\"");
}

static void end_line(struct writer *w, const struct dialect *d, struct table *t)
{
  put(w, d->line_end);
  t->lines += 1;
}

static void put_head(struct writer *w, const struct dialect *d, struct table *t)
{
  if (d->mark)
    put(w, "\xef\xbb\xbf");
  if (d->preamble) {
    put(w, "Export of the laboratory");
    end_line(w, d, t);
    end_line(w, d, t);
  }
  if (d->comments) {
    put(w, "# made by nobody");
    end_line(w, d, t);
  }
  for (int row = 0; row < d->header + d->unit_row; ++row) {
    if (d->time_unit < 3) {
      char time[16];
      snprintf(time, sizeof time, d->unit_row ? "time" : "time_%s", unit_names[d->time_unit]);
      put_cell(w, d, row == 0 ? time : unit_names[d->time_unit], true);
    }
    for (size_t k = 0; k < t->forces; ++k) {
      char name[32];
      snprintf(name, sizeof name, "Force%zu", k + 1);
      put_cell(w, d, row == 0 ? name : "kN", k == 0 && d->time_unit == 3);
    }
    end_line(w, d, t);
  }
}

static void write_table(struct writer *w, const struct dialect *d, struct table *t)
{
  w->length = 0;
  put_head(w, d, t);
  for (size_t row = 0; row < t->rows; ++row) {
    if (d->comments && one_in(20)) {
      put(w, "% a remark");
      end_line(w, d, t);
    }
    for (size_t k = d->time_unit == 3; k <= t->forces; ++k)
      put_cell(w, d, t->cell[row][k], k == 0 || (k == 1 && d->time_unit == 3));
    t->lines_used += 1;
    if (row + 1 < t->rows || d->footer || d->last_end)
      end_line(w, d, t);
    else
      t->lines += 1;
  }
  if (d->footer) {
    put(w, "End");
    end_line(w, d, t);
  }
}

static void check_trace(const struct stance_csv_file *file, const struct dialect *d,
                        const struct table *t)
{
  const struct stance_raw_trace *trace = &file->trial[0].trace;
  assert_int_equal(file->trial_count, 1);
  assert_int_equal(trace->sample_count, t->rows);
  assert_int_equal(trace->channel_count, t->forces);
  for (size_t k = 0; k < t->forces; ++k)
    for (size_t row = 0; row < t->rows; ++row) {
      double expected = strtod(t->cell[row][1 + k], NULL);
      if (memcmp(&trace->value[k][row], &expected, sizeof expected) != 0)
        fail_msg("row %zu column %zu: %a, not %a", row, k, trace->value[k][row], expected);
    }
  double rate_hz = trace->time.rate_hz, wanted_hz = t->rate_hz;
  assert_memory_equal(&rate_hz, &wanted_hz, sizeof rate_hz);
  assert_int_equal(trace->gap_count, 0);
  assert_false(trace->time.irregular);
  assert_null(trace->flags);
  assert_true(trace->time.stamped == (d->time_unit < 3));
  if (d->time_unit < 3)
    assert_true(fabs(trace->time.start_s - (double)t->start / t->rate_hz) <= 1e-6);
  assert_string_equal(trace->channel[0].unit, d->unit_row ? "kN" : "N");
  assert_true(file->unit_assumed == !d->unit_row);
  const struct stance_integrity *lines = &trace->integrity;
  assert_int_equal(lines->lines_read, t->lines);
  assert_int_equal(lines->lines_used, t->lines_used);
  assert_int_equal(lines->lines_refused, 0);
  assert_int_equal(lines->lines_header, t->lines - t->lines_used);
  assert_memory_equal(&file->integrity.lines_read, &lines->lines_read, 4 * sizeof(uint64_t));
  assert_int_equal(lines->frames_expected, t->rows);
  assert_int_equal(lines->frames_received, t->rows);
}

/* Without a header only the position can name a column, and a lone column has no delimiter. */
static void choose(const struct dialect *d, const struct table *t, char *columns, size_t size)
{
  size_t used = 0;
  bool timed = d->time_unit < 3;
  used += (size_t)snprintf(columns, size, timed ? "time=#1," : "time=none,");
  for (size_t k = 0; k < t->forces; ++k) {
    const char *before = k == 0 ? "total=" : "+";
    used += d->header && one_in(2)
                ? (size_t)snprintf(columns + used, size - used, "%sForce%zu", before, k + 1)
                : (size_t)snprintf(columns + used, size - used, "%s#%zu", before, k + 1 + timed);
  }
}

static void random_tables_read_back(void **context)
{
  (void)context;
  static struct writer w;
  const char *seed = getenv("STANCE_SEED");
  state = seed != NULL ? strtoull(seed, NULL, 0) : 4711;
  print_message("seed %" PRIu64 "\n", state);
  for (int i = 0; i < TABLES; ++i) {
    struct dialect d = random_dialect();
    struct table t = random_table(&d);
    /* Nothing but the unit could tell microseconds from seconds. */
    d.header = d.header || d.time_unit == 2;
    /* Nor can anything tell "1,5" from two columns: that is refused, and tested elsewhere. */
    d.header = d.header || (d.time_unit == 3 && t.forces == 1 && d.decimal == ',');
    char columns[128];
    write_table(&w, &d, &t);
    choose(&d, &t, columns, sizeof columns);
    struct stance_csv_options options = {.columns = columns,
                                         .rate_hz = d.time_unit == 3 ? t.rate_hz : 0};
    struct csv_result result = csv_parse_bytes(w.text, w.length, &options);
    if (result.status != STANCE_OK)
      fail_msg("table %d (%s): %s\n%.600s", i, columns, result.problem.text, w.text);
    check_trace(&result.file, &d, &t);
    stance_csv_file_finish(&result.file);
  }
}

/* A damaged byte anywhere is read, refused in words, or reads as something else of the same
   length: never a crash, never lines that do not add up. */
static void damaged_tables_add_up(void **context)
{
  (void)context;
  static struct writer w;
  static const char bytes[] = ",;\t\"#\n\r.-5x \xff";
  state = 99;
  for (int i = 0; i < TABLES; ++i) {
    struct dialect d = random_dialect();
    struct table t = random_table(&d);
    write_table(&w, &d, &t);
    for (size_t k = 1 + below(3); k > 0; --k)
      w.text[below(w.length)] = bytes[below(sizeof bytes - 1)];
    struct stance_csv_options options = {.columns = one_in(2) ? "#2" : NULL,
                                         .rate_hz = one_in(2) ? t.rate_hz : 0};
    struct csv_result result = csv_parse_bytes(w.text, w.length, &options);
    if (result.status != STANCE_OK) {
      assert_true(strncmp(result.problem.text, "trial.csv: ", 11) == 0);
      continue;
    }
    const struct stance_integrity *lines = &result.file.integrity;
    assert_int_equal(lines->lines_read,
                     lines->lines_header + lines->lines_used + lines->lines_refused);
    stance_csv_file_finish(&result.file);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_tables_read_back),
      cmocka_unit_test(damaged_tables_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
