/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the recordings lie: room, whether what is written survives a power cut, and whether the
   file is whole. */
#include "doctor.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* 8 channels at 1 kHz are 64 kB a second before they are packed, 230 MB an hour: below the first a
   day of tests is not sure to fit, below the second not an hour. */
static const uint64_t room_good_bytes = UINT64_C(2) << 30, room_least_bytes = UINT64_C(256) << 20;

/* The nearest folder above `path` that is there. */
static void find_folder(const char *path, char ret_folder[PATH_BYTES])
{
  snprintf(ret_folder, PATH_BYTES, "%s", path);
  do {
    char *slash = strrchr(ret_folder, '/');
    if (slash == NULL) {
      snprintf(ret_folder, PATH_BYTES, ".");
      return;
    }
    slash[slash == ret_folder ? 1 : 0] = '\0';
  } while (access(ret_folder, F_OK) != 0 && strcmp(ret_folder, "/") != 0);
}

static void check_room(struct stance_doctor *doctor, const char *folder)
{
  static const char check[] = "disk";
  struct statvfs disk;

  if (statvfs(folder, &disk) != 0) {
    stance_doctor_note(doctor, check, STANCE_VERDICT_BAD, "", "%s cannot be looked at", folder);
    return;
  }
  const uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
  const enum stance_verdict verdict = room >= room_good_bytes    ? STANCE_VERDICT_GOOD
                                      : room >= room_least_bytes ? STANCE_VERDICT_ADVICE
                                                                 : STANCE_VERDICT_BAD;
  stance_doctor_note(doctor, check, verdict,
                     verdict == STANCE_VERDICT_GOOD
                         ? ""
                         : "delete what is not needed, or set STANCE_STORE to a larger disk",
                     "%.1f GiB free at %s", (double)room / (1 << 30), folder);
  if (access(folder, W_OK) != 0)
    stance_doctor_note(doctor, check, STANCE_VERDICT_BAD,
                       "set STANCE_STORE to a file in a folder of your own",
                       "this user may not write to %s", folder);
}

struct mount {
  char type[64];
  char options[1024]; /* of the mount, a comma, those of the file system */
};

