/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol_keys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_CHOICE, KIND_NUMBER, KIND_COUNT };

struct choice {
  const char *name;
  unsigned value;
};

static const struct choice sides_choices[] = {{"both", STANCE_SIDES_BOTH},
                                              {"left,right", STANCE_SIDES_EACH},
                                              {"left", STANCE_SIDES_LEFT},
                                              {"right", STANCE_SIDES_RIGHT},
                                              {NULL, 0}};
static const struct choice rig_choices[] = {{"strap", STANCE_RIG_STRAP},
                                            {"plate", STANCE_RIG_PLATE},
                                            {"two-plates", STANCE_RIG_TWO_PLATES},
                                            {NULL, 0}};
static const struct choice effort_choices[] = {{"explosive", STANCE_EFFORT_EXPLOSIVE},
                                               {"sustained", STANCE_EFFORT_SUSTAINED},
                                               {"ramp", STANCE_EFFORT_RAMP},
                                               {"eccentric", STANCE_EFFORT_ECCENTRIC},
                                               {NULL, 0}};
static const struct choice compared_choices[] = {{"peak_force", STANCE_METRIC_PEAK_FORCE},
                                                 {"peak_force_net", STANCE_METRIC_PEAK_FORCE_NET},
                                                 {NULL, 0}};

struct key {
  const char *name;
  enum kind kind;
  size_t offset, size; /* of the member */
  bool required;
  bool spans_lines;
  double low, high; /* numbers and counts */
  const struct choice *choices;
};

#define MEMBER(member)                                \
  .offset = offsetof(struct stance_protocol, member), \
  .size = sizeof(((struct stance_protocol *)NULL)->member)

/* Ranges only keep slips of the pen out (a joint cannot bend so far, no test lasts an hour). */
static const struct key key_table[] = {
    {"title", KIND_TEXT, MEMBER(title), .required = true},
    {"version", KIND_TEXT, MEMBER(version), .required = true},
    {"sides", KIND_CHOICE, MEMBER(sides), .required = true, .choices = sides_choices},
    {"rig", KIND_CHOICE, MEMBER(rig), .required = true, .choices = rig_choices},
    {"effort", KIND_CHOICE, MEMBER(effort), .required = true, .choices = effort_choices},
    {"hip_deg", KIND_NUMBER, MEMBER(hip_deg), .low = -30, .high = 150},
    {"knee_deg", KIND_NUMBER, MEMBER(knee_deg), .low = -30, .high = 160},
    {"repetitions", KIND_COUNT, MEMBER(repetitions), .required = true, .low = 1, .high = 100},
    {"unloaded_s", KIND_NUMBER, MEMBER(unloaded_s), .low = 0, .high = 600},
    {"get_on_s", KIND_NUMBER, MEMBER(get_on_s), .low = 0, .high = 600},
    {"limb_s", KIND_NUMBER, MEMBER(limb_s), .low = 0, .high = 600},
    {"effort_s", KIND_NUMBER, MEMBER(effort_s), .low = 0.5, .high = 600},
    {"rest_s", KIND_NUMBER, MEMBER(rest_s), .low = 0, .high = 3600},
    {"target_low_pct", KIND_NUMBER, MEMBER(target_low_pct), .low = 1, .high = 150},
    {"target_high_pct", KIND_NUMBER, MEMBER(target_high_pct), .low = 1, .high = 150},
    {"target_of", KIND_TEXT, MEMBER(target_of)},
    {"tempo_down", KIND_COUNT, MEMBER(tempo_down), .low = 0, .high = 60},
    {"tempo_stay", KIND_COUNT, MEMBER(tempo_stay), .low = 0, .high = 60},
    {"tempo_up", KIND_COUNT, MEMBER(tempo_up), .low = 0, .high = 60},
    {"tempo_tick_s", KIND_NUMBER, MEMBER(tempo_tick_s), .low = 0.25, .high = 5},
    {"pain_limit", KIND_NUMBER, MEMBER(pain_limit), .low = 0, .high = 10},
    {"compared", KIND_CHOICE, MEMBER(compared), .choices = compared_choices},
    {"instruction", KIND_TEXT, MEMBER(instruction), .spans_lines = true},
    /* These only name what a source speaks of; no row below can be set in [protocol]. */
    {"target", .size = 0},
    {"tempo", .size = 0},
    {"analysis", .size = 0},
    {"general", .size = 0},
};
enum { KEY_COUNT = sizeof key_table / sizeof key_table[0] };
_Static_assert(KEY_COUNT <= 64, "one bit a key");
_Static_assert(sizeof(enum stance_rig) == sizeof(unsigned), "choices are copied as unsigned");

