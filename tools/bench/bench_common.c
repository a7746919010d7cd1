/* SPDX-License-Identifier: MIT */
#include "bench_common.h"
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A prime: no loss or swap of round sizes leaves the pattern as it was. */
#define PATTERN_BYTES 1048583u
#define PATTERN_SEED  0x9e3779b97f4a7c15u

static uint8_t pattern[PATTERN_BYTES + BENCH_CHUNK];
static pthread_once_t pattern_once = PTHREAD_ONCE_INIT;

void bench_die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fflush(stdout);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static uint64_t read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t bench_now_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t bench_cpu_ns(void) {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t bench_number(const char *text, uint64_t max) {
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n == 0 || n > max)
        bench_die("%s is no number from 1 to %llu", text, (unsigned long long)max);
    return n;
}

/* xorshift64 */
static void fill_pattern(void) {
    uint64_t x = PATTERN_SEED;
    for (size_t i = 0; i < PATTERN_BYTES; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        pattern[i] = (uint8_t)(x >> 32);
    }
    memcpy(pattern + PATTERN_BYTES, pattern, BENCH_CHUNK);
}

const uint8_t *bench_pattern(uint64_t offset) {
    pthread_once(&pattern_once, fill_pattern);
    return pattern + offset % PATTERN_BYTES;
}
