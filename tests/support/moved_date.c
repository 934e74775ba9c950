/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/moved_date.h"

#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

static atomic_int days_ahead;

void moved_date_set(int days)
{
  atomic_store(&days_ahead, days);
}

time_t time(time_t *ret_time)
{
  enum { DAY_S = 24 * 3600 };
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const time_t then = now.tv_sec + (time_t)atomic_load(&days_ahead) * DAY_S;
  if (ret_time != NULL)
    *ret_time = then;
  return then;
}