static const struct key *find_key(const char *name)
{
  for (size_t k = 0; k < KEY_COUNT; k++)
    if (strcmp(key_table[k].name, name) == 0)
      return &key_table[k];
  return NULL;
}

static uint64_t key_bit(const struct key *key)
{
  return UINT64_C(1) << (key - key_table);
}

static void list_keys(bool settable_only, char *ret_list, size_t size)
{
  size_t length = 0;
  ret_list[0] = '\0';
  for (size_t k = 0; k < KEY_COUNT && length < size; k++)
    if (key_table[k].size > 0 || !settable_only)
      length += (size_t)snprintf(ret_list + length, size - length, "%s%s", length > 0 ? ", " : "",
                                 key_table[k].name);
}

void protocol_draft_init(struct protocol_draft *draft, const char *name)
{
  memset(draft, 0, sizeof *draft);
  struct stance_protocol *protocol = &draft->protocol;
  const char *slash = strrchr(name, '/');
  const char *base = slash != NULL ? slash + 1 : name;
  const char *dot = strrchr(base, '.');
  const int length = dot != NULL && dot > base ? (int)(dot - base) : (int)strlen(base);
  if (length < (int)sizeof protocol->id)
    snprintf(protocol->id, sizeof protocol->id, "%.*s", length, base);
  strcpy(draft->analysis_seen, "\n");
  protocol->hip_deg = (double)NAN;
  protocol->knee_deg = (double)NAN;
  protocol->pain_limit = (double)NAN;
  protocol->target_low_pct = protocol->target_high_pct = (double)NAN;
  protocol->tempo_tick_s = 1; /* counted as one counts seconds */
  /* Defaults of this program: long enough to step on and be still, 3 s of effort (McCall 2015). */
  protocol->unloaded_s = 3;
  protocol->get_on_s = 5;
  protocol->limb_s = 2;
  protocol->effort_s = 3;
  protocol->rest_s = 30;
  protocol->compared = STANCE_METRIC_COUNT;
  protocol->analysis = stance_analysis_settings_default;
}

static enum stance_status append_text(char *text, size_t size, const char *separator,
                                      const char *value, const char *key,
                                      struct stance_problem *problem)
{
  const size_t used = strlen(text);
  const size_t gap = used > 0 ? strlen(separator) : 0;
  if (used + gap + strlen(value) >= size)
    return stance_problem_set(problem, STANCE_INPUT, "%s is longer than the %zu bytes allowed", key,
                              size - 1);
  snprintf(text + used, size - used, "%s%s", used > 0 ? separator : "", value);
  return STANCE_OK;
}

static enum stance_status set_number(const struct key *key, const char *value, void *member,
                                     struct stance_problem *problem)
{
  char *end = NULL;
  const double number = strtod(value, &end);
  /* strtod also takes hexadecimal, nan and inf, which no protocol means. */
  const bool plain =
      *value != '\0' && *end == '\0' && strspn(value, "+-.0123456789eE") == strlen(value);
  const bool whole = key->kind != KIND_COUNT || (plain && number == floor(number));
  if (!plain || !whole || !(number >= key->low && number <= key->high))
    return stance_problem_set(
        problem, STANCE_INPUT, "%s = \"%.80s\" is not %s from %g to %g", key->name, value,
        key->kind == KIND_COUNT ? "a whole number" : "a number", key->low, key->high);
  if (key->kind == KIND_COUNT)
    *(unsigned *)member = (unsigned)number;
  else
    *(double *)member = number;
  return STANCE_OK;
}

