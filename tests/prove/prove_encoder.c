/* SPDX-License-Identifier: MIT */
/*
 * The encoder (hpack_encode.c), of either profile: with as much memory as hpack_encode_bound says, and none behind it,
 * a block of fields whose strings have LENGTHS is written within it, whatever the tables hold. And a string of any
 * length within what is counted of it, with the slack that the Huffman encoder asks for.
 *
 * The functions of other files are here by their contracts, which are checked at every call. So are those of
 * hpack_index.h (prove_index.c), which prove.sh has Eva take by the contracts below.
 *
 * Assumed: two fields stand for any number, LENGTHS for all lengths, a table limited to
 * LIMIT for one of any limit. Table storage is no more than HPACK_MAX_INTEGER.
 */
#include "hpack_dynamic.h"
#include "hpack_static.h"
#include "hpack_string.h"
#include "prove.h"

#define LIMIT   4096u                                      /* of the table */
#define ENTRIES (HPACK_MAX_INTEGER / HPACK_ENTRY_OVERHEAD) /* of the largest table */

#ifndef H2_SMALL
/*@ assigns \result \from indirect:e, indirect:field, hash;
    ensures \result == 0 || 61 < \result <= 61 + ENTRIES; */
static inline uint32_t hpack_find_field(const hpack_encoder *e, const hpack_field *field, uint32_t hash);
/*@ assigns \result \from indirect:e, indirect:field, hash;
    ensures \result == 0 || 61 < \result <= 61 + ENTRIES; */
static inline uint32_t hpack_find_name(const hpack_encoder *e, const hpack_field *field, uint32_t hash);
/*@ assigns \result \from indirect:field; */
static inline uint32_t hpack_field_hash(const hpack_field *field);
/*@ requires \valid(e);
    assigns \result \from hash, name_hash;
    ensures \result == 0 || \result == 1; */
static inline bool hpack_repeats(hpack_encoder *e, uint32_t hash, uint32_t name_hash);
/*@ requires \valid(e) && \valid_read(field);
    requires e->table.bytes >= e->table.max || e->table.storage != \null;
    assigns e->table.count \from hash, name_hash; */
static inline void hpack_remember(hpack_encoder *e, const hpack_field *field, uint32_t hash, uint32_t name_hash,
                                  bool named);
#endif

static uint8_t *prove_string_call(uint8_t *out, const char *string, size_t len);

#include "encoder_marked.c"

#define SPACE 2400u

static uint8_t block[SPACE];
static char text[SPACE / 2];
static hpack_encoder e;

/* ---- what is called ---- */

static void check_field(const hpack_field *field) {
    /*@ check field->name_len == 0 || \valid_read(field->name + (0 .. field->name_len - 1)); */
    /*@ check field->value_len == 0 || \valid_read(field->value + (0 .. field->value_len - 1)); */
}

#ifdef H2_SMALL

uint32_t hpack_table_find(const hpack_table *t, const hpack_field *field) {
    check_field(field);
    uint32_t found = any_u32(0, 61 + ENTRIES);
    if (any_u32(0, 1)) found |= HPACK_FOUND_VOLATILE;
    if (any_u32(0, 1)) found |= HPACK_FOUND_WHOLE;
    return found;
}

void hpack_table_add(hpack_table *t, const hpack_field *field) {
    check_field(field);
    t->count = any_u32(0, ENTRIES);
}

#else

uint32_t hpack_static_find(const hpack_field *field, uint32_t hash) {
    check_field(field);
    return any_u32(0, 61) | any_u32(0, 3) << 6;
}

static bool grow(hpack_table *t, uint32_t bytes) {
    /*@ check bytes <= t->max; */
    return any_u32(0, 1);
}

void hpack_table_add_keyed(hpack_table *t, const hpack_field *field, hpack_key key) {
    check_field(field);
}

#endif

void hpack_table_init(hpack_table *t, void *storage, size_t bytes) {
    t->most = any_u32(0, HPACK_MAX_INTEGER);
    t->max = any_u32(0, HPACK_DEFAULT_TABLE_SIZE);
}

void hpack_table_resize(hpack_table *t, uint32_t max) {
    t->count = any_u32(0, ENTRIES);
}

