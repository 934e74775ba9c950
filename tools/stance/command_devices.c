/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "stance/source.h"

enum { KEY_DEVICE = 'd' };

static const struct argp_option options[] = {
    {"device", KEY_DEVICE, "URI", 0, "Open this one and say what it is", 0},
    {0},
};

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  char **uri = state->input;
  if (key != KEY_DEVICE)
    return ARGP_ERR_UNKNOWN;
  *uri = text;
  return 0;
}

const struct argp stance_devices_argp = {
    .options = options,
    .parser = parse_key,
    .doc = "List what can be sampled from, with a URI for --device that works.\v"
           "Examples:\n"
           "  stance devices\n"
           "  stance devices --device 'sim:nordic?seed=7'\n\n"
           "Exit status: 0 done, 2 usage, 4 instrument.",
};

static void print_keys(const struct stance_source_kind *kind)
{
  const struct stance_source_profile *profile = kind->profiles;
  for (; profile != NULL && profile->path != NULL; profile++)
    printf("    %s:%-20s %s\n", kind->scheme, profile->path, profile->summary);
  const struct stance_source_key *key = kind->keys;
  for (; key != NULL && key->name != NULL; key++)
    printf("    ?%s=%s%s%s  %s\n", key->name, key->default_value, key->unit[0] == '\0' ? "" : " ",
           key->unit, key->meaning);
}

static int list(void)
{
  const struct stance_source_kind *kind;
  for (size_t k = 0; (kind = stance_source_kind(k)) != NULL; k++) {
    printf("%s:  %s\n  example: --device '%s'\n", kind->scheme, kind->summary, kind->example);
    print_keys(kind);
  }
  return 0;
}

static int describe(const char *uri)
{
  struct stance_source *source = NULL;
  struct stance_problem problem = {""};
  enum stance_status status = stance_source_open(uri, NULL, &source, &problem);
  if (status != STANCE_OK)
    return stance_complain(status, &problem);
  const struct stance_source_info *info = stance_source_info(source);
  printf("device: %s\nmodel: %s\nserial: %s\nrate: %.6g Hz\n", info->uri, info->model, info->serial,
         info->rate_hz);
  if (info->frame_count > 0)
    printf("length: %.3f s\n", (double)info->frame_count / info->rate_hz);
  for (size_t c = 0; c < info->channel_count; c++) {
    const struct stance_channel *channel = &info->channel[c];
    printf("channel %zu: %s, unit %s, side %s\n", c + 1, channel->name, channel->unit,
           channel->side == STANCE_SIDE_NONE ? "none" : stance_side_name(channel->side));
  }
  printf("calibration: %s\n", info->calibration[0] == '\0' ? "none of its own" : "its own");
  stance_source_destroy(source);
  return 0;
}

int stance_devices_run(int argc, char **argv)
{
  char *uri = NULL;
  argp_parse(&stance_devices_argp, argc, argv, 0, NULL, &uri);
  int exit_status = uri == NULL ? list() : describe(uri);
  if (fflush(stdout) == 0 || exit_status != 0)
    return exit_status;
  struct stance_problem problem;
  return stance_complain(
      stance_problem_set(&problem, STANCE_STORE, "standard output cannot be written"), &problem);
}
