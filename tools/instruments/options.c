/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  KEY_SERIAL = 's',
  KEY_PLAY = 'p',
  KEY_FAULT = 'f',
  KEY_ATTACH = 'a',
  KEY_TCP = 't',
  KEY_SENSITIVITY = 0x100,
  KEY_WIRING,
  KEY_BIAS,
  KEY_MARKS,
  KEY_PPM,
  KEY_PACE,
  KEY_SPEED,
  KEY_TRUTH,
  KEY_PORT,
  KEY_SECONDS,
  KEY_PROFILE,
  KEY_LIST,
  KEY_SAMPLED,
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "Of the INSTRUMENT before it, or of all that follow", 1},
    {"serial", KEY_SERIAL, "NUMBER", 0, "Its serial number", 1},
    {"play", KEY_PLAY, "URI", 0, "What pulls at it: sim:… or replay:… (default: nothing)", 1},
    {"sensitivity", KEY_SENSITIVITY, "N", 0, "Newtons of one volt at its terminals (default: 500)",
     1},
    {"wiring", KEY_WIRING, "SIDES", 0, "Terminal of each side (default: left:0,right:1)", 1},
    {"bias", KEY_BIAS, "V", 0, "Volts of a load cell's amplifier at no force (default: 0)", 1},
    {"marks", KEY_MARKS, "V", 0,
     "Volts of terminal k without a load cell: k times this (default: 0)", 1},
    {"truth", KEY_TRUTH, "FILE", 0, "Write what the simulated athlete truly did", 1},
    {"ppm", KEY_PPM, "X", 0, "Error of its crystal", 1},
    {"pace", KEY_PACE, "elastic|real", 0,
     "Its clock waits for a late host, or its buffer overflows (default: elastic)", 1},
    {"speed", KEY_SPEED, "X", 0, "Times real time while it streams; max: as the host takes it", 1},
    {"fault", KEY_FAULT, "NAME[@WHEN][:VALUE]", 0,
     "WHEN: a frame number, now, idle, configuring, first, stopping; repeatable; --list names all",
     1},
    {0, 0, 0, 0, "Where it is plugged in", 2},
    {"attach", KEY_ATTACH, 0, 0, "Into this machine's vhci_hcd (root; modprobe vhci_hcd)", 2},
    {"port", KEY_PORT, "N", 0, "First port of vhci_hcd to take", 2},
    {"tcp", KEY_TCP, "PORT", 0, "For `usbip attach -r 127.0.0.1 -b 1-1` (default: 3240)", 2},
    {0, 0, 0, 0, "Otherwise", 3},
    {"seconds", KEY_SECONDS, "S", 0, "End after that long", 3},
    {"print-profile", KEY_PROFILE, 0, 0, "Print the calibration profile for stance, and end", 3},
    {"channels", KEY_SAMPLED, "LIST", 0,
     "For the profile: inputs as stance samples them (default: 0,1)", 3},
    {"list", KEY_LIST, 0, 0, "Print every instrument and its faults, and end", 3},
    {0},
};

struct parse {
  struct stance_instrument_options *options;
  struct stance_instrument_request usual; /* before the first instrument */
};

static struct stance_instrument_request *current(struct argp_state *state)
{
  struct parse *parse = state->input;
  const size_t count = parse->options->count;

  return count == 0 ? &parse->usual : &parse->options->request[count - 1];
}

static double number(struct argp_state *state, const char *name, const char *text, double minimum,
                     double maximum)
{
  char *end;
  const double value = strtod(text, &end);

  if (end == text || *end != '\0' || !(value >= minimum && value <= maximum))
    argp_error(state, "--%s '%s': expected a number from %g to %g", name, text, minimum, maximum);
  return value;
}

static void add_instrument(struct argp_state *state, const char *name)
{
  struct parse *parse = state->input;
  struct stance_instrument_options *all = parse->options;
  const struct stance_virtual_kind *kind = stance_virtual_kind_find(name);

  if (kind == NULL)
    argp_error(state, "there is no virtual instrument '%s': --list names all", name);
  if (all->count == STANCE_INSTRUMENT_MAX)
    argp_error(state, "at most %d instruments", STANCE_INSTRUMENT_MAX);
  all->request[all->count] = parse->usual;
  all->request[all->count++].kind = kind;
}

