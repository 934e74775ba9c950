/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's virtual host controller: vhci_hcd, by its files in /sys. */
#include "vhci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char folder[] = "/sys/devices/platform/vhci_hcd.0";
enum { PORT_FREE = 4 }; /* VDEV_ST_NULL of drivers/usb/usbip/usbip_common.h */

static FILE *open_file(const char *name, const char *mode)
{
  char path[128];

  snprintf(path, sizeof path, "%s/%s", folder, name);
  return fopen(path, mode);
}

/* Lines "hub port sta spd dev sockfd local_busid"; the first `hs` hub carries all but SuperSpeed.
 */
enum stance_status stance_vhci_free_port(unsigned first, unsigned *ret_port,
                                         struct stance_problem *problem)
{
  char line[256];
  FILE *file = open_file("status", "r");
  bool found = false;

  if (file == NULL)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s cannot be read: %s; load the kernel module with `modprobe "
                              "vhci_hcd`, or serve over TCP without --attach",
                              folder, strerror(errno));
  while (!found && fgets(line, sizeof line, file) != NULL) {
    unsigned port, state;
    if (sscanf(line, "hs %u %u", &port, &state) == 2 && port >= first && state == PORT_FREE) {
      *ret_port = port;
      found = true;
    }
  }
  fclose(file);
  if (!found)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "no port of vhci_hcd from %u on is free: end other virtual "
                              "instruments",
                              first);
  return STANCE_OK;
}

enum stance_status stance_vhci_attach(unsigned port, unsigned device_number,
                                      enum stance_virtual_speed speed, int *ret_socket,
                                      struct stance_problem *problem)
{
  int ends[2];
  FILE *file = NULL;
  enum stance_status status = STANCE_OK;

  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return stance_problem_set(problem, STANCE_INSTRUMENT, "no socket: %s", strerror(errno));
  /* The kernel takes its end by descriptor number while this process still has it. */
  file = open_file("attach", "w");
  if (file == NULL ||
      fprintf(file, "%u %d %u %u\n", port, ends[1], 1U << 16 | device_number, speed) < 0 ||
      fflush(file) != 0)
    status = stance_problem_set(problem, STANCE_INSTRUMENT,
                                "port %u of vhci_hcd does not take a device: %s (it needs root)",
                                port, strerror(errno));
  if (file != NULL)
    fclose(file);
  close(ends[1]);
  if (status != STANCE_OK)
    close(ends[0]);
  else
    *ret_socket = ends[0];
  return status;
}
