/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http_private.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void stance_http_fail(struct stance_http_reply *reply, int status, const char *error,
                      const char *detail)
{
  json_t *object = json_pack("{s:s, s:s}", "error", error, "detail", detail);
  if (object == NULL) /* what was quoted in the sentence is no UTF-8 */
    object = json_pack("{s:s, s:s}", "error", error, "detail", "this is not UTF-8");
  free(reply->body);
  reply->body = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
  reply->length = reply->body == NULL ? 0 : strlen(reply->body);
  reply->content_type = "application/json";
  reply->file_name[0] = '\0';
  reply->status = status;
  json_decref(object);
}

/* Nothing from elsewhere is loaded or embedded, and nobody embeds the page. */
static const char policy[] = "default-src 'self'; img-src 'self' data:; object-src 'none'; "
                             "form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

enum MHD_Result http_send(struct MHD_Connection *connection, unsigned status,
                          struct MHD_Response *response, const char *content_type, bool keep)
{
  if (response == NULL)
    return MHD_NO; /* out of memory: the connection is closed */
  MHD_add_response_header(response, "Content-Type", content_type);
  /* no-cache: kept, and asked for by its ETag each time, so that an update is seen at once */
  MHD_add_response_header(response, "Cache-Control", keep ? "no-cache" : "no-store");
  MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
  MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
  MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
  MHD_add_response_header(response, "Content-Security-Policy", policy);
  if (status == MHD_HTTP_UNAUTHORIZED)
    MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
  enum MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

enum MHD_Result http_answer(struct MHD_Connection *connection, struct stance_http_reply *reply)
{
  struct MHD_Response *response = MHD_create_response_from_buffer(
      reply->length, reply->body,
      reply->body == NULL ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);
  if (response == NULL)
    free(reply->body);
  else if (reply->file_name[0] != '\0') {
    char disposition[sizeof reply->file_name + 32];
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", reply->file_name);
    MHD_add_response_header(response, "Content-Disposition", disposition);
  }
  reply->body = NULL;
  return http_send(connection, (unsigned)reply->status, response,
                   reply->content_type == NULL ? "text/plain" : reply->content_type, false);
}

enum MHD_Result http_refuse(struct MHD_Connection *connection, int status, const char *error,
                            const char *detail)
{
  struct stance_http_reply reply = {0};
  stance_http_fail(&reply, status, error, detail);
  return http_answer(connection, &reply);
}

enum MHD_Result http_send_file(struct MHD_Connection *connection,
                               const struct stance_http_file *file)
{
  const char *known = http_header(connection, "If-None-Match", NULL);
  bool unchanged = known != NULL && strcmp(known, file->etag) == 0;
  struct MHD_Response *response = MHD_create_response_from_buffer(
      unchanged ? 0 : file->length, (void *)(uintptr_t)file->bytes, MHD_RESPMEM_PERSISTENT);
  if (response != NULL)
    MHD_add_response_header(response, "ETag", file->etag);
  return http_send(connection, unchanged ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response,
                   file->content_type, true);
}

struct search {
  const char *name, *value;
  unsigned count;
};

static enum MHD_Result look(void *context, enum MHD_ValueKind kind, const char *name,
                            const char *value)
{
  struct search *search = context;
  (void)kind;
  if (strcasecmp(name, search->name) == 0) {
    search->value = value;
    search->count++;
  }
  return MHD_YES;
}

const char *http_header(struct MHD_Connection *connection, const char *name, unsigned *ret_count)
{
  struct search search = {.name = name};
  MHD_get_connection_values(connection, MHD_HEADER_KIND, look, &search);
  if (ret_count != NULL)
    *ret_count = search.count;
  return search.count == 1 ? search.value : NULL;
}
