/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints stance(1): from the tables that the program itself runs on, so that neither an option nor
   a metric can be missing from its manual. */
#include "command.h"
#include "stance/metric.h"
#include "stance/reason.h"
#include "stance/source.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* roff takes a leading . or ' for a request, - for a hyphen and \ for an escape. */
static void text(const char *words, size_t length)
{
  bool line_start = true;

  for (size_t k = 0; k < length; k++) {
    if (line_start && (words[k] == '.' || words[k] == '\''))
      fputs("\\&", stdout);
    if (words[k] == '-')
      fputs("\\-", stdout);
    else if (words[k] == '\\')
      fputs("\\e", stdout);
    else
      putchar(words[k]);
    line_start = words[k] == '\n';
  }
}

static void sentence(const char *words)
{
  text(words, strlen(words));
  putchar('\n');
}

static void print_option(const struct argp_option *option)
{
  puts(".TP");
  fputs(".B ", stdout);
  if (option->key > 0 && option->key < 128 && isprint(option->key))
    printf("\\-%c, ", option->key);
  fputs("\\-\\-", stdout);
  text(option->name, strlen(option->name));
  if (option->arg != NULL) {
    fputs("=\\fI", stdout);
    text(option->arg, strlen(option->arg));
    fputs("\\fR", stdout);
  }
  putchar('\n');
  sentence(option->doc != NULL ? option->doc : "");
}

static void print_options(const struct argp_option *option)
{
  for (; option != NULL && (option->name != NULL || option->doc != NULL); option++) {
    if (option->name == NULL) {
      puts(".PP");
      sentence(option->doc);
    } else if ((option->flags & OPTION_HIDDEN) == 0) {
      print_option(option);
    }
  }
}

/* Lines that begin with a blank are examples and keep their layout. */
static void print_after_options(const char *words)
{
  while (*words != '\0') {
    size_t length = strcspn(words, "\n");
    if (length == 0) {
      puts(".PP");
    } else if (words[0] == ' ') {
      puts(".br");
      text(words, length);
      putchar('\n');
    } else {
      puts(".PP");
      text(words, length);
      putchar('\n');
    }
    words += length + (words[length] == '\n' ? 1 : 0);
  }
}

/* args_doc holds one form of use a line; doc what stands before the options, then \v, then the
   rest. */
static void print_command(const struct stance_command *command)
{
  const char *use = command->argp->args_doc != NULL ? command->argp->args_doc : "";
  const char *doc = command->argp->doc != NULL ? command->argp->doc : "";
  size_t before = strcspn(doc, "\v");

  printf(".SH STANCE %s\n", command->name);
  do {
    size_t length = strcspn(use, "\n");
    printf(".br\n\\fBstance %s\\fR [\\fIOPTION\\fR...] ", command->name);
    text(use, length);
    putchar('\n');
    use += length + (use[length] == '\n' ? 1 : 0);
  } while (*use != '\0');
  puts(".PP");
  text(doc, before);
  putchar('\n');
  print_options(command->argp->options);
  if (doc[before] == '\v')
    print_after_options(doc + before + 1);
}

static void print_metrics(void)
{
  puts(".SH METRICS\nIn the order of the columns; the data dictionary says more.");
  for (int k = 0; k < STANCE_METRIC_COUNT; k++) {
    const struct stance_metric_info *metric = stance_metric_info((enum stance_metric)k);
    printf(".TP\n.BR %s \" (%s)\"\n", metric->id, metric->unit);
    sentence(metric->definition);
  }
  puts(".SH REASONS\nWhy a value is \\fBmissing:\\fR or \\fBflagged:\\fR.");
  for (int k = 0; k < STANCE_REASON_COUNT; k++) {
    printf(".TP\n.B %s\n", stance_reason_id((enum stance_reason)k));
    sentence(stance_reason_definition((enum stance_reason)k));
  }
}

static void print_sources(void)
{
  const struct stance_source_kind *kind;

  puts(".SH SOURCES\nWhat \\fB\\-\\-device\\fR names.");
  for (size_t k = 0; (kind = stance_source_kind(k)) != NULL; k++) {
    printf(".TP\n.B %s:\n", kind->scheme);
    text(kind->summary, strlen(kind->summary));
    fputs(". Example: ", stdout);
    sentence(kind->example);
  }
}

int main(void)
{
  puts(".\\\" SPDX-License-Identifier: GPL-3.0-or-later");
  puts(".TH STANCE 1 \"\" \"stance " STANCE_VERSION "\" \"User Commands\"");
  puts(".SH NAME\nstance \\- strength tests: from force to numbers that can be trusted");
  puts(".SH SYNOPSIS\n\\fBstance\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]");
  puts(".SH DESCRIPTION\nSamples an instrument or reads a recording, and reports peak force, rate "
       "of force development and left\\-right asymmetry of every repetition. A value that cannot "
       "be trusted is missing with its reason, never 0.");
  for (const struct stance_command *command = stance_commands; command->name != NULL; command++)
    print_command(command);
  print_sources();
  print_metrics();
  puts(".SH FILES\nThe store: \\fI$STANCE_STORE\\fR, else \\fI$XDG_DATA_HOME/stance/store.db\\fR, "
       "else \\fI~/.local/share/stance/store.db\\fR.");
  puts(".SH EXIT STATUS");
  sentence(stance_exit_status_text);
  return 0;
}
