/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"

#include <ctype.h>
#include <string.h>

bool stance_calibration_is_date(const char *text)
{
  static const char pattern[] = "0000-00-00";
  for (size_t k = 0; k < sizeof pattern - 1; k++)
    if (pattern[k] == '-' ? text[k] != '-' : !isdigit((unsigned char)text[k]))
      return false;
  return true;
}

stance_reason_set stance_calibration_doubts(const struct stance_calibration *calibration,
                                            const char *at)
{
  stance_reason_set doubts = 0;

  for (size_t k = 0; k < calibration->channel_count; k++) {
    const struct stance_calibration_channel *channel = &calibration->channel[k];
    if (channel->side == STANCE_SIDE_NONE && channel->plate == 0)
      continue;
    /* Dates of this form compare as their letters do. The day named is still valid. */
    if (channel->valid_until[0] != '\0' &&
        (!stance_calibration_is_date(at) ||
         strncmp(at, channel->valid_until, strlen("2026-01-01")) > 0))
      doubts |= STANCE_REASON_BIT(STANCE_REASON_CALIBRATION_EXPIRED);
    if (channel->poor_fit[0] != '\0')
      doubts |= STANCE_REASON_BIT(STANCE_REASON_CALIBRATION_POOR_FIT);
  }
  return doubts;
}
