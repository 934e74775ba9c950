/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel as the witness: counts what a thread asks it for while it must not ask for anything.
 */
#ifndef STANCE_TEST_NO_SYSCALLS_H
#define STANCE_TEST_NO_SYSCALLS_H

#include <stdbool.h>

/* System calls between begin and end: at least one for each pair in which there was any. To read
   the clock is none where the kernel lends it, and does not count where it does not. */
extern _Atomic unsigned syscalls_made;

/* From here to no_syscalls_end the calling thread's calls are counted, and not carried out. False
   where this kernel or processor cannot do it (Linux 5.11, x86-64). */
bool no_syscalls_begin(void);
void no_syscalls_end(void);

#endif
