/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "output.h"
#include "raw_export.h"
#include "trial.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_OUTPUT = 'o',
  KEY_DICTIONARY = 0x100,
  KEY_LIST,
  KEY_RAW,
  KEY_CALIBRATION,
  KEY_DECIMALS,
  KEY_CSV_LOCALE,
  KEY_COLUMNS,
  KEY_RATE,
  KEY_SIDE,
};

enum what { NOTHING, DICTIONARY, LIST, RAW, CALIBRATION };

struct arguments {
  enum what what;
  const char *subject; /* recording or file */
  const char *output;
  enum stance_side side; /* the instrument, where two were one rig; NONE: both */
  struct stance_raw_export_options raw;
  struct stance_csv_options csv;
  char columns[STANCE_CHOICE_SIZE]; /* where `csv` points to */
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "What is exported: one of", 1},
    {"dictionary", KEY_DICTIONARY, 0, 0,
     "Every column, metric, reason, method and rule with its definition, as CSV", 1},
    {"list", KEY_LIST, 0, 0, "The recordings of the store, as CSV", 1},
    {"raw", KEY_RAW, "RECORDING|FILE", 0, "What was sampled, in the instrument's unit, as CSV", 1},
    {"calibration", KEY_CALIBRATION, "RECORDING", 0,
     "The calibration that a recording was made with, as a text file", 1},
    {0, 0, 0, 0, "How", 2},
    {"output", KEY_OUTPUT, "FILE", 0, "Write there instead of to standard output", 2},
    {"side", KEY_SIDE, "SIDE", 0,
     "Of two instruments the left or the right one, as it sampled; without it --raw lays both on "
     "one "
     "axis",
     2},
    {"decimals", KEY_DECIMALS, "N", 0,
     "Round raw values to 0 ... 9 decimals (default: as many as lose nothing)", 2},
    {"csv-locale", KEY_CSV_LOCALE, 0, 0,
     "For spreadsheets set to ; and decimal comma; with byte-order mark and CRLF", 2},
    {"columns", KEY_COLUMNS, "CHOICE", 0, "Force columns of a FILE, as in `stance analyze`", 2},
    {"rate", KEY_RATE, "HZ", 0, "Samples per second of a FILE without a time column", 2},
    {0},
};

static void choose(struct argp_state *state, enum what what, const char *subject)
{
  struct arguments *arguments = state->input;
  if (arguments->what != NOTHING)
    argp_error(state, "one of --dictionary, --list, --raw and --calibration at a time");
  arguments->what = what;
  arguments->subject = subject;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct arguments *arguments = state->input;
  switch (key) {
  case KEY_DICTIONARY:
    choose(state, DICTIONARY, NULL);
    return 0;
  case KEY_LIST:
    choose(state, LIST, NULL);
    return 0;
  case KEY_RAW:
    choose(state, RAW, text);
    return 0;
  case KEY_CALIBRATION:
    choose(state, CALIBRATION, text);
    return 0;
  case KEY_OUTPUT:
    arguments->output = text;
    return 0;
  case KEY_SIDE:
    arguments->side = (enum stance_side)stance_side_option(state, "side", text);
    return 0;
  case KEY_DECIMALS:
    arguments->raw.decimals = (int)stance_number_option(state, "decimals", text, 0, 9);
    return 0;
  case KEY_CSV_LOCALE:
    arguments->raw.locale = true;
    return 0;
  case KEY_COLUMNS:
    arguments->csv.columns = stance_list_option(state, "columns", arguments->columns,
                                                sizeof arguments->columns, ',', text);
    return 0;
  case KEY_RATE:
    arguments->csv.rate_hz = stance_number_option(state, "rate", text, 1e-3, 1e7);
    return 0;
  case ARGP_KEY_END:
    if (arguments->what == NOTHING)
      argp_error(state, "say what: --dictionary, --list, --raw or --calibration");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp stance_export_argp = {
    .options = options,
    .parser = parse_key,
    .doc = "Export what the station holds.\v"
           "Examples:\n"
           "  stance export --dictionary > dictionary.csv\n"
           "  stance export --list\n"
           "  stance export --raw 3f2a...-... --output trace.csv\n"
           "  stance export --raw session.csv --decimals 3\n\n"
           "Exit status: 0 done, 2 usage, 3 input unreadable, 5 store or output not writable.",
};

static enum stance_status open_store(struct stance_store **ret_store,
                                     struct stance_problem *problem)
{
  char path[PATH_MAX];
  enum stance_status status = stance_store_default_path(path, sizeof path, problem);
  return status != STANCE_OK ? status
                             : stance_store_open(path, STANCE_STORE_READ, ret_store, problem);
}

static enum stance_status put(struct stance_text *text, FILE *out, struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  if (text->failed)
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  else if (text->bytes != NULL)
    fputs(text->bytes, out); /* whether it arrived is asked when the output is committed */
  stance_text_finish(text);
  return status;
}

static enum stance_status export_dictionary(const struct arguments *arguments, FILE *out,
                                            struct stance_problem *problem)
{
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text, .locale = arguments->raw.locale};
  stance_report_dictionary(&sheet);
  return put(&text, out, problem);
}

static void list_row(struct stance_sheet *sheet, const struct stance_recording_summary *recording)
{
  stance_sheet_text(sheet, recording->id);
  stance_sheet_text(sheet, recording->session);
  stance_sheet_text(sheet, recording->athlete);
  stance_sheet_text(sheet, recording->protocol_id);
  stance_sheet_text(sheet, recording->started_at);
  stance_sheet_text(sheet, recording->finished_at);
  stance_sheet_text(sheet, recording->model);
  stance_sheet_shortest(sheet, recording->rate_hz);
  stance_sheet_count(sheet, recording->frames_stored);
  stance_sheet_end_row(sheet, 9);
}

static enum stance_status export_list(const struct arguments *arguments, FILE *out,
                                      struct stance_problem *problem)
{
  static const char *const header[] = {"recording",  "session",    "athlete",
                                       "protocol",   "started_at", "finished_at",
                                       "instrument", "rate_hz",    "frames_stored"};
  struct stance_store *store = NULL;
  struct stance_recording_summary *recordings = NULL;
  size_t count = 0;
  enum stance_status status = open_store(&store, problem);
  if (status == STANCE_OK)
    status = stance_store_list_recordings(store, &recordings, &count, problem);
  stance_store_close(store);
  if (status != STANCE_OK)
    return status;
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text, .locale = arguments->raw.locale};
  stance_sheet_begin(&sheet);
  for (size_t k = 0; k < sizeof header / sizeof *header; k++)
    stance_sheet_text(&sheet, header[k]);
  stance_sheet_end_row(&sheet, sizeof header / sizeof *header);
  for (size_t k = 0; k < count; k++)
    list_row(&sheet, &recordings[k]);
  free(recordings);
  return put(&text, out, problem);
}