static enum stance_status set_choice(const struct key *key, const char *value, void *member,
                                     struct stance_problem *problem)
{
  char list[160] = "";
  for (const struct choice *choice = key->choices; choice->name != NULL; choice++) {
    if (strcmp(choice->name, value) == 0) {
      memcpy(member, &choice->value, sizeof choice->value);
      return STANCE_OK;
    }
    const size_t length = strlen(list);
    snprintf(list + length, sizeof list - length, "%s%s", length > 0 ? " | " : "", choice->name);
  }
  return stance_problem_set(problem, STANCE_INPUT, "%s = \"%.80s\" is not one of: %s", key->name,
                            value, list);
}

static enum stance_status set_protocol(struct protocol_draft *draft, const char *name,
                                       const char *value, bool continues,
                                       struct stance_problem *problem)
{
  const struct key *key = find_key(name);
  if (key == NULL || key->size == 0) {
    char list[400];
    list_keys(true, list, sizeof list);
    return stance_problem_set(problem, STANCE_INPUT,
                              "[protocol] has no key \"%.50s\"; its keys are: %s", name, list);
  }
  if (continues && !key->spans_lines)
    return stance_problem_set(problem, STANCE_INPUT,
                              "an indented line continues the value before it, and %s takes one "
                              "line: start the next key in the first column",
                              key->name);
  if (!continues && (draft->set & key_bit(key)) != 0)
    return stance_problem_set(problem, STANCE_INPUT, "%s is given a second time", key->name);
  draft->set |= key_bit(key);
  void *member = (char *)&draft->protocol + key->offset;
  switch (key->kind) {
  case KIND_CHOICE:
    return set_choice(key, value, member, problem);
  case KIND_NUMBER:
  case KIND_COUNT:
    return set_number(key, value, member, problem);
  case KIND_TEXT:
    if (key->required && value[0] == '\0')
      return stance_problem_set(problem, STANCE_INPUT, "%s is empty", key->name);
    break;
  }
  return append_text(member, key->size, " ", value, key->name, problem);
}

static enum stance_status set_analysis(struct protocol_draft *draft, const char *name,
                                       const char *value, bool continues,
                                       struct stance_problem *problem)
{
  char line[64];
  snprintf(line, sizeof line, "\n%s\n", name);
  if (continues || strstr(draft->analysis_seen, line) != NULL)
    return stance_problem_set(problem, STANCE_INPUT, "%.50s is given a second time", name);
  struct stance_problem what = {""};
  if (stance_analysis_settings_set(&draft->protocol.analysis, name, value, &what) != STANCE_OK)
    return stance_problem_set(problem, STANCE_INPUT, "[analysis] %.400s", what.text);
  return append_text(draft->analysis_seen, sizeof draft->analysis_seen, "", line + 1, name,
                     problem);
}

static enum stance_status set_source(struct protocol_draft *draft, const char *name,
                                     const char *value, bool continues,
                                     struct stance_problem *problem)
{
  struct stance_protocol *protocol = &draft->protocol;
  if (continues)
    return append_text(protocol->sources, sizeof protocol->sources, " ", value, "[sources]",
                       problem);
  const struct key *key = find_key(name);
  if (key == NULL) {
    char list[400];
    list_keys(false, list, sizeof list);
    return stance_problem_set(problem, STANCE_INPUT, "[sources] \"%.50s\" names none of: %s", name,
                              list);
  }
  if ((draft->source_set & key_bit(key)) != 0)
    return stance_problem_set(problem, STANCE_INPUT, "the source of %s is given a second time",
                              key->name);
  draft->source_set |= key_bit(key);
  char text[256]; /* one line of the file is shorter */
  snprintf(text, sizeof text, "%s: %s", key->name, value);
  return append_text(protocol->sources, sizeof protocol->sources, "\n", text, "[sources]", problem);
}

