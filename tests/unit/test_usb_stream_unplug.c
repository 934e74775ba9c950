/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unplugged and plugged in again, in every way in which libusb may tell of it or not. */
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

static void stream_for(int64_t span_ns)
{
  usb_rig_must_open(&rig, "tiny:");
  usb_rig_must_start(&rig);
  usb_rig_pass(&rig, span_ns);
  assert_int_equal(usb_rig_health(&rig).interruptions, 0);
}

/* It streams, was away `times` times, and each gap has the length of the absence. */
static void assert_came_back(uint64_t times)
{
  const struct stance_source_health health = usb_rig_health(&rig);
  assert_int_equal(health.state, STANCE_SOURCE_STREAMING);
  assert_int_equal(health.interruptions, times);
  assert_false(health.failed);
  assert_in_range(rig.worst_shift, 0, GAP_TOLERANCE * times);
  usb_rig_assert_accounts(&rig);
}

/* The bus tells of the unplugging before libusb has handed over all that came before. */
static void what_had_arrived_is_kept(void **state)
{
  (void)state;
  usb_rig_must_open(&rig, "tiny:?rate=7400"); /* 123 packets in 250 ms; 25 are reaped at once */
  usb_rig_must_start(&rig);
  usb_rig_pass(&rig, USB_RIG_S);
  fake_libusb_do(FAKE_HOST_STALL, 200 * USB_RIG_MS, 0);
  fake_libusb_at(fake_libusb_now() + 190 * USB_RIG_MS, FAKE_UNPLUG, FAKE_LEAVE_LEFT_FIRST,
                 rig.number[0]);
  usb_rig_pass(&rig, 400 * USB_RIG_MS);
  assert_int_equal(usb_rig_health(&rig).interruptions, 1);
  assert_true(rig.frames > 7400 * 118 / 100);
  assert_int_equal(rig.last_number + 1, rig.tiny[0].next_sample);
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_pass(&rig, 3 * USB_RIG_S);
  assert_int_equal(usb_rig_health(&rig).state, STANCE_SOURCE_STREAMING);
  usb_rig_assert_accounts(&rig);
}

static void every_way_of_leaving_is_noticed(void **state)
{
  (void)state;
  stream_for(2 * USB_RIG_S);
  for (int64_t leave = 0; leave < FAKE_LEAVE_COUNT; leave++) {
    fake_libusb_do(FAKE_UNPLUG, leave, rig.number[0]);
    usb_rig_pass(&rig, 50 * USB_RIG_MS);
    const struct stance_source_health away = usb_rig_health(&rig);
    assert_true(away.state == STANCE_SOURCE_ABSENT || away.state == STANCE_SOURCE_OPENING);
    assert_non_null(strstr(away.notice.text, "plug it in"));
    usb_rig_pass(&rig, 3 * USB_RIG_S);
    fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
    usb_rig_pass(&rig, 3 * USB_RIG_S);
    assert_came_back((uint64_t)leave + 1);
    assert_non_null(strstr(usb_rig_health(&rig).notice.text, "back"));
    usb_rig_pass(&rig, 6 * USB_RIG_S);
    assert_null(strstr(usb_rig_health(&rig).notice.text, "back"));
  }
  assert_in_range(rig.longest_gap, 3 * 1500, 4 * 1500);
}

/* While it is away, time goes on: those who count frames must not stand still. */
static void absence_is_counted_as_it_passes(void **state)
{
  (void)state;
  stream_for(2 * USB_RIG_S);
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
  usb_rig_pass(&rig, USB_RIG_S / 2);
  const struct stance_source_health before = usb_rig_health(&rig);
  usb_rig_pass(&rig, 10 * USB_RIG_S);
  const struct stance_source_health after = usb_rig_health(&rig);
  assert_in_range(after.frames_produced - before.frames_produced, 15000 - 450, 15000 + 450);
  assert_int_equal(after.frames_produced - after.frames_lost,
                   before.frames_produced - before.frames_lost);
}

