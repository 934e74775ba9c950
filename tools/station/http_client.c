/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http_client.h"

#include "event_stream.h"
#include "http_api.h"
#include "http_curl.h"

#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  OK = 200,
  ANSWER_BYTES_MAX = 1 << 20, /* to what is posted: an id, or a sentence */
  HELLO_S = 10,               /* to a daemon that is busy with everything else */
  SILENCE_S = 20,             /* its events have a sign of life every five */
  WAIT_MS = 100,              /* between two looks whether that has passed */
};

struct stance_http_client {
  const struct http_curl *curl;
  struct stance_daemon_address address;
  struct curl_slist *headers;
  CURL *posting, *reading;
  CURLM *multi; /* of `reading` */
  struct stance_event_stream events;
  char error[CURL_ERROR_SIZE]; /* of `reading` */
  struct stance_text refusal;  /* what is said instead of events */
  bool broken;                 /* what comes is no stream of events */
  bool gone;
};

static enum stance_status fail(const struct stance_http_client *client, const char *why,
                               struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_END, "stanced does not answer at %.108s: %.256s",
                            client->address.socket, why);
}

/* The host is named as at the port, so that the same rules hold (http_request.c). */
static CURL *make_handle(struct stance_http_client *client, const char *path)
{
  const struct http_curl *curl = client->curl;
  char url[256];
  CURL *handle = curl->curl_easy_init();
  if (handle == NULL)
    return NULL;
  snprintf(url, sizeof url, "http://127.0.0.1:%u%s", (unsigned)client->address.port, path);
  if (curl->curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, client->address.socket) ==
          CURLE_OK &&
      curl->curl_easy_setopt(handle, CURLOPT_URL, url) == CURLE_OK &&
      curl->curl_easy_setopt(handle, CURLOPT_PROXY, "") ==
          CURLE_OK && /* whatever others have set */
      curl->curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
      curl->curl_easy_setopt(handle, CURLOPT_HTTPHEADER, client->headers) == CURLE_OK)
    return handle;
  curl->curl_easy_cleanup(handle);
  return NULL;
}

static bool make_headers(struct stance_http_client *client)
{
  char token[64];
  snprintf(token, sizeof token, "Authorization: Bearer %s", client->address.token);
  const char *const wanted[] = {token, "Content-Type: application/json", "Expect:"};
  for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
    struct curl_slist *more = client->curl->curl_slist_append(client->headers, wanted[k]);
    if (more == NULL)
      return false;
    client->headers = more;
  }
  return true;
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
  struct stance_text *answer = context;
  if (count > ANSWER_BYTES_MAX - answer->length)
    return 0;
  stance_text_append(answer, bytes, size * count);
  return answer->failed ? 0 : size * count;
}

