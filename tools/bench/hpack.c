/* SPDX-License-Identifier: MIT */
/*
 * HPACK over stories of header sections, beside libnghttp2: each story with a fresh context of 4,096 octets.
 * usage: hpack FOLDER-OF-STORIES ROUNDS MILLISECONDS
 * Prints for each round the header text moved, in MB/s of each library and both directions; and the size on the wire.
 */
#include <dirent.h>
#include <jansson.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bench_common.h"
#include "hpack.h"

#define STORIES_MAX 64u
#define FIELDS_MAX  128u
#define BLOCK_MAX   65536u
#define TABLE_BYTES 4096u
#define AREA_BYTES  (1u << 20)

typedef struct block {
    hpack_field *fields;
    nghttp2_nv *nv; /* the same */
    size_t n;
    uint8_t *wire; /* as nghttp2 encodes it */
    size_t wire_len;
} block;

typedef struct story {
    block *blocks;
    size_t n;
} story;

static story stories[STORIES_MAX];
static size_t story_count, all_text, all_fields;

/* ---- the two libraries; each returns octets of text or of blocks ---- */

typedef struct tally {
    size_t text, fields;
    const block *expected; /* compare when not NULL */
} tally;

static void count_field(tally *t, const char *name, size_t name_len, const char *value, size_t value_len) {
    if (t->expected) {
        const hpack_field *f = &t->expected->fields[t->fields];
        if (t->fields >= t->expected->n || f->name_len != name_len || f->value_len != value_len ||
            memcmp(f->name, name, name_len) != 0 || memcmp(f->value, value, value_len) != 0)
            bench_die("field %zu decodes wrongly", t->fields);
    }
    t->fields++;
    t->text += name_len + value_len;
}

static void on_field(void *ctx, const hpack_field *f) {
    count_field(ctx, f->name, f->name_len, f->value, f->value_len);
}

static size_t decode_ours(const story *s, bool compare) {
    static uint32_t table[TABLE_BYTES / 4];
    static char arena[BLOCK_MAX];
    size_t text = 0;
    hpack_decoder d;
    hpack_decoder_init(&d, table, sizeof table);
    for (size_t i = 0; i < s->n; i++) {
        const block *b = &s->blocks[i];
        tally t = {.expected = compare ? b : NULL};
        hpack_decoder_begin(&d, arena, sizeof arena);
        if (hpack_decode(&d, b->wire, b->wire_len, true, on_field, &t) != HPACK_OK || t.fields != b->n)
            bench_die("block %zu does not decode", i);
        text += t.text;
    }
    return text;
}

static size_t decode_theirs(const story *s, bool compare) {
    size_t text = 0;
    nghttp2_hd_inflater *d;
    if (nghttp2_hd_inflate_new(&d) != 0) bench_die("out of memory");
    for (size_t i = 0; i < s->n; i++) {
        const block *b = &s->blocks[i];
        tally t = {.expected = compare ? b : NULL};
        const uint8_t *in = b->wire;
        size_t left = b->wire_len;
        for (int flags = 0; !(flags & NGHTTP2_HD_INFLATE_FINAL);) {
            nghttp2_nv nv;
            ssize_t n = nghttp2_hd_inflate_hd2(d, &nv, &flags, in, left, 1);
            if (n < 0) bench_die("nghttp2 does not decode block %zu", i);
            in += n;
            left -= (size_t)n;
            if (flags & NGHTTP2_HD_INFLATE_EMIT)
                count_field(&t, (const char *)nv.name, nv.namelen, (const char *)nv.value, nv.valuelen);
        }
        nghttp2_hd_inflate_end_headers(d);
        if (t.fields != b->n) bench_die("nghttp2 gives %zu fields of block %zu", t.fields, i);
        text += t.text;
    }
    nghttp2_hd_inflate_del(d);
    return text;
}

