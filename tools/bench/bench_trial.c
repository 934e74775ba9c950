/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole trials of 20 s, two channels, 1 kHz against a laboratory's pandas script (peer_trial.py):
   the command from start to end, 10,000 stored recordings on two cores, one file inside the
   process. In turns within one run; a ratio is the median over the turns. The store has the blocks
   of a live test; its recordings are copies of DISTINCT different ones, each loaded anew.
     bench_trial [RECORDINGS]    2000; the requirement is 10000 */
#include "measure.h"
#include "trials.h"

#include "report.h"
#include "trial.h"

#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DISTINCT = 50, COMMAND_TURNS = 9, STORED_TURNS = 3, SCRIPT_FILES = 50, FILE_ROUNDS = 20 };

struct bench {
  char folder[256];
  char stance[TRIAL_PATH_SIZE], script[TRIAL_PATH_SIZE];
  char answer[TRIAL_PATH_SIZE]; /* what the last child printed */
  char report[TRIAL_PATH_SIZE];
  char *path[DISTINCT]; /* of the CSV files */
};

struct cost {
  double wall_s;
  double rss_mb;
};

/* Runs a program to its end with standard output to bench->answer and input from `input`. */
static struct cost run(const struct bench *bench, char *const *arguments, const char *input)
{
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, bench->answer, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child;
  int status;
  struct rusage usage;
  double start_s = now_s();
  if (posix_spawn(&child, arguments[0], &files, NULL, arguments, environ) != 0 ||
      wait4(child, &status, 0, &usage) != child || status != 0) {
    fprintf(stderr, "%s failed\n", arguments[0]);
    exit(1);
  }
  struct cost cost = {now_s() - start_s, (double)usage.ru_maxrss / 1024};
  posix_spawn_file_actions_destroy(&files);
  return cost;
}

/* `ret_each_s`: what the script says a file took it. */
static double run_script(const struct bench *bench, size_t file_count, double *ret_each_s)
{
  char *arguments[4 + DISTINCT] = {"/usr/bin/python3", (char *)bench->script,
                                   (char *)bench->report};
  for (size_t k = 0; k < file_count; k++)
    arguments[3 + k] = bench->path[k];
  double wall_s = run(bench, arguments, "/dev/null").wall_s;
  FILE *answer = fopen(bench->answer, "r");
  char line[64];
  if (answer == NULL || fgets(line, sizeof line, answer) == NULL)
    abort();
  fclose(answer);
  *ret_each_s = strtod(line, NULL);
  return wall_s;
}

static bool has_pandas(const struct bench *bench)
{
  char *const arguments[] = {
      "/bin/sh", "-c", "/usr/bin/python3 -c 'import pandas' 2>/dev/null && echo yes || :", NULL};
  run(bench, arguments, "/dev/null");
  FILE *answer = fopen(bench->answer, "r");
  bool has = answer != NULL && fgetc(answer) == 'y';
  if (answer != NULL)
    fclose(answer);
  return has;
}

static bool print_times(const char *what, double ours_s, double peer_s, double ratio, double wanted)
{
  printf("%s | %.3g ms | pandas script %.3g ms | %.1fx | >= %.0fx | %s\n", what, 1e3 * ours_s,
         1e3 * peer_s, ratio, wanted, ratio >= wanted ? "ok" : "MISSED");
  return ratio >= wanted;
}

/* With linear uncertainties, as the command takes them for many recordings: the script has none.
   For one recording the command adds a bootstrap, whose cost has a row of its own. */
