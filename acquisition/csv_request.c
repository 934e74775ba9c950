/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_choice.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void stance_csv_listing_add(struct stance_csv_listing *listing,
                            const struct stance_csv_header *header, size_t column)
{
  enum { ROOM_FOR_ENDING = 24 };
  char entry[80];
  const char *name = header->column[column].name;
  if (name[0] == '\0')
    snprintf(entry, sizeof entry, "#%zu", column + 1);
  else
    snprintf(entry, sizeof entry, "#%zu '%.48s'", column + 1, name);
  size_t length = strlen(entry);
  if (listing->used + length + 2 + ROOM_FOR_ENDING > sizeof listing->text) {
    listing->left_out += 1;
    return;
  }
  if (listing->used > 0) {
    memcpy(listing->text + listing->used, ", ", 2);
    listing->used += 2;
  }
  memcpy(listing->text + listing->used, entry, length + 1);
  listing->used += length;
  listing->listed += 1;
}

const char *stance_csv_listing_text(struct stance_csv_listing *listing)
{
  if (listing->left_out > 0)
    snprintf(listing->text + listing->used, sizeof listing->text - listing->used, " and %zu more",
             listing->left_out);
  listing->left_out = 0;
  return listing->text;
}

/* Ways to compare a name that was typed with one of the file, from the strictest. */
enum likeness { SAME, SAME_WITH_GROUP, SAME_WITHOUT_UNIT, SAME_BUT_CASE, SAME_BUT_CASE_AND_UNIT };
enum { LIKENESS_COUNT = SAME_BUT_CASE_AND_UNIT + 1 };

static bool is_alike(const struct stance_csv_column *column, const char *name,
                     enum likeness likeness)
{
  size_t base;
  stance_csv_unit_of_name(column->name, &base);
  switch (likeness) {
  case SAME:
    return strcmp(column->name, name) == 0;
  case SAME_WITH_GROUP:
    return strcmp(column->qualified, name) == 0;
  case SAME_WITHOUT_UNIT:
    return base > 0 && strlen(name) == base && strncmp(column->name, name, base) == 0;
  case SAME_BUT_CASE:
    return strcasecmp(column->name, name) == 0;
  case SAME_BUT_CASE_AND_UNIT:
    break;
  }
  return base > 0 && strlen(name) == base && strncasecmp(column->name, name, base) == 0;
}

static enum stance_status find_by_position(const struct stance_csv_context *context,
                                           const char *digits, size_t *ret_column,
                                           struct stance_problem *problem)
{
  size_t count = context->header->column_count;
  unsigned long position = strtoul(digits, NULL, 10);
  if (position < 1 || position > count)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: there is no column #%s: the file has %zu, counted from #1",
                              context->text->name, digits, count);
  *ret_column = position - 1;
  return STANCE_OK;
}

enum stance_status stance_csv_column_find(const struct stance_csv_context *context,
                                          const char *text, bool quoted, size_t *ret_column,
                                          struct stance_problem *problem)
{
  const struct stance_csv_header *header = context->header;
  if (!quoted && text[0] == '#' && text[1] != '\0' &&
      strspn(text + 1, "0123456789") == strlen(text + 1))
    return find_by_position(context, text + 1, ret_column, problem);
  char name[STANCE_CSV_NAME_SIZE];
  stance_csv_name_clean(text, strlen(text), name, sizeof name);
  for (int likeness = 0; likeness < LIKENESS_COUNT && name[0] != '\0'; ++likeness) {
    struct stance_csv_listing same = {0};
    size_t found = 0, count = 0;
    for (size_t k = 0; k < header->column_count; ++k) {
      if (!is_alike(&header->column[k], name, (enum likeness)likeness))
        continue;
      found = k;
      count += 1;
      stance_csv_listing_add(&same, header, k);
    }
    if (count == 1) {
      *ret_column = found;
      return STANCE_OK;
    }
    if (count > 1)
      return stance_problem_set(
          problem, STANCE_USAGE,
          "%s: %zu columns are called '%.60s': %s; give the position instead, "
          "as #%zu",
          context->text->name, count, name, stance_csv_listing_text(&same), found + 1);
  }
  struct stance_csv_listing all = {0};
  for (size_t k = 0; k < header->column_count; ++k)
    stance_csv_listing_add(&all, header, k);
  return stance_problem_set(problem, STANCE_USAGE,
                            "%s: there is no column '%.60s'; the columns are %s",
                            context->text->name, name, stance_csv_listing_text(&all));
}

struct scanner {
  const char *p;
  char term[STANCE_CSV_NAME_SIZE * 2];
  bool quoted;
};

static void skip_blanks(struct scanner *s)
{
  while (isspace((unsigned char)*s->p))
    s->p += 1;
}

/* Up to one of `stops`, or a quoted name. False where a quote is not closed or text follows it. */
static bool scan_term(struct scanner *s, const char *stops)
{
  size_t used = 0;
  skip_blanks(s);
  s->quoted = *s->p == '"';
  if (s->quoted) {
    for (s->p += 1; *s->p != '\0'; s->p += 1) {
      if (*s->p == '"' && s->p[1] != '"')
        break;
      s->p += *s->p == '"';
      if (used + 1 < sizeof s->term)
        s->term[used++] = *s->p;
    }
    if (*s->p != '"')
      return false;
    s->p += 1;
    skip_blanks(s);
  } else {
    for (; *s->p != '\0' && strchr(stops, *s->p) == NULL; s->p += 1)
      if (used + 1 < sizeof s->term)
        s->term[used++] = *s->p;
    while (used > 0 && isspace((unsigned char)s->term[used - 1]))
      used -= 1;
  }
  s->term[used] = '\0';
  return *s->p == '\0' || strchr(stops, *s->p) != NULL;
}

