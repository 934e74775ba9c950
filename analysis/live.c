/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/live.h"

#include <math.h>
#include <string.h>

enum { FILTER_ORDER = 2 };
/* 20 Hz: a rise of a quarter second passes, tremor and hum do not; the delay, about 11 ms, is short
   beside a reaction. */
static const double cutoff_hz = 20;
static const double block_s = 0.05;
/* The level an effort rises from follows slow drift, not the effort: time constant while nothing
   happens. */
static const double baseline_s = 0.5;
/* An onset must last: one spike is none. */
static const double onset_hold_s = 0.02;
/* Half the rise is gone for a tenth of a second: he has let go. Tremor and a push-back are shorter
   or smaller. */
static const double end_fraction = 0.5;
static const double end_hold_s = 0.1;
/* What was pulled before a longer gap says nothing of now: two periods of the cutoff, after which
   less than a thousandth of it would be left in the filter anyway. */
static const double forget_s = 0.1;

static void add_unit(struct stance_live *live, enum stance_side side)
{
  live->unit[live->unit_count++] = (struct stance_live_unit){.side = side};
}

enum stance_status stance_live_init(struct stance_live *live, double rate_hz,
                                    const struct stance_protocol *protocol,
                                    struct stance_problem *problem)
{
  const struct stance_lowpass design = {
      .rate_hz = rate_hz, .cutoff_hz = cutoff_hz, .order_per_pass = FILTER_ORDER, .passes = 1};

  memset(live, 0, sizeof *live);
  enum stance_status status =
      stance_causal_init(&live->filter, &design, STANCE_MEASURED_SIDE_COUNT, problem);
  if (status != STANCE_OK)
    return status;
  live->rate_hz = rate_hz;
  live->delay = (uint64_t)llround(live->filter.delay_s * rate_hz);
  live->onset_n = protocol->analysis.onset_floor_n;
  live->minimum_peak_n = protocol->analysis.minimum_peak_n;
  live->block_length = (unsigned)fmax(1, round(block_s * rate_hz));
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    live->force_n[side] = (double)NAN;
  if (protocol->sides == STANCE_SIDES_BOTH) {
    add_unit(live, STANCE_BOTH);
  } else {
    if (protocol->sides != STANCE_SIDES_RIGHT)
      add_unit(live, STANCE_LEFT);
    if (protocol->sides != STANCE_SIDES_LEFT)
      add_unit(live, STANCE_RIGHT);
  }
  return STANCE_OK;
}

/* Block `number` may still hold what was a minute ago. */
static void clear_block(struct stance_live *live, uint64_t number)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    memset(&live->block[side][number % STANCE_LIVE_BLOCK_MAX], 0, sizeof live->block[side][0]);
}

static void enter_block(struct stance_live *live, uint64_t number)
{
  /* After a gap longer than the whole memory every block is cleared, once. */
  uint64_t steps = number - live->block_number;
  for (uint64_t k = 1; k <= steps && k <= STANCE_LIVE_BLOCK_MAX; k++)
    clear_block(live, number - steps + (steps > STANCE_LIVE_BLOCK_MAX ? steps - k + 1 : k));
  live->block_number = number;
}

static void watch_stillness(struct stance_live *live, const struct stance_force_frame *frame)
{
  uint64_t number = frame->index / live->block_length;
  if (number > live->block_number)
    enter_block(live, number);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    typeof(live->block[0][0]) *block = &live->block[side][number % STANCE_LIVE_BLOCK_MAX];
    double force_n = frame->force_n[side];
    block->lost += frame->gap_before;
    if (isnan(force_n)) {
      block->lost++;
      continue;
    }
    block->low = block->count == 0 ? force_n : fmin(block->low, force_n);
    block->high = block->count == 0 ? force_n : fmax(block->high, force_n);
    block->sum += force_n;
    block->squares += force_n * force_n;
    block->count++;
  }
}

static double unit_force(const struct stance_live *live, const struct stance_live_unit *unit)
{
  if (unit->side != STANCE_BOTH)
    return isnan(live->force_n[unit->side]) ? live->force_n[STANCE_TOTAL]
                                            : live->force_n[unit->side];
  return live->force_n[STANCE_TOTAL];
}

static void report(struct stance_live *live, const struct stance_live_unit *unit,
                   enum stance_live_event_kind kind, uint64_t index)
{
  if (live->event_count == STANCE_LIVE_EVENT_MAX) /* nobody takes them: the oldest goes */
    memmove(live->event, live->event + 1, --live->event_count * sizeof *live->event);
  struct stance_live_event *event = &live->event[live->event_count++];
  *event = (struct stance_live_event){
      .kind = kind,
      .side = unit->side,
      .index = index > live->delay ? index - live->delay : 0,
      .onset = unit->onset > live->delay ? unit->onset - live->delay : 0,
      .peak = unit->peak > live->delay ? unit->peak - live->delay : 0,
      .baseline_n = unit->baseline_n,
  };
  memcpy(event->peak_n, unit->peak_n, sizeof event->peak_n);
}

