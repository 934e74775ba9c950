/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines at run time: `quit`, `[NUMBER] plug`, or `[NUMBER] FAULT` as on the command line. */
#include "server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void obey(struct stance_server *server, char *line)
{
  char *rest = line;
  const unsigned long number = strtoul(line, &rest, 10);
  struct stance_problem problem = {""};

  if (rest == line)
    rest = line;
  rest += strspn(rest, " ");
  if (*rest == '\0')
    return;
  if (strcmp(rest, "quit") == 0) {
    server->quit = true;
    return;
  }
  const size_t index = number == 0 ? 0 : number - 1;
  if (index >= server->slot_count) {
    fprintf(stderr, "no instrument %lu\n", number);
    return;
  }
  struct stance_slot *slot = &server->slot[index];
  if (strcmp(rest, "plug") == 0)
    stance_slot_plug(server, slot);
  else if (strcmp(rest, "counts") == 0)
    stance_virtual_log_counts(slot->device);
  else if (stance_virtual_fault_add(&slot->device->faults, slot->device->kind->faults, rest,
                                    &problem) != STANCE_OK)
    fprintf(stderr, "%s\n", problem.text);
}

void stance_server_command(struct stance_server *server)
{
  const size_t room = sizeof server->line - server->line_used - 1;
  const ssize_t count = read(server->command_fd, server->line + server->line_used, room);

  if (count <= 0) { /* nobody commands any more; the instruments stay */
    server->command_fd = -1;
    return;
  }
  server->line_used += (size_t)count;
  server->line[server->line_used] = '\0';
  for (char *end; (end = strchr(server->line, '\n')) != NULL;) {
    *end = '\0';
    obey(server, server->line);
    server->line_used -= (size_t)(end + 1 - server->line);
    memmove(server->line, end + 1, server->line_used + 1);
  }
  if (server->line_used == sizeof server->line - 1)
    server->line_used = 0; /* no command is that long */
}
