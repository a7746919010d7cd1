/* SPDX-License-Identifier: MIT */
/*
 * How the cost of an operation grows with the number of open streams, and of sessions.
 * usage: growth [OPERATIONS]     100,000 by default
 * Prints nanoseconds of processor time of each, both engines together.
 */
#include <stdio.h>
#include <stdlib.h>
#include "bench_common.h"
#include "bench_engines.h"

static const uint32_t sizes[] = {1, 10, 100, 1000, 10000};
#define SIZES (sizeof sizes / sizeof *sizes)

typedef enum operation { ECHO, REQUEST, PING, BLOCKED_PING, TICK } operation;

static void operate(bench_engines *e, operation what, uint32_t streams, uint64_t i) {
    switch (what) {
    case ECHO: bench_engines_echo(e, (uint32_t)(i % streams)); break;
    case REQUEST: bench_engines_request(e); break;
    case PING:
    case BLOCKED_PING: bench_engines_ping(e); break;
    /* As often as messages come: ten thousand a second. */
    case TICK: bench_engines_tick(e, 1 + i / 10); break;
    }
}

/* PINGs are charged: time passes, so that the ledger refills. */
static void refill(bench_engines *e, operation what, uint64_t i) {
    if ((what == PING || what == BLOCKED_PING) && i % 1000 == 0) bench_engines_tick(e, 2 + i);
}

static double by_streams(operation what, uint32_t streams, uint64_t count) {
    bench_engines *e = bench_engines_open(streams);
    if (what == BLOCKED_PING) bench_engines_block(e);
    uint64_t start = 0;
    /* A round over all streams first, not measured. */
    for (uint64_t i = 0; i < streams + count; i++) {
        if (i == streams) start = bench_cpu_ns();
        refill(e, what, i);
        operate(e, what, streams, i);
    }
    uint64_t spent = bench_cpu_ns() - start;
    bench_engines_close(e);
    return (double)spent / (double)count;
}

static double by_sessions(uint32_t sessions, uint64_t count) {
    bench_engines **e = malloc(sessions * sizeof(bench_engines *));
    if (!e) bench_die("out of memory");
    for (uint32_t i = 0; i < sessions; i++) e[i] = bench_engines_open(1);
    for (uint32_t i = 0; i < sessions; i++) bench_engines_echo(e[i], 0);
    uint64_t start = bench_cpu_ns();
    for (uint64_t i = 0; i < count; i++) bench_engines_echo(e[i % sessions], 0);
    uint64_t spent = bench_cpu_ns() - start;
    for (uint32_t i = 0; i < sessions; i++) bench_engines_close(e[i]);
    free(e);
    return (double)spent / (double)count;
}

int main(int argc, char **argv) {
    static const struct {
        operation what;
        const char *name;
    } rows[] = {{ECHO, "echo of 64 B"},
                {REQUEST, "request and answer"},
                {PING, "PING"},
                {BLOCKED_PING, "PING, all streams blocked"},
                {TICK, "tick"}};
    uint64_t count = argc > 1 ? bench_number(argv[1], 100000000) : 100000;
    printf("%-28s", "ns each, open streams:");
    for (size_t i = 0; i < SIZES; i++) printf("%9u", sizes[i]);
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        printf("\n%-28s", rows[row].name);
        for (size_t i = 0; i < SIZES; i++) printf("%9.0f", by_streams(rows[row].what, sizes[i], count));
    }
    printf("\n%-28s", "echo of 64 B, by sessions");
    for (size_t i = 0; i + 1 < SIZES; i++) printf("%9.0f", by_sessions(sizes[i], count));
    putchar('\n');
    return 0;
}
