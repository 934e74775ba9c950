/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analyze.h"
#include "command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_PROTOCOL = 'p',
  KEY_OUTPUT = 'o',
  KEY_JOBS = 'j',
  KEY_COLUMNS = 0x100,
  KEY_RATE,
  KEY_GROUP,
  KEY_UNIT,
  KEY_SCALE,
  KEY_SIDE,
  KEY_SIDE_ORDER,
  KEY_STORED,
  KEY_MASS,
  KEY_LEVER,
  KEY_INJURED,
  KEY_CALIBRATION_UNCERTAINTY,
  KEY_MASS_UNCERTAINTY,
  KEY_LEVER_UNCERTAINTY,
  KEY_UNCERTAINTY,
  KEY_ATHLETE,
  KEY_FROM,
  KEY_TO,
  KEY_ONSET_METHOD,
  KEY_ASYMMETRY,
  KEY_SET,
  KEY_LAYOUT,
  KEY_APPEND,
  KEY_CSV_LOCALE,
  KEY_JSON,
  KEY_BUDGET,
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "What the file is", 1},
    {"columns", KEY_COLUMNS, "CHOICE", 0,
     "Force columns by name, position or sum: left=Fz1,right=Fz2  total=Fz1+Fz2  total=#3", 1},
    {"rate", KEY_RATE, "HZ", 0, "Samples per second of a file without a time column", 1},
    {"group", KEY_GROUP, "COLUMN", 0,
     "Several trials in one long file: one for each value of this column, named FILE#VALUE", 1},
    {"unit", KEY_UNIT, "UNIT", 0,
     "Unit of the values: N mN kN kgf lbf (g = 9.80665 m/s2), V or mV/V with --scale", 1},
    {"scale", KEY_SCALE, "SCALE", 0,
     "Newtons from electrical units: left=GAIN,OFFSET;right=GAIN,OFFSET or GAIN,OFFSET; -1,0 turns "
     "the sign of a force; repeatable",
     1},
    {"calibration-uncertainty", KEY_CALIBRATION_UNCERTAINTY, "PCT", 0,
     "How well the forces are calibrated (expanded, k = 2, in percent of the force), where no "
     "profile says it; without it intervals hold noise and clock alone and say so",
     1},
    {"side", KEY_SIDE, "SIDE", 0, "Side of a file that holds one force: left or right", 1},
    {"side-order", KEY_SIDE_ORDER, "SIDES", 0,
     "One plate used for both in turn: the side of each attempt, as in left,right", 1},
    {"stored", KEY_STORED, 0, 0, "Every recording of the store", 1},
    {0, 0, 0, 0, "Who was tested", 2},
    {"athlete", KEY_ATHLETE, "ID", 0, "Name or number of the athlete", 2},
    {"mass", KEY_MASS, "KG", 0, "Body mass, for force per kg", 2},
    {"lever", KEY_LEVER, "M", 0, "Lever arm from joint to force, for torque", 2},
    {"mass-uncertainty", KEY_MASS_UNCERTAINTY, "KG", 0,
     "How well the mass is known (expanded, k = 2); without it force per kg has no interval", 2},
    {"lever-uncertainty", KEY_LEVER_UNCERTAINTY, "M", 0,
     "How well the lever is known (expanded, k = 2); without it torque has no interval", 2},
    {"injured", KEY_INJURED, "SIDE", 0, "Injured side, for limb symmetry indices: left or right",
     2},
    {0, 0, 0, 0, "How it is analysed", 3},
    {"protocol", KEY_PROTOCOL, "ID|FILE.ini", 0,
     "Test protocol; without it a stored recording keeps its own, and a file is `isometric`", 3},
    {"from", KEY_FROM, "S", 0, "Analyse from this time of the file on", 3},
    {"to", KEY_TO, "S", 0, "Analyse up to this time of the file", 3},
    {"onset-method", KEY_ONSET_METHOD, "ID", 0,
     "mean_sd, threshold_n, percent_peak, percent_bodyweight or derivative", 3},
    {"asymmetry", KEY_ASYMMETRY, "FORMULA", 0,
     "percent_difference (default) or another formula of the data dictionary", 3},
    {"set", KEY_SET, "KEY=VALUE", 0,
     "Any setting of the analysis, such as onset_sd=5 or quiet_window_s=0.5; repeatable", 3},
    {"uncertainty", KEY_UNCERTAINTY, "EXTENT", 0,
     "full: linear propagation, and a bootstrap from the recording's own noise where that fails "
     "(onset, rates, impulses, noisy peaks); linear: without the bootstrap; none. Default: full "
     "for one recording, linear for several",
     3},
    {0, 0, 0, 0, "What comes out", 4},
    {"layout", KEY_LAYOUT, "LAYOUT", 0,
     "wide: a row a repetition and side (default); long: a row a value; tests: a row a test", 4},
    {"json", KEY_JSON, 0, 0, "One JSON object a recording and line, instead of CSV", 4},
    {"budget", KEY_BUDGET, "METRIC", 0,
     "What the uncertainty of this metric is made of, as in peak_force; with --json for programs",
     4},
    {"csv-locale", KEY_CSV_LOCALE, 0, 0,
     "For spreadsheets set to ; and decimal comma; with byte-order mark and CRLF", 4},
    {"output", KEY_OUTPUT, "FILE", 0, "Write there instead of to standard output", 4},
    {"append", KEY_APPEND, 0, 0, "Continue the CSV file named by --output", 4},
    {"jobs", KEY_JOBS, "N", 0, "Recordings analysed at once (default: as many as processors)", 4},
    {0},
};

