/* SPDX-License-Identifier: MIT */
/*
 * The tables with H2_SMALL, from every state that the invariant allows to a state that it allows. Strings are of any
 * octets; lengths are taken one by one, as their relations are what the code rests on.
 *
 * Assumed: a table of BYTES octets stands for one of any size. It has room for two entries and four octets, or for one
 * entry and ROOM octets. And, where entries of the dynamic table are looked at, a static table of STATIC entries for
 * the whole, all entries of which are gone through with prove_static_find and by prove_parts.c.
 */
#include "hpack_dynamic.h"
#include "hpack_static.h"
#ifdef STATIC
#undef HPACK_STATIC_COUNT
#define HPACK_STATIC_COUNT STATIC
#endif
#include "hpack_tables_small.c"
#include "prove.h"

#define BYTES 68u
#define ROOM  (BYTES - HPACK_ENTRY_OVERHEAD)
#define LONG  300u /* a string longer than any in a table */

static uint8_t memory[BYTES];
static char name[LONG], value[LONG];

static uint8_t *put_entry(uint8_t *at, uint32_t name_len, uint32_t value_len) {
    hpack_lengths lengths = {name_len, value_len};

    memcpy(at, &lengths, sizeof lengths);
    return at + sizeof lengths + name_len + value_len;
}

/* The invariant, of which the memory beyond the entries is not a part. */
static void check_table(const hpack_table *t) {
    const uint8_t *at = t->memory;
    uint32_t sum = 0;

    /*@ check t->memory == &memory[0] && t->most == 68 && t->size <= t->max <= 68; */
    for (uint32_t age = 0; age < t->count; age++) {
        hpack_lengths lengths;

        memcpy(&lengths, at, sizeof lengths);
        at += sizeof lengths + lengths.name + lengths.value;
        sum += 32 + lengths.name + lengths.value;
    }
    /*@ check t->size == sum; */
    /*@ check at <= &memory[0] + 68; */
}

typedef void proof(hpack_table *t);

static void table_of(proof *prove, uint32_t count, uint32_t size) {
    hpack_table t = {memory, BYTES, BYTES, size, count};

    prove(&t);
}

/* Every table of one entry, and of two. */
static void one(proof *prove, uint32_t most) {
    for (uint32_t octets = 0; octets <= most; octets++)
        for (uint32_t name_len = 0; name_len <= octets; name_len++) {
            any_octets(memory, BYTES);
            put_entry(memory, name_len, octets - name_len);
            table_of(prove, 1, HPACK_ENTRY_OVERHEAD + octets);
        }
}

static void two_after(proof *prove, uint8_t *at, uint32_t octets, uint32_t room) {
    for (uint32_t older = 0; older <= room; older++)
        for (uint32_t name_len = 0; name_len <= older; name_len++) {
            put_entry(at, name_len, older - name_len);
            table_of(prove, 2, 2 * HPACK_ENTRY_OVERHEAD + octets + older);
        }
}

static void two(proof *prove) {
    for (uint32_t octets = 0; octets <= 4; octets++)
        for (uint32_t name_len = 0; name_len <= octets; name_len++) {
            any_octets(memory, BYTES);
            two_after(prove, put_entry(memory, name_len, octets - name_len), octets, 4 - octets);
        }
}

static void empty(proof *prove) {
    any_octets(memory, BYTES);
    table_of(prove, 0, 0);
}

static void resize(const hpack_table *t, uint32_t least, uint32_t most) {
    hpack_table resized = *t;

    hpack_table_resize(&resized, any_u32(least, most));
    check_table(&resized);
}

/* To every limit, by how many entries it leaves. */
static void resize_each(hpack_table *t) {
    hpack_lengths newest;
    uint32_t first = 0;

    memcpy(&newest, memory, sizeof newest);
    if (t->count > 0) first = 32 + newest.name + newest.value;
    resize(t, t->size, UINT32_MAX);
    if (t->count > 1) resize(t, first, t->size - 1);
    if (t->count > 0) resize(t, 0, first - 1);
}

static void add(hpack_table *t, uint32_t name_len, uint32_t value_len) {
    hpack_table grown = *t;
    hpack_field field = {name + LONG - name_len, value + LONG - value_len, name_len, value_len, false};
    uint8_t before[BYTES];

    memcpy(before, memory, BYTES);
    hpack_table_add(&grown, &field);
    check_table(&grown);
    memcpy(memory, before, BYTES);
}

/* All entries that there is room for. */
static void add_each(hpack_table *t) {
    for (uint32_t octets = 0; octets + HPACK_ENTRY_OVERHEAD + t->size <= BYTES; octets++)
        for (uint32_t name_len = 0; name_len <= octets; name_len++) add(t, name_len, octets - name_len);
}

/* One for which others must go, the largest that there may be, and one beyond that. */
static void add_large(hpack_table *t) {
    add(t, 2, 0);
    add(t, ROOM / 2, ROOM / 2);
    add(t, 0, ROOM + 1);
}

static void entry(hpack_table *t) {
    uint32_t last = HPACK_STATIC_COUNT + t->count;

    for (uint32_t index = 0; index <= last + 1; index++) {
        hpack_field field;
        bool there = hpack_table_entry(t, index, &field);

        /*@ check there <==> 1 <= index <= last; */
        if (!there) continue;
        /*@ check field.name_len == 0 || \valid_read(field.name + (0 .. field.name_len - 1)); */
        /*@ check field.value_len == 0 || \valid_read(field.value + (0 .. field.value_len - 1)); */
    }
}

static void find(const hpack_table *t, const hpack_field *field) {
    uint32_t last = HPACK_STATIC_COUNT + t->count;
    uint32_t found = hpack_table_find(t, field) & HPACK_FOUND_INDEX;

    /*@ check found <= last; */
}

static void find_any(hpack_table *t) {
    hpack_field field = {name, value, any_u32(0, LONG), any_u32(0, LONG), false};

    find(t, &field);
}

void prove_entry(void) {
    empty(entry);
    one(entry, ROOM);
    two(entry);
}

void prove_find(void) {
    any_octets(name, LONG);
    any_octets(value, LONG);
    one(find_any, ROOM);
    two(find_any);
}

/* A name or a value of which nothing may be read beyond its end. No string of the static table is longer. */
void prove_static_find(void) {
    const hpack_table t = {memory, BYTES, BYTES, 0, 0};

    any_octets(name, LONG);
    any_octets(value, LONG);
    for (uint32_t len = 0; len <= HPACK_NAME_LEN + 1; len++) {
        hpack_field by_name = {name + LONG - len, value, len, any_u32(0, LONG), false};
        hpack_field by_value = {name, value + LONG - len, any_u32(0, LONG), len, false};

        find(&t, &by_name);
        find(&t, &by_value);
    }
}

void prove_resize(void) {
    empty(resize_each);
    one(resize_each, ROOM);
    two(resize_each);
}

void prove_add(void) {
    any_octets(name, LONG);
    any_octets(value, LONG);
    empty(add_each);
    empty(add_large);
    one(add_each, 4);
    for (uint32_t octets = 0; octets <= ROOM; octets += ROOM / 4) one(add_large, octets);
    two(add_large);
}

void prove_start(void) {
    hpack_table t;

    hpack_table_init(&t, memory, BYTES);
    check_table(&t);
}
