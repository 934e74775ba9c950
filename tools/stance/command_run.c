/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "run.h"

#include <string.h>

/* Its numbers, where no report of them can be made. */
static void show_what_was_told(const struct stance_run *run)
{
  const struct stance_text *summary = &run->view.result.summary;
  if (summary->length > 0)
    stance_print_plain(run->arguments->json ? stderr : stdout, summary->bytes);
}

/* A failure in the middle is said loudly; what was recorded until then is analysed all the same.
   Its status is the program's, whatever becomes of the reports. */
static int conclude(struct stance_run *run)
{
  const struct stance_view_result *result = &run->view.result;
  const struct stance_run_reports *reports = NULL;
  struct stance_problem problem = {""};
  enum stance_status status = STANCE_OK;
  if (strcmp(result->id, run->id) != 0) /* an earlier test's, if any */
    return stance_complain(run->link->kind->lost(run->link, run->id, &problem), &problem);
  if (result->status == STANCE_STORE || result->status == STANCE_INSTRUMENT)
    stance_run_say(run, "THE %s FAILED DURING THE TEST.",
                   result->status == STANCE_STORE ? "STORE" : "INSTRUMENT");
  if (result->status != STANCE_OK)
    stance_complain(result->status, &result->problem);
  if (result->has_report) {
    if (result->status != STANCE_OK)
      stance_run_say(run, "What was recorded until then is kept and analysed.");
    status = run->link->kind->reports(run->link, run->id, &reports, &problem);
    if (status == STANCE_OK)
      status = stance_run_publish(run, reports, &problem);
    else
      show_what_was_told(run);
    if (status != STANCE_OK) {
      stance_complain(status, &problem);
      stance_run_say(run,
                     "What was recorded is kept: `stance analyze --output FILE %s` makes its "
                     "report anew.",
                     run->id);
    }
  }
  return stance_exit_status(result->status != STANCE_OK ? result->status : status);
}

static int run_test(struct stance_run *run)
{
  struct stance_problem problem = {""};
  enum stance_status status = stance_run_link_open(run->arguments, &run->link, &problem);
  if (status != STANCE_OK)
    return stance_complain(status, &problem);
  stance_run_catch_signals();
  status = stance_run_lead(run, &problem);
  stance_run_release_signals();
  return status == STANCE_OK ? conclude(run) : stance_complain(status, &problem);
}

int stance_run_run(int argc, char **argv)
{
  struct stance_run_arguments arguments;
  stance_run_parse(argc, argv, &arguments);
  struct stance_run run = {.arguments = &arguments};
  const int exit_status = run_test(&run);
  if (run.link != NULL)
    run.link->kind->close(run.link);
  stance_station_view_finish(&run.view);
  return exit_status;
}
