/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks as a table and as text. */
#include "verify.h"

#include "sheet.h"

#include <string.h>

void stance_verify_list_rows(struct stance_text *text, const struct stance_verification *checks,
                             size_t count)
{
  static const char *const header[] = {"verification", "instrument",   "side",        "serial",
                                       "kind",         "performed_at", "verdict",     "valid_until",
                                       "operator",     "standard",     "calibration", "words"};
  enum { COLUMNS = sizeof header / sizeof *header };
  struct stance_sheet sheet = {.text = text};
  for (size_t k = 0; k < COLUMNS; k++)
    stance_sheet_text(&sheet, header[k]);
  stance_sheet_end_row(&sheet, COLUMNS);
  for (size_t k = 0; k < count; k++)
    for (size_t s = 0; s < checks[k].subject_count; s++) {
      const struct stance_verification_subject *subject = &checks[k].subject[s];
      const char *const cells[COLUMNS] = {checks[k].id,
                                          subject->instrument,
                                          stance_side_name(subject->side),
                                          subject->serial,
                                          stance_check_id(checks[k].kind),
                                          checks[k].performed_at,
                                          stance_check_verdict_id(checks[k].verdict),
                                          checks[k].valid_until,
                                          checks[k].operator_name,
                                          checks[k].standard,
                                          subject->calibration,
                                          checks[k].words};
      for (size_t c = 0; c < COLUMNS; c++)
        stance_sheet_text(&sheet, cells[c]);
      stance_sheet_end_row(&sheet, COLUMNS);
    }
}

void stance_verify_export_text(struct stance_text *text, const struct stance_verification *check)
{
  stance_text_format(text,
                     "[verification]\nid = %s\nkind = %s\nverdict = %s\nperformed_at = %s\n"
                     "valid_until = %s\noperator = %s\nstandard = %s\nsoftware = %s\nwords = %s\n"
                     "values = %s\n",
                     check->id, stance_check_id(check->kind),
                     stance_check_verdict_id(check->verdict), check->performed_at,
                     check->valid_until, check->operator_name, check->standard, check->software,
                     check->words, check->values_json);
  for (size_t s = 0; s < check->subject_count; s++)
    stance_text_format(text,
                       "\n[subject %zu]\ninstrument = %s\nside = %s\nserial = %s\ncalibration = "
                       "%s\n",
                       s + 1, check->subject[s].instrument,
                       stance_side_name(check->subject[s].side), check->subject[s].serial,
                       check->subject[s].calibration);
}
