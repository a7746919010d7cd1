/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

/* Two sessions joined by memory, of this library and of libnghttp2: requests of ten fields, answered 200. */

#include <stddef.h>
#include <stdint.h>

/* Fields of a request. */
#define BENCH_FIELDS 10u

typedef struct bench_pair bench_pair;

/* What the two sides counted. A request or answer that is not as sent ends the program. */
typedef struct bench_counts {
    uint64_t requests, answers; /* complete */
} bench_counts;

typedef struct bench_library {
    const char *name;
    bench_pair *(*open)(void);
    /* Send `n` requests at once, and move bytes until all is quiet. */
    void (*exchange)(bench_pair *pair, unsigned n);
    bench_counts (*counts)(const bench_pair *pair);
    void (*close)(bench_pair *pair);
} bench_library;

extern const bench_library bench_ours, bench_theirs;

/* The request, name by name and value by value. */
extern const char *const bench_request[BENCH_FIELDS][2];

#endif
