/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes wrong while the instrument stays plugged in: each rule that other projects' users paid
   for has a test of its name. */
#include "support/fake_libusb.h"
#include "support/tiny_instrument.h"
#include "support/usb_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

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

static struct fake_counts counts(void)
{
  struct fake_counts counts;
  fake_libusb_counts(&counts);
  return counts;
}

static void stream(const char *uri)
{
  usb_rig_must_open(&rig, uri);
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
  usb_rig_assert_accounts(&rig);
}

static void enough_is_queued_for_a_stall_of_the_host(void **state)
{
  static const char *const uris[] = {"tiny:?rate=500",           "tiny:?rate=1500",
                                     "tiny:?rate=7400",          "tiny:?rate=7600",
                                     "tiny:?rate=30000",         "tiny:?rate=65000",
                                     "tiny:?rate=1000&frames=1", "tiny:?rate=2000&frames=7"};
  (void)state;
  for (size_t k = 0; k < sizeof uris / sizeof *uris; k++) {
    rig.tiny[0].fifo_packets = 1;
    stream(uris[k]);
    fake_libusb_do(FAKE_HOST_STALL, 250 * USB_RIG_MS, 0);
    assert_goes_on(0);
    assert_int_equal(usb_rig_health(&rig).frames_lost, 0);
    usb_rig_end(&rig);
    begin(NULL);
  }
}

/* A stall beyond it overruns the instrument: then nothing is hidden. */
static void longer_stall_is_a_gap(void **state)
{
  (void)state;
  rig.tiny[0].fifo_packets = 4;
  stream("tiny:");
  fake_libusb_do(FAKE_HOST_STALL, 2 * USB_RIG_S, 0);
  usb_rig_pass(&rig, 3 * USB_RIG_S);
  assert_goes_on(1);
  assert_true(rig.longest_gap > 1500);
}

static void partial_time_out_is_data(void **state)
{
  (void)state;
  stream("tiny:?rate=30000"); /* several packets to a transfer */
  for (int k = 0; k < 50; k++) {
    usb_rig_pass(&rig, 1300000 + k * 70001);
    fake_libusb_do(FAKE_TRANSFER_TIMED_OUT, 0, rig.number[0]);
  }
  assert_goes_on(0);
  assert_int_equal(usb_rig_health(&rig).frames_lost, 0);
}

static void glitch_clears_the_halt_once_then_opens_anew(void **state)
{
  (void)state;
  stream("tiny:");
  fake_libusb_do(FAKE_TRANSFER_ERROR, 1, rig.number[0]);
  assert_goes_on(1);
  assert_int_equal(counts().clear_halts, 1);
  assert_int_equal(counts().opens, 1);
  fake_libusb_do(FAKE_TRANSFER_ERROR, 1, rig.number[0]);
  assert_goes_on(2);
  assert_int_equal(counts().opens, 2);
  usb_rig_pass(&rig, 10 * USB_RIG_S);
  fake_libusb_do(FAKE_TRANSFER_ERROR, 1, rig.number[0]);
  assert_goes_on(3);
  assert_int_equal(counts().opens, 2);
}

static void repeated_errors_open_it_anew(void **state)
{
  (void)state;
  stream("tiny:");
  fake_libusb_do(FAKE_TRANSFER_ERROR, 5, rig.number[0]);
  assert_goes_on(1);
  assert_int_equal(counts().opens, 2);
}

static void babble_restarts(void **state)
{
  (void)state;
  stream("tiny:");
  fake_libusb_do(FAKE_TRANSFER_OVERFLOW, 0, rig.number[0]);
  assert_goes_on(1);
}

static void foreign_cancellation_restarts(void **state)
{
  (void)state;
  stream("tiny:");
  fake_libusb_do(FAKE_TRANSFER_CANCELLED, 0, rig.number[0]);
  assert_goes_on(1);
}

static void stall_is_cleared_and_restarted(void **state)
{
  (void)state;
  stream("tiny:");
  for (uint64_t k = 1; k <= 3; k++) {
    fake_libusb_do(FAKE_TRANSFER_STALL, 0, rig.number[0]);
    usb_rig_pass(&rig, 200 * USB_RIG_MS);
    assert_non_null(strstr(usb_rig_health(&rig).notice.text, "overran"));
    assert_goes_on(k);
  }
  assert_int_equal(counts().clear_halts, 3);
  assert_int_equal(counts().opens, 1);
}

