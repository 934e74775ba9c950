/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the transfer engine share. libusb.h is included by usb_*.[ch] only.

   A `usb_link` is one libusb context with at most one open instrument on it: whatever a transfer
   callback may touch lives in it, so that a link whose callbacks never come can be given up whole.
   A `usb_flow` is what outlives links: where the frames go and how they are counted. Links, flows
   and the machine belong to the event thread. */
#ifndef STANCE_USB_PRIVATE_H
#define STANCE_USB_PRIVATE_H

#include "clock_loop.h"
#include "stance/usb.h"
#include "usb_stream.h"

#include <libusb.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
  NS_PER_MS = 1000000,
  NS_PER_S = 1000000000,
  /* Host stall that the queue covers (DEVICES, 6). */
  USB_QUEUE_MS = 250,
  /* At most 125 cover QUEUE_MS where packets fill a transfer; 250 where each packet is short, ends
     its transfer and comes every millisecond, which is as often as full speed allows. */
  USB_TRANSFER_MIN = 16,
  USB_TRANSFER_MAX = 256,
  /* Beyond it the kernel splits a transfer (libusb, MAX_BULK_BUFFER_LENGTH). */
  USB_TRANSFER_BYTES_MAX = 16384,
  /* How long udev may need to set rights after a device came, and a program to let go of it. */
  USB_RETRY_MS = 3000,
  USB_BACKOFF_FIRST_MS = 50,
  USB_BACKOFF_MAX_MS = 800,
  /* Between two looks at the bus while nothing is there: hotplug events can be missing. */
  USB_RESCAN_MS = 1000,
  /* How long callbacks may take after a cancel: kernels 6.5 to 6.8 reap slowly after a disconnect
     (libusb issue 1584). */
  USB_TEARDOWN_MS = 5000,
  /* What an exchange may take beyond its own time-out before it is cancelled. */
  USB_EXCHANGE_GUARD_MS = 1000,
  USB_DIALOGUE_MS = 30000,
  USB_SILENCE_MIN_MS = 100,
  /* Of an instrument that cannot be asked, twice what the queue bridges: until then a disturbed
     host or hub may hand over late what a restart would lose. */
  USB_SILENCE_UNASKED_MS = 2 * USB_QUEUE_MS,
  /* Silence for which CHECK finds no reason: started anew all the same. */
  USB_SILENCE_MAX_MS = 10000,
  /* From one mark for the clock to the next, at least: what most instruments take to fill a
     transfer. Where each packet ends one, more marks would hardly make the least delayed one of a
     window any better, of which there are 33 already (clock_loop.c); they are left out by their
     number, not by when they come, so that it is not the late ones that stay. */
  USB_MARK_MS = 3,
  /* Consecutive errors that mean unplugged; a second glitch within this time means opened anew. */
  USB_ERROR_MAX = 3,
  USB_GLITCH_MS = 5000,
  /* How long a notice is still told after all is well again. */
  USB_NOTICE_MS = 5000,
  /* After STOP: until nothing more came for this long, at most. What an instrument with a buffer of
     its own sends last may come as late as anything may before it counts as silence. */
  USB_QUIET_MS = USB_SILENCE_MIN_MS,
  USB_QUIET_MAX_MS = 1000,
  /* A full buffer of an exchange, rounded up to any packet size of bulk endpoints up to 512. */
  USB_TALK_BYTES = LIBUSB_CONTROL_SETUP_SIZE + 2 * STANCE_USB_DATA_MAX,
  /* Above the desktop, below sound (rtkit and jackd use 20 and more) and the kernel's own threads
     (50). */
  USB_PRIORITY = 15,
};

/* ---- usb_error.c: the one place that knows libusb's codes ------------------------------------ */
enum usb_error {
  USB_OK,
  USB_GONE,    /* unplugged, or not (yet) there */
  USB_ACCESS,  /* not permitted */
  USB_BUSY,    /* another program has it */
  USB_NO_ROOM, /* no memory for transfers */
  USB_HALTED,  /* the endpoint is stalled */
  USB_BROKEN,  /* any other */
};
enum usb_error usb_error_of(int libusb_code);
/* The sentence for an instrument that could not be opened. */
enum stance_status usb_complain_open(enum usb_error error, const char *scheme, const char *port,
                                     struct stance_problem *problem);
