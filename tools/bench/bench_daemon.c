/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the real daemon costs with a simulated rig of 8 channels at 1 kHz, which hands over 250
   packets a second: its share of a core and its memory without a test and in one, with and without
   a page. Beside it what this computer charges a thread that does nothing but wake as often as
   packets come: on an idle virtual processor that is more than all the rest. The last line is an
   effort once more while all processors are kept from halting: what is left is our own work.
     bench_daemon [SECONDS]           of each measurement; 25
   The wanted numbers are the station's own goals. */
#include "measure.h"
#include "station_load.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static const char device[] = "sim:nordic?spare_channels=6";
/* Efforts of 45 s with rests of 60 s: both last longer than it takes to measure. */
static const char protocol[] = "hold-prone-30";
enum { SECONDS_MAX = 25, PACKET_NS = 4000000, FLOOR_S = 4 };
static const double share_max_pct = 3, memory_max_mb = 40, ready_max_ms = 300;

enum moment { MOMENT_OTHER, MOMENT_EFFORT, MOMENT_REST };
static _Atomic enum moment moment;

static void take_event(void *context, const char *data, int64_t now_ns)
{
  (void)context, (void)now_ns;
  if (strstr(data, "\"now_s\":") != NULL) /* of all events only the state says when it is */
    atomic_store(&moment, strstr(data, "\"state\":\"effort\"") != NULL ? MOMENT_EFFORT
                          : strstr(data, "\"state\":\"rest\"") != NULL ? MOMENT_REST
                                                                       : MOMENT_OTHER);
}

static void wait_for(enum moment wanted)
{
  const int64_t until_ns = load_now_ns() + INT64_C(200000000000);
  while (atomic_load(&moment) != wanted)
    if (load_now_ns() < until_ns)
      load_sleep_until(load_now_ns() + INT64_C(50000000));
    else
      load_fail("the test did not go on");
}

/* Percent of a core. */
static double measure_floor(void)
{
  struct timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  const double before_s = (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
  int64_t next_ns = load_now_ns();
  for (const int64_t end_ns = next_ns + FLOOR_S * INT64_C(1000000000); next_ns < end_ns;)
    load_sleep_until(next_ns += PACKET_NS);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return 100 * ((double)used.tv_sec + 1e-9 * (double)used.tv_nsec - before_s) / FLOOR_S;
}

static bool measure(const struct load_daemon *daemon, const char *what, double seconds)
{
  struct load_cost cost;
  load_sleep_until(load_now_ns() + INT64_C(1000000000)); /* what came before is over */
  load_daemon_measure(daemon, seconds, &cost);
  const double floor_pct = measure_floor();
  const bool holds = cost.share_pct <= share_max_pct && cost.resident_mb <= memory_max_mb;
  printf(
      "daemon, %s | %.2f %% of a core, %.0f waits/s, %.1f MB | waking with each packet %.2f %% | "
      "%.2fx | <= %.0f %%, <= %.0f MB | %s\n",
      what, cost.share_pct, cost.waits_per_s, cost.resident_mb, floor_pct,
      cost.share_pct / floor_pct, share_max_pct, memory_max_mb, holds ? "ok" : "MISSED");
  fflush(stdout);
  return holds;
}

static bool measure_all(const char *folder, double seconds)
{
  struct load_daemon daemon;
  struct load_reader page;
  load_daemon_start(&daemon, folder, device);
  bool holds = daemon.ready_ms <= ready_max_ms;
  printf("daemon, start to ready | %.0f ms | | | <= %.0f ms | %s\n", daemon.ready_ms, ready_max_ms,
         holds ? "ok" : "MISSED");
  holds &= measure(&daemon, "no test, no page", seconds);
  load_reader_start(&page, daemon.port, daemon.token, take_event, NULL);
  holds &= measure(&daemon, "no test, one page", seconds);
  load_daemon_begin_test(&daemon, protocol);
  wait_for(MOMENT_EFFORT);
  holds &= measure(&daemon, "in an effort, one page", seconds);
  wait_for(MOMENT_REST);
  holds &= measure(&daemon, "at rest, one page", seconds);
  load_reader_hang_up(&page);
  holds &= measure(&daemon, "at rest, no page", seconds);
  load_reader_start(&page, daemon.port, daemon.token, take_event, NULL);
  wait_for(MOMENT_EFFORT);
  struct load_awake awake;
  load_keep_awake(&awake);
  holds &= measure(&daemon, "in an effort, one page, processors awake", seconds);
  load_let_sleep(&awake);
  load_reader_hang_up(&page);
  load_daemon_stop(&daemon);
  return holds;
}

int main(int argc, char **argv)
{
  const double seconds = argc > 1 ? strtod(argv[1], NULL) : SECONDS_MAX;
  char folder[] = "/tmp/stance-bench-XXXXXX";
  if (mkdtemp(folder) == NULL || !(seconds >= 1 && seconds <= SECONDS_MAX))
    load_fail("no folder, or SECONDS is not within 1 ... 25");
  const bool holds = measure_all(folder, seconds);
  load_remove(folder);
  return holds ? 0 : 1;
}
