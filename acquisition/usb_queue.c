/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The transfers of the stream. The callback checks, decodes and submits again; whatever else is to
   be done about what it saw, the event thread does between two looks at libusb. */
#include "usb_private.h"

#include "rt_private.h"

#include <stdlib.h>
#include <string.h>

/* Behind a fault there is a hole, whose length only a clock can tell: nothing more is taken. */
static void set_fault(struct usb_queue *queue, enum usb_fault fault)
{
  queue->fault = fault;
  queue->flow = NULL;
  queue->submitting = false;
}

/* What came is data whatever the status says (libusb returns what it has on time-outs and
   cancellations too). */
static inline void take_bytes(struct usb_link *link, const struct libusb_transfer *transfer)
{
  struct usb_flow *flow = link->queue.flow;
  if (flow == NULL || transfer->actual_length <= 0)
    return;
  if (!usb_flow_take(flow, transfer->buffer, (size_t)transfer->actual_length, usb_link_now(link)))
    set_fault(&link->queue, USB_FAULT_DECODER);
}

static void note_error(struct usb_queue *queue, enum usb_fault fault)
{
  queue->errors++;
  if (queue->errors >= USB_ERROR_MAX)
    set_fault(queue, USB_FAULT_ERRORS);
  else if (queue->fault == USB_FAULT_NONE)
    set_fault(queue, fault);
}

/* Of a transfer that was not completed. */
__attribute__((noinline)) static void judge(const struct libusb_transfer *transfer)
{
  const struct usb_slot *slot = transfer->user_data;
  struct usb_link *link = slot->link;
  struct usb_queue *queue = &link->queue;
  if (slot->retired)
    return;
  switch (transfer->status) {
  case LIBUSB_TRANSFER_COMPLETED: /* in on_stream */
    break;
  case LIBUSB_TRANSFER_TIMED_OUT:
    queue->errors = 0;
    break;
  case LIBUSB_TRANSFER_NO_DEVICE:
    link->gone = true;
    break;
  case LIBUSB_TRANSFER_STALL:
    if (queue->fault == USB_FAULT_NONE)
      set_fault(queue, USB_FAULT_STALL);
    break;
  case LIBUSB_TRANSFER_CANCELLED: /* not by us: the kernel lets go of a device that way */
  case LIBUSB_TRANSFER_OVERFLOW:
  case LIBUSB_TRANSFER_ERROR:
    if (!queue->cancelled)
      note_error(queue, USB_FAULT_GLITCH);
    break;
  }
}

__attribute__((noinline)) static void note_refusal(struct usb_link *link, int code)
{
  const enum usb_error error = usb_error_of(code);
  link->queue.refused++;
  link->queue.memory_short |= error == USB_NO_ROOM;
  link->gone |= error == USB_GONE;
}

/* False where it was refused. */
static inline bool submit(struct usb_link *link, const struct usb_slot *slot)
{
  const int code = libusb_submit_transfer(slot->transfer);
  if (code < 0) {
    note_refusal(link, code);
    return false;
  }
  link->queue.refused = 0;
  return true;
}

static void launch(struct usb_slot *slot)
{
  slot->in_flight = submit(slot->link, slot);
  slot->link->queue.in_flight += slot->in_flight;
}

__attribute__((cold, noinline)) static void land(struct usb_slot *slot)
{
  slot->in_flight = false;
  slot->link->queue.in_flight--;
}

static inline bool goes_on(const struct usb_link *link, const struct usb_slot *slot)
{
  return !slot->retired && link->queue.submitting && !link->gone;
}

/* A transfer that is submitted again at once has not been away. */
static void LIBUSB_CALL on_stream(struct libusb_transfer *transfer)
{
  struct usb_slot *slot = transfer->user_data;
  struct usb_link *link = slot->link;
  const enum stance_rt_context previous = rt_enter(STANCE_RT_USB);

  take_bytes(link, transfer);
  if (transfer->status == LIBUSB_TRANSFER_COMPLETED)
    link->queue.errors = 0;
  else
    judge(transfer);
  if (!goes_on(link, slot) || !submit(link, slot))
    land(slot);
  rt_leave(previous);
}

static bool make_slots(struct usb_link *link)
{
  struct usb_queue *queue = &link->queue;
  const struct usb_plan *plan = &queue->plan;
  queue->bytes = malloc(plan->transfer_count * plan->transfer_bytes);
  if (queue->bytes == NULL)
    return false;
  for (size_t k = 0; k < plan->transfer_count; k++) {
    struct usb_slot *slot = &queue->slot[k];
    *slot = (struct usb_slot){.link = link, .transfer = libusb_alloc_transfer(0)};
    if (slot->transfer == NULL)
      return false;
    queue->count = k + 1;
    /* No time-out: silence is judged as a whole. */
    libusb_fill_bulk_transfer(slot->transfer, link->handle, link->shape.endpoint,
                              queue->bytes + k * plan->transfer_bytes, (int)plan->transfer_bytes,
                              on_stream, slot, 0);
  }
  return true;
}

