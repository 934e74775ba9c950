/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibrate.h"
#include "command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_DEVICE = 'd',
  KEY_CHANNEL = 'c',
  KEY_OUTPUT = 'o',
  KEY_SIDE = 0x100,
  KEY_SERIAL,
  KEY_OPERATOR,
  KEY_STANDARD,
  KEY_STANDARD_UNCERTAINTY,
  KEY_VALID_DAYS,
  KEY_VALID_UNTIL,
  KEY_POINTS,
  KEY_UNATTENDED,
  KEY_SECONDS,
  KEY_GRAVITY,
  KEY_LATITUDE,
  KEY_HEIGHT,
  KEY_DEGREE,
  KEY_LIMIT,
  KEY_STILL,
  KEY_KEEP,
  KEY_SENSITIVITY,
  KEY_CAPACITY,
  KEY_EXCITATION,
  KEY_GAIN,
  KEY_COUNTS_PER_VOLT,
  KEY_SLOPE,
  KEY_ZERO,
  KEY_PDF,
  KEY_MATRIX,
  KEY_ROWS,
  KEY_CHECK,
  KEY_AXIS,
  KEY_TOP,
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "What is calibrated", 1},
    {"device", KEY_DEVICE, "URI", 0, "The instrument (stance devices)", 1},
    {"channel", KEY_CHANNEL, "NAME", 0, "Its channel, by name or #number", 1},
    {"side", KEY_SIDE, "SIDE", 0, "left, right or total: what the channel measures", 1},
    {"serial", KEY_SERIAL, "TEXT", 0, "Serial number of the sensor", 1},
    {0, 0, 0, 0, "With known loads (asked for one by one without --points)", 2},
    {"points", KEY_POINTS, "FILE", 0,
     "CSV with load_n or mass_kg, raw (or from_s and to_s in the recording of --device), and "
     "optionally direction (up, down, preload, hold) and repeat",
     2},
    {"unattended", KEY_UNATTENDED, 0, 0, "Ask nothing: --points or entered numbers only", 2},
    {"seconds", KEY_SECONDS, "S", 0, "How long each load is read (default 2)", 2},
    {"gravity", KEY_GRAVITY, "M_PER_S2", 0, "Local gravity, for loads in kg", 2},
    {"latitude", KEY_LATITUDE, "DEG", 0, "Instead of --gravity: it follows from the place", 2},
    {"height", KEY_HEIGHT, "M", 0, "Height above the sea, with --latitude", 2},
    {"degree", KEY_DEGREE, "N", 0,
     "Highest degree of the curve, 1 to 3 (default 3): each must earn its place by an F-test at "
     "1 %",
     2},
    {0, 0, 0, 0, "With numbers from a data sheet or certificate", 3},
    {"sensitivity", KEY_SENSITIVITY, "MV_PER_V", 0, "As in 2.0mV/V, at capacity", 3},
    {"capacity", KEY_CAPACITY, "LOAD", 0, "As in 500kg or 5kN (kg: standard gravity)", 3},
    {"excitation", KEY_EXCITATION, "V", 0, "The bridge's supply, for channels in V, mV, counts", 3},
    {"gain", KEY_GAIN, "X", 0, "Of an amplifier between bridge and converter (default 1)", 3},
    {"counts-per-volt", KEY_COUNTS_PER_VOLT, "N", 0, "Of the converter, for channels in counts", 3},
    {"slope", KEY_SLOPE, "N_PER_UNIT", 0, "Newtons per unit of the channel, from a certificate", 3},
    {"zero", KEY_ZERO, "RAW", 0, "Reading without load (default 0)", 3},
    {0, 0, 0, 0, "With the matrix of a six-axis sensor (all channels of the instrument)", 4},
    {"matrix", KEY_MATRIX, "FILE", 0, "Its numbers, row after row: 6 x 6 to 6 x 8 or turned", 4},
    {"rows", KEY_ROWS, "WHAT", 0,
     "What a row of the file is: loads (Fx, Fy, Fz, Mx, My, Mz) or channels", 4},
    {"check", KEY_CHECK, "FILE", 0,
     "CSV of known loads (fx fy fz mx my mz) with the readings of all channels: proves the matrix "
     "and its orientation",
     4},
    {"axis", KEY_AXIS, "AXIS", 0,
     "Which force is the side's: +fz (default), -fz where z points up out of the plate, +fx ...",
     4},
    {"top", KEY_TOP, "M", 0, "Height z of the top surface above the sensor's origin", 4},
    {0, 0, 0, 0, "Paperwork", 5},
    {"operator", KEY_OPERATOR, "NAME", 0, "Who calibrates", 5},
    {"standard", KEY_STANDARD, "TEXT", 0,
     "Weights, reference cell or certificate used; up to three times", 5},
    {"standard-uncertainty", KEY_STANDARD_UNCERTAINTY, "PCT", 0,
     "Expanded uncertainty (k = 2) of the standards, or of the certificate", 5},
    {"valid-days", KEY_VALID_DAYS, "N", 0,
     "Days until it is due again (default 365, this program's choice and no standard's)", 5},
    {"valid-until", KEY_VALID_UNTIL, "DATE", 0, "The last day, YYYY-MM-DD", 5},
    {"limit", KEY_LIMIT, "PCT", 0,
     "Largest error of a good fit (default 1, the tolerance of a daily check)", 5},
    {"still", KEY_STILL, "PCT", 0,
     "How much a load may move while it is read, of the largest load (default 0.2, this program's "
     "choice; 0: no limit)",
     5},
    {"keep", KEY_KEEP, 0, 0, "Keep a poor fit; every result made with it is flagged", 5},
    {"pdf", KEY_PDF, "FILE", 0, "Draw the certificate, one page (also with show)", 5},
    {"output", KEY_OUTPUT, "FILE", 0, "Where export writes instead of to standard output", 5},
    {0},
};

