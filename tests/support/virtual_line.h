/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A virtual instrument on a serial line, without USB: time passes, bytes go in and come out. */
#ifndef STANCE_TESTS_VIRTUAL_LINE_H
#define STANCE_TESTS_VIRTUAL_LINE_H

#include "virtual_device.h"

struct virtual_line {
  struct stance_virtual_device *device;
  struct stance_virtual_input *input;
  int64_t now_ns;
  uint8_t in, out; /* endpoints */
  uint8_t bytes[65536];
  size_t length;
};

/* Terminal k carries k · `step_newton`, terminal 0 nothing. Its clock is not elastic. */
void virtual_line_open(struct virtual_line *line, const struct stance_virtual_kind *kind,
                       uint8_t in, uint8_t out, double step_newton);
void virtual_line_close(struct virtual_line *line);
void virtual_line_fault(struct virtual_line *line, const char *text);
void virtual_line_send(struct virtual_line *line, const void *bytes, size_t length);
/* Each millisecond the host takes what there is; `head` bytes of every packet are left out, or
   `bytes` gets them too where it is 0. */
void virtual_line_run(struct virtual_line *line, unsigned ms, size_t head);
/* Time passes and nobody reads. */
void virtual_line_wait(struct virtual_line *line, unsigned ms);
/* sampled = delivered + spoilt + dropped + discarded + what is still inside (`inside`). */
void virtual_line_check_counts(const struct virtual_line *line, uint64_t inside);

#endif
