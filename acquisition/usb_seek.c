/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what is wished for to an open instrument that said who it is. */
#include "usb_private.h"

#include <string.h>

/* What one candidate came to. */
enum verdict { TAKEN, NOT_NOW, OTHER_ONE, NEVER };

static enum verdict refuse_other(const struct usb_wish *wish, const struct usb_link *link,
                                 const struct stance_source_info *info,
                                 struct stance_problem *problem)
{
  stance_problem_write(problem,
                       "%s: the instrument at USB port %s has serial number %s and is left alone; "
                       "plug in the one with serial number %s",
                       wish->instrument->kind.scheme, link->port,
                       info->serial[0] == '\0' ? "unknown" : info->serial, wish->serial);
  return OTHER_ONE;
}

/* It opened: is it the one? */
static enum verdict identify(const struct usb_wish *wish, struct usb_link *link,
                             struct stance_source_info *info, struct stance_problem *problem)
{
  if (usb_converse(link, STANCE_DIALOGUE_IDENTIFY, problem) != STANCE_OK)
    return NOT_NOW;
  wish->instrument->describe(wish->state, info);
  wish->instrument->shape(wish->state, &link->shape);
  if (wish->serial[0] != '\0' && strcmp(wish->serial, info->serial) != 0)
    return refuse_other(wish, link, info, problem);
  if (wish->channel_count == 0 ||
      (info->channel_count == wish->channel_count && info->rate_hz == wish->rate_hz))
    return TAKEN;
  stance_problem_write(problem,
                       "%s: the instrument at USB port %s came back with other channels or another "
                       "rate; stop, then start the test anew",
                       wish->instrument->kind.scheme, link->port);
  return NOT_NOW;
}

static enum verdict try(const struct usb_wish *wish, struct usb_link *link,
                        const struct usb_candidate *candidate, struct stance_source_info *info,
                        struct stance_problem *problem)
{
  memset(wish->state, 0, wish->instrument->state_size);
  if (wish->instrument->set_up(wish->state, wish->uri, candidate->id, problem) != STANCE_OK)
    return NEVER;
  link->state = wish->state;
  link->hurry = wish->hurry;
  wish->instrument->shape(wish->state, &link->shape);
  const enum usb_error error = usb_link_open(link, candidate->device, candidate->port);
  if (error != USB_OK) {
    usb_complain_open(error, wish->instrument->kind.scheme, candidate->port, problem);
    return error == USB_GONE || error == USB_ACCESS || error == USB_BUSY ? NOT_NOW : OTHER_ONE;
  }
  return identify(wish, link, info, problem);
}

/* An instrument that is known is looked for wherever it is plugged in now; one that does not say
   who it is, at its port alone. */
static struct usb_where where_to_look(const struct usb_wish *wish)
{
  const char *named = usb_is_port(wish->uri->path) ? wish->uri->path : NULL;
  struct usb_where where = {.port = named, .generic_port = named};
  if (wish->channel_count > 0)
    where.port = wish->serial[0] != '\0' ? NULL : wish->port;
  return where;
}

enum stance_status usb_seek(const struct usb_wish *wish, struct usb_link **ret_link,
                            struct stance_source_info *ret_info, bool *ret_again,
                            struct stance_problem *problem)
{
  const struct usb_where where = where_to_look(wish);
  struct usb_candidate candidate[USB_CANDIDATE_MAX];
  struct usb_link *link = NULL;
  enum stance_status status = usb_link_create(wish->instrument, wish->clock, &link, problem);
  if (status != STANCE_OK)
    return status;
  *ret_link = link;
  *ret_again = false;
  const size_t count = usb_find(link->context, wish->instrument, &where, candidate);
  const char *named = usb_is_port(wish->uri->path) ? wish->uri->path : "";
  status = count == 0 ? usb_complain_missing(wish->instrument, wish->serial, named, problem)
                      : STANCE_INSTRUMENT;
  for (size_t k = 0; k < count && status == STANCE_INSTRUMENT; k++) {
    struct stance_source_info info = *ret_info;
    struct stance_problem what = {""};
    const enum verdict verdict = try(wish, link, &candidate[k], &info, &what);
    /* Of several, that it is another one is the least that can be said. */
    if (verdict != TAKEN && (verdict != OTHER_ONE || k == 0))
      stance_problem_write(problem, "%s", what.text);
    if (verdict == TAKEN) {
      *ret_info = info;
      ret_info->plugging = candidate[k].plugging;
    }
    *ret_again |= verdict == NOT_NOW;
    status = verdict == TAKEN ? STANCE_OK : verdict == NEVER ? STANCE_USAGE : STANCE_INSTRUMENT;
    /* Callbacks that do not come tie up the link; what is behind it must wait for the next look. */
    if (verdict != TAKEN && !usb_link_close(link))
      break;
  }
  usb_candidates_release(candidate, count);
  return status;
}
