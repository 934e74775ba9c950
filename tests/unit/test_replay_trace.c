/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace that is played comes out as it went in, holes in their places. */
#include "support/drain.h"

#include "stance/source.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 5000 };

/* Two channels; instants 0–2, 1000–1099 and the last 50 are lost, channel 1 alone at 2000. */
static bool is_hole(size_t k)
{
  return k < 3 || (k >= 1000 && k < 1100) || k >= COUNT - 50;
}

static struct stance_raw_trace make_trace(void)
{
  struct stance_raw_trace trace = {
      .sample_count = COUNT, .channel_count = 2, .time = {.rate_hz = 500.0}};
  for (size_t channel = 0; channel < 2; channel++) {
    snprintf(trace.channel[channel].name, sizeof trace.channel[channel].name, "Fz%zu", channel);
    snprintf(trace.channel[channel].unit, sizeof trace.channel[channel].unit, "N");
    trace.channel[channel].side = (enum stance_side)channel;
    trace.value[channel] = malloc(COUNT * sizeof(double));
    for (size_t k = 0; k < COUNT; k++)
      trace.value[channel][k] =
          is_hole(k) ? (double)NAN : 1e-3 * (double)k * (channel == 0 ? 1.0 : -7.0);
  }
  trace.value[1][2000] = (double)NAN;
  trace.flags = calloc(COUNT, sizeof *trace.flags);
  trace.flags[77] = STANCE_FRAME_SATURATED(1);
  return trace;
}

static void wait_for_end(const struct stance_source *source)
{
  struct stance_source_health health;
  do {
    drain_pause(100000);
    stance_source_health(source, &health);
  } while (!health.ended);
}

static void test_every_sample_comes_out_in_its_place(void **state)
{
  struct stance_raw_trace trace = make_trace();
  struct stance_raw_frame *frames = calloc(COUNT, sizeof *frames);
  struct stance_source_health health;
  struct stance_frame_ring *ring;
  struct stance_source *source;
  uint64_t next_index = 0;
  (void)state;
  assert_int_equal(
      stance_source_from_trace(&trace, "replay:some-id", (double)INFINITY, NULL, &source, NULL),
      STANCE_OK);
  const struct stance_source_info *info = stance_source_info(source);
  assert_string_equal(info->uri, "replay:some-id");
  assert_true(info->rate_hz == 500.0 && info->elastic && info->frame_count == COUNT);
  assert_int_equal(info->channel_count, 2);
  assert_string_equal(info->channel[1].name, "Fz1");
  assert_int_equal(info->channel[1].side, STANCE_RIGHT);
  assert_string_equal(info->calibration, "");
  assert_null(stance_source_ground_truth(source));
  assert_int_equal(stance_frame_ring_create(8192, &ring), STANCE_OK);
  assert_int_equal(stance_source_start(source, &ring, 1, NULL), STANCE_OK);
  wait_for_end(source);
  stance_source_stop(source);
  const size_t count = stance_frame_ring_read(ring, frames, COUNT);
  assert_int_equal(count, COUNT - 153);
  for (size_t k = 0; k < count; k++) {
    const size_t at = (size_t)frames[k].index;
    assert_false(is_hole(at));
    assert_int_equal(frames[k].gap_before, at - next_index);
    assert_true(frames[k].value[0] == trace.value[0][at]);
    assert_true(at == 2000 ? isnan(frames[k].value[1]) : frames[k].value[1] == trace.value[1][at]);
    assert_int_equal(frames[k].flags, trace.flags[at]);
    next_index = at + 1;
  }
  stance_source_health(source, &health);
  assert_int_equal(health.frames_produced, COUNT);
  assert_int_equal(health.frames_lost, 153);
  stance_source_destroy(source);
  stance_frame_ring_destroy(ring);
  stance_raw_trace_finish(&trace);
  free(frames);
}

static void test_what_cannot_be_played_is_refused(void **state)
{
  struct stance_raw_trace trace = make_trace();
  struct stance_source *source = NULL;
  struct stance_problem problem = {""};
  (void)state;
  assert_int_equal(stance_source_from_trace(&trace, "replay:x", 0.0, NULL, &source, &problem),
                   STANCE_USAGE);
  assert_int_equal(
      stance_source_from_trace(&trace, "replay:x", (double)NAN, NULL, &source, &problem),
      STANCE_USAGE);
  trace.time.rate_hz = (double)NAN;
  assert_int_equal(stance_source_from_trace(&trace, "replay:x", 1.0, NULL, &source, &problem),
                   STANCE_INPUT);
  assert_non_null(strstr(problem.text, "replay:x"));
  trace.time.rate_hz = 500.0;
  trace.sample_count = 0;
  assert_int_equal(stance_source_from_trace(&trace, "replay:x", 1.0, NULL, &source, NULL),
                   STANCE_INPUT);
  assert_null(source);
  stance_raw_trace_finish(&trace);
}

static void test_a_trace_is_released_whatever_its_state(void **state)
{
  struct stance_raw_trace half = {.channel_count = 0};
  (void)state;
  half.value[5] = malloc(8);
  stance_raw_trace_finish(&half);
  assert_null(half.value[5]);
  stance_raw_trace_finish(&half);
  stance_raw_trace_finish(NULL);
  struct stance_force_trace force = {0};
  force.force_n[STANCE_TOTAL] = malloc(8);
  force.saturated = malloc(1);
  stance_force_trace_finish(&force);
  assert_null(force.force_n[STANCE_TOTAL]);
  stance_force_trace_finish(&force);
  stance_force_trace_finish(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_sample_comes_out_in_its_place),
      cmocka_unit_test(test_what_cannot_be_played_is_refused),
      cmocka_unit_test(test_a_trace_is_released_whatever_its_state),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
