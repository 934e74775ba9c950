/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor.h"

#include "stance/usb.h"

#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
  PATH_BYTES = 4096,
  /* The event thread's priority (acquisition/usb_private.h, USB_PRIORITY). */
  REALTIME_PRIORITY = 15,
  /* The kernel's own default; it serves every instrument of the table. */
  USBFS_MIB = 16,
};
/* Program, libraries and rings, with room: `stance run` has 30 MiB. */
static const uint64_t locked_bytes_wanted = UINT64_C(64) << 20;

void stance_doctor_note(struct stance_doctor *doctor, const char *check,
                        enum stance_verdict verdict, const char *mend, const char *format, ...)
{
  if (doctor->count == STANCE_FINDING_MAX)
    return;
  struct stance_finding *finding = &doctor->finding[doctor->count++];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(finding->what, sizeof finding->what, format, arguments);
  va_end(arguments);
  snprintf(finding->mend, sizeof finding->mend, "%s", mend);
  finding->check = check;
  finding->verdict = verdict;
}

bool stance_doctor_holds(const struct stance_doctor *doctor)
{
  for (size_t k = 0; k < doctor->count; k++)
    if (doctor->finding[k].verdict == STANCE_VERDICT_BAD)
      return false;
  return true;
}

bool stance_doctor_read_line(const struct stance_doctor *doctor, const char *path, char *ret_line,
                             size_t size)
{
  char full[PATH_BYTES];
  snprintf(full, sizeof full, "%s%s", doctor->root, path);
  FILE *file = fopen(full, "r");
  if (file == NULL)
    return false;
  const bool got = fgets(ret_line, (int)size, file) != NULL;
  fclose(file);
  if (got)
    ret_line[strcspn(ret_line, "\n")] = '\0';
  return got;
}

/* Whether udev has our rules, in any of the folders that it reads (udev(7)). */
static bool has_rules(const struct stance_doctor *doctor)
{
  static const char *const folders[] = {"/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"};
  for (size_t k = 0; k < sizeof folders / sizeof folders[0]; k++) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s%s/udev/rules.d/60-stance.rules", doctor->root, folders[k]);
    if (access(path, F_OK) == 0)
      return true;
  }
  return false;
}

static void note_instrument(struct stance_doctor *doctor, const struct stance_usb_device *device)
{
  static const char check[] = "instrument";
  char mend[512];

  if (device->permitted) {
    stance_doctor_note(doctor, check, STANCE_VERDICT_GOOD, "", "%s at USB port %s may be used%s",
                       device->model, device->port,
                       device->generic ? ", if it is one: its port has to be named" : "");
    return;
  }
  if (device->generic) {
    /* Not bad: it may be anything. The right lasts until it is unplugged. */
    snprintf(mend, sizeof mend, "sudo setfacl -m u:$USER:rw %s", device->node);
    stance_doctor_note(doctor, check, STANCE_VERDICT_ADVICE, mend,
                       "%s%s%s at USB port %s may be a %s; if it is, this user lacks the right to "
                       "read and write %s",
                       device->product[0] == '\0' ? "the device" : "\"", device->product,
                       device->product[0] == '\0' ? "" : "\"", device->port, device->model,
                       device->node);
    return;
  }
  if (has_rules(doctor))
    snprintf(mend, sizeof mend,
             "sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=usb");
  else
    snprintf(mend, sizeof mend,
             "sudo cp 60-stance.rules /etc/udev/rules.d/ && sudo udevadm control --reload && sudo "
             "udevadm trigger --subsystem-match=usb");
  stance_doctor_note(doctor, check, STANCE_VERDICT_BAD, mend,
                     "%s at USB port %s: this user lacks the right to read and write %s%s",
                     device->model, device->port, device->node,
                     has_rules(doctor) ? ", though udev has the rules for it" : "");
}

void stance_doctor_check_instruments(struct stance_doctor *doctor)
{
  struct stance_usb_device *device = NULL;
  size_t count = 0;

  if (stance_usb_devices(doctor->root, &device, &count) != STANCE_OK) {
    stance_doctor_note(doctor, "instrument", STANCE_VERDICT_BAD, "close other programs",
                       "out of memory");
    return;
  }
  if (count == 0)
    stance_doctor_note(doctor, "instrument", STANCE_VERDICT_GOOD, "",
                       "no instrument is plugged in");
  for (size_t k = 0; k < count; k++)
    note_instrument(doctor, &device[k]);
  free(device);
}

struct stance_doctor_limits stance_doctor_read_limits(void)
{
  struct rlimit priority = {0}, locked = {0};
  getrlimit(RLIMIT_RTPRIO, &priority);
  getrlimit(RLIMIT_MEMLOCK, &locked);
  return (struct stance_doctor_limits){
      .realtime_priority = priority.rlim_cur,
      .locked_bytes = locked.rlim_cur == RLIM_INFINITY ? UINT64_MAX : locked.rlim_cur,
      .superuser = geteuid() == 0,
  };
}