static void add_setting(struct argp_state *state, const char *key, const char *value)
{
  struct stance_analyze_arguments *arguments = state->input;
  size_t count = arguments->trial.setting_count;
  if (count == STANCE_SETTING_COUNT_MAX)
    argp_error(state, "more than %d settings", STANCE_SETTING_COUNT_MAX);
  struct stance_analysis_settings settings = stance_analysis_settings_default;
  struct stance_problem problem;
  if (stance_analysis_settings_set(&settings, key, value, &problem) != STANCE_OK)
    argp_error(state, "%s", problem.text);
  arguments->setting[count] = (struct stance_setting){.key = key, .value = value};
  arguments->trial.setting_count = count + 1;
}

/* argv may be written to: "key=value" is cut in two. */
static void add_assignment(struct argp_state *state, char *text)
{
  char *equals = strchr(text, '=');
  if (equals == NULL) {
    argp_error(state, "--set '%s': expected KEY=VALUE", text);
    return;
  }
  *equals = '\0';
  add_setting(state, text, equals + 1);
}

static void set_side_order(struct argp_state *state, const char *text)
{
  struct stance_trial_options *trial = &((struct stance_analyze_arguments *)state->input)->trial;
  struct stance_problem problem;
  if (stance_trial_side_order(text, trial->side_order, &trial->side_order_count, &problem) !=
      STANCE_OK)
    argp_error(state, "%s", problem.text);
}

