/* SPDX-License-Identifier: MIT */
/*
 * Both tables of a small build, without an index: one entry after the other is looked at. Those of the dynamic table
 * lie from the start of its memory, the newest first, each its lengths and then its strings.
 *
 * Invariant, with n = count: size = sum of (HPACK_ENTRY_OVERHEAD + string octets) <= max <= most. As the lengths take
 * no more than HPACK_ENTRY_OVERHEAD, whatever is counted fits the memory.
 */
#include "hpack_dynamic.h"
#include "hpack_static.h"
#include "hpack_string.h"

#ifdef H2_SMALL

/* Of the first octet of a static entry: fields of this name seldom have the same value twice; it has a value. */
#define HPACK_VOLATILE 0x80u
#define HPACK_VALUED   0x40u
#define HPACK_NAME_LEN 0x3fu

#include "hpack_static_table.h"

typedef struct hpack_lengths {
    uint32_t name, value;
} hpack_lengths;

_Static_assert(sizeof(hpack_lengths) <= HPACK_ENTRY_OVERHEAD, "an entry's overhead must pay for its lengths");

/* Step over the entry at `at`, which `field` becomes; the one before may have lent it its name. Returns the next one's
 * place. */
static const char *hpack_static_next(const char *at, hpack_field *field) {
    uint8_t first = (uint8_t)*at++;
    size_t name_len = first & HPACK_NAME_LEN;

    field->value_len = first & HPACK_VALUED ? (uint8_t)*at++ : 0;
    if (name_len > 0) {
        field->name = at;
        field->name_len = name_len;
    }
    field->value = at + name_len;
    return field->value + field->value_len;
}

static const char *hpack_dynamic_next(const char *at, hpack_field *field) {
    hpack_lengths lengths;

    memcpy(&lengths, at, sizeof lengths);
    field->name = at + sizeof lengths;
    field->name_len = lengths.name;
    field->value = field->name + lengths.name;
    field->value_len = lengths.value;
    return field->value + lengths.value;
}

/* The same for the entry `index` of both tables, counted from 1. */
static const char *hpack_next(const hpack_table *t, uint32_t index, const char *at, hpack_field *field) {
    if (index <= HPACK_STATIC_COUNT) return hpack_static_next(at, field);
    return hpack_dynamic_next(index == HPACK_STATIC_COUNT + 1 ? (const char *)t->memory : at, field);
}

bool hpack_table_entry(const hpack_table *t, uint32_t index, hpack_field *field) {
    const char *at = hpack_static_packed;
    uint32_t i;

    field->never_index = false;
    if (index - 1 >= HPACK_STATIC_COUNT + t->count) return false;
    for (i = 1; i <= index; i++) at = hpack_next(t, i, at, field);
    return true;
}

uint32_t hpack_table_find(const hpack_table *t, const hpack_field *field) {
    const char *at = hpack_static_packed;
    uint32_t first = 0, index;
    hpack_field entry = {0};

    for (index = 1; index <= HPACK_STATIC_COUNT + t->count; index++) {
        uint32_t known = index;

        if (index <= HPACK_STATIC_COUNT && (uint8_t)*at & HPACK_VOLATILE) known |= HPACK_FOUND_VOLATILE;
        at = hpack_next(t, index, at, &entry);
        if (!hpack_same(entry.name, entry.name_len, field->name, field->name_len)) continue;
        if (hpack_same(entry.value, entry.value_len, field->value, field->value_len)) return index | HPACK_FOUND_WHOLE;
        if (first == 0) first = known;
    }
    return first;
}

void hpack_table_init(hpack_table *t, void *memory, size_t bytes) {
    t->memory = memory;
    t->most = (uint32_t)bytes & ~(HPACK_TABLE_ALIGN - 1u);
    t->max = t->most < HPACK_DEFAULT_TABLE_SIZE ? t->most : HPACK_DEFAULT_TABLE_SIZE;
    hpack_table_clear(t);
}

void hpack_table_clear(hpack_table *t) {
    t->size = 0;
    t->count = 0;
}

/* Keep the newest entries that are no more than `size` together. */
static void hpack_table_shrink(hpack_table *t, uint32_t size) {
    const char *at = (const char *)t->memory;
    uint32_t count = t->count;
    hpack_field field;

    hpack_table_clear(t);
    for (; t->count < count; t->count++) {
        uint32_t entry;

        at = hpack_dynamic_next(at, &field);
        entry = HPACK_ENTRY_OVERHEAD + (uint32_t)(field.name_len + field.value_len);
        if (entry > size - t->size) break;
        t->size += entry;
    }
}

void hpack_table_resize(hpack_table *t, uint32_t max) {
    t->max = max < t->most ? max : t->most;
    hpack_table_shrink(t, t->max);
}

void hpack_table_add(hpack_table *t, const hpack_field *field) {
    const hpack_lengths lengths = {(uint32_t)field->name_len, (uint32_t)field->value_len};
    const uint32_t octets = lengths.name + lengths.value, entry = octets + HPACK_ENTRY_OVERHEAD;
    uint8_t *at = t->memory;

    hpack_table_shrink(t, entry > t->max ? 0 : t->max - entry);
    if (entry > t->max) return;
    memmove(at + sizeof lengths + octets, at, t->size - t->count * (HPACK_ENTRY_OVERHEAD - sizeof lengths));
    memcpy(at, &lengths, sizeof lengths);
    at += sizeof lengths;
    if (lengths.name > 0) memcpy(at, field->name, lengths.name);
    if (lengths.value > 0) memcpy(at + lengths.name, field->value, lengths.value);
    t->size += entry;
    t->count++;
}

#endif
