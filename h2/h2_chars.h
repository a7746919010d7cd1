/* SPDX-License-Identifier: MIT */
#ifndef H2_CHARS_H
#define H2_CHARS_H

/*
 * What names, values and targets are made of. Where H2_SMALL is not defined, eight characters are judged at a time,
 * each in an octet of a 64-bit word, whether they are of the plain sort that nearly all strings consist of; only
 * strings that are not all plain are judged character by character.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum h2_chars {
    H2_CHARS_METHOD,    /* RFC 9110, 9.1 and 5.6.2 */
    H2_CHARS_SCHEME,    /* RFC 3986, 3.1 */
    H2_CHARS_AUTHORITY, /* RFC 3986, 3.2 */
    H2_CHARS_PATH,      /* 3.3 and 3.4, taken as any visible character, since clients send more than they should */
    H2_CHARS_NAME,      /* RFC 9110, 5.6.2, without upper case (RFC 9113, 8.2.1) */
    H2_CHARS_HOST       /* an authority without "@" */
} h2_chars;

#ifndef H2_SMALL

#define H2_EACH(octet) (UINT64_C(0x0101010101010101) * (octet))
#define H2_TOPS        H2_EACH(0x80)

static inline uint64_t h2_chars_word(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* All of four to eight characters; some twice. */
static inline uint64_t h2_chars_few(const char *at, size_t len) {
    uint32_t first, last;
    memcpy(&first, at, sizeof first);
    memcpy(&last, at + len - sizeof last, sizeof last);
    return first | (uint64_t)last << 32;
}

/* Below, the top bits of a result are set in octets that are meant, other bits are anything. */

/* Octets less than `bound`, at most 0x80. Above one of them another may be meant wrongly. */
static inline uint64_t h2_octets_below(uint64_t word, unsigned bound) {
    return (word - H2_EACH(bound)) & ~word;
}

/* Octets of 0x80 and more; or from `first` to `last`. `low` is the word without top bits, so that no sum carries. */
static inline uint64_t h2_octets_within(uint64_t low, unsigned first, unsigned last) {
    return (low + H2_EACH(0x80 - first)) & ~(low + H2_EACH(0x7f - last));
}

/* Octets that are not as in most names: a to z and "-". */
static inline uint64_t h2_odd_in_name(uint64_t word) {
    uint64_t low = word & ~H2_TOPS;
    return ~(h2_octets_within(low, 'a', 'z') | ~((low ^ H2_EACH('-')) + H2_EACH(0x7f))) | word;
}

/* Control characters below 0x0e, which NUL, CR, LF and tab are among. */
static inline uint64_t h2_odd_in_value(uint64_t word) {
    return h2_octets_below(word, 0x0e);
}

/* Not visible. */
static inline uint64_t h2_odd_in_path(uint64_t word) {
    return h2_octets_below(word, 0x21) | h2_octets_below(word ^ H2_EACH(0x7f), 1);
}

/* Not as in a host of names, numbers and a port: a to z, 0 to 9, "-", "." and ":". */
static inline uint64_t h2_odd_in_host(uint64_t word) {
    uint64_t low = word & ~H2_TOPS;
    uint64_t ranges = h2_octets_within(low, 'a', 'z') | h2_octets_within(low, '-', ':');
    return ~(ranges & ((low ^ H2_EACH('/')) + H2_EACH(0x7f))) | word;
}

/* Whether a string is all plain, `odd` telling what is not. Shorter ones than four characters count as not plain. */
static inline bool h2_all_plain(const char *at, size_t len, uint64_t (*odd)(uint64_t word)) {
    if (len < 4) return false;
    if (len < 8) return !(odd(h2_chars_few(at, len)) & H2_TOPS);
    const char *last = at + len - 8;
    uint64_t found = odd(h2_chars_word(last));
    for (; at < last; at += 8) found |= odd(h2_chars_word(at));
    return !(found & H2_TOPS);
}

static inline bool h2_value_is_plain(const char *value, size_t len) {
    return h2_all_plain(value, len, h2_odd_in_value);
}

/* Whether a string is of the plain sort of its characters. */
static inline bool h2_chars_are_plain(h2_chars sort, const char *at, size_t len) {
    switch (sort) {
    case H2_CHARS_NAME: return h2_all_plain(at, len, h2_odd_in_name);
    case H2_CHARS_METHOD: return len == 3 && memcmp(at, "GET", 3) == 0;
    case H2_CHARS_SCHEME: return (len == 4 || len == 5) && memcmp(at, "https", len) == 0;
    case H2_CHARS_AUTHORITY:
    case H2_CHARS_HOST: return h2_all_plain(at, len, h2_odd_in_host);
    case H2_CHARS_PATH: return h2_all_plain(at, len, h2_odd_in_path);
    default: return false;
    }
}

#else

static inline bool h2_value_is_plain(const char *value, size_t len) {
    (void)value, (void)len;
    return false;
}

static inline bool h2_chars_are_plain(h2_chars sort, const char *at, size_t len) {
    (void)sort, (void)at, (void)len;
    return false;
}

#endif

/* Whether a string, which may be empty, is made of the characters of its sort alone. */
static inline bool h2_chars_are(h2_chars sort, const char *at, size_t len) {
    /* A bit a character of ASCII. */
    static const uint32_t sets[][4] = {[H2_CHARS_NAME] = {0, 0x03ff6cfau, 0xc0000000u, 0x57ffffffu},
                                       [H2_CHARS_METHOD] = {0, 0x03ff6cfau, 0xc7fffffeu, 0x57ffffffu},
                                       [H2_CHARS_SCHEME] = {0, 0x03ff6800u, 0x07fffffeu, 0x07fffffeu},
                                       [H2_CHARS_AUTHORITY] = {0, 0x2fff7ff2u, 0xafffffffu, 0x47fffffeu},
                                       [H2_CHARS_HOST] = {0, 0x2fff7ff2u, 0xaffffffeu, 0x47fffffeu},
                                       [H2_CHARS_PATH] = {0, 0xfffffffeu, 0xffffffffu, 0x7fffffffu}};
    if (h2_chars_are_plain(sort, at, len)) return true;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)at[i];
        if (c < 128 ? !(sets[sort][c >> 5] >> (c & 31) & 1) : sort != H2_CHARS_PATH) return false;
    }
    return true;
}

#endif
