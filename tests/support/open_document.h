/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The code and the example bytes of OPEN_FRAMING.md, as a firmware author reads them. */
#ifndef STANCE_TESTS_OPEN_DOCUMENT_H
#define STANCE_TESTS_OPEN_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

/* The bytes of the block "hex NAME FORM" (`form`: "packet" or "wire"); fails the test where it is
   missing. Returns how many. */
size_t open_document_bytes(const char *name, const char *form, uint8_t ret_bytes[256]);
/* Writes the block of C to `path`. */
void open_document_extract_code(const char *path);

#endif
