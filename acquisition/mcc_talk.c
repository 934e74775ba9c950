/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control requests of an MCC instrument (wjasper/Linux_Drivers USB/mcc-libusb/usb-1608FS-Plus.c,
   usb-20X.c; mccdaq/uldaq). Vendor requests to the device, 40 out, C0 in, all numbers LE:

   11 out  scan start   0…3 scans, 0: endless   4…7 pacer ticks less one   8 mask of inputs
                        9 options   10, 11 trigger source and mode (20x only)
   12 out  scan stop    15 out  clear the buffer
   14      ranges       a code for each of the 8 inputs (1608FS-Plus only)
   30 in   calibration  wValue address: slope, intercept as 32-bit floats, for each input; of range
                        code c from address 64·c on
   44 in   status       bit 1 scanning, bit 2 overrun
   48 in   serial number, 8 characters

   options: bit 0 a packet a scan; bit 5 a counter in place of data; bit 7 clear: an overrun stalls
   the endpoint, which is noticed at once */
#include "mcc.h"

#include <math.h>
#include <string.h>

enum {
  SCAN_START = 0x11,
  SCAN_STOP = 0x12,
  AIN_CONFIG = 0x14,
  CLEAR_FIFO = 0x15,
  CALIBRATION_MEMORY = 0x30,
  STATUS = 0x44,
  SERIAL = 0x48,
};
enum { STATUS_SCANNING = 2, STATUS_OVERRUN = 4 };
enum { OPTION_IMMEDIATE = 0x01, OPTION_COUNTER = 0x20 };
enum { ATTEMPTS = 3, ANSWER_TIMEOUT_MS = 1000, QUIET_MS = 50 };
enum { LINE_BYTES = 8, LINES_BYTES = STANCE_MCC_INPUTS * LINE_BYTES };
/* 512 bytes, eight whole packets. */
enum { TEST_SCANS = 32, TEST_BYTES = TEST_SCANS * STANCE_MCC_INPUTS * 2, TEST_RATE_HZ = 5000 };

static void put_u32(uint8_t *bytes, uint32_t value)
{
  for (int k = 0; k < 4; k++)
    bytes[k] = (uint8_t)(value >> 8 * k);
}

static double get_f32(const uint8_t *bytes)
{
  const uint32_t bits =
      bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
  float value;
  memcpy(&value, &bits, sizeof value);
  return (double)value;
}

static void tell(struct stance_usb_exchange *exchange, uint8_t request, size_t length)
{
  *exchange = (struct stance_usb_exchange){.transfer = STANCE_USB_CONTROL_OUT,
                                           .request_type = 0x40,
                                           .request = request,
                                           .length = length,
                                           .timeout_ms = ANSWER_TIMEOUT_MS};
}

static void query(struct stance_usb_exchange *exchange, uint8_t request, uint16_t value,
                  size_t length)
{
  *exchange = (struct stance_usb_exchange){.transfer = STANCE_USB_CONTROL_IN,
                                           .request_type = 0xc0,
                                           .request = request,
                                           .value = value,
                                           .length = length,
                                           .timeout_ms = ANSWER_TIMEOUT_MS};
}

static void tell_ranges(const struct stance_mcc *mcc, struct stance_usb_exchange *exchange)
{
  tell(exchange, AIN_CONFIG, STANCE_MCC_INPUTS); /* 0, ±10 V, where an input is not stored */
  for (size_t k = 0; k < mcc->input.count; k++)
    exchange->data[mcc->input.channel[k]] = mcc->family->range_code[mcc->input.range[k]];
}

static void tell_start(const struct stance_mcc *mcc, uint32_t scans, uint32_t pacer, uint8_t mask,
                       uint8_t options, struct stance_usb_exchange *exchange)
{
  tell(exchange, SCAN_START, mcc->family->simultaneous ? 10 : 12);
  put_u32(exchange->data, scans);
  put_u32(exchange->data + 4, pacer);
  exchange->data[8] = mask;
  exchange->data[9] = options;
}

/* Stops and empties: no byte of a scan before may come into the next, for nothing would tell. */
enum { STOP_ITEMS = 4 };
static void ask_to_stop(unsigned item, struct stance_usb_exchange *exchange)
{
  static const uint8_t requests[] = {SCAN_STOP, CLEAR_FIFO};

  if (item < 2) {
    tell(exchange, requests[item], 0);
    return;
  }
  *exchange = (struct stance_usb_exchange){
      .transfer = item == 2 ? STANCE_USB_CLEAR_HALT : STANCE_USB_DRAIN,
      .endpoint = STANCE_MCC_STREAM_IN,
      .timeout_ms = QUIET_MS,
  };
}

/* The ranges in use, each once; the lines of one without ranges stand where range 0 would. */
static size_t list_ranges(const struct stance_mcc *mcc, unsigned *ret_range)
{
  size_t count = 0;

  for (unsigned range = 0; mcc->family->range_v[range] > 0; range++)
    for (size_t k = 0; k < mcc->input.count; k++)
      if (mcc->input.range[k] == range) {
        ret_range[count++] = range;
        break;
      }
  return count;
}

