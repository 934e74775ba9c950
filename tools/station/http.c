/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

enum {
  IDLE_S = 10,          /* a client that says nothing for so long is cut off */
  STACK_BYTES = 262144, /* a thread a connection: what a reply needs is far below */
  MEMORY_BYTES = 32768, /* for a connection's headers */
  EVENT_WAIT_MS = 5000, /* between two signs of life on a silent stream */
  EVENT_BLOCK_BYTES = 65536,
  HOST_MAX = 64,
};

struct stance_http {
  struct stance_http_options options;
  char token[STANCE_HTTP_TOKEN_SIZE];
  char host[3][HOST_MAX]; /* what this server may be called */
  uint16_t port;
  struct MHD_Daemon *daemon;
};

/* Of one request: its body as it comes in. */
struct intake {
  char *body;
  size_t length;
  bool too_long, out_of_memory;
};

void stance_http_fail(struct stance_http_reply *reply, int status, const char *error,
                      const char *detail)
{
  json_t *object = json_pack("{s:s, s:s}", "error", error, "detail", detail);
  free(reply->body);
  reply->body = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
  reply->length = reply->body == NULL ? 0 : strlen(reply->body);
  reply->content_type = "application/json";
  reply->status = status;
  json_decref(object);
}

enum stance_status stance_http_new_token(char ret_token[STANCE_HTTP_TOKEN_SIZE],
                                         struct stance_problem *problem)
{
  unsigned char bytes[(STANCE_HTTP_TOKEN_SIZE - 1) / 2];
  if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
    return stance_problem_set(problem, STANCE_STORE, "no random numbers for a token: %s",
                              strerror(errno));
  for (size_t k = 0; k < sizeof bytes; k++)
    snprintf(ret_token + 2 * k, 3, "%02x", bytes[k]);
  return STANCE_OK;
}

/* Nothing from elsewhere is loaded or embedded, and nobody embeds the page. */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
                             "img-src 'self' data:; connect-src 'self'; form-action 'none'; "
                             "frame-ancestors 'none'; base-uri 'none'";

static enum MHD_Result send_reply(struct MHD_Connection *connection, unsigned status,
                                  struct MHD_Response *response, const char *content_type)
{
  if (response == NULL)
    return MHD_NO; /* out of memory: the connection is closed */
  MHD_add_response_header(response, "Content-Type", content_type);
  MHD_add_response_header(response, "Cache-Control", "no-store");
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

/* Takes the reply's body over. */
static enum MHD_Result answer(struct MHD_Connection *connection, struct stance_http_reply *reply)
{
  struct MHD_Response *response = MHD_create_response_from_buffer(
      reply->length, reply->body,
      reply->body == NULL ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);
  if (response == NULL)
    free(reply->body);
  else if (reply->file_name != NULL) {
    char disposition[200];
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", reply->file_name);
    MHD_add_response_header(response, "Content-Disposition", disposition);
  }
  reply->body = NULL;
  return send_reply(connection, (unsigned)reply->status, response,
                    reply->content_type == NULL ? "text/plain" : reply->content_type);
}

static enum MHD_Result refuse(struct MHD_Connection *connection, int status, const char *error,
                              const char *detail)
{
  struct stance_http_reply reply = {0};
  stance_http_fail(&reply, status, error, detail);
  return answer(connection, &reply);
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
  return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
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
static bool is_own_origin(const struct stance_http *http, const char *origin)
{
  static const char scheme[] = "http://";
  return origin == NULL || (strncmp(origin, scheme, sizeof scheme - 1) == 0 &&
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

static enum MHD_Result send_file(struct MHD_Connection *connection,
                                 const struct stance_http_file *file)
{
  struct MHD_Response *response =
      MHD_create_response_from_buffer(file->length, (void *)file->bytes, MHD_RESPMEM_PERSISTENT);
  return send_reply(connection, MHD_HTTP_OK, response, file->content_type);
}

/* One event as text/event-stream has it. What does not fit is left for the next call. */
struct stream {
  struct stance_onlooker *onlooker;
  char pending[EVENT_BLOCK_BYTES];
  size_t used, sent;
};

static void fill(struct stream *stream, const struct stance_event *event, uint64_t missed)
{
  int length = missed > 0 ? snprintf(stream->pending, sizeof stream->pending,
                                     "event: missed\ndata: {\"events\":%llu}\n\n",
                                     (unsigned long long)missed)
                          : 0;
  size_t used = (size_t)length;
  length = snprintf(stream->pending + used, sizeof stream->pending - used,
                    "id: %llu\nevent: %s\ndata: %s\n\n", (unsigned long long)event->number,
                    event->name, event->text);
  /* a report longer than the block is asked for by its own address: the event only says so */
  if (length < 0 || (size_t)length >= sizeof stream->pending - used)
    length = snprintf(stream->pending + used, sizeof stream->pending - used,
                      "id: %llu\nevent: %s\ndata: {\"too_long\":true}\n\n",
                      (unsigned long long)event->number, event->name);
  stream->used = used + (size_t)length;
  stream->sent = 0;
}

static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t size)
{
  struct stream *stream = context;
  (void)position;
  if (stream->sent == stream->used) {
    uint64_t missed = 0;
    bool closed = false;
    const struct stance_event *event =
        stance_onlooker_next(stream->onlooker, EVENT_WAIT_MS, &missed, &closed);
    if (closed)
      return MHD_CONTENT_READER_END_OF_STREAM;
    if (event == NULL) { /* a comment: finds out whether anybody still reads */
      stream->used = (size_t)snprintf(stream->pending, sizeof stream->pending, ":\n\n");
      stream->sent = 0;
    } else {
      fill(stream, event, missed);
      stance_event_release(event);
    }
  }
  size_t count = stream->used - stream->sent < size ? stream->used - stream->sent : size;
  memcpy(buffer, stream->pending + stream->sent, count);
  stream->sent += count;
  return (ssize_t)count;
}

static void end_stream(void *context)
{
  struct stream *stream = context;
  stance_event_hub_leave(stream->onlooker);
  free(stream);
}

static enum MHD_Result send_events(struct stance_http *http, struct MHD_Connection *connection)
{
  struct stream *stream = calloc(1, sizeof *stream);
  if (stream != NULL)
    stream->onlooker = stance_event_hub_join(http->options.hub);
  if (stream == NULL || stream->onlooker == NULL) {
    free(stream);
    return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "too_many_onlookers",
                  "too many pages are open, or the station is ending; close some and try again");
  }
  struct MHD_Response *response = MHD_create_response_from_callback(
      MHD_SIZE_UNKNOWN, EVENT_BLOCK_BYTES, read_stream, stream, end_stream);
  if (response == NULL)
    end_stream(stream);
  return send_reply(connection, MHD_HTTP_OK, response, "text/event-stream");
}

static const char *query(const struct stance_http_request *request, const char *name)
{
  struct MHD_Connection *connection = (struct MHD_Connection *)(uintptr_t)request->connection;
  return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

static enum MHD_Result respond(struct stance_http *http, struct MHD_Connection *connection,
                               const char *path, const char *method, const struct intake *intake)
{
  bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
  const struct stance_http_file *file = find_file(http, path);
  if (!names_us(http, header(connection, "Host")))
    return refuse(connection, MHD_HTTP_FORBIDDEN, "foreign_host",
                  "this address is not the station's own; open the page with `stance open`");
  if (!is_own_origin(http, header(connection, "Origin")))
    return refuse(connection, MHD_HTTP_FORBIDDEN, "foreign_origin",
                  "another web page asked for this; only the station's own page may");
  if (file != NULL)
    return reads
               ? send_file(connection, file)
               : refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "method", "this can only be read");
  if (!has_token(http, header(connection, "Authorization")))
    return refuse(connection, MHD_HTTP_UNAUTHORIZED, "no_token",
                  "the token is missing or not this station's; open the page with `stance open`");
  if (intake->too_long)
    return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, "too_long",
                  "the request is longer than 65536 bytes");
  if (intake->out_of_memory)
    return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "no_memory", "out of memory");
  if (strcmp(path, http->options.events_path) == 0)
    return strcmp(method, "GET") == 0
               ? send_events(http, connection)
               : refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "method", "this can only be read");
  const struct stance_http_request request = {.method = method,
                                              .path = path,
                                              .body = intake->body,
                                              .body_length = intake->length,
                                              .query = query,
                                              .connection = connection};
  struct stance_http_reply reply = {.status = MHD_HTTP_OK};
  http->options.handle(http->options.context, &request, &reply);
  return answer(connection, &reply);
}

