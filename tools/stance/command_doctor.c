/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "doctor.h"
#include "store.h"

enum { KEY_JSON = 'j' };

static const struct argp_option options[] = {
    {"json", KEY_JSON, 0, 0, "For programs: one object, {\"holds\":…,\"findings\":[…]}", 0},
    {0},
};

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  bool *json = state->input;
  (void)text;
  if (key != KEY_JSON)
    return ARGP_ERR_UNKNOWN;
  *json = true;
  return 0;
}

const struct argp stance_doctor_argp = {
    .options = options,
    .parser = parse_key,
    .doc = "Look whether this computer can record a test: rights to each instrument that is "
           "plugged in, real-time limits, USB memory, processor and clock, disk, file system and "
           "health of the store. What does not hold is named with the command that mends it. "
           "Nothing is changed, and no instrument is asked.\v"
           "Examples:\n"
           "  stance doctor\n"
           "  stance doctor --json | jq '.findings[] | select(.verdict==\"bad\")'\n\n"
           "Exit status: 0 all holds (advice does not change it), 1 something does not hold, "
           "2 usage, 5 standard output not writable.",
};

static const char *verdict_name(enum stance_verdict verdict)
{
  switch (verdict) {
  case STANCE_VERDICT_GOOD:
    return "good";
  case STANCE_VERDICT_ADVICE:
    return "advice";
  case STANCE_VERDICT_BAD:
    break;
  }
  return "bad";
}

static void print_text(const struct stance_doctor *doctor)
{
  for (size_t k = 0; k < doctor->count; k++) {
    const struct stance_finding *finding = &doctor->finding[k];
    printf("%-6s  %s: ", verdict_name(finding->verdict), finding->check);
    stance_print_plain(stdout, finding->what);
    putchar('\n');
    if (finding->mend[0] != '\0') {
      fputs("        mend: ", stdout);
      stance_print_plain(stdout, finding->mend);
      putchar('\n');
    }
  }
}

/* RFC 8259, 7. Text is UTF-8 already; a device's own name is ASCII (usb_devices.c). */
static void print_string(const char *text)
{
  putchar('"');
  for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
    if (*c == '"' || *c == '\\')
      printf("\\%c", *c);
    else if (*c < 0x20 || *c == 0x7f)
      printf("\\u%04x", *c);
    else
      putchar(*c);
  putchar('"');
}

static void print_json(const struct stance_doctor *doctor)
{
  printf("{\"holds\":%s,\"findings\":[", stance_doctor_holds(doctor) ? "true" : "false");
  for (size_t k = 0; k < doctor->count; k++) {
    const struct stance_finding *finding = &doctor->finding[k];
    printf("%s\n {\"check\":\"%s\",\"verdict\":\"%s\",\"what\":", k == 0 ? "" : ",", finding->check,
           verdict_name(finding->verdict));
    print_string(finding->what);
    fputs(",\"mend\":", stdout);
    print_string(finding->mend);
    putchar('}');
  }
  puts("\n]}");
}

static void check_store(struct stance_doctor *doctor)
{
  struct stance_problem problem = {""};
  char path[4096];

  if (stance_store_default_path(path, sizeof path, &problem) != STANCE_OK)
    stance_doctor_note(doctor, "store", STANCE_VERDICT_BAD, "", "%s", problem.text);
  else
    stance_doctor_check_store(doctor, path);
}

int stance_doctor_run(int argc, char **argv)
{
  bool json = false;
  argp_parse(&stance_doctor_argp, argc, argv, 0, NULL, &json);

  struct stance_doctor doctor = {.root = ""};
  const struct stance_doctor_limits limits = stance_doctor_read_limits();
  stance_doctor_check_instruments(&doctor);
  stance_doctor_check_limits(&doctor, &limits);
  stance_doctor_check_host(&doctor);
  check_store(&doctor);
  if (json)
    print_json(&doctor);
  else
    print_text(&doctor);
  if (fflush(stdout) != 0) {
    struct stance_problem problem;
    return stance_complain(
        stance_problem_set(&problem, STANCE_STORE, "standard output cannot be written"), &problem);
  }
  return stance_exit_status(stance_doctor_holds(&doctor) ? STANCE_OK : STANCE_MISMATCH);
}
