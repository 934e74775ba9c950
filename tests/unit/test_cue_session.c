/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole test as the mixer plays it, cues over the tone of a hold whose force jumps, silences in
   the middle of everything: nothing clips, nothing clicks, and each cue is told from each other by
   ear. With STANCE_SOUND_FOLDER set it is written there as a WAV file, to be listened to. */
#include "cue_loopback.h"
#include "cue_mixer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE_HZ = 48000, SECONDS = 15, COUNT = RATE_HZ * SECONDS, BUFFER = 256 };
static const double minus_6_db = 0.501187;
/* −60 dB of the loudest that may sound. */
static const double click_max = 1e-3 * 0.501187;

static float session[2 * COUNT];

static unsigned next_random(unsigned *seed)
{
  return (*seed = *seed * 1103515245u + 12345u) >> 16;
}

/* Every 50 ms something may happen: a cue, one after another, a jump of force, a silence. */
static void play_session(unsigned seed)
{
  struct stance_cue_mixer *mixer = NULL;
  int cue = 0;
  assert_int_equal(stance_cue_mixer_create(RATE_HZ, &mixer), STANCE_OK);
  for (size_t done = 0; done < COUNT; done += BUFFER) {
    const size_t count = COUNT - done < BUFFER ? COUNT - done : BUFFER;
    const unsigned what = next_random(&seed) % 40;
    if (what == 0 || what == 1)
      (void)stance_cue_mixer_play(mixer, (enum stance_cue)(cue++ % STANCE_CUE_COUNT), 0);
    else if (what == 2)
      stance_cue_mixer_feedback(mixer, 100 + next_random(&seed) % 150, 150, 200);
    else if (what == 3)
      stance_cue_mixer_feedback(mixer, 0, 0, 0);
    else if (what == 4 && next_random(&seed) % 4 == 0)
      (void)stance_cue_mixer_silence(mixer);
    stance_cue_mixer_render(mixer, session + 2 * done, count,
                            (int64_t)((double)done * 1e9 / RATE_HZ));
  }
  stance_cue_mixer_destroy(mixer);
}

static void write_word(FILE *file, uint32_t value, int bytes)
{
  for (int k = 0; k < bytes; k++)
    fputc((int)(value >> 8 * k & 255), file);
}

static void write_wav(unsigned seed)
{
  const char *folder = getenv("STANCE_SOUND_FOLDER");
  char path[4096];
  if (folder == NULL)
    return;
  snprintf(path, sizeof path, "%s/session-%u.wav", folder, seed);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  fwrite("RIFF", 1, 4, file);
  write_word(file, 36 + 4 * COUNT, 4);
  fwrite("WAVEfmt ", 1, 8, file);
  write_word(file, 16, 4);
  write_word(file, 1, 2);
  write_word(file, 2, 2);
  write_word(file, RATE_HZ, 4);
  write_word(file, 4 * RATE_HZ, 4);
  write_word(file, 4, 2);
  write_word(file, 16, 2);
  fwrite("data", 1, 4, file);
  write_word(file, 4 * COUNT, 4);
  for (size_t k = 0; k < 2 * COUNT; k++)
    write_word(file, (uint32_t)lrint((double)session[k] * 32767) & 0xffff, 2);
  assert_int_equal(fclose(file), 0);
}

/* Amplitude of one pitch in `count` samples of one channel: Goertzel's recursion under a Hann
 * window.
 */
static double amplitude_at(const float *x, const double *window, size_t count, double hz)
{
  const double turn = 2 * cos(2 * M_PI * hz / RATE_HZ);
  double one = 0, two = 0;
  for (size_t k = 0; k < count; k++) {
    const double next = window[k] * (double)x[2 * k] + turn * one - two;
    two = one;
    one = next;
  }
  return 4 / (double)count * sqrt(fmax(0, one * one + two * two - turn * one * two));
}

/* Everything lies below 3 kHz; a click is energy above it. Windows of 10 ms, so that a click is not
   thinned by what surrounds it; between 6 kHz and 20 kHz every 2 kHz. */
static double loudest_click(const float *x, size_t count)
{
  enum { WINDOW = RATE_HZ / 100 };
  double window[WINDOW], loudest = 0;
  for (size_t k = 0; k < WINDOW; k++)
    window[k] = 0.5 - 0.5 * cos(2 * M_PI * (double)k / WINDOW);
  for (size_t k = 0; k + WINDOW <= count; k += WINDOW / 2)
    for (double hz = 6000; hz <= 20000; hz += 2000)
      loudest = fmax(loudest, amplitude_at(x + 2 * k, window, WINDOW, hz));
  return loudest;
}

static void a_session_neither_clips_nor_clicks(void **unused)
{
  (void)unused;
  for (unsigned seed = 1; seed <= 2; seed++) {
    double loudest = 0;
    play_session(seed);
    write_wav(seed);
    for (size_t k = 0; k < 2 * COUNT; k++)
      loudest = fmax(loudest, fabs((double)session[k]));
    assert_true(loudest > 0.3 && loudest < minus_6_db);
    for (int channel = 0; channel < 2; channel++) {
      const double click = loudest_click(session + channel, COUNT - 1);
      if (click > click_max)
        fail_msg("seed %u: a click of %.1f dB", seed, 20 * log10(click));
    }
  }
}

/* The measure itself: a tone cut off in the middle is found. */
static void a_cut_tone_is_a_click(void **unused)
{
  (void)unused;
  enum { LENGTH = RATE_HZ / 2 };
  memset(session, 0, sizeof session);
  for (size_t k = 0; k < LENGTH / 2 + 13; k++)
    session[2 * k] = session[2 * k + 1] = (float)(0.35 * sin(2 * M_PI * 600 * (double)k / RATE_HZ));
  assert_true(loudest_click(session, LENGTH) > click_max);
}

/* The cue whose own sound a recording holds more of than any other's. */
static void each_cue_is_told_from_each_other(void **unused)
{
  (void)unused;
  enum { LENGTH = 2 * RATE_HZ };
  static float x[LENGTH];
  for (int cue = 0; cue < STANCE_CUE_COUNT; cue++) {
    const double length_s = stance_cue_duration_s((enum stance_cue)cue);
    for (size_t k = 0; k < LENGTH; k++) {
      double left = 0, right = 0;
      stance_cue_add((enum stance_cue)cue, ((double)k - 9600) / RATE_HZ, &left, &right);
      x[k] = (float)(left + right);
    }
    assert_true(fabs(stance_cue_locate((enum stance_cue)cue, x, LENGTH, RATE_HZ, 0, LENGTH / 2) -
                     9600) < 1);
    for (int other = 0; other < STANCE_CUE_COUNT; other++) {
      const double other_s = stance_cue_duration_s((enum stance_cue)other);
      /* as long or longer: a short one may well be a part of a long one, which then goes on */
      if (other == cue || other_s < length_s)
        continue;
      const double at =
          stance_cue_locate((enum stance_cue)other, x, LENGTH, RATE_HZ, 9600 - 480, 9600 + 480);
      if (!isnan(at) && fabs(at - 9600) < 48 && length_s > 0.9 * other_s)
        fail_msg("%s passes for %s", stance_cue_id((enum stance_cue)cue),
                 stance_cue_id((enum stance_cue)other));
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_session_neither_clips_nor_clicks),
      cmocka_unit_test(a_cut_tone_is_a_click),
      cmocka_unit_test(each_cue_is_told_from_each_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
