/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

/*
 * libFuzzer's mutator for fuzz_hpack_decode.c: three octets, then header blocks, each after its length and a table
 * size. Blocks are taken apart into field lines (RFC 7541, section 6), which are added, doubled, dropped, moved to
 * another block and changed in their parts, with lengths that stay right, so that what is behind the first bad octet is
 * reached. One time in four octets are changed without regard to that.
 */

#define HEAD       3u /* octets before the blocks */
#define BLOCK_HEAD 2u
#define BLOCK_MAX  255u
#define BLOCKS_MAX 32u
#define LINES_MAX  64u
#define LINE_MAX   64u /* octets of a new line */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* Where parts begin; the last: where the whole ones end. */
typedef struct layout {
    size_t at[LINES_MAX + 1];
    size_t n;
} layout;

static unsigned random_of(unsigned *seed, unsigned n) {
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % n;
}

/* ---- reading ---- */

static layout find_blocks(const uint8_t *data, size_t size) {
    layout l = {.n = 0};
    size_t at = HEAD;
    while (l.n < BLOCKS_MAX && size - at > BLOCK_HEAD) {
        size_t whole = BLOCK_HEAD + data[at];
        if (whole > size - at) break;
        l.at[l.n++] = at;
        at += whole;
    }
    l.at[l.n] = at;
    return l;
}

/* Behind the integer at `at`, of which the first octet has `bits`; 0 when it does not end. */
static size_t skip_integer(const uint8_t *block, size_t len, size_t at, unsigned bits, size_t *value) {
    uint8_t mask = (uint8_t)((1u << bits) - 1);
    *value = block[at] & mask;
    if (*value != mask) return at + 1;
    for (unsigned shift = 0; ++at < len && shift < 21; shift += 7) {
        *value += (size_t)(block[at] & 0x7f) << shift;
        if (!(block[at] & 0x80)) return at + 1;
    }
    return 0;
}

static size_t skip_string(const uint8_t *block, size_t len, size_t at) {
    size_t octets;
    if (at == 0 || at >= len) return 0;
    at = skip_integer(block, len, at, 7, &octets);
    return at == 0 || octets > len - at ? 0 : at + octets;
}

static unsigned prefix_of(uint8_t first) {
    if (first & 0x80) return 7;
    if (first & 0x40) return 6;
    return first & 0x20 ? 5 : 4;
}

static layout find_lines(const uint8_t *block, size_t len) {
    layout l = {.n = 0};
    size_t at = 0;
    while (l.n < LINES_MAX && at < len) {
        size_t index, end = skip_integer(block, len, at, prefix_of(block[at]), &index);
        bool literal = !(block[at] & 0x80) && (block[at] & 0xe0) != 0x20;
        if (end != 0 && literal && index == 0) end = skip_string(block, len, end);
        if (end != 0 && literal) end = skip_string(block, len, end);
        if (end == 0) break;
        l.at[l.n++] = at;
        at = end;
    }
    l.at[l.n] = at;
    return l;
}

/* ---- new lines ---- */

/* With more octets than it needs, now and then, which is no error. */
static size_t make_integer(uint8_t *out, uint8_t kind, unsigned bits, size_t value, unsigned *seed) {
    uint8_t mask = (uint8_t)((1u << bits) - 1);
    size_t n = 0;
    if (value < mask) return out[0] = (uint8_t)(kind | value), 1;
    out[n++] = kind | mask;
    for (value -= mask; value > 0x7f; value >>= 7) out[n++] = (uint8_t)(0x80 | (value & 0x7f));
    out[n++] = (uint8_t)value;
    for (unsigned more = random_of(seed, 16) == 0 ? random_of(seed, 4) : 0; more > 0; more--) {
        out[n - 1] |= 0x80;
        out[n++] = 0;
    }
    return n;
}

/* Octets as they are; or Huffman's 5, 6, 8 and 30 bits a symbol, with a padding that is right, wrong or too long. */
static size_t make_string(uint8_t *out, unsigned *seed) {
    static const uint8_t codes[][4] = {{0x07}, {0x1f, 0xff}, {0x62, 0x9f}, {0xff, 0xff, 0xff, 0xf3}, {0x00}, {0xff}};
    static const uint8_t sizes[] = {1, 2, 2, 4, 1, 1};
    uint8_t octets[24];
    size_t n = 0;
    bool huffman = random_of(seed, 2);
    for (unsigned i = random_of(seed, 5); i > 0; i--) {
        unsigned code = random_of(seed, sizeof sizes);
        memcpy(octets + n, huffman ? codes[code] : (const uint8_t *)"abcd", huffman ? sizes[code] : 1);
        n += huffman ? sizes[code] : 1;
    }
    size_t head = make_integer(out, huffman ? 0x80 : 0, 7, n, seed);
    memcpy(out + head, octets, n);
    return head + n;
}

/* The table has 61 entries of its own, then those that lines with indexing put there. */
static size_t pick_index(unsigned *seed) {
    return random_of(seed, 2) ? random_of(seed, 62) : 60 + random_of(seed, 12);
}

