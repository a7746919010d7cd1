/* SPDX-License-Identifier: MIT */
#ifndef HPACK_STRING_H
#define HPACK_STRING_H

/* What tables compare and hash names and values with. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Chosen by tools/generate/static.py, which needs no two names of the static table to share their upper bits. */
#define HPACK_HASH_MULTIPLIER 0x9e3be0f1u

#ifndef H2_SMALL /* where nothing is looked up by a hash */

/* A hash of a name. It costs the same for any length: what it takes for equal is told apart by comparing. */
static inline uint32_t hpack_hash(const char *string, size_t len) {
    const uint8_t *s = (const uint8_t *)string;

    if (len == 0) return 0;
    return ((uint32_t)len ^ (uint32_t)s[0] << 8 ^ (uint32_t)s[len / 2] << 16 ^ (uint32_t)s[len - 1] << 24) *
           HPACK_HASH_MULTIPLIER;
}

static inline uint64_t hpack_word(const char *at, size_t len) {
    uint64_t word = 0;

    memcpy(&word, at, len);
    return word;
}

#endif

/* Whether two strings of `len` octets are equal, and the same for strings of no more than HPACK_SHORT. */
#ifdef H2_SMALL

static inline bool hpack_equal(const char *a, const char *b, size_t len) {
    return len == 0 || memcmp(a, b, len) == 0;
}

#define hpack_equal_short hpack_equal

#else

#define HPACK_SHORT 32u

/* The bits in which the words of `n` octets at `at` differ. */
static inline uint64_t hpack_difference(const char *a, const char *b, size_t at, size_t n) {
    return hpack_word(a + at, n) ^ hpack_word(b + at, n);
}

/* Two words or four of each, which may overlap, spare a call. */
static inline bool hpack_equal_short(const char *a, const char *b, size_t len) {
    uint64_t outer;

    if (len < 8) {
        if (len >= 4) return (hpack_difference(a, b, 0, 4) | hpack_difference(a, b, len - 4, 4)) == 0;
        return len == 0 || ((a[0] ^ b[0]) | (a[len / 2] ^ b[len / 2]) | (a[len - 1] ^ b[len - 1])) == 0;
    }
    outer = hpack_difference(a, b, 0, 8) | hpack_difference(a, b, len - 8, 8);
    if (len <= 16 || outer != 0) return outer == 0;
    return (hpack_difference(a, b, 8, 8) | hpack_difference(a, b, len - 16, 8)) == 0;
}

static inline bool hpack_equal(const char *a, const char *b, size_t len) {
    return len <= HPACK_SHORT ? hpack_equal_short(a, b, len) : memcmp(a, b, len) == 0;
}

#endif

/* Copy a string: one of up to 64 octets without a call, in pieces of one size, which may overlap. */
static inline void hpack_copy(char *to, const char *from, size_t len) {
    if (len > 64) {
        memcpy(to, from, len);
    } else if (len >= 16) {
        size_t inner = len >= 32 ? 16 : 0;

        memcpy(to, from, 16);
        memcpy(to + inner, from + inner, 16);
        memcpy(to + len - 16 - inner, from + len - 16 - inner, 16);
        memcpy(to + len - 16, from + len - 16, 16);
    } else if (len >= 4) {
        size_t inner = len >= 8 ? 4 : 0;

        memcpy(to, from, 4);
        memcpy(to + inner, from + inner, 4);
        memcpy(to + len - 4 - inner, from + len - 4 - inner, 4);
        memcpy(to + len - 4, from + len - 4, 4);
    } else if (len > 0) {
        to[0] = from[0];
        to[len / 2] = from[len / 2];
        to[len - 1] = from[len - 1];
    }
}

/* A string that is about to be read: caches may have it come. */
static inline void hpack_expect(const char *string) {
#if defined(__GNUC__) && !defined(H2_SMALL)
    __builtin_prefetch(string);
#else
    (void)string;
#endif
}

/* Whether two strings are the same. */
static inline bool hpack_same(const char *a, size_t a_len, const char *b, size_t b_len) {
    return a_len == b_len && hpack_equal(a, b, a_len);
}

#endif
