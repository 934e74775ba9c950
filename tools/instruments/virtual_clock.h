/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time of a virtual instrument and of the athlete on it, in physical seconds since the first
   stream was started: before that, nothing happens. It follows the host's clock; while a stream
   runs it can wait for the host ("elastic"), because an emulator's time is not the wire's. */
#ifndef STANCE_VIRTUAL_CLOCK_H
#define STANCE_VIRTUAL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct stance_virtual_clock {
  /* settings */
  double speed; /* times real time; INFINITY: as fast as the host takes it, elastic only */
  bool elastic; /* else the instrument's buffer overflows when the host is late */
  double ppm;   /* error of the instrument's crystal */
  /* state */
  bool started; /* some stream was */
  bool running; /* one is */
  int64_t host_ns;
  double now_s;
  double start_s;     /* of scan 0 of this stream */
  double rate_hz;     /* true */
  uint64_t scan;      /* the next one of this stream */
  uint64_t stall_end; /* scans before it are sampled without waiting while the host gets nothing */
};

void stance_virtual_clock_start(struct stance_virtual_clock *clock, double nominal_rate_hz);
void stance_virtual_clock_stop(struct stance_virtual_clock *clock);
/* Brings it to the host's time. */
void stance_virtual_clock_advance(struct stance_virtual_clock *clock, int64_t host_ns);
/* True where the next scan is due. `buffered`: there is enough for the host to take, an elastic
   clock waits. */
bool stance_virtual_clock_is_due(const struct stance_virtual_clock *clock, bool buffered);
/* Physical time of the next scan. */
double stance_virtual_clock_scan_s(const struct stance_virtual_clock *clock);
/* The host has taken all that it would take: time that an elastic clock waited does not count. */
void stance_virtual_clock_settle(struct stance_virtual_clock *clock);
/* The host takes nothing until `duration_s` of scans more are sampled. */
void stance_virtual_clock_stall(struct stance_virtual_clock *clock, double duration_s);
bool stance_virtual_clock_is_stalled(const struct stance_virtual_clock *clock);
/* Host time until the next scan is due, ns; INT64_MAX where none is to come. */
int64_t stance_virtual_clock_wait_ns(const struct stance_virtual_clock *clock);

#endif
