/* SPDX-License-Identifier: MIT */
#include "hpack_int.h"
#include "hpack.h"

hpack_int_status hpack_int_next(uint32_t *value, uint8_t *shift, uint8_t octet) {
    /* At most 255 + 2^28 - 1: the sum cannot wrap. */
    *value += (uint32_t)(octet & 0x7fu) << *shift;
    *shift = (uint8_t)(*shift + 7u);
    if (*value > HPACK_MAX_INTEGER) return HPACK_INT_BAD;
    if (!(octet & 0x80u)) return HPACK_INT_DONE;
    return *shift < 7u * HPACK_INT_CONTINUATIONS ? HPACK_INT_MORE : HPACK_INT_BAD;
}

uint8_t *hpack_int_write(uint8_t *out, unsigned first, uint32_t value) {
    uint8_t flags = (uint8_t)(first >> 8), most = (uint8_t)first;

    if (value < most) {
        *out++ = (uint8_t)(flags | value);
        return out;
    }
    *out++ = (uint8_t)(flags | most);
    for (value -= most; value > 0x7fu; value >>= 7) *out++ = (uint8_t)(value | 0x80u);
    *out++ = (uint8_t)value;
    return out;
}
