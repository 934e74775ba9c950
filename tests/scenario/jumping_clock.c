/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into a program: the computer's wall clock is off by the nanoseconds that the file
   $JUMPING_CLOCK holds (an int64), and jumps when they are changed. Other clocks are left alone. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t ns_per_s = 1000000000;
static _Atomic int64_t *offset_ns;
static int (*real_clock)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void)
{
  const char *path = getenv("JUMPING_CLOCK");
  const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  void *mapped =
      file < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset_ns, PROT_READ, MAP_SHARED, file, 0);
  real_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  offset_ns = mapped == MAP_FAILED ? NULL : mapped;
  if (file >= 0)
    close(file);
}

int clock_gettime(clockid_t id, struct timespec *ret_time)
{
  if (real_clock == NULL) /* others' constructors may come first */
    real_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  const int error = real_clock(id, ret_time);
  if (error != 0 || offset_ns == NULL || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
    return error;
  const int64_t now = ret_time->tv_sec * ns_per_s + ret_time->tv_nsec + atomic_load(offset_ns);
  ret_time->tv_sec = now / ns_per_s;
  ret_time->tv_nsec = now % ns_per_s;
  return 0;
}

int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
  struct timespec now;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0)
    return -1;
  *ret_time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t *ret_time)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (ret_time != NULL)
    *ret_time = now.tv_sec;
  return now.tv_sec;
}
