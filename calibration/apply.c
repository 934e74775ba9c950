/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The compiler's own vectors, of which it makes what the machine has: left to itself gcc 12
   shuffles the lanes of a sum. Enough of them to hide the latency of an addition, few enough to
   stay in registers. */
typedef double pair __attribute__((vector_size(2 * sizeof(double))));
enum { PAIRS = 4, STEP = 2 * PAIRS };

static pair pair_at(const double *value)
{
  pair loaded;
  memcpy(&loaded, value, sizeof loaded);
  return loaded;
}

static bool value_is_saturated(const struct stance_raw_trace *raw, size_t channel, size_t k)
{
  const struct stance_channel *about = &raw->channel[channel];
  double value = raw->value[channel][k];

  /* Unknown limits are infinite: a value that is itself infinite is no number, not a reading. */
  if (!isfinite(value))
    return false;
  return value <= about->minimum || value >= about->maximum ||
         (raw->flags != NULL && (raw->flags[k] & STANCE_FRAME_SATURATED(channel)) != 0);
}

/* In lanes, which wait for each other only at the end; NaN is never lower. One loop for both ends
   has too many of them for the registers. */
static double lowest_of(const double *value, size_t count)
{
  double lane[STEP];
  for (size_t j = 0; j < STEP; j++)
    lane[j] = (double)INFINITY;
  size_t k = 0;
  for (; k + STEP <= count; k += STEP)
    for (size_t j = 0; j < STEP; j++)
      lane[j] = value[k + j] < lane[j] ? value[k + j] : lane[j];
  for (; k < count; k++)
    lane[0] = value[k] < lane[0] ? value[k] : lane[0];
  for (size_t j = 1; j < STEP; j++)
    lane[0] = lane[j] < lane[0] ? lane[j] : lane[0];
  return lane[0];
}

static double highest_of(const double *value, size_t count)
{
  double lane[STEP];
  for (size_t j = 0; j < STEP; j++)
    lane[j] = -(double)INFINITY;
  size_t k = 0;
  for (; k + STEP <= count; k += STEP)
    for (size_t j = 0; j < STEP; j++)
      lane[j] = value[k + j] > lane[j] ? value[k + j] : lane[j];
  for (; k < count; k++)
    lane[0] = value[k] > lane[0] ? value[k] : lane[0];
  for (size_t j = 1; j < STEP; j++)
    lane[0] = lane[j] > lane[0] ? lane[j] : lane[0];
  return lane[0];
}

/* Whether value_is_saturated may hold somewhere: nearly all channels of nearly all recordings stay
   within their range. */
static bool any_may_be_saturated(const struct stance_raw_trace *raw, size_t channel)
{
  const struct stance_channel *about = &raw->channel[channel];
  const double *value = raw->value[channel];
  return raw->flags != NULL || lowest_of(value, raw->sample_count) <= about->minimum ||
         highest_of(value, raw->sample_count) >= about->maximum;
}

static enum stance_status allocate_sides(struct stance_force_trace *force,
                                         const struct stance_calibration_sides *sides)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    if (!sides->measured[side])
      continue;
    force->force_n[side] = malloc((force->sample_count + 1) * sizeof(double)); /* never of size 0 */
    if (force->force_n[side] == NULL)
      return STANCE_MEMORY;
  }
  return STANCE_OK;
}

/* A line and a curve in loops of their own, so that the usual one stays in vector registers. */
static void copy_share(const struct stance_calibration_share *from, const double *restrict raw,
                       size_t count, double *restrict ret_force_n)
{
  const struct stance_calibration_share share = *from;
  if (!share.curved)
    for (size_t k = 0; k < count; k++)
      ret_force_n[k] = stance_calibration_line(&share, raw[k]);
  else
    for (size_t k = 0; k < count; k++)
      ret_force_n[k] = stance_calibration_curve(&share, raw[k]);
}

static void add_share(const struct stance_calibration_share *from, const double *restrict raw,
                      size_t count, double *restrict force_n)
{
  const struct stance_calibration_share share = *from;
  if (!share.curved)
    for (size_t k = 0; k < count; k++)
      force_n[k] += stance_calibration_line(&share, raw[k]);
  else
    for (size_t k = 0; k < count; k++)
      force_n[k] += stance_calibration_curve(&share, raw[k]);
}

