/* SPDX-License-Identifier: GPL-3.0-or-later */
/* left:FILE right:FILE. */
#include "trial_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One part in 10,000 moves a 250 ms window by 25 µs, a fortieth of a sample at 1 kHz. */
#define RATE_TOLERANCE 1e-4

static enum stance_status load_side(const char *path, enum stance_side side,
                                    const struct stance_trial_options *options,
                                    struct stance_trial **ret_trial, struct stance_problem *problem)
{
  struct stance_trial_options one_sided = *options;
  one_sided.csv.side = stance_side_name(side);
  size_t count = 0;
  enum stance_status status = stance_trial_load_file(path, &one_sided, ret_trial, &count, problem);
  if (status != STANCE_OK || count == 1)
    return status;
  stance_trials_free(*ret_trial, count);
  *ret_trial = NULL;
  return stance_problem_set(problem, STANCE_USAGE,
                            "%s: holds %zu trials, but %s:FILE needs a file with one", path, count,
                            stance_side_name(side));
}

/* A copy of one channel, continued with NaN. */
static double *continued(const struct stance_trial *from, size_t channel, size_t sample_count)
{
  double *value = malloc((sample_count + 1) * sizeof *value);
  for (size_t k = 0; value != NULL && k < sample_count; k++)
    value[k] = k < from->raw.sample_count ? from->raw.value[channel][k] : (double)NAN;
  return value;
}

/* Copies the channels of `side` from one trace to the end of another, continued with NaN. */
static enum stance_status copy_channels(const struct stance_trial *from, enum stance_side side,
                                        struct stance_trial *to, size_t sample_count,
                                        struct stance_problem *problem)
{
  const size_t before = to->raw.channel_count;
  size_t next = before;
  for (size_t c = 0; c < from->raw.channel_count; c++) {
    if (from->calibration.channel[c].side != side)
      continue;
    if (next >= STANCE_CHANNEL_COUNT_MAX)
      return stance_problem_set(problem, STANCE_USAGE, "%s: more than %d channels in both files",
                                from->recording, STANCE_CHANNEL_COUNT_MAX);
    double *copy = continued(from, c, sample_count);
    if (copy == NULL)
      return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", from->recording);
    to->raw.value[next] = copy;
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the trace owns the copy, which clang 14 forgets
    to->raw.channel[next] = from->raw.channel[c];
    to->calibration.channel[next] = from->calibration.channel[c];
    to->raw.channel_count = to->calibration.channel_count = ++next;
  }
  if (next == before)
    return stance_problem_set(
        problem, STANCE_USAGE,
        "%s: no column belongs to the %s side; name it with --columns %s=NAME", from->recording,
        stance_side_name(side), stance_side_name(side));
  return STANCE_OK;
}

static void add_integrity(struct stance_integrity *sum, const struct stance_integrity *part)
{
  sum->lines_read += part->lines_read;
  sum->lines_header += part->lines_header;
  sum->lines_used += part->lines_used;
  sum->lines_refused += part->lines_refused;
  sum->frames_expected += part->frames_expected;
  sum->frames_received += part->frames_received;
  sum->frames_lost += part->frames_lost;
  sum->frames_duplicated += part->frames_duplicated;
  sum->frames_corrupt += part->frames_corrupt;
  sum->frames_late += part->frames_late;
  if (part->longest_gap_frames > sum->longest_gap_frames)
    sum->longest_gap_frames = part->longest_gap_frames;
}

