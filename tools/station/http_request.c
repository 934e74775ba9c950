/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may ask, and how much; one request from its first byte to its answer. */
#include "http_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
  /* A body that is too long is read to its end, so that its sender sees the reason instead of a
     broken connection; but not for ever. */
  REFUSED_BODY_MAX = 16 * STANCE_HTTP_BODY_MAX,
  REPLY_S = 60, /* a client that takes longer to take its reply is cut off */
  IDLE_S = 10,  /* the next request must be complete within this */
};

const char *stance_http_argument(const struct stance_http_request *request, const char *name)
{
  for (size_t k = 0; k < request->argument_count; k++)
    if (strcmp(request->argument[k].name, name) == 0)
      return request->argument[k].value;
  return NULL;
}

struct http_guest *http_guest_of(struct MHD_Connection *connection)
{
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void http_guest_suspend(struct http_guest *guest)
{
  guest->suspended = true;
  MHD_suspend_connection(guest->connection);
}

/* A page elsewhere that points its own name at this machine names itself here, not us. */
static bool names_us(const struct stance_http *http, const char *host)
{
  for (size_t k = 0; host != NULL && k < sizeof http->host / sizeof *http->host; k++)
    if (strcasecmp(host, http->host[k]) == 0)
      return true;
  return false;
}

/* Absent: no browser, or its own page by GET. */
static bool is_own_origin(const struct stance_http *http, struct MHD_Connection *connection)
{
  static const char scheme[] = "http://";
  unsigned count = 0;
  const char *origin = http_header(connection, "Origin", &count);
  return count == 0 || (origin != NULL && strncmp(origin, scheme, sizeof scheme - 1) == 0 &&
                        names_us(http, origin + sizeof scheme - 1));
}

/* In a time that does not tell how much of it was right. */
static bool has_token(const struct stance_http *http, const char *authorization)
{
  static const char bearer[] = "Bearer ";
  if (authorization == NULL || strncasecmp(authorization, bearer, sizeof bearer - 1) != 0)
    return false;
  const char *given = authorization + sizeof bearer - 1;
  size_t length = strlen(http->token);
  if (strlen(given) != length)
    return false;
  unsigned char difference = 0;
  for (size_t k = 0; k < length; k++)
    difference |= (unsigned char)(given[k] ^ http->token[k]);
  return difference == 0;
}

static const struct stance_http_file *find_file(const struct stance_http *http, const char *path)
{
  const struct stance_http_file *file = http->options.files;
  for (; file != NULL && file->path != NULL; file++)
    if (strcmp(file->path, path) == 0)
      return file;
  return NULL;
}

static int hex_digit(char c)
{
  return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* In place. False where a `%` is not followed by two digits, or means NUL. */
static bool decode(char *text)
{
  char *to = text;
  for (const char *from = text; *from != '\0'; from++) {
    if (*from != '%') {
      *to++ = *from;
      continue;
    }
    if (!isxdigit((unsigned char)from[1]) || !isxdigit((unsigned char)from[2]))
      return false;
    char byte = (char)(hex_digit(from[1]) * 16 + hex_digit(from[2]));
    if (byte == '\0')
      return false;
    *to++ = byte;
    from += 2;
  }
  *to = '\0';
  return true;
}

/* The library has split the query and left its `%` alone; it lies in memory of this request. */
static enum MHD_Result take_argument(void *context, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
  struct http_intake *intake = context;
  struct stance_http_request *request = &intake->request;
  (void)kind;
  if (request->argument_count == STANCE_HTTP_ARGUMENT_MAX || value == NULL ||
      !decode((char *)(uintptr_t)name) || !decode((char *)(uintptr_t)value) ||
      stance_http_argument(request, name) != NULL) {
    intake->bad_query = true;
    return MHD_NO;
  }
  request->argument[request->argument_count++] =
      (struct stance_http_argument){.name = name, .value = value};
  return MHD_YES;
}

/* Everything that passed goes to a worker; the connection sleeps until it is answered. */
static enum MHD_Result hand_over(struct stance_http *http, struct MHD_Connection *connection,
                                 const char *path, const char *method, struct http_intake *intake)
{
  if (intake->too_long)
    return http_refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, "too_long",
                       "the request is longer than 65536 bytes");
  if (intake->out_of_memory)
    return http_refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "no_memory", "out of memory");
  intake->request = (struct stance_http_request){
      .method = method, .path = path, .body = intake->body, .body_length = intake->length};
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_argument, intake);
  if (intake->bad_query)
    return http_refuse(connection, MHD_HTTP_BAD_REQUEST, "bad_query",
                       "the query after `?` is NAME=VALUE&…, each name once, at most 8");
  intake->handed_over = true;
  intake->guest->deadline_ns = 0; /* nobody is cut off while we compute */
  http_guest_suspend(intake->guest);
  http_workers_hand_over(http, intake);
  return MHD_YES;
}

