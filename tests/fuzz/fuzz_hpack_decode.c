/* SPDX-License-Identifier: MIT */
/*
 * Header blocks to two decoders: one has an ample arena and is given blocks whole, the other has the arena and the
 * pieces that the input asks for. They must agree on errors, on fields unless the arena was too small, and on their
 * tables.
 *
 * Input: octet 0 the table size, octet 1 the arena, octet 2 the pieces; then blocks, each after two octets: its length,
 * and a table size to set before it if not 0.
 */
#include "hpack.h"

#include <stdlib.h>
#include <string.h>

#define AMPLE 262144u

typedef struct side {
    hpack_decoder d;
    uint8_t *table;
    char *arena;
    size_t arena_bytes;
    hpack_field fields[512];
    size_t count;
} side;

static void check(int holds) {
    if (!holds) abort();
}

static void collect(void *ctx, const hpack_field *field) {
    side *s = ctx;

    if (s->count < sizeof s->fields / sizeof s->fields[0]) s->fields[s->count++] = *field;
}

static void side_open(side *s, size_t table_bytes, size_t arena_bytes) {
    s->table = malloc(table_bytes);
    s->arena = malloc(arena_bytes);
    s->arena_bytes = arena_bytes;
    check(s->table && s->arena);
    hpack_decoder_init(&s->d, s->table, table_bytes);
}

static void side_close(side *s) {
    free(s->table);
    free(s->arena);
}

static hpack_error side_block(side *s, const uint8_t *block, size_t len, size_t piece) {
    hpack_error error;

    s->count = 0;
    hpack_decoder_begin(&s->d, s->arena, s->arena_bytes);
    do {
        size_t n = piece > 0 && piece < len ? piece : len;
        uint8_t *copy = malloc(n);

        check(copy || n == 0);
        if (n > 0) memcpy(copy, block, n);
        error = hpack_decode(&s->d, copy, n, n == len, collect, s);
        free(copy);
        block += n;
        len -= n;
    } while (len > 0 && !error);
    return error;
}

static void check_same_fields(const side *a, const side *b) {
    size_t i;

    check(a->count == b->count);
    for (i = 0; i < a->count; i++) {
        const hpack_field *x = &a->fields[i], *y = &b->fields[i];

        check(x->name_len == y->name_len && x->value_len == y->value_len && x->never_index == y->never_index);
        check(memcmp(x->name, y->name, x->name_len) == 0 && memcmp(x->value, y->value, x->value_len) == 0);
    }
}

/* Both tables hold the same octets where entries are found, shown by indexing all of them. */
static void check_same_tables(side *a, side *b) {
    uint8_t indices[64];
    uint32_t count = a->d.table.count;
    uint8_t i;

    check(a->d.table.count == b->d.table.count && a->d.table.size == b->d.table.size);
    check(a->d.table.max == b->d.table.max && a->d.table.size <= a->d.table.max);
#ifndef H2_SMALL
    check(a->d.table.max <= a->d.table.bytes);
#endif
    if (a->d.update_due || count == 0) return;
    if (count > sizeof indices) count = sizeof indices;
    for (i = 0; i < count; i++) indices[i] = (uint8_t)(0x80 + 62 + i);
    check(side_block(a, indices, count, 0) == HPACK_OK && side_block(b, indices, count, 0) == HPACK_OK);
    if (!hpack_decoder_overflowed(&b->d)) check_same_fields(a, b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static side whole, pieces;
    size_t table_bytes, at = 3;
    hpack_error error = HPACK_OK;

    if (size < 3) return 0;
    table_bytes = data[0] < 64 ? data[0] : (size_t)data[0] * 32;
    side_open(&whole, table_bytes, AMPLE);
    side_open(&pieces, table_bytes, table_bytes + (size_t)data[1] * data[1] / 8);
    while (!error && size - at > 2) {
        size_t len = data[at];
        uint32_t limit = (uint32_t)data[at + 1] * 40;

        at += 2;
        if (len > size - at) len = size - at;
        if (limit > 0) {
            hpack_decoder_set_max_table_size(&whole.d, limit);
            hpack_decoder_set_max_table_size(&pieces.d, limit);
        }
        error = side_block(&whole, data + at, len, 0);
        check(side_block(&pieces, data + at, len, data[2]) == error);
        if (!hpack_decoder_overflowed(&pieces.d)) check_same_fields(&whole, &pieces);
        if (!error) check_same_tables(&whole, &pieces);
        at += len;
    }
    side_close(&whole);
    side_close(&pieces);
    return 0;
}
