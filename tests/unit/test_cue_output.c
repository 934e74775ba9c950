/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sound card's thread where there is no such card: nobody waits, and the sentence says what to
   do. What a card plays is measured on the guest's loopback card. */
#include "cue_output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

static int64_t now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_ms(long ms)
{
  nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static void a_missing_card_is_named_and_nobody_waits(void **state)
{
  const struct stance_sound_options options = {.device = "no such card"};
  struct stance_sound *sound = NULL;
  struct stance_sound_health health;
  struct stance_cue_event event;
  (void)state;
  assert_int_equal(stance_sound_create(&options, &sound, NULL), STANCE_OK);
  int64_t deadline = now_ms() + 20000; /* enumerating takes seconds on some machines */
  do {
    wait_ms(20);
    stance_sound_health(sound, &health);
    assert_true(health.problem.text[0] != '\0');
  } while (strstr(health.problem.text, "being opened") != NULL && now_ms() < deadline);
  assert_false(health.playing);
  assert_non_null(strstr(health.problem.text, "the test goes on"));
  assert_false(stance_sound_play(sound, STANCE_CUE_GO, 0));
  assert_false(stance_sound_silence(sound));
  assert_false(stance_sound_take_event(sound, &event));
  stance_sound_feedback(sound, 100, 50, 150);
  stance_sound_destroy(sound);
}

static void it_can_be_ended_while_it_opens(void **state)
{
  const struct stance_sound_options options = {.device = "no such card"};
  (void)state;
  for (int k = 0; k < 5; k++) {
    struct stance_sound *sound = NULL;
    assert_int_equal(stance_sound_create(&options, &sound, NULL), STANCE_OK);
    stance_sound_destroy(sound);
  }
  stance_sound_destroy(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_missing_card_is_named_and_nobody_waits),
      cmocka_unit_test(it_can_be_ended_while_it_opens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
