/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A protocol that is being read, key by key; knows nothing of the file's form. */
#ifndef STANCE_ANALYSIS_PROTOCOL_KEYS_H
#define STANCE_ANALYSIS_PROTOCOL_KEYS_H

#include "stance/protocol.h"

#include <stdint.h>

struct protocol_draft {
  struct stance_protocol protocol;
  uint64_t set;            /* bit k: row k of the key table was set */
  uint64_t source_set;     /* the same for [sources] */
  char analysis_seen[512]; /* keys of [analysis] so far, each between newlines */
};

/* The id is the name's last component without its ending. */
void protocol_draft_init(struct protocol_draft *draft, const char *name);
/* `continues`: the value goes on from the line before. The sentence names key, value and what is
   allowed, never file or line: the caller knows those. */
STANCE_MUST_CHECK enum stance_status protocol_draft_set(struct protocol_draft *draft,
                                                        const char *section, const char *key,
                                                        const char *value, bool continues,
                                                        struct stance_problem *problem);
/* Checks that nothing is missing and that the parts agree. */
STANCE_MUST_CHECK enum stance_status protocol_draft_finish(const struct protocol_draft *draft,
                                                           struct stance_protocol *ret_protocol,
                                                           struct stance_problem *problem);

#endif
