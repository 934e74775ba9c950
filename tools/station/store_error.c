/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SQLite's result codes and errno become a sentence here and nowhere else. */
#include "store_private.h"

#include <errno.h>
#include <string.h>

/* What is the matter and what mends it; "" where the error has no better words than its own. */
struct explanation {
  const char *reason, *remedy;
};

static struct explanation explain_errno(int error)
{
  switch (error) {
  case ENOSPC:
  case EDQUOT:
    return (struct explanation){"the disk is full", "free some space on it"};
  case EROFS:
    return (struct explanation){"the disk is read-only",
                                "remount it for writing, or name another store (STANCE_STORE)"};
  case EACCES:
  case EPERM:
    return (struct explanation){"the rights are missing",
                                "make the file and its folder yours (chown, chmod u+rwX)"};
  case ENOENT:
  case ENOTDIR:
    return (struct explanation){"the file or its folder is missing",
                                "create the folder, or correct the path (STANCE_STORE)"};
  case EISDIR:
    return (struct explanation){"this is a folder", "name a file (STANCE_STORE)"};
  case EMFILE:
  case ENFILE:
    return (struct explanation){"too many files are open", "close other programs"};
  case EIO:
    return (struct explanation){"the disk reports an error",
                                "copy the store to a sound disk and check this one"};
  default:
    return (struct explanation){"", "check the disk and the path"};
  }
}

static struct explanation explain_code(int code, int error)
{
  switch (code & 0xff) {
  case SQLITE_FULL:
    return explain_errno(ENOSPC);
  case SQLITE_READONLY:
    return (struct explanation){"the file is read-only",
                                "give yourself write access (chmod u+w), or name another store"};
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return explain_errno(EACCES);
  case SQLITE_NOTADB:
    return (struct explanation){"this is not a stance store",
                                "name another file; this one was left untouched"};
  case SQLITE_CORRUPT:
    return (struct explanation){
        "the file is damaged",
        "keep a copy of it, then rescue what is left: sqlite3 STORE .recover | sqlite3 NEW"};
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return (struct explanation){"another program holds it locked",
                                "close the other program, or give it a store of its own"};
  case SQLITE_CONSTRAINT:
    return (struct explanation){"it belongs to a recording that is not in this store",
                                "check the recording's id"};
  case SQLITE_CANTOPEN:
  case SQLITE_IOERR: /* the system's own error says more than that there was one */
    return explain_errno(error != 0 ? error : EIO);
  default:
    return (struct explanation){"", "please report this with the sentence above"};
  }
}

enum stance_status store_fail(const struct stance_store *store, int code, const char *doing,
                              struct stance_problem *problem)
{
  if ((code & 0xff) == SQLITE_NOMEM)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: cannot %s: out of memory", store->path,
                              doing);
  struct explanation why = explain_code(code, sqlite3_system_errno(store->db));
  return stance_problem_set(problem, STANCE_STORE, "%s: cannot %s: %s (SQLite %d); %s", store->path,
                            doing, *why.reason != '\0' ? why.reason : sqlite3_errstr(code), code,
                            why.remedy);
}

enum stance_status store_fail_errno(const char *path, int error, const char *doing,
                                    struct stance_problem *problem)
{
  struct explanation why = explain_errno(error);
  return stance_problem_set(problem, STANCE_STORE, "%s: cannot %s: %s; %s", path, doing,
                            *why.reason != '\0' ? why.reason : strerror(error), why.remedy);
}