enum stance_status protocol_draft_set(struct protocol_draft *draft, const char *section,
                                      const char *key, const char *value, bool continues,
                                      struct stance_problem *problem)
{
  if (strcmp(section, "protocol") == 0)
    return set_protocol(draft, key, value, continues, problem);
  if (strcmp(section, "analysis") == 0)
    return set_analysis(draft, key, value, continues, problem);
  if (strcmp(section, "sources") == 0)
    return set_source(draft, key, value, continues, problem);
  return stance_problem_set(
      problem, STANCE_INPUT, "%s \"%.50s\"; the sections are [protocol], [analysis] and [sources]",
      section[0] == '\0' ? "no section stands above the key" : "unknown section",
      section[0] == '\0' ? key : section);
}

/* A hold without a band of its own: about 70 % of the maximum is what isometric holds are dosed at
   (Goom 2016, as tsmt.com.au applies it: 5 × 45 s at about 70 % effort); 5 % to either side is a
   default of this program. */
static const double hold_low_pct = 65, hold_high_pct = 75;

static enum stance_status finish_target(struct stance_protocol *protocol,
                                        struct stance_problem *problem)
{
  const bool has_low = !isnan(protocol->target_low_pct);
  const bool has_high = !isnan(protocol->target_high_pct);
  if (!has_low && !has_high && protocol->effort == STANCE_EFFORT_SUSTAINED) {
    protocol->target_low_pct = hold_low_pct;
    protocol->target_high_pct = hold_high_pct;
  } else if (has_low != has_high || protocol->target_low_pct >= protocol->target_high_pct) {
    return stance_problem_set(
        problem, STANCE_INPUT,
        "target_low_pct and target_high_pct are given together, the lower one "
        "first");
  }
  return STANCE_OK;
}

enum stance_status protocol_draft_finish(const struct protocol_draft *draft,
                                         struct stance_protocol *ret_protocol,
                                         struct stance_problem *problem)
{
  char list[128] = "";
  for (size_t k = 0; k < KEY_COUNT; k++) {
    const size_t length = strlen(list);
    if (key_table[k].required && (draft->set & (UINT64_C(1) << k)) == 0)
      snprintf(list + length, sizeof list - length, "%s%s", length > 0 ? ", " : "",
               key_table[k].name);
  }
  if (list[0] != '\0')
    return stance_problem_set(problem, STANCE_INPUT, "[protocol] lacks: %s", list);
  if (draft->protocol.id[0] == '\0')
    return stance_problem_set(problem, STANCE_INPUT,
                              "the file's name without its ending is the protocol's id: 1 to %zu "
                              "bytes are allowed",
                              sizeof draft->protocol.id - 1);
  struct stance_protocol protocol = draft->protocol;
  const enum stance_status status = finish_target(&protocol, problem);
  if (status != STANCE_OK)
    return status;
  *ret_protocol = protocol;
  if (ret_protocol->compared == STANCE_METRIC_COUNT)
    ret_protocol->compared = ret_protocol->rig == STANCE_RIG_STRAP ? STANCE_METRIC_PEAK_FORCE
                                                                   : STANCE_METRIC_PEAK_FORCE_NET;
  return STANCE_OK;
}

static const char *choice_name(const struct choice *choices, unsigned value)
{
  while (choices->value != value)
    choices++;
  return choices->name;
}

const char *stance_rig_name(enum stance_rig rig)
{
  return choice_name(rig_choices, rig);
}

const char *stance_effort_kind_name(enum stance_effort_kind effort)
{
  return choice_name(effort_choices, effort);
}

const char *stance_protocol_sides_name(enum stance_protocol_sides sides)
{
  return choice_name(sides_choices, sides);
}
