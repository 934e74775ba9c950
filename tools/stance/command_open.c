/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "daemon_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { KEY_PRINT = 0x100 };

static const struct argp_option options[] = {
    {"print", KEY_PRINT, 0, 0,
     "Print the page's address with its token, which is a secret, instead of opening it", 1},
    {0},
};

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  bool *print = state->input;
  if (key == KEY_PRINT)
    *print = true;
  else if (key == ARGP_KEY_ARG)
    argp_error(state, "'%s' is one argument too many", text);
  else
    return ARGP_ERR_UNKNOWN;
  return 0;
}

const struct argp stance_open_argp = {
    .options = options,
    .parser = parse_key,
    .doc = "Opens the page of the station that runs on this computer under this account.\v"
           "Examples:\n"
           "  stance open\n"
           "  stance open --print\n\n"
           "From another computer: ssh -L 8642:127.0.0.1:8642 HOST, and open what `stance open "
           "--print` says there. The port must be the same on both.",
};

/* The arguments of a running program can be read by every account: the browser gets the name of a
   private file that leads it on, not the token. */
static enum stance_status open_page(const char *address, struct stance_problem *problem)
{
  char page[256], path[STANCE_DAEMON_PATH_SIZE];
  snprintf(page, sizeof page,
           "<!DOCTYPE html><meta charset=\"utf-8\"><title>stance</title>"
           "<meta http-equiv=\"refresh\" content=\"0; url=%s\">\n",
           address);
  enum stance_status status = stance_daemon_write("open.html", page, problem);
  if (status == STANCE_OK)
    status = stance_daemon_path("open.html", path, problem);
  if (status != STANCE_OK)
    return status;
  execlp("xdg-open", "xdg-open", path, (char *)NULL);
  return stance_problem_set(problem, STANCE_USAGE,
                            "xdg-open cannot be started: %s; open what `stance open --print` says",
                            strerror(errno));
}

int stance_open_run(int argc, char **argv)
{
  bool print = false;
  char address[128];
  struct stance_daemon_address daemon;
  struct stance_problem problem = {""};
  argp_parse(&stance_open_argp, argc, argv, 0, NULL, &print);
  enum stance_status status = stance_daemon_file_read(&daemon, &problem);
  if (status == STANCE_END)
    status = STANCE_INSTRUMENT; /* no station is like no instrument: exit status 4 */
  if (status != STANCE_OK)
    return stance_complain(status, &problem);
  snprintf(address, sizeof address, "http://127.0.0.1:%u/#token=%s", (unsigned)daemon.port,
           daemon.token);
  if (!print)
    return stance_complain(open_page(address, &problem), &problem);
  puts(address);
  return 0;
}
