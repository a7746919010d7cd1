/* SPDX-License-Identifier: MIT */
/*
 * The decoder of RFC 7541, 3.2 and 6, as a machine that takes any pieces of a block.
 *
 * Strings of the field in progress lie in the arena from `start` to `arena_used`: its name unless that is static, then
 * its value. Fields before it are not touched, until the arena is full: then nothing more is emitted and what the field
 * has so far moves to the start of the arena, now and whenever it is full again, for fields still matter to the dynamic
 * table. One that is too large even for the whole arena, and hence for the table, is counted and not kept (`discard`).
 */
#include "hpack.h"
#include "hpack_dynamic.h"
#include "hpack_huffman.h"
#include "hpack_int.h"
#include "hpack_static.h"
#include "hpack_string.h"

#include <string.h>

/* What the next octet is. */
enum hpack_state {
    HPACK_AT_FIELD,
    HPACK_AT_INDEX, /* of any kind, or a table size */
    HPACK_AT_NAME_LENGTH,
    HPACK_AT_MORE_NAME_LENGTH,
    HPACK_AT_NAME,
    HPACK_AT_VALUE_LENGTH,
    HPACK_AT_MORE_VALUE_LENGTH,
    HPACK_AT_VALUE
};

/* Representations (section 6). A small build keeps the first octet for the kind. */
#ifdef H2_SMALL

static inline bool hpack_is_incremental(uint8_t kind) {
    return kind >> 6 == 1;
}
static inline bool hpack_is_never(uint8_t kind) {
    return kind >> 4 == 1;
}

#else

enum hpack_kind { HPACK_INDEXED, HPACK_INCREMENTAL, HPACK_UPDATE, HPACK_NEVER, HPACK_WITHOUT };

/* The representation by the high half of its first octet, and the bits of the integer that begins there. */
static const uint8_t hpack_kinds[16] = {
    HPACK_WITHOUT,     HPACK_NEVER,       HPACK_UPDATE,  HPACK_UPDATE,  HPACK_INCREMENTAL, HPACK_INCREMENTAL,
    HPACK_INCREMENTAL, HPACK_INCREMENTAL, HPACK_INDEXED, HPACK_INDEXED, HPACK_INDEXED,     HPACK_INDEXED,
    HPACK_INDEXED,     HPACK_INDEXED,     HPACK_INDEXED, HPACK_INDEXED,
};
static const uint8_t hpack_prefixes[] = {0x7f, 0x3f, 0x1f, 0x0f, 0x0f};

static inline bool hpack_is_incremental(uint8_t kind) {
    return kind == HPACK_INCREMENTAL;
}
static inline bool hpack_is_never(uint8_t kind) {
    return kind == HPACK_NEVER;
}

#endif

/* One call's input and where its fields go. */
typedef struct hpack_run {
    hpack_decoder *d;
    const uint8_t *at;
    const uint8_t *end;
    hpack_emit emit;
    void *ctx;
} hpack_run;

void hpack_decoder_init(hpack_decoder *d, void *memory, size_t bytes) {
    memset(d, 0, sizeof *d);
    hpack_table_init(&d->table, memory, bytes);
    d->limit = HPACK_DEFAULT_TABLE_SIZE;
    d->lowest = HPACK_DEFAULT_TABLE_SIZE;
    d->in_force = HPACK_DEFAULT_TABLE_SIZE;
}

void hpack_decoder_set_max_table_size(hpack_decoder *d, uint32_t size) {
    d->limit = size;
    if (size < d->lowest) d->lowest = size;
    if (size < d->in_force) d->update_due = true;
}

void hpack_decoder_begin(hpack_decoder *d, void *arena, size_t bytes) {
    d->arena = arena;
    d->arena_cap = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
    d->arena_used = 0;
    d->state = HPACK_AT_FIELD;
    d->updates = 0;
    d->overflowed = false;
}

uint32_t hpack_decoder_awaits(const hpack_decoder *d) {
    return d->state == HPACK_AT_NAME || d->state == HPACK_AT_VALUE ? d->value : 0;
}

/* Make room for `n` more octets of the field in progress, or decide to discard it. */
static void hpack_reserve(hpack_decoder *d, size_t n) {
    uint32_t kept = d->arena_used - d->start;

    if (d->discard || d->arena_cap - d->arena_used >= n) return;
    d->overflowed = true;
    if (kept > 0) memmove(d->arena, d->arena + d->start, kept);
    d->start = 0;
    d->arena_used = kept;
    d->discard = d->arena_cap - kept < n;
}

/* Keep `n` octets of the string in progress. */
static void hpack_keep(hpack_decoder *d, const void *octets, size_t n) {
    hpack_reserve(d, n);
    if (d->discard || n == 0) return;
    memcpy(d->arena + d->arena_used, octets, n);
    d->arena_used += (uint32_t)n;
}

