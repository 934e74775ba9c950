/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to server*.c. */
#ifndef STANCE_SERVER_H
#define STANCE_SERVER_H

#include "vhci.h"
#include "virtual_server.h"
#include "virtual_usbip.h"

enum { STANCE_SERVER_SLOT_MAX = 8, STANCE_SERVER_WAITING_MAX = 4 };

/* Where one instrument is plugged in. */
struct stance_slot {
  struct stance_virtual_device *device;
  struct stance_usbip_link *link; /* NULL: unplugged, or not imported yet */
  int socket;
  unsigned port;     /* of vhci_hcd */
  int64_t idle_ns;   /* from then on `idle` where nobody streams; 0: not configured */
  int64_t replug_ns; /* 0: not by itself */
  bool other_port;   /* where it is plugged in next */
};

struct stance_server {
  const struct stance_virtual_server_options *options;
  struct stance_virtual_device *const *devices;
  struct stance_slot slot[STANCE_SERVER_SLOT_MAX];
  size_t slot_count;
  int listener, command_fd;
  char line[256];
  size_t line_used;
  int64_t now_ns;
  bool quit;
};

int64_t stance_server_now_ns(void);

/* server_slot.c */
STANCE_MUST_CHECK enum stance_status stance_slot_attach(struct stance_slot *slot,
                                                        struct stance_problem *problem);
void stance_slot_plug(struct stance_server *server, struct stance_slot *slot);
void stance_slot_unplug(struct stance_server *server, struct stance_slot *slot);
/* Another unit of the same kind is plugged in next: its serial number is one higher. */
void stance_slot_swap_serial(struct stance_server *server, struct stance_slot *slot);
/* False: the peer is gone or broke the protocol. */
bool stance_slot_read(struct stance_slot *slot);
bool stance_slot_flush(struct stance_slot *slot);
bool stance_slot_has_output(const struct stance_slot *slot);
/* Takes over a socket that was imported over TCP. */
void stance_slot_adopt(struct stance_slot *slot, int socket);

/* server_tcp.c */
STANCE_MUST_CHECK enum stance_status stance_server_listen(struct stance_server *server,
                                                          struct stance_problem *problem);
void stance_server_accept(struct stance_server *server);
void stance_server_finish(struct stance_server *server);

/* server_command.c: one or more lines from the command descriptor. */
void stance_server_command(struct stance_server *server);

#endif