static bool bench_command(const struct bench *bench)
{
  char *const linear[] = {(char *)bench->stance, "analyze", "--protocol",   "nordic",
                          "--uncertainty",       "linear",  bench->path[0], NULL};
  char *const full[] = {(char *)bench->stance, "analyze", "--protocol",   "nordic",
                        "--uncertainty",       "full",    bench->path[0], NULL};
  double ours[COMMAND_TURNS], peer[COMMAND_TURNS], ratio[COMMAND_TURNS], added[COMMAND_TURNS];
  double ignored;
  run(bench, linear, "/dev/null");
  run_script(bench, 1, &ignored);
  for (size_t turn = 0; turn < COMMAND_TURNS; turn++) {
    ours[turn] = run(bench, linear, "/dev/null").wall_s;
    added[turn] = run(bench, full, "/dev/null").wall_s - ours[turn];
    peer[turn] = run_script(bench, 1, &ignored);
    ratio[turn] = peer[turn] / ours[turn];
  }
  const double bootstrap_s = median_of(added, COMMAND_TURNS);
  printf(
      "bootstrap of a CSV trial, 2 repetitions | %.3g ms | a second 1e3 ms | %.2fx | <= 1x | %s\n",
      1e3 * bootstrap_s, bootstrap_s, bootstrap_s <= 1 ? "ok" : "MISSED");
  return print_times("whole command on a CSV trial", median_of(ours, COMMAND_TURNS),
                     median_of(peer, COMMAND_TURNS), median_of(ratio, COMMAND_TURNS), 30) &&
         bootstrap_s <= 1;
}

static void copy_recordings(const struct bench *bench, unsigned first, unsigned last)
{
  char store[TRIAL_PATH_SIZE], script[TRIAL_PATH_SIZE + 8];
  trials_store_path(bench->folder, store);
  snprintf(script, sizeof script, "%s/copy.sql", bench->folder);
  char *sql = trials_copy_sql(DISTINCT, first, last);
  FILE *file = fopen(script, "w");
  if (sql == NULL || file == NULL || fputs(sql, file) < 0 || fclose(file) != 0)
    abort();
  free(sql);
  char *const arguments[] = {"/usr/bin/sqlite3", "-bail", store, NULL};
  run(bench, arguments, script);
}

/* A header and a row for each repetition and side; anything else was not worth measuring. */
static void check_report(const struct bench *bench, unsigned recordings)
{
  enum { ROWS_EACH = 2 * 2 };
  unsigned lines = 0;
  FILE *report = fopen(bench->report, "r");
  for (int c; report != NULL && (c = getc_unlocked(report)) != EOF;)
    lines += c == '\n';
  if (report == NULL || lines != 1 + ROWS_EACH * recordings) {
    fprintf(stderr, "%u lines in the report of %u recordings\n", lines, recordings);
    exit(1);
  }
  fclose(report);
}

static struct cost analyze_stored(const struct bench *bench, unsigned recordings)
{
  char *const arguments[] = {
      (char *)bench->stance, "analyze", "--stored", "--jobs", "2", "--output",
      (char *)bench->report, NULL};
  struct cost cost = run(bench, arguments, "/dev/null");
  check_report(bench, recordings);
  return cost;
}

static bool bench_stored(const struct bench *bench, unsigned recordings)
{
  double ours[STORED_TURNS], peer[STORED_TURNS], ratio[STORED_TURNS];
  copy_recordings(bench, 1, recordings / 10 / DISTINCT - 1);
  struct cost tenth = analyze_stored(bench, recordings / 10), all = {0};
  copy_recordings(bench, recordings / 10 / DISTINCT, recordings / DISTINCT - 1);
  for (size_t turn = 0; turn < STORED_TURNS; turn++) {
    all = analyze_stored(bench, recordings);
    ours[turn] = all.wall_s / recordings;
    run_script(bench, SCRIPT_FILES, &peer[turn]);
    ratio[turn] = peer[turn] / ours[turn];
  }
  char what[80];
  snprintf(what, sizeof what, "%u stored trials on two cores, each", recordings);
  bool fast = print_times(what, median_of(ours, STORED_TURNS), median_of(peer, STORED_TURNS),
                          median_of(ratio, STORED_TURNS), 50);
  double growth = all.rss_mb / tenth.rss_mb;
  bool flat = growth <= 1.1; /* what the allocators of two threads differ by from run to run */
  printf("memory for %u stored trials | %.1f MB | %u of them %.1f MB | %.2fx | <= 1.1x | %s\n",
         recordings, all.rss_mb, recordings / 10, tenth.rss_mb, growth, flat ? "ok" : "MISSED");
  return fast && flat;
}

