/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OPEN_FRAMING.md is what firmware is written from: its examples and its encoder, compiled from the
   page, against our decoder. */
#include "open_frame.h"
#include "support/instrument_fixture.h"
#include "support/open_document.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WIRE_MAX = 252 };

/* As the page has it. */
struct of_stream {
  uint8_t mask, sample_bytes, scans_per_packet;
  uint8_t packet[250];
  size_t length, scans;
  uint32_t index;
};
static struct {
  void *library;
  uint16_t (*crc16)(const uint8_t *, size_t);
  size_t (*wire)(uint8_t *, size_t, uint8_t *);
  void (*start)(struct of_stream *);
  size_t (*scan)(struct of_stream *, const int32_t *, uint32_t, uint16_t, uint8_t *);
  size_t (*lose)(struct of_stream *, uint32_t, uint8_t *);
} reference;

static void *symbol(const char *name)
{
  void *found = dlsym(reference.library, name);
  if (found == NULL)
    fail_msg("the page has no %s", name);
  return found;
}

static int compile_the_page(void **unused)
{
  char folder[] = "/tmp/stance-open-XXXXXX", source[64], library[64], command[512];
  const char *compiler = getenv("CC");
  (void)unused;

  assert_non_null(mkdtemp(folder));
  snprintf(source, sizeof source, "%s/of.c", folder);
  snprintf(library, sizeof library, "%s/of.so", folder);
  open_document_extract_code(source);
  snprintf(command, sizeof command,
           "%.200s -std=c99 -Wall -Wextra -Werror -O1 -shared -fPIC -o %s %s",
           compiler == NULL ? "cc" : compiler, library, source);
  if (system(command) != 0)
    fail_msg("the page's encoder does not compile");
  reference.library = dlopen(library, RTLD_NOW);
  unlink(source);
  unlink(library);
  rmdir(folder);
  if (reference.library == NULL)
    fail_msg("%s", dlerror());
  *(void **)&reference.crc16 = symbol("of_crc16");
  *(void **)&reference.wire = symbol("of_wire");
  *(void **)&reference.start = symbol("of_start");
  *(void **)&reference.scan = symbol("of_scan");
  *(void **)&reference.lose = symbol("of_lose");
  return 0;
}

static int drop_the_library(void **unused)
{
  (void)unused;
  return dlclose(reference.library);
}

static void the_examples_are_right(void **unused)
{
  static const char *const names[] = {"data",      "identify",   "identity", "describe", "channel",
                                      "configure", "configured", "start",    "done",     "stop"};
  uint8_t packet[256], wire[256], made[256];
  (void)unused;

  for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
    const size_t packet_count = open_document_bytes(names[k], "packet", packet);
    const size_t wire_count = open_document_bytes(names[k], "wire", wire);
    assert_int_equal(stance_open_unpack(wire, wire_count - 1, made), packet_count - 2);
    assert_memory_equal(made, packet, packet_count - 2);
    assert_int_equal(
        stance_open_pack((enum stance_open_type)packet[1], packet + 2, packet_count - 4, made),
        wire_count);
    assert_memory_equal(made, wire, wire_count);
    assert_int_equal(reference.wire(packet, packet_count - 2, made), wire_count);
    assert_memory_equal(made, wire, wire_count);
  }
}

static void the_checksum_is_the_named_one(void **unused)
{
  (void)unused;
  assert_int_equal(reference.crc16((const uint8_t *)"123456789", 9), 0x906e);
}

/* Answers from the page. */
struct page_plate {
  uint8_t answer[256];
  size_t answer_count;
  char commands[64]; /* the letters of what was asked, in order */
  const char *product;
};

static struct stance_usb_reply give(const void *data, size_t length)
{
  return (struct stance_usb_reply){.outcome = STANCE_USB_DONE, .data = data, .length = length};
}

