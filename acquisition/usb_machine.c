/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event thread: what is wanted, what is, and the way from one to the other. */
#include "usb_private.h"

#include <sched.h>

static int64_t now_of(const struct stance_usb_stream *stream)
{
  return stream->clock->now_ns(stream->clock->context);
}

static void answer(struct stance_usb_stream *stream, enum stance_status status,
                   const struct stance_problem *problem)
{
  pthread_mutex_lock(&stream->mutex);
  stream->answer = status;
  stream->answer_problem = *problem;
  stream->answered = stream->asked;
  if (status != STANCE_OK)
    stream->want = USB_WANT_READY;
  pthread_cond_broadcast(&stream->changed);
  pthread_mutex_unlock(&stream->mutex);
}

static void count_interruption(struct stance_usb_stream *stream)
{
  pthread_mutex_lock(&stream->mutex);
  stream->interruptions++;
  pthread_mutex_unlock(&stream->mutex);
}

static void end(struct stance_usb_stream *stream)
{
  stream->running = stream->streaming = false;
  usb_stream_set_state(stream, stream->open ? STANCE_SOURCE_READY : STANCE_SOURCE_ABSENT);
  pthread_mutex_lock(&stream->mutex);
  stream->ended = true;
  pthread_mutex_unlock(&stream->mutex);
}

/* Looks for the instrument at once, then less and less often. */
static void schedule_look(struct stance_usb_stream *stream, bool afresh)
{
  const int64_t most_ns = USB_RESCAN_MS * (int64_t)NS_PER_MS;
  if (afresh || stream->backoff_ns == 0)
    stream->backoff_ns = USB_BACKOFF_FIRST_MS * (int64_t)NS_PER_MS;
  stream->next_look_ns = now_of(stream) + stream->backoff_ns;
  stream->backoff_ns = stream->backoff_ns * 2 < most_ns ? stream->backoff_ns * 2 : most_ns;
}

static void await_return(struct stance_usb_stream *stream, const char *notice)
{
  usb_hold_drop(stream); /* what has arrived is still taken */
  const bool broke_at_once = stream->running && !stream->flow.fruitful;
  /* Frames may have come before what set them going was found to have failed. */
  if (stream->running || stream->flow.sink.next_index > 0)
    usb_flow_interrupt(&stream->flow);
  stream->absent_since_ns = now_of(stream);
  usb_stream_set_state(stream, STANCE_SOURCE_ABSENT);
  usb_stream_set_notice(stream, notice);
  schedule_look(stream, !broke_at_once);
}

static const char unplugged_notice[] =
    "The instrument was unplugged: plug it in again. Recording goes on; what it misses is kept as "
    "a gap.";

static void lose_instrument(struct stance_usb_stream *stream)
{
  count_interruption(stream);
  await_return(stream, unplugged_notice);
}

/* Stop, clear, configure, start: quicker than to open it anew. */
static enum stance_status restart_in_place(struct stance_usb_stream *stream)
{
  struct stance_problem problem;
  struct usb_link *link = stream->link;
  /* An instrument that refuses to stop may have stopped by itself. */
  const bool stopped = usb_converse(link, STANCE_DIALOGUE_STOP, &problem) == STANCE_OK;
  if (link->gone || (!stopped && link->talk_in_flight) || !usb_queue_stop(link))
    return STANCE_INSTRUMENT;
  if (usb_error_of(libusb_clear_halt(link->handle, link->shape.endpoint)) == USB_GONE)
    return STANCE_INSTRUMENT;
  usb_flow_lose_until(&stream->flow, now_of(stream));
  stream->configured = false;
  return usb_hold_run_up(stream, &problem);
}

static void restored(struct stance_usb_stream *stream)
{
  stream->restored_ns = now_of(stream);
  stream->notice_stands = true;
  usb_stream_set_state(stream, STANCE_SOURCE_STREAMING);
}

