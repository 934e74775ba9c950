/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is plugged in, what it sends, and what the script makes of it. */
#include "support/fake_libusb_world.h"

#include <string.h>

/* ---- devices and transfers ------------------------------------------------------------------- */

void fake_unref(struct libusb_device *device)
{
  if (--device->references == 0) {
    world.devices_alive--;
    free(device);
  }
}

struct fake_transfer *fake_oldest(int device, uint8_t endpoint)
{
  for (struct fake_transfer *at = world.first; at != NULL; at = at->next)
    if (!at->done && at->public.endpoint == endpoint &&
        at->public.dev_handle->device->number == device)
      return at;
  return NULL;
}

void fake_queue(struct fake_transfer *transfer)
{
  const struct libusb_transfer *public = &transfer->public;
  struct fake_transfer **at = &world.first;
  const bool in = (public->endpoint & LIBUSB_ENDPOINT_IN) != 0;
  if (in && public->type == LIBUSB_TRANSFER_TYPE_BULK && public->length % FAKE_PACKET != 0)
    fake_wrong("an IN buffer that is no multiple of the packet size");
  while (*at != NULL)
    at = &(*at)->next;
  *at = transfer;
  transfer->next = NULL;
  transfer->in_flight = true;
  transfer->done = transfer->never = false;
  transfer->due_ns =
      public->timeout == 0 ? INT64_MAX : fake_libusb_now() + public->timeout * INT64_C(1000000);
  transfer->public.actual_length = 0;
  transfer->public.dev_handle->in_flight++;
  world.in_flight++;
  if (public->endpoint == 0x81) {
    const unsigned in_flight = ++world.stream_in_flight;
    world.counts.stream_transfer_bytes = public->length;
    if (in_flight > world.counts.most_in_flight)
      world.counts.most_in_flight = in_flight;
  }
}

void fake_complete(struct fake_transfer *transfer, enum libusb_transfer_status status,
                   int64_t delay_ns)
{
  const bool surrendered =
      status == LIBUSB_TRANSFER_CANCELLED || status == LIBUSB_TRANSFER_NO_DEVICE;
  transfer->done = true;
  transfer->public.status = status;
  transfer->ready_ns = fake_libusb_now() + delay_ns;
  transfer->order = ++world.order;
  if (surrendered && world.never > 0) {
    world.never--;
    transfer->never = true;
  }
}

static void post(struct libusb_device *device, libusb_hotplug_event event, uint64_t order)
{
  for (struct libusb_context *at = world.context; at != NULL && !world.hotplug_missing;
       at = at->next)
    if (world.message_count < FAKE_MESSAGE_MAX) {
      device->references++;
      world.message[world.message_count++] = (struct fake_message){at, device, event, order};
    }
}

struct fake_message fake_take_message(size_t k)
{
  const struct fake_message message = world.message[k];
  world.message_count--;
  memmove(&world.message[k], &world.message[k + 1],
          (world.message_count - k) * sizeof *world.message);
  return message;
}

void fake_drop_messages(const struct libusb_context *context)
{
  for (size_t k = world.message_count; k-- > 0;)
    if (world.message[k].context == context)
      fake_unref(fake_take_message(k).device);
}

static void plug(struct fake_slot *slot, int number, int64_t opens_failing)
{
  if (slot->instance != NULL)
    return;
  slot->instance = calloc(1, sizeof *slot->instance);
  *slot->instance = (struct libusb_device){.number = number, .references = 1};
  world.devices_alive++;
  slot->halted = false;
  slot->opens_failing = opens_failing;
  slot->driver_bound = slot->about.kernel_driver;
  slot->about.model->plugged(slot->about.device, fake_libusb_now());
  post(slot->instance, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED, ++world.order);
}

static void surrender(int number, int64_t most, enum libusb_transfer_status status)
{
  for (struct fake_transfer *at = world.first; at != NULL && most > 0; at = at->next)
    if (!at->done && at->public.dev_handle->device->number == number) {
      fake_complete(at, status, 0);
      most--;
    }
}

