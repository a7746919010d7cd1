/* SPDX-License-Identifier: MIT */
#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdlib.h>
#include "hpack.h"

#define TABLE_BYTES 65536u
#define ARENA_BYTES 262144u

struct nghttp2_hd_inflater {
    hpack_decoder decoder;
    bool open; /* a block is being decoded */
    bool emitted;
    nghttp2_nv nv;
    uint32_t table[TABLE_BYTES / sizeof(uint32_t)];
    uint8_t arena[ARENA_BYTES];
};

int nghttp2_hd_inflate_new(nghttp2_hd_inflater **inflater) {
    nghttp2_hd_inflater *i = calloc(1, sizeof *i);
    if (i == NULL) return -1;
    hpack_decoder_init(&i->decoder, i->table, sizeof i->table);
    *inflater = i;
    return 0;
}

void nghttp2_hd_inflate_del(nghttp2_hd_inflater *inflater) {
    free(inflater);
}

int nghttp2_hd_inflate_change_table_size(nghttp2_hd_inflater *inflater, size_t size) {
    hpack_decoder_set_max_table_size(&inflater->decoder, (uint32_t)size);
    return 0;
}

static void emit(void *ctx, const hpack_field *field) {
    nghttp2_hd_inflater *i = ctx;
    i->emitted = true;
    i->nv = (nghttp2_nv){(uint8_t *)(uintptr_t)field->name, (uint8_t *)(uintptr_t)field->value, field->name_len,
                         field->value_len, field->never_index ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE};
}

/* Octet by octet up to the end of a field. */
ssize_t nghttp2_hd_inflate_hd2(nghttp2_hd_inflater *inflater, nghttp2_nv *nv, int *flags, const uint8_t *in, size_t len,
                               int in_final) {
    *flags = 0;
    inflater->emitted = false;
    if (!inflater->open) hpack_decoder_begin(&inflater->decoder, inflater->arena, sizeof inflater->arena);
    inflater->open = true;
    for (size_t at = 0; at < len; at++) {
        const bool last = in_final && at + 1 == len;
        if (hpack_decode(&inflater->decoder, in + at, 1, last, emit, inflater) != HPACK_OK) return -1;
        if (!inflater->emitted) continue;
        *nv = inflater->nv;
        *flags = NGHTTP2_HD_INFLATE_EMIT;
        return (ssize_t)at + 1;
    }
    *flags = NGHTTP2_HD_INFLATE_FINAL;
    return (ssize_t)len;
}

int nghttp2_hd_inflate_end_headers(nghttp2_hd_inflater *inflater) {
    inflater->open = false;
    return 0;
}
