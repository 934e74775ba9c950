/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC-16/IBM-SDLC, also known as CRC-16/X.25 (ISO/IEC 13239; HDLC): polynomial 1021, all ones at
   the start, bits reflected, inverted at the end. Of "123456789" it is 906E. */
#ifndef STANCE_CRC16_H
#define STANCE_CRC16_H

#include <stddef.h>
#include <stdint.h>

/* USB safe. */
uint16_t stance_crc16(const uint8_t *bytes, size_t count);

#endif
