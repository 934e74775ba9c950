/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_settings.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Left at 25 % of right. */
static const double weak_leg_pct = 75.0;

static bool read_count(const char **text, uint64_t *ret_count)
{
  char *end;

  if (**text < '0' || **text > '9')
    return false;
  errno = 0;
  *ret_count = strtoull(*text, &end, 10);
  /* 2^53 frames are 2800 years at 100 kHz; beyond it sums could wrap. */
  if (errno != 0 || *ret_count > UINT64_C(1) << 53)
    return false;
  *text = end;
  return true;
}

static enum stance_status read_gaps(struct stance_sim_settings *settings,
                                    struct stance_problem *problem)
{
  const char *text = settings->gaps;
  uint64_t end_of_last = 0;

  while (*text != '\0') {
    struct stance_sim_gap gap;
    if (settings->gap_count == STANCE_SIM_GAP_MAX)
      return stance_problem_set(problem, STANCE_USAGE, "sim: gaps= takes at most %d gaps",
                                STANCE_SIM_GAP_MAX);
    if (!read_count(&text, &gap.first) || *text++ != ':' || !read_count(&text, &gap.count) ||
        gap.count == 0 || gap.first < end_of_last || (*text != '\0' && *text != ',') ||
        (*text == ',' && text[1] == '\0'))
      return stance_problem_set(problem, STANCE_USAGE,
                                "sim: gaps=%.100s is not allowed; write FIRST:COUNT,FIRST:COUNT in "
                                "frames, in order, apart, for example gaps=5000:20,8000:300",
                                settings->gaps);
    settings->gap[settings->gap_count++] = gap;
    end_of_last = gap.first + gap.count;
    text += *text == ',';
  }
  return STANCE_OK;
}

static enum stance_status apply_profile(const char *path, struct stance_sim_settings *settings,
                                        struct stance_uri *storage, struct stance_problem *problem)
{
  char list[200] = "", text[STANCE_URI_SIZE];
  const struct stance_source_profile *profile = stance_sim_profiles;
  size_t used = 0;

  while (profile->path != NULL && strcmp(profile->path, path) != 0)
    profile++;
  if (profile->path == NULL) {
    for (profile = stance_sim_profiles; profile->path != NULL && used < sizeof list; profile++)
      used += (size_t)snprintf(list + used, sizeof list - used, " sim:%s", profile->path);
    return stance_problem_set(problem, STANCE_USAGE,
                              "there is no simulated test \"%.60s\"; known:%s", path, list);
  }
  snprintf(text, sizeof text, "sim:%s?%s", profile->path, profile->settings);
  const enum stance_status status = stance_uri_init(storage, text, problem);
  return status != STANCE_OK ? status
                             : stance_uri_bind(storage, stance_sim_keys, settings, problem);
}

/* What no single key can know. (That a dip fits between call and onset is in the bounds of the
   keys: ready_s >= dip_s + onset_lag_s/2.) */
static enum stance_status check(const struct stance_sim_settings *settings,
                                struct stance_problem *problem)
{
  if (settings->bits > 0 && settings->bits < 8)
    return stance_problem_set(problem, STANCE_USAGE,
                              "sim: bits=%g is not allowed; 8 to 32, or 0 for no converter",
                              settings->bits);
  if (settings->bits == 0 && settings->converter == STANCE_SIM_VOLTS)
    return stance_problem_set(problem, STANCE_USAGE,
                              "sim: converter=volts needs a converter; bits=0 is none");
  if (settings->shape == STANCE_SIM_RAMP && settings->rise_s > settings->effort_s)
    return stance_problem_set(problem, STANCE_USAGE,
                              "sim: rise_s=%g is longer than effort_s=%g: the ramp would never end",
                              settings->rise_s, settings->effort_s);
  if (settings->back_s > 0 && !(settings->fail_s > 0 && settings->fail_s < settings->back_s))
    return stance_problem_set(problem, STANCE_USAGE,
                              "sim: back_s=%g is not after fail_s=%g: only what fell silent comes "
                              "back",
                              settings->back_s, settings->fail_s);
  return STANCE_OK;
}

enum stance_status stance_sim_settings_read(const struct stance_uri *uri,
                                            struct stance_sim_settings *ret_settings,
                                            struct stance_problem *problem)
{
  struct stance_sim_settings settings = {0};
  struct stance_uri profile;
  enum stance_status status;

  status = stance_uri_bind_defaults(stance_sim_keys, &settings, problem);
  if (status == STANCE_OK)
    status = apply_profile(uri->path, &settings, &profile, problem);
  if (status == STANCE_OK)
    status = stance_uri_bind(uri, stance_sim_keys, &settings, problem);
  if (status == STANCE_OK)
    status = read_gaps(&settings, problem);
  if (status == STANCE_OK)
    status = check(&settings, problem);
  if (status != STANCE_OK)
    return status;
  if ((settings.dirty & STANCE_SIM_WEAK_LEG) != 0)
    settings.asymmetry_pct = weak_leg_pct;
  settings.gaps = NULL; /* read; the text may be gone after this call */
  *ret_settings = settings;
  return STANCE_OK;
}
