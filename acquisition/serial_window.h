/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a serial stream that are not yet a whole frame. Where a frame turns out to be none, the
   search goes on one byte further, in here: a flush would throw good frames away with the bad. */
#ifndef STANCE_SERIAL_WINDOW_H
#define STANCE_SERIAL_WINDOW_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Twice the longest frame of any instrument that uses it, and a full USB packet. */
enum { STANCE_SERIAL_WINDOW_BYTES = 256 };
struct stance_serial_window {
  size_t count;
  uint8_t bytes[STANCE_SERIAL_WINDOW_BYTES];
};

/* Takes in what there is room for, and says how much that was. USB. */
static inline size_t stance_serial_window_fill(struct stance_serial_window *window,
                                               const uint8_t *bytes, size_t length)
{
  const size_t room = sizeof window->bytes - window->count;
  const size_t count = length < room ? length : room;

  memcpy(window->bytes + window->count, bytes, count);
  window->count += count;
  return count;
}

/* Forgets the first `count` bytes. USB. */
static inline void stance_serial_window_drop(struct stance_serial_window *window, size_t count)
{
  window->count -= count;
  memmove(window->bytes, window->bytes + count, window->count);
}

#endif
