/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"

#include <errno.h>
#include <ini.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_PORT = 8642 };

enum stance_status daemon_settings_add_device(struct daemon_settings *settings, const char *text,
                                              struct stance_problem *problem)
{
  enum stance_side side = STANCE_SIDE_NONE; /* a scheme holds no '=' */
  if (strncmp(text, "left=", 5) == 0)
    side = STANCE_LEFT;
  else if (strncmp(text, "right=", 6) == 0)
    side = STANCE_RIGHT;
  const size_t at = settings->device_count;
  if (at == STANCE_STREAM_MAX ||
      (at == 1 && (side == STANCE_SIDE_NONE || settings->side[0] == STANCE_SIDE_NONE ||
                   side == settings->side[0])))
    return stance_problem_set(problem, STANCE_USAGE,
                              "'%.200s': two instruments are given as left=URI and right=URI",
                              text);
  const char *uri = side == STANCE_SIDE_NONE ? text : strchr(text, '=') + 1;
  if (*uri == '\0' || strlen(uri) >= sizeof settings->device[at])
    return stance_problem_set(problem, STANCE_USAGE, "an instrument's URI has 1 to %zu bytes",
                              sizeof settings->device[at] - 1);
  strcpy(settings->device[at], uri);
  settings->side[at] = side;
  settings->device_count++;
  return STANCE_OK;
}

static enum stance_status set_number(const char *text, double minimum, double maximum,
                                     double *ret_value, struct stance_problem *problem)
{
  char *end;
  const double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= minimum && value <= maximum))
    return stance_problem_set(problem, STANCE_USAGE, "'%.60s': expected a number from %g to %g",
                              text, minimum, maximum);
  *ret_value = value;
  return STANCE_OK;
}

static enum stance_status set_port(struct daemon_settings *settings, const char *text,
                                   struct stance_problem *problem)
{
  double port = 0;
  enum stance_status status = set_number(text, 0, 65535, &port, problem);
  if (status == STANCE_OK && port != floor(port))
    status = stance_problem_set(problem, STANCE_USAGE, "'%s': expected a whole number", text);
  if (status == STANCE_OK) {
    settings->port = (uint16_t)port;
    settings->has_port = true;
  }
  return status;
}

static enum stance_status set_text(char *ret_text, size_t size, const char *value,
                                   struct stance_problem *problem)
{
  if (value[0] == '\0' || strlen(value) >= size)
    return stance_problem_set(problem, STANCE_USAGE, "expected a text of 1 to %zu bytes", size - 1);
  strcpy(ret_text, value);
  return STANCE_OK;
}

/* What a program started by the session's manager finds wherever it stands. */
static enum stance_status set_path(char *ret_text, size_t size, const char *value,
                                   struct stance_problem *problem)
{
  if (value[0] != '/')
    return stance_problem_set(problem, STANCE_USAGE, "'%.200s': expected a path that begins with /",
                              value);
  return set_text(ret_text, size, value, problem);
}

enum stance_status daemon_settings_set(struct daemon_settings *settings, const char *name,
                                       const char *value, struct stance_problem *problem)
{
  if (strcmp(name, "device") == 0)
    return daemon_settings_add_device(settings, value, problem);
  if (strcmp(name, "sound") == 0)
    return set_text(settings->sound, sizeof settings->sound, value, problem);
  if (strcmp(name, "latency_s") == 0)
    return set_number(value, 0.001, 1, &settings->latency_s, problem);
  if (strcmp(name, "port") == 0)
    return set_port(settings, value, problem);
  if (strcmp(name, "store") == 0)
    return set_path(settings->store, sizeof settings->store, value, problem);
  if (strcmp(name, "protocols") == 0)
    return set_path(settings->protocols, sizeof settings->protocols, value, problem);
  return stance_problem_set(problem, STANCE_USAGE,
                            "there is no setting '%.60s'; there are: device (twice for two "
                            "instruments), sound, latency_s, protocols, store, port",
                            name);
}

