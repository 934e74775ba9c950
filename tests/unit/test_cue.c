/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cues as samples, and the body of the sound callback. */
#include "cue_mixer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE_HZ 48000.0
#define MINUS_6_DB 0.501187
enum { SECOND = 48000, LONGEST = 2 * SECOND };

static size_t render_alone(enum stance_cue cue, double *ret_left, double *ret_right)
{
  size_t count = (size_t)ceil(stance_cue_duration_s(cue) * RATE_HZ) + 1;
  for (size_t k = 0; k < count; k++) {
    ret_left[k] = ret_right[k] = 0;
    stance_cue_add(cue, (double)k / RATE_HZ, &ret_left[k], &ret_right[k]);
  }
  return count;
}

/* Amplitude of one pitch in `count` samples, Hann-windowed: what an ear hears of it. */
static double amplitude_at(const double *x, size_t count, double hz)
{
  double re = 0, im = 0;
  for (size_t k = 0; k < count; k++) {
    double window = 0.5 - 0.5 * cos(2 * M_PI * (double)k / (double)count);
    re += window * x[k] * cos(2 * M_PI * hz * (double)k / RATE_HZ);
    im += window * x[k] * sin(2 * M_PI * hz * (double)k / RATE_HZ);
  }
  return 4 * hypot(re, im) / (double)count;
}

/* Pitch by upward zero crossings, interpolated. */
static double pitch_of(const double *x, size_t first, size_t last)
{
  double begin = -1, end = 0;
  unsigned turns = 0;
  for (size_t k = first + 1; k < last; k++)
    if (x[k - 1] < 0 && x[k] >= 0) {
      double at = (double)k - x[k] / (x[k] - x[k - 1]);
      turns += begin >= 0;
      begin = begin < 0 ? at : begin;
      end = at;
    }
  return turns * RATE_HZ / (end - begin);
}

static void each_cue_is_audible_and_never_too_loud(void **state)
{
  static double left[LONGEST], right[LONGEST];
  (void)state;
  for (int cue = 0; cue < STANCE_CUE_COUNT; cue++) {
    size_t count = render_alone((enum stance_cue)cue, left, right);
    double peak = 0;
    for (size_t k = 0; k < count; k++)
      peak = fmax(peak, fmax(fabs(left[k]), fabs(right[k])));
    assert_true(peak <= STANCE_CUE_LEVEL + 1e-12);
    assert_true(peak > 0.9 * STANCE_CUE_LEVEL);
    assert_true(fabs(left[0]) < 1e-12 && fabs(left[count - 1]) < 1e-12);
    assert_int_equal(stance_cue_find(stance_cue_id((enum stance_cue)cue)), cue);
    assert_true(strlen(stance_cue_meaning((enum stance_cue)cue)) > 0);
  }
  assert_int_equal(stance_cue_find("no such cue"), STANCE_CUE_COUNT);
  assert_true(STANCE_CUE_LEVEL + STANCE_FEEDBACK_LEVEL < MINUS_6_DB);
}

/* A click is energy far from the note at its edges: 20 ms around start and end of every note. */
static void no_note_clicks(void **state)
{
  static double left[LONGEST], right[LONGEST];
  const double far_hz[] = {5000, 8000, 12000, 16000, 20000};
  const size_t width = (size_t)(0.02 * RATE_HZ);
  (void)state;
  for (int cue = 0; cue < STANCE_CUE_COUNT; cue++) {
    const struct stance_cue_note *note;
    memset(left, 0, sizeof left);
    render_alone((enum stance_cue)cue, left + width, right);
    size_t notes = stance_cue_notes((enum stance_cue)cue, &note);
    for (size_t n = 0; n < notes; n++)
      for (size_t f = 0; f < sizeof far_hz / sizeof *far_hz; f++) {
        size_t start = width / 2 + (size_t)(note[n].start_s * RATE_HZ);
        size_t end = start + (size_t)(note[n].duration_s * RATE_HZ);
        assert_true(amplitude_at(left + start, width, far_hz[f]) < 1e-3); /* −60 dB */
        assert_true(amplitude_at(left + end, width, far_hz[f]) < 1e-3);
      }
  }
}

/* Not by loudness: two cues differ in the number of notes, in where they glide, in pitch by more
   than a whole tone, or in length by half. */
static bool differ(const struct stance_cue_note *a, size_t a_count, const struct stance_cue_note *b,
                   size_t b_count)
{
  if (a_count != b_count)
    return true;
  for (size_t k = 0; k < a_count; k++) {
    double length = a[k].duration_s / b[k].duration_s;
    double begin = a[k].from_hz / b[k].from_hz, end = a[k].to_hz / b[k].to_hz;
    if (length > 1.5 || length < 1 / 1.5 || fabs(log2(begin)) > 2.0 / 12 ||
        fabs(log2(end)) > 2.0 / 12)
      return true;
  }
  return false;
}

