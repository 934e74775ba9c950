/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terminals of the kernel, as the port of an instrument that a person reads off `dmesg`. Files
   under /sys and /dev alone: nothing is opened. */
#include "usb_private.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *last_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

static enum stance_status no_such_port(const char *node, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_INSTRUMENT,
                            "%.200s: there is no such port now (%s): plug the instrument in, or "
                            "end the program that holds it; if that was killed, unplug the "
                            "instrument and plug it in again",
                            node, strerror(errno));
}

static enum stance_status no_usb_port(const char *node, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_INSTRUMENT,
                            "%.200s is not a USB port: instruments on other serial lines are not "
                            "supported; `stance devices` lists what is connected",
                            node);
}

/* One of them is the kernel's terminal: `tty` of cdc_acm, `ttyUSB0` of usb-serial. */
static bool has_terminal(const char *interface)
{
  DIR *directory = opendir(interface);
  bool has = false;

  if (directory == NULL)
    return false;
  for (const struct dirent *entry; !has && (entry = readdir(directory)) != NULL;)
    has = strncmp(entry->d_name, "tty", 3) == 0;
  closedir(directory);
  return has;
}

/* `interface` is "…/1-2.3/1-2.3:1.2". Of a device with several terminals only the first is spoken
   to: another one's name must not lead to it. */
static bool is_first_terminal(const char *interface)
{
  const char *dot = strrchr(interface, '.'), *colon = strrchr(interface, ':');
  char before[PATH_MAX];

  if (dot == NULL || colon == NULL || dot < colon)
    return true;
  const long number = strtol(dot + 1, NULL, 10);
  for (long k = 0; k < number; k++) {
    snprintf(before, sizeof before, "%.*s.%ld", (int)(dot - interface), interface, k);
    if (has_terminal(before))
      return false;
  }
  return true;
}

enum stance_status usb_port_of_terminal(const char *root, const char *node, char *ret_port,
                                        size_t size, struct stance_problem *problem)
{
  char path[PATH_MAX], real[PATH_MAX], interface[PATH_MAX] = "";

  snprintf(path, sizeof path, "%s%s", root, node);
  if (realpath(path, real) == NULL)
    return no_such_port(node, problem);
  snprintf(path, sizeof path, "%s/sys/class/tty/%.200s/device", root, last_name(real));
  if (realpath(path, real) == NULL)
    return no_usb_port(node, problem);
  /* The nearest folder that is named after a port; what was cut off last is the interface. */
  while (!usb_is_port(last_name(real))) {
    char *slash = strrchr(real, '/');
    if (slash == NULL || slash == real)
      return no_usb_port(node, problem);
    snprintf(interface, sizeof interface, "%s", real);
    *slash = '\0';
  }
  if (!is_first_terminal(interface))
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%.200s is not the first port of the device at USB port %s, and an "
                              "instrument is only spoken to on the first one: connect it there",
                              node, last_name(real));
  snprintf(ret_port, size, "%s", last_name(real));
  return STANCE_OK;
}
