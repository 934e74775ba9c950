/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The harness itself: it must fail the allocation it was told to, and no other. */
#include "support/failing_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The compiler may drop an allocation whose result it can see is unused. */
static void *volatile kept;

static void fails_the_named_allocation_only(void **state)
{
  (void)state;
  failing_allocator_arm(2);
  kept = malloc(8);
  void *first = kept;
  kept = calloc(3, 8);
  void *second = kept;
  kept = realloc(first, 64);
  void *third = kept;
  kept = aligned_alloc(64, 64);
  void *fourth = kept;
  size_t count = failing_allocator_disarm();
  assert_int_equal(count, 4);
  assert_non_null(third);
  assert_null(second);
  assert_non_null(fourth);
  free(third);
  free(fourth);
}

static void a_failed_realloc_keeps_the_block(void **state)
{
  (void)state;
  char *block = malloc(4);
  memcpy(block, "abc", 4);
  failing_allocator_arm(1);
  char *larger = realloc(block, 1024);
  failing_allocator_disarm();
  if (larger == NULL) {
    assert_string_equal(block, "abc");
    free(block);
    return;
  }
  free(larger);
  fail_msg("realloc succeeded");
}

/* open_memstream allocates inside the C library. */
static bool write_text(void *context)
{
  (void)context;
  char *text = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  if (file == NULL)
    return false;
  bool written = fputs("text", file) >= 0;
  written = fclose(file) == 0 && written;
  free(text);
  return written;
}

static void reaches_into_shared_libraries(void **state)
{
  (void)state;
  struct failing_allocator_sweep sweep = failing_allocator_sweep(write_text, NULL);
  assert_true(sweep.allocations >= 2);
  assert_true(sweep.reported >= 1);
  assert_int_equal(sweep.reported + sweep.absorbed, sweep.allocations);
}

static bool lose_nothing(void *context)
{
  size_t *attempts = context;
  (*attempts)++;
  kept = malloc(16);
  void *a = kept;
  kept = malloc(16);
  void *b = kept;
  bool succeeded = a != NULL && b != NULL;
  free(a);
  free(b);
  return succeeded;
}

static void sweeps_every_allocation(void **state)
{
  (void)state;
  size_t attempts = 0;
  struct failing_allocator_sweep sweep = failing_allocator_sweep(lose_nothing, &attempts);
  assert_int_equal(sweep.allocations, 2);
  assert_int_equal(sweep.reported, 2);
  assert_int_equal(sweep.absorbed, 0);
  assert_int_equal(attempts, 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fails_the_named_allocation_only),
      cmocka_unit_test(a_failed_realloc_keeps_the_block),
      cmocka_unit_test(reaches_into_shared_libraries),
      cmocka_unit_test(sweeps_every_allocation),
  };
  if (!failing_allocator_works())
    return 77;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
