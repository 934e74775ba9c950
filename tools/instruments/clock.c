/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtual_clock.h"

#include <math.h>

static const double ns_per_s = 1e9;

void stance_virtual_clock_start(struct stance_virtual_clock *clock, double nominal_rate_hz)
{
  clock->started = true;
  clock->running = true;
  clock->start_s = clock->now_s;
  clock->rate_hz = nominal_rate_hz * (1.0 + clock->ppm * 1e-6);
  clock->scan = 0;
  clock->stall_end = 0;
}

void stance_virtual_clock_stop(struct stance_virtual_clock *clock)
{
  clock->running = false;
  clock->stall_end = 0;
}

void stance_virtual_clock_advance(struct stance_virtual_clock *clock, int64_t host_ns)
{
  const double elapsed_s = (double)(host_ns - clock->host_ns) / ns_per_s;

  /* Between two streams an athlete does not hurry, however fast the streams are played. */
  if (clock->started && clock->host_ns != 0)
    clock->now_s += clock->running && isfinite(clock->speed) ? elapsed_s * clock->speed
                    : clock->running                         ? 0.0
                                                             : elapsed_s;
  clock->host_ns = host_ns;
}

double stance_virtual_clock_scan_s(const struct stance_virtual_clock *clock)
{
  return clock->start_s + (double)clock->scan / clock->rate_hz;
}

bool stance_virtual_clock_is_stalled(const struct stance_virtual_clock *clock)
{
  return clock->running && clock->scan < clock->stall_end;
}

bool stance_virtual_clock_is_due(const struct stance_virtual_clock *clock, bool buffered)
{
  const bool stalled = stance_virtual_clock_is_stalled(clock);

  if (!clock->running || (clock->elastic && buffered && !stalled))
    return false;
  return isinf(clock->speed) || stance_virtual_clock_scan_s(clock) <= clock->now_s;
}

void stance_virtual_clock_settle(struct stance_virtual_clock *clock)
{
  if (!clock->running)
    return;
  const double next_s = stance_virtual_clock_scan_s(clock);
  if (isinf(clock->speed) || (clock->elastic && clock->now_s > next_s))
    clock->now_s = next_s;
}

void stance_virtual_clock_stall(struct stance_virtual_clock *clock, double duration_s)
{
  if (clock->running)
    clock->stall_end = clock->scan + (uint64_t)llround(duration_s * clock->rate_hz);
}

int64_t stance_virtual_clock_wait_ns(const struct stance_virtual_clock *clock)
{
  if (!clock->running || isinf(clock->speed))
    return INT64_MAX;
  const double wait_s = (stance_virtual_clock_scan_s(clock) - clock->now_s) / clock->speed;
  return wait_s <= 0.0 ? 0 : (int64_t)(wait_s * ns_per_s);
}
