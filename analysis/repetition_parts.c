/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two instruments under one athlete, of which one was away for a while: stretches in which the same
   sides were sampled. */
#include "repetition_parts.h"

#include <math.h>

static long run_of_nan(const double *force_n, long first, long end)
{
  long at = first;
  while (at < end && isnan(force_n[at]))
    at++;
  return at - first;
}

/* First sample of [first, end) at which a side that is there goes away, or one that is away comes
   back; `end` where neither happens. */
static long next_change(const double *force_n, bool sampled, long first, long end, long shortest)
{
  if (!sampled)
    return first + run_of_nan(force_n, first, end);
  /* A gap that long holds one of every `shortest` samples. */
  for (long probe = first + shortest - 1; probe < end; probe += shortest) {
    if (!isnan(force_n[probe]))
      continue;
    long begin = probe;
    while (begin > first && isnan(force_n[begin - 1]))
      begin--;
    if (probe - begin + run_of_nan(force_n, probe, end) >= shortest)
      return begin;
  }
  return end;
}

bool parts_next(const double *left_n, const double *right_n, struct stance_span range,
                long shortest, struct part *part)
{
  const double *const force_n[2] = {left_n, right_n};
  const long range_end = (long)(range.first + range.count);
  const long first = part->end < (long)range.first ? (long)range.first : part->end;
  long end = range_end;

  if (first >= range_end)
    return false;
  part->first = first;
  for (int side = 0; side < 2; side++) {
    part->sampled[side] = run_of_nan(force_n[side], first, range_end) < shortest;
    const long change = next_change(force_n[side], part->sampled[side], first, range_end, shortest);
    end = change < end ? change : end;
  }
  part->end = end;
  return true;
}
