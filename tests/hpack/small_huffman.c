/* SPDX-License-Identifier: MIT */
/* The Huffman code built for small tables, beside the one of the library, under names of its own. */
#ifndef H2_SMALL
#define H2_SMALL
#endif
#define hpack_huffman_decode small_huffman_decode
#define hpack_huffman_encode small_huffman_encode

#include "hpack_huffman.c"
#include "small_huffman.h"

size_t plain_huffman_encode(uint8_t *out, const char *string, size_t len) {
    size_t bits = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        uint32_t code;
        unsigned count = hpack_huffman_code((uint8_t)string[i], &code);

        for (; count-- > 0; bits++) {
            if (bits % 8 == 0) out[bits / 8] = 0xff;
            if (!(code >> count & 1u)) out[bits / 8] &= (uint8_t) ~(0x80u >> bits % 8);
        }
    }
    return (bits + 7) / 8;
}
