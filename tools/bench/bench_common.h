/* SPDX-License-Identifier: MIT */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

/* What the bench programs share: clocks, a pattern to compare by, one way to fail. */

#include <stddef.h>
#include <stdint.h>

/* Print the program's name and one sentence, and exit with 1: a figure of work that went wrong is none. */
__attribute__((format(printf, 1, 2), noreturn)) void bench_die(const char *format, ...);

/* Nanoseconds of the clock, and of this process's work on all threads. */
uint64_t bench_now_ns(void);
uint64_t bench_cpu_ns(void);

/* `text` as a number from 1 to `max`, or the end of the program. */
uint64_t bench_number(const char *text, uint64_t max);

/* BENCH_CHUNK octets of an endless pseudo-random pattern, from `offset` on. */
#define BENCH_CHUNK 65536u
const uint8_t *bench_pattern(uint64_t offset);

#endif
