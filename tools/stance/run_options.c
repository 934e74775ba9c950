/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "run.h"

#include <math.h>
#include <string.h>

enum {
  KEY_DEVICE = 'd',
  KEY_ATHLETE = 'a',
  KEY_OUTPUT = 'o',
  KEY_OPERATOR = 0x100,
  KEY_MASS,
  KEY_LEVER,
  KEY_INJURED,
  KEY_SIDE_ORDER,
  KEY_UNATTENDED,
  KEY_DURATION,
  KEY_LOG,
  KEY_JSON,
  KEY_CSV_LOCALE,
  KEY_SET,
  KEY_SOUND,
  KEY_OWN,
};

/* What a station in stanced does as one in this process would: the request carries it, or it is
   compared with what that station has, or it is this process's own doing. Every other option, and
   whatever is added, makes the station this process's own. */
static const int honoured_by_daemon[] = {
    KEY_DEVICE, KEY_UNATTENDED, KEY_DURATION, KEY_SIDE_ORDER, KEY_ATHLETE, KEY_OPERATOR,   KEY_MASS,
    KEY_LEVER,  KEY_INJURED,    KEY_SET,      KEY_OUTPUT,     KEY_JSON,    KEY_CSV_LOCALE,
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "What is measured", 1},
    {"device", KEY_DEVICE, "[SIDE=]URI", 0,
     "Instrument, simulated rig or recording; `stance devices` lists them (default: stanced's "
     "where it "
     "runs, else usb:). Given twice, as left=URI and right=URI, two instruments make one rig",
     1},
    {"unattended", KEY_UNATTENDED, 0, 0, "By time alone: every prompt answers itself", 1},
    {"duration", KEY_DURATION, "S", 0, "Record that many seconds whatever happens, then analyse",
     1},
    {"side-order", KEY_SIDE_ORDER, "SIDES", 0,
     "One plate used for both in turn: the side of each attempt, as in left,right", 1},
    {"sound", KEY_SOUND, "CARD", 0,
     "A part of the sound card's name, or `none` (default: the system's choice; with --unattended "
     "none; in stanced as its settings say)",
     1},
    {"own", KEY_OWN, 0, 0,
     "Be a station of one's own, even where stanced runs and has what is asked for", 1},
    {0, 0, 0, 0, "Who is tested", 2},
    {"athlete", KEY_ATHLETE, "ID", 0, "Name or number of the athlete", 2},
    {"operator", KEY_OPERATOR, "NAME", 0, "Who runs the test", 2},
    {"mass", KEY_MASS, "KG", 0, "Body mass, for force per kg", 2},
    {"lever", KEY_LEVER, "M", 0,
     "Lever arm from joint to force, for torque (default: the athlete's own in the last such test)",
     2},
    {"injured", KEY_INJURED, "SIDE", 0, "Injured side, for limb symmetry indices: left or right",
     2},
    {0, 0, 0, 0, "What comes out", 3},
    {"output", KEY_OUTPUT, "DIR", 0, "Folder of the reports (default: ./reports)", 3},
    {"json", KEY_JSON, 0, 0, "Print the result as JSON instead of the summary", 3},
    {"csv-locale", KEY_CSV_LOCALE, 0, 0,
     "Reports for spreadsheets set to ; and decimal comma; with byte-order mark and CRLF", 3},
    {"set", KEY_SET, "KEY=VALUE", 0,
     "Any setting of the analysis, such as onset_sd=5 or quiet_window_s=0.5; repeatable", 3},
    {"log", KEY_LOG, "commits", 0, "Print `committed frames=N` on stderr after each commit", 3},
    {0},
};

/* argv may be written to: "key=value" is cut in two. */
static void add_assignment(struct argp_state *state, char *text)
{
  struct stance_run_arguments *arguments = state->input;
  char *equals = strchr(text, '=');
  if (equals == NULL || arguments->setting_count == STANCE_TEST_SETTING_MAX) {
    argp_error(state, "--set '%s': expected KEY=VALUE, at most %d times", text,
               STANCE_TEST_SETTING_MAX);
    return;
  }
  *equals = '\0';
  struct stance_analysis_settings settings = stance_analysis_settings_default;
  struct stance_problem problem;
  if (stance_analysis_settings_set(&settings, text, equals + 1, &problem) != STANCE_OK)
    argp_error(state, "%s", problem.text);
  arguments->setting[arguments->setting_count++] =
      (struct stance_setting){.key = text, .value = equals + 1};
}

static void set_side_order(struct argp_state *state, const char *text)
{
  enum stance_side order[STANCE_SIDE_ORDER_MAX];
  size_t count;
  struct stance_problem problem;
  if (stance_trial_side_order(text, order, &count, &problem) != STANCE_OK)
    argp_error(state, "%s", problem.text);
  ((struct stance_run_arguments *)state->input)->side_order = text;
}

/* "left=URI": a scheme holds no '='. */
static void add_device(struct argp_state *state, const char *text)
{
  struct stance_run_arguments *arguments = state->input;
  enum stance_side side = STANCE_SIDE_NONE;
  if (strncmp(text, "left=", 5) == 0)
    side = STANCE_LEFT;
  else if (strncmp(text, "right=", 6) == 0)
    side = STANCE_RIGHT;
  const size_t at = arguments->device_count;
  if (at == STANCE_STREAM_MAX ||
      (at == 1 && (side == STANCE_SIDE_NONE || arguments->device[0].side == STANCE_SIDE_NONE ||
                   side == arguments->device[0].side))) {
    argp_error(state,
               "--device '%s': two instruments are given as --device left=URI --device "
               "right=URI",
               text);
    return;
  }
  arguments->device[at].uri = side == STANCE_SIDE_NONE ? text : strchr(text, '=') + 1;
  arguments->device[at].side = side;
  arguments->device_count++;
}

