/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The band that a hold is to keep to, and the tone that tells the athlete where he is. */
#include "station_private.h"

#include <math.h>

enum stance_status station_target_find(struct stance_station *station, struct station_test *test,
                                       struct stance_problem *problem)
{
  const struct stance_protocol *protocol = &test->protocol;
  if (isnan(protocol->target_low_pct))
    return STANCE_OK;
  /* A protocol that came as a file of its own may be known under no id: then nothing is. */
  const char *of = protocol->target_of[0] != '\0' ? protocol->target_of : protocol->id;
  const enum stance_status status =
      stance_maximum_find(station->store, test->recording.athlete, of, &test->maximum, problem);
  if (status != STANCE_USAGE)
    return status;
  return protocol->target_of[0] == '\0' ? STANCE_OK : status;
}

/* The forces that make up one side's: both legs together are led by the mean of the legs, so that
   the band fits each of their traces. */
struct part {
  enum stance_side side[2];
  size_t count;
};

static struct part parts_of(const struct station_test *test, enum stance_side side)
{
  const bool is_measured[] = {station_test_has_side(test, STANCE_LEFT),
                              station_test_has_side(test, STANCE_RIGHT)};
  if ((side == STANCE_LEFT || side == STANCE_RIGHT) && is_measured[side])
    return (struct part){.side = {side}, .count = 1};
  if (side == STANCE_BOTH && is_measured[STANCE_LEFT] && is_measured[STANCE_RIGHT])
    return (struct part){.side = {STANCE_LEFT, STANCE_RIGHT}, .count = 2};
  return (struct part){.side = {STANCE_TOTAL}, .count = 1};
}

/* What the live force reads where the compared force is zero. */
static double level_n(const struct station_test *test, enum stance_side side)
{
  const struct stance_machine *machine = &test->machine;
  if (test->maximum.compared == STANCE_METRIC_PEAK_FORCE_NET)
    return machine->measured_limb ? machine->limb_n[side] : (double)NAN;
  return machine->measured_zero ? machine->zero_n[side] : 0; /* the instrument's own, on trust */
}

bool station_target_band(const struct station_test *test, double *ret_low_n, double *ret_high_n)
{
  const enum stance_side side = test->machine.side;
  if (!test->leads || test->maximum.day[0] == '\0' || side == STANCE_SIDE_NONE)
    return false;
  const struct part parts = parts_of(test, side);
  double low_n = 0, high_n = 0;
  for (size_t k = 0; k < parts.count; k++) {
    /* one force that serves the legs in turn: each leg has a maximum of its own all the same */
    const enum stance_side of =
        parts.side[k] == STANCE_TOTAL && side != STANCE_BOTH ? side : parts.side[k];
    const double maximum_n = test->maximum.force_n[of];
    low_n += level_n(test, parts.side[k]) + test->protocol.target_low_pct / 100 * maximum_n;
    high_n += level_n(test, parts.side[k]) + test->protocol.target_high_pct / 100 * maximum_n;
  }
  if (!(high_n > low_n)) /* not known, or nobody pulls against his own zero */
    return false;
  *ret_low_n = low_n / (double)parts.count;
  *ret_high_n = high_n / (double)parts.count;
  return true;
}

static double force_n(const struct station_test *test)
{
  const struct part parts = parts_of(test, test->machine.side);
  double sum = 0;
  for (size_t k = 0; k < parts.count; k++)
    sum += test->live.force_n[parts.side[k]];
  return sum / (double)parts.count;
}

void station_feedback(struct stance_station *station, const struct station_test *test)
{
  double low_n = 0, high_n = 0;
  if (station->sound == NULL)
    return;
  const bool sounds = !test->ending && test->machine.state == STANCE_TEST_EFFORT &&
                      station_target_band(test, &low_n, &high_n);
  stance_sound_feedback(station->sound, sounds ? force_n(test) : 0, sounds ? low_n : 0,
                        sounds ? high_n : 0);
}
