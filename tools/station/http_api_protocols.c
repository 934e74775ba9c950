/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The protocols that a test can be of: the built-in ones, and a clinic's own before them. */
#include "http_api_private.h"

#include "protocol_find.h"

#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *number_or_null(double value)
{
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *describe(const struct stance_protocol *protocol, bool own)
{
  return json_pack(
      "{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:b}", "id",
      protocol->id, "title", protocol->title, "version", protocol->version, "sides",
      stance_protocol_sides_name(protocol->sides), "rig", stance_rig_name(protocol->rig), "effort",
      stance_effort_kind_name(protocol->effort), "repetitions", (int)protocol->repetitions,
      "effort_s", number_or_null(protocol->effort_s), "rest_s", number_or_null(protocol->rest_s),
      "pain_limit", number_or_null(protocol->pain_limit), "target_low_pct",
      number_or_null(protocol->target_low_pct), "target_high_pct",
      number_or_null(protocol->target_high_pct), "target_of", protocol->target_of, "instruction",
      protocol->instruction, "own", own);
}

/* One that cannot be read is left out: who asks for it by its id is told why. */
static void add(json_t *list, const char *id, bool own)
{
  struct stance_protocol protocol;
  struct stance_problem problem = {""};
  if (stance_protocol_find(id, &protocol, NULL, NULL, &problem) == STANCE_OK)
    json_array_append_new(list, describe(&protocol, own));
}

static bool is_listed(const json_t *list, const char *id)
{
  for (size_t k = 0; k < json_array_size(list); k++)
    if (strcmp(json_string_value(json_object_get(json_array_get(list, k), "id")), id) == 0)
      return true;
  return false;
}

/* As protocol_find.h looks for them. */
static void add_own(json_t *list)
{
  char pattern[4096];
  glob_t files = {0};
  if (!stance_protocol_folder(pattern, sizeof pattern - sizeof "/*.ini"))
    return;
  strcat(pattern, "/*.ini");
  if (glob(pattern, 0, NULL, &files) == 0)
    for (size_t k = 0; k < files.gl_pathc; k++) {
      char id[48];
      const char *name = strrchr(files.gl_pathv[k], '/') + 1;
      snprintf(id, sizeof id, "%.*s", (int)strlen(name) - 4, name);
      add(list, id, true);
    }
  globfree(&files);
}

void api_get_protocols(const struct stance_http_request *request, struct stance_http_reply *reply)
{
  if (!api_check_query(request, NULL, reply))
    return;
  json_t *list = json_array();
  const char *id;
  add_own(list);
  for (size_t k = 0; stance_protocol_builtin_text(k, &id) != NULL; k++)
    if (!is_listed(list, id))
      add(list, id, false);
  api_answer(reply, 200, list);
}