static void restart(struct stance_usb_stream *stream, const char *reason)
{
  const int64_t now_ns = now_of(stream);
  const bool glitch = stream->link->queue.fault == USB_FAULT_GLITCH;
  const bool again = glitch && now_ns - stream->last_glitch_ns < USB_GLITCH_MS * (int64_t)NS_PER_MS;
  if (glitch)
    stream->last_glitch_ns = now_ns;
  count_interruption(stream);
  usb_flow_interrupt(&stream->flow);
  stream->link->queue.flow = NULL; /* what still comes can no longer be dated */
  stream->streaming = false;
  usb_stream_set_state(stream, STANCE_SOURCE_CONFIGURING);
  usb_stream_set_notice(stream, reason);
  if (!again && stream->flow.fruitful && restart_in_place(stream) == STANCE_OK) {
    restored(stream);
    return;
  }
  await_return(stream, stream->link->gone ? unplugged_notice : reason);
}

/* Stops what still streams; false where the link is no longer fit for use. */
static bool halt(struct stance_usb_stream *stream)
{
  struct stance_problem problem;
  struct usb_link *link = stream->link;
  const int64_t quiet_ns = link->queue.plan.packet_ns + USB_QUIET_MS * (int64_t)NS_PER_MS;
  bool fit = usb_converse(link, STANCE_DIALOGUE_STOP, &problem) == STANCE_OK;
  if (fit)
    usb_queue_settle(link, quiet_ns);
  fit = usb_queue_stop(link) && fit;
  return fit && !link->gone;
}

static void fail(struct stance_usb_stream *stream)
{
  pthread_mutex_lock(&stream->mutex);
  stream->failed = true;
  stance_problem_write(&stream->failure, "%s: %s", stream->instrument->kind.scheme,
                       stream->flow.sink.fatal_reason);
  pthread_mutex_unlock(&stream->mutex);
  usb_stream_set_state(stream, STANCE_SOURCE_DRAINING);
  if (!halt(stream))
    usb_hold_drop(stream);
  end(stream);
}

/* Nothing came for a while. */
static void check(struct stance_usb_stream *stream)
{
  struct stance_problem problem = {""};
  const int64_t heard_ns = stream->flow.last_ns;
  const bool well = usb_converse(stream->link, STANCE_DIALOGUE_CHECK, &problem) == STANCE_OK;
  const int64_t now_ns = now_of(stream);
  stream->watched_ns = 0;
  if (atomic_load(&stream->hurry) || stream->link->gone || stream->flow.last_ns > heard_ns)
    return;
  if (!well)
    restart(stream, "The instrument fell silent and is started anew; what it missed is kept as a "
                    "gap.");
  else if (now_ns - heard_ns > USB_SILENCE_MAX_MS * (int64_t)NS_PER_MS)
    restart(stream, "The instrument says that all is well but sends nothing: it is started anew; "
                    "what it missed is kept as a gap.");
}

static const char *reason_of(const struct stance_usb_stream *stream)
{
  switch (stream->link->queue.fault) {
  case USB_FAULT_STALL:
    return "The instrument stopped because its buffer overran: it is started anew; what it missed "
           "is kept as a gap.";
  case USB_FAULT_DECODER:
    return stream->flow.sink.restart_reason;
  default:
    return "The USB connection is disturbed (cable, hub?): the instrument is started anew; what it "
           "missed is kept as a gap.";
  }
}

/* Only what was listened to is silence: while this thread is held up, by its own machine or by what
   it runs on, what comes waits for it. True after enough of it. */
static bool listen(struct stance_usb_stream *stream)
{
  enum { TICK_NS = 50 * NS_PER_MS };
  const int64_t heard_ns = stream->flow.last_ns, begin_ns = now_of(stream);
  usb_link_pump(stream->link, begin_ns + TICK_NS);
  const int64_t span_ns = now_of(stream) - begin_ns;
  stream->watched_ns += span_ns < TICK_NS ? span_ns : TICK_NS;
  if (stream->flow.last_ns != heard_ns)
    stream->watched_ns = 0;
  return stream->watched_ns >= usb_plan_silence_ns(&stream->link->queue.plan, stream->instrument);
}

