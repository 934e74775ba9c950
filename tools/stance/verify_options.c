/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "verify.h"

#include <math.h>
#include <string.h>

enum {
  KEY_DEVICE = 'd',
  KEY_INSTRUMENT = 0x100,
  KEY_SIDE,
  KEY_POINTS,
  KEY_UNATTENDED,
  KEY_SECONDS,
  KEY_STILL,
  KEY_REPEATS,
  KEY_MASS,
  KEY_LOAD,
  KEY_GRAVITY,
  KEY_LATITUDE,
  KEY_HEIGHT,
  KEY_STANDARD,
  KEY_STANDARD_UNCERTAINTY,
  KEY_PLACING,
  KEY_LIMIT,
  KEY_VALID_DAYS,
  KEY_OPERATOR,
  KEY_LIST,
  KEY_EXPORT,
  KEY_JSON,
};

/* Limits: zero and mass are the tolerance of a daily check in SCIENCE 9, 5 N and 1 %. Half of that
   for the swap, so that a mismatch of 1 % is found and not tossed for. The place of a load: this
   program's choice, twice what well calibrated plates reach (Cappello 2011: 0.5 to 2.3 mm). The
   natural frequency: SCIENCE 9 asks for far above 100 Hz. Validity: the daily check's day; a year
   for the rig's ringing is this program's choice. */
const struct stance_verify_kind stance_verify_kinds[STANCE_CHECK_KIND_COUNT] = {
    [STANCE_CHECK_ZERO] = {"N", 5, 3, 1},         [STANCE_CHECK_MASS] = {"%", 1, 3, 1},
    [STANCE_CHECK_SWAP] = {"%", 0.5, 3, 1},       [STANCE_CHECK_COP] = {"mm", 5, 3, 1},
    [STANCE_CHECK_DYNAMIC] = {"Hz", 100, 8, 365},
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "What is checked", 1},
    {"device", KEY_DEVICE, "[SIDE=]URI", 0,
     "The instrument (stance devices); twice, as in left=URI and right=URI, for a rig of two", 1},
    {"instrument", KEY_INSTRUMENT, "NAME", 0,
     "Model and serial under which it is kept, for typed readings and recordings (stance calibrate "
     "list)",
     1},
    {"side", KEY_SIDE, "SIDE", 0, "left, right or total: what carries the load (mass, dynamic)", 1},
    {0, 0, 0, 0, "Readings (asked for one by one without --points)", 2},
    {"points", KEY_POINTS, "FILE", 0,
     "CSV with step (empty or load), side, and force_n (uncertainty_n), or from_s and to_s in the "
     "recording of --device; for cop x_m and y_m where the load lay, and read_x_m and read_y_m "
     "with "
     "force_n",
     2},
    {"unattended", KEY_UNATTENDED, 0, 0, "Ask nothing: --points, or zero and dynamic as it stands",
     2},
    {"seconds", KEY_SECONDS, "S", 0,
     "How long each is read (default 3; dynamic: 8, the release included)", 2},
    {"still", KEY_STILL, "N", 0,
     "How much a reading may move while it is read (default 2 N, this program's choice)", 2},
    {"repeats", KEY_REPEATS, "N", 0, "How often the load is put on (default 3; swap: pairs)", 2},
    {0, 0, 0, 0, "The load", 3},
    {"mass", KEY_MASS, "KG", 0, "Known mass; needs --latitude or --gravity", 3},
    {"load", KEY_LOAD, "N", 0, "Known force instead", 3},
    {"gravity", KEY_GRAVITY, "M_PER_S2", 0, "Local gravity", 3},
    {"latitude", KEY_LATITUDE, "DEG", 0, "Instead of --gravity: it follows from the place", 3},
    {"height", KEY_HEIGHT, "M", 0, "Height above the sea, with --latitude", 3},
    {"standard", KEY_STANDARD, "TEXT", 0, "What was used: weights, their class, certificate", 3},
    {"standard-uncertainty", KEY_STANDARD_UNCERTAINTY, "PCT", 0,
     "Expanded uncertainty (k = 2) of the load, gravity included", 3},
    {"placing", KEY_PLACING, "MM", 0,
     "Standard uncertainty of where the load was put (cop; default 1, this program's choice)", 3},
    {0, 0, 0, 0, "Verdict", 4},
    {"limit", KEY_LIMIT, "X", 0,
     "Largest deviation: zero 5 N, mass 1 % (the daily check's tolerance); swap 0.5 %, cop 5 mm "
     "(this program's choice); dynamic: lowest natural frequency, 100 Hz",
     4},
    {"valid-days", KEY_VALID_DAYS, "N", 0,
     "Days until it is due again (default 1, the daily check; dynamic 365, this program's choice)",
     4},
    {"operator", KEY_OPERATOR, "NAME", 0, "Who checks", 4},
    {0, 0, 0, 0, "What was checked before", 5},
    {"list", KEY_LIST, 0, 0, "All checks, as CSV", 5},
    {"export", KEY_EXPORT, "ID", 0, "One check as text", 5},
    {"json", KEY_JSON, 0, 0, "The values as JSON, for programs", 5},
    {0},
};

