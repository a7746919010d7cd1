/* SPDX-License-Identifier: MIT */
/*
 * The decoder, by induction: from every state that check_decoder allows, a step over any octets, as many as there may
 * be, ends in such a state or in an error. So does a header block of any length, in pieces of any length, as
 * hpack_decode does nothing but steps. Places in the arena and lengths are taken one by one up to ARENA, as their
 * relations are what the code rests on, and beyond that all at once.
 *
 * The functions of other files are here by their contracts, which are checked at every call.
 *
 * Assumed: an arena of ARENA octets stands for one of any size.
 */
#define hpack_table_get hpack_table_get_proven
#include "hpack_dynamic.h"
#undef hpack_table_get
#include "prove.h"

#ifndef H2_SMALL
void hpack_table_get(const hpack_table *t, uint32_t age, hpack_field *field);

/* Where a step goes on to the next in the same call, it has ended for this proof: what it calls leaves all as it is. */
struct hpack_run;
/*@ assigns \result \from indirect:run; */
static hpack_error hpack_length_octet(struct hpack_run *run);
/*@ assigns \result \from indirect:run; */
static hpack_error hpack_string(struct hpack_run *run);
#endif

#include "hpack_decode.c"

#ifndef ARENA
#define ARENA 4u
#endif
#define LARGE 300u /* more than ARENA, and than what a piece of a Huffman string decodes to */
#define COUNT 3u   /* entries in the table */

static char arena[ARENA], text[2 * LARGE];
static uint8_t input[3 + LARGE];
static hpack_decoder d;

/* What the functions called will answer: lengths of table entries, symbols of a Huffman string. */
static uint32_t entry_name_len, entry_value_len, symbols;

/* `n` itself up to ARENA; the next stands for all larger ones. */
static uint32_t class_of(uint32_t n, uint32_t most) {
    return n <= ARENA ? n : any_u32(n, most);
}

static void entry(hpack_field *field) {
    field->name = text;
    field->name_len = entry_name_len;
    field->value = text + entry_name_len;
    field->value_len = entry_value_len;
    field->never_index = false;
}

static void check_field(const hpack_field *field) {
    /*@ check field->name_len == 0 || \valid_read(field->name + (0 .. field->name_len - 1)); */
    /*@ check field->value_len == 0 || \valid_read(field->value + (0 .. field->value_len - 1)); */
}

#ifdef H2_SMALL

bool hpack_table_entry(const hpack_table *t, uint32_t index, hpack_field *field) {
    if (index == 0 || index > 61 + t->count) return false;
    entry(field);
    return true;
}

void hpack_table_add(hpack_table *t, const hpack_field *field) {
    check_field(field);
}

#else

void hpack_static_get(uint32_t index, hpack_field *field) {
    /*@ check 1 <= index <= 61; */
    entry(field);
}

void hpack_table_get(const hpack_table *t, uint32_t age, hpack_field *field) {
    /*@ check age < t->count; */
    entry(field);
}

void hpack_table_add_keyed(hpack_table *t, const hpack_field *field, hpack_key key) {
    /*@ check t->bytes >= t->max || t->storage != \null; */
    check_field(field);
}

static bool grow(hpack_table *t, uint32_t bytes) {
    /*@ check bytes <= t->max; */
    return any_u32(0, 1);
}

#endif

void hpack_table_init(hpack_table *t, void *memory, size_t bytes) {
    t->count = 0;
}

void hpack_table_clear(hpack_table *t) {
    t->count = 0;
}

void hpack_table_resize(hpack_table *t, uint32_t max) {
    t->count = any_u32(0, COUNT);
}

#ifdef H2_SMALL /* which writes whole symbols only */
#define WRITTEN(len) (2 * (len))
#define KINDS        0xff
#else
#define WRITTEN(len) (2 * (len) + 1)
#define KINDS        HPACK_WITHOUT
#endif

size_t hpack_huffman_decode(uint32_t *code, uint8_t *code_bits, const uint8_t *in, size_t len, char *out) {
    /*@ check len == 0 || \valid_read(in + (0 .. len - 1)); */
    size_t written = WRITTEN(len);
    /*@ check written == 0 || \valid(out + (0 .. written - 1)); */
    any_octets(out, written);
    *code = any_u32(0, UINT32_MAX);
    *code_bits = (uint8_t)any_u32(0, 29);
    return symbols > 2 * len && len > 0 ? SIZE_MAX : len > 0 ? symbols : 0;
}

static void emit(void *ctx, const hpack_field *field) {
    check_field(field);
}

