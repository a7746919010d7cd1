/* SPDX-License-Identifier: MIT */
/*
 * Invariants, with n = count and R = sizeof(hpack_record):
 *   size = sum of (HPACK_ENTRY_OVERHEAD + string octets) <= max <= most;  size <= bytes <= most
 *   record of age a at records + a * R;  records + n * R <= bytes;  strings <= records
 *   name and value of an entry are neighbours; an entry's strings end where those of the next newer one begin
 * As R <= HPACK_ENTRY_OVERHEAD, whatever is counted as no more than `bytes` fits the memory once both areas are closed
 * up.
 */
#include "hpack_dynamic.h"
#include "hpack_string.h"

#ifndef H2_SMALL

_Static_assert(sizeof(hpack_record) <= HPACK_ENTRY_OVERHEAD, "an entry's overhead must pay for its record");

static void hpack_table_bound(hpack_table *t, size_t bytes) {
    if (bytes > HPACK_MAX_INTEGER) bytes = HPACK_MAX_INTEGER;
    t->most = (uint32_t)bytes & ~(HPACK_TABLE_ALIGN - 1u);
    t->max = t->most < HPACK_DEFAULT_TABLE_SIZE ? t->most : HPACK_DEFAULT_TABLE_SIZE;
}

void hpack_table_init(hpack_table *t, void *memory, size_t bytes) {
    hpack_table_bound(t, bytes);
    t->memory = memory;
    t->storage = NULL;
    t->bytes = t->most;
    hpack_table_clear(t);
}

void hpack_table_clear(hpack_table *t) {
    t->size = 0;
    t->strings = 0;
    t->records = t->bytes;
    t->count = 0;
}

static void hpack_table_shrink(hpack_table *t, uint32_t size) {
    while (t->size > size) {
        uint32_t age = t->count - 1;

        t->size -= HPACK_ENTRY_OVERHEAD + hpack_record_end(t, age) - hpack_record_at(t, age).offset;
        t->count = age;
    }
    if (t->count == 0) hpack_table_clear(t);
}

void hpack_table_resize(hpack_table *t, uint32_t max) {
    t->max = max < t->most ? max : t->most;
    hpack_table_shrink(t, t->max);
}

/* Close up what evictions left: strings move to the start, records to the end. Needs at least one entry. */
static void hpack_table_compact(hpack_table *t) {
    uint32_t gap = hpack_record_at(t, t->count - 1).offset;
    uint32_t to = t->bytes - t->count * HPACK_RECORD;
    uint32_t at;

    memmove(t->memory + to, t->memory + t->records, t->count * HPACK_RECORD);
    t->records = to;
    memmove(t->memory, t->memory + gap, t->strings - gap);
    t->strings -= gap;
    for (at = to; at < t->bytes; at += HPACK_RECORD) {
        uint32_t offset;

        memcpy(&offset, t->memory + at, sizeof offset);
        offset -= gap;
        memcpy(t->memory + at, &offset, sizeof offset);
    }
}

/* Add an entry for which `max` has room. */
static void hpack_table_put(hpack_table *t, const hpack_field *field, hpack_key key) {
    uint32_t name_len = (uint32_t)field->name_len;
    uint32_t octets = name_len + (uint32_t)field->value_len;
    hpack_record record = {t->strings, name_len, key};

    if (t->records - t->strings < octets + HPACK_RECORD) {
        hpack_table_compact(t);
        record.offset = t->strings;
    }
    hpack_copy((char *)t->memory + t->strings, field->name, name_len);
    hpack_copy((char *)t->memory + t->strings + name_len, field->value, octets - name_len);
    t->strings += octets;
    t->records -= HPACK_RECORD;
    memcpy(t->memory + t->records, &record, HPACK_RECORD);
    t->size += octets + HPACK_ENTRY_OVERHEAD;
    t->count++;
}

void hpack_table_add_keyed(hpack_table *t, const hpack_field *field, hpack_key key) {
    uint32_t entry = (uint32_t)(field->name_len + field->value_len) + HPACK_ENTRY_OVERHEAD;

    if (entry > t->max) {
        hpack_table_clear(t);
        return;
    }
    hpack_table_shrink(t, t->max - entry);
    hpack_table_put(t, field, key);
}

#endif
