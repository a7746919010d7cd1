/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "h2_internal.h"
#include "invariants.h"

/*
 * libFuzzer: a session of either role, driven by a script of the fuzzer's: raw octets, frames put together from parts,
 * header sections that are right, calls of the program, output buffers of any size, the clock. Handlers call back into
 * the session as the script says. After every step the invariants must hold; lent bytes are freed as soon as they are
 * the program's again; the output must be frames.
 */

#define LOANS 64u
#define OUT   20000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct loan {
    uint32_t id;
    uint8_t *bytes;
} loan;

typedef struct script {
    const uint8_t *data;
    size_t size, at;
    h2_session *session;
    h2_config config;
    loan loans[LOANS];
    uint64_t now;
    uint32_t next_id; /* of the peer's requests */
    unsigned depth;
    unsigned asked, refused, held; /* of the session's memory */
    h2_lender lender;
    bool reentrant;
    uint8_t head[H2_FRAME_HEADER_BYTES]; /* of the frame being written by the session */
    uint32_t head_at, payload_left, block_of;
} script;

static void must(bool holds) {
    if (!holds) abort();
}

static uint8_t next(script *f) {
    return f->at < f->size ? f->data[f->at++] : 0;
}

static uint32_t pick_id(script *f) {
    return next(f) % 32;
}

/* ---- loans ---- */

static void give_back(script *f, uint32_t id) {
    for (unsigned i = 0; i < LOANS; i++) {
        if (f->loans[i].id != id) continue;
        free(f->loans[i].bytes);
        f->loans[i] = (loan){0, NULL};
    }
}

static void lend(script *f, uint32_t id) {
    size_t n = (size_t)next(f) * next(f) + next(f) % 2;
    for (unsigned i = 0; i < LOANS; i++) {
        if (f->loans[i].id != 0) continue;
        uint8_t *bytes = calloc(1, n + 1);
        h2_result result = h2_stream_write(f->session, id, bytes, n, next(f) & 1);
        if (result == H2_OK && n > 0)
            f->loans[i] = (loan){id, bytes};
        else
            free(bytes);
        return;
    }
}

/* ---- the program ---- */

static const h2_field request[] = {H2_FIELD(":method", "GET"), H2_FIELD(":scheme", "http"), H2_FIELD(":path", "/"),
                                   H2_FIELD("x-name", "a value that goes to the table")};
static const h2_field connect[] = {H2_FIELD(":method", "CONNECT"), H2_FIELD(":authority", "a:1")};
static const h2_field response[] = {H2_FIELD(":status", "200"), H2_FIELD("x-name", "a value that goes to the table")};
static const h2_field interim[] = {H2_FIELD(":status", "103")};

static void call_section(script *f, uint32_t id) {
    uint8_t flags = next(f);
    switch (flags % 5) {
    case 0: h2_stream_open(f->session, request, 3u + (flags >> 7), flags >> 6 & 1, &id); break;
    case 1: h2_stream_open(f->session, connect, 2, 0, &id); break;
    case 2: h2_stream_respond(f->session, id, response, 1u + (flags >> 7), flags >> 6 & 1); break;
    case 3: h2_stream_respond(f->session, id, interim, 1, 0); break;
    default: h2_stream_trailers(f->session, id, request + 3, 1);
    }
}

static void call_session(script *f) {
    uint8_t what = next(f);
    switch (what % 6) {
    case 0: h2_session_goaway(f->session, what >> 4); break;
    case 1: h2_session_drain(f->session); break;
    case 2: h2_session_ping(f->session, (const uint8_t *)"pingping"); break;
    case 3: h2_session_tick(f->session, f->now += what); break;
    case 4:
        if (what > 250) h2_session_lost(f->session, H2_CONNECT_ERROR);
        break;
    default: h2_session_wants_transmit(f->session); h2_session_finished(f->session);
    }
}

static void call(script *f, uint32_t id) {
    uint8_t what = next(f);
    switch (what % 9) {
    case 0: call_section(f, id); break;
    case 1: lend(f, id); break;
    case 2:
        h2_stream_withdraw(f->session, id);
        give_back(f, id);
        break;
    case 3: h2_stream_reset(f->session, id, what); break;
    case 4: h2_stream_leave(f->session, id); break;
#ifndef H2_SMALL
    case 5: h2_stream_prioritize(f->session, id, what >> 5, what & 16); break;
#endif
    case 6: h2_stream_consumed(f->session, id, (size_t)what * what); break;
    case 7: h2_stream_set_user(f->session, id, f); break;
    default: call_session(f);
    }
}

static void react(script *f, uint32_t id) {
    if (!f->reentrant || f->depth > 4) return;
    f->depth++;
    uint8_t what = next(f);
    if (what % 4 == 1) call(f, id);
    if (what % 16 == 2) call(f, what >> 4);
    f->depth--;
}

/* ---- handlers ---- */