static size_t encode_ours(const story *s, uint8_t *out) {
    static uint32_t table[TABLE_BYTES / 4];
    size_t wire = 0;
    hpack_encoder e;
    hpack_encoder_init(&e, table, sizeof table);
    for (size_t i = 0; i < s->n; i++) {
        ptrdiff_t n = hpack_encode(&e, s->blocks[i].fields, s->blocks[i].n, out, BLOCK_MAX);
        if (n < 0) bench_die("block %zu does not encode", i);
        wire += (size_t)n;
    }
    return wire;
}

static size_t encode_theirs(const story *s, uint8_t *out) {
    size_t wire = 0;
    nghttp2_hd_deflater *e;
    if (nghttp2_hd_deflate_new(&e, TABLE_BYTES) != 0) bench_die("out of memory");
    for (size_t i = 0; i < s->n; i++) {
        ssize_t n = nghttp2_hd_deflate_hd(e, out, BLOCK_MAX, s->blocks[i].nv, s->blocks[i].n);
        if (n < 0) bench_die("nghttp2 does not encode block %zu", i);
        wire += (size_t)n;
    }
    nghttp2_hd_deflate_del(e);
    return wire;
}

/* ---- stories ---- */

/* What is measured lies close together: caches and page tables are not what is compared. */
static void *keep(const void *bytes, size_t n) {
    static uint8_t *area;
    static size_t left;
    size_t whole = (n + 7) & ~(size_t)7;
    if (left < whole) {
        left = AREA_BYTES;
        area = malloc(left);
        if (!area || whole > left) bench_die("out of memory");
    }
    if (n > 0) memcpy(area, bytes, n);
    area += whole;
    left -= whole;
    return area - whole;
}

static void load_fields(block *b, const json_t *list) {
    hpack_field fields[FIELDS_MAX];
    nghttp2_nv nv[FIELDS_MAX];
    size_t i;
    const json_t *field;
    json_array_foreach(list, i, field) {
        const char *name;
        json_t *value;
        json_object_foreach((json_t *)field, name, value) {
            if (b->n == FIELDS_MAX) bench_die("a story has more than %u fields", FIELDS_MAX);
            size_t name_len = strlen(name), value_len = json_string_length(value);
            uint8_t *text = keep(name, name_len), *content = keep(json_string_value(value), value_len);
            fields[b->n] = (hpack_field){(char *)text, (char *)content, name_len, value_len, false};
            nv[b->n++] = (nghttp2_nv){text, content, name_len, value_len, NGHTTP2_NV_FLAG_NONE};
            all_text += name_len + value_len;
            all_fields++;
        }
    }
    b->fields = keep(fields, b->n * sizeof *fields);
    b->nv = keep(nv, b->n * sizeof *nv);
}

/* The blocks to decode are nghttp2's, whole, with the table size every context begins with. */
static void encode_wires(story *s) {
    nghttp2_hd_deflater *e;
    if (nghttp2_hd_deflate_new(&e, TABLE_BYTES) != 0) bench_die("out of memory");
    for (size_t i = 0; i < s->n; i++) {
        block *b = &s->blocks[i];
        uint8_t wire[BLOCK_MAX];
        ssize_t n = nghttp2_hd_deflate_hd(e, wire, sizeof wire, b->nv, b->n);
        if (n < 0) bench_die("nghttp2 does not encode block %zu", i);
        b->wire_len = (size_t)n;
        b->wire = keep(wire, b->wire_len);
    }
    nghttp2_hd_deflate_del(e);
}

static void load_story(const char *path) {
    const json_t *cases, *one;
    size_t i;
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (!root) bench_die("%s: %s", path, error.text);
    if (story_count == STORIES_MAX) bench_die("more than %u stories", STORIES_MAX);
    story *s = &stories[story_count++];
    cases = json_object_get(root, "cases");
    s->blocks = calloc(json_array_size(cases), sizeof *s->blocks);
    if (!s->blocks) bench_die("%s: no cases", path);
    json_array_foreach(cases, i, one) load_fields(&s->blocks[s->n++], json_object_get(one, "headers"));
    encode_wires(s);
    json_decref(root);
}

