/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "usb_private.h"

enum usb_error usb_error_of(int libusb_code)
{
  if (libusb_code >= 0)
    return USB_OK;
  switch (libusb_code) {
  case LIBUSB_ERROR_NO_DEVICE:
  case LIBUSB_ERROR_NOT_FOUND:
    return USB_GONE;
  case LIBUSB_ERROR_ACCESS:
    return USB_ACCESS;
  case LIBUSB_ERROR_BUSY:
    return USB_BUSY;
  case LIBUSB_ERROR_NO_MEM:
    return USB_NO_ROOM;
  case LIBUSB_ERROR_PIPE:
    return USB_HALTED;
  default:
    return USB_BROKEN;
  }
}

enum stance_status usb_complain_open(enum usb_error error, const char *scheme, const char *port,
                                     struct stance_problem *problem)
{
  switch (error) {
  case USB_ACCESS:
    return stance_problem_set(
        problem, STANCE_INSTRUMENT,
        "%s: this user may not open the instrument at USB port %s; put tools/packaging/"
        "60-stance.rules into /etc/udev/rules.d, run `sudo udevadm control --reload && sudo "
        "udevadm trigger --subsystem-match=usb` (`stance doctor` says what is missing)",
        scheme, port);
  case USB_BUSY:
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: another program uses the instrument at USB port %s; close it",
                              scheme, port);
  case USB_GONE:
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: the instrument at USB port %s went away while it was opened; "
                              "check its cable",
                              scheme, port);
  case USB_NO_ROOM:
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: no memory to open the instrument at USB port %s; close other "
                              "programs",
                              scheme, port);
  default:
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: the instrument at USB port %s cannot be opened; unplug it, plug "
                              "it in again",
                              scheme, port);
  }
}

enum stance_status usb_complain_missing(const struct stance_instrument *instrument,
                                        const char *serial, const char *port,
                                        struct stance_problem *problem)
{
  if (instrument == NULL)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "usb: no supported USB instrument was found; connect one, or try "
                              "sim:nordic");
  const char *scheme = instrument->kind.scheme, *model = instrument->ids->model;
  if (serial[0] != '\0')
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: the %s with serial number %s is not connected; plug it in",
                              scheme, model, serial);
  if (port[0] != '\0')
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: no %s is connected to USB port %s; plug it in (`stance devices` "
                              "lists what is there)",
                              scheme, model, port);
  return stance_problem_set(problem, STANCE_INSTRUMENT, "%s: no %s is connected; plug it in",
                            scheme, model);
}