/* inih reads one line at a time, so that each can be named. */
struct reader {
  FILE *file;
  const char *path;
  unsigned line;
  struct daemon_settings settings;
  enum stance_status status; /* the first thing that is wrong */
  struct stance_problem *problem;
};

static void refuse(struct reader *reader, const char *what)
{
  if (reader->status == STANCE_OK)
    reader->status = stance_problem_set(reader->problem, STANCE_INPUT, "%.300s:%u: %s",
                                        reader->path, reader->line, what);
}

static char *read_line(char *ret_line, int size, void *stream)
{
  struct reader *reader = stream;
  if (reader->status != STANCE_OK || fgets(ret_line, size, reader->file) == NULL)
    return NULL;
  reader->line++;
  if (strchr(ret_line, '\n') == NULL && !feof(reader->file))
    refuse(reader, "the line is too long");
  return reader->status == STANCE_OK ? ret_line : NULL;
}

static int take(void *user, const char *section, const char *name, const char *value)
{
  struct reader *reader = user;
  struct stance_problem what = {""};
  if (section[0] != '\0' && strcmp(section, "stanced") != 0)
    refuse(reader, "the only section is [stanced]");
  else if (daemon_settings_set(&reader->settings, name, value, &what) != STANCE_OK)
    refuse(reader, what.text);
  return reader->status == STANCE_OK;
}

/* Empty where there is no home. */
static void usual_path(char ret_path[4096])
{
  const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  int length = 0;
  if (config != NULL && config[0] == '/')
    length = snprintf(ret_path, 4096, "%s/stance/stanced.ini", config);
  else if (home != NULL)
    length = snprintf(ret_path, 4096, "%s/.config/stance/stanced.ini", home);
  if (length <= 0 || length >= 4096)
    ret_path[0] = '\0';
}

static enum stance_status read_file(const char *path, bool must_be_there,
                                    struct daemon_settings *ret_settings,
                                    struct stance_problem *problem)
{
  struct reader reader = {.path = path, .problem = problem};
  reader.file = fopen(path, "re");
  if (reader.file == NULL && errno == ENOENT && !must_be_there)
    return STANCE_OK;
  if (reader.file == NULL)
    return stance_problem_set(problem, STANCE_INPUT, "%.300s: cannot be read: %s", path,
                              strerror(errno));
  const int bad = ini_parse_stream(read_line, &reader, take, &reader);
  if (bad != 0)
    refuse(&reader, "expected \"name = value\"");
  fclose(reader.file);
  if (reader.status == STANCE_OK)
    *ret_settings = reader.settings;
  return reader.status;
}

enum stance_status daemon_settings_read(const char *path, const struct daemon_settings *given,
                                        struct daemon_settings *ret_settings,
                                        struct stance_problem *problem)
{
  char usual[4096] = "";
  struct daemon_settings settings = {0};
  enum stance_status status = STANCE_OK;
  if (path == NULL)
    usual_path(usual);
  if (path != NULL || usual[0] != '\0')
    status = read_file(path != NULL ? path : usual, path != NULL, &settings, problem);
  if (status != STANCE_OK)
    return status;
  if (given->device_count > 0) {
    memcpy(settings.device, given->device, sizeof settings.device);
    memcpy(settings.side, given->side, sizeof settings.side);
    settings.device_count = given->device_count;
  }
  if (settings.device_count == 0)
    status = daemon_settings_add_device(&settings, "usb:", problem);
  if (given->sound[0] != '\0')
    strcpy(settings.sound, given->sound);
  if (given->latency_s > 0)
    settings.latency_s = given->latency_s;
  if (given->store[0] != '\0')
    strcpy(settings.store, given->store);
  if (given->has_port || !settings.has_port)
    settings.port = given->has_port ? given->port : DEFAULT_PORT;
  *ret_settings = settings;
  return status;
}
