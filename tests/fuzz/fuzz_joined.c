/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "h2_internal.h"
#include "invariants.h"

/*
 * A client and a server of ours, joined by two pipes. The input says what each program does, how many octets travel,
 * and perhaps when the connection is lost. Neither may ever find fault with the other; every octet arrives in order,
 * and when the connection holds, all of them and every end.
 *
 * Only the ledger may end a session: a program that resets everything is one the other side may tire of.
 */

#define PIPE_BYTES  40000u
#define STREAMS     40u
#define LOANS       32u
#define ROUNDS_LAST 5000u

typedef struct side side;

typedef struct loan {
    uint32_t id;
    uint8_t *bytes;
    size_t len;
} loan;

struct side {
    h2_session *session;
    h2_config config;
    side *peer;
    void *memory;
    uint8_t pipe[PIPE_BYTES]; /* to the peer */
    size_t piped;
    loan loans[LOANS];
    uint32_t sent[STREAMS], got[STREAMS]; /* octets of each stream */
    uint32_t unread[STREAMS];             /* got and not given back */
    bool open[STREAMS], answered[STREAMS], finished[STREAMS], heard_end[STREAMS], torn[STREAMS];
};

typedef struct joint {
    fuzz_input in;
    side side[2]; /* client, server */
    uint64_t now;
} joint;

static const h2_field request[] = {H2_FIELD(":method", "POST"), H2_FIELD(":scheme", "http"),
                                   H2_FIELD(":authority", "a"), H2_FIELD(":path", "/")};
static const h2_field answer[] = {H2_FIELD(":status", "200"), H2_FIELD("x-field", "of some length")};
static const h2_field early[] = {H2_FIELD(":status", "103")};
static const h2_field trailers[] = {H2_FIELD("x-sum", "1")};

static uint8_t pattern(uint32_t id, uint32_t offset, bool server) {
    return (uint8_t)(id * 31 + offset * 7 + (offset >> 8) + server);
}

static bool is_server(const side *s) {
    return s->config.server;
}

/* ---- handlers ---- */

static void give_back(side *s, uint32_t id) {
    for (unsigned i = 0; i < LOANS; i++) {
        if (s->loans[i].id != id) continue;
        free(s->loans[i].bytes);
        s->loans[i] = (loan){0, NULL, 0};
    }
}

static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    side *s = user;
    const h2_field *sent = section == H2_REQUEST         ? request
                           : section == H2_RESPONSE      ? answer
                           : section == H2_INFORMATIONAL ? early
                                                         : trailers;
    must(n > 0 && fields[0].name_len == sent[0].name_len &&
         memcmp(fields[0].name, sent[0].name, sent[0].name_len) == 0);
    must(fields[0].value_len == sent[0].value_len);
    s->open[id / 2] = true;
    s->heard_end[id / 2] = end;
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    side *s = user;
    must(!s->heard_end[id / 2]);
    for (size_t i = 0; i < len; i++) must(bytes[i] == pattern(id, s->got[id / 2]++, !is_server(s)));
    s->unread[id / 2] += (uint32_t)len;
    s->heard_end[id / 2] = end;
}

static void on_sent(void *user, uint32_t id) {
    give_back(user, id);
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    side *s = user;
    must(why->culprit != H2_BY_RULE || why->rule == H2_RULE_ABUSE || why->rule == H2_RULE_CONCURRENCY);
    if (why->culprit == H2_BY_NOBODY) must(s->heard_end[id / 2] && s->finished[id / 2]);
    if (why->culprit != H2_BY_NOBODY) s->torn[id / 2] = s->peer->torn[id / 2] = true;
    give_back(s, id);
}

/* ---- what programs do ---- */

static void lend(side *s, uint32_t id, size_t len, bool end) {
    for (unsigned i = 0; i < LOANS; i++) {
        if (s->loans[i].id != 0) continue;
        uint8_t *bytes = calloc(1, len + 1);
        must(bytes != NULL);
        for (size_t at = 0; at < len; at++) bytes[at] = pattern(id, s->sent[id / 2] + (uint32_t)at, is_server(s));
        if (len > 0) s->loans[i] = (loan){id, bytes, len};
        if (h2_stream_write(s->session, id, bytes, len, end ? H2_END : 0) == H2_OK) {
            s->sent[id / 2] += (uint32_t)len;
            s->finished[id / 2] = end;
            if (len == 0) free(bytes);
        } else {
            free(bytes);
            s->loans[i] = (loan){0, NULL, 0};
        }
        return;
    }
}

static void begin(side *s, uint32_t id, uint8_t what) {
    if (!is_server(s)) {
        uint32_t opened;
        if (s->session->next_id / 2 < STREAMS && h2_stream_open(s->session, request, 4, 0, &opened) == H2_OK)
            s->open[opened / 2] = s->answered[opened / 2] = true;
        return;
    }
    bool interim = what & 1;
    h2_result result = h2_stream_respond(s->session, id, interim ? early : answer, interim ? 1 : 2, 0);
    if (result == H2_OK && !interim) s->answered[id / 2] = true;
}