/* What happened is still told for a while after all is well again. */
static void retire_notice(struct stance_usb_stream *stream)
{
  const int64_t well_ns = now_of(stream) - stream->restored_ns;
  if (!stream->notice_stands || !stream->flow.fruitful ||
      well_ns < USB_NOTICE_MS * (int64_t)NS_PER_MS)
    return;
  usb_stream_set_notice(stream, "");
  stream->notice_stands = false;
}

static void watch_stream(struct stance_usb_stream *stream)
{
  struct usb_link *link = stream->link;
  const bool silent = listen(stream);
  usb_queue_refill(link);
  if (stream->memory_short != link->queue.memory_short) {
    pthread_mutex_lock(&stream->mutex);
    stream->memory_short = link->queue.memory_short;
    pthread_mutex_unlock(&stream->mutex);
  }
  if (link->gone || link->queue.fault == USB_FAULT_ERRORS)
    lose_instrument(stream);
  else if (stream->flow.sink.fatal_reason != NULL)
    fail(stream);
  else if (link->queue.fault != USB_FAULT_NONE)
    restart(stream, reason_of(stream));
  else if (silent)
    check(stream);
  else
    retire_notice(stream);
}

static void wait_until_look(struct stance_usb_stream *stream)
{
  enum { TICK_NS = 200 * NS_PER_MS };
  const int64_t now_ns = now_of(stream);
  const int64_t left_ns = stream->next_look_ns - now_ns;
  const int64_t span_ns = left_ns < TICK_NS ? left_ns : TICK_NS;
  if (stream->link == NULL) {
    stream->clock->sleep_until_ns(stream->clock->context, now_ns + span_ns);
    return;
  }
  usb_link_pause(stream->link, span_ns);
  if (stream->link->arrived)
    schedule_look(stream, true);
  stream->link->arrived = false;
}

/* True when the instrument is open again. */
static bool look_again(struct stance_usb_stream *stream)
{
  struct stance_problem problem = {""};
  bool again = false;
  if (now_of(stream) < stream->next_look_ns) {
    wait_until_look(stream);
    return false;
  }
  usb_stream_set_state(stream, STANCE_SOURCE_OPENING);
  if (usb_hold_look(stream, &again, &problem) == STANCE_OK)
    return true;
  usb_stream_set_state(stream, STANCE_SOURCE_ABSENT);
  schedule_look(stream, false);
  /* Rights come a moment after the instrument: no alarm before. */
  if (!again || now_of(stream) - stream->absent_since_ns > USB_RETRY_MS * (int64_t)NS_PER_MS)
    usb_stream_set_notice(stream, problem.text);
  return false;
}

static void recover(struct stance_usb_stream *stream)
{
  struct stance_problem problem = {""};
  usb_flow_lose_until(&stream->flow, now_of(stream));
  if (!look_again(stream))
    return;
  usb_stream_set_state(stream, STANCE_SOURCE_CONFIGURING);
  if (usb_hold_run_up(stream, &problem) != STANCE_OK) {
    await_return(stream, problem.text);
    return;
  }
  usb_stream_set_notice(stream, "The instrument is back: recording goes on; what was missed is "
                                "kept as a gap.");
  restored(stream);
}

static void idle(struct stance_usb_stream *stream)
{
  if (stream->open) {
    usb_link_pump(stream->link, now_of(stream) + USB_RESCAN_MS * (int64_t)NS_PER_MS);
    if (stream->link->gone)
      await_return(stream, "The instrument was unplugged: plug it in again.");
    return;
  }
  if (!look_again(stream))
    return;
  usb_stream_set_state(stream, STANCE_SOURCE_READY);
  usb_stream_set_notice(stream, "");
}

