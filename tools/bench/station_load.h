/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What bench_station and bench_daemon need beside the station: readers of events, a busy core, a
 * daemon. */
#ifndef STANCE_BENCH_STATION_LOAD_H
#define STANCE_BENCH_STATION_LOAD_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#define LOAD_EVENTS_PATH "/api/v1/events"

int64_t load_now_ns(void);
void load_sleep_until(int64_t ns);
/* Ends the program with status 1 and a sentence. */
__attribute__((noreturn)) void load_fail(const char *what);

/* A thread that reads events until the other side ends, and hands each one's JSON on. */
struct load_reader {
  pthread_t thread;
  int socket;
  void (*take)(void *context, const char *data, int64_t now_ns);
  void *context;
};
void load_reader_start(struct load_reader *reader, uint16_t port, const char *token,
                       void (*take)(void *context, const char *data, int64_t now_ns),
                       void *context);
/* The other side ends it. */
void load_reader_join(struct load_reader *reader);
/* This side does. */
void load_reader_hang_up(struct load_reader *reader);

/* A process that does nothing but compute; to be killed. */
pid_t load_one_core(void);

/* Processes that compute while nobody else wants their processor, one for each: none of them halts,
   and who is woken does not pay for its coming back. */
struct load_awake {
  pid_t pid[64];
  size_t count;
};
void load_keep_awake(struct load_awake *awake);
void load_let_sleep(struct load_awake *awake);

/* `stanced` of $STANCE_BUILD_DIR, its store and its file in the folder. */
struct load_daemon {
  pid_t pid;
  uint16_t port;
  char token[33];
  double ready_ms; /* from its start */
};
void load_daemon_start(struct load_daemon *daemon, const char *folder, const char *device);
/* A test that nobody leads, of two hours. */
void load_daemon_begin_test(const struct load_daemon *daemon, const char *protocol);
void load_daemon_stop(const struct load_daemon *daemon);

/* Over so many seconds: its share of a core, how often one of its threads went to sleep, and its
   resident memory. */
struct load_cost {
  double share_pct, waits_per_s, resident_mb;
};
void load_daemon_measure(const struct load_daemon *daemon, double seconds,
                         struct load_cost *ret_cost);
/* The folder and what is in it. */
void load_remove(const char *folder);

#endif
