/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analyze.h"
#include "command.h"
#include "output.h"
#include "protocol_find.h"
#include "reliability.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct session {
  const struct stance_analyze_arguments *arguments;
  struct stance_output *output; /* NULL while appending */
  struct stance_text rows;      /* what will be appended */
  enum stance_status worst;     /* of the first item that failed */
  size_t count;
  bool shows_progress;
};

/* Where the path begins in "left:PATH"; NULL where this is something else. A file that is really
   called so can be named ./left:… */
static const char *path_of_side(const char *text, const char *prefix)
{
  size_t length = strlen(prefix);
  return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* One item from the arguments at `k`; returns how many it took, 0 after a sentence in `problem`. */
static size_t take_item(const struct stance_analyze_arguments *arguments, size_t k,
                        struct stance_batch_item *ret_item, struct stance_problem *problem)
{
  const char *text = arguments->input[k];
  const char *next = k + 1 < arguments->input_count ? arguments->input[k + 1] : "";
  const char *left = path_of_side(text, "left:"), *right = path_of_side(text, "right:");
  if (left == NULL && right == NULL) {
    ret_item->kind = stance_names_recording(text) ? STANCE_BATCH_STORED : STANCE_BATCH_FILE;
    ret_item->name = text;
    return 1;
  }
  const char *other = path_of_side(next, left != NULL ? "right:" : "left:");
  if (other == NULL) {
    stance_problem_write(problem,
                         "%s: the other side must follow, as in left:FILE right:FILE; a single "
                         "one-sided recording is given with --side",
                         text);
    return 0;
  }
  ret_item->kind = STANCE_BATCH_PAIR;
  ret_item->name = left != NULL ? left : other;
  ret_item->right_name = left != NULL ? other : right;
  return 2;
}

static enum stance_status list_stored(const char *store_path, char (**ret_ids)[STANCE_UUID_SIZE],
                                      size_t *ret_count, struct stance_problem *problem)
{
  struct stance_store *store = NULL;
  enum stance_status status = stance_store_open(store_path, STANCE_STORE_READ, &store, problem);
  if (status == STANCE_OK)
    status = stance_store_list(store, ret_ids, ret_count, problem);
  stance_store_close(store);
  return status;
}

/* A store that cannot be read stops no analysis of a file. */
static void load_reliability(const char *store_path, struct stance_reliability_book *ret_book)
{
  struct stance_store *store = NULL;
  struct stance_problem problem = {""};
  if (access(store_path, F_OK) != 0)
    return;
  if (stance_store_open(store_path, STANCE_STORE_READ, &store, &problem) == STANCE_OK)
    stance_reliability_load(store, ret_book);
  else
    stance_reliability_complain(&problem);
  stance_store_close(store);
}

static enum stance_status collect_items(const struct stance_analyze_arguments *arguments,
                                        char (*ids)[STANCE_UUID_SIZE], size_t id_count,
                                        struct stance_batch_item **ret_items, size_t *ret_count,
                                        struct stance_problem *problem)
{
  size_t count = 0;
  struct stance_batch_item *items = calloc(arguments->input_count + id_count + 1, sizeof *items);
  if (items == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  for (size_t k = 0; k < arguments->input_count;) {
    size_t taken = take_item(arguments, k, &items[count], problem);
    if (taken == 0) {
      free(items);
      return STANCE_USAGE;
    }
    count++;
    k += taken;
  }
  for (size_t k = 0; k < id_count; k++)
    items[count++] = (struct stance_batch_item){.kind = STANCE_BATCH_STORED, .name = ids[k]};
  *ret_items = items;
  *ret_count = count;
  return STANCE_OK;
}

static enum stance_status emit(void *context, size_t item, const struct stance_batch_report *report,
                               struct stance_problem *problem)
{
  struct session *session = context;
  (void)problem;
  if (session->output == NULL)
    stance_text_string(&session->rows, report->rows);
  else
    fputs(report->rows, stance_output_file(session->output));
  if (session->shows_progress)
    fprintf(stderr, "\r\033[K"); /* carriage return, clear to the end of the line */
  stance_print_plain(stderr, report->messages);
  if (session->shows_progress)
    fprintf(stderr, "%zu of %zu", item + 1, session->count);
  if (session->shows_progress && item + 1 == session->count)
    fprintf(stderr, "\r\033[K");
  if (session->worst == STANCE_OK)
    session->worst = report->status;
  return STANCE_OK;
}

static void make_header(const struct stance_analyze_arguments *arguments,
                        struct stance_text *header)
{
  struct stance_sheet sheet = {.text = header, .locale = arguments->locale};
  if (!arguments->json && !arguments->has_budget)
    stance_report_header(&sheet, arguments->layout);
}

static enum stance_status spare_inputs(const struct session *session,
                                       const struct stance_batch_item *items,
                                       struct stance_problem *problem)
{
  const char *output = session->arguments->output;
  enum stance_status status = STANCE_OK;
  for (size_t k = 0; k < session->count && status == STANCE_OK; k++) {
    if (items[k].kind != STANCE_BATCH_STORED)
      status = stance_output_spares(output, items[k].name, problem);
    if (status == STANCE_OK && items[k].kind == STANCE_BATCH_PAIR)
      status = stance_output_spares(output, items[k].right_name, problem);
  }
  return status;
}

/* Runs the batch between header and commit. */
static enum stance_status produce(struct session *session, const struct stance_batch_item *items,
                                  const struct stance_batch_options *options,
                                  struct stance_problem *problem)
{
  const struct stance_analyze_arguments *arguments = session->arguments;
  struct stance_text header = {0};
  make_header(arguments, &header);
  const char *header_text = header.bytes == NULL ? "" : header.bytes;
  enum stance_status status = STANCE_OK;
  if (!arguments->append)
    status = stance_output_open(arguments->output, &session->output, problem);
  if (status == STANCE_OK && session->output != NULL)
    fputs(header_text, stance_output_file(session->output));
  if (status == STANCE_OK)
    status = stance_batch_run(items, session->count, options, emit, session, problem);
  if (status == STANCE_OK && session->output != NULL)
    status = stance_output_commit(session->output, problem);
  else if (status == STANCE_OK && session->rows.length > 0)
    status = stance_output_append(arguments->output, header_text, session->rows.bytes, problem);
  else
    stance_output_abandon(session->output);
  stance_text_finish(&header);
  stance_text_finish(&session->rows);
  return status;
}

static enum stance_status analyze(const struct stance_analyze_arguments *arguments,
                                  enum stance_status *ret_worst, struct stance_problem *problem)
{
  struct stance_protocol protocol;
  struct stance_trial_options trial = arguments->trial;
  char *protocol_path = NULL;
  char store_path[PATH_MAX] = "";
  char(*ids)[STANCE_UUID_SIZE] = NULL;
  size_t id_count = 0;
  struct stance_batch_item *items = NULL;
  struct session session = {.arguments = arguments};
  struct stance_reliability_book reliability = {0};
  enum stance_status status = STANCE_OK;
  if (arguments->protocol != NULL) {
    status = stance_protocol_find(arguments->protocol, &protocol, NULL, &protocol_path, problem);
    trial.protocol = &protocol;
    trial.protocol_path = protocol_path;
  }
  if (status == STANCE_OK)
    status = stance_store_default_path(store_path, sizeof store_path, problem);
  if (status == STANCE_OK && arguments->stored)
    status = list_stored(store_path, &ids, &id_count, problem);
  if (status == STANCE_OK)
    status = collect_items(arguments, ids, id_count, &items, &session.count, problem);
  if (status == STANCE_OK)
    status = spare_inputs(&session, items, problem);
  if (session.count > 1 && !arguments->has_uncertainty && !arguments->has_budget)
    trial.uncertainty = STANCE_UNCERTAINTY_LINEAR; /* the bootstrap costs more than all the rest */
  if (status == STANCE_OK) {
    load_reliability(store_path, &reliability);
    session.shows_progress = session.count > 1 && isatty(STDERR_FILENO);
    const struct stance_batch_options options = {
        .trial = &trial,
        .layout = arguments->layout,
        .json = arguments->json,
        .budget = arguments->has_budget ? &arguments->budget : NULL,
        .locale = arguments->locale,
        .summary = session.count == 1 && isatty(STDERR_FILENO),
        .jobs = arguments->jobs,
        .store_path = store_path,
        .reliability = &reliability,
    };
    status = produce(&session, items, &options, problem);
  }
  free((void *)reliability.record);
  free(items);
  free(ids);
  free(protocol_path);
  *ret_worst = session.worst;
  return status;
}

int stance_analyze_run(int argc, char **argv)
{
  struct stance_analyze_arguments arguments;
  stance_analyze_parse(argc, argv, &arguments);
  struct stance_problem problem = {""};
  enum stance_status worst = STANCE_OK;
  enum stance_status status = analyze(&arguments, &worst, &problem);
  free(arguments.input);
  if (status != STANCE_OK)
    return stance_complain(status, &problem);
  return stance_exit_status(worst);
}
