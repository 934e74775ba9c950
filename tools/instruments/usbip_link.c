/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of one attached device: submits in, answers out, each endpoint in its own order. */
#include "usbip_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct urb {
  struct urb *next;
  struct stance_usbip_submit submit;
  uint32_t done;  /* bytes in `data` that are filled */
  uint8_t data[]; /* submit.length bytes */
};

struct stance_usbip_link {
  struct stance_virtual_device *device; /* borrowed */
  struct urb *first, **last;
  size_t pending, pending_bytes;
  struct stance_usbip_bytes input, output;
  bool failed; /* memory ran out */
};

/* A peer that does not read its answers is not given more. */
enum { OUTPUT_ENOUGH = 1 << 20 };

enum stance_status stance_usbip_link_create(struct stance_virtual_device *device,
                                            struct stance_usbip_link **ret_link)
{
  struct stance_usbip_link *link = calloc(1, sizeof *link);

  if (link == NULL)
    return STANCE_MEMORY;
  link->device = device;
  link->last = &link->first;
  *ret_link = link;
  return STANCE_OK;
}

void stance_usbip_link_destroy(struct stance_usbip_link *link)
{
  if (link == NULL)
    return;
  while (link->first != NULL) {
    struct urb *urb = link->first;
    link->first = urb->next;
    free(urb);
  }
  free(link->input.bytes);
  free(link->output.bytes);
  free(link);
}

static struct urb *take_off(struct stance_usbip_link *link, struct urb **at)
{
  struct urb *urb = *at;

  *at = urb->next;
  if (link->last == &urb->next)
    link->last = at;
  link->pending--;
  link->pending_bytes -= urb->submit.length;
  return urb;
}

/* Answers the transfer at `*at` and takes it off the queue. */
static void complete(struct stance_usbip_link *link, struct urb **at, int32_t status)
{
  struct urb *urb = take_off(link, at);

  if (!stance_usbip_put_submit(&link->output, &urb->submit, status, urb->done, urb->data))
    link->failed = true;
  free(urb);
}

/* Partial data come with the cancelled transfer, as a host controller hands them over: a submit's
   answer carries data, an unlink's does not. */
static bool unlink_transfer(struct stance_usbip_link *link,
                            const struct stance_usbip_submit *unlink)
{
  int32_t status = 0; /* it was answered already */

  for (struct urb **at = &link->first; *at != NULL; at = &(*at)->next) {
    if ((*at)->submit.seqnum != unlink->victim)
      continue;
    if ((*at)->submit.in && (*at)->done > 0) {
      complete(link, at, 0);
      break;
    }
    free(take_off(link, at));
    status = -ECONNRESET;
    break;
  }
  return stance_usbip_put_unlink(&link->output, unlink, status);
}

static bool queue(struct stance_usbip_link *link, const struct stance_usbip_submit *submit,
                  const uint8_t *data)
{
  if (link->pending == STANCE_USBIP_PENDING_MAX ||
      link->pending_bytes + submit->length > STANCE_USBIP_PENDING_BYTES_MAX)
    return false;
  struct urb *urb = calloc(1, sizeof *urb + submit->length);
  if (urb == NULL)
    return false;
  urb->submit = *submit;
  if (!submit->in && submit->length > 0)
    memcpy(urb->data, data, submit->length);
  *link->last = urb;
  link->last = &urb->next;
  link->pending++;
  link->pending_bytes += submit->length;
  return true;
}

bool stance_usbip_link_receive(struct stance_usbip_link *link, const uint8_t *bytes, size_t count)
{
  struct stance_usbip_bytes *input = &link->input;
  size_t at = 0;

  if (link->output.used > STANCE_USBIP_UNREAD_MAX || !stance_usbip_append(input, bytes, count))
    return false;
  while (input->used - at >= STANCE_USBIP_HEADER_BYTES) {
    struct stance_usbip_submit submit;
    if (!stance_usbip_parse(input->bytes + at, &submit))
      return false;
    const size_t payload = submit.unlink || submit.in ? 0 : submit.length;
    if (input->used - at < STANCE_USBIP_HEADER_BYTES + payload)
      break;
    const uint8_t *data = input->bytes + at + STANCE_USBIP_HEADER_BYTES;
    if (submit.unlink ? !unlink_transfer(link, &submit) : !queue(link, &submit, data))
      return false;
    at += STANCE_USBIP_HEADER_BYTES + payload;
  }
  stance_usbip_consume(input, at);
  return !link->failed;
}