static long answer_code(const struct stance_http_client *client, CURL *handle)
{
  long code = 0;
  client->curl->curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

static size_t take_events(char *bytes, size_t size, size_t count, void *context)
{
  struct stance_http_client *client = context;
  if (answer_code(client, client->reading) != OK)
    return take_answer(bytes, size, count, &client->refusal);
  client->broken =
      client->broken || !stance_event_stream_feed(&client->events, bytes, size * count);
  return client->broken ? 0 : size * count;
}

static bool prepare(struct stance_http_client *client)
{
  const struct http_curl *curl = client->curl;
  if (!make_headers(client) || (client->multi = curl->curl_multi_init()) == NULL ||
      (client->posting = make_handle(client, "/")) == NULL ||
      (client->reading = make_handle(client, STANCE_HTTP_EVENTS_PATH)) == NULL)
    return false;
  CURL *reading = client->reading;
  return curl->curl_easy_setopt(client->posting, CURLOPT_WRITEFUNCTION, take_answer) == CURLE_OK &&
         curl->curl_easy_setopt(reading, CURLOPT_WRITEFUNCTION, take_events) == CURLE_OK &&
         curl->curl_easy_setopt(reading, CURLOPT_WRITEDATA, client) == CURLE_OK &&
         curl->curl_easy_setopt(reading, CURLOPT_ERRORBUFFER, client->error) == CURLE_OK &&
         curl->curl_easy_setopt(reading, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK &&
         curl->curl_easy_setopt(reading, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_S) == CURLE_OK &&
         curl->curl_multi_add_handle(client->multi, reading) == CURLM_OK;
}

/* Takes what is there. */
static void read_on(struct stance_http_client *client)
{
  int running = 0;
  if (client->gone)
    return;
  const CURLMcode code = client->curl->curl_multi_perform(client->multi, &running);
  client->gone = code != CURLM_OK || running == 0;
  if (client->gone && client->error[0] == '\0')
    snprintf(client->error, sizeof client->error, "its events ended");
}

/* The daemon's own sentence, where it has one. */
static enum stance_status refuse(const struct stance_http_client *client,
                                 struct stance_problem *problem)
{
  const struct stance_text *heard = &client->refusal;
  const long code = answer_code(client, client->reading);
  if (code == 0 || code == OK)
    return fail(client, client->error, problem);
  json_t *answer = heard->bytes == NULL ? NULL : json_loadb(heard->bytes, heard->length, 0, NULL);
  const char *detail = json_string_value(json_object_get(answer, "detail"));
  if (detail != NULL)
    stance_problem_write(problem, "%s", detail);
  else
    stance_problem_write(problem, "stanced answers %ld without a reason", code);
  json_decref(answer);
  return STANCE_END;
}

/* The daemon begins with a sign of life or its state, behind a head that says 200. */
static enum stance_status wait_for_hello(struct stance_http_client *client,
                                         struct stance_problem *problem)
{
  read_on(client); /* connects */
  for (int waited_ms = 0; client->events.bytes.length == 0; waited_ms += WAIT_MS) {
    if (client->gone)
      return refuse(client, problem);
    if (waited_ms > HELLO_S * 1000)
      return fail(client, "it takes too long", problem);
    client->curl->curl_multi_poll(client->multi, NULL, 0, WAIT_MS, NULL);
    read_on(client);
  }
  return STANCE_OK;
}

enum stance_status stance_http_client_open(const struct stance_daemon_address *address,
                                           struct stance_http_client **ret_client,
                                           struct stance_problem *problem)
{
  const struct http_curl *curl = http_curl();
  if (curl == NULL)
    return stance_problem_set(problem, STANCE_END,
                              "libcurl.so.4 is not there to ask it; install libcurl4");
  struct stance_http_client *client = calloc(1, sizeof *client);
  if (client == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  client->curl = curl;
  client->address = *address;
  const enum stance_status status =
      prepare(client) ? wait_for_hello(client, problem) : fail(client, "out of memory", problem);
  if (status == STANCE_OK)
    *ret_client = client;
  else
    stance_http_client_close(client);
  return status;
}

enum stance_status stance_http_client_post(struct stance_http_client *client, const char *path,
                                           const char *body, int patience_s, int *ret_status,
                                           struct stance_text *ret_answer,
                                           struct stance_problem *problem)
{
  const struct http_curl *curl = client->curl;
  char url[256], error[CURL_ERROR_SIZE] = "";
  snprintf(url, sizeof url, "http://127.0.0.1:%u%s", (unsigned)client->address.port, path);
  CURLcode code = curl->curl_easy_setopt(client->posting, CURLOPT_URL, url);
  if (code == CURLE_OK)
    code = curl->curl_easy_setopt(client->posting, CURLOPT_WRITEDATA, ret_answer);
  if (code == CURLE_OK)
    code = curl->curl_easy_setopt(client->posting, CURLOPT_COPYPOSTFIELDS, body);
  if (code == CURLE_OK)
    code = curl->curl_easy_setopt(client->posting, CURLOPT_TIMEOUT, (long)patience_s);
  if (code == CURLE_OK)
    code = curl->curl_easy_setopt(client->posting, CURLOPT_ERRORBUFFER, error);
  if (code == CURLE_OK)
    code = curl->curl_easy_perform(client->posting);
  curl->curl_easy_setopt(client->posting, CURLOPT_ERRORBUFFER, NULL);
  if (code != CURLE_OK)
    return fail(client, error[0] != '\0' ? error : curl->curl_easy_strerror(code), problem);
  *ret_status = (int)answer_code(client, client->posting);
  return STANCE_OK;
}

bool stance_http_client_wait(struct stance_http_client *client, int descriptor, int timeout_ms)
{
  curl_socket_t events = CURL_SOCKET_BAD;
  if (!client->gone)
    client->curl->curl_easy_getinfo(client->reading, CURLINFO_ACTIVESOCKET, &events);
  struct pollfd watched[] = {{.fd = events, .events = POLLIN},
                             {.fd = descriptor, .events = POLLIN}};
  const int ready = poll(watched, 2, timeout_ms);
  read_on(client);
  return ready > 0 && watched[1].revents != 0;
}

bool stance_http_client_next(struct stance_http_client *client, const char **ret_name,
                             const char **ret_text, bool *ret_gone)
{
  if (stance_event_stream_next(&client->events, ret_name, ret_text))
    return true;
  *ret_gone = client->gone;
  return false;
}

void stance_http_client_close(struct stance_http_client *client)
{
  if (client == NULL)
    return;
  const struct http_curl *curl = client->curl;
  if (client->reading != NULL && client->multi != NULL)
    curl->curl_multi_remove_handle(client->multi, client->reading);
  curl->curl_easy_cleanup(client->reading);
  curl->curl_easy_cleanup(client->posting);
  if (client->multi != NULL)
    curl->curl_multi_cleanup(client->multi);
  curl->curl_slist_free_all(client->headers);
  stance_event_stream_finish(&client->events);
  stance_text_finish(&client->refusal);
  free(client);
}