static bool ask_identify(const struct stance_mcc *mcc, unsigned item,
                         struct stance_usb_exchange *exchange)
{
  unsigned range[STANCE_MCC_RANGES_MAX];

  if (item < STOP_ITEMS)
    ask_to_stop(item, exchange);
  else if (item == STOP_ITEMS)
    query(exchange, SERIAL, 0, 8);
  else if (item - STOP_ITEMS - 1 < list_ranges(mcc, range))
    query(exchange, CALIBRATION_MEMORY,
          (uint16_t)(LINES_BYTES * mcc->family->range_code[range[item - STOP_ITEMS - 1]]),
          LINES_BYTES);
  else
    return false;
  return true;
}

static bool ask_configure(const struct stance_mcc *mcc, unsigned item,
                          struct stance_usb_exchange *exchange)
{
  if (item < STOP_ITEMS)
    ask_to_stop(item, exchange);
  else if (item == STOP_ITEMS && mcc->family->has_ranges)
    tell_ranges(mcc, exchange);
  else if (item == STOP_ITEMS + 1 && mcc->family->has_ranges)
    query(exchange, AIN_CONFIG, 0, STANCE_MCC_INPUTS);
  else
    return false;
  return true;
}

static bool ask_self_test(const struct stance_mcc *mcc, unsigned item,
                          struct stance_usb_exchange *exchange)
{
  const double ticks = mcc->family->clock_hz / TEST_RATE_HZ;

  if (!mcc->family->has_counter || item > STOP_ITEMS + 1 + STOP_ITEMS)
    return false;
  if (item < STOP_ITEMS) {
    ask_to_stop(item, exchange);
  } else if (item == STOP_ITEMS) {
    tell_start(mcc, TEST_SCANS, (uint32_t)ticks - 1, 0xff, OPTION_COUNTER, exchange);
  } else if (item == STOP_ITEMS + 1) {
    *exchange = (struct stance_usb_exchange){.transfer = STANCE_USB_BULK_IN,
                                             .endpoint = STANCE_MCC_STREAM_IN,
                                             .length = TEST_BYTES,
                                             .timeout_ms = ANSWER_TIMEOUT_MS};
  } else {
    ask_to_stop(item - STOP_ITEMS - 2, exchange); /* the empty packet at the end goes as well */
  }
  return true;
}

static bool ask(const struct stance_mcc *mcc, enum stance_dialogue dialogue, unsigned item,
                struct stance_usb_exchange *exchange)
{
  switch (dialogue) {
  case STANCE_DIALOGUE_IDENTIFY:
    return ask_identify(mcc, item, exchange);
  case STANCE_DIALOGUE_CONFIGURE:
    return ask_configure(mcc, item, exchange);
  case STANCE_DIALOGUE_SELF_TEST:
    return ask_self_test(mcc, item, exchange);
  case STANCE_DIALOGUE_START:
    tell_start(mcc, 0, mcc->pacer, mcc->mask, mcc->immediate ? OPTION_IMMEDIATE : 0, exchange);
    return item == 0;
  case STANCE_DIALOGUE_STOP:
    tell(exchange, SCAN_STOP, 0);
    return item == 0;
  case STANCE_DIALOGUE_CHECK:
    break;
  }
  query(exchange, STATUS, 0, 2);
  return item == 0;
}

static enum stance_status hear_serial(struct stance_mcc *mcc, const uint8_t *data)
{
  size_t length = 0;

  for (; length < 8 && data[length] > ' ' && data[length] < 0x7f; length++)
    mcc->serial[length] = (char)data[length];
  mcc->serial[length] = '\0';
  return STANCE_OK;
}

/* Converters differ by a few per cent and their zero by a few per cent of the range; zeros, other
   bytes or no number are not a calibration. */
static enum stance_status hear_calibration(struct stance_mcc *mcc, size_t which,
                                           const uint8_t *data, struct stance_problem *problem)
{
  unsigned range[STANCE_MCC_RANGES_MAX];
  list_ranges(mcc, range);
  struct stance_mcc_line *line = mcc->line[range[which]];

  for (size_t k = 0; k < STANCE_MCC_INPUTS; k++)
    line[k] = (struct stance_mcc_line){.slope = get_f32(data + LINE_BYTES * k),
                                       .intercept = get_f32(data + LINE_BYTES * k + 4)};
  for (size_t k = 0; k < mcc->input.count; k++) {
    const struct stance_mcc_line *used = &line[mcc->input.channel[k]];
    if (mcc->input.range[k] == range[which] &&
        !(fabs(used->slope - 1) < 0.1 && fabs(used->intercept) < 0.1 * mcc->family->highest_code))
      return stance_problem_set(problem, STANCE_INSTRUMENT,
                                "%s: the calibration in its memory (channel %u, ±%g V) cannot be "
                                "right; restore it with the maker's software",
                                mcc->family->scheme, mcc->input.channel[k],
                                mcc->family->range_v[range[which]]);
  }
  return STANCE_OK;
}

