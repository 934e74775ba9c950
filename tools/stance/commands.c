/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"

#include "sheet.h"
#include "stance/side.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct stance_command stance_commands[] = {
    {"run", "one test, live, to CSV", &stance_run_argp, stance_run_run},
    {"open", "the page of the station that runs on this computer", &stance_open_argp,
     stance_open_run},
    {"analyze", "any recording or CSV file, to CSV", &stance_analyze_argp, stance_analyze_run},
    {"export", "data dictionary, list of recordings, raw values, calibrations", &stance_export_argp,
     stance_export_run},
    {"reliability", "how far two tests of an unchanged athlete differ", &stance_reliability_argp,
     stance_reliability_run},
    {"calibrate", "an instrument's readings into newtons: loads, data sheets, profiles",
     &stance_calibrate_argp, stance_calibrate_run},
    {"verify", "whether an instrument still measures what its calibration says",
     &stance_verify_argp, stance_verify_run},
    {"devices", "what can be sampled from", &stance_devices_argp, stance_devices_run},
    {"verify-record", "whether recordings and results still are what they were",
     &stance_verify_record_argp, stance_verify_record_run},
    {"doctor", "whether this computer can record a test, and what mends it", &stance_doctor_argp,
     stance_doctor_run},
    {0},
};

const char stance_exit_status_text[] =
    "Exit status: 0 done (flags do not change it), 1 a check did not hold, 2 usage, 3 input "
    "unreadable, 4 instrument, 5 store or output not writable.";

int stance_exit_status(enum stance_status status)
{
  switch (status) {
  case STANCE_OK:
  case STANCE_END:
    return 0;
  case STANCE_MISMATCH:
    return 1;
  case STANCE_USAGE:
    return 2;
  case STANCE_INPUT:
    return 3;
  case STANCE_INSTRUMENT:
  case STANCE_MEMORY:
    return 4;
  case STANCE_STORE:
    return 5;
  }
  return 4;
}

/* Bytes of the control character at `c`, 0 where there is none: C0 and DEL, C1 as UTF-8 has it. */
static int control_length(const char *c)
{
  const unsigned char first = (unsigned char)c[0], next = (unsigned char)(first == 0 ? 0 : c[1]);
  if (first == 0xc2 && next >= 0x80 && next < 0xa0)
    return 2;
  return first < 0x20 || first == 0x7f ? 1 : 0;
}

void stance_print_plain(FILE *to, const char *text)
{
  while (*text != '\0') {
    const int length = *text == '\n' ? 0 : control_length(text);
    putc(length > 0 ? '?' : *text, to);
    text += length > 0 ? length : 1;
  }
}

int stance_complain(enum stance_status status, const struct stance_problem *problem)
{
  fputs("stance: ", stderr);
  stance_print_plain(stderr, problem->text);
  fputc('\n', stderr);
  return stance_exit_status(status);
}

bool stance_names_recording(const char *text)
{
  static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (strlen(text) != sizeof pattern - 1)
    return false;
  for (size_t k = 0; k < sizeof pattern - 1; k++)
    if (pattern[k] == '-' ? text[k] != '-' : strchr("0123456789abcdefABCDEF", text[k]) == NULL)
      return false;
  return access(text, F_OK) != 0;
}

double stance_number_option(struct argp_state *state, const char *option, const char *text,
                            double minimum, double maximum)
{
  char *end = NULL;
  double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= minimum && value <= maximum))
    argp_error(state, "--%s '%s' is not a number from %g to %g (decimals with a point)", option,
               text, minimum, maximum);
  return value;
}

const char *stance_name_option(struct argp_state *state, const char *option, const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    if (control_length(c) > 0)
      argp_error(state, "--%s: a name has no control characters, such as a line end", option);
  struct stance_text clean = {0};
  stance_text_utf8(&clean, text);
  const bool is_utf8 = clean.failed || strcmp(clean.bytes == NULL ? "" : clean.bytes, text) == 0;
  stance_text_finish(&clean);
  if (!is_utf8)
    argp_error(state, "--%s: a name is UTF-8, as terminals send it", option);
  return text;
}

const char *stance_list_option(struct argp_state *state, const char *option, char *list,
                               size_t size, char separator, const char *text)
{
  const size_t before = strlen(list), room = size - before;
  const char between[] = {before > 0 ? separator : '\0', '\0'};
  if ((size_t)snprintf(list + before, room, "%s%s", between, text) >= room)
    argp_error(state, "--%s: more than %zu characters", option, size - 1);
  return list;
}

int stance_side_option(struct argp_state *state, const char *option, const char *text)
{
  if (strcmp(text, "left") == 0)
    return STANCE_LEFT;
  if (strcmp(text, "right") != 0)
    argp_error(state, "--%s '%s' is neither left nor right", option, text);
  return STANCE_RIGHT;
}
