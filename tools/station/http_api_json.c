/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON in, strictly: what is not understood is refused by name, so that a slip of the pen in
   "mass_kg" is no test without a mass. */
#include "http_api_private.h"

#include "error_word.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void api_answer(struct stance_http_reply *reply, int status, json_t *object)
{
  enum { DIGITS = 15 }; /* as many as a binary64 always gives back as they were written */
  char *text =
      object == NULL ? NULL : json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
  json_decref(object);
  if (text == NULL) {
    stance_http_fail(reply, 503, "no_memory", "out of memory");
    return;
  }
  *reply = (struct stance_http_reply){
      .status = status, .body = text, .length = strlen(text), .content_type = "application/json"};
}

void api_answer_text(struct stance_http_reply *reply, struct stance_text *text,
                     const char *content_type)
{
  if (text->failed || text->bytes == NULL) {
    stance_text_finish(text);
    stance_http_fail(reply, 503, "no_memory", "out of memory");
    return;
  }
  *reply = (struct stance_http_reply){
      .status = 200, .body = text->bytes, .length = text->length, .content_type = content_type};
}

void api_answer_problem(struct stance_http_reply *reply, enum stance_status status,
                        const struct stance_problem *problem)
{
  static const int answers[] = {
      [STANCE_MISMATCH] = 409,   [STANCE_USAGE] = 400, [STANCE_INPUT] = 400,  [STANCE_END] = 404,
      [STANCE_INSTRUMENT] = 503, [STANCE_STORE] = 503, [STANCE_MEMORY] = 503,
  };
  stance_http_fail(reply, answers[status], stance_error_word(status), problem->text);
}

STANCE_PRINTF(2, 3)
static void complain(struct stance_http_reply *reply, const char *format, ...)
{
  char detail[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(detail, sizeof detail, format, arguments);
  va_end(arguments);
  stance_http_fail(reply, 400, "bad_request", detail);
}

static bool is_plain(const char *text)
{
  for (; *text != '\0'; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7f)
      return false;
  return true;
}

static bool take(const struct api_member *member, const char *what, json_t *value,
                 struct stance_http_reply *reply)
{
  if (member->any != NULL) {
    *member->any = value;
  } else if (member->text != NULL) {
    if (!json_is_string(value) || json_string_length(value) == 0 ||
        json_string_length(value) > member->length_max || !is_plain(json_string_value(value))) {
      complain(reply, "%s: `%s` is a text of 1 to %zu bytes without control characters", what,
               member->name, member->length_max);
      return false;
    }
    *member->text = json_string_value(value);
  } else if (!json_is_null(value)) {
    const double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= member->minimum && number <= member->maximum)) {
      complain(reply, "%s: `%s` is a number from %g to %g", what, member->name, member->minimum,
               member->maximum);
      return false;
    }
    *member->number = number;
  }
  return true;
}

bool api_take_members(json_t *object, const char *what, const struct api_member *members,
                      size_t count, struct stance_http_reply *reply)
{
  size_t known = 0;
  if (!json_is_object(object)) {
    complain(reply, "%s is a JSON object", what);
    return false;
  }
  for (size_t k = 0; k < count; k++) {
    json_t *value = json_object_get(object, members[k].name);
    if (value == NULL && members[k].required) {
      complain(reply, "%s: `%s` is missing", what, members[k].name);
      return false;
    }
    if (value != NULL && !take(&members[k], what, value, reply))
      return false;
    known += value != NULL;
  }
  if (known == json_object_size(object))
    return true;
  const char *name;
  json_t *value;
  json_object_foreach(object, name, value)
  {
    bool is_known = false;
    for (size_t k = 0; k < count; k++)
      is_known = is_known || strcmp(name, members[k].name) == 0;
    if (!is_known)
      complain(reply, "%s: `%.60s` is not known here", what, name);
  }
  return false;
}

json_t *api_take_body(const struct stance_http_request *request, const struct api_member *members,
                      size_t count, struct stance_http_reply *reply)
{
  json_error_t error;
  json_t *object = request->body == NULL ? NULL
                                         : json_loadb(request->body, request->body_length,
                                                      JSON_REJECT_DUPLICATES, &error);
  if (object == NULL) {
    complain(reply, "the body is no JSON: %s", request->body == NULL ? "it is empty" : error.text);
    return NULL;
  }
  if (api_take_members(object, "the body", members, count, reply))
    return object;
  json_decref(object);
  return NULL;
}

bool api_check_query(const struct stance_http_request *request, const char *allowed,
                     struct stance_http_reply *reply)
{
  for (size_t k = 0; k < request->argument_count; k++)
    if (allowed == NULL || strcmp(request->argument[k].name, allowed) != 0) {
      complain(reply, "the query: `%.60s` is not known here", request->argument[k].name);
      return false;
    }
  return true;
}

void api_fail_method(struct stance_http_reply *reply, const char *allowed)
{
  char detail[64];
  snprintf(detail, sizeof detail, "here goes %s alone", allowed);
  stance_http_fail(reply, 405, "method", detail);
}

bool api_parse_side(const char *text, enum stance_side *ret_side)
{
  if (strcmp(text, "left") != 0 && strcmp(text, "right") != 0)
    return false;
  *ret_side = strcmp(text, "left") == 0 ? STANCE_LEFT : STANCE_RIGHT;
  return true;
}

enum stance_status api_parse_injured(const char *injured, enum stance_side *ret_side,
                                     struct stance_problem *problem)
{
  if (injured != NULL && !api_parse_side(injured, ret_side))
    return stance_problem_set(problem, STANCE_USAGE, "`injured` is \"left\" or \"right\"");
  return STANCE_OK;
}
