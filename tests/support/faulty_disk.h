/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk between SQLite and the real one that refuses, stalls or forgets on demand. */
#ifndef STANCE_TEST_FAULTY_DISK_H
#define STANCE_TEST_FAULTY_DISK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* SQLite's code for a disk that is full, for tests that do not speak with SQLite themselves. */
enum { FAULTY_DISK_FULL = 13 };

struct faulty_disk {
  atomic_int write_error; /* SQLite's code for every write and sync; 0: they succeed */
  atomic_int writes_left; /* so many still succeed before write_error holds */
  atomic_int sync_error;  /* the same for syncs alone: the data were written, nobody knows */
  atomic_int stall_ms;    /* every sync takes this much longer */
  atomic_bool forgets;    /* syncs do nothing: what synchronous=OFF would be */
  atomic_uint syncs;      /* asked for */
};

/* Becomes SQLite's disk for every store opened from here on in this process. */
struct faulty_disk *faulty_disk_install(void);

/* Changes a file behind the store's back; asserts that the statements are sound. */
void faulty_disk_tamper(const char *path, const char *sql);
/* The one number that a query answers. */
int64_t faulty_disk_ask(const char *path, const char *sql);

#endif