static void cues_differ_in_pitch_or_rhythm(void **state)
{
  (void)state;
  for (int one = 0; one < STANCE_CUE_COUNT; one++)
    for (int other = 0; other < one; other++) {
      const struct stance_cue_note *a, *b;
      size_t a_count = stance_cue_notes((enum stance_cue)one, &a);
      size_t b_count = stance_cue_notes((enum stance_cue)other, &b);
      if (!differ(a, a_count, b, b_count))
        fail_msg("%s and %s sound alike", stance_cue_id((enum stance_cue)one),
                 stance_cue_id((enum stance_cue)other));
    }
}

static void go_rises_and_sides_are_panned(void **state)
{
  static double left[LONGEST], right[LONGEST];
  (void)state;
  size_t count = render_alone(STANCE_CUE_GO, left, right);
  assert_true(fabs(pitch_of(left, 0, count / 5) - 770) < 25); /* mean over the first fifth */
  assert_true(fabs(pitch_of(left, 4 * count / 5, count) - 1330) < 25);
  count = render_alone(STANCE_CUE_LEFT, left, right);
  for (size_t k = 0; k < count; k++)
    assert_true(right[k] == 0);
  render_alone(STANCE_CUE_RIGHT, left, right);
  assert_true(left[count / 4] == 0 && right[count / 4] != 0);
}

struct played {
  struct stance_cue_mixer *mixer;
  double left[LONGEST];
};
static const int64_t start_ns = 1000000000;

static int make(void **state)
{
  struct played *played = calloc(1, sizeof *played);
  assert_non_null(played);
  assert_int_equal(stance_cue_mixer_create(RATE_HZ, &played->mixer), STANCE_OK);
  *state = played;
  return 0;
}

static int clear_away(void **state)
{
  struct played *played = *state;
  stance_cue_mixer_destroy(played->mixer);
  free(played);
  return 0;
}

/* Renders samples [first, last) in buffers of changing length, as a card would ask for them. */
static void render(struct played *played, size_t first, size_t last)
{
  float frames[2 * 1000];
  unsigned seed = 7;
  for (size_t done = first; done < last;) {
    size_t count = 1 + (seed = seed * 1103515245u + 12345u) / 65536u % 1000;
    count = count < last - done ? count : last - done;
    stance_cue_mixer_render(played->mixer, frames, count,
                            start_ns + (int64_t)llround((double)done * 1e9 / RATE_HZ));
    for (size_t k = 0; k < count; k++)
      played->left[done + k] = (double)frames[2 * k];
    done += count;
  }
}

static void a_cue_begins_at_the_sample_it_was_asked_for(void **state)
{
  struct played *played = *state;
  struct stance_cue_event event;
  const size_t at = 12345;
  int64_t at_ns = start_ns + (int64_t)llround((double)at * 1e9 / RATE_HZ);
  assert_true(stance_cue_mixer_play(played->mixer, STANCE_CUE_GO, at_ns));
  render(played, 0, SECOND);
  for (size_t k = 0; k <= at; k++)
    assert_true(played->left[k] == 0);
  assert_true(played->left[at + 2] != 0);
  assert_true(stance_cue_mixer_take_event(played->mixer, &event));
  assert_int_equal(event.cue, STANCE_CUE_GO);
  assert_true(llabs(event.leaves_ns - at_ns) <= (int64_t)(0.5e9 / RATE_HZ) + 1);
  assert_true(event.requested_ns == at_ns);
  assert_false(stance_cue_mixer_take_event(played->mixer, &event));
}

static void cues_and_tone_together_stay_below_6_db(void **state)
{
  struct played *played = *state;
  unsigned seed = 99;
  stance_cue_mixer_feedback(played->mixer, 150, 100, 200);
  for (size_t done = 0; done + 480 <= LONGEST; done += 480) {
    seed = seed * 1103515245u + 12345u;
    if (seed / 65536u % 3 == 0)
      stance_cue_mixer_play(played->mixer, (enum stance_cue)(seed / 16777216u % STANCE_CUE_COUNT),
                            0);
    render(played, done, done + 480);
  }
  double loudest = 0;
  for (size_t k = 0; k < LONGEST; k++)
    loudest = fmax(loudest, fabs(played->left[k]));
  assert_true(loudest > STANCE_CUE_LEVEL && loudest < MINUS_6_DB);
}

