/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ring_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* So close to 2^64 that the indices pass it within each of these tests. */
static const uint64_t NEAR_WRAP = UINT64_MAX - 2;

static void refuses_a_ring_of_nothing(void **state)
{
  (void)state;
  struct stance_ring *ring = NULL;
  assert_int_equal(stance_ring_create(0, 8, &ring), STANCE_USAGE);
  assert_int_equal(stance_ring_create(8, 0, &ring), STANCE_USAGE);
  assert_null(ring);
  struct stance_frame_ring *frames = NULL;
  assert_int_equal(stance_frame_ring_create(0, &frames), STANCE_USAGE);
  assert_null(frames);
}

static void says_when_the_memory_cannot_be(void **state)
{
  (void)state;
  struct stance_ring *ring = NULL;
  assert_int_equal(stance_ring_create(80, SIZE_MAX / 2, &ring), STANCE_MEMORY);
  assert_int_equal(stance_ring_create(SIZE_MAX, 1, &ring), STANCE_MEMORY);
  assert_int_equal(stance_ring_create(1, SIZE_MAX, &ring), STANCE_MEMORY);
  assert_null(ring);
}

static void destroys_nothing_quietly(void **state)
{
  (void)state;
  stance_ring_destroy(NULL);
  stance_frame_ring_destroy(NULL);
}

static void rounds_the_capacity_up(void **state)
{
  (void)state;
  static const size_t asked[] = {1, 2, 3, 64, 65, 1000};
  static const size_t given[] = {1, 2, 4, 64, 128, 1024};
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
    struct stance_ring *ring;
    assert_int_equal(stance_ring_create(3, asked[i], &ring), STANCE_OK);
    assert_int_equal(stance_ring_capacity(ring), given[i]);
    assert_int_equal(stance_ring_free(ring), given[i]);
    assert_int_equal(stance_ring_used(ring), 0);
    stance_ring_destroy(ring);
  }
}

static void keeps_each_side_on_a_line_of_its_own(void **state)
{
  (void)state;
  size_t producer = offsetof(struct stance_ring, producer);
  size_t consumer = offsetof(struct stance_ring, consumer);
  assert_true(producer >= STANCE_CACHE_LINE);
  assert_true(consumer >= producer + STANCE_CACHE_LINE);
  assert_true(sizeof(struct stance_ring) >= consumer + STANCE_CACHE_LINE);
  assert_int_equal(alignof(struct stance_ring) % STANCE_CACHE_LINE, 0);
}

static void takes_what_fits_and_gives_what_there_is(void **state)
{
  (void)state;
  struct stance_ring *ring;
  assert_int_equal(stance_ring_create_at(sizeof(int), 4, NEAR_WRAP, &ring), STANCE_OK);
  int in[6] = {1, 2, 3, 4, 5, 6}, out[6] = {0};
  assert_int_equal(stance_ring_read(ring, out, 6), 0);
  assert_int_equal(stance_ring_write(ring, in, 3), 3);
  assert_int_equal(stance_ring_free(ring), 1);
  assert_int_equal(stance_ring_write(ring, in + 3, 3), 1);
  assert_int_equal(stance_ring_write(ring, in + 4, 1), 0);
  assert_int_equal(stance_ring_used(ring), 4);
  assert_int_equal(stance_ring_read(ring, out, 2), 2);
  assert_int_equal(stance_ring_write(ring, in + 4, 2), 2);
  assert_int_equal(stance_ring_read(ring, out + 2, 6), 4);
  assert_memory_equal(in, out, sizeof in);
  assert_int_equal(stance_ring_used(ring), 0);
  assert_int_equal(stance_ring_write(ring, NULL, 0), 0);
  assert_int_equal(stance_ring_read(ring, NULL, 0), 0);
  stance_ring_destroy(ring);
}

