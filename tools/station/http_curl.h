/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libcurl's functions, found in its library when a daemon is first asked: it brings thirty others
   along, which every command would load at its start. Private to http_c*.c. */
#ifndef STANCE_HTTP_CURL_H
#define STANCE_HTTP_CURL_H

#define CURL_DISABLE_TYPECHECK /* its macros know the functions by their names alone */
#include <curl/curl.h>

#define HTTP_CURL_FUNCTIONS(X) \
  X(curl_global_init)          \
  X(curl_easy_init)            \
  X(curl_easy_setopt)          \
  X(curl_easy_getinfo)         \
  X(curl_easy_perform)         \
  X(curl_easy_strerror)        \
  X(curl_easy_cleanup)         \
  X(curl_slist_append)         \
  X(curl_slist_free_all)       \
  X(curl_multi_init)           \
  X(curl_multi_add_handle)     \
  X(curl_multi_remove_handle)  \
  X(curl_multi_perform)        \
  X(curl_multi_poll)           \
  X(curl_multi_cleanup)

#define HTTP_CURL_DECLARE(name) __typeof__(&(name)) name;
struct http_curl {
  HTTP_CURL_FUNCTIONS(HTTP_CURL_DECLARE)
};

/* NULL where the library is not there. Any thread. */
const struct http_curl *http_curl(void);

#endif
