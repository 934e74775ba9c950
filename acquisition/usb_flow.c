/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From bytes to frames, and every instant accounted for: produced = pushed + lost, because nothing
   but the sink counts, and what the host's clock says passed unseen is entered there as lost. */
#include "usb_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool usb_flow_init(struct usb_flow *flow, const struct stance_instrument *instrument,
                   const struct stance_clock *clock, void *state)
{
  flow->instrument = instrument;
  flow->clock = clock;
  flow->state = state;
  flow->scratch = calloc(1, instrument->state_size);
  for (int k = 0; k < 2; k++)
    stance_clock_loop_init(&flow->loop[k], 1);
  atomic_init(&flow->time, &flow->loop[0]);
  return flow->scratch != NULL;
}

void usb_flow_finish(struct usb_flow *flow)
{
  free(flow->scratch);
}

/* A sequence lock whose every store releases and load acquires (as clock_loop.c has it). */
static void publish(struct usb_flow *flow)
{
  struct usb_account *account = &flow->account;
  const struct stance_frame_sink *sink = &flow->sink;
  const unsigned sequence = atomic_load_explicit(&account->sequence, memory_order_relaxed);

  atomic_store_explicit(&account->sequence, sequence + 1, memory_order_relaxed);
  atomic_store_explicit(&account->produced, sink->next_index, memory_order_release);
  atomic_store_explicit(&account->lost, sink->lost, memory_order_release);
  atomic_store_explicit(&account->corrupt, sink->corrupt, memory_order_release);
  atomic_store_explicit(&account->duplicated, sink->duplicated, memory_order_release);
  atomic_store_explicit(&account->warnings, sink->warnings, memory_order_release);
  atomic_store_explicit(&account->backlog_pct, sink->backlog_pct, memory_order_release);
  atomic_store_explicit(&account->sequence, sequence + 2, memory_order_release);
}

void usb_account_read(const struct usb_account *account, struct usb_tally *ret_tally)
{
  unsigned before, after;

  do {
    before = atomic_load_explicit(&account->sequence, memory_order_acquire);
    ret_tally->produced = atomic_load_explicit(&account->produced, memory_order_acquire);
    ret_tally->lost = atomic_load_explicit(&account->lost, memory_order_acquire);
    ret_tally->corrupt = atomic_load_explicit(&account->corrupt, memory_order_acquire);
    ret_tally->duplicated = atomic_load_explicit(&account->duplicated, memory_order_acquire);
    ret_tally->warnings = atomic_load_explicit(&account->warnings, memory_order_acquire);
    ret_tally->backlog_pct = atomic_load_explicit(&account->backlog_pct, memory_order_acquire);
    after = atomic_load_explicit(&account->sequence, memory_order_relaxed);
  } while (before != after || (before & 1) != 0);
}

/* The next frame, whichever that is, makes a mark. */
static void expect_mark(struct usb_flow *flow)
{
  flow->mark_index = flow->sink.next_index + 1;
}

void usb_flow_begin(struct usb_flow *flow, const struct stance_source_info *info,
                    struct stance_frame_ring *const *rings, size_t ring_count)
{
  struct stance_clock_loop *last = atomic_load_explicit(&flow->time, memory_order_relaxed);
  struct stance_clock_loop *next = &flow->loop[last == &flow->loop[0] ? 1 : 0];

  flow->sink =
      (struct stance_frame_sink){.ring_count = ring_count, .channel_count = info->channel_count};
  for (size_t k = 0; k < ring_count; k++)
    flow->sink.ring[k] = rings[k];
  flow->rate_hz = info->rate_hz;
  flow->mark_step = (uint64_t)fmax(1, info->rate_hz * USB_MARK_MS / 1000);
  flow->interrupted = false;
  flow->fruitful = false;
  stance_clock_loop_init(next, info->rate_hz);
  atomic_store_explicit(&flow->time, next, memory_order_release);
  expect_mark(flow);
  publish(flow);
}