static enum MHD_Result respond(struct stance_http *http, struct MHD_Connection *connection,
                               const char *path, const char *method, struct http_intake *intake)
{
  bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
  const struct stance_http_file *file = find_file(http, path);
  if (!names_us(http, http_header(connection, "Host", NULL)))
    return http_refuse(connection, MHD_HTTP_FORBIDDEN, "foreign_host",
                       "this address is not the station's own; open the page with `stance open`");
  if (!is_own_origin(http, connection))
    return http_refuse(connection, MHD_HTTP_FORBIDDEN, "foreign_origin",
                       "another web page asked for this; only the station's own page may");
  if (file != NULL)
    return reads ? http_send_file(connection, file)
                 : http_refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "method",
                               "this can only be read");
  if (!has_token(http, http_header(connection, "Authorization", NULL)))
    return http_refuse(connection, MHD_HTTP_UNAUTHORIZED, "no_token",
                       "the token is missing or not this station's; open the page with "
                       "`stance open`");
  if (strcmp(path, http->options.events_path) == 0)
    return strcmp(method, "GET") == 0 ? http_send_events(http, connection)
                                      : http_refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                                                    "method", "this can only be read");
  return hand_over(http, connection, path, method, intake);
}

/* What is too long is not kept. */
static void take_in(struct http_intake *intake, const char *bytes, size_t count)
{
  if (intake->too_long || intake->out_of_memory)
    return;
  if (count > STANCE_HTTP_BODY_MAX - intake->length) {
    intake->too_long = true;
    return;
  }
  char *body = realloc(intake->body, intake->length + count + 1);
  if (body == NULL) {
    intake->out_of_memory = true;
    return;
  }
  memcpy(body + intake->length, bytes, count);
  intake->body = body;
  intake->length += count;
  body[intake->length] = '\0';
}

enum MHD_Result http_on_request(void *context, struct MHD_Connection *connection, const char *path,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_size, void **state)
{
  struct http_intake *intake = *state;
  (void)version;
  if (intake == NULL) {
    struct http_guest *guest = http_guest_of(connection); /* NULL: memory was short */
    *state = intake = guest == NULL ? NULL : calloc(1, sizeof *intake);
    if (intake == NULL)
      return MHD_NO;
    intake->guest = guest;
    if (has_token(context, http_header(connection, "Authorization", NULL)))
      http_guest_decide(guest);
    return MHD_YES;
  }
  if (*upload_size > 0) {
    take_in(intake, upload, *upload_size);
    intake->arrived += *upload_size;
    *upload_size = 0;
    return intake->arrived <= REFUSED_BODY_MAX ? MHD_YES : MHD_NO;
  }
  if (intake->handed_over && !intake->answered)
    return MHD_YES; /* the porter wakes it when there is an answer */
  intake->guest->asking = false;
  intake->guest->deadline_ns = http_now_ns() + REPLY_S * INT64_C(1000000000);
  if (intake->answered)
    return http_answer(connection, &intake->reply);
  return respond(context, connection, path, method, intake);
}

void http_on_end(void *context, struct MHD_Connection *connection, void **state,
                 enum MHD_RequestTerminationCode why)
{
  struct http_intake *intake = *state;
  (void)context, (void)connection, (void)why;
  if (intake == NULL)
    return;
  intake->guest->asking = true;
  intake->guest->deadline_ns = http_now_ns() + IDLE_S * INT64_C(1000000000);
  free(intake->reply.body);
  free(intake->body);
  free(intake);
  *state = NULL;
}