static size_t make_line(uint8_t *out, unsigned *seed) {
    static const uint8_t literals[] = {0x40, 0x40, 0x00, 0x10};
    static const uint16_t sizes[] = {0, 31, 32, 33, 64, 100, 255, 4096};
    unsigned what = random_of(seed, 8);
    if (what < 3) return make_integer(out, 0x80, 7, pick_index(seed), seed);
    if (what == 3) return make_integer(out, 0x20, 5, sizes[random_of(seed, 8)], seed);
    uint8_t kind = literals[random_of(seed, sizeof literals)];
    size_t index = random_of(seed, 2) ? pick_index(seed) : 0;
    size_t n = make_integer(out, kind, kind == 0x40 ? 6 : 4, index, seed);
    if (index == 0) n += make_string(out + n, seed);
    return n + make_string(out + n, seed);
}

/* ---- changes ---- */

/* Put `n` octets in the place of those of a block from `from` to `to`, and make its length right. */
static size_t splice(uint8_t *data, size_t size, size_t max, size_t block, size_t from, size_t to, const uint8_t *bytes,
                     size_t n) {
    size_t len = data[block] - (to - from) + n;
    if (len > BLOCK_MAX || size - (to - from) + n > max) return size;
    memmove(data + from + n, data + to, size - to);
    if (n > 0) memcpy(data + from, bytes, n);
    data[block] = (uint8_t)len;
    return size - (to - from) + n;
}

static size_t insert_block(uint8_t *data, size_t size, size_t max, size_t at, unsigned *seed) {
    uint8_t block[BLOCK_HEAD + 2 * LINE_MAX];
    size_t n = BLOCK_HEAD;
    for (unsigned i = 1 + random_of(seed, 2); i > 0; i--) n += make_line(block + n, seed);
    block[0] = (uint8_t)(n - BLOCK_HEAD);
    block[1] = (uint8_t)(random_of(seed, 8) == 0 ? random_of(seed, 256) : 0);
    if (size + n > max) return size;
    memmove(data + at + n, data + at, size - at);
    memcpy(data + at, block, n);
    return size + n;
}

/* The second of two blocks goes on where the first ended: what was one is two, or the other way round. */
static size_t cut_block(uint8_t *data, size_t size, size_t max, size_t block, size_t at) {
    size_t first = at - block - BLOCK_HEAD, rest = data[block] - first;
    if (size + BLOCK_HEAD > max) return size;
    memmove(data + at + BLOCK_HEAD, data + at, size - at);
    data[block] = (uint8_t)first;
    data[at] = (uint8_t)rest;
    data[at + 1] = 0;
    return size + BLOCK_HEAD;
}

/* One octet of a line: its kind, an index, a length, a character. */
static size_t change_octet(uint8_t *data, size_t size, size_t from, size_t to, unsigned *seed) {
    static const uint8_t kinds[] = {0x80, 0x40, 0x20, 0x10, 0x01, 0x7f};
    size_t at = random_of(seed, 2) ? from : from + random_of(seed, (unsigned)(to - from));
    data[at] ^= kinds[random_of(seed, sizeof kinds)];
    return size;
}

static size_t change_lines(uint8_t *data, size_t size, size_t max, size_t block, unsigned what, unsigned *seed) {
    uint8_t line[BLOCK_MAX];
    layout l = find_lines(data + block + BLOCK_HEAD, data[block]);
    const size_t first = block + BLOCK_HEAD;
    size_t place = first + l.at[random_of(seed, (unsigned)l.n + 1)];
    if (what < 8 || l.n == 0) return splice(data, size, max, block, place, place, line, make_line(line, seed));
    unsigned i = random_of(seed, (unsigned)l.n);
    size_t from = first + l.at[i], to = first + l.at[i + 1];
    memcpy(line, data + from, to - from);
    switch (what) {
    case 8: return splice(data, size, max, block, place, place, line, to - from);
    case 9: return splice(data, size, max, block, from, to, NULL, 0);
    case 10: return cut_block(data, size, max, block, from);
    case 11: return splice(data, size, max, block, from, to, line, LLVMFuzzerMutate(line, to - from, sizeof line));
    default: return change_octet(data, size, from, to, seed);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    unsigned random = seed, what = random_of(&random, 16);
    if (size < HEAD || what < 4) return LLVMFuzzerMutate(data, size, max_size);
    layout blocks = find_blocks(data, size);
    if (what == 4 || blocks.n == 0)
        return insert_block(data, size, max_size, blocks.at[random_of(&random, (unsigned)blocks.n + 1)], &random);
    size_t block = blocks.at[random_of(&random, (unsigned)blocks.n)];
    if (what == 5) return data[block + 1] = (uint8_t)(random_of(&random, 3) * 2), size;
    if (what == 15) return data[random_of(&random, HEAD)] = (uint8_t)random_of(&random, 256), size;
    return change_lines(data, size, max_size, block, what, &random);
}