/* The body is read to its end even where it is too long, lest the client see a broken connection
   instead of the reason; what is too long is not kept. */
static void take_in(struct intake *intake, const char *bytes, size_t count)
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

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **state)
{
  struct intake *intake = *state;
  (void)version;
  if (intake == NULL) {
    *state = calloc(1, sizeof *intake);
    return *state == NULL ? MHD_NO : MHD_YES;
  }
  if (*upload_size > 0) {
    take_in(intake, upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
  }
  return respond(context, connection, path, method, intake);
}

static void on_end(void *context, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode why)
{
  struct intake *intake = *state;
  (void)context, (void)connection, (void)why;
  if (intake != NULL)
    free(intake->body);
  free(intake);
  *state = NULL;
}

static void be_silent(void *context, const char *format, va_list arguments)
{
  (void)context, (void)format, (void)arguments;
}

enum stance_status stance_http_start(const struct stance_http_options *options,
                                     struct stance_http **ret_http, struct stance_problem *problem)
{
  struct stance_http *http = calloc(1, sizeof *http);
  const struct sockaddr_in loopback = {.sin_family = AF_INET,
                                       .sin_port = htons(options->port),
                                       .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (http == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  http->options = *options;
  snprintf(http->token, sizeof http->token, "%s", options->token);
  http->daemon = MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, options->port,
      NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, be_silent, NULL,
      MHD_OPTION_SOCK_ADDR, &loopback, MHD_OPTION_CONNECTION_LIMIT,
      (unsigned)STANCE_HTTP_CONNECTION_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES, MHD_OPTION_THREAD_STACK_SIZE,
      (size_t)STACK_BYTES, MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_END);
  if (http->daemon == NULL) {
    free(http);
    return stance_problem_set(problem, STANCE_USAGE,
                              "port %u cannot be opened: %s; another station may be running, or "
                              "choose another with --port",
                              (unsigned)options->port, strerror(errno));
  }
  http->port = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
  const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    snprintf(http->host[k], HOST_MAX, "%s:%u", names[k], (unsigned)http->port);
  *ret_http = http;
  return STANCE_OK;
}

uint16_t stance_http_port(const struct stance_http *http)
{
  return http->port;
}

void stance_http_stop(struct stance_http *http)
{
  if (http == NULL)
    return;
  MHD_stop_daemon(http->daemon);
  free(http);
}
