/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verification_record.h"

#include <string.h>

stance_reason_set stance_verification_doubts(const struct stance_verification_in_force *checks,
                                             size_t count, const char *at, const char *calibration)
{
  stance_reason_set doubts = 0;
  for (size_t k = 0; k < count; k++) {
    /* Times of this form compare as their letters do; fractions of a second are left out. */
    const bool is_late = strncmp(at, checks[k].valid_until, strlen("2026-01-01T00:00:00")) > 0;
    if (checks[k].verdict == STANCE_CHECK_FAILED)
      doubts |= STANCE_REASON_BIT(STANCE_REASON_VERIFICATION_FAILED);
    else if (is_late || strcmp(checks[k].calibration, calibration) != 0)
      doubts |= STANCE_REASON_BIT(STANCE_REASON_VERIFICATION_OVERDUE);
  }
  return doubts;
}