/* The sentence for one that is not there: its serial number or else its port names it, where not
   "". NULL stands for any instrument. */
enum stance_status usb_complain_missing(const struct stance_instrument *instrument,
                                        const char *serial, const char *port,
                                        struct stance_problem *problem);

/* ---- usb_plan.c: how many transfers, and how long -------------------------------------------- */
struct usb_plan {
  size_t transfer_bytes; /* a multiple of the packet size */
  size_t transfer_count;
  int64_t packet_ns;  /* time of one packet */
  int64_t silence_ns; /* nothing for longer than this is suspicious */
};
void usb_plan_make(const struct stance_usb_shape *shape, struct usb_plan *ret_plan);
/* Silence after which `instrument` is checked. */
int64_t usb_plan_silence_ns(const struct usb_plan *plan,
                            const struct stance_instrument *instrument);

/* ---- usb_flow.c: frames and their accounts --------------------------------------------------- */
/* Written by the event thread, read by anyone: all of one moment, as a sequence lock gives it. */
struct usb_account {
  atomic_uint sequence; /* odd while it is written */
  atomic_uint_least64_t produced, lost, corrupt, duplicated;
  atomic_uint_least32_t warnings;
  atomic_uint backlog_pct;
};
struct usb_tally {
  uint64_t produced, lost, corrupt, duplicated;
  uint32_t warnings;
  unsigned backlog_pct;
};
struct usb_flow {
  const struct stance_instrument *instrument;
  const struct stance_clock *clock;
  void *state;   /* the decoder's; owned by the stream */
  void *scratch; /* of the same size: frames are counted on it before they are taken */
  double rate_hz;
  uint64_t mark_step;  /* instants from one mark for the clock to the next, at least */
  uint64_t mark_index; /* so many of them and more make the next one */
  struct stance_frame_sink sink;
  struct stance_clock_loop loop[2]; /* in turn: a reader of marks may still look at the last one */
  _Atomic(struct stance_clock_loop *) time;
  /* An interruption: instants since the anchor are lost up to the next frame that comes. */
  bool interrupted;
  uint64_t anchor_index; /* instants that had been sampled … */
  int64_t anchor_ns;     /* … by then */
  int64_t last_ns;       /* of the last completion that brought bytes, or of START */
  bool fruitful;         /* something came since START */
  struct usb_account account;
};
/* Allocates the scratch. */
bool usb_flow_init(struct usb_flow *flow, const struct stance_instrument *instrument,
                   const struct stance_clock *clock, void *state);
void usb_flow_finish(struct usb_flow *flow);
/* Zeroes counters, puts frames into `rings` from index 0. */
void usb_flow_begin(struct usb_flow *flow, const struct stance_source_info *info,
                    struct stance_frame_ring *const *rings, size_t ring_count);
/* Before the transfers of a new stream are submitted. */
void usb_flow_rearm(struct usb_flow *flow, int64_t now_ns);
/* The instrument samples from now on at the latest. */
void usb_flow_started(struct usb_flow *flow, int64_t now_ns);
/* What most calls of usb_flow_take do without. Bytes after an interruption, decoded: the last frame
   of the first ones was sampled by now. A mark for the clock. More than frames to account for. USB.
 */
void usb_flow_resume(struct usb_flow *flow, const uint8_t *bytes, size_t length);
void usb_flow_mark(struct usb_flow *flow);
bool usb_flow_heed(struct usb_flow *flow);
/* Bytes of the stream, at least one, that came at `now_ns`. False where the decoder wants no more
   of this stream, for a reason that the sink has. Here, so that a packet of one frame does not pay
   for one call more. USB. */