/* The axis of the left file stands for both; what is worse of the two is what the pair has. */
static enum stance_status join_time(const struct stance_trial *left,
                                    const struct stance_trial *right, struct stance_trial *pair,
                                    struct stance_problem *problem)
{
  const struct stance_time_axis *l = &left->raw.time, *r = &right->raw.time;
  if (fabs(l->rate_hz - r->rate_hz) > RATE_TOLERANCE * l->rate_hz)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s is sampled at %.6g Hz and %s at %.6g Hz: they cannot be analysed "
                              "as one test; analyse each with --side",
                              left->recording, l->rate_hz, right->recording, r->rate_hz);
  pair->raw.time = *l;
  pair->raw.time.jitter_s = fmax(l->jitter_s, r->jitter_s);
  pair->raw.time.longest_gap_s = fmax(l->longest_gap_s, r->longest_gap_s);
  pair->raw.time.irregular = l->irregular || r->irregular;
  if (fabs(l->start_s - r->start_s) * l->rate_hz > 0.5)
    stance_trial_note(pair, "times of the right side count from the start of the left file: %.6g s",
                      l->start_s);
  return STANCE_OK;
}

static enum stance_status join_flags(const struct stance_trial *side, struct stance_trial *pair,
                                     struct stance_problem *problem)
{
  if (side->raw.flags == NULL)
    return STANCE_OK;
  if (pair->raw.flags == NULL)
    pair->raw.flags = calloc(pair->raw.sample_count + 1, sizeof *pair->raw.flags);
  if (pair->raw.flags == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", side->recording);
  /* Channel numbers change in the pair: of a file's flags only the interpolated instants count. */
  for (size_t k = 0; k < side->raw.sample_count; k++)
    pair->raw.flags[k] |= side->raw.flags[k] & STANCE_FRAME_INTERPOLATED;
  return STANCE_OK;
}

static enum stance_status join(struct stance_trial *left, struct stance_trial *right,
                               const struct stance_trial_options *options,
                               struct stance_trial *pair, struct stance_problem *problem)
{
  stance_trial_init(pair, options);
  enum stance_status status = stance_trial_file_protocol(pair, options, problem);
  if (status != STANCE_OK)
    return status;
  pair->protocol.sides = STANCE_SIDES_EACH;
  pair->calibration = left->calibration;
  pair->calibration.channel_count = 0;
  pair->flags = left->flags | right->flags;
  struct stance_trial *sides[] = {left, right};
  size_t shorter = left->raw.sample_count, longer = right->raw.sample_count;
  if (shorter > longer) {
    shorter = right->raw.sample_count;
    longer = left->raw.sample_count;
  }
  pair->raw.sample_count = longer;
  pair->tail_count = longer - shorter;
  status = join_time(left, right, pair, problem);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT && status == STANCE_OK; side++) {
    add_integrity(&pair->raw.integrity, &sides[side]->raw.integrity);
    if (sides[side]->notes.length > 0)
      stance_trial_note(pair, "%s: %s", stance_side_name((enum stance_side)side),
                        sides[side]->notes.bytes);
    status = join_flags(sides[side], pair, problem);
    if (status == STANCE_OK)
      status =
          copy_channels(sides[side], (enum stance_side)side, pair, pair->raw.sample_count, problem);
  }
  if (left->digest[0] != '\0' && right->digest[0] != '\0')
    snprintf(pair->digest, sizeof pair->digest, "%.79s+%.79s", left->digest, right->digest);
  if (status == STANCE_OK &&
      asprintf(&pair->recording, "%s+%s", left->recording, right->recording) < 0) {
    pair->recording = NULL;
    status = stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", left->recording);
  }
  return status;
}

enum stance_status stance_trial_load_pair(const char *left_path, const char *right_path,
                                          const struct stance_trial_options *options,
                                          struct stance_trial *ret_trial,
                                          struct stance_problem *problem)
{
  struct stance_trial *left = NULL, *right = NULL, pair = {0};
  enum stance_status status = load_side(left_path, STANCE_LEFT, options, &left, problem);
  if (status != STANCE_OK)
    return status;
  status = load_side(right_path, STANCE_RIGHT, options, &right, problem);
  if (status != STANCE_OK)
    goto free_left;
  status = join(left, right, options, &pair, problem);
  if (status == STANCE_OK)
    *ret_trial = pair;
  else
    stance_trial_finish(&pair);
  stance_trials_free(right, 1);
free_left:
  stance_trials_free(left, 1);
  return status;
}