static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    script *f = user;
    size_t octets = 0;
    (void)end;
    must(section <= H2_TRAILERS && n <= f->config.header_fields);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < fields[i].name_len; j++) octets += (size_t)(fields[i].name[j] != '\n');
        for (size_t j = 0; j < fields[i].value_len; j++) octets += (size_t)(fields[i].value[j] != '\n');
        must(fields[i].name_len > 0);
    }
    must(octets < 1u << 20);
    react(f, id);
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    script *f = user;
    uint8_t sum = 0;
    must(len > 0 || end);
    for (size_t i = 0; i < len; i++) sum ^= bytes[i];
    if (sum % 4 != 0) h2_stream_consumed(f->session, id, len);
    react(f, id);
}

static void on_sent(void *user, uint32_t id) {
    give_back(user, id);
    react(user, id);
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    must(why->stream_id == id && why->culprit <= H2_BY_GOAWAY);
    give_back(user, id);
    react(user, id);
}

static void on_settings(void *user) {
    react(user, 1);
}
static void on_pong(void *user, const uint8_t opaque[H2_PING_BYTES]) {
    react(user, opaque[0] % 8);
}
static void on_goaway(void *user, uint32_t last, uint32_t code) {
    react(user, (last ^ code) % 32);
}

#ifndef H2_SMALL
static void on_frame(void *user, bool sent, const h2_frame_header *header, const uint8_t *payload, size_t n) {
    uint8_t sum = 0;
    must(sent ? n == header->length : n <= header->length);
    for (size_t i = 0; i < n; i++) sum ^= payload[i];
    if (sum % 2) react(user, header->stream_id);
}
#endif

/* ---- what the session writes ---- */

static void check_head(script *f) {
    h2_frame_header header;
    h2_frame_header_read(&header, f->head);
    f->payload_left = header.length;
    must(h2_frame_check(&header, H2_FRAME_SIZE_MAX) == H2_RULE_NONE);
    must(header.type != H2_PUSH_PROMISE && header.type != H2_PRIORITY);
    must(f->block_of ? header.type == H2_CONTINUATION && header.stream_id == f->block_of
                     : header.type != H2_CONTINUATION);
    bool block = header.type == H2_HEADERS || header.type == H2_CONTINUATION;
    if (block) f->block_of = header.flags & H2_FLAG_END_HEADERS ? 0 : header.stream_id;
}

static void check_output(script *f, const uint8_t *out, size_t n) {
    while (n > 0) {
        if (f->payload_left > 0) {
            size_t some = n < f->payload_left ? n : f->payload_left;
            f->payload_left -= (uint32_t)some;
            out += some;
            n -= some;
            continue;
        }
        f->head[f->head_at++] = *out++;
        n--;
        if (f->head_at < sizeof f->head) continue;
        f->head_at = 0;
        check_head(f);
    }
}

static void transmit(script *f, size_t cap) {
    uint8_t *out = malloc(cap + 1);
    bool preface = f->session->preface_owed;
    size_t n = h2_session_transmit(f->session, out, cap);
    must(n <= cap);
    /* the preface and the answer to HTTP/1.x are no frames */
    size_t skip = preface && !f->session->preface_owed ? H2_PREFACE_BYTES : 0;
    bool http1 = f->session->failure.rule == H2_RULE_HTTP1 && f->config.server;
    if (!http1) check_output(f, out + skip, n - skip);
    free(out);
}

/* ---- what the peer sends ---- */

/* In pieces as the script says, each with nothing behind it. */
static void deliver(script *f, const uint8_t *bytes, size_t n) {
    size_t most = next(f) % 3 == 0 ? 1u + next(f) % 16u : n;
    unsigned stuck = 0;
    while (n > 0 && stuck < 3) {
        size_t piece = most < n ? most : n;
        uint8_t *exact = malloc(piece);
        memcpy(exact, bytes, piece);
        ptrdiff_t took = h2_session_receive(f->session, exact, piece);
        free(exact);
        if (took < 0) return;
        must((size_t)took <= piece);
        bytes += took;
        n -= (size_t)took;
        if ((size_t)took < piece) transmit(f, stuck++ ? OUT : 100);
        if (took > 0) stuck = 0;
    }
    must(n == 0 || f->session->over);
}

static void send_frame(script *f, uint8_t type, uint8_t flags, uint32_t id, const uint8_t *payload, size_t n) {
    uint8_t frame[H2_FRAME_HEADER_BYTES + 1024] = {0};
    h2_frame_header header = {(uint32_t)n, type, flags, id};
    h2_frame_header_write(frame, &header);
    memcpy(frame + H2_FRAME_HEADER_BYTES, payload, n);
    deliver(f, frame, H2_FRAME_HEADER_BYTES + n);
}

static void send_any(script *f) {
    uint8_t type = next(f) % 18, flags = next(f), payload[1024];
    uint32_t id = pick_id(f);
    size_t n = next(f) % 64;
    if (type == H2_SETTINGS) n = n / H2_SETTING_BYTES * H2_SETTING_BYTES;
    if (type == H2_DATA && flags & 2) n = 900;
    for (size_t i = 0; i < n; i++) payload[i] = i < 64 ? next(f) : 0;
    send_frame(f, type, flags, id, payload, n);
}