static int is_json(const struct dirent *entry) {
    size_t len = strlen(entry->d_name);
    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static void load(const char *folder) {
    struct dirent **names;
    char path[4096];
    int n = scandir(folder, &names, is_json, alphasort);
    if (n <= 0) bench_die("no stories in %s", folder);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        load_story(path);
        free(names[i]);
    }
    free(names);
}

/* What we encode must decode to the same fields, with nghttp2's decoder. */
static size_t check_encoding(void) {
    static uint8_t out[BLOCK_MAX];
    static uint32_t table[TABLE_BYTES / 4];
    size_t wire = 0;
    for (size_t i = 0; i < story_count; i++) {
        const story *s = &stories[i];
        story again = {calloc(s->n, sizeof(block)), s->n};
        hpack_encoder e;
        hpack_encoder_init(&e, table, sizeof table);
        for (size_t k = 0; k < s->n; k++) {
            block *b = &again.blocks[k];
            *b = s->blocks[k];
            ptrdiff_t n = hpack_encode(&e, b->fields, b->n, out, sizeof out);
            b->wire_len = (size_t)n;
            b->wire = malloc(b->wire_len + 1);
            if (n < 0 || !b->wire) bench_die("block %zu does not encode", k);
            memcpy(b->wire, out, b->wire_len);
            wire += b->wire_len;
        }
        decode_theirs(&again, true);
        for (size_t k = 0; k < s->n; k++) free(again.blocks[k].wire);
        free(again.blocks);
    }
    return wire;
}

/* ---- measuring ---- */

enum { DECODE_OURS, DECODE_THEIRS, ENCODE_OURS, ENCODE_THEIRS, JOBS };
static const char *const job_names[JOBS] = {"decode.h2conn", "decode.nghttp2", "encode.h2conn", "encode.nghttp2"};

static size_t run_once(int job) {
    static uint8_t out[BLOCK_MAX];
    size_t sum = 0;
    for (size_t i = 0; i < story_count; i++) {
        switch (job) {
        case DECODE_OURS: sum += decode_ours(&stories[i], false); break;
        case DECODE_THEIRS: sum += decode_theirs(&stories[i], false); break;
        case ENCODE_OURS: sum += encode_ours(&stories[i], out); break;
        default: sum += encode_theirs(&stories[i], out); break;
        }
    }
    return sum;
}

/* MB/s of text, by processor time: another program's turn does not count. */
static double measure(int job, uint64_t ns, size_t expected) {
    uint64_t start = bench_cpu_ns(), spent = 0;
    size_t runs = 0;
    do {
        if (run_once(job) != expected) bench_die("%s: the sum is wrong", job_names[job]);
        runs++;
        spent = bench_cpu_ns() - start;
    } while (spent < ns);
    return (double)(runs * all_text) * 1000 / (double)spent;
}

int main(int argc, char **argv) {
    if (argc != 4) bench_die("usage: hpack FOLDER-OF-STORIES ROUNDS MILLISECONDS");
    uint64_t rounds = bench_number(argv[2], 1000), ns = bench_number(argv[3], 60000) * 1000000u;
    load(argv[1]);
    for (size_t i = 0; i < story_count; i++) {
        decode_ours(&stories[i], true);
        decode_theirs(&stories[i], true);
    }
    size_t expected[JOBS] = {all_text, all_text, check_encoding(), 0};
    for (size_t i = 0; i < story_count; i++)
        for (size_t k = 0; k < stories[i].n; k++) expected[ENCODE_THEIRS] += stories[i].blocks[k].wire_len;
    printf("wire.h2conn %.4f\nwire.nghttp2 %.4f\n", (double)expected[ENCODE_OURS] / (double)all_text,
           (double)expected[ENCODE_THEIRS] / (double)all_text);
    for (uint64_t round = 0; round < rounds; round++)
        for (int job = 0; job < JOBS; job++) printf("%s %.2f\n", job_names[job], measure(job, ns, expected[job]));
    return 0;
}
