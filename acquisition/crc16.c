/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Eight bytes a step (Kounavis and Berry 2005, "slicing"): a third of the instructions of a byte a
   step, which alone would take two thirds of what a channel sample may cost. */
#include "crc16.h"

/* A remainder is linear: that of a byte is the exclusive or of those of its bits. */
#define IF_BIT(byte, bit, remainder) (((byte) >> (bit)&1) * (remainder))
#define ENTRY(i, a, b, c, d, e, f, g, h)                                             \
  (uint16_t)(IF_BIT(i, 0, a) ^ IF_BIT(i, 1, b) ^ IF_BIT(i, 2, c) ^ IF_BIT(i, 3, d) ^ \
             IF_BIT(i, 4, e) ^ IF_BIT(i, 5, f) ^ IF_BIT(i, 6, g) ^ IF_BIT(i, 7, h))
#define ENTRIES_4(i, ...)                                                          \
  ENTRY(i, __VA_ARGS__), ENTRY((i) + 1, __VA_ARGS__), ENTRY((i) + 2, __VA_ARGS__), \
      ENTRY((i) + 3, __VA_ARGS__)
#define ENTRIES_16(i, ...)                                                                     \
  ENTRIES_4(i, __VA_ARGS__), ENTRIES_4((i) + 4, __VA_ARGS__), ENTRIES_4((i) + 8, __VA_ARGS__), \
      ENTRIES_4((i) + 12, __VA_ARGS__)
#define ENTRIES_64(i, ...)                                       \
  ENTRIES_16(i, __VA_ARGS__), ENTRIES_16((i) + 16, __VA_ARGS__), \
      ENTRIES_16((i) + 32, __VA_ARGS__), ENTRIES_16((i) + 48, __VA_ARGS__)
#define ENTRIES(...)                                                                     \
  ENTRIES_64(0, __VA_ARGS__), ENTRIES_64(64, __VA_ARGS__), ENTRIES_64(128, __VA_ARGS__), \
      ENTRIES_64(192, __VA_ARGS__)

/* residue[k]: of a byte that k more bytes follow. The eight numbers are those of its bits; the
   test computes them bit by bit. */
static const uint16_t residue[8][256] = {
    {ENTRIES(0x1189, 0x2312, 0x4624, 0x8c48, 0x1081, 0x2102, 0x4204, 0x8408)},
    {ENTRIES(0x19d8, 0x33b0, 0x6760, 0xcec0, 0x9591, 0x2333, 0x4666, 0x8ccc)},
    {ENTRIES(0x5adc, 0xb5b8, 0x6361, 0xc6c2, 0x8595, 0x033b, 0x0676, 0x0cec)},
    {ENTRIES(0x1cbb, 0x3976, 0x72ec, 0xe5d8, 0xc3a1, 0x8f53, 0x16b7, 0x2d6e)},
    {ENTRIES(0x0b44, 0x1688, 0x2d10, 0x5a20, 0xb440, 0x6091, 0xc122, 0x8a55)},
    {ENTRIES(0x042b, 0x0856, 0x10ac, 0x2158, 0x42b0, 0x8560, 0x02d1, 0x05a2)},
    {ENTRIES(0x9fd5, 0x37bb, 0x6f76, 0xdeec, 0xb5c9, 0x6383, 0xc706, 0x861d)},
    {ENTRIES(0x81bf, 0x0b6f, 0x16de, 0x2dbc, 0x5b78, 0xb6f0, 0x65f1, 0xcbe2)},
};

uint16_t stance_crc16(const uint8_t *bytes, size_t count)
{
  unsigned crc = 0xffff;

  for (; count >= 8; bytes += 8, count -= 8) {
    crc ^= (unsigned)bytes[0] | (unsigned)bytes[1] << 8;
    crc = residue[7][crc & 0xff] ^ residue[6][crc >> 8] ^ residue[5][bytes[2]] ^
          residue[4][bytes[3]] ^ residue[3][bytes[4]] ^ residue[2][bytes[5]] ^
          residue[1][bytes[6]] ^ residue[0][bytes[7]];
  }
  for (; count > 0; bytes++, count--)
    crc = crc >> 8 ^ residue[0][(crc ^ *bytes) & 0xff];
  return (uint16_t)~crc;
}
