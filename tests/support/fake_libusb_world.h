/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What fake_libusb.c (entry points) and fake_libusb_world.c (time, devices, order) share. */
#ifndef STANCE_TEST_FAKE_LIBUSB_WORLD_H
#define STANCE_TEST_FAKE_LIBUSB_WORLD_H

#include "support/fake_libusb.h"

#include <libusb.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { FAKE_DEVICE_MAX = 8, FAKE_PACKET = 64, FAKE_ACTION_MAX = 512, FAKE_MESSAGE_MAX = 64 };

struct libusb_device {
  int number; /* of the slot */
  unsigned references;
};
struct libusb_context {
  struct libusb_context *next;
  libusb_hotplug_callback_fn hotplug;
  void *hotplug_data;
  unsigned handles;
  bool interrupted;
};
struct libusb_device_handle {
  struct libusb_device *device;
  struct libusb_context *context;
  unsigned claimed, in_flight;
};
struct fake_transfer {
  struct fake_transfer *next; /* in the order of submission */
  bool in_flight, done, never;
  int64_t due_ns;                /* of its time-out; INT64_MAX: none */
  int64_t ready_ns;              /* of its callback */
  uint64_t order;                /* of completion */
  struct libusb_transfer public; /* last: its isochronous packets would follow */
};
struct fake_message {
  struct libusb_context *context;
  struct libusb_device *device;
  libusb_hotplug_event event;
  uint64_t order;
};
struct fake_action {
  int64_t at_ns;
  enum fake_event event;
  int64_t value;
  int device;
};
struct fake_slot {
  struct fake_device about;
  struct libusb_device *instance; /* NULL: not plugged in */
  int64_t opens_failing;
  bool halted, driver_bound;
};
struct fake_world {
  /* Not a mutex: the real-time guard counts those. */
  pthread_rwlock_t lock;
  sem_t moved, waiting;
  bool event_thread_waits, test_waits;
  int64_t limit_ns, grace_ns;
  uint64_t random, order;
  struct fake_slot device[FAKE_DEVICE_MAX];
  int device_count;
  struct libusb_context *context;
  struct fake_transfer *first;
  struct fake_message message[FAKE_MESSAGE_MAX];
  size_t message_count;
  struct fake_action action[FAKE_ACTION_MAX];
  size_t action_count;
  int64_t open_error, memory_limit, in_flight, submit_errors, cancel_delay_ns, never, jitter_ns;
  int64_t host_stall_ns, held_up_ns;
  bool cancel_not_found, cancel_completes, hotplug_missing, shuffle;
  unsigned stream_in_flight, contexts_alive, transfers_alive, devices_alive;
  struct fake_counts counts;
  char wrong[200];
};
extern struct fake_world world;
extern _Thread_local bool fake_in_callback;

void fake_lock(void);
void fake_unlock(void);
void fake_wake(void);
/* With the lock held. */
void fake_wrong(const char *what);
void fake_forbid_in_callback(const char *what);
void fake_unref(struct libusb_device *device);
struct fake_message fake_take_message(size_t k);
void fake_drop_messages(const struct libusb_context *context);
struct fake_transfer *fake_oldest(int device, uint8_t endpoint);
void fake_queue(struct fake_transfer *transfer);
void fake_complete(struct fake_transfer *transfer, enum libusb_transfer_status status,
                   int64_t delay_ns);
/* All that is due by now; returns when the next is, `until_ns` at the latest. */
int64_t fake_run(int64_t until_ns);
static inline struct fake_transfer *fake_transfer_of(struct libusb_transfer *public)
{
  return (struct fake_transfer *)(void *)((char *)public - offsetof(struct fake_transfer, public));
}
/* Without it. */
void fake_handle(struct libusb_context *context, int64_t span_ns);

#endif
