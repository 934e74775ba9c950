/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LabJack U3: its commands and answers, and the bytes of a real one. */
#include "labjack.h"
#include "reference_data.h"
#include "support/instrument_fixture.h"
#include "support/labjack_packets.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct u3_double {
  uint8_t answer[64];
  size_t answer_length;
  uint8_t commands[16][40];
  size_t command_count;
  uint8_t version;
  uint8_t analogue_denied;
  double slope_factor;
};

static void put_calibration(struct u3_double *u3, unsigned block)
{
  static const double blocks[5][4] = {{3.7e-5, 0.001, 7.4e-5, -2.43},
                                      {0},
                                      {0},
                                      {3.11e-4, 3.12e-4, 3.13e-4, 3.14e-4},
                                      {-10.1, -10.2, -10.3, -10.4}};
  assert_in_range(block, 0, 4);
  for (int k = 0; k < 4; k++)
    labjack_put_fixed(u3->answer + 8 + 8 * k, blocks[block][k] * u3->slope_factor);
}

static void answer_command(struct u3_double *u3, const uint8_t *command)
{
  static const struct {
    uint8_t number, length;
  } lengths[] = {{0x08, 38}, {0x2d, 40}, {0x0b, 12}, {0x11, 8}};
  memset(u3->answer, 0, sizeof u3->answer);
  if (command[1] != 0xf8) {
    u3->answer_length = 4;
    u3->answer[1] = (uint8_t)(command[1] + 1);
    labjack_seal_normal(u3->answer, 4);
    return;
  }
  u3->answer_length = 0;
  for (size_t k = 0; k < 4; k++)
    if (lengths[k].number == command[3])
      u3->answer_length = lengths[k].length;
  assert_in_range(u3->answer_length, 8, 40);
  u3->answer[1] = 0xf8;
  u3->answer[2] = (uint8_t)((u3->answer_length - 6) / 2);
  u3->answer[3] = command[3];
  if (command[3] == 0x08) {
    static const uint8_t identity[] = {0, 0, 0, 46, 1, 0, 0, 30, 1, 0x40, 0xe2, 0x01, 0x13, 3, 0};
    memcpy(u3->answer + 6, identity, sizeof identity);
    u3->answer[37] = u3->version;
  }
  if (command[3] == 0x2d)
    put_calibration(u3, command[7]);
  if (command[3] == 0x0b) {
    u3->answer[8] = command[8];
    u3->answer[10] = (uint8_t)(command[10] & ~u3->analogue_denied);
    u3->answer[11] = command[11];
  }
  labjack_seal(u3->answer, u3->answer_length);
}

static struct stance_usb_reply answer(void *context, const struct stance_usb_exchange *exchange)
{
  struct u3_double *u3 = context;
  struct stance_usb_reply reply = {.outcome = STANCE_USB_DONE};
  if (exchange->transfer == STANCE_USB_BULK_OUT) {
    memcpy(u3->commands[u3->command_count++ % 16], exchange->data, 40);
    answer_command(u3, exchange->data);
  } else if (exchange->transfer == STANCE_USB_BULK_IN) {
    reply.data = u3->answer;
    reply.length = u3->answer_length;
  }
  return reply;
}

static void assert_close(double value, double expected, double tolerance)
{
  if (!(fabs(value - expected) <= tolerance))
    fail_msg("%.17g instead of %.17g", value, expected);
}

