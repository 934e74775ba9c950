/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the machine gets hold of the instrument, sets it going, and lets go of it. */
#include "usb_private.h"

void usb_hold_drop(struct stance_usb_stream *stream)
{
  usb_stream_set_context(stream, NULL);
  struct usb_link *left = usb_link_destroy(stream->link);
  if (left != NULL) {
    left->next = stream->given_up;
    stream->given_up = left;
  }
  stream->link = NULL;
  stream->open = stream->configured = stream->streaming = false;
}

/* Late callbacks touch nothing but their link, so that its memory waits for them; where they never
   come it is lost, which is better than a program that hangs. */
void usb_hold_tidy(struct stance_usb_stream *stream)
{
  struct usb_link **at = &stream->given_up;
  while (*at != NULL) {
    struct usb_link *link = *at, *next = link->next;
    usb_link_pump(link, usb_link_now(link));
    if (link->talk_in_flight || link->queue.in_flight > 0) {
      at = &link->next;
      continue;
    }
    usb_link_destroy(link);
    *at = next;
  }
}

static void remember(struct stance_usb_stream *stream, const struct stance_source_info *info)
{
  struct usb_wish *wish = &stream->wish;
  stream->info = *info;
  snprintf(wish->serial, sizeof wish->serial, "%s", info->serial);
  snprintf(wish->port, sizeof wish->port, "%s", stream->link->port);
  wish->channel_count = info->channel_count;
  wish->rate_hz = info->rate_hz;
}

enum stance_status usb_hold_look(struct stance_usb_stream *stream, bool *ret_again,
                                 struct stance_problem *problem)
{
  struct stance_source_info info = {0};
  snprintf(info.uri, sizeof info.uri, "%s", stream->info.uri);
  usb_hold_drop(stream);
  const enum stance_status status =
      usb_seek(&stream->wish, &stream->link, &info, ret_again, problem);
  if (stream->link != NULL)
    usb_stream_set_context(stream, stream->link->context);
  stream->open = status == STANCE_OK;
  if (status == STANCE_OK)
    remember(stream, &info);
  return status;
}

enum stance_status usb_hold_open(struct stance_usb_stream *stream, struct stance_problem *problem)
{
  const struct stance_clock *clock = stream->clock;
  const int64_t deadline_ns = clock->now_ns(clock->context) + USB_RETRY_MS * (int64_t)NS_PER_MS;
  int64_t backoff_ns = USB_BACKOFF_FIRST_MS * (int64_t)NS_PER_MS;
  for (;;) {
    bool again = false;
    const enum stance_status status = usb_hold_look(stream, &again, problem);
    if (status == STANCE_OK || !again || stream->link == NULL ||
        clock->now_ns(clock->context) >= deadline_ns || atomic_load(&stream->hurry))
      return status;
    usb_link_pause(stream->link, backoff_ns);
    backoff_ns = backoff_ns * 2 < USB_BACKOFF_MAX_MS * (int64_t)NS_PER_MS
                     ? backoff_ns * 2
                     : USB_BACKOFF_MAX_MS * (int64_t)NS_PER_MS;
  }
}

enum stance_status usb_hold_run_up(struct stance_usb_stream *stream, struct stance_problem *problem)
{
  const struct stance_instrument *instrument = stream->instrument;
  struct usb_link *link = stream->link;
  enum stance_status status = STANCE_OK;
  if (!stream->configured)
    status = usb_converse(link, STANCE_DIALOGUE_CONFIGURE, problem);
  if (status != STANCE_OK)
    return status;
  stream->configured = false;
  instrument->shape(stream->state, &link->shape);
  instrument->rewind(stream->state);
  usb_flow_rearm(&stream->flow, usb_link_now(link));
  status = usb_queue_submit(link, &stream->flow, problem);
  if (status == STANCE_OK)
    status = usb_converse(link, STANCE_DIALOGUE_START, problem);
  if (status != STANCE_OK)
    return status;
  usb_flow_started(&stream->flow, usb_link_now(link));
  stream->watched_ns = 0;
  stream->streaming = true;
  return STANCE_OK;
}
