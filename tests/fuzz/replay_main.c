/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a fuzz target over the files of the folders and the files it is given: the kept corpus is a
   test in every build, with any compiler. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long replay_file(const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  uint8_t *data = NULL;
  size_t size = 0, room = 0;
  do {
    room = room * 2 + 4096;
    data = realloc(data, room);
    if (data == NULL)
      abort();
    size += fread(data + size, 1, room - size, file);
  } while (size == room);
  fclose(file);
  /* An exact copy, so that the address sanitizer sees one byte too far. */
  uint8_t *exact = malloc(size > 0 ? size : 1);
  if (exact == NULL)
    abort();
  memcpy(exact, data, size);
  free(data);
  LLVMFuzzerTestOneInput(exact, size);
  free(exact);
  return 1;
}

static unsigned long replay(const char *path)
{
  DIR *folder = opendir(path);
  if (folder == NULL)
    return replay_file(path);
  unsigned long count = 0;
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    char inner[4096];
    if (entry->d_name[0] == '.')
      continue;
    snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
    count += replay_file(inner);
  }
  closedir(folder);
  return count;
}

int main(int argc, char **argv)
{
  unsigned long count = 0;
  for (int k = 1; k < argc; k++)
    count += replay(argv[k]);
  printf("%lu inputs\n", count);
  return count > 0 ? 0 : 1; /* an empty corpus tests nothing */
}
