/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clock_loop.h"

#include <math.h>
#include <string.h>

static const double ns_per_s = 1e9;
static const double two_pi = 6.283185307179586;

/* One step of the loop: long enough to hold an undelayed transfer or two (20 to 50 of them at 2 to
   5 ms each), short beside the loop's own time constant. */
static const int64_t window_ns = 100000000;
/* Bandwidth in Hz: 1 Hz locks within a second; 0.05 Hz leaves of 50 µs of jitter in every window
   about 5 ppm in the rate, and follows a crystal that warms up. */
static const double bandwidth_begin_hz = 1.0, bandwidth_end_hz = 0.05;
/* After how long the bandwidth has halved. */
static const double narrowing_s = 1.0;
/* A step is never longer than this share of a radian, or the loop would not be stable. */
static const double step_max_rad = 0.5;
/* What is no jitter any more: one full-speed frame of USB, the longest that a finished transfer
   waits for the host controller. */
static const int64_t jitter_limit_ns = 1000000;
/* While the rate is being found, what it may be off by over a window is no lateness either. */
static const double finding_s = 3.0;
/* Windows in a row, 1 s, of late marks alone: then it is the line that is wrong, not the host. */
enum { LATE_WINDOWS_MAX = 10 };
/* No host tells two arrivals apart that are nearer: to serve an interrupt alone takes longer. */
static const double same_delay_ns = 100;
/* No crystal and no RC oscillator of a supported instrument is further off; twice what the
   simulated rig can be told. */
static const double rate_error_max = 0.02;

static void store_double(atomic_uint_least64_t *to, double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  atomic_store_explicit(to, bits, memory_order_release);
}

