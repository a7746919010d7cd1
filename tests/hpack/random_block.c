/* SPDX-License-Identifier: MIT */
#include "random_block.h"

#include "hpack_int.h"
#include "hpack_static.h"
#include "small_huffman.h"

static uint8_t *random_string(uint32_t *seed, uint8_t *out, size_t usual) {
    char string[RANDOM_STRING_MAX];
    uint32_t dice = test_random(seed) % 1000;
    size_t most = dice < 5 ? RANDOM_STRING_MAX : dice < 100 ? usual * 4 : usual;
    size_t len = test_random(seed) % (most < RANDOM_STRING_MAX ? most + 1 : RANDOM_STRING_MAX);
    size_t i;

    for (i = 0; i < len; i++)
        string[i] = (char)(dice % 10 == 0 ? test_random(seed) : (uint32_t)'a' + test_random(seed) % 26);
    if (dice % 2) {
        static uint8_t coded[4 * RANDOM_STRING_MAX];
        size_t size = plain_huffman_encode(coded, string, len);

        out = hpack_int_write(out, HPACK_INT_FIRST(0x80, 0x7f), (uint32_t)size);
        memcpy(out, coded, size);
        return out + size;
    }
    out = hpack_int_write(out, HPACK_INT_FIRST(0, 0x7f), (uint32_t)len);
    memcpy(out, string, len);
    return out + len;
}

size_t random_block(uint32_t *seed, uint8_t *out, unsigned fields, uint32_t entries, size_t usual) {
    static const struct {
        uint8_t flags;
        uint8_t prefix;
    } literals[] = {{0x40, 0x3f}, {0x40, 0x3f}, {0x00, 0x0f}, {0x10, 0x0f}};
    uint8_t *at = out;
    unsigned count = test_random(seed) % (fields + 1);

    while (count-- > 0 && at < out + RANDOM_BLOCK_MAX / 2) {
        uint32_t kind = test_random(seed) % 8;
        uint32_t index = test_random(seed) % (HPACK_STATIC_COUNT + entries) + 1;

        if (kind < 3) {
            at = hpack_int_write(at, HPACK_INT_FIRST(0x80, 0x7f), index);
            continue;
        }
        if (kind % 2) index = 0;
        kind = test_random(seed) % 4;
        at = hpack_int_write(at, HPACK_INT_FIRST(literals[kind].flags, literals[kind].prefix), index);
        if (index == 0) at = random_string(seed, at, usual);
        at = random_string(seed, at, usual);
    }
    return (size_t)(at - out);
}
