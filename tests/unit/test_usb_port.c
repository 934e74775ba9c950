/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of the kernel's terminals become ports of the bus, in a made-up /dev and /sys. */
#include "usb_private.h"

#include "stance/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char root[64];

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
  char command[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(command, sizeof command, format, arguments);
  va_end(arguments);
  assert_int_equal(system(command), 0);
}

/* As Linux 6.1 lays them out: `holder` is the folder that `device` of the terminal leads to. */
static void plug(const char *name, const char *holder, const char *terminal)
{
  run("cd '%s' && mkdir -p dev sys/class/tty/%s 'sys/devices/pci0000:00/0000:00:14.0/usb1/%s'"
      " 'sys/devices/pci0000:00/0000:00:14.0/usb1/%s' && : > dev/%s && "
      "ln -s '../../../devices/pci0000:00/0000:00:14.0/usb1/%s' sys/class/tty/%s/device",
      root, name, holder, terminal, name, holder, name);
}

static int set_up(void **unused)
{
  (void)unused;
  strcpy(root, "/tmp/stance-port-XXXXXX");
  assert_non_null(mkdtemp(root));
  plug("ttyACM0", "1-2/1-2.3/1-2.3:1.0", "1-2/1-2.3/1-2.3:1.0/tty/ttyACM0");
  plug("ttyACM1", "1-2/1-2.3/1-2.3:1.2", "1-2/1-2.3/1-2.3:1.2/tty/ttyACM1");
  plug("ttyACM2", "1-4/1-4:1.2", "1-4/1-4:1.2/tty/ttyACM2");
  run("mkdir '%s/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0'", root);
  plug("ttyUSB0", "1-3/1-3:1.0/ttyUSB0", "1-3/1-3:1.0/ttyUSB0/tty/ttyUSB0");
  plug("ttyUSB1", "1-3/1-3:1.1/ttyUSB1", "1-3/1-3:1.1/ttyUSB1/tty/ttyUSB1");
  run("cd '%s' && mkdir -p dev/serial/by-id sys/devices/pnp0/00:03 sys/class/tty/ttyS0 "
      "sys/class/tty/tty1 && : > dev/ttyS0 && : > dev/tty1 && "
      "ln -s ../../../devices/pnp0/00:03 sys/class/tty/ttyS0/device && "
      "ln -s ../../ttyACM0 dev/serial/by-id/usb-OnRobot_Sensor_1234-if00 && "
      "ln -s ../../ttyACM9 dev/serial/by-id/usb-Gone-if00",
      root);
  return 0;
}

static int tear_down(void **unused)
{
  (void)unused;
  run("rm -r '%s'", root);
  return 0;
}

static void assert_port(const char *node, const char *expected)
{
  struct stance_problem problem = {""};
  char port[32] = "";
  const enum stance_status status = usb_port_of_terminal(root, node, port, sizeof port, &problem);
  assert_string_equal(problem.text, "");
  assert_int_equal(status, STANCE_OK);
  assert_string_equal(port, expected);
}

static void assert_refused(const char *node, const char *why)
{
  struct stance_problem problem = {""};
  char port[32] = "as it was";
  assert_int_equal(usb_port_of_terminal(root, node, port, sizeof port, &problem),
                   STANCE_INSTRUMENT);
  assert_string_equal(port, "as it was");
  assert_non_null(strstr(problem.text, node));
  if (strstr(problem.text, why) == NULL)
    fail_msg("not \"%s\": %s", why, problem.text);
}

static void terminals_lead_to_their_port(void **unused)
{
  (void)unused;
  assert_port("/dev/ttyACM0", "1-2.3");
  assert_port("/dev/ttyACM2", "1-4"); /* its first interface is no terminal */
  assert_port("/dev/ttyUSB0", "1-3");
  assert_port("/dev/serial/by-id/usb-OnRobot_Sensor_1234-if00", "1-2.3");
}

static void what_is_no_usb_port_is_refused(void **unused)
{
  (void)unused;
  assert_refused("/dev/ttyS0", "not a USB port");
  assert_refused("/dev/tty1", "not a USB port");
  assert_refused("/dev/ttyACM9", "no such port");
  assert_refused("/dev/serial/by-id/usb-Gone-if00", "no such port");
  assert_refused("/dev", "not a USB port");
}

/* The instrument on port B must not be taken for the one on port A. */
static void only_the_first_port_of_a_device_is_taken(void **unused)
{
  (void)unused;
  assert_refused("/dev/ttyUSB1", "not the first port of the device at USB port 1-3");
  assert_refused("/dev/ttyACM1", "not the first port of the device at USB port 1-2.3");
}

static void uris_name_terminals(void **unused)
{
  static const char *const uris[] = {"optoforce:/dev/ttyACM4711?map=left:Fz",
                                     "usb:/dev/ttyACM4711"};
  (void)unused;
  for (size_t k = 0; k < sizeof uris / sizeof uris[0]; k++) {
    struct stance_problem problem = {""};
    struct stance_source *source = NULL;
    assert_int_equal(stance_source_open(uris[k], NULL, &source, &problem), STANCE_INSTRUMENT);
    assert_null(source);
    assert_non_null(strstr(problem.text, "/dev/ttyACM4711: there is no such port"));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(terminals_lead_to_their_port),
      cmocka_unit_test(what_is_no_usb_port_is_refused),
      cmocka_unit_test(only_the_first_port_of_a_device_is_taken),
      cmocka_unit_test(uris_name_terminals),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