/* Read, analysed and reported, as stance_batch_run does it. */
static void analyze_file(struct stance_analyzer *analyzer, const char *path,
                         const struct stance_trial_options *options)
{
  struct stance_trial *trial;
  struct stance_result result;
  struct stance_report report;
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text};
  size_t count;
  if (stance_trial_load_file(path, options, &trial, &count, NULL) != STANCE_OK || count != 1 ||
      stance_trial_analyze(analyzer, trial, options, &result, NULL) != STANCE_OK ||
      result.repetition_count != 2)
    abort();
  stance_trial_report(trial, &result, &report);
  stance_report_rows(&sheet, STANCE_LAYOUT_WIDE, &report);
  stance_text_finish(&text);
  stance_result_finish(&result);
  stance_trials_free(trial, count);
}

static bool bench_file(const struct bench *bench)
{
  struct stance_protocol protocol;
  struct stance_trial_options options = stance_trial_options_default;
  options.uncertainty = STANCE_UNCERTAINTY_LINEAR; /* as the command takes it for many recordings */
  struct stance_analyzer *analyzer;
  if (stance_protocol_builtin("nordic", &protocol, NULL) != STANCE_OK ||
      stance_analyzer_create(&analyzer, NULL) != STANCE_OK)
    abort();
  options.protocol = &protocol;
  double ours[STORED_TURNS], peer[STORED_TURNS], ratio[STORED_TURNS];
  for (size_t turn = 0; turn < STORED_TURNS; turn++) {
    double start_s = now_s();
    for (size_t k = 0; k < FILE_ROUNDS; k++)
      analyze_file(analyzer, bench->path[k], &options);
    ours[turn] = (now_s() - start_s) / FILE_ROUNDS;
    run_script(bench, SCRIPT_FILES, &peer[turn]);
    ratio[turn] = peer[turn] / ours[turn];
  }
  stance_analyzer_destroy(analyzer);
  return print_times("CSV trial read, analysed, reported", median_of(ours, STORED_TURNS),
                     median_of(peer, STORED_TURNS), median_of(ratio, STORED_TURNS), 3);
}

/* In a process of its own: what it takes would count as the memory of every later child. */
static void make_trials(const struct bench *bench)
{
  int status;
  pid_t child = fork();
  if (child == 0) {
    struct stance_problem problem = {""};
    if (trials_make(bench->folder, DISTINCT, &problem) == STANCE_OK)
      _exit(0);
    fprintf(stderr, "%s\n", problem.text);
    _exit(1);
  }
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
    exit(1);
}

static void prepare(struct bench *bench)
{
  const char *build = getenv("STANCE_BUILD_DIR"), *source = getenv("STANCE_SOURCE_DIR");
  char path[TRIAL_PATH_SIZE];
  build = build != NULL ? build : "build/release";
  snprintf(bench->folder, sizeof bench->folder, "%s/trials-XXXXXX", build);
  if (mkdtemp(bench->folder) == NULL)
    abort();
  snprintf(bench->stance, sizeof bench->stance, "%s/stance", build);
  snprintf(bench->script, sizeof bench->script, "%s/tools/bench/peer_trial.py",
           source != NULL ? source : ".");
  snprintf(bench->answer, sizeof bench->answer, "%s/answer", bench->folder);
  snprintf(bench->report, sizeof bench->report, "%s/report.csv", bench->folder);
  trials_store_path(bench->folder, path);
  setenv("STANCE_STORE", path, 1);
  for (unsigned k = 0; k < DISTINCT; k++) {
    trials_csv_path(bench->folder, k, path);
    bench->path[k] = strdup(path);
  }
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *position)
{
  (void)status, (void)type, (void)position;
  return remove(path);
}

int main(int argument_count, char **arguments)
{
  unsigned recordings = argument_count > 1 ? (unsigned)strtoul(arguments[1], NULL, 10) : 2000;
  recordings = recordings / (20 * DISTINCT) * 20 * DISTINCT;
  struct bench bench = {0};
  prepare(&bench);
  bool holds = true;
  if (has_pandas(&bench)) {
    make_trials(&bench);
    holds = bench_command(&bench);
    holds &= bench_stored(&bench, recordings);
    holds &= bench_file(&bench);
  } else {
    print_skipped("trials of 20 s, two channels, 1 kHz", "pandas", "");
  }
  for (size_t k = 0; k < DISTINCT; k++)
    free(bench.path[k]);
  nftw(bench.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  return holds ? 0 : 1;
}
