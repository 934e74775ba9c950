/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording that runs in real time, fed by the test itself. Every step asserts. */
#ifndef STANCE_TEST_LIVE_RECORDING_H
#define STANCE_TEST_LIVE_RECORDING_H

#include "recorder.h"
#include "support/store_fixture.h"

struct live_recording {
  const struct store_fixture *fixture;
  struct stance_store *store;
  struct stance_recording recording;
  struct stance_frame_ring *ring;
  struct stance_recorder *recorder;
  uint64_t pushed;
};

void live_recording_start(struct live_recording *live, const struct store_fixture *fixture);
/* Two channels at 1 kHz for this long. */
void live_recording_run(struct live_recording *live, unsigned duration_ms);
struct stance_recorder_health live_recording_health(const struct live_recording *live);
/* Goes on until `failing` is so, ten seconds at most. */
void live_recording_run_until(struct live_recording *live, bool failing);
/* Stops, closes, and finds every frame in the store at the fixture's path, bit for bit. */
void live_recording_finish(struct live_recording *live);

#endif
