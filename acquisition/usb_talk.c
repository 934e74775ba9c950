/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dialogues with an instrument: one asynchronous transfer at a time, while events, those of the
   stream too, are handled. */
#include "usb_private.h"

#include <stdlib.h>
#include <string.h>

static void LIBUSB_CALL on_talk(struct libusb_transfer *transfer)
{
  struct usb_link *link = transfer->user_data;
  link->talk_in_flight = false;
}

/* Waits for the callback; a transfer that outlives its own time-out is cancelled. */
static bool wait_for_talk(struct usb_link *link, unsigned timeout_ms)
{
  const int64_t guard_ns = USB_EXCHANGE_GUARD_MS * (int64_t)NS_PER_MS;
  int64_t deadline_ns = usb_link_now(link) + timeout_ms * (int64_t)NS_PER_MS + guard_ns;
  bool cancelled = false;
  while (link->talk_in_flight) {
    if (usb_link_now(link) >= deadline_ns && cancelled)
      return false;
    if (!cancelled && (usb_link_now(link) >= deadline_ns || usb_link_hurries(link))) {
      libusb_cancel_transfer(link->talk);
      cancelled = true;
      deadline_ns = usb_link_now(link) + guard_ns;
    }
    usb_link_pump(link, deadline_ns);
  }
  return true;
}

static enum stance_usb_outcome outcome_of(struct usb_link *link)
{
  switch (link->talk->status) {
  case LIBUSB_TRANSFER_COMPLETED:
    return STANCE_USB_DONE;
  case LIBUSB_TRANSFER_TIMED_OUT:
    return STANCE_USB_TIMEOUT;
  case LIBUSB_TRANSFER_STALL:
    return STANCE_USB_STALL;
  case LIBUSB_TRANSFER_NO_DEVICE:
    link->gone = true;
    return STANCE_USB_FAILED;
  default:
    return STANCE_USB_FAILED;
  }
}

static enum stance_usb_outcome send_talk(struct usb_link *link, unsigned timeout_ms)
{
  /* One that never came back still owns the transfer. */
  if (link->talk_in_flight)
    return STANCE_USB_FAILED;
  const enum usb_error error = usb_error_of(libusb_submit_transfer(link->talk));
  link->gone |= error == USB_GONE;
  if (error != USB_OK)
    return error == USB_HALTED ? STANCE_USB_STALL : STANCE_USB_FAILED;
  link->talk_in_flight = true;
  if (!wait_for_talk(link, timeout_ms))
    return STANCE_USB_FAILED;
  return outcome_of(link);
}

static void control(struct usb_link *link, const struct stance_usb_exchange *exchange,
                    size_t length, struct stance_usb_reply *ret_reply)
{
  const bool in = exchange->transfer == STANCE_USB_CONTROL_IN;
  libusb_fill_control_setup(link->talk_bytes, exchange->request_type, exchange->request,
                            exchange->value, exchange->index, (uint16_t)length);
  if (!in)
    memcpy(link->talk_bytes + LIBUSB_CONTROL_SETUP_SIZE, exchange->data, length);
  libusb_fill_control_transfer(link->talk, link->handle, link->talk_bytes, on_talk, link,
                               exchange->timeout_ms);
  ret_reply->outcome = send_talk(link, exchange->timeout_ms);
  if (in && !link->talk_in_flight) {
    ret_reply->data = link->talk_bytes + LIBUSB_CONTROL_SETUP_SIZE;
    ret_reply->length = (size_t)link->talk->actual_length;
  }
}

/* A buffer that is no multiple of the packet size is an overflow on the bus. */
static size_t whole_packets(struct usb_link *link, uint8_t endpoint, size_t length)
{
  const int size = libusb_get_max_packet_size(libusb_get_device(link->handle), endpoint);
  if (size <= 0 || (size_t)size > STANCE_USB_DATA_MAX)
    return STANCE_USB_DATA_MAX;
  return (length + (size_t)size - 1) / (size_t)size * (size_t)size;
}

static void bulk(struct usb_link *link, const struct stance_usb_exchange *exchange, size_t length,
                 struct stance_usb_reply *ret_reply)
{
  const bool in = (exchange->endpoint & LIBUSB_ENDPOINT_IN) != 0;
  const size_t size = in ? whole_packets(link, exchange->endpoint, length) : length;
  if (!in)
    memcpy(link->talk_bytes, exchange->data, length);
  libusb_fill_bulk_transfer(link->talk, link->handle, exchange->endpoint, link->talk_bytes,
                            (int)size, on_talk, link, exchange->timeout_ms);
  ret_reply->outcome = send_talk(link, exchange->timeout_ms);
  if (in && !link->talk_in_flight) {
    const size_t came = (size_t)link->talk->actual_length;
    ret_reply->data = link->talk_bytes;
    ret_reply->length = came < length ? came : length;
  }
}