static void follow_effort(struct stance_live *live, struct stance_live_unit *unit, double force_n,
                          uint64_t index)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    unit->peak_n[side] = fmax(unit->peak_n[side], live->force_n[side]);
  if (force_n > unit->highest_n) {
    unit->highest_n = force_n;
    unit->peak = index;
  }
  double limit_n = unit->baseline_n + end_fraction * (unit->highest_n - unit->baseline_n);
  unit->below = force_n < limit_n ? unit->below + 1 : 0;
  if (unit->below < end_hold_s * live->rate_hz)
    return;
  unit->in_effort = false;
  unit->above = 0;
  if (unit->highest_n - unit->baseline_n >= live->minimum_peak_n)
    report(live, unit, STANCE_LIVE_END, index - unit->below + 1);
}

static void begin_effort(struct stance_live *live, struct stance_live_unit *unit)
{
  unit->in_effort = true;
  unit->onset = unit->crossed;
  unit->highest_n = unit->baseline_n;
  unit->below = 0;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    unit->peak_n[side] = live->force_n[side];
  report(live, unit, STANCE_LIVE_ONSET, unit->onset);
}

static void watch_rest(struct stance_live *live, struct stance_live_unit *unit, double force_n,
                       uint64_t index)
{
  if (!unit->has_baseline) {
    unit->baseline_n = force_n;
    unit->has_baseline = true;
  }
  if (force_n <= unit->baseline_n + live->onset_n) {
    unit->above = 0;
    unit->baseline_n += (force_n - unit->baseline_n) / (baseline_s * live->rate_hz);
    return;
  }
  if (unit->above++ == 0)
    unit->crossed = index;
  if (unit->above >= onset_hold_s * live->rate_hz)
    begin_effort(live, unit);
}

void stance_live_push(struct stance_live *live, const struct stance_force_frame *frame)
{
  watch_stillness(live, frame);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    if (isnan(frame->force_n[side]))
      continue;
    if ((double)frame->index > (double)live->heard[side] + forget_s * live->rate_hz)
      live->filter.primed &= ~(1U << side);
    live->heard[side] = frame->index + 1;
  }
  live->index = frame->index + 1;
  stance_causal_process(&live->filter, frame->force_n, 1, live->force_n);
  for (size_t k = 0; k < live->unit_count; k++) {
    struct stance_live_unit *unit = &live->unit[k];
    double force_n = unit_force(live, unit);
    if (isnan(force_n))
      continue;
    if (unit->in_effort)
      follow_effort(live, unit, force_n, frame->index);
    else
      watch_rest(live, unit, force_n, frame->index);
  }
}

bool stance_live_take_event(struct stance_live *live, struct stance_live_event *ret_event)
{
  if (live->event_count == 0)
    return false;
  *ret_event = live->event[0];
  memmove(live->event, live->event + 1, --live->event_count * sizeof *live->event);
  return true;
}

void stance_live_rebase(struct stance_live *live)
{
  for (size_t k = 0; k < live->unit_count; k++) {
    live->unit[k].has_baseline = false;
    live->unit[k].in_effort = false;
    live->unit[k].above = 0;
  }
  live->event_count = 0;
}

void stance_live_still(const struct stance_live *live, enum stance_side side, double seconds,
                       struct stance_live_still *ret_still)
{
  uint64_t wanted = (uint64_t)fmax(1, ceil(seconds * live->rate_hz / live->block_length));
  uint64_t last = live->index / live->block_length; /* whole blocks only: the newest is left out */
  uint64_t first = last > wanted ? last - wanted : 0;
  double sum = 0, squares = 0, low = (double)INFINITY, high = -(double)INFINITY, first_n = 0;
  uint64_t count = 0, lost = 0;

  if (last > STANCE_LIVE_BLOCK_MAX - 1 && first < last - (STANCE_LIVE_BLOCK_MAX - 1))
    first = last - (STANCE_LIVE_BLOCK_MAX - 1);
  for (uint64_t k = first; k < last; k++) {
    const typeof(live->block[0][0]) *block = &live->block[side][k % STANCE_LIVE_BLOCK_MAX];
    lost += block->lost;
    if (block->count == 0)
      continue;
    if (count == 0)
      first_n = block->sum / block->count;
    /* about the first block's mean, so that a large level does not swallow a small spread */
    sum += block->sum - block->count * first_n;
    squares += block->squares - 2 * first_n * block->sum + block->count * first_n * first_n;
    low = fmin(low, block->low);
    high = fmax(high, block->high);
    count += block->count;
  }
  double mean = count > 0 ? sum / (double)count : (double)NAN;
  *ret_still = (struct stance_live_still){
      .mean_n = first_n + mean,
      .sd_n = count > 1 ? sqrt(fmax(0, squares - (double)count * mean * mean) / (double)(count - 1))
                        : (double)NAN,
      .range_n = count > 0 ? high - low : (double)NAN,
      .duration_s = (double)(count + lost) / live->rate_hz,
      .lost = lost,
  };
}
