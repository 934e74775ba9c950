/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct stance_output {
  FILE *file;
  char *path;      /* NULL: standard output */
  char *temporary; /* NULL: written in place */
};

static enum stance_status cannot_write(const char *path, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_STORE,
                            "%s: cannot be written: %s; choose another place", path,
                            strerror(errno));
}

static bool is_replaceable(const char *path)
{
  struct stat about;
  return stat(path, &about) != 0 || S_ISREG(about.st_mode);
}

enum stance_status stance_output_spares(const char *path, const char *input,
                                        struct stance_problem *problem)
{
  struct stat one, other;
  if (path == NULL || stat(path, &one) != 0 || !S_ISREG(one.st_mode) || stat(input, &other) != 0 ||
      one.st_dev != other.st_dev || one.st_ino != other.st_ino)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_USAGE,
                            "%s: this is the input itself, which would be lost; name another "
                            "output file",
                            path);
}

/* What any program that creates a file would give it: mkostemp gives 0600. */
static void set_usual_mode(int descriptor)
{
  mode_t mask = umask(0);
  umask(mask);
  fchmod(descriptor, 0666 & ~mask);
}

static FILE *open_beside(const char *path, char **ret_temporary)
{
  char *temporary = NULL;
  if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
    return NULL;
  int descriptor = mkostemp(temporary, O_CLOEXEC);
  FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
  if (file == NULL) {
    if (descriptor >= 0) {
      close(descriptor);
      unlink(temporary);
    }
    free(temporary);
    return NULL;
  }
  set_usual_mode(descriptor);
  *ret_temporary = temporary;
  return file;
}

enum stance_status stance_output_open(const char *path, struct stance_output **ret_output,
                                      struct stance_problem *problem)
{
  struct stance_output *output = calloc(1, sizeof *output);
  if (output == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  if (path == NULL || strcmp(path, "-") == 0) {
    output->file = stdout;
    *ret_output = output;
    return STANCE_OK;
  }
  output->path = strdup(path);
  if (output->path != NULL)
    output->file = is_replaceable(path) ? open_beside(path, &output->temporary) : fopen(path, "we");
  if (output->file == NULL) {
    enum stance_status status = cannot_write(path, problem);
    stance_output_abandon(output);
    return status;
  }
  *ret_output = output;
  return STANCE_OK;
}

FILE *stance_output_file(struct stance_output *output)
{
  return output->file;
}

void stance_output_abandon(struct stance_output *output)
{
  if (output == NULL)
    return;
  if (output->file != NULL && output->path != NULL)
    fclose(output->file);
  if (output->temporary != NULL)
    unlink(output->temporary);
  free(output->temporary);
  free(output->path);
  free(output);
}

enum stance_status stance_output_commit(struct stance_output *output,
                                        struct stance_problem *problem)
{
  const char *name = output->path == NULL ? "standard output" : output->path;
  bool written = fflush(output->file) == 0 && !ferror(output->file);
  if (written && output->temporary != NULL)
    written = fsync(fileno(output->file)) == 0;
  if (written && output->path != NULL) {
    FILE *file = output->file;
    output->file = NULL;
    written = fclose(file) == 0;
  }
  if (written && output->temporary != NULL && rename(output->temporary, output->path) == 0) {
    free(output->temporary);
    output->temporary = NULL;
  }
  written = written && output->temporary == NULL;
  enum stance_status status = written ? STANCE_OK : cannot_write(name, problem);
  stance_output_abandon(output);
  return status;
}
