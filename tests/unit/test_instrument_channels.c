/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Channels and sides of a URI: what is understood, and what is said of the rest. */
#include "instrument.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void channels_are_read_in_their_order(void **context)
{
  (void)context;
  unsigned channel[STANCE_CHANNEL_COUNT_MAX];
  size_t count;
  assert_int_equal(stance_instrument_parse_channels("x", "3,0,13", 13, channel, &count, NULL),
                   STANCE_OK);
  assert_int_equal(count, 3);
  assert_int_equal(channel[0], 3);
  assert_int_equal(channel[1], 0);
  assert_int_equal(channel[2], 13);
  assert_int_equal(
      stance_instrument_parse_channels("x", "0,1,2,3,4,5,6,7", 7, channel, &count, NULL),
      STANCE_OK);
  assert_int_equal(count, 8);
}

static void impossible_channels_are_refused(void **context)
{
  (void)context;
  static const char *const texts[] = {
      "",
      ",",
      "0,",
      ",0",
      "0,,1",
      "0, 1",
      "-1",
      "+1",
      "1.0",
      "a",
      "0x1",
      "14",
      "0,14",
      "0;1",
      "1,1",
      "00,0",
      "4294967296",
      "18446744073709551616",
      "0,1,2,3,4,5,6,7,8",
  };
  for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
    unsigned channel[STANCE_CHANNEL_COUNT_MAX] = {99};
    size_t count = 77;
    struct stance_problem problem = {""};
    if (stance_instrument_parse_channels("labjack-u6", texts[k], 13, channel, &count, &problem) !=
        STANCE_USAGE)
      fail_msg("channels=%s is accepted", texts[k]);
    assert_non_null(strstr(problem.text, "labjack-u6: channels="));
    assert_int_equal(channel[0], 99);
    assert_int_equal(count, 77);
  }
}

static void sides_follow_the_map(void **context)
{
  (void)context;
  static const unsigned channel[] = {4, 0, 7, 2};
  enum stance_side side[4];
  assert_int_equal(
      stance_instrument_map_sides("x", "left:0,right:2,left:7", channel, 4, side, NULL), STANCE_OK);
  assert_int_equal(side[0], STANCE_SIDE_NONE);
  assert_int_equal(side[1], STANCE_LEFT);
  assert_int_equal(side[2], STANCE_LEFT);
  assert_int_equal(side[3], STANCE_RIGHT);
  assert_int_equal(stance_instrument_map_sides("x", "total:4", channel, 4, side, NULL), STANCE_OK);
  assert_int_equal(side[0], STANCE_TOTAL);
  assert_int_equal(side[1], STANCE_SIDE_NONE);
}

static void without_a_map_the_order_decides(void **context)
{
  (void)context;
  static const unsigned channel[] = {5, 1, 0};
  enum stance_side side[3];
  assert_int_equal(stance_instrument_map_sides("x", "", channel, 3, side, NULL), STANCE_OK);
  assert_int_equal(side[0], STANCE_LEFT);
  assert_int_equal(side[1], STANCE_RIGHT);
  assert_int_equal(side[2], STANCE_SIDE_NONE);
  assert_int_equal(stance_instrument_map_sides("x", "", channel, 1, side, NULL), STANCE_OK);
  assert_int_equal(side[0], STANCE_TOTAL);
}

static void impossible_maps_are_refused(void **context)
{
  (void)context;
  static const unsigned channel[] = {0, 1};
  static const char *const texts[] = {
      "left",   "left:",  "left:0,", "links:0",        "left:2",  "left:0;",   ":0",
      "both:0", "left 0", "Left:0",  "left:0,right:0", "left:-1", "left:1000", "left:0,,right:1"};
  for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
    enum stance_side side[2] = {STANCE_BOTH, STANCE_BOTH};
    struct stance_problem problem = {""};
    if (stance_instrument_map_sides("x", texts[k], channel, 2, side, &problem) != STANCE_USAGE)
      fail_msg("map=%s is accepted", texts[k]);
    assert_non_null(strstr(problem.text, texts[k]));
    assert_int_equal(side[0], STANCE_BOTH);
  }
  struct stance_problem problem;
  enum stance_side side[2];
  assert_int_equal(stance_instrument_map_sides("x", "left:2", channel, 2, side, &problem),
                   STANCE_USAGE);
  assert_string_equal(problem.text, "x: map=left:2 names channel 2, which is not sampled; "
                                    "channels=0,1 are");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(channels_are_read_in_their_order),
      cmocka_unit_test(impossible_channels_are_refused),
      cmocka_unit_test(sides_follow_the_map),
      cmocka_unit_test(without_a_map_the_order_decides),
      cmocka_unit_test(impossible_maps_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
