/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Nordic test led step by step on the scripted source, ten times as fast as in a clinic. What
   does not come in a minute fails the test. */
#ifndef STANCE_TEST_SCRIPTED_RIG_H
#define STANCE_TEST_SCRIPTED_RIG_H

#include "support/station_fixture.h"

static const double rig_patience_s = 60;

/* cmocka's setup, to station_fixture_teardown: the source is plugged in, and nobody pulls. */
int rig_setup(void **state);
void rig_come_to(struct station_fixture *fixture, const char *state);
void rig_hear(struct station_fixture *fixture, const char *message);
void rig_next(struct station_fixture *fixture, const char *state);
void rig_wait_for_result(struct station_fixture *fixture);
/* To `get_on`, the zero behind it. */
void rig_start(struct station_fixture *fixture);
/* From `prove_left` to `weigh`. */
void rig_pull_both(struct station_fixture *fixture);
/* From `get_on` to `weigh`. */
void rig_prove(struct station_fixture *fixture);
/* From `weigh` to `wait`. */
void rig_weigh(struct station_fixture *fixture);
/* To the result: the clinician breaks it off; */
void rig_abort(struct station_fixture *fixture);
/* whoever may, behind the first commits: there is something to report. */
void rig_stop(struct station_fixture *fixture);
/* Between two tests, as when the settings are read anew. */
void rig_take(struct station_fixture *fixture, const struct stance_station_device *device,
              size_t count);

#endif
