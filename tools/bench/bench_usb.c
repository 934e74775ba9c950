/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a channel sample costs from the transfer callback into the ring, in instructions, on
   transfers recorded with their instants from the virtual instruments: packets join in one as the
   engine plans it and a short one ends it, as on the bus; beside it the vendors' way, one
   synchronous read after the other. Run by tools/bench/usb_instructions under callgrind, which
   counts what happens inside on_stream and read_loop and nothing else; system calls count for
   neither.

     bench_usb            names the instruments
     bench_usb NAME WAY [QUERY]
                          WAY is stream or read: prints samples=… frames=…

   libusb's own functions are replaced below: a transfer is completed by hand. */
#include "usb_private.h"
#include "virtual_device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As many transfers as lock the clock: the first seconds cost more. */
enum {
  TRANSFERS = 12000,
  TRANSFER_BYTES = 1024,
  TALK_MAX_MS = 5000,
  TICK_NS = 1000000,
  RING = 1 << 16,
  MARK_EVERY = 250
};

struct taken {
  uint8_t bytes[TRANSFER_BYTES];
  int length;
  int64_t at_ns; /* when it came */
};

/* ---- libusb: enough for a queue whose transfers are completed by hand ------------------------ */

struct libusb_transfer *LIBUSB_CALL libusb_alloc_transfer(int iso_packets)
{
  (void)iso_packets;
  return calloc(1, sizeof(struct libusb_transfer));
}
void LIBUSB_CALL libusb_free_transfer(struct libusb_transfer *transfer)
{
  free(transfer);
}
int LIBUSB_CALL libusb_submit_transfer(struct libusb_transfer *transfer)
{
  transfer->actual_length = 0;
  return 0;
}

/* ---- transfers of a virtual instrument ------------------------------------------------------- */

struct bench {
  const struct stance_instrument *instrument;
  struct stance_virtual_input *input;
  struct stance_virtual_device *device;
  struct stance_source_info info;
  struct stance_usb_shape shape;
  void *state;
  int64_t host_ns;
  struct taken taken[TRANSFERS];
};

static void tick(struct bench *bench)
{
  bench->host_ns += TICK_NS;
  stance_virtual_clock_advance(&bench->device->clock, bench->host_ns);
  bench->device->kind->advance(bench->device);
}

/* Up to `timeout_ms` for one packet; its length, or less than 0. */
static int read_packet(struct bench *bench, uint8_t endpoint, uint8_t *bytes, unsigned timeout_ms)
{
  int length = -EAGAIN;
  for (unsigned k = 0; k <= timeout_ms && length == -EAGAIN; k++) {
    length = bench->device->kind->bulk_in(bench->device, endpoint, bytes,
                                          bench->device->kind->packet_bytes);
    if (length == -EAGAIN)
      tick(bench);
  }
  return length;
}

static int carry_out(struct bench *bench, const struct stance_usb_exchange *exchange,
                     uint8_t bytes[2 * STANCE_USB_DATA_MAX])
{
  const struct stance_virtual_setup setup = {exchange->request_type, exchange->request,
                                             exchange->value, exchange->index,
                                             (uint16_t)exchange->length};
  int length = 0;
  memcpy(bytes, exchange->data, exchange->length);
  switch (exchange->transfer) {
  case STANCE_USB_CONTROL_OUT:
  case STANCE_USB_CONTROL_IN:
    return stance_virtual_device_control(bench->device, &setup, bytes);
  case STANCE_USB_BULK_OUT:
    return bench->device->kind->bulk_out(bench->device, exchange->endpoint, bytes,
                                         exchange->length);
  case STANCE_USB_BULK_IN:
    return read_packet(bench, exchange->endpoint, bytes, exchange->timeout_ms);
  case STANCE_USB_DRAIN:
    for (unsigned k = 0; k < TALK_MAX_MS && length >= 0; k++)
      length = read_packet(bench, exchange->endpoint, bytes, exchange->timeout_ms);
    return 0;
  default:
    for (unsigned k = 0; k < exchange->timeout_ms; k++)
      tick(bench);
    return 0;
  }
}

