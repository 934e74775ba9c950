/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_names.h"

#include <ctype.h>
#include <string.h>

enum { WORDS_MAX = 16, WORD_SIZE = 16 };

struct words {
  char word[WORDS_MAX][WORD_SIZE];
  size_t count;
};

/* English, German, French, Spanish, Italian. */
static const char *const left_words[] = {
    "left",   "l",      "lt",        "lft",       "lhs",      "links",    "linke", "linker",
    "linkes", "gauche", "izquierda", "izquierdo", "sinistra", "sinistro", "sx",    NULL};
static const char *const right_words[] = {
    "right",  "r",     "rt",      "rgt",     "rhs",    "rechts", "rechte", "rechter", "rechtes",
    "droite", "droit", "derecha", "derecho", "destra", "destro", "dx",     NULL};
static const char *const time_words[] = {"time",      "zeit",       "temps",   "tiempo", "tempo",
                                         "timestamp", "timestamps", "elapsed", "t",      NULL};
static const char *const index_words[] = {"sample", "samples", "frame", "frames", "index", "idx",
                                          "item",   "row",     "scan",  "number", "nr",    "no",
                                          "count",  "sub",     "n",     NULL};
static const char *const vertical_words[] = {"fz",  "fvert",  "vertical", "vert", "vgrf",
                                             "fv",  "grfz",   "fzl",      "fzr",  "lfz",
                                             "rfz", "normal", NULL};
static const char *const force_words[] = {
    "force", "forces", "kraft",  "fuerza",   "forza",       "load",    "loadcell",
    "cell",  "grf",    "newton", "newtons",  "weight",      "tension", "pull",
    "strap", "plate",  "fp",     "platform", "dynamometer", "nordic",  NULL};
static const char *const total_words[] = {"total",  "sum",   "both", "combined",
                                          "gesamt", "summe", NULL};
/* Directions and quantities that stand beside the wanted force in exports. */
static const char *const other_words[] = {
    "fx",        "fy",           "fap",          "fml",         "vx",           "vz",
    "shear",     "parallel",     "lateral",      "medial",      "anterior",     "posterior",
    "ap",        "ml",           "mediolateral", "horizontal",  "moment",       "torque",
    "mx",        "my",           "mz",           "tx",          "ty",           "tz",
    "cop",       "copx",         "copy",         "cp",          "cpap",         "cpml",
    "px",        "py",           "pz",           "ax",          "ay",           "az",
    "pos",       "position",     "angle",        "velocity",    "speed",        "acc",
    "accel",     "acceleration", "emg",          "trigger",     "trig",         "sync",
    "stim",      "stimulus",     "temp",         "temperature", "displacement", "deflection",
    "length",    "distance",     "power",        "work",        "cadence",      "marker",
    "event",     "label",        "battery",      "status",      "diff",         "difference",
    "asymmetry", "ratio",        "imbalance",    "rfd",         "impulse",      "target",
    NULL};

static bool is_in(const char *word, const char *const *list)
{
  for (; *list != NULL; ++list)
    if (strcmp(word, *list) == 0)
      return true;
  return false;
}

static bool any_in(const struct words *words, const char *const *list)
{
  for (size_t i = 0; i < words->count; ++i)
    if (is_in(words->word[i], list))
      return true;
  return false;
}

static bool all_in(const struct words *words, const char *const *list)
{
  for (size_t i = 0; i < words->count; ++i)
    if (!is_in(words->word[i], list) && !isdigit((unsigned char)words->word[i][0]))
      return false;
  return words->count > 0;
}

/* Words are runs of letters or of digits; a capital behind a small letter begins one as well, so
   that "LeftForce" and "FzL" come apart and "CoPx" still holds px. */
static struct words split(const char *name, size_t length)
{
  struct words words = {0};
  size_t used = 0;
  for (size_t i = 0; i < length; ++i) {
    unsigned char c = (unsigned char)name[i], before = i > 0 ? (unsigned char)name[i - 1] : ' ';
    if (!isalnum(c) && c < 0x80) {
      used = 0;
      continue;
    }
    bool begins =
        used == 0 || (isdigit(c) != 0) != (isdigit(before) != 0) || (isupper(c) && islower(before));
    if (begins) {
      if (words.count == WORDS_MAX)
        return words;
      words.count += 1;
      used = 0;
    }
    if (used < WORD_SIZE - 1)
      words.word[words.count - 1][used] = (char)tolower(c);
    used += 1;
  }
  return words;
}

