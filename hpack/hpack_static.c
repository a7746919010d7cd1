/* SPDX-License-Identifier: MIT */
#include "hpack_static.h"
#include "hpack_string.h"

#ifdef H2_SMALL

/* Of the first octet of an entry: fields of this name seldom have the same value twice; it has a value. */
#define HPACK_VOLATILE 0x80u
#define HPACK_VALUED   0x40u
#define HPACK_NAME_LEN 0x3fu

#include "hpack_static_table.h"

/* Step to the entry at `at`, whose name may be that of `field`. Returns the next one's place. */
static const char *hpack_static_next(const char *at, hpack_field *field, bool *is_volatile) {
    uint8_t first = (uint8_t)*at++;
    size_t name_len = first & HPACK_NAME_LEN;

    field->value_len = first & HPACK_VALUED ? (uint8_t)*at++ : 0;
    if (name_len > 0) {
        field->name = at;
        field->name_len = name_len;
    }
    field->value = at + name_len;
    *is_volatile = (first & HPACK_VOLATILE) != 0;
    return field->value + field->value_len;
}

void hpack_static_get(uint32_t index, hpack_field *field) {
    const char *at = hpack_static_packed;
    bool is_volatile;

    field->never_index = false;
    while (index-- > 0) at = hpack_static_next(at, field, &is_volatile);
}

uint32_t hpack_static_find(const hpack_field *field, uint32_t hash) {
    const char *at = hpack_static_packed;
    uint32_t first = 0, index;
    hpack_field entry = {0};

    (void)hash;
    for (index = 1; index <= HPACK_STATIC_COUNT; index++) {
        bool is_volatile;

        at = hpack_static_next(at, &entry, &is_volatile);
        if (!hpack_same(entry.name, entry.name_len, field->name, field->name_len)) continue;
        if (hpack_same(entry.value, entry.value_len, field->value, field->value_len)) return index | HPACK_KNOWN_WHOLE;
        if (first == 0) first = index | (is_volatile ? HPACK_KNOWN_VOLATILE : 0);
    }
    return first;
}

#else

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