static void sum_channels(const struct stance_calibration *calibration,
                         const struct stance_raw_trace *raw, struct stance_force_trace *force)
{
  bool begun[STANCE_MEASURED_SIDE_COUNT] = {false};

  for (size_t c = 0; c < calibration->channel_count; c++) {
    const enum stance_side side = calibration->channel[c].side;
    if (side == STANCE_SIDE_NONE)
      continue;
    const struct stance_calibration_share share = stance_calibration_share_in_side(calibration, c);
    /* The first is copied, not added: 0 + −0 would lose a sign. */
    if (begun[side])
      add_share(&share, raw->value[c], raw->sample_count, force->force_n[side]);
    else
      copy_share(&share, raw->value[c], raw->sample_count, force->force_n[side]);
    begun[side] = true;
  }
}

static void mark_lost(const struct stance_raw_trace *raw, struct stance_force_trace *force)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    double *values = force->force_n[side];
    if (values == NULL)
      continue;
    for (size_t g = 0; g < raw->gap_count; g++)
      for (size_t k = 0; k < raw->gap[g].count && raw->gap[g].first + k < raw->sample_count; k++)
        values[raw->gap[g].first + k] = (double)NAN;
    for (size_t k = 0; k < raw->sample_count; k++)
      /* Every measured side was summed. NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
      values[k] = isfinite(values[k]) ? values[k] : (double)NAN;
    /* A frame that failed its checksum holds a guess: it counts as lost. */
    for (size_t k = 0; raw->flags != NULL && k < raw->sample_count; k++)
      if ((raw->flags[k] & STANCE_FRAME_CORRUPT) != 0)
        values[k] = (double)NAN;
  }
}

