/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum stance_status failed(const char *path, const char *what, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_STORE, "%s: cannot be %s: %s", path, what,
                            strerror(errno));
}

/* Where two headers part, as a sentence. `found` may be shorter. */
static enum stance_status explain(const char *path, const char *found, const char *expected,
                                  struct stance_problem *problem)
{
  size_t same = 0, column = 1;
  for (; found[same] != '\0' && found[same] == expected[same]; same++)
    if (expected[same] == ',' || expected[same] == ';')
      column++;
  size_t begin = same;
  while (begin > 0 && strchr(",;\n", expected[begin - 1]) == NULL)
    begin--;
  int found_length = (int)strcspn(found + begin, ",;\r\n");
  int expected_length = (int)strcspn(expected + begin, ",;\r\n");
  if (found[same] == '\r' || expected[same] == '\r')
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s:1: the lines end %s; nothing was written; use%s --csv-locale, or "
                              "another file",
                              path, found[same] == '\r' ? "in CR LF" : "in LF",
                              found[same] == '\r' ? "" : " no");
  return stance_problem_set(problem, STANCE_INPUT,
                            "%s:1: column %zu of the header is '%.*s' where '%.*s' is expected; "
                            "nothing was written; append to a file with the same columns, or begin "
                            "a new one",
                            path, column, found_length < 60 ? found_length : 60, found + begin,
                            expected_length, expected + begin);
}

static enum stance_status check_header(int descriptor, const char *path, const char *header,
                                       struct stance_problem *problem)
{
  size_t length = strlen(header);
  char *found = calloc(1, length + 1);
  if (found == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", path);
  enum stance_status status = STANCE_OK;
  if (pread(descriptor, found, length, 0) < 0)
    status = failed(path, "read", problem);
  else if (strcmp(found, header) != 0)
    status = explain(path, found, header, problem);
  free(found);
  return status;
}

/* All or nothing: what a failed write left is cut off again. */
static enum stance_status write_whole(int descriptor, const char *path, off_t size,
                                      const struct stance_text *text,
                                      struct stance_problem *problem)
{
  size_t done = 0;
  while (done < text->length) {
    ssize_t count = write(descriptor, text->bytes + done, text->length - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      break;
    done += (size_t)count;
  }
  if (done == text->length && fsync(descriptor) == 0)
    return STANCE_OK;
  enum stance_status status = failed(path, "written", problem);
  if (ftruncate(descriptor, size) != 0)
    return failed(path, "written, nor brought back to what it was", problem);
  return status;
}

static enum stance_status append_locked(int descriptor, const char *path, const char *header,
                                        const char *rows, struct stance_problem *problem)
{
  struct stat about;
  if (fstat(descriptor, &about) != 0)
    return failed(path, "read", problem);
  struct stance_text text = {0};
  char last = '\n';
  if (about.st_size == 0) {
    stance_text_string(&text, header);
  } else {
    enum stance_status status = check_header(descriptor, path, header, problem);
    if (status != STANCE_OK)
      return status;
    if (pread(descriptor, &last, 1, about.st_size - 1) != 1)
      return failed(path, "read", problem);
  }
  if (last != '\n') /* an editor left the last line open */
    stance_text_string(&text, strchr(header, '\r') != NULL ? "\r\n" : "\n");
  stance_text_string(&text, rows);
  enum stance_status status =
      text.failed ? stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", path)
                  : write_whole(descriptor, path, about.st_size, &text, problem);
  stance_text_finish(&text);
  return status;
}

enum stance_status stance_output_append(const char *path, const char *header, const char *rows,
                                        struct stance_problem *problem)
{
  int descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return failed(path, "opened", problem);
  enum stance_status status;
  if (flock(descriptor, LOCK_EX) != 0)
    status = failed(path, "locked", problem);
  else
    status = append_locked(descriptor, path, header, rows, problem);
  close(descriptor);
  return status;
}