static void set_sampled(struct argp_state *state, const char *text)
{
  struct stance_instrument_request *request = current(state);

  request->sampled_count = 0;
  for (const char *at = text; *at != '\0';) {
    char *end;
    const unsigned long input = strtoul(at, &end, 10);
    if (end == at || (*end != ',' && *end != '\0') || input >= STANCE_VIRTUAL_TERMINAL_COUNT ||
        request->sampled_count == STANCE_CHANNEL_COUNT_MAX)
      argp_error(state, "--channels '%s': up to %d inputs, as in 0,1", text,
                 STANCE_CHANNEL_COUNT_MAX);
    request->sampled[request->sampled_count++] = (unsigned)input;
    at = end + (*end == ',');
  }
}

static error_t parse_instrument_key(int key, char *text, struct argp_state *state)
{
  struct stance_instrument_request *request = current(state);

  switch (key) {
  case KEY_SERIAL:
    request->serial = text;
    return 0;
  case KEY_PLAY:
    request->play = text;
    return 0;
  case KEY_SENSITIVITY:
    request->newton_per_volt = number(state, "sensitivity", text, 1e-3, 1e9);
    return 0;
  case KEY_WIRING:
    request->wiring = text;
    return 0;
  case KEY_BIAS:
    request->bias_v = number(state, "bias", text, -10, 10);
    return 0;
  case KEY_MARKS:
    request->marks_v = number(state, "marks", text, -1, 1);
    return 0;
  case KEY_SAMPLED:
    set_sampled(state, text);
    return 0;
  case KEY_TRUTH:
    request->truth = text;
    return 0;
  case KEY_PPM: /* no crystal is further off */
    request->ppm = number(state, "ppm", text, -1000, 1000);
    return 0;
  case KEY_PACE:
    request->real_time = strcmp(text, "real") == 0;
    if (!request->real_time && strcmp(text, "elastic") != 0)
      argp_error(state, "--pace '%s': elastic or real", text);
    return 0;
  case KEY_SPEED:
    request->speed =
        strcmp(text, "max") == 0 ? (double)INFINITY : number(state, "speed", text, 0.01, 1000);
    return 0;
  case KEY_FAULT:
    if (request->fault_count == STANCE_VIRTUAL_FAULT_MAX)
      argp_error(state, "at most %d faults", STANCE_VIRTUAL_FAULT_MAX);
    request->fault[request->fault_count++] = text;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct stance_instrument_options *all = ((struct parse *)state->input)->options;

  switch (key) {
  case KEY_ATTACH:
    all->server.attach = true;
    return 0;
  case KEY_PORT:
    all->server.first_port = (unsigned)number(state, "port", text, 0, 127);
    return 0;
  case KEY_TCP:
    all->server.tcp_port = (unsigned short)number(state, "tcp", text, 1, 65535);
    return 0;
  case KEY_SECONDS:
    all->server.seconds = number(state, "seconds", text, 0.1, 1e6);
    return 0;
  case KEY_PROFILE:
    all->print_profile = true;
    return 0;
  case KEY_LIST:
    all->list = true;
    return 0;
  case ARGP_KEY_ARG:
    add_instrument(state, text);
    return 0;
  case ARGP_KEY_END:
    if (all->count == 0 && !all->list)
      argp_error(state, "no INSTRUMENT was named: --list names all");
    return 0;
  default:
    return parse_instrument_key(key, text, state);
  }
}

void stance_instrument_parse(int argc, char **argv, struct stance_instrument_options *ret_options)
{
  static const struct argp argp = {
      .options = options,
      .parser = parse_key,
      .args_doc = "INSTRUMENT [OPTION…] [INSTRUMENT [OPTION…]]…",
      .doc = "Virtual USB instruments that play an athlete or a recording into their own analogue "
             "inputs.\vLines on standard input act at run time: [NUMBER] FAULT as in --fault, "
             "[NUMBER] plug, [NUMBER] counts, quit. Each event is one line on standard output.\n\n"
             "  stance-instrument labjack-u6 --play 'sim:nordic?seed=7' --truth truth.csv\n"
             "  usbip attach -r 127.0.0.1 -b 1-1"};
  struct parse parse = {
      .options = ret_options,
      .usual = {.newton_per_volt = 500.0, .speed = 1.0, .sampled = {0, 1}, .sampled_count = 2},
  };

  *ret_options =
      (struct stance_instrument_options){.server = {.tcp_port = 3240, .command_fd = STDIN_FILENO}};
  argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &parse);
}
