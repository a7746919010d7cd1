/* SPDX-License-Identifier: MIT */
#ifndef H2BENCH_PATTERN_H
#define H2BENCH_PATTERN_H

/* The bytes that are sent and compared. */

#include <stdint.h>

#define CHUNK_BYTES 65536u
/* A prime: no loss or swap of round sizes leaves the pattern as it was. */
#define PATTERN_BYTES 1048583u

/* What comes back differs from what was sent, or is missing. */
enum { BENCH_DIFFERS = 6 };

/* Pseudo-random bytes, repeated for ever; CHUNK_BYTES more than a period, so that a chunk may begin anywhere. */
extern uint8_t bench_pattern[PATTERN_BYTES + CHUNK_BYTES];
void bench_pattern_fill(void);

#endif
