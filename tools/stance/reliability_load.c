/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "reliability.h"

void stance_reliability_complain(const struct stance_problem *problem)
{
  fputs("stance: without the repeatability measured here: ", stderr);
  stance_print_plain(stderr, problem->text);
  fputc('\n', stderr);
}

void stance_reliability_load(struct stance_store *store, struct stance_reliability_book *ret_book)
{
  struct stance_reliability_record *records = NULL;
  struct stance_problem problem = {""};
  size_t count = 0;
  if (stance_store_list_reliability(store, &records, &count, &problem) != STANCE_OK) {
    stance_reliability_complain(&problem);
    return;
  }
  *ret_book = (struct stance_reliability_book){.record = records, .count = count};
}