static void unplug(struct fake_slot *slot, int number, enum fake_leave leave)
{
  struct libusb_device *instance = slot->instance;
  if (instance == NULL)
    return;
  slot->instance = NULL;
  if (leave == FAKE_LEAVE_LEFT_FIRST) /* even of what had come before: libusb looks there first */
    post(instance, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, 0);
  if (leave == FAKE_LEAVE_ERROR_FIRST)
    surrender(number, 1, LIBUSB_TRANSFER_ERROR);
  if (leave == FAKE_LEAVE_LEFT_BETWEEN) {
    surrender(number, world.in_flight / 2, LIBUSB_TRANSFER_NO_DEVICE);
    post(instance, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, ++world.order);
  }
  surrender(number, INT64_MAX,
            leave == FAKE_LEAVE_ERRORS ? LIBUSB_TRANSFER_ERROR : LIBUSB_TRANSFER_NO_DEVICE);
  if (leave == FAKE_LEAVE_USUAL || leave == FAKE_LEAVE_ERROR_FIRST)
    post(instance, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, ++world.order);
  fake_unref(instance);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void fault_stream(int device, enum libusb_transfer_status status, int64_t most)
{
  for (; most > 0; most--) {
    struct fake_transfer *oldest = fake_oldest(device, 0x81);
    if (oldest == NULL)
      return;
    fake_complete(oldest, status, 0);
  }
}

static void change(enum fake_event event, int64_t value)
{
  switch (event) {
  case FAKE_HOST_STALL:
    world.host_stall_ns = value;
    break;
  case FAKE_HELD_UP:
    world.held_up_ns = value;
    break;
  case FAKE_OPEN_ERROR:
    world.open_error = value;
    break;
  case FAKE_SUBMIT_MEMORY:
    world.memory_limit = value;
    break;
  case FAKE_SUBMIT_ERROR_IN_CALLBACK:
    world.submit_errors = value;
    break;
  case FAKE_CANCEL_NOT_FOUND:
    world.cancel_not_found = value != 0;
    break;
  case FAKE_CANCEL_COMPLETES:
    world.cancel_completes = value != 0;
    break;
  case FAKE_CANCEL_DELAY:
    world.cancel_delay_ns = value;
    break;
  case FAKE_CALLBACKS_NEVER:
    world.never = value;
    break;
  case FAKE_HOTPLUG_MISSING:
    world.hotplug_missing = value != 0;
    break;
  case FAKE_JITTER:
    world.jitter_ns = value;
    break;
  default:
    world.shuffle = value != 0;
    break;
  }
}

static void happen(const struct fake_action *action)
{
  struct fake_slot *slot = &world.device[action->device];
  switch (action->event) {
  case FAKE_PLUG:
    plug(slot, action->device, action->value);
    break;
  case FAKE_UNPLUG:
    unplug(slot, action->device, (enum fake_leave)action->value);
    break;
  case FAKE_TRANSFER_STALL:
    fault_stream(action->device, LIBUSB_TRANSFER_STALL, 1);
    slot->halted = true;
    break;
  case FAKE_TRANSFER_OVERFLOW:
    fault_stream(action->device, LIBUSB_TRANSFER_OVERFLOW, 1);
    break;
  case FAKE_TRANSFER_ERROR:
    fault_stream(action->device, LIBUSB_TRANSFER_ERROR, action->value);
    break;
  case FAKE_TRANSFER_TIMED_OUT:
    fault_stream(action->device, LIBUSB_TRANSFER_TIMED_OUT, 1);
    break;
  case FAKE_TRANSFER_CANCELLED:
    fault_stream(action->device, LIBUSB_TRANSFER_CANCELLED, 1);
    break;
  default:
    change(action->event, action->value);
  }
}

void fake_libusb_do(enum fake_event event, int64_t value, int device)
{
  const struct fake_action action = {0, event, value, device};
  fake_lock();
  happen(&action);
  fake_unlock();
  fake_wake();
}

void fake_libusb_at(int64_t at_ns, enum fake_event event, int64_t value, int device)
{
  fake_lock();
  if (world.action_count == FAKE_ACTION_MAX)
    fake_wrong("the script is too long");
  else
    world.action[world.action_count++] = (struct fake_action){at_ns, event, value, device};
  fake_unlock();
}

static void run_script(int64_t *next_ns)
{
  for (size_t k = 0; k < world.action_count;) {
    const struct fake_action action = world.action[k];
    if (action.at_ns > fake_libusb_now()) {
      *next_ns = action.at_ns < *next_ns ? action.at_ns : *next_ns;
      k++;
      continue;
    }
    world.action_count--;
    memmove(&world.action[k], &world.action[k + 1],
            (world.action_count - k) * sizeof *world.action);
    happen(&action);
  }
}

/* ---- what devices send ----------------------------------------------------------------------- */

static void serve_control(struct fake_transfer *transfer, const struct fake_slot *slot)
{
  enum { ANSWER_NS = 500000 };
  struct libusb_transfer *public = &transfer->public;
  const struct libusb_control_setup *setup = (const void *)public->buffer;
  const int length = slot->about.model->control(
      slot->about.device, fake_libusb_now(), setup->bmRequestType, setup->bRequest,
      libusb_le16_to_cpu(setup->wValue), libusb_le16_to_cpu(setup->wIndex),
      public->buffer + LIBUSB_CONTROL_SETUP_SIZE, libusb_le16_to_cpu(setup->wLength));
  if (length == FAKE_NO_ANSWER)
    return;
  public->actual_length = length < 0 ? 0 : length;
  fake_complete(transfer, length < 0 ? LIBUSB_TRANSFER_STALL : LIBUSB_TRANSFER_COMPLETED,
                ANSWER_NS);
}

/* True when the transfer is complete, so that the next one's turn has come. */
static bool serve_in(struct fake_transfer *transfer, const struct fake_slot *slot, int64_t *next_ns)
{
  struct libusb_transfer *public = &transfer->public;
  if (slot->halted && public->endpoint == 0x81) {
    fake_complete(transfer, LIBUSB_TRANSFER_STALL, 0);
    return true;
  }
  while (public->actual_length < public->length) {
    int64_t ready_ns = INT64_MAX;
    const int size =
        slot->about.model->packet(slot->about.device, public->endpoint, fake_libusb_now(),
                                  public->buffer + public->actual_length, FAKE_PACKET, &ready_ns);
    if (size < 0) {
      *next_ns = ready_ns < *next_ns ? ready_ns : *next_ns;
      return false;
    }
    public->actual_length += size;
    if (size < FAKE_PACKET)
      break;
  }
  fake_complete(transfer, LIBUSB_TRANSFER_COMPLETED, 0);
  return true;
}

static void run_devices(int64_t *next_ns)
{
  for (int number = 0; number < world.device_count; number++) {
    const struct fake_slot *slot = &world.device[number];
    bool blocked[256] = {false};
    for (struct fake_transfer *at = world.first; at != NULL; at = at->next) {
      const uint8_t endpoint = at->public.endpoint;
      if (at->done || at->public.dev_handle->device != slot->instance)
        continue;
      if (at->public.type == LIBUSB_TRANSFER_TYPE_CONTROL)
        serve_control(at, slot);
      else if ((endpoint & LIBUSB_ENDPOINT_IN) == 0) {
        at->public.actual_length = at->public.length;
        fake_complete(at, LIBUSB_TRANSFER_COMPLETED, 0);
      } else if (!blocked[endpoint])
        blocked[endpoint] = !serve_in(at, slot, next_ns);
    }
  }
}

static void run_timeouts(int64_t *next_ns)
{
  for (struct fake_transfer *at = world.first; at != NULL; at = at->next) {
    if (!at->done && at->due_ns <= fake_libusb_now())
      fake_complete(at, LIBUSB_TRANSFER_TIMED_OUT, 0);
    const int64_t event_ns = at->done ? at->ready_ns : at->due_ns;
    if (event_ns > fake_libusb_now() && event_ns < *next_ns)
      *next_ns = event_ns;
  }
}

int64_t fake_run(int64_t until_ns)
{
  int64_t next_ns = until_ns;
  run_script(&next_ns);
  /* Twice: the first may carry a request that sets the stream going. */
  run_devices(&next_ns);
  run_devices(&next_ns);
  run_timeouts(&next_ns);
  return next_ns;
}