static error_t parse_file_key(int key, char *text, struct argp_state *state)
{
  struct stance_analyze_arguments *arguments = state->input;
  struct stance_trial_options *trial = &arguments->trial;
  switch (key) {
  case KEY_COLUMNS:
    trial->csv.columns = stance_list_option(state, "columns", arguments->columns,
                                            sizeof arguments->columns, ',', text);
    return 0;
  case KEY_RATE: /* from a reading a second to what no force instrument reaches */
    trial->csv.rate_hz = stance_number_option(state, "rate", text, 1e-3, 1e7);
    return 0;
  case KEY_GROUP:
    trial->csv.group = text;
    return 0;
  case KEY_UNIT:
    trial->csv.unit = text;
    return 0;
  case KEY_SCALE:
    trial->scale =
        stance_list_option(state, "scale", arguments->scale, sizeof arguments->scale, ';', text);
    return 0;
  case KEY_CALIBRATION_UNCERTAINTY:
    trial->calibration_uncertainty_pct =
        stance_number_option(state, "calibration-uncertainty", text, 1e-4, 50);
    return 0;
  case KEY_SIDE:
    trial->csv.side = stance_side_name((enum stance_side)stance_side_option(state, "side", text));
    return 0;
  case KEY_SIDE_ORDER:
    set_side_order(state, text);
    return 0;
  case KEY_STORED:
    arguments->stored = true;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_analysis_key(int key, char *text, struct argp_state *state)
{
  struct stance_analyze_arguments *arguments = state->input;
  struct stance_trial_options *trial = &arguments->trial;
  switch (key) {
  case KEY_ATHLETE:
    trial->athlete = stance_name_option(state, "athlete", text);
    return 0;
  case KEY_MASS: /* a slip such as pounds or grams must not pass for a person */
    trial->body_mass_kg = stance_number_option(state, "mass", text, 10, 500);
    return 0;
  case KEY_LEVER:
    trial->lever_m = stance_number_option(state, "lever", text, 0.01, 2);
    return 0;
  case KEY_MASS_UNCERTAINTY:
    trial->body_mass_uncertainty_kg =
        stance_number_option(state, "mass-uncertainty", text, 1e-4, 50);
    return 0;
  case KEY_LEVER_UNCERTAINTY:
    trial->lever_uncertainty_m = stance_number_option(state, "lever-uncertainty", text, 1e-5, 1);
    return 0;
  case KEY_UNCERTAINTY:
    trial->uncertainty = stance_uncertainty_extent_find(text);
    arguments->has_uncertainty = true;
    if (trial->uncertainty == STANCE_UNCERTAINTY_EXTENT_COUNT)
      argp_error(state, "--uncertainty '%s' is none of full, linear, none", text);
    return 0;
  case KEY_INJURED:
    trial->injured_side = (enum stance_side)stance_side_option(state, "injured", text);
    return 0;
  case KEY_PROTOCOL:
    arguments->protocol = text;
    return 0;
  case KEY_FROM:
    trial->from_s = stance_number_option(state, "from", text, -1e12, 1e12);
    return 0;
  case KEY_TO:
    trial->to_s = stance_number_option(state, "to", text, -1e12, 1e12);
    return 0;
  case KEY_ONSET_METHOD:
    add_setting(state, "onset_method", text);
    return 0;
  case KEY_ASYMMETRY:
    add_setting(state, "asymmetry_formula", text);
    return 0;
  case KEY_SET:
    add_assignment(state, text);
    return 0;
  default:
    return parse_file_key(key, text, state);
  }
}

static void check(struct argp_state *state, const struct stance_analyze_arguments *arguments)
{
  if (arguments->input_count == 0 && !arguments->stored)
    argp_error(state, "no FILE was given; `stance analyze --help` shows examples");
  if (arguments->append && (arguments->output == NULL || strcmp(arguments->output, "-") == 0))
    argp_error(state, "--append needs --output FILE: the file to continue");
  if (arguments->append && arguments->has_budget)
    argp_error(state, "--append continues a CSV file: leave out --budget");
  if (arguments->append && arguments->json)
    argp_error(state, "--append continues a CSV file: leave out --json");
  if (arguments->trial.from_s >= arguments->trial.to_s)
    argp_error(state, "--from %g is not before --to %g", arguments->trial.from_s,
               arguments->trial.to_s);
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct stance_analyze_arguments *arguments = state->input;
  switch (key) {
  case KEY_LAYOUT:
    arguments->layout = stance_layout_find(text);
    if (arguments->layout == STANCE_LAYOUT_COUNT)
      argp_error(state, "--layout '%s' is none of wide, long, tests", text);
    return 0;
  case KEY_BUDGET:
    arguments->budget = stance_metric_find(text);
    arguments->has_budget = true;
    if (arguments->budget == STANCE_METRIC_COUNT)
      argp_error(state, "--budget '%s' is no metric; the data dictionary lists them", text);
    return 0;
  case KEY_JSON:
    arguments->json = true;
    return 0;
  case KEY_CSV_LOCALE:
    arguments->locale = true;
    return 0;
  case KEY_OUTPUT:
    arguments->output = text;
    return 0;
  case KEY_APPEND:
    arguments->append = true;
    return 0;
  case KEY_JOBS:
    arguments->jobs = (unsigned)stance_number_option(state, "jobs", text, 1, 1024);
    return 0;
  case ARGP_KEY_ARG:
    arguments->input[arguments->input_count++] = text;
    return 0;
  case ARGP_KEY_END:
    check(state, arguments);
    return 0;
  default:
    return parse_analysis_key(key, text, state);
  }
}

const struct argp stance_analyze_argp = {
    .options = options,
    .parser = parse_key,
    .args_doc = "FILE...\nleft:FILE right:FILE\nRECORDING...\n--stored",
    .doc =
        "Analyse recordings: CSV files in any layout, or what the store holds (by UUID), to CSV on "
        "standard output. Two files left:FILE right:FILE are one test whose sides were recorded "
        "one after the other.\v"
        "Examples:\n"
        "  stance analyze --protocol nordic session.csv > report.csv\n"
        "  stance analyze --columns left=Fz1,right=Fz2 --mass 82 jump.csv\n"
        "  stance analyze --protocol iso-supine-90-90 left:l.csv right:r.csv\n"
        "  stance analyze --layout tests --append --output clinic.csv today.csv\n"
        "  stance analyze --stored --layout long --output all.csv\n\n"
        "An unreadable file does not stop the others: they print, and the exit status is 3.\n"
        "Exit status: 0 done (flags do not change it), 2 usage, 3 input unreadable, 5 store or "
        "output not writable.",
};

void stance_analyze_parse(int argc, char **argv, struct stance_analyze_arguments *ret_arguments)
{
  *ret_arguments = (struct stance_analyze_arguments){.trial = stance_trial_options_default};
  ret_arguments->input = calloc((size_t)argc, sizeof *ret_arguments->input);
  if (ret_arguments->input == NULL)
    abort();
  argp_parse(&stance_analyze_argp, argc, argv, 0, NULL, ret_arguments);
  ret_arguments->trial.setting = ret_arguments->setting;
}
