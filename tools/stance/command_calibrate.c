/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibrate.h"
#include "certificate.h"
#include "command.h"
#include "output.h"
#include "sheet.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static enum stance_status open_store(enum stance_store_access access,
                                     struct stance_store **ret_store,
                                     struct stance_problem *problem)
{
  char path[PATH_MAX];
  enum stance_status status = stance_store_default_path(path, sizeof path, problem);
  return status != STANCE_OK ? status : stance_store_open(path, access, ret_store, problem);
}

/* One row a channel. */
static void list_rows(struct stance_sheet *sheet, const struct stance_calibration *calibration)
{
  static const char *const methods[] = {"", "points", "sensitivity", "certificate"};
  for (size_t k = 0; k < calibration->channel_count; k++) {
    const struct stance_calibration_channel *channel = &calibration->channel[k];
    stance_sheet_text(sheet, calibration->id);
    stance_sheet_text(sheet, calibration->instrument);
    stance_sheet_count(sheet, calibration->version);
    stance_sheet_text(sheet, calibration->created_at);
    stance_sheet_text(sheet, channel->channel);
    stance_sheet_text(sheet, channel->serial);
    stance_sheet_text(sheet,
                      channel->side == STANCE_SIDE_NONE ? "none" : stance_side_name(channel->side));
    stance_sheet_text(sheet, methods[channel->method]);
    stance_sheet_text(sheet, channel->calibrated_at);
    stance_sheet_text(sheet, channel->valid_until);
    stance_sheet_text(sheet, channel->poor_fit);
    stance_sheet_end_row(sheet, 11);
  }
}

static enum stance_status list(FILE *out, struct stance_problem *problem)
{
  static const char *const header[] = {"calibration",   "instrument",  "version", "created_at",
                                       "channel",       "serial",      "side",    "method",
                                       "calibrated_at", "valid_until", "poor_fit"};
  struct stance_store *store = NULL;
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text};
  char(*ids)[64] = NULL;
  size_t count = 0;
  enum stance_status status = open_store(STANCE_STORE_READ, &store, problem);
  if (status == STANCE_OK)
    status = stance_store_list_calibrations(store, NULL, &ids, &count, problem);
  for (size_t k = 0; k < sizeof header / sizeof *header; k++)
    stance_sheet_text(&sheet, header[k]);
  stance_sheet_end_row(&sheet, sizeof header / sizeof *header);
  for (size_t k = 0; k < count && status == STANCE_OK; k++) {
    struct stance_calibration calibration;
    status = stance_store_load_calibration(store, ids[k], &calibration, problem);
    if (status == STANCE_OK)
      list_rows(&sheet, &calibration);
  }
  if (status == STANCE_OK && text.failed)
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  if (status == STANCE_OK)
    fputs(text.bytes, out);
  stance_text_finish(&text);
  free(ids);
  stance_store_close(store);
  return status;
}

static enum stance_status load(const char *id, struct stance_calibration *ret_calibration,
                               struct stance_problem *problem)
{
  struct stance_store *store = NULL;
  enum stance_status status = open_store(STANCE_STORE_READ, &store, problem);
  if (status == STANCE_OK)
    status = stance_store_load_calibration(store, id, ret_calibration, problem);
  stance_store_close(store);
  return status;
}

static enum stance_status show(const struct stance_calibrate_arguments *arguments, FILE *out,
                               struct stance_problem *problem)
{
  struct stance_calibration calibration;
  struct stance_text text = {0};
  enum stance_status status = load(arguments->subject, &calibration, problem);
  if (status != STANCE_OK)
    return status;
  stance_calibrate_describe(&text, &calibration);
  stance_print_plain(out, text.bytes == NULL ? "" : text.bytes);
  stance_text_finish(&text);
  return arguments->pdf == NULL ? STANCE_OK
                                : stance_certificate_write(&calibration, arguments->pdf, problem);
}

static enum stance_status export_text(const char *id, FILE *out, struct stance_problem *problem)
{
  struct stance_calibration calibration;
  char *text = NULL;
  enum stance_status status = load(id, &calibration, problem);
  if (status == STANCE_OK && stance_calibration_export(&calibration, &text) != STANCE_OK)
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  if (status == STANCE_OK)
    fputs(text, out);
  free(text);
  return status;
}