static double load_double(const atomic_uint_least64_t *from)
{
  const uint64_t bits = atomic_load_explicit(from, memory_order_acquire);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* A sequence lock without fences: every store releases and every load acquires, so that whoever
   sees a new value also sees the odd number that was written before it. */
static void publish(struct stance_clock_loop *loop)
{
  struct stance_clock_shared *shared = &loop->shared;
  const uint64_t sequence = atomic_load_explicit(&shared->sequence, memory_order_relaxed);

  atomic_store_explicit(&shared->sequence, sequence + 1, memory_order_relaxed);
  atomic_store_explicit(&shared->index, loop->line.index, memory_order_release);
  atomic_store_explicit(&shared->host_ns, (uint64_t)loop->line.host_ns, memory_order_release);
  store_double(&shared->ns_per_frame, loop->line.ns_per_frame);
  atomic_store_explicit(&shared->mark_index, loop->mark.index, memory_order_release);
  atomic_store_explicit(&shared->mark_host_ns, (uint64_t)loop->mark.host_ns, memory_order_release);
  atomic_store_explicit(&shared->mark_round, loop->round, memory_order_release);
  atomic_store_explicit(&shared->sequence, sequence + 2, memory_order_release);
}

struct snapshot {
  struct stance_clock_estimate line;
  struct stance_clock_mark mark;
  uint64_t round;
};

static struct snapshot take_snapshot(const struct stance_clock_loop *loop)
{
  const struct stance_clock_shared *shared = &loop->shared;
  struct snapshot snapshot;
  uint64_t before, after;

  do {
    before = atomic_load_explicit(&shared->sequence, memory_order_acquire);
    snapshot.line.index = atomic_load_explicit(&shared->index, memory_order_acquire);
    snapshot.line.host_ns = (int64_t)atomic_load_explicit(&shared->host_ns, memory_order_acquire);
    snapshot.line.ns_per_frame = load_double(&shared->ns_per_frame);
    snapshot.mark.index = atomic_load_explicit(&shared->mark_index, memory_order_acquire);
    snapshot.mark.host_ns =
        (int64_t)atomic_load_explicit(&shared->mark_host_ns, memory_order_acquire);
    snapshot.round = atomic_load_explicit(&shared->mark_round, memory_order_acquire);
    after = atomic_load_explicit(&shared->sequence, memory_order_relaxed);
  } while (before != after || (before & 1) != 0);
  return snapshot;
}

int64_t stance_clock_estimate_host_ns(const struct stance_clock_estimate *estimate, uint64_t index)
{
  /* As a signed difference, which wraps correctly for an index before the line's own. */
  const int64_t frames = (int64_t)(index - estimate->index);
  return estimate->host_ns + llround((double)frames * estimate->ns_per_frame);
}

uint64_t stance_clock_estimate_next_index(const struct stance_clock_estimate *estimate,
                                          int64_t host_ns)
{
  const double frames = floor((double)(host_ns - estimate->host_ns) / estimate->ns_per_frame);
  const double next = (double)estimate->index + frames + 1.0;
  return next > 0.0 ? estimate->index + (uint64_t)((int64_t)frames + 1) : 0;
}

void stance_clock_loop_init(struct stance_clock_loop *loop, double rate_hz)
{
  memset(loop, 0, sizeof *loop);
  loop->nominal_ns = ns_per_s / rate_hz;
  loop->line.ns_per_frame = loop->nominal_ns;
  loop->window_end_ns = INT64_MIN;
}

void stance_clock_loop_restart(struct stance_clock_loop *loop, double rate_hz)
{
  loop->nominal_ns = ns_per_s / rate_hz;
  loop->line = (struct stance_clock_estimate){.ns_per_frame = loop->nominal_ns};
  loop->best = loop->mark = (struct stance_clock_mark){0};
  loop->window_end_ns = INT64_MIN;
  loop->locked_since_ns = 0;
  loop->late_windows = 0;
  loop->next_index = loop->round = 0;
  loop->phase_known = false;
  publish(loop); /* no mark yet */
}

/* How much later than the line says. */
static int64_t lateness_ns(const struct stance_clock_loop *loop,
                           const struct stance_clock_mark *mark)
{
  return mark->host_ns - stance_clock_estimate_host_ns(&loop->line, mark->index);
}

static void lock_phase(struct stance_clock_loop *loop, const struct stance_clock_mark *mark)
{
  loop->line.index = mark->index;
  loop->line.host_ns = mark->host_ns;
  loop->late_windows = 0;
  loop->phase_known = true;
}

static double age_s(const struct stance_clock_loop *loop)
{
  return fmax((double)(loop->best.host_ns - loop->locked_since_ns) / ns_per_s, 0.0);
}

static int64_t late_limit_ns(const struct stance_clock_loop *loop)
{
  return age_s(loop) < finding_s ? jitter_limit_ns + (int64_t)(rate_error_max * (double)window_ns)
                                 : jitter_limit_ns;
}

/* The loop's equation: with w = 2π·bandwidth·step, phase moves by √2·w and rate by w² of the error
   (damping 1/√2). */
static void step(struct stance_clock_loop *loop, int64_t error_ns)
{
  const double frames = (double)(loop->best.index - loop->line.index);
  const double bandwidth_hz =
      fmax(bandwidth_end_hz, bandwidth_begin_hz / (1.0 + age_s(loop) / narrowing_s));
  const double w =
      fmin(step_max_rad, two_pi * bandwidth_hz * frames * loop->line.ns_per_frame / ns_per_s);
  const int64_t predicted_ns = loop->best.host_ns - error_ns;
  const double low = loop->nominal_ns * (1.0 - rate_error_max);
  const double high = loop->nominal_ns * (1.0 + rate_error_max);

  loop->line.index = loop->best.index;
  loop->line.host_ns = predicted_ns + llround(sqrt(2.0) * w * (double)error_ns);
  loop->line.ns_per_frame =
      fmin(fmax(loop->line.ns_per_frame + w * w * (double)error_ns / frames, low), high);
  loop->late_windows = 0;
}

/* A window without one undelayed mark. */
static void doubt_line(struct stance_clock_loop *loop)
{
  if (++loop->late_windows >= LATE_WINDOWS_MAX)
    lock_phase(loop, &loop->best);
}

/* The window's least delayed mark is known. */
static void close_window(struct stance_clock_loop *loop)
{
  const int64_t error_ns = lateness_ns(loop, &loop->best);
  const int64_t limit_ns = late_limit_ns(loop);

  if (!loop->phase_known || error_ns < -limit_ns)
    lock_phase(loop, &loop->best);
  else if (error_ns > limit_ns)
    doubt_line(loop);
  else if (loop->best.index > loop->line.index)
    step(loop, error_ns);
}

/* The comparison alone, without the instant of either on the line: it is made at every transfer.
   Above 0 where `mark` is later than `than`. */
static inline double excess_ns(const struct stance_clock_loop *loop,
                               const struct stance_clock_mark *mark,
                               const struct stance_clock_mark *than)
{
  const double frames = (double)(int64_t)(mark->index - than->index);
  return (double)(mark->host_ns - than->host_ns) - frames * loop->line.ns_per_frame;
}

static bool is_earlier(const struct stance_clock_loop *loop, const struct stance_clock_mark *mark,
                       const struct stance_clock_mark *than)
{
  return excess_ns(loop, mark, than) <= -same_delay_ns;
}

static void open_window(struct stance_clock_loop *loop, const struct stance_clock_mark *mark)
{
  loop->window_end_ns = mark->host_ns + window_ns;
  loop->best = *mark;
}

/* A mark that closes a window, begins the first one, is the window's best, or the round's first or
   best. */
__attribute__((noinline)) static void change(struct stance_clock_loop *loop, uint64_t index,
                                             int64_t host_ns, uint64_t wanted)
{
  const struct stance_clock_mark mark = {.index = index, .host_ns = host_ns};

  if (loop->window_end_ns == INT64_MIN) {
    if (loop->round == 0) /* the first mark of all */
      loop->locked_since_ns = host_ns;
    if (!loop->phase_known) { /* until the first window has closed */
      loop->line.index = index;
      loop->line.host_ns = host_ns;
    }
    open_window(loop, &mark);
  } else if (host_ns >= loop->window_end_ns) {
    close_window(loop);
    open_window(loop, &mark);
  } else if (is_earlier(loop, &mark, &loop->best)) {
    loop->best = mark;
  }
  if (wanted != loop->round || is_earlier(loop, &mark, &loop->mark))
    loop->mark = mark;
  loop->round = wanted;
  const double later_ns = excess_ns(loop, &loop->mark, &loop->best);
  loop->matters_ns = (later_ns > 0 ? later_ns : 0) - same_delay_ns; /* fmax is a call */
  publish(loop);
}

void stance_clock_loop_update(struct stance_clock_loop *loop, uint64_t index, int64_t host_ns)
{
  const struct stance_clock_mark mark = {.index = index, .host_ns = host_ns};
  const uint64_t wanted = atomic_load_explicit(&loop->wanted_round, memory_order_acquire) + 1;

  if (index < loop->next_index)
    return;
  loop->next_index = index + 1;
  /* Most transfers are later than the best ones: there is nothing to do or to tell the readers. */
  if (host_ns >= loop->window_end_ns || wanted != loop->round ||
      excess_ns(loop, &mark, &loop->best) <= loop->matters_ns)
    change(loop, index, host_ns, wanted);
}

void stance_clock_loop_resume(struct stance_clock_loop *loop)
{
  loop->phase_known = false;
  loop->window_end_ns = INT64_MIN;
}

bool stance_clock_loop_read(const struct stance_clock_loop *loop,
                            struct stance_clock_estimate *ret_estimate)
{
  const struct snapshot snapshot = take_snapshot(loop);

  if (snapshot.round == 0)
    return false;
  *ret_estimate = snapshot.line;
  return true;
}

bool stance_clock_loop_take_mark(struct stance_clock_loop *loop, struct stance_clock_mark *ret_mark)
{
  const struct snapshot snapshot = take_snapshot(loop);
  const uint64_t taken = atomic_load_explicit(&loop->wanted_round, memory_order_relaxed);

  if (snapshot.round != taken + 1)
    return false;
  *ret_mark = snapshot.mark;
  atomic_store_explicit(&loop->wanted_round, snapshot.round, memory_order_release);
  return true;
}