static error_t parse_person_key(int key, char *text, struct argp_state *state)
{
  struct stance_run_arguments *arguments = state->input;
  switch (key) {
  case KEY_ATHLETE:
    arguments->athlete = stance_name_option(state, "athlete", text);
    return 0;
  case KEY_OPERATOR:
    arguments->operator_name = stance_name_option(state, "operator", text);
    return 0;
  case KEY_MASS: /* a slip such as pounds or grams must not pass for a person */
    arguments->mass_kg = stance_number_option(state, "mass", text, 10, 500);
    return 0;
  case KEY_LEVER:
    arguments->lever_m = stance_number_option(state, "lever", text, 0.01, 2);
    return 0;
  case KEY_INJURED:
    arguments->injured_side = (enum stance_side)stance_side_option(state, "injured", text);
    return 0;
  case KEY_SIDE_ORDER:
    set_side_order(state, text);
    return 0;
  case KEY_SET:
    add_assignment(state, text);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* The first option that only a station in this process honours. */
static void note_own(struct stance_run_arguments *arguments, int key)
{
  const struct argp_option *option = options;
  for (size_t k = 0; k < sizeof honoured_by_daemon / sizeof *honoured_by_daemon; k++)
    if (honoured_by_daemon[k] == key)
      return;
  while (option->key != key && (option->key != 0 || option->doc != NULL))
    option++;
  if (option->key == key && arguments->own_for == NULL)
    arguments->own_for = option->name;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct stance_run_arguments *arguments = state->input;
  note_own(arguments, key);
  switch (key) {
  case KEY_DEVICE:
    add_device(state, text);
    arguments->device_given = true;
    return 0;
  case KEY_OWN:
    arguments->own = true;
    return 0;
  case KEY_OUTPUT:
    arguments->output = text;
    return 0;
  case KEY_UNATTENDED:
    arguments->unattended = true;
    return 0;
  case KEY_DURATION: /* at most a day */
    arguments->duration_s = stance_number_option(state, "duration", text, 0.1, 86400);
    return 0;
  case KEY_SOUND:
    arguments->sound = text;
    return 0;
  case KEY_LOG:
    if (strcmp(text, "commits") != 0)
      argp_error(state, "--log '%s': only commits can be logged", text);
    arguments->log_commits = true;
    return 0;
  case KEY_JSON:
    arguments->json = true;
    return 0;
  case KEY_CSV_LOCALE:
    arguments->locale = true;
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->protocol != NULL)
      argp_error(state, "one PROTOCOL at a time: '%s' is one too many", text);
    arguments->protocol = text;
    return 0;
  case ARGP_KEY_END:
    if (arguments->device_count == 0)
      add_device(state, "usb:");
    if (arguments->protocol == NULL)
      argp_error(state, "no PROTOCOL was given, for example nordic or iso-supine-90-90");
    return 0;
  default:
    return parse_person_key(key, text, state);
  }
}

const struct argp stance_run_argp = {
    .options = options,
    .parser = parse_key,
    .args_doc = "PROTOCOL",
    .doc =
        "Run one test: lead through the empty instrument, the relaxed limb and the efforts as "
        "`stanced` does, record every sample durably, analyse, write the reports to DIR and print "
        "a summary. Where stanced runs with the same store, and with the instrument if one is "
        "named, "
        "the test runs in it, and on its page too; else, and with --own, --sound or --log, in this "
        "process. Enter or space goes on; in an effort any key stops it; r repeats the last "
        "repetition, d does not count it, x means pain, digits say how much, l or r on which side, "
        "L or R releases a locked one, f is enough, q ends. Ctrl-C ends the test and keeps "
        "everything.\v"
        "Examples:\n"
        "  stance run nordic --athlete A12 --mass 82\n"
        "  stance run nordic --device 'sim:nordic?speed=20' --unattended\n"
        "  stance run iso-supine-90-90 --device 'sim:isometric?seed=3&speed=max' --unattended\n"
        "  stance run nordic --device left=labjack-u6:360011111 --device "
        "right=labjack-u6:360022222\n"
        "  stance run nordic --own --device sim:nordic\n"
        "  stance run isometric --device 'replay:FILE?speed=max' --output today\n\n"
        "Reports: STARTED_PROTOCOL_ATHLETE.csv (a row a repetition and side), _long.csv (a row a "
        "value), _tests.csv (a row a test), and _truth.csv of a simulated rig.\n"
        "Exit status: 0 done (flags do not change it), 2 usage, 3 input unreadable, 4 instrument, "
        "5 "
        "store or output not writable.",
};

void stance_run_parse(int argc, char **argv, struct stance_run_arguments *ret_arguments)
{
  *ret_arguments = (struct stance_run_arguments){
      .output = "reports",
      .mass_kg = (double)NAN,
      .lever_m = (double)NAN,
      .injured_side = STANCE_SIDE_NONE,
  };
  argp_parse(&stance_run_argp, argc, argv, 0, NULL, ret_arguments);
}