void usb_flow_rearm(struct usb_flow *flow, int64_t now_ns)
{
  flow->last_ns = now_ns;
  flow->fruitful = false;
  flow->sink.restart_reason = NULL;
  expect_mark(flow);
}

void usb_flow_started(struct usb_flow *flow, int64_t now_ns)
{
  if (flow->fruitful)
    return;
  flow->last_ns = now_ns;
  /* Until the first frame ever, what counts begins here. */
  if (flow->sink.next_index == 0) {
    flow->anchor_index = 0;
    flow->anchor_ns = now_ns;
  }
}

/* The line that the instrument's frames arrived on tells when the last one came, however late the
   host looked; where that is too far from what just happened, the last arrival itself does. */
void usb_flow_interrupt(struct usb_flow *flow)
{
  struct stance_clock_loop *time = atomic_load_explicit(&flow->time, memory_order_relaxed);
  struct stance_clock_estimate estimate;
  static const int64_t plausible_ns = USB_SILENCE_MAX_MS * (int64_t)NS_PER_MS;

  if (flow->interrupted)
    return;
  flow->interrupted = true;
  if (flow->sink.next_index > 0) {
    flow->anchor_index = flow->sink.next_index;
    flow->anchor_ns = flow->last_ns;
    if (stance_clock_loop_read(time, &estimate)) {
      const int64_t at_ns = stance_clock_estimate_host_ns(&estimate, flow->sink.next_index - 1);
      if (at_ns <= flow->last_ns && at_ns > flow->last_ns - plausible_ns)
        flow->anchor_ns = at_ns;
    }
  }
  stance_clock_loop_resume(time);
}

/* Instants that the host's clock says had been sampled by `now_ns`. */
static uint64_t expected_by(const struct usb_flow *flow, int64_t now_ns)
{
  const double passed_s = (double)(now_ns - flow->anchor_ns) / NS_PER_S;
  return flow->anchor_index + (uint64_t)llround(fmax(passed_s, 0) * flow->rate_hz);
}

static void lose_up_to(struct usb_flow *flow, uint64_t index)
{
  if (index > flow->sink.next_index)
    stance_frame_sink_lose(&flow->sink, index - flow->sink.next_index);
  expect_mark(flow);
}

void usb_flow_lose_until(struct usb_flow *flow, int64_t now_ns)
{
  if (!flow->interrupted)
    return;
  lose_up_to(flow, expected_by(flow, now_ns));
  publish(flow);
}

/* How many instants these bytes complete: tried on a copy, so that the gap before them can be
   entered before they are. */
static uint64_t count_instants(struct usb_flow *flow, const uint8_t *bytes, size_t length)
{
  struct stance_frame_sink trial = {.channel_count = flow->sink.channel_count};
  memcpy(flow->scratch, flow->state, flow->instrument->state_size);
  flow->instrument->decode(flow->scratch, bytes, length, &trial);
  return trial.next_index;
}

void usb_flow_resume(struct usb_flow *flow, const uint8_t *bytes, size_t length)
{
  const uint64_t count = count_instants(flow, bytes, length);
  const uint64_t expected = expected_by(flow, flow->last_ns);

  if (count > 0 && expected > count)
    lose_up_to(flow, expected - count);
  flow->interrupted = count == 0;
  flow->instrument->decode(flow->state, bytes, length, &flow->sink);
}

void usb_flow_mark(struct usb_flow *flow)
{
  flow->fruitful = true;
  flow->mark_index = flow->sink.next_index + flow->mark_step;
  stance_clock_loop_update(atomic_load_explicit(&flow->time, memory_order_relaxed),
                           flow->sink.next_index - 1, flow->last_ns);
}

bool usb_flow_heed(struct usb_flow *flow)
{
  const bool well = flow->sink.restart_reason == NULL && flow->sink.fatal_reason == NULL;

  publish(flow);
  flow->sink.has_news = !well;
  return well;
}
