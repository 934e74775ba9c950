/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A door of the page that echoes what it is asked, and a client for it, by port and by socket. */
#ifndef HTTP_DOOR_H
#define HTTP_DOOR_H

#include "http.h"

#include <stdatomic.h>

extern struct stance_event_hub *door_hub;
extern struct stance_http *door;
extern atomic_uint door_handled;
extern atomic_bool door_may_go_on; /* "/slow" and "/ordinary" are answered no sooner */
extern char door_heard[1 << 17];   /* what was last heard */

/* Setup and teardown of cmocka. The clients of the private one come by its socket. */
int door_open(void **state);
int door_open_private(void **state);
/* After a stop in the middle of a test. */
int door_open_again(void);
int door_close(void **state);

/* A connection. */
int door_dial(void);
/* By the port, whatever the others do. */
int door_dial_port(void);
void door_say(int client, const char *bytes, size_t count);
/* What comes until the other side closes, `until` is seen, or nothing came for two seconds. */
size_t door_hear(int client, char *text, size_t size, const char *until);
/* Status of one request. */
int door_ask(const char *method, const char *path, const char *headers, const char *body);
/* Headers: Host as it is right, and whatever else. */
const char *door_with(const char *more);
/* A reader of events; what it has been sent until `until` stands in `door_heard`. */
int door_listen(const char *until);
/* A test for cmocka's table: the same rules at both doors. */
#define SERVED(test)                                                  \
  cmocka_unit_test_setup_teardown(test, door_open, door_close),       \
  {                                                                   \
#test " by the socket", test, door_open_private, door_close, NULL \
  }
#define BEARER "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n"

#endif