static void low_voltage_inputs_are_described(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct u3_double u3 = {.version = 2, .slope_factor = 1};
  struct stance_source_info info = {0};

  bench_instrument_open(&bench, &stance_labjack_u3, 0, "labjack-u3:?channels=4,9&rate=1000");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, answer, &u3),
                   STANCE_OK);
  assert_int_equal(u3.command_count, 3); /* stop, identify, one block */
  bench.instrument->describe(bench.state, &info);
  assert_string_equal(info.model, "LabJack U3-LV");
  assert_string_equal(info.serial, "318890560");
  assert_string_equal(info.firmware, "1.46");
  assert_string_equal(info.channel[1].name, "AIN9");
  assert_close(info.channel[0].converter.slope_above, 3.7e-5, 1e-9);
  assert_close(info.channel[0].converter.offset, 0.001, 1e-9);
  assert_close(info.channel[1].skew_s, 1.0 / 2500, 1e-12);
  bench_instrument_close(&bench);

  bench_instrument_open(&bench, &stance_labjack_u3, 0,
                        "labjack-u3:?channels=4,9&inputs=differential");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, answer, &u3),
                   STANCE_OK);
  bench.instrument->describe(bench.state, &info);
  assert_string_equal(info.channel[0].name, "AIN4-AIN5");
  assert_close(info.channel[0].converter.slope_below, 7.4e-5, 1e-9);
  assert_close(info.channel[0].converter.offset, -2.43, 1e-9);
  bench_instrument_close(&bench);
}

static void high_voltage_inputs_have_their_own_lines(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct u3_double u3 = {.version = 18, .slope_factor = 1};
  struct stance_source_info info = {0};

  bench_instrument_open(&bench, &stance_labjack_u3, 0, "labjack-u3:?channels=3,0,4");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, answer, &u3),
                   STANCE_OK);
  assert_int_equal(u3.command_count, 5);
  assert_int_equal(u3.commands[3][7], 3);
  assert_int_equal(u3.commands[4][7], 4);
  bench.instrument->describe(bench.state, &info);
  assert_string_equal(info.model, "LabJack U3-HV");
  assert_string_equal(info.channel[0].name, "AIN3");
  assert_close(info.channel[0].converter.slope_above, 3.14e-4, 1e-9);
  assert_close(info.channel[0].converter.offset, -10.4, 1e-9);
  assert_close(info.channel[1].converter.slope_above, 3.11e-4, 1e-9);
  assert_close(info.channel[2].converter.slope_above, 3.7e-5, 1e-9);
  bench_instrument_close(&bench);

  bench_instrument_open(&bench, &stance_labjack_u3, 0,
                        "labjack-u3:?channels=4,2&inputs=differential");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, answer, &u3),
                   STANCE_USAGE);
  bench_instrument_close(&bench);
}

static void wrong_calibrations_are_refused(void **context)
{
  (void)context;
  struct bench_instrument bench;
  for (int version = 2; version <= 18; version += 16) {
    struct u3_double u3 = {.version = (uint8_t)version, .slope_factor = 0};
    bench_instrument_open(&bench, &stance_labjack_u3, 0, "labjack-u3:");
    assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, answer, &u3),
                     STANCE_INSTRUMENT);
    assert_non_null(strstr(bench.problem.text, "calibration"));
    bench_instrument_close(&bench);
  }
}

static void configure_sends_the_documented_bytes(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct u3_double u3 = {.slope_factor = 1};
  /* 13 + 0x40 + 1 + 2 = 0x50; F8 + 03 + 0B + 50 = 0x156 → 0x57 */
  static const uint8_t io[12] = {0x57, 0xf8, 0x03, 0x0b, 0x50, 0, 13, 0, 0x40, 0, 1, 2};
  /* 2 × 6 samples every 6 ms; 4 MHz / 4000; finest resolution. 2 + 12 + 0xa0 + 0x0f + 0 + 31 + 9 +
     31 = 0x104; F8 + 05 + 11 + 04 + 01 = 0x113 → 0x14 */
  static const uint8_t stream[16] = {0x14, 0xf8, 5,    0x11, 4, 1,  2, 12,
                                     0,    0,    0xa0, 0x0f, 0, 31, 9, 31};
  struct stance_usb_shape shape;

  bench_instrument_open(&bench, &stance_labjack_u3, 0, "labjack-u3:?channels=0,9");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, answer, &u3),
                   STANCE_OK);
  assert_memory_equal(u3.commands[1], io, sizeof io);
  assert_memory_equal(u3.commands[2], stream, sizeof stream);
  bench.instrument->shape(bench.state, &shape);
  assert_int_equal(shape.packet_bytes, 38);
  u3.analogue_denied = 1;
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, answer, &u3),
                   STANCE_INSTRUMENT);
  bench_instrument_close(&bench);

  /* 8 × 2 kHz need the second coarsest resolution, and differ in the negative channel. */
  bench_instrument_open(&bench, &stance_labjack_u3, 0,
                        "labjack-u3:?channels=0,2,4,6,8,10,12,14&inputs=differential&rate=2000");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, answer, &u3),
                   STANCE_INSTRUMENT); /* still denied */
  u3.analogue_denied = 0;
  u3.command_count = 0;
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, answer, &u3),
                   STANCE_OK);
  assert_int_equal(u3.commands[1][10], 0xff);
  assert_int_equal(u3.commands[1][11], 0xff);
  assert_int_equal(u3.commands[2][9], 2);
  assert_int_equal(u3.commands[2][26], 14);
  assert_int_equal(u3.commands[2][27], 15);
  bench_instrument_close(&bench);
}

