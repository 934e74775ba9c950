/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the module that draws (tools/certificate). With a run path in the program the loader would
   find it too, and would look there for every other library first, at every start. */
#include "certificate.h"

#include "output.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MODULE "stance-certificate.so"

/* Seen from the program: beside it as built, as installed, beside a test program. */
static const char *const places[] = {MODULE, "../lib/stance/" MODULE, "../" MODULE};

typedef enum stance_status page_function(const struct stance_calibration *calibration,
                                         struct stance_text *pdf, struct stance_problem *problem);

/* Stays loaded until the program ends: pango keeps things of its own. */
static void *load_module(void)
{
  char program[PATH_MAX], path[PATH_MAX + 64] = MODULE;
  ssize_t length = readlink("/proc/self/exe", program, sizeof program);
  while (length > 0 && program[length - 1] != '/')
    length--;
  for (size_t k = 0; length > 0 && k < sizeof places / sizeof *places; k++) {
    snprintf(path, sizeof path, "%.*s%s", (int)length, program, places[k]);
    if (access(path, R_OK) == 0)
      break;
  }
  return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static enum stance_status find_page(page_function **ret_page, struct stance_problem *problem)
{
  void *module = load_module();
  void *symbol = module == NULL ? NULL : dlsym(module, "stance_certificate_page");

  if (symbol == NULL)
    return stance_problem_set(
        problem, STANCE_INPUT,
        "the certificate cannot be drawn: %s; install stance anew, this part of it belongs into "
        "../lib/stance beside the program's folder",
        dlerror());
  memcpy(ret_page, &symbol, sizeof symbol); /* C has no cast from an object to a function */
  return STANCE_OK;
}

enum stance_status stance_certificate_draw(const struct stance_calibration *calibration,
                                           struct stance_text *pdf, struct stance_problem *problem)
{
  page_function *page = NULL;
  enum stance_status status = find_page(&page, problem);

  return status != STANCE_OK ? status : page(calibration, pdf, problem);
}

enum stance_status stance_certificate_write(const struct stance_calibration *calibration,
                                            const char *path, struct stance_problem *problem)
{
  struct stance_text pdf = {0};
  struct stance_output *output = NULL;
  enum stance_status status = stance_certificate_draw(calibration, &pdf, problem);
  if (status == STANCE_OK)
    status = stance_output_open(path, &output, problem);
  if (status == STANCE_OK) {
    fwrite(pdf.bytes, 1, pdf.length, stance_output_file(output)); /* asked about on commit */
    status = stance_output_commit(output, problem);
  }
  stance_text_finish(&pdf);
  return status;
}
