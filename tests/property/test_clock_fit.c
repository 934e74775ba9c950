/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often the truth lies within the stated uncertainty of the clock's fit, for delays of many
   kinds. The step that is added for the host controller is taken off again: it covers what no
   statistics sees, and must not hide statistics that are too bold. */
#include "random.h"
#include "stance/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

enum { COUNT_MAX = 240, TRIALS = 400 };

static double exponential(struct stance_random *random)
{
  return -log(1.0 - stance_random_uniform(random));
}

/* Mean delay far above the least one, finite without a variance: α = 1.5. */
static double pareto(struct stance_random *random)
{
  return pow(1.0 - stance_random_uniform(random), -1.0 / 1.5) - 1.0;
}

static double half_normal(struct stance_random *random)
{
  return fabs(stance_random_normal(random));
}

/* Two queues one after the other: the least delay is rare. */
static double two_queues(struct stance_random *random)
{
  return exponential(random) + exponential(random);
}

static double rayleigh(struct stance_random *random)
{
  return hypot(stance_random_normal(random), stance_random_normal(random));
}

/* The least of the sixty transfers of a quarter of a second. */
static double least_of_sixty(struct stance_random *random)
{
  double least = exponential(random);
  for (int k = 1; k < 60; k++)
    least = fmin(least, exponential(random));
  return least;
}

/* Half of the time the host is busy. */
static double busy_host(struct stance_random *random)
{
  const bool busy = stance_random_uniform(random) < 0.5;
  return (busy ? 5.0 : 0.0) + (busy ? 3.0 : 1.0) * exponential(random);
}

struct kind {
  const char *name;
  double (*delay)(struct stance_random *random);
  double coverage_min;
};
/* 95 % is what k = 2 promises. Where the least delay is rare the density near it is overestimated
   a little with many marks, and 400 trials scatter by 1 %. */
static const struct kind kinds[] = {
    {"exponential", exponential, 0.95},       {"pareto", pareto, 0.95},
    {"uniform", stance_random_uniform, 0.95}, {"half normal", half_normal, 0.95},
    {"two queues", two_queues, 0.92},         {"rayleigh", rayleigh, 0.90},
    {"least of 60", least_of_sixty, 0.95},    {"busy host", busy_host, 0.95},
};

static double without_step(double uncertainty, double step)
{
  return sqrt(fmax(uncertainty * uncertainty - step * step, 0.0));
}

struct outcome {
  double covered, widest, typical_error;
};

static struct outcome try_kind(const struct kind *kind, size_t count, double ppm, uint64_t seed)
{
  struct outcome outcome = {0};
  struct stance_random random;
  stance_random_init(&random, seed, 0);
  for (int trial = 0; trial < TRIALS; trial++) {
    struct stance_clock_mark marks[COUNT_MAX];
    const double truth = 1e6 / (1.0 + ppm * 1e-6);
    for (size_t k = 0; k < count; k++) {
      marks[k].index = 250 * k;
      marks[k].host_ns =
          llround(1e15 + 250.0 * (double)k * truth + 50e3 * kind->delay(&random)); /* 50 µs */
    }
    struct stance_clock_fit fit;
    assert_int_equal(stance_clock_fit(marks, count, &fit), STANCE_OK);
    const double frames = 250.0 * (double)(count - 1);
    const double uncertainty = without_step(fit.ns_per_frame_uncertainty, 2e6 / sqrt(6.0) / frames);
    const double error = fabs(fit.ns_per_frame - truth);
    outcome.covered += (error <= uncertainty + 1e-4 / frames) / (double)TRIALS;
    outcome.typical_error += error * frames / TRIALS;
    outcome.widest = fmax(outcome.widest, uncertainty * frames);
  }
  return outcome;
}

static uint64_t seed_of_run(void)
{
  const char *text = getenv("STANCE_SEED");
  return text == NULL ? 20261121 : strtoull(text, NULL, 10);
}

static void the_truth_lies_within_the_uncertainty(void **state)
{
  (void)state;
  const uint64_t seed = seed_of_run();
  static const size_t counts[] = {STANCE_CLOCK_MARK_MIN, 20, 80, COUNT_MAX};
  print_message("seed %llu\n", (unsigned long long)seed);
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
      const struct outcome outcome = try_kind(&kinds[k], counts[c], 180, seed + k);
      print_message("%-12s %3zu marks: covered %.3f, mean error %.1f us over the recording\n",
                    kinds[k].name, counts[c], outcome.covered, outcome.typical_error / 1e3);
      assert_true(outcome.covered >= kinds[k].coverage_min);
    }
}

/* A minute at a jittery host (50 µs on average at the quickest): far below what RFD could show. */
static void the_uncertainty_is_of_use(void **state)
{
  (void)state;
  const struct outcome outcome = try_kind(&kinds[0], COUNT_MAX, -200, seed_of_run());
  assert_true(outcome.widest / 60e9 < 1e-6);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_truth_lies_within_the_uncertainty),
      cmocka_unit_test(the_uncertainty_is_of_use),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
