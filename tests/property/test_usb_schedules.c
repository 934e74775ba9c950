/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thousands of random schedules: whatever happens to an instrument, in whatever order its callbacks
   come, libusb is used as it must be, nothing is left over, and every frame is accounted for.
   STANCE_SEED picks the first schedule, STANCE_FULL=1 runs twenty times as many. */
#include "support/fake_libusb.h"
#include "support/tiny_instrument.h"
#include "support/usb_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

enum { SCHEDULES = 200, EVENTS_MAX = 12 };

static struct usb_rig rig;
static uint64_t random_state;

/* splitmix64: Steele, Lea, Flood 2014. */
static uint64_t below(uint64_t limit)
{
  uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return (z ^ z >> 31) % limit;
}

static const char *random_uri(void)
{
  static const char *const uris[] = {"tiny:", "tiny:1001", "tiny:?rate=5000",
                                     "tiny:?rate=900&frames=3", "tiny:1-1.4?interfaces=2"};
  return uris[below(sizeof uris / sizeof *uris)];
}

static void random_settings(void)
{
  rig.tiny[0].fifo_packets = below(3) == 0 ? 3 + below(50) : 0;
  rig.tiny[0].rate_error = ((double)below(401) - 200) * 1e-6;
  fake_libusb_do(FAKE_SHUFFLE, (int64_t)below(2), 0);
  fake_libusb_do(FAKE_JITTER, below(2) == 0 ? 0 : (int64_t)(1 + below(20)) * USB_RIG_MS, 0);
  fake_libusb_do(FAKE_CANCEL_DELAY, below(4) == 0 ? (int64_t)below(3000) * USB_RIG_MS : 0, 0);
  fake_libusb_do(FAKE_CANCEL_NOT_FOUND, below(4) == 0, 0);
  fake_libusb_do(FAKE_CANCEL_COMPLETES, below(4) == 0, 0);
  fake_libusb_do(FAKE_HOTPLUG_MISSING, below(5) == 0, 0);
  fake_libusb_do(FAKE_SUBMIT_MEMORY, below(8) == 0 ? (int64_t)(4 + below(20)) : 0, 0);
}

/* Every unplug is followed by a plug some time later, so that the stream has a chance. */
static void random_event(int64_t at_ns)
{
  static const enum fake_event events[] = {FAKE_TRANSFER_STALL,     FAKE_TRANSFER_OVERFLOW,
                                           FAKE_TRANSFER_ERROR,     FAKE_TRANSFER_TIMED_OUT,
                                           FAKE_TRANSFER_CANCELLED, FAKE_SUBMIT_ERROR_IN_CALLBACK,
                                           FAKE_HOST_STALL};
  const int number = rig.number[below(4) == 0 ? 1 : 0];
  const enum fake_event event = events[below(sizeof events / sizeof *events)];
  switch (below(3)) {
  case 0:
    fake_libusb_at(at_ns, FAKE_UNPLUG, (int64_t)below(FAKE_LEAVE_COUNT), number);
    fake_libusb_at(at_ns + (int64_t)below(4000) * USB_RIG_MS, FAKE_PLUG, (int64_t)below(6), number);
    break;
  case 1:
    fake_libusb_at(at_ns, event,
                   event == FAKE_HOST_STALL ? (int64_t)below(600) * USB_RIG_MS
                                            : (int64_t)(1 + below(6)),
                   number);
    break;
  default:
    rig.tiny[0].corrupt_next = below(4) == 0;
    rig.tiny[0].skip_next = below(4) == 0;
    rig.tiny[0].restart_next = below(8) == 0;
    rig.tiny[0].deaf_answers = below(8) == 0 ? (int)below(3) : 0;
    break;
  }
}

static void stream_through(void)
{
  rig.frames = rig.next_index = rig.gaps = rig.longest_gap = 0;
  rig.out_of_order = false;
  for (uint64_t k = below(EVENTS_MAX); k > 0; k--)
    random_event(fake_libusb_now() + (int64_t)below(6000) * USB_RIG_MS);
  /* Where the instrument is away it may refuse, with a sentence; the time for that must pass. */
  fake_libusb_set_grace(20 * USB_RIG_S);
  const enum stance_status status = stance_usb_driver.start(rig.stream, &rig.ring, 1, &rig.problem);
  fake_libusb_set_grace(0);
  if (status != STANCE_OK) {
    assert_int_equal(status, STANCE_INSTRUMENT);
    assert_true(rig.problem.text[0] != '\0');
    usb_rig_pass(&rig, 0);
    return;
  }
  usb_rig_pass(&rig, (int64_t)below(5000) * USB_RIG_MS);
  if (below(2) == 0) /* stop in the middle of whatever comes */
    random_event(fake_libusb_now() + (int64_t)below(50) * USB_RIG_MS);
  usb_rig_stop(&rig);
  assert_true(usb_rig_health(&rig).ended);
  usb_rig_assert_accounts(&rig);
}

static void run_schedule(uint64_t seed)
{
  random_state = seed;
  usb_rig_begin(&rig, seed);
  fake_libusb_do(FAKE_PLUG, (int64_t)below(3), rig.number[0]);
  if (below(2) == 0)
    fake_libusb_do(FAKE_PLUG, 0, rig.number[1]);
  random_settings();
  if (usb_rig_open(&rig, random_uri()) == STANCE_OK)
    for (uint64_t k = 1 + below(3); k > 0; k--)
      stream_through();
  usb_rig_end(&rig);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
  const char *text = getenv(name);
  return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void every_schedule_keeps_the_accounts(void **state)
{
  const uint64_t first = number_from("STANCE_SEED", 20261121);
  const uint64_t count =
      number_from("STANCE_COUNT", SCHEDULES) * (number_from("STANCE_FULL", 0) == 1 ? 20 : 1);
  (void)state;
  print_message("schedules %llu to %llu\n", (unsigned long long)first,
                (unsigned long long)(first + count - 1));
  for (uint64_t k = 0; k < count; k++) {
    /* A failure ends the test: the last line is its seed. */
    if (getenv("STANCE_VERBOSE") != NULL)
      print_message("seed %llu\n", (unsigned long long)first + k);
    run_schedule(first + k);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_schedule_keeps_the_accounts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
