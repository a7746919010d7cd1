/* SPDX-License-Identifier: MIT */
#ifndef HPACK_HUFFMAN_H
#define HPACK_HUFFMAN_H

/* Huffman coded strings (RFC 7541, 5.2 and appendix B). H2_SMALL trades speed for tables of half a KiB. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets that hpack_huffman_decode may write to for `len` octets of input: each can complete two symbols, and three
 * more may be touched. */
#define HPACK_HUFFMAN_SPACE(len) (2u * (len) + 3u)
/* The octets of input for which `space` is enough. */
#define HPACK_HUFFMAN_FIT(space) ((space) < 3u ? 0u : ((space)-3u) / 2u)
/* Octets beyond the length of the string that hpack_huffman_encode may write to. */
#define HPACK_HUFFMAN_SLACK 8u
/* The longest code, in bits. */
#define HPACK_HUFFMAN_MAX_BITS 30u

/* Decode `len` octets to `out`, which has HPACK_HUFFMAN_SPACE(len) octets. The bits of a code not yet complete are kept
 * right-aligned in *code, *code_bits of them; both are 0 before a string. Returns the symbols written, at most 2 * len,
 * or SIZE_MAX when the string holds EOS. */
size_t hpack_huffman_decode(uint32_t *code, uint8_t *code_bits, const uint8_t *in, size_t len, char *out);

/* Whether a string may end here: the rest is less than an octet and all ones. */
static inline bool hpack_huffman_may_end(uint32_t code, uint8_t code_bits) {
    return code_bits < 8 && code == (1u << code_bits) - 1u;
}

/* Write the coded `string`. Returns the end, or NULL when it would not be shorter than `len`. In both cases the
 * first len + HPACK_HUFFMAN_SLACK octets at `out` may have been written to. */
uint8_t *hpack_huffman_encode(uint8_t *out, const char *string, size_t len);

#endif
