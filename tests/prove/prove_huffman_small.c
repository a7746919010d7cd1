/* SPDX-License-Identifier: MIT */
/*
 * Decoding Huffman strings with H2_SMALL, by induction over bits. What is read so far is a code that is not complete,
 * and all of the state follows from it; another bit leads to such a state, or to a symbol, or to EOS. prove.sh makes
 * huffman_marked.c, in which the loop stops after the first bit of an octet.
 */
#include "prove.h"
static void after_bit(uint32_t prefix, uint32_t above, uint32_t rank, unsigned bits);
#define PROVE_BIT                                                                                                      \
    if (len > 0 && in == end && left == 7) after_bit(prefix, above, rank, bits);
#define PROVE_CALLS
#include "huffman_marked.c"

#define LENGTHS 30u

/* By length: the first code, the rank of its symbol, and the least bits that are no whole code nor begin with one. */
static uint32_t first_code[LENGTHS + 1], first_rank[LENGTHS + 1], least[LENGTHS + 1];

/*@ assigns \nothing; ensures \false; */
void stop(void);

static void after_bit(uint32_t prefix, uint32_t above, uint32_t rank, unsigned bits) {
    /*@ check bits < 30; */
    uint32_t end = (uint32_t)1 << bits;
    /*@ check least[bits] <= prefix < end; */
    /*@ check rank == first_rank[bits] && above == prefix - least[bits]; */
    stop();
}

static void find_codes(void) {
    for (unsigned bits = 0; bits < LENGTHS; bits++) {
        first_rank[bits + 1] = first_rank[bits] + hpack_huffman_counts[bits];
        least[bits + 1] = 2 * least[bits] + hpack_huffman_counts[bits];
    }
    /*@ check least[30] == (1 << 30) && first_rank[30] == 257; */
}

static void bit_after(unsigned bits, uint32_t held, uint32_t bit) {
    char out[1];
    uint8_t in[1] = {(uint8_t)(bit << 7 | any_u32(0, 127))}, code_bits = (uint8_t)bits;
    uint32_t code = held;
    hpack_huffman_decode(&code, &code_bits, in, 1, out);
}

/* Either way on, although a call stops. */
void prove_bits(void) {
    find_codes();
    for (unsigned bits = 0; bits < LENGTHS; bits++)
        for (uint32_t held = least[bits]; held < (uint32_t)1 << bits; held++) {
            if (any_u32(0, 1)) bit_after(bits, held, 0);
            if (any_u32(0, 1)) bit_after(bits, held, 1);
        }
}

/* No octets: the state is what it was. */
void prove_nothing(void) {
    find_codes();
    for (unsigned bits = 0; bits < LENGTHS; bits++)
        for (uint32_t held = least[bits]; held < (uint32_t)1 << bits; held++) {
            uint8_t code_bits = (uint8_t)bits;
            uint32_t code = held;
            size_t written = hpack_huffman_decode(&code, &code_bits, NULL, 0, NULL);
            /*@ check written == 0 && code == held && code_bits == bits; */
        }
}