void usb_queue_free(struct usb_queue *queue)
{
  for (size_t k = 0; k < queue->count; k++)
    libusb_free_transfer(queue->slot[k].transfer);
  free(queue->bytes);
  memset(queue, 0, sizeof *queue);
}

static enum stance_status complain_memory(const struct usb_link *link,
                                          struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_INSTRUMENT,
                            "%s: the kernel has no memory for USB transfers; run `echo 64 | sudo "
                            "tee /sys/module/usbcore/parameters/usbfs_memory_mb`",
                            link->instrument->kind.scheme);
}

/* Where the kernel's memory for transfers ran out, a quarter of what it gave goes back, the newest
   first: requests to the instrument need some too. */
static void make_room(struct usb_link *link)
{
  struct usb_queue *queue = &link->queue;
  const int64_t deadline_ns = usb_link_now(link) + USB_TEARDOWN_MS * (int64_t)NS_PER_MS;
  const size_t kept = queue->in_flight - (queue->in_flight + 3) / 4;
  for (size_t k = kept; k < queue->count; k++) {
    queue->slot[k].retired = true;
    if (queue->slot[k].in_flight)
      libusb_cancel_transfer(queue->slot[k].transfer);
  }
  while (queue->in_flight > kept && !link->gone && usb_link_now(link) < deadline_ns)
    usb_link_pump(link, deadline_ns);
}

enum stance_status usb_queue_submit(struct usb_link *link, struct usb_flow *flow,
                                    struct stance_problem *problem)
{
  struct usb_queue *queue = &link->queue;
  usb_queue_free(queue);
  usb_plan_make(&link->shape, &queue->plan);
  if (!make_slots(link)) {
    usb_queue_free(queue);
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory for transfers");
  }
  queue->flow = flow;
  queue->submitting = true;
  for (size_t k = 0; k < queue->count && queue->refused == 0; k++)
    launch(&queue->slot[k]);
  if (queue->memory_short)
    make_room(link);
  if (queue->in_flight > 0)
    return STANCE_OK;
  if (queue->memory_short)
    return complain_memory(link, problem);
  return stance_problem_set(problem, STANCE_INSTRUMENT,
                            "%s: the instrument takes no transfers; unplug it, plug it in again",
                            link->instrument->kind.scheme);
}

void usb_queue_refill(struct usb_link *link)
{
  struct usb_queue *queue = &link->queue;
  if (!queue->submitting || link->gone)
    return;
  queue->refused = 0;
  for (size_t k = 0; k < queue->count && queue->refused == 0; k++)
    if (!queue->slot[k].in_flight && !queue->slot[k].retired)
      launch(&queue->slot[k]);
  if (queue->in_flight == 0)
    set_fault(queue, USB_FAULT_ERRORS);
}

void usb_queue_cancel(struct usb_link *link)
{
  struct usb_queue *queue = &link->queue;
  queue->submitting = false;
  queue->cancelled = true;
  for (size_t k = 0; k < queue->count; k++)
    if (queue->slot[k].in_flight)
      libusb_cancel_transfer(queue->slot[k].transfer);
}

void usb_queue_settle(struct usb_link *link, int64_t quiet_ns)
{
  const int64_t begin_ns = usb_link_now(link);
  const int64_t end_ns = begin_ns + USB_QUIET_MAX_MS * (int64_t)NS_PER_MS;
  const struct usb_flow *flow = link->queue.flow;
  while (flow != NULL && !link->gone && link->queue.fault == USB_FAULT_NONE) {
    const int64_t heard_ns = flow->last_ns > begin_ns ? flow->last_ns : begin_ns;
    const int64_t quiet_at_ns = heard_ns + quiet_ns;
    const int64_t deadline_ns = quiet_at_ns < end_ns ? quiet_at_ns : end_ns;
    if (usb_link_now(link) >= deadline_ns || usb_link_hurries(link))
      return;
    usb_link_pump(link, deadline_ns);
  }
}

bool usb_queue_stop(struct usb_link *link)
{
  const int64_t deadline_ns = usb_link_now(link) + USB_TEARDOWN_MS * (int64_t)NS_PER_MS;
  usb_queue_cancel(link);
  while (link->queue.in_flight > 0 && usb_link_now(link) < deadline_ns)
    usb_link_pump(link, deadline_ns);
  return link->queue.in_flight == 0;
}
