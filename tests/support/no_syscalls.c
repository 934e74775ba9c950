/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/no_syscalls.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

_Atomic unsigned syscalls_made;

#if defined(__x86_64__) && defined(PR_SET_SYSCALL_USER_DISPATCH)
/* Read by the kernel at each call (Documentation/admin-guide/syscall-user-dispatch). */
static _Thread_local volatile char selector = SYSCALL_DISPATCH_FILTER_ALLOW;
static _Thread_local bool watched;

/* The way back from here is a system call too, so that the first one of a pair ends the watch. */
static void on_call(int number, siginfo_t *info, void *context)
{
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  (void)number;
  selector = SYSCALL_DISPATCH_FILTER_ALLOW;
  if (info->si_syscall == SYS_clock_gettime)
    registers[REG_RAX] = syscall(SYS_clock_gettime, registers[REG_RDI], registers[REG_RSI]);
  else
    atomic_fetch_add(&syscalls_made, 1);
}

/* Each time: cmocka has a handler of its own in each test, and threads are begun without signals.
 */
static bool listen(void)
{
  const struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO};
  sigset_t told;
  sigemptyset(&told);
  sigaddset(&told, SIGSYS);
  return sigaction(SIGSYS, &action, NULL) == 0 && pthread_sigmask(SIG_UNBLOCK, &told, NULL) == 0;
}

bool no_syscalls_begin(void)
{
  watched =
      watched || prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0L, 0L, &selector) == 0;
  if (!watched || !listen())
    return false;
  selector = SYSCALL_DISPATCH_FILTER_BLOCK;
  return true;
}

void no_syscalls_end(void)
{
  selector = SYSCALL_DISPATCH_FILTER_ALLOW;
}
#else
bool no_syscalls_begin(void)
{
  return false;
}

void no_syscalls_end(void)
{
}
#endif
