/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "differential.h"
#include "h2_suites.h"
#include "invariants.h"

/* Our client against libnghttp2's server and the other way round: seeded conversations of many streams with bodies both
 * ways, trailers, resets, pings and changes of SETTINGS, carried in pieces of any size. What was not reset must arrive
 * whole on both sides, and neither side may find fault with the other. */

#define ROUNDS 4000
#define SEEDS  150

uint32_t talk_random(talk *t, uint32_t bound) {
    t->random ^= t->random << 13;
    t->random ^= t->random >> 7;
    t->random ^= t->random << 17;
    return (uint32_t)(t->random >> 16) % bound;
}

const uint8_t *talk_body(uint32_t id, bool from_client) {
    static uint8_t pattern[TALK_BODY_MAX + 1024];
    if (pattern[1] == 0) {
        for (size_t i = 0; i < sizeof pattern; i++) pattern[i] = (uint8_t)(i * 37 + i / 251 + 1);
    }
    return pattern + (id * 2 + from_client) % 1000;
}

talk_stream *talk_find(talk *t, uint32_t id) {
    if (id / 2 >= TALK_STREAMS) ck_abort_msg("seed %u: stream %u", t->seed, id);
    return &t->streams[id / 2];
}

void talk_got(talk *t, uint32_t id, bool from_client, const uint8_t *bytes, size_t n, bool end) {
    talk_way *way = &talk_find(t, id)->way[from_client];
    if (way->ended) ck_abort_msg("seed %u: DATA after the end of stream %u", t->seed, id);
    if (way->received + n > way->length) ck_abort_msg("seed %u: stream %u brings too much", t->seed, id);
    if (n > 0 && memcmp(talk_body(id, from_client) + way->received, bytes, n) != 0)
        ck_abort_msg("seed %u: stream %u brings other octets", t->seed, id);
    way->received += n;
    way->ended = end;
}

/* What a stream that nobody reset must have come to. */
static void check_streams(talk *t) {
    unsigned whole = 0;
    for (uint32_t i = 0; i < TALK_STREAMS; i++) {
        const talk_stream *stream = &t->streams[i];
        if (!stream->opened || stream->torn) continue;
        for (int way = 0; way < 2; way++) {
            if (!stream->way[way].ended || stream->way[way].received != stream->way[way].length)
                ck_abort_msg("seed %u: stream %u way %d has %zu of %zu octets%s", t->seed, 2 * i + 1, way,
                             stream->way[way].received, stream->way[way].length,
                             stream->way[way].ended ? "" : ", no end");
        }
        whole++;
    }
    t->whole += whole;
}

/* ---- pipes ---- */

static void put(talk_pipe *pipe, const uint8_t *bytes, size_t n) {
    if (pipe->at > 0) memmove(pipe->bytes, pipe->bytes + pipe->at, pipe->len - pipe->at);
    pipe->len -= pipe->at;
    pipe->at = 0;
    ck_assert_uint_le(pipe->len + n, sizeof pipe->bytes);
    memcpy(pipe->bytes + pipe->len, bytes, n);
    pipe->len += n;
}

static void ours_to_pipe(talk *t) {
    uint8_t out[20000];
    size_t cap = 1 + talk_random(t, talk_random(t, 4) == 0 ? 60 : sizeof out);
    if (t->to_theirs.len - t->to_theirs.at > TALK_PIPE / 2) return;
    put(&t->to_theirs, out, h2_session_transmit(t->ours, out, cap));
}

static void theirs_to_pipe(talk *t) {
    const uint8_t *bytes;
    while (t->to_ours.len - t->to_ours.at < TALK_PIPE / 2) {
        ssize_t n = nghttp2_session_mem_send(t->theirs, &bytes);
        if (n < 0) ck_abort_msg("seed %u: mem_send %zd", t->seed, n);
        if (n == 0) return;
        put(&t->to_ours, bytes, (size_t)n);
    }
}

static size_t piece(talk *t, const talk_pipe *pipe) {
    size_t n = 1 + talk_random(t, talk_random(t, 3) == 0 ? 20 : 5000);
    return n < pipe->len - pipe->at ? n : pipe->len - pipe->at;
}

