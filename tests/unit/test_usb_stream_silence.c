/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing comes: when that is the instrument's silence, and what follows. */
#include "support/fake_libusb.h"
#include "support/tiny_instrument.h"
#include "support/usb_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Frames by which a gap that the host's clock measured may be off: a packet of 15 and the time of a
   request. */
enum { GAP_TOLERANCE = 17 };

static struct usb_rig rig;

static int begin(void **state)
{
  (void)state;
  usb_rig_begin(&rig, 1);
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  return 0;
}

static int end(void **state)
{
  (void)state;
  usb_rig_end(&rig);
  return 0;
}

static void stream(const struct stance_instrument *instrument)
{
  rig.instrument = instrument;
  usb_rig_must_open(&rig, "tiny:");
  usb_rig_must_start(&rig);
  usb_rig_pass(&rig, USB_RIG_S);
  assert_int_equal(usb_rig_health(&rig).interruptions, 0);
  assert_int_equal(usb_rig_health(&rig).frames_lost, 0);
}

/* Streams again, after that many interruptions, with gaps of the right length. */
static void assert_goes_on(uint64_t interruptions)
{
  usb_rig_pass(&rig, 2 * USB_RIG_S);
  const struct stance_source_health health = usb_rig_health(&rig);
  assert_int_equal(health.state, STANCE_SOURCE_STREAMING);
  assert_int_equal(health.interruptions, interruptions);
  assert_in_range(rig.worst_shift, 0, GAP_TOLERANCE * interruptions);
  if (interruptions == 0)
    assert_int_equal(health.frames_lost, 0);
  usb_rig_assert_accounts(&rig);
}

static void one_that_check_explains_is_no_interruption(void **state)
{
  (void)state;
  stream(&tiny_instrument);
  rig.tiny[0].silent = true;
  usb_rig_pass(&rig, 500 * USB_RIG_MS);
  assert_true(rig.tiny[0].checked > 0);
  rig.tiny[0].silent = false;
  assert_goes_on(0);
}

static void one_that_check_condemns_is_one(void **state)
{
  struct fake_counts counts;
  (void)state;
  stream(&tiny_instrument);
  rig.tiny[0].silent_until_start = rig.tiny[0].stopped_alone = true;
  assert_goes_on(1);
  assert_in_range(rig.longest_gap, 100, 1500);
  fake_libusb_counts(&counts);
  assert_int_equal(counts.opens, 1);
}

static void one_without_end_is_one_all_the_same(void **state)
{
  (void)state;
  stream(&tiny_instrument);
  rig.tiny[0].silent_until_start = true;
  usb_rig_pass(&rig, 10 * USB_RIG_S);
  assert_goes_on(1);
}

/* Between its look at libusb and its look at the clock a thread may be held up: by its machine, by
   the one that emulates it, by SIGSTOP. What came meanwhile waits for it. */
static void held_up_host_hears_no_silence(void **state)
{
  static const struct stance_instrument *const instruments[] = {&tiny_instrument,
                                                                &tiny_unasked_instrument};
  (void)state;
  for (int k = 0; k < 2; k++) {
    stream(instruments[k]);
    for (int64_t ms = 50; ms <= 5000; ms *= 10) {
      fake_libusb_do(FAKE_HELD_UP, ms * USB_RIG_MS, 0);
      assert_goes_on(0);
    }
    assert_int_equal(rig.tiny[0].checked, 0);
    usb_rig_end(&rig);
    begin(NULL);
  }
}

/* To start anew one that only was late would lose what it is about to hand over. */
static void one_that_cannot_be_asked_gets_longer(void **state)
{
  (void)state;
  stream(&tiny_unasked_instrument);
  rig.tiny[0].silent = true;
  usb_rig_pass(&rig, 400 * USB_RIG_MS);
  rig.tiny[0].silent = false;
  assert_goes_on(0);
}

static void one_that_cannot_be_asked_is_started_anew_then(void **state)
{
  (void)state;
  stream(&tiny_unasked_instrument);
  rig.tiny[0].silent_until_start = true;
  assert_goes_on(1);
  assert_in_range(rig.longest_gap, 750, 1000); /* 500 ms, and the restart */
}

/* What it hands over when it is told to stop cannot be dated any more: it stays in the gap. */
static void late_frames_are_not_taken_for_new_ones(void **state)
{
  (void)state;
  stream(&tiny_unasked_instrument);
  rig.tiny[0].silent = rig.tiny[0].hands_over_at_stop = true;
  usb_rig_pass(&rig, USB_RIG_S);
  assert_goes_on(1);
  assert_in_range(rig.longest_gap, 750, 1500);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(one_that_check_explains_is_no_interruption, begin, end),
      cmocka_unit_test_setup_teardown(one_that_check_condemns_is_one, begin, end),
      cmocka_unit_test_setup_teardown(one_without_end_is_one_all_the_same, begin, end),
      cmocka_unit_test_setup_teardown(held_up_host_hears_no_silence, begin, end),
      cmocka_unit_test_setup_teardown(one_that_cannot_be_asked_gets_longer, begin, end),
      cmocka_unit_test_setup_teardown(one_that_cannot_be_asked_is_started_anew_then, begin, end),
      cmocka_unit_test_setup_teardown(late_frames_are_not_taken_for_new_ones, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