static enum stance_status read_file(const char *path, struct stance_text *text,
                                    struct stance_problem *problem)
{
  /* Several times what the longest profile takes. */
  enum { SIZE_MAX_BYTES = 1 << 20, AT_ONCE = 4096 };
  char buffer[AT_ONCE];
  size_t count;
  FILE *file = fopen(path, "r");
  if (file == NULL)
    return stance_problem_set(problem, STANCE_INPUT, "%s: cannot be read: %s", path,
                              strerror(errno));
  while ((count = fread(buffer, 1, sizeof buffer, file)) > 0 && text->length < SIZE_MAX_BYTES)
    stance_text_append(text, buffer, count);
  const bool failed = ferror(file) != 0;
  fclose(file);
  if (text->failed)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", path);
  if (failed || text->length >= SIZE_MAX_BYTES || text->bytes == NULL ||
      strlen(text->bytes) != text->length)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s: is no calibration text: see `stance calibrate export`", path);
  return STANCE_OK;
}

/* What the instrument has been calibrated as until now. */
static enum stance_status find_other(struct stance_store *store,
                                     const struct stance_calibration *calibration,
                                     struct stance_calibration *ret_before, bool *ret_is_other,
                                     struct stance_problem *problem)
{
  enum stance_status status =
      stance_store_get_calibration(store, calibration->instrument, ret_before, problem);
  *ret_is_other = status == STANCE_OK && strcmp(ret_before->id, calibration->id) != 0;
  return status == STANCE_END ? STANCE_OK : status;
}

static enum stance_status import_file(const char *path, FILE *out, struct stance_problem *problem)
{
  struct stance_store *store = NULL;
  struct stance_text text = {0};
  struct stance_calibration calibration, before;
  bool replaces = false;
  enum stance_status status = read_file(path, &text, problem);
  if (status == STANCE_OK)
    status = stance_calibration_import(path, text.bytes, &calibration, problem);
  stance_text_finish(&text);
  if (status == STANCE_OK)
    status = open_store(STANCE_STORE_WRITE, &store, problem);
  if (status == STANCE_OK)
    status = find_other(store, &calibration, &before, &replaces, problem);
  if (status == STANCE_OK)
    status = stance_store_put_calibration(store, &calibration, problem);
  if (status == STANCE_OK) {
    stance_text_format(&text, "imported %s of %s", calibration.id, calibration.instrument);
    if (replaces)
      stance_text_format(
          &text, ": used from now on, in place of %s%s", before.id,
          strcmp(before.created_at, calibration.created_at) > 0 ? ", which has a later date" : "");
    stance_text_string(&text, "\n");
    stance_print_plain(out, text.bytes == NULL ? "" : text.bytes);
    stance_text_finish(&text);
  }
  stance_store_close(store);
  return status;
}

static enum stance_status act(const struct stance_calibrate_arguments *arguments, FILE *out,
                              struct stance_problem *problem)
{
  switch (arguments->action) {
  case STANCE_CALIBRATE_NEW:
    return stance_calibrate_new(arguments, out, problem);
  case STANCE_CALIBRATE_LIST:
    return list(out, problem);
  case STANCE_CALIBRATE_SHOW:
    return show(arguments, out, problem);
  case STANCE_CALIBRATE_EXPORT:
    return export_text(arguments->subject, out, problem);
  case STANCE_CALIBRATE_IMPORT:
    return import_file(arguments->subject, out, problem);
  }
  return STANCE_OK;
}

int stance_calibrate_run(int argc, char **argv)
{
  struct stance_calibrate_arguments arguments;
  struct stance_problem problem = {""};
  struct stance_output *output = NULL;
  stance_calibrate_parse(argc, argv, &arguments);
  enum stance_status status = stance_output_open(arguments.output, &output, &problem);
  if (status != STANCE_OK)
    return stance_complain(status, &problem);
  status = act(&arguments, stance_output_file(output), &problem);
  if (status == STANCE_OK || status == STANCE_MISMATCH) {
    struct stance_problem what = {""};
    const enum stance_status written = stance_output_commit(output, &what);
    if (status == STANCE_OK && written != STANCE_OK)
      status = stance_problem_set(&problem, written, "%s", what.text);
  } else {
    stance_output_abandon(output);
  }
  return status == STANCE_OK ? 0 : stance_complain(status, &problem);
}
