/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The USB/IP server's protocol: known answers, and peers that send anything at all. */
#include "virtual_usbip.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stance_virtual_device *plug_in(const char *kind)
{
  struct stance_virtual_device *device;
  struct stance_problem problem = {""};

  if (stance_virtual_device_create(stance_virtual_kind_find(kind), NULL, NULL, &device, &problem) !=
      STANCE_OK)
    fail_msg("%s", problem.text);
  device->plugged = true;
  device->clock.speed = (double)INFINITY;
  return device;
}

static void put32(uint8_t *bytes, uint32_t value)
{
  for (int k = 0; k < 4; k++)
    bytes[k] = (uint8_t)(value >> (24 - 8 * k));
}

static uint32_t get32(const uint8_t *bytes)
{
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void header(uint8_t bytes[48], uint32_t command, uint32_t seqnum, uint32_t in,
                   uint32_t endpoint, uint32_t length)
{
  memset(bytes, 0, 48);
  put32(bytes, command);
  put32(bytes + 4, seqnum);
  put32(bytes + 8, 0x10001);
  put32(bytes + 12, in);
  put32(bytes + 16, endpoint);
  put32(bytes + 20, length); /* of an unlink: the victim */
  put32(bytes + 24, length);
}

/* usbip_protocol.rst: RET_SUBMIT has its seqnum, status at 20, length at 24, data behind. */
static void test_a_descriptor_comes_back(void **state)
{
  static const uint8_t setup[8] = {0x80, 6, 0, 1, 0, 0, 18, 0};
  struct stance_virtual_device *device = plug_in("labjack-u6");
  struct stance_usbip_link *link;
  uint8_t request[48];
  size_t count;

  (void)state;
  assert_int_equal(stance_usbip_link_create(device, &link), STANCE_OK);
  header(request, 1, 77, 1, 0, 18);
  put32(request + 20, 0);
  memcpy(request + 40, setup, 8);
  for (size_t k = 0; k < 48; k++) /* a byte at a time */
    assert_true(stance_usbip_link_receive(link, request + k, 1));
  assert_true(stance_usbip_link_deliver(link));
  const uint8_t *answer = stance_usbip_link_output(link, &count);
  assert_int_equal(count, 48 + 18);
  assert_int_equal(get32(answer), 3);
  assert_int_equal(get32(answer + 4), 77);
  assert_int_equal(get32(answer + 20), 0);
  assert_int_equal(get32(answer + 24), 18);
  assert_int_equal(answer[48 + 8] | answer[48 + 9] << 8, 0x0cd5);
  assert_int_equal(answer[48 + 10] | answer[48 + 11] << 8, 0x0006);
  stance_usbip_link_destroy(link);
  stance_virtual_device_destroy(device);
}

/* Nothing is there to read: it waits; unlinked, it is answered by RET_UNLINK −ECONNRESET alone. */
static void test_a_waiting_read_can_be_unlinked(void **state)
{
  struct stance_virtual_device *device = plug_in("labjack-u6");
  struct stance_usbip_link *link;
  uint8_t request[48];
  size_t count;

  (void)state;
  assert_int_equal(stance_usbip_link_create(device, &link), STANCE_OK);
  header(request, 1, 5, 1, 2, 64);
  assert_true(stance_usbip_link_receive(link, request, 48));
  assert_false(stance_usbip_link_deliver(link));
  stance_usbip_link_output(link, &count);
  assert_int_equal(count, 0);
  for (uint32_t again = 0; again < 2; again++) { /* the second time it is gone already: status 0 */
    header(request, 2, 6 + again, 0, 0, 5);
    assert_true(stance_usbip_link_receive(link, request, 48));
    const uint8_t *answer = stance_usbip_link_output(link, &count);
    assert_int_equal(count, 48);
    assert_int_equal(get32(answer), 4);
    assert_int_equal(get32(answer + 4), 6 + again);
    assert_int_equal((int32_t)get32(answer + 20), again == 0 ? -ECONNRESET : 0);
    stance_usbip_link_sent(link, count);
  }
  stance_usbip_link_destroy(link);
  stance_virtual_device_destroy(device);
}

/* 48 bytes ask for a megabyte: a peer that goes on asking is refused before memory is. */
static void test_no_peer_takes_all_memory(void **state)
{
  struct stance_virtual_device *device = plug_in("labjack-u6");
  struct stance_usbip_link *link;
  uint8_t request[48];
  uint32_t taken = 0;

  (void)state;
  assert_int_equal(stance_usbip_link_create(device, &link), STANCE_OK);
  header(request, 1, 0, 1, 2, STANCE_USBIP_TRANSFER_MAX);
  while (taken < STANCE_USBIP_PENDING_MAX && stance_usbip_link_receive(link, request, 48))
    taken++;
  assert_int_equal(taken, STANCE_USBIP_PENDING_BYTES_MAX / STANCE_USBIP_TRANSFER_MAX);
  stance_usbip_link_destroy(link);
  assert_int_equal(stance_usbip_link_create(device, &link), STANCE_OK);
  header(request, 2, 0, 0, 0, 7); /* answered at once, and nobody reads the answers */
  for (taken = 0; taken < 1000000 && stance_usbip_link_receive(link, request, 48);)
    taken++;
  assert_int_equal(taken, STANCE_USBIP_UNREAD_MAX / 48 + 1);
  stance_usbip_link_destroy(link);
  stance_virtual_device_destroy(device);
}

static void test_a_list_names_every_plugged_device(void **state)
{
  static const uint8_t list[8] = {0x01, 0x11, 0x80, 0x05}, other[8] = {0x01, 0x10, 0x80, 0x05};
  struct stance_virtual_device *devices[] = {plug_in("labjack-u6"), plug_in("mcc-204")};
  uint8_t answer[STANCE_USBIP_ANSWER_MAX];
  size_t length;
  unsigned import;

  (void)state;
  devices[1]->number = 2;
  assert_int_equal(stance_usbip_greet(devices, 2, list, 7, answer, &length, &import), 0);
  assert_int_equal(stance_usbip_greet(devices, 2, other, 8, answer, &length, &import), -1);
  assert_int_equal(stance_usbip_greet(devices, 2, list, 8, answer, &length, &import), 8);
  assert_int_equal(length, 12 + 2 * (312 + 4)); /* one interface each */
  assert_int_equal(get32(answer + 8), 2);
  assert_string_equal((const char *)answer + 12 + 256, "1-1");
  assert_int_equal(answer[12 + 300] << 8 | answer[12 + 301], 0x0cd5);
  devices[0]->plugged = false;
  assert_int_equal(stance_usbip_greet(devices, 2, list, 8, answer, &length, &import), 8);
  assert_int_equal(get32(answer + 8), 1);
  uint8_t request[40] = {0x01, 0x11, 0x80, 0x03};
  strcpy((char *)request + 8, "1-2");
  assert_int_equal(stance_usbip_greet(devices, 2, request, 40, answer, &length, &import), 40);
  assert_int_equal(import, 2);
  assert_int_equal(length, 8 + 312);
  for (size_t k = 0; k < 2; k++)
    stance_virtual_device_destroy(devices[k]);
}

static uint64_t random_next(uint64_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Headers that are nearly right reach deeper than noise. */
static size_t make_request(uint64_t *seed, uint8_t *bytes)
{
  static const uint8_t codes[] = {0xb0, 0xa8, 0xf8};
  const uint32_t endpoint = (uint32_t)(random_next(seed) % 5);
  const uint32_t length = (uint32_t)(random_next(seed) % 300);
  const bool in = random_next(seed) % 2 != 0;

  header(bytes, random_next(seed) % 4 == 0 ? 2 : 1, (uint32_t)(random_next(seed) % 64), in,
         endpoint, length);
  for (size_t k = 40; k < 48; k++)
    bytes[k] = (uint8_t)random_next(seed);
  bytes[40] = (uint8_t)((in ? 0x80 : 0) | (random_next(seed) % 2 != 0 ? 0x40 : 0));
  for (size_t k = 48; k < 48 + length; k++)
    bytes[k] = (uint8_t)random_next(seed);
  const uint8_t code = codes[random_next(seed) % 3];
  bytes[48] = bytes[49] = code;
  if (random_next(seed) % 8 == 0) /* and some are wrong */
    bytes[random_next(seed) % 48] ^= (uint8_t)(1U << random_next(seed) % 8);
  return get32(bytes) == 1 && !in ? 48 + length : 48;
}

static void test_no_peer_breaks_the_server(void **state)
{
  const char *text = getenv("STANCE_SEED");
  uint64_t seed = text == NULL ? 20261121 : strtoull(text, NULL, 10) | 1;
  static const char *const kinds[] = {"labjack-u6", "labjack-u3", "mcc-1608fs-plus", "mcc-204"};
  unsigned refused = 0, answered = 0;

  (void)state;
  print_message("seed %llu\n", (unsigned long long)seed);
  for (int peer = 0; peer < 400; peer++) {
    struct stance_virtual_device *device = plug_in(kinds[peer % 4]);
    struct stance_usbip_link *link;
    uint8_t bytes[48 + 300];
    bool good = true;
    assert_int_equal(stance_usbip_link_create(device, &link), STANCE_OK);
    for (int k = 0; k < 200 && good; k++) {
      const size_t count = make_request(&seed, bytes);
      const size_t cut = random_next(&seed) % (count + 1);
      size_t waiting;
      good = stance_usbip_link_receive(link, bytes, cut) &&
             stance_usbip_link_receive(link, bytes + cut, count - cut);
      device->kind->advance(device);
      for (int turn = 0; turn < 4 && good && stance_usbip_link_deliver(link); turn++)
        device->kind->advance(device);
      stance_virtual_clock_settle(&device->clock);
      stance_usbip_link_output(link, &waiting);
      answered += waiting > 0;
      stance_usbip_link_sent(link, waiting);
    }
    refused += !good;
    stance_usbip_link_destroy(link);
    stance_virtual_device_destroy(device);
  }
  assert_true(refused > 10);
  assert_true(answered > 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_descriptor_comes_back),
      cmocka_unit_test(test_a_waiting_read_can_be_unlinked),
      cmocka_unit_test(test_no_peer_takes_all_memory),
      cmocka_unit_test(test_a_list_names_every_plugged_device),
      cmocka_unit_test(test_no_peer_breaks_the_server),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
