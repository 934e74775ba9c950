/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a disk holds after the power failed at a given moment, from QEMU's log of every write and
   flush (driver blklogwrites, the kernel's dm-log-writes format).
     power_cut watch LOG < CONSOLE            each console line with the log's size at that moment
     power_cut replay BASE LOG SIZE SEED OUT  BASE with what survives of the log's first SIZE bytes
   What was written before the last flush survives. Of what came later each write survives or not,
   some of them torn, by chance: a disk with a volatile cache promises no more.

     log:    sector 0       written now and then, so of no use after a kill
             per entry      u64 sector, u64 count, u64 flags, u64 0; padded to one sector;
                            then count sectors of data unless it is a discard */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SECTOR_SIZE = 512 };
#define FLAG_FLUSH UINT64_C(1)
#define FLAG_FUA UINT64_C(2)
#define FLAG_DISCARD UINT64_C(4)

struct entry {
  uint64_t sector, count, flags;
  uint64_t data_offset; /* in the log */
};

struct log {
  FILE *file;
  uint64_t size;
  uint64_t limit; /* entries that begin before it count */
  uint64_t next;
};

static void die(const char *what)
{
  fprintf(stderr, "power_cut: %s\n", what);
  exit(2);
}

static bool next_entry(struct log *log, struct entry *ret_entry)
{
  uint64_t words[4];
  if (log->next + SECTOR_SIZE > log->limit || fseek(log->file, (long)log->next, SEEK_SET) != 0 ||
      fread(words, sizeof words, 1, log->file) != 1)
    return false;
  if (words[1] == 0 && words[2] == 0) /* not written any more when QEMU was killed */
    return false;
  *ret_entry = (struct entry){words[0], words[1], words[2], log->next + SECTOR_SIZE};
  /* A write that had begun may be on the disk, in part too: its data counts though it lies behind
     the limit. */
  uint64_t data_size = (words[2] & FLAG_DISCARD) != 0 ? 0 : words[1] * SECTOR_SIZE;
  if (ret_entry->data_offset + data_size > log->size)
    return false;
  log->next = ret_entry->data_offset + data_size;
  return true;
}

static void apply(struct log *log, const struct entry *entry, uint64_t count, FILE *out)
{
  uint8_t sector[SECTOR_SIZE];
  if (fseek(log->file, (long)entry->data_offset, SEEK_SET) != 0 ||
      fseek(out, (long)(entry->sector * SECTOR_SIZE), SEEK_SET) != 0)
    die("cannot seek");
  for (uint64_t k = 0; k < count; k++)
    if (fread(sector, sizeof sector, 1, log->file) != 1 ||
        fwrite(sector, sizeof sector, 1, out) != 1)
      die("cannot copy a sector");
}

static uint64_t survivors(const struct entry *entry)
{
  if ((entry->flags & FLAG_DISCARD) != 0)
    return 0; /* discarded data may as well stay */
  if ((entry->flags & FLAG_FUA) != 0)
    return entry->count;
  long chance = random() % 20;
  if (chance < 9)
    return entry->count;
  return chance < 16 ? 0 : (uint64_t)random() % (entry->count + 1);
}

static void copy_base(const char *base, FILE *out)
{
  FILE *file = fopen(base, "rb");
  static char bytes[1 << 16];
  size_t size;
  if (file == NULL)
    die("cannot open the base image");
  while ((size = fread(bytes, 1, sizeof bytes, file)) > 0)
    if (fwrite(bytes, 1, size, out) != size)
      die("cannot copy the base image");
  fclose(file);
}

static int replay(char **arguments)
{
  struct log log = {.file = fopen(arguments[1], "rb"), .limit = strtoull(arguments[2], NULL, 10)};
  FILE *out = fopen(arguments[4], "wb");
  if (log.file == NULL || out == NULL)
    die("cannot open the log or the output");
  struct stat status;
  if (fstat(fileno(log.file), &status) != 0)
    die("cannot measure the log");
  log.size = (uint64_t)status.st_size;
  srandom((unsigned)strtoul(arguments[3], NULL, 10));
  copy_base(arguments[0], out);

  uint64_t flush_end = SECTOR_SIZE, entries = 0, flushes = 0, later = 0, whole = 0;
  struct entry entry;
  for (log.next = SECTOR_SIZE; next_entry(&log, &entry); entries++)
    if ((entry.flags & FLAG_FLUSH) != 0) {
      flush_end = log.next;
      flushes++;
    }
  for (log.next = SECTOR_SIZE; next_entry(&log, &entry);) {
    bool durable = log.next <= flush_end;
    uint64_t count =
        durable ? ((entry.flags & FLAG_DISCARD) != 0 ? 0 : entry.count) : survivors(&entry);
    later += !durable;
    whole += !durable && count == entry.count;
    apply(&log, &entry, count, out);
  }
  printf("%" PRIu64 " entries, %" PRIu64 " flushes; %" PRIu64 " after the last, %" PRIu64
         " of them survive whole\n",
         entries, flushes, later, whole);
  return fclose(out) == 0 ? 0 : 2;
}

static int watch(const char *path)
{
  char line[512];
  while (fgets(line, sizeof line, stdin) != NULL) {
    struct stat log;
    printf("%lld %s", stat(path, &log) == 0 ? (long long)log.st_size : 0LL, line);
    fflush(stdout);
  }
  return 0;
}

int main(int argument_count, char **arguments)
{
  if (argument_count == 3 && strcmp(arguments[1], "watch") == 0)
    return watch(arguments[2]);
  if (argument_count == 7 && strcmp(arguments[1], "replay") == 0)
    return replay(arguments + 2);
  die("see the head of power_cut.c");
}
