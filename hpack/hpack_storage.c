/* SPDX-License-Identifier: MIT */
/* Tables whose storage is lent as entries come. */
#include "hpack_dynamic.h"

#ifndef H2_SMALL

/* The first loan: a few entries. */
#define HPACK_FIRST_LOAN 128u

void hpack_storage_init(hpack_storage *storage, const hpack_lender *lender) {
    storage->lender = lender;
    storage->grow = hpack_table_grow;
}

void hpack_table_init_growing(hpack_table *t, const hpack_storage *storage, size_t bytes) {
    hpack_table_init(t, NULL, bytes);
    t->storage = storage;
    t->bytes = 0;
    hpack_table_clear(t);
}

/* Doubled until it is enough. */
static uint32_t hpack_next_size(const hpack_table *t, uint32_t bytes) {
    uint32_t next = t->bytes > 0 ? t->bytes : HPACK_FIRST_LOAN;

    while (next < bytes) next *= 2;
    return next < t->most ? next : t->most;
}

bool hpack_table_grow(hpack_table *t, uint32_t bytes) {
    const hpack_lender *lender = t->storage->lender;
    uint32_t next = hpack_next_size(t, bytes);
    uint32_t records = t->count * HPACK_RECORD;
    uint8_t *memory = lender->lend(lender->user, next);

    if (!memory) return false;
    if (t->bytes > 0) {
        memcpy(memory, t->memory, t->strings);
        memcpy(memory + next - records, t->memory + t->records, records);
        lender->give_back(lender->user, t->memory, t->bytes);
    }
    t->memory = memory;
    t->bytes = next;
    t->records = next - records;
    return true;
}

void hpack_table_release(hpack_table *t) {
    if (t->bytes > 0) t->storage->lender->give_back(t->storage->lender->user, t->memory, t->bytes);
    t->bytes = 0;
}

void hpack_decoder_init_growing(hpack_decoder *d, const hpack_storage *storage, size_t bytes) {
    hpack_decoder_init(d, NULL, 0);
    hpack_table_init_growing(&d->table, storage, bytes);
}

void hpack_decoder_release(hpack_decoder *d) {
    hpack_table_release(&d->table);
}

void hpack_encoder_init_growing(hpack_encoder *e, const hpack_storage *storage, size_t bytes) {
    hpack_encoder_init(e, NULL, bytes);
    hpack_table_init_growing(&e->table, storage, bytes);
}

void hpack_encoder_release(hpack_encoder *e) {
    hpack_table_release(&e->table);
}

#endif
