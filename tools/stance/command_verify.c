/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "report.h"
#include "verify.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static enum stance_status put(struct stance_text *text, struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  if (text->failed)
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  else
    stance_print_plain(stdout, text->bytes == NULL ? "" : text->bytes);
  if (status == STANCE_OK && fflush(stdout) != 0)
    status = stance_problem_set(problem, STANCE_STORE, "standard output cannot be written");
  stance_text_finish(text);
  return status;
}

/* The check with that id, or the only one whose id begins so. */
static const struct stance_verification *find_check(const struct stance_verification *checks,
                                                    size_t count, const char *id)
{
  const struct stance_verification *found = NULL;
  size_t matches = 0;
  for (size_t k = 0; k < count; k++)
    if (strncmp(checks[k].id, id, strlen(id)) == 0) {
      found = &checks[k];
      matches++;
    }
  return matches == 1 ? found : NULL;
}

static enum stance_status show(const struct stance_verify_arguments *arguments,
                               struct stance_problem *problem)
{
  char path[PATH_MAX];
  struct stance_store *store = NULL;
  struct stance_verification *checks = NULL;
  struct stance_text text = {0};
  size_t count = 0;
  enum stance_status status = stance_store_default_path(path, sizeof path, problem);
  if (status == STANCE_OK)
    status = stance_store_open(path, STANCE_STORE_READ, &store, problem);
  if (status == STANCE_OK)
    status = stance_store_list_verifications(store, &checks, &count, problem);
  stance_store_close(store);
  if (status != STANCE_OK)
    return status;
  if (arguments->action == STANCE_VERIFY_LIST) {
    stance_verify_list_rows(&text, checks, count);
    status = put(&text, problem);
  } else {
    const struct stance_verification *check = find_check(checks, count, arguments->subject);
    if (check == NULL)
      status = stance_problem_set(problem, STANCE_INPUT,
                                  "there is no check '%.60s', or more than one; `stance verify "
                                  "--list` shows them all",
                                  arguments->subject);
    else
      stance_verify_export_text(&text, check);
    if (status == STANCE_OK)
      status = put(&text, problem);
  }
  free(checks);
  return status;
}

static enum stance_status take_readings(struct stance_verify *verify,
                                        struct stance_problem *problem)
{
  const struct stance_verify_arguments *arguments = verify->arguments;
  if (arguments->points == NULL)
    return stance_verify_guide(verify, problem);
  enum stance_status status =
      stance_verify_read_points(arguments->points, verify->row, &verify->row_count, problem);
  const bool in_recording = status == STANCE_OK && !isnan(verify->row[0].from_s);
  if (in_recording && verify->device_count == 0)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: from_s and to_s lie in a recording: name it with --device",
                              arguments->points);
  if (in_recording && arguments->kind == STANCE_CHECK_DYNAMIC)
    return stance_verify_take_release(verify, problem);
  for (size_t k = 0; k < verify->row_count && status == STANCE_OK && in_recording; k++)
    status = stance_verify_take(verify, &verify->row[k], problem);
  return status;
}

/* The sides that the check speaks of. */
static bool concerns(const struct stance_verify *verify, enum stance_side side)
{
  switch (verify->arguments->kind) {
  case STANCE_CHECK_SWAP:
    return side == STANCE_LEFT || side == STANCE_RIGHT;
  case STANCE_CHECK_MASS:
  case STANCE_CHECK_DYNAMIC:
    return side == stance_verify_side(verify);
  default:
    for (size_t k = 0; k < verify->row_count && verify->device_count == 0; k++)
      if (verify->row[k].side == side)
        return true;
    return verify->device_count > 0 || side == verify->arguments->side;
  }
}

static void add_subject(struct stance_verify *verify, const char *instrument, enum stance_side side,
                        const struct stance_calibration *calibration)
{
  struct stance_verification *check = &verify->check;
  if (check->subject_count == STANCE_VERIFICATION_SUBJECT_MAX)
    return;
  struct stance_verification_subject *subject = &check->subject[check->subject_count];
  snprintf(subject->instrument, sizeof subject->instrument, "%s", instrument);
  subject->side = side;
  bool known = calibration == NULL;
  for (size_t c = 0; calibration != NULL && c < calibration->channel_count; c++)
    if (calibration->channel[c].side == side) {
      /* Of several cells none can be named. */
      snprintf(subject->serial, sizeof subject->serial, "%s",
               known ? "" : calibration->channel[c].serial);
      known = true;
    }
  if (calibration != NULL)
    memcpy(subject->calibration, calibration->id, sizeof subject->calibration);
  check->subject_count += known ? 1 : 0;
}

static enum stance_status name_subjects(struct stance_verify *verify,
                                        struct stance_problem *problem)
{
  struct stance_calibration stored;
  const char *instrument = verify->arguments->instrument;
  enum stance_status status = STANCE_OK;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    if (!concerns(verify, (enum stance_side)side))
      continue;
    for (size_t d = 0; d < verify->device_count; d++)
      add_subject(verify, verify->device[d].instrument, (enum stance_side)side,
                  &verify->device[d].calibration);
    if (verify->device_count > 0)
      continue;
    status = stance_store_get_calibration(verify->store, instrument, &stored, problem);
    if (status != STANCE_OK && status != STANCE_END)
      return status;
    if (status == STANCE_END)
      return stance_problem_set(problem, STANCE_INPUT,
                                "no calibration of '%.100s' is known, so it cannot be told what "
                                "was checked; `stance calibrate list` shows the names",
                                instrument);
    add_subject(verify, instrument, (enum stance_side)side, &stored);
  }
  if (verify->check.subject_count == 0)
    return stance_problem_set(problem, STANCE_USAGE,
                              "nothing says which side was checked: name it with --side");
  return STANCE_OK;
}