static struct stance_usb_reply descriptor(const struct page_plate *plate, uint16_t value)
{
  static const uint8_t device[18] = {18,   1,    0,    2, 255, 0, 0, 64, 0x09,
                                     0x12, 0xa0, 0x57, 0, 1,   1, 2, 3,  1};
  static const uint8_t configuration[] = {9,  2, 32, 0,   1, 1, 0, 0x80, 50, 9,    4,
                                          0,  0, 2,  255, 0, 0, 0, 7,    5,  0x81, 2,
                                          64, 0, 0,  7,   5, 1, 2, 64,   0,  0};
  static uint8_t name[64];
  if (value == 0x0100)
    return give(device, sizeof device);
  if (value == 0x0200)
    return give(configuration, sizeof configuration);
  const size_t length = strlen(plate->product);
  name[0] = (uint8_t)(2 + 2 * length);
  name[1] = 3;
  for (size_t k = 0; k < length; k++)
    name[2 + 2 * k] = (uint8_t)plate->product[k];
  return give(name, name[0]);
}

static void obey(struct page_plate *plate, const struct stance_usb_exchange *exchange)
{
  static const struct {
    const char *command, *answer;
    char letter;
  } page[] = {{"identify", "identity", 'i'},
              {"describe", "channel", 'd'},
              {"configure", "configured", 'c'},
              {"start", "done", 's'},
              {"stop", NULL, 'x'}};
  uint8_t expected[256];
  for (size_t k = 0; k < sizeof page / sizeof page[0]; k++) {
    const size_t count = open_document_bytes(page[k].command, "wire", expected);
    /* The type: before any zero of the body. */
    if (exchange->data[2] != expected[2])
      continue;
    const bool second_channel = page[k].letter == 'd' && exchange->data[0] != expected[0];
    assert_int_equal(exchange->length, count);
    if (!second_channel)
      assert_memory_equal(exchange->data, expected, count);
    plate->commands[strlen(plate->commands)] = page[k].letter;
    if (page[k].answer != NULL)
      plate->answer_count = open_document_bytes(page[k].answer, "wire", plate->answer);
    if (second_channel) {
      uint8_t packet[256];
      stance_open_unpack(plate->answer, plate->answer_count - 1, packet);
      packet[2] = 1;
      plate->answer_count = stance_open_pack(STANCE_OPEN_CHANNEL, packet + 2, 46, plate->answer);
    }
  }
}

static struct stance_usb_reply answer(void *context, const struct stance_usb_exchange *exchange)
{
  struct page_plate *plate = context;
  static uint8_t bytes[64];

  if (exchange->transfer == STANCE_USB_CONTROL_IN)
    return descriptor(plate, exchange->value);
  if (exchange->transfer == STANCE_USB_BULK_OUT) {
    assert_int_equal(exchange->endpoint, 0x01);
    obey(plate, exchange);
    return give(NULL, 0);
  }
  if (exchange->transfer != STANCE_USB_BULK_IN)
    return give(NULL, 0);
  if (plate->answer_count == 0)
    return (struct stance_usb_reply){.outcome = STANCE_USB_TIMEOUT};
  const size_t count = plate->answer_count < 64 ? plate->answer_count : 64;
  memcpy(bytes, plate->answer, count);
  plate->answer_count -= count;
  memmove(plate->answer, plate->answer + count, plate->answer_count);
  return give(bytes, count);
}

static void open_page_plate(struct bench_instrument *bench, const char *uri)
{
  struct page_plate plate = {.product = "stance plate"};
  bench_instrument_open(bench, &stance_open_plate, 0, uri);
  if (bench_instrument_converse(bench, STANCE_DIALOGUE_IDENTIFY, answer, &plate) != STANCE_OK)
    fail_msg("%s", bench->problem.text);
  assert_string_equal(plate.commands, "xiddc");
  bench_instrument_start(bench);
}