/* A field is complete; its value is in the arena when it is NULL. */
static hpack_error hpack_field_end(hpack_run *run, const char *value) {
    hpack_decoder *d = run->d;
    hpack_field field = {d->name, value, d->name_len, d->value_len, hpack_is_never(d->kind)};

    d->state = HPACK_AT_FIELD;
    if (d->discard) {
        /* What the arena cannot hold, the table cannot hold: adding it empties the table (4.4). */
        if (hpack_is_incremental(d->kind)) hpack_table_clear(&d->table);
        return HPACK_OK;
    }
    if (!field.name) field.name = d->arena + d->start;
    if (!value) field.value = d->arena + d->arena_used - d->value_len;
    if (hpack_is_incremental(d->kind)) {
        if (!hpack_table_reserve(&d->table, d->name_len + d->value_len)) return HPACK_ENOMEM;
        hpack_table_add(&d->table, &field);
    }
    if (run->emit && !d->overflowed) run->emit(run->ctx, &field);
    return HPACK_OK;
}

/* A size update (4.2 and 6.3). */
static hpack_error hpack_update(hpack_decoder *d) {
    if (d->updates == HPACK_MAX_UPDATES || d->value > (d->update_due ? d->lowest : d->limit)) return HPACK_EUPDATE;
    d->updates++;
    d->update_due = false;
    d->lowest = d->limit;
    d->in_force = d->value;
    hpack_table_resize(&d->table, d->value);
    d->state = HPACK_AT_FIELD;
    return HPACK_OK;
}

#ifdef H2_SMALL

/* Octets of a name or value; the last of them may be behind, or there are none. */
static hpack_error hpack_string(hpack_run *run) {
    hpack_decoder *d = run->d;
    const uint8_t *in = run->at;
    uint32_t n = d->value, kept;
    char symbols[2];

    if (n > (size_t)(run->end - in)) n = (uint32_t)(run->end - in);
    if (n > 0 && d->huffman) n = 1;
    run->at += n;
    d->value -= n;
    kept = n;
    if (d->huffman) {
        kept = (uint32_t)hpack_huffman_decode(&d->code, &d->code_bits, in, n, symbols);
        if (kept == UINT32_MAX) return HPACK_EHUFFMAN;
        in = (const uint8_t *)symbols;
    }
    *(d->state == HPACK_AT_NAME ? &d->name_len : &d->value_len) += kept;
    hpack_keep(d, in, kept);
    if (d->value > 0) return HPACK_OK;
    if (!hpack_huffman_may_end(d->code, d->code_bits)) return HPACK_EHUFFMAN;
    if (d->state == HPACK_AT_VALUE) return hpack_field_end(run, NULL);
    d->state = HPACK_AT_VALUE_LENGTH;
    return HPACK_OK;
}

/* A field's index or that of its name is complete (6.1, 6.2). */
static hpack_error hpack_index_done(hpack_run *run) {
    hpack_decoder *d = run->d;
    bool indexed = d->kind >> 7;
    const char *value = NULL; /* in the static table */
    hpack_field field;

    if (d->update_due) return HPACK_EUPDATE;
    d->updates = HPACK_MAX_UPDATES;
    d->start = d->arena_used;
    d->name = NULL;
    d->name_len = d->value_len = 0;
    d->discard = false;
    d->state = HPACK_AT_NAME_LENGTH;
    if (d->value == 0 && !indexed) return HPACK_OK;
    if (!hpack_table_entry(&d->table, d->value, &field)) return HPACK_EINDEX;
    d->state = HPACK_AT_VALUE_LENGTH;
    d->name_len = (uint32_t)field.name_len;
    if (d->value <= HPACK_STATIC_COUNT) {
        d->name = field.name;
        value = field.value;
    } else {
        hpack_keep(d, field.name, field.name_len);
    }
    if (!indexed) return HPACK_OK;
    d->value_len = (uint32_t)field.value_len;
    if (!value) hpack_keep(d, field.value, field.value_len);
    return hpack_field_end(run, value);
}

/* The first octet of an integer, and what precedes it. Returns the bits of the integer that it may hold. */
static uint8_t hpack_first_octet(hpack_decoder *d, uint8_t octet) {
    uint8_t most = 0x7f;

    if (d->state != HPACK_AT_FIELD) {
        d->huffman = octet >> 7;
        d->code = 0;
        d->code_bits = 0;
        return most;
    }
    d->kind = octet;
    while (most > 0x0f && octet <= most) most >>= 1;
    return most;
}

static bool hpack_at_string(const hpack_decoder *d) {
    return d->state == HPACK_AT_NAME || d->state == HPACK_AT_VALUE;
}