static enum stance_status set_dates(struct stance_verify *verify, struct stance_problem *problem)
{
  const struct stance_verify_arguments *arguments = verify->arguments;
  const double days = isnan(arguments->valid_days) ? stance_verify_kinds[arguments->kind].valid_days
                                                   : arguments->valid_days;
  const time_t now = time(NULL), until = now + (time_t)(days * 86400);
  struct stance_verification *check = &verify->check;
  struct tm utc;
  if (gmtime_r(&now, &utc) == NULL ||
      strftime(check->performed_at, sizeof check->performed_at, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0 ||
      gmtime_r(&until, &utc) == NULL ||
      strftime(check->valid_until, sizeof check->valid_until, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
    return stance_problem_set(problem, STANCE_USAGE, "the computer's clock gives no date: set it");
  return STANCE_OK;
}

static void tell(const struct stance_verify *verify)
{
  const struct stance_verification *check = &verify->check;
  char line[1024];
  if (verify->arguments->json) {
    snprintf(line, sizeof line, "{\"verification\":\"%s\",\"kind\":\"%s\",\"verdict\":\"%s\",",
             check->id, stance_check_id(check->kind), stance_check_verdict_id(check->verdict));
    printf("%s\"valid_until\":\"%s\",\"values\":%s}\n", line, check->valid_until,
           check->values_json);
    return;
  }
  snprintf(line, sizeof line, "%s %s: %s\n", stance_check_id(check->kind),
           check->verdict == STANCE_CHECK_PASSED   ? "PASSED"
           : check->verdict == STANCE_CHECK_FAILED ? "FAILED"
                                                   : "UNDECIDED",
           check->words);
  stance_print_plain(stdout, line);
  if (check->verdict == STANCE_CHECK_FAILED)
    puts("Every result of this instrument is flagged verification_failed until a check passes.");
  printf("Check %s, valid until %s.\n", check->id, check->valid_until);
}

static void begin(struct stance_verify *verify)
{
  const struct stance_verify_arguments *arguments = verify->arguments;
  const struct stance_verify_kind *kind = &stance_verify_kinds[arguments->kind];
  struct stance_verification *check = &verify->check;
  verify->limit = isnan(arguments->limit) ? kind->limit : arguments->limit;
  verify->seconds = isnan(arguments->seconds) ? kind->seconds : arguments->seconds;
  verify->gravity_m_per_s2 = isnan(arguments->latitude_deg)
                                 ? arguments->gravity_m_per_s2
                                 : stance_gravity_at(arguments->latitude_deg, arguments->height_m);
  check->kind = arguments->kind;
  stance_recording_new_uuid(check->id);
  snprintf(check->operator_name, sizeof check->operator_name, "%s",
           arguments->operator_name == NULL ? "" : arguments->operator_name);
  snprintf(check->standard, sizeof check->standard, "%s",
           arguments->standard == NULL ? "" : arguments->standard);
  snprintf(check->software, sizeof check->software, "%s", STANCE_SOFTWARE);
}

static enum stance_status run(struct stance_verify *verify, struct stance_problem *problem)
{
  struct stance_verification *check = &verify->check;
  begin(verify);
  enum stance_status status = stance_verify_open(verify, problem);
  const bool one_side = check->kind == STANCE_CHECK_MASS || check->kind == STANCE_CHECK_DYNAMIC;
  if (status == STANCE_OK && one_side && stance_verify_side(verify) == STANCE_SIDE_NONE)
    status = stance_problem_set(problem, STANCE_USAGE,
                                "say which side carries the load: --side left, right or total");
  if (status == STANCE_OK)
    status = take_readings(verify, problem);
  if (status == STANCE_OK)
    status = name_subjects(verify, problem);
  if (status == STANCE_OK)
    status = stance_verify_evaluate(verify, problem);
  if (status == STANCE_OK)
    status = set_dates(verify, problem);
  if (status == STANCE_OK)
    status = stance_store_put_verification(verify->store, check, problem);
  if (status == STANCE_OK)
    tell(verify);
  return status;
}

int stance_verify_run(int argc, char **argv)
{
  struct stance_verify_arguments arguments;
  struct stance_problem problem = {""};
  stance_verify_parse(argc, argv, &arguments);
  if (arguments.action != STANCE_VERIFY_CHECK) {
    const enum stance_status status = show(&arguments, &problem);
    return status == STANCE_OK ? 0 : stance_complain(status, &problem);
  }
  struct stance_verify *verify = calloc(1, sizeof *verify);
  if (verify == NULL)
    return stance_exit_status(STANCE_MEMORY);
  verify->arguments = &arguments;
  const enum stance_status status = run(verify, &problem);
  const enum stance_check_verdict verdict = verify->check.verdict;
  stance_verify_close(verify);
  free(verify);
  if (status != STANCE_OK)
    return stance_complain(status, &problem);
  return verdict == STANCE_CHECK_PASSED ? 0 : stance_exit_status(STANCE_MISMATCH);
}
