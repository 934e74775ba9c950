/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random profiles and recordings: the text form loses nothing, and force is linear in raw values.
 */
#include "support/random_profile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void text_loses_nothing(void **state)
{
  (void)state;
  for (int trial = 0; trial < 2000; trial++) {
    struct stance_calibration calibration, again;
    uint64_t at = profile_seed;
    profile_random(&calibration);
    char *text;
    struct stance_problem problem = {.text = ""};
    assert_int_equal(stance_calibration_export(&calibration, &text), STANCE_OK);
    enum stance_status status = stance_calibration_import("random", text, &again, &problem);
    if (status != STANCE_OK || !profile_is_same(&calibration, &again))
      fail_msg("seed %llu: status %d, %s\n%s", (unsigned long long)at, (int)status, problem.text,
               text);
    free(text);
  }
}

/* No bytes may crash the reader or make a profile that breaks its own rules. */
static void damaged_text_is_read_or_refused(void **state)
{
  (void)state;
  for (int trial = 0; trial < 2000; trial++) {
    struct stance_calibration calibration;
    profile_random(&calibration);
    char *text;
    assert_int_equal(stance_calibration_export(&calibration, &text), STANCE_OK);
    size_t length = strlen(text);
    for (size_t hits = 1 + random_below(4); hits > 0; hits--)
      text[random_below(length)] = (char)random_below(256);
    struct stance_calibration again;
    struct stance_problem problem = {.text = ""};
    enum stance_status status = stance_calibration_import("damaged", text, &again, &problem);
    if (status == STANCE_OK) {
      char *second;
      assert_int_equal(stance_calibration_export(&again, &second), STANCE_OK);
      free(second);
    } else {
      assert_int_equal(status, STANCE_INPUT);
      assert_true(problem.text[0] != '\0');
    }
    free(text);
  }
}

enum { SAMPLE_COUNT = 64 };

struct recording {
  struct stance_raw_trace raw;
  double value[STANCE_CHANNEL_COUNT_MAX][SAMPLE_COUNT];
};

/* Ordinary sizes, where rounding is a matter of the last digits. */
static void random_rig(struct stance_calibration *calibration, struct recording *recording)
{
  profile_random(calibration);
  for (size_t k = 0; k < calibration->plate_count; k++)
    for (size_t c = 0; c < STANCE_CHANNEL_COUNT_MAX; c++) /* the force must stay a number */
      calibration->plate[k].matrix[calibration->plate[k].axis][c] = 2.0 * random_unit() - 1.0;
  if (calibration->plate_count == 0)
    calibration->channel[0].side = STANCE_LEFT;
  memset(recording, 0, sizeof *recording);
  recording->raw.sample_count = SAMPLE_COUNT;
  recording->raw.channel_count = calibration->channel_count;
  for (size_t c = 0; c < calibration->channel_count; c++) {
    struct stance_calibration_channel *channel = &calibration->channel[c];
    channel->zero_raw = 1000.0 * (random_unit() - 0.5);
    channel->slope_n_per_unit = 0.001 + random_unit();
    channel->quadratic_n_per_unit2 = channel->cubic_n_per_unit3 = 0.0;
    memcpy(recording->raw.channel[c].name, channel->channel, sizeof channel->channel);
    memcpy(recording->raw.channel[c].unit, channel->unit, sizeof channel->unit);
    recording->raw.channel[c].minimum = -(double)INFINITY;
    recording->raw.channel[c].maximum = (double)INFINITY;
    recording->raw.value[c] = recording->value[c];
    for (size_t k = 0; k < SAMPLE_COUNT; k++)
      recording->value[c][k] = 5000.0 * (random_unit() - 0.5);
  }
}

static void apply(const struct stance_calibration *calibration, const struct recording *recording,
                  struct stance_force_trace *ret_force)
{
  assert_int_equal(stance_calibration_apply(calibration, &recording->raw, ret_force, NULL),
                   STANCE_OK);
}

/* force(a) + force(b) = force(a + b − zero): 8 channels of up to 2500 units and slope 1 leave less
   than 2e4 N · 8 · 2^-52. */