static void add_standard(struct argp_state *state, const char *text)
{
  struct stance_calibrate_arguments *arguments = state->input;
  if (arguments->standard_count == STANCE_CALIBRATION_STANDARD_MAX)
    argp_error(state, "--standard is given more than %d times", STANCE_CALIBRATION_STANDARD_MAX);
  else
    arguments->standard[arguments->standard_count++] = stance_name_option(state, "standard", text);
}

static void take_word(struct argp_state *state, const char *word)
{
  static const char *const actions[] = {"", "list", "show", "export", "import"};
  struct stance_calibrate_arguments *arguments = state->input;
  if (arguments->action != STANCE_CALIBRATE_NEW) {
    if (arguments->subject != NULL || arguments->action == STANCE_CALIBRATE_LIST)
      argp_error(state, "'%s' is one argument too many", word);
    arguments->subject = word;
    return;
  }
  for (size_t k = 1; k < sizeof actions / sizeof *actions; k++)
    if (strcmp(word, actions[k]) == 0)
      arguments->action = (enum stance_calibrate_action)k;
  if (arguments->action == STANCE_CALIBRATE_NEW)
    argp_error(state,
               "'%s' is none of list, show, export and import; a calibration itself needs "
               "options only",
               word);
}

static void check(struct argp_state *state)
{
  const struct stance_calibrate_arguments *arguments = state->input;
  const bool entered = arguments->sensitivity.sensitivity_mv_per_v != 0;
  const bool certified = !isnan(arguments->slope_n_per_unit);
  if (arguments->action != STANCE_CALIBRATE_NEW) {
    if (arguments->action != STANCE_CALIBRATE_LIST && arguments->subject == NULL)
      argp_error(state, arguments->action == STANCE_CALIBRATE_IMPORT
                            ? "import needs the file to read"
                            : "show and export need the calibration's id (stance calibrate list)");
    return;
  }
  if (arguments->device == NULL)
    argp_error(state, "say which instrument: --device URI (`stance devices` lists them)");
  const bool matrix = arguments->matrix != NULL;
  if (entered + certified + matrix + (arguments->points != NULL) > 1)
    argp_error(state, "one of --points, --sensitivity, --slope and --matrix at a time");
  if (matrix && (!arguments->orientation_given || arguments->side == STANCE_SIDE_NONE))
    argp_error(state, "--matrix needs --rows loads or --rows channels, and --side");
  if (entered != (arguments->sensitivity.capacity_n != 0))
    argp_error(state, "--sensitivity and --capacity belong together");
  if (arguments->unattended && !entered && !certified && !matrix && arguments->points == NULL)
    argp_error(state, "--unattended needs --points FILE, --sensitivity, --slope or --matrix");
}

