/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "hpack.h"

/*
 * Encoder to decoder: what goes in comes out, whatever the fields, the table sizes and their changes.
 *
 * Input: the encoder's and the decoder's storage in units of 16 octets; then blocks. A block is an octet of flags and
 * count, a new limit of the peer's when bit 7 is set, and fields: one octet of what kind, then strings after their
 * lengths. Strings come from a small alphabet of names, too, so that the tables are hit.
 */

#define FIELDS_MAX 16u
#define ARENA      65536u

typedef struct round {
    fuzz_input in;
    hpack_encoder encoder;
    hpack_decoder decoder;
    hpack_field sent[FIELDS_MAX];
    uint8_t *strings[2 * FIELDS_MAX];
    size_t n, seen;
} round;

static const char *const names[] = {":method", ":path",  ":status",       "accept",   "cookie",
                                    "date",    "x-none", "authorization", "x-a-name", "te"};

static void make_name(round *r, hpack_field *field, uint8_t kind) {
    if (kind & 1) {
        field->name = names[kind / 8 % (sizeof names / sizeof *names)];
        field->name_len = strlen(field->name);
        return;
    }
    field->name_len = fuzz_next(&r->in) % 40;
    r->strings[2 * r->n] = fuzz_take(&r->in, &field->name_len);
    field->name = (const char *)r->strings[2 * r->n];
}

static void make_field(round *r) {
    hpack_field *field = &r->sent[r->n];
    uint8_t kind = fuzz_next(&r->in);
    make_name(r, field, kind);
    field->value_len = kind & 2 ? (size_t)fuzz_next(&r->in) * 17 : fuzz_next(&r->in) % 16;
    r->strings[2 * r->n + 1] = fuzz_take(&r->in, &field->value_len);
    field->value = (const char *)r->strings[2 * r->n + 1];
    field->never_index = kind & 4;
    r->n++;
}

static void compare(void *ctx, const hpack_field *field) {
    round *r = ctx;
    must(r->seen < r->n);
    const hpack_field *sent = &r->sent[r->seen++];
    must(field->name_len == sent->name_len && memcmp(field->name, sent->name, sent->name_len) == 0);
    must(field->value_len == sent->value_len && memcmp(field->value, sent->value, sent->value_len) == 0);
    must(field->never_index || !sent->never_index);
}

static void block(round *r, char *arena) {
    uint8_t head = fuzz_next(&r->in);
    if (head & 0x80) {
        uint32_t limit = (uint32_t)fuzz_next(&r->in) * 24;
        hpack_encoder_set_max_table_size(&r->encoder, limit);
        hpack_decoder_set_max_table_size(&r->decoder, limit);
    }
    for (unsigned i = 0; i <= head % FIELDS_MAX; i++) make_field(r);
    size_t bound = hpack_encode_bound(r->sent, r->n);
    uint8_t *out = malloc(bound);
    must(out != NULL);
    if (bound > 0) must(hpack_encode(&r->encoder, r->sent, r->n, out, bound - 1) == HPACK_ENOSPACE);
    ptrdiff_t len = hpack_encode(&r->encoder, r->sent, r->n, out, bound);
    must(len > 0 && (size_t)len <= bound);
    size_t cut = (size_t)(head >> 4 & 7) * (size_t)len / 8;
    hpack_decoder_begin(&r->decoder, arena, ARENA);
    must(hpack_decode(&r->decoder, out, cut, false, compare, r) == HPACK_OK);
    must(hpack_decode(&r->decoder, out + cut, (size_t)len - cut, true, compare, r) == HPACK_OK);
    must(r->seen == r->n && !hpack_decoder_overflowed(&r->decoder));
    free(out);
    for (size_t i = 0; i < 2 * FIELDS_MAX; i++) free(r->strings[i]);
    memset(r->strings, 0, sizeof r->strings);
    r->n = r->seen = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char arena[ARENA];
    static round r;
    memset(&r, 0, sizeof r);
    r.in = (fuzz_input){data, size, 0};
    size_t ours = (size_t)fuzz_next(&r.in) * 16, theirs = (size_t)fuzz_next(&r.in) * 16;
    void *encoder_table = malloc(ours + 1), *decoder_table = malloc(theirs + 1);
    must(encoder_table && decoder_table);
    hpack_encoder_init(&r.encoder, encoder_table, ours);
    hpack_decoder_init(&r.decoder, decoder_table, theirs);
    /* The decoder's side says what it has, as SETTINGS would. */
    hpack_encoder_set_max_table_size(&r.encoder, (uint32_t)theirs);
    hpack_decoder_set_max_table_size(&r.decoder, (uint32_t)theirs);
    /* Limits above the storage promise more than the decoder keeps. */
    while (fuzz_left(&r.in) > 0) {
        uint8_t peek = r.in.data[r.in.at];
        if (peek & 0x80 && fuzz_left(&r.in) > 1 && (size_t)r.in.data[r.in.at + 1] * 24 > theirs) break;
        block(&r, arena);
    }
    free(encoder_table);
    free(decoder_table);
    return 0;
}
