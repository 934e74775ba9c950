/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "input_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum stance_status read_path(const char *text, size_t length,
                                    struct stance_virtual_path *ret_path)
{
  for (int side = STANCE_LEFT; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const char *name = stance_side_name((enum stance_side)side);
    const size_t name_length = strlen(name);
    char *end;
    if (length <= name_length + 1 || strncmp(text, name, name_length) != 0 ||
        text[name_length] != ':')
      continue;
    ret_path->side = (enum stance_side)side;
    ret_path->terminal = (unsigned)strtoul(text + name_length + 1, &end, 10);
    if (end == text + length && ret_path->terminal < STANCE_VIRTUAL_TERMINAL_COUNT)
      return STANCE_OK;
  }
  return STANCE_USAGE;
}

static enum stance_status read_wiring(struct stance_virtual_input *input, const char *text,
                                      struct stance_problem *problem)
{
  for (const char *at = text; *at != '\0';) {
    const size_t length = strcspn(at, ",");
    if (input->path_count == STANCE_VIRTUAL_PATH_COUNT ||
        read_path(at, length, &input->path[input->path_count++]) != STANCE_OK)
      return stance_problem_set(problem, STANCE_USAGE,
                                "wiring '%s': expected up to %d of left:N, right:N, total:N with "
                                "terminals 0 to %d, as in left:0,right:1",
                                text, STANCE_VIRTUAL_PATH_COUNT, STANCE_VIRTUAL_TERMINAL_COUNT - 1);
    at += length + (at[length] == ',');
  }
  return STANCE_OK;
}

enum stance_status stance_virtual_input_open(const struct stance_virtual_input_options *options,
                                             struct stance_virtual_input **ret_input,
                                             struct stance_problem *problem)
{
  struct stance_virtual_input *input = calloc(1, sizeof *input);
  enum stance_status status;

  if (input == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  input->newton_per_volt = options->newton_per_volt;
  input->bias_v = options->bias_v;
  input->marks_v = options->marks_v;
  status =
      read_wiring(input, options->wiring == NULL ? "left:0,right:1" : options->wiring, problem);
  if (status == STANCE_OK && options->uri != NULL)
    status = strncmp(options->uri, "sim:", 4) == 0
                 ? stance_input_open_athlete(input, options, problem)
                 : stance_input_open_recording(input, options->uri, problem);
  if (status != STANCE_OK) {
    stance_virtual_input_destroy(input);
    return status;
  }
  input->force_at_s = (double)NAN;
  *ret_input = input;
  return STANCE_OK;
}

void stance_virtual_input_destroy(struct stance_virtual_input *input)
{
  if (input == NULL)
    return;
  if (input->has_athlete)
    stance_sim_finish(&input->athlete);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    free(input->recorded_n[side]);
  free(input);
}

static void force_at(struct stance_virtual_input *input, double time_s)
{
  if (input->has_athlete)
    stance_input_athlete_force(input, time_s, input->force_n);
  else
    stance_input_recorded_force(input, time_s, input->force_n);
  input->force_at_s = time_s;
}

double stance_virtual_input_volts(struct stance_virtual_input *input, unsigned terminal,
                                  double time_s)
{
  if (input == NULL)
    return 0.0;
  for (size_t k = 0; k < input->path_count; k++) {
    if (input->path[k].terminal != terminal)
      continue;
    if (input->force_at_s != time_s) /* simultaneous inputs ask for the same instant */
      force_at(input, time_s);
    const double force_n = input->force_n[input->path[k].side];
    return input->bias_v + (isnan(force_n) ? 0.0 : force_n / input->newton_per_volt);
  }
  return terminal * input->marks_v;
}

size_t stance_virtual_input_paths(const struct stance_virtual_input *input,
                                  struct stance_virtual_path ret_path[STANCE_VIRTUAL_PATH_COUNT])
{
  memcpy(ret_path, input->path, sizeof input->path);
  return input->path_count;
}

double stance_virtual_input_newton_per_volt(const struct stance_virtual_input *input)
{
  return input->newton_per_volt;
}

double stance_virtual_input_bias_v(const struct stance_virtual_input *input)
{
  return input->bias_v;
}

char *stance_virtual_input_truth(const struct stance_virtual_input *input)
{
  return input->has_athlete ? stance_sim_truth(&input->athlete.plan) : NULL;
}
