/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/kept_result.h"

#include "report.h"
#include "support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

void kept_result_put(struct stance_store *store, const char *athlete, const char *protocol,
                     const char *day, double left_n, double right_n, const char *unit)
{
  struct stance_recording recording = store_fixture_recording(2, 1000);
  struct stance_text rows = {0};
  static const char header[] = "recording,protocol,repetition,side,metric,value,unit,uncertainty,"
                               "method,status,athlete,started_at,mdc95,mdc95_source,method_low,"
                               "method_high\n";
  snprintf(recording.athlete, sizeof recording.athlete, "%s", athlete);
  snprintf(recording.protocol_id, sizeof recording.protocol_id, "%s", protocol);
  snprintf(recording.started_at, sizeof recording.started_at, "%sT09:00:00.000Z", day);
  store_fixture_begin(store, &recording);
  stance_text_string(&rows, header);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    const double value = side == STANCE_LEFT ? left_n : right_n;
    const char *name = stance_side_name((enum stance_side)side);
    char number[32] = "";
    if (!isnan(value))
      snprintf(number, sizeof number, "%g", value);
    stance_text_format(&rows, "r,%s,1,%s,peak_force,9999,%s,,,ok,,,,,,\n", protocol, name, unit);
    stance_text_format(&rows, "r,%s,best,%s,peak_force,%s,%s,,,ok,,,,,,\n", protocol, name, number,
                       unit);
    stance_text_format(&rows, "r,%s,best,%s,mean_force,8888,%s,,,ok,,,,,,\n", protocol, name, unit);
  }
  assert_false(rows.failed);
  struct stance_stored_result result = {.long_csv = rows.bytes};
  snprintf(result.software, sizeof result.software, "%s", STANCE_SOFTWARE);
  assert_int_equal(stance_store_put_result(store, recording.id, &result, NULL), STANCE_OK);
  stance_text_finish(&rows);
  stance_recording_finish(&recording);
}