/* "leftforce", "rightfz": the side and the rest are two words. */
static void part_sides(struct words *words)
{
  static const char *const sides[] = {"left", "right"};
  for (size_t i = 0; i < words->count && words->count < WORDS_MAX; ++i)
    for (size_t k = 0; k < 2; ++k) {
      size_t length = strlen(sides[k]);
      char *word = words->word[i];
      if (strncmp(word, sides[k], length) != 0 || word[length] == '\0')
        continue;
      memcpy(words->word[words->count++], word + length, strlen(word + length) + 1);
      word[length] = '\0';
      break;
    }
}

enum stance_side stance_csv_side_of_word(const char *word)
{
  struct words words = split(word, strlen(word));
  part_sides(&words);
  bool left = any_in(&words, left_words), right = any_in(&words, right_words);
  return left && !right ? STANCE_LEFT : right && !left ? STANCE_RIGHT : STANCE_SIDE_NONE;
}

static bool has_word(const struct words *words, const char *word)
{
  const char *const list[] = {word, NULL};
  return any_in(words, list);
}

static struct stance_csv_traits force_traits(const struct words *words,
                                             const struct stance_csv_unit *unit)
{
  enum { FORCE = 2, VERTICAL = 3, TOTAL = 4, SIDE_ONLY = 1 };
  struct stance_csv_traits traits = {STANCE_SIDE_NONE, STANCE_CSV_ROLE_FORCE, 0};
  bool left = any_in(words, left_words) || has_word(words, "lfz") || has_word(words, "fzl");
  bool right = any_in(words, right_words) || has_word(words, "rfz") || has_word(words, "fzr");
  /* ground_force1_vy: OpenSim's files have the vertical axis in y. */
  bool opensim = has_word(words, "vy") && any_in(words, force_words);
  bool vertical = any_in(words, vertical_words) || opensim;
  bool force = any_in(words, force_words) || (unit != NULL && unit->quantity == STANCE_CSV_FORCE);
  if (left && right)
    return (struct stance_csv_traits){STANCE_SIDE_NONE, STANCE_CSV_ROLE_OTHER, 0};
  traits.side = left ? STANCE_LEFT : right ? STANCE_RIGHT : STANCE_SIDE_NONE;
  if (any_in(words, total_words))
    traits.rank = TOTAL;
  else if (vertical)
    traits.rank = VERTICAL;
  else if (force)
    traits.rank = FORCE;
  else if (left || right)
    traits.rank = SIDE_ONLY;
  else
    traits.role = STANCE_CSV_ROLE_UNKNOWN;
  return traits;
}

struct stance_csv_traits stance_csv_traits_of_name(const char *name,
                                                   const struct stance_csv_unit *unit)
{
  enum { TIME_ONLY = 3, TIME_NAMED = 2, TIME_UNIT = 1 };
  size_t base_length;
  if (stance_csv_unit_of_name(name, &base_length) == NULL)
    base_length = strlen(name);
  struct words words = split(name, base_length);
  part_sides(&words);
  struct stance_csv_traits traits = {STANCE_SIDE_NONE, STANCE_CSV_ROLE_OTHER, 0};
  if (unit != NULL && unit->quantity == STANCE_CSV_OTHER_QUANTITY)
    return traits;
  bool named = any_in(&words, time_words);
  bool timed = unit != NULL && unit->quantity == STANCE_CSV_TIME;
  if ((unit == NULL && named) || timed) {
    traits.role = STANCE_CSV_ROLE_TIME;
    traits.rank = named && all_in(&words, time_words) ? TIME_ONLY : named ? TIME_NAMED : TIME_UNIT;
    return traits;
  }
  if (unit == NULL && words.count > 0 && all_in(&words, index_words) &&
      !isdigit((unsigned char)words.word[0][0])) {
    traits.role = STANCE_CSV_ROLE_INDEX;
    return traits;
  }
  if (any_in(&words, other_words))
    return traits;
  return force_traits(&words, unit);
}
