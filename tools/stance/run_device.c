/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the device is told beyond its URI. */
#include "run.h"

#include <string.h>

static bool has_scheme(const char *uri, const char *scheme)
{
  size_t length = strlen(scheme);
  return strncmp(uri, scheme, length) == 0 && uri[length] == ':';
}

bool stance_run_follows_prompts(const struct stance_run *run)
{
  for (size_t k = 0; k < run->arguments->device_count; k++)
    if (has_scheme(run->arguments->device[k], "replay"))
      return false;
  return true;
}

/* True where the query of the URI sets `key`. */
static bool sets_key(const char *uri, const char *key)
{
  size_t length = strlen(key);
  const char *at = strchr(uri, '?');
  while (at != NULL) {
    at++;
    if (strncmp(at, key, length) == 0 && at[length] == '=')
      return true;
    at = strchr(at, '&');
  }
  return false;
}

bool stance_run_goes_by_time(const struct stance_run *run)
{
  bool follows_the_clock = true;
  for (size_t k = 0; k < run->arguments->device_count; k++) {
    const char *device = run->arguments->device[k];
    follows_the_clock =
        follows_the_clock && has_scheme(device, "sim") && !sets_key(device, "unloaded_s");
  }
  return run->arguments->unattended || follows_the_clock;
}

static void add_key(struct stance_text *uri, const char *key, double value)
{
  if (!sets_key(uri->bytes, key))
    stance_text_format(uri, "%c%s=%.15g", strchr(uri->bytes, '?') == NULL ? '?' : '&', key, value);
}

/* The simulated athlete for a bare `sim:`. */
static const char *profile_for(const struct stance_protocol *protocol)
{
  if (protocol->effort == STANCE_EFFORT_ECCENTRIC)
    return "nordic";
  return protocol->sides == STANCE_SIDES_BOTH ? "imtp" : "isometric";
}

enum stance_status stance_run_device_uri(const struct stance_run *run, size_t stream, char *ret_uri,
                                         size_t size, struct stance_problem *problem)
{
  const char *device = run->arguments->device[stream];
  const struct stance_protocol *protocol = &run->protocol;
  struct stance_text uri = {0};
  if (strncmp(device, "sim:?", 5) == 0 || strcmp(device, "sim:") == 0)
    stance_text_format(&uri, "sim:%s%s", profile_for(protocol), device + 4);
  else
    stance_text_string(&uri, device);
  if (has_scheme(device, "sim") && !uri.failed) {
    add_key(&uri, "unloaded_s", protocol->unloaded_s);
    add_key(&uri, "get_on_s", protocol->get_on_s);
    add_key(&uri, "limb_s", protocol->limb_s);
    add_key(&uri, "repetitions", protocol->repetitions);
    if (run->epoch_s > 0)
      add_key(&uri, "epoch_s", run->epoch_s);
    if (run->arguments->duration_s > 0)
      add_key(&uri, "duration", run->arguments->duration_s);
  }
  enum stance_status status = STANCE_OK;
  if (uri.failed)
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  else if (uri.length >= size)
    status = stance_problem_set(problem, STANCE_USAGE, "--device: the URI is longer than %zu bytes",
                                size - 1);
  else
    memcpy(ret_uri, uri.bytes, uri.length + 1);
  stance_text_finish(&uri);
  return status;
}
