/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the module that draws (tools/certificate) where the program was linked to look for it: the
   build tree, or once installed ../lib/stance beside the program's own folder. */
#include "certificate.h"

#include "output.h"

#include <dlfcn.h>
#include <string.h>

#define MODULE "stance-certificate.so"

typedef enum stance_status page_function(const struct stance_calibration *calibration,
                                         struct stance_text *pdf, struct stance_problem *problem);

/* Stays loaded until the program ends: pango keeps things of its own. */
static enum stance_status find_page(page_function **ret_page, struct stance_problem *problem)
{
  void *module = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
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
