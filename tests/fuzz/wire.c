/* SPDX-License-Identifier: MIT */
#include "wire.h"
#include "fuzz.h"
#include "invariants.h"

#define OUT_BYTES 16400u

static bool flush(h2_session *s, size_t cap, void (*sent)(void *ctx, const uint8_t *bytes, size_t n), void *ctx) {
    uint8_t *out = malloc(cap);
    size_t n, all = 0;
    must(out != NULL);
    while ((n = h2_session_transmit(s, out, cap)) > 0) {
        must(n <= cap);
        if (sent) sent(ctx, out, n);
        all += n;
    }
    free(out);
    must(invariant_broken(s) == NULL);
    return all > 0;
}

bool wire_deliver(h2_session *s, const uint8_t *bytes, size_t n, uint8_t pieces,
                  void (*sent)(void *ctx, const uint8_t *bytes, size_t n), void *ctx) {
    size_t most = pieces & 1 ? (size_t)pieces / 2 + 1 : n, cap = pieces & 2 ? 73 : OUT_BYTES;
    while (n > 0) {
        size_t piece = most < n ? most : n;
        uint8_t *exact = malloc(piece);
        must(exact != NULL);
        memcpy(exact, bytes, piece);
        ptrdiff_t took = h2_session_receive(s, exact, piece);
        free(exact);
        must(took <= (ptrdiff_t)piece && invariant_broken(s) == NULL);
        bool wrote = flush(s, cap, sent, ctx);
        if (took < 0) return false;
        must(took > 0 || wrote); /* a session that takes nothing has something to say */
        bytes += took;
        n -= (size_t)took;
    }
    return true;
}
