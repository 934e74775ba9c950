/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "number.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* gcc and clang offer it on every 64-bit Linux; 53 bits of mantissa times 10^9 need 83. */
__extension__ typedef unsigned __int128 wide_uint;

enum {
  MANTISSA_BITS = 52,
  EXPONENT_OF_ONE = 1075, /* biased exponent with which the 53-bit mantissa is an integer */
  FAST_DECIMALS = 9,
  DIGITS_MAX = 20, /* of 2^64 */
};

static const uint64_t power_of_ten[FAST_DECIMALS + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
};

/* 10^22 is the last power of ten that a binary64 holds exactly; fifteen are used here. */
static const double exact_power_of_ten[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

static const char two_digits[] = "00010203040506070809"
                                 "10111213141516171819"
                                 "20212223242526272829"
                                 "30313233343536373839"
                                 "40414243444546474849"
                                 "50515253545556575859"
                                 "60616263646566676869"
                                 "70717273747576777879"
                                 "80818283848586878889"
                                 "90919293949596979899";

/* Decimal digits of `value`, ending at `end`; returns where they begin. */
static char *digits_backward(uint64_t value, char *end)
{
  while (value >= 100) {
    uint64_t rest = value / 100;
    end -= 2;
    memcpy(end, two_digits + 2 * (value - 100 * rest), 2);
    value = rest;
  }
  if (value >= 10) {
    end -= 2;
    memcpy(end, two_digits + 2 * value, 2);
  } else {
    *--end = (char)('0' + value);
  }
  return end;
}

/* `scaled` / 10^decimals as text, with leading zeros up to the digit before the point. */
static size_t write_scaled(uint64_t scaled, int decimals, bool negative, char *ret_text)
{
  char digits[DIGITS_MAX + STANCE_NUMBER_DECIMALS_MAX];
  char *end = digits + sizeof digits;
  char *begin = digits_backward(scaled, end);
  while (end - begin <= decimals)
    *--begin = '0';
  char *out = ret_text;
  if (negative)
    *out++ = '-';
  size_t whole = (size_t)(end - begin) - (size_t)decimals;
  memcpy(out, begin, whole);
  out += whole;
  if (decimals > 0) {
    *out++ = '.';
    memcpy(out, begin + whole, (size_t)decimals);
    out += decimals;
  }
  *out = '\0';
  return (size_t)(out - ret_text);
}

static size_t print_fixed(double value, int decimals, char *ret_text)
{
  return (size_t)snprintf(ret_text, STANCE_NUMBER_SIZE, "%.*f", decimals, value);
}

size_t stance_number_fixed(double value, int decimals, char *ret_text)
{
  if (isnan(value)) {
    ret_text[0] = '\0';
    return 0;
  }
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  int biased = (int)(bits >> MANTISSA_BITS & 0x7ff);
  int shift = EXPONENT_OF_ONE - biased;
  /* At 2^52 and above there is no fraction, and such numbers are rare: printf may have them. So may
     subnormals, whose mantissa has no hidden bit. */
  if (decimals > FAST_DECIMALS || shift <= 0 || (biased == 0 && value != 0))
    return print_fixed(value, decimals, ret_text);
  bool negative = bits >> 63 != 0;
  /* Below 2^-31 the value times 10^9 is below one half. 53 + 30 bits and the shift fit 128. */
  if (shift > 53 + 31)
    return write_scaled(0, decimals, negative, ret_text);
  uint64_t mantissa = (bits & ((UINT64_C(1) << MANTISSA_BITS) - 1)) | UINT64_C(1) << MANTISSA_BITS;
  wide_uint product = (wide_uint)mantissa * power_of_ten[decimals];
  wide_uint scaled = product >> shift;
  if (scaled >> 63 != 0)
    return print_fixed(value, decimals, ret_text);
  wide_uint remainder = product - (scaled << shift);
  wide_uint half = (wide_uint)1 << (shift - 1);
  uint64_t nearest = (uint64_t)scaled;
  if (remainder > half || (remainder == half && (nearest & 1) != 0))
    nearest++;
  return write_scaled(nearest, decimals, negative, ret_text);
}

/* True with text when some decimal of at most 15 digits and 15 places is the value. Product and
   quotient are each correctly rounded and the integer is exact, so that equality means that
   strtod of the same digits gives the same value. */
static bool shortest_plain(double value, size_t *ret_length, char *ret_text)
{
  double magnitude = fabs(value);
  for (int decimals = 0; decimals <= 15; decimals++) {
    double scaled = magnitude * exact_power_of_ten[decimals];
    if (!(scaled < 1e15))
      return false;
    double nearest = nearbyint(scaled);
    if (nearest / exact_power_of_ten[decimals] == magnitude) {
      *ret_length = write_scaled((uint64_t)nearest, decimals, signbit(value) != 0, ret_text);
      return true;
    }
  }
  return false;
}

size_t stance_number_shortest(double value, char *ret_text)
{
  size_t length = 0;
  ret_text[0] = '\0';
  if (isnan(value) || shortest_plain(value, &length, ret_text))
    return length;
  /* Fifteen digits and less always survive, but subnormals hold fewer. */
  for (int digits = fabs(value) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
    length = (size_t)snprintf(ret_text, STANCE_NUMBER_SIZE, "%.*g", digits, value);
    if (strtod(ret_text, NULL) == value)
      break;
  }
  return length;
}

size_t stance_number_unsigned(uint64_t value, char *ret_text)
{
  return write_scaled(value, 0, false, ret_text);
}
