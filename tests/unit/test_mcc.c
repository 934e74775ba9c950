/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MCC USB-1608FS-Plus and USB-20x: requests, calibration, self-test, samples, what is refused. */
#include "mcc.h"
#include "support/instrument_fixture.h"
#include "support/mcc_double.h"

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

static void identify_reads_serial_and_calibration(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct mcc_double mcc = mcc_double_make();
  struct stance_source_info info = {0};
  /* stop, clear the buffer, clear halt, drain, serial, one block for each range in use */
  static const uint8_t requests[] = {0x12, 0x15, 0xc0, 0xd0, 0x48, 0x30, 0x30};

  bench_instrument_open(&bench, &stance_mcc_1608fs_plus, 0,
                        "mcc-1608fs-plus:?channels=5,2,0&range=1,5,1");
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, mcc_double_answer, &mcc),
      STANCE_OK);
  assert_int_equal(mcc.request_count, sizeof requests);
  assert_memory_equal(mcc.requests, requests, sizeof requests);
  bench.instrument->describe(bench.state, &info);
  assert_string_equal(info.model, "MCC USB-1608FS-Plus");
  assert_string_equal(info.serial, "01A23B4C");
  assert_string_equal(info.channel[0].name, "CH5");
  const unsigned codes[] = {5, 1, 5}, inputs[] = {5, 2, 0};
  const double range_v[] = {1, 5, 1};
  for (int k = 0; k < 3; k++) {
    const struct stance_converter *converter = &info.channel[k].converter;
    /* by the formula, for a code of 40000 */
    const double calibrated = 40000.0 * (double)mcc_double_slope(&mcc, codes[k], inputs[k]) +
                              (double)mcc_double_intercept(codes[k], inputs[k]);
    const double volts = (calibrated - 32768) * range_v[k] / 32768;
    assert_close(converter->offset + 40000 * converter->slope_above, volts, 1e-9);
    assert_close(converter->slope_below, converter->slope_above, 0);
    assert_close(converter->zero, 0, 0);
    assert_close(info.channel[k].skew_s, 0, 0);
  }
  bench_instrument_close(&bench);
}

static void configure_and_start_send_the_documented_bytes(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct mcc_double mcc = mcc_double_make();
  struct stance_usb_shape shape;
  static const uint8_t requests[] = {0x12, 0x15, 0xc0, 0xd0, 0x14, 0x14};
  static const uint8_t ranges[] = {1, 0, 3, 0, 0, 5, 0, 0};
  /* endless; 40 MHz / 1 kHz − 1 = 39999 = 0x9c3f; inputs 0, 2, 5 and to fill the block sooner
     1, 3, 4, 6 (7 samples a ms: 32 in 4.6 ms); an overrun stalls */
  static const uint8_t start[10] = {0, 0, 0, 0, 0x3f, 0x9c, 0, 0, 0x7f, 0};

  bench_instrument_open(&bench, &stance_mcc_1608fs_plus, 0,
                        "mcc-1608fs-plus:?channels=0,2,5&range=5,2,1");
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, mcc_double_answer, &mcc),
      STANCE_OK);
  assert_int_equal(mcc.request_count, sizeof requests);
  assert_memory_equal(mcc.requests, requests, sizeof requests);
  assert_memory_equal(mcc.ranges, ranges, sizeof ranges);
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_START, mcc_double_answer, &mcc), STANCE_OK);
  assert_int_equal(mcc.start_length, 10);
  assert_memory_equal(mcc.start, start, sizeof start);
  bench.instrument->shape(bench.state, &shape);
  assert_int_equal(shape.endpoint, 0x81);
  assert_int_equal(shape.packet_bytes, 64);
  assert_close(shape.packets_per_s, 7000.0 / 32, 1e-9);
  assert_int_equal(bench_instrument_converse(&bench, STANCE_DIALOGUE_STOP, mcc_double_answer, &mcc),
                   STANCE_OK);
  assert_int_equal(mcc.requests[7], 0x12);
  mcc.keeps_ranges = true;
  mcc.ranges[2] = 0;
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, mcc_double_answer, &mcc),
      STANCE_INSTRUMENT);
  bench_instrument_close(&bench);
}

