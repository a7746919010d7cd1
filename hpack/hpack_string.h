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

#ifdef H2_SMALL

/* Nothing is looked up by a hash. */
static inline uint32_t hpack_hash(const char *string, size_t len) {
    (void)string, (void)len;
    return 0;
}

static inline uint32_t hpack_value_hash(const char *string, size_t len) {
    (void)string, (void)len;
    return 0;
}

#else

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

/* A hash of a value, of its first, middle and last octets: values of one field are often alike, as dates are. */
static inline uint32_t hpack_value_hash(const char *string, size_t len) {
    if (len >= 8) {
        uint64_t hash = hpack_word(string, 8) * 0x9e3779b97f4a7c15u + hpack_word(string + len / 2 - 4, 8);

        hash = hash * 0xbf58476d1ce4e5b9u + hpack_word(string + len - 8, 8);
        return (uint32_t)(hash * 0x94d049bb133111ebu >> 32);
    }
    return hpack_hash(string, len);
}

#endif

/* Whether two strings of `len` octets are equal. */
static inline bool hpack_equal(const char *a, const char *b, size_t len) {
#ifndef H2_SMALL
    /* Most are short: two words or four from each, which may overlap, spare a call. */
    if (len >= 8 && len <= 32) {
        uint64_t other =
            (hpack_word(a, 8) ^ hpack_word(b, 8)) | (hpack_word(a + len - 8, 8) ^ hpack_word(b + len - 8, 8));

        if (len <= 16 || other != 0) return other == 0;
        return ((hpack_word(a + 8, 8) ^ hpack_word(b + 8, 8)) |
                (hpack_word(a + len - 16, 8) ^ hpack_word(b + len - 16, 8))) == 0;
    }
    if (len >= 4 && len < 8)
        return ((hpack_word(a, 4) ^ hpack_word(b, 4)) | (hpack_word(a + len - 4, 4) ^ hpack_word(b + len - 4, 4))) == 0;
#endif
    return len == 0 || memcmp(a, b, len) == 0;
}

/* Whether two strings are the same. */
static inline bool hpack_same(const char *a, size_t a_len, const char *b, size_t b_len) {
    return a_len == b_len && hpack_equal(a, b, a_len);
}

#endif
