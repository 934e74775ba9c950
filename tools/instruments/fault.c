/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtual_fault.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* host-stall:MS stall babble zlp:COUNT truncate:BYTES delay-response:MS unplug:MS move:MS swap:MS
 */
const char stance_virtual_server_faults[] =
    "host-stall stall babble zlp truncate delay-response unplug move swap";

static bool is_among(const char *names, const char *name, size_t length)
{
  while (names != NULL && *names != '\0') {
    const size_t candidate = strcspn(names, " ");
    if (candidate == length && strncmp(names, name, length) == 0)
      return true;
    names += candidate;
    names += strspn(names, " ");
  }
  return false;
}

static bool read_when(const char *text, size_t length, struct stance_virtual_fault *fault)
{
  static const struct {
    const char *name;
    enum stance_virtual_moment moment;
  } moments[] = {
      {"now", STANCE_VIRTUAL_AT_FRAME},
      {"idle", STANCE_VIRTUAL_AT_IDLE},
      {"configuring", STANCE_VIRTUAL_AT_CONFIGURING},
      {"first", STANCE_VIRTUAL_AT_FIRST},
      {"stopping", STANCE_VIRTUAL_AT_STOPPING},
  };
  char word[24];

  if (length == 0 || length >= sizeof word)
    return false;
  memcpy(word, text, length);
  word[length] = '\0';
  for (size_t k = 0; k < sizeof moments / sizeof *moments; k++)
    if (strcmp(word, moments[k].name) == 0) {
      fault->moment = moments[k].moment;
      return true;
    }
  if (strspn(word, "0123456789") != length)
    return false;
  errno = 0;
  fault->frame = strtoull(word, NULL, 10);
  return errno == 0;
}

static bool read_value(const char *text, struct stance_virtual_fault *fault)
{
  char *end;

  fault->value = strtod(text, &end);
  return end != text && *end == '\0' && fault->value >= 0 && fault->value <= 1e9;
}

enum stance_status stance_virtual_fault_add(struct stance_virtual_faults *faults,
                                            const char *kind_faults, const char *text,
                                            struct stance_problem *problem)
{
  struct stance_virtual_fault fault = {.value = (double)NAN};
  const size_t name_length = strcspn(text, "@:");
  const char *rest = text + name_length;

  if (!is_among(stance_virtual_server_faults, text, name_length) &&
      !is_among(kind_faults, text, name_length))
    return stance_problem_set(problem, STANCE_USAGE, "fault '%s': this instrument has %s %s", text,
                              stance_virtual_server_faults, kind_faults == NULL ? "" : kind_faults);
  if (name_length >= sizeof fault.name || faults->count == STANCE_VIRTUAL_FAULT_MAX)
    return stance_problem_set(problem, STANCE_USAGE, "fault '%s': at most %d faults", text,
                              STANCE_VIRTUAL_FAULT_MAX);
  memcpy(fault.name, text, name_length);
  if (*rest == '@') {
    const size_t when_length = strcspn(++rest, ":");
    if (!read_when(rest, when_length, &fault))
      return stance_problem_set(problem, STANCE_USAGE,
                                "fault '%s': after @ comes a frame number, now, idle, configuring, "
                                "first or stopping",
                                text);
    rest += when_length;
  }
  if (*rest == ':' && !read_value(rest + 1, &fault))
    return stance_problem_set(problem, STANCE_USAGE, "fault '%s': after : comes a number from 0",
                              text);
  faults->fault[faults->count++] = fault;
  return STANCE_OK;
}

static double take(struct stance_virtual_faults *faults, size_t k, double usual)
{
  const double value = faults->fault[k].value;

  memmove(&faults->fault[k], &faults->fault[k + 1],
          (faults->count - k - 1) * sizeof faults->fault[0]);
  faults->count--;
  faults->taken++;
  return isnan(value) ? usual : value;
}

bool stance_virtual_fault_take(struct stance_virtual_faults *faults, const char *name,
                               uint64_t frame, double usual, double *ret_value)
{
  for (size_t k = 0; k < faults->count; k++) {
    const struct stance_virtual_fault *fault = &faults->fault[k];
    if (fault->moment != STANCE_VIRTUAL_AT_FRAME || fault->frame > frame ||
        strcmp(fault->name, name) != 0)
      continue;
    *ret_value = take(faults, k, usual);
    return true;
  }
  return false;
}

bool stance_virtual_fault_take_at(struct stance_virtual_faults *faults, const char *name,
                                  enum stance_virtual_moment moment, double usual,
                                  double *ret_value)
{
  for (size_t k = 0; k < faults->count; k++) {
    const struct stance_virtual_fault *fault = &faults->fault[k];
    if (fault->moment != moment || moment == STANCE_VIRTUAL_AT_FRAME ||
        strcmp(fault->name, name) != 0)
      continue;
    *ret_value = take(faults, k, usual);
    return true;
  }
  return false;
}

void stance_virtual_fault_again(struct stance_virtual_faults *faults, const char *name,
                                double value)
{
  if (faults->count == STANCE_VIRTUAL_FAULT_MAX)
    return;
  struct stance_virtual_fault *fault = &faults->fault[faults->count++];
  *fault = (struct stance_virtual_fault){.value = value};
  snprintf(fault->name, sizeof fault->name, "%s", name);
  faults->taken--;
}
