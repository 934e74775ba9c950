/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bota Systems SensONE and Rokubi with a serial interface, through an FTDI chip at 460800 baud.
   Configuration is text, one character after the other (the public driver waits 5 ms after each;
   64 are the most that the sensor takes in):

   C                              stop and listen
   c,TEMPERATURE,CALIBRATION,FORMAT,BAUD   0 or 1, 0 or 1, 0: binary, 4: 460800
   f,SINC,CHOP,FAST,SKIP          the filter
   R                              run

   Each is answered with its letter, a comma and 0 where it was understood. What is set here is not
   saved in the sensor. [?] Commands have no line end. A sensor that listens already is set to run
   first, which one that runs takes no notice of. */
#include "bota_talk.h"

#include <stdio.h>
#include <string.h>

enum {
  BAUD = 460800,
  TIMEOUT_MS = 500,
  CHARACTER_PAUSE_MS = 5,
  COMMAND_MAX = 32,
  /* While no frames come the chip tells its status rarely enough for a pause to be seen. */
  LATENCY_QUIET_MS = 40,
  DRAIN_MS = 20,
  /* How long an answer is waited for: 50 times the pause after a character, and frames that were
     still under way. */
  ANSWER_MS = 1500,
  ATTEMPTS = 3,
};

static const char scheme[] = "bota";

/* What is done one after the other in a dialogue; the first ones are stance_bridge_ask's. */
enum act {
  ACT_RESET = STANCE_BRIDGE_QUESTIONS,
  ACT_BAUD,
  ACT_FORMAT,
  ACT_FLOW,
  ACT_LINES,
  ACT_QUIET,
  ACT_FAST,
  ACT_PURGE,
  ACT_DRAIN,
  ACT_SAY_LISTEN, /* each SAY that is followed by a HEAR is repeated where no answer comes */
  ACT_SAY_SERIAL,
  ACT_SAY_FILTER,
  ACT_SAY_RUN,
  ACT_HEAR,
  ACT_END,
};
#define CHIP_ACTS ACT_RESET, ACT_BAUD, ACT_FORMAT, ACT_FLOW, ACT_LINES, ACT_QUIET, ACT_PURGE
static const uint8_t identify_script[] = {
    0, 1, 2, 3, CHIP_ACTS, ACT_SAY_RUN, ACT_SAY_LISTEN, ACT_HEAR, ACT_END};
static const uint8_t configure_script[] = {CHIP_ACTS,      ACT_SAY_RUN, ACT_SAY_LISTEN, ACT_HEAR,
                                           ACT_SAY_SERIAL, ACT_HEAR,    ACT_SAY_FILTER, ACT_HEAR,
                                           ACT_DRAIN,      ACT_END};
/* No answer is read while frames come: the stream's own transfers take it, and skip it. */
static const uint8_t start_script[] = {ACT_FAST, ACT_SAY_RUN, ACT_END};
static const uint8_t stop_script[] = {ACT_SAY_LISTEN, ACT_QUIET, ACT_END};
static const uint8_t empty_script[] = {ACT_END};

static const uint8_t *script_of(enum stance_dialogue dialogue)
{
  switch (dialogue) {
  case STANCE_DIALOGUE_IDENTIFY:
    return identify_script;
  case STANCE_DIALOGUE_CONFIGURE:
    return configure_script;
  case STANCE_DIALOGUE_START:
    return start_script;
  case STANCE_DIALOGUE_STOP:
    return stop_script;
  case STANCE_DIALOGUE_CHECK:
  case STANCE_DIALOGUE_SELF_TEST:
    break;
  }
  return empty_script;
}

static bool is_command(uint8_t act)
{
  return act >= ACT_SAY_LISTEN && act <= ACT_SAY_RUN;
}

static void write_command(const struct stance_bota_talk *talk, uint8_t act, char text[COMMAND_MAX])
{
  switch (act) {
  case ACT_SAY_LISTEN:
    snprintf(text, COMMAND_MAX, "C");
    break;
  case ACT_SAY_SERIAL:
    snprintf(text, COMMAND_MAX, "c,0,1,0,4");
    break;
  case ACT_SAY_FILTER:
    /* Neither chopping nor the fast mode, which change the rate; skip: no further filter. */
    snprintf(text, COMMAND_MAX, "f,%u,0,0,1", talk->sinc);
    break;
  default:
    snprintf(text, COMMAND_MAX, "R");
    break;
  }
}

