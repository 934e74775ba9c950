/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const int64_t ns_per_s = 1000000000, ns_per_ms = 1000000;
static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
  (void)signal;
  interrupted = 1;
}

int64_t stance_server_now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * ns_per_s + now.tv_nsec;
}

/* Idle is what it is from a while after the kernel has configured it, whenever nobody streams:
   whoever asks for that moment late still finds it. */
static void look_for_idleness(struct stance_server *server, struct stance_slot *slot)
{
  static const int64_t idle_after_ns = 300000000;
  const uint32_t idle = UINT32_C(1) << STANCE_VIRTUAL_AT_IDLE;

  if ((slot->device->moments & idle) != 0)
    slot->idle_ns = server->now_ns + idle_after_ns;
  slot->device->moments &= ~idle;
  if (slot->idle_ns != 0 && server->now_ns >= slot->idle_ns && !slot->device->clock.running)
    slot->device->moments |= idle;
}

static bool is_now(const struct stance_slot *slot, enum stance_virtual_moment moment)
{
  return (slot->device->moments & UINT32_C(1) << moment) != 0;
}

/* unplug, move and swap: by frame, or at a moment of the dialogue. */
static void look_for_unplugging(struct stance_server *server, struct stance_slot *slot)
{
  static const char *const names[] = {"unplug", "move", "swap"};
  struct stance_virtual_device *device = slot->device;

  look_for_idleness(server, slot);
  for (int k = 0; k < 3 && slot->link != NULL; k++) {
    double ms = 0.0;
    bool taken =
        stance_virtual_fault_take(&device->faults, names[k], device->counts.sampled, 1000.0, &ms);
    for (int moment = STANCE_VIRTUAL_AT_IDLE; moment <= STANCE_VIRTUAL_AT_STOPPING && !taken;
         moment++)
      taken = is_now(slot, (enum stance_virtual_moment)moment) &&
              stance_virtual_fault_take_at(&device->faults, names[k],
                                           (enum stance_virtual_moment)moment, 1000.0, &ms);
    if (!taken)
      continue;
    stance_slot_unplug(server, slot);
    slot->replug_ns = ms > 0.0 ? stance_server_now_ns() + (int64_t)(ms * (double)ns_per_ms) : 0;
    slot->other_port = k == 1;
    if (k == 2)
      stance_slot_swap_serial(server, slot);
  }
  device->moments = 0;
}

/* All that can be done now for one device. */
static void serve_slot(struct stance_server *server, struct stance_slot *slot)
{
  struct stance_virtual_device *device = slot->device;

  if (slot->link == NULL) {
    stance_virtual_clock_advance(&device->clock, server->now_ns);
    if (slot->replug_ns != 0 && server->now_ns >= slot->replug_ns)
      stance_slot_plug(server, slot);
    return;
  }
  stance_virtual_clock_advance(&device->clock, server->now_ns);
  do
    device->kind->advance(device);
  while (stance_usbip_link_deliver(slot->link));
  stance_virtual_clock_settle(&device->clock);
  look_for_unplugging(server, slot);
  if (slot->link != NULL && !stance_slot_flush(slot))
    stance_slot_unplug(server, slot);
}

static int64_t next_event_ns(const struct stance_server *server)
{
  int64_t wait_ns = 50 * ns_per_ms; /* nothing urgent: signals and the end are looked for */

  for (size_t k = 0; k < server->slot_count; k++) {
    const struct stance_slot *slot = &server->slot[k];
    int64_t due_ns = INT64_MAX;
    if (slot->link != NULL)
      due_ns = stance_virtual_clock_wait_ns(&slot->device->clock);
    else if (slot->replug_ns != 0)
      due_ns = slot->replug_ns - stance_server_now_ns();
    if (due_ns < wait_ns)
      wait_ns = due_ns;
  }
  /* A packet is many scans: waking for each scan would only heat the machine. */
  return wait_ns < ns_per_ms ? ns_per_ms : wait_ns;
}

