/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line on the terminal that moves with the force. It is a view: no result comes from it. */
#include "command.h"
#include "run.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Ten times a second is as fast as digits can be read; 40 characters for the longest bar. */
enum { SHOW_EVERY_MS = 100, BAR_WIDTH = 20 };
#define NEWTONS_PER_MARK 25.0
/* Thirty times as long as one takes to come. */
static const int64_t stale_after_ns = 1000000000;

/* What fits on one line: a longer one would scroll the terminal ten times a second. */
static int terminal_columns(void)
{
  struct winsize size = {0};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
    return 80;            /* where nothing is known, what every terminal has */
  return size.ws_col - 1; /* the last column would wrap */
}

static void add_force(struct stance_text *line, const struct stance_run *run, int side, int width)
{
  double force_n = run->view.force_n[side];
  int marks = (int)fmin(fmax(force_n / NEWTONS_PER_MARK, 0), width);
  stance_text_format(line, " %5s %5.0f %s", stance_side_name((enum stance_side)side), force_n,
                     run->view.instrument.uncalibrated ? "(uncalibrated)" : "N");
  if (width > 0)
    stance_text_format(line, " %.*s%*s|", marks, "####################", width - marks, "");
}

/* Where the moment ends by itself, the seconds until then. */
static void add_moment(struct stance_text *line, const struct stance_run *run)
{
  const struct stance_view_test *test = &run->view.test;
  const double since_s = (double)(stance_run_now_ns() - run->state_ns) * 1e-9;
  stance_text_format(line, "%s", test->state);
  if (!isnan(test->remaining_s))
    stance_text_format(line, " %.0f s", ceil(fmax(0, test->remaining_s - since_s)));
}

/* False where the last force is no longer what acts: an instrument that is away tells nothing. */
static bool has_reading(const struct stance_run *run)
{
  bool any = false;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    any = any || !isnan(run->view.force_n[side]);
  return any && stance_run_now_ns() - run->live_ns < stale_after_ns;
}

/* The moment and forces come first, bars take what is left: on a narrow terminal the numbers stay.
 */
static void show(struct stance_run *run)
{
  enum { FORCE_WIDTH = 17 }; /* characters of one side without its bar */
  const struct stance_station_view *view = &run->view;
  struct stance_text line = {0}, end = {0};
  const int columns = terminal_columns();
  const bool reads = has_reading(run);
  add_moment(&line, run);
  stance_text_format(&end, "%s %.1f s, lost %.0f", reads ? " live," : "", view->time_s,
                     view->instrument.lost);
  int bar = (columns - (int)line.length - (int)end.length - 2 * FORCE_WIDTH) / 2;
  bar = bar < 0 ? 0 : bar > BAR_WIDTH ? BAR_WIDTH : bar;
  for (int side = 0; reads && side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (!isnan(view->force_n[side]))
      add_force(&line, run, side, bar);
  if (!reads)
    stance_text_string(&line, " no reading");
  if (!line.failed && !end.failed)
    fprintf(stderr, "\r\033[K%.*s", columns, line.bytes);
  if (!line.failed && !end.failed && line.length < (size_t)columns)
    fprintf(stderr, "%.*s", columns - (int)line.length, end.bytes);
  stance_text_finish(&line);
  stance_text_finish(&end);
  run->shows_live = true;
}

void stance_run_live_show(struct stance_run *run)
{
  const int64_t now = stance_run_now_ns();
  if (!run->view.has_force || now - run->shown_ns < (int64_t)SHOW_EVERY_MS * 1000000 ||
      run->view.test.id[0] == '\0' || isatty(STDERR_FILENO) == 0)
    return;
  run->shown_ns = now;
  show(run);
}

void stance_run_live_clear(struct stance_run *run)
{
  if (run->shows_live)
    fprintf(stderr, "\r\033[K"); /* to the begin of the line, clear it */
  run->shows_live = false;
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