static void decoder_asks_for_a_restart(void **state)
{
  (void)state;
  stream("tiny:");
  rig.tiny[0].restart_next = true;
  usb_rig_pass(&rig, 200 * USB_RIG_MS);
  assert_non_null(strstr(usb_rig_health(&rig).notice.text, "asks to be started anew"));
  assert_goes_on(1);
  assert_int_equal(counts().opens, 1);
}

static void decoder_gives_up(void **state)
{
  (void)state;
  stream("tiny:");
  rig.tiny[0].fatal_next = true;
  usb_rig_pass(&rig, USB_RIG_S);
  const struct stance_source_health health = usb_rig_health(&rig);
  assert_true(health.failed && health.ended);
  assert_non_null(strstr(health.problem.text, "rate is too high"));
  usb_rig_assert_accounts(&rig);
  usb_rig_stop(&rig);
  usb_rig_must_start(&rig); /* and once more: it is no one-way street */
  assert_goes_on(0);
}

static void damaged_and_skipped_packets_are_counted(void **state)
{
  (void)state;
  stream("tiny:");
  rig.tiny[0].corrupt_next = true;
  usb_rig_pass(&rig, USB_RIG_S);
  assert_int_equal(usb_rig_health(&rig).frames_corrupt, 15);
  assert_int_equal(usb_rig_health(&rig).frames_lost, 15);
  rig.tiny[0].skip_next = true;
  assert_goes_on(0);
  assert_int_equal(usb_rig_health(&rig).frames_lost, 30);
  assert_int_equal(rig.worst_shift, 0);
}

static void submit_that_fails_in_a_callback_is_repeated(void **state)
{
  (void)state;
  stream("tiny:");
  fake_libusb_do(FAKE_SUBMIT_ERROR_IN_CALLBACK, 20, 0);
  assert_goes_on(0);
  assert_int_equal(usb_rig_health(&rig).frames_lost, 0);
}

static void little_memory_means_fewer_transfers(void **state)
{
  (void)state;
  fake_libusb_do(FAKE_SUBMIT_MEMORY, 6, 0);
  stream("tiny:");
  assert_in_range(counts().most_in_flight, 4, 6);
  assert_non_null(strstr(usb_rig_health(&rig).notice.text, "usbfs_memory_mb"));
  assert_goes_on(0);
  assert_int_equal(usb_rig_health(&rig).frames_lost, 0);
}

static void late_callbacks_after_cancel_are_waited_for(void **state)
{
  (void)state;
  stream("tiny:");
  fake_libusb_do(FAKE_CANCEL_DELAY, 4 * USB_RIG_S, 0);
  usb_rig_stop(&rig);
  usb_rig_assert_accounts(&rig);
  assert_int_equal(usb_rig_health(&rig).state, STANCE_SOURCE_READY);
}

static void later_ones_than_that_do_not_hang(void **state)
{
  (void)state;
  stream("tiny:");
  fake_libusb_do(FAKE_CANCEL_DELAY, 12 * USB_RIG_S, 0);
  usb_rig_stop(&rig);
  usb_rig_assert_accounts(&rig);
  fake_libusb_do(FAKE_CANCEL_DELAY, 0, 0);
  fake_libusb_pass(20 * USB_RIG_S); /* what was given up comes to rest, and nothing is left over */
  usb_rig_must_start(&rig);
  assert_goes_on(0);
}

static void callbacks_that_never_come_do_not_hang(void **state)
{
  (void)state;
  stream("tiny:");
  fake_libusb_do(FAKE_CALLBACKS_NEVER, 3, 0);
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
  usb_rig_pass(&rig, USB_RIG_S);
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_pass(&rig, 10 * USB_RIG_S);
  assert_goes_on(1);
}

static void cancel_may_say_not_found(void **state)
{
  (void)state;
  stream("tiny:");
  fake_libusb_do(FAKE_CANCEL_NOT_FOUND, 1, 0);
  usb_rig_stop(&rig);
  usb_rig_must_start(&rig);
  assert_goes_on(0);
}