static void stop_while_absent_accounts_for_the_tail(void **state)
{
  (void)state;
  stream_for(2 * USB_RIG_S);
  const uint64_t at_unplug = usb_rig_health(&rig).frames_produced;
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
  usb_rig_pass(&rig, 4 * USB_RIG_S);
  usb_rig_stop(&rig);
  const struct stance_source_health health = usb_rig_health(&rig);
  assert_true(health.ended);
  assert_in_range(health.frames_produced, at_unplug + 6000 - GAP_TOLERANCE,
                  at_unplug + 6000 + GAP_TOLERANCE);
  usb_rig_assert_accounts(&rig);
}

static void missing_arrival_is_found_by_looking(void **state)
{
  (void)state;
  stream_for(2 * USB_RIG_S);
  fake_libusb_do(FAKE_HOTPLUG_MISSING, 1, 0);
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
  usb_rig_pass(&rig, 20 * USB_RIG_S);
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_pass(&rig, 2 * USB_RIG_S);
  assert_came_back(1);
}

/* Nothing tells of it at all: the transfers hang, and the instrument answers no more. */
static void silence_and_no_answer_is_unplugged(void **state)
{
  (void)state;
  stream_for(2 * USB_RIG_S);
  rig.tiny[0].silent = rig.tiny[0].mute = true;
  usb_rig_pass(&rig, 2 * USB_RIG_S);
  assert_int_equal(usb_rig_health(&rig).interruptions, 1);
  usb_rig_pass(&rig, 10 * USB_RIG_S);
  assert_int_not_equal(usb_rig_health(&rig).state, STANCE_SOURCE_STREAMING);
  rig.tiny[0].silent = rig.tiny[0].mute = false;
  usb_rig_pass(&rig, 5 * USB_RIG_S);
  assert_came_back(1);
}

static void opening_waits_for_rights(void **state)
{
  static const int64_t codes[] = {-3, -5, -6}; /* ACCESS, NOT_FOUND, BUSY */
  (void)state;
  stream_for(2 * USB_RIG_S);
  for (size_t k = 0; k < sizeof codes / sizeof *codes; k++) {
    fake_libusb_do(FAKE_OPEN_ERROR, codes[k], 0);
    fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
    usb_rig_pass(&rig, 3 * USB_RIG_S);
    fake_libusb_do(FAKE_PLUG, 4, rig.number[0]);
    usb_rig_pass(&rig, 4 * USB_RIG_S);
    assert_came_back(k + 1);
  }
}

static void missing_right_is_told_and_mended(void **state)
{
  (void)state;
  stream_for(2 * USB_RIG_S);
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
  usb_rig_pass(&rig, USB_RIG_S);
  fake_libusb_do(FAKE_PLUG, 20, rig.number[0]);
  usb_rig_pass(&rig, 10 * USB_RIG_S);
  assert_non_null(strstr(usb_rig_health(&rig).notice.text, "udev"));
  usb_rig_pass(&rig, 20 * USB_RIG_S);
  assert_came_back(1);
}

static void another_serial_is_not_taken(void **state)
{
  (void)state;
  stream_for(2 * USB_RIG_S);
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
  usb_rig_pass(&rig, USB_RIG_S);
  fake_libusb_do(FAKE_PLUG, 0, rig.number[1]);
  usb_rig_pass(&rig, 5 * USB_RIG_S);
  const struct stance_source_health away = usb_rig_health(&rig);
  assert_int_not_equal(away.state, STANCE_SOURCE_STREAMING);
  assert_non_null(strstr(away.notice.text, "1002"));
  assert_non_null(strstr(away.notice.text, "1001"));
  assert_int_equal(rig.tiny[1].started, 0);
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_pass(&rig, 5 * USB_RIG_S);
  assert_came_back(1);
}