static void a_new_cue_takes_over_without_a_click(void **state)
{
  struct played *played = *state;
  stance_cue_mixer_play(played->mixer, STANCE_CUE_STOP, 0);
  render(played, 0, 4800);
  stance_cue_mixer_play(played->mixer, STANCE_CUE_READY, 0);
  render(played, 4800, SECOND);
  assert_true(amplitude_at(played->left + 4800 - 480, 960, 12000) < 1e-3);
  assert_true(fabs(pitch_of(played->left, 6000, 13000) - 600) < 1);
}

static void silence_comes_within_one_edge_and_drops_what_waits(void **state)
{
  struct played *played = *state;
  stance_cue_mixer_play(played->mixer, STANCE_CUE_FAULT, 0);
  stance_cue_mixer_play(played->mixer, STANCE_CUE_GO, start_ns + 500000000);
  render(played, 0, 4800);
  assert_true(stance_cue_mixer_silence(played->mixer));
  render(played, 4800, SECOND);
  for (size_t k = 4800 + 481; k < SECOND; k++)
    assert_true(played->left[k] == 0);
}

static void pitch_follows_force(void **state)
{
  struct played *played = *state;
  const struct {
    double force_n, hz;
  } steps[] = {{150, 800}, {200, 951.3657}, {100, 672.7171}}; /* 800 · 2^(±1/4) */
  for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
    stance_cue_mixer_feedback(played->mixer, steps[k].force_n, 100, 200);
    render(played, k * SECOND / 2, (k + 1) * SECOND / 2);
    double hz = pitch_of(played->left, k * SECOND / 2 + SECOND / 10, (k + 1) * SECOND / 2);
    assert_true(fabs(hz - steps[k].hz) < 0.5);
  }
  /* one octave is twice the band's width */
  assert_true(fabs(stance_feedback_hz(350, 100, 200) / stance_feedback_hz(150, 100, 200) - 2) <
              1e-12);
  assert_true(stance_feedback_hz(1e9, 100, 200) <= 3000 &&
              stance_feedback_hz(-1e9, 100, 200) >= 400);
}

/* Share of the tone's level that comes and goes. */
static double tremble(const double *x, size_t first, size_t last)
{
  double least = 1, most = 0;
  for (size_t k = first; k + 480 < last; k += 480) {
    double peak = 0;
    for (size_t j = k; j < k + 480; j++)
      peak = fmax(peak, fabs(x[j]));
    least = fmin(least, peak);
    most = fmax(most, peak);
  }
  return 1 - least / most;
}

static void inside_is_pure_and_outside_trembles(void **state)
{
  struct played *played = *state;
  const double force_n[] = {150, 50, 250};
  for (size_t k = 0; k < 3; k++) {
    stance_cue_mixer_feedback(played->mixer, force_n[k], 100, 200);
    render(played, k * SECOND / 2, (k + 1) * SECOND / 2);
    double share = tremble(played->left, k * SECOND / 2 + SECOND / 10, (k + 1) * SECOND / 2);
    assert_true(k == 0 ? share < 0.02 : share > 0.8);
  }
  assert_true(stance_feedback_tremolo_hz(50, 100, 200) < stance_feedback_tremolo_hz(250, 100, 200));
  stance_cue_mixer_feedback(played->mixer, 150, 0, 0); /* off */
  render(played, 3 * SECOND / 2, LONGEST);
  assert_true(fabs(played->left[LONGEST - 1]) == 0);
}

static void more_cues_than_wait_are_refused(void **state)
{
  struct played *played = *state;
  unsigned accepted = 0;
  for (int k = 0; k < 100; k++)
    accepted += stance_cue_mixer_play(played->mixer, STANCE_CUE_HOLD, start_ns * 3) ? 1 : 0;
  assert_int_equal(accepted, 16);
  render(played, 0, SECOND);
  assert_true(played->left[SECOND - 1] == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_cue_is_audible_and_never_too_loud),
      cmocka_unit_test(no_note_clicks),
      cmocka_unit_test(cues_differ_in_pitch_or_rhythm),
      cmocka_unit_test(go_rises_and_sides_are_panned),
#define WITH_MIXER(test) cmocka_unit_test_setup_teardown(test, make, clear_away)
      WITH_MIXER(a_cue_begins_at_the_sample_it_was_asked_for),
      WITH_MIXER(cues_and_tone_together_stay_below_6_db),
      WITH_MIXER(a_new_cue_takes_over_without_a_click),
      WITH_MIXER(silence_comes_within_one_edge_and_drops_what_waits),
      WITH_MIXER(pitch_follows_force),
      WITH_MIXER(inside_is_pure_and_outside_trembles),
      WITH_MIXER(more_cues_than_wait_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
