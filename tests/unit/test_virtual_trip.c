/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every driver against its virtual instrument: what lies on the terminals is what is read, at the
   rate that is named, and nothing is missing. */
#include "support/decoder_bench.h"
#include "support/virtual_line.h"
#include "support/virtual_trip.h"

#include "virtual_labjack.h"
#include "virtual_mcc.h"
#include "virtual_serial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Frames that come while the answer to START is still listened for are before the first one; where
   answers share the endpoint with data that is one packet or two. */
enum { RUN_MS = 1200, TRIP_CHANNELS = 6, EARLY_FRAMES = 6 };

struct route {
  const char *uri;
  const struct stance_virtual_kind *kind;
  const char *serial;
  double rate_hz;
  double expected[TRIP_CHANNELS]; /* in steps of the terminals */
  double tolerance;               /* volts, newtons: a step of the converter */
};

static const double step_v = 0.3;

static const struct route routes[] = {
    {"labjack-u6:?channels=1,3,5&range=1,1,10",
     &stance_virtual_labjack_u6,
     "360012345",
     1000,
     {1, 3, 5},
     3.3e-4},
    {"labjack-u6:?channels=2,4&inputs=differential&range=1&rate=500&oversample=4",
     &stance_virtual_labjack_u6,
     "360012345",
     2000,
     {-1, -1},
     3.3e-5},
    {"labjack-u6:?channels=1,2,3,4,5,6,7,8",
     &stance_virtual_labjack_u6,
     "360012345",
     1000,
     {1, 2, 3, 4, 5, 6},
     3.3e-4},
    {"labjack-u3:?channels=1,2,3", &stance_virtual_labjack_u3, "320045678", 1000, {1, 2, 3}, 7e-4},
    {"mcc-1608fs-plus:?channels=5,2,1&range=2,1,10",
     &stance_virtual_mcc_1608fs_plus,
     NULL,
     1000,
     {5, 2, 1},
     4e-4},
    {"mcc-1608fs-plus:?channels=1&transfer=immediate&rate=250",
     &stance_virtual_mcc_1608fs_plus,
     NULL,
     250,
     {1},
     4e-4},
    {"mcc-usb-20x:?channels=6,3&rate=2000", &stance_virtual_mcc_201, NULL, 2000, {6, 3}, 6e-3},
    {"mcc-usb-20x:?channels=1,2,3,4&rate=1000&oversample=8",
     &stance_virtual_mcc_205,
     NULL,
     8000,
     {1, 2, 3, 4},
     6e-3},
    {"optoforce:?counts_per_n=66.6666667,66.6666667,6",
     &stance_virtual_optoforce_3,
     NULL,
     1000,
     {0, 1, 2},
     0.17},
    {"bota:?rate=800", &stance_virtual_bota, NULL, 800, {0, 1, 2, 3, 4, 5}, 1e-6},
    {"open-plate:?channels=1,2,5", &stance_virtual_open_plate, "P0001", 1000, {1, 2, 5}, 3e-4},
};

static double physical(const struct stance_channel *channel, double raw)
{
  const struct stance_converter *converter = &channel->converter;
  const double above = raw - converter->zero;
  if (converter->unit[0] == '\0')
    return raw;
  return converter->offset + above * (above >= 0 ? converter->slope_above : converter->slope_below);
}

static void check_frames(struct virtual_trip *trip, const struct route *route)
{
  const double unit_per_v = strcmp(route->kind->name, "open-plate") == 0 ? 1e3 : 1; /* mV */

  for (size_t k = 0; k < trip->bench.count; k++)
    for (size_t c = 0; c < trip->info.channel_count && c < TRIP_CHANNELS; c++) {
      const double value = physical(&trip->info.channel[c], trip->bench.frame[k].value[c]);
      const double expected = route->expected[c] * step_v;
      if (!(fabs(value / unit_per_v - expected) <= route->tolerance))
        fail_msg("%s: frame %zu channel %zu reads %g instead of %g", route->uri, k, c, value,
                 expected);
      assert_int_equal(trip->bench.frame[k].flags, 0);
    }
}

static void what_is_on_the_terminals_is_read(void **context)
{
  (void)context;
  static struct virtual_trip trip;
  for (size_t r = 0; r < sizeof routes / sizeof routes[0]; r++) {
    const struct route *route = &routes[r];
    virtual_trip_open(&trip, route->uri, route->kind, step_v);
    if (route->serial != NULL)
      assert_string_equal(trip.info.serial, route->serial);
    if (!(fabs(trip.info.rate_hz - route->rate_hz) < 1e-3 * route->rate_hz))
      fail_msg("%s: %g Hz", route->uri, trip.info.rate_hz);
    virtual_trip_start(&trip);
    virtual_trip_run(&trip, RUN_MS);
    assert_null(trip.bench.sink.restart_reason);
    assert_null(trip.bench.sink.fatal_reason);
    decoder_bench_check_account(&trip.bench);
    check_frames(&trip, route);
    assert_int_equal(trip.bench.sink.lost, 0);
    /* all but what waits in half a packet or in a line of 16 ms */
    const double expected = RUN_MS * 1e-3 * route->rate_hz;
    const double count = (double)trip.bench.count;
    if (!(count >= 0.97 * expected - 40 && count <= 1.01 * expected + 2))
      fail_msg("%s: %zu frames", route->uri, trip.bench.count);
    virtual_trip_stop(&trip);
    virtual_trip_close(&trip);
  }
}

