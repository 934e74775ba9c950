/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading CSV: decimals against strtod, and whole trials of 20 s at 1 kHz against their floor,
   libcsv alone on the same bytes, and against what a laboratory's pandas script does with them to
   know as much: columns, rate, jitter, gaps, missing values (its imports not counted). pandas reads
   decimals exactly, as we do, or quickly, and stands here with both. What the requirement compares
   is a trial read, analysed and reported: bench_trial. */
#include "decimal.h"
#include "stance/csv.h"

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 20000, ROUNDS = 25, NUMBERS = 200000, NUMBER_SIZE = 12 };

static double now_s(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint32_t random_state = 7;

static double noise(void)
{
  random_state = random_state * 1664525 + 1013904223; /* Numerical Recipes' quick generator */
  return (double)random_state * 0x1p-30;
}

static bool print_row(const char *what, double ours, double peer, const char *unit,
                      const char *peer_name, double wanted)
{
  double ratio = peer / ours;
  printf("%s | %.3g %s | %s %.3g %s | %.2fx | >= %.0fx | %s\n", what, ours, unit, peer_name, peer,
         unit, ratio, wanted, ratio >= wanted ? "ok" : "MISSED");
  return ratio >= wanted;
}

static bool bench_decimals(void)
{
  static char text[NUMBERS][NUMBER_SIZE];
  static size_t length[NUMBERS];
  double ours_s = 1e9, strtod_s = 1e9, ours_sum = 0, strtod_sum = 0;
  for (size_t i = 0; i < NUMBERS; ++i)
    length[i] = (size_t)snprintf(text[i], NUMBER_SIZE, "%.3f", 500 * noise() - 300);
  for (int round = 0; round < ROUNDS; ++round) {
    double start_s = now_s(), sum = 0;
    for (size_t i = 0; i < NUMBERS; ++i) {
      struct stance_decimal number = {.value = 0};
      if (stance_decimal_read(text[i], length[i], '.', &number) == STANCE_DECIMAL_NUMBER)
        sum += number.value;
    }
    double took_s = now_s() - start_s;
    ours_s = took_s < ours_s ? took_s : ours_s;
    ours_sum = sum;
    start_s = now_s();
    sum = 0;
    for (size_t i = 0; i < NUMBERS; ++i)
      sum += strtod(text[i], NULL);
    took_s = now_s() - start_s;
    strtod_s = took_s < strtod_s ? took_s : strtod_s;
    strtod_sum = sum;
  }
  if (memcmp(&ours_sum, &strtod_sum, sizeof ours_sum) != 0)
    abort();
  return print_row("decimals of three places", 1e9 * ours_s / NUMBERS, 1e9 * strtod_s / NUMBERS,
                   "ns", "strtod", 2);
}

/* The path is made once and removed at the end. */
static char trial_path[] = "/tmp/stance-bench-XXXXXX";

/* Two sides to three decimals, or one plate's export: one force of five quantities to six. */
static void write_trial(bool plate)
{
  FILE *out = fopen(trial_path, "w");
  if (out == NULL)
    abort();
  fprintf(out, plate ? "time,Fz,Mx,My,CoPx,CoPy\n" : "time,left,right\n");
  for (int k = 0; k < ROWS; ++k) {
    double time_s = k / 1000.0, force_n = 350 + 40 * noise();
    if (plate)
      fprintf(out, "%.6f,%.6f,%.6f,%.6f,%.6f,%.6f\n", time_s, force_n, -noise(), 10 * noise(),
              noise() / 10, noise() / 10);
    else
      fprintf(out, "%.3f,%.3f,%.3f\n", time_s, force_n, 330 + 40 * noise());
  }
  if (fclose(out) != 0)
    abort();
}

static double tokenize_s(void)
{
  static char bytes[1 << 16];
  struct csv_parser parser;
  const double start_s = now_s();
  FILE *in = fopen(trial_path, "r");
  if (in == NULL || csv_init(&parser, CSV_APPEND_NULL) != 0)
    abort();
  for (size_t got; (got = fread(bytes, 1, sizeof bytes, in)) > 0;)
    if (csv_parse(&parser, bytes, got, NULL, NULL, NULL) != got)
      abort();
  csv_fini(&parser, NULL, NULL, NULL);
  csv_free(&parser);
  fclose(in);
  return now_s() - start_s;
}

static double read_trial_s(void)
{
  struct stance_csv_file file;
  struct stance_problem problem;
  double start_s = now_s();
  if (stance_csv_read(trial_path, NULL, &file, &problem) != STANCE_OK) {
    fprintf(stderr, "%s\n", problem.text);
    abort();
  }
  double took_s = now_s() - start_s;
  if (file.trial[0].trace.sample_count != ROWS)
    abort();
  stance_csv_file_finish(&file);
  return took_s;
}

/* Best of as many rounds in one interpreter, the one that Debian installs pandas for; below 0 where
   there is none. */
static double pandas_s(const char *precision)
{
  static const char script[] =
      "import sys, time\n"
      "try:\n"
      "    import numpy as np, pandas as pd\n"
      "except ImportError:\n"
      "    print(-1); sys.exit()\n"
      "best = 1e9\n"
      "for _ in range(25):\n"
      "    start = time.perf_counter()\n"
      "    data = pd.read_csv(sys.argv[1], float_precision=sys.argv[2])\n"
      "    t = data['time'].to_numpy()\n"
      "    forces = [data[c].to_numpy() for c in ('left', 'right', 'Fz') if c in data]\n"
      "    steps = np.diff(t)\n"
      "    rate = 1 / np.median(steps)\n"
      "    jitter = steps.std()\n"
      "    gaps = np.flatnonzero(steps > 1.5 / rate)\n"
      "    missing = data.isna().sum()\n"
      "    best = min(best, time.perf_counter() - start)\n"
      "print(best)\n";
  char command[sizeof script + 128];
  double best_s = -1;
  snprintf(command, sizeof command, "/usr/bin/python3 -c \"%s\" %s %s", script, trial_path,
           precision);
  FILE *answer = popen(command, "r");
  if (answer == NULL || fscanf(answer, "%lf", &best_s) != 1)
    best_s = -1;
  if (answer != NULL)
    pclose(answer);
  return best_s;
}

static bool print_peer(const char *what, double ours_s, const char *precision,
                       const char *peer_name, double wanted)
{
  const double peer_s = pandas_s(precision);
  if (peer_s < 0) {
    printf("%s | %.3g ms | %s | - | >= %.0fx | skipped\n", what, 1e3 * ours_s, peer_name, wanted);
    return true;
  }
  return print_row(what, 1e3 * ours_s, 1e3 * peer_s, "ms", peer_name, wanted);
}

static bool bench_trial(const char *what, bool plate)
{
  const double AT_MOST = 2.5;
  double ours_s = 1e9, floor_s = 1e9;
  write_trial(plate);
  for (int round = 0; round < 2 * ROUNDS; ++round) {
    const double took_s = read_trial_s(), tokens_s = tokenize_s();
    ours_s = took_s < ours_s ? took_s : ours_s;
    floor_s = tokens_s < floor_s ? tokens_s : floor_s;
  }
  const double ratio = ours_s / floor_s;
  printf("%s | %.3g ms | libcsv alone %.3g ms | %.2fx | <= %.1fx | %s\n", what, 1e3 * ours_s,
         1e3 * floor_s, ratio, AT_MOST, ratio <= AT_MOST ? "ok" : "MISSED");
  const bool exact = print_peer(what, ours_s, "round_trip", "pandas, exact", 3);
  const bool quick = print_peer(what, ours_s, "high", "pandas, last digit off", 2);
  return ratio <= AT_MOST && exact && quick;
}

int main(void)
{
  bool ok = bench_decimals();
  int file = mkstemp(trial_path);
  if (file < 0)
    abort();
  close(file);
  ok = bench_trial("CSV trial read, 20 s x 1 kHz x 3 columns", false) && ok;
  ok = bench_trial("CSV trial read, 6 columns of a plate", true) && ok;
  unlink(trial_path);
  return ok ? 0 : 1;
}
