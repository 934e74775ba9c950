/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs in the transfer callback, and the live path, neither allocates, locks nor does I/O. The
   sound callback: test_sound_guard.c. */
#include "stance/calibration.h"
#include "stance/filter.h"
#include "stance/ring.h"
#include "stance/rt.h"
#include "support/fake_libusb.h"
#include "support/forbidden_calls.h"
#include "support/tiny_instrument.h"
#include "support/usb_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void (*body)(void);

/* How many forbidden calls `run` makes in that context. */
static unsigned calls_in(enum stance_rt_context context, body run)
{
  atomic_store(&forbidden_calls, 0);
  enum stance_rt_context previous = stance_rt_enter(context);
  run();
  stance_rt_leave(previous);
  return atomic_load(&forbidden_calls);
}

/* What a body came to, so that no compiler leaves it out. */
static void *volatile kept;
static volatile size_t moved;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void allocate(void)
{
  kept = malloc(10);
  free(kept);
}

static void allocate_zeroed(void)
{
  kept = calloc(1, 10);
  kept = realloc(kept, 20);
  free(kept);
}

static void lock(void)
{
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
}

static void use_files(void)
{
  char byte = 0;
  int file = open("/dev/null", O_RDWR);
  moved = (size_t)(write(file, &byte, 1) + read(file, &byte, 1));
  close(file);
}

static void make_a_filter(void)
{
  struct stance_lowpass design = {1000, 20, 2, 2, false};
  struct stance_zero_phase *filter;
  if (stance_zero_phase_create(&design, &filter, NULL) == STANCE_OK) {
    stance_zero_phase_destroy(filter);
  }
}

static void notices_every_forbidden_call(void **state)
{
  (void)state;
#ifdef STANCE_SANITIZED
  skip();
#endif
  for (enum stance_rt_context context = STANCE_RT_USB; context <= STANCE_RT_AUDIO; context++) {
    assert_int_equal(calls_in(context, allocate), 2);
    assert_int_equal(calls_in(context, allocate_zeroed), 3);
    assert_int_equal(calls_in(context, lock), 1);
    assert_int_equal(calls_in(context, use_files), 3);
    assert_true(calls_in(context, make_a_filter) > 0);
  }
  assert_int_equal(calls_in(STANCE_RT_WORK, allocate), 0);
  assert_int_equal(calls_in(STANCE_RT_WORK, use_files), 0);
}

enum { CAPACITY = 32, FRAMES = 500 };
static struct stance_ring *ring;
static struct stance_frame_ring *frames;
static struct stance_causal filter;
static struct stance_calibration calibration;

static void use_the_ring(void)
{
  double batch[CAPACITY + 1] = {0};
  for (size_t i = 0; i < FRAMES; i++) {
    size_t count = i % (CAPACITY + 2);
    size_t written = stance_ring_write(ring, batch, count);
    size_t used = stance_ring_used(ring) + stance_ring_free(ring) + stance_ring_capacity(ring);
    moved = written + used + stance_ring_read(ring, batch, (i * 7) % CAPACITY);
  }
}

static void use_the_frame_ring(void)
{
  struct stance_raw_frame out[3];
  for (uint64_t i = 0; i < FRAMES; i++) { /* more in than out: it drops */
    struct stance_raw_frame in = {.index = i};
    stance_frame_ring_push(frames, &in);
    if (i % 5 == 0) {
      stance_frame_ring_read(frames, out, 3);
    }
    moved = stance_frame_ring_used(frames) + stance_frame_ring_free(frames);
  }
}

static void filter_live(void)
{
  for (int i = 0; i < FRAMES; i++) {
    double force_n[STANCE_MEASURED_SIDE_COUNT] = {i, i % 9 == 0 ? (double)NAN : 2.0 * i};
    stance_causal_process(&filter, force_n, 1, force_n);
  }
}

static void calibrate_live(void)
{
  for (uint64_t i = 0; i < FRAMES; i++) {
    struct stance_raw_frame raw = {.index = i, .value = {(double)i, 1.0}};
    struct stance_force_frame force;
    stance_calibration_apply_frame(&calibration, &raw, &force);
  }
}

static void prepare(void)
{
  assert_int_equal(stance_ring_create(sizeof(double), CAPACITY, &ring), STANCE_OK);
  assert_int_equal(stance_frame_ring_create(CAPACITY, &frames), STANCE_OK);
  struct stance_lowpass design = {1000, 20, 4, 1, false};
  assert_int_equal(stance_causal_init(&filter, &design, STANCE_MEASURED_SIDE_COUNT, NULL),
                   STANCE_OK);
  struct stance_channel channel[2] = {{.name = "left", .unit = "N", .side = STANCE_LEFT},
                                      {.name = "right", .unit = "N", .side = STANCE_RIGHT}};
  assert_int_equal(stance_calibration_for_units(channel, 2, NULL, &calibration, NULL), STANCE_OK);
}

static void live_path_keeps_the_rule(void **state)
{
  (void)state;
  static const body live[] = {use_the_ring, use_the_frame_ring, filter_live, calibrate_live};
  prepare();
  for (enum stance_rt_context context = STANCE_RT_USB; context <= STANCE_RT_AUDIO; context++) {
    for (size_t i = 0; i < sizeof live / sizeof *live; i++) {
      assert_int_equal(calls_in(context, live[i]), 0);
    }
  }
  assert_true(stance_frame_ring_dropped(frames) > 0); /* the dropping branch was taken */
  stance_ring_destroy(ring);
  stance_frame_ring_destroy(frames);
}

