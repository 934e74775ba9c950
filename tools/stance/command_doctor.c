/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "cue_loopback.h"
#include "doctor.h"
#include "store.h"

#include <stdlib.h>

enum { KEY_JSON = 'j', KEY_LOOPBACK = 0x100, KEY_SOUND, KEY_LATENCY };

static const struct argp_option options[] = {
    {"json", KEY_JSON, 0, 0, "For programs: one object, {\"holds\":…,\"findings\":[…]}", 1},
    {"loopback", KEY_LOOPBACK, "INPUT", OPTION_ARG_OPTIONAL,
     "Play, listen on INPUT (a part of its name; default: the system's choice), and keep how late "
     "the sound card plays: reaction times need it. Lead the output to the input with a cable, or "
     "hold the microphone to the loudspeaker",
     2},
    {"sound", KEY_SOUND, "CARD", 0,
     "With --loopback: a part of the sound card's name, as `stanced --sound`", 2},
    {"latency", KEY_LATENCY, "S", 0,
     "With --loopback: that the card is asked for, as `stanced --latency`", 2},
    {0},
};

struct arguments {
  bool json, loopback;
  struct stance_loopback_options sound;
};

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct arguments *arguments = state->input;
  char *end;
  switch (key) {
  case KEY_JSON:
    arguments->json = true;
    return 0;
  case KEY_LOOPBACK:
    arguments->loopback = true;
    arguments->sound.input = text;
    return 0;
  case KEY_SOUND:
    arguments->sound.device = text;
    return 0;
  case KEY_LATENCY: /* the bounds are those of stanced */
    arguments->sound.latency_s = strtod(text, &end);
    if (end == text || *end != '\0' || !(arguments->sound.latency_s >= 0.001) ||
        !(arguments->sound.latency_s <= 1))
      argp_error(state, "--latency '%s': expected a number from 0.001 to 1", text);
    return 0;
  case ARGP_KEY_END:
    if (!arguments->loopback && (arguments->sound.device != NULL || arguments->sound.latency_s > 0))
      argp_error(state, "--sound and --latency belong to --loopback");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp stance_doctor_argp = {
    .options = options,
    .parser = parse_key,
    .doc = "Look whether this computer can record a test: rights to each instrument that is "
           "plugged in, real-time limits, USB memory, processor and clock, sound, disk, file "
           "system and "
           "health of the store. What does not hold is named with the command that mends it. "
           "Nothing is changed, and no instrument is asked; --loopback alone plays, listens and "
           "keeps how late the sound card is.\v"
           "Examples:\n"
           "  stance doctor\n"
           "  stance doctor --loopback --sound 'USB Audio'\n"
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

static void check_store_and_sound(struct stance_doctor *doctor, const struct arguments *arguments)
{
  struct stance_problem problem = {""};
  char path[4096];

  if (stance_store_default_path(path, sizeof path, &problem) != STANCE_OK) {
    stance_doctor_note(doctor, "store", STANCE_VERDICT_BAD, "", "%s", problem.text);
    return;
  }
  stance_doctor_check_store(doctor, path);
  if (arguments->loopback)
    stance_doctor_measure_sound(doctor, path, &arguments->sound);
  else
    stance_doctor_check_sound(doctor, path);
}

int stance_doctor_run(int argc, char **argv)
{
  struct arguments arguments = {.json = false};
  argp_parse(&stance_doctor_argp, argc, argv, 0, NULL, &arguments);

  struct stance_doctor doctor = {.root = ""};
  const struct stance_doctor_limits limits = stance_doctor_read_limits();
  stance_doctor_check_instruments(&doctor);
  stance_doctor_check_limits(&doctor, &limits);
  stance_doctor_check_host(&doctor);
  check_store_and_sound(&doctor, &arguments);
  if (arguments.json)
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