/* Every phase of the memory, every batch size, odd element size; the indices pass 2^64. */
static void keeps_order_and_bytes_through_every_wrap(void **state)
{
  (void)state;
  enum { SIZE = 5, CAPACITY = 8 };
  for (size_t batch = 1; batch <= CAPACITY; batch++) {
    struct stance_ring *ring;
    assert_int_equal(stance_ring_create_at(SIZE, CAPACITY, UINT64_MAX - 20, &ring), STANCE_OK);
    unsigned char in[CAPACITY][SIZE], out[CAPACITY][SIZE];
    unsigned written = 0, read = 0;
    for (int round = 0; round < 50; round++) {
      for (size_t i = 0; i < batch; i++) {
        for (size_t b = 0; b < SIZE; b++) {
          in[i][b] = (unsigned char)(written * 31 + b);
        }
        written++;
      }
      assert_int_equal(stance_ring_write(ring, in, batch), batch);
      assert_int_equal(stance_ring_read(ring, out, CAPACITY), batch);
      for (size_t i = 0; i < batch; i++, read++) {
        for (size_t b = 0; b < SIZE; b++) {
          assert_int_equal(out[i][b], (unsigned char)(read * 31 + b));
        }
      }
    }
    stance_ring_destroy(ring);
  }
}

static void touches_its_memory_at_creation(void **state)
{
  (void)state;
  enum { PAGES = 512 };
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  struct stance_ring *ring;
  assert_int_equal(stance_ring_create(page, PAGES, &ring), STANCE_OK);
  unsigned char *first = ring->bytes + (page - (uintptr_t)ring->bytes % page) % page;
  unsigned char resident[PAGES] = {0};
  assert_int_equal(mincore(first, (PAGES - 1) * page, resident), 0);
  for (size_t i = 0; i + 1 < PAGES; i++) {
    assert_true(resident[i] & 1);
  }
  stance_ring_destroy(ring);
}

static struct stance_raw_frame frame(uint64_t index)
{
  return (struct stance_raw_frame){.index = index, .value = {(double)index, -1.0}};
}

static bool push(struct stance_frame_ring *ring, uint64_t index, uint32_t gap_before)
{
  struct stance_raw_frame pushed = frame(index);
  pushed.gap_before = gap_before;
  return stance_frame_ring_push(ring, &pushed);
}

static void drops_the_newest_and_stamps_the_next_accepted(void **state)
{
  (void)state;
  struct stance_frame_ring *ring;
  assert_int_equal(stance_frame_ring_create_at(2, NEAR_WRAP, &ring), STANCE_OK);
  assert_true(push(ring, 0, 0));
  assert_true(push(ring, 1, 0));
  assert_int_equal(stance_frame_ring_free(ring), 0);
  assert_false(push(ring, 7, 5)); /* five were lost in the instrument before it */
  assert_false(push(ring, 8, 0));
  assert_int_equal(stance_frame_ring_dropped(ring), 2);

  struct stance_raw_frame out[2];
  assert_int_equal(stance_frame_ring_read(ring, out, 2), 2);
  assert_int_equal(out[0].index, 0);
  assert_int_equal(out[1].index, 1);
  assert_int_equal(out[1].gap_before, 0);

  assert_true(push(ring, 14, 5)); /* and five more */
  assert_true(push(ring, 15, 0));
  assert_int_equal(stance_frame_ring_used(ring), 2);
  assert_int_equal(stance_frame_ring_read(ring, out, 2), 2);
  assert_int_equal(out[0].gap_before, 12);
  assert_int_equal(out[0].index, 14);
  assert_true(out[0].value[0] == 14.0 && out[0].value[1] == -1.0);
  assert_int_equal(out[1].gap_before, 0);
  assert_int_equal(stance_frame_ring_dropped(ring), 2);
  stance_frame_ring_destroy(ring);
}

static void counts_what_is_dropped_at_the_very_end(void **state)
{
  (void)state;
  struct stance_frame_ring *ring;
  assert_int_equal(stance_frame_ring_create(1, &ring), STANCE_OK);
  assert_true(push(ring, 0, 0));
  for (uint64_t i = 1; i <= 7; i++) {
    assert_false(push(ring, i, 0));
  }
  struct stance_raw_frame out;
  assert_int_equal(stance_frame_ring_read(ring, &out, 1), 1);
  assert_int_equal(out.gap_before, 0);
  assert_int_equal(stance_frame_ring_dropped(ring), 7);
  stance_frame_ring_destroy(ring);
}

static void saturates_the_stamp_and_not_the_count(void **state)
{
  (void)state;
  static const uint32_t own[] = {UINT32_MAX, UINT32_MAX - 1, UINT32_MAX - 2, UINT32_MAX - 3};
  static const uint32_t expected[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX - 1};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    struct stance_frame_ring *ring;
    assert_int_equal(stance_frame_ring_create(1, &ring), STANCE_OK);
    struct stance_raw_frame out;
    assert_true(push(ring, 0, 0));
    assert_false(push(ring, 1, 0));
    assert_false(push(ring, 2, 0));
    assert_int_equal(stance_frame_ring_read(ring, &out, 1), 1);
    assert_true(push(ring, 3, own[i]));
    assert_int_equal(stance_frame_ring_read(ring, &out, 1), 1);
    assert_int_equal(out.gap_before, expected[i]);
    assert_int_equal(stance_frame_ring_dropped(ring), 2);
    stance_frame_ring_destroy(ring);
  }
}