static int control(struct stance_usbip_link *link, struct urb *urb)
{
  struct stance_virtual_setup setup = urb->submit.setup;

  if (setup.length > urb->submit.length)
    setup.length = (uint16_t)urb->submit.length;
  return stance_virtual_device_control(link->device, &setup, urb->data);
}

/* Packets until the transfer is full or one is short. */
static int bulk_in(struct stance_usbip_link *link, struct urb *urb)
{
  struct stance_virtual_device *device = link->device;
  const size_t packet = device->kind->packet_bytes;
  const uint8_t endpoint = urb->submit.endpoint | 0x80;

  while (urb->done < urb->submit.length) {
    const size_t room = urb->submit.length - urb->done;
    uint8_t bytes[STANCE_VIRTUAL_PACKET_MAX];
    const int got = stance_virtual_in_packet(device, endpoint, bytes, packet);
    if (got < 0)
      return got;
    const size_t kept = (size_t)got < room ? (size_t)got : room;
    memcpy(urb->data + urb->done, bytes, kept);
    urb->done += (uint32_t)kept;
    if ((size_t)got > room)
      return -EOVERFLOW; /* the host's buffer is no multiple of the packet */
    if ((size_t)got < packet)
      break;
  }
  return (int)urb->done;
}

/* Bytes, or a negative status; -EAGAIN leaves it in the queue. */
static int perform(struct stance_usbip_link *link, struct urb *urb)
{
  const struct stance_usbip_submit *submit = &urb->submit;
  struct stance_virtual_device *device = link->device;
  int result;

  if (submit->endpoint == 0)
    return control(link, urb);
  const uint8_t endpoint = (uint8_t)(submit->endpoint | (submit->in ? 0x80 : 0));
  if (stance_virtual_is_halted(device, endpoint))
    return -EPIPE;
  result = submit->in ? bulk_in(link, urb)
                      : device->kind->bulk_out(device, endpoint, urb->data, submit->length);
  if (result == -EPIPE)
    stance_virtual_set_halt(device, endpoint, true);
  return result;
}

bool stance_usbip_link_deliver(struct stance_usbip_link *link)
{
  uint32_t waiting = 0; /* endpoints whose first transfer has no answer yet */
  bool progress = false;
  struct urb **at = &link->first;

  while (*at != NULL && link->output.used < OUTPUT_ENOUGH && !link->failed) {
    struct urb *urb = *at;
    const uint32_t bit = UINT32_C(1) << (urb->submit.endpoint + (urb->submit.in ? 16 : 0));
    if (urb->submit.endpoint == 0 ? (waiting & 1) != 0 : (waiting & bit) != 0) {
      at = &urb->next;
      continue;
    }
    const uint32_t before = urb->done;
    const int result = perform(link, urb);
    if (result == -EAGAIN) {
      waiting |= urb->submit.endpoint == 0 ? 1 : bit;
      progress = progress || urb->done != before;
      at = &urb->next;
      continue;
    }
    if (result >= 0)
      urb->done = (uint32_t)result;
    complete(link, at, result < 0 ? result : 0);
    progress = true;
  }
  return progress;
}

const uint8_t *stance_usbip_link_output(const struct stance_usbip_link *link, size_t *ret_count)
{
  *ret_count = link->output.used;
  return link->output.bytes;
}

void stance_usbip_link_sent(struct stance_usbip_link *link, size_t count)
{
  stance_usbip_consume(&link->output, count);
}
