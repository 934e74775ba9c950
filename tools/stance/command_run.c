/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "run.h"

#include <math.h>

/* A failure in the middle is said loudly, and what was recorded until then is analysed all the
   same. Its status is the program's, whatever becomes of the analysis. */
static int run_test(struct stance_run *run)
{
  struct stance_problem problem = {""};
  enum stance_status status = stance_run_prepare(run, &problem);
  if (status != STANCE_OK)
    return stance_complain(status, &problem);
  enum stance_status recorded = stance_run_record(run, &problem);
  if (recorded != STANCE_OK) {
    stance_run_say(run, "%s",
                   recorded == STANCE_STORE ? "THE STORE FAILED DURING THE TEST."
                                            : "THE INSTRUMENT FAILED DURING THE TEST.");
    stance_complain(recorded, &problem);
    stance_run_say(run, "What was recorded until then is kept and analysed.");
  }
  status = stance_run_report(run, &problem);
  if (status != STANCE_OK)
    stance_complain(status, &problem);
  return stance_exit_status(recorded != STANCE_OK ? recorded : status);
}

int stance_run_run(int argc, char **argv)
{
  struct stance_run_arguments arguments;
  stance_run_parse(argc, argv, &arguments);
  struct stance_run run = {
      .arguments = &arguments,
      .live_n = {(double)NAN, (double)NAN, (double)NAN},
  };
  int exit_status = run_test(&run);
  stance_run_finish(&run);
  return exit_status;
}
