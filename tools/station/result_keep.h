/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A result into the store, as it was told at the time of the test. */
#ifndef STANCE_RESULT_KEEP_H
#define STANCE_RESULT_KEEP_H

#include "report.h"
#include "store.h"
#include "trial.h"

enum { STANCE_RESULT_SETTING_MAX = 64 }; /* more than there are */

/* The long layout, the ledger and the settings that made them: all that `stance verify-record`
   needs to make it again. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_result_make_stored(const struct stance_report *report,
                          struct stance_stored_result *ret_result, struct stance_problem *problem);
STANCE_MUST_CHECK enum stance_status stance_result_keep(struct stance_store *store,
                                                        const char *recording_id,
                                                        const struct stance_report *report,
                                                        struct stance_problem *problem);
/* The settings of a kept result, to analyse with them again; the lines of `text` are cut in place,
   and borrowed. */
size_t stance_result_split_settings(char *text,
                                    struct stance_setting ret_setting[STANCE_RESULT_SETTING_MAX]);

#endif
