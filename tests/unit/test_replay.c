/* SPDX-License-Identifier: GPL-3.0-or-later */
/* replay:FILE gives what stands in the file, sample for sample. */
#include "reference_data.h"
#include "support/drain.h"

#include "stance/csv.h"
#include "stance/source.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static struct stance_raw_frame *play(const char *uri, size_t most, size_t *ret_count,
                                     struct stance_source_info *ret_info)
{
  struct stance_source *source = NULL;
  struct stance_problem problem = {""};
  struct stance_source_health health;
  struct stance_frame_ring *ring;
  if (stance_source_open(uri, NULL, &source, &problem) != STANCE_OK)
    fail_msg("%s: %s", uri, problem.text);
  *ret_info = *stance_source_info(source);
  assert_int_equal(stance_frame_ring_create(most, &ring), STANCE_OK);
  assert_int_equal(stance_source_start(source, &ring, 1, NULL), STANCE_OK);
  do {
    drain_pause(100000);
    stance_source_health(source, &health);
  } while (!health.ended);
  stance_source_destroy(source);
  struct stance_raw_frame *frames = calloc(most, sizeof *frames);
  *ret_count = stance_frame_ring_read(ring, frames, most);
  stance_frame_ring_destroy(ring);
  return frames;
}

/* A file of its own with the given text; the name is static. */
static const char *written(const char *text)
{
  static char path[] = "/tmp/stance-replay-XXXXXX";
  memcpy(path + sizeof path - 7, "XXXXXX", 6);
  const int file = mkstemp(path);
  assert_true(file >= 0);
  assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
  close(file);
  return path;
}

static void test_a_file_comes_out_with_its_hole_in_place(void **state)
{
  const char *path = written("Time (s),Left (N),Right (N)\n0.00,1,10\n0.01,2,20\n0.02,3,30\n"
                             "0.06,7,70\n0.07,8,\n0.08,9,90\n");
  struct stance_source_info info;
  char uri[200];
  size_t count;
  (void)state;
  snprintf(uri, sizeof uri, "replay:%s?speed=max&columns=left=Left,right=Right", path);
  struct stance_raw_frame *frames = play(uri, 64, &count, &info);
  unlink(path);
  assert_int_equal(info.channel_count, 2);
  assert_int_equal(info.channel[0].side, STANCE_LEFT);
  assert_string_equal(info.channel[1].unit, "N");
  assert_true(fabs(info.rate_hz - 100.0) < 1e-6);
  assert_int_equal(count, 6);
  for (size_t k = 0; k < count; k++) {
    const size_t index = k < 3 ? k : k + 3;
    assert_int_equal(frames[k].index, index);
    assert_int_equal(frames[k].gap_before, k == 3 ? 3 : 0);
    assert_true(fabs(frames[k].value[0] - (double)(index + 1)) < 1e-6);
    assert_true(k == 4 ? isnan(frames[k].value[1])
                       : fabs(frames[k].value[1] - 10.0 * (double)(index + 1)) < 1e-5);
  }
  free(frames);
}

static void test_one_of_several_trials_has_to_be_named(void **state)
{
  const char *path = written("trial,Time,Fz\na,0,1\na,0.001,2\na,0.002,3\n"
                             "b,0,4\nb,0.001,5\nb,0.002,6\n");
  struct stance_problem problem = {""};
  struct stance_source *source = NULL;
  struct stance_source_info info;
  char uri[200];
  size_t count;
  (void)state;
  snprintf(uri, sizeof uri, "replay:%s?group=trial&columns=total=Fz", path);
  assert_int_equal(stance_source_open(uri, NULL, &source, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "holds 2 trials"));
  assert_non_null(strstr(problem.text, "\"a\" \"b\""));
  assert_null(source);
  snprintf(uri, sizeof uri, "replay:%s?group=trial&columns=total=Fz&trial=b&speed=max", path);
  struct stance_raw_frame *frames = play(uri, 64, &count, &info);
  unlink(path);
  assert_int_equal(count, 3);
  assert_true(frames[2].value[0] == 6.0);
  free(frames);
}

static void test_what_is_no_recording_is_refused(void **state)
{
  struct stance_problem problem = {""};
  struct stance_source *source = NULL;
  (void)state;
  assert_int_equal(stance_source_open("replay:", NULL, &source, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "replay:FILE"));
  assert_int_equal(stance_source_open("replay:/no/such.csv", NULL, &source, &problem),
                   STANCE_INPUT);
  assert_non_null(strstr(problem.text, "/no/such.csv"));
  assert_int_equal(stance_source_open("replay:x?speed=0", NULL, &source, &problem), STANCE_USAGE);
  assert_int_equal(stance_source_open("replay:x?colour=3", NULL, &source, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "columns"));
  assert_null(source);
}

static void test_a_real_pull_equals_its_file(void **state)
{
  enum { MOST = 1 << 16 };
  const char *path = reference_path("imtp/Example2.csv");
  struct stance_source_info info;
  char uri[1100];
  size_t count, column_count;
  (void)state;
  if (path == NULL) {
    print_message("skipped: imtp/Example2.csv is absent\n");
    skip();
  }
  snprintf(uri, sizeof uri, "replay:%s?speed=max&columns=total=Fz", path);
  double *column = reference_column("imtp/Example2.csv", 1, 1, &column_count);
  struct stance_raw_frame *frames = play(uri, MOST, &count, &info);
  assert_true(fabs(info.rate_hz - 1000.0) < 1e-3);
  assert_int_equal(count, column_count);
  assert_int_equal(info.frame_count, column_count);
  for (size_t k = 0; k < count; k++) {
    assert_int_equal(frames[k].index, k);
    assert_true(frames[k].value[0] == column[k]);
  }
  free(column);
  free(frames);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_file_comes_out_with_its_hole_in_place),
      cmocka_unit_test(test_one_of_several_trials_has_to_be_named),
      cmocka_unit_test(test_what_is_no_recording_is_refused),
      cmocka_unit_test(test_a_real_pull_equals_its_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