enum { POLL_FIXED = 2 };

static void handle_events(struct stance_server *server, const struct pollfd *polled)
{
  if (polled[0].revents != 0)
    stance_server_command(server);
  if (polled[1].revents != 0)
    stance_server_accept(server);
  for (size_t k = 0; k < server->slot_count; k++) {
    struct stance_slot *slot = &server->slot[k];
    if (polled[POLL_FIXED + k].revents != 0 && slot->socket == polled[POLL_FIXED + k].fd &&
        !stance_slot_read(slot))
      stance_slot_unplug(server, slot);
  }
}

static void loop(struct stance_server *server)
{
  const int64_t end_ns =
      server->options->seconds > 0.0
          ? stance_server_now_ns() + (int64_t)(server->options->seconds * (double)ns_per_s)
          : INT64_MAX;

  while (!interrupted && !server->quit && stance_server_now_ns() < end_ns) {
    struct pollfd polled[POLL_FIXED + STANCE_SERVER_SLOT_MAX] = {
        {.fd = server->command_fd, .events = POLLIN},
        {.fd = server->listener, .events = POLLIN},
    };
    for (size_t k = 0; k < server->slot_count; k++) {
      struct stance_slot *slot = &server->slot[k];
      polled[POLL_FIXED + k] =
          (struct pollfd){.fd = slot->link == NULL ? -1 : slot->socket,
                          .events = (short)(POLLIN | (stance_slot_has_output(slot) ? POLLOUT : 0))};
    }
    const int64_t wait_ns = next_event_ns(server);
    const struct timespec wait = {.tv_sec = wait_ns / ns_per_s, .tv_nsec = wait_ns % ns_per_s};
    const int ready = ppoll(polled, (nfds_t)(POLL_FIXED + server->slot_count), &wait, NULL);
    if (ready > 0)
      handle_events(server, polled);
    server->now_ns = stance_server_now_ns();
    for (size_t k = 0; k < server->slot_count; k++)
      serve_slot(server, &server->slot[k]);
  }
}

static enum stance_status plug_all(struct stance_server *server, struct stance_problem *problem)
{
  for (size_t k = 0; k < server->slot_count; k++) {
    struct stance_slot *slot = &server->slot[k];
    if (!server->options->attach) {
      slot->device->plugged = true;
      continue;
    }
    enum stance_status status =
        stance_vhci_free_port(server->options->first_port + (unsigned)k, &slot->port, problem);
    if (status == STANCE_OK)
      status = stance_slot_attach(slot, problem);
    if (status != STANCE_OK)
      return status;
  }
  return STANCE_OK;
}

enum stance_status stance_virtual_serve(struct stance_virtual_device *const *devices,
                                        size_t device_count,
                                        const struct stance_virtual_server_options *options,
                                        struct stance_problem *problem)
{
  struct stance_server server = {.options = options,
                                 .devices = devices,
                                 .slot_count = device_count,
                                 .listener = -1,
                                 .command_fd = options->command_fd};
  const struct sigaction action = {.sa_handler = interrupt}, ignore = {.sa_handler = SIG_IGN};
  enum stance_status status = STANCE_OK;

  if (device_count == 0 || device_count > STANCE_SERVER_SLOT_MAX)
    return stance_problem_set(problem, STANCE_USAGE, "1 to %d instruments", STANCE_SERVER_SLOT_MAX);
  interrupted = 0;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGPIPE, &ignore, NULL);
  for (size_t k = 0; k < device_count; k++) {
    devices[k]->number = (unsigned)k + 1;
    server.slot[k] = (struct stance_slot){.device = devices[k], .socket = -1};
  }
  if (!options->attach)
    status = stance_server_listen(&server, problem);
  if (status == STANCE_OK)
    status = plug_all(&server, problem);
  if (status == STANCE_OK)
    loop(&server);
  for (size_t k = 0; k < device_count; k++)
    stance_slot_unplug(&server, &server.slot[k]);
  stance_server_finish(&server);
  return status;
}