static enum stance_status hear_ranges(const struct stance_mcc *mcc, const uint8_t *data,
                                      struct stance_problem *problem)
{
  struct stance_usb_exchange wanted;

  tell_ranges(mcc, &wanted);
  if (memcmp(wanted.data, data, STANCE_MCC_INPUTS) == 0)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_INSTRUMENT, "%s: it did not take over the ranges",
                            mcc->family->scheme);
}

/* [?] whether the counter counts samples or scans is not documented: either will do. */
static enum stance_status hear_counter(const struct stance_mcc *mcc, const uint8_t *data,
                                       struct stance_problem *problem)
{
  const unsigned first = (unsigned)(data[0] | data[1] << 8);
  bool of_samples = true, of_scans = true;

  for (unsigned k = 0; k < TEST_BYTES / 2; k++) {
    const unsigned count = (unsigned)(data[2 * k] | data[2 * k + 1] << 8);
    of_samples = of_samples && count == ((first + k) & 0xffff);
    of_scans = of_scans && count == ((first + k / STANCE_MCC_INPUTS) & 0xffff);
  }
  if (of_samples || of_scans)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_INSTRUMENT,
                            "%s: its self-test failed, samples were lost on the way; try another "
                            "cable and a port of the computer itself",
                            mcc->family->scheme);
}

static enum stance_status hear_status(const struct stance_mcc *mcc, const uint8_t *data,
                                      struct stance_problem *problem)
{
  if ((data[0] & STATUS_OVERRUN) != 0)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: its buffer overran; it is started anew", mcc->family->scheme);
  if ((data[0] & STATUS_SCANNING) == 0)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: it answers, but had stopped sampling; it is started anew",
                              mcc->family->scheme);
  return STANCE_OK;
}

static enum stance_status hear(struct stance_mcc *mcc, enum stance_dialogue dialogue,
                               const struct stance_usb_exchange *asked, const uint8_t *data,
                               struct stance_problem *problem)
{
  if (asked->transfer == STANCE_USB_BULK_IN)
    return hear_counter(mcc, data, problem);
  if (asked->transfer != STANCE_USB_CONTROL_IN)
    return STANCE_OK;
  if (dialogue == STANCE_DIALOGUE_CHECK)
    return hear_status(mcc, data, problem);
  if (dialogue == STANCE_DIALOGUE_CONFIGURE)
    return hear_ranges(mcc, data, problem);
  return mcc->item == STOP_ITEMS ? hear_serial(mcc, data)
                                 : hear_calibration(mcc, mcc->item - STOP_ITEMS - 1, data, problem);
}

static enum stance_status refuse(const struct stance_mcc *mcc,
                                 const struct stance_usb_exchange *asked,
                                 const struct stance_usb_reply *reply,
                                 struct stance_problem *problem)
{
  const char *what = reply->outcome == STANCE_USB_STALL     ? "it refuses a request"
                     : reply->outcome == STANCE_USB_TIMEOUT ? "it does not answer"
                     : reply->outcome == STANCE_USB_FAILED  ? "the connection broke"
                                                            : "its answer has the wrong length";
  return stance_problem_set(problem, STANCE_INSTRUMENT,
                            "%s: %s (request %02x); unplug it, wait a moment and plug it in again",
                            mcc->family->scheme, what, asked->request);
}

enum stance_status stance_mcc_converse(void *state, enum stance_dialogue dialogue, unsigned step,
                                       const struct stance_usb_reply *reply,
                                       struct stance_usb_exchange *ret_exchange,
                                       struct stance_problem *problem)
{
  struct stance_mcc *mcc = state;
  struct stance_usb_exchange asked = {0};

  if (step == 0 || reply == NULL) {
    mcc->item = mcc->attempt = 0;
  } else {
    ask(mcc, dialogue, mcc->item, &asked);
    const bool wants =
        asked.transfer == STANCE_USB_CONTROL_IN || asked.transfer == STANCE_USB_BULK_IN;
    const bool whole =
        asked.transfer == STANCE_USB_DRAIN ||
        (reply->outcome == STANCE_USB_DONE && (!wants || reply->length == asked.length));
    if (whole) {
      const enum stance_status status = hear(mcc, dialogue, &asked, reply->data, problem);
      if (status != STANCE_OK)
        return status;
      mcc->item++;
      mcc->attempt = 0;
    } else if (++mcc->attempt == ATTEMPTS || asked.transfer == STANCE_USB_BULK_IN ||
               reply->outcome == STANCE_USB_FAILED || reply->outcome == STANCE_USB_STALL) {
      return refuse(mcc, &asked, reply, problem);
    }
  }
  return ask(mcc, dialogue, mcc->item, ret_exchange) ? STANCE_OK : STANCE_END;
}
