/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The integrity ledger: where every frame went, what measured, what computed, and a digest by which
   a changed bit can be told. */
#include "report_layouts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct stance_column ledger[] = {
    {"frames_expected", "", "integer",
     "Sampling instants from the first to the last of the recording, of all its instruments",
     "recording"},
    {"frames_received", "", "integer", "Those of which a frame came; the rest is frames_lost",
     "recording"},
    {"frames_duplicated", "", "integer", "Frames that came a second time; the first one stands",
     "recording"},
    {"frames_corrupt", "", "integer",
     "Frames that failed a check of their bytes, at the instrument or in the store; never used",
     "recording"},
    {"frames_late", "", "integer", "Frames that came after later ones; in their place all the same",
     "recording"},
    {"longest_gap_frames", "", "integer", "Lost frames next to each other, at most", "recording"},
    {"samples_saturated", "", "integer",
     "Analysed instants at which a force stood at the end of its converter's range", "recording"},
    {"rate_hz", "Hz", "number",
     "Sampling rate that times are made of: measured against the computer's clock by the lower "
     "envelope of arrival times, or of a file's stamps, where rate_uncertainty_hz is given; else "
     "as the instrument declares it",
     "Moon, Skelly & Towsley 1999"},
    {"rate_uncertainty_hz", "Hz", "number",
     "Of the measured rate: expanded, k = 2; empty where the rate was not measured",
     "Moon, Skelly & Towsley 1999"},
    {"firmware", "", "text", "Of the instrument, as it says; empty where it does not", "recording"},
    {"calibration_id", "", "text", "Id of the calibration profile that made newtons", "recording"},
    {"digest", "", "text",
     "Of a stored recording: SHA-256 of everything that is stored of it, kept at its end "
     "(sha256/1:...; `stance verify-record` makes it again); of a file: SHA-256 of its bytes, as "
     "sha256sum says it (sha256:...), of left:FILE right:FILE both, joined with +",
     "FIPS 180-4"},
};
const struct stance_column_list stance_columns_ledger = {.column = ledger,
                                                         .count = sizeof ledger / sizeof *ledger};

void stance_report_ledger_cells(struct stance_sheet *sheet, const struct stance_report *report)
{
  const struct stance_integrity *integrity = &report->result->integrity;
  const struct stance_time_axis *time = &report->result->time;
  stance_sheet_count(sheet, integrity->frames_expected);
  stance_sheet_count(sheet, integrity->frames_received);
  stance_sheet_count(sheet, integrity->frames_duplicated);
  stance_sheet_count(sheet, integrity->frames_corrupt);
  stance_sheet_count(sheet, integrity->frames_late);
  stance_sheet_count(sheet, integrity->longest_gap_frames);
  stance_sheet_count(sheet, integrity->samples_saturated);
  stance_sheet_fixed(sheet, time->rate_hz, 6); /* a microhertz: 1e-9 of 1 kHz */
  stance_sheet_fixed(sheet, time->rate_uncertainty_hz, 6);
  stance_sheet_text(sheet, report->firmware);
  stance_sheet_text(sheet, report->calibration_id);
  stance_sheet_text(sheet, report->digest);
}

void stance_report_ledger(struct stance_text *text, const struct stance_report *report)
{
  static const char *const also[] = {"software", "instrument", "onset_method", "frames_lost",
                                     "verification"};
  enum { ALSO_COUNT = sizeof also / sizeof *also };
  struct stance_sheet sheet = {.text = text};
  stance_sheet_begin(&sheet);
  for (size_t k = 0; k < ALSO_COUNT; k++)
    stance_sheet_text(&sheet, also[k]);
  stance_report_header_cells(&sheet, &stance_columns_ledger);
  stance_sheet_end_row(&sheet, ALSO_COUNT + stance_columns_ledger.count);
  stance_sheet_text(&sheet, STANCE_SOFTWARE);
  stance_sheet_text(&sheet, report->instrument);
  stance_sheet_text(&sheet, report->result->onset_method);
  stance_sheet_count(&sheet, report->result->integrity.frames_lost);
  stance_sheet_text(&sheet, report->verification);
  stance_report_ledger_cells(&sheet, report);
  stance_sheet_end_row(&sheet, ALSO_COUNT + stance_columns_ledger.count);
}

enum { COUNT_SIZE = 32 };

/* 20014 as "20,014". */
static const char *grouped(uint64_t count, char ret_text[COUNT_SIZE])
{
  char digits[COUNT_SIZE];
  const size_t length = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
  size_t used = 0;
  for (size_t k = 0; k < length; k++) {
    if (k > 0 && (length - k) % 3 == 0)
      ret_text[used++] = ',';
    ret_text[used++] = digits[k];
  }
  ret_text[used] = '\0';
  return ret_text;
}

static void troubles(struct stance_text *text, const struct stance_integrity *integrity)
{
  const struct {
    uint64_t count;
    const char *what;
  } each[] = {
      {integrity->frames_corrupt, "frames were corrupt and not used"},
      {integrity->frames_duplicated, "came twice and were used once"},
      {integrity->frames_late, "came late and stand in their place"},
      {integrity->samples_saturated, "samples stood at the end of the instrument's range"},
  };
  char number[COUNT_SIZE];
  for (size_t k = 0; k < sizeof each / sizeof *each; k++)
    if (each[k].count > 0)
      stance_text_format(text, "; %s %s", grouped(each[k].count, number), each[k].what);
}

void stance_report_ledger_sentence(struct stance_text *text, const struct stance_report *report)
{
  const struct stance_integrity *integrity = &report->result->integrity;
  const struct stance_time_axis *time = &report->result->time;
  char received[COUNT_SIZE], expected[COUNT_SIZE], lost[COUNT_SIZE], gap[COUNT_SIZE];
  grouped(integrity->frames_received, received);
  grouped(integrity->frames_expected, expected);
  if (integrity->frames_lost == 0)
    stance_text_format(text, "Nothing was lost: %s of %s frames were received; longest gap none",
                       received, expected);
  else
    stance_text_format(text, "LOST: %s of %s frames; longest gap %s (%.3g ms)",
                       grouped(integrity->frames_lost, lost), expected,
                       grouped(integrity->longest_gap_frames, gap),
                       1e3 * (double)integrity->longest_gap_frames / time->rate_hz);
  troubles(text, integrity);
  if (isnan(time->rate_uncertainty_hz))
    stance_text_format(text, "; %.6g Hz, not measured.\n", time->rate_hz);
  else
    stance_text_format(text, "; measured rate %.6g Hz +- %.2g.\n", time->rate_hz,
                       time->rate_uncertainty_hz);
}