static void check_decoder(void) {
    uint32_t name_kept = d.name ? 0 : d.name_len;
    uint32_t kept = d.arena_used - d.start;

    /*@ check d.arena == &arena[0] && d.arena_cap == ARENA && d.arena_used <= d.arena_cap; */
    /*@ check d.kind <= KINDS && d.updates <= 2; */
    switch (d.state) {
    case HPACK_AT_FIELD: return;
    case HPACK_AT_INDEX:
        /*@ check d.value <= 0x0fffffff && d.shift % 7 == 0 && d.shift <= 21; */
        return;
    case HPACK_AT_MORE_NAME_LENGTH:
        /*@ check d.value <= 0x0fffffff && d.shift % 7 == 0 && d.shift <= 21; */
    case HPACK_AT_NAME_LENGTH:
        /*@ check d.name == \null && d.name_len == 0 && d.value_len == 0 && kept == 0 && !d.discard; */
        return;
    case HPACK_AT_NAME:
        /*@ check d.name == \null && d.start <= d.arena_used; */
        /*@ check d.discard || (d.name_len == kept && d.value_len == 0); */
        return;
    case HPACK_AT_MORE_VALUE_LENGTH:
        /*@ check d.value <= 0x0fffffff && d.shift % 7 == 0 && d.shift <= 21; */
    case HPACK_AT_VALUE_LENGTH:
        /*@ check d.start <= d.arena_used && (d.discard || (name_kept == kept && d.value_len == 0)); */
        return;
    case HPACK_AT_VALUE:
        /*@ check d.start <= d.arena_used; */
        /*@ check d.discard || name_kept + d.value_len == kept; */
        return;
    default:
        /*@ check \false; */
        return;
    }
}

/* A decoder at `state`, with all that the state leaves open. */
static void at(uint8_t state, uint32_t start, uint32_t used) {
    any_octets(&d, sizeof d);
    d.state = state;
    d.kind = (uint8_t)any_u32(0, KINDS);
    d.updates = (uint8_t)any_u32(0, HPACK_MAX_UPDATES);
    d.huffman = any_u32(0, 1);
    d.update_due = any_u32(0, 1);
    d.discard = any_u32(0, 1);
    d.overflowed = any_u32(0, 1);
    d.name = NULL;
    d.arena = arena;
    d.arena_cap = ARENA;
    d.arena_used = used;
    d.start = start;
    d.table.max = 4096;
    d.table.size = any_u32(0, 4096);
    d.table.count = COUNT;
#ifndef H2_SMALL
    static const hpack_storage storage = {NULL, grow};
    d.table.bytes = any_u32(0, 4096);
    d.table.storage = &storage;
#endif
}

/* A step over the first `n` octets of the input, after which the decoder is as it was. */
static void step(size_t n) {
    hpack_decoder before = d;
    hpack_run run = {&d, input, input + n, emit, NULL};

    if (hpack_step(&run) == HPACK_OK) check_decoder();
    d = before;
}

/* First octets of a representation, those of like kinds and indices together, and kinds; indexed fields come first. */
static const uint8_t first_octets[][2] = {
    {0x80, 0x80}, {0x81, 0xbd}, {0xbe, 0xc0}, {0xc1, 0xfe}, {0xff, 0xff}, {0x20, 0x3f}, {0x40, 0x40}, {0x41, 0x7d},
    {0x7e, 0x7e}, {0x7f, 0x7f}, {0x00, 0x00}, {0x01, 0x0e}, {0x0f, 0x0f}, {0x10, 0x10}, {0x11, 0x1e}, {0x1f, 0x1f}};
#define INDEXED_FIRSTS 5u

#ifdef H2_SMALL
static const uint8_t kinds[][2] = {{0x80, 0xff}, {0x20, 0x3f}, {0x40, 0x7f}, {0x00, 0x0f}, {0x10, 0x1f}};
#else
static const uint8_t kinds[][2] = {{HPACK_INDEXED, HPACK_INDEXED},
                                   {HPACK_UPDATE, HPACK_UPDATE},
                                   {HPACK_INCREMENTAL, HPACK_INCREMENTAL},
                                   {HPACK_NEVER, HPACK_NEVER},
                                   {HPACK_WITHOUT, HPACK_WITHOUT}};
#endif

/* Only of indexed fields when `indexed`. */
static void fields(uint32_t used, bool indexed) {
    at(HPACK_AT_FIELD, any_u32(0, ARENA), used);
    for (size_t i = 0; i < (indexed ? INDEXED_FIRSTS : sizeof first_octets / sizeof first_octets[0]); i++) {
        input[0] = (uint8_t)any_u32(first_octets[i][0], first_octets[i][1]);
        step(any_u32(1, LARGE));
    }
    at(HPACK_AT_INDEX, any_u32(0, ARENA), used);
    d.shift = (uint8_t)(7 * any_u32(0, 3));
    d.value = any_u32(0, HPACK_MAX_INTEGER);
    input[0] = any_u8();
    for (size_t i = 0; i < (indexed ? 1 : sizeof kinds / sizeof kinds[0]); i++) {
        d.kind = (uint8_t)any_u32(kinds[i][0], kinds[i][1]);
        step(any_u32(1, LARGE));
    }
}

