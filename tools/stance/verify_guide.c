/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One step after the other, asked for on the terminal. */
#include "command.h"
#include "verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What comes next: false when the check has all it needs. */
static bool next_step(const struct stance_verify *verify, struct stance_verify_row *ret_row,
                      char *ret_prompt, size_t size)
{
  const struct stance_verify_arguments *arguments = verify->arguments;
  const size_t k = verify->row_count;
  *ret_row = (struct stance_verify_row){.is_empty = k == 0,
                                        .side = STANCE_SIDE_NONE,
                                        .placed_x_m = (double)NAN,
                                        .placed_y_m = (double)NAN,
                                        .from_s = (double)NAN,
                                        .to_s = (double)NAN};
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    ret_row->force_n[side] = (double)NAN;
  if (k == 0) {
    snprintf(ret_prompt, size, "Nothing may touch the instrument. Then press Enter.");
    return true;
  }
  if (arguments->kind == STANCE_CHECK_MASS && k <= arguments->repeats) {
    ret_row->side = stance_verify_side(verify);
    snprintf(ret_prompt, size,
             "Put the known load on the %s side (%zu of %u), wait until it is "
             "still, press Enter.",
             stance_side_name(ret_row->side), k, arguments->repeats);
    return true;
  }
  if (arguments->kind == STANCE_CHECK_SWAP && k <= 2 * (size_t)arguments->repeats) {
    ret_row->side = k % 2 == 1 ? STANCE_LEFT : STANCE_RIGHT;
    snprintf(ret_prompt, size,
             "The same load on the %s side (pair %zu of %u), wait until it is "
             "still, press Enter.",
             ret_row->side == STANCE_LEFT ? "LEFT" : "RIGHT", (k + 1) / 2, arguments->repeats);
    return true;
  }
  if (arguments->kind == STANCE_CHECK_COP) {
    snprintf(ret_prompt, size,
             "Put the load on place %zu, type its x and y in metres (as in 0.2 "
             "-0.1), press Enter; `end` after the fifth or later.",
             k);
    return true;
  }
  return false;
}

/* The line's place for a centre of pressure; anything for the other checks. */
static bool parse_answer(const struct stance_verify *verify, const char *line,
                         struct stance_verify_row *row)
{
  char *end;
  if (verify->arguments->kind != STANCE_CHECK_COP || row->is_empty)
    return true;
  row->placed_x_m = strtod(line, &end);
  const char *second = end;
  row->placed_y_m = strtod(second, &end);
  if (second != line && end != second && end[strspn(end, " \t\r\n")] == '\0' &&
      isfinite(row->placed_x_m) && isfinite(row->placed_y_m))
    return true;
  fprintf(stderr, "that is no place: type two numbers in metres, as in 0.2 -0.1\n");
  return false;
}

/* What spoils one reading spoils no check: it is told, and asked for again. */
static enum stance_status take(struct stance_verify *verify, struct stance_verify_row *row,
                               struct stance_problem *problem)
{
  enum stance_status status = stance_verify_take(verify, row, problem);
  if (status == STANCE_INPUT) {
    stance_print_plain(stderr, problem->text);
    fputc('\n', stderr);
    return STANCE_OK;
  }
  if (status != STANCE_OK)
    return status;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (!isnan(row->force_n[side]))
      fprintf(stderr, "%s side: %.2f N +- %.2f N\n", stance_side_name((enum stance_side)side),
              row->force_n[side], 2 * row->uncertainty_n[side]);
  verify->row[verify->row_count++] = *row;
  return STANCE_OK;
}

enum stance_status stance_verify_guide(struct stance_verify *verify, struct stance_problem *problem)
{
  struct stance_verify_row row;
  char prompt[256], line[128];
  enum stance_status status = STANCE_OK;
  if (verify->arguments->kind == STANCE_CHECK_DYNAMIC) {
    fprintf(stderr,
            "Hang the mass on. Press Enter, wait a second, let it go at once (cut the string), and "
            "touch nothing until %g s are over.\n",
            verify->seconds);
    if (!verify->arguments->unattended && fgets(line, sizeof line, stdin) == NULL)
      return stance_problem_set(problem, STANCE_USAGE, "the check was ended before it began");
    return stance_verify_take_release(verify, problem);
  }
  while (status == STANCE_OK && verify->row_count < STANCE_VERIFY_ROW_MAX &&
         next_step(verify, &row, prompt, sizeof prompt)) {
    fprintf(stderr, "%s\n", prompt);
    if (verify->arguments->unattended && row.is_empty) {
      status = stance_verify_take(verify, &row, problem);
      verify->row[verify->row_count++] = row;
      continue;
    }
    if (fgets(line, sizeof line, stdin) == NULL || strncmp(line, "end", 3) == 0)
      break;
    if (parse_answer(verify, line, &row))
      status = take(verify, &row, problem);
  }
  return status;
}
