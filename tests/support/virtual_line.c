/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtual_line.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const int64_t ms_ns = 1000000;

void virtual_line_open(struct virtual_line *line, const struct stance_virtual_kind *kind,
                       uint8_t in, uint8_t out, double step_newton)
{
  /* one newton is one volt, so that a mark is a force */
  const struct stance_virtual_input_options options = {
      .newton_per_volt = 1, .wiring = "left:0", .marks_v = step_newton};
  struct stance_problem problem;

  *line = (struct virtual_line){.in = in, .out = out, .now_ns = 1000 * ms_ns};
  assert_int_equal(stance_virtual_input_open(&options, &line->input, &problem), STANCE_OK);
  assert_int_equal(stance_virtual_device_create(kind, NULL, line->input, &line->device, &problem),
                   STANCE_OK);
  line->device->clock.elastic = false;
  stance_virtual_clock_advance(&line->device->clock, line->now_ns);
}

void virtual_line_close(struct virtual_line *line)
{
  stance_virtual_device_destroy(line->device);
  stance_virtual_input_destroy(line->input);
}

void virtual_line_fault(struct virtual_line *line, const char *text)
{
  struct stance_problem problem;
  if (stance_virtual_fault_add(&line->device->faults, line->device->kind->faults, text, &problem) !=
      STANCE_OK)
    fail_msg("%s", problem.text);
}

void virtual_line_send(struct virtual_line *line, const void *bytes, size_t length)
{
  assert_int_equal(line->device->kind->bulk_out(line->device, line->out, bytes, length), length);
}

static void tick(struct virtual_line *line)
{
  line->now_ns += ms_ns;
  stance_virtual_clock_advance(&line->device->clock, line->now_ns);
  line->device->kind->advance(line->device);
}

void virtual_line_wait(struct virtual_line *line, unsigned ms)
{
  while (ms-- > 0)
    tick(line);
}

void virtual_line_run(struct virtual_line *line, unsigned ms, size_t head)
{
  uint8_t packet[64];

  while (ms-- > 0) {
    int count;
    tick(line);
    while ((count = line->device->kind->bulk_in(line->device, line->in, packet, sizeof packet)) >=
           0) {
      assert_true((size_t)count <= sizeof packet);
      if ((size_t)count <= head)
        continue;
      assert_true(line->length + (size_t)count - head <= sizeof line->bytes);
      memcpy(line->bytes + line->length, packet + head, (size_t)count - head);
      line->length += (size_t)count - head;
    }
    assert_int_equal(count, -EAGAIN);
  }
}

void virtual_line_check_counts(const struct virtual_line *line, uint64_t inside)
{
  const struct stance_virtual_counts *counts = &line->device->counts;
  assert_int_equal(counts->delivered + counts->spoilt + counts->dropped + counts->discarded +
                       inside,
                   counts->sampled);
}