static void act(joint *j, side *s) {
    uint8_t what = fuzz_next(&j->in);
    uint32_t id = 2 * (what / 8 % STREAMS) + 1;
    switch (what % 8) {
    case 0: begin(s, id, fuzz_next(&j->in)); break;
    case 1:
    case 2: lend(s, id, (size_t)fuzz_next(&j->in) * fuzz_next(&j->in) / 16, false); break;
    case 3: lend(s, id, fuzz_next(&j->in), true); break;
    case 4:
        if (!s->finished[id / 2]) {
            s->finished[id / 2] = true; /* the stream may end within the call */
            s->finished[id / 2] = h2_stream_trailers(s->session, id, trailers, 1) == H2_OK;
        }
        break;
    case 5:
        h2_stream_consumed(s->session, id, s->unread[id / 2]);
        s->unread[id / 2] = 0;
        break;
    case 6: {
        uint8_t how = fuzz_next(&j->in);
        if (how % 4 == 0) h2_stream_reset(s->session, id, how);
#ifndef H2_SMALL
        if (how % 4 == 1) h2_stream_prioritize(s->session, id, how >> 5, how & 16);
#endif
        if (how % 4 == 2) h2_session_ping(s->session, (const uint8_t *)"joinedup");
        if (how == 255) h2_session_drain(s->session);
        break;
    }
    default: j->now += fuzz_next(&j->in); h2_session_tick(s->session, j->now);
    }
}

/* ---- the pipes ---- */

static void pump_out(side *s, size_t cap) {
    size_t room = PIPE_BYTES - s->piped;
    s->piped += h2_session_transmit(s->session, s->pipe + s->piped, cap < room ? cap : room);
}

static void pump_in(side *s, size_t most) {
    side *from = s->peer;
    size_t n = from->piped < most ? from->piped : most;
    if (n == 0) return;
    uint8_t *exact = malloc(n);
    must(exact != NULL);
    memcpy(exact, from->pipe, n);
    ptrdiff_t took = h2_session_receive(s->session, exact, n);
    free(exact);
    if (took < 0) took = (ptrdiff_t)n;
    memmove(from->pipe, from->pipe + took, from->piped - (size_t)took);
    from->piped -= (size_t)took;
}

static void check(const side *s) {
    must(invariant_broken(s->session) == NULL);
    const h2_failure *why = h2_session_failure(s->session);
    must(why->culprit != H2_BY_RULE || why->rule == H2_RULE_ABUSE);
}

static void start(side *s, side *peer, bool server, uint8_t kind) {
    static const h2_handlers handlers = {
        .on_headers = on_headers, .on_data = on_data, .on_sent = on_sent, .on_closed = on_closed};
    s->config = kind & 1 ? h2_config_small(server) : h2_config_hosted(server);
#ifndef H2_SMALL
    s->config.credit_on_receipt = kind & 2;
#endif
    /* Less than the default is in force only once it is acknowledged: what came before may be lost. */
    if (s->config.decoder_table < HPACK_DEFAULT_TABLE_SIZE) s->config.header_bytes = HPACK_DEFAULT_TABLE_SIZE;
    s->config.decoder_table = HPACK_DEFAULT_TABLE_SIZE;
    s->config.keepalive_ms = 0;
    s->config.blocked_ms = 0;
    s->config.preface_ms = s->config.settings_ms = s->config.block_ms = 0;
    s->peer = peer;
    size_t bytes = h2_session_size(&s->config);
    s->memory = malloc(bytes);
    must(s->memory && h2_session_init(&s->session, s->memory, bytes, &s->config, &handlers, s) == H2_OK);
}

/* Let both come to an end, and see that nothing is missing. */
static void finish(joint *j) {
    for (unsigned round = 0; round < ROUNDS_LAST; round++) {
        bool quiet = true;
        for (int i = 0; i < 2; i++) {
            side *s = &j->side[i];
            for (uint32_t id = 1; id / 2 < STREAMS; id += 2) {
                if (s->open[id / 2] && !s->answered[id / 2] && !s->torn[id / 2]) begin(s, id, 0);
                if (s->answered[id / 2] && !s->finished[id / 2] && !s->torn[id / 2]) lend(s, id, 1, true);
                h2_stream_consumed(s->session, id, s->unread[id / 2]);
                s->unread[id / 2] = 0;
            }
            pump_out(s, PIPE_BYTES);
            quiet = quiet && s->piped == 0;
            pump_in(s->peer, PIPE_BYTES);
            check(s);
            check(s->peer);
        }
        if (quiet) break;
    }
    for (unsigned i = 0; i < STREAMS; i++) {
        const side *c = &j->side[0], *s = &j->side[1];
        if (!c->open[i] || c->torn[i] || c->session->over || s->session->over) continue;
        must(c->heard_end[i] && s->heard_end[i]);
        must(c->got[i] == s->sent[i] && s->got[i] == c->sent[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static joint j;
    memset(&j, 0, sizeof j);
    j.in = (fuzz_input){data, size, 0};
    uint8_t kind = fuzz_next(&j.in);
    start(&j.side[0], &j.side[1], false, kind);
    start(&j.side[1], &j.side[0], true, kind >> 2);
    bool loses = kind & 16;
    while (fuzz_left(&j.in) > 0) {
        uint8_t what = fuzz_next(&j.in);
        side *s = &j.side[what & 1];
        switch (what >> 1 & 3) {
        case 0: pump_out(s, (size_t)(what >> 3) * 600 + 100); break;
        case 1: pump_in(s, (size_t)(what >> 3) * (what >> 3) * 20 + 1); break;
        default: act(&j, s);
        }
        check(s);
    }
    if (!loses) finish(&j);
    for (int i = 0; i < 2; i++) {
        h2_session_lost(j.side[i].session, H2_CONNECT_ERROR);
        for (unsigned l = 0; l < LOANS; l++) must(j.side[i].loans[l].id == 0);
        free(j.side[i].memory);
    }
    return 0;
}
