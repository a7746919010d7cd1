/* SPDX-License-Identifier: MIT */
#include "hpack_static.h"
#include "hpack_string.h"

#ifndef H2_SMALL /* hpack_tables_small.c */

/* With the octets of an entry's value: it is seldom sent twice; the next entry has the same name. */
#define HPACK_VOLATILE  0x80u
#define HPACK_CONTINUED 0x40u
#define HPACK_VALUE_LEN 0x3fu

typedef struct hpack_static_entry {
    uint16_t offset;
    uint8_t name_len;
    uint8_t value_len; /* and the flags above */
} hpack_static_entry;

#include "hpack_static_table.h"

void hpack_static_get(uint32_t index, hpack_field *field) {
    const hpack_static_entry *entry = &hpack_static_entries[index - 1];

    field->name = hpack_static_strings + entry->offset;
    field->name_len = entry->name_len;
    field->value = field->name + entry->name_len;
    field->value_len = entry->value_len & HPACK_VALUE_LEN;
    field->never_index = false;
}

/* Whether an entry has the name, or the value, of a field; all of the table are HPACK_SHORT. */
static inline bool hpack_static_named(const hpack_static_entry *entry, const hpack_field *field) {
    return entry->name_len == field->name_len &&
           hpack_equal_short(hpack_static_strings + entry->offset, field->name, entry->name_len);
}

static inline bool hpack_static_valued(const hpack_static_entry *entry, const hpack_field *field) {
    return (entry->value_len & HPACK_VALUE_LEN) == field->value_len &&
           hpack_equal_short(hpack_static_strings + entry->offset + entry->name_len, field->value, field->value_len);
}

uint32_t hpack_static_find(const hpack_field *field, uint32_t hash) {
    uint32_t index = hpack_static_slots[hash >> (32 - HPACK_SLOT_BITS)];
    const hpack_static_entry *entry = hpack_static_entries + (index > 0 ? index - 1 : 0);
    uint32_t first = index | (entry->value_len & HPACK_VOLATILE ? HPACK_KNOWN_VOLATILE : 0);

    if (index == 0 || !hpack_static_named(entry, field)) return 0;
    for (;; index++, entry++) {
        if (hpack_static_valued(entry, field)) return index | HPACK_KNOWN_WHOLE;
        if (!(entry->value_len & HPACK_CONTINUED)) return first;
    }
}

#endif
