/* SPDX-License-Identifier: MIT */
/*
 * The code is canonical: codes of one length are consecutive numbers in the order of their symbols, and every code is
 * greater than all shorter ones when aligned on the left. So a length's first code and the rank of its symbol tell
 * everything about that length, and a prefix that is smaller than the next length's first code is complete.
 */
#include "hpack_huffman.h"

#include <string.h>

#ifndef H2_SMALL
typedef struct hpack_huffman_row {
    uint32_t first;
    uint8_t bits;
    uint8_t rank;
} hpack_huffman_row;
#endif

#include "hpack_huffman_table.h"

#define HPACK_EOS_RANK 256u

#ifdef H2_SMALL

/* Bit by bit: `above` is how far the bits are above the first code of as many bits, whose symbol `rank` is. */
size_t hpack_huffman_decode(uint32_t *code, uint8_t *code_bits, const uint8_t *in, size_t len, char *out) {
    uint32_t held = *code, prefix = 0, above = 0, rank = 0;
    unsigned left = *code_bits, bits = 0; /* of those held */
    const uint8_t *end = in + len;
    char *to = out;

    for (;;) {
        if (left == 0) {
            if (in == end) break;
            held = *in++;
            left = 8;
        }
        prefix = prefix << 1 | (held >> --left & 1u);
        above = above << 1 | (prefix & 1u);
        if (above >= hpack_huffman_counts[bits]) {
            above -= hpack_huffman_counts[bits];
            rank += hpack_huffman_counts[bits++];
            continue;
        }
        rank += above;
        if (rank == HPACK_EOS_RANK) return SIZE_MAX;
        *to++ = (char)hpack_huffman_symbols[rank];
        prefix = above = rank = bits = 0;
    }
    *code = prefix;
    *code_bits = (uint8_t)bits;
    return (size_t)(to - out);
}

/* The code of an octet; returns its length. */
static unsigned hpack_huffman_code(uint8_t octet, uint32_t *code) {
    uint32_t rank = 0, first = 0;
    unsigned bits = 0;

    while (hpack_huffman_symbols[rank] != octet) rank++;
    for (; rank >= hpack_huffman_counts[bits]; bits++) {
        rank -= hpack_huffman_counts[bits];
        first = (first + hpack_huffman_counts[bits]) << 1;
    }
    *code = first + rank;
    return bits + 1;
}

uint8_t *hpack_huffman_encode(uint8_t *out, const char *string, size_t len) {
    uint8_t *limit = out + len;
    uint32_t octet = 1; /* with a bit set above those already there */
    size_t i;

    for (i = 0; i < len; i++) {
        uint32_t code;
        unsigned bits = hpack_huffman_code((uint8_t)string[i], &code);

        while (bits-- > 0) {
            octet = octet << 1 | (code >> bits & 1u);
            if (octet < 0x100u) continue;
            if (out == limit) return NULL;
            *out++ = (uint8_t)octet;
            octet = 1;
        }
    }
    if (octet > 1) {
        while (octet < 0x100u) octet = octet << 1 | 1u;
        *out++ = (uint8_t)octet;
    }
    return out < limit ? out : NULL;
}

#else

#define HPACK_ROWS        (sizeof hpack_huffman_rows / sizeof hpack_huffman_rows[0])

/* A step is 64 * symbols + bits. */
#define HPACK_STEP_BITS   63u
#define HPACK_STEP_SYMBOL 64u

/* Written out so that compilers see one load. */
static inline uint32_t hpack_load32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t hpack_load64(const uint8_t *at) {
    return (uint64_t)at[0] << 56 | (uint64_t)at[1] << 48 | (uint64_t)at[2] << 40 | (uint64_t)at[3] << 32 |
           (uint64_t)at[4] << 24 | (uint64_t)at[5] << 16 | (uint64_t)at[6] << 8 | at[7];
}

static inline void hpack_store64(uint8_t *at, uint64_t value) {
    at[0] = (uint8_t)(value >> 56);
    at[1] = (uint8_t)(value >> 48);
    at[2] = (uint8_t)(value >> 40);
    at[3] = (uint8_t)(value >> 32);
    at[4] = (uint8_t)(value >> 24);
    at[5] = (uint8_t)(value >> 16);
    at[6] = (uint8_t)(value >> 8);
    at[7] = (uint8_t)value;
}

/* The length of the code that begins `bits`, aligned on the left, and the rank of its symbol. */
static unsigned hpack_huffman_search(uint64_t bits, uint32_t *rank) {
    const hpack_huffman_row *row = hpack_huffman_rows;
    const hpack_huffman_row *last = row + HPACK_ROWS - 1;

    while (row < last && bits >> (64 - row[1].bits) >= row[1].first) row++;
    *rank = row->rank + (uint32_t)(bits >> 1 >> (63 - row->bits)) - row->first;
    return row->bits;
}

/* The `n` octets at `in`, at most 8, aligned on the left; `start` is where octets may be read from. */
static uint64_t hpack_load_rest(const uint8_t *start, const uint8_t *in, size_t n) {
    if (n == 0) return 0;
    if ((size_t)(in - start) + n >= 8) return hpack_load64(in + n - 8) << (64 - 8 * n);
    /* Both ends of what is there, which may overlap. */
    if (n >= 4) return (uint64_t)hpack_load32(in) << 32 | (uint64_t)hpack_load32(in + n - 4) << (64 - 8 * n);
    return (uint64_t)in[0] << 56 | (uint64_t)in[n / 2] << (56 - n / 2 * 8) | (uint64_t)in[n - 1] << (64 - 8 * n);
}

