/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs in the sound callback neither allocates, locks nor calls the system. */
#include "cue_output.h"

#include "stance/rt.h"
#include "support/fake_portaudio.h"
#include "support/forbidden_calls.h"
#include "support/no_syscalls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_for_callbacks(unsigned more)
{
  const unsigned until = atomic_load(&fake_card.callbacks) + more;
  while (atomic_load(&fake_card.callbacks) < until)
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* By the card's own word, not by the callback's. */
static void watch(bool begins)
{
  forbidden_here = begins;
#ifndef STANCE_SANITIZED /* a sanitizer makes calls of its own */
  if (begins)
    (void)no_syscalls_begin();
  else
    no_syscalls_end();
#endif
}

/* Everything that it does: cues that take over from each other, the tone, silence, a gap, and an
   input that listens. */
static void sound_callback_keeps_the_rule(void **state)
{
  static float heard[48000];
  static struct stance_sound_chunk chunks[1000];
  struct stance_sound_capture capture = {
      .sample = heard, .capacity = 48000, .chunk = chunks, .chunk_capacity = 1000};
  const struct stance_sound_options options = {.device = "fake", .capture = &capture};
  struct stance_sound *sound = NULL;
  struct stance_sound_health health;
  (void)state;
  fake_card_reset();
  fake_card.around = watch;
  atomic_store(&syscalls_made, 0);
  assert_int_equal(stance_sound_create(&options, &sound, NULL), STANCE_OK);
  atomic_store(&forbidden_calls, 0);
  wait_for_callbacks(3);
  for (int cue = 0; cue < STANCE_CUE_COUNT; cue++) {
    assert_true(stance_sound_play(sound, (enum stance_cue)cue, 0));
    stance_sound_feedback(sound, 100 + cue * 20, 150, 250);
    atomic_store(&fake_card.run_dry, cue % 3 == 0);
    wait_for_callbacks(4);
    if (cue % 5 == 4)
      assert_true(stance_sound_silence(sound));
  }
  assert_int_equal(atomic_load(&forbidden_calls), 0);
  assert_int_equal(atomic_load(&syscalls_made), 0);
  stance_sound_health(sound, &health);
  assert_true(health.underflows > 0 && health.callbacks > 4 * STANCE_CUE_COUNT);
  stance_sound_destroy(sound);
  assert_true(atomic_load(&capture.used) > 10000);
}

static void *volatile kept;

/* A callback as none may be, in the context of one. */
static void the_measure_notices_it(void **state)
{
  (void)state;
#ifdef STANCE_SANITIZED
  skip();
#endif
  atomic_store(&forbidden_calls, 0);
  const enum stance_rt_context previous = stance_rt_enter(STANCE_RT_AUDIO);
  kept = malloc(10);
  free(kept);
  stance_rt_leave(previous);
  assert_int_equal(atomic_load(&forbidden_calls), 2);
  watch(true);
  kept = malloc(10);
  free(kept);
  watch(false);
  assert_int_equal(atomic_load(&forbidden_calls), 4);
}

static void the_kernel_notices_it(void **state)
{
  (void)state;
#ifdef STANCE_SANITIZED
  skip();
#endif
  if (!no_syscalls_begin())
    skip();
  no_syscalls_end();
  atomic_store(&syscalls_made, 0);
  for (int k = 0; k < 3; k++) {
    watch(true);
    syscall(SYS_getppid);
    watch(false);
  }
  assert_int_equal(atomic_load(&syscalls_made), 3);
  syscall(SYS_getppid);
  assert_int_equal(atomic_load(&syscalls_made), 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_measure_notices_it),
      cmocka_unit_test(the_kernel_notices_it),
      cmocka_unit_test(sound_callback_keeps_the_rule),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
