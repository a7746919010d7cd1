/* SPDX-License-Identifier: MIT */
#include "hpack_static.h"
#include "hpack_string.h"

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

uint32_t hpack_static_find(const hpack_field *field, uint32_t hash, bool *whole, bool *is_volatile) {
    uint32_t first = hpack_static_slots[hash >> (32 - HPACK_SLOT_BITS)];
    const hpack_static_entry *entry = hpack_static_entries + (first > 0 ? first - 1 : 0);
    uint32_t index = first;

    *whole = false;
    *is_volatile = false;
    if (first == 0 || entry->name_len != field->name_len ||
        !hpack_equal(hpack_static_strings + entry->offset, field->name, field->name_len))
        return 0;
    *is_volatile = (entry->value_len & HPACK_VOLATILE) != 0;
    for (;; index++, entry++) {
        const char *value = hpack_static_strings + entry->offset + entry->name_len;

        if ((entry->value_len & HPACK_VALUE_LEN) == field->value_len &&
            hpack_equal(value, field->value, field->value_len)) {
            *whole = true;
            return index;
        }
        if (!(entry->value_len & HPACK_CONTINUED)) return first;
    }
}
