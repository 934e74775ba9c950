/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to http_api*.c. Every function answers by filling the reply. */
#ifndef STANCE_HTTP_API_PRIVATE_H
#define STANCE_HTTP_API_PRIVATE_H

#include "http_api.h"
#include "result_keep.h"
#include "text.h"

#include <jansson.h>
#include <pthread.h>

struct stance_http_api {
  struct stance_station *station;
  pthread_mutex_t writing;   /* one write into the store at a time */
  pthread_mutex_t analysing; /* reports take a core each: one is left to the station */
};

/* http_api_json.c: one member of an object that is asked for. Texts are UTF-8 without control
   characters, and borrowed from the object. */
struct api_member {
  const char *name;
  bool required;
  size_t length_max;       /* of `text`, bytes */
  const char **text;       /* or */
  double minimum, maximum; /* of `number` */
  double *number;          /* or, null leaves it */
  json_t **any;            /* whatever; borrowed */
};
/* Of a person; in a test, a move and the roster alike. What is possible, so that a slip is noticed.
   The injured side is the text of `left` or `right`, for api_parse_injured. */
static inline struct api_member api_mass_member(double *mass_kg)
{
  return (struct api_member){.name = "mass_kg", .number = mass_kg, .minimum = 10, .maximum = 500};
}
static inline struct api_member api_lever_member(double *lever_m)
{
  return (struct api_member){.name = "lever_m", .number = lever_m, .minimum = 0.01, .maximum = 2};
}
static inline struct api_member api_injured_member(const char **injured)
{
  return (struct api_member){.name = "injured", .text = injured, .length_max = 5};
}
/* NULL: none. STANCE_USAGE where it is no side of a person. */
STANCE_MUST_CHECK enum stance_status
api_parse_injured(const char *injured, enum stance_side *ret_side, struct stance_problem *problem);
bool api_parse_side(const char *text, enum stance_side *ret_side);
/* False, with the reply failed and the member named, for anything but an object that has the
   required members, may have the others, and none beside. */
bool api_take_members(json_t *object, const char *what, const struct api_member *members,
                      size_t count, struct stance_http_reply *reply);
/* The body as an object taken apart; to be given back by json_decref; NULL where it has failed. */
json_t *api_take_body(const struct stance_http_request *request, const struct api_member *members,
                      size_t count, struct stance_http_reply *reply);
/* Takes the object over. NULL: out of memory. */
void api_answer(struct stance_http_reply *reply, int status, json_t *object);
/* Takes the text's bytes over. */
void api_answer_text(struct stance_http_reply *reply, struct stance_text *text,
                     const char *content_type);
/* The one translation of statuses: MISMATCH 409, USAGE and INPUT 400, END 404, others 503. */
void api_answer_problem(struct stance_http_reply *reply, enum stance_status status,
                        const struct stance_problem *problem);
/* False, with the reply failed, where the query has another name than `allowed` (NULL: none). */
bool api_check_query(const struct stance_http_request *request, const char *allowed,
                     struct stance_http_reply *reply);
void api_fail_method(struct stance_http_reply *reply, const char *allowed);

/* http_api_reports.c */
void api_get_report_csv(struct stance_http_api *api, const struct stance_http_request *request,
                        const char *id, struct stance_http_reply *reply);
void api_get_report_json(struct stance_http_api *api, const struct stance_http_request *request,
                         const char *id, struct stance_http_reply *reply);
/* What the kept result of a recording was analysed with: the defaults where there is none. */
struct api_settings {
  char *text; /* the caller frees it */
  struct stance_setting setting[STANCE_RESULT_SETTING_MAX];
  size_t count;
};
STANCE_MUST_CHECK enum stance_status api_read_settings(struct stance_store *store, const char *id,
                                                       struct api_settings *ret_settings,
                                                       struct stance_problem *problem);
/* Analyses the recording, keeps its result, and tells it anew where onlookers have the one before;
   where it has none, nothing is kept. */
void api_keep_result(struct stance_http_api *api, struct stance_store *store, const char *id,
                     const struct api_settings *settings);

/* http_api_history.c */
void api_get_history(struct stance_http_api *api, const struct stance_http_request *request,
                     struct stance_http_reply *reply);
/* http_api_protocols.c */
void api_get_protocols(const struct stance_http_request *request, struct stance_http_reply *reply);

/* http_api_roster.c */
void api_get_roster(struct stance_http_api *api, const struct stance_http_request *request,
                    struct stance_http_reply *reply);
void api_put_roster(struct stance_http_api *api, const struct stance_http_request *request,
                    struct stance_http_reply *reply);
void api_move(struct stance_http_api *api, const struct stance_http_request *request,
              const char *id, struct stance_http_reply *reply);

#endif
