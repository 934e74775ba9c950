/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LabJack U6: the bytes of every command, what its answers mean, what is refused and why. */
#include "labjack.h"
#include "support/instrument_fixture.h"
#include "support/labjack_packets.h"
#include "support/u6_double.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_close(double value, double expected, double tolerance)
{
  if (!(fabs(value - expected) <= tolerance))
    fail_msg("%.17g instead of %.17g", value, expected);
}

static void open_u6(struct bench_instrument *bench, const char *uri)
{
  bench_instrument_open(bench, &stance_labjack_u6, 0, uri);
}

static void checksums_fold_twice(void **context)
{
  (void)context;
  /* By hand: 3 · 0xff = 0x2fd → 0xfd + 2 = 0xff; 2 + 2 · 0xff = 0x200 → 0 + 2 = 2;
     1 + 2 · 0xff = 0x1ff → 0xff + 1 = 0x100 → 0 + 1 = 1. */
  static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0x02, 0xff, 0xff, 0x01, 0xff, 0xff};
  assert_int_equal(stance_labjack_checksum8(bytes, 3), 0xff);
  assert_int_equal(stance_labjack_checksum8(bytes + 3, 3), 2);
  assert_int_equal(stance_labjack_checksum8(bytes + 6, 3), 1);
  assert_int_equal(stance_labjack_checksum16(bytes, 9), 7 * 0xff + 3);
  assert_int_equal(stance_labjack_checksum16(bytes, 0), 0);
}

static void identify_sends_the_documented_bytes(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct u6_double u6 = u6_double_make();
  struct stance_source_info info = {0};
  static const uint8_t config[26] = {0x0b, 0xf8, 0x0a, 0x08};
  static const uint8_t block3[] = {0x2a, 0xf8, 0x01, 0x2d, 0x03, 0x00, 0x00, 0x03};

  open_u6(&bench, "labjack-u6:?channels=0,1,2,3&range=10,1,0.1,0.01");
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, u6_double_answer, &u6),
      STANCE_OK);
  assert_int_equal(u6.command_count, 6);
  assert_int_equal(u6.commands[0][1], 0xb0); /* stop first, whatever went before */
  assert_memory_equal(u6.commands[1], config, sizeof config);
  assert_memory_equal(u6.commands[5], block3, sizeof block3);
  bench.instrument->describe(bench.state, &info);
  assert_string_equal(info.model, "LabJack U6");
  assert_string_equal(info.serial, "360001593");
  assert_string_equal(info.firmware, "1.37");
  bench_instrument_close(&bench);
}

/* The two slopes meet at the centre of each range. */
static void converter_takes_the_calibration_of_its_range(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct u6_double u6 = u6_double_make();
  struct stance_source_info info = {0};
  static const double slope[] = {3.1e-4, 3.2e-5, 3.3e-6, 3.0e-7};
  static const double below[] = {3.11e-4, 3.21e-5, 3.31e-6, 3.01e-7};

  u6.pro = true;
  open_u6(&bench, "labjack-u6:?channels=6,2,4,0&range=10,1,0.1,0.01&inputs=differential");
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, u6_double_answer, &u6),
      STANCE_OK);
  bench.instrument->describe(bench.state, &info);
  assert_string_equal(info.model, "LabJack U6-Pro");
  assert_int_equal(info.channel_count, 4);
  for (int k = 0; k < 4; k++) {
    const struct stance_converter *converter = &info.channel[k].converter;
    assert_string_equal(converter->unit, "V");
    assert_close(converter->zero, 33500 + 10 * k, 1e-6);
    assert_close(converter->slope_above / slope[k], 1, 1e-3); /* 2^-32 of 3e-7 */
    assert_close(converter->slope_below / below[k], 1, 1e-3);
    assert_close(converter->offset, 0, 0);
    assert_close(info.channel[k].skew_s, k * 20e-6, 1e-12);
    assert_close(info.channel[k].minimum, 0, 0);
    assert_close(info.channel[k].maximum, 65535, 0);
  }
  assert_string_equal(info.channel[1].name, "AIN2-AIN3");
  assert_int_equal(info.channel[0].side, STANCE_LEFT);
  bench_instrument_close(&bench);
}