static void cancel_may_end_in_completion(void **state)
{
  (void)state;
  fake_libusb_do(FAKE_CANCEL_COMPLETES, 1, 0);
  stream("tiny:?rate=30000");
  usb_rig_stop(&rig);
  usb_rig_assert_accounts(&rig);
  usb_rig_must_start(&rig);
  assert_goes_on(0);
}

static void slow_reader_costs_frames_that_are_counted(void **state)
{
  (void)state;
  stream("tiny:?rate=30000");
  fake_libusb_pass(12 * USB_RIG_S); /* nobody reads */
  const struct stance_source_health health = usb_rig_health(&rig);
  assert_int_equal(health.frames_lost, 0);
  assert_int_equal(health.interruptions, 0);
  const uint64_t dropped = stance_frame_ring_dropped(rig.ring);
  assert_true(dropped > 100000);
  usb_rig_pass(&rig, 0);
  usb_rig_pass(&rig, USB_RIG_S);
  assert_int_equal(rig.gaps, dropped);
  assert_int_equal(rig.worst_shift, 0);
}

static void answer_that_is_late_is_cancelled(void **state)
{
  (void)state;
  rig.tiny[0].deaf_answers = 1;
  usb_rig_must_open(&rig, "tiny:"); /* asked anew, from the beginning */
  usb_rig_must_start(&rig);
  assert_goes_on(0);
}

static void marks_follow_the_instruments_clock(void **state)
{
  (void)state;
  rig.tiny[0].rate_error = 200e-6;
  stream("tiny:");
  fake_libusb_do(FAKE_JITTER, 3 * USB_RIG_MS, 0);
  struct stance_clock_mark first, mark;
  assert_true(stance_usb_driver.take_mark(rig.stream, &first));
  assert_false(stance_usb_driver.take_mark(rig.stream, &mark));
  usb_rig_pass(&rig, 300 * USB_RIG_S);
  assert_true(stance_usb_driver.take_mark(rig.stream, &mark));
  const double seconds = (double)(mark.host_ns - first.host_ns) / 1e9;
  const double rate_hz = (double)(mark.index - first.index) / seconds;
  assert_true(rate_hz > 1500 * (1 + 180e-6) && rate_hz < 1500 * (1 + 220e-6));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(enough_is_queued_for_a_stall_of_the_host, begin, end),
      cmocka_unit_test_setup_teardown(longer_stall_is_a_gap, begin, end),
      cmocka_unit_test_setup_teardown(partial_time_out_is_data, begin, end),
      cmocka_unit_test_setup_teardown(glitch_clears_the_halt_once_then_opens_anew, begin, end),
      cmocka_unit_test_setup_teardown(repeated_errors_open_it_anew, begin, end),
      cmocka_unit_test_setup_teardown(babble_restarts, begin, end),
      cmocka_unit_test_setup_teardown(foreign_cancellation_restarts, begin, end),
      cmocka_unit_test_setup_teardown(stall_is_cleared_and_restarted, begin, end),
      cmocka_unit_test_setup_teardown(decoder_asks_for_a_restart, begin, end),
      cmocka_unit_test_setup_teardown(decoder_gives_up, begin, end),
      cmocka_unit_test_setup_teardown(damaged_and_skipped_packets_are_counted, begin, end),
      cmocka_unit_test_setup_teardown(submit_that_fails_in_a_callback_is_repeated, begin, end),
      cmocka_unit_test_setup_teardown(little_memory_means_fewer_transfers, begin, end),
      cmocka_unit_test_setup_teardown(late_callbacks_after_cancel_are_waited_for, begin, end),
      cmocka_unit_test_setup_teardown(later_ones_than_that_do_not_hang, begin, end),
      cmocka_unit_test_setup_teardown(callbacks_that_never_come_do_not_hang, begin, end),
      cmocka_unit_test_setup_teardown(cancel_may_say_not_found, begin, end),
      cmocka_unit_test_setup_teardown(cancel_may_end_in_completion, begin, end),
      cmocka_unit_test_setup_teardown(slow_reader_costs_frames_that_are_counted, begin, end),
      cmocka_unit_test_setup_teardown(answer_that_is_late_is_cancelled, begin, end),
      cmocka_unit_test_setup_teardown(marks_follow_the_instruments_clock, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
