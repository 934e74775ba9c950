/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An instrument whose force and cable are in the test's hands, in the place of all others: its
   functions are defined here, so that the linker takes them instead of the library's. Two channels,
   left and right, in newtons, 1000 Hz, on whatever clock it is opened with. */
#ifndef STANCE_TEST_SCRIPTED_SOURCE_H
#define STANCE_TEST_SCRIPTED_SOURCE_H

#include "stance/source.h"

/* Any thread. */
void scripted_source_pull(double left_n, double right_n);
void scripted_source_plug(bool plugged);
/* Of what is opened by this URI alone, which is away as well where all are. */
#define SCRIPTED_SOURCE_SECOND "rig:2"
void scripted_source_plug_second(bool plugged);
void scripted_source_fail(bool failed);

/* A clock that runs so many times as fast as the host's. */
struct stance_clock fast_clock(double *speed);

#endif