/* An empty string needs no octet. */
static bool hpack_may_step(const hpack_decoder *d) {
    return hpack_at_string(d) && d->value == 0;
}

/* Take an octet, or what is there of a string. */
static hpack_error hpack_step(hpack_run *run) {
    hpack_decoder *d = run->d;
    uint8_t octet;

    if (hpack_at_string(d)) return hpack_string(run);
    octet = *run->at++;
    if (d->state == HPACK_AT_FIELD || d->state == HPACK_AT_NAME_LENGTH || d->state == HPACK_AT_VALUE_LENGTH) {
        hpack_int_status status = hpack_int_first(&d->value, &d->shift, octet, hpack_first_octet(d, octet));

        d->state++;
        if (status == HPACK_INT_MORE) return HPACK_OK;
    } else {
        hpack_int_status status = hpack_int_next(&d->value, &d->shift, octet);

        if (status != HPACK_INT_DONE) return status == HPACK_INT_BAD ? HPACK_EINTEGER : HPACK_OK;
    }
    if (d->state != HPACK_AT_INDEX) {
        d->state++; /* the string */
        return HPACK_OK;
    }
    if (d->kind >> 5 == 1) return hpack_update(d);
    return hpack_index_done(run);
}

#else

/* A whole name or value was read; of one not Huffman coded no bits are left. */
static hpack_error hpack_string_end(hpack_run *run) {
    hpack_decoder *d = run->d;

    if (!hpack_huffman_may_end(d->code, d->code_bits)) return HPACK_EHUFFMAN;
    if (d->state != HPACK_AT_NAME) return hpack_field_end(run, NULL);
    d->state = HPACK_AT_VALUE_LENGTH;
    return HPACK_OK;
}

/* Octets of a Huffman string decoded at a time where they cannot go straight to the arena. */
#define HPACK_SCRATCH 16u

/* Decode up to `n` octets of a Huffman string and add the symbols to *len. Returns how many were taken, 0 for EOS. */
static size_t hpack_huffman_piece(hpack_decoder *d, const uint8_t *in, size_t n, uint32_t *len) {
    char scratch[HPACK_HUFFMAN_SPACE(HPACK_SCRATCH)];
    size_t space = d->arena_cap - d->arena_used;
    bool direct = !d->discard && space >= HPACK_HUFFMAN_SPACE(1u);
    size_t most = direct ? HPACK_HUFFMAN_FIT(space) : HPACK_SCRATCH;
    size_t written;

    if (n > most) n = most;
    written = hpack_huffman_decode(&d->code, &d->code_bits, in, n, direct ? d->arena + d->arena_used : scratch);
    if (written == SIZE_MAX) return 0;
    *len += (uint32_t)written;
    if (direct)
        d->arena_used += (uint32_t)written;
    else
        hpack_keep(d, scratch, written);
    return n;
}

/* Octets of a name or value. */
static hpack_error hpack_string(hpack_run *run) {
    hpack_decoder *d = run->d;
    uint32_t *len = d->state == HPACK_AT_NAME ? &d->name_len : &d->value_len;
    size_t n = (size_t)(run->end - run->at);

    if (n > d->value) n = d->value;
    if (d->huffman) {
        n = hpack_huffman_piece(d, run->at, n, len);
        if (n == 0) return HPACK_EHUFFMAN;
    } else {
        hpack_keep(d, run->at, n);
        *len += (uint32_t)n;
    }
    run->at += n;
    d->value -= (uint32_t)n;
    return d->value > 0 ? HPACK_OK : hpack_string_end(run);
}

/* The length of a name or value is complete. */
static hpack_error hpack_length_done(hpack_run *run) {
    hpack_decoder *d = run->d;

    d->state = d->state <= HPACK_AT_MORE_NAME_LENGTH ? HPACK_AT_NAME : HPACK_AT_VALUE;
    d->code = 0;
    d->code_bits = 0;
    /* A string that cannot fit is refused on its announced length. */
    hpack_reserve(d, d->huffman ? d->value * 8u / HPACK_HUFFMAN_MAX_BITS : d->value);
    if (d->value == 0) return hpack_string_end(run);
    return run->at < run->end ? hpack_string(run) : HPACK_OK;
}

static hpack_error hpack_length_octet(hpack_run *run) {
    hpack_decoder *d = run->d;
    uint8_t octet = *run->at++;

    d->huffman = octet >> 7;
    if (hpack_int_first(&d->value, &d->shift, octet, 0x7f) == HPACK_INT_DONE) return hpack_length_done(run);
    d->state++;
    return HPACK_OK;
}