static void force_is_linear(void **state)
{
  (void)state;
  for (int trial = 0; trial < 500; trial++) {
    struct stance_calibration calibration;
    struct recording a, b, sum;
    random_rig(&calibration, &a);
    b = a;
    sum = a;
    for (size_t c = 0; c < calibration.channel_count; c++) {
      b.raw.value[c] = b.value[c];
      sum.raw.value[c] = sum.value[c];
      for (size_t k = 0; k < SAMPLE_COUNT; k++) {
        b.value[c][k] = 5000.0 * (random_unit() - 0.5);
        sum.value[c][k] = a.value[c][k] + b.value[c][k] - calibration.channel[c].zero_raw;
      }
    }
    struct stance_force_trace of_a, of_b, of_sum;
    apply(&calibration, &a, &of_a);
    apply(&calibration, &b, &of_b);
    apply(&calibration, &sum, &of_sum);
    for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
      for (size_t k = 0; of_a.force_n[side] != NULL && k < SAMPLE_COUNT; k++)
        assert_true(fabs(of_a.force_n[side][k] + of_b.force_n[side][k] - of_sum.force_n[side][k]) <
                    1e-10);
    stance_force_trace_finish(&of_a);
    stance_force_trace_finish(&of_b);
    stance_force_trace_finish(&of_sum);
  }
}

/* Turning every sensor over turns every sign and nothing else; a raw value at zero is no force. */
static void polarity_turns_the_sign(void **state)
{
  (void)state;
  for (int trial = 0; trial < 500; trial++) {
    struct stance_calibration calibration;
    struct recording recording;
    random_rig(&calibration, &recording);
    for (size_t c = 0; c < calibration.channel_count; c++)
      recording.value[c][0] = calibration.channel[c].zero_raw;
    struct stance_force_trace force, turned;
    apply(&calibration, &recording, &force);
    for (size_t c = 0; c < calibration.channel_count; c++)
      calibration.channel[c].polarity = -calibration.channel[c].polarity;
    apply(&calibration, &recording, &turned);
    for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
      assert_int_equal(force.force_n[side] == NULL, turned.force_n[side] == NULL);
      const double *straight = force.force_n[side], *other = turned.force_n[side];
      if (straight == NULL || other == NULL)
        continue;
      for (size_t k = 0; k < SAMPLE_COUNT; k++)
        assert_true(straight[k] == -other[k]);
      assert_true(straight[0] == 0.0);
    }
    stance_force_trace_finish(&force);
    stance_force_trace_finish(&turned);
  }
}

/* What the clinician sees live is what the report says. */
static void frames_equal_the_trace(void **state)
{
  (void)state;
  for (int trial = 0; trial < 500; trial++) {
    struct stance_calibration calibration;
    struct recording recording;
    random_rig(&calibration, &recording);
    struct stance_force_trace force;
    apply(&calibration, &recording, &force);
    for (size_t k = 0; k < SAMPLE_COUNT; k++) {
      struct stance_raw_frame raw = {.index = k, .gap_before = 3, .flags = 1};
      for (size_t c = 0; c < calibration.channel_count; c++)
        raw.value[c] = recording.value[c][k];
      struct stance_force_frame frame;
      stance_calibration_apply_frame(&calibration, &raw, &frame);
      assert_true(frame.index == k && frame.gap_before == 3 && frame.flags == 1);
      for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
        assert_true(force.force_n[side] == NULL ? isnan(frame.force_n[side])
                                                : force.force_n[side][k] == frame.force_n[side]);
    }
    stance_force_trace_finish(&force);
  }
}

int main(void)
{
  const char *wanted = getenv("STANCE_SEED");
  if (wanted != NULL)
    profile_seed = strtoull(wanted, NULL, 10);
  printf("seed %llu (STANCE_SEED sets it)\n", (unsigned long long)profile_seed);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_loses_nothing),     cmocka_unit_test(damaged_text_is_read_or_refused),
      cmocka_unit_test(force_is_linear),        cmocka_unit_test(polarity_turns_the_sign),
      cmocka_unit_test(frames_equal_the_trace),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
