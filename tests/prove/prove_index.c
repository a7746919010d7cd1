/* SPDX-License-Identifier: MIT */
/*
 * What the encoder looks fields up with (hpack_string.h, hpack_static.c, hpack_index.h): hashes and comparisons read
 * within their strings, a look-up within its table, and what is found has an index of it.
 *
 * Assumed: a table of two entries stands for one of any number. Numbers of entries matter but by how far the newest is
 * ahead of them, modulo 65536, so that is taken to be NEWEST.
 */
#include "hpack_index.h"
#include "hpack_static.c"
#include "prove.h"

#define LONG   70u /* more than hashes and comparisons tell apart */
#define BYTES  200u
#define NEWEST 1u

static char name[LONG], value[LONG];
static uint8_t memory[BYTES];
static hpack_encoder e;

void hpack_table_add_keyed(hpack_table *t, const hpack_field *field, hpack_key key) {
    t->count = any_u32(0, 3);
}

/* A field of these lengths, with nothing behind its strings. */
static hpack_field field_of(uint32_t name_len, uint32_t value_len) {
    return (hpack_field){name + LONG - name_len, value + LONG - value_len, name_len, value_len, false};
}

/* ---- strings ---- */

static void strings(const char *a, const char *b, size_t len) {
    hpack_hash(a, len);
    hpack_ends(a, len);
    hpack_equal(a, b, len);
    if (len <= HPACK_SHORT) hpack_equal_short(a, b, len);
}

/* With nothing before them, and with nothing behind. */
void prove_strings(void) {
    any_octets(name, LONG);
    any_octets(value, LONG);
    for (uint32_t len = 0; len <= LONG; len++) {
        hpack_field by_name = field_of(len, 0), by_value = field_of(0, len);

        strings(name, value, len);
        strings(by_name.name, by_value.value, len);
        hpack_field_hash(&by_name);
        hpack_field_hash(&by_value);
        by_value.value = value;
        hpack_field_hash(&by_value);
    }
}

/* ---- the static table ---- */

/* Every slot that a hash may choose. */
static void static_find(const hpack_field *field) {
    for (uint32_t slot = 0; slot < 1u << HPACK_SLOT_BITS; slot++) {
        uint32_t least = slot << (32 - HPACK_SLOT_BITS);
        uint32_t found = hpack_static_find(field, any_u32(least, least | UINT32_MAX >> HPACK_SLOT_BITS));

        /*@ check (found & 0x3f) <= 61 && found <= 0xff; */
    }
}

void prove_static_find(void) {
    any_octets(name, LONG);
    any_octets(value, LONG);
    for (uint32_t len = 0; len <= HPACK_SHORT + 1; len++) {
        hpack_field by_name = field_of(len, LONG), by_value = field_of(LONG, len);

        by_name.value_len = any_u32(0, LONG);
        by_value.name_len = any_u32(0, LONG);
        by_value.name = name;
        by_name.value = value;
        static_find(&by_name);
        static_find(&by_value);
    }
}

/* ---- the dynamic table ---- */

/* A number with this age; that beyond the table stands for all larger ones. */
static uint16_t number_of(uint32_t age) {
    return (uint16_t)(NEWEST - (age < 2 ? age : any_u32(2, UINT16_MAX)));
}

static hpack_record record_of(uint32_t offset, uint32_t name_len, uint32_t older) {
    return (hpack_record){offset, name_len, {any_u32(0, UINT32_MAX), number_of(older), number_of(older)}};
}

typedef void proof(void);

/* Tables of two entries whose strings take `octets` each, linked in every way. */
static void tables(proof *prove, uint32_t octets) {
    uint32_t records = BYTES - 2 * HPACK_RECORD;

    any_octets(&e, sizeof e);
    any_octets(memory, BYTES);
    e.table = (hpack_table){memory, NULL, BYTES, BYTES, BYTES, 64 + 2 * octets, records, records, 2};
    e.added = NEWEST;
    for (uint32_t links = 0; links < 9; links++)
        for (uint32_t name_len = 0; name_len <= octets; name_len++) {
            hpack_record newest = record_of(records - octets, name_len, links % 3);
            hpack_record oldest = record_of(records - 2 * octets, name_len, links / 3);

            memcpy(memory + records, &newest, sizeof newest);
            memcpy(memory + records + HPACK_RECORD, &oldest, sizeof oldest);
            prove();
        }
}

/* From heads of every age. */
static void find(void) {
    hpack_field field = {name, value, any_u32(0, LONG), any_u32(0, LONG), false};

    for (uint32_t age = 0; age <= 2; age++) {
        uint32_t found;

        memset(e.heads, age < 2 ? (int)(NEWEST - age) & 0xff : 0, sizeof e.heads);
        for (unsigned i = 0; i < HPACK_BUCKETS && age == 2; i++) e.heads[i] = (uint8_t)(NEWEST - any_u32(2, UINT8_MAX));
        for (unsigned i = 0; i < HPACK_NAME_BUCKETS; i++) e.name_heads[i] = number_of(age);
        found = hpack_find_field(&e, &field, any_u32(0, UINT32_MAX));
        /*@ check found == 0 || 61 < found <= 61 + 2; */
        found = hpack_find_name(&e, &field, any_u32(0, UINT32_MAX));
        /*@ check found == 0 || 61 < found <= 61 + 2; */
    }
}

void prove_find(void) {
    any_octets(name, LONG);
    any_octets(value, LONG);
    for (uint32_t octets = 0; octets <= 4; octets += 2) tables(find, octets);
}

static void remember(void) {
    hpack_encoder before = e;
    hpack_field field = {name, value, any_u32(0, LONG), any_u32(0, LONG), false};

    hpack_repeats(&e, any_u32(0, UINT32_MAX), any_u32(0, UINT32_MAX));
    hpack_remember(&e, &field, any_u32(0, UINT32_MAX), any_u32(0, UINT32_MAX), any_u32(0, 1));
    e = before;
}

void prove_remember(void) {
    tables(remember, 1);
}

/* So many entries that the low octet of a number does not tell which it is. */
void prove_many(void) {
    static uint8_t many[600 * HPACK_RECORD];

    any_octets(&e, sizeof e);
    any_octets(many, sizeof many);
    e.table = (hpack_table){many, NULL, sizeof many, sizeof many, sizeof many, 0, 0, 0, 600};
    hpack_newest(&e, any_u32(0, HPACK_BUCKETS - 1));
    hpack_newest_likely(&e, any_u32(0, HPACK_BUCKETS - 1));
}
