/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device is told beyond its URI. */
#ifndef STANCE_TEST_DEVICE_H
#define STANCE_TEST_DEVICE_H

#include "stance/protocol.h"
#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>

struct stance_test_device_timing {
  double duration_s; /* 0: the protocol's */
  double epoch_s; /* CLOCK_MONOTONIC at which several rigs' one athlete begins; 0: each his own */
};

/* The URI that is opened: to a simulated rig it adds the protocol's timing, its repetitions and
   `timing` where `device` does not set them, so that the simulated athlete follows the prompts and
   makes one effort to each signal. STANCE_USAGE where it is too long. */
STANCE_MUST_CHECK enum stance_status
stance_test_device_uri(const char *device, const struct stance_protocol *protocol,
                       const struct stance_test_device_timing *timing, char *ret_uri, size_t size,
                       struct stance_problem *problem);
bool stance_test_device_is_simulated(const char *device);
/* False for a recording played back: its athlete cannot follow prompts. */
bool stance_test_device_follows_prompts(const char *device);
/* True for a simulated athlete with the protocol's timing, who follows the clock and would not
   wait. */
bool stance_test_device_goes_by_time(const char *device);

/* How many times faster than its rate frames come, at least 1; INFINITY: as fast as they are read.
 */
double stance_test_device_speed(const char *device);

#endif
