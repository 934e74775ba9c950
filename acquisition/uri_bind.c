/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One value of a URI against one line of the table of settings. */
#include "uri.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const char *stance_uri_choice(const char *choices, size_t k, size_t *ret_length)
{
  for (; k > 0; k--) {
    choices = strchr(choices, '|');
    if (choices == NULL)
      return NULL;
    choices++;
  }
  *ret_length = strcspn(choices, "|");
  return choices;
}

/* Position of `text` among the choices, -1 where it is none of them. */
static int find_choice(const char *choices, const char *text, size_t text_length)
{
  const char *choice;
  size_t length;

  for (size_t k = 0; (choice = stance_uri_choice(choices, k, &length)) != NULL; k++)
    if (length == text_length && memcmp(choice, text, length) == 0)
      return (int)k;
  return -1;
}

static bool parse_flags(const char *choices, const char *text, uint32_t *ret_flags)
{
  uint32_t flags = 0;

  while (*text != '\0') {
    const size_t length = strcspn(text, ",");
    const int choice = find_choice(choices, text, length);
    if (choice < 0)
      return false;
    flags |= UINT32_C(1) << choice;
    text += length;
    if (*text == ',' && *++text == '\0')
      return false; /* a comma promises one more */
  }
  *ret_flags = flags;
  return true;
}

/* Plain decimal numbers only: strtod alone would also take "inf", "0x10" and leading blanks. */
static bool parse_number(const char *text, double *ret_number)
{
  char *end;

  if (*text == '\0' || strspn(text, "+-.0123456789eE") != strlen(text))
    return false;
  const double number = strtod(text, &end);
  if (*end != '\0' || !isfinite(number))
    return false;
  *ret_number = number;
  return true;
}

static enum stance_status refuse(const char *where, const struct stance_source_key *key,
                                 const char *value, struct stance_problem *problem)
{
  const char *unit_gap = key->unit[0] == '\0' ? "" : " ";

  if (key->choices != NULL)
    return stance_problem_set(
        problem, STANCE_USAGE, "%s: %s=%.100s is not allowed; %s: %s", where, key->name, value,
        key->type == STANCE_KEY_FLAGS ? "any of, separated by commas" : "one of", key->choices);
  return stance_problem_set(
      problem, STANCE_USAGE, "%s: %s=%.100s is not allowed; %s from %g to %g%s%s%s (default %s)",
      where, key->name, value, key->type == STANCE_KEY_INTEGER ? "a whole number" : "a number",
      key->minimum, key->maximum, unit_gap, key->unit,
      key->type == STANCE_KEY_NUMBER_OR_MAX ? ", or max" : "", key->default_value);
}

static enum stance_status bind_number(const char *where, const struct stance_source_key *key,
                                      const char *value, double *member,
                                      struct stance_problem *problem)
{
  double number;

  if (key->type == STANCE_KEY_NUMBER_OR_MAX && strcmp(value, "max") == 0) {
    *member = (double)INFINITY;
    return STANCE_OK;
  }
  if (!parse_number(value, &number) || number < key->minimum || number > key->maximum ||
      (key->type == STANCE_KEY_INTEGER && number != floor(number)))
    return refuse(where, key, value, problem);
  *member = number;
  return STANCE_OK;
}

static enum stance_status bind_value(const char *where, const struct stance_source_key *key,
                                     const char *value, void *settings,
                                     struct stance_problem *problem)
{
  void *member = (char *)settings + key->member;
  int choice;

  switch (key->type) {
  case STANCE_KEY_NUMBER:
  case STANCE_KEY_INTEGER:
  case STANCE_KEY_NUMBER_OR_MAX:
    return bind_number(where, key, value, member, problem);
  case STANCE_KEY_CHOICE:
    choice = find_choice(key->choices, value, strlen(value));
    if (choice < 0)
      return refuse(where, key, value, problem);
    *(int *)member = choice;
    return STANCE_OK;
  case STANCE_KEY_FLAGS:
    return parse_flags(key->choices, value, member) ? STANCE_OK
                                                    : refuse(where, key, value, problem);
  case STANCE_KEY_TEXT:
    break;
  }
  *(const char **)member = value;
  return STANCE_OK;
}

static enum stance_status refuse_key(const char *where, const struct stance_source_key *keys,
                                     const char *name, struct stance_problem *problem)
{
  char list[sizeof problem->text] = "";
  size_t used = 0;

  for (size_t k = 0; keys[k].name != NULL && used < sizeof list; k++)
    used +=
        (size_t)snprintf(list + used, sizeof list - used, "%s%s", k == 0 ? "" : " ", keys[k].name);
  return stance_problem_set(problem, STANCE_USAGE, "%s: there is no setting \"%.60s\"; known: %s",
                            where, name, list);
}

enum stance_status stance_uri_bind(const struct stance_uri *uri,
                                   const struct stance_source_key *keys, void *settings,
                                   struct stance_problem *problem)
{
  for (size_t p = 0; p < uri->parameter_count; p++) {
    const struct stance_uri_parameter *parameter = &uri->parameter[p];
    size_t k = 0;
    while (keys[k].name != NULL && strcmp(keys[k].name, parameter->key) != 0)
      k++;
    if (keys[k].name == NULL)
      return refuse_key(uri->scheme, keys, parameter->key, problem);
    const enum stance_status status =
        bind_value(uri->scheme, &keys[k], parameter->value, settings, problem);
    if (status != STANCE_OK)
      return status;
  }
  return STANCE_OK;
}

enum stance_status stance_uri_bind_defaults(const struct stance_source_key *keys, void *settings,
                                            struct stance_problem *problem)
{
  for (size_t k = 0; keys[k].name != NULL; k++) {
    const enum stance_status status =
        bind_value("default", &keys[k], keys[k].default_value, settings, problem);
    if (status != STANCE_OK)
      return status;
  }
  return STANCE_OK;
}
