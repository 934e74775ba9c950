/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the module that draws certificates exports. It is loaded when one is drawn
   (tools/station/certificate.c): cairo, pango and thirty libraries behind them are otherwise most
   of what any command needs to start. */
#ifndef STANCE_CERTIFICATE_PAGE_H
#define STANCE_CERTIFICATE_PAGE_H

#include "certificate.h"

/* stance_certificate_draw, in the module. */
__attribute__((visibility("default"))) enum stance_status
stance_certificate_page(const struct stance_calibration *calibration, struct stance_text *pdf,
                        struct stance_problem *problem);

#endif
