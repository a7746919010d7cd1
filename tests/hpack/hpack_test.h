/* SPDX-License-Identifier: MIT */
#ifndef HPACK_TEST_H
#define HPACK_TEST_H

/* What the suites of this folder share: a decoder in guarded memory, its fields as text, and rows of blocks. */

#include "hpack.h"
#include "lender.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A repeatable source of numbers; the seed is any number but 0. */
uint32_t test_random(uint32_t *seed);

/* Fields as lines "name: value", with "!" before one that must never be indexed and \xNN for what is not visible. */
typedef struct field_log {
    char *text;
    size_t len;
    size_t cap;
    size_t count;
} field_log;

void field_log_clear(field_log *log);
void field_log_free(field_log *log);
void field_log_add(field_log *log, const void *name, size_t name_len, const void *value, size_t value_len, bool never);
/* An hpack_emit. */
void field_log_emit(void *ctx, const hpack_field *field);

/* How a block is cut: `first` octets, then pieces of `piece` (0 for all the rest), or with a seed random ones. */
typedef struct split {
    size_t first;
    size_t piece;
    uint32_t seed;
} split;

#define WHOLE  ((split){0, 0, 0})
#define OCTETS ((split){0, 1, 0})

/* A decoder whose table, arena and input end at guard pages. */
typedef struct receiver {
    hpack_decoder d;
    uint8_t *table;
    uint8_t *arena;
    uint8_t *input;
    size_t table_bytes;
    size_t arena_bytes;
    hpack_storage storage;
    lender lender;
    field_log log;
} receiver;

void receiver_open(receiver *r, size_t table_bytes, size_t arena_bytes);
void receiver_close(receiver *r);
/* Decode one block; the log then holds its fields, read from where they lie after the block. */
hpack_error receiver_block(receiver *r, const uint8_t *block, size_t len, bool last, split how);
/* The same, whole, from hexadecimal digits. */
hpack_error receiver_hex(receiver *r, const char *hex);

/* Leave the entries of the dynamic table in the log, the newest first. */
void receiver_entries(receiver *r);

/* A block, and what becomes of it after the block `before` (NULL for none) on a table of `table` octets. */
typedef struct block_row {
    const char *label;
    size_t table;
    const char *before;
    const char *block;
    hpack_error error;
    const char *fields;  /* also those emitted before an error */
    uint32_t table_size; /* afterwards, when there was no error */
    const char *entries; /* the dynamic table then, the newest entry first */
} block_row;

/* Check the row whole, octet by octet, cut in two at each place, in random pieces, and truncated at each length. */
void check_block_row(const block_row *row);

#endif