uint8_t *hpack_huffman_encode(uint8_t *out, const char *string, size_t len) {
    /*@ check len == 0 || \valid_read(string + (0 .. len - 1)); */
    /*@ check \valid(out + (0 .. len + 7)); */
    any_octets(out, len + HPACK_HUFFMAN_SLACK);
    if (len < 2 || any_u32(0, 1)) return NULL;
    return out + any_u32(1, (uint32_t)len - 1);
}

/* ---- strings ---- */

static void string(size_t len) {
    uint8_t *out = block + SPACE - len - HPACK_INT_MAX_OCTETS - HPACK_HUFFMAN_SLACK;
    const uint8_t *end = hpack_write_string(out, text + sizeof text - len, len);

    /*@ check out < end <= out + 5 + len; */
}

void prove_string(void) {
    any_octets(text, sizeof text);
    for (uint32_t len = 0; len <= 140; len++) string(len);
    string(1000);
}

/* ---- blocks ---- */

/* What was proven of one. */
static uint8_t *prove_string_call(uint8_t *out, const char *string, size_t len) {
    /*@ check len == 0 || \valid_read(string + (0 .. len - 1)); */
    /*@ check \valid(out + (0 .. len + 12)); */
    return out + any_u32(1, (uint32_t)len + 5);
}

static const size_t LENGTHS[] = {0, 1, 14, 130};

static void any_encoder(void) {
    any_octets(&e, sizeof e);
    e.table.most = any_u32(0, HPACK_MAX_INTEGER);
    e.table.max = LIMIT;
    e.table.size = any_u32(0, HPACK_MAX_INTEGER);
    e.limit = any_u32(0, HPACK_MAX_INTEGER);
    e.lowest = any_u32(0, HPACK_MAX_INTEGER);
#ifndef H2_SMALL
    static const hpack_storage storage = {NULL, grow};
    e.table.storage = &storage;
#endif
}

static hpack_field field_of(size_t name, size_t value) {
    return (hpack_field){text + sizeof text - LENGTHS[name], text + sizeof text - LENGTHS[value], LENGTHS[name],
                         LENGTHS[value], any_u32(0, 1)};
}

static void encode(const hpack_field *fields, size_t n) {
    size_t bound = hpack_encode_bound(fields, n);
    ptrdiff_t size;

    /*@ check bound <= SPACE; */
    any_encoder();
    size = hpack_encode(&e, fields, n, block + SPACE - bound, bound);
    /*@ check 0 <= size <= bound; */
}

void prove_blocks(void) {
    hpack_field fields[2];

    any_octets(text, sizeof text);
    encode(NULL, 0);
    for (size_t i = 0; i < 16; i++) {
        fields[0] = field_of(i / 4, i % 4);
        encode(fields, 1);
        for (size_t j = 0; j < 16; j++) {
            fields[1] = field_of(j / 4, j % 4);
            encode(fields, 2);
        }
    }
}

static size_t any_length(bool whole) {
    return whole ? any_u64(0, HPACK_MAX_INTEGER) : any_u64(HPACK_MAX_INTEGER + 1, SIZE_MAX);
}

/* Fields of any lengths, by which are within HPACK_MAX_INTEGER; and too little memory. */
void prove_bound(void) {
    for (unsigned n = 0; n <= 2; n++)
        for (unsigned whole = 0; whole < 1u << 2 * n; whole++) {
            hpack_field fields[2];
            size_t bound;

            for (unsigned i = 0; i < n; i++)
                fields[i] =
                    (hpack_field){text, text, any_length(whole >> 2 * i & 1), any_length(whole >> 2 * i & 2), false};
            bound = hpack_encode_bound(fields, n);
            /*@ check bound == SIZE_MAX || 18 + n * 15 <= bound <= 18 + n * (15 + 2 * 0x0fffffff); */
            /*@ check whole < (1 << 2 * n) - 1 ==> bound == SIZE_MAX; */
            ptrdiff_t size = hpack_encode(&e, fields, n, NULL, 17 + 15 * n);
            /*@ check size == -6; */
        }
}

void prove_start(void) {
    hpack_encoder_init(&e, NULL, any_u32(0, UINT32_MAX));
    hpack_encoder_set_max_table_size(&e, any_u32(0, UINT32_MAX));
    /*@ check e.limit <= 0x0fffffff && e.lowest <= 0x0fffffff; */
}
