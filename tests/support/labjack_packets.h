/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LabJack packets as its documents draw them, made without the decoder's own helpers. */
#ifndef STANCE_TESTS_LABJACK_PACKETS_H
#define STANCE_TESTS_LABJACK_PACKETS_H

#include <stddef.h>
#include <stdint.h>

/* Both checksums of an extended command or packet; of a normal command of `length` bytes. */
void labjack_seal(uint8_t *bytes, size_t length);
void labjack_seal_normal(uint8_t *bytes, size_t length);
/* 14 + 2 · count bytes into `ret_packet`. */
size_t labjack_packet(uint8_t counter, uint8_t error, uint16_t missed, uint8_t backlog,
                      const uint16_t *samples, size_t count, uint8_t *ret_packet);
/* value · 2^32 as it stands in a calibration block. */
void labjack_put_fixed(uint8_t *bytes, double value);

#endif