static bool converse(struct bench *bench, enum stance_dialogue dialogue)
{
  struct stance_problem problem = {""};
  struct stance_usb_reply reply;
  uint8_t bytes[2 * STANCE_USB_DATA_MAX];
  for (unsigned step = 0;; step++) {
    struct stance_usb_exchange exchange = {0};
    const enum stance_status status = bench->instrument->converse(
        bench->state, dialogue, step, step == 0 ? NULL : &reply, &exchange, &problem);
    if (status != STANCE_OK) {
      if (status != STANCE_END)
        fprintf(stderr, "%s\n", problem.text);
      return status == STANCE_END;
    }
    const int length = carry_out(bench, &exchange, bytes);
    reply = (struct stance_usb_reply){
        .outcome = length >= 0         ? STANCE_USB_DONE
                   : length == -EAGAIN ? STANCE_USB_TIMEOUT
                                       : STANCE_USB_STALL,
        .data = bytes,
        .length = length < 0 ? 0 : (size_t)length,
    };
  }
}

/* Of a virtual instrument, which has a name of its own where one scheme is for several models. */
static const char *scheme_of(const char *name)
{
  return strncmp(name, "mcc-20", strlen("mcc-20")) == 0         ? "mcc-usb-20x"
         : strncmp(name, "optoforce", strlen("optoforce")) == 0 ? "optoforce"
                                                                : name;
}

