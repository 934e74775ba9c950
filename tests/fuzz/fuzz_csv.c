/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes, read with any options: refused in words that name the file, or traces that hold
   together. The first byte chooses the options, the rest is the file. */
#include "stance/csv.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
  if (!holds)
    abort();
}

static struct stance_csv_options options_of(uint8_t choice)
{
  static const char *const columns[] = {NULL,    "#1",         "left=#1,right=#2",  "total=#2+#3",
                                        "#2;#3", "time=#1,#2", "time=none,left=Fz", "\"Fz\""};
  static const char *const groups[] = {NULL, "#3", "trial", NULL};
  static const double rates_hz[] = {0, 1000, 0, 100};
  return (struct stance_csv_options){.columns = columns[choice & 7],
                                     .group = groups[choice >> 3 & 3],
                                     .rate_hz = rates_hz[choice >> 5 & 3],
                                     .side = (choice & 128) != 0 ? "left" : NULL};
}

static void check_gaps(const struct stance_raw_trace *trace)
{
  size_t lost = 0, end = 0;
  for (size_t k = 0; k < trace->gap_count; ++k) {
    require(trace->gap[k].count > 0);
    require(k == 0 || trace->gap[k].first > end);
    end = trace->gap[k].first + trace->gap[k].count;
    require(end <= trace->sample_count);
    for (size_t i = trace->gap[k].first; i < end; ++i)
      for (size_t channel = 0; channel < trace->channel_count; ++channel)
        require(isnan(trace->value[channel][i]));
    lost += trace->gap[k].count;
  }
  require(lost == trace->integrity.frames_lost);
}

static void check_trace(const struct stance_raw_trace *trace)
{
  const struct stance_integrity *lines = &trace->integrity;
  require(trace->sample_count > 0);
  require(trace->channel_count > 0 && trace->channel_count <= STANCE_CHANNEL_COUNT_MAX);
  require(trace->time.rate_hz > 0 && isfinite(trace->time.rate_hz));
  require(isfinite(trace->time.start_s) && trace->time.jitter_s >= 0);
  require(lines->lines_read == lines->lines_header + lines->lines_used + lines->lines_refused);
  require(lines->frames_expected == lines->frames_received + lines->frames_lost);
  require(lines->frames_expected == trace->sample_count);
  for (size_t channel = 0; channel < trace->channel_count; ++channel) {
    require(trace->channel[channel].name[0] != '\0');
    require(trace->channel[channel].unit[0] != '\0');
    for (size_t k = 0; k < trace->sample_count; ++k)
      require(!isinf(trace->value[channel][k]));
  }
  check_gaps(trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  struct stance_csv_options options = options_of(data[0]);
  struct stance_csv_file file;
  struct stance_problem problem = {.text = ""};
  /* Behind a copy of its own size, the sanitizer sees every byte too far. */
  char *bytes = malloc(size);
  require(bytes != NULL);
  memcpy(bytes, data + 1, size - 1);
  enum stance_status status =
      stance_csv_parse("fuzz.csv", bytes, size - 1, &options, &file, &problem);
  free(bytes);
  if (status != STANCE_OK) {
    require(status == STANCE_INPUT || status == STANCE_USAGE);
    require(strncmp(problem.text, "fuzz.csv: ", 10) == 0);
    return 0;
  }
  require(problem.text[0] == '\0');
  require(file.trial_count > 0);
  const struct stance_integrity *lines = &file.integrity;
  require(lines->lines_read == lines->lines_header + lines->lines_used + lines->lines_refused);
  for (size_t k = 0; k < file.trial_count; ++k) {
    char sentence[1024];
    check_trace(&file.trial[k].trace);
    require(stance_csv_describe(&file, k, sentence, sizeof sentence) > 0);
  }
  stance_csv_file_finish(&file);
  return 0;
}
