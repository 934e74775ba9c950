/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line on the terminal that moves with the force. It is a view: no result comes from it. */
#include "command.h"
#include "run.h"

#include "stance/conditioning.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Ten times a second is as fast as digits can be read; 40 characters for the longest bar. */
enum { SHOW_EVERY_MS = 100, BAR_WIDTH = 20, FRAMES_AT_ONCE = 256 };
#define NEWTONS_PER_MARK 25.0

static int64_t now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What fits on one line: a longer one would scroll the terminal ten times a second. */
static int terminal_columns(void)
{
  struct winsize size = {0};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
    return 80;            /* where nothing is known, what every terminal has */
  return size.ws_col - 1; /* the last column would wrap */
}

static bool is_calibrated(const struct stance_run *run)
{
  bool calibrated = true;
  for (size_t k = 0; k < run->stream_count; k++)
    calibrated = calibrated && run->stream[k].calibration.calibrated;
  return calibrated;
}

static void add_force(struct stance_text *line, const struct stance_run *run, int side, int width)
{
  double force_n = run->live_n[side];
  int marks = (int)fmin(fmax(force_n / NEWTONS_PER_MARK, 0), width);
  stance_text_format(line, " %5s %5.0f %s", stance_side_name((enum stance_side)side), force_n,
                     is_calibrated(run) ? "N" : "(uncalibrated)");
  if (width > 0)
    stance_text_format(line, " %.*s%*s|", marks, "####################", width - marks, "");
}

/* Forces come first, bars take what is left: on a narrow terminal the numbers stay. */
static void show(struct stance_run *run)
{
  enum { FORCE_WIDTH = 16, TIME_WIDTH = 24 }; /* characters without a bar */
  struct stance_source_health health;
  struct stance_text line = {0};
  uint64_t lost = 0;
  for (size_t k = run->stream_count; k-- > 0;) { /* the first one's time is shown */
    stance_source_health(run->stream[k].source, &health);
    lost += health.frames_lost;
  }
  int columns = terminal_columns();
  int bar = (columns - TIME_WIDTH - 2 * FORCE_WIDTH) / 2;
  bar = bar < 0 ? 0 : bar > BAR_WIDTH ? BAR_WIDTH : bar;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    /* left + right is no third force to look at */
    bool is_sum = side == STANCE_TOTAL && !isnan(run->live_n[STANCE_LEFT]);
    if (!isnan(run->live_n[side]) && !is_sum)
      add_force(&line, run, side, bar);
  }
  stance_text_format(&line, " %7.1f s, lost %llu",
                     (double)health.frames_produced / run->stream[0].info->rate_hz,
                     (unsigned long long)lost);
  if (!line.failed)
    fprintf(stderr, "\r\033[K%.*s", columns, line.bytes);
  stance_text_finish(&line);
  run->live_line = true;
}

/* Takes what one ring holds; false where that was nothing. */
static bool take_newest(struct stance_run *run, const struct stance_run_stream *stream)
{
  struct stance_raw_frame frames[FRAMES_AT_ONCE];
  struct stance_force_frame force;
  size_t count, last = 0;
  while ((count = stance_frame_ring_read(stream->live_ring, frames, FRAMES_AT_ONCE)) > 0)
    last = count;
  if (last == 0)
    return false;
  stance_conditioning_frame(stream->info->channel, stream->info->channel_count, &frames[last - 1],
                            &frames[last - 1]);
  stance_calibration_apply_frame(&stream->calibration, &frames[last - 1], &force);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (run->stream_count == 1 || !isnan(force.force_n[side]))
      run->live_n[side] = force.force_n[side];
  return true;
}

void stance_run_live_update(struct stance_run *run)
{
  bool any = false;
  for (size_t k = 0; k < run->stream_count && run->stream[k].live_ring != NULL; k++)
    any = take_newest(run, &run->stream[k]) || any;
  int64_t now = now_ns();
  if (!any || now - run->live_shown_ns < (int64_t)SHOW_EVERY_MS * 1000000)
    return;
  run->live_shown_ns = now;
  show(run);
}

void stance_run_live_clear(struct stance_run *run)
{
  if (run->live_line)
    fprintf(stderr, "\r\033[K"); /* to the begin of the line, clear it */
  run->live_line = false;
}

void stance_run_say(struct stance_run *run, const char *format, ...)
{
  char line[1024]; /* an instruction has at most 512 bytes, a problem 768 */
  va_list arguments;
  va_start(arguments, format);
  // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 overlooks the va_start above
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  stance_run_live_clear(run);
  stance_print_plain(stderr, line);
  fputc('\n', stderr);
}
