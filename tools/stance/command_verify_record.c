/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "json_text.h"
#include "record_check.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_ALL = 256, KEY_STORE, KEY_JSON };

static const struct argp_option options[] = {
    {"all", KEY_ALL, NULL, 0, "Every recording of the store", 0},
    {"store", KEY_STORE, "FILE", 0, "This store instead of the usual one", 0},
    {"json", KEY_JSON, NULL, 0, "One JSON object a recording", 0},
    {0},
};

struct arguments {
  char **id;
  size_t id_count;
  const char *store;
  bool all, json;
};

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct arguments *arguments = state->input;
  switch (key) {
  case KEY_ALL:
    arguments->all = true;
    return 0;
  case KEY_STORE:
    arguments->store = text;
    return 0;
  case KEY_JSON:
    arguments->json = true;
    return 0;
  case ARGP_KEY_ARGS:
    arguments->id = state->argv + state->next;
    arguments->id_count = (size_t)(state->argc - state->next);
    return 0;
  case ARGP_KEY_END:
    if (arguments->all == (arguments->id_count > 0))
      argp_error(state, "give the recordings that are meant, or --all");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp stance_verify_record_argp = {
    .options = options,
    .parser = parse_key,
    .args_doc = "[RECORDING...]",
    .doc =
        "Say whether recordings and their results still are what they were at the time of the "
        "test.\v"
        "The store itself is checked; everything that is stored of a recording is read again and "
        "its digest made (SHA-256); the result is computed again from the raw values with the "
        "settings it was made with, and compared with the stored one at the stored decimals. What "
        "other tests of the clinic say of repeatability (mdc95, mdc95_source) is not compared: it "
        "changes with them. Values made by another version of a method are counted, not compared. "
        "A digest shows that bits changed, by accident as a rule: whoever can write the store can "
        "write a new digest. It cannot show that a whole recording was taken away.\n\n"
        "Examples:\n"
        "  stance verify-record --all\n"
        "  stance verify-record 0a3c8d5e-1f2b-4c6d-8e9f-001122334455\n\n"
        "Exit status: 0 nothing has changed (recordings without a digest or a result are named), 1 "
        "something has, 2 usage, 3 no such recording, 5 the store cannot be read or is damaged.",
};

struct session {
  const struct arguments *arguments;
  struct stance_store *store;
  struct stance_analyzer *analyzer;
  size_t count[STANCE_RECORD_VERDICT_COUNT];
  int exit_status;
};

static void print_words(const struct stance_record_check *check, const char *id)
{
  static const char *const verdicts[STANCE_RECORD_VERDICT_COUNT] = {
      [STANCE_RECORD_IDENTICAL] = "identical",
      [STANCE_RECORD_UNSEALED] = ("identical; an older stance kept no digest, so that a change of "
                                  "both values and result would not show"),
      [STANCE_RECORD_NO_RESULT] = "no result was stored, nothing to compare",
      [STANCE_RECORD_DIFFERENT] = "NOT IDENTICAL",
  };
  struct stance_text line = {0};
  stance_text_format(&line, "%s: %s", id, verdicts[check->verdict]);
  if (check->compared > 0)
    stance_text_format(&line, "; %zu values compared, result by %s", check->compared,
                       check->software);
  if (check->verdict == STANCE_RECORD_NO_RESULT)
    stance_text_string(&line, check->digest[0] == '\0' ? "; no digest was kept either"
                                                       : "; the digest holds");
  stance_text_format(&line, "\n%s", check->words.bytes == NULL ? "" : check->words.bytes);
  stance_print_plain(stdout, line.bytes == NULL ? "" : line.bytes);
  stance_text_finish(&line);
}

static void print_json(const struct stance_record_check *check, const char *id)
{
  struct stance_text line = {0};
  stance_text_string(&line, "{\"recording\":");
  stance_json_string(&line, id);
  stance_text_format(&line, ",\"verdict\":\"%s\",\"compared\":%zu,\"different\":%zu",
                     stance_record_verdict_id(check->verdict), check->compared, check->different);
  stance_text_format(&line, ",\"other_method\":%zu,\"software\":", check->other_method);
  stance_json_string(&line, check->software);
  stance_text_string(&line, ",\"digest\":");
  stance_json_string(&line, check->digest);
  stance_text_string(&line, ",\"words\":");
  stance_json_string(&line, check->words.bytes == NULL ? "" : check->words.bytes);
  stance_text_string(&line, "}\n");
  fputs(line.bytes == NULL ? "" : line.bytes, stdout);
  stance_text_finish(&line);
}

static void take_status(struct session *session, int exit_status)
{
  if (session->exit_status == 0 || exit_status == 5)
    session->exit_status = exit_status;
}

static void verify(struct session *session, const char *id)
{
  struct stance_record_check check;
  struct stance_problem problem = {""};
  enum stance_status status =
      stance_record_verify(session->store, session->analyzer, id, &check, &problem);
  if (status != STANCE_OK) {
    take_status(session, stance_complain(status, &problem));
    return;
  }
  (session->arguments->json ? print_json : print_words)(&check, id);
  session->count[check.verdict]++;
  if (check.verdict == STANCE_RECORD_DIFFERENT)
    take_status(session, 1);
  stance_record_check_finish(&check);
}

static enum stance_status verify_all(struct session *session, struct stance_problem *problem)
{
  char(*ids)[STANCE_UUID_SIZE] = NULL;
  size_t count = 0;
  enum stance_status status = stance_store_list(session->store, &ids, &count, problem);
  for (size_t k = 0; k < count && status == STANCE_OK; k++)
    verify(session, ids[k]);
  free(ids);
  return status;
}

static void print_totals(const struct session *session)
{
  const size_t *count = session->count;
  printf("%zu identical, %zu not identical, %zu without a digest, %zu without a result.\n",
         count[STANCE_RECORD_IDENTICAL], count[STANCE_RECORD_DIFFERENT],
         count[STANCE_RECORD_UNSEALED], count[STANCE_RECORD_NO_RESULT]);
}

static enum stance_status verify_store(struct session *session, const char *path,
                                       struct stance_problem *problem)
{
  struct stance_problem damage = {""};
  enum stance_status status = stance_store_open(path, STANCE_STORE_READ, &session->store, problem);
  if (status == STANCE_OK)
    status = stance_analyzer_create(&session->analyzer, problem);
  if (status != STANCE_OK)
    return status;
  /* Recordings are verified all the same: which of them are whole is what one wants to know. */
  if (stance_store_check(session->store, &damage) != STANCE_OK)
    take_status(session, stance_complain(STANCE_STORE, &damage));
  if (session->arguments->all)
    return verify_all(session, problem);
  for (size_t k = 0; k < session->arguments->id_count; k++)
    verify(session, session->arguments->id[k]);
  return STANCE_OK;
}

int stance_verify_record_run(int argc, char **argv)
{
  struct arguments arguments = {0};
  struct session session = {.arguments = &arguments};
  struct stance_problem problem = {""};
  char path[PATH_MAX] = "";
  enum stance_status status = STANCE_OK;
  argp_parse(&stance_verify_record_argp, argc, argv, 0, NULL, &arguments);
  if (arguments.store == NULL)
    status = stance_store_default_path(path, sizeof path, &problem);
  if (status == STANCE_OK)
    status = verify_store(&session, arguments.store == NULL ? path : arguments.store, &problem);
  if (status == STANCE_OK && arguments.all && !arguments.json)
    print_totals(&session);
  stance_analyzer_destroy(session.analyzer);
  stance_store_close(session.store);
  if (status == STANCE_OK && fflush(stdout) != 0)
    status = stance_problem_set(&problem, STANCE_STORE, "standard output cannot be written");
  if (status != STANCE_OK)
    take_status(&session, stance_complain(status, &problem));
  return session.exit_status;
}