static inline bool usb_flow_take(struct usb_flow *flow, const uint8_t *bytes, size_t length,
                                 int64_t now_ns)
{
  struct stance_frame_sink *sink = &flow->sink;

  flow->last_ns = now_ns;
  if (flow->interrupted)
    usb_flow_resume(flow, bytes, length);
  else
    flow->instrument->decode(flow->state, bytes, length, sink);
  if (sink->next_index >= flow->mark_index)
    usb_flow_mark(flow);
  stance_frame_sink_wake(sink);
  if (sink->has_news)
    return usb_flow_heed(flow);
  atomic_store_explicit(&flow->account.produced, sink->next_index, memory_order_release);
  return true;
}
/* Nothing comes any more until it is started anew. */
void usb_flow_interrupt(struct usb_flow *flow);
/* While it is interrupted: enters the instants that passed up to `now_ns` as lost. */
void usb_flow_lose_until(struct usb_flow *flow, int64_t now_ns);
/* Any thread. */
void usb_account_read(const struct usb_account *account, struct usb_tally *ret_tally);

/* ---- usb_link.c: context, device, interfaces ------------------------------------------------- */
struct usb_link;
struct usb_slot {
  struct usb_link *link;
  struct libusb_transfer *transfer;
  bool in_flight;
  bool retired; /* given back to the kernel's memory: not submitted again */
};
/* What ended the stream of a queue. */
enum usb_fault {
  USB_FAULT_NONE,
  USB_FAULT_GLITCH,  /* transmission error or babble */
  USB_FAULT_STALL,   /* the instrument stalled its endpoint */
  USB_FAULT_DECODER, /* the decoder asks for a restart, or gives up */
  USB_FAULT_ERRORS,  /* so many errors that it is taken for unplugged */
};
struct usb_queue {
  struct usb_slot slot[USB_TRANSFER_MAX];
  struct usb_plan plan;
  uint8_t *bytes;
  size_t count;          /* slots made */
  size_t in_flight;      /* submitted, callback still to come */
  struct usb_flow *flow; /* NULL, and from a fault on: what comes is not looked at */
  bool submitting;       /* a transfer that came back is submitted again; not after a fault */
  bool cancelled;        /* what comes back was called back */
  bool memory_short;     /* the kernel refused memory for some */
  unsigned errors;       /* consecutive */
  unsigned refused;      /* consecutive submits that failed */
  enum usb_fault fault;
};
struct usb_link {
  libusb_context *context;
  libusb_device_handle *handle; /* NULL: nothing is open */
  libusb_hotplug_callback_handle hotplug;
  bool has_hotplug;
  const struct stance_instrument *instrument;
  const struct stance_clock *clock;
  void *state;              /* the instrument's; borrowed */
  const atomic_bool *hurry; /* true: pauses and dialogues end early; NULL: never */
  char port[32];
  struct stance_usb_shape shape;
  bool claimed[STANCE_USB_INTERFACE_MAX];
  bool detached[STANCE_USB_INTERFACE_MAX];
  bool gone;    /* unplugged */
  bool arrived; /* something of this instrument's kind was plugged in */
  struct libusb_transfer *talk;
  bool talk_in_flight;
  uint8_t talk_bytes[USB_TALK_BYTES];
  struct usb_queue queue;
  struct usb_link *next; /* in the list of those given up */
};
enum stance_status usb_link_create(const struct stance_instrument *instrument,
                                   const struct stance_clock *clock, struct usb_link **ret_link,
                                   struct stance_problem *problem);
/* Opens `device` and claims the interfaces of `link->shape`. */
enum usb_error usb_link_open(struct usb_link *link, libusb_device *device, const char *port);
/* Cancels what is in flight, waits for the callbacks, gives the interfaces back and closes. False
   where a callback did not come in time: the link can then only be given up or tried again. */
