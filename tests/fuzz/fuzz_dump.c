/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "h2dump_input.h"

/* libFuzzer: octets as a capture of any kind, and as what two sides sent. What is said of them must not depend on the
 * pieces they came in, and the printers take whatever comes. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds) {
    if (!holds) abort();
}

/* ---- one conversation, whole and in pieces ---- */

static void mix(uint64_t *sum, const void *bytes, size_t n) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < n; i++) *sum = (*sum ^ at[i]) * 1099511628211u;
}

static void summarize(void *user, const h2dump_event *event) {
    uint64_t *sum = user;
    const uint8_t kind[] = {(uint8_t)event->kind, (uint8_t)event->side, event->header.type, event->header.flags,
                            event->section};
    must(event->n_fields <= H2DUMP_FIELDS && event->n_fields <= event->all_fields);
    must(event->n <= H2DUMP_PAYLOAD_BYTES && event->n_breaches <= H2DUMP_BREACHES);
    mix(sum, kind, sizeof kind);
    mix(sum, &event->header.length, sizeof event->header.length);
    mix(sum, &event->header.stream_id, sizeof event->header.stream_id);
    mix(sum, event->payload, event->n);
    for (size_t i = 0; i < event->n_fields; i++) {
        mix(sum, event->fields[i].name, event->fields[i].name_len);
        mix(sum, event->fields[i].value, event->fields[i].value_len);
    }
    for (size_t i = 0; i < event->n_breaches; i++) {
        must(event->breaches[i].rule != H2_RULE_NONE);
        mix(sum, &event->breaches[i].rule, sizeof event->breaches[i].rule);
    }
    if (event->note) mix(sum, event->note, strlen(event->note));
}

/* A chunk is an octet of side and length class, one of length, and its octets. */
static uint64_t observe(const uint8_t *data, size_t size, bool both, size_t piece) {
    uint64_t sum = 14695981039346656037u;
    h2dump_decoder *d = h2dump_decoder_new(both, summarize, &sum);
    must(d != NULL);
    while (size > 2) {
        const h2dump_side side = both ? (h2dump_side)(data[0] & 1) : H2DUMP_CLIENT;
        size_t n = (size_t)data[1] << (data[0] >> 1 & 7);
        data += 2;
        size -= 2;
        if (n > size) n = size;
        for (size_t at = 0; at < n; at += piece) h2dump_decode(d, side, at, data + at, piece < n - at ? piece : n - at);
        data += n;
        size -= n;
    }
    h2dump_decode_end(d, H2DUMP_CLIENT, 0, NULL);
    h2dump_decode_end(d, H2DUMP_SERVER, 0, NULL);
    h2dump_decoder_free(d);
    return sum;
}

/* ---- a capture ---- */

typedef struct memory {
    const uint8_t *at;
    size_t left, most;
} memory;

static ptrdiff_t read_memory(void *ctx, uint8_t *buf, size_t len) {
    memory *m = ctx;
    size_t n = len < m->left ? len : m->left;
    if (n > m->most) n = m->most;
    memcpy(buf, m->at, n);
    m->at += n;
    m->left -= n;
    return (ptrdiff_t)n;
}

static void capture(const uint8_t *data, size_t size, bool json) {
    static FILE *nowhere;
    if (!nowhere) nowhere = fopen("/dev/null", "w");
    memory m = {data, size, json ? 7 : 65536};
    h2dump_source source = {.read = read_memory, .ctx = &m};
    h2dump_printer p = {.out = nowhere, .json = json, .data = 100};
    h2dump_input(&source, &p, -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    const uint8_t how = data[0];
    if (how & 1) {
        capture(data + 1, size - 1, how & 2);
        return 0;
    }
    const uint64_t whole = observe(data + 1, size - 1, how & 2, size);
    must(observe(data + 1, size - 1, how & 2, 1) == whole);
    must(observe(data + 1, size - 1, how & 2, 1u + (how >> 2)) == whole);
    return 0;
}
