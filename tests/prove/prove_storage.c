/* SPDX-License-Identifier: MIT */
/*
 * Tables that grow (hpack_storage.c, with hpack_dynamic.c): from every state that the invariants of a table allow, to
 * all sizes that may be asked for, a table moves to storage of its own and keeps its entries, or stays as it was. What
 * comes back to the lender is what it lent. And an entry for which there is storage is added.
 *
 * Assumed: loans of HELD octets, with two entries and four octets, or one, and of MOST stand for those of any size.
 */
#include "hpack_dynamic.c"
#include "hpack_storage.c"
#include "prove.h"

#define HELD 68u
#define MOST 200u

/* Both end where storage does, but for one octet when there are no records: the analyser takes no copy of nothing to or
 * from the end of an array. */
static uint8_t before[HELD + 1], after[2 * MOST];
static char text[MOST];
static hpack_table held; /* as it was */
static uint8_t *loan;
static uint32_t lent, refuses;

static void *lend(void *user, size_t bytes) {
    /*@ check user == \null && 0 < bytes <= 200; */
    if (refuses) return NULL;
    lent = (uint32_t)bytes;
    loan = after + sizeof after - bytes - (held.count == 0);
    return loan;
}

static void give_back(void *user, void *memory, size_t bytes) {
    /*@ check user == \null; */
    if (memory == held.memory) {
        /*@ check bytes == held.bytes; */
        any_octets(before, sizeof before); /* which is not looked at any more */
    } else {
        /*@ check bytes == lent && memory == loan; */
    }
}

static const hpack_lender lender = {lend, give_back, NULL};
static hpack_storage storage;

static void check_table(const hpack_table *t) {
    uint32_t end = t->strings, sum = 0;

    /*@ check t->size <= t->max <= t->most && t->size <= t->bytes <= t->most && t->most == 200; */
    /*@ check t->strings <= t->records && t->records + t->count * 16 <= t->bytes; */
    for (uint32_t age = 0; age < t->count; age++) {
        uint32_t offset = hpack_record_at(t, age).offset;
        /*@ check offset <= end; */
        sum += 32 + end - offset;
        end = offset;
    }
    /*@ check t->size == sum; */
}

static void put_record(uint32_t at, uint32_t offset, uint32_t end) {
    hpack_record record = {offset, any_u32(0, end - offset), {any_u32(0, UINT32_MAX), any_u16(), any_u16()}};

    memcpy(held.memory + at, &record, sizeof record);
}

typedef void proof(void);

/* A table of `count` entries, whose strings begin at `oldest` and `newest`. */
static void table_of(proof *prove, uint32_t count, uint32_t records, uint32_t oldest, uint32_t newest,
                     uint32_t strings) {
    hpack_storage_init(&storage, &lender);
    any_octets(before, sizeof before);
    held = (hpack_table){before + (count > 0),          &storage, HELD,    MOST, MOST,
                         32 * count + strings - oldest, strings,  records, count};
    if (count > 0) put_record(records, newest, strings);
    if (count > 1) put_record(records + HPACK_RECORD, oldest, newest);
    for (refuses = 0; refuses <= 1; refuses++) prove();
}

/* Where records lie, and strings, that entries before have left: every `step` octets. */
static void tables(proof *prove, uint32_t step) {
    table_of(prove, 0, HELD, 0, 0, 0);
    for (uint32_t records = HELD % HPACK_RECORD; records < HELD; records += HPACK_RECORD)
        for (uint32_t oldest = 0; oldest <= records; oldest += step)
            for (uint32_t strings = oldest; strings <= records && strings <= oldest + 36; strings += step) {
                table_of(prove, 1, records, oldest, oldest, strings);
                if (records + 2 * HPACK_RECORD > HELD || strings > oldest + 4) continue;
                for (uint32_t newest = oldest; newest <= strings; newest += 2)
                    table_of(prove, 2, records, oldest, newest, strings);
            }
}

/* Sizes on both sides of each that may be lent. */
static const uint32_t sizes[][2] = {{HELD + 1, 2 * HELD}, {2 * HELD + 1, MOST}};

static void grow(void) {
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        hpack_table t = held;
        uint8_t kept[sizeof before];
        uint32_t bytes = any_u32(sizes[i][0], sizes[i][1]);
        bool grown;

        memcpy(kept, before, sizeof before);
        grown = hpack_table_grow(&t, bytes);
        /*@ check grown ==> t.bytes >= sizes[i][1] && t.bytes == lent && t.count == held.count && t.size == held.size;
         */
        /*@ check !grown ==> refuses == 1 && t.bytes == 68 && t.memory == held.memory; */
        check_table(&t);
        hpack_table_release(&t);
        /*@ check t.bytes == 0; */
        memcpy(before, kept, sizeof before);
    }
}

void prove_grow(void) {
    tables(grow, 4);
}

/* An entry of every size, to a table of every limit that has a meaning: of what is held, and of more. */
static void add(void) {
    static const uint32_t limits[] = {HELD, HELD + 12, MOST};

    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++)
        for (uint32_t octets = 0; octets + HPACK_ENTRY_OVERHEAD <= MOST + 1; octets += octets < 5 ? 1 : 21) {
            hpack_table t = held;
            hpack_field field = {text, text + octets / 2, octets / 2, octets - octets / 2, false};
            uint8_t kept[sizeof before];

            memcpy(kept, before, sizeof before);
            t.max = limits[i];
            if (hpack_table_reserve(&t, octets)) hpack_table_add(&t, &field);
            check_table(&t);
            memcpy(before, kept, sizeof before);
        }
}

void prove_reserve(void) {
    any_octets(text, MOST);
    tables(add, 12);
}

/* The first loan, and none. */
static void start(hpack_table *t) {
    check_table(t);
    /*@ check t->bytes == 0; */
    if (hpack_table_grow(t, any_u32(1, 128))) check_table(t);
}

void prove_start(void) {
    static hpack_decoder d;
    static hpack_encoder e;

    hpack_storage_init(&storage, &lender);
    held = (hpack_table){0};
    for (refuses = 0; refuses <= 1; refuses++) {
        hpack_decoder_init_growing(&d, &storage, MOST);
        start(&d.table);
        hpack_decoder_release(&d);
        hpack_encoder_init_growing(&e, &storage, MOST);
        start(&e.table);
        hpack_encoder_release(&e);
    }
}
