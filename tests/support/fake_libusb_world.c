/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/fake_libusb_world.h"

#include <stdio.h>
#include <string.h>

_Thread_local bool fake_in_callback;
/* True in a thread that handles events or sleeps: it moves the clock and may be held. */
static _Thread_local bool moves_time;
static atomic_int_least64_t virtual_ns;

/* Transfers that never came back, so that the leak checker finds what they hold. */
static struct fake_transfer *graveyard;

void fake_lock(void)
{
  pthread_rwlock_wrlock(&world.lock);
}

void fake_unlock(void)
{
  pthread_rwlock_unlock(&world.lock);
}

void fake_wrong(const char *what)
{
  if (world.wrong[0] == '\0')
    snprintf(world.wrong, sizeof world.wrong, "%s", what);
}

void fake_forbid_in_callback(const char *what)
{
  if (fake_in_callback)
    fake_wrong(what);
}

/* xorshift64*: Vigna 2016. */
static uint64_t random_below(uint64_t limit)
{
  world.random ^= world.random >> 12;
  world.random ^= world.random << 25;
  world.random ^= world.random >> 27;
  return (world.random * UINT64_C(2685821657736338717) >> 33) % limit;
}

int64_t fake_libusb_now(void)
{
  return atomic_load(&virtual_ns);
}

/* ---- what the program hears ------------------------------------------------------------------ */

/* Data of one endpoint stay in order; all else is in no order that one could rely on. */
static struct fake_transfer *choose(const struct libusb_context *context)
{
  struct fake_transfer *chosen = NULL;
  uint64_t eligible = 0;
  bool data_seen = false;
  for (struct fake_transfer *at = world.first; at != NULL; at = at->next) {
    if (!at->done || at->never || at->ready_ns > fake_libusb_now() ||
        at->public.dev_handle->context != context)
      continue;
    const bool data = at->public.endpoint == 0x81 && at->public.actual_length > 0;
    if (data && data_seen)
      continue;
    data_seen |= data;
    eligible++;
    const bool earlier = chosen == NULL || at->order < chosen->order;
    if (world.shuffle ? random_below(eligible) == 0 : earlier)
      chosen = at;
  }
  return chosen;
}

static void call_transfer(struct fake_transfer *transfer)
{
  struct fake_transfer **at = &world.first;
  while (*at != transfer)
    at = &(*at)->next;
  *at = transfer->next;
  transfer->in_flight = transfer->done = false;
  transfer->public.dev_handle->in_flight--;
  world.in_flight--;
  world.stream_in_flight -= transfer->public.endpoint == 0x81 ? 1 : 0;
  world.counts.callbacks++;
  fake_unlock();
  fake_in_callback = true;
  transfer->public.callback(&transfer->public);
  fake_in_callback = false;
  fake_lock();
}

static void call_hotplug(size_t k)
{
  const struct fake_message message = fake_take_message(k);
  libusb_hotplug_callback_fn callback = message.context->hotplug;
  void *data = message.context->hotplug_data;
  fake_unlock();
  fake_in_callback = true;
  if (callback != NULL)
    callback(message.context, message.device, message.event, data);
  fake_in_callback = false;
  fake_lock();
  fake_unref(message.device);
}

static bool deliver_one(const struct libusb_context *context)
{
  struct fake_transfer *transfer = choose(context);
  size_t k = 0;
  while (k < world.message_count && world.message[k].context != context)
    k++;
  const bool message = k < world.message_count;
  if (message && (transfer == NULL || world.message[k].order < transfer->order))
    call_hotplug(k);
  else if (transfer != NULL)
    call_transfer(transfer);
  return message || transfer != NULL;
}

/* ---- time ------------------------------------------------------------------------------------ */

void fake_wake(void)
{
  fake_lock();
  if (world.event_thread_waits) {
    world.event_thread_waits = false;
    sem_post(&world.moved);
  }
  fake_unlock();
}

/* Holds the thread where time may not pass any further. */
static void move_to(int64_t at_ns)
{
  if (at_ns <= world.limit_ns) {
    atomic_store(&virtual_ns, at_ns);
    return;
  }
  if (world.limit_ns > fake_libusb_now()) {
    atomic_store(&virtual_ns, world.limit_ns);
    return;
  }
  world.event_thread_waits = true;
  if (world.test_waits) {
    world.test_waits = false;
    sem_post(&world.waiting);
  }
  fake_unlock();
  sem_wait(&world.moved);
  fake_lock();
}

/* Time passes, devices send, nobody listens. */
static void stall(int64_t span_ns)
{
  const int64_t end_ns = fake_libusb_now() + span_ns;
  while (fake_libusb_now() < end_ns) {
    const int64_t next_ns = fake_run(end_ns);
    atomic_store(&virtual_ns, next_ns);
  }
}

