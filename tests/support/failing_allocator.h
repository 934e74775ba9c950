/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the n-th allocation of the calling thread fail, in our code and in the libraries it calls,
   so that a test can replay one call failing its 1st, 2nd, … allocation. Including this header
   links the allocator into the test. Works with gcc's address sanitizer, which then reports what
   leaked. */
#ifndef STANCE_TEST_FAILING_ALLOCATOR_H
#define STANCE_TEST_FAILING_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

/* False where another runtime owns malloc (clang's sanitizers): a test skips itself then. */
bool failing_allocator_works(void);

/* From here on, allocation number `n` (from 1) of this thread fails, and every other succeeds;
   0: none fails, they are only counted. */
void failing_allocator_arm(size_t n);
/* Ends it; returns how many allocations were asked for since arm. */
size_t failing_allocator_disarm(void);

/* `attempt` prepares, arms nothing itself, calls what is under test once, checks that a failure was
   reported and left nothing behind, and cleans up. It says whether the call succeeded. */
typedef bool (*failing_allocator_attempt)(void *context);

struct failing_allocator_sweep {
  size_t allocations; /* that the undisturbed call makes */
  size_t reported;    /* failures that made the call fail */
  size_t absorbed;    /* failures in spite of which it succeeded */
};
/* Runs `attempt` undisturbed, then once for each of its allocations with that one failing. The
   undisturbed attempt must succeed. `arm` happens right before, `disarm` right after `attempt`:
   what it prepares itself is swept as well. */
struct failing_allocator_sweep failing_allocator_sweep(failing_allocator_attempt attempt,
                                                       void *context);

#endif
