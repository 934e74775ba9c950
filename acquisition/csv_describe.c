/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/csv.h"

struct sentence {
  char *text;
  size_t size;
  size_t length; /* that it would have with room enough */
};

STANCE_PRINTF(2, 3) static void add(struct sentence *s, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  size_t room = s->length < s->size ? s->size - s->length : 0;
  int written = vsnprintf(room > 0 ? s->text + s->length : NULL, room, format, arguments);
  va_end(arguments);
  s->length += written > 0 ? (size_t)written : 0;
}

static void add_time(struct sentence *s, const struct stance_csv_findings *findings,
                     const struct stance_raw_trace *trace)
{
  const struct stance_time_axis *time = &trace->time;
  if (findings->time_column[0] == '\0')
    add(s, "; no time column");
  else
    add(s, "; time = %s in %s%s%s", findings->time_column, findings->time_unit,
        findings->time_unit_assumed ? " (no unit stated: from its step)" : "",
        findings->time_by_steps ? " (not named: from its even steps)" : "");
  add(s, ", %.10g Hz%s", time->rate_hz,
      time->stamped              ? ""
      : findings->rate_in_header ? " (stated in the header)"
                                 : " (given)");
  if (time->stamped)
    add(s, ", jitter %.3f ms", 1e3 * time->jitter_s);
  if (time->irregular)
    add(s, ", irregular: interpolated to an even axis");
}

static void add_losses(struct sentence *s, const struct stance_csv_file *file,
                       const struct stance_raw_trace *trace)
{
  const struct stance_integrity *integrity = &trace->integrity;
  if (integrity->frames_lost > 0)
    add(s, "; %llu of %zu instants lost, longest gap %.4g s",
        (unsigned long long)integrity->frames_lost, trace->sample_count, trace->time.longest_gap_s);
  if (integrity->frames_duplicated > 0)
    add(s, "; %llu rows repeat a time", (unsigned long long)integrity->frames_duplicated);
  if (file->unit_assumed)
    add(s, "; no unit is stated: newtons assumed");
}

size_t stance_csv_describe(const struct stance_csv_file *file, size_t trial, char *ret_text,
                           size_t size)
{
  struct sentence s = {ret_text, size, 0};
  const struct stance_integrity *lines = &file->integrity;
  const struct stance_raw_trace *trace = &file->trial[trial].trace;
  if (size > 0)
    ret_text[0] = '\0';
  add(&s, "%llu lines read, %llu used, %llu header or blank", (unsigned long long)lines->lines_read,
      (unsigned long long)lines->lines_used, (unsigned long long)lines->lines_header);
  if (lines->lines_refused > 0)
    add(&s, ", %llu repeated", (unsigned long long)lines->lines_refused);
  for (size_t k = 0; k < trace->channel_count; ++k)
    add(&s, "%s %s = %s [%s]", k == 0 ? ";" : ",", stance_side_name(trace->channel[k].side),
        trace->channel[k].name, trace->channel[k].unit);
  add_time(&s, &file->findings, trace);
  add_losses(&s, file, trace);
  return s.length;
}
