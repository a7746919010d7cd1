/* SPDX-License-Identifier: MIT */
#include "h2bench_fleet.h"

/* Below 2 * STEPS a slot for each number; then STEPS slots for each power of two. */
#define STEPS 64u

static unsigned slot_of(uint64_t us) {
    unsigned shift = 0;
    while (us >> shift >= 2 * STEPS) shift++;
    uint64_t slot = shift * STEPS + (us >> shift);
    return slot < LATENCY_SLOTS ? (unsigned)slot : LATENCY_SLOTS - 1;
}

/* The largest number of a slot. */
static uint64_t top_of(unsigned slot) {
    unsigned shift = slot < 2 * STEPS ? 0 : slot / STEPS - 1;
    return ((uint64_t)(slot - shift * STEPS + 1) << shift) - 1;
}

void latency_add(latency *l, uint64_t us) {
    l->slots[slot_of(us)]++;
    l->count++;
}

uint64_t latency_at(const latency *l, double share) {
    uint64_t seen = 0;
    for (unsigned i = 0; i < LATENCY_SLOTS; i++) {
        seen += l->slots[i];
        if (seen > 0 && (double)seen >= share * (double)l->count) return top_of(i);
    }
    return 0;
}