/* "\040" of /proc/self/mountinfo becomes a blank, in place. */
static void undo_octal(char *text)
{
  char *out = text;
  for (const char *in = text; *in != '\0'; out++) {
    if (in[0] == '\\' && strspn(in + 1, "01234567") >= 3) {
      *out = (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
      in += 4;
    } else {
      *out = *in++;
    }
  }
  *out = '\0';
}

static bool is_under(const char *folder, const char *point)
{
  const size_t length = strlen(point);
  return strcmp(point, "/") == 0 ||
         (strncmp(folder, point, length) == 0 && (folder[length] == '/' || folder[length] == '\0'));
}

/* The mount that `folder` lies on: the deepest, of equals the last. */
static bool find_mount(const struct stance_doctor *doctor, const char *folder,
                       struct mount *ret_mount)
{
  char path[PATH_BYTES], *line = NULL;
  size_t room = 0, deepest = 0;
  bool found = false;

  snprintf(path, sizeof path, "%s/proc/self/mountinfo", doctor->root);
  FILE *file = fopen(path, "r");
  if (file == NULL)
    return false;
  while (getline(&line, &room, file) > 0) {
    /* id parent device root POINT OPTIONS tags… - TYPE source OPTIONS (proc(5)) */
    char point[1024], options[512], type[64], super[512];
    const char *dash = strstr(line, " - ");
    if (sscanf(line, "%*s %*s %*s %*s %1023s %511s", point, options) != 2 || dash == NULL ||
        sscanf(dash, " - %63s %*s %511s", type, super) != 2)
      continue;
    undo_octal(point);
    if (!is_under(folder, point) || strlen(point) < deepest)
      continue;
    deepest = strlen(point);
    found = true;
    memcpy(ret_mount->type, type, sizeof type);
    snprintf(ret_mount->options, sizeof ret_mount->options, "%s,%s", options, super);
  }
  free(line);
  fclose(file);
  return found;
}

static bool has_option(const char *options, const char *option)
{
  const size_t length = strlen(option);
  for (const char *at = options; at != NULL; at = strchr(at, ',')) {
    at += *at == ',';
    if (strncmp(at, option, length) == 0 && (at[length] == ',' || at[length] == '\0'))
      return true;
  }
  return false;
}

/* What is known of a file system; `type` may end in `*`. */
static const struct {
  const char *type;
  enum stance_verdict verdict;
  const char *why;
} file_systems[] = {
    {"ext4", STANCE_VERDICT_GOOD, "keeps what is committed"},
    {"ext3", STANCE_VERDICT_GOOD, "keeps what is committed"},
    {"xfs", STANCE_VERDICT_GOOD, "keeps what is committed"},
    {"btrfs", STANCE_VERDICT_GOOD, "keeps what is committed"},
    {"zfs", STANCE_VERDICT_GOOD, "keeps what is committed"},
    {"f2fs", STANCE_VERDICT_GOOD, "keeps what is committed"},
    {"tmpfs", STANCE_VERDICT_BAD, "is memory: all is gone at power-off"},
    {"ramfs", STANCE_VERDICT_BAD, "is memory: all is gone at power-off"},
    {"nfs*", STANCE_VERDICT_BAD, "is another computer's disk, where a store can be damaged"},
    {"cifs", STANCE_VERDICT_BAD, "is another computer's disk, where a store can be damaged"},
    {"smb*", STANCE_VERDICT_BAD, "is another computer's disk, where a store can be damaged"},
    {"9p", STANCE_VERDICT_BAD, "is another computer's disk, where a store can be damaged"},
    {"overlay", STANCE_VERDICT_ADVICE, "is a container's own layer: it goes with the container"},
    {"vfat", STANCE_VERDICT_ADVICE, "has no journal: a power cut can damage the whole disk"},
    {"exfat", STANCE_VERDICT_ADVICE, "has no journal: a power cut can damage the whole disk"},
    {"ext2", STANCE_VERDICT_ADVICE, "has no journal: a power cut can damage the whole disk"},
};

static bool is_type(const char *pattern, const char *type)
{
  const size_t length = strcspn(pattern, "*");
  return strncmp(pattern, type, length) == 0 && (pattern[length] == '*' || type[length] == '\0');
}

static void check_durability(struct stance_doctor *doctor, const char *folder)
{
  static const char check[] = "file system";
  static const char elsewhere[] = "set STANCE_STORE to a file on a disk of this computer (ext4)";
  char real[PATH_BYTES];
  struct mount mount;

  if (realpath(folder, real) == NULL || !find_mount(doctor, real, &mount)) {
    stance_doctor_note(doctor, check, STANCE_VERDICT_ADVICE, "",
                       "it cannot be found out what %s is on", folder);
    return;
  }
  if (has_option(mount.options, "nobarrier") || has_option(mount.options, "barrier=0")) {
    stance_doctor_note(doctor, check, STANCE_VERDICT_BAD,
                       "remove nobarrier or barrier=0 from /etc/fstab, then restart",
                       "%s at %s is mounted without barriers: a power cut can take what was "
                       "committed",
                       mount.type, folder);
    return;
  }
  for (size_t k = 0; k < sizeof file_systems / sizeof file_systems[0]; k++)
    if (is_type(file_systems[k].type, mount.type)) {
      const enum stance_verdict verdict = file_systems[k].verdict;
      stance_doctor_note(doctor, check, verdict, verdict == STANCE_VERDICT_GOOD ? "" : elsewhere,
                         "%s at %s %s", mount.type, folder, file_systems[k].why);
      return;
    }
  stance_doctor_note(doctor, check, STANCE_VERDICT_ADVICE, elsewhere,
                     "it is not known whether %s at %s keeps what is committed when the power "
                     "fails",
                     mount.type, folder);
}

static void check_health(struct stance_doctor *doctor, const char *path)
{
  static const char check[] = "store";
  struct stance_store *store = NULL;
  struct stance_problem problem = {""};

  if (access(path, F_OK) != 0) {
    stance_doctor_note(doctor, check, STANCE_VERDICT_GOOD, "",
                       "%s is not there yet; the first test makes it", path);
    return;
  }
  enum stance_status status = stance_store_open(path, STANCE_STORE_READ, &store, &problem);
  if (status == STANCE_OK)
    status = stance_store_check(store, &problem);
  if (status == STANCE_OK)
    stance_doctor_note(doctor, check, STANCE_VERDICT_GOOD, "", "%s is whole", path);
  else
    stance_doctor_note(doctor, check, STANCE_VERDICT_BAD,
                       "copy the file and those beside it to a safe place before anything else",
                       "%s", problem.text);
  stance_store_close(store);
}

void stance_doctor_check_store(struct stance_doctor *doctor, const char *path)
{
  char folder[PATH_BYTES];

  find_folder(path, folder);
  check_room(doctor, folder);
  check_durability(doctor, folder);
  check_health(doctor, path);
}