static void configure_sends_the_documented_bytes(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct u6_double u6 = u6_double_make();
  struct stance_source_info info = {0};
  struct stance_usb_shape shape;
  static const uint8_t io[16] = {0x0a, 0xf8, 0x05, 0x0b, 0x01, 0x00, 0x01};
  /* 24 samples are six whole scans every 6 ms; 4 MHz / 4000 is 1 kHz; gain code 2 is ±0.1 V */
  static const uint8_t stream[] = {0x65, 0xf8, 0x08, 0x11, 0x52, 0x01, 0x04, 0x01,
                                   0x18, 0x00, 0x00, 0x00, 0xa0, 0x0f, 0x00, 0x20,
                                   0x01, 0x20, 0x02, 0x20, 0x03, 0x20};

  u6.streaming = true; /* left so by a program that crashed */
  open_u6(&bench, "labjack-u6:360012345?channels=0,1,2,3&range=0.1&rate=1000&map=left:0,right:1");
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, u6_double_answer, &u6),
      STANCE_OK);
  assert_int_equal(u6.command_count, 3);
  assert_int_equal(u6.commands[0][1], 0xb0);
  assert_memory_equal(u6.commands[1], io, sizeof io);
  assert_memory_equal(u6.commands[2], stream, sizeof stream);
  bench.instrument->describe(bench.state, &info);
  assert_close(info.rate_hz, 1000, 0);
  assert_int_equal(info.oversampling, 1);
  bench.instrument->shape(bench.state, &shape);
  assert_int_equal(shape.endpoint, 0x83);
  assert_int_equal(shape.packet_bytes, 62);
  assert_close(shape.packets_per_s, 1000 / 6.0, 1e-9);
  bench_instrument_close(&bench);
}

static void start_and_stop_say_what_is_wrong(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct u6_double u6 = u6_double_make();

  open_u6(&bench, "labjack-u6:");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_START, u6_double_answer, &u6),
                   STANCE_OK);
  assert_int_equal(u6.commands[0][0], 0xa8);
  assert_int_equal(u6.commands[0][1], 0xa8);
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_START, u6_double_answer, &u6),
                   STANCE_INSTRUMENT);
  assert_string_equal(bench.problem.text, "labjack-u6: it does not start to sample: error 48, it "
                                          "is already streaming");
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_STOP, u6_double_answer, &u6),
                   STANCE_OK);
  assert_int_equal(u6.commands[2][0], 0xb0);
  assert_int_equal(u6.commands[2][1], 0xb0);
  /* it had stopped already: error 52 is what was wanted */
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_STOP, u6_double_answer, &u6),
                   STANCE_OK);
  bench_instrument_close(&bench);
}

static void check_tells_late_from_stopped(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct u6_double u6 = u6_double_make();

  open_u6(&bench, "labjack-u6:");
  u6.streaming = true;
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CHECK, u6_double_answer, &u6),
                   STANCE_OK);
  assert_true(u6.streaming);
  u6.streaming = false;
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CHECK, u6_double_answer, &u6),
                   STANCE_INSTRUMENT);
  assert_false(u6.streaming);
  u6.broken = true;
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_CHECK, u6_double_answer, &u6),
                   STANCE_INSTRUMENT);
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_SELF_TEST, u6_double_answer, &u6),
      STANCE_OK);
  bench_instrument_close(&bench);
}

static void lost_and_garbled_answers_are_asked_for_again(void **context)
{
  (void)context;
  struct bench_instrument bench;
  for (int fault = 0; fault < 3; fault++) {
    struct u6_double u6 = u6_double_make();
    unsigned *faults = fault == 0 ? &u6.silent : fault == 1 ? &u6.garbled : &u6.refused;
    open_u6(&bench, "labjack-u6:");
    *faults = 2;
    assert_int_equal(
        bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, u6_double_answer, &u6),
        STANCE_OK);
    assert_int_equal(u6.command_count, 8);
    *faults = 3;
    assert_int_equal(
        bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, u6_double_answer, &u6),
        STANCE_INSTRUMENT);
    assert_non_null(strstr(bench.problem.text, fault == 0   ? "it does not answer"
                                               : fault == 1 ? "its answer has a wrong checksum"
                                                            : "it received a wrong checksum"));
    bench_instrument_close(&bench);
  }
}

static void errors_and_wrong_calibrations_are_refused(void **context)
{
  (void)context;
  struct bench_instrument bench;
  static const double factors[] = {0, 1.2, -1, 1e9};
  struct u6_double u6;

  open_u6(&bench, "labjack-u6:");
  for (size_t k = 0; k < sizeof factors / sizeof factors[0]; k++) {
    u6 = u6_double_make();
    u6.slope_factor = factors[k];
    assert_int_equal(
        bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, u6_double_answer, &u6),
        STANCE_INSTRUMENT);
    assert_non_null(strstr(bench.problem.text, "calibration"));
  }
  static const uint8_t numbers[] = {0x08, 0x2d, 0x0b, 0x11};
  for (size_t k = 0; k < sizeof numbers; k++) {
    u6 = u6_double_make();
    u6.error_of = numbers[k];
    u6.error_code = 58;
    assert_int_equal(bench_instrument_converse(
                         &bench, k < 2 ? STANCE_DIALOGUE_IDENTIFY : STANCE_DIALOGUE_CONFIGURE,
                         u6_double_answer, &u6),
                     STANCE_INSTRUMENT);
    assert_non_null(strstr(bench.problem.text, "error 58, it cannot do this rate"));
  }
  bench_instrument_close(&bench);
}

