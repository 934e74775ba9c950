/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nettle is included here and nowhere else: of the kept libraries that have SHA-256 it is the
   smallest and costs a program's start least (0.1 ms; libgcrypt 0.3 ms, OpenSSL 1.9 ms). */
#include "digest.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stance_digest {
  struct sha256_ctx context;
};

enum stance_status stance_digest_create(struct stance_digest **ret_digest)
{
  struct stance_digest *digest = malloc(sizeof *digest);
  if (digest == NULL)
    return STANCE_MEMORY;
  sha256_init(&digest->context);
  *ret_digest = digest;
  return STANCE_OK;
}

void stance_digest_destroy(struct stance_digest *digest)
{
  free(digest);
}

void stance_digest_add(struct stance_digest *digest, const void *bytes, size_t size)
{
  sha256_update(&digest->context, size, bytes);
}

void stance_digest_add_number(struct stance_digest *digest, uint64_t number)
{
  uint8_t bytes[8];
  for (unsigned k = 0; k < sizeof bytes; k++)
    bytes[k] = (uint8_t)(number >> (8 * k));
  stance_digest_add(digest, bytes, sizeof bytes);
}

void stance_digest_add_text(struct stance_digest *digest, const char *text)
{
  stance_digest_add_number(digest, text == NULL ? UINT64_MAX : strlen(text));
  if (text != NULL)
    stance_digest_add(digest, text, strlen(text));
}

void stance_digest_finish(struct stance_digest *digest, char ret_hex[STANCE_DIGEST_HEX_SIZE])
{
  uint8_t bytes[SHA256_DIGEST_SIZE];
  sha256_digest(&digest->context, sizeof bytes, bytes); /* begins anew by itself */
  for (size_t k = 0; k < sizeof bytes; k++)
    snprintf(ret_hex + 2 * k, 3, "%02x", bytes[k]);
}

enum stance_status stance_digest_file(const char *path, char ret_hex[STANCE_DIGEST_HEX_SIZE],
                                      struct stance_problem *problem)
{
  enum { PIECE = 1 << 16 };
  struct stance_digest *digest = NULL;
  enum stance_status status = STANCE_OK;
  uint8_t *piece = malloc(PIECE);
  FILE *file = fopen(path, "re");
  if (file == NULL)
    status = stance_problem_set(problem, STANCE_INPUT, "%s: %s", path, strerror(errno));
  else if (piece == NULL || stance_digest_create(&digest) != STANCE_OK)
    status = stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", path);
  size_t size;
  while (status == STANCE_OK && (size = fread(piece, 1, PIECE, file)) > 0)
    stance_digest_add(digest, piece, size);
  if (status == STANCE_OK && ferror(file))
    status = stance_problem_set(problem, STANCE_INPUT, "%s: %s", path, strerror(errno));
  if (status == STANCE_OK)
    stance_digest_finish(digest, ret_hex);
  stance_digest_destroy(digest);
  free(piece);
  if (file != NULL)
    fclose(file);
  return status;
}
