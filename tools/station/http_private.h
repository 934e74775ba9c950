/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to http*.c of the door. One thread, the porter, calls libmicrohttpd, from its start to
   its end; handlers run in threads of their own.

   Why so: the library (0.9.75) takes a reply for queued while it is being stopped, and then reads
   through the NULL where the reply to a malformed request should be. With threads of the library
   that is a race that garbage at the right moment wins (a dead station); with a loop of our own
   nobody parses any more when the stop begins, and there is no such moment. */
#ifndef STANCE_HTTP_PRIVATE_H
#define STANCE_HTTP_PRIVATE_H

#include "http.h"

#include <microhttpd.h>
#include <pthread.h>

enum {
  HTTP_HOST_MAX = 64,
  HTTP_WORKER_COUNT = 8,          /* more than what is not urgent may take (http_workers.c) */
  HTTP_EVENT_BLOCK_BYTES = 16384, /* a connection's buffer for events: several live ones */
  /* Connections; among them those that have not shown the token, and readers of events, all of
     which may be there while others still ask. All together well below the 1024 descriptors that a
     process has by default, and the readers fewer than the hub takes. */
  HTTP_PORT_PLACES = 448,
  HTTP_PORT_UNDECIDED = 192,
  HTTP_PORT_READERS = 192,
  HTTP_PRIVATE_PLACES = 128,
  HTTP_PRIVATE_UNDECIDED = 64,
  HTTP_PRIVATE_READERS = 32,
};

enum { HTTP_PORT, HTTP_PRIVATE, HTTP_DOOR_COUNT };

struct http_door {
  int listening; /* -1: none */
  size_t places, undecided_max, reader_max;
  size_t count, undecided, readers; /* inside; undecided: have not shown the token */
  int64_t paused_until_ns;          /* CLOCK_MONOTONIC */
  bool crowded; /* half of the places for the undecided were taken at the last look */
};

/* One request: its body as it comes in, what it becomes, and its answer. */
struct http_intake {
  struct http_guest *guest;
  struct http_intake *next; /* waiting for a worker, or done */
  char *body;
  size_t length, arrived;
  bool too_long, out_of_memory, bad_query;
  bool handed_over, answered;
  enum stance_http_pace pace;
  struct stance_http_request request;
  struct stance_http_reply reply;
};

struct http_stream {
  struct http_guest *guest;
  struct stance_onlooker *onlooker;
  bool beat;                        /* a sign of life is due */
  const struct stance_event *event; /* held; being sent; NULL: none */
  char head[128];                   /* what stands before it, or a sign of life */
  size_t head_length, sent;
};

/* One connection. */
struct http_guest {
  struct stance_http *http;
  struct MHD_Connection *connection;
  struct http_door *door;
  bool decided; /* has shown the token, or goes */
  int socket;
  int64_t since_ns;    /* CLOCK_MONOTONIC */
  int64_t deadline_ns; /* CLOCK_MONOTONIC; 0: none */
  bool asking;         /* the request is not complete */
  bool suspended;
  struct http_stream *stream; /* NULL: no reader of events */
  struct http_guest *next, *previous;
};

struct http_queue {
  struct http_intake *first, *last; /* waiting */
  size_t at_work;
};

struct http_workers {
  pthread_t thread[HTTP_WORKER_COUNT];
  size_t count;
  pthread_mutex_t lock;
  pthread_cond_t news;
  struct http_queue queue[STANCE_HTTP_PACE_COUNT];
  struct http_intake *done;
  bool stopping;
};

struct stance_http {
  struct stance_http_options options;
  char token[STANCE_HTTP_TOKEN_SIZE];
  char host[2][HTTP_HOST_MAX]; /* what this server may be called */
  uint16_t port;
  int bell; /* eventfd: something happened that the porter must see */
  struct MHD_Daemon *daemon;
  struct http_door door[HTTP_DOOR_COUNT];
  struct http_guest *guests; /* the newest first */
  int64_t beat_ns;           /* when the readers of events got the last sign of life */
  int64_t looked_ns;         /* when it was last looked who has gone */
  pthread_t porter;
  bool stopping; /* under the workers' lock */
  struct http_workers workers;
};

/* Connections may be added from then on; what the doors are is known. */
enum stance_status http_start_library(struct stance_http *http, struct stance_problem *problem);
/* What is answered goes on, who is late is cut. Between two runs of the library. */
void http_look_after(struct stance_http *http);
int64_t http_now_ns(void);
/* Wakes the porter. Any thread. */
void http_ring(const struct stance_http *http);

/* http_doors.c */
enum stance_status http_door_open_port(struct stance_http *http, struct stance_problem *problem);
/* Whether it is worth hearing who knocks. */
bool http_door_listens(const struct http_door *door, int64_t now_ns);
/* Lets some of those in who wait, or makes room for them. */
void http_door_welcome(struct stance_http *http, struct http_door *door);
/* He has shown the token. */
void http_guest_decide(struct http_guest *guest);
void http_guest_cut(struct http_guest *guest);

/* http_request.c: libmicrohttpd's callbacks for a request. */
enum MHD_Result http_on_request(void *context, struct MHD_Connection *connection, const char *path,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_size, void **state);
void http_on_end(void *context, struct MHD_Connection *connection, void **state,
                 enum MHD_RequestTerminationCode why);
struct http_guest *http_guest_of(struct MHD_Connection *connection);
void http_guest_suspend(struct http_guest *guest);

/* http_reply.c */
/* Takes the reply's body over. */
enum MHD_Result http_answer(struct MHD_Connection *connection, struct stance_http_reply *reply);
enum MHD_Result http_refuse(struct MHD_Connection *connection, int status, const char *error,
                            const char *detail);
enum MHD_Result http_send_file(struct MHD_Connection *connection,
                               const struct stance_http_file *file);
/* Adds what every response carries, queues it and lets go of it; NULL: closes the connection. */
enum MHD_Result http_send(struct MHD_Connection *connection, unsigned status,
                          struct MHD_Response *response, const char *content_type, bool keep);
/* The value of a header that is there exactly once; NULL otherwise. `ret_count` may be NULL. */
const char *http_header(struct MHD_Connection *connection, const char *name, unsigned *ret_count);

/* http_stream.c */
enum MHD_Result http_send_events(struct stance_http *http, struct MHD_Connection *connection);

/* http_workers.c */
enum stance_status http_workers_start(struct stance_http *http, struct stance_problem *problem);
/* What waits is dropped, what is at work is waited for. */
void http_workers_stop(struct stance_http *http);
void http_workers_hand_over(struct stance_http *http, struct http_intake *intake);
/* A list of those that have been answered; NULL: none. */
struct http_intake *http_workers_take_done(struct stance_http *http);

#endif
