/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which instrument is meant, what is left alone, and how much is queued for it. */
#include "support/fake_libusb.h"
#include "support/tiny_instrument.h"
#include "support/usb_rig.h"
#include "usb_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
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

static struct fake_counts counts(void)
{
  struct fake_counts counts;
  fake_libusb_counts(&counts);
  return counts;
}

static void plug_all(void)
{
  for (int k = 0; k < USB_RIG_DEVICES; k++)
    fake_libusb_do(FAKE_PLUG, 0, rig.number[k]);
}

static void serial_number_picks_the_instrument(void **state)
{
  (void)state;
  plug_all();
  usb_rig_must_open(&rig, "tiny:1002");
  assert_string_equal(rig.info.serial, "1002");
}

static void port_picks_the_instrument(void **state)
{
  (void)state;
  plug_all();
  usb_rig_must_open(&rig, "tiny:1-2.4");
  assert_string_equal(rig.info.serial, "1002");
  assert_int_equal(counts().touched[rig.number[0]], 0);
}

static void absent_serial_names_the_one_that_is_there(void **state)
{
  (void)state;
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  assert_int_equal(usb_rig_open(&rig, "tiny:4711"), STANCE_INSTRUMENT);
  assert_non_null(strstr(rig.problem.text, "4711"));
  assert_non_null(strstr(rig.problem.text, "1001"));
}

static void nothing_connected_is_told(void **state)
{
  (void)state;
  assert_int_equal(usb_rig_open(&rig, "tiny:"), STANCE_INSTRUMENT);
  assert_non_null(strstr(rig.problem.text, "plug it in"));
}

static void generic_chip_is_left_alone_unless_its_port_is_named(void **state)
{
  (void)state;
  fake_libusb_do(FAKE_PLUG, 0, rig.number[2]);
  assert_int_equal(usb_rig_open(&rig, "tiny:"), STANCE_INSTRUMENT);
  assert_int_equal(usb_rig_open(&rig, "tiny:1003"), STANCE_INSTRUMENT);
  assert_int_equal(counts().touched[rig.number[2]], 0);
  usb_rig_must_open(&rig, "tiny:1-3.4?interfaces=2");
  assert_int_equal(counts().claims, 2);
  assert_int_equal(counts().detaches, 1);
}

/* The kernel gets its driver back: the port is a terminal again afterwards. */
static void kernel_driver_is_given_back(void **state)
{
  (void)state;
  fake_libusb_do(FAKE_PLUG, 0, rig.number[2]);
  usb_rig_must_open(&rig, "tiny:1-3.4?interfaces=2");
  usb_rig_must_start(&rig);
  usb_rig_stop(&rig);
  fake_libusb_set_grace(60 * USB_RIG_S);
  stance_usb_driver.destroy(rig.stream);
  rig.stream = NULL;
  assert_int_equal(counts().attaches, 1);
}

static void rights_and_busy_are_waited_for_then_told(void **state)
{
  static const struct {
    int64_t code;
    const char *word;
  } cases[] = {{LIBUSB_ERROR_ACCESS, "udev"}, {LIBUSB_ERROR_BUSY, "another program"}};
  (void)state;
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    fake_libusb_do(FAKE_OPEN_ERROR, cases[k].code, 0);
    fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
    fake_libusb_do(FAKE_PLUG, 1000, rig.number[0]);
    const int64_t before_ns = fake_libusb_now();
    assert_int_equal(usb_rig_open(&rig, "tiny:"), STANCE_INSTRUMENT);
    assert_non_null(strstr(rig.problem.text, cases[k].word));
    const int64_t waited_ns = fake_libusb_now() - before_ns;
    assert_true(waited_ns > 2900 * USB_RIG_MS && waited_ns < 5000 * USB_RIG_MS);
  }
}

