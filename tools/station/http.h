/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP on loopback and on the private socket: who may ask, for what, and how much. What is answered
   is the handler's.

   Safe by default: it listens on 127.0.0.1 and on that socket alone, with the same rules at both
   doors; every request must name this host (a page that
   rebinds its name cannot) and, where a browser says from where it comes, come from this page; all
   but the page itself needs the token, as `Authorization: Bearer TOKEN`, which no browser adds by
   itself; GET and HEAD change nothing. Bodies, headers, times and connections are bounded.
   Athletes' names are never logged: nothing here logs. */
#ifndef STANCE_HTTP_H
#define STANCE_HTTP_H

#include "daemon_socket.h"
#include "event_hub.h"
#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  STANCE_HTTP_BODY_MAX = 64 * 1024, /* a roster of a team is far below; a body above is refused */
  STANCE_HTTP_ARGUMENT_MAX = 8,
  STANCE_HTTP_TOKEN_SIZE = 33, /* 128 random bits in hexadecimal */
};

struct stance_http_argument {
  const char *name, *value; /* decoded */
};

/* Borrowed during the call. */
struct stance_http_request {
  const char *method; /* "GET", "POST" … */
  const char *path;   /* decoded by nobody: as it was asked for, without the query */
  const char *body;   /* terminated; NULL where there is none */
  size_t body_length;
  struct stance_http_argument argument[STANCE_HTTP_ARGUMENT_MAX]; /* of the query */
  size_t argument_count;
};
/* Value of ?name=; NULL where it is not given. */
const char *stance_http_argument(const struct stance_http_request *request, const char *name);

struct stance_http_reply {
  int status; /* 200 … */
  char *body; /* owned by the reply: allocated with malloc; NULL for none */
  size_t length;
  const char *content_type; /* static; NULL: text/plain */
  char file_name[96];       /* of a download, of [A-Za-z0-9._-] alone; "": it is shown */
};

/* Borrowed until stop. */
struct stance_http_file {
  const char *path; /* "/" */
  const char *content_type;
  const char *etag; /* with its quotes; changes with the bytes */
  const unsigned char *bytes;
  size_t length;
};

/* What is urgent never waits for what is not, nor anything for what is slow. */
enum stance_http_pace {
  STANCE_HTTP_URGENT,
  STANCE_HTTP_ORDINARY,
  STANCE_HTTP_SLOW,
  STANCE_HTTP_PACE_COUNT
};

struct stance_http_options {
  uint16_t port;                             /* 0: any free one */
  const char *token;                         /* copied */
  const struct stance_daemon_socket *socket; /* the second door; borrowed until stop; NULL: none */
  /* Files that need no token, for they say nothing of anybody; ends with a NULL path. */
  const struct stance_http_file *files;
  const char *events_path; /* answered from `hub` as server-sent events; borrowed */
  struct stance_event_hub *hub;
  /* Answers everything else that has passed all checks. Called from several threads at once, none
     of which the events wait for. The reply comes zeroed, with status 200. */
  void (*handle)(void *context, const struct stance_http_request *request,
                 struct stance_http_reply *reply);
  void *context;
  /* Of what `handle` is asked; from the thread that serves everybody: at once. NULL: ordinary. */
  enum stance_http_pace (*pace)(const struct stance_http_request *request);
};

struct stance_http;

/* STANCE_USAGE where the port is taken. WORK. */
STANCE_MUST_CHECK enum stance_status stance_http_start(const struct stance_http_options *options,
                                                       struct stance_http **ret_http,
                                                       struct stance_problem *problem);
uint16_t stance_http_port(const struct stance_http *http);
/* Waits for handlers that are at work; whoever else is there is sent away. The hub may be closed or
   not, and has none of these readers afterwards. Accepts NULL. WORK. */
void stance_http_stop(struct stance_http *http);

/* `{"error":ERROR,"detail":DETAIL}`. `error` is a stable word, `detail` a sentence. */
void stance_http_fail(struct stance_http_reply *reply, int status, const char *error,
                      const char *detail);
/* 128 bits of the system's randomness. STANCE_STORE where there is none. */
STANCE_MUST_CHECK enum stance_status stance_http_new_token(char ret_token[STANCE_HTTP_TOKEN_SIZE],
                                                           struct stance_problem *problem);

#endif