/* The next character, or the pause after it. False where all was said. */
static bool say(struct stance_bota_talk *talk, uint8_t act, struct stance_usb_exchange *exchange)
{
  char text[COMMAND_MAX];

  if (talk->paused) {
    talk->paused = false;
    *exchange = (struct stance_usb_exchange){.transfer = STANCE_USB_PAUSE,
                                             .timeout_ms = CHARACTER_PAUSE_MS};
    return true;
  }
  write_command(talk, act, text);
  if (text[talk->sent] == '\0')
    return false;
  *exchange = (struct stance_usb_exchange){
      .transfer = STANCE_USB_BULK_OUT,
      .endpoint = talk->bridge.out,
      .data = {(uint8_t)text[talk->sent]},
      .length = 1,
      .timeout_ms = TIMEOUT_MS,
  };
  talk->sent++;
  talk->paused = true;
  return true;
}

static void make_read(const struct stance_bota_talk *talk, bool drain,
                      struct stance_usb_exchange *exchange)
{
  *exchange = (struct stance_usb_exchange){
      .transfer = drain ? STANCE_USB_DRAIN : STANCE_USB_BULK_IN,
      .endpoint = talk->bridge.in,
      .length = drain ? 0 : talk->bridge.packet_bytes,
      .timeout_ms = drain ? DRAIN_MS : TIMEOUT_MS,
  };
}

/* False where there is nothing (more) to do. */
static bool make_act(struct stance_bota_talk *talk, uint8_t act,
                     struct stance_usb_exchange *exchange)
{
  switch (act) {
  case ACT_RESET:
    talk->port = stance_ftdi_first_port(talk->bridge.release);
    stance_ftdi_reset(exchange, talk->port, STANCE_FTDI_RESET);
    return true;
  case ACT_BAUD:
    return stance_ftdi_baud(exchange, talk->port, talk->bridge.release, BAUD);
  case ACT_FORMAT:
    stance_ftdi_data_format(exchange, talk->port);
    return true;
  case ACT_FLOW:
    stance_ftdi_no_flow_control(exchange, talk->port);
    return true;
  case ACT_LINES:
    stance_ftdi_modem_lines(exchange, talk->port, true);
    return true;
  case ACT_QUIET:
  case ACT_FAST:
    stance_ftdi_latency(exchange, talk->port,
                        act == ACT_FAST ? STANCE_BOTA_LATENCY_MS : LATENCY_QUIET_MS);
    return true;
  case ACT_PURGE:
    stance_ftdi_reset(exchange, talk->port, STANCE_FTDI_PURGE_RX);
    return true;
  case ACT_DRAIN:
  case ACT_HEAR:
    make_read(talk, act == ACT_DRAIN, exchange);
    return true;
  default:
    return is_command(act) ? say(talk, act, exchange)
                           : stance_bridge_ask(&talk->bridge, act, exchange);
  }
}

/* One character of what comes: 1 at "X,0", -1 at "X," and another digit, else 0. */
static int hear_character(struct stance_bota_talk *talk, char letter, char c)
{
  talk->heard[0] = talk->heard[1];
  talk->heard[1] = talk->heard[2];
  talk->heard[2] = c;
  if (talk->heard[0] != letter || talk->heard[1] != ',' || c < '0' || c > '9')
    return 0;
  return c == '0' ? 1 : -1;
}

/* What an answer came to. */
enum hearing { HEARD, NOT_YET, REFUSED, UNHEARD };

