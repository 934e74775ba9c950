/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "stance/source.h"

#include <math.h>
#include <stdlib.h>

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

/* What a device says of itself goes through stance_print_plain: it is not ours. */
STANCE_PRINTF(1, 2) static void print_line(const char *format, ...)
{
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 overlooks the va_start above
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  stance_print_plain(stdout, line);
}

static void print_found(const struct stance_source_found *found)
{
  print_line("%s, USB port %s", found->model, found->port);
  if (found->serial[0] != '\0')
    print_line(", serial number %s", found->serial);
  if (found->firmware[0] != '\0')
    print_line(", firmware %s", found->firmware);
  if (found->identified)
    print_line("\n  use it with: --device '%s'\n", found->uri);
  else if (found->generic)
    print_line(
        "\n  left alone: this chip is in many devices, medical ones too. If you know that it "
        "is your instrument: --device '%s'\n",
        found->uri);
  else
    print_line("\n  %s\n", found->problem.text);
}

static enum stance_status list_connected(struct stance_problem *problem)
{
  struct stance_source_found *found = NULL;
  size_t count = 0;
  enum stance_status status = stance_source_list(&found, &count, problem);
  if (status != STANCE_OK)
    return status;
  printf("Connected:%s\n", count == 0 ? " no supported USB instrument" : "");
  for (size_t k = 0; k < count; k++)
    print_found(&found[k]);
  free(found);
  return STANCE_OK;
}

static int list(void)
{
  const struct stance_source_kind *kind;
  struct stance_problem problem = {""};
  enum stance_status status = list_connected(&problem);
  printf("\nSupported:\n");
  for (size_t k = 0; (kind = stance_source_kind(k)) != NULL; k++) {
    printf("%s:  %s\n  example: --device '%s'\n", kind->scheme, kind->summary, kind->example);
    print_keys(kind);
  }
  printf("usb:  the first supported instrument that is connected\n");
  return status == STANCE_OK ? 0 : stance_complain(status, &problem);
}

static void print_channel(size_t number, const struct stance_channel *channel)
{
  print_line("channel %zu: %s, unit %s", number, channel->name, channel->unit);
  if (isfinite(channel->minimum) && isfinite(channel->maximum))
    print_line(", range %.6g to %.6g", channel->minimum, channel->maximum);
  print_line(", side %s\n",
             channel->side == STANCE_SIDE_NONE ? "none" : stance_side_name(channel->side));
}

static int describe(const char *uri)
{
  struct stance_source *source = NULL;
  struct stance_problem problem = {""};
  enum stance_status status = stance_source_open(uri, NULL, &source, &problem);
  if (status != STANCE_OK)
    return stance_complain(status, &problem);
  const struct stance_source_info *info = stance_source_info(source);
  print_line("device: %s\nmodel: %s\nserial: %s\n", info->uri, info->model, info->serial);
  if (info->firmware[0] != '\0')
    print_line("firmware: %s\n", info->firmware);
  print_line("rate: %.6g Hz\n", info->rate_hz);
  if (info->oversampling > 1)
    print_line("analysed at: %.6g Hz\n", info->rate_hz / info->oversampling);
  if (info->frame_count > 0)
    print_line("length: %.3f s\n", (double)info->frame_count / info->rate_hz);
  for (size_t c = 0; c < info->channel_count; c++)
    print_channel(c + 1, &info->channel[c]);
  print_line("calibration: %s\n", info->calibration[0] == '\0' ? "none of its own" : "its own");
  struct stance_source_health health;
  stance_source_health(source, &health);
  if (health.notice.text[0] != '\0')
    print_line("note: %s\n", health.notice.text);
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