/* The table entry `index`, which may be any number. */
static inline hpack_error hpack_lookup(const hpack_decoder *d, uint32_t index, hpack_field *field) {
    if (index - 1 < HPACK_STATIC_COUNT) {
        hpack_static_get(index, field);
        return HPACK_OK;
    }
    if (index == 0 || index - 1 - HPACK_STATIC_COUNT >= d->table.count) return HPACK_EINDEX;
    hpack_table_get(&d->table, index - 1 - HPACK_STATIC_COUNT, field);
    return HPACK_OK;
}

/* An indexed field (6.1). */
static hpack_error hpack_indexed(hpack_run *run) {
    hpack_decoder *d = run->d;
    hpack_field field;
    hpack_error error = hpack_lookup(d, d->value, &field);

    d->state = HPACK_AT_FIELD;
    if (error || d->overflowed) return error;
    if (d->value > HPACK_STATIC_COUNT) {
        /* The table keeps the value next to the name. */
        size_t n = field.name_len + field.value_len;

        if (d->arena_cap - d->arena_used < n) {
            d->overflowed = true;
            return HPACK_OK;
        }
        hpack_copy(d->arena + d->arena_used, field.name, n);
        field.name = d->arena + d->arena_used;
        field.value = field.name + field.name_len;
        d->arena_used += (uint32_t)n;
    }
    if (run->emit) run->emit(run->ctx, &field);
    return HPACK_OK;
}

/* A literal whose name index is complete (6.2). */
static hpack_error hpack_literal(hpack_run *run) {
    hpack_decoder *d = run->d;
    hpack_field field;
    hpack_error error;

    d->start = d->arena_used;
    d->name = NULL;
    d->name_len = 0;
    d->value_len = 0;
    d->discard = false;
    d->state = HPACK_AT_NAME_LENGTH;
    if (d->value > 0) {
        error = hpack_lookup(d, d->value, &field);
        if (error) return error;
        d->state = HPACK_AT_VALUE_LENGTH;
        d->name_len = (uint32_t)field.name_len;
        if (d->value <= HPACK_STATIC_COUNT)
            d->name = field.name;
        else
            hpack_keep(d, field.name, field.name_len);
    }
    return run->at < run->end ? hpack_length_octet(run) : HPACK_OK;
}

/* The integer of a representation's first octet is complete. */
static hpack_error hpack_index_done(hpack_run *run) {
    if (run->d->kind == HPACK_INDEXED) return hpack_indexed(run);
    if (run->d->kind == HPACK_UPDATE) return hpack_update(run->d);
    return hpack_literal(run);
}

/* The first octet of a representation. */
static hpack_error hpack_first_octet(hpack_run *run) {
    hpack_decoder *d = run->d;
    uint8_t octet = *run->at++;

    d->kind = hpack_kinds[octet >> 4];
    if (d->kind != HPACK_UPDATE) {
        if (d->update_due) return HPACK_EUPDATE;
        d->updates = HPACK_MAX_UPDATES;
    }
    d->state = HPACK_AT_INDEX;
    if (hpack_int_first(&d->value, &d->shift, octet, hpack_prefixes[d->kind]) == HPACK_INT_MORE) return HPACK_OK;
    return hpack_index_done(run);
}

static hpack_error hpack_more_integer(hpack_run *run) {
    hpack_decoder *d = run->d;

    switch (hpack_int_next(&d->value, &d->shift, *run->at++)) {
    case HPACK_INT_BAD: return HPACK_EINTEGER;
    case HPACK_INT_MORE: return HPACK_OK;
    case HPACK_INT_DONE: break;
    }
    return d->state == HPACK_AT_INDEX ? hpack_index_done(run) : hpack_length_done(run);
}

/* Take what the next octet begins. */
static hpack_error hpack_step(hpack_run *run) {
    switch (run->d->state) {
    case HPACK_AT_FIELD: return hpack_first_octet(run);
    case HPACK_AT_NAME_LENGTH:
    case HPACK_AT_VALUE_LENGTH: return hpack_length_octet(run);
    case HPACK_AT_NAME:
    case HPACK_AT_VALUE: return hpack_string(run);
    default: return hpack_more_integer(run);
    }
}

static inline bool hpack_may_step(const hpack_decoder *d) {
    (void)d;
    return false;
}

#endif

hpack_error hpack_decode(hpack_decoder *d, const uint8_t *bytes, size_t len, bool last, hpack_emit emit, void *ctx) {
    hpack_run run = {d, bytes, len > 0 ? bytes + len : bytes, emit, ctx};
    hpack_error error = HPACK_OK;

    while (!error && (run.at < run.end || hpack_may_step(d))) error = hpack_step(&run);
    if (!error && last && d->state != HPACK_AT_FIELD) return HPACK_ETRUNCATED;
    return error;
}