/* Bits still to be decoded: `left` of them, as their complement and aligned on the left. What follows them is the next
 * input or reads as ones, of which no short code consists, as it does where padding is. */
typedef struct hpack_unread {
    uint64_t inverse;
    int left;
} hpack_unread;

/* Take up to two symbols with short codes. Returns the step, 0 where there is none. */
static inline unsigned hpack_huffman_step(hpack_unread *u, char **out) {
    size_t index = (size_t)(u->inverse >> (64 - HPACK_PAIR_BITS));
    unsigned step = hpack_huffman_steps[index];

    memcpy(*out, hpack_huffman_pairs[index], 2);
    *out += step / HPACK_STEP_SYMBOL;
    u->inverse <<= step & HPACK_STEP_BITS;
    u->left -= (int)(step & HPACK_STEP_BITS);
    return step;
}

/* Take octets from `*in` on until there are at least 57 bits or none is left. */
static inline void hpack_huffman_refill(hpack_unread *u, const uint8_t *start, const uint8_t **in, const uint8_t *end) {
    if (end - *in >= 8) {
        /* What is loaded beyond the bits counted is loaded again, at the same place, by the next turn. */
        u->inverse |= ~hpack_load64(*in) >> u->left;
        *in += (63u - (unsigned)u->left) / 8;
        u->left |= 56;
    } else if (*in < end) {
        size_t more = (64u - (unsigned)u->left) / 8;

        if (more > (size_t)(end - *in)) more = (size_t)(end - *in);
        if (more == 0) return;
        u->inverse |= (~hpack_load_rest(start, *in, more) >> (64 - 8 * more) << (64 - 8 * more)) >> u->left;
        *in += more;
        u->left += (int)(8 * more);
    }
}

size_t hpack_huffman_decode(uint32_t *code, uint8_t *code_bits, const uint8_t *in, size_t len, char *out) {
    const uint8_t *start = in;
    const uint8_t *end = in + len;
    char *to = out;
    hpack_unread u = {0, *code_bits};

    if (u.left > 0) u.inverse = (uint64_t) ~*code << (64 - u.left);
    for (;;) {
        uint32_t rank;
        int used;

        hpack_huffman_refill(&u, start, &in, end);
        /* 57 bits allow four steps. Where one finds nothing, those after it do not either. */
        hpack_huffman_step(&u, &to);
        hpack_huffman_step(&u, &to);
        hpack_huffman_step(&u, &to);
        if (hpack_huffman_step(&u, &to) > 0) continue;
        if (u.inverse == 0 && in == end && u.left < (int)HPACK_HUFFMAN_MAX_BITS) break;
        used = (int)hpack_huffman_search(~u.inverse, &rank);
        if (used > u.left) {
            if (in == end) break;
            continue;
        }
        if (rank == HPACK_EOS_RANK) return SIZE_MAX;
        *to++ = (char)hpack_huffman_symbols[rank];
        u.inverse <<= used;
        u.left -= used;
    }
    if (u.left < 0) {
        /* The last symbol took bits beyond the end for its own: it is not complete. */
        uint8_t symbol = (uint8_t) * --to;

        u.left += hpack_huffman_lengths[symbol];
        *code = hpack_huffman_codes[symbol] >> (hpack_huffman_lengths[symbol] - u.left);
    } else {
        *code = u.left > 0 ? (uint32_t)(~u.inverse >> (64 - u.left)) : 0;
    }
    *code_bits = (uint8_t)u.left;
    return (size_t)(to - out);
}

/* Bits of no whole octet yet, aligned on the left. */
typedef struct hpack_pending {
    uint64_t bits;
    unsigned count;
} hpack_pending;

/* Append the low `count` bits of `bits`, at most 56, and write whole octets. Returns the end. */
static inline uint8_t *hpack_append(hpack_pending *p, uint64_t bits, unsigned count, uint8_t *out) {
    unsigned n = p->count + count;

    bits = p->bits | bits << (64 - n);
    hpack_store64(out, bits);
    p->bits = bits << (n & ~7u);
    p->count = n % 8;
    return out + n / 8;
}

uint8_t *hpack_huffman_encode(uint8_t *out, const char *string, size_t len) {
    const uint8_t *s = (const uint8_t *)string;
    const uint8_t *end = s + len;
    const uint8_t *limit = out + len;
    hpack_pending p = {0, 0};

    for (; end - s >= 4 && out < limit; s += 4) {
        unsigned count1 = hpack_huffman_lengths[s[1]];
        unsigned count2 = hpack_huffman_lengths[s[2]];
        unsigned count3 = hpack_huffman_lengths[s[3]];
        unsigned count01 = hpack_huffman_lengths[s[0]] + count1;
        unsigned count23 = count2 + count3;
        uint64_t bits01 = (uint64_t)hpack_huffman_codes[s[0]] << count1 | hpack_huffman_codes[s[1]];
        uint64_t bits23 = (uint64_t)hpack_huffman_codes[s[2]] << count3 | hpack_huffman_codes[s[3]];

        if (count01 + count23 <= 56) {
            out = hpack_append(&p, bits01 << count23 | bits23, count01 + count23, out);
            continue;
        }
        break;
    }
    for (; s < end && out < limit; s++) out = hpack_append(&p, hpack_huffman_codes[*s], hpack_huffman_lengths[*s], out);
    if (p.count > 0) *out++ = (uint8_t)(p.bits >> 56 | 0xffu >> p.count);
    return s == end && out < limit ? out : NULL;
}

#endif