static void a_plate_as_on_the_page_is_understood(void **unused)
{
  struct bench_instrument bench;
  struct page_plate plate = {.product = "stance plate"};
  struct stance_source_info info = {0};
  struct stance_usb_shape shape;
  uint8_t wire[256];
  (void)unused;

  open_page_plate(&bench, "open-plate:P0001?map=right:0,left:1");
  stance_open_plate.describe(bench.state, &info);
  assert_string_equal(info.serial, "P0001");
  assert_string_equal(info.model, "two-cell plate");
  assert_string_equal(info.firmware, "1.0");
  assert_true(info.rate_hz == 1000);
  assert_int_equal(info.channel_count, 2);
  assert_string_equal(info.channel[0].name, "left cell");
  assert_int_equal(info.channel[0].side, STANCE_RIGHT);
  assert_string_equal(info.channel[0].converter.unit, "mV");
  assert_true(info.channel[0].converter.slope_above == 1.0 / 4096);
  assert_true(info.channel[0].maximum == 8388607 && info.channel[0].minimum == -8388608);
  stance_open_plate.shape(bench.state, &shape);
  assert_int_equal(shape.packet_bytes, 14 + 4 * 6 + 2 + 2);
  assert_true(shape.packets_per_s == 250);
  bench_instrument_feed(&bench, wire, open_document_bytes("done", "wire", wire));
  bench_instrument_feed(&bench, wire, open_document_bytes("data", "wire", wire));
  const struct stance_raw_frame first = bench_instrument_frame(&bench);
  const struct stance_raw_frame second = bench_instrument_frame(&bench);
  assert_int_equal(first.index, 1000);
  assert_int_equal(first.gap_before, 1000);
  assert_true(first.value[0] == 1 && first.value[1] == -2);
  assert_true(second.value[0] == 300 && second.value[1] == -70000);
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, answer, &plate),
                   STANCE_OK);
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_START, answer, &plate),
                   STANCE_OK);
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_STOP, answer, &plate),
                   STANCE_OK);
  assert_string_equal(plate.commands, "xcsx");
  bench_instrument_close(&bench);
}

static void another_device_is_left_alone(void **unused)
{
  struct bench_instrument bench;
  struct page_plate infusion = {.product = "Infusion pump"};
  (void)unused;

  bench_instrument_open(&bench, &stance_open_plate, 1, "open-plate:1-2");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, answer, &infusion),
                   STANCE_INSTRUMENT);
  assert_non_null(strstr(bench.problem.text, "left alone"));
  assert_string_equal(infusion.commands, "");
  bench_instrument_close(&bench);
}

static void the_encoder_is_read_back(void **unused)
{
  struct bench_instrument bench;
  struct of_stream stream = {.mask = 3, .sample_bytes = 3, .scans_per_packet = 4};
  uint8_t wire[WIRE_MAX];
  uint64_t expected = 0;
  size_t frames = 0;
  (void)unused;

  open_page_plate(&bench, "open-plate:P0001");
  reference.start(&stream);
  for (uint32_t k = 0; k < 10000; k++, expected++) {
    if (k % 97 == 50) {
      bench_instrument_feed(&bench, wire, reference.lose(&stream, k % 7, wire));
      expected += k % 7;
    }
    const int32_t sample[] = {(int32_t)(expected * 7919 % 16777216) - 8388608, -(int32_t)k};
    bench_instrument_feed(&bench, wire,
                          reference.scan(&stream, sample, (uint32_t)(expected * 1000), 0, wire));
  }
  bench_instrument_feed(&bench, wire, reference.lose(&stream, 0, wire));
  for (; bench_instrument_waiting(&bench) > 0; frames++) {
    const struct stance_raw_frame frame = bench_instrument_frame(&bench);
    assert_true(frame.value[0] == (double)((int32_t)(frame.index * 7919 % 16777216) - 8388608));
    assert_true(frame.value[1] == -(double)frames);
    assert_int_equal(frame.flags, 0);
  }
  assert_int_equal(frames, 10000);
  assert_int_equal(bench.sink.next_index, expected);
  assert_int_equal(bench.sink.lost, expected - 10000);
  assert_int_equal(bench.sink.corrupt, 0);
  assert_int_equal(bench.sink.warnings, STANCE_WARNING_OVERRUN);
  bench_instrument_close(&bench);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_examples_are_right),
      cmocka_unit_test(the_checksum_is_the_named_one),
      cmocka_unit_test(a_plate_as_on_the_page_is_understood),
      cmocka_unit_test(another_device_is_left_alone),
      cmocka_unit_test(the_encoder_is_read_back),
  };
  return cmocka_run_group_tests(tests, compile_the_page, drop_the_library);
}
