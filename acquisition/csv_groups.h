/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The different values of a group column, numbered in the order in which they appear. */
#ifndef STANCE_ACQUISITION_CSV_GROUPS_H
#define STANCE_ACQUISITION_CSV_GROUPS_H

#include "csv_load.h"

enum { STANCE_CSV_GROUP_EMPTY = UINT32_MAX };

struct stance_csv_group_table;

/* NULL where memory is out. */
struct stance_csv_group_table *stance_csv_group_table_create(void);
/* The number of the group with this text, or GROUP_EMPTY; false where memory is out. */
bool stance_csv_group_find(struct stance_csv_group_table *table, const char *text, size_t length,
                           uint32_t *ret_group);
void stance_csv_group_count(struct stance_csv_group_table *table, uint32_t group);
/* More than STANCE_CSV_GROUP_COUNT_MAX values have been seen; the further ones have no number. */
bool stance_csv_group_table_overflowed(const struct stance_csv_group_table *table);
/* Transfers the groups. */
void stance_csv_group_table_hand_over(struct stance_csv_group_table *table,
                                      struct stance_csv_group **ret_groups, size_t *ret_count);
/* Accepts NULL. */
void stance_csv_group_table_destroy(struct stance_csv_group_table *table);

#endif
