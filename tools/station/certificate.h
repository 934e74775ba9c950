/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A calibration on one page of A4, as PDF. */
#ifndef STANCE_CERTIFICATE_H
#define STANCE_CERTIFICATE_H

#include "stance/calibration.h"
#include "text.h"

/* Appends the PDF: identity, channels, and for each channel with points its residual plot and what
   they say. The same profile gives the same bytes with the same libraries and fonts: nothing of the
   day or the machine is in it. STANCE_MEMORY. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_certificate_draw(const struct stance_calibration *calibration, struct stance_text *pdf,
                        struct stance_problem *problem);
/* The same to a file, which is there whole or not at all. */
STANCE_MUST_CHECK enum stance_status
stance_certificate_write(const struct stance_calibration *calibration, const char *path,
                         struct stance_problem *problem);

#endif
