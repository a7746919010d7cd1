/* SPDX-License-Identifier: MIT */
/*
 * The encoder: for each field the first that applies of
 *   never_index: a never-indexed literal (RFC 7541, 6.2.3)
 *   an equal entry of either table: its index (6.1)
 *   a value seldom sent twice and not the last sent, or an entry that would push out much of the table: a literal
 *     without indexing (6.2.2)
 *   a literal that becomes an entry (6.2.1)
 * with names by index where a table has them, and strings Huffman coded where that is shorter.
 */
#include "hpack.h"
#include "hpack_dynamic.h"
#include "hpack_huffman.h"
#include "hpack_index.h"
#include "hpack_int.h"
#include "hpack_static.h"
#include "hpack_string.h"

/* First octets: the flags, and the bits of the integer that follows them (sections 5.2 and 6). */
#define HPACK_FIRST_INDEXED     HPACK_INT_FIRST(0x80, 0x7f)
#define HPACK_FIRST_INCREMENTAL HPACK_INT_FIRST(0x40, 0x3f)
#define HPACK_FIRST_UPDATE      HPACK_INT_FIRST(0x20, 0x1f)
#define HPACK_FIRST_NEVER       HPACK_INT_FIRST(0x10, 0x0f)
#define HPACK_FIRST_WITHOUT     HPACK_INT_FIRST(0x00, 0x0f)
#define HPACK_FIRST_HUFFMAN     HPACK_INT_FIRST(0x80, 0x7f)
#define HPACK_FIRST_PLAIN       HPACK_INT_FIRST(0x00, 0x7f)

void hpack_encoder_init(hpack_encoder *e, void *memory, size_t bytes) {
    memset(e, 0, sizeof *e);
    hpack_table_init(&e->table, memory, bytes);
    e->limit = e->table.max;
    e->lowest = e->table.max;
    e->in_force = HPACK_DEFAULT_TABLE_SIZE;
}

void hpack_encoder_set_max_table_size(hpack_encoder *e, uint32_t size) {
    e->limit = size < e->table.most ? size : e->table.most;
    if (e->limit < e->lowest) e->lowest = e->limit;
}

#ifdef H2_SMALL

/* So that 32 bits can count it, no more than twice HPACK_MAX_INTEGER together. */
size_t hpack_encode_bound(const hpack_field *fields, size_t n) {
    size_t bound = HPACK_MAX_UPDATES * HPACK_INT_MAX_OCTETS + HPACK_HUFFMAN_SLACK;

    for (; n > 0; n--, fields++) {
        if ((fields->name_len | fields->value_len) > HPACK_MAX_INTEGER) return SIZE_MAX;
        bound += 3 * HPACK_INT_MAX_OCTETS + fields->name_len + fields->value_len;
        if (bound > 2 * HPACK_MAX_INTEGER) return SIZE_MAX;
    }
    return bound;
}

#else

size_t hpack_encode_bound(const hpack_field *fields, size_t n) {
    uint64_t bound = HPACK_MAX_UPDATES * HPACK_INT_MAX_OCTETS + HPACK_HUFFMAN_SLACK;
    size_t longest = 0; /* in all its bits no less than any */
    size_t i;

    for (i = 0; i < n; i++) {
        hpack_expect(fields[i].name);
        hpack_expect(fields[i].value);
        longest |= fields[i].name_len | fields[i].value_len;
        bound += 3 * HPACK_INT_MAX_OCTETS + fields[i].name_len + fields[i].value_len;
    }
    return longest <= HPACK_MAX_INTEGER && bound < SIZE_MAX ? (size_t)bound : SIZE_MAX;
}

#endif

static uint8_t *hpack_write_updates(hpack_encoder *e, uint8_t *out) {
    if (e->limit == e->in_force && e->lowest >= e->in_force) return out;
    if (e->lowest < e->limit && e->lowest < e->in_force) {
        hpack_table_resize(&e->table, e->lowest);
        out = hpack_int_put(out, HPACK_FIRST_UPDATE, e->lowest);
    }
    hpack_table_resize(&e->table, e->limit);
    e->lowest = e->limit;
    e->in_force = e->limit;
    return hpack_int_put(out, HPACK_FIRST_UPDATE, e->limit);
}

#ifdef H2_SMALL

