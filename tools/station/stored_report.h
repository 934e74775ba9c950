/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report of a recording of the store, made anew as at the end of its test. */
#ifndef STANCE_STORED_REPORT_H
#define STANCE_STORED_REPORT_H

#include "report.h"
#include "store.h"
#include "trial.h"

/* Sees the report while it lives; its status becomes the whole's. */
typedef enum stance_status stance_stored_report_use(void *context,
                                                    const struct stance_report *report,
                                                    struct stance_problem *problem);

/* With the repeatability that the store knows. Statuses as stance_trial_load_stored. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_stored_report(struct stance_store *store, const char *recording_id,
                     const struct stance_setting *setting, size_t setting_count,
                     stance_stored_report_use *use, void *context, struct stance_problem *problem);

#endif
