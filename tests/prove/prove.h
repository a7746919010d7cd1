/* SPDX-License-Identifier: MIT */
#ifndef PROVE_H
#define PROVE_H

/* Values of which nothing is known, for the analyser. */

#include <stddef.h>
#include <stdint.h>

extern volatile uint32_t prove_any;

static inline uint32_t any_u32(uint32_t least, uint32_t most) {
    uint32_t value = prove_any;
    return value < least ? least : value > most ? most : value;
}

static inline void any_octets(uint8_t *octets, size_t n) {
    for (size_t i = 0; i < n; i++) octets[i] = (uint8_t)prove_any;
}

#endif