static uint8_t *hpack_write_string(uint8_t *out, const char *string, size_t len) {
    /* The longest length is followed by the string; both move together. */
    uint8_t *coded = out + HPACK_INT_MAX_OCTETS;
    uint8_t *end = hpack_huffman_encode(coded, string, len);

    if (end) {
        string = (const char *)coded;
        len = (size_t)(end - coded);
    }
    out = hpack_int_put(out, end ? HPACK_FIRST_HUFFMAN : HPACK_FIRST_PLAIN, (uint32_t)len);
    if (len > 0) memmove(out, string, len);
    return out + len;
}

#else

static uint8_t *hpack_write_string(uint8_t *out, const char *string, size_t len) {
    /* The length of most strings takes one octet; others are moved. */
    uint8_t *coded = out + 1;
    uint8_t *end = hpack_huffman_encode(coded, string, len);
    size_t size = end ? (size_t)(end - coded) : len;

    if (end && size < 0x7f) {
        *out = (uint8_t)(0x80u | size);
        return end;
    }
    if (end) {
        memmove(out + HPACK_INT_MAX_OCTETS, coded, size);
        coded = hpack_int_put(out, HPACK_FIRST_HUFFMAN, (uint32_t)size);
        memmove(coded, out + HPACK_INT_MAX_OCTETS, size);
        return coded + size;
    }
    out = hpack_int_put(out, HPACK_FIRST_PLAIN, (uint32_t)len);
    if (len > 0) memcpy(out, string, len);
    return out + len;
}

#endif

/* Whether an entry for `field` would not push out too much of the table, and has storage. */
static bool hpack_worth_indexing(hpack_encoder *e, const hpack_field *field) {
    size_t octets = field->name_len + field->value_len;

    return octets + HPACK_ENTRY_OVERHEAD <= e->table.max / 4 * 3 && hpack_table_reserve(&e->table, (uint32_t)octets);
}

/* The literal's name by its index, or as a string, and the value. */
static uint8_t *hpack_write_literal(uint8_t *out, const hpack_field *field, uint32_t index, unsigned first) {
    out = hpack_int_put(out, first, index);
    if (index == 0) out = hpack_write_string(out, field->name, field->name_len);
    return hpack_write_string(out, field->value, field->value_len);
}

#ifdef H2_SMALL

static uint8_t *hpack_write_field(hpack_encoder *e, const hpack_field *field, uint8_t *out) {
    uint32_t found = hpack_table_find(&e->table, field);
    uint32_t index = found & HPACK_FOUND_INDEX;

    unsigned first = HPACK_FIRST_WITHOUT;

    if (found & HPACK_FOUND_WHOLE && !field->never_index) return hpack_int_put(out, HPACK_FIRST_INDEXED, index);
    if (field->never_index) {
        first = HPACK_FIRST_NEVER;
    } else if (!(found & HPACK_FOUND_VOLATILE) && hpack_worth_indexing(e, field)) {
        first = HPACK_FIRST_INCREMENTAL;
        hpack_table_add(&e->table, field);
    }
    return hpack_write_literal(out, field, index, first);
}

#else

static uint8_t *hpack_write_field(hpack_encoder *e, const hpack_field *field, uint8_t *out) {
    uint32_t hash = hpack_field_hash(field);
    uint32_t same = field->never_index ? 0 : hpack_find_field(e, field, hash);
    uint32_t name_hash, known, index;

    if (same > 0) return hpack_int_put(out, HPACK_FIRST_INDEXED, same);
    name_hash = hpack_hash(field->name, field->name_len);
    known = hpack_static_find(field, name_hash);
    index = known & HPACK_KNOWN_INDEX;
    if (known & HPACK_KNOWN_WHOLE && !field->never_index) return hpack_int_put(out, HPACK_FIRST_INDEXED, index);
    if (index == 0) index = hpack_find_name(e, field, name_hash);
    if (field->never_index) return hpack_write_literal(out, field, index, HPACK_FIRST_NEVER);
    if ((known & HPACK_KNOWN_VOLATILE && !hpack_repeats(e, hash, name_hash)) || !hpack_worth_indexing(e, field))
        return hpack_write_literal(out, field, index, HPACK_FIRST_WITHOUT);
    hpack_remember(e, field, hash, name_hash, known == 0);
    return hpack_write_literal(out, field, index, HPACK_FIRST_INCREMENTAL);
}

#endif

ptrdiff_t hpack_encode(hpack_encoder *e, const hpack_field *fields, size_t n, uint8_t *out, size_t cap) {
    uint8_t *at = out;
    size_t i;

    if (cap < hpack_encode_bound(fields, n)) return HPACK_ENOSPACE;
    at = hpack_write_updates(e, at);
    for (i = 0; i < n; i++) at = hpack_write_field(e, &fields[i], at);
    return at - out;
}
