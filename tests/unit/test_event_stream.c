/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server-sent events out of bytes, however they are cut. */
#include "event_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const char bytes[] = ":\n\n"
                            "event: state\nid: 1\ndata: {\"a\":\"event: x\"}\n\n"
                            ":\n\n:\n\n"
                            "event: missed\ndata: {\"count\":3}\n\nevent: live\nid: 9\ndata: 1\n\n"
                            "id: 10\ndata: without a name\n\n"
                            "event: without text\n\n"
                            "event: result\ndata: \n\n"
                            "event: torn\ndata: {";
static const char *const expected[][2] = {
    {"state", "{\"a\":\"event: x\"}"}, {"missed", "{\"count\":3}"}, {"live", "1"}, {"result", ""}};
enum { EXPECTED_COUNT = sizeof expected / sizeof *expected };

static void take(struct stance_event_stream *stream, size_t *count)
{
  const char *name, *text;
  while (stance_event_stream_next(stream, &name, &text)) {
    assert_true(*count < EXPECTED_COUNT);
    assert_string_equal(name, expected[*count][0]);
    assert_string_equal(text, expected[*count][1]);
    ++*count;
  }
}

static void every_cut_gives_the_same_events(void **state)
{
  (void)state;
  for (size_t step = 1; step <= sizeof bytes; step++) {
    struct stance_event_stream stream = {0};
    size_t count = 0;
    for (size_t at = 0; at < sizeof bytes - 1; at += step) {
      const size_t left = sizeof bytes - 1 - at;
      assert_true(stance_event_stream_feed(&stream, bytes + at, left < step ? left : step));
      if (at / step % 3 != 1) /* what is not asked for at once is not lost */
        take(&stream, &count);
    }
    take(&stream, &count);
    assert_int_equal(count, EXPECTED_COUNT);
    stance_event_stream_finish(&stream);
  }
}

/* Long ones whole, and in a time that grows with their length alone: a second at most, where
   searching from the beginning each time would take minutes. */
static void a_long_event_is_whole(void **state)
{
  enum { PIECE = 512, PIECES = 16000 };
  struct stance_event_stream stream = {0};
  const char *name, *text;
  char piece[PIECE];
  (void)state;
  memset(piece, 'y', sizeof piece);
  assert_true(stance_event_stream_feed(&stream, "event: result\ndata: ", 20));
  for (int k = 0; k < PIECES; k++) {
    assert_true(stance_event_stream_feed(&stream, piece, sizeof piece));
    assert_false(stance_event_stream_next(&stream, &name, &text));
  }
  assert_true(stance_event_stream_feed(&stream, "\n\n", 2));
  assert_true(stance_event_stream_next(&stream, &name, &text));
  assert_string_equal(name, "result");
  assert_int_equal(strlen(text), (size_t)PIECE * PIECES);
  stance_event_stream_finish(&stream);
}

static void one_without_an_end_is_refused(void **state)
{
  enum { PIECE = 1 << 20 };
  struct stance_event_stream stream = {0};
  char *piece = calloc(1, PIECE);
  int fed = 0;
  (void)state;
  assert_non_null(piece);
  memset(piece, 'y', PIECE);
  while (fed < 100 && stance_event_stream_feed(&stream, piece, PIECE))
    fed++;
  assert_int_equal(fed, 16);
  stance_event_stream_finish(&stream);
  free(piece);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_cut_gives_the_same_events),
      cmocka_unit_test(a_long_event_is_whole),
      cmocka_unit_test(one_without_an_end_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
