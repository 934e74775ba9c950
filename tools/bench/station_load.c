/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station_load.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t load_now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void load_sleep_until(int64_t ns)
{
  const struct timespec until = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
    continue;
}

void load_fail(const char *what)
{
  fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
  exit(1);
}

static int dial(uint16_t port)
{
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client < 0 || connect(client, (const struct sockaddr *)&address, sizeof address) != 0)
    load_fail("the station cannot be reached");
  return client;
}

static void ask(int client, uint16_t port, const char *token, const char *method, const char *path,
                const char *body)
{
  char text[1024];
  const int length = snprintf(text, sizeof text,
                              "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
                              "Content-Length: %zu\r\n\r\n%s",
                              method, path, (unsigned)port, token, strlen(body), body);
  if (send(client, text, (size_t)length, MSG_NOSIGNAL) != length)
    load_fail("the station does not listen");
}

/* Complete events in `text`; what is left of the last one stays. */
static size_t take_events(const struct load_reader *reader, char *text, size_t used, int64_t now_ns)
{
  char *start = text, *end;
  while ((end = strstr(start, "\n\n")) != NULL) {
    *end = '\0';
    const char *data = strstr(start, "data: ");
    if (data != NULL)
      reader->take(reader->context, data + 6, now_ns);
    start = end + 2;
  }
  const size_t left = used - (size_t)(start - text);
  memmove(text, start, left + 1);
  return left;
}

static void *read_events(void *context)
{
  enum { SIZE = 1 << 20 };
  const struct load_reader *reader = context;
  char *text = malloc(SIZE);
  size_t used = 0;
  ssize_t count;
  if (text == NULL)
    load_fail("out of memory");
  while ((count = recv(reader->socket, text + used, SIZE - 1 - used, 0)) > 0) {
    used += (size_t)count;
    text[used] = '\0';
    used = take_events(reader, text, used, load_now_ns());
    if (used == SIZE - 1) /* an event without an end */
      break;
  }
  free(text);
  return NULL;
}

void load_reader_start(struct load_reader *reader, uint16_t port, const char *token,
                       void (*take)(void *context, const char *data, int64_t now_ns), void *context)
{
  *reader = (struct load_reader){.socket = dial(port), .take = take, .context = context};
  ask(reader->socket, port, token, "GET", LOAD_EVENTS_PATH, "");
  if (pthread_create(&reader->thread, NULL, read_events, reader) != 0)
    load_fail("no thread for an onlooker");
}

void load_reader_hang_up(struct load_reader *reader)
{
  shutdown(reader->socket, SHUT_RDWR);
  load_reader_join(reader);
}

void load_reader_join(struct load_reader *reader)
{
  pthread_join(reader->thread, NULL);
  close(reader->socket);
}

__attribute__((noreturn)) static void compute(void)
{
  volatile unsigned long work = 0;
  for (;;)
    work = work + 1;
}

pid_t load_one_core(void)
{
  const pid_t child = fork();
  if (child == 0)
    compute();
  return child;
}

void load_keep_awake(struct load_awake *awake)
{
  const size_t room = sizeof awake->pid / sizeof awake->pid[0];
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  for (awake->count = 0; awake->count < room && (long)awake->count < online; awake->count++) {
    const pid_t child = fork();
    if (child < 0)
      load_fail("no process could be started");
    if (child == 0) {
      const struct sched_param none = {0};
      if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || sched_setscheduler(0, SCHED_IDLE, &none) != 0)
        _exit(1);
      compute();
    }
    awake->pid[awake->count] = child;
  }
}

void load_let_sleep(struct load_awake *awake)
{
  for (size_t k = 0; k < awake->count; k++) {
    int status;
    kill(awake->pid[k], SIGKILL);
    if (waitpid(awake->pid[k], &status, 0) < 0 || !WIFSIGNALED(status))
      load_fail("a processor was not kept awake");
  }
}

static pid_t start_daemon(const char *folder, const char *device)
{
  char program[512], store[512], log[512];
  const char *build = getenv("STANCE_BUILD_DIR");
  snprintf(program, sizeof program, "%s/stanced", build == NULL ? "build/release" : build);
  snprintf(store, sizeof store, "%s/daemon.db", folder);
  snprintf(log, sizeof log, "%s/log", folder);
  setenv("XDG_RUNTIME_DIR", folder, 1);
  const pid_t child = fork();
  if (child != 0)
    return child;
  if (freopen(log, "w", stderr) == NULL)
    _exit(1);
  execl(program, program, "--store", store, "--device", device, "--port", "0", "--sound", "none",
        "--unattended", "--settings", "/dev/null", (char *)NULL);
  _exit(1);
}

