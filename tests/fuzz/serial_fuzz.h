/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fuzz targets of the serial instruments share. */
#ifndef STANCE_TESTS_SERIAL_FUZZ_H
#define STANCE_TESTS_SERIAL_FUZZ_H

#include "instrument.h"

#include <stdlib.h>
#include <string.h>

/* An exact copy, so that the address sanitizer sees one byte too far. */
static inline uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
  uint8_t *copy = malloc(size > 0 ? size : 1);
  if (copy == NULL)
    abort();
  if (size > 0)
    memcpy(copy, data, size);
  return copy;
}

static inline void fuzz_check_account(const struct stance_frame_sink *sink)
{
  if (sink->lost > sink->next_index || sink->corrupt > sink->lost || sink->gap > sink->lost)
    abort();
}

/* Answers of 64 bytes at most, the first of which says how long it is and how it came out. */
static inline struct stance_usb_reply fuzz_reply(const uint8_t **data, size_t *size)
{
  static const enum stance_usb_outcome outcomes[] = {STANCE_USB_DONE, STANCE_USB_DONE,
                                                     STANCE_USB_STALL, STANCE_USB_TIMEOUT};
  if (*size == 0)
    return (struct stance_usb_reply){.outcome = STANCE_USB_FAILED};
  const uint8_t head = **data;
  size_t length = head % 64U;
  length = length < *size - 1 ? length : *size - 1;
  const struct stance_usb_reply reply = {
      .outcome = outcomes[head / 64U], .data = *data + 1, .length = length};
  *data += 1 + length;
  *size -= 1 + length;
  return reply;
}

static inline void fuzz_dialogue(const struct stance_instrument *instrument, void *state,
                                 enum stance_dialogue dialogue, const uint8_t **data, size_t *size)
{
  struct stance_usb_exchange exchange;
  struct stance_usb_reply reply;
  struct stance_problem problem = {""};

  for (unsigned step = 0; step < 2000; step++) {
    memset(&exchange, 0, sizeof exchange);
    const enum stance_status status =
        instrument->converse(state, dialogue, step, step == 0 ? NULL : &reply, &exchange, &problem);
    if (status != STANCE_OK) {
      if (status != STANCE_END && problem.text[0] == '\0')
        abort(); /* a refusal without a sentence */
      return;
    }
    if (exchange.length > STANCE_USB_DATA_MAX)
      abort();
    reply = fuzz_reply(data, size);
  }
  abort(); /* a dialogue that does not end */
}

/* A URI's query, then a zero, then answers; or answers alone, with the defaults. */
static inline void fuzz_instrument(const struct stance_instrument *instrument, bool with_uri,
                                   const uint8_t *data, size_t size)
{
  char text[256] = "";
  struct stance_uri uri;
  struct stance_problem problem = {""};
  struct stance_source_info info = {0};
  struct stance_usb_shape shape;
  size_t used = (size_t)snprintf(text, sizeof text, "%s:1-2?", instrument->kind.scheme);

  while (with_uri && size > 0 && *data != 0 && used + 1 < sizeof text) {
    text[used++] = (char)*data++;
    size--;
  }
  void *state = calloc(1, instrument->state_size);
  if (state == NULL)
    abort();
  if (stance_uri_init(&uri, text, &problem) == STANCE_OK &&
      instrument->set_up(state, &uri, &instrument->ids[0], &problem) == STANCE_OK) {
    fuzz_dialogue(instrument, state, STANCE_DIALOGUE_IDENTIFY, &data, &size);
    fuzz_dialogue(instrument, state, STANCE_DIALOGUE_CONFIGURE, &data, &size);
    instrument->describe(state, &info);
    instrument->shape(state, &shape);
    if (info.channel_count > STANCE_CHANNEL_COUNT_MAX || !(shape.packets_per_s > 0))
      abort();
  } else if (problem.text[0] == '\0') {
    abort();
  }
  free(state);
}

#endif
