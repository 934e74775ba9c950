/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"

volatile sig_atomic_t stance_run_interrupted;
atomic_bool stance_run_give_up;

static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
enum { HANDLED_COUNT = sizeof handled / sizeof *handled };
static struct sigaction previous[HANDLED_COUNT];

static void interrupt(int signal)
{
  (void)signal;
  if (stance_run_interrupted != 0)
    atomic_store(&stance_run_give_up, true);
  stance_run_interrupted = 1;
}

/* A reader of stderr that goes away must not end a recording: SIGPIPE is ignored, for good. */
void stance_run_catch_signals(void)
{
  for (int k = 0; k < HANDLED_COUNT; k++) {
    struct sigaction action = {.sa_handler = handled[k] == SIGPIPE ? SIG_IGN : interrupt};
    sigaction(handled[k], &action, &previous[k]);
  }
}

void stance_run_release_signals(void)
{
  for (int k = 0; k < HANDLED_COUNT; k++)
    if (handled[k] != SIGPIPE)
      sigaction(handled[k], &previous[k], NULL);
}
