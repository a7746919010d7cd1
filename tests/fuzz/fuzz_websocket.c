/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "conn_websocket.h"

/* libFuzzer: octets as WebSocket frames, whole and in pieces: messages, control frames
 * and what ends them must be the same. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds) {
    if (!holds) abort();
}

typedef struct summary {
    uint64_t sum;
    size_t messages, controls;
    uint8_t rule;
    uint16_t code;
} summary;

static void mix(summary *s, const uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) s->sum = (s->sum ^ bytes[i]) * 1099511628211u;
}

static void note(summary *s, const h2conn_ws_event *e) {
    const uint8_t mark = (uint8_t)((unsigned)e->kind << 2 | (e->text ? 2u : 0u) | (e->end ? 1u : 0u));
    switch (e->kind) {
    case H2CONN_WS_NOTHING: return;
    case H2CONN_WS_FAILED:
        must(e->rule != H2CONN_WS_RULE_NONE && h2conn_ws_code_is_valid(h2conn_ws_rule_code(e->rule)));
        s->rule = (uint8_t)e->rule;
        return;
    case H2CONN_WS_DATA:
        /* Pieces may be cut anywhere, so only the end of a message is told apart; not those of one that failed. */
        if (e->end) s->messages++;
        return;
    case H2CONN_WS_CLOSE:
        must(e->code == 0 || h2conn_ws_code_is_valid(e->code));
        s->code = e->code;
        break;
    default: break;
    }
    must(e->len <= H2CONN_WS_CONTROL_MAX);
    s->controls++;
    mix(s, &mark, 1);
    mix(s, e->bytes, e->len);
}

static summary observe(const uint8_t *data, size_t size, bool server, size_t piece, uint8_t *out, size_t *n_out) {
    summary s = {.sum = 14695981039346656037u};
    h2conn_ws_parser p;
    *n_out = 0;
    h2conn_ws_parser_init(&p, server, 4096);
    for (size_t at = 0; at < size && !s.rule; at += piece) {
        const size_t len = size - at < piece ? size - at : piece;
        uint8_t *copy = malloc(len);
        must(copy != NULL);
        memcpy(copy, data + at, len);
        for (size_t taken = 0; taken < len && !s.rule;) {
            h2conn_ws_event e;
            const size_t n = h2conn_ws_parse(&p, copy + taken, len - taken, &e);
            must(n > 0 || e.kind == H2CONN_WS_FAILED);
            must(n <= len - taken);
            if (e.kind == H2CONN_WS_DATA && e.len > 0) {
                memcpy(out + *n_out, e.bytes, e.len);
                *n_out += e.len;
            }
            note(&s, &e);
            taken += n;
        }
        free(copy);
    }
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t n_whole, n_pieces;
    if (size < 2) return 0;
    const bool server = data[0] & 1;
    const size_t piece = 1u + (data[0] >> 1 & 15);
    uint8_t *whole = malloc(size), *pieces = malloc(size);
    must(whole && pieces);
    const summary a = observe(data + 1, size - 1, server, size, whole, &n_whole);
    const summary b = observe(data + 1, size - 1, server, piece, pieces, &n_pieces);
    must(a.sum == b.sum && a.messages == b.messages && a.controls == b.controls && a.rule == b.rule &&
         a.code == b.code);
    /* Octets of a message that turns out to be wrong may have been given out before. */
    const size_t common = n_whole < n_pieces ? n_whole : n_pieces;
    must(memcmp(whole, pieces, common) == 0 && (n_whole == n_pieces || a.rule != H2CONN_WS_RULE_NONE));
    free(whole);
    free(pieces);
    return 0;
}
