/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "uri.h"

#include <stdbool.h>
#include <string.h>

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/* Undoes %XX in place (RFC 3986, 2.1). False where % is not followed by two hex digits, or where
   they say NUL, which would cut the text short. */
static bool percent_decode(char *text)
{
  char *out = text;

  for (const char *in = text; *in != '\0'; in++) {
    if (*in != '%') {
      *out++ = *in;
      continue;
    }
    const int high = hex_digit(in[1]);
    const int low = high < 0 ? -1 : hex_digit(in[2]);
    if (low < 0 || high * 16 + low == 0)
      return false;
    *out++ = (char)(high * 16 + low);
    in += 2;
  }
  *out = '\0';
  return true;
}

static bool scheme_is_valid(const char *scheme)
{
  return scheme[0] >= 'a' && scheme[0] <= 'z' &&
         strspn(scheme, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(scheme);
}

static enum stance_status add_parameter(struct stance_uri *uri, char *pair,
                                        struct stance_problem *problem)
{
  char *equals = strchr(pair, '=');

  if (equals == NULL || equals == pair)
    return stance_problem_set(problem, STANCE_USAGE, "%s: \"%s\" is not of the form key=value",
                              uri->scheme, pair);
  *equals = '\0';
  if (!percent_decode(pair) || !percent_decode(equals + 1))
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: %% in \"%s=%s\" needs two hex digits after it; write %%25 for a "
                              "percent sign",
                              uri->scheme, pair, equals + 1);
  for (size_t k = 0; k < uri->parameter_count; k++)
    if (strcmp(uri->parameter[k].key, pair) == 0)
      return stance_problem_set(problem, STANCE_USAGE, "%s: %s is given twice", uri->scheme, pair);
  if (uri->parameter_count == STANCE_URI_PARAMETER_MAX)
    return stance_problem_set(problem, STANCE_USAGE, "%s: more than %d settings", uri->scheme,
                              STANCE_URI_PARAMETER_MAX);
  uri->parameter[uri->parameter_count++] =
      (struct stance_uri_parameter){.key = pair, .value = equals + 1};
  return STANCE_OK;
}

static enum stance_status add_parameters(struct stance_uri *uri, char *query,
                                         struct stance_problem *problem)
{
  while (query != NULL) {
    char *next = strchr(query, '&');
    if (next != NULL)
      *next++ = '\0';
    if (*query != '\0') { /* a trailing or doubled & means nothing else */
      const enum stance_status status = add_parameter(uri, query, problem);
      if (status != STANCE_OK)
        return status;
    }
    query = next;
  }
  return STANCE_OK;
}

enum stance_status stance_uri_init(struct stance_uri *uri, const char *text,
                                   struct stance_problem *problem)
{
  const size_t length = strlen(text);
  char *colon, *query;

  if (length >= sizeof uri->text)
    return stance_problem_set(problem, STANCE_USAGE,
                              "the source %.40s… is longer than %d characters; use a shorter path",
                              text, STANCE_URI_SIZE - 1);
  memcpy(uri->text, text, length + 1);
  uri->parameter_count = 0;
  colon = strchr(uri->text, ':');
  if (colon != NULL)
    *colon = '\0';
  if (colon == NULL || !scheme_is_valid(uri->text))
    return stance_problem_set(problem, STANCE_USAGE,
                              "\"%.200s\" names no source: write scheme:path?key=value, "
                              "for example sim:nordic?seed=7",
                              text);
  uri->scheme = uri->text;
  uri->path = colon + 1;
  query = strchr(colon + 1, '?');
  if (query != NULL)
    *query++ = '\0';
  if (!percent_decode(colon + 1))
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: %% in \"%.200s\" needs two hex digits after it; write %%25 for "
                              "a percent sign",
                              uri->scheme, uri->path);
  return add_parameters(uri, query, problem);
}