/* Of an entry's value nothing is asked but by an indexed field. */
void prove_fields(void) {
    for (uint32_t used = 0; used <= ARENA; used++)
        for (uint32_t name_len = 0; name_len <= ARENA + 1; name_len++)
            for (uint32_t value_len = 0; value_len <= ARENA + 1; value_len++) {
                entry_name_len = class_of(name_len, LARGE);
                entry_value_len = class_of(value_len, LARGE);
                fields(used, value_len > 0);
            }
}

/* In both decoders, to prove_lengths and prove_strings: names and values in progress, all ways they can have begun. */
static void each_string(void prove(uint8_t state)) {
    for (uint32_t used = 0; used <= ARENA; used++)
        for (uint32_t start = 0; start <= used; start++) {
            at(HPACK_AT_NAME, start, used);
            d.discard = 1;
            prove(HPACK_AT_NAME);
            prove(HPACK_AT_VALUE);
            d.discard = 0;
            for (d.value_len = 0; d.value_len <= used - start; d.value_len++) {
                d.name_len = used - start - d.value_len;
                if (d.value_len == 0) prove(HPACK_AT_NAME);
                prove(HPACK_AT_VALUE);
            }
            d.name = text;
            d.name_len = any_u32(0, LARGE);
            d.value_len = used - start;
            prove(HPACK_AT_VALUE);
        }
}

/* The first octet of a length, then those that go on with it. */
static void length_octets(uint8_t first, uint8_t more) {
    d.state = first;
    for (uint32_t length = 0; length <= ARENA + 1; length++) {
        input[0] = (uint8_t)(any_u32(0, 1) << 7 | class_of(length, 0x7f));
        step(any_u32(1, LARGE));
    }
    d.state = more;
    d.shift = (uint8_t)(7 * any_u32(0, 3));
    d.value = any_u32(0x7f, HPACK_MAX_INTEGER);
    input[0] = any_u8();
    step(any_u32(1, LARGE));
}

static void length_of(uint8_t state) {
    if (state == HPACK_AT_NAME && !d.discard && d.name_len == 0)
        length_octets(HPACK_AT_NAME_LENGTH, HPACK_AT_MORE_NAME_LENGTH);
    else if (state == HPACK_AT_VALUE && (d.discard || d.value_len == 0))
        length_octets(HPACK_AT_VALUE_LENGTH, HPACK_AT_MORE_VALUE_LENGTH);
}

void prove_lengths(void) {
    each_string(length_of);
}

/* Octets of a string, the last of it or not. Of one Huffman coded only the symbols matter. */
static void piece_of(uint8_t state) {
    d.state = state;
    d.huffman = 0;
    for (uint32_t n = 0; n <= ARENA; n++) {
        d.value = n;
        step(any_u32(n > 0 ? n : 1, LARGE));
        d.value = any_u32(n + 1, UINT32_MAX);
        if (n > 0) step(n);
    }
    step(any_u32(ARENA + 1, LARGE));
    d.huffman = 1;
    d.value = any_u32(0, UINT32_MAX);
    for (uint32_t n = 0; n <= ARENA + 1; n++) {
        symbols = class_of(n, LARGE);
        step(any_u32(1, LARGE));
    }
#ifdef H2_SMALL /* where an empty string is a step of its own */
    d.value = 0;
    step(0);
    d.huffman = 0;
    step(0);
#endif
}

void prove_strings(void) {
    each_string(piece_of);
}

/* The first state, and what surrounds the steps. */
void prove_block(void) {
    any_octets(&d, sizeof d);
    hpack_decoder_init(&d, NULL, any_u32(0, UINT32_MAX));
    hpack_decoder_set_max_table_size(&d, any_u32(0, UINT32_MAX));
    hpack_decoder_begin(&d, arena, ARENA);
    check_decoder();
    hpack_decode(&d, NULL, 0, any_u32(0, 1), emit, NULL);
    hpack_decoder_awaits(&d);
    hpack_decoder_overflowed(&d);
    at(HPACK_AT_FIELD, 0, 0);
    input[0] = 0x82;
    hpack_decode(&d, input, 1, any_u32(0, 1), NULL, NULL);
}
