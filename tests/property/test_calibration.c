/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random profiles and recordings: the text form loses nothing, and force is linear in raw values.
 */
#include "stance/calibration.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t seed = 20260101;

/* splitmix64 (Steele, Lea, Flood 2014): any seed is a good one. */
static uint64_t random_bits(void)
{
  uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static size_t random_below(size_t limit)
{
  return (size_t)(random_bits() % limit);
}

static double random_unit(void)
{
  return (double)(random_bits() >> 11) * 0x1p-53;
}

/* Any finite double, subnormals included. */
static double random_double(void)
{
  for (;;) {
    uint64_t bits = random_bits();
    double number;
    memcpy(&number, &bits, sizeof number);
    if (isfinite(number))
      return number;
  }
}

/* Plain words; or a few bytes that INI would trip over, again and again; or any bytes but NUL. */
static void random_text(char *ret_text, size_t size)
{
  static const char traps[] = " ;#=:[]%%09afAF\t\n\r\"\\'-+";
  size_t length = random_below(size);
  unsigned kind = (unsigned)random_below(3);
  size_t first_trap = random_below(sizeof traps - 3);

  for (size_t k = 0; k < length; k++) {
    if (kind == 0)
      ret_text[k] = (char)('a' + random_below(26));
    else if (kind == 1)
      ret_text[k] = traps[first_trap + random_below(3)];
    else
      ret_text[k] = (char)(1 + random_below(255));
  }
  ret_text[length] = '\0';
}

static void random_line(char *ret_text, size_t size)
{
  random_text(ret_text, size);
  for (; *ret_text != '\0'; ret_text++)
    if (iscntrl((unsigned char)*ret_text))
      *ret_text = '%';
}

static void random_profile(struct stance_calibration *ret_calibration)
{
  static const enum stance_side sides[] = {STANCE_LEFT, STANCE_RIGHT, STANCE_TOTAL,
                                           STANCE_SIDE_NONE};
  struct stance_calibration *c = ret_calibration;

  memset(c, 0, sizeof *c);
  do
    random_line(c->id, sizeof c->id);
  while (c->id[0] == '\0');
  random_line(c->instrument, sizeof c->instrument);
  random_line(c->created_at, sizeof c->created_at);
  random_line(c->operator_name, sizeof c->operator_name);
  c->calibrated = random_below(2) == 0;
  c->channel_count = 1 + random_below(STANCE_CHANNEL_COUNT_MAX);
  for (size_t k = 0; k < c->channel_count; k++) {
    struct stance_calibration_channel *channel = &c->channel[k];
    random_text(channel->channel, sizeof channel->channel);
    random_text(channel->serial, sizeof channel->serial);
    random_text(channel->unit, sizeof channel->unit);
    channel->side = sides[random_below(4)];
    channel->polarity = random_below(2) == 0 ? 1 : -1;
    channel->zero_raw = random_double();
    do
      channel->slope_n_per_unit = fabs(random_double());
    while (channel->slope_n_per_unit == 0.0);
  }
}

static bool same_bits(double a, double b)
{
  return a == b && signbit(a) == signbit(b);
}

static bool same_profile(const struct stance_calibration *a, const struct stance_calibration *b)
{
  if (strcmp(a->id, b->id) != 0 || strcmp(a->instrument, b->instrument) != 0 ||
      strcmp(a->created_at, b->created_at) != 0 ||
      strcmp(a->operator_name, b->operator_name) != 0 || a->calibrated != b->calibrated ||
      a->channel_count != b->channel_count)
    return false;
  for (size_t k = 0; k < a->channel_count; k++) {
    const struct stance_calibration_channel *x = &a->channel[k], *y = &b->channel[k];
    if (strcmp(x->channel, y->channel) != 0 || strcmp(x->serial, y->serial) != 0 ||
        strcmp(x->unit, y->unit) != 0 || x->side != y->side || x->polarity != y->polarity ||
        !same_bits(x->zero_raw, y->zero_raw) ||
        !same_bits(x->slope_n_per_unit, y->slope_n_per_unit))
      return false;
  }
  return true;
}

static void text_loses_nothing(void **state)
{
  (void)state;
  for (int trial = 0; trial < 5000; trial++) {
    struct stance_calibration calibration, again;
    uint64_t at = seed;
    random_profile(&calibration);
    char *text;
    struct stance_problem problem = {.text = ""};
    assert_int_equal(stance_calibration_export(&calibration, &text), STANCE_OK);
    enum stance_status status = stance_calibration_import("random", text, &again, &problem);
    if (status != STANCE_OK || !same_profile(&calibration, &again))
      fail_msg("seed %llu: status %d, %s\n%s", (unsigned long long)at, (int)status, problem.text,
               text);
    free(text);
  }
}

/* No bytes may crash the reader or make a profile that breaks its own rules. */
static void damaged_text_is_read_or_refused(void **state)
{
  (void)state;
  for (int trial = 0; trial < 5000; trial++) {
    struct stance_calibration calibration;
    random_profile(&calibration);
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
  random_profile(calibration);
  calibration->channel[0].side = STANCE_LEFT;
  memset(recording, 0, sizeof *recording);
  recording->raw.sample_count = SAMPLE_COUNT;
  recording->raw.channel_count = calibration->channel_count;
  for (size_t c = 0; c < calibration->channel_count; c++) {
    struct stance_calibration_channel *channel = &calibration->channel[c];
    channel->zero_raw = 1000.0 * (random_unit() - 0.5);
    channel->slope_n_per_unit = 0.001 + random_unit();
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
    seed = strtoull(wanted, NULL, 10);
  printf("seed %llu (STANCE_SEED sets it)\n", (unsigned long long)seed);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_loses_nothing),     cmocka_unit_test(damaged_text_is_read_or_refused),
      cmocka_unit_test(force_is_linear),        cmocka_unit_test(polarity_turns_the_sign),
      cmocka_unit_test(frames_equal_the_trace),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