static void the_small_ones_pace_each_sample(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct mcc_double mcc = mcc_double_make();
  struct stance_source_info info = {0};
  struct stance_usb_shape shape;
  /* 70 MHz / (3 · 1 kHz) = 23333.3: 23333 − 1 = 0x5b24 */
  static const uint8_t start[12] = {0, 0, 0, 0, 0x24, 0x5b, 0, 0, 0x8a, 1, 0, 0};

  bench_instrument_open(&bench, &stance_mcc_20x, 2,
                        "mcc-usb-20x:?channels=3,1,7&transfer=immediate");
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, mcc_double_answer, &mcc),
      STANCE_OK);
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_CONFIGURE, mcc_double_answer, &mcc),
      STANCE_OK);
  assert_null(memchr(mcc.requests, 0x14, mcc.request_count)); /* it has no ranges */
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_START, mcc_double_answer, &mcc), STANCE_OK);
  assert_int_equal(mcc.start_length, 12);
  assert_memory_equal(mcc.start, start, sizeof start);
  bench.instrument->describe(bench.state, &info);
  assert_string_equal(info.model, "MCC USB-204");
  assert_close(info.rate_hz, 70e6 / 3 / 23333, 1e-9);
  assert_close(info.channel[0].skew_s, 23333 / 70e6, 1e-12); /* input 3 after input 1 */
  assert_close(info.channel[1].skew_s, 0, 0);
  assert_close(info.channel[2].skew_s, 2 * 23333 / 70e6, 1e-12);
  const double calibrated =
      3000 * (double)mcc_double_slope(&mcc, 0, 7) + (double)mcc_double_intercept(0, 7);
  assert_close(info.channel[2].converter.offset + 3000 * info.channel[2].converter.slope_above,
               (calibrated - 2048) * 10 / 2048, 1e-9);
  bench.instrument->shape(bench.state, &shape);
  assert_int_equal(shape.packet_bytes, 6);
  /* no counter is documented for them: the self-test asks nothing */
  mcc.request_count = 0;
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_SELF_TEST, mcc_double_answer, &mcc),
      STANCE_OK);
  assert_int_equal(mcc.request_count, 0);
  bench_instrument_close(&bench);
}

static void self_test_finds_a_lost_sample(void **context)
{
  (void)context;
  struct bench_instrument bench;
  /* 32 scans of all inputs at 5 kHz; bit 5: a counter in place of data */
  static const uint8_t start[10] = {32, 0, 0, 0, 0x3f, 0x1f, 0, 0, 0xff, 0x20};

  bench_instrument_open(&bench, &stance_mcc_1608fs_plus, 0, "mcc-1608fs-plus:");
  for (int counts_scans = 0; counts_scans < 2; counts_scans++) {
    struct mcc_double mcc = mcc_double_make();
    mcc.counts_scans = counts_scans == 1;
    assert_int_equal(
        bench_instrument_converse(&bench, STANCE_DIALOGUE_SELF_TEST, mcc_double_answer, &mcc),
        STANCE_OK);
    assert_memory_equal(mcc.start, start, sizeof start);
    assert_int_equal(mcc.requests[mcc.request_count - 4], 0x12); /* stopped and emptied after */
    mcc.lost_sample = 200;
    assert_int_equal(
        bench_instrument_converse(&bench, STANCE_DIALOGUE_SELF_TEST, mcc_double_answer, &mcc),
        STANCE_INSTRUMENT);
    assert_non_null(strstr(bench.problem.text, "self-test failed"));
  }
  bench_instrument_close(&bench);
}

static void check_reads_the_status(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct mcc_double mcc = mcc_double_make();
  static const struct {
    uint16_t status;
    const char *says;
  } cases[] = {{2, NULL}, {0, "stopped sampling"}, {6, "buffer overran"}, {4, "buffer overran"}};

  bench_instrument_open(&bench, &stance_mcc_1608fs_plus, 0, "mcc-1608fs-plus:");
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    mcc.status = cases[k].status;
    const enum stance_status status =
        bench_instrument_converse(&bench, STANCE_DIALOGUE_CHECK, mcc_double_answer, &mcc);
    assert_int_equal(status, cases[k].says == NULL ? STANCE_OK : STANCE_INSTRUMENT);
    if (cases[k].says != NULL)
      assert_non_null(strstr(bench.problem.text, cases[k].says));
  }
  bench_instrument_close(&bench);
}

