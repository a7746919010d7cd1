/* SPDX-License-Identifier: MIT */
/*
 * The dynamic table, from every state that its invariants allow to a state that they allow. Strings and keys are of any
 * octets; places and lengths are taken one by one, as their relations are what the code rests on.
 *
 * Assumed: a table of BYTES octets stands for one of any size. It has room for two entries and four octets, or for one
 * entry and ROOM octets.
 */
#include "hpack_dynamic.c"
#include "prove.h"

#define BYTES 68u
#define ROOM  (BYTES - HPACK_ENTRY_OVERHEAD)

static uint8_t memory[BYTES];

static hpack_record record_of(uint32_t offset, uint32_t name_len) {
    return (hpack_record){offset, name_len, {any_u32(0, UINT32_MAX), any_u16(), any_u16()}};
}

/* A table of `count` entries, the oldest of which begins at `oldest` and the newest, when there are two, at `newest`.
 */
static hpack_table table_of(uint32_t count, uint32_t records, uint32_t strings, uint32_t oldest, uint32_t newest) {
    hpack_table t = {memory, NULL, BYTES, BYTES, BYTES, 32 * count + strings - oldest, strings, records, count};
    hpack_record record = record_of(newest, any_u32(0, strings - newest));

    any_octets(memory, BYTES);
    if (count > 1) memcpy(memory + records, &record, sizeof record);
    record = record_of(oldest, any_u32(0, (count > 1 ? newest : strings) - oldest));
    if (count > 0) memcpy(memory + records + (count - 1) * HPACK_RECORD, &record, sizeof record);
    return t;
}

/* What the head of hpack_dynamic.c says. */
static void check_table(const hpack_table *t) {
    uint32_t end = t->strings;
    uint32_t sum = 0;

    /*@ check t->memory == &memory[0] && t->bytes == 68 && t->most == 68 && t->size <= t->max <= 68; */
    /*@ check t->strings <= t->records && t->records + t->count * 16 <= 68; */
    /*@ check t->count == 0 ==> t->size == 0 && t->strings == 0 && t->records == 68; */
    for (uint32_t age = 0; age < t->count; age++) {
        uint32_t offset = hpack_record_at(t, age).offset;
        /*@ check offset <= end; */
        sum += 32 + end - offset;
        end = offset;
    }
    /*@ check t->size == sum; */
}

typedef void proof(hpack_table *t);

static void empty(proof *prove) {
    hpack_table t = table_of(0, BYTES, 0, 0, 0);
    prove(&t);
}

/* Tables of one entry of at most `most` octets. */
static void one_of(proof *prove, uint32_t most, uint32_t records, uint32_t oldest) {
    for (uint32_t strings = oldest; strings <= records && strings <= oldest + most; strings++) {
        hpack_table t = table_of(1, records, strings, oldest, oldest);
        prove(&t);
    }
}

static void one(proof *prove, uint32_t most) {
    for (uint32_t records = BYTES % HPACK_RECORD; records < BYTES; records += HPACK_RECORD)
        for (uint32_t oldest = 0; oldest <= records; oldest++) one_of(prove, most, records, oldest);
}

static void two_of(proof *prove, uint32_t records, uint32_t oldest) {
    for (uint32_t newest = oldest; newest <= records && newest <= oldest + 4; newest++)
        for (uint32_t strings = newest; strings <= records && strings <= oldest + 4; strings++) {
            hpack_table t = table_of(2, records, strings, oldest, newest);
            prove(&t);
        }
}

static void two(proof *prove) {
    for (uint32_t records = BYTES % HPACK_RECORD; records < BYTES - HPACK_RECORD; records += HPACK_RECORD)
        for (uint32_t oldest = 0; oldest <= records; oldest++) two_of(prove, records, oldest);
}

static void resize(const hpack_table *t, uint32_t least, uint32_t most) {
    hpack_table resized = *t;

    hpack_table_resize(&resized, any_u32(least, most));
    check_table(&resized);
}

/* To every limit, by how many entries it leaves. */
static void resize_one(hpack_table *t) {
    resize(t, t->size, UINT32_MAX);
    resize(t, 0, t->size - 1);
}

static void resize_two(hpack_table *t) {
    uint32_t newest = 32 + t->strings - hpack_record_at(t, 0).offset;

    resize(t, t->size, UINT32_MAX);
    resize(t, newest, t->size - 1);
    resize(t, 0, newest - 1);
}

static void compact(hpack_table *t) {
    hpack_table_compact(t);
    check_table(t);
}

static char name[ROOM], value[ROOM];

/* Entries that the limit has room for, which is what hpack_table_shrink leaves. */
static void put(hpack_table *t) {
    uint8_t before[BYTES];

    memcpy(before, memory, BYTES);
    for (uint32_t octets = 0; octets + HPACK_ENTRY_OVERHEAD + t->size <= BYTES; octets++)
        for (uint32_t name_len = 0; name_len <= octets; name_len++) {
            hpack_table grown = *t;
            hpack_field field = {name, value, name_len, octets - name_len, false};

            memcpy(memory, before, BYTES);
            hpack_table_put(&grown, &field, record_of(0, 0).key);
            check_table(&grown);
        }
}

/* The whole of it, which may have to evict. */
static void add(hpack_table *t) {
    hpack_field field = {name, value, 2, ROOM - 2, false};

    hpack_table_add_keyed(t, &field, record_of(0, 0).key);
    check_table(t);
}

/* One too large for the limit, whatever the state. */
static void add_large(void) {
    hpack_table t = table_of(1, 4, 4, any_u32(0, 4), 0);
    hpack_field field = {NULL, NULL, ROOM + 1, any_u32(0, 0x0fffffff), false};

    hpack_table_add_keyed(&t, &field, record_of(0, 0).key);
    check_table(&t);
}

/* All that can be said of one entry: that the next newer begins, or the strings end, at `end`. */
static void get(uint32_t age, uint32_t end, uint32_t offset) {
    hpack_field field;

    for (uint32_t name_len = 0; name_len <= end - offset; name_len++) {
        hpack_table t = table_of(2, 20, age > 0 ? any_u32(end, 20) : end, 0, end);
        hpack_record record = record_of(offset, name_len);

        memcpy(memory + 20 + age * HPACK_RECORD, &record, sizeof record);
        hpack_table_get(&t, age, &field);
        /*@ check field.name == (char *)&memory[offset] && field.name_len == name_len; */
        /*@ check field.value == field.name + name_len && field.value_len == end - offset - name_len; */
        hpack_table_key(&t, age);
    }
}

void prove_get(void) {
    for (uint32_t end = 0; end <= 20; end++)
        for (uint32_t offset = 0; offset <= end; offset++) {
            get(0, end, offset);
            get(1, end, offset);
        }
}

void prove_resize(void) {
    one(resize_one, ROOM);
    two(resize_two);
}

void prove_compact(void) {
    one(compact, ROOM);
    two(compact);
}

void prove_add(void) {
    any_octets(name, sizeof name);
    any_octets(value, sizeof value);
    empty(put);
    one(put, 4);
    for (uint32_t octets = 0; octets <= ROOM; octets += ROOM / 2) one_of(add, octets, 52, 8);
    add_large();
}