static void crashed_stream_is_stopped_and_drained_first(void **state)
{
  (void)state;
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  rig.tiny[0].rate_hz = 1500;
  rig.tiny[0].frames_per_packet = 15;
  rig.tiny[0].streaming = true;
  usb_rig_must_open(&rig, "tiny:");
  assert_true(rig.tiny[0].stopped > 0);
  usb_rig_must_start(&rig);
  usb_rig_pass(&rig, USB_RIG_S);
  usb_rig_stop(&rig);
  usb_rig_assert_accounts(&rig);
  assert_int_equal(usb_rig_health(&rig).frames_lost, 0);
}

static void list_names_all_and_touches_no_generic_chip(void **state)
{
  static const struct stance_instrument *const table[] = {&tiny_instrument, NULL};
  struct stance_usb_found *found = NULL;
  size_t count = 0;
  (void)state;
  plug_all();
  fake_libusb_do(FAKE_OPEN_ERROR, LIBUSB_ERROR_ACCESS, 0);
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[1]);
  fake_libusb_do(FAKE_PLUG, 1000, rig.number[1]);
  fake_libusb_set_grace(60 * USB_RIG_S);
  assert_int_equal(usb_list_table(table, &fake_libusb_clock, &found, &count, &rig.problem),
                   STANCE_OK);
  assert_int_equal(count, 3);
  assert_true(found[0].identified);
  assert_string_equal(found[0].serial, "1001");
  assert_string_equal(found[0].port, "1-1.4");
  assert_false(found[1].identified);
  assert_non_null(strstr(found[1].problem.text, "udev"));
  assert_true(found[2].generic);
  assert_string_equal(found[2].problem.text, "");
  assert_int_equal(counts().touched[rig.number[2]], 0);
  assert_ptr_equal(usb_first_present(table, ""), &tiny_instrument);
  free(found);
}

/* At least 250 ms are queued, in whole packets, and a completion comes every 2 to 5 ms or with each
   packet. */
static void plan_covers_a_quarter_of_a_second(void **state)
{
  static const size_t sizes[] = {8, 22, 37, 62, 64, 128, 512};
  (void)state;
  for (double per_s = 1; per_s < 20000; per_s *= 1.03)
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
      const struct stance_usb_shape shape = {
          .max_packet_bytes = 64, .packet_bytes = sizes[k], .packets_per_s = per_s};
      const bool is_short = sizes[k] % 64 != 0;
      struct usb_plan plan;
      usb_plan_make(&shape, &plan);
      const double packets = is_short ? 1 : (double)(plan.transfer_bytes / sizes[k]);
      assert_int_equal(plan.transfer_bytes % 64, 0);
      const bool is_long = plan.transfer_bytes + 512 > 16384; /* as long as the kernel takes */
      assert_in_range(plan.transfer_count, 16, is_short || is_long ? 256 : 128);
      if (per_s < 500)
        assert_true(packets == 1);
      else if (!is_short)
        assert_true(packets / per_s >= 0.002 - 1e-9 || is_long);
      if (!is_short)
        assert_true(packets == 1 || packets / per_s <= 0.005);
      if (!is_short || per_s <= 1000)
        assert_true((double)plan.transfer_count * packets / per_s >= 0.25 - 1e-9);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(serial_number_picks_the_instrument, begin, end),
      cmocka_unit_test_setup_teardown(port_picks_the_instrument, begin, end),
      cmocka_unit_test_setup_teardown(absent_serial_names_the_one_that_is_there, begin, end),
      cmocka_unit_test_setup_teardown(nothing_connected_is_told, begin, end),
      cmocka_unit_test_setup_teardown(generic_chip_is_left_alone_unless_its_port_is_named, begin,
                                      end),
      cmocka_unit_test_setup_teardown(kernel_driver_is_given_back, begin, end),
      cmocka_unit_test_setup_teardown(rights_and_busy_are_waited_for_then_told, begin, end),
      cmocka_unit_test_setup_teardown(crashed_stream_is_stopped_and_drained_first, begin, end),
      cmocka_unit_test_setup_teardown(list_names_all_and_touches_no_generic_chip, begin, end),
      cmocka_unit_test(plan_covers_a_quarter_of_a_second),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