static enum stance_status export_file(const struct arguments *arguments, FILE *out,
                                      struct stance_problem *problem)
{
  struct stance_csv_file file = {0};
  enum stance_status status = stance_csv_read(arguments->subject, &arguments->csv, &file, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_raw_export(&file.trial[0].trace, &arguments->raw, out, problem);
  stance_csv_file_finish(&file);
  return status;
}

/* The stream that is meant; STANCE_STREAM_MAX: both. */
static enum stance_status choose_stream(const struct arguments *arguments,
                                        const struct stance_recording *info, size_t *ret_stream,
                                        struct stance_problem *problem)
{
  *ret_stream = 0;
  if (info->stream_count == 1)
    return STANCE_OK;
  *ret_stream = STANCE_STREAM_MAX;
  if (arguments->side == STANCE_SIDE_NONE && arguments->what == RAW)
    return STANCE_OK;
  for (size_t k = 0; k < info->stream_count; k++)
    if (info->stream[k].side == arguments->side)
      *ret_stream = k;
  if (*ret_stream < STANCE_STREAM_MAX)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_USAGE,
                            "recording %s was made with two instruments; choose one with --side "
                            "left or --side right",
                            info->id);
}

/* Both, as the analysis sees them. */
static enum stance_status export_rig(const struct arguments *arguments, struct stance_store *store,
                                     FILE *out, struct stance_problem *problem)
{
  struct stance_trial trial = {0};
  enum stance_status status = stance_trial_load_stored(
      store, arguments->subject, &stance_trial_options_default, &trial, problem);
  if (status == STANCE_OK)
    status = stance_raw_export(&trial.raw, &arguments->raw, out, problem);
  stance_trial_finish(&trial);
  return status;
}

static enum stance_status export_stored(const struct arguments *arguments, FILE *out,
                                        struct stance_problem *problem)
{
  struct stance_store *store = NULL;
  struct stance_recording info = {0};
  struct stance_raw_trace raw[STANCE_STREAM_MAX] = {0};
  struct stance_phase *phases = NULL;
  size_t phase_count = 0, stream = 0;
  enum stance_status status = open_store(&store, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_store_load(store, arguments->subject, &info, raw, &phases, &phase_count, problem);
  if (status == STANCE_END)
    status = STANCE_INPUT; /* nothing was committed */
  if (status == STANCE_OK)
    status = choose_stream(arguments, &info, &stream, problem);
  if (status == STANCE_OK && stream == STANCE_STREAM_MAX)
    status = export_rig(arguments, store, out, problem);
  else if (status == STANCE_OK && arguments->what == RAW)
    status = stance_raw_export(&raw[stream], &arguments->raw, out, problem);
  else if (status == STANCE_OK)
    fputs(info.stream[stream].calibration_text == NULL ? "" : info.stream[stream].calibration_text,
          out);
  stance_store_close(store);
  for (size_t k = 0; k < STANCE_STREAM_MAX; k++)
    stance_raw_trace_finish(&raw[k]);
  stance_recording_finish(&info);
  free(phases);
  return status;
}

static enum stance_status export_to(const struct arguments *arguments, FILE *out,
                                    struct stance_problem *problem)
{
  switch (arguments->what) {
  case DICTIONARY:
    return export_dictionary(arguments, out, problem);
  case LIST:
    return export_list(arguments, out, problem);
  case RAW:
    return stance_names_recording(arguments->subject) ? export_stored(arguments, out, problem)
                                                      : export_file(arguments, out, problem);
  default:
    return export_stored(arguments, out, problem);
  }
}

int stance_export_run(int argc, char **argv)
{
  struct arguments arguments = {.side = STANCE_SIDE_NONE,
                                .raw = {.decimals = STANCE_RAW_EXPORT_EXACT}};
  struct stance_problem problem = {""};
  struct stance_output *output = NULL;
  argp_parse(&stance_export_argp, argc, argv, 0, NULL, &arguments);
  enum stance_status status = STANCE_OK;
  if (arguments.what == RAW)
    status = stance_output_spares(arguments.output, arguments.subject, &problem);
  if (status == STANCE_OK)
    status = stance_output_open(arguments.output, &output, &problem);
  if (status == STANCE_OK) {
    status = export_to(&arguments, stance_output_file(output), &problem);
    if (status == STANCE_OK)
      status = stance_output_commit(output, &problem);
    else
      stance_output_abandon(output);
  }
  return status == STANCE_OK ? 0 : stance_complain(status, &problem);
}