bool usb_link_close(struct usb_link *link);
/* Closes and frees. NULL afterwards, or the link itself where it has to be given up. */
struct usb_link *usb_link_destroy(struct usb_link *link);
/* Handles events until `deadline_ns` or until something happened. */
void usb_link_pump(struct usb_link *link, int64_t deadline_ns);
/* Handles events for that long; less in a hurry, when what is open is unplugged, or, where nothing
   is, when something arrives. */
void usb_link_pause(struct usb_link *link, int64_t span_ns);
static inline int64_t usb_link_now(const struct usb_link *link)
{
  return link->clock->now_ns(link->clock->context);
}
static inline bool usb_link_hurries(const struct usb_link *link)
{
  return link->hurry != NULL && atomic_load_explicit(link->hurry, memory_order_relaxed);
}

/* ---- usb_talk.c: dialogues ------------------------------------------------------------------- */
/* Carries out the whole dialogue. STANCE_INSTRUMENT where it failed or the link is gone. */
enum stance_status usb_converse(struct usb_link *link, enum stance_dialogue dialogue,
                                struct stance_problem *problem);

/* ---- usb_queue.c: the transfers of the stream ------------------------------------------------ */
/* Submits all; fewer where memory is short. The frames go to `flow`. */
enum stance_status usb_queue_submit(struct usb_link *link, struct usb_flow *flow,
                                    struct stance_problem *problem);
/* Submits again what could not be submitted from within a callback. */
void usb_queue_refill(struct usb_link *link);
void usb_queue_cancel(struct usb_link *link);
/* Waits until nothing came for `quiet_ns`, USB_QUIET_MAX_MS at most. */
void usb_queue_settle(struct usb_link *link, int64_t quiet_ns);
/* Cancels and waits for the callbacks, USB_TEARDOWN_MS at most; false where some did not come. */
bool usb_queue_stop(struct usb_link *link);
/* Only when nothing is in flight. */
void usb_queue_free(struct usb_queue *queue);

/* ---- usb_find.c: what is plugged in ---------------------------------------------------------- */
struct usb_candidate {
  libusb_device *device; /* referenced */
  const struct stance_usb_id *id;
  char port[32];
  unsigned plugging; /* bus and device number: the kernel gives another one each time */
};
enum { USB_CANDIDATE_MAX = 32 };
/* "1-2.3": bus, then the ports on the way. */
bool usb_is_port(const char *text);
void usb_name_port(libusb_device *device, char *ret_port, size_t size);
const struct stance_usb_id *usb_match(const struct stance_instrument *instrument, uint16_t vendor,
                                      uint16_t product);
/* Which devices are meant. NULL: any port; for a generic chip, none. */
struct usb_where {
  const char *port, *generic_port;
};
/* Devices that `instrument` drives. Returns how many; usb_candidates_release unreferences them. */
size_t usb_find(libusb_context *context, const struct stance_instrument *instrument,
                const struct usb_where *where,
                struct usb_candidate ret_candidate[USB_CANDIDATE_MAX]);
void usb_candidates_release(struct usb_candidate *candidate, size_t count);

/* ---- usb_devices.c --------------------------------------------------------------------------- */
/* As stance_usb_devices, but nothing that a device would have to be asked, or waited, for: `node`,
   `product` and `permitted` are left empty. */
enum stance_status usb_devices_present(const char *root, struct stance_usb_device **ret_device,
                                       size_t *ret_count);

/* ---- usb_port.c ------------------------------------------------------------------------------ */
/* "/dev/ttyACM0", "/dev/serial/by-id/…" → "1-2.3". `root` stands before every path: "" but in
   tests. STANCE_INSTRUMENT where there is no such port, where it is none of USB, or not the first
   one of its device. */
enum stance_status usb_port_of_terminal(const char *root, const char *node, char *ret_port,
                                        size_t size, struct stance_problem *problem);

