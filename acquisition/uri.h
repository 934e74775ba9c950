/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `scheme:path?key=value&key=value`, taken apart, and the values bound to a table of settings. */
#ifndef STANCE_URI_H
#define STANCE_URI_H

#include "stance/source.h"
#include "stance/status.h"

enum { STANCE_URI_SIZE = 1024, STANCE_URI_PARAMETER_MAX = 64 };

struct stance_uri_parameter {
  const char *key;
  const char *value;
};

/* The pointers lead into `text`: do not copy the struct. */
struct stance_uri {
  char text[STANCE_URI_SIZE];
  const char *scheme;
  const char *path; /* "" where there is none */
  struct stance_uri_parameter parameter[STANCE_URI_PARAMETER_MAX];
  size_t parameter_count;
};

/* Takes `text` apart and undoes %XX. STANCE_USAGE for a missing scheme, a parameter without `=`,
   a repeated key, a broken %XX, or a text that is too long. `uri` is unspecified on failure. */
STANCE_MUST_CHECK enum stance_status stance_uri_init(struct stance_uri *uri, const char *text,
                                                     struct stance_problem *problem);

/* Writes each parameter's value to `settings` + the key's `member`:
   NUMBER, INTEGER, NUMBER_OR_MAX: double (`max` is INFINITY); CHOICE: int, the position among the
   choices; FLAGS: uint32_t, one bit a choice; TEXT: const char *, borrowed from `uri`.
   `keys` ends with a NULL name. STANCE_USAGE with key, value and what is allowed; the settings
   bound before the offending one are then already written. */
STANCE_MUST_CHECK enum stance_status stance_uri_bind(const struct stance_uri *uri,
                                                     const struct stance_source_key *keys,
                                                     void *settings,
                                                     struct stance_problem *problem);
/* Writes every key's default. STANCE_USAGE where the table itself is wrong. */
STANCE_MUST_CHECK enum stance_status stance_uri_bind_defaults(const struct stance_source_key *keys,
                                                              void *settings,
                                                              struct stance_problem *problem);

/* The k-th of `choices` ("a|b|c"), not terminated: its length goes to `ret_length`; NULL past the
   end. */
const char *stance_uri_choice(const char *choices, size_t k, size_t *ret_length);

#endif
