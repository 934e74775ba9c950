/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

const char *argp_program_version = "stance " STANCE_VERSION;

static int help(FILE *to)
{
  fputs("Usage: stance COMMAND [OPTION...] [ARGUMENT...]\n"
        "Force in, numbers that can be trusted out.\n\n",
        to);
  for (const struct stance_command *command = stance_commands; command->name != NULL; command++)
    fprintf(to, "  stance %-9s %s\n", command->name, command->summary);
  fprintf(to,
          "\n`stance COMMAND --help` explains each; `stance --version` says which this is.\n%s\n",
          stance_exit_status_text);
  return to == stdout ? 0 : stance_exit_status(STANCE_USAGE);
}

/* The next file would take the number of one that was closed, and get what is printed; this one
   refuses it, as a closed one does. */
static void fill_closed_files(void)
{
  int file;
  do
    file = open("/dev/null", O_RDONLY);
  while (file >= STDIN_FILENO && file <= STDERR_FILENO);
  if (file >= 0)
    close(file);
}

int main(int argc, char **argv)
{
  fill_closed_files();
  argp_err_exit_status = stance_exit_status(STANCE_USAGE);
  /* A file at its size limit is a write that fails and is told, not the end of a recording. */
  signal(SIGXFSZ, SIG_IGN);
  if (argc < 2)
    return help(stderr);
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
    return help(stdout);
  if (strcmp(argv[1], "--version") == 0)
    return puts(argp_program_version) < 0;
  for (const struct stance_command *command = stance_commands; command->name != NULL; command++) {
    if (strcmp(argv[1], command->name) != 0)
      continue;
    char name[32];
    snprintf(name, sizeof name, "stance %s", command->name);
    argv[1] = name;
    return command->run(argc - 1, argv + 1);
  }
  fprintf(stderr, "stance: there is no command '%s'; `stance --help` lists them\n", argv[1]);
  return stance_exit_status(STANCE_USAGE);
}
