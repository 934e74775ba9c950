/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 against the examples of FIPS 180-4 (NIST, "SHA256.pdf"), and what is added to it. */
#include "digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static void known_answers(void **state)
{
  (void)state;
  static const struct {
    const char *text, *expected;
  } cases[] = {
      {"abc", of_abc},
      {"", of_nothing},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
  };
  struct stance_digest *digest;
  char hex[STANCE_DIGEST_HEX_SIZE];
  assert_int_equal(stance_digest_create(&digest), STANCE_OK);
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    stance_digest_add(digest, cases[k].text, strlen(cases[k].text));
    stance_digest_finish(digest, hex);
    assert_string_equal(hex, cases[k].expected);
  }
  char thousand[1000];
  memset(thousand, 'a', sizeof thousand);
  for (int k = 0; k < 1000; k++)
    stance_digest_add(digest, thousand, sizeof thousand);
  stance_digest_finish(digest, hex);
  assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  stance_digest_destroy(digest);
}

static void texts_do_not_run_together(void **state)
{
  (void)state;
  static const char *const cases[][2] = {{"ab", "c"}, {"a", "bc"}, {NULL, "c"}, {"", "c"}};
  char hex[4][STANCE_DIGEST_HEX_SIZE];
  struct stance_digest *digest;
  assert_int_equal(stance_digest_create(&digest), STANCE_OK);
  for (size_t k = 0; k < 4; k++) {
    stance_digest_add_text(digest, cases[k][0]);
    stance_digest_add_text(digest, cases[k][1]);
    stance_digest_finish(digest, hex[k]);
    for (size_t other = 0; other < k; other++)
      assert_string_not_equal(hex[k], hex[other]);
  }
  stance_digest_destroy(digest);
}

static void numbers_are_the_same_on_every_machine(void **state)
{
  (void)state;
  static const unsigned char bytes[8] = {0x08, 7, 6, 5, 4, 3, 2, 1};
  char of_number[STANCE_DIGEST_HEX_SIZE], of_bytes[STANCE_DIGEST_HEX_SIZE];
  struct stance_digest *digest;
  assert_int_equal(stance_digest_create(&digest), STANCE_OK);
  stance_digest_add_number(digest, UINT64_C(0x0102030405060708));
  stance_digest_finish(digest, of_number);
  stance_digest_add(digest, bytes, sizeof bytes);
  stance_digest_finish(digest, of_bytes);
  assert_string_equal(of_number, of_bytes);
  stance_digest_destroy(digest);
}

static void files_are_what_sha256sum_says(void **state)
{
  (void)state;
  char path[] = "/tmp/stance-digest-XXXXXX", hex[STANCE_DIGEST_HEX_SIZE] = "untouched";
  struct stance_problem problem = {""};
  const int file = mkstemp(path);
  assert_int_equal(write(file, "abc", 3), 3);
  close(file);
  assert_int_equal(stance_digest_file(path, hex, &problem), STANCE_OK);
  assert_string_equal(hex, of_abc);
  unlink(path);
  strcpy(hex, "untouched");
  assert_int_equal(stance_digest_file(path, hex, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, path));
  assert_string_equal(hex, "untouched");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_answers),
      cmocka_unit_test(texts_do_not_run_together),
      cmocka_unit_test(numbers_are_the_same_on_every_machine),
      cmocka_unit_test(files_are_what_sha256sum_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
