/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A calibration from beginning to end: instrument, points or numbers, profile, store, certificate.
 */
#include "calibrate.h"
#include "command.h"

#include "certificate.h"
#include "pipeline.h"
#include "stance/conditioning.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct calibration {
  const struct stance_calibrate_arguments *arguments;
  struct stance_store *store;
  struct stance_source *source;
  struct stance_source_info info; /* channels in the unit that a profile is for */
  size_t channel;
  double gravity_m_per_s2; /* NaN: not known */
  struct stance_calibration base, next;
  struct stance_calibration_point point[STANCE_CALIBRATION_POINT_MAX];
  double moved_raw[STANCE_CALIBRATION_POINT_MAX]; /* of each point; 0 where it was typed */
  size_t point_count;
  char id[STANCE_UUID_SIZE], created_at[32], valid_until[16];
};

static enum stance_status find_channel(struct calibration *work, struct stance_problem *problem)
{
  const char *name = work->arguments->channel;
  struct stance_text names = {0};
  if (work->arguments->matrix != NULL || (name == NULL && work->info.channel_count == 1))
    return STANCE_OK; /* all of them, or the only one */
  for (size_t k = 0; k < work->info.channel_count; k++) {
    char number[24];
    snprintf(number, sizeof number, "#%zu", k + 1);
    if (name != NULL &&
        (strcmp(name, work->info.channel[k].name) == 0 || strcmp(name, number) == 0)) {
      work->channel = k;
      stance_text_finish(&names);
      return STANCE_OK;
    }
    stance_text_format(&names, "%s%s", k > 0 ? ", " : "", work->info.channel[k].name);
  }
  enum stance_status status = stance_problem_set(
      problem, STANCE_USAGE, "%s%.60s%s: choose one with --channel: %.300s",
      name == NULL ? "the instrument has several channels" : "there is no channel '",
      name == NULL ? "" : name, name == NULL ? "" : "'", names.bytes == NULL ? "" : names.bytes);
  stance_text_finish(&names);
  return status;
}

static enum stance_status open_store(struct calibration *work, struct stance_problem *problem)
{
  char path[PATH_MAX];
  enum stance_status status = stance_store_default_path(path, sizeof path, problem);
  return status != STANCE_OK ? status
                             : stance_store_open(path, STANCE_STORE_WRITE, &work->store, problem);
}

/* What the instrument was calibrated as until now, and how often. */
static enum stance_status find_base(struct calibration *work, unsigned *ret_version,
                                    struct stance_problem *problem)
{
  char instrument[sizeof work->base.instrument], (*ids)[64] = NULL;
  struct stance_calibration stored;
  size_t count = 0;
  stance_pipeline_instrument(&work->info, instrument, sizeof instrument);
  enum stance_status status =
      stance_store_get_calibration(work->store, instrument, &stored, problem);
  if (status != STANCE_OK && status != STANCE_END)
    return status;
  status = stance_pipeline_calibration(&work->info, status == STANCE_OK ? &stored : NULL,
                                       &work->base, problem);
  if (status != STANCE_OK)
    return status;
  snprintf(work->base.instrument, sizeof work->base.instrument, "%s", instrument);
  status = stance_store_list_calibrations(work->store, instrument, &ids, &count, problem);
  free(ids);
  *ret_version = (unsigned)count + 1;
  return status;
}

static enum stance_status open_all(struct calibration *work, unsigned *ret_version,
                                   struct stance_problem *problem)
{
  enum stance_status status = open_store(work, problem);
  if (status == STANCE_OK)
    status = stance_source_open(work->arguments->device, NULL, &work->source, problem);
  if (status != STANCE_OK)
    return status;
  work->info = *stance_source_info(work->source);
  stance_conditioning_channels(work->info.channel, work->info.channel_count, work->info.channel);
  status = find_channel(work, problem);
  return status == STANCE_OK ? find_base(work, ret_version, problem) : status;
}

static enum stance_status find_gravity(struct calibration *work, struct stance_problem *problem)
{
  const struct stance_calibrate_arguments *arguments = work->arguments;
  work->gravity_m_per_s2 = arguments->gravity_m_per_s2;
  if (!isnan(arguments->latitude_deg) && !isnan(arguments->gravity_m_per_s2))
    return stance_problem_set(problem, STANCE_USAGE, "--gravity or --latitude, not both");
  if (!isnan(arguments->latitude_deg))
    work->gravity_m_per_s2 = stance_gravity_at(arguments->latitude_deg, arguments->height_m);
  return STANCE_OK;
}

static enum stance_status read_points_file(struct calibration *work, struct stance_problem *problem)
{
  struct stance_point_row row[STANCE_CALIBRATION_POINT_MAX];
  struct stance_reading reading[STANCE_CALIBRATION_POINT_MAX] = {{0}};
  enum stance_status status = stance_calibration_points_read(
      work->arguments->points, work->gravity_m_per_s2, row, &work->point_count, problem);
  if (status == STANCE_OK && work->point_count > 0 && isnan(row[0].point.raw))
    status =
        stance_reading_rows(work->source, work->channel, row, work->point_count, reading, problem);
  for (size_t k = 0; status == STANCE_OK && k < work->point_count; k++) {
    work->point[k] = row[k].point;
    work->moved_raw[k] = reading[k].moved_raw; /* 0 where the reading was typed */
  }
  return status;
}