static error_t parse_paperwork(int key, char *text, struct argp_state *state)
{
  struct stance_calibrate_arguments *arguments = state->input;
  switch (key) {
  case KEY_OPERATOR:
    arguments->operator_name = stance_name_option(state, "operator", text);
    return 0;
  case KEY_STANDARD:
    add_standard(state, text);
    return 0;
  case KEY_STANDARD_UNCERTAINTY:
    arguments->standard_uncertainty_pct =
        stance_number_option(state, "standard-uncertainty", text, 0, 100);
    return 0;
  case KEY_VALID_DAYS:
    arguments->valid_days = stance_number_option(state, "valid-days", text, 0, 36500);
    return 0;
  case KEY_VALID_UNTIL:
    arguments->valid_until = text;
    return 0;
  case KEY_LIMIT:
    arguments->limit_pct = stance_number_option(state, "limit", text, 0, 100);
    return 0;
  case KEY_STILL:
    arguments->still_pct = stance_number_option(state, "still", text, 0, 100);
    return 0;
  case KEY_KEEP:
    arguments->keep = true;
    return 0;
  case KEY_PDF:
    arguments->pdf = text;
    return 0;
  case KEY_OUTPUT:
    arguments->output = text;
    return 0;
  case ARGP_KEY_ARG:
    take_word(state, text);
    return 0;
  case ARGP_KEY_END:
    check(state);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_matrix(int key, char *text, struct argp_state *state)
{
  struct stance_calibrate_arguments *arguments = state->input;
  switch (key) {
  case KEY_MATRIX:
    arguments->matrix = text;
    return 0;
  case KEY_ROWS:
    stance_calibrate_set_rows(state, text);
    return 0;
  case KEY_CHECK:
    arguments->check = text;
    return 0;
  case KEY_AXIS:
    stance_calibrate_set_axis(state, text);
    return 0;
  case KEY_TOP:
    arguments->top_m = stance_number_option(state, "top", text, -10, 10);
    return 0;
  default:
    return parse_paperwork(key, text, state);
  }
}

static error_t parse_entered(int key, char *text, struct argp_state *state)
{
  struct stance_calibrate_arguments *arguments = state->input;
  switch (key) {
  case KEY_SENSITIVITY:
    arguments->sensitivity.sensitivity_mv_per_v =
        stance_calibrate_quantity(state, "sensitivity", text, "mV/V");
    if (arguments->sensitivity.sensitivity_mv_per_v == 0)
      argp_error(state, "--sensitivity 0 measures nothing");
    return 0;
  case KEY_CAPACITY:
    arguments->sensitivity.capacity_n = stance_calibrate_capacity(state, text);
    return 0;
  case KEY_EXCITATION:
    arguments->sensitivity.excitation_v =
        stance_number_option(state, "excitation", text, 1e-3, 100);
    return 0;
  case KEY_GAIN:
    arguments->sensitivity.gain = stance_number_option(state, "gain", text, 1e-6, 1e6);
    return 0;
  case KEY_COUNTS_PER_VOLT:
    arguments->sensitivity.units_per_volt =
        stance_number_option(state, "counts-per-volt", text, 1e-6, 1e12);
    return 0;
  case KEY_SLOPE:
    arguments->slope_n_per_unit = stance_number_option(state, "slope", text, -1e12, 1e12);
    if (arguments->slope_n_per_unit == 0)
      argp_error(state, "--slope 0 measures nothing");
    return 0;
  case KEY_ZERO:
    arguments->zero_raw = stance_number_option(state, "zero", text, -1e12, 1e12);
    return 0;
  default:
    return parse_matrix(key, text, state);
  }
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct stance_calibrate_arguments *arguments = state->input;
  switch (key) {
  case KEY_DEVICE:
    arguments->device = text;
    return 0;
  case KEY_CHANNEL:
    arguments->channel = text;
    return 0;
  case KEY_SIDE:
    arguments->side = stance_calibrate_side(state, text);
    return 0;
  case KEY_SERIAL:
    arguments->serial = stance_name_option(state, "serial", text);
    return 0;
  case KEY_POINTS:
    arguments->points = text;
    return 0;
  case KEY_UNATTENDED:
    arguments->unattended = true;
    return 0;
  case KEY_SECONDS:
    arguments->seconds = stance_number_option(state, "seconds", text, 0.01, 600);
    return 0;
  case KEY_GRAVITY:
    arguments->gravity_m_per_s2 = stance_number_option(state, "gravity", text, 9.7, 9.9);
    return 0;
  case KEY_LATITUDE:
    arguments->latitude_deg = stance_number_option(state, "latitude", text, -90, 90);
    return 0;
  case KEY_HEIGHT:
    arguments->height_m = stance_number_option(state, "height", text, -500, 9000);
    return 0;
  case KEY_DEGREE:
    arguments->degree_max =
        (unsigned)stance_number_option(state, "degree", text, 1, STANCE_CALIBRATION_DEGREE_MAX);
    return 0;
  default:
    return parse_entered(key, text, state);
  }
}

const struct argp stance_calibrate_argp = {
    .options = options,
    .parser = parse_key,
    .args_doc = "[list | show ID | export ID | import FILE]",
    .doc =
        "Turn an instrument's readings into newtons: with known loads, or with the numbers of a "
        "data sheet or certificate. Each calibration is a new profile in the store, which never "
        "changes; the newest one of an instrument is used by `stance run`.\v"
        "Hang known loads on the sensor: exercise it first, then go up in five steps or more "
        "and down again, three times. What is asked on the terminal is answered with a load "
        "such as `20 kg` or `196.1 N`.\n\n"
        "Examples:\n"
        "  stance calibrate --device labjack-u6: --channel AIN0 --side left --serial LC-0042 "
        "--latitude 52.5\n"
        "  stance calibrate --device 'replay:weights.csv?speed=max' --channel V --points p.csv\n"
        "  stance calibrate --device mcc-1608fs-plus: --channel CH0 --sensitivity 2.0mV/V "
        "--capacity 500kg --excitation 5 --gain 100\n"
        "  stance calibrate --device mcc-1608fs-plus: --matrix plate.txt --rows loads --side left "
        "--check known.csv\n"
        "  stance calibrate list\n"
        "  stance calibrate show 3f2a --pdf certificate.pdf\n\n"
        "Exit status: 0 done, 1 the fit is poor and was not kept, 2 usage, 3 input unreadable, "
        "4 instrument, 5 store or output not writable.",
};

void stance_calibrate_parse(int argc, char **argv, struct stance_calibrate_arguments *ret_arguments)
{
  struct stance_calibrate_arguments arguments = {
      .side = STANCE_SIDE_NONE,
      .gravity_m_per_s2 = (double)NAN,
      .latitude_deg = (double)NAN,
      .valid_days = 365,
      .seconds = 2,
      .limit_pct = STANCE_CALIBRATOR_LIMIT_PCT,
      .still_pct = STANCE_CALIBRATOR_STILL_PCT,
      .degree_max = STANCE_CALIBRATION_DEGREE_MAX,
      .slope_n_per_unit = (double)NAN,
      .axis = STANCE_FZ,
      .axis_polarity = 1,
  };
  argp_parse(&stance_calibrate_argp, argc, argv, 0, NULL, &arguments);
  *ret_arguments = arguments;
}