static void refusals_silence_and_wrong_calibrations_are_told(void **context)
{
  (void)context;
  struct bench_instrument bench;
  struct mcc_double mcc = mcc_double_make();

  bench_instrument_open(&bench, &stance_mcc_1608fs_plus, 0, "mcc-1608fs-plus:");
  mcc.late = 2; /* asked again */
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, mcc_double_answer, &mcc),
      STANCE_OK);
  mcc.late = 3;
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, mcc_double_answer, &mcc),
      STANCE_INSTRUMENT);
  assert_non_null(strstr(bench.problem.text, "it does not answer (request 12)"));
  mcc.stalled = 0x48;
  assert_int_equal(
      bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, mcc_double_answer, &mcc),
      STANCE_INSTRUMENT);
  assert_non_null(strstr(bench.problem.text, "it refuses a request (request 48)"));
  mcc.stalled = 0;
  static const float slopes[] = {0, 1.2F, -1, NAN, INFINITY};
  for (size_t k = 0; k < sizeof slopes / sizeof slopes[0]; k++) {
    mcc.slope = slopes[k];
    assert_int_equal(
        bench_instrument_converse(&bench, STANCE_DIALOGUE_IDENTIFY, mcc_double_answer, &mcc),
        STANCE_INSTRUMENT);
    assert_non_null(strstr(bench.problem.text, "calibration"));
  }
  bench_instrument_close(&bench);
}

static void open_stream(struct bench_instrument *bench, const struct stance_instrument *instrument,
                        const char *uri)
{
  bench_instrument_open(bench, instrument, 0, uri);
  bench_instrument_start(bench);
}

static void samples_go_to_their_places(void **context)
{
  (void)context;
  struct bench_instrument bench;
  /* inputs 0, 2, 5 are stored as 5, 0, 2; 1, 3, 4, 6 fill the block */
  static const uint8_t bytes[] = {0x10, 0x01, 0xff, 0xff, 0x12, 0x03, 0,    0,    0, 0,
                                  0x15, 0x06, 0xff, 0xff, 0x00, 0x00, 1,    0,    2, 0,
                                  3,    0,    4,    0,    0xff, 0xff, 0x06, 0x00, 9};

  open_stream(&bench, &stance_mcc_1608fs_plus, "mcc-1608fs-plus:?channels=5,0,2");
  bench_instrument_feed(&bench, bytes, sizeof bytes);
  struct stance_raw_frame frame = bench_instrument_frame(&bench);
  assert_int_equal(frame.index, 0);
  assert_int_equal((int)frame.value[0], 0x0615);
  assert_int_equal((int)frame.value[1], 0x0110);
  assert_int_equal((int)frame.value[2], 0x0312);
  assert_int_equal(frame.flags, 0); /* what is not stored saturates nothing */
  frame = bench_instrument_frame(&bench);
  assert_int_equal(frame.index, 1);
  assert_int_equal(frame.flags, STANCE_FRAME_SATURATED(0) | STANCE_FRAME_SATURATED(1));
  assert_int_equal((int)frame.value[0], 0xffff);
  assert_int_equal(bench_instrument_waiting(&bench), 0);
  /* a stream begins anew with input 0, whatever half scan was left */
  bench_instrument_start(&bench);
  bench_instrument_feed(&bench, bytes, 14);
  assert_int_equal((int)bench_instrument_frame(&bench).value[0], 0x0615);
  bench_instrument_close(&bench);
}

static void a_missing_byte_is_noticed_where_it_can_be(void **context)
{
  (void)context;
  struct bench_instrument bench;
  static const uint8_t bytes[] = {0x21, 0x08, 0x22, 0x08, 0x21, 0x22, 0x08, 0x21, 0x08, 0x22};

  open_stream(&bench, &stance_mcc_20x, "mcc-usb-20x:");
  bench_instrument_feed(&bench, bytes, sizeof bytes);
  bench_instrument_feed(&bench, bytes, sizeof bytes);
  assert_int_equal(bench_instrument_waiting(&bench), 1);
  assert_non_null(bench.sink.restart_reason);
  assert_int_equal(bench.sink.corrupt, 1);
  assert_int_equal(bench.sink.next_index, 2);
  bench_instrument_start(&bench);
  bench_instrument_feed(&bench, bytes, 4);
  assert_int_equal(bench_instrument_waiting(&bench), 1);
  bench_instrument_close(&bench);
}

