/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The date in the test's hand: a program that includes this has its own time(), that the linker
   takes instead of the library's. */
#ifndef STANCE_TEST_MOVED_DATE_H
#define STANCE_TEST_MOVED_DATE_H

/* So many days from now on; 0: the computer's own date. Any thread. */
void moved_date_set(int days);

#endif
