/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The transfer engine in fair weather: open, start, stream, stop, again. */
#include "support/fake_libusb.h"
#include "support/tiny_instrument.h"
#include "support/usb_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static struct usb_rig rig;

static int begin(void **state)
{
  (void)state;
  usb_rig_begin(&rig, 1);
  return 0;
}

static int end(void **state)
{
  (void)state;
  usb_rig_end(&rig);
  return 0;
}

static void streams_every_frame_in_order(void **state)
{
  (void)state;
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_must_open(&rig, "tiny:");
  assert_string_equal(rig.info.model, "Tiny");
  assert_string_equal(rig.info.serial, "1001");
  assert_int_equal(usb_rig_health(&rig).state, STANCE_SOURCE_READY);
  usb_rig_must_start(&rig);
  usb_rig_pass(&rig, 10 * USB_RIG_S);
  assert_int_equal(usb_rig_health(&rig).state, STANCE_SOURCE_STREAMING);
  usb_rig_stop(&rig);
  const struct stance_source_health health = usb_rig_health(&rig);
  assert_true(health.ended);
  assert_false(health.failed);
  assert_int_equal(health.frames_lost, 0);
  assert_int_equal(health.interruptions, 0);
  assert_in_range(rig.frames, 16000, 16500);
  assert_int_equal(rig.worst_shift, 0);
  usb_rig_assert_accounts(&rig);
}

static void starts_again_from_the_first_frame(void **state)
{
  (void)state;
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_must_open(&rig, "tiny:");
  for (int k = 0; k < 20; k++) {
    usb_rig_must_start(&rig);
    usb_rig_pass(&rig, USB_RIG_S);
    usb_rig_stop(&rig);
    assert_in_range(rig.frames, 2800, 3100);
    usb_rig_assert_accounts(&rig);
    fake_libusb_pass(USB_RIG_S);
  }
}

static void stop_without_start_is_harmless(void **state)
{
  (void)state;
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_must_open(&rig, "tiny:");
  usb_rig_stop(&rig);
  assert_int_equal(usb_rig_health(&rig).frames_produced, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(streams_every_frame_in_order, begin, end),
      cmocka_unit_test_setup_teardown(starts_again_from_the_first_frame, begin, end),
      cmocka_unit_test_setup_teardown(stop_without_start_is_harmless, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
