/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon.h"

#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_DEVICE = 'd',
  KEY_STORE = 's',
  KEY_PORT = 'p',
  KEY_UNATTENDED = 0x100,
  KEY_SOUND,
  KEY_LATENCY,
  DEFAULT_PORT = 8642,
};

static const struct argp_option options[] = {
    {"device", KEY_DEVICE, "[SIDE=]URI", 0,
     "Instrument, simulated rig or recording; `stance devices` lists them (default: usb:). Given "
     "twice, as left=URI and right=URI, two instruments make one rig",
     1},
    {"store", KEY_STORE, "FILE", 0,
     "Where everything is kept (default: $STANCE_STORE, else "
     "~/.local/share/stance/store.db)",
     1},
    {"unattended", KEY_UNATTENDED, 0, 0,
     "Every prompt answers itself, so that a test runs to its end without a person", 1},
    {"port", KEY_PORT, "N", 0, "On 127.0.0.1; 0 takes any free one (default: 8642)", 2},
    {"sound", KEY_SOUND, "CARD", 0,
     "A part of the sound card's name, or `none` (default: the system's choice)", 3},
    {"latency", KEY_LATENCY, "S", 0, "That the sound card is asked for (default: 0.02)", 3},
    {0},
};

/* "left=URI": a scheme holds no '='. */
static void add_device(struct argp_state *state, const char *text)
{
  struct daemon_options *chosen = state->input;
  enum stance_side side = STANCE_SIDE_NONE;
  if (strncmp(text, "left=", 5) == 0)
    side = STANCE_LEFT;
  else if (strncmp(text, "right=", 6) == 0)
    side = STANCE_RIGHT;
  const size_t at = chosen->device_count;
  if (at == STANCE_STREAM_MAX ||
      (at == 1 && (side == STANCE_SIDE_NONE || chosen->device[0].side == STANCE_SIDE_NONE ||
                   side == chosen->device[0].side))) {
    argp_error(state,
               "--device '%s': two instruments are given as --device left=URI --device "
               "right=URI",
               text);
    return;
  }
  chosen->device[at].uri = side == STANCE_SIDE_NONE ? text : strchr(text, '=') + 1;
  chosen->device[at].side = side;
  chosen->device_count++;
}

static double number(struct argp_state *state, const char *option, const char *text, double minimum,
                     double maximum)
{
  char *end;
  const double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= minimum && value <= maximum))
    argp_error(state, "--%s '%s': expected a number from %g to %g", option, text, minimum, maximum);
  return value;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct daemon_options *chosen = state->input;
  switch (key) {
  case KEY_DEVICE:
    add_device(state, text);
    return 0;
  case KEY_STORE:
    chosen->store = text;
    return 0;
  case KEY_PORT: {
    const double port = number(state, "port", text, 0, 65535);
    if (port != floor(port))
      argp_error(state, "--port '%s': expected a whole number", text);
    chosen->port = (uint16_t)port;
    return 0;
  }
  case KEY_UNATTENDED:
    chosen->unattended = true;
    return 0;
  case KEY_SOUND:
    chosen->silent = strcmp(text, "none") == 0;
    chosen->sound = chosen->silent ? NULL : text;
    return 0;
  case KEY_LATENCY:
    chosen->latency_s = number(state, "latency", text, 0.001, 1);
    return 0;
  case ARGP_KEY_ARG:
    argp_error(state, "'%s' is one argument too many", text);
    return 0;
  case ARGP_KEY_END:
    if (chosen->device_count == 0)
      add_device(state, "usb:");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp parser = {
    .options = options,
    .parser = parse_key,
    .doc = "The station: runs tests by sound and on a page, which it serves on this computer "
           "alone. SIGTERM ends it; a test that goes on is ended, kept and analysed first. A "
           "second SIGTERM gives up what a failing disk has not taken yet.\v"
           "Examples:\n"
           "  stanced\n"
           "  stanced --device labjack-u6: --sound 'USB Audio'\n"
           "  stanced --device 'sim:?speed=20' --store /tmp/demo.db --port 0 --unattended --sound "
           "none\n\n"
           "Exit status: 0 ended as it was told to, 2 usage, 4 instrument or memory, 5 store.",
};

void daemon_parse(int argc, char **argv, struct daemon_options *ret_options)
{
  *ret_options = (struct daemon_options){.port = DEFAULT_PORT};
  argp_parse(&parser, argc, argv, 0, NULL, ret_options);
}
