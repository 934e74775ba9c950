/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door that every instrument, the simulated rig and recordings come through. */
#include "stance/source.h"

#include "driver.h"
#include "usb_stream.h"

#include <stdlib.h>
#include <string.h>

struct stance_source {
  const struct stance_source_driver *driver;
  void *state;
  struct stance_source_info info;
};

/* Drivers first, then instruments. */
const struct stance_source_kind *stance_source_kind(size_t k)
{
  size_t drivers = 0;

  for (; stance_source_drivers[drivers] != NULL; drivers++)
    if (drivers == k)
      return &stance_source_drivers[drivers]->kind;
  for (size_t i = 0; stance_instruments[i] != NULL; i++)
    if (drivers + i == k)
      return &stance_instruments[i]->kind;
  return NULL;
}

/* Every instrument goes through the one transfer engine; `usb:` is the first that is there. */
static const struct stance_source_driver *find_driver(const char *scheme)
{
  for (size_t k = 0; stance_source_drivers[k] != NULL; k++)
    if (strcmp(stance_source_drivers[k]->kind.scheme, scheme) == 0)
      return stance_source_drivers[k];
  for (size_t k = 0; stance_instruments[k] != NULL; k++)
    if (strcmp(stance_instruments[k]->kind.scheme, scheme) == 0)
      return &stance_usb_driver;
  return strcmp(stance_usb_driver.kind.scheme, scheme) == 0 ? &stance_usb_driver : NULL;
}

static enum stance_status refuse_scheme(const char *scheme, struct stance_problem *problem)
{
  const struct stance_source_kind *kind;
  char list[300] = "";
  size_t used = 0;

  for (size_t k = 0; (kind = stance_source_kind(k)) != NULL && used < sizeof list; k++)
    used += (size_t)snprintf(list + used, sizeof list - used, " %s:", kind->scheme);
  return stance_problem_set(problem, STANCE_USAGE,
                            "there is no source \"%.60s:\"; known:%s usb:", scheme, list);
}

enum stance_status stance_source_create(const struct stance_source_driver *driver,
                                        const struct stance_source_info *info, void *state,
                                        struct stance_source **ret_source,
                                        struct stance_problem *problem)
{
  struct stance_source *source = malloc(sizeof *source);

  if (source == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  *source = (struct stance_source){.driver = driver, .state = state, .info = *info};
  *ret_source = source;
  return STANCE_OK;
}

enum stance_status stance_source_open(const char *uri, const struct stance_clock *clock,
                                      struct stance_source **ret_source,
                                      struct stance_problem *problem)
{
  const struct stance_source_driver *driver;
  struct stance_source_info info = {0};
  struct stance_uri parsed;
  enum stance_status status;
  void *state;

  status = stance_uri_init(&parsed, uri, problem);
  if (status != STANCE_OK)
    return status;
  driver = find_driver(parsed.scheme);
  if (driver == NULL)
    return refuse_scheme(parsed.scheme, problem);
  snprintf(info.uri, sizeof info.uri, "%s", uri);
  status =
      driver->open(&parsed, clock != NULL ? clock : &stance_clock_host, &info, &state, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_source_create(driver, &info, state, ret_source, problem);
  if (status != STANCE_OK)
    driver->destroy(state);
  return status;
}

const struct stance_source_info *stance_source_info(const struct stance_source *source)
{
  return &source->info;
}

enum stance_status stance_source_start(struct stance_source *source,
                                       struct stance_frame_ring *const *rings, size_t ring_count,
                                       struct stance_problem *problem)
{
  if (ring_count == 0 || ring_count > STANCE_SOURCE_RING_MAX)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: frames go into 1 to %d rings at once, not %zu",
                              source->info.model, STANCE_SOURCE_RING_MAX, ring_count);
  return source->driver->start(source->state, rings, ring_count, problem);
}

void stance_source_stop(struct stance_source *source)
{
  source->driver->stop(source->state);
}

void stance_source_health(const struct stance_source *source,
                          struct stance_source_health *ret_health)
{
  source->driver->health(source->state, ret_health);
}

bool stance_source_take_mark(struct stance_source *source, struct stance_clock_mark *ret_mark)
{
  return source->driver->take_mark != NULL && source->driver->take_mark(source->state, ret_mark);
}

char *stance_source_ground_truth(const struct stance_source *source)
{
  return source->driver->ground_truth == NULL ? NULL : source->driver->ground_truth(source->state);
}

void stance_source_destroy(struct stance_source *source)
{
  if (source == NULL)
    return;
  source->driver->stop(source->state);
  source->driver->destroy(source->state);
  free(source);
}

static void convert(const struct stance_usb_found *from, struct stance_source_found *to)
{
  *to = (struct stance_source_found){
      .generic = from->generic, .identified = from->identified, .problem = from->problem};
  memcpy(to->port, from->port, sizeof to->port);
  memcpy(to->model, from->model, sizeof to->model);
  memcpy(to->serial, from->serial, sizeof to->serial);
  memcpy(to->firmware, from->firmware, sizeof to->firmware);
  snprintf(to->uri, sizeof to->uri, "%s:%s", from->instrument->kind.scheme,
           from->serial[0] == '\0' ? from->port : from->serial);
}

enum stance_status stance_source_list(struct stance_source_found **ret_found, size_t *ret_count,
                                      struct stance_problem *problem)
{
  struct stance_usb_found *usb = NULL;
  size_t count = 0;
  enum stance_status status = stance_usb_list(&usb, &count, problem);

  if (status != STANCE_OK)
    return status;
  struct stance_source_found *found = calloc(count + 1, sizeof *found);
  if (found == NULL) {
    free(usb);
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  }
  for (size_t k = 0; k < count; k++)
    convert(&usb[k], &found[k]);
  free(usb);
  *ret_found = found;
  *ret_count = count;
  return STANCE_OK;
}