/* ---- the transfer callback ------------------------------------------------------------------- */

static struct usb_rig rig;

/* How many forbidden calls a stream makes, gaps, damage, restarts and an unplug among it. */
static unsigned calls_while_streaming(const struct stance_instrument *instrument)
{
  usb_rig_begin(&rig, 1);
  rig.instrument = instrument;
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_must_open(&rig, "tiny:?rate=5000");
  atomic_store(&forbidden_calls, 0);
  usb_rig_must_start(&rig);
  rig.tiny[0].skip_next = true;
  usb_rig_pass(&rig, USB_RIG_S);
  rig.tiny[0].corrupt_next = true;
  usb_rig_pass(&rig, USB_RIG_S);
  fake_libusb_do(FAKE_TRANSFER_STALL, 0, rig.number[0]);
  usb_rig_pass(&rig, USB_RIG_S);
  fake_libusb_do(FAKE_UNPLUG, FAKE_LEAVE_USUAL, rig.number[0]);
  usb_rig_pass(&rig, USB_RIG_S);
  fake_libusb_do(FAKE_PLUG, 0, rig.number[0]);
  usb_rig_pass(&rig, 2 * USB_RIG_S);
  usb_rig_stop(&rig);
  const unsigned calls = atomic_load(&forbidden_calls);
  assert_true(rig.frames > 15000);
  usb_rig_end(&rig);
  return calls;
}

/* A decoder as none may be. */
static void allocating_decode(void *state, const uint8_t *bytes, size_t length,
                              struct stance_frame_sink *sink)
{
  allocate();
  tiny_instrument.decode(state, bytes, length, sink);
}

static void transfer_callback_keeps_the_rule(void **state)
{
  struct stance_instrument careless = tiny_instrument;
  (void)state;
  careless.decode = allocating_decode;
  assert_int_equal(calls_while_streaming(&tiny_instrument), 0);
  const unsigned calls = calls_while_streaming(&careless);
#ifdef STANCE_SANITIZED /* nothing is counted there */
  assert_int_equal(calls, 0);
#else
  assert_true(calls > 100);
#endif
}

static void *context_of_this_thread(void *context)
{
  *(enum stance_rt_context *)context = stance_rt_current();
  return NULL;
}

static void context_belongs_to_the_thread(void **state)
{
  (void)state;
  assert_int_equal(stance_rt_current(), STANCE_RT_WORK);
  enum stance_rt_context outer = stance_rt_enter(STANCE_RT_USB);
  enum stance_rt_context inner = stance_rt_enter(STANCE_RT_AUDIO);
  assert_int_equal(outer, STANCE_RT_WORK);
  assert_int_equal(inner, STANCE_RT_USB);
  assert_int_equal(stance_rt_current(), STANCE_RT_AUDIO);
  stance_rt_leave(inner);
  assert_int_equal(stance_rt_current(), STANCE_RT_USB);
  stance_rt_leave(outer);
  assert_int_equal(stance_rt_current(), STANCE_RT_WORK);

  enum stance_rt_context seen = STANCE_RT_AUDIO;
  pthread_t thread;
  outer = stance_rt_enter(STANCE_RT_USB);
  int created = pthread_create(&thread, NULL, context_of_this_thread, &seen);
  stance_rt_leave(outer);
  assert_int_equal(created, 0);
  pthread_join(thread, NULL);
  assert_int_equal(seen, STANCE_RT_WORK);
}

/* Runs the assertion in a child; returns its wait status and what it said. */
static int assertion_in_child(enum stance_rt_context context, char *ret_said, size_t size)
{
  int pipe_end[2];
  assert_int_equal(pipe(pipe_end), 0);
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    dup2(pipe_end[1], STDERR_FILENO);
    stance_rt_enter(context);
    stance_rt_assert_may_block("storing a block");
    _exit(0);
  }
  close(pipe_end[1]);
  size_t length = 0;
  for (ssize_t got = 1; got > 0 && length + 1 < size; length += (size_t)got) {
    got = read(pipe_end[0], ret_said + length, size - 1 - length);
    assert_true(got >= 0);
  }
  ret_said[length] = '\0';
  close(pipe_end[0]);
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  return status;
}

static void blocking_outside_work_ends_the_process(void **state)
{
  (void)state;
  char said[256];
  int status = assertion_in_child(STANCE_RT_WORK, said, sizeof said);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  assert_string_equal(said, "");
  status = assertion_in_child(STANCE_RT_USB, said, sizeof said);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  assert_non_null(strstr(said, "storing a block in a USB callback"));
  status = assertion_in_child(STANCE_RT_AUDIO, said, sizeof said);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  assert_non_null(strstr(said, "storing a block in the sound callback"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(notices_every_forbidden_call),
      cmocka_unit_test(live_path_keeps_the_rule),
      cmocka_unit_test(transfer_callback_keeps_the_rule),
      cmocka_unit_test(context_belongs_to_the_thread),
      cmocka_unit_test(blocking_outside_work_ends_the_process),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
