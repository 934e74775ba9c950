/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the station's thread waits for frames. */
#include "station_private.h"

#include <math.h>

enum {
  /* At what is asked, where no frames come. Far beyond the next packet: a timer that is the first
     to be due costs as much again as the frames that stop it. */
  LOOK_NS = 50000000,
  STEP_NS = 4000000, /* of a test's own clock */
};
static const double ns_per_s = 1e9;
/* What is due in between waits as long for its event anyway. */
static const double looks_per_s = 60, quiet_looks_per_s = 30;

/* A false start, the end of an effort, a side that answers: the athlete waits for the sound. */
static bool must_be_prompt(const struct station_test *test)
{
  const struct stance_machine *machine = &test->machine;
  if (!test->leads)
    return false;
  switch (machine->state) {
  case STANCE_TEST_PROVE_LEFT:
  case STANCE_TEST_PROVE_RIGHT:
  case STANCE_TEST_READY:
  case STANCE_TEST_EFFORT:
    return true;
  case STANCE_TEST_REST: /* after "stop" the force still falls */
    return !machine->judged;
  default:
    return false;
  }
}

static double looks_of(const struct station_test *test)
{
  return test->leads && !must_be_prompt(test) ? quiet_looks_per_s : looks_per_s;
}

int64_t station_look_ns(const struct station_test *test)
{
  return (int64_t)(ns_per_s / looks_of(test));
}

/* A state that ends by the host's time ends then, whether frames come or not. */
static int64_t longest_ns(const struct station_test *test, int64_t now_ns)
{
  const int64_t until_ns = test->leads && !test->by_frames ? test->machine.until_ns : 0;
  return until_ns > now_ns && until_ns - now_ns < LOOK_NS ? until_ns - now_ns : LOOK_NS;
}

void station_wait(struct stance_station *station, struct station_test *test)
{
  const struct station_stream *stream = &test->stream[0];
  const int64_t now_ns = station_now_ns(station);
  const size_t frames =
      must_be_prompt(test) ? 1 : (size_t)ceil(stream->info->rate_hz / looks_of(test));
  if (station->clock != &stance_clock_host) { /* it decides how long that is */
    station->clock->sleep_until_ns(station->clock->context, now_ns + STEP_NS);
    return;
  }
  stance_frame_ring_wait(stream->live_ring, frames, longest_ns(test, now_ns));
  station_follow(station, stream->live_ring);
}
