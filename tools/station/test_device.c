/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_device.h"

#include "stance/source.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has_scheme(const char *uri, const char *scheme)
{
  size_t length = strlen(scheme);
  return strncmp(uri, scheme, length) == 0 && uri[length] == ':';
}

bool stance_test_device_follows_prompts(const char *device)
{
  return !has_scheme(device, "replay");
}

bool stance_test_device_is_simulated(const char *device)
{
  return has_scheme(device, "sim");
}

/* Value of `key` in settings as a query writes them, or NULL. */
static const char *find_key(const char *settings, const char *key)
{
  size_t length = strlen(key);
  while (settings != NULL && *settings != '\0') {
    if (strncmp(settings, key, length) == 0 && settings[length] == '=')
      return settings + length + 1;
    settings = strchr(settings, '&');
    settings += settings != NULL ? 1 : 0;
  }
  return NULL;
}

static const char *query_of(const char *uri)
{
  const char *query = strchr(uri, '?');
  return query == NULL ? NULL : query + 1;
}

bool stance_test_device_goes_by_time(const char *device)
{
  return has_scheme(device, "sim") && find_key(query_of(device), "unloaded_s") == NULL;
}

double stance_test_device_speed(const char *device)
{
  const bool is_played = has_scheme(device, "sim") || has_scheme(device, "replay");
  const char *text = is_played ? find_key(query_of(device), "speed") : NULL;
  if (text != NULL && strncmp(text, "max", 3) == 0)
    return (double)INFINITY;
  return text == NULL ? 1 : fmax(1, strtod(text, NULL));
}

static const struct stance_source_kind *sim_kind(void)
{
  const struct stance_source_kind *kind = NULL;
  for (size_t k = 0; (kind = stance_source_kind(k)) != NULL; k++)
    if (strcmp(kind->scheme, "sim") == 0)
      break;
  return kind;
}

static const char *profile_settings(const struct stance_source_kind *kind, const char *uri)
{
  const char *path = uri + strlen("sim:");
  for (const struct stance_source_profile *p = kind->profiles; p->path != NULL; p++)
    if (strncmp(path, p->path, strlen(p->path)) == 0)
      return p->settings;
  return NULL;
}

/* What a simulated rig takes a number to be: as the URI, its profile, or its table says. */
static double setting_of(const char *uri, const char *key)
{
  const struct stance_source_kind *kind = sim_kind();
  const char *text = find_key(query_of(uri), key);
  if (text == NULL)
    text = find_key(profile_settings(kind, uri), key);
  for (const struct stance_source_key *k = kind->keys; text == NULL && k->name != NULL; k++)
    if (strcmp(k->name, key) == 0)
      text = k->default_value;
  return text == NULL ? 0 : strtod(text, NULL);
}

static void add_key(struct stance_text *uri, const char *key, double value)
{
  if (find_key(query_of(uri->bytes), key) == NULL)
    stance_text_format(uri, "%c%s=%.15g", strchr(uri->bytes, '?') == NULL ? '?' : '&', key, value);
}

/* The simulated athlete for a bare `sim:`. */
static const char *profile_for(const struct stance_protocol *protocol)
{
  if (protocol->effort == STANCE_EFFORT_ECCENTRIC)
    return "nordic";
  return protocol->sides == STANCE_SIDES_BOTH ? "imtp" : "isometric";
}

/* He makes one effort to each signal, and is off when the empty rig is measured again. */
static void follow_signals(struct stance_text *uri, const struct stance_protocol *protocol)
{
  add_key(uri, "ready_s", 0.5); /* the shortest there is: his effort ends with the protocol's */
  const double busy_s = setting_of(uri->bytes, "ready_s") +
                        setting_of(uri->bytes, "reaction_s") / 2 +
                        setting_of(uri->bytes, "effort_s") + setting_of(uri->bytes, "release_s");
  add_key(uri, "rest_s", fmax(0, protocol->effort_s + protocol->rest_s - busy_s));
  if (protocol->unloaded_s > 0)
    add_key(uri, "tail_s", protocol->get_on_s + protocol->unloaded_s + 1);
}

enum stance_status stance_test_device_uri(const char *device,
                                          const struct stance_protocol *protocol,
                                          const struct stance_test_device_timing *timing,
                                          char *ret_uri, size_t size,
                                          struct stance_problem *problem)
{
  struct stance_text uri = {0};
  if (strncmp(device, "sim:?", 5) == 0 || strcmp(device, "sim:") == 0)
    stance_text_format(&uri, "sim:%s%s", profile_for(protocol), device + 4);
  else
    stance_text_string(&uri, device);
  if (has_scheme(device, "sim") && !uri.failed) {
    const bool by_time = stance_test_device_goes_by_time(device);
    add_key(&uri, "unloaded_s", protocol->unloaded_s);
    add_key(&uri, "get_on_s", protocol->get_on_s);
    add_key(&uri, "limb_s", protocol->limb_s);
    add_key(&uri, "repetitions", protocol->repetitions);
    if (by_time && !uri.failed)
      follow_signals(&uri, protocol);
    if (timing->epoch_s > 0)
      add_key(&uri, "epoch_s", timing->epoch_s);
    if (timing->duration_s > 0)
      add_key(&uri, "duration", timing->duration_s);
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