static enum hearing hear(struct stance_bota_talk *talk, const char *command,
                         const struct stance_usb_reply *reply)
{
  const uint8_t *bytes = reply->data;
  size_t length = reply->outcome == STANCE_USB_FAILED ? 0 : reply->length;
  struct stance_ftdi_packet packet;
  bool empty = true;

  while (stance_ftdi_next(&bytes, &length, talk->bridge.packet_bytes, &packet)) {
    empty = empty && packet.length == 0;
    for (size_t k = 0; k < packet.length; k++) {
      const int verdict = hear_character(talk, command[0], (char)packet.data[k]);
      if (verdict != 0)
        return verdict > 0 ? HEARD : REFUSED;
    }
  }
  /* A full packet of frames that were still under way takes 1.4 ms, which counts as one. */
  talk->waited_ms += reply->outcome == STANCE_USB_TIMEOUT ? TIMEOUT_MS
                     : empty                              ? LATENCY_QUIET_MS
                                                          : 1;
  return talk->waited_ms < ANSWER_MS ? NOT_YET : UNHEARD;
}

static void next_act(struct stance_bota_talk *talk)
{
  talk->act++;
  talk->sent = 0;
  talk->paused = false;
}

static enum stance_status hear_answer(struct stance_bota_talk *talk,
                                      const struct stance_usb_reply *reply,
                                      struct stance_problem *problem)
{
  char command[COMMAND_MAX];

  write_command(talk, talk->script[talk->act - 1], command);
  const enum hearing hearing = hear(talk, command, reply);
  switch (hearing) {
  case NOT_YET:
    return STANCE_OK;
  case HEARD:
    talk->attempt = 0;
    next_act(talk);
    return STANCE_OK;
  case REFUSED: /* too, where this machine was held up between two of its characters */
  case UNHEARD:
    break;
  }
  if (++talk->attempt == ATTEMPTS && hearing == REFUSED)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: the sensor refuses \"%s\"; is its firmware the maker's newest?",
                              scheme, command);
  if (talk->attempt == ATTEMPTS)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: no answer to \"%s\"; is it a Bota sensor, set to 460800 baud, "
                              "and supplied with power?",
                              scheme, command);
  talk->act -= 2;
  next_act(talk); /* say it again */
  talk->waited_ms = 0;
  return STANCE_OK;
}

static enum stance_status hear_act(struct stance_bota_talk *talk,
                                   const struct stance_usb_reply *reply,
                                   struct stance_problem *problem)
{
  const uint8_t act = talk->script[talk->act];

  if (act == ACT_HEAR)
    return hear_answer(talk, reply, problem);
  if (act < STANCE_BRIDGE_QUESTIONS ? !stance_bridge_hear(&talk->bridge, act, reply)
                                    : reply->outcome != STANCE_USB_DONE && act != ACT_DRAIN)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: the adapter does not answer; unplug it and plug it in again",
                              scheme);
  if (!is_command(act))
    next_act(talk);
  return STANCE_OK;
}

static void begin(struct stance_bota_talk *talk, enum stance_dialogue dialogue)
{
  talk->script = script_of(dialogue);
  talk->act = 0;
  talk->sent = 0;
  talk->paused = false;
  talk->attempt = 0;
  talk->waited_ms = 0;
  memset(talk->heard, 0, sizeof talk->heard);
  if (dialogue == STANCE_DIALOGUE_IDENTIFY)
    talk->bridge = (struct stance_bridge){0};
}

enum stance_status stance_bota_converse(struct stance_bota_talk *talk,
                                        enum stance_dialogue dialogue, unsigned step,
                                        const struct stance_usb_reply *reply,
                                        struct stance_usb_exchange *ret_exchange,
                                        struct stance_problem *problem)
{
  if (dialogue == STANCE_DIALOGUE_CHECK) /* the chip's own status would come in any case */
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: it had stopped sending; it is started anew", scheme);
  if (step == 0 || reply == NULL) {
    begin(talk, dialogue);
  } else {
    const enum stance_status status = hear_act(talk, reply, problem);
    if (status != STANCE_OK)
      return status;
  }
  while (talk->script[talk->act] != ACT_END &&
         !make_act(talk, talk->script[talk->act], ret_exchange)) {
    next_act(talk);
    talk->waited_ms = 0;
  }
  return talk->script[talk->act] == ACT_END ? STANCE_END : STANCE_OK;
}
