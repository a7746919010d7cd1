/* SPDX-License-Identifier: MIT */
#include "hpack_test.h"

#include "guard.h"
#include "vectors.h"

#include <stdio.h>

/* The longest piece of input. */
#define INPUT_MAX 65536u
/* The most fields a block of these tests has. */
#define FIELDS_MAX 8192u

uint32_t test_random(uint32_t *seed) {
    uint32_t x = *seed;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *seed = x;
}

void field_log_clear(field_log *log) {
    log->len = 0;
    log->count = 0;
    if (log->text) log->text[0] = '\0';
}

void field_log_free(field_log *log) {
    free(log->text);
    memset(log, 0, sizeof *log);
}

/* Make room for `n` more characters and the end. */
static void make_room(field_log *log, size_t n) {
    if (log->cap - log->len > n) return;
    log->cap = log->cap * 2 + n + 4096;
    log->text = realloc(log->text, log->cap);
    ck_assert_ptr_nonnull(log->text);
}

static void put(field_log *log, char c) {
    log->text[log->len++] = c;
}

static void put_string(field_log *log, const void *string, size_t len) {
    const uint8_t *at = string;
    size_t i;

    make_room(log, 4 * len + 8);
    for (i = 0; i < len; i++) {
        bool visible = at[i] >= 0x20 && at[i] < 0x7f && at[i] != '\\';

        if (visible)
            put(log, (char)at[i]);
        else
            log->len += (size_t)snprintf(log->text + log->len, 5, "\\x%02x", at[i]);
    }
}

void field_log_add(field_log *log, const void *name, size_t name_len, const void *value, size_t value_len, bool never) {
    make_room(log, 8);
    if (never) put(log, '!');
    put_string(log, name, name_len);
    put(log, ':');
    put(log, ' ');
    put_string(log, value, value_len);
    put(log, '\n');
    log->text[log->len] = '\0';
    log->count++;
}

void field_log_emit(void *ctx, const hpack_field *field) {
    field_log_add(ctx, field->name, field->name_len, field->value, field->value_len, field->never_index);
}

/* Fields as emitted, to be read when the block is over. */
typedef struct collected {
    hpack_field fields[FIELDS_MAX];
    size_t count;
} collected;

static void collect(void *ctx, const hpack_field *field) {
    collected *all = ctx;

    ck_assert_uint_lt(all->count, FIELDS_MAX);
    all->fields[all->count++] = *field;
}

void receiver_open(receiver *r, size_t table_bytes, size_t arena_bytes) {
    memset(r, 0, sizeof *r);
    r->table_bytes = table_bytes;
    r->arena_bytes = arena_bytes;
    r->table = table_bytes > 0 ? guard_new(table_bytes) : NULL;
    r->arena = guard_new(arena_bytes);
    r->input = guard_new(INPUT_MAX);
    lender_decoder(&r->lender, &r->storage, &r->d, r->table, table_bytes);
    field_log_add(&r->log, "", 0, "", 0, false);
    field_log_clear(&r->log);
}

void receiver_close(receiver *r) {
    lender_release(&r->d);
    lender_check(&r->lender);
    guard_free(r->table, r->table_bytes);
    guard_free(r->arena, r->arena_bytes);
    guard_free(r->input, INPUT_MAX);
    field_log_free(&r->log);
}

static size_t next_piece(split *how, size_t left) {
    size_t piece = how->piece > 0 ? how->piece : left;

    if (how->seed != 0) piece = test_random(&how->seed) % 12;
    if (how->first > 0) {
        piece = how->first;
        how->first = 0;
    }
    return piece < left ? piece : left;
}

hpack_error receiver_block(receiver *r, const uint8_t *block, size_t len, bool last, split how) {
    static collected all;
    hpack_error error = HPACK_OK;
    size_t i;

    all.count = 0;
    field_log_clear(&r->log);
    hpack_decoder_begin(&r->d, r->arena, r->arena_bytes);
    do {
        size_t piece = next_piece(&how, len);
        uint8_t *input = r->input + INPUT_MAX - piece;

        ck_assert_uint_le(piece, INPUT_MAX);
        if (piece > 0) memcpy(input, block, piece);
        error = hpack_decode(&r->d, input, piece, last && piece == len, collect, &all);
        if (piece > 0) memset(input, 0xaa, piece);
        block += piece;
        len -= piece;
    } while (len > 0 && !error);
    /* After an overflow the arena holds other strings. */
    if (!hpack_decoder_overflowed(&r->d))
        for (i = 0; i < all.count; i++) field_log_emit(&r->log, &all.fields[i]);
    return error;
}

hpack_error receiver_hex(receiver *r, const char *hex) {
    size_t len;
    uint8_t *block = vectors_hex(hex, &len);
    hpack_error error = receiver_block(r, block, len, true, WHOLE);

    free(block);
    return error;
}

void receiver_entries(receiver *r) {
    uint8_t indices[64];
    uint32_t count = r->d.table.count;
    uint8_t i;

    ck_assert_uint_le(count, COUNT(indices));
    for (i = 0; i < count; i++) indices[i] = (uint8_t)(0x80 + 62 + i);
    ck_assert_int_eq(receiver_block(r, indices, count, true, WHOLE), HPACK_OK);
}

static void check_once(const block_row *row, const uint8_t *block, size_t len, split how) {
    receiver r;
    hpack_error error;

    receiver_open(&r, row->table, row->table + 1024);
    if (row->before) ck_assert_msg(receiver_hex(&r, row->before) == HPACK_OK, "%s: before", row->label);
    error = receiver_block(&r, block, len, true, how);
    ck_assert_msg(error == row->error, "%s: %d, not %d, cut at %zu/%zu", row->label, error, row->error, how.first,
                  how.piece);
    ck_assert_msg(strcmp(r.log.text, row->fields) == 0, "%s: fields\n%s", row->label, r.log.text);
    if (!error) {
        ck_assert_msg(r.d.table.size == row->table_size, "%s: table size %u", row->label, r.d.table.size);
        receiver_entries(&r);
        ck_assert_msg(strcmp(r.log.text, row->entries) == 0, "%s: table\n%s", row->label, r.log.text);
    }
    receiver_close(&r);
}

/* A shorter block either lacks fields or is truncated, and nothing it has before that is different. */
static void check_truncated(const block_row *row, const uint8_t *block, size_t len) {
    receiver r;
    hpack_error error;

    receiver_open(&r, row->table, row->table + 1024);
    if (row->before) ck_assert_int_eq(receiver_hex(&r, row->before), HPACK_OK);
    error = receiver_block(&r, block, len, true, WHOLE);
    ck_assert_msg(error == HPACK_OK || error == HPACK_ETRUNCATED || error == row->error, "%s: %d at length %zu",
                  row->label, error, len);
    ck_assert_msg(strncmp(r.log.text, row->fields, r.log.len) == 0, "%s: fields at length %zu\n%s", row->label, len,
                  r.log.text);
    receiver_close(&r);
}

void check_block_row(const block_row *row) {
    size_t len;
    size_t i;
    uint8_t *block = vectors_hex(row->block, &len);

    check_once(row, block, len, WHOLE);
    check_once(row, block, len, OCTETS);
    for (i = 1; i < len; i++) check_once(row, block, len, (split){i, 0, 0});
    for (i = 1; i < 20; i++) check_once(row, block, len, (split){0, 0, (uint32_t)i});
    for (i = 0; i < len; i++) check_truncated(row, block, i);
    free(block);
}