/* ---- usb_seek.c: from a URI to an open, identified instrument -------------------------------- */
struct usb_wish {
  const struct stance_instrument *instrument;
  const struct stance_clock *clock;
  const struct stance_uri *uri;
  const atomic_bool *hurry;
  void *state;
  char serial[64];      /* "": any */
  char port[32];        /* "": any */
  size_t channel_count; /* 0: any; else as it was described the first time */
  double rate_hz;
};
/* One look at the bus. *ret_link is made in any case but STANCE_MEMORY: open and identified on
   STANCE_OK, else only good for waiting on. *ret_again: trying again may help. */
enum stance_status usb_seek(const struct usb_wish *wish, struct usb_link **ret_link,
                            struct stance_source_info *ret_info, bool *ret_again,
                            struct stance_problem *problem);

/* usb_list.c: the same as stance_usb_list over any table and clock. */
enum stance_status usb_list_table(const struct stance_instrument *const *table,
                                  const struct stance_clock *clock,
                                  struct stance_usb_found **ret_found, size_t *ret_count,
                                  struct stance_problem *problem);
/* The first of the table that is plugged in, generic ones only by `path`'s port; NULL for none. */
const struct stance_instrument *usb_first_present(const struct stance_instrument *const *table,
                                                  const char *path);

/* ---- usb_machine.c: the event thread --------------------------------------------------------- */
enum usb_want { USB_WANT_READY, USB_WANT_STREAM, USB_WANT_QUIT };
struct stance_usb_stream {
  const struct stance_clock *clock;
  const struct stance_instrument *instrument;
  struct stance_uri uri;
  char port[32]; /* behind uri.path where that names a terminal of the kernel */
  void *state;
  pthread_t thread;
  pthread_mutex_t lifecycle; /* open, start, stop: one at a time */

  pthread_mutex_t mutex; /* all of this block; never taken in a callback */
  pthread_cond_t changed;
  enum usb_want want;
  int64_t want_ns; /* when it was asked for */
  unsigned asked, answered;
  enum stance_status answer;
  struct stance_problem answer_problem;
  libusb_context *context; /* to wake the event thread; NULL while there is none */
  enum stance_source_state source_state;
  struct stance_problem notice; /* "" where nothing is to be said */
  struct stance_problem failure;
  bool failed, ended, memory_short, no_realtime;
  uint64_t interruptions;
  struct stance_frame_ring *ring[STANCE_SOURCE_RING_MAX];
  size_t ring_count;

  atomic_bool hurry;

  /* Of the event thread alone. */
  struct usb_link *link; /* open, or waited on; NULL: none */
  struct usb_link *given_up;
  bool open;       /* `link` is an identified instrument */
  bool configured; /* and set up for the next START */
  bool running;    /* frames are wanted */
  bool streaming;  /* frames come */
  struct usb_wish wish;
  struct stance_source_info info;
  struct usb_flow flow;
  int64_t next_look_ns, backoff_ns;
  int64_t absent_since_ns, last_glitch_ns, restored_ns;
  int64_t watched_ns; /* listened to since something came, or since CHECK */
  bool notice_stands;
};
void *usb_machine_run(void *stream);
/* usb_hold.c: how the machine gets hold of the instrument, and lets go of it. */
/* One look at the bus: `link` is new, `open` says whether the instrument is there. */
enum stance_status usb_hold_look(struct stance_usb_stream *stream, bool *ret_again,
                                 struct stance_problem *problem);
/* Looks for USB_RETRY_MS as long as that may help. */
enum stance_status usb_hold_open(struct stance_usb_stream *stream, struct stance_problem *problem);
void usb_hold_drop(struct stance_usb_stream *stream);
/* Configures where that is still to be done, submits the transfers and starts. */
enum stance_status usb_hold_run_up(struct stance_usb_stream *stream,
                                   struct stance_problem *problem);
/* Frees what was given up and has come to rest since. */
void usb_hold_tidy(struct stance_usb_stream *stream);
/* usb_stream.c: what other threads see. */
void usb_stream_set_context(struct stance_usb_stream *stream, libusb_context *context);
void usb_stream_set_state(struct stance_usb_stream *stream, enum stance_source_state state);
void usb_stream_set_notice(struct stance_usb_stream *stream, const char *text);

#endif
