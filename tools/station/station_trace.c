/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What onlookers see of the force: a view, no result comes from it. */
#include "station_private.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* 200 points a second: a trace of 8 s is as wide as a large screen. */
static const double point_s = 0.005;

void station_trace_begin(struct station_trace *trace, double rate_hz)
{
  memset(trace, 0, sizeof *trace);
  trace->point_length = (uint64_t)fmax(1, round(point_s * rate_hz));
}

static void add_point(struct station_trace *trace, const double force_n[STANCE_MEASURED_SIDE_COUNT])
{
  if (trace->point_count == STATION_POINT_MAX) { /* nobody was told for long: the oldest go */
    const size_t kept = STATION_POINT_MAX / 2;
    for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
      memmove(trace->force_n[side], trace->force_n[side] + STATION_POINT_MAX - kept,
              kept * sizeof *trace->force_n[side]);
    trace->first += STATION_POINT_MAX - kept;
    trace->point_count = kept;
  }
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    trace->force_n[side][trace->point_count] = force_n[side];
  trace->point_count++;
}

static void end_point(struct station_trace *trace)
{
  double force_n[STANCE_MEASURED_SIDE_COUNT];
  const bool whole = trace->count == trace->point_length;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    force_n[side] = whole ? trace->sum[side] / trace->count : (double)NAN;
    trace->sum[side] = 0;
  }
  trace->count = 0;
  trace->point++;
  add_point(trace, force_n);
}

void station_trace_add(struct station_trace *trace, const struct stance_force_frame *force)
{
  const uint64_t point = force->index / trace->point_length;
  if (point > trace->point + STATION_POINT_MAX) { /* a long absence is not drawn point by point */
    trace->point = trace->first = point;
    trace->point_count = 0;
    trace->count = 0;
    memset(trace->sum, 0, sizeof trace->sum);
  }
  while (trace->point < point)
    end_point(trace);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    trace->sum[side] += force->force_n[side];
  trace->count++;
  if (trace->count == trace->point_length)
    end_point(trace);
}

static void add_array(struct stance_text *text, const struct station_trace *trace, const char *name,
                      int side, bool measured)
{
  stance_text_format(text, ",\"%s\":[", name);
  for (size_t k = 0; measured && k < trace->point_count; k++) {
    if (k > 0)
      stance_text_string(text, ",");
    station_json_number(text, "%.5g", trace->force_n[side][k]);
  }
  stance_text_string(text, "]");
}

void station_trace_tell(struct stance_station *station, struct station_test *test)
{
  struct station_trace *trace = &test->trace;
  const int64_t now = station_now_ns(station), every = station_look_ns(test);
  const double length_s = (double)trace->point_length / test->stream[0].info->rate_hz;
  struct stance_text text = {0};
  uint64_t lost = 0;

  if (trace->point_count == 0 || now - trace->told_ns < every)
    return;
  /* in step: looking later than wanted once does not make them fewer */
  const bool in_step = now - trace->told_ns < 2 * every;
  trace->told_ns = in_step ? trace->told_ns + every : now;
  for (size_t k = 0; k < test->stream_count; k++)
    lost += test->stream[k].health.frames_lost;
  const bool has_left = station_test_has_side(test, STANCE_LEFT);
  const bool has_right = station_test_has_side(test, STANCE_RIGHT);
  stance_text_format(&text, "{\"t_s\":%.4f,\"dt_s\":%.6g", (double)trace->first * length_s,
                     length_s);
  add_array(&text, trace, "left_n", STANCE_LEFT, has_left);
  add_array(&text, trace, "right_n", STANCE_RIGHT, has_right);
  add_array(&text, trace, "total_n", STANCE_TOTAL,
            !has_left && !has_right && station_test_has_side(test, STANCE_TOTAL));
  stance_text_format(&text, ",\"lost\":%" PRIu64 "}", lost);
  if (!text.failed)
    stance_event_hub_publish(station->hub, "live", text.bytes, false);
  stance_text_finish(&text);
  trace->first += trace->point_count;
  trace->point_count = 0;
}
