/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/accuracy_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char head[] =
    "<!-- SPDX-License-Identifier: GPL-3.0-or-later -->\n"
    "# How far the numbers can be trusted\n"
    "\n"
    "Measured on simulated recordings, whose truth is known, on the way that every recording "
    "takes:\n"
    "raw values, calibration, analysis with the protocol's own settings. This page is written by\n"
    "`tests/conformance/test_accuracy.c` (`STANCE_REGENERATE=1`), which fails when it is no "
    "longer\n"
    "what is measured. It says what noise and method do to a number. How far two tests of an\n"
    "unchanged athlete differ is another question, and the larger one.\n"
    "\n"
    "## Errors\n"
    "\n"
    "Each line holds one metric at one level of sensor noise: white (SD), with a third of it as "
    "1/f\n"
    "noise (SD) and as mains hum (amplitude, 50 or 60 Hz with harmonics). Besides that the zero\n"
    "drifts by up to 2 N/min, the converter has 16 to 24 bits, and the clock is off by up to 50 "
    "ppm.\n"
    "\n"
    "- **against the truth**: the same definition on the force that truly acts, from the instant "
    "at\n"
    "  which the effort truly begins. The method's own error is in it: onset is found where force\n"
    "  leaves baseline + 10 N, so it is late, and what counts from onset looks at a later part of\n"
    "  the rise. A rise that starts gently (logistic) shows how much that is.\n"
    "- **by noise**: against what the same method finds on the noise-free force.\n"
    "- `bias [low, high]`: mean error and 95 % limits, bias ± 1.96 SD (Bland & Altman 1986). RFD "
    "and\n"
    "  impulse in per cent of each trial's true value; positive = too high, or too late.\n"
    "- `flagged`: values that carry a flag beside the number, for example `noise_driven` where "
    "the\n"
    "  noise raised the threshold above 10 N, or `not_explosive` for RFD of a slow lowering.\n"
    "\n"
    "Raw peaks are too high by noise, the more the longer an effort is held: "
    "`peak_force_mean_100ms`\n"
    "is the one to compare when a sensor is noisy.\n";

static const char detection_head[] =
    "\n## Repetitions\n"
    "\n"
    "Athletes of different strength, pace, symmetry and steadiness, half of them recorded live "
    "(with\n"
    "the phases that `stance run` writes), half as a file would come in. A recording is right "
    "when\n"
    "every attempt is found once, with its side, as accepted, partial or rejected as it should "
    "be,\n"
    "and nothing else is counted. *Nothing beside*: nothing else is even shown. Attempts are\n"
    "accepted + partial + rejected.\n"
    "\n"
    "| recording | recordings | right | % | nothing beside | attempts made | found |\n"
    "|---|--:|--:|--:|--:|--:|--:|\n";

static const char detection_tail[] =
    "\nThe push-back hump rises to 45 % of a full effort. It is shown as partial, for a weak "
    "attempt\n"
    "looks the same, and it is not counted. A leg under 30 % of the other in a test of both at "
    "once is\n"
    "shown and not counted (`one_sided`); tested on its own it counts.\n"
    "\n"
    "**One plate used in turn** cannot tell whose effort a rise is. A leg under 30 % of the other "
    "may\n"
    "pass for a movement in the rests, and from there on the order of sides is shifted: left is "
    "right.\n"
    "Where the count of attempts is not the one that was made, the sides of such a recording must "
    "not\n"
    "be read; test a leg that weak in a recording of its own.\n";

/* Without a sign before zero. */
static double rounded(double value, double unit)
{
  return rint(value / unit) * unit + 0.0;
}

static void write_errors(FILE *out, const struct accuracy_errors *errors)
{
  fprintf(out, " %.1f [%.1f, %.1f] |", rounded(errors->mean, 0.1),
          rounded(accuracy_low(errors), 0.1), rounded(accuracy_high(errors), 0.1));
}

