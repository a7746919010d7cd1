/* SPDX-License-Identifier: MIT */
/*
 * Encoding Huffman strings (hpack_huffman.c): strings of any octets, of every length up to LONGEST. What is written
 * lies within the length and HPACK_HUFFMAN_SLACK, and the end of a coded string before the string's length.
 *
 * Assumed: a string of LONGEST octets stands for any longer one. The code looks at no length, but at whether the end of
 * the string, or of what may be written, is reached.
 */
#include "prove.h"

#include "hpack_huffman.h"

#ifdef H2_SMALL
/*@ requires \valid(code);
    assigns \result, *code \from octet;
    ensures 5 <= \result <= 30 && \initialized(code) && *code < (1 << 30); */
static unsigned hpack_huffman_code(uint8_t octet, uint32_t *code);
#else
struct hpack_codes;
static struct hpack_codes prove_four_call(const uint8_t *s);
static unsigned prove_before_call(unsigned count);
static unsigned prove_length_call(uint8_t octet);
#endif

#include "encode_marked.c"

#define LONGEST 12u

static char string[LONGEST];
static uint8_t output[LONGEST + HPACK_HUFFMAN_SLACK];

/* With nothing behind what may be written. */
static void encode(const char *from, size_t len) {
    uint8_t *out = output + LONGEST - len;
    const uint8_t *end = hpack_huffman_encode(out, from, len);
    size_t size = end ? (size_t)(end - out) : 0;

    /*@ check end == \null || len > 0; */
    /*@ check size == 0 || size < len; */
}

void prove_encode(void) {
    any_octets(string, LONGEST);
    for (size_t len = 0; len <= LONGEST; len++) {
        if (len <= 4) encode(string, len);
        encode(string + LONGEST - len, len);
    }
}

#ifdef H2_SMALL

void prove_code(void) {
    for (unsigned octet = 0; octet <= UINT8_MAX; octet++) {
        uint32_t code;
        unsigned bits = hpack_huffman_code((uint8_t)octet, &code);

        /*@ check 5 <= bits <= 30 && code < (1 << bits); */
    }
}

#else

/* What is proven of the four codes: where one before the last ends is five bits at least before the last one's end. */
static hpack_codes prove_four_call(const uint8_t *s) {
    /*@ check \valid_read(s + (0 .. 3)); */
    return (hpack_codes){any_u64(0, UINT64_MAX), any_u32(0, UINT32_MAX), any_u32(4 * 5, 4 * 30)};
}

static unsigned prove_before_call(unsigned count) {
    return any_u32(0, count - 5);
}

static unsigned prove_length_call(uint8_t octet) {
    (void)octet;
    return any_u32(5, 30);
}

static void four_of(const uint8_t *s) {
    hpack_codes four = hpack_huffman_four(s);

    /*@ check 20 <= four.count <= 120; */
    for (unsigned rest = 1; rest <= 4; rest++) {
        unsigned before = four.before >> 8 * (4 - rest) & 0xff;
        /*@ check before + 5 <= four.count; */
    }
}

/* Where codes end are sums of their lengths: a code of every length at every place, the others being of the shortest
 * and the longest. */
void prove_four(void) {
    static const uint8_t ends[] = {'0', '\n'};
    bool seen[31] = {false};
    uint8_t s[4];

    /*@ check (uint8_t)hpack_huffman_codes['0'] == 5 && (uint8_t)hpack_huffman_codes['\n'] == 30; */
    for (unsigned octet = 0; octet <= UINT8_MAX; octet++) {
        uint8_t length = (uint8_t)hpack_huffman_codes[octet];

        /*@ check 5 <= length <= 30; */
        if (seen[length]) continue;
        seen[length] = true;
        for (unsigned place = 0; place < 4; place++)
            for (unsigned others = 0; others < 8; others++) {
                for (unsigned at = 0, bit = 0; at < 4; at++)
                    s[at] = at == place ? (uint8_t)octet : ends[others >> bit++ & 1];
                four_of(s);
            }
    }
}

#endif
