/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_sound.h"

#include "report.h"
#include "store_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Less than a sample of any card: nothing but rounding. */
static const double same_latency_s = 1e-5;

enum stance_status stance_store_put_sound_latency(struct stance_store *store,
                                                  const struct stance_sound_latency *latency,
                                                  struct stance_problem *problem)
{
  char now[32];
  store_now(now, sizeof now);
  int code = store_execute(
      store, "INSERT INTO sound_latencies VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "trrrrittt",
      latency->card, latency->rate_hz, latency->latency_s, latency->late_s, latency->uncertainty_s,
      (int64_t)latency->heard, latency->microphone, now, STANCE_SOFTWARE);
  return code == SQLITE_OK ? STANCE_OK
                           : store_fail(store, code, "keep the sound card's latency", problem);
}

static void read_row(sqlite3_stmt *row, struct stance_sound_latency *latency)
{
  *latency = (struct stance_sound_latency){
      .rate_hz = store_column_double(row, 1),
      .latency_s = store_column_double(row, 2),
      .late_s = store_column_double(row, 3),
      .uncertainty_s = store_column_double(row, 4),
      .heard = (unsigned)sqlite3_column_int64(row, 5),
  };
  store_column_text(row, 0, latency->card, sizeof latency->card);
  store_column_text(row, 6, latency->microphone, sizeof latency->microphone);
  store_column_text(row, 7, latency->measured_at, sizeof latency->measured_at);
}

enum stance_status stance_store_list_sound_latencies(struct stance_store *store,
                                                     struct stance_sound_latency **ret_latencies,
                                                     size_t *ret_count,
                                                     struct stance_problem *problem)
{
  static const char doing[] = "read the sound cards' latencies";
  struct stance_sound_latency *list = NULL;
  size_t count = 0;
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT card, rate_hz, latency_s, late_s, uncertainty_s, heard,"
                           " microphone, measured_at FROM sound_latencies WHERE number IN"
                           " (SELECT max(number) FROM sound_latencies"
                           "  GROUP BY card, rate_hz, round(latency_s, 5)) ORDER BY number",
                           "");
  if (code != SQLITE_OK)
    return store_fail(store, code, doing, problem);
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    struct stance_sound_latency *larger = realloc(list, (count + 1) * sizeof *larger);
    if (larger == NULL)
      break;
    list = larger;
    read_row(row, &list[count++]);
  }
  store_release(store, row);
  if (code == SQLITE_DONE) {
    *ret_latencies = list;
    *ret_count = count;
    return STANCE_OK;
  }
  free(list);
  return store_fail(store, code == SQLITE_ROW ? SQLITE_NOMEM : code, doing, problem);
}

const struct stance_sound_latency *
stance_sound_latency_find(const struct stance_sound_latency *latencies, size_t count,
                          const char *card, double rate_hz, double latency_s)
{
  const struct stance_sound_latency *found = NULL;
  for (size_t k = 0; k < count; k++) /* the newest stands last */
    if (strcmp(latencies[k].card, card) == 0 && latencies[k].rate_hz == rate_hz &&
        fabs(latencies[k].latency_s - latency_s) < same_latency_s)
      found = &latencies[k];
  return found;
}