void fake_handle(struct libusb_context *context, int64_t span_ns)
{
  enum { REAPED_AT_ONCE = 25 }; /* as libusb does */
  moves_time = true;
  fake_lock();
  /* A stall may have gone beyond it. */
  while (fake_libusb_now() > world.limit_ns)
    move_to(fake_libusb_now());
  const int64_t deadline_ns = fake_libusb_now() + span_ns;
  const int64_t stall_ns =
      world.host_stall_ns +
      (world.jitter_ns > 0 ? (int64_t)random_below((uint64_t)world.jitter_ns) : 0);
  world.host_stall_ns = 0;
  stall(stall_ns);
  for (;;) {
    const int64_t next_ns = fake_run(deadline_ns);
    int delivered = 0;
    while (delivered < REAPED_AT_ONCE && deliver_one(context))
      delivered++;
    if (delivered > 0 || context->interrupted || fake_libusb_now() >= deadline_ns)
      break;
    move_to(next_ns);
  }
  context->interrupted = false;
  stall(world.held_up_ns);
  world.held_up_ns = 0;
  fake_unlock();
}

static int64_t clock_now(void *unused)
{
  /* Before any of the time that it lets pass. */
  const int64_t now_ns = fake_libusb_now();
  (void)unused;
  if (!moves_time && world.grace_ns > 0) {
    fake_lock();
    if (world.limit_ns < fake_libusb_now() + world.grace_ns)
      world.limit_ns = fake_libusb_now() + world.grace_ns;
    fake_unlock();
    fake_wake();
  }
  return now_ns;
}

static void clock_sleep(void *unused, int64_t deadline_ns)
{
  (void)unused;
  moves_time = true;
  fake_lock();
  while (fake_libusb_now() < deadline_ns)
    move_to(fake_run(deadline_ns));
  fake_unlock();
}

const struct stance_clock fake_libusb_clock = {clock_now, clock_sleep, NULL};

void fake_libusb_set_grace(int64_t span_ns)
{
  fake_lock();
  world.grace_ns = span_ns;
  fake_unlock();
}

static void wait_until_held(void)
{
  while (!world.event_thread_waits) {
    world.test_waits = true;
    fake_unlock();
    sem_wait(&world.waiting);
    fake_lock();
  }
}

void fake_libusb_pass(int64_t span_ns)
{
  fake_lock();
  wait_until_held();
  world.limit_ns = fake_libusb_now() + span_ns;
  fake_unlock();
  fake_wake();
  fake_lock();
  wait_until_held();
  fake_unlock();
}

/* ---- begin and end --------------------------------------------------------------------------- */

void fake_libusb_begin(uint64_t seed)
{
  const pthread_rwlock_t unlocked = PTHREAD_RWLOCK_INITIALIZER;
  memset(&world, 0, sizeof world);
  world.lock = unlocked;
  sem_init(&world.moved, 0, 0);
  sem_init(&world.waiting, 0, 0);
  world.random = seed * 2 + 1;
  atomic_store(&virtual_ns, 1000000000);
  world.limit_ns = fake_libusb_now();
  world.open_error = LIBUSB_ERROR_ACCESS;
}

static void bury(void)
{
  while (world.first != NULL) {
    struct fake_transfer *transfer = world.first;
    world.first = transfer->next;
    if (!transfer->never)
      fake_wrong("a transfer still in flight");
    transfer->next = graveyard;
    graveyard = transfer;
  }
}

const char *fake_libusb_end(void)
{
  static char wrong[sizeof world.wrong];
  bool excused = false;
  fake_lock();
  for (int k = 0; k < world.device_count; k++)
    if (world.device[k].instance != NULL)
      fake_unref(world.device[k].instance);
  for (const struct fake_transfer *at = world.first; at != NULL; at = at->next)
    excused |= at->never;
  bury();
  if (!excused && (world.contexts_alive > 0 || world.transfers_alive > 0 ||
                   world.devices_alive > 0 || world.counts.opens != world.counts.closes))
    fake_wrong("a context, handle, transfer or device is left over");
  memcpy(wrong, world.wrong, sizeof wrong);
  fake_unlock();
  sem_destroy(&world.moved);
  sem_destroy(&world.waiting);
  return wrong[0] == '\0' ? NULL : wrong;
}

int fake_libusb_add(const struct fake_device *device)
{
  fake_lock();
  const int number = world.device_count++;
  world.device[number].about = *device;
  fake_unlock();
  return number;
}

void fake_libusb_counts(struct fake_counts *ret_counts)
{
  fake_lock();
  *ret_counts = world.counts;
  fake_unlock();
}