/* Stopped and started again, as after a fault: a stream of its own from its first packet on. */
static void streams_can_be_started_again(void **context)
{
  (void)context;
  static struct virtual_trip trip;
  for (size_t r = 0; r < sizeof routes / sizeof routes[0]; r++) {
    const struct route *route = &routes[r];
    struct stance_problem problem = {""};
    virtual_trip_open(&trip, route->uri, route->kind, step_v);
    for (int time = 0; time < 3; time++) {
      virtual_trip_start(&trip);
      virtual_trip_run(&trip, 200);
      if (virtual_trip_converse(&trip, STANCE_DIALOGUE_STOP, &problem) != STANCE_OK ||
          virtual_trip_converse(&trip, STANCE_DIALOGUE_CONFIGURE, &problem) != STANCE_OK)
        fail_msg("%s: %s", route->uri, problem.text);
    }
    decoder_bench_check_account(&trip.bench);
    check_frames(&trip, route);
    assert_int_equal(trip.bench.sink.lost, 0);
    assert_true((double)trip.bench.count > 3 * 0.15 * route->rate_hz - 60);
    virtual_trip_close(&trip);
  }
}

static void faults_are_accounted_for(void **context)
{
  (void)context;
  static const struct {
    size_t route;
    const char *faults[4];
    bool spoils; /* else nothing came damaged */
  } cases[] = {
      {0, {"bad-checksum8@100", "bad-checksum16@300", "skip-counter@500:2"}, true},
      {0, {"overrun@200:50"}, false},
      {3, {"bad-checksum16@100", "overrun@300:77", NULL}, true},
      {8, {"bad-checksum@100", "cut@300:6", "noise@500:30"}, true},
      {8, {"skip-counter@100:40"}, false},
      {9, {"bad-checksum@100", "overrun@400:9", "cut@600:5"}, true},
      {9, {"skip@100:20"}, false},
      {10, {"bad-checksum@100", "cut@300:6", "missed@500", "repeat@700"}, true},
      {10, {"overrun@300:33"}, false},
  };
  static struct virtual_trip trip;
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    const struct route *route = &routes[cases[k].route];
    virtual_trip_open(&trip, route->uri, route->kind, step_v);
    for (size_t f = 0; f < 4 && cases[k].faults[f] != NULL; f++)
      virtual_line_fault(&trip.line, cases[k].faults[f]);
    virtual_trip_start(&trip);
    virtual_trip_run(&trip, RUN_MS);
    if (trip.bench.sink.restart_reason != NULL)
      fail_msg("%s %s: %s", route->uri, cases[k].faults[0], trip.bench.sink.restart_reason);
    decoder_bench_check_account(&trip.bench);
    check_frames(&trip, route);
    const struct stance_virtual_counts *counts = &trip.line.device->counts;
    if (trip.bench.sink.lost != counts->spoilt + counts->dropped ||
        trip.bench.count > counts->delivered ||
        trip.bench.count + EARLY_FRAMES < counts->delivered ||
        (trip.bench.sink.corrupt > 0) != cases[k].spoils)
      fail_msg("%s %s: %zu came, %zu lost, %zu of them damaged; sent %zu, spoilt %zu, dropped %zu",
               route->uri, cases[k].faults[0], trip.bench.count, (size_t)trip.bench.sink.lost,
               (size_t)trip.bench.sink.corrupt, (size_t)counts->delivered, (size_t)counts->spoilt,
               (size_t)counts->dropped);
    virtual_trip_close(&trip);
  }
}

/* The host sleeps; what the instruments' buffers could not hold is a gap of the right length, and
   what comes after it stands at its index. */
static void late_hosts_leave_exact_gaps(void **context)
{
  (void)context;
  static const unsigned sleeps_ms[] = {50, 400, 3000};
  static const size_t counting[] = {0, 2, 3, 8, 9, 10};
  static struct virtual_trip trip;
  for (size_t k = 0; k < sizeof counting / sizeof counting[0]; k++)
    for (size_t s = 0; s < sizeof sleeps_ms / sizeof sleeps_ms[0]; s++) {
      const struct route *route = &routes[counting[k]];
      virtual_trip_open(&trip, route->uri, route->kind, step_v);
      virtual_trip_start(&trip);
      virtual_trip_run(&trip, 300);
      const struct stance_virtual_counts *counts = &trip.line.device->counts;
      const uint64_t early = counts->sampled - trip.bench.sink.next_index;
      virtual_line_wait(&trip.line, sleeps_ms[s]);
      virtual_trip_run(&trip, 1000);
      if (trip.bench.sink.restart_reason != NULL)
        fail_msg("%s: %s", route->uri, trip.bench.sink.restart_reason);
      decoder_bench_check_account(&trip.bench);
      check_frames(&trip, route);
      const uint64_t behind = counts->sampled - trip.bench.sink.next_index;
      if (behind > early + EARLY_FRAMES || early > behind + EARLY_FRAMES)
        fail_msg("%s, %u ms: %d frames out of place", route->uri, sleeps_ms[s],
                 (int)(behind - early));
      virtual_trip_close(&trip);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_on_the_terminals_is_read),
      cmocka_unit_test(streams_can_be_started_again),
      cmocka_unit_test(faults_are_accounted_for),
      cmocka_unit_test(late_hosts_leave_exact_gaps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