static void rates_and_blocks_follow_the_clock(void **context)
{
  (void)context;
  static const struct {
    const char *uri;
    double rate_hz, packets_per_s;
    unsigned oversampling;
  } cases[] = {
      {"mcc-1608fs-plus:?channels=0", 1000, 7000.0 / 32, 1},
      {"mcc-1608fs-plus:?channels=0&rate=100", 100, 800.0 / 32, 1},
      {"mcc-1608fs-plus:?channels=0&rate=10000", 10000, 10000.0 / 32, 1},
      {"mcc-1608fs-plus:?channels=0&transfer=immediate", 1000, 1000, 1},
      {"mcc-1608fs-plus:?channels=0,1&oversample=auto", 8000, 16000.0 / 32, 8},
      {"mcc-1608fs-plus:?channels=0,1,2,3,4,5,6,7&rate=50000&oversample=auto", 50000, 400e3 / 32,
       1},
      {"mcc-1608fs-plus:?rate=3000", 40e6 / 13333, 3 * 40e6 / 13333 / 32, 1},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    struct bench_instrument bench;
    struct stance_source_info info = {0};
    struct stance_usb_shape shape;
    bench_instrument_open(&bench, &stance_mcc_1608fs_plus, 0, cases[k].uri);
    bench.instrument->describe(bench.state, &info);
    bench.instrument->shape(bench.state, &shape);
    assert_close(info.rate_hz, cases[k].rate_hz, 1e-9);
    assert_close(shape.packets_per_s, cases[k].packets_per_s, 1e-9);
    assert_int_equal(info.oversampling, cases[k].oversampling);
    bench_instrument_close(&bench);
  }
}

static void impossible_demands_name_limit_and_nearest(void **context)
{
  (void)context;
  static const struct {
    const struct stance_instrument *instrument;
    size_t id;
    const char *uri, *says;
  } cases[] = {
      {&stance_mcc_1608fs_plus, 0, "mcc-1608fs-plus:?channels=0,1,2,3,4&rate=90000",
       "at most 100000 samples a second of one channel and 400000 in all; ask for rate=80000"},
      {&stance_mcc_1608fs_plus, 0, "mcc-1608fs-plus:?range=3", "10, 5, 2, 1 (± volts)"},
      {&stance_mcc_1608fs_plus, 0, "mcc-1608fs-plus:?rate=1e6", "from 1 to 100000"},
      {&stance_mcc_1608fs_plus, 0, "mcc-1608fs-plus:?rate=1001&transfer=immediate",
       "at most 1000 scans a second, not 1001; ask for transfer=block"},
      {&stance_mcc_1608fs_plus, 0, "mcc-1608fs-plus:?channels=8", "numbers from 0 to 7"},
      {&stance_mcc_20x, 0, "mcc-usb-20x:?rate=60000", "ask for rate=50000"},
      {&stance_mcc_20x, 3, "mcc-usb-20x:?channels=0,1,2&rate=200000", "ask for rate=166666"},
      {&stance_mcc_20x, 0, "mcc-usb-20x:?oversample=8&rate=10000", "ask for oversample=5"},
      {&stance_mcc_20x, 0, "mcc-usb-20x:?range=10", "there is no setting \"range\""},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    const struct stance_problem problem =
        bench_instrument_refusal(cases[k].instrument, cases[k].id, cases[k].uri);
    if (strstr(problem.text, cases[k].says) == NULL)
      fail_msg("%s says: %s", cases[k].uri, problem.text);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(identify_reads_serial_and_calibration),
      cmocka_unit_test(configure_and_start_send_the_documented_bytes),
      cmocka_unit_test(the_small_ones_pace_each_sample),
      cmocka_unit_test(self_test_finds_a_lost_sample),
      cmocka_unit_test(check_reads_the_status),
      cmocka_unit_test(refusals_silence_and_wrong_calibrations_are_told),
      cmocka_unit_test(samples_go_to_their_places),
      cmocka_unit_test(a_missing_byte_is_noticed_where_it_can_be),
      cmocka_unit_test(rates_and_blocks_follow_the_clock),
      cmocka_unit_test(impossible_demands_name_limit_and_nearest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
