/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program's own malloc family stands before the C library's, so that shared libraries come
   through here as well. RTLD_NEXT is the C library or the sanitizer's runtime. */
#include "failing_allocator.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang links its sanitizers' malloc into the program itself, where there can be only one. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STANCE_TEST_MALLOC_IS_TAKEN
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define STANCE_TEST_MALLOC_IS_TAKEN
#endif

static _Thread_local bool armed;
static _Thread_local size_t counted;
static _Thread_local size_t failing;

#ifndef STANCE_TEST_MALLOC_IS_TAKEN
/* dlsym may allocate before it has told us where to get memory: that little comes from here and is
   never given back. */
static _Alignas(16) unsigned char early[4096];
static size_t early_used;

static struct {
  void *(*malloc)(size_t);
  void *(*calloc)(size_t, size_t);
  void *(*realloc)(void *, size_t);
  void *(*aligned_alloc)(size_t, size_t);
  int (*posix_memalign)(void **, size_t, size_t);
  void (*free)(void *);
} next;
static bool finding;

static void find(const char *name, void *ret_function)
{
  void *symbol = dlsym(RTLD_NEXT, name);
  if (symbol == NULL)
    abort();
  memcpy(ret_function, &symbol, sizeof symbol);
}

/* Runs in the first allocation of the process, before there are threads. */
static bool find_next(void)
{
  if (next.malloc != NULL)
    return true;
  if (finding)
    return false;
  finding = true;
  find("calloc", &next.calloc);
  find("realloc", &next.realloc);
  find("aligned_alloc", &next.aligned_alloc);
  find("posix_memalign", &next.posix_memalign);
  find("free", &next.free);
  find("malloc", &next.malloc); /* last: it says that all are known */
  finding = false;
  return true;
}

static bool is_early(const void *block)
{
  uintptr_t place = (uintptr_t)block;
  return place >= (uintptr_t)early && place < (uintptr_t)early + sizeof early;
}

static void *allocate_early(size_t size)
{
  size_t rounded = (size + 15) & ~(size_t)15;
  if (rounded > sizeof early - early_used)
    abort();
  void *block = early + early_used;
  early_used += rounded;
  return block;
}

static bool must_fail(void)
{
  if (!armed)
    return false;
  counted++;
  if (counted != failing)
    return false;
  errno = ENOMEM;
  return true;
}

void *malloc(size_t size)
{
  if (!find_next())
    return allocate_early(size);
  return must_fail() ? NULL : next.malloc(size);
}

void *calloc(size_t count, size_t size)
{
  if (!find_next())
    return allocate_early(count * size); /* zero, being static */
  return must_fail() ? NULL : next.calloc(count, size);
}

void *realloc(void *block, size_t size)
{
  if (!find_next() || is_early(block))
    abort(); /* dlsym does not ask for it */
  return must_fail() ? NULL : next.realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
  if (!find_next())
    abort();
  return must_fail() ? NULL : next.aligned_alloc(alignment, size);
}

int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
  if (!find_next())
    abort();
  return must_fail() ? ENOMEM : next.posix_memalign(ret_block, alignment, size);
}

void free(void *block)
{
  if (block != NULL && !is_early(block) && find_next())
    next.free(block);
}

#endif

bool failing_allocator_works(void)
{
#ifdef STANCE_TEST_MALLOC_IS_TAKEN
  return false;
#else
  return true;
#endif
}

void failing_allocator_arm(size_t n)
{
  counted = 0;
  failing = n;
  armed = true;
}

size_t failing_allocator_disarm(void)
{
  armed = false;
  return counted;
}

struct failing_allocator_sweep failing_allocator_sweep(failing_allocator_attempt attempt,
                                                       void *context)
{
  struct failing_allocator_sweep sweep = {0};

  failing_allocator_arm(0);
  bool succeeded = attempt(context);
  sweep.allocations = failing_allocator_disarm();
  if (!succeeded) {
    fprintf(stderr, "the attempt fails with all its memory: there is nothing to sweep\n");
    abort();
  }
  for (size_t n = 1; n <= sweep.allocations; n++) {
    failing_allocator_arm(n);
    succeeded = attempt(context);
    failing_allocator_disarm();
    if (succeeded)
      sweep.absorbed++;
    else
      sweep.reported++;
  }
  return sweep;
}
