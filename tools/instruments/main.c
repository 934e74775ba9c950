/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stance-instrument: virtual USB instruments. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

struct bench {
  struct stance_instrument_options options;
  struct stance_virtual_input *input[STANCE_INSTRUMENT_MAX];
  struct stance_virtual_device *device[STANCE_INSTRUMENT_MAX];
};

static int fail(enum stance_status status, const struct stance_problem *problem)
{
  fprintf(stderr, "stance-instrument: %s\n", problem->text);
  return status == STANCE_USAGE ? 2 : status == STANCE_INPUT ? 3 : 4;
}

static void list(void)
{
  printf("faults of all: %s\n", stance_virtual_server_faults);
  for (size_t k = 0; stance_virtual_kinds[k] != NULL; k++)
    printf("%-20s %s\n%20s faults: %s\n", stance_virtual_kinds[k]->name,
           stance_virtual_kinds[k]->summary, "", stance_virtual_kinds[k]->faults);
}

static enum stance_status make(struct bench *bench, size_t k, struct stance_problem *problem)
{
  const struct stance_instrument_request *request = &bench->options.request[k];
  const struct stance_virtual_input_options input = {
      .uri = request->play,
      .newton_per_volt = request->newton_per_volt,
      .wiring = request->wiring,
      .bias_v = request->bias_v,
      .marks_v = request->marks_v,
      .clock_ppm = request->ppm,
  };
  enum stance_status status = stance_virtual_input_open(&input, &bench->input[k], problem);

  if (status == STANCE_OK)
    status = stance_virtual_device_create(request->kind, request->serial, bench->input[k],
                                          &bench->device[k], problem);
  if (status != STANCE_OK)
    return status;
  struct stance_virtual_device *device = bench->device[k];
  device->number = (unsigned)k + 1;
  device->clock.speed = request->speed;
  device->clock.elastic = !request->real_time;
  device->clock.ppm = request->ppm;
  device->log = bench->options.print_profile ? NULL : stdout;
  for (size_t f = 0; f < request->fault_count && status == STANCE_OK; f++)
    status = stance_virtual_fault_add(&device->faults, request->kind->faults, request->fault[f],
                                      problem);
  return status;
}

static enum stance_status print_profiles(struct bench *bench, struct stance_problem *problem)
{
  for (size_t k = 0; k < bench->options.count; k++) {
    const struct stance_instrument_request *request = &bench->options.request[k];
    char *text;
    const enum stance_status status = stance_instrument_profile(
        bench->device[k], request->sampled, request->sampled_count, &text, problem);
    if (status != STANCE_OK)
      return status;
    fputs(text, stdout);
    free(text);
  }
  return STANCE_OK;
}

static enum stance_status write_truth(const struct bench *bench, size_t k,
                                      struct stance_problem *problem)
{
  const char *path = bench->options.request[k].truth;
  char *text = path == NULL ? NULL : stance_virtual_input_truth(bench->input[k]);
  FILE *file;
  bool written;

  if (path == NULL)
    return STANCE_OK;
  if (text == NULL)
    return stance_problem_set(problem, STANCE_USAGE,
                              "--truth %s: only --play sim:… knows its truth", path);
  file = fopen(path, "w");
  written = file != NULL && fputs(text, file) >= 0;
  if (file != NULL && fclose(file) != 0)
    written = false;
  free(text);
  return written ? STANCE_OK
                 : stance_problem_set(problem, STANCE_STORE, "%s cannot be written", path);
}

static enum stance_status run(struct bench *bench, struct stance_problem *problem)
{
  const struct stance_instrument_options *options = &bench->options;
  enum stance_status status = STANCE_OK;

  for (size_t k = 0; k < options->count && status == STANCE_OK; k++)
    status = make(bench, k, problem);
  if (status == STANCE_OK && options->print_profile)
    return print_profiles(bench, problem);
  /* Beforehand, so that it is there however this ends. */
  for (size_t k = 0; k < options->count && status == STANCE_OK; k++)
    status = write_truth(bench, k, problem);
  if (status == STANCE_OK)
    status = stance_virtual_serve(bench->device, options->count, &options->server, problem);
  return status;
}

int main(int argc, char **argv)
{
  static struct bench bench;
  struct stance_problem problem = {""};

  stance_instrument_parse(argc, argv, &bench.options);
  if (bench.options.list) {
    list();
    return 0;
  }
  const enum stance_status status = run(&bench, &problem);
  for (size_t k = 0; k < bench.options.count; k++) {
    stance_virtual_device_destroy(bench.device[k]);
    stance_virtual_input_destroy(bench.input[k]);
  }
  return status == STANCE_OK ? 0 : fail(status, &problem);
}