static void take_kind(struct argp_state *state, const char *word)
{
  struct stance_verify_arguments *arguments = state->input;
  if (arguments->kind_given)
    argp_error(state, "'%s' is one argument too many", word);
  for (int k = 0; k < STANCE_CHECK_KIND_COUNT; k++)
    if (strcmp(word, stance_check_id((enum stance_check_kind)k)) == 0) {
      arguments->kind = (enum stance_check_kind)k;
      arguments->kind_given = true;
      return;
    }
  argp_error(state, "'%s' is none of zero, mass, swap, cop and dynamic", word);
}

static void take_device(struct argp_state *state, const char *text)
{
  struct stance_verify_arguments *arguments = state->input;
  const size_t k = arguments->device_count;
  if (k == STANCE_STREAM_MAX) {
    argp_error(state, "--device is given more than %d times", STANCE_STREAM_MAX);
    return;
  }
  const bool left = strncmp(text, "left=", 5) == 0, right = strncmp(text, "right=", 6) == 0;
  arguments->device_side[k] = left ? STANCE_LEFT : right ? STANCE_RIGHT : STANCE_SIDE_NONE;
  arguments->device[k] = text + (left ? 5 : right ? 6 : 0);
  arguments->device_count++;
}

static void take_side(struct argp_state *state, const char *text)
{
  struct stance_verify_arguments *arguments = state->input;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (strcmp(text, stance_side_name((enum stance_side)side)) == 0) {
      arguments->side = (enum stance_side)side;
      return;
    }
  argp_error(state, "--side '%s' is none of left, right and total", text);
}

static void check_load(struct argp_state *state)
{
  const struct stance_verify_arguments *arguments = state->input;
  const bool place = !isnan(arguments->gravity_m_per_s2) || !isnan(arguments->latitude_deg);
  if (!isnan(arguments->gravity_m_per_s2) && !isnan(arguments->latitude_deg))
    argp_error(state, "--gravity or --latitude, not both");
  if (arguments->kind != STANCE_CHECK_MASS)
    return;
  if (isnan(arguments->mass_kg) == isnan(arguments->load_n))
    argp_error(state, "mass needs the known load: --mass KG or --load N, one of them");
  if (!isnan(arguments->mass_kg) && !place)
    argp_error(state, "a mass weighs differently from place to place: --latitude DEG (and "
                      "--height M), or --gravity");
}

static void check(struct argp_state *state)
{
  const struct stance_verify_arguments *arguments = state->input;
  if (arguments->action != STANCE_VERIFY_CHECK)
    return;
  if (!arguments->kind_given)
    argp_error(state, "say what is checked: zero, mass, swap, cop or dynamic");
  if (arguments->device_count == 0 && (arguments->instrument == NULL || arguments->points == NULL))
    argp_error(state, "say which instrument: --device URI (`stance devices` lists them), or "
                      "--instrument NAME with the readings in --points FILE");
  if (arguments->device_count == 0 && arguments->kind == STANCE_CHECK_DYNAMIC)
    argp_error(state, "dynamic needs what the instrument sampled: --device");
  if (arguments->device_count == 2 && (arguments->device_side[0] == STANCE_SIDE_NONE ||
                                       arguments->device_side[1] == STANCE_SIDE_NONE ||
                                       arguments->device_side[0] == arguments->device_side[1]))
    argp_error(state, "two instruments are given as --device left=URI --device right=URI");
  if (arguments->device_count == 2 && arguments->instrument != NULL)
    argp_error(state, "--instrument names one instrument, and there are two");
  if (arguments->unattended && arguments->points == NULL && arguments->kind != STANCE_CHECK_ZERO &&
      arguments->kind != STANCE_CHECK_DYNAMIC)
    argp_error(state, "--unattended needs --points FILE: nobody is there to move the load");
  check_load(state);
}

