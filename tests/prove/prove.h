/* SPDX-License-Identifier: MIT */
#ifndef PROVE_H
#define PROVE_H

/* Values of which nothing is known, for the analyser. */

#include <__fc_builtin.h>
#include <stddef.h>
#include <stdint.h>

static inline uint32_t any_u32(uint32_t least, uint32_t most) {
    return Frama_C_unsigned_int_interval(least, most);
}

static inline uint64_t any_u64(uint64_t least, uint64_t most) {
    return Frama_C_unsigned_long_long_interval(least, most);
}

static inline uint8_t any_u8(void) {
    return (uint8_t)any_u32(0, UINT8_MAX);
}

static inline uint16_t any_u16(void) {
    return (uint16_t)any_u32(0, UINT16_MAX);
}

static inline void any_octets(void *octets, size_t n) {
    Frama_C_make_unknown((char *)octets, n);
}

#endif
