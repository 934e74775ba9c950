/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/fake_libusb.h"

#include "support/fake_libusb_world.h"

#include <string.h>

/* Here a device is of all contexts: it is opened in the one that this thread found it by. */
static _Thread_local struct libusb_context *looked_in;

struct fake_world world = {.lock = PTHREAD_RWLOCK_INITIALIZER};

/* ---- contexts, hotplug ----------------------------------------------------------------------- */

int LIBUSB_CALL libusb_init(libusb_context **ret_context)
{
  libusb_context *context = calloc(1, sizeof *context);
  fake_lock();
  world.counts.contexts++;
  world.contexts_alive++;
  context->next = world.context;
  world.context = context;
  fake_unlock();
  *ret_context = context;
  return LIBUSB_SUCCESS;
}

void LIBUSB_CALL libusb_exit(libusb_context *context)
{
  fake_lock();
  fake_forbid_in_callback("libusb_exit");
  if (context->handles > 0)
    fake_wrong("libusb_exit with an open handle");
  struct libusb_context **at = &world.context;
  while (*at != context)
    at = &(*at)->next;
  *at = context->next;
  fake_drop_messages(context);
  world.contexts_alive--;
  fake_unlock();
  free(context);
}

int LIBUSB_CALL libusb_has_capability(uint32_t capability)
{
  return capability == LIBUSB_CAP_HAS_HOTPLUG;
}

int LIBUSB_CALL libusb_hotplug_register_callback(libusb_context *context, int events, int flags,
                                                 int vendor, int product, int class,
                                                 libusb_hotplug_callback_fn callback, void *data,
                                                 libusb_hotplug_callback_handle *ret_handle)
{
  (void)events, (void)flags, (void)vendor, (void)product, (void)class;
  fake_lock();
  context->hotplug = callback;
  context->hotplug_data = data;
  fake_unlock();
  *ret_handle = 1;
  return LIBUSB_SUCCESS;
}

void LIBUSB_CALL libusb_hotplug_deregister_callback(libusb_context *context,
                                                    libusb_hotplug_callback_handle handle)
{
  (void)handle;
  fake_lock();
  context->hotplug = NULL;
  fake_unlock();
}

/* ---- devices --------------------------------------------------------------------------------- */

ssize_t LIBUSB_CALL libusb_get_device_list(libusb_context *context, libusb_device ***ret_list)
{
  libusb_device **list = calloc(FAKE_DEVICE_MAX + 1, sizeof(libusb_device *));
  ssize_t count = 0;
  fake_lock();
  looked_in = context;
  world.counts.lists++;
  for (int k = 0; k < world.device_count; k++)
    if (world.device[k].instance != NULL) {
      list[count] = world.device[k].instance;
      list[count++]->references++;
    }
  fake_unlock();
  *ret_list = list;
  return count;
}

void LIBUSB_CALL libusb_free_device_list(libusb_device **list, int unreference)
{
  for (size_t k = 0; unreference != 0 && list[k] != NULL; k++)
    libusb_unref_device(list[k]);
  free(list);
}

libusb_device *LIBUSB_CALL libusb_ref_device(libusb_device *device)
{
  fake_lock();
  device->references++;
  fake_unlock();
  return device;
}

void LIBUSB_CALL libusb_unref_device(libusb_device *device)
{
  fake_lock();
  fake_unref(device);
  fake_unlock();
}

int LIBUSB_CALL libusb_get_device_descriptor(libusb_device *device,
                                             struct libusb_device_descriptor *ret_descriptor)
{
  const struct fake_device *about = &world.device[device->number].about;
  *ret_descriptor =
      (struct libusb_device_descriptor){.idVendor = about->vendor, .idProduct = about->product};
  return LIBUSB_SUCCESS;
}

uint8_t LIBUSB_CALL libusb_get_bus_number(libusb_device *device)
{
  return world.device[device->number].about.bus;
}

int LIBUSB_CALL libusb_get_port_numbers(libusb_device *device, uint8_t *ret_number, int size)
{
  const uint8_t *port = world.device[device->number].about.port;
  int depth = 0;
  for (; depth < FAKE_PORT_MAX && depth < size && port[depth] != 0; depth++)
    ret_number[depth] = port[depth];
  return depth;
}

int LIBUSB_CALL libusb_get_max_packet_size(libusb_device *device, unsigned char endpoint)
{
  (void)device, (void)endpoint;
  return FAKE_PACKET;
}

int LIBUSB_CALL libusb_open(libusb_device *device, libusb_device_handle **ret_handle)
{
  int code = LIBUSB_SUCCESS;
  fake_lock();
  fake_forbid_in_callback("libusb_open");
  struct fake_slot *slot = &world.device[device->number];
  world.counts.touched[device->number]++;
  if (slot->instance != device)
    code = LIBUSB_ERROR_NO_DEVICE;
  else if (slot->opens_failing > 0) {
    slot->opens_failing--;
    code = (int)world.open_error;
  } else {
    *ret_handle = calloc(1, sizeof **ret_handle);
    (*ret_handle)->device = device;
    (*ret_handle)->context = looked_in;
    looked_in->handles++;
    device->references++;
    world.counts.opens++;
  }
  fake_unlock();
  return code;
}

void LIBUSB_CALL libusb_close(libusb_device_handle *handle)
{
  fake_lock();
  fake_forbid_in_callback("libusb_close");
  if (handle->in_flight > 0)
    fake_wrong("libusb_close with transfers in flight");
  if (handle->claimed != 0)
    fake_wrong("libusb_close with an interface claimed");
  handle->context->handles--;
  world.counts.closes++;
  fake_unref(handle->device);
  fake_unlock();
  free(handle);
}

