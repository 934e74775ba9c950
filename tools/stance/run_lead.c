/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terminal beside the station: events in, keys out, until the result is told. */
#include "run.h"

#include <string.h>
#include <time.h>

/* As often as the bar moves, and as late as a signal may be heard. */
enum { TICK_MS = 100 };

int64_t stance_run_now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static enum stance_status start(struct stance_run *run, struct stance_problem *problem)
{
  const struct stance_run_arguments *arguments = run->arguments;
  struct stance_test_request request = stance_test_request_default;
  request.protocol = arguments->protocol;
  request.athlete = arguments->athlete;
  request.operator_name = arguments->operator_name;
  request.body_mass_kg = arguments->mass_kg;
  request.lever_m = arguments->lever_m;
  request.injured_side = arguments->injured_side;
  request.duration_s = arguments->duration_s;
  request.side_order = arguments->side_order;
  request.setting = arguments->setting;
  request.setting_count = arguments->setting_count;
  request.unattended = arguments->unattended;
  if (arguments->device_given) {
    request.device = arguments->device;
    request.device_count = arguments->device_count;
  }
  return run->link->kind->start(run->link, &request, run->id, problem);
}

/* True with the result of this test, or when nothing comes any more. */
static bool take_events(struct stance_run *run)
{
  bool gone = false, over = false;
  const char *name, *text;
  while (run->link->kind->next(run->link, &name, &text, &gone)) {
    const enum stance_station_news news = stance_station_view_take(&run->view, name, text);
    stance_run_say_news(run, news);
    if (news == STANCE_NEWS_LIVE)
      run->live_ns = stance_run_now_ns();
    over = over || (news == STANCE_NEWS_RESULT && strcmp(run->view.result.id, run->id) == 0);
  }
  return over || gone;
}

static void heed_interrupt(struct stance_run *run)
{
  struct stance_problem problem = {""};
  if (stance_run_interrupted == 0 || run->stopping)
    return;
  run->stopping = true;
  stance_run_say(run, "Interrupted: the recording is kept and analysed.");
  if (run->link->kind->stop(run->link, run->id, &problem) != STANCE_OK)
    stance_run_say(run, "%s", problem.text);
}

/* Asked a second time not to wait. */
static bool leaves(struct stance_run *run)
{
  run->left = run->link->kind->may_be_left && atomic_load(&stance_run_give_up);
  return run->left;
}

enum stance_status stance_run_lead(struct stance_run *run, struct stance_problem *problem)
{
  enum stance_status status = start(run, problem);
  if (status != STANCE_OK)
    return status;
  stance_run_keys_begin(run);
  while (!take_events(run) && !leaves(run)) {
    const bool watches = !run->keys_closed && (!run->arguments->unattended || run->has_terminal);
    if (run->link->kind->wait(run->link, watches, TICK_MS))
      stance_run_keys_take(run);
    stance_run_keys_tick(run);
    heed_interrupt(run);
    stance_run_live_show(run);
  }
  stance_run_keys_end();
  stance_run_live_clear(run);
  return STANCE_OK;
}
