/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a real-time callback must not do. A program that includes this has a malloc, free,
   pthread_mutex_lock, open, write, … of its own, which stand before the C library's and count the
   calls that come from a thread in one of those contexts. */
#ifndef STANCE_TEST_FORBIDDEN_CALLS_H
#define STANCE_TEST_FORBIDDEN_CALLS_H

#include <stdbool.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STANCE_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STANCE_SANITIZED
#endif

/* The calling thread is in a callback, whatever it says itself. */
extern _Thread_local bool forbidden_here;

/* Nothing is counted under a sanitizer: its own malloc and locks cannot be replaced. */
extern _Atomic unsigned forbidden_calls;

#endif
