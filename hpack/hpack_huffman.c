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

#define HPACK_ROWS (sizeof hpack_huffman_rows / sizeof hpack_huffman_rows[0])

/* Of what is called so seldom that its callers are faster for not having it inlined. */
#ifdef __GNUC__
#define HPACK_SELDOM __attribute__((noinline))
#else
#define HPACK_SELDOM
#endif

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
HPACK_SELDOM static unsigned hpack_huffman_search(uint64_t bits, uint32_t *rank) {
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

/* The last symbol took bits beyond the end for its own, which leaves -`missing` bits: it is not complete. */
HPACK_SELDOM static char *hpack_huffman_untake(int missing, char *to, uint32_t *code, uint8_t *code_bits) {
    uint64_t last = hpack_huffman_codes[(uint8_t) * --to];
    int left = missing + (int)(uint8_t)last;

    *code = (uint32_t)(last >> (64 - left));
    *code_bits = (uint8_t)left;
    return to;
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
    if (u.left < 0) return (size_t)(hpack_huffman_untake(u.left, to, code, code_bits) - out);
    *code = u.left > 0 ? (uint32_t)(~u.inverse >> (64 - u.left)) : 0;
    *code_bits = (uint8_t)u.left;
    return (size_t)(to - out);
}

/* Bits of no whole octet yet, aligned on the left. */
typedef struct hpack_pending {
    uint64_t bits;
    unsigned count;
} hpack_pending;

/* Append `count` bits, with those pending at most 56; the lowest octet of `bits` does not count. Returns the end. */
static inline uint8_t *hpack_append(hpack_pending *p, uint64_t bits, unsigned count, uint8_t *out) {
    bits = p->bits | bits >> p->count;
    count += p->count;
    hpack_store64(out, bits);
    p->bits = (bits & ~(uint64_t)0xff) << (count & ~7u);
    p->count = count % 8;
    return out + count / 8;
}

/* Padding is as EOS begins, all ones (5.2). */
static inline uint8_t *hpack_huffman_pad(hpack_pending p, uint8_t *out, const uint8_t *limit) {
    *out = (uint8_t)(p.bits >> 56 | 0xffu >> p.count);
    out += p.count > 0;
    return out < limit ? out : NULL;
}

/* Append the rest of a string, code by code. */
static uint8_t *hpack_huffman_rest(hpack_pending p, const uint8_t *s, const uint8_t *end, uint8_t *out,
                                   const uint8_t *limit) {
    for (; s < end && out < limit; s++) {
        uint64_t code = hpack_huffman_codes[*s];

        out = hpack_append(&p, code, (uint8_t)code, out);
    }
    return out < limit ? hpack_huffman_pad(p, out, limit) : NULL;
}

/* The codes of four octets, one after the other; what the lowest octet holds does not count. And where the first three
 * end and the fourth does, each in an octet. */
typedef struct hpack_codes {
    uint64_t bits;
    uint32_t before;
    unsigned count;
} hpack_codes;

static inline hpack_codes hpack_huffman_four(const uint8_t *s) {
    uint64_t code0 = hpack_huffman_codes[s[0]];
    uint64_t code1 = hpack_huffman_codes[s[1]];
    uint64_t code2 = hpack_huffman_codes[s[2]];
    uint64_t code3 = hpack_huffman_codes[s[3]];
    uint32_t end0 = (uint32_t)code0;
    uint32_t end1 = end0 + (uint32_t)code1;
    uint32_t end2 = end1 + (uint32_t)code2;
    uint64_t bits01 = code0 | code1 >> (code0 % 64);
    uint64_t bits23 = code2 | code3 >> (code2 % 64);

    return (hpack_codes){bits01 | bits23 >> (end1 % 64), end0 << 8 | end1 << 16 | end2 << 24, end2 + (uint32_t)code3};
}

uint8_t *hpack_huffman_encode(uint8_t *out, const char *string, size_t len) {
    const uint8_t *s = (const uint8_t *)string;
    const uint8_t *end = s + len;
    const uint8_t *limit = out + len;
    hpack_pending p = {0, 0};
    hpack_codes four;
    unsigned before;

    if (len < 4) return hpack_huffman_rest(p, s, end, out, limit);
    for (; end - s > 4; s += 4) {
        four = hpack_huffman_four(s);
        if (p.count + four.count > 56 || out >= limit) return hpack_huffman_rest(p, s, end, out, limit);
        out = hpack_append(&p, four.bits, four.count, out);
    }
    /* The last four octets, without those that are done. */
    four = hpack_huffman_four(end - 4);
    before = four.before >> 8 * (4 - (end - s)) & 0xff;
    if (p.count + four.count > 56 || out >= limit) return hpack_huffman_rest(p, s, end, out, limit);
    out = hpack_append(&p, (four.bits & ~(uint64_t)0xff) << before, four.count - before, out);
    return hpack_huffman_pad(p, out, limit);
}

#endif
