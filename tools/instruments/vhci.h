/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STANCE_VHCI_H
#define STANCE_VHCI_H

#include "virtual_device.h"

/* The first free port from `first` on. STANCE_INSTRUMENT without the module or a free port. */
STANCE_MUST_CHECK enum stance_status stance_vhci_free_port(unsigned first, unsigned *ret_port,
                                                           struct stance_problem *problem);
/* The other end of the device's cable: closing it unplugs. */
STANCE_MUST_CHECK enum stance_status stance_vhci_attach(unsigned port, unsigned device_number,
                                                        enum stance_virtual_speed speed,
                                                        int *ret_socket,
                                                        struct stance_problem *problem);

#endif