static enum stance_status set_dates(struct calibration *work, struct stance_problem *problem)
{
  const time_t now = time(NULL);
  const time_t until = now + (time_t)(work->arguments->valid_days * 86400);
  struct tm utc;
  if (gmtime_r(&now, &utc) == NULL ||
      strftime(work->created_at, sizeof work->created_at, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0 ||
      gmtime_r(&until, &utc) == NULL ||
      strftime(work->valid_until, sizeof work->valid_until, "%Y-%m-%d", &utc) == 0)
    return stance_problem_set(problem, STANCE_USAGE, "the computer's clock gives no date: set it");
  return STANCE_OK;
}

static struct stance_calibrator describe(const struct calibration *work, unsigned version)
{
  const struct stance_calibrate_arguments *arguments = work->arguments;
  struct stance_calibrator calibrator = {
      .channel = work->channel,
      .serial = arguments->serial,
      .side = arguments->side,
      .operator_name = arguments->operator_name,
      .standard_uncertainty_pct = arguments->standard_uncertainty_pct,
      .gravity_m_per_s2 = isnan(work->gravity_m_per_s2) ? 0 : work->gravity_m_per_s2,
      .created_at = work->created_at,
      .valid_until = arguments->valid_until != NULL ? arguments->valid_until : work->valid_until,
      .id = work->id,
      .version = version,
      .limit_pct = arguments->limit_pct,
      .moved_raw = work->moved_raw,
      .still_pct = arguments->still_pct,
      .keep = arguments->keep,
      .degree_max = arguments->degree_max,
  };
  memcpy(calibrator.standard, arguments->standard, sizeof calibrator.standard);
  return calibrator;
}

static enum stance_status enter(struct calibration *work,
                                const struct stance_calibrator *calibrator,
                                struct stance_problem *problem)
{
  const struct stance_calibrate_arguments *arguments = work->arguments;
  double slope = arguments->slope_n_per_unit;
  const bool certificate = !isnan(slope);
  if (!certificate) {
    enum stance_status status = stance_sensitivity_slope(
        &arguments->sensitivity, work->info.channel[work->channel].unit, &slope, problem);
    if (status != STANCE_OK)
      return status;
  }
  return stance_calibrator_enter(
      calibrator, &work->base, slope, arguments->zero_raw, arguments->sensitivity.capacity_n,
      certificate ? STANCE_METHOD_CERTIFICATE : STANCE_METHOD_SENSITIVITY, &work->next, problem);
}

/* The table is shown even where the fit is refused: it says which load to measure again. */
static enum stance_status fit(struct calibration *work, const struct stance_calibrator *calibrator,
                              FILE *out, struct stance_problem *problem)
{
  struct stance_evaluation evaluation = {.load_count = 0};
  struct stance_text text = {0};
  enum stance_status status =
      work->arguments->points != NULL
          ? read_points_file(work, problem)
          : stance_calibrate_guide(work->source, work->channel, work->gravity_m_per_s2,
                                   work->arguments->seconds, work->arguments->still_pct,
                                   work->point, work->moved_raw, &work->point_count, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_calibrator_fit(calibrator, &work->base, work->point, work->point_count,
                                 &evaluation, &work->next, problem);
  if (status == STANCE_MISMATCH) {
    stance_calibrate_describe_points(&text, work->point, work->point_count, &evaluation);
    stance_print_plain(out, text.bytes == NULL ? "" : text.bytes);
    stance_text_finish(&text);
  }
  return status;
}

static void tell(const struct calibration *work, FILE *out)
{
  struct stance_text text = {0};
  size_t open;
  stance_calibrate_describe(&text, &work->next);
  stance_print_plain(out, text.bytes == NULL ? "" : text.bytes);
  stance_text_finish(&text);
  if (!work->next.calibrated && !stance_calibrator_is_complete(&work->next, &open))
    fprintf(stderr,
            "Channel '%s' is not calibrated yet: until it is, results are not in newtons "
            "and say so.\n",
            work->next.channel[open].channel);
  if (work->next.channel[work->channel].side == STANCE_SIDE_NONE)
    fprintf(stderr, "The channel belongs to no side: say which with --side, or nothing is measured "
                    "with it.\n");
}

enum stance_status stance_calibrate_new(const struct stance_calibrate_arguments *arguments,
                                        FILE *out, struct stance_problem *problem)
{
  struct calibration *work = calloc(1, sizeof *work);
  unsigned version = 1;
  if (work == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  work->arguments = arguments;
  stance_recording_new_uuid(work->id);
  enum stance_status status = find_gravity(work, problem);
  if (status == STANCE_OK)
    status = set_dates(work, problem);
  if (status == STANCE_OK)
    status = open_all(work, &version, problem);
  if (status == STANCE_OK) {
    const struct stance_calibrator calibrator = describe(work, version);
    const bool entered =
        !isnan(arguments->slope_n_per_unit) || arguments->sensitivity.sensitivity_mv_per_v != 0;
    if (arguments->matrix != NULL)
      status = stance_calibrate_matrix(arguments, &calibrator, &work->base, &work->next, problem);
    else
      status = entered ? enter(work, &calibrator, problem) : fit(work, &calibrator, out, problem);
  }
  if (status == STANCE_OK)
    status = stance_store_put_calibration(work->store, &work->next, problem);
  if (status == STANCE_OK)
    tell(work, out);
  if (status == STANCE_OK && arguments->pdf != NULL)
    status = stance_certificate_write(&work->next, arguments->pdf, problem);
  stance_source_destroy(work->source);
  stance_store_close(work->store);
  free(work);
  return status;
}