static void unplugged_again_while_it_is_opened(void **state)
{
  (void)state;
  stream_for(2 * USB_RIG_S);
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
  usb_rig_pass(&rig, USB_RIG_S);
  /* Plugged in for 1, 2, … ms: each point of opening, identifying, configuring, starting. */
  for (int64_t k = 1; k < 90; k++) {
    fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
    usb_rig_pass(&rig, k * USB_RIG_MS);
    fake_libusb_do(FAKE_UNPLUG, k % FAKE_LEAVE_COUNT, rig.number[0]);
    usb_rig_pass(&rig, 2 * USB_RIG_S);
  }
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_pass(&rig, 5 * USB_RIG_S);
  const struct stance_source_health health = usb_rig_health(&rig);
  assert_int_equal(health.state, STANCE_SOURCE_STREAMING);
  usb_rig_assert_accounts(&rig);
  assert_in_range(rig.worst_shift, 0, GAP_TOLERANCE * health.interruptions);
}

static void unplugged_while_idle(void **state)
{
  (void)state;
  usb_rig_must_open(&rig, "tiny:");
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
  usb_rig_pass(&rig, 5 * USB_RIG_S);
  assert_int_equal(usb_rig_health(&rig).state, STANCE_SOURCE_ABSENT);
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_pass(&rig, 5 * USB_RIG_S);
  assert_int_equal(usb_rig_health(&rig).state, STANCE_SOURCE_READY);
  /* And unnoticed: start finds it anew. */
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_NO_LEFT, rig.number[0]);
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_must_start(&rig);
  usb_rig_pass(&rig, 2 * USB_RIG_S);
  assert_came_back(0);
}

static void start_without_the_instrument_fails(void **state)
{
  (void)state;
  usb_rig_must_open(&rig, "tiny:");
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
  usb_rig_pass(&rig, 5 * USB_RIG_S);
  fake_libusb_set_grace(60 * USB_RIG_S);
  assert_int_equal(stance_usb_driver.start(rig.stream, &rig.ring, 1, &rig.problem),
                   STANCE_INSTRUMENT);
  fake_libusb_set_grace(0);
  assert_non_null(strstr(rig.problem.text, "1001"));
  usb_rig_pass(&rig, 0);
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_must_start(&rig);
}

static void unplugged_while_stopping(void **state)
{
  (void)state;
  usb_rig_must_open(&rig, "tiny:");
  for (int64_t k = 0; k < 30; k++) {
    usb_rig_must_start(&rig);
    usb_rig_pass(&rig, USB_RIG_S);
    fake_libusb_at(fake_libusb_now() + k * USB_RIG_MS, FAKE_UNPLUG, k % FAKE_LEAVE_COUNT,
                   rig.number[0]);
    usb_rig_stop(&rig);
    usb_rig_assert_accounts(&rig);
    fake_libusb_pass(0);
    fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
    usb_rig_pass(&rig, 3 * USB_RIG_S);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_way_of_leaving_is_noticed, begin, end),
      cmocka_unit_test_setup_teardown(what_had_arrived_is_kept, begin, end),
      cmocka_unit_test_setup_teardown(absence_is_counted_as_it_passes, begin, end),
      cmocka_unit_test_setup_teardown(stop_while_absent_accounts_for_the_tail, begin, end),
      cmocka_unit_test_setup_teardown(missing_arrival_is_found_by_looking, begin, end),
      cmocka_unit_test_setup_teardown(silence_and_no_answer_is_unplugged, begin, end),
      cmocka_unit_test_setup_teardown(opening_waits_for_rights, begin, end),
      cmocka_unit_test_setup_teardown(missing_right_is_told_and_mended, begin, end),
      cmocka_unit_test_setup_teardown(another_serial_is_not_taken, begin, end),
      cmocka_unit_test_setup_teardown(unplugged_again_while_it_is_opened, begin, end),
      cmocka_unit_test_setup_teardown(unplugged_while_idle, begin, end),
      cmocka_unit_test_setup_teardown(start_without_the_instrument_fails, begin, end),
      cmocka_unit_test_setup_teardown(unplugged_while_stopping, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
