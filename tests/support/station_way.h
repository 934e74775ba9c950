/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way of a test to every state in which it goes on: whatever is to be shown "at each state" of
   the station is shown along this one table. */
#ifndef STANCE_STATION_WAY_H
#define STANCE_STATION_WAY_H

#include "stance/machine.h"
#include "support/station_fixture.h"

/* cmocka's: fails where a state of machine.h in which a test goes on is not in the table. */
void station_way_names_every_state(void **state);

/* Of a test of two sides that has just been started, with nobody on the instrument, to `wanted`.
   `pull_left` is called where the left side has to be pulled alone; NULL: it is pulled anyway. */
void station_way_lead(struct station_fixture *fixture, enum stance_test_state wanted,
                      void (*pull_left)(void));

/* True for every state in which a test goes on with STANCE_FULL=1; else for each fifth of them, a
   different one at each `place` from 0 to 4. */
bool station_way_is_chosen(enum stance_test_state wanted, unsigned place);

#endif
