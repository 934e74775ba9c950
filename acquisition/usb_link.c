/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A libusb context with at most one open instrument. It is made anew for each look at the bus: a
   new context enumerates, where an old one relies on hotplug events that can be missing. */
#include "usb_private.h"

#include <stdlib.h>
#include <sys/time.h>

/* Handled by usb_link_pump: nothing is opened or closed in here. */
static int LIBUSB_CALL on_hotplug(libusb_context *context, libusb_device *device,
                                  libusb_hotplug_event event, void *user_data)
{
  struct usb_link *link = user_data;
  struct libusb_device_descriptor descriptor;
  (void)context;
  if (event == LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT)
    link->gone |= link->handle != NULL && device == libusb_get_device(link->handle);
  else if (libusb_get_device_descriptor(device, &descriptor) == LIBUSB_SUCCESS &&
           usb_match(link->instrument, descriptor.idVendor, descriptor.idProduct) != NULL)
    link->arrived = true;
  return 0; /* stay registered */
}

enum stance_status usb_link_create(const struct stance_instrument *instrument,
                                   const struct stance_clock *clock, struct usb_link **ret_link,
                                   struct stance_problem *problem)
{
  struct usb_link *link = calloc(1, sizeof *link);
  if (link == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  link->instrument = instrument;
  link->clock = clock;
  link->talk = libusb_alloc_transfer(0);
  if (link->talk == NULL || libusb_init(&link->context) != LIBUSB_SUCCESS) {
    libusb_free_transfer(link->talk);
    free(link);
    return stance_problem_set(problem, STANCE_MEMORY,
                              "%s: USB cannot be used on this computer: is /dev/bus/usb there?",
                              instrument->kind.scheme);
  }
  /* Where events cannot be had, looking again once a second does. */
  if (libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG))
    link->has_hotplug =
        libusb_hotplug_register_callback(
            link->context, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
            LIBUSB_HOTPLUG_NO_FLAGS, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
            LIBUSB_HOTPLUG_MATCH_ANY, on_hotplug, link, &link->hotplug) == LIBUSB_SUCCESS;
  *ret_link = link;
  return STANCE_OK;
}

/* Takes the instrument's own interface from the kernel's driver, and no other. */
static enum usb_error claim(struct usb_link *link, size_t k)
{
  const int interface = link->shape.interface[k];
  if (libusb_kernel_driver_active(link->handle, interface) == 1) {
    const int code = libusb_detach_kernel_driver(link->handle, interface);
    if (code != LIBUSB_SUCCESS && code != LIBUSB_ERROR_NOT_FOUND)
      return usb_error_of(code);
    link->detached[k] = code == LIBUSB_SUCCESS;
  }
  const int code = libusb_claim_interface(link->handle, interface);
  link->claimed[k] = code == LIBUSB_SUCCESS;
  return usb_error_of(code);
}

enum usb_error usb_link_open(struct usb_link *link, libusb_device *device, const char *port)
{
  enum usb_error error = usb_error_of(libusb_open(device, &link->handle));
  if (error != USB_OK) {
    link->handle = NULL;
    return error;
  }
  link->gone = false;
  snprintf(link->port, sizeof link->port, "%s", port);
  for (size_t k = 0; k < link->shape.interface_count && error == USB_OK; k++)
    error = claim(link, k);
  if (error != USB_OK)
    usb_link_close(link);
  return error;
}

static bool is_quiet(const struct usb_link *link)
{
  return !link->talk_in_flight && link->queue.in_flight == 0;
}

/* The last interface first, as they were taken. A device that is gone refuses, harmlessly. */
static void give_back(struct usb_link *link)
{
  for (size_t k = link->shape.interface_count; k-- > 0;) {
    const int interface = link->shape.interface[k];
    if (link->claimed[k])
      libusb_release_interface(link->handle, interface);
    if (link->detached[k])
      libusb_attach_kernel_driver(link->handle, interface);
    link->claimed[k] = link->detached[k] = false;
  }
}

bool usb_link_close(struct usb_link *link)
{
  const int64_t deadline_ns = usb_link_now(link) + USB_TEARDOWN_MS * (int64_t)NS_PER_MS;
  if (link->handle == NULL)
    return true;
  usb_queue_cancel(link);
  /* What a cancel returns says nothing: only the callback tells that it is over. */
  if (link->talk_in_flight)
    libusb_cancel_transfer(link->talk);
  while (!is_quiet(link) && usb_link_now(link) < deadline_ns)
    usb_link_pump(link, deadline_ns);
  link->queue.flow = NULL; /* what comes later may come after the stream's end */
  if (!is_quiet(link))
    return false;
  usb_queue_free(&link->queue);
  give_back(link);
  libusb_close(link->handle);
  link->handle = NULL;
  /* libusb 1.0.26 looks into the handle when a transfer is freed. */
  link->talk->dev_handle = NULL;
  return true;
}

struct usb_link *usb_link_destroy(struct usb_link *link)
{
  if (link == NULL)
    return NULL;
  if (!usb_link_close(link))
    return link;
  if (link->has_hotplug)
    libusb_hotplug_deregister_callback(link->context, link->hotplug);
  /* libusb 1.0.26 looks into the context when a transfer is freed. */
  libusb_free_transfer(link->talk);
  libusb_exit(link->context);
  free(link);
  return NULL;
}

void usb_link_pump(struct usb_link *link, int64_t deadline_ns)
{
  enum { FAILURE_PAUSE_NS = 10 * NS_PER_MS };
  const int64_t now_ns = usb_link_now(link);
  const int64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
  /* Rounded up, lest the last microsecond be waited for again and again. */
  struct timeval left = {.tv_sec = left_ns / NS_PER_S,
                         .tv_usec = (left_ns % NS_PER_S + 999) / 1000};
  if (left.tv_usec == 1000000)
    left = (struct timeval){.tv_sec = left.tv_sec + 1};
  const int code = libusb_handle_events_timeout_completed(link->context, &left, NULL);
  /* A context that fails at once would keep a processor busy. */
  if (code != LIBUSB_SUCCESS && code != LIBUSB_ERROR_INTERRUPTED)
    link->clock->sleep_until_ns(link->clock->context, now_ns + FAILURE_PAUSE_NS);
}

void usb_link_pause(struct usb_link *link, int64_t span_ns)
{
  const int64_t deadline_ns = usb_link_now(link) + span_ns;
  while (usb_link_now(link) < deadline_ns && !usb_link_hurries(link) &&
         !(link->handle != NULL ? link->gone : link->arrived))
    usb_link_pump(link, deadline_ns);
}