libusb_device *LIBUSB_CALL libusb_get_device(libusb_device_handle *handle)
{
  return handle->device;
}

static bool is_present(const libusb_device_handle *handle)
{
  return world.device[handle->device->number].instance == handle->device;
}

int LIBUSB_CALL libusb_kernel_driver_active(libusb_device_handle *handle, int interface)
{
  return interface == 0 && world.device[handle->device->number].driver_bound ? 1 : 0;
}

int LIBUSB_CALL libusb_detach_kernel_driver(libusb_device_handle *handle, int interface)
{
  fake_lock();
  (void)interface;
  world.counts.detaches++;
  world.device[handle->device->number].driver_bound = false;
  fake_unlock();
  return LIBUSB_SUCCESS;
}

int LIBUSB_CALL libusb_attach_kernel_driver(libusb_device_handle *handle, int interface)
{
  fake_lock();
  if ((handle->claimed >> interface & 1) != 0)
    fake_wrong("kernel driver attached to a claimed interface");
  const int code = is_present(handle) ? LIBUSB_SUCCESS : LIBUSB_ERROR_NO_DEVICE;
  world.counts.attaches++;
  world.device[handle->device->number].driver_bound = code == LIBUSB_SUCCESS;
  fake_unlock();
  return code;
}

int LIBUSB_CALL libusb_claim_interface(libusb_device_handle *handle, int interface)
{
  int code = LIBUSB_SUCCESS;
  fake_lock();
  world.counts.claims++;
  if (!is_present(handle))
    code = LIBUSB_ERROR_NO_DEVICE;
  else if (interface == 0 && world.device[handle->device->number].driver_bound)
    code = LIBUSB_ERROR_BUSY;
  else
    handle->claimed |= 1U << interface;
  fake_unlock();
  return code;
}

int LIBUSB_CALL libusb_release_interface(libusb_device_handle *handle, int interface)
{
  fake_lock();
  handle->claimed &= ~(1U << interface);
  fake_unlock();
  return LIBUSB_SUCCESS;
}

int LIBUSB_CALL libusb_clear_halt(libusb_device_handle *handle, unsigned char endpoint)
{
  fake_lock();
  fake_forbid_in_callback("libusb_clear_halt");
  world.counts.clear_halts++;
  if (fake_oldest(handle->device->number, endpoint) != NULL)
    fake_wrong("libusb_clear_halt while transfers are queued");
  world.device[handle->device->number].halted = false;
  fake_unlock();
  return is_present(handle) ? LIBUSB_SUCCESS : LIBUSB_ERROR_NO_DEVICE;
}

/* ---- transfers ------------------------------------------------------------------------------- */

struct libusb_transfer *LIBUSB_CALL libusb_alloc_transfer(int iso_packets)
{
  struct fake_transfer *transfer = calloc(
      1, sizeof *transfer + (size_t)iso_packets * sizeof(struct libusb_iso_packet_descriptor));
  fake_lock();
  world.transfers_alive++;
  fake_unlock();
  return &transfer->public;
}

void LIBUSB_CALL libusb_free_transfer(struct libusb_transfer *public)
{
  if (public == NULL)
    return;
  struct fake_transfer *transfer = fake_transfer_of(public);
  fake_lock();
  if (transfer->in_flight)
    fake_wrong("libusb_free_transfer in flight");
  world.transfers_alive--;
  fake_unlock();
  free(transfer);
}

static int refusal(struct fake_transfer *transfer)
{
  const libusb_device_handle *handle = transfer->public.dev_handle;
  if (transfer->in_flight) {
    fake_wrong("libusb_submit_transfer twice");
    return LIBUSB_ERROR_BUSY;
  }
  if (!is_present(handle))
    return LIBUSB_ERROR_NO_DEVICE;
  if (world.memory_limit > 0 && world.in_flight >= world.memory_limit)
    return LIBUSB_ERROR_NO_MEM;
  if (fake_in_callback && world.submit_errors > 0) {
    world.submit_errors--;
    return LIBUSB_ERROR_IO;
  }
  return LIBUSB_SUCCESS;
}

/* Allocates nothing and takes no mutex: the real-time guard watches. */
int LIBUSB_CALL libusb_submit_transfer(struct libusb_transfer *public)
{
  struct fake_transfer *transfer = fake_transfer_of(public);
  fake_lock();
  world.counts.submits++;
  const int code = refusal(transfer);
  if (code == LIBUSB_SUCCESS)
    fake_queue(transfer);
  fake_unlock();
  return code;
}

int LIBUSB_CALL libusb_cancel_transfer(struct libusb_transfer *public)
{
  struct fake_transfer *transfer = fake_transfer_of(public);
  int code = LIBUSB_ERROR_NOT_FOUND;
  fake_lock();
  if (transfer->in_flight && !transfer->done) {
    code = world.cancel_not_found ? LIBUSB_ERROR_NOT_FOUND : LIBUSB_SUCCESS;
    fake_complete(transfer,
                  world.cancel_completes ? LIBUSB_TRANSFER_COMPLETED : LIBUSB_TRANSFER_CANCELLED,
                  world.cancel_delay_ns);
  }
  fake_unlock();
  return code;
}

int LIBUSB_CALL libusb_handle_events_timeout_completed(libusb_context *context,
                                                       struct timeval *span, int *completed)
{
  (void)completed;
  if (fake_in_callback)
    fake_wrong("events handled within a callback");
  fake_handle(context, (int64_t)span->tv_sec * 1000000000 + (int64_t)span->tv_usec * 1000);
  return LIBUSB_SUCCESS;
}

void LIBUSB_CALL libusb_interrupt_event_handler(libusb_context *context)
{
  fake_lock();
  context->interrupted = true;
  fake_unlock();
  fake_wake();
}