/* What a sleeper leaves behind is seen without a second thread: the bell that would have woken it.
 */
static bool is_rung(struct stance_frame_ring *ring)
{
  return sem_trywait(&ring->bell) == 0;
}

static void wakes_for_as_many_as_are_waited_for(void **state)
{
  (void)state;
  struct stance_frame_ring *ring;
  assert_int_equal(stance_frame_ring_create(8, &ring), STANCE_OK);
  assert_true(stance_frame_ring_processor(ring) < 0);
  atomic_store(&ring->wanted, 3);
  for (uint64_t index = 0; index < 4; index++) {
    stance_frame_ring_push(ring, &(struct stance_raw_frame){.index = index});
    stance_frame_ring_notify(ring);
    assert_int_equal(is_rung(ring), index == 2); /* and once */
  }
  assert_true(stance_frame_ring_processor(ring) >= 0);
  stance_frame_ring_destroy(ring);
}

static int64_t waited_ns(struct stance_frame_ring *ring, size_t count, int64_t timeout_ns)
{
  struct timespec begun, ended;
  clock_gettime(CLOCK_MONOTONIC, &begun);
  stance_frame_ring_wait(ring, count, timeout_ns);
  clock_gettime(CLOCK_MONOTONIC, &ended);
  return (ended.tv_sec - begun.tv_sec) * INT64_C(1000000000) + ended.tv_nsec - begun.tv_nsec;
}

static void waits_only_for_what_is_not_there(void **state)
{
  static const int64_t forever_ns = INT64_C(20000000000), shortly_ns = 5000000;
  (void)state;
  struct stance_frame_ring *ring;
  assert_int_equal(stance_frame_ring_create(8, &ring), STANCE_OK);
  for (uint64_t index = 0; index < 4; index++) {
    assert_true(waited_ns(ring, (size_t)index + 1, shortly_ns) >= shortly_ns);
    stance_frame_ring_push(ring, &(struct stance_raw_frame){.index = index});
    assert_true(waited_ns(ring, (size_t)index + 1, forever_ns) < forever_ns);
  }
  assert_true(waited_ns(ring, SIZE_MAX, shortly_ns) >= shortly_ns);
  stance_frame_ring_destroy(ring);
}

static void an_interrupt_ends_one_wait(void **state)
{
  static const int64_t forever_ns = INT64_C(20000000000), shortly_ns = 5000000;
  (void)state;
  struct stance_frame_ring *ring;
  assert_int_equal(stance_frame_ring_create(8, &ring), STANCE_OK);
  stance_frame_ring_interrupt(ring);
  assert_true(waited_ns(ring, 1, forever_ns) < forever_ns);
  assert_true(waited_ns(ring, 1, shortly_ns) >= shortly_ns);
  atomic_store(&ring->wanted, 3); /* one that sleeps is woken, once */
  stance_frame_ring_interrupt(ring);
  stance_frame_ring_interrupt(ring);
  assert_true(is_rung(ring));
  assert_false(is_rung(ring));
  stance_frame_ring_destroy(ring);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_a_ring_of_nothing),
      cmocka_unit_test(says_when_the_memory_cannot_be),
      cmocka_unit_test(destroys_nothing_quietly),
      cmocka_unit_test(rounds_the_capacity_up),
      cmocka_unit_test(keeps_each_side_on_a_line_of_its_own),
      cmocka_unit_test(takes_what_fits_and_gives_what_there_is),
      cmocka_unit_test(keeps_order_and_bytes_through_every_wrap),
      cmocka_unit_test(touches_its_memory_at_creation),
      cmocka_unit_test(drops_the_newest_and_stamps_the_next_accepted),
      cmocka_unit_test(counts_what_is_dropped_at_the_very_end),
      cmocka_unit_test(saturates_the_stamp_and_not_the_count),
      cmocka_unit_test(wakes_for_as_many_as_are_waited_for),
      cmocka_unit_test(waits_only_for_what_is_not_there),
      cmocka_unit_test(an_interrupt_ends_one_wait),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