static void pipe_to_ours(talk *t) {
    size_t n = piece(t, &t->to_ours);
    uint8_t *exact = malloc(n + 1);
    memcpy(exact + 1, t->to_ours.bytes + t->to_ours.at, n);
    ptrdiff_t took = h2_session_receive(t->ours, exact + 1, n);
    if (took < 0) ck_abort_msg("seed %u: we refuse: %s", t->seed, h2_rule_text(h2_session_failure(t->ours)->rule));
    t->to_ours.at += (size_t)took;
    free(exact);
}

static void pipe_to_theirs(talk *t) {
    size_t n = piece(t, &t->to_theirs);
    ssize_t took = n > 0 ? nghttp2_session_mem_recv(t->theirs, t->to_theirs.bytes + t->to_theirs.at, n) : 0;
    if (took != (ssize_t)n) ck_abort_msg("seed %u: libnghttp2 refuses: %s", t->seed, nghttp2_strerror((int)took));
    t->to_theirs.at += n;
}

static bool is_quiet(talk *t) {
    return t->to_ours.at == t->to_ours.len && t->to_theirs.at == t->to_theirs.len &&
           !h2_session_wants_transmit(t->ours) && !nghttp2_session_want_write(t->theirs) && !ours_busy(t);
}

static void carry(talk *t) {
    ours_to_pipe(t);
    pipe_to_theirs(t);
    theirs_to_pipe(t);
    pipe_to_ours(t);
    const char *broken = invariant_broken(t->ours);
    if (broken) ck_abort_msg("seed %u: %s", t->seed, broken);
}

/* ---- a conversation ---- */

static void converse(uint32_t seed, bool we_serve, unsigned *whole) {
    talk *t = calloc(1, sizeof *t);
    ck_assert_ptr_nonnull(t);
    t->seed = seed;
    t->random = seed * 0x9e3779b97f4a7c15u + 99;
    t->we_serve = we_serve;
    ours_start(t);
    theirs_start(t);
    for (int round = 0; round < ROUNDS / 4; round++) {
        if (talk_random(t, 6) == 0) ours_act(t);
        if (talk_random(t, 6) == 0) theirs_act(t);
        carry(t);
    }
    t->closing = true;
    for (int round = 0; round < ROUNDS * 10 && !(is_quiet(t) && ours_idle(t)); round++) {
        ours_act(t);
        theirs_act(t);
        carry(t);
    }
    if (!is_quiet(t)) ck_abort_msg("seed %u: the conversation does not end", seed);
    check_streams(t);
    h2_session_goaway(t->ours, H2_NO_ERROR);
    for (int round = 0; round < ROUNDS && !(is_quiet(t) && h2_session_finished(t->ours)); round++) carry(t);
    if (!t->farewell || !h2_session_finished(t->ours)) ck_abort_msg("seed %u: no farewell", seed);
    if (h2_session_failure(t->ours)->culprit != H2_BY_NOBODY) ck_abort_msg("seed %u: a session failed", seed);
    *whole += t->whole;
    nghttp2_session_del(t->theirs);
    if (!t->memory) h2_session_free(t->ours);
    lender_check(&t->lender);
    free(t->memory);
    free(t);
}

START_TEST(differential_our_client_and_libnghttp2s_server_agree) {
    unsigned whole = 0;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) converse(seed, false, &whole);
    ck_assert_uint_gt(whole, SEEDS * 10);
}
END_TEST

START_TEST(differential_libnghttp2s_client_and_our_server_agree) {
    unsigned whole = 0;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) converse(seed, true, &whole);
    ck_assert_uint_gt(whole, SEEDS * 10);
}
END_TEST

Suite *differential_suite(void) {
    Suite *suite = suite_create("differential");
    TCase *tc = tcase_create("libnghttp2");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, differential_our_client_and_libnghttp2s_server_agree);
    tcase_add_test(tc, differential_libnghttp2s_client_and_our_server_agree);
    suite_add_tcase(suite, tc);
    return suite;
}
