/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a virtual instrument is to the USB/IP server. The server answers the standard requests,
   keeps the queue of transfers, splits them into packets, and injects the faults that every USB
   device can have; an instrument answers its own requests and fills packets. */
#ifndef STANCE_VIRTUAL_DEVICE_H
#define STANCE_VIRTUAL_DEVICE_H

#include "virtual_clock.h"
#include "virtual_fault.h"
#include "virtual_input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* As in the kernel's enum usb_device_speed. */
enum stance_virtual_speed { STANCE_VIRTUAL_FULL_SPEED = 2, STANCE_VIRTUAL_HIGH_SPEED = 3 };

enum { STANCE_VIRTUAL_STRING_MAX = 4, STANCE_VIRTUAL_PACKET_MAX = 512 };

/* Descriptors as they go over the wire. String k has index k + 1 in the other descriptors; ""
   stands for the serial number. */
struct stance_virtual_descriptors {
  enum stance_virtual_speed speed;
  const uint8_t *device; /* 18 bytes */
  const uint8_t *configuration;
  size_t configuration_length;                   /* its wTotalLength */
  const char *string[STANCE_VIRTUAL_STRING_MAX]; /* ASCII; the rest NULL */
};

/* The eight bytes of a control request. */
struct stance_virtual_setup {
  uint8_t request_type, request;
  uint16_t value, index, length;
};

struct stance_virtual_device;

/* A kind of instrument: one file and one line in table.c. The functions that answer return the
   number of bytes, or what the kernel would see: -EAGAIN nothing now (asked again after time has
   passed), -EPIPE stall, -EOVERFLOW babble, -EPROTO no valid answer. */
struct stance_virtual_kind {
  const char *name;  /* the scheme of the driver's URI: "labjack-u6" */
  const char *model; /* as the vendor calls it */
  const char *summary;
  const char *serial; /* where the user names none */
  const char *faults; /* of its own, separated by blanks; every kind has the server's */
  struct stance_virtual_descriptors descriptors;
  size_t state_size;       /* zeroed before power_on */
  uint8_t stream_endpoint; /* with direction bit: where the server's faults act */
  size_t packet_bytes;     /* wMaxPacketSize of the bulk endpoints */
  /* Once, after `device` has serial and input: calibration, memory. STANCE_USAGE for a serial
     number that such an instrument cannot have. */
  enum stance_status (*set_up)(struct stance_virtual_device *device,
                               struct stance_problem *problem);
  /* Plugged in, or reset by the bus: nothing runs. */
  void (*power_on)(struct stance_virtual_device *device);
  /* A class or vendor request. IN: fills up to setup->length bytes of `data`; OUT: reads them. */
  int (*control)(struct stance_virtual_device *device, const struct stance_virtual_setup *setup,
                 uint8_t *data);
  /* A whole OUT transfer. */
  int (*bulk_out)(struct stance_virtual_device *device, uint8_t endpoint, const uint8_t *data,
                  size_t length);
  /* One packet of up to `maximum` bytes; fewer than packet_bytes end the host's transfer. */
  int (*bulk_in)(struct stance_virtual_device *device, uint8_t endpoint, uint8_t *ret_packet,
                 size_t maximum);
  /* The host has cleared a halt. NULL where nothing more is to be done. */
  void (*clear_halt)(struct stance_virtual_device *device, uint8_t endpoint);
  /* Samples all that is due by the device's clock, or until the elastic brake holds. */
  void (*advance)(struct stance_virtual_device *device);
  /* How the station calls a channel, and the unit of its reading: for profiles. */
  void (*describe_channel)(const struct stance_virtual_device *device, unsigned input,
                           struct stance_virtual_channel *ret_channel);
};

/* What went through, for comparison with what was recorded. */
struct stance_virtual_counts {
  uint64_t streams;   /* started */
  uint64_t sampled;   /* scans, over all streams */
  uint64_t delivered; /* whole scans that left undamaged */
  uint64_t spoilt;    /* scans of which a sample left in a packet that was damaged or lost */
  uint64_t dropped;   /* scans lost inside the instrument: its buffer was full */
  uint64_t discarded; /* scans that were still inside when the stream ended */
  uint64_t packets;
};

struct stance_virtual_device {
  const struct stance_virtual_kind *kind;
  unsigned number; /* from 1, in the order of the command line */
  char serial[32];
  struct stance_virtual_clock clock;
  struct stance_virtual_input *input; /* borrowed; NULL: all inputs at 0 V */
  struct stance_virtual_faults faults;
  struct stance_virtual_counts counts;
  bool plugged;
  uint8_t configuration_value;
  uint32_t halted;  /* bit 16·IN + endpoint number */
  uint32_t moments; /* bit of each stance_virtual_moment that has come since the server looked */
  bool spoils_next; /* the server will damage the packet that is being filled */
  FILE *log;        /* NULL: silent */
  void *state;
};

/* `serial` NULL: the kind's own. */
STANCE_MUST_CHECK enum stance_status stance_virtual_device_create(
    const struct stance_virtual_kind *kind, const char *serial, struct stance_virtual_input *input,
    struct stance_virtual_device **ret_device, struct stance_problem *problem);
void stance_virtual_device_destroy(struct stance_virtual_device *device);
void stance_virtual_device_power_on(struct stance_virtual_device *device);

/* A control request: standard ones are answered here, the others by the kind. */
int stance_virtual_device_control(struct stance_virtual_device *device,
                                  const struct stance_virtual_setup *setup, uint8_t *data);
bool stance_virtual_is_halted(const struct stance_virtual_device *device, uint8_t endpoint);
void stance_virtual_set_halt(struct stance_virtual_device *device, uint8_t endpoint, bool halted);
/* One line `key=value …` on the log: what the matrix waits for. */
STANCE_PRINTF(2, 3)
void stance_virtual_log(const struct stance_virtual_device *device, const char *format, ...);

void stance_virtual_log_counts(const struct stance_virtual_device *device);
/* An instrument says where its dialogue is: faults that wait for a moment act then. */
void stance_virtual_reach(struct stance_virtual_device *device, enum stance_virtual_moment moment);

/* Every kind, one line each in table.c; ends with NULL. */
extern const struct stance_virtual_kind *const stance_virtual_kinds[];
const struct stance_virtual_kind *stance_virtual_kind_find(const char *name);

#endif
