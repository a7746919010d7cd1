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

/* The characters of a sort: a bit for each of ASCII, then one for all others. One object each, so that a program has
 * those it uses. */
typedef struct h2_chars {
    uint32_t bits[5];
} h2_chars;

extern const h2_chars h2_chars_method;    /* RFC 9110, 9.1 and 5.6.2 */
extern const h2_chars h2_chars_scheme;    /* RFC 3986, 3.1 */
extern const h2_chars h2_chars_authority; /* RFC 3986, 3.2 */
extern const h2_chars h2_chars_host;      /* the same without "@" */
/* RFC 3986, 3.3 and 3.4, taken as any visible character, since clients send more than they should. */
extern const h2_chars h2_chars_path;
extern const h2_chars h2_chars_name;  /* RFC 9110, 5.6.2, without upper case (RFC 9113, 8.2.1) */
extern const h2_chars h2_chars_value; /* RFC 9110, 5.5: no NUL, CR or LF */

/* Whether each character of a string is of `sort`. */
bool h2_chars_all(const h2_chars *sort, const char *at, size_t len);

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

#define H2_PLAIN(test) (test)

#else

#define H2_PLAIN(test) false

#endif

/* h2_are_SORT: whether a string, which may be empty, is made of the characters of its sort alone. */
#define H2_CHARS_ARE(sort, plain)                                                                                      \
    static inline bool h2_are_##sort(const char *at, size_t len) {                                                     \
        return H2_PLAIN(plain) || h2_chars_all(&h2_chars_##sort, at, len);                                             \
    }
H2_CHARS_ARE(name, h2_all_plain(at, len, h2_odd_in_name))
H2_CHARS_ARE(value, h2_all_plain(at, len, h2_odd_in_value))
H2_CHARS_ARE(path, h2_all_plain(at, len, h2_odd_in_path))
H2_CHARS_ARE(authority, h2_all_plain(at, len, h2_odd_in_host))
H2_CHARS_ARE(host, h2_all_plain(at, len, h2_odd_in_host))
H2_CHARS_ARE(method, len == 3 && memcmp(at, "GET", 3) == 0)
H2_CHARS_ARE(scheme, (len == 4 || len == 5) && memcmp(at, "https", len) == 0)
#undef H2_CHARS_ARE

#endif
