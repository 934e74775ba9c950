/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon.h"

#include <argp.h>
#include <string.h>

enum {
  KEY_DEVICE = 'd',
  KEY_STORE = 's',
  KEY_PORT = 'p',
  KEY_UNATTENDED = 0x100,
  KEY_SOUND,
  KEY_LATENCY,
  KEY_SETTINGS,
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
    {"settings", KEY_SETTINGS, "FILE", 0,
     "Read at the start and on SIGHUP; what is given here comes before it (default: "
     "~/.config/stance/stanced.ini, which need not be there)",
     4},
    {0},
};

/* A path as the shell gave it: relative ones count from where it was started. */
static enum stance_status set_store(struct daemon_settings *given, const char *path,
                                    struct stance_problem *problem)
{
  if (path[0] == '\0' || strlen(path) >= sizeof given->store)
    return stance_problem_set(problem, STANCE_USAGE, "expected a path of 1 to %zu bytes",
                              sizeof given->store - 1);
  strcpy(given->store, path);
  return STANCE_OK;
}

static const char *setting_of(int key)
{
  return key == KEY_DEVICE  ? "device"
         : key == KEY_PORT  ? "port"
         : key == KEY_SOUND ? "sound"
                            : "latency_s";
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct daemon_options *chosen = state->input;
  struct stance_problem problem = {""};
  enum stance_status status = STANCE_OK;
  switch (key) {
  case KEY_DEVICE:
  case KEY_PORT:
  case KEY_SOUND:
  case KEY_LATENCY:
    status = daemon_settings_set(&chosen->given, setting_of(key), text, &problem);
    break;
  case KEY_STORE:
    status = set_store(&chosen->given, text, &problem);
    break;
  case KEY_SETTINGS:
    chosen->settings_path = text;
    return 0;
  case KEY_UNATTENDED:
    chosen->unattended = true;
    return 0;
  case ARGP_KEY_ARG:
    argp_error(state, "'%s' is one argument too many", text);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
  if (status != STANCE_OK)
    argp_error(state, "--%s: %s",
               key == KEY_STORE     ? "store"
               : key == KEY_LATENCY ? "latency"
                                    : setting_of(key),
               problem.text);
  return 0;
}

static const struct argp parser = {
    .options = options,
    .parser = parse_key,
    .doc =
        "The station: runs tests by sound and on a page, which it serves on this computer "
        "alone. SIGTERM ends it; a test that goes on is ended, kept and analysed first. A "
        "second SIGTERM gives up what a failing disk has not taken yet. SIGHUP reads the settings "
        "anew.\v"
        "Examples:\n"
        "  stanced\n"
        "  stanced --device labjack-u6: --sound 'USB Audio'\n"
        "  stanced --device 'sim:?speed=20' --store /tmp/demo.db --port 0 --unattended --sound "
        "none\n\n"
        "Exit status: 0 ended as it was told to, 2 usage, 3 settings, 4 instrument or memory, 5 "
        "store.",
};

void daemon_parse(int argc, char **argv, struct daemon_options *ret_options)
{
  *ret_options = (struct daemon_options){0};
  argp_parse(&parser, argc, argv, 0, NULL, ret_options);
}