void stance_doctor_check_limits(struct stance_doctor *doctor,
                                const struct stance_doctor_limits *limits)
{
  if (limits->superuser || limits->realtime_priority >= REALTIME_PRIORITY)
    stance_doctor_note(doctor, "real-time priority", STANCE_VERDICT_GOOD, "",
                       "threads that read instruments, decide and play may go before others");
  else
    stance_doctor_note(doctor, "real-time priority", STANCE_VERDICT_BAD,
                       "echo '@audio - rtprio 20' | sudo tee -a /etc/security/limits.d/stance.conf "
                       "&& sudo usermod -aG audio $USER, then log in again",
                       "this user has no right to real-time priority (limit %llu, %d needed): a "
                       "busy computer may lose samples, and its signals may come late",
                       (unsigned long long)limits->realtime_priority, REALTIME_PRIORITY);
  if (limits->superuser || limits->locked_bytes >= locked_bytes_wanted)
    stance_doctor_note(doctor, "locked memory", STANCE_VERDICT_GOOD, "",
                       "memory may be kept from being swapped out");
  else
    stance_doctor_note(
        doctor, "locked memory", STANCE_VERDICT_BAD,
        "echo '@audio - memlock unlimited' | sudo tee -a "
        "/etc/security/limits.d/stance.conf && sudo usermod -aG audio $USER, then "
        "log in again",
        "this user may lock %llu KiB of memory, %llu are needed: a swapping computer "
        "may lose samples",
        (unsigned long long)(limits->locked_bytes >> 10),
        (unsigned long long)(locked_bytes_wanted >> 10));
}

static void check_usbfs(struct stance_doctor *doctor)
{
  static const char check[] = "USB memory";
  static const char path[] = "/sys/module/usbcore/parameters/usbfs_memory_mb";
  char line[32], *end;

  if (!stance_doctor_read_line(doctor, path, line, sizeof line)) {
    stance_doctor_note(doctor, check, STANCE_VERDICT_ADVICE, "sudo modprobe usbcore",
                       "the kernel has no USB support loaded: no instrument can be used");
    return;
  }
  const long mib = strtol(line, &end, 10);
  if (end != line && (mib == 0 || mib >= USBFS_MIB))
    stance_doctor_note(doctor, check, STANCE_VERDICT_GOOD, "",
                       mib == 0 ? "no limit" : "%ld MiB for transfers", mib);
  else
    stance_doctor_note(doctor, check, STANCE_VERDICT_BAD,
                       "echo 16 | sudo tee /sys/module/usbcore/parameters/usbfs_memory_mb",
                       "%s MiB for transfers of all programs, %d are needed", line, USBFS_MIB);
}

static void check_governor(struct stance_doctor *doctor)
{
  static const char check[] = "processor";
  char pattern[PATH_BYTES], line[64], slow[64] = "";
  glob_t found;

  snprintf(pattern, sizeof pattern, "%s/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor",
           doctor->root);
  if (glob(pattern, 0, NULL, &found) != 0) {
    stance_doctor_note(doctor, check, STANCE_VERDICT_GOOD, "",
                       "its speed is not governed by this system");
    return;
  }
  for (size_t k = 0; k < found.gl_pathc; k++)
    if (stance_doctor_read_line(doctor, found.gl_pathv[k] + strlen(doctor->root), line,
                                sizeof line) &&
        strcmp(line, "powersave") == 0)
      memcpy(slow, line, sizeof slow);
  globfree(&found);
  if (slow[0] == '\0')
    stance_doctor_note(doctor, check, STANCE_VERDICT_GOOD, "", "it is not kept slow");
  else
    stance_doctor_note(doctor, check, STANCE_VERDICT_ADVICE,
                       "sudo cpupower frequency-set -g performance",
                       "it saves power (governor %s): it wakes up late", slow);
}

static void check_clock(struct stance_doctor *doctor)
{
  static const char check[] = "clock";
  /* Slow to read, or as coarse as the timer's tick. */
  static const char *const poor[] = {"acpi_pm", "jiffies", "refined-jiffies", "pit"};
  char line[64];

  if (!stance_doctor_read_line(doctor,
                               "/sys/devices/system/clocksource/clocksource0/current_clocksource",
                               line, sizeof line)) {
    stance_doctor_note(doctor, check, STANCE_VERDICT_ADVICE, "",
                       "the kernel does not say which clock it uses");
    return;
  }
  for (size_t k = 0; k < sizeof poor / sizeof poor[0]; k++)
    if (strcmp(line, poor[k]) == 0) {
      stance_doctor_note(doctor, check, STANCE_VERDICT_ADVICE, "sudo dmesg | grep -i clocksource",
                         "the kernel uses %s: arrival times are coarse; the command shows why it "
                         "trusts no better one",
                         line);
      return;
    }
  stance_doctor_note(doctor, check, STANCE_VERDICT_GOOD, "", "the kernel uses %s", line);
}

void stance_doctor_check_host(struct stance_doctor *doctor)
{
  check_usbfs(doctor);
  check_governor(doctor);
  check_clock(doctor);
}
