/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_names.h"

#include <string.h>
#include <strings.h>

/* Spelled with its case: mN and MN differ by nine orders. Words are compared without case.
   A mass in kg or lb on a load cell is the weight it shows: kgf, lbf. */
static const struct {
  const char *spelling;
  bool any_case;
  struct stance_csv_unit unit;
} units[] = {
    {"N", false, {"N", STANCE_CSV_FORCE, 0}},
    {"newton", true, {"N", STANCE_CSV_FORCE, 0}},
    {"newtons", true, {"N", STANCE_CSV_FORCE, 0}},
    {"mN", false, {"mN", STANCE_CSV_FORCE, 0}},
    {"kN", false, {"kN", STANCE_CSV_FORCE, 0}},
    {"KN", false, {"kN", STANCE_CSV_FORCE, 0}},
    {"kgf", true, {"kgf", STANCE_CSV_FORCE, 0}},
    {"kg", true, {"kgf", STANCE_CSV_FORCE, 0}},
    {"kp", false, {"kgf", STANCE_CSV_FORCE, 0}},
    {"lbf", true, {"lbf", STANCE_CSV_FORCE, 0}},
    {"lb", true, {"lbf", STANCE_CSV_FORCE, 0}},
    {"lbs", true, {"lbf", STANCE_CSV_FORCE, 0}},
    {"V", false, {"V", STANCE_CSV_ELECTRICAL, 0}},
    {"volt", true, {"V", STANCE_CSV_ELECTRICAL, 0}},
    {"volts", true, {"V", STANCE_CSV_ELECTRICAL, 0}},
    {"mV", false, {"mV", STANCE_CSV_ELECTRICAL, 0}},
    {"mV/V", false, {"mV/V", STANCE_CSV_ELECTRICAL, 0}},
    {"counts", true, {"counts", STANCE_CSV_ELECTRICAL, 0}},
    {"s", false, {"s", STANCE_CSV_TIME, 1}},
    {"sec", true, {"s", STANCE_CSV_TIME, 1}},
    {"secs", true, {"s", STANCE_CSV_TIME, 1}},
    {"second", true, {"s", STANCE_CSV_TIME, 1}},
    {"seconds", true, {"s", STANCE_CSV_TIME, 1}},
    {"sekunden", true, {"s", STANCE_CSV_TIME, 1}},
    {"ms", false, {"ms", STANCE_CSV_TIME, 1e3}},
    {"msec", true, {"ms", STANCE_CSV_TIME, 1e3}},
    {"millis", true, {"ms", STANCE_CSV_TIME, 1e3}},
    {"millisecond", true, {"ms", STANCE_CSV_TIME, 1e3}},
    {"milliseconds", true, {"ms", STANCE_CSV_TIME, 1e3}},
    {"us", false, {"us", STANCE_CSV_TIME, 1e6}},
    {"\xc2\xb5s", false, {"us", STANCE_CSV_TIME, 1e6}}, /* U+00B5, micro sign */
    {"\xce\xbcs", false, {"us", STANCE_CSV_TIME, 1e6}}, /* U+03BC, Greek mu */
    {"\xb5s", false, {"us", STANCE_CSV_TIME, 1e6}},     /* the same in Latin-1 */
    {"usec", true, {"us", STANCE_CSV_TIME, 1e6}},
    {"micros", true, {"us", STANCE_CSV_TIME, 1e6}},
    {"microseconds", true, {"us", STANCE_CSV_TIME, 1e6}},
    {"ns", false, {"ns", STANCE_CSV_TIME, 1e9}},
    {"min", true, {"min", STANCE_CSV_TIME, 1.0 / 60}},
    {"m", false, {"m", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"mm", false, {"mm", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"cm", false, {"cm", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"Nm", false, {"N.m", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"N.m", false, {"N.m", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"N*m", false, {"N.m", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"N m", false, {"N.m", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"N\xc2\xb7m", false, {"N.m", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"Nmm", false, {"N.mm", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"N.mm", false, {"N.mm", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"N/s", false, {"N/s", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"N/kg", false, {"N/kg", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"m/s", false, {"m/s", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"m/s2", false, {"m/s2", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"m/s^2", false, {"m/s2", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"deg", true, {"deg", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"degrees", true, {"deg", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"\xc2\xb0", false, {"deg", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"deg/s", true, {"deg/s", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"rad", true, {"rad", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"W", false, {"W", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"J", false, {"J", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"Hz", true, {"Hz", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"%", false, {"%", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"g", false, {"g", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"uV", false, {"uV", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"\xc2\xb5V", false, {"uV", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"TTL", false, {"TTL", STANCE_CSV_OTHER_QUANTITY, 0}},
    {"\xc2\xb0"
     "C",
     false,
     {"degC", STANCE_CSV_OTHER_QUANTITY, 0}},
};

const struct stance_csv_unit *stance_csv_unit_find(const char *text, size_t length)
{
  while (length > 0 && text[0] == ' ') {
    text += 1;
    length -= 1;
  }
  while (length > 0 && text[length - 1] == ' ')
    length -= 1;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; ++i)
    if (strlen(units[i].spelling) == length &&
        (units[i].any_case ? strncasecmp(units[i].spelling, text, length)
                           : strncmp(units[i].spelling, text, length)) == 0)
      return &units[i].unit;
  return NULL;
}

/* "force_n", "time_ms": names in one case only write the unit in that case too. */
static const struct stance_csv_unit *find_lower_case(const char *text, size_t length)
{
  static const char *const spelled[][2] = {{"n", "N"}, {"kn", "kN"}, {"mn", "mN"}, {"v", "V"}};
  for (size_t i = 0; i < sizeof spelled / sizeof spelled[0]; ++i)
    if (strlen(spelled[i][0]) == length && strncmp(spelled[i][0], text, length) == 0)
      return stance_csv_unit_find(spelled[i][1], length);
  return NULL;
}

static const struct stance_csv_unit *in_brackets(const char *name, size_t length,
                                                 size_t *ret_base_length)
{
  static const char closing[] = ")]}>", opening[] = "([{<";
  const char *kind = length > 0 ? strchr(closing, name[length - 1]) : NULL;
  if (kind == NULL || *kind == '\0')
    return NULL;
  size_t start = length - 1;
  while (start > 0 && name[start] != opening[kind - closing])
    start -= 1;
  const struct stance_csv_unit *unit = NULL;
  if (name[start] == opening[kind - closing])
    unit = stance_csv_unit_find(name + start + 1, length - start - 2);
  if (unit != NULL)
    *ret_base_length = start;
  return unit;
}

/* Behind the last of these: "Force_mN", "F / N", "Force, N", "Left N". */
static const struct stance_csv_unit *behind_separator(const char *name, size_t length,
                                                      size_t *ret_base_length)
{
  static const char separators[] = "_/, ";
  size_t start = length;
  while (start > 0 && strchr(separators, name[start - 1]) == NULL)
    start -= 1;
  if (start == 0 || start == length)
    return NULL;
  const struct stance_csv_unit *unit = stance_csv_unit_find(name + start, length - start);
  if (unit == NULL && name[start - 1] == '_')
    unit = find_lower_case(name + start, length - start);
  size_t base = start;
  while (base > 0 && strchr(separators, name[base - 1]) != NULL)
    base -= 1;
  if (base == 0)
    return NULL;
  if (unit != NULL)
    *ret_base_length = base;
  return unit;
}

const struct stance_csv_unit *stance_csv_unit_of_name(const char *name, size_t *ret_base_length)
{
  size_t length = strlen(name);
  while (length > 0 && name[length - 1] == ' ')
    length -= 1;
  size_t base_length = length;
  const struct stance_csv_unit *unit = in_brackets(name, length, &base_length);
  if (unit == NULL)
    unit = behind_separator(name, length, &base_length);
  while (base_length > 0 && name[base_length - 1] == ' ')
    base_length -= 1;
  *ret_base_length = base_length;
  return unit;
}
