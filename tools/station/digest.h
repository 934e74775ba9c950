/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4) of whatever is added. It tells a changed bit from an unchanged one; it does
   not tell who changed it. */
#ifndef STANCE_DIGEST_H
#define STANCE_DIGEST_H

#include "stance/status.h"

#include <stddef.h>
#include <stdint.h>

/* 64 hexadecimal digits and a terminator. */
enum { STANCE_DIGEST_HEX_SIZE = 65 };

struct stance_digest;

STANCE_MUST_CHECK enum stance_status stance_digest_create(struct stance_digest **ret_digest);
/* Accepts NULL. */
void stance_digest_destroy(struct stance_digest *digest);
void stance_digest_add(struct stance_digest *digest, const void *bytes, size_t size);
/* A whole number as eight bytes, the least significant first, on every machine. */
void stance_digest_add_number(struct stance_digest *digest, uint64_t number);
/* Its length and its bytes, so that "ab" "c" is not "a" "bc"; NULL is not "". */
void stance_digest_add_text(struct stance_digest *digest, const char *text);
/* What was added so far; begins anew. */
void stance_digest_finish(struct stance_digest *digest, char ret_hex[STANCE_DIGEST_HEX_SIZE]);

/* Of a file's bytes: what `sha256sum FILE` says. STANCE_INPUT, STANCE_MEMORY. WORK. */
STANCE_MUST_CHECK enum stance_status stance_digest_file(const char *path,
                                                        char ret_hex[STANCE_DIGEST_HEX_SIZE],
                                                        struct stance_problem *problem);

#endif