static void write_kind(FILE *out, const struct accuracy_report *report, int kind)
{
  fprintf(out,
          "\n### %s\n\n%u trials at each level of noise.\n\n"
          "| metric | error in | noise N | n | against the truth | by noise | missing | flagged |\n"
          "|---|---|--:|--:|--:|--:|--:|--:|\n",
          accuracy_kinds[kind].title, accuracy_kinds[kind].trials);
  for (size_t q = 0; q < ACCURACY_QUANTITY_COUNT; q++)
    for (size_t level = 0; level < ACCURACY_LEVEL_COUNT; level++) {
      const struct accuracy_row *row = &report->row[kind][level][q];
      if (row->of_truth.count + row->missing == 0)
        continue;
      fprintf(out, "| %s | %s | %.1f | %u |", stance_metric_info(accuracy_quantities[q].metric)->id,
              accuracy_quantities[q].unit, accuracy_levels[level].noise_n, row->of_truth.count);
      write_errors(out, &row->of_truth);
      write_errors(out, &row->of_method);
      fprintf(out, " %u | %u |\n", row->missing, row->flagged);
    }
}

static void write_detection(FILE *out, const struct detection_case *of,
                            const struct detection *detection)
{
  fprintf(out, "| %s | %u | %u | %.0f | %u | %u + %u + %u | %u + %u + %u |\n", of->name,
          detection->recordings, detection->right,
          floor(100.0 * detection->right / detection->recordings), detection->exact,
          detection->made.accepted, detection->made.partial, detection->made.rejected,
          detection->found.accepted, detection->found.partial, detection->found.rejected);
}

char *accuracy_table(const struct accuracy_report *report)
{
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);

  if (out == NULL || detection_case_count > DETECTION_CASE_MAX)
    abort();
  fputs(head, out);
  for (int kind = 0; kind < ACCURACY_KIND_COUNT; kind++)
    write_kind(out, report, kind);
  fputs(detection_head, out);
  for (size_t k = 0; k < detection_case_count; k++)
    write_detection(out, &detection_cases[k], &report->detection[k]);
  fputs(detection_tail, out);
  if (fclose(out) != 0)
    abort();
  return text;
}

/* The whole file; the caller frees. "" where there is none. */
static char *read_page(const char *path)
{
  char *text = calloc(1, 1);
  size_t used = 0, got = 1;
  FILE *in = fopen(path, "r");

  while (in != NULL && text != NULL && got > 0) {
    text = realloc(text, used + 4097);
    got = text != NULL ? fread(text + used, 1, 4096, in) : 0;
    used += got;
    if (text != NULL)
      text[used] = '\0';
  }
  if (in != NULL)
    fclose(in);
  if (text == NULL)
    abort();
  return text;
}

static size_t line_length(const char *text)
{
  return strcspn(text, "\n");
}

static void print_difference(const char *kept, const char *measured)
{
  enum { SHOWN = 8 };
  for (int shown = 0; (*kept != '\0' || *measured != '\0') && shown < SHOWN;) {
    const size_t kept_length = line_length(kept), length = line_length(measured);
    if (kept_length != length || memcmp(kept, measured, length) != 0) {
      printf("- %.*s\n+ %.*s\n", (int)kept_length, kept, (int)length, measured);
      shown++;
    }
    kept += kept_length + (kept[kept_length] == '\n');
    measured += length + (measured[length] == '\n');
  }
}

bool accuracy_table_is_kept(const char *text)
{
  const char *folder = getenv("STANCE_SOURCE_DIR"), *regenerate = getenv("STANCE_REGENERATE");
  char path[4096];

  snprintf(path, sizeof path, "%s/analysis/ACCURACY.md", folder != NULL ? folder : ".");
  if (regenerate != NULL && strcmp(regenerate, "1") == 0) {
    FILE *out = fopen(path, "w");
    const bool written = out != NULL && fputs(text, out) >= 0;
    return out != NULL && fclose(out) == 0 && written;
  }
  char *kept = read_page(path);
  const bool same = strcmp(kept, text) == 0;
  if (!same)
    print_difference(kept, text);
  free(kept);
  return same;
}