static void begin(struct stance_usb_stream *stream)
{
  enum { ATTEMPTS = 2 }; /* it may have been unplugged and plugged in again, unnoticed */
  struct stance_problem problem = {""};
  enum stance_status status = STANCE_INSTRUMENT;
  usb_flow_begin(&stream->flow, &stream->info, stream->ring, stream->ring_count);
  for (int k = 0; k < ATTEMPTS && status != STANCE_OK; k++) {
    usb_stream_set_state(stream, STANCE_SOURCE_CONFIGURING);
    status = stream->open ? STANCE_OK : usb_hold_open(stream, &problem);
    if (status == STANCE_OK)
      status = usb_hold_run_up(stream, &problem);
    if (status != STANCE_OK)
      await_return(stream, problem.text);
  }
  stream->running = status == STANCE_OK;
  if (stream->running) {
    usb_stream_set_notice(stream, "");
    usb_stream_set_state(stream, STANCE_SOURCE_STREAMING);
  }
  answer(stream, status, &problem);
}

/* What the instrument sampled up to the moment at which it was to stop, and what did not arrive, is
   lost; a packet that was still being filled is no loss, the recording ends before it. */
static void finish(struct stance_usb_stream *stream, int64_t stop_ns)
{
  bool broken = !stream->streaming;
  usb_stream_set_state(stream, STANCE_SOURCE_DRAINING);
  if (stream->streaming) {
    const struct usb_queue *queue = &stream->link->queue;
    const bool fit = halt(stream);
    broken = stream->link->gone || queue->fault != USB_FAULT_NONE ||
             stop_ns - stream->flow.last_ns > queue->plan.silence_ns;
    if (!fit)
      usb_hold_drop(stream);
  }
  if (broken) {
    usb_flow_interrupt(&stream->flow);
    usb_flow_lose_until(&stream->flow, stop_ns);
  }
  end(stream);
}

/* False when the thread is to end. */
static bool serve(struct stance_usb_stream *stream)
{
  static const struct stance_problem none = {""};
  pthread_mutex_lock(&stream->mutex);
  const enum usb_want want = stream->want;
  const int64_t want_ns = stream->want_ns;
  const bool asked = stream->asked != stream->answered;
  pthread_mutex_unlock(&stream->mutex);
  if (asked) {
    atomic_store(&stream->hurry, false);
    if (stream->running && want != USB_WANT_STREAM)
      finish(stream, want_ns);
    if (want == USB_WANT_STREAM)
      begin(stream);
    else
      answer(stream, STANCE_OK, &none);
  }
  usb_hold_tidy(stream);
  if (want == USB_WANT_QUIT)
    return false;
  if (!stream->running)
    idle(stream);
  else if (stream->streaming)
    watch_stream(stream);
  else
    recover(stream);
  return true;
}

/* Above the desktop, so that a busy page does not cost samples. */
static void take_priority(struct stance_usb_stream *stream)
{
  const struct sched_param parameter = {.sched_priority = USB_PRIORITY};
  if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter) == 0)
    return;
  pthread_mutex_lock(&stream->mutex);
  stream->no_realtime = true;
  pthread_mutex_unlock(&stream->mutex);
}

static enum stance_status first_open(struct stance_usb_stream *stream,
                                     struct stance_problem *problem)
{
  enum stance_status status = usb_hold_open(stream, problem);
  if (status == STANCE_OK)
    status = usb_converse(stream->link, STANCE_DIALOGUE_SELF_TEST, problem);
  if (status == STANCE_OK)
    status = usb_converse(stream->link, STANCE_DIALOGUE_CONFIGURE, problem);
  stream->configured = status == STANCE_OK;
  return status;
}

void *usb_machine_run(void *argument)
{
  struct stance_usb_stream *stream = argument;
  struct stance_problem problem = {""};
  take_priority(stream);
  usb_stream_set_state(stream, STANCE_SOURCE_OPENING);
  const enum stance_status status = first_open(stream, &problem);
  if (status == STANCE_OK)
    usb_stream_set_state(stream, STANCE_SOURCE_READY);
  answer(stream, status, &problem);
  while (status == STANCE_OK && serve(stream))
    ;
  usb_hold_drop(stream);
  usb_hold_tidy(stream);
  usb_stream_set_state(stream, STANCE_SOURCE_CLOSED);
  return NULL;
}
