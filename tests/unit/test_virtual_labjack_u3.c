/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual LabJack U3 against packets of a real one. */
#include "reference_data.h"
#include "virtual_labjack.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bench {
  struct stance_virtual_device *device;
  uint8_t response[64];
  int length;
};

static struct bench plug_in(const struct stance_virtual_kind *kind, const char *serial)
{
  struct bench bench = {0};
  struct stance_problem problem = {""};

  if (stance_virtual_device_create(kind, serial, NULL, &bench.device, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  bench.device->clock.speed = (double)INFINITY;
  return bench;
}

static void ask(struct bench *bench, const uint8_t *command, size_t length)
{
  assert_int_equal(bench->device->kind->bulk_out(bench->device, 0x01, command, length),
                   (int)length);
  bench->length = bench->device->kind->bulk_in(bench->device, 0x82, bench->response, 64);
}

/* Sums written out as the vendor words them, apart from the simulator's. */
static void sign(uint8_t *bytes, size_t length)
{
  unsigned sum = 0;

  for (size_t k = 6; k < length; k++)
    sum += bytes[k];
  bytes[4] = (uint8_t)(sum % 256);
  bytes[5] = (uint8_t)(sum / 256);
  sum = 0;
  for (size_t k = 1; k < 6; k++)
    sum += bytes[k];
  sum = sum / 256 + sum % 256;
  sum = sum / 256 + sum % 256;
  bytes[0] = (uint8_t)sum;
}

static void assert_signed(const uint8_t *bytes, size_t length)
{
  uint8_t copy[64];

  memcpy(copy, bytes, length);
  sign(copy, length);
  assert_memory_equal(copy, bytes, length);
}

/* Every packet that an elastic clock gives until it waits. */
static int next_packet(struct bench *bench, uint8_t packet[64])
{
  int length = -EAGAIN;

  /* A skipped packet leaves less than one: more is sampled then. */
  for (int k = 0; k < 3 && length == -EAGAIN; k++) {
    bench->device->kind->advance(bench->device);
    length = bench->device->kind->bulk_in(bench->device, 0x83, packet, 64);
    stance_virtual_clock_settle(&bench->device->clock);
  }
  return length;
}

/* {"sent": [..], "response": [..]}: numbers after the key, up to the bracket. */
static size_t read_list(const char **at, const char *key, uint8_t list[64])
{
  size_t count = 0;

  *at = strstr(*at, key);
  if (*at == NULL)
    return 0;
  for (*at = strchr(*at, '[') + 1; **at != ']';) {
    char *end;
    const unsigned long number = strtoul(*at, &end, 10);
    if (end == *at) {
      (*at)++;
      continue;
    }
    assert_true(count < 64);
    list[count++] = (uint8_t)number;
    *at = end;
  }
  return count;
}

/* What a real U3 had measured and counted when it gave these answers. */
static void set_the_scene(struct stance_virtual_device *device, const uint8_t *response)
{
  struct stance_virtual_labjack *u3 = device->state;
  const uint32_t word = (uint32_t)response[9] | (uint32_t)response[10] << 8 |
                        (uint32_t)response[11] << 16 | (uint32_t)response[12] << 24;

  u3->timer[0] = u3->timer[1] = u3->counter[0] = u3->counter[1] = word;
}

static void test_a_u3_answers_as_a_real_one_did(void **state)
{
  static char text[1 << 16];
  const char *path = reference_path("labjack_u3_packets/pairs.json");
  FILE *file = path == NULL ? NULL : fopen(path, "r");
  struct bench bench = plug_in(&stance_virtual_labjack_u3, NULL);
  unsigned pairs = 0;

  (void)state;
  if (file == NULL) {
    stance_virtual_device_destroy(bench.device);
    skip();
  }
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  const char *at = strstr(text, "\"pairs\"");
  for (;;) {
    uint8_t sent[64], response[64];
    const size_t sent_length = read_list(&at, "\"sent\"", sent);
    if (sent_length == 0)
      break;
    const size_t length = read_list(&at, "\"response\"", response);
    set_the_scene(bench.device, response);
    ask(&bench, sent, sent_length);
    assert_int_equal(bench.length, (int)length);
    assert_signed(bench.response, length);
    if (sent[3] == 0x00 && sent[7] == 1) { /* AIN: the voltage was theirs, the echo is ours */
      assert_memory_equal(bench.response + 1, response + 1, 3);
      assert_memory_equal(bench.response + 6, response + 6, 3);
    } else if (sent[6] != response[8] && sent[3] == 0x00) {
      /* The transcripts' instrument was not in step with itself: two answers carry another echo. */
      assert_int_equal(bench.response[8], sent[6]);
    } else {
      assert_memory_equal(bench.response, response, length);
    }
    pairs++;
  }
  assert_int_equal(pairs, 26);
  stance_virtual_device_destroy(bench.device);
}

static void test_the_u3_takes_its_own_stream_config(void **state)
{
  static const uint8_t start[] = {0xa8, 0xa8};
  struct bench bench = plug_in(&stance_virtual_labjack_u3, NULL);
  uint8_t command[16] = {0, 0xf8, 5, 0x11, 0, 0, 2, 20, 0, 0, 0xd0, 0x07, 0, 31, 1, 31};
  uint8_t packet[64];

  (void)state;
  sign(command, sizeof command);
  ask(&bench, command, sizeof command);
  assert_int_equal(bench.length, 8);
  assert_int_equal(bench.response[6], 0);
  ask(&bench, start, 2);
  assert_int_equal(next_packet(&bench, packet), 14 + 2 * 20);
  assert_int_equal(bench.device->clock.rate_hz, 2000); /* 4 MHz / 2000 */
  stance_virtual_device_destroy(bench.device);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_u3_answers_as_a_real_one_did),
      cmocka_unit_test(test_the_u3_takes_its_own_stream_config),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
