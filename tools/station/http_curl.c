/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http_curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* Debian's name of the ABI that has not changed since 2006; a build by GnuTLS has another. */
static const char *const libraries[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

static struct http_curl found;
static bool is_loaded;

/* Stays loaded until the program ends. */
static void load(void)
{
  void *module = NULL;
  for (size_t k = 0; k < sizeof libraries / sizeof *libraries && module == NULL; k++)
    module = dlopen(libraries[k], RTLD_NOW | RTLD_LOCAL);
  if (module == NULL)
    return;
  is_loaded = true;
#define FIND(name)                               \
  {                                              \
    void *symbol = dlsym(module, #name);         \
    is_loaded = is_loaded && symbol != NULL;     \
    memcpy(&found.name, &symbol, sizeof symbol); \
  }
  HTTP_CURL_FUNCTIONS(FIND)
  is_loaded = is_loaded && found.curl_global_init(CURL_GLOBAL_NOTHING) == CURLE_OK;
}

const struct http_curl *http_curl(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return is_loaded ? &found : NULL;
}
