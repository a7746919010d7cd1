/* SPDX-License-Identifier: MIT */
/*
 * Requests a second through two sessions in memory, beside libnghttp2.
 * usage: session ROUNDS REQUESTS [NAME]   only the library NAME
 */
#include <stdio.h>
#include <string.h>
#include "bench_common.h"
#include "bench_session.h"

/* Requests under way at once. */
#define BATCH 32u

static double measure(const bench_library *library, uint64_t requests) {
    bench_pair *pair = library->open();
    uint64_t start = bench_cpu_ns();
    for (uint64_t i = 0; i < requests; i += BATCH) library->exchange(pair, BATCH);
    uint64_t spent = bench_cpu_ns() - start;
    bench_counts counts = library->counts(pair);
    if (counts.requests != requests || counts.answers != requests)
        bench_die("%s: %llu requests and %llu answers of %llu", library->name, (unsigned long long)counts.requests,
                  (unsigned long long)counts.answers, (unsigned long long)requests);
    library->close(pair);
    return (double)requests * 1e9 / (double)spent;
}

int main(int argc, char **argv) {
    static const bench_library *const libraries[] = {&bench_ours, &bench_theirs};
    if (argc != 3 && argc != 4) bench_die("usage: session ROUNDS REQUESTS [NAME]");
    uint64_t rounds = bench_number(argv[1], 1000);
    uint64_t requests = (bench_number(argv[2], 1u << 30) + BATCH - 1) / BATCH * BATCH;
    for (uint64_t round = 0; round < rounds; round++) {
        for (int i = 0; i < 2; i++) {
            const bench_library *l = libraries[i];
            if (argc == 3 || strcmp(argv[3], l->name) == 0) printf("session.%s %.0f\n", l->name, measure(l, requests));
        }
    }
    return 0;
}