static void impossible_demands_are_refused(void **context)
{
  (void)context;
  static const struct {
    const char *uri, *says;
  } cases[] = {
      {"labjack-u3:?rate=30000", "ask for rate=25000 or fewer channels"},
      {"labjack-u3:?channels=15&inputs=differential", "channel 15 has no next one"},
      {"labjack-u3:?channels=16", "numbers from 0 to 15"},
      {"labjack-u3:?range=10", "there is no setting \"range\""},
      {"labjack-u3:?oversample=65", "from 1 to 64"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    const struct stance_problem problem =
        bench_instrument_refusal(&stance_labjack_u3, 0, cases[k].uri);
    if (strstr(problem.text, cases[k].says) == NULL)
      fail_msg("%s says: %s", cases[k].uri, problem.text);
  }
}

/* The numbers of the next array named `name` after *text; 0 where there is none. */
static size_t next_array(const char **text, const char *name, uint8_t *ret_bytes)
{
  size_t count = 0;
  const char *at = strstr(*text, name);
  if (at == NULL)
    return 0;
  for (at = strchr(at, '[') + 1; *at != ']' && count < 64;) {
    char *end;
    const long number = strtol(at, &end, 10);
    if (end == at) {
      at++;
      continue;
    }
    ret_bytes[count++] = (uint8_t)number;
    at = end;
  }
  *text = at;
  return count;
}

/* Checksums, lengths and names as a real instrument sent them; one byte changed is noticed. */
static void real_packets_are_understood(void **context)
{
  (void)context;
  static char text[65536];
  const char *path = reference_path("labjack_u3_packets/pairs.json");
  if (path == NULL)
    skip();
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);

  uint8_t sent[64], response[64], sealed[64];
  size_t pairs = 0, sent_length;
  for (const char *at = text; (sent_length = next_array(&at, "\"sent\"", sent)) > 0; pairs++) {
    const size_t length = next_array(&at, "\"response\"", response);
    memcpy(sealed, sent, sent_length);
    sealed[0] = sealed[4] = sealed[5] = 0;
    stance_labjack_seal(sealed, sent_length);
    assert_memory_equal(sealed, sent, sent_length);
    assert_null(stance_labjack_answer_fault(sent, response, length));
    for (size_t k = 0; k < length; k++) {
      response[k] ^= 0x40;
      assert_non_null(stance_labjack_answer_fault(sent, response, length));
      response[k] ^= 0x40;
    }
    assert_non_null(stance_labjack_answer_fault(sent, response, length - 2));
  }
  assert_int_equal(pairs, 26);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(low_voltage_inputs_are_described),
      cmocka_unit_test(high_voltage_inputs_have_their_own_lines),
      cmocka_unit_test(wrong_calibrations_are_refused),
      cmocka_unit_test(configure_sends_the_documented_bytes),
      cmocka_unit_test(impossible_demands_are_refused),
      cmocka_unit_test(real_packets_are_understood),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