static error_t parse_load(int key, char *text, struct argp_state *state)
{
  struct stance_verify_arguments *arguments = state->input;
  switch (key) {
  case KEY_MASS:
    arguments->mass_kg = stance_number_option(state, "mass", text, 0.01, 5000);
    return 0;
  case KEY_LOAD:
    arguments->load_n = stance_number_option(state, "load", text, 0.1, 50000);
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
  case KEY_STANDARD:
    arguments->standard = stance_name_option(state, "standard", text);
    return 0;
  case KEY_STANDARD_UNCERTAINTY:
    arguments->standard_uncertainty_pct =
        stance_number_option(state, "standard-uncertainty", text, 0, 100);
    return 0;
  case KEY_PLACING:
    arguments->placing_mm = stance_number_option(state, "placing", text, 0, 1000);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_verdict(int key, char *text, struct argp_state *state)
{
  struct stance_verify_arguments *arguments = state->input;
  switch (key) {
  case KEY_LIMIT:
    arguments->limit = stance_number_option(state, "limit", text, 1e-6, 1e6);
    return 0;
  case KEY_VALID_DAYS:
    arguments->valid_days = stance_number_option(state, "valid-days", text, 0, 36500);
    return 0;
  case KEY_OPERATOR:
    arguments->operator_name = stance_name_option(state, "operator", text);
    return 0;
  case KEY_LIST:
    arguments->action = STANCE_VERIFY_LIST;
    return 0;
  case KEY_EXPORT:
    arguments->action = STANCE_VERIFY_EXPORT;
    arguments->subject = text;
    return 0;
  case KEY_JSON:
    arguments->json = true;
    return 0;
  case ARGP_KEY_ARG:
    take_kind(state, text);
    return 0;
  case ARGP_KEY_END:
    check(state);
    return 0;
  default:
    return parse_load(key, text, state);
  }
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct stance_verify_arguments *arguments = state->input;
  switch (key) {
  case KEY_DEVICE:
    take_device(state, text);
    return 0;
  case KEY_INSTRUMENT:
    arguments->instrument = stance_name_option(state, "instrument", text);
    return 0;
  case KEY_SIDE:
    take_side(state, text);
    return 0;
  case KEY_POINTS:
    arguments->points = text;
    return 0;
  case KEY_UNATTENDED:
    arguments->unattended = true;
    return 0;
  case KEY_SECONDS:
    arguments->seconds = stance_number_option(state, "seconds", text, 0.2, 60);
    return 0;
  case KEY_STILL:
    arguments->still_n = stance_number_option(state, "still", text, 1e-6, 1000);
    return 0;
  case KEY_REPEATS:
    arguments->repeats = (unsigned)stance_number_option(state, "repeats", text, 1, 60);
    return 0;
  default:
    return parse_verdict(key, text, state);
  }
}

const struct argp stance_verify_argp = {
    .options = options,
    .parser = parse_key,
    .args_doc = "[zero | mass | swap | cop | dynamic]",
    .doc =
        "Check whether an instrument still measures what its calibration says. zero: the empty "
        "instrument. mass: a known load, with the gravity of the place. swap: the same load left "
        "and right, which finds a gain mismatch, the fake asymmetry. cop: a load at five places of "
        "a plate. dynamic: a load let go at once, natural frequency and damping of the rig. Each "
        "check is kept and never changes. The latest of each kind and side counts: one that failed "
        "or is overdue flags every later result of the instrument until one passes; it locks "
        "nobody out.\v"
        "A verdict is passed, failed or undecided: undecided where the check resolves less than "
        "its limit. Then nothing changes: read longer, more often, or with a larger load.\n\n"
        "Examples:\n"
        "  stance verify zero --device labjack-u6:\n"
        "  stance verify mass --device labjack-u6: --side left --mass 20 --latitude 52.5 "
        "--height 40 --standard-uncertainty 0.02\n"
        "  stance verify swap --device left=labjack-u6:1 --device right=labjack-u6:2\n"
        "  stance verify cop --instrument 'Plate 7' --points places.csv\n"
        "  stance verify dynamic --device 'replay:release.csv?speed=max' --side left --unattended\n"
        "  stance verify --list\n\n"
        "Exit status: 0 passed, 1 failed or undecided, 2 usage, 3 input unreadable, 4 instrument, "
        "5 store or output not writable.",
};

void stance_verify_parse(int argc, char **argv, struct stance_verify_arguments *ret_arguments)
{
  struct stance_verify_arguments arguments = {
      .side = STANCE_SIDE_NONE,
      .mass_kg = (double)NAN,
      .load_n = (double)NAN,
      .gravity_m_per_s2 = (double)NAN,
      .latitude_deg = (double)NAN,
      .seconds = (double)NAN,
      .limit = (double)NAN,
      .valid_days = (double)NAN,
      .still_n = 2,
      .placing_mm = 1,
      .repeats = 3,
  };
  argp_parse(&stance_verify_argp, argc, argv, 0, NULL, &arguments);
  *ret_arguments = arguments;
}