enum key { KEY_LEFT, KEY_RIGHT, KEY_TOTAL, KEY_TIME, KEY_NONE };

/* Steps over "left=" and its like; a name that holds another '=' is a name. */
static enum key scan_key(struct scanner *s)
{
  static const char *const keys[] = {"left", "right", "total", "time"};
  skip_blanks(s);
  for (int k = 0; k < KEY_NONE; ++k) {
    size_t length = strlen(keys[k]);
    if (strncasecmp(s->p, keys[k], length) != 0)
      continue;
    const char *after = s->p + length;
    while (*after == ' ')
      ++after;
    if (*after != '=')
      continue;
    s->p = after + 1;
    return (enum key)k;
  }
  return KEY_NONE;
}

static enum stance_status add_pick(const struct stance_csv_context *context,
                                   struct stance_csv_set *set, size_t column, enum stance_side side,
                                   struct stance_problem *problem)
{
  for (size_t i = 0; i < set->count; ++i)
    if (set->pick[i].column == column)
      return stance_problem_set(
          problem, STANCE_USAGE, "%s: column #%zu '%.60s' is chosen twice in --columns",
          context->text->name, column + 1, context->header->column[column].name);
  if (set->count == STANCE_CHANNEL_COUNT_MAX)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: --columns chooses more than %d columns for one trial",
                              context->text->name, STANCE_CHANNEL_COUNT_MAX);
  set->pick[set->count++] = (struct stance_csv_pick){column, side};
  return STANCE_OK;
}

static enum stance_status scan_item(const struct stance_csv_context *context, struct scanner *s,
                                    struct stance_csv_request *request,
                                    struct stance_problem *problem)
{
  static const enum stance_side sides[] = {STANCE_LEFT, STANCE_RIGHT, STANCE_TOTAL,
                                           STANCE_SIDE_NONE, STANCE_TOTAL};
  enum key key = scan_key(s);
  for (bool more = true; more;) {
    if (!scan_term(s, key == KEY_TIME ? ",;" : "+,;") || (s->term[0] == '\0' && !s->quoted))
      return stance_problem_set(problem, STANCE_USAGE,
                                "%s: --columns '%.80s' is not understood at '%.30s'; write "
                                "left=NAME,right=NAME, total=NAME+NAME or total=#POSITION",
                                context->text->name, context->options->columns, s->p);
    if (key == KEY_TIME && !s->quoted && strcasecmp(s->term, "none") == 0) {
      request->time_none = true;
      return STANCE_OK;
    }
    size_t column;
    enum stance_status status =
        stance_csv_column_find(context, s->term, s->quoted, &column, problem);
    if (status != STANCE_OK)
      return status;
    if (key == KEY_TIME) {
      request->time_given = true;
      request->time_column = column;
    } else {
      status =
          add_pick(context, &request->set[request->set_count - 1], column, sides[key], problem);
      if (status != STANCE_OK)
        return status;
    }
    more = *s->p == '+';
    s->p += more;
  }
  return STANCE_OK;
}

static enum stance_status scan_sets(const struct stance_csv_context *context, struct scanner *s,
                                    struct stance_csv_request *request,
                                    struct stance_problem *problem)
{
  request->set_count = 1;
  for (;;) {
    enum stance_status status = scan_item(context, s, request, problem);
    if (status != STANCE_OK)
      return status;
    char stop = *s->p;
    if (stop == '\0')
      break;
    s->p += 1;
    if (stop != ';')
      continue;
    if (request->set_count == STANCE_CSV_SET_COUNT_MAX)
      return stance_problem_set(problem, STANCE_USAGE, "%s: --columns holds more than %d trials",
                                context->text->name, STANCE_CSV_SET_COUNT_MAX);
    request->set_count += 1;
  }
  for (size_t i = 0; i < request->set_count; ++i)
    if (request->set[i].count == 0 && (request->set_count > 1 || !request->time_given) &&
        !(request->set_count == 1 && request->time_none))
      return stance_problem_set(problem, STANCE_USAGE,
                                "%s: --columns chooses no force for trial %zu", context->text->name,
                                i + 1);
  return STANCE_OK;
}

enum stance_status stance_csv_request_read(const struct stance_csv_context *context,
                                           struct stance_csv_request *ret_request,
                                           struct stance_problem *problem)
{
  struct stance_csv_request request = {0};
  const char *columns = context->options->columns;
  request.set = calloc(STANCE_CSV_SET_COUNT_MAX, sizeof *request.set);
  if (request.set == NULL)
    return STANCE_MEMORY;
  struct scanner scanner = {.p = columns};
  enum stance_status status = STANCE_OK;
  if (columns != NULL && columns[0] != '\0')
    status = scan_sets(context, &scanner, &request, problem);
  if (status == STANCE_OK)
    *ret_request = request;
  else
    free(request.set);
  return status;
}
