/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One instrument and its cable. */
#include "server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void stance_slot_adopt(struct stance_slot *slot, int socket)
{
  if (stance_usbip_link_create(slot->device, &slot->link) != STANCE_OK) {
    close(socket);
    return;
  }
  slot->socket = socket;
  slot->replug_ns = 0;
  slot->device->plugged = true;
  slot->device->moments = 0;
  stance_virtual_device_power_on(slot->device);
}

enum stance_status stance_slot_attach(struct stance_slot *slot, struct stance_problem *problem)
{
  int socket;
  enum stance_status status = stance_vhci_attach(
      slot->port, slot->device->number, slot->device->kind->descriptors.speed, &socket, problem);

  if (status != STANCE_OK)
    return status;
  stance_slot_adopt(slot, socket);
  stance_virtual_log(slot->device, "event=plugged kind=%s serial=%s port=%u",
                     slot->device->kind->name, slot->device->serial, slot->port);
  return STANCE_OK;
}

/* The kernel frees a port some time after its cable was pulled. */
void stance_slot_plug(struct stance_server *server, struct stance_slot *slot)
{
  static const int64_t try_again_ns = 20000000;
  const unsigned old = slot->port;
  unsigned port = old;
  struct stance_problem problem = {""};

  if (slot->link != NULL)
    return;
  slot->replug_ns = 0;
  if (!server->options->attach) {
    slot->device->plugged = true; /* until `usbip attach` comes again */
    return;
  }
  if (slot->other_port && stance_vhci_free_port(old + 1, &port, &problem) != STANCE_OK &&
      stance_vhci_free_port(0, &port, &problem) != STANCE_OK)
    port = old;
  if (!slot->other_port &&
      (stance_vhci_free_port(old, &port, &problem) != STANCE_OK || port != old)) {
    slot->replug_ns = server->now_ns + try_again_ns;
    return;
  }
  slot->port = port;
  slot->other_port = false;
  if (stance_slot_attach(slot, &problem) != STANCE_OK)
    stance_virtual_log(slot->device, "event=not-plugged reason=\"%s\"", problem.text);
}

/* What left before the cable was pulled arrives: it goes out, then the host's side, which reads up
   to the end and closes, is waited for. */
static void see_off(struct stance_slot *slot)
{
  enum { WAIT_MS = 500 };
  const int64_t end_ns = stance_server_now_ns() + WAIT_MS * INT64_C(1000000);
  struct pollfd peer = {.fd = slot->socket, .events = POLLOUT};
  uint8_t ignored[4096];

  while (stance_slot_has_output(slot) && stance_server_now_ns() < end_ns)
    if (poll(&peer, 1, 1) > 0 && !stance_slot_flush(slot))
      return;
  shutdown(slot->socket, SHUT_WR);
  peer.events = POLLIN;
  for (ssize_t count = 1; count > 0 && stance_server_now_ns() < end_ns;)
    if (poll(&peer, 1, 1) > 0)
      count = recv(slot->socket, ignored, sizeof ignored, 0);
}

void stance_slot_unplug(struct stance_server *server, struct stance_slot *slot)
{
  struct stance_virtual_device *device = slot->device;
  const bool was_linked = slot->link != NULL;

  (void)server;
  if (was_linked)
    see_off(slot);
  stance_usbip_link_destroy(slot->link);
  slot->link = NULL;
  if (slot->socket >= 0) {
    shutdown(slot->socket, SHUT_RDWR);
    close(slot->socket);
  }
  slot->socket = -1;
  slot->idle_ns = 0;
  device->plugged = false;
  stance_virtual_device_power_on(device); /* no power: nothing runs on */
  if (was_linked) {
    stance_virtual_log(device, "event=unplugged");
    stance_virtual_log_counts(device);
  }
}

void stance_slot_swap_serial(struct stance_server *server, struct stance_slot *slot)
{
  struct stance_virtual_device *device = slot->device;
  struct stance_problem problem = {""};
  const bool hexadecimal = strpbrk(device->serial, "ABCDEF") != NULL;
  const unsigned long long number = strtoull(device->serial, NULL, hexadecimal ? 16 : 10);
  const int width = (int)strlen(device->serial);

  (void)server;
  snprintf(device->serial, sizeof device->serial, hexadecimal ? "%0*llX" : "%0*llu", width,
           number + 1);
  if (device->kind->set_up(device, &problem) != STANCE_OK)
    stance_virtual_log(device, "event=not-swapped reason=\"%s\"", problem.text);
}

bool stance_slot_read(struct stance_slot *slot)
{
  uint8_t bytes[16384];
  const ssize_t count = recv(slot->socket, bytes, sizeof bytes, MSG_DONTWAIT);

  if (count < 0)
    return errno == EAGAIN || errno == EINTR;
  return count > 0 && stance_usbip_link_receive(slot->link, bytes, (size_t)count);
}

bool stance_slot_flush(struct stance_slot *slot)
{
  size_t count;
  const uint8_t *bytes = stance_usbip_link_output(slot->link, &count);

  if (count == 0)
    return true;
  const ssize_t sent = send(slot->socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0)
    return errno == EAGAIN || errno == EINTR;
  stance_usbip_link_sent(slot->link, (size_t)sent);
  return true;
}

bool stance_slot_has_output(const struct stance_slot *slot)
{
  size_t count = 0;

  if (slot->link != NULL)
    stance_usbip_link_output(slot->link, &count);
  return count > 0;
}
