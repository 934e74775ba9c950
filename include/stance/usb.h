/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instruments that are plugged in, as the kernel lists them: nothing is opened or asked, so that a
   test that runs is not disturbed. */
#ifndef STANCE_USB_H
#define STANCE_USB_H

#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>

struct stance_usb_device {
  char port[32];      /* "1-2.3" */
  char node[64];      /* "/dev/bus/usb/001/004" */
  const char *scheme; /* of the URI that opens it; lives as long as the program */
  const char *model;  /* of the table */
  char product[64];   /* as the device calls itself; "" where it does not */
  bool generic;       /* a chip that is in many machines: it may be none of ours */
  bool permitted;     /* this user may open it */
};

/* `root` stands before every path: "" but in tests. The caller frees the array. STANCE_OK with a
   count of 0 where there is none, or no USB. STANCE_MEMORY. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_usb_devices(const char *root, struct stance_usb_device **ret_device, size_t *ret_count);

/* False where not each USB instrument of a rig is plugged in that one or two URIs (of
   stance_source_open) name; `ret_why` then says so as opening it would. Only an instrument itself
   can tell its serial number: any of its kind counts, but once. What is no USB instrument is always
   there. No device is asked, nothing is waited for. WORK. */
bool stance_usb_is_plugged_in(const char *root, const char *const *uri, size_t count,
                              struct stance_problem *ret_why);

#endif
