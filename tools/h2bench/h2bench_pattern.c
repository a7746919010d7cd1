/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>
#include "h2bench_pattern.h"

#define PATTERN_SEED 0x9e3779b97f4a7c15u

uint8_t bench_pattern[PATTERN_BYTES + CHUNK_BYTES];

void bench_pattern_fill(void) {
    uint64_t x = PATTERN_SEED; /* xorshift64 */
    for (size_t i = 0; i < PATTERN_BYTES; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        bench_pattern[i] = (uint8_t)(x >> 32);
    }
    memcpy(bench_pattern + PATTERN_BYTES, bench_pattern, CHUNK_BYTES);
}
