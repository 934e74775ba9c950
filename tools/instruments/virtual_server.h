/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serves virtual instruments: to this kernel's vhci_hcd, or over TCP on loopback. One thread. */
#ifndef STANCE_VIRTUAL_SERVER_H
#define STANCE_VIRTUAL_SERVER_H

#include "virtual_device.h"

struct stance_virtual_server_options {
  bool attach;             /* to vhci_hcd of this machine; else TCP */
  unsigned first_port;     /* of vhci_hcd; device k takes the k-th free one from here */
  unsigned short tcp_port; /* on 127.0.0.1; 3240 is usbip's */
  int command_fd;          /* lines with faults and commands; -1: none */
  double seconds;          /* ends after that long; 0: on SIGINT, SIGTERM or `quit` */
};

/* Returns at the end; devices are borrowed and unplugged then. STANCE_INSTRUMENT where vhci_hcd
   or the TCP port cannot be had. */
STANCE_MUST_CHECK enum stance_status
stance_virtual_serve(struct stance_virtual_device *const *devices, size_t device_count,
                     const struct stance_virtual_server_options *options,
                     struct stance_problem *problem);

#endif
