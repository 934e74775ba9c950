/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A status as the HTTP interface and its events name it: stable words. */
#ifndef STANCE_ERROR_WORD_H
#define STANCE_ERROR_WORD_H

#include "stance/status.h"

const char *stance_error_word(enum stance_status status); /* "instrument"; STANCE_OK: "ok" */
/* STANCE_MISMATCH for a word that is none of these. */
enum stance_status stance_error_status(const char *word);

#endif