static uint16_t u16_at(const uint8_t *bytes)
{
  return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static bool record_transfers(struct bench *bench)
{
  struct usb_plan plan;
  usb_plan_make(&bench->shape, &plan);
  if (plan.transfer_bytes > TRANSFER_BYTES)
    return false;
  for (size_t k = 0; k < TRANSFERS; k++) {
    struct taken *taken = &bench->taken[k];
    int length;
    do {
      length = read_packet(bench, bench->shape.endpoint, taken->bytes + taken->length, TALK_MAX_MS);
      if (length < 0)
        return false;
      taken->length += length;
    } while ((size_t)length == bench->shape.max_packet_bytes &&
             (size_t)taken->length < plan.transfer_bytes);
    taken->at_ns = bench->host_ns;
  }
  return true;
}

/* False where the instrument has no virtual one, or the two do not understand each other. */
static bool record(struct bench *bench, const char *name, const char *query)
{
  enum { VENDOR_AT = 8, PRODUCT_AT = 10 }; /* in the device descriptor (USB 2.0, table 9-8) */
  const char *scheme = scheme_of(name);
  const struct stance_usb_id *id;
  struct stance_uri uri;
  struct stance_problem problem = {""};
  char text[200];
  const struct stance_virtual_kind *kind = stance_virtual_kind_find(name);
  for (size_t k = 0; stance_instruments[k] != NULL; k++)
    if (strcmp(stance_instruments[k]->kind.scheme, scheme) == 0)
      bench->instrument = stance_instruments[k];
  if (kind == NULL || bench->instrument == NULL)
    return false;
  /* A voltage on every terminal: bare ones would all say 0, which is the end of a range for some
     and costs COBS more than any force. So few newtons that no sensor is overloaded. */
  const struct stance_virtual_input_options acting = {
      .newton_per_volt = 10, .bias_v = 0.1, .marks_v = 0.15};
  id = usb_match(bench->instrument, u16_at(kind->descriptors.device + VENDOR_AT),
                 u16_at(kind->descriptors.device + PRODUCT_AT));
  snprintf(text, sizeof text, "%s:?%s", scheme, query);
  bench->state = calloc(1, bench->instrument->state_size);
  if (bench->state == NULL ||
      stance_virtual_input_open(&acting, &bench->input, &problem) != STANCE_OK ||
      stance_virtual_device_create(kind, NULL, bench->input, &bench->device, NULL) != STANCE_OK ||
      stance_uri_init(&uri, text, NULL) != STANCE_OK ||
      bench->instrument->set_up(bench->state, &uri, id, NULL) != STANCE_OK)
    return false;
  bench->device->clock.elastic = true;
  bench->device->clock.speed = 1;
  stance_virtual_device_power_on(bench->device);
  if (!converse(bench, STANCE_DIALOGUE_IDENTIFY) || !converse(bench, STANCE_DIALOGUE_CONFIGURE))
    return false;
  bench->instrument->describe(bench->state, &bench->info);
  bench->instrument->shape(bench->state, &bench->shape);
  bench->instrument->rewind(bench->state);
  if (!converse(bench, STANCE_DIALOGUE_START))
    return false;
  return record_transfers(bench);
}

/* ---- the two ways ---------------------------------------------------------------------------- */

static void empty(struct stance_frame_ring *ring)
{
  struct stance_raw_frame frame[256];
  while (stance_frame_ring_read(ring, frame, 256) > 0)
    ;
}

/* When the transfer was recorded that is completed now. */
static int64_t recorded_now_ns(void *context)
{
  return **(const int64_t *const *)context;
}

/* The engine's own callback, once for each transfer. */
static uint64_t stream(struct bench *bench, struct stance_frame_ring *ring)
{
  static struct usb_link one_link; /* too large for a stack */
  struct usb_link *link = &one_link;
  struct usb_flow flow = {0};
  struct stance_clock_mark mark;
  const int64_t *now_ns = &bench->taken[0].at_ns;
  const struct stance_clock clock = {.now_ns = recorded_now_ns, .context = &now_ns};
  if (!usb_flow_init(&flow, bench->instrument, &clock, bench->state))
    return 0;
  link->instrument = bench->instrument;
  link->clock = &clock;
  link->shape = bench->shape;
  usb_flow_begin(&flow, &bench->info, &ring, 1);
  if (usb_queue_submit(link, &flow, NULL) != STANCE_OK)
    return 0;
  for (size_t k = 0; k < TRANSFERS; k++) {
    struct libusb_transfer *transfer = link->queue.slot[k % link->queue.count].transfer;
    transfer->buffer = bench->taken[k].bytes;
    transfer->actual_length = bench->taken[k].length;
    transfer->status = LIBUSB_TRANSFER_COMPLETED;
    now_ns = &bench->taken[k].at_ns;
    transfer->callback(transfer);
    empty(ring);
    if (k % MARK_EVERY == 0) /* as a recorder does: it asks for the next one */
      stance_clock_loop_take_mark(atomic_load(&flow.time), &mark);
  }
  const uint64_t frames = flow.sink.next_index - flow.sink.lost;
  usb_queue_free(&link->queue);
  usb_flow_finish(&flow);
  return frames;
}

static int LIBUSB_CALL synchronous_read(const struct taken *from, uint8_t *to)
{
  struct libusb_transfer *transfer = libusb_alloc_transfer(0);
  if (transfer == NULL)
    return -1;
  libusb_fill_bulk_transfer(transfer, NULL, 0, to, from->length, NULL, NULL, 1000);
  if (libusb_submit_transfer(transfer) != 0) {
    libusb_free_transfer(transfer);
    return -1;
  }
  memcpy(to, from->bytes, (size_t)from->length); /* as the kernel does for both, but here seen */
  libusb_free_transfer(transfer);
  return from->length;
}

/* As the vendors' examples do: allocate, submit, wait, free, decode, next; no queue, no ring. */
__attribute__((noinline)) static void read_loop(struct bench *bench, struct stance_frame_sink *sink)
{
  for (size_t k = 0; k < TRANSFERS; k++) {
    uint8_t bytes[TRANSFER_BYTES];
    const int length = synchronous_read(&bench->taken[k], bytes);
    if (length > 0)
      bench->instrument->decode(bench->state, bytes, (size_t)length, sink);
  }
}

int main(int argc, char **argv)
{
  static struct bench bench;
  struct stance_frame_ring *ring = NULL;
  if (argc < 3) {
    for (size_t k = 0; stance_virtual_kinds[k] != NULL; k++)
      puts(stance_virtual_kinds[k]->name);
    return 0;
  }
  if (!record(&bench, argv[1], argc > 3 ? argv[3] : "") ||
      stance_frame_ring_create(RING, &ring) != STANCE_OK) {
    fprintf(stderr, "bench_usb: %s: no packets could be recorded\n", argv[1]);
    return 1;
  }
  struct stance_frame_sink sink = {.channel_count = bench.info.channel_count};
  uint64_t frames = 0;
  if (strcmp(argv[2], "stream") == 0) {
    frames = stream(&bench, ring);
  } else {
    read_loop(&bench, &sink);
    frames = sink.next_index - sink.lost;
  }
  printf("samples=%llu frames=%llu\n", (unsigned long long)frames * bench.info.channel_count,
         (unsigned long long)frames);
  stance_frame_ring_destroy(ring);
  stance_virtual_device_destroy(bench.device);
  stance_virtual_input_destroy(bench.input);
  free(bench.state);
  return 0;
}
