/* SPDX-License-Identifier: MIT */
#ifndef HPACK_DYNAMIC_H
#define HPACK_DYNAMIC_H

/* The dynamic table (RFC 7541, 2.3.2 and 4), described at hpack_table. */

#include "hpack.h"

#include <string.h>

/* Prepare an empty table of size limit min(HPACK_DEFAULT_TABLE_SIZE, bytes). */
void hpack_table_init(hpack_table *t, void *memory, size_t bytes);

/* Set the size limit to min(max, most) and evict what no longer fits (4.3). */
void hpack_table_resize(hpack_table *t, uint32_t max);

void hpack_table_clear(hpack_table *t);

/* Add an entry, its storage reserved, after evicting what must go; one larger than the limit empties the table and is
 * not added (4.4). The strings must not lie in the table. */
#ifdef H2_SMALL

void hpack_table_add(hpack_table *t, const hpack_field *field);

static inline bool hpack_table_reserve(hpack_table *t, uint32_t octets) {
    (void)t, (void)octets;
    return true;
}

/* The entry `index` of both tables, any number: the static ones, then those of `t`. False when there is none. */
bool hpack_table_entry(const hpack_table *t, uint32_t index, hpack_field *field);

/* What is known of a field: the index of the entry equal to it, or of the first with its name, or 0; and these flags.
 */
#define HPACK_FOUND_INDEX    0x3fffffffu
#define HPACK_FOUND_VOLATILE 0x40000000u /* fields of this name seldom have the same value twice */
#define HPACK_FOUND_WHOLE    0x80000000u /* the value is the entry's too */

uint32_t hpack_table_find(const hpack_table *t, const hpack_field *field);

#else

/* What the encoder looks entries up by; the decoder has no use for it. */
typedef struct hpack_key {
    uint32_t hash;       /* of name and value */
    uint16_t older;      /* number of the next entry in the same bucket of fields */
    uint16_t older_name; /* and in the same bucket of names */
} hpack_key;

typedef struct hpack_record {
    uint32_t offset; /* of the name in memory */
    uint32_t name_len;
    hpack_key key;
} hpack_record;

#define HPACK_RECORD ((uint32_t)sizeof(hpack_record))

/* The same without storage so far, to grow up to `bytes`. */
void hpack_table_init_growing(hpack_table *t, const hpack_storage *storage, size_t bytes);
/* Move to storage of at least `bytes`, which is no more than `most`. False, unchanged, when it is not lent. */
bool hpack_table_grow(hpack_table *t, uint32_t bytes);
/* Give back what was lent. */
void hpack_table_release(hpack_table *t);

/* Have storage for an entry of `octets` in its strings. False, unchanged, when it is not lent; never when the storage
 * was given. */
static inline bool hpack_table_reserve(hpack_table *t, uint32_t octets) {
    uint32_t needed = t->size + octets + HPACK_ENTRY_OVERHEAD;

    if (needed > t->max) needed = octets + HPACK_ENTRY_OVERHEAD > t->max ? 0 : t->max;
    return needed <= t->bytes || t->storage->grow(t, needed);
}

void hpack_table_add_keyed(hpack_table *t, const hpack_field *field, hpack_key key);

static inline void hpack_table_add(hpack_table *t, const hpack_field *field) {
    hpack_table_add_keyed(t, field, (hpack_key){0, 0, 0});
}

/* The record of the entry `age`, 0 for the newest, less than the count. Records are copied out and in, as the caller's
 * memory may have any declared type. */
static inline hpack_record hpack_record_at(const hpack_table *t, uint32_t age) {
    hpack_record record;

    memcpy(&record, t->memory + t->records + age * HPACK_RECORD, HPACK_RECORD);
    return record;
}

/* The end of its strings. */
static inline uint32_t hpack_record_end(const hpack_table *t, uint32_t age) {
    return age == 0 ? t->strings : hpack_record_at(t, age - 1).offset;
}

/* The entry `age`. The strings stay until the next change of the table. */
static inline void hpack_table_get(const hpack_table *t, uint32_t age, hpack_field *field) {
    hpack_record record = hpack_record_at(t, age);

    field->name = (const char *)t->memory + record.offset;
    field->name_len = record.name_len;
    field->value = field->name + record.name_len;
    field->value_len = hpack_record_end(t, age) - record.offset - record.name_len;
    field->never_index = false;
}

/* The key of the entry `age`. */
static inline hpack_key hpack_table_key(const hpack_table *t, uint32_t age) {
    hpack_key key;

    memcpy(&key, t->memory + t->records + age * HPACK_RECORD + offsetof(hpack_record, key), sizeof key);
    return key;
}

#endif
#endif
