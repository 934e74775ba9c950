/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/forbidden_calls.h"

#include "stance/rt.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

_Atomic unsigned forbidden_calls;
_Thread_local bool forbidden_here;

/* A sanitizer's own malloc and locks cannot be replaced: there only the rest of the file runs. */
#ifndef STANCE_SANITIZED
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static void note(void)
{
  if (forbidden_here || stance_rt_current() != STANCE_RT_WORK) {
    atomic_fetch_add(&forbidden_calls, 1);
  }
}

void *malloc(size_t size)
{
  note();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
  note();
  return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
  note();
  return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
  note();
  return __libc_memalign(alignment, size);
}

void free(void *block)
{
  note();
  __libc_free(block);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
  static int (*next)(pthread_mutex_t *);
  note();
  if (next == NULL) {
    void *symbol = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    memcpy(&next, &symbol, sizeof next);
  }
  return next(mutex);
}

/* No body creates a file, so that the mode is not looked at. */
int open(const char *path, int flags, ...)
{
  note();
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

ssize_t write(int file, const void *bytes, size_t size)
{
  note();
  return syscall(SYS_write, file, bytes, size);
}

ssize_t read(int file, void *bytes, size_t size)
{
  note();
  return syscall(SYS_read, file, bytes, size);
}
#endif
