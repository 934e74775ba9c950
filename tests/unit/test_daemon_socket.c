/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The private socket: whose it is, who gets through, and what of a dead daemon is replaced. */
#include "daemon_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char runtime[64], folder[80], path[96];

static int make_folder(void **state)
{
  (void)state;
  snprintf(runtime, sizeof runtime, "/tmp/stance-socket-XXXXXX");
  if (mkdtemp(runtime) == NULL)
    return -1;
  snprintf(folder, sizeof folder, "%s/stance", runtime);
  snprintf(path, sizeof path, "%s/stanced.sock", folder);
  return setenv("XDG_RUNTIME_DIR", runtime, 1);
}

static int remove_folder(void **state)
{
  (void)state;
  unlink(path);
  rmdir(folder);
  return rmdir(runtime);
}

static int dial(void)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  const int client = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(client, (const struct sockaddr *)&address, sizeof address) == 0)
    return client;
  close(client);
  return -1;
}

static void it_is_private_and_goes_with_its_daemon(void **state)
{
  struct stance_daemon_socket *door = NULL;
  struct stat status;
  (void)state;
  const mode_t before = umask(0);
  assert_int_equal(stance_daemon_socket_open(&door, NULL), STANCE_OK);
  umask(before);
  assert_string_equal(stance_daemon_socket_path(door), path);
  assert_int_equal(stat(path, &status), 0);
  assert_true(S_ISSOCK(status.st_mode));
  assert_int_equal(status.st_mode & 07777, 0600);
  assert_int_equal(stat(folder, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0700);
  assert_int_equal(stance_daemon_socket_accept(door), -1); /* nobody */
  const int client = dial();
  assert_true(client >= 0);
  const int guest = stance_daemon_socket_accept(door);
  assert_true(guest >= 0);
  close(guest);
  close(client);
  stance_daemon_socket_close(door);
  assert_int_equal(access(path, F_OK), -1);
  stance_daemon_socket_close(NULL);
}

static void a_living_one_is_never_replaced(void **state)
{
  struct stance_daemon_socket *door = NULL, *second = NULL;
  struct stance_problem problem = {""};
  (void)state;
  assert_int_equal(stance_daemon_socket_open(&door, NULL), STANCE_OK);
  assert_int_equal(stance_daemon_socket_open(&second, &problem), STANCE_MISMATCH);
  assert_null(second);
  assert_non_null(strstr(problem.text, path));
  const int client = dial();
  assert_true(client >= 0);
  close(client);
  stance_daemon_socket_close(door);
  assert_int_equal(stance_daemon_socket_open(&second, NULL), STANCE_OK);
  stance_daemon_socket_close(second);
}

/* A process that is killed takes nothing away. */
static void what_a_dead_one_left_is_replaced(void **state)
{
  struct stance_daemon_socket *door = NULL;
  int status;
  (void)state;
  const pid_t child = fork();
  if (child == 0)
    _exit(stance_daemon_socket_open(&door, NULL) == STANCE_OK ? 0 : 1);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(access(path, F_OK), 0);
  assert_int_equal(dial(), -1);
  assert_int_equal(stance_daemon_socket_open(&door, NULL), STANCE_OK);
  const int client = dial();
  assert_true(client >= 0);
  close(client);
  stance_daemon_socket_close(door);
}

static void a_folder_of_others_is_refused(void **state)
{
  struct stance_daemon_socket *door = NULL;
  struct stance_problem problem = {""};
  (void)state;
  assert_int_equal(mkdir(folder, 0700), 0);
  assert_int_equal(chmod(folder, 0750), 0);
  assert_int_equal(stance_daemon_socket_open(&door, &problem), STANCE_STORE);
  assert_non_null(strstr(problem.text, folder));
  assert_int_equal(access(path, F_OK), -1);
}

static void a_name_that_is_too_long_is_named(void **state)
{
  struct stance_daemon_socket *door = NULL;
  struct stance_problem problem = {""};
  char long_folder[192];
  (void)state;
  snprintf(long_folder, sizeof long_folder, "%s/%0100d", runtime, 0);
  assert_int_equal(mkdir(long_folder, 0700), 0);
  setenv("XDG_RUNTIME_DIR", long_folder, 1);
  assert_int_equal(stance_daemon_socket_open(&door, &problem), STANCE_STORE);
  assert_non_null(strstr(problem.text, "XDG_RUNTIME_DIR"));
  char inner[208];
  snprintf(inner, sizeof inner, "%s/stance", long_folder);
  rmdir(inner);
  rmdir(long_folder);
}

/* Even where the rights let another account in, it is told by the system who it is. */
static void another_account_is_sent_away(void **state)
{
  enum { NOBODY = 65534 };
  struct stance_daemon_socket *door = NULL;
  int status;
  (void)state;
  if (geteuid() != 0)
    skip(); /* only root can be somebody else */
  assert_int_equal(stance_daemon_socket_open(&door, NULL), STANCE_OK);
  chmod(runtime, 0755);
  chmod(folder, 0755);
  chmod(path, 0666);
  const pid_t child = fork();
  if (child == 0) {
    char byte;
    const int client = setuid(NOBODY) == 0 ? dial() : -1;
    /* it is closed without a word */
    _exit(client >= 0 && recv(client, &byte, 1, 0) <= 0 ? 0 : 1);
  }
  int guest = -1;
  while (waitpid(child, &status, WNOHANG) == 0 && guest < 0) {
    guest = stance_daemon_socket_accept(door);
    usleep(1000);
  }
  assert_int_equal(guest, -1);
  assert_int_equal(status, 0);
  stance_daemon_socket_close(door);
}

static void the_file_says_what_the_daemon_has(void **state)
{
  static struct stance_daemon_address address, read;
  struct stance_problem problem = {""};
  (void)state;
  assert_int_equal(stance_daemon_file_read(&read, &problem), STANCE_END);
  assert_int_equal(access(folder, F_OK), -1); /* who only asks makes nothing */
  address = (struct stance_daemon_address){
      .port = 8642,
      .token = "0123456789abcdef0123456789abcdef",
      .socket = "/run/s",
      .service = {.store = "/a \"b\"/store.db",
                  .device = {"right=sim:?seed=7", "left=usb:"},
                  .device_count = 2},
  };
  assert_int_equal(stance_daemon_file_write(&address, &problem), STANCE_OK);
  assert_int_equal(stance_daemon_file_read(&read, &problem), STANCE_OK);
  address.pid = getpid();
  assert_int_equal(read.pid, getpid());
  assert_int_equal(read.port, 8642);
  assert_string_equal(read.token, address.token);
  assert_string_equal(read.socket, address.socket);
  assert_string_equal(read.service.store, address.service.store);
  assert_string_equal(read.service.protocols, "");
  assert_int_equal(read.service.device_count, 2);
  for (size_t k = 0; k < 2; k++)
    assert_string_equal(read.service.device[k], address.service.device[k]);
  stance_daemon_file_remove();
  assert_int_equal(stance_daemon_file_read(&read, &problem), STANCE_END);
}

static void instruments_have_names(void **state)
{
  static const struct stance_station_device devices[] = {
      {"usb:", STANCE_SIDE_NONE}, {"sim:left=1", STANCE_LEFT}, {"replay:right=x", STANCE_RIGHT}};
  char name[STANCE_DAEMON_DEVICE_SIZE];
  (void)state;
  for (size_t k = 0; k < sizeof devices / sizeof *devices; k++) {
    assert_true(stance_daemon_device_name(&devices[k], name));
    const struct stance_station_device read = stance_daemon_device_of(name);
    assert_string_equal(read.uri, devices[k].uri);
    assert_int_equal(read.side, devices[k].side);
  }
  char uri[STANCE_DAEMON_DEVICE_SIZE];
  memset(uri, 'u', sizeof uri);
  uri[sizeof uri - 1] = '\0';
  assert_true(
      stance_daemon_device_name(&(struct stance_station_device){uri, STANCE_SIDE_NONE}, name));
  assert_false(stance_daemon_device_name(&(struct stance_station_device){uri, STANCE_LEFT}, name));
}

/* One place has one name, by whichever way it is reached, and whether or not it is there yet. */
static void places_can_be_compared(void **state)
{
  static struct stance_daemon_service one, two;
  char link[128], through[160], missing[160];
  (void)state;
  snprintf(link, sizeof link, "%s/link", runtime);
  snprintf(through, sizeof through, "%s/link/./link", runtime);
  snprintf(missing, sizeof missing, "%s/protocols", runtime);
  assert_int_equal(symlink(runtime, link), 0);
  setenv("STANCE_PROTOCOLS", missing, 1);
  stance_daemon_service_places(runtime, &one);
  stance_daemon_service_places(through, &two);
  assert_string_equal(one.store, runtime);
  assert_string_equal(two.store, runtime);
  assert_string_equal(one.protocols, missing);
  assert_int_equal(mkdir(missing, 0700), 0); /* a clinic begins to have its own */
  stance_daemon_service_places(through, &two);
  assert_string_equal(two.protocols, missing);
  unsetenv("STANCE_PROTOCOLS");
  rmdir(missing);
  unlink(link);
}

/* What was not written here is no daemon, and breaks nothing. */
static void a_broken_file_is_none(void **state)
{
  static const char *const texts[] = {
      "",
      "{",
      "[]",
      "{\"port\":0,\"token\":\"0123456789abcdef0123456789abcdef\",\"pid\":1}",
      "{\"port\":70000,\"token\":\"0123456789abcdef0123456789abcdef\",\"pid\":1}",
      "{\"port\":8642,\"token\":\"0123\",\"pid\":1}",
      "{\"port\":8642,\"token\":\"0123456789abcdef0123456789abcdef\",\"pid\":-1}",
      "{\"port\":8642,\"token\":\"0123456789abcdef0123456789abcdef\",\"pid\":1,\"devices\":[1]}",
      ("{\"port\":8642,\"token\":\"0123456789abcdef0123456789abcdef\",\"pid\":1,\"devices\":[\"a\","
       "\"b\",\"c\"]}"),
  };
  static struct stance_daemon_address read;
  char file[STANCE_DAEMON_PATH_SIZE];
  (void)state;
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
    assert_int_equal(stance_daemon_write("daemon.json", texts[k], NULL), STANCE_OK);
    assert_int_equal(stance_daemon_file_read(&read, NULL), STANCE_END);
  }
  assert_int_equal(stance_daemon_path("daemon.json", file, NULL), STANCE_OK);
  unlink(file);
}

int main(void)
{
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
  const struct CMUnitTest tests[] = {
      IN_A_FOLDER(it_is_private_and_goes_with_its_daemon),
      IN_A_FOLDER(a_living_one_is_never_replaced),
      IN_A_FOLDER(what_a_dead_one_left_is_replaced),
      IN_A_FOLDER(a_folder_of_others_is_refused),
      IN_A_FOLDER(a_name_that_is_too_long_is_named),
      IN_A_FOLDER(another_account_is_sent_away),
      IN_A_FOLDER(the_file_says_what_the_daemon_has),
      IN_A_FOLDER(a_broken_file_is_none),
      cmocka_unit_test(instruments_have_names),
      IN_A_FOLDER(places_can_be_compared),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