static void the_nearest_clock_is_taken_and_named(void **context)
{
  (void)context;
  static const struct {
    const char *uri;
    double rate_hz;
    unsigned oversampling;
    size_t packet_bytes;
  } cases[] = {
      {"labjack-u6:?rate=1000", 1000, 1, 38},
      {"labjack-u6:?rate=1000&oversample=8", 8000, 8, 64},
      {"labjack-u6:?rate=1000&oversample=auto", 8000, 8, 64},
      {"labjack-u6:?rate=5000&oversample=auto&channels=0,1,2", 10000, 2, 64},
      {"labjack-u6:?rate=7&channels=0", 48e6 / 256 / 26786, 1, 16}, /* 7.00 Hz, off by 2e-5 */
      {"labjack-u6:?rate=1200", 1200, 1, 42},                       /* 48 MHz / 40000 */
      {"labjack-u6:?rate=10000&channels=0,1,2,3,4", 10000, 1, 64},
      {"labjack-u6:?rate=1&channels=0", 1, 1, 16},
      {"labjack-u6:?rate=1000&channels=0,1,2,3,4,5,6,7", 1000, 1, 64},
      {"labjack-u6:?rate=250&channels=0,1,2,3,4,5,6,7", 250, 1, 30},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    struct bench_instrument bench;
    struct stance_source_info info = {0};
    struct stance_usb_shape shape;
    open_u6(&bench, cases[k].uri);
    bench.instrument->describe(bench.state, &info);
    bench.instrument->shape(bench.state, &shape);
    assert_close(info.rate_hz, cases[k].rate_hz, 1e-9);
    assert_int_equal(info.oversampling, cases[k].oversampling);
    assert_int_equal(shape.packet_bytes, cases[k].packet_bytes);
    bench_instrument_close(&bench);
  }
}

static void impossible_demands_name_limit_and_nearest(void **context)
{
  (void)context;
  static const struct {
    const char *uri, *says;
  } cases[] = {
      {"labjack-u6:?rate=20000&channels=0,1,2,3",
       "rate=20000 is too high for 4 channels: at most 50000 samples a second in all at "
       "resolution=1, settling=0; ask for rate=12500 or fewer channels"},
      {"labjack-u6:?rate=2000&oversample=40", "ask for oversample=12"},
      {"labjack-u6:?rate=2000&resolution=5&channels=0,1,2", "ask for rate=1333"},
      {"labjack-u6:?settling=9&rate=20000", "ask for rate=4545"},
      {"labjack-u6:?range=5", "range=5 is not allowed; 10, 1, 0.1, 0.01 (± volts)"},
      {"labjack-u6:?range=10,1,1", "or 2, one each"},
      {"labjack-u6:?range=", "is not allowed"},
      {"labjack-u6:?range=10,", "is not allowed"},
      {"labjack-u6:?channels=0,1,2&range=10,1", "or 3, one each"},
      {"labjack-u6:?oversample=0", "a whole number from 1 to 64, or auto"},
      {"labjack-u6:?oversample=x", "a whole number from 1 to 64, or auto"},
      {"labjack-u6:?oversample=", "a whole number from 1 to 64, or auto"},
      {"labjack-u6:?channels=14", "numbers from 0 to 13"},
      {"labjack-u6:?inputs=differential", "channel 1 is no positive input of a pair"},
      {"labjack-u6:?inputs=differential&channels=13", "channels are 0, 2, 4 … 12"},
      {"labjack-u6:?resolution=9", "resolution=9"},
      {"labjack-u6:?rat=1", "there is no setting \"rat\""},
      {"labjack-u6:?map=left:3", "names channel 3, which is not sampled"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    const struct stance_problem problem =
        bench_instrument_refusal(&stance_labjack_u6, 0, cases[k].uri);
    if (strstr(problem.text, cases[k].says) == NULL)
      fail_msg("%s says: %s", cases[k].uri, problem.text);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(checksums_fold_twice),
      cmocka_unit_test(identify_sends_the_documented_bytes),
      cmocka_unit_test(converter_takes_the_calibration_of_its_range),
      cmocka_unit_test(configure_sends_the_documented_bytes),
      cmocka_unit_test(start_and_stop_say_what_is_wrong),
      cmocka_unit_test(check_tells_late_from_stopped),
      cmocka_unit_test(lost_and_garbled_answers_are_asked_for_again),
      cmocka_unit_test(errors_and_wrong_calibrations_are_refused),
      cmocka_unit_test(the_nearest_clock_is_taken_and_named),
      cmocka_unit_test(impossible_demands_name_limit_and_nearest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