/* Reads until nothing came for the time-out. An instrument that never falls silent is not driven
   any further. */
static void drain(struct usb_link *link, const struct stance_usb_exchange *exchange,
                  struct stance_usb_reply *ret_reply)
{
  enum { DRAIN_MAX_MS = 3000 };
  const int64_t end_ns =
      usb_link_now(link) + (DRAIN_MAX_MS + exchange->timeout_ms) * (int64_t)NS_PER_MS;
  struct stance_usb_exchange read = *exchange;
  read.transfer = STANCE_USB_BULK_IN;
  /* While the stream's own transfers are queued they take what comes; a read beside them would
     steal from it. Then to drain is to wait until they bring no more. */
  if (link->queue.in_flight > 0 && exchange->endpoint == link->shape.endpoint) {
    usb_queue_settle(link, exchange->timeout_ms * (int64_t)NS_PER_MS);
    return;
  }
  do {
    bulk(link, &read, STANCE_USB_DATA_MAX, ret_reply);
    /* A packet of no bytes ends a transfer too, and what follows it is still to be read. So is what
       follows bytes that came as the time-out did, to a host that was held up. */
  } while ((ret_reply->outcome == STANCE_USB_DONE ||
            (ret_reply->outcome == STANCE_USB_TIMEOUT && ret_reply->length > 0)) &&
           usb_link_now(link) < end_ns);
  if (ret_reply->outcome == STANCE_USB_TIMEOUT)
    ret_reply->outcome = STANCE_USB_DONE;
  else if (ret_reply->outcome == STANCE_USB_DONE)
    ret_reply->outcome = STANCE_USB_FAILED;
  ret_reply->length = 0;
}

static void clear_halt(struct usb_link *link, uint8_t endpoint, struct stance_usb_reply *ret_reply)
{
  /* It would pull the ground from under queued transfers. */
  if (link->queue.in_flight > 0 && endpoint == link->shape.endpoint)
    return;
  const enum usb_error error = usb_error_of(libusb_clear_halt(link->handle, endpoint));
  link->gone |= error == USB_GONE;
  ret_reply->outcome = error == USB_OK ? STANCE_USB_DONE : STANCE_USB_FAILED;
}

static void carry_out(struct usb_link *link, const struct stance_usb_exchange *asked,
                      struct stance_usb_reply *ret_reply)
{
  enum { USUAL_TIMEOUT_MS = 1000 };
  struct stance_usb_exchange exchange = *asked;
  const size_t length =
      exchange.length < STANCE_USB_DATA_MAX ? exchange.length : STANCE_USB_DATA_MAX;
  /* For libusb 0 is for ever. */
  if (exchange.timeout_ms == 0)
    exchange.timeout_ms = USUAL_TIMEOUT_MS;
  *ret_reply = (struct stance_usb_reply){.outcome = STANCE_USB_DONE, .data = link->talk_bytes};
  switch (exchange.transfer) {
  case STANCE_USB_CONTROL_OUT:
  case STANCE_USB_CONTROL_IN:
    control(link, &exchange, length, ret_reply);
    break;
  case STANCE_USB_BULK_OUT:
  case STANCE_USB_BULK_IN:
    bulk(link, &exchange, length, ret_reply);
    break;
  case STANCE_USB_CLEAR_HALT:
    clear_halt(link, exchange.endpoint, ret_reply);
    break;
  case STANCE_USB_DRAIN:
    drain(link, &exchange, ret_reply);
    break;
  case STANCE_USB_PAUSE:
    usb_link_pause(link, exchange.timeout_ms * (int64_t)NS_PER_MS);
    break;
  }
}

enum stance_status usb_converse(struct usb_link *link, enum stance_dialogue dialogue,
                                struct stance_problem *problem)
{
  const struct stance_instrument *instrument = link->instrument;
  const int64_t end_ns = usb_link_now(link) + USB_DIALOGUE_MS * (int64_t)NS_PER_MS;
  struct stance_usb_exchange exchange;
  struct stance_usb_reply reply;
  for (unsigned step = 0;; step++) {
    memset(&exchange, 0, sizeof exchange);
    const enum stance_status status = instrument->converse(
        link->state, dialogue, step, step == 0 ? NULL : &reply, &exchange, problem);
    if (status == STANCE_END)
      return STANCE_OK;
    if (status != STANCE_OK)
      return status;
    carry_out(link, &exchange, &reply);
    if (link->gone)
      return stance_problem_set(problem, STANCE_INSTRUMENT, "%s: the instrument was unplugged",
                                instrument->kind.scheme);
    if (usb_link_hurries(link) || usb_link_now(link) >= end_ns)
      return stance_problem_set(problem, STANCE_INSTRUMENT,
                                "%s: the instrument did not answer in time; unplug it, plug it in "
                                "again",
                                instrument->kind.scheme);
  }
}
