/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_groups.h"

#include <stdlib.h>
#include <string.h>

/* A power of two, four times the groups there may be, so that probing stays short. */
enum { PLACES = 4 * STANCE_CSV_GROUP_COUNT_MAX };

struct stance_csv_group_table {
  struct stance_csv_group *groups;
  size_t count, capacity;
  uint32_t last; /* rows of one group mostly follow each other */
  bool overflowed;
  uint16_t place[PLACES]; /* group + 1, 0 where free */
};

struct stance_csv_group_table *stance_csv_group_table_create(void)
{
  return calloc(1, sizeof(struct stance_csv_group_table));
}

static bool is_named(const struct stance_csv_group *group, const char *text, size_t length)
{
  return strncmp(group->name, text, length) == 0 && group->name[length] == '\0';
}

/* FNV-1a, 32 bits (Fowler, Noll, Vo). */
static uint32_t hash(const char *text, size_t length)
{
  uint32_t h = UINT32_C(2166136261);
  for (size_t i = 0; i < length; ++i)
    h = (h ^ (unsigned char)text[i]) * UINT32_C(16777619);
  return h;
}

static bool add(struct stance_csv_group_table *table, const char *text, size_t length)
{
  if (table->count == table->capacity) {
    size_t capacity = 2 * table->capacity + 8;
    struct stance_csv_group *grown = realloc(table->groups, capacity * sizeof *grown);
    if (grown == NULL)
      return false;
    table->groups = grown;
    table->capacity = capacity;
  }
  char *name = strndup(text, length);
  if (name == NULL)
    return false;
  table->groups[table->count++] = (struct stance_csv_group){.name = name};
  return true;
}

bool stance_csv_group_find(struct stance_csv_group_table *table, const char *text, size_t length,
                           uint32_t *ret_group)
{
  *ret_group = STANCE_CSV_GROUP_EMPTY;
  if (length == 0)
    return true;
  if (table->count > 0 && is_named(&table->groups[table->last], text, length)) {
    *ret_group = table->last;
    return true;
  }
  size_t place = hash(text, length) % PLACES;
  while (table->place[place] != 0 &&
         !is_named(&table->groups[table->place[place] - 1], text, length))
    place = (place + 1) % PLACES;
  if (table->place[place] == 0) {
    if (table->count == STANCE_CSV_GROUP_COUNT_MAX) {
      table->overflowed = true;
      *ret_group = 0;
      return true;
    }
    if (!add(table, text, length))
      return false;
    table->place[place] = (uint16_t)table->count;
  }
  table->last = (uint32_t)table->place[place] - 1;
  *ret_group = table->last;
  return true;
}

void stance_csv_group_count(struct stance_csv_group_table *table, uint32_t group)
{
  table->groups[group].rows += 1;
}

bool stance_csv_group_table_overflowed(const struct stance_csv_group_table *table)
{
  return table->overflowed;
}

void stance_csv_group_table_hand_over(struct stance_csv_group_table *table,
                                      struct stance_csv_group **ret_groups, size_t *ret_count)
{
  *ret_groups = table->groups;
  *ret_count = table->count;
  table->groups = NULL;
  table->count = 0;
}

void stance_csv_group_table_destroy(struct stance_csv_group_table *table)
{
  if (table == NULL)
    return;
  for (size_t k = 0; k < table->count; ++k)
    free(table->groups[k].name);
  free(table->groups);
  free(table);
}
