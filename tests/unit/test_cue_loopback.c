/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How late a card plays: measured on a card of which the test knows it. */
#include "cue_loopback.h"
#include "cue_output.h"

#include "support/fake_portaudio.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE_HZ = 48000 };

/* A seeded noise of that standard deviation, and the cue at a place that need not be whole. */
static void make(float *samples, size_t count, enum stance_cue cue, double at, double level,
                 double noise, unsigned seed)
{
  for (size_t k = 0; k < count; k++) {
    double left = 0, right = 0, sum = 0;
    for (int j = 0; j < 12; j++) /* twelve uniform ones: their variance is one */
      sum += (double)((seed = seed * 1103515245u + 12345u) >> 8) / (double)(1u << 24) - 0.5;
    stance_cue_add(cue, ((double)k - at) / RATE_HZ, &left, &right);
    samples[k] = (float)(level * (left + right) / 2 + noise * sum);
  }
}

static void each_cue_is_found_to_the_sample(void **unused)
{
  enum { COUNT = 3 * RATE_HZ };
  float *samples = malloc(COUNT * sizeof *samples);
  (void)unused;
  for (int cue = 0; cue < STANCE_CUE_COUNT; cue++) {
    const double at = 30000.4;
    for (int sign = 1; sign >= -1; sign -= 2) { /* polarity says nothing of when */
      make(samples, COUNT, (enum stance_cue)cue, at, 0.3 * sign, 0.003, 7);
      const double found =
          stance_cue_locate((enum stance_cue)cue, samples, COUNT, RATE_HZ, 29600, 30400);
      if (!(fabs(found - at) < 1))
        fail_msg("%s: found at %.2f, is at %.2f", stance_cue_id((enum stance_cue)cue), found, at);
    }
  }
  free(samples);
}

static void noise_is_no_cue(void **unused)
{
  enum { COUNT = RATE_HZ };
  float *samples = malloc(COUNT * sizeof *samples);
  (void)unused;
  make(samples, COUNT, STANCE_CUE_GO, 20000, 0, 0.1, 11);
  assert_true(isnan(stance_cue_locate(STANCE_CUE_GO, samples, COUNT, RATE_HZ, 15000, 25000)));
  memset(samples, 0, COUNT * sizeof *samples);
  assert_true(isnan(stance_cue_locate(STANCE_CUE_GO, samples, COUNT, RATE_HZ, 15000, 25000)));
  make(samples, COUNT, STANCE_CUE_STOP, 20000, 1, 0, 1); /* another cue */
  assert_true(isnan(stance_cue_locate(STANCE_CUE_GO, samples, COUNT, RATE_HZ, 15000, 25000)));
  assert_true(isnan(stance_cue_locate(STANCE_CUE_GO, samples, COUNT, RATE_HZ, COUNT, COUNT + 9)));
  free(samples);
}

static struct stance_loopback measure(double unknown_s)
{
  const struct stance_loopback_options options = {.bursts = 4};
  struct stance_loopback loopback;
  struct stance_problem problem = {""};
  fake_card_reset();
  fake_card.true_trip_s = fake_card.claimed_output_s + fake_card.claimed_input_s + unknown_s;
  if (stance_loopback_measure(&options, &loopback, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  return loopback;
}

static void what_the_card_does_not_know_of_is_measured(void **unused)
{
  (void)unused;
  const double unknown_s = 0.008;
  const struct stance_loopback loopback = measure(unknown_s);
  const struct stance_sound_latency *latency = &loopback.latency;
  assert_true(fabs(loopback.trip_s - unknown_s) < 0.0005);
  assert_int_equal(loopback.played, 4);
  assert_in_range(latency->heard, 3, 4);
  assert_string_equal(latency->card, "fake card: 0");
  assert_string_equal(latency->microphone, "fake card: ear");
  assert_true(latency->rate_hz == RATE_HZ && latency->latency_s == 0.02);
  /* the truth lies between nothing and all of it, and the interval says so */
  assert_true(fabs(latency->late_s - unknown_s / 2) < 0.0005);
  assert_true(latency->uncertainty_s >= 2 * unknown_s / 2 / sqrt(3.0) - 0.0005);
  assert_true(latency->uncertainty_s < 0.01);
}

static void a_card_that_tells_the_truth_is_not_late(void **unused)
{
  (void)unused;
  const struct stance_loopback loopback = measure(0);
  assert_true(fabs(loopback.latency.late_s) < 0.0003);
  assert_true(loopback.latency.uncertainty_s < 0.001);
}

/* ALSA is asked that what plays and what listens come before other threads, and nobody else is. */
static void sound_comes_first_where_it_can(void **unused)
{
  (void)unused;
  for (unsigned by_jack = 0; by_jack < 2; by_jack++) {
    const struct stance_loopback_options options = {.bursts = 2};
    struct stance_loopback loopback;
    struct stance_sound_device *card = NULL;
    size_t count = 0;
    fake_card_reset();
    fake_card.by_jack = by_jack == 1;
    assert_int_equal(stance_loopback_measure(&options, &loopback, NULL), STANCE_OK);
    assert_int_equal(atomic_load(&fake_card.first), by_jack == 1 ? 0 : 2);
    assert_int_equal(stance_sound_list(&card, &count, NULL), STANCE_OK);
    assert_int_equal(count, 1);
    assert_true(card->is_default && card->is_by_alsa == (by_jack == 0));
    free(card);
  }
}

static void expect_refusal(const char *says)
{
  const struct stance_loopback_options options = {.bursts = 2};
  struct stance_loopback loopback = {.played = 77};
  struct stance_problem problem = {""};
  assert_int_equal(stance_loopback_measure(&options, &loopback, &problem), STANCE_INSTRUMENT);
  if (strstr(problem.text, says) == NULL)
    fail_msg("does not say '%s': %s", says, problem.text);
  assert_int_equal(loopback.played, 77);
}

static void without_card_cable_or_ear_nothing_is_measured(void **unused)
{
  (void)unused;
  fake_card_reset();
  fake_card.deaf_share = 1;
  expect_refusal("0 were heard on fake card: ear");
  atomic_store(&fake_card.eager, true); /* it played, and no longer does */
  atomic_store(&fake_card.has_input, false);
  expect_refusal("there is no sound input");
  atomic_store(&fake_card.present, false);
  expect_refusal("no sound card");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_cue_is_found_to_the_sample),
      cmocka_unit_test(noise_is_no_cue),
      cmocka_unit_test(what_the_card_does_not_know_of_is_measured),
      cmocka_unit_test(a_card_that_tells_the_truth_is_not_late),
      cmocka_unit_test(sound_comes_first_where_it_can),
      cmocka_unit_test(without_card_cable_or_ear_nothing_is_measured),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