/* A section that is right, so that streams come to life. */
static void send_section(script *f) {
    static const uint8_t get[] = {0x82, 0x86, 0x84, 0x40, 1, 'x', 1, 'y'}, ok[] = {0x88},
                         early[] = {0x08, 3, '1', '0', '3'};
    static const uint8_t connect_block[] = {0x02, 7, 'C', 'O', 'N', 'N', 'E', 'C', 'T', 0x01, 1, 'a'};
    uint8_t what = next(f), flags = (uint8_t)(H2_FLAG_END_HEADERS | (what & H2_FLAG_END_STREAM));
    uint32_t id = what & 2 ? pick_id(f) : f->next_id;
    if (!(what & 2)) f->next_id += 2;
    if (!f->config.server)
        send_frame(f, H2_HEADERS, flags, pick_id(f), what & 4 ? early : ok, what & 4 ? sizeof early : sizeof ok);
    else if (what & 4)
        send_frame(f, H2_HEADERS, flags, id, connect_block, sizeof connect_block);
    else
        send_frame(f, H2_HEADERS, flags, id, get, sizeof get);
}

static void send_raw(script *f) {
    uint8_t bytes[256];
    size_t n = next(f);
    for (size_t i = 0; i < n; i++) bytes[i] = next(f);
    deliver(f, bytes, n);
}

static void send_u32(script *f) {
    uint8_t payload[H2_U32_BYTES] = {next(f), next(f), next(f), next(f)};
    send_frame(f, payload[3] & 1 ? H2_RST_STREAM : H2_WINDOW_UPDATE, 0, pick_id(f), payload, sizeof payload);
}

static void step(script *f) {
    switch (next(f) % 9) {
    case 0: send_raw(f); break;
    case 1: send_any(f); break;
    case 2:
    case 3: send_section(f); break;
    case 4: send_u32(f); break;
    case 5: transmit(f, next(f)); break;
    case 6: transmit(f, OUT); break;
    case 7: call(f, pick_id(f)); break;
    default: h2_session_tick(f->session, f->now += (uint64_t)next(f) * next(f));
    }
}

static void greet(script *f) {
    if (f->config.server) deliver(f, (const uint8_t *)H2_PREFACE, H2_PREFACE_BYTES);
    send_frame(f, H2_SETTINGS, 0, 0, (const uint8_t *)"", 0);
    transmit(f, OUT);
    send_frame(f, H2_SETTINGS, H2_FLAG_ACK, 0, (const uint8_t *)"", 0);
}

/* ---- memory: given, or lent with one loan refused; a small build lends nothing ---- */

#ifndef H2_SMALL

static void *borrow(void *user, size_t bytes) {
    script *f = user;
    if (++f->asked == f->refused) return NULL;
    f->held++;
    return malloc(bytes);
}

static void take_back(void *user, void *memory, size_t bytes) {
    script *f = user;
    f->held--;
    memset(memory, 0xdb, bytes);
    free(memory);
}

static h2_result create(script *f, void *memory, size_t bytes, const h2_handlers *handlers) {
    f->lender = (h2_lender){borrow, take_back, f};
    if (memory) return h2_session_init(&f->session, memory, bytes, &f->config, handlers, f);
    return h2_session_new(&f->session, &f->lender, &f->config, handlers, f);
}
#else
static h2_result create(script *f, void *memory, size_t bytes, const h2_handlers *handlers) {
    return h2_session_init(&f->session, memory, bytes, &f->config, handlers, f);
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    script f = {.data = data, .size = size, .next_id = 1};
    uint8_t kind = next(&f);
    h2_handlers handlers = {.on_headers = on_headers,
                            .on_data = on_data,
                            .on_sent = on_sent,
                            .on_closed = on_closed,
                            .on_settings = on_settings,
                            .on_pong = on_pong,
                            .on_goaway = on_goaway};
#ifndef H2_SMALL
    handlers.on_frame = on_frame;
#endif
    f.config = kind & 2 ? h2_config_small(kind & 1) : h2_config_hosted(kind & 1);
    f.config.connect_protocol = kind & 4;
#ifndef H2_SMALL
    f.config.credit_on_receipt = kind & 8;
#endif
    f.reentrant = kind & 16;
    size_t needed = h2_session_size(&f.config);
#ifndef H2_SMALL
    void *memory = kind & 64 ? NULL : malloc(needed);
#else
    void *memory = malloc(needed);
#endif
    f.refused = kind & 128 ? 2u + next(&f) : 0;
    must(create(&f, memory, needed, &handlers) == H2_OK);
    if (!(kind & 32)) greet(&f);
    while (f.at < f.size) {
        step(&f);
        must(invariant_broken(f.session) == NULL);
    }
    h2_session_lost(f.session, H2_CONNECT_ERROR);
    for (unsigned i = 0; i < LOANS; i++) must(f.loans[i].id == 0);
#ifndef H2_SMALL
    if (!memory) h2_session_free(f.session);
    must(f.held == 0);
#endif
    free(memory);
    return 0;
}
