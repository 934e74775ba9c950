/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A protocol is a page of text; what is longer is another file, given by mistake. */
enum { PROTOCOL_SIZE_MAX = 1 << 20 };

static enum stance_status read_text(const char *path, char **ret_text,
                                    struct stance_problem *problem)
{
  FILE *file = fopen(path, "re");
  if (file == NULL)
    return stance_problem_set(problem, STANCE_INPUT, "%s: cannot be opened: %s", path,
                              strerror(errno));
  enum stance_status status = STANCE_OK;
  char *text = calloc(1, PROTOCOL_SIZE_MAX + 1);
  if (text == NULL) {
    status = stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", path);
    goto close_file;
  }
  size_t length = fread(text, 1, PROTOCOL_SIZE_MAX + 1, file);
  if (ferror(file))
    status =
        stance_problem_set(problem, STANCE_INPUT, "%s: cannot be read: %s", path, strerror(errno));
  else if (length > PROTOCOL_SIZE_MAX || memchr(text, '\0', length) != NULL)
    status = stance_problem_set(problem, STANCE_INPUT,
                                "%s: this is no protocol file; a protocol is an INI text", path);
  if (status == STANCE_OK) {
    *ret_text = text;
    text = NULL;
  }
  free(text);
close_file:
  fclose(file);
  return status;
}

static bool is_file_name(const char *name)
{
  size_t length = strlen(name);
  return strchr(name, '/') != NULL || (length > 4 && strcmp(name + length - 4, ".ini") == 0);
}

bool stance_protocol_folder(char *ret_folder, size_t size)
{
  const char *own = getenv("STANCE_PROTOCOLS");
  const char *config = getenv("XDG_CONFIG_HOME");
  const char *home = getenv("HOME");
  int length = -1;
  if (own != NULL && own[0] == '/')
    length = snprintf(ret_folder, size, "%s", own);
  else if (config != NULL && config[0] == '/')
    length = snprintf(ret_folder, size, "%s/stance/protocols", config);
  else if (home != NULL)
    length = snprintf(ret_folder, size, "%s/.config/stance/protocols", home);
  return length >= 0 && (size_t)length < size;
}

/* The path of the clinic's own file; NULL without memory or without a home. */
static char *own_path(const char *id)
{
  char folder[4096];
  char *path = NULL;
  if (!stance_protocol_folder(folder, sizeof folder) ||
      asprintf(&path, "%s/%s.ini", folder, id) < 0)
    return NULL;
  return path;
}

static enum stance_status from_file(char *path, struct stance_protocol *ret_protocol,
                                    char **ret_text, char **ret_path,
                                    struct stance_problem *problem)
{
  char *text = NULL;
  enum stance_status status = read_text(path, &text, problem);
  if (status == STANCE_OK)
    status = stance_protocol_parse(path, text, ret_protocol, problem);
  if (status == STANCE_OK && ret_text != NULL) {
    *ret_text = text;
    text = NULL;
  }
  if (status == STANCE_OK && ret_path != NULL) {
    *ret_path = path;
    path = NULL;
  }
  free(text);
  free(path);
  return status;
}

static const char *builtin_text(const char *id)
{
  const char *known = "";
  const char *text = stance_protocol_builtin_text(0, &known);
  for (size_t k = 1; text != NULL && strcmp(known, id) != 0; k++)
    text = stance_protocol_builtin_text(k, &known);
  return text;
}

/* The id is known to be one of the built-in ones once it has been parsed. */
static enum stance_status from_builtin(const char *id, struct stance_protocol *ret_protocol,
                                       char **ret_text, char **ret_path,
                                       struct stance_problem *problem)
{
  enum stance_status status = stance_protocol_builtin(id, ret_protocol, problem);
  if (status != STANCE_OK)
    return status;
  if (ret_path != NULL)
    *ret_path = NULL;
  if (ret_text == NULL)
    return STANCE_OK;
  char *text = strdup(builtin_text(id));
  if (text == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", id);
  *ret_text = text;
  return STANCE_OK;
}

enum stance_status stance_protocol_find(const char *name, struct stance_protocol *ret_protocol,
                                        char **ret_text, char **ret_path,
                                        struct stance_problem *problem)
{
  if (is_file_name(name)) {
    char *path = strdup(name);
    if (path == NULL)
      return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", name);
    return from_file(path, ret_protocol, ret_text, ret_path, problem);
  }
  char *path = own_path(name);
  FILE *own = path == NULL ? NULL : fopen(path, "re");
  if (own != NULL) {
    fclose(own);
    return from_file(path, ret_protocol, ret_text, ret_path, problem);
  }
  int reason = path == NULL ? ENOENT : errno;
  if (reason != ENOENT && reason != ENOTDIR) {
    enum stance_status status = stance_problem_set(
        problem, STANCE_INPUT, "%s: cannot be opened: %s", path, strerror(reason));
    free(path);
    return status;
  }
  free(path);
  return from_builtin(name, ret_protocol, ret_text, ret_path, problem);
}
