/* SPDX-License-Identifier: MIT */
#include "hpack_huffman.c"
#include "prove.h"

static uint8_t in[16];
static char out[64];

/* The least code of `bits` bits that is no whole code, nor begins with one: what may be left of a string. The greatest
 * is all ones. */
static uint32_t least_pending(unsigned bits) {
    const hpack_huffman_row *row = hpack_huffman_rows;

    while (row->bits <= bits) row++;
    return row->first >> (row->bits - bits);
}

/* One turn of the fast loop, from any bits: each symbol takes five bits at least, and no more than nine octets are
 * touched. */
static void turn(unsigned left) {
    uint64_t bits = any_u64(0, UINT64_MAX);
    const uint8_t *at = in;
    unsigned n = left;
    char *end;

    end = hpack_huffman_run(&bits, &n, &at, in + 8, out);
    if (!end) return;
    //@ split n;
    //@ split at - in;
    Frama_C_show_each_turn(left, n, at - in, end - out);
    /*@ check 5 * (end - out) <= 8 * (at - in) + left - n; */
}

void prove_turn(void) {
    any_octets(in, sizeof in);
    //@ loop unroll 64;
    for (unsigned left = 0; left < 64; left++) turn(left);
}
