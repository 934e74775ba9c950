/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STANCE_TESTS_MCC_DOUBLE_H
#define STANCE_TESTS_MCC_DOUBLE_H

#include "instrument.h"

/* An instrument that answers as its documents say. */
struct mcc_double {
  uint8_t answer[512];
  uint8_t ranges[8];
  uint8_t requests[64];
  uint8_t start[12];
  size_t request_count, start_length;
  uint16_t status;
  uint8_t stalled;      /* a request that is refused */
  unsigned late;        /* requests that are not answered */
  bool counts_scans;    /* the debug counter */
  unsigned lost_sample; /* of the self-test; 0: none */
  bool keeps_ranges;
  float slope;
};

struct mcc_double mcc_double_make(void);
/* What stands in its memory for a range code and an input. */
float mcc_double_slope(const struct mcc_double *mcc, unsigned code, unsigned input);
float mcc_double_intercept(unsigned code, unsigned input);
/* A bench_answer over it. */
struct stance_usb_reply mcc_double_answer(void *context,
                                          const struct stance_usb_exchange *exchange);

#endif
