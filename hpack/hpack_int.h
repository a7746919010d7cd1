/* SPDX-License-Identifier: MIT */
#ifndef HPACK_INT_H
#define HPACK_INT_H

/* Prefixed integers (RFC 7541, 5.1). */

#include <stdint.h>

/* Octets after the first that an integer may have: four hold HPACK_MAX_INTEGER. */
#define HPACK_INT_CONTINUATIONS 4u
/* The longest integer written: a first octet and all continuations. */
#define HPACK_INT_MAX_OCTETS (1u + HPACK_INT_CONTINUATIONS)

typedef enum hpack_int_status { HPACK_INT_DONE, HPACK_INT_MORE, HPACK_INT_BAD } hpack_int_status;

/* Read the first octet, of which the low bits set in `most` count: 2^N - 1 for a prefix of N bits, 1 to 8. */
static inline hpack_int_status hpack_int_first(uint32_t *value, uint8_t *shift, uint8_t octet, uint8_t most) {
    *value = octet & most;
    *shift = 0;
    return *value < most ? HPACK_INT_DONE : HPACK_INT_MORE;
}

/* Read an octet after HPACK_INT_MORE. Bad is a value above HPACK_MAX_INTEGER, or more octets than it can need. */
hpack_int_status hpack_int_next(uint32_t *value, uint8_t *shift, uint8_t octet);

/* What the first octet is made of: `flags` above the bits of `most`. */
#define HPACK_INT_FIRST(flags, most) ((unsigned)(flags) << 8 | (most))

/* Write `value`, at most HPACK_MAX_INTEGER, with an HPACK_INT_FIRST. Returns the end. The second is without a call for
 * most values. */
uint8_t *hpack_int_write(uint8_t *out, unsigned first, uint32_t value);
static inline uint8_t *hpack_int_put(uint8_t *out, unsigned first, uint32_t value) {
#ifndef H2_SMALL
    if (value < (first & 0xff)) {
        *out = (uint8_t)(first >> 8 | value);
        return out + 1;
    }
#endif
    return hpack_int_write(out, first, value);
}

#endif
