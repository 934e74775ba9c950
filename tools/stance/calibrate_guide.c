/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One load after the other, asked for on the terminal. */
#include "calibrate.h"
#include "command.h"
#include "stance/conditioning.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct guide {
  struct stance_live_reader *live;
  const struct stance_channel *channel;
  size_t channel_number;
  double gravity_m_per_s2, seconds, still_pct;
  struct stance_calibration_point *point;
  double *moved_raw;
  size_t count;
};

static void explain(const struct guide *guide)
{
  fprintf(stderr,
          "Calibrating channel '%s' (%s).\n"
          "Exercise the sensor first: to its largest load and back, three times.\n"
          "Then put a known load on, wait until it hangs still, type it and press Enter:\n"
          "  20 kg | 196.1 N | 0   the load that hangs there now; it is read for %g s\n"
          "  hold                  the same load, read again later (creep)\n"
          "  undo                  takes the last point back\n"
          "  end                   evaluates\n"
          "Start with 0, go up in five steps or more and down again, and do all of it three "
          "times.\n",
          guide->channel->name, guide->channel->unit, guide->seconds);
}

/* "20 kg", "196.1 N", "0": newtons in `ret_load_n`; else false, with what was wrong on stderr. */
static bool parse_load(const struct guide *guide, const char *line, double *ret_load_n)
{
  char *end;
  const double value = strtod(line, &end);
  end += strspn(end, " \t");
  if (end == line || !isfinite(value)) {
    fprintf(stderr, "'");
    stance_print_plain(stderr, line);
    fprintf(stderr, "' is no load: type for example 20 kg, 196.1 N, hold, undo or end\n");
    return false;
  }
  if (strcmp(end, "N") == 0 || value == 0) {
    *ret_load_n = value;
    return true;
  }
  if (strcmp(end, "kg") != 0) {
    fprintf(stderr, "kilograms or newtons? Type the load with its unit, as in 20 kg\n");
    return false;
  }
  if (isnan(guide->gravity_m_per_s2)) {
    fprintf(stderr, "a mass weighs differently from place to place: start again with --latitude "
                    "DEG or --gravity, or type newtons\n");
    return false;
  }
  *ret_load_n = value * guide->gravity_m_per_s2;
  return true;
}

static void undo(struct guide *guide)
{
  if (guide->count == 0)
    fprintf(stderr, "there is no point yet\n");
  else
    fprintf(stderr, "point %zu was taken back\n", guide->count--);
}

/* As soon as two loads tell what a unit is: how much the newest moved while it was read. */
static void tell_movement(const struct guide *guide)
{
  assert(guide->count > 0 && guide->point != NULL);
  const struct stance_calibration_point *low = guide->point, *high = guide->point;
  for (size_t k = 0; k < guide->count; k++) {
    low = guide->point[k].applied_n < low->applied_n ? &guide->point[k] : low;
    high = guide->point[k].applied_n > high->applied_n ? &guide->point[k] : high;
  }
  const double largest_n = fmax(fabs(low->applied_n), fabs(high->applied_n));
  const double slope = (high->applied_n - low->applied_n) / fabs(high->raw - low->raw);
  const double moved_n = slope * guide->moved_raw[guide->count - 1];
  if (guide->still_pct > 0 && isfinite(moved_n) && moved_n > guide->still_pct / 100 * largest_n)
    fprintf(stderr,
            "it was not still: it moved by about %.2g N while it was read. Type undo, wait until "
            "nothing swings, and read it again\n",
            moved_n);
}

/* Reads the load that hangs there. What spoils one reading spoils no calibration: it is told, and
   the load can be read again. */
static enum stance_status read_point(struct guide *guide, double load_n, bool hold,
                                     struct stance_problem *problem)
{
  struct stance_calibration_point *points = guide->point;
  assert(points != NULL);
  struct stance_reading reading;
  struct stance_calibration_point point = {.applied_n = load_n};
  const struct stance_calibration_point *before =
      guide->count > 0 ? &points[guide->count - 1] : NULL;
  if (guide->count == STANCE_CALIBRATION_POINT_MAX) {
    fprintf(stderr, "a profile holds %d points: type end\n", STANCE_CALIBRATION_POINT_MAX);
    return STANCE_OK;
  }
  enum stance_status status = stance_live_reader_take(guide->live, guide->channel_number,
                                                      guide->seconds, &reading, problem);
  if (status == STANCE_INPUT) {
    fprintf(stderr, "%s\n", problem->text);
    return STANCE_OK;
  }
  if (status != STANCE_OK)
    return status == STANCE_END ? STANCE_INPUT : status;
  stance_calibration_points_infer(before, &point);
  if (hold && guide->count > 0) {
    point.applied_n = before->applied_n;
    point.direction = STANCE_LOAD_HOLD;
    point.repeat = before->repeat;
  }
  point.raw = reading.mean_raw;
  points[guide->count++] = point;
  guide->moved_raw[guide->count - 1] = reading.moved_raw;
  fprintf(stderr, "point %zu: %.2f N, %s, repeat %u: reading %.9g, SD %.3g\n", guide->count,
          point.applied_n,
          point.direction == STANCE_LOAD_UP     ? "up"
          : point.direction == STANCE_LOAD_DOWN ? "down"
                                                : "hold",
          point.repeat, reading.mean_raw, reading.sd_raw);
  tell_movement(guide);
  return STANCE_OK;
}

/* True when the points are complete. */
static bool handle(struct guide *guide, const char *line, enum stance_status *ret_status,
                   struct stance_problem *problem)
{
  double load_n = 0;
  if (strcmp(line, "end") == 0)
    return true;
  if (strcmp(line, "undo") == 0)
    undo(guide);
  else if (strcmp(line, "hold") == 0 && guide->count == 0)
    fprintf(stderr, "hold reads a load again: there is none yet\n");
  else if (strcmp(line, "hold") == 0)
    *ret_status = read_point(guide, 0, true, problem);
  else if (line[0] != '\0' && parse_load(guide, line, &load_n))
    *ret_status = read_point(guide, load_n, false, problem);
  return *ret_status != STANCE_OK;
}

static char *trim(char *line)
{
  line += strspn(line, " \t");
  size_t length = strlen(line);
  while (length > 0 && isspace((unsigned char)line[length - 1]))
    line[--length] = '\0';
  return line;
}

enum stance_status stance_calibrate_guide(struct stance_source *source, size_t channel,
                                          double gravity_m_per_s2, double seconds, double still_pct,
                                          struct stance_calibration_point *ret_points,
                                          double *ret_moved_raw, size_t *ret_count,
                                          struct stance_problem *problem)
{
  char line[128];
  const struct stance_source_info *info = stance_source_info(source);
  struct stance_channel channels[STANCE_CHANNEL_COUNT_MAX];
  stance_conditioning_channels(info->channel, info->channel_count, channels);
  struct guide guide = {.channel = &channels[channel],
                        .channel_number = channel,
                        .gravity_m_per_s2 = gravity_m_per_s2,
                        .seconds = seconds,
                        .still_pct = still_pct,
                        .point = ret_points,
                        .moved_raw = ret_moved_raw};
  enum stance_status status = stance_live_reader_create(source, &guide.live, problem);
  if (status != STANCE_OK)
    return status;
  explain(&guide);
  do
    fprintf(stderr, "load> ");
  while (fgets(line, sizeof line, stdin) != NULL && !handle(&guide, trim(line), &status, problem));
  stance_live_reader_destroy(guide.live);
  *ret_count = guide.count;
  return status;
}
