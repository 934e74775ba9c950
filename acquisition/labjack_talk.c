/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question and answer with a LabJack. An answer that is late or garbled is flushed and the question
   asked anew; after that the answers are flushed before every question, so that a late one is never
   taken for the next one's. */
#include "labjack.h"

#include <string.h>

enum phase { ASKING, ASKED, HEARING, FLUSHING };

enum { ATTEMPTS = 3, ANSWER_TIMEOUT_MS = 1000 /* as exodriver's */, QUIET_MS = 50 };

enum { STREAM_START = 0xa8, STREAM_STOP = 0xb0, ALREADY_STREAMING = 48, NOT_STREAMING = 52 };

void stance_labjack_extended(struct stance_usb_exchange *exchange, uint8_t number, size_t length)
{
  *exchange = (struct stance_usb_exchange){
      .transfer = STANCE_USB_BULK_OUT,
      .endpoint = STANCE_LABJACK_COMMAND_OUT,
      .length = length,
      .timeout_ms = ANSWER_TIMEOUT_MS,
  };
  exchange->data[1] = 0xf8;
  exchange->data[2] = (uint8_t)((length - 6) / 2);
  exchange->data[3] = number;
}

static void make_normal(struct stance_usb_exchange *exchange, uint8_t command)
{
  *exchange = (struct stance_usb_exchange){
      .transfer = STANCE_USB_BULK_OUT,
      .endpoint = STANCE_LABJACK_COMMAND_OUT,
      .data = {0, command},
      .length = 2,
      .timeout_ms = ANSWER_TIMEOUT_MS,
  };
  stance_labjack_seal_normal(exchange->data, 2);
}

void stance_labjack_drain(struct stance_usb_exchange *exchange, uint8_t endpoint)
{
  *exchange = (struct stance_usb_exchange){
      .transfer = STANCE_USB_DRAIN,
      .endpoint = endpoint,
      .timeout_ms = QUIET_MS,
  };
}

static void listen(struct stance_usb_exchange *exchange)
{
  *exchange = (struct stance_usb_exchange){
      .transfer = STANCE_USB_BULK_IN,
      .endpoint = STANCE_LABJACK_ANSWER_IN,
      .length = STANCE_LABJACK_PACKET_MAX,
      .timeout_ms = ANSWER_TIMEOUT_MS,
  };
}

static enum stance_status ask(const struct stance_labjack_script *script,
                              struct stance_labjack_talk *talk, void *state,
                              enum stance_dialogue dialogue,
                              struct stance_usb_exchange *ret_exchange,
                              struct stance_problem *problem)
{
  struct stance_usb_exchange exchange = {0};
  const enum stance_status status =
      script->ask(state, dialogue, talk->question, &exchange, problem);

  if (status != STANCE_OK)
    return status;
  memcpy(talk->command, exchange.data, sizeof talk->command);
  talk->phase = exchange.transfer == STANCE_USB_BULK_OUT ? ASKED : ASKING;
  if (talk->phase == ASKING)
    talk->question++; /* a drain has no answer */
  *ret_exchange = exchange;
  return STANCE_OK;
}

static enum stance_status flush_or_ask(const struct stance_labjack_script *script,
                                       struct stance_labjack_talk *talk, void *state,
                                       enum stance_dialogue dialogue,
                                       struct stance_usb_exchange *ret_exchange,
                                       struct stance_problem *problem)
{
  if (!talk->late)
    return ask(script, talk, state, dialogue, ret_exchange, problem);
  talk->phase = FLUSHING;
  stance_labjack_drain(ret_exchange, STANCE_LABJACK_ANSWER_IN);
  return STANCE_OK;
}

static enum stance_status hear(const struct stance_labjack_script *script,
                               struct stance_labjack_talk *talk, void *state,
                               enum stance_dialogue dialogue, const struct stance_usb_reply *reply,
                               struct stance_usb_exchange *ret_exchange,
                               struct stance_problem *problem)
{
  const char *fault = stance_labjack_answer_fault(talk->command, reply->data, reply->length);

  if (reply->outcome == STANCE_USB_FAILED)
    fault = "the connection broke";
  if (fault == NULL) {
    const enum stance_status status =
        script->hear(state, dialogue, talk->question, reply->data, reply->length, problem);
    if (status != STANCE_OK)
      return status;
    talk->question++;
    talk->attempt = 0;
  } else {
    talk->late = true;
    if (++talk->attempt == ATTEMPTS || reply->outcome == STANCE_USB_FAILED)
      return stance_problem_set(problem, STANCE_INSTRUMENT,
                                "%s: %s (command %02x %02x); unplug it, wait a moment and plug it "
                                "in again",
                                script->scheme, fault, talk->command[1], talk->command[3]);
  }
  return flush_or_ask(script, talk, state, dialogue, ret_exchange, problem);
}

