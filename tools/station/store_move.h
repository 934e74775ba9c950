/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Team days: the list of who comes next, and a recording that was filed under the wrong athlete. */
#ifndef STANCE_STORE_MOVE_H
#define STANCE_STORE_MOVE_H

#include "store.h"

/* The roster as the page keeps it, any text; the caller frees it. STANCE_END where none was kept.
   WORK. */
STANCE_MUST_CHECK enum stance_status stance_store_get_roster(struct stance_store *store,
                                                             char **ret_text,
                                                             struct stance_problem *problem);
STANCE_MUST_CHECK enum stance_status stance_store_put_roster(struct stance_store *store,
                                                             const char *text,
                                                             struct stance_problem *problem);

/* Whose a recording is. */
struct stance_subject {
  const char *athlete;
  double body_mass_kg, lever_m;  /* NaN: unknown */
  enum stance_side injured_side; /* STANCE_SIDE_NONE: not named */
};

/* Files a recording under another athlete, in a session of its own. Mass, lever and injured side
   were the other athlete's: they become what is given. Results made until now are dropped, for they
   are another person's. All of it is logged and can be undone. A seal is renewed; the one before
   stays in the log. STANCE_END where there is no such recording, STANCE_MISMATCH where it is not as
   it was sealed. WORK. */
STANCE_MUST_CHECK enum stance_status stance_store_move_recording(struct stance_store *store,
                                                                 const char *recording_id,
                                                                 const struct stance_subject *to,
                                                                 struct stance_problem *problem);
/* Takes the last move that was not undone back, mass, lever and injured side too; results made
   since are dropped. STANCE_MISMATCH where there is none, STANCE_END where there is no such
   recording. */
STANCE_MUST_CHECK enum stance_status stance_store_undo_move(struct stance_store *store,
                                                            const char *recording_id,
                                                            struct stance_problem *problem);

#endif