static void add_total(struct stance_force_trace *force)
{
  const double *left = force->force_n[STANCE_LEFT], *right = force->force_n[STANCE_RIGHT];
  double *total = force->force_n[STANCE_TOTAL];

  assert(left != NULL && right != NULL && total != NULL);
  for (size_t k = 0; k < force->sample_count; k++)
    /* As asserted. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    total[k] = left[k] + right[k];
}

static bool instant_is_lost(const struct stance_force_trace *force, size_t k)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (force->force_n[side] != NULL && isnan(force->force_n[side][k]))
      return true;
  return false;
}

/* Most recordings lost nothing. Where a number is infinite this is true too. */
static bool any_may_be_lost(const struct stance_force_trace *force,
                            const struct stance_calibration_sides *sides)
{
  pair sum[PAIRS] = {{0}}; /* zero times anything but NaN and ∞ is zero */
  double rest = 0;

  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const double *value = force->force_n[side];
    /* What either side lacks, their sum lacks too. */
    const bool looked_at = value != NULL && (!sides->total_is_sum || side == STANCE_TOTAL);
    const size_t count = looked_at ? force->sample_count : 0;
    size_t k = 0;
    for (; k + STEP <= count; k += STEP)
      for (size_t lane = 0; lane < PAIRS; lane++)
        sum[lane] += pair_at(value + k + 2 * lane) * (pair){0.0, 0.0};
    for (; k < count; k++)
      /* As above. NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
      rest += value[k] * 0.0;
  }
  const pair all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  return isnan(all[0] + all[1] + rest);
}

/* Visits the runs of lost instants; writes them where `ret_gap` is given. Returns how many. */
static size_t find_gaps(const struct stance_force_trace *force, struct stance_span *ret_gap)
{
  size_t count = 0;

  for (size_t k = 0; k < force->sample_count;) {
    if (!instant_is_lost(force, k)) {
      k++;
      continue;
    }
    size_t first = k;
    while (k < force->sample_count && instant_is_lost(force, k))
      k++;
    if (ret_gap != NULL)
      ret_gap[count] = (struct stance_span){.first = first, .count = k - first};
    count++;
  }
  return count;
}

/* Lost is what holds no number: the recording's gaps, corrupt frames, empty cells. */
static enum stance_status list_gaps(struct stance_force_trace *force)
{
  size_t count = find_gaps(force, NULL);
  if (count == 0)
    return STANCE_OK;
  force->gap = malloc(count * sizeof *force->gap);
  if (force->gap == NULL)
    return STANCE_MEMORY;
  force->gap_count = find_gaps(force, force->gap);
  return STANCE_OK;
}

/* Sets `bits` at instant k of an array that comes into being with its first mark. */
static enum stance_status mark(uint8_t **array, size_t sample_count, size_t k, uint8_t bits)
{
  if (*array == NULL) {
    *array = calloc(sample_count, 1);
    if (*array == NULL)
      return STANCE_MEMORY;
  }
  (*array)[k] = (uint8_t)((*array)[k] | bits);
  return STANCE_OK;
}

static enum stance_status carry_saturation(const struct stance_calibration *calibration,
                                           const struct stance_calibration_sides *sides,
                                           const struct stance_raw_trace *raw,
                                           struct stance_force_trace *force)
{
  for (size_t c = 0; c < calibration->channel_count; c++) {
    enum stance_side side = calibration->channel[c].side;
    if (side == STANCE_SIDE_NONE || !any_may_be_saturated(raw, c))
      continue;
    uint8_t bits = (uint8_t)(1u << side);
    if (sides->total_is_sum)
      bits = (uint8_t)(bits | 1u << STANCE_TOTAL);
    for (size_t k = 0; k < raw->sample_count; k++) {
      if (!value_is_saturated(raw, c, k))
        continue;
      enum stance_status status = mark(&force->saturated, raw->sample_count, k, bits);
      if (status != STANCE_OK)
        return status;
    }
  }
  return STANCE_OK;
}

static void count_saturated(struct stance_force_trace *force)
{
  for (size_t k = 0; force->saturated != NULL && k < force->sample_count; k++)
    force->integrity.samples_saturated += force->saturated[k] != 0;
}

static enum stance_status carry_interpolation(const struct stance_calibration_sides *sides,
                                              const struct stance_raw_trace *raw,
                                              struct stance_force_trace *force)
{
  uint8_t bits = 0;

  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (sides->measured[side])
      bits = (uint8_t)(bits | 1u << side);
  for (size_t k = 0; raw->flags != NULL && k < raw->sample_count; k++) {
    if ((raw->flags[k] & STANCE_FRAME_INTERPOLATED) == 0)
      continue;
    enum stance_status status = mark(&force->interpolated, raw->sample_count, k, bits);
    if (status != STANCE_OK)
      return status;
  }
  return STANCE_OK;
}

enum stance_status stance_calibration_apply(const struct stance_calibration *calibration,
                                            const struct stance_raw_trace *raw,
                                            struct stance_force_trace *ret_force,
                                            struct stance_problem *problem)
{
  enum stance_status status = stance_calibration_validate(calibration, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_calibration_check_channels(calibration, raw, problem);
  if (status != STANCE_OK)
    return status;

  struct stance_calibration_sides sides = stance_calibration_sides(calibration);
  struct stance_force_trace force = {.sample_count = raw->sample_count,
                                     .time = raw->time,
                                     .integrity = raw->integrity,
                                     .calibrated = calibration->calibrated};
  memcpy(force.calibration_id, calibration->id, sizeof force.calibration_id);
  status = allocate_sides(&force, &sides);
  if (status != STANCE_OK)
    goto out_of_memory;
  sum_channels(calibration, raw, &force);
  if (sides.total_is_sum)
    add_total(&force);
  if (raw->gap_count > 0 || raw->flags != NULL || any_may_be_lost(&force, &sides)) {
    mark_lost(raw, &force);
    status = list_gaps(&force);
    if (status != STANCE_OK)
      goto out_of_memory;
  }
  status = carry_saturation(calibration, &sides, raw, &force);
  if (status != STANCE_OK)
    goto out_of_memory;
  count_saturated(&force);
  status = carry_interpolation(&sides, raw, &force);
  if (status != STANCE_OK)
    goto out_of_memory;
  *ret_force = force;
  return STANCE_OK;

out_of_memory:
  stance_force_trace_finish(&force);
  return stance_problem_set(problem, status, "out of memory for %zu samples of force",
                            raw->sample_count);
}

void stance_calibration_apply_frame(const struct stance_calibration *calibration,
                                    const struct stance_raw_frame *raw,
                                    struct stance_force_frame *ret_force)
{
  struct stance_force_frame force = {
      .index = raw->index,
      .gap_before = raw->gap_before,
      .flags = raw->flags,
      .force_n = {(double)NAN, (double)NAN, (double)NAN},
  };
  bool begun[STANCE_MEASURED_SIDE_COUNT] = {false};

  for (size_t c = 0; c < calibration->channel_count; c++) {
    const enum stance_side side = calibration->channel[c].side;
    if (side == STANCE_SIDE_NONE)
      continue;
    const struct stance_calibration_share share = stance_calibration_share_in_side(calibration, c);
    double force_n = (raw->flags & STANCE_FRAME_CORRUPT) != 0
                         ? (double)NAN
                         : stance_calibration_share_force(&share, raw->value[c]);
    force.force_n[side] = begun[side] ? force.force_n[side] + force_n : force_n;
    begun[side] = true;
  }
  if (begun[STANCE_LEFT] && begun[STANCE_RIGHT] && !begun[STANCE_TOTAL])
    force.force_n[STANCE_TOTAL] = force.force_n[STANCE_LEFT] + force.force_n[STANCE_RIGHT];
  *ret_force = force;
}