enum stance_status stance_labjack_converse(const struct stance_labjack_script *script,
                                           struct stance_labjack_talk *talk, void *state,
                                           enum stance_dialogue dialogue, unsigned step,
                                           const struct stance_usb_reply *reply,
                                           struct stance_usb_exchange *ret_exchange,
                                           struct stance_problem *problem)
{
  static const struct stance_usb_reply nothing = {.outcome = STANCE_USB_FAILED};

  if (step == 0 || reply == NULL) {
    *talk = (struct stance_labjack_talk){0};
    return ask(script, talk, state, dialogue, ret_exchange, problem);
  }
  switch ((enum phase)talk->phase) {
  case ASKED:
    if (reply->outcome == STANCE_USB_DONE) {
      talk->phase = HEARING;
      listen(ret_exchange);
      return STANCE_OK;
    }
    return hear(script, talk, state, dialogue,
                reply->outcome == STANCE_USB_FAILED
                    ? &nothing
                    : &(struct stance_usb_reply){.outcome = STANCE_USB_TIMEOUT},
                ret_exchange, problem);
  case HEARING:
    return hear(script, talk, state, dialogue, reply, ret_exchange, problem);
  case FLUSHING:
    return ask(script, talk, state, dialogue, ret_exchange, problem);
  case ASKING:
    break;
  }
  return flush_or_ask(script, talk, state, dialogue, ret_exchange, problem);
}

enum stance_status stance_labjack_ask_stream(enum stance_dialogue dialogue, unsigned question,
                                             struct stance_usb_exchange *ret_exchange)
{
  static const uint8_t drained[] = {STANCE_LABJACK_STREAM_IN, STANCE_LABJACK_ANSWER_IN};

  switch (dialogue) {
  case STANCE_DIALOGUE_START:
  case STANCE_DIALOGUE_STOP:
    if (question > 0)
      return STANCE_END;
    make_normal(ret_exchange, dialogue == STANCE_DIALOGUE_START ? STREAM_START : STREAM_STOP);
    return STANCE_OK;
  case STANCE_DIALOGUE_CHECK:
    make_normal(ret_exchange, question == 0 ? STREAM_START : STREAM_STOP);
    return STANCE_OK;
  case STANCE_DIALOGUE_SELF_TEST:
    return STANCE_END;
  case STANCE_DIALOGUE_IDENTIFY:
  case STANCE_DIALOGUE_CONFIGURE:
    break;
  }
  /* A program that crashed leaves it streaming: firmware below 0.94 then also keeps old packets. */
  if (question == 0)
    make_normal(ret_exchange, STREAM_STOP);
  else
    stance_labjack_drain(ret_exchange, drained[question - 1]);
  return STANCE_OK;
}

/* Asking it to start says whether it streams: 48 if it does. [?] that the stream goes on unharmed
   is relied on. */
static enum stance_status hear_check(const char *scheme, unsigned question, unsigned error,
                                     struct stance_problem *problem)
{
  if (question == 0 && error == ALREADY_STREAMING)
    return STANCE_END;
  if (question == 0)
    return STANCE_OK; /* it was not, and may be now: stop it */
  return stance_problem_set(problem, STANCE_INSTRUMENT,
                            "%s: it answers, but had stopped sampling; it is started anew", scheme);
}

enum stance_status stance_labjack_hear_stream(const char *scheme, enum stance_dialogue dialogue,
                                              unsigned question, const uint8_t *answer,
                                              struct stance_problem *problem)
{
  const unsigned error = answer[2];

  if (dialogue == STANCE_DIALOGUE_CHECK)
    return hear_check(scheme, question, error, problem);
  if (error == 0 || (dialogue != STANCE_DIALOGUE_START && error == NOT_STREAMING))
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_INSTRUMENT, "%s: it does not %s: error %u%s%s", scheme,
                            dialogue == STANCE_DIALOGUE_START ? "start to sample" : "stop", error,
                            *stance_labjack_error_text(error) == '\0' ? "" : ", ",
                            stance_labjack_error_text(error));
}

enum stance_status stance_labjack_accept(const char *scheme,
                                         const struct stance_labjack_expected *expected,
                                         const uint8_t *answer, size_t length,
                                         struct stance_problem *problem)
{
  const unsigned error = answer[6];

  if (length != expected->length)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: when asked to %s it sent %zu bytes instead of %zu", scheme,
                              expected->doing, length, expected->length);
  if (error == 0)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_INSTRUMENT, "%s: it refuses to %s: error %u%s%s",
                            scheme, expected->doing, error,
                            *stance_labjack_error_text(error) == '\0' ? "" : ", ",
                            stance_labjack_error_text(error));
}
