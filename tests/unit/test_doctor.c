/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor in a made-up system: each check says what is there, and what mends it. */
#include "doctor.h"
#include "stance/usb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
  char command[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(command, sizeof command, format, arguments);
  va_end(arguments);
  assert_int_equal(system(command), 0);
}

static void write_file(const char *path, const char *text)
{
  char full[512];
  snprintf(full, sizeof full, "%s%s", root, path);
  char *slash = strrchr(full, '/');
  *slash = '\0';
  run("mkdir -p '%s'", full);
  *slash = '/';
  FILE *file = fopen(full, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

static int make_root(void **unused)
{
  (void)unused;
  snprintf(root, sizeof root, "/tmp/stance-doctor-XXXXXX");
  return mkdtemp(root) == NULL;
}

static int remove_root(void **unused)
{
  (void)unused;
  run("rm -r '%s'", root);
  return 0;
}

static void plug(const char *port, const char *vendor, const char *product, const char *name,
                 int device)
{
  char path[256], text[32];
  const struct {
    const char *attribute, *text;
  } attributes[] = {
      {"idVendor", vendor}, {"idProduct", product}, {"busnum", "1\n"}, {"product", name}};
  for (size_t k = 0; k < sizeof attributes / sizeof attributes[0]; k++) {
    snprintf(path, sizeof path, "/sys/bus/usb/devices/%s/%s", port, attributes[k].attribute);
    write_file(path, attributes[k].text);
  }
  snprintf(path, sizeof path, "/sys/bus/usb/devices/%s/devnum", port);
  snprintf(text, sizeof text, "%d\n", device);
  write_file(path, text);
}

static const struct stance_finding *find(const struct stance_doctor *doctor, const char *check,
                                         const char *text)
{
  for (size_t k = 0; k < doctor->count; k++)
    if (strcmp(doctor->finding[k].check, check) == 0 &&
        strstr(doctor->finding[k].what, text) != NULL)
      return &doctor->finding[k];
  for (size_t k = 0; k < doctor->count; k++)
    print_message("%s: %s\n", doctor->finding[k].check, doctor->finding[k].what);
  fail_msg("no finding %s: %s", check, text);
  return NULL;
}

static void instruments_are_listed_from_the_kernels_files(void **unused)
{
  struct stance_usb_device *device = NULL;
  size_t count = 9;
  (void)unused;

  assert_int_equal(stance_usb_devices(root, &device, &count), STANCE_OK);
  assert_int_equal(count, 0);
  assert_null(device);
  plug("1-2.3", "0cd5\n", "0006\n", "U6\x07\xff\n", 4);
  plug("1-1", "0403\n", "6001\n", "FT232R USB UART\n", 5);
  plug("1-4", "8087\n", "0024\n", "hub\n", 6);
  write_file("/dev/bus/usb/001/005", "");
  assert_int_equal(stance_usb_devices(root, &device, &count), STANCE_OK);
  assert_int_equal(count, 2);
  assert_string_equal(device[0].port, "1-1");
  assert_string_equal(device[0].scheme, "bota");
  assert_true(device[0].generic);
  assert_true(device[0].permitted);
  assert_string_equal(device[1].port, "1-2.3");
  assert_string_equal(device[1].scheme, "labjack-u6");
  assert_string_equal(device[1].node, "/dev/bus/usb/001/004");
  assert_string_equal(device[1].product, "U6??");
  assert_false(device[1].generic);
  assert_false(device[1].permitted);
  free(device);
}

static void expect_missing(const char *uri, const char *part)
{
  struct stance_problem why;
  assert_false(stance_usb_is_plugged_in(root, &uri, 1, &why));
  if (strstr(why.text, part) == NULL)
    fail_msg("%s: %s", uri, why.text);
}

static void expect_there(const char *uri)
{
  struct stance_problem why;
  assert_true(stance_usb_is_plugged_in(root, &uri, 1, &why));
  assert_string_equal(why.text, "");
}

static void what_a_uri_means_is_looked_for(void **unused)
{
  (void)unused;
  expect_there("sim:nordic?seed=7");
  expect_there("replay:x.csv");
  expect_there("no uri");
  expect_missing("usb:", "no supported USB instrument was found");
  expect_missing("labjack-u6:", "labjack-u6: no LabJack U6 is connected; plug it in");
  expect_missing("labjack-u6:360000001", "with serial number 360000001 is not connected");
  expect_missing("bota:/dev/ttyUSB0", "/dev/ttyUSB0: there is no such port now");
  plug("1-1", "0403\n", "6001\n", "FT232R USB UART\n", 5);
  expect_missing("usb:", "no supported USB instrument was found"); /* it may be anything */
  expect_missing("bota:", "no Bota");
  expect_missing("bota:1-2", "to USB port 1-2");
  expect_there("bota:1-1");
  plug("1-2.3", "0cd5\n", "0006\n", "U6\n", 4);
  expect_there("usb:");
  expect_there("labjack-u6:");
  expect_there("labjack-u6:1-2.3?channels=0,1");
  expect_there("labjack-u6:360000001"); /* which one it is only itself can tell */
  expect_missing("labjack-u6:1-2", "to USB port 1-2");
  expect_missing("labjack-u3:", "no LabJack U3");
}

static void two_of_a_rig_are_not_one(void **unused)
{
  const char *const rig[] = {"labjack-u6:360000001", "labjack-u6:360000002"};
  const char *const mixed[] = {"labjack-u6:", "sim:nordic"}, *const any[] = {"usb:", "labjack-u6:"};
  struct stance_problem why;
  (void)unused;
  assert_false(stance_usb_is_plugged_in(root, rig, 2, &why));
  assert_non_null(strstr(why.text, "with serial number 360000001 is not connected"));
  plug("1-2", "0cd5\n", "0006\n", "U6\n", 4);
  assert_false(stance_usb_is_plugged_in(root, rig, 2, &why));
  assert_non_null(strstr(why.text, "only one of the rig's two instruments is connected"));
  assert_false(stance_usb_is_plugged_in(root, any, 2, &why));
  assert_true(stance_usb_is_plugged_in(root, mixed, 2, &why));
  plug("1-3", "0cd5\n", "0006\n", "U6\n", 5);
  assert_true(stance_usb_is_plugged_in(root, rig, 2, &why));
  assert_true(stance_usb_is_plugged_in(root, any, 2, &why));
  assert_string_equal(why.text, "");
}

static void a_missing_right_is_named_with_its_remedy(void **unused)
{
  struct stance_doctor none = {.root = root}, without = {.root = root}, with = {.root = root};
  (void)unused;

  stance_doctor_check_instruments(&none);
  assert_true(stance_doctor_holds(&none));
  find(&none, "instrument", "no instrument");
  plug("1-2", "0cd5\n", "0006\n", "U6\n", 4);
  plug("1-3", "0403\n", "6001\n", "FT232R USB UART\n", 7);
  stance_doctor_check_instruments(&without);
  const struct stance_finding *finding = find(&without, "instrument", "LabJack U6 at USB port 1-2");
  assert_int_equal(finding->verdict, STANCE_VERDICT_BAD);
  assert_non_null(strstr(finding->what, "/dev/bus/usb/001/004"));
  assert_non_null(strstr(finding->mend, "cp 60-stance.rules /etc/udev/rules.d/"));
  assert_false(stance_doctor_holds(&without));
  finding = find(&without, "instrument", "FT232R USB UART");
  assert_int_equal(finding->verdict, STANCE_VERDICT_ADVICE);
  assert_non_null(strstr(finding->mend, "setfacl -m u:$USER:rw /dev/bus/usb/001/007"));
  write_file("/usr/lib/udev/rules.d/60-stance.rules", "");
  write_file("/dev/bus/usb/001/007", "");
  stance_doctor_check_instruments(&with);
  finding = find(&with, "instrument", "though udev has the rules");
  assert_null(strstr(finding->mend, "cp "));
  finding = find(&with, "instrument", "its port has to be named");
  assert_int_equal(finding->verdict, STANCE_VERDICT_GOOD);
}

static void limits_are_judged(void **unused)
{
  static const struct {
    struct stance_doctor_limits limits;
    bool holds;
  } cases[] = {
      {{0, 8 << 20, false}, false},         {{15, UINT64_MAX, false}, true},
      {{14, UINT64_MAX, false}, false},     {{20, 64 << 20, false}, true},
      {{20, (64 << 20) - 1, false}, false}, {{0, 0, true}, true},
  };
  (void)unused;

  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    struct stance_doctor doctor = {.root = root};
    stance_doctor_check_limits(&doctor, &cases[k].limits);
    assert_int_equal(doctor.count, 2);
    assert_int_equal(stance_doctor_holds(&doctor), cases[k].holds);
    for (size_t f = 0; f < doctor.count; f++)
      assert_int_equal(doctor.finding[f].mend[0] != '\0',
                       doctor.finding[f].verdict != STANCE_VERDICT_GOOD);
  }
}

static enum stance_verdict host_verdict(const char *check, const char *text)
{
  struct stance_doctor doctor = {.root = root};
  stance_doctor_check_host(&doctor);
  return find(&doctor, check, text)->verdict;
}

static void the_host_is_judged(void **unused)
{
  static const char usbfs[] = "/sys/module/usbcore/parameters/usbfs_memory_mb";
  static const char governor[] = "/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor";
  static const char clock[] = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
  (void)unused;

  assert_int_equal(host_verdict("USB memory", "no USB support"), STANCE_VERDICT_ADVICE);
  assert_int_equal(host_verdict("processor", "not governed"), STANCE_VERDICT_GOOD);
  assert_int_equal(host_verdict("clock", "does not say"), STANCE_VERDICT_ADVICE);
  write_file(usbfs, "16\n");
  assert_int_equal(host_verdict("USB memory", "16 MiB"), STANCE_VERDICT_GOOD);
  write_file(usbfs, "0\n");
  assert_int_equal(host_verdict("USB memory", "no limit"), STANCE_VERDICT_GOOD);
  write_file(usbfs, "4\n");
  assert_int_equal(host_verdict("USB memory", "4 MiB"), STANCE_VERDICT_BAD);
  write_file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  assert_int_equal(host_verdict("processor", "not kept slow"), STANCE_VERDICT_GOOD);
  write_file(governor, "powersave\n");
  assert_int_equal(host_verdict("processor", "governor powersave"), STANCE_VERDICT_ADVICE);
  write_file(clock, "tsc\n");
  assert_int_equal(host_verdict("clock", "uses tsc"), STANCE_VERDICT_GOOD);
  write_file(clock, "acpi_pm\n");
  assert_int_equal(host_verdict("clock", "coarse"), STANCE_VERDICT_ADVICE);
}

static const struct stance_finding *disk_finding(struct stance_doctor *doctor, const char *mounts,
                                                 const char *text)
{
  char path[256];
  write_file("/proc/self/mountinfo", mounts);
  *doctor = (struct stance_doctor){.root = root};
  snprintf(path, sizeof path, "%s/a b/store.db", root);
  stance_doctor_check_store(doctor, path);
  return find(doctor, "file system", text);
}

static void the_stores_disk_is_judged(void **unused)
{
  struct stance_doctor doctor;
  char mounts[1024];
  (void)unused;

  run("mkdir '%s/a b'", root);
  const char *const base = "20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n";
  assert_int_equal(disk_finding(&doctor, base, "ext4")->verdict, STANCE_VERDICT_GOOD);
  assert_int_equal(disk_finding(&doctor, "", "cannot be found out")->verdict,
                   STANCE_VERDICT_ADVICE);
  static const struct {
    const char *type, *options, *text;
    enum stance_verdict verdict;
  } cases[] = {
      {"tmpfs", "rw", "gone at power-off", STANCE_VERDICT_BAD},
      {"nfs4", "rw", "another computer", STANCE_VERDICT_BAD},
      {"vfat", "rw", "no journal", STANCE_VERDICT_ADVICE},
      {"fuse.sshfs", "rw", "not known", STANCE_VERDICT_ADVICE},
      {"ext4", "rw,nobarrier", "without barriers", STANCE_VERDICT_BAD},
      {"ext4", "rw,barrier=0,data=ordered", "without barriers", STANCE_VERDICT_BAD},
      {"ext4", "rw,nobarriers", "keeps", STANCE_VERDICT_GOOD},
      {"xfs", "rw", "keeps", STANCE_VERDICT_GOOD},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    /* A deeper mount with a blank in its name, and one beside it that only looks like it. */
    snprintf(mounts, sizeof mounts,
             "%s30 20 8:2 / %s/a\\040b rw - %s /dev/sdb1 %s\n31 20 8:3 / %s/a rw - ramfs none rw\n",
             base, root, cases[k].type, cases[k].options, root);
    const struct stance_finding *finding = disk_finding(&doctor, mounts, cases[k].text);
    assert_int_equal(finding->verdict, cases[k].verdict);
  }
}

static void the_store_is_checked(void **unused)
{
  struct stance_doctor doctor = {.root = root};
  char path[256];
  (void)unused;

  snprintf(path, sizeof path, "%s/new/deep/store.db", root);
  stance_doctor_check_store(&doctor, path);
  assert_int_equal(find(&doctor, "store", "not there yet")->verdict, STANCE_VERDICT_GOOD);
  assert_int_not_equal(access(path, F_OK), 0); /* it was not made */
  write_file("/store.db", "this is no store, and nothing like one\n");
  snprintf(path, sizeof path, "%s/store.db", root);
  doctor.count = 0;
  stance_doctor_check_store(&doctor, path);
  const struct stance_finding *finding = find(&doctor, "store", "store.db");
  assert_int_equal(finding->verdict, STANCE_VERDICT_BAD);
  assert_non_null(strstr(finding->mend, "safe place"));
}

int main(void)
{
#define IN_A_SYSTEM(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)
  const struct CMUnitTest tests[] = {
      IN_A_SYSTEM(instruments_are_listed_from_the_kernels_files),
      IN_A_SYSTEM(what_a_uri_means_is_looked_for),
      IN_A_SYSTEM(two_of_a_rig_are_not_one),
      IN_A_SYSTEM(a_missing_right_is_named_with_its_remedy),
      IN_A_SYSTEM(limits_are_judged),
      IN_A_SYSTEM(the_host_is_judged),
      IN_A_SYSTEM(the_stores_disk_is_judged),
      IN_A_SYSTEM(the_store_is_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
