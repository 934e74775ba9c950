/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is plugged in. Generic chips are named from their descriptors and not touched. */
#include "usb_private.h"

#include <stdlib.h>
#include <string.h>

struct list {
  struct stance_usb_found *found;
  size_t count;
};

static struct stance_usb_found *add(struct list *list)
{
  struct stance_usb_found *grown = realloc(list->found, (list->count + 1) * sizeof *list->found);
  if (grown == NULL)
    return NULL;
  list->found = grown;
  grown[list->count] = (struct stance_usb_found){0};
  return &grown[list->count++];
}

/* Asks one instrument who it is. It is opened for the moment only; one that is in use says so. */
static enum stance_status identify(struct stance_usb_found *found, const struct stance_clock *clock)
{
  struct stance_source_info info = {0};
  struct stance_uri uri;
  struct usb_link *link = NULL;
  char text[96];
  bool again;
  snprintf(text, sizeof text, "%s:%s", found->instrument->kind.scheme, found->port);
  enum stance_status status = stance_uri_init(&uri, text, &found->problem);
  if (status != STANCE_OK)
    return status;
  void *state = calloc(1, found->instrument->state_size);
  if (state == NULL)
    return stance_problem_set(&found->problem, STANCE_MEMORY, "out of memory");
  const struct usb_wish wish = {
      .instrument = found->instrument, .clock = clock, .uri = &uri, .state = state};
  status = usb_seek(&wish, &link, &info, &again, &found->problem);
  if (status == STANCE_OK) {
    found->identified = true;
    memcpy(found->model, info.model, sizeof found->model);
    memcpy(found->serial, info.serial, sizeof found->serial);
    memcpy(found->firmware, info.firmware, sizeof found->firmware);
  }
  /* A link that has to be given up is given up: its callbacks touch nothing but itself. */
  usb_link_destroy(link);
  free(state);
  return status;
}

static bool add_instrument(struct list *list, libusb_device *device,
                           const struct stance_instrument *instrument)
{
  struct libusb_device_descriptor descriptor;
  if (libusb_get_device_descriptor(device, &descriptor) != LIBUSB_SUCCESS)
    return true;
  const struct stance_usb_id *id = usb_match(instrument, descriptor.idVendor, descriptor.idProduct);
  if (id == NULL)
    return true;
  struct stance_usb_found *found = add(list);
  if (found == NULL)
    return false;
  found->instrument = instrument;
  found->generic = id->generic;
  snprintf(found->model, sizeof found->model, "%s", id->model);
  usb_name_port(device, found->port, sizeof found->port);
  return true;
}

static bool collect(struct list *list, libusb_context *context,
                    const struct stance_instrument *const *table)
{
  libusb_device **device = NULL;
  const ssize_t count = libusb_get_device_list(context, &device);
  bool enough = true;
  for (ssize_t d = 0; d < count && enough; d++)
    for (size_t k = 0; table[k] != NULL && enough; k++)
      enough = add_instrument(list, device[d], table[k]);
  if (count >= 0)
    libusb_free_device_list(device, 1);
  return enough;
}

enum stance_status usb_list_table(const struct stance_instrument *const *table,
                                  const struct stance_clock *clock,
                                  struct stance_usb_found **ret_found, size_t *ret_count,
                                  struct stance_problem *problem)
{
  struct list list = {NULL, 0};
  libusb_context *context = NULL;
  /* A computer without USB has nothing plugged in. */
  if (libusb_init(&context) == LIBUSB_SUCCESS) {
    const bool enough = collect(&list, context, table);
    libusb_exit(context);
    if (!enough) {
      free(list.found);
      return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
    }
  }
  for (size_t k = 0; k < list.count; k++)
    if (!list.found[k].generic && identify(&list.found[k], clock) == STANCE_MEMORY) {
      free(list.found);
      return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
    }
  *ret_found = list.found;
  *ret_count = list.count;
  return STANCE_OK;
}

enum stance_status stance_usb_list(struct stance_usb_found **ret_found, size_t *ret_count,
                                   struct stance_problem *problem)
{
  return usb_list_table(stance_instruments, &stance_clock_host, ret_found, ret_count, problem);
}

const struct stance_instrument *usb_first_present(const struct stance_instrument *const *table,
                                                  const char *path)
{
  const char *port = usb_is_port(path) ? path : NULL;
  const struct usb_where where = {.port = port, .generic_port = NULL};
  const struct stance_instrument *first = NULL;
  struct usb_candidate candidate[USB_CANDIDATE_MAX];
  libusb_context *context = NULL;
  if (libusb_init(&context) != LIBUSB_SUCCESS)
    return NULL;
  for (size_t k = 0; table[k] != NULL && first == NULL; k++) {
    const size_t count = usb_find(context, table[k], &where, candidate);
    first = count > 0 ? table[k] : NULL;
    usb_candidates_release(candidate, count);
  }
  libusb_exit(context);
  return first;
}
