/* SPDX-License-Identifier: MIT */
#ifndef HPACK_DYNAMIC_H
#define HPACK_DYNAMIC_H

/* The dynamic table (RFC 7541, 2.3.2 and 4), described at hpack_table. */

#include "hpack.h"

#include <string.h>

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

/* Prepare an empty table of size limit min(HPACK_DEFAULT_TABLE_SIZE, bytes). */
void hpack_table_init(hpack_table *t, void *memory, size_t bytes);

/* Set the size limit to min(max, storage) and evict what no longer fits (4.3). */
void hpack_table_resize(hpack_table *t, uint32_t max);

void hpack_table_clear(hpack_table *t);

/* Add an entry after evicting what must go; one larger than the limit empties the table and is not added (4.4).
 * The strings must not lie in the table. */
void hpack_table_add(hpack_table *t, const hpack_field *field, hpack_key key);

/* The entry `age`, 0 for the newest, less than the count. The strings stay until the next change of the table. */
void hpack_table_get(const hpack_table *t, uint32_t age, hpack_field *field);

/* The key of the entry `age`. Records are copied out and in, as the caller's memory may have any declared type. */
static inline hpack_key hpack_table_key(const hpack_table *t, uint32_t age) {
    hpack_key key;

    memcpy(&key, t->memory + t->records + age * HPACK_RECORD + offsetof(hpack_record, key), sizeof key);
    return key;
}

#endif