static void find_daemon(const char *folder, uint16_t *ret_port, char ret_token[33])
{
  char path[512];
  snprintf(path, sizeof path, "%s/stance/daemon.json", folder);
  for (int tries = 0; tries < 10000; tries++) {
    FILE *file = fopen(path, "re");
    const int found = file == NULL ? 0
                                   : fscanf(file, "{\"port\":%" SCNu16 ",\"token\":\"%32[0-9a-f]",
                                            ret_port, ret_token);
    if (file != NULL)
      fclose(file);
    if (found == 2)
      return;
    load_sleep_until(load_now_ns() + 1000000);
  }
  load_fail("stanced did not start");
}

/* Nanoseconds on a processor, of all threads that are there. */
static double processor_s(pid_t pid)
{
  char path[64];
  unsigned long user = 0, system = 0;
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
  FILE *file = fopen(path, "re");
  if (file == NULL ||
      fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
             &system) != 2)
    load_fail("stanced has ended");
  fclose(file);
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double resident_mb(pid_t pid)
{
  char path[64];
  unsigned long pages = 0;
  snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
  FILE *file = fopen(path, "re");
  if (file == NULL || fscanf(file, "%*u %lu", &pages) != 1)
    load_fail("stanced has ended");
  fclose(file);
  return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* Of all threads: how often one of them waited. */
static double waits(pid_t pid)
{
  char path[64], line[256];
  double count = 0;
  snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
  DIR *tasks = opendir(path);
  if (tasks == NULL)
    load_fail("stanced has ended");
  for (const struct dirent *task; (task = readdir(tasks)) != NULL;) {
    snprintf(line, sizeof line, "%s/%.20s/status", path, task->d_name);
    FILE *file = task->d_name[0] == '.' ? NULL : fopen(line, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
      if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0)
        count += strtod(line + 24, NULL);
    if (file != NULL)
      fclose(file);
  }
  closedir(tasks);
  return count;
}

void load_daemon_start(struct load_daemon *daemon, const char *folder, const char *device)
{
  const int64_t started_ns = load_now_ns();
  daemon->pid = start_daemon(folder, device);
  find_daemon(folder, &daemon->port, daemon->token);
  daemon->ready_ms = (double)(load_now_ns() - started_ns) / 1e6;
}

void load_daemon_begin_test(const struct load_daemon *daemon, const char *protocol)
{
  char body[128], reply[1024];
  const int client = dial(daemon->port);
  snprintf(body, sizeof body, "{\"protocol\":\"%s\",\"duration_s\":7200}", protocol);
  ask(client, daemon->port, daemon->token, "POST", "/api/v1/tests", body);
  if (recv(client, reply, sizeof reply, 0) <= 0 || strncmp(reply, "HTTP/1.1 201", 12) != 0)
    load_fail("stanced did not begin a test");
  close(client);
}

void load_daemon_measure(const struct load_daemon *daemon, double seconds,
                         struct load_cost *ret_cost)
{
  const double before_s = processor_s(daemon->pid), waited = waits(daemon->pid);
  const int64_t begun_ns = load_now_ns();
  load_sleep_until(begun_ns + (int64_t)(seconds * 1e9));
  const double lasted_s = (double)(load_now_ns() - begun_ns) / 1e9;
  ret_cost->share_pct = 100 * (processor_s(daemon->pid) - before_s) / lasted_s;
  ret_cost->waits_per_s = (waits(daemon->pid) - waited) / lasted_s;
  ret_cost->resident_mb = resident_mb(daemon->pid);
}

void load_daemon_stop(const struct load_daemon *daemon)
{
  kill(daemon->pid, SIGTERM);
  waitpid(daemon->pid, NULL, 0);
}

void load_remove(const char *folder)
{
  static const char *const names[] = {"store.db",
                                      "store.db-wal",
                                      "store.db-shm",
                                      "daemon.db",
                                      "daemon.db-wal",
                                      "daemon.db-shm",
                                      "log",
                                      "stance/roster",
                                      "stance/daemon.json",
                                      "stance",
                                      ""};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, names[k]);
    remove(path);
  }
}
