/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guard.h"
#include "invariants.h"
#include "peer_log.h"

#define BUFFER      262144u
#define FRAME_HEAD  9u
#define PREFACE     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define PREFACE_LEN 24u

void peer_fail(const peer *p, const char *format, ...) {
    static const char *const modes[] = {"whole", "octet by octet", "in pieces"};
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ck_abort_msg("%s:%d: %s (%s): %s", p->file, p->line, p->label, modes[p->mode], text);
    abort();
}

/* ---- making ---- */

peer *peer_new(peer_mode mode, uint64_t seed) {
    peer *p = calloc(1, sizeof *p);
    ck_assert_ptr_nonnull(p);
    p->mode = mode;
    p->random = seed * 0x9e3779b97f4a7c15u + 1;
    p->cap = BUFFER;
    p->label = p->file = "";
    p->input = guard_new(BUFFER);
    p->output = guard_new(BUFFER);
    ck_assert_int_eq(nghttp2_hd_inflate_new(&p->inflater), 0);
    return p;
}

void peer_start(peer *p, const h2_config *config) {
    p->config = *config;
    p->session_size = h2_session_size(config);
    ck_assert_uint_gt(p->session_size, 0);
    lender_init(&p->lender);
#ifndef H2_SMALL /* whose sessions are given their memory */
    p->lent = test_lent;
    if (p->lent) {
        ck_assert_int_eq(h2_session_new(&p->session, &p->lender.hooks, config, &peer_log_handlers, p), H2_OK);
        p->memory = (uint8_t *)p->session;
        p->session_size = p->lender.bytes;
        return;
    }
#endif
    p->memory = guard_new(p->session_size);
    ck_assert_int_eq(h2_session_init(&p->session, p->memory, p->session_size, &p->config, &peer_log_handlers, p),
                     H2_OK);
}

void peer_free(peer *p) {
    peer_text *texts[] = {&p->pending, &p->out, &p->events, &p->story, &p->frames, &p->sent, &p->fields};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) free(texts[i]->at);
#ifndef H2_SMALL
    if (p->lent)
        h2_session_free(p->session);
    else
#endif
        guard_free(p->memory, p->session_size);
    lender_check(&p->lender);
    guard_free(p->input, BUFFER);
    guard_free(p->output, BUFFER);
    nghttp2_hd_inflate_del(p->inflater);
    free(p);
}

#ifndef H2_SMALL
/* The trace of the session must tell what it wrote. */
static void check_trace(const peer *p) {
    peer_text told = {0};
    size_t at = p->config.server || p->out.len == 0 ? 0 : PREFACE_LEN;
    if (p->out.len >= 8 && memcmp(p->out.at, "HTTP/1.1", 8) == 0) return;
    while (at + FRAME_HEAD <= p->out.len) {
        const uint8_t *head = (const uint8_t *)p->out.at + at;
        uint32_t length = (uint32_t)head[0] << 16 | (uint32_t)head[1] << 8 | head[2];
        uint32_t id = (uint32_t)head[5] << 24 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 8 | head[8];
        peer_log_add(&told, "%u %u %u %u\n", head[3], head[4], id, length);
        at += FRAME_HEAD + length;
    }
    if (at != p->out.len) peer_fail(p, "the output ends within a frame");
    if (told.len != p->sent.len || (told.len > 0 && memcmp(told.at, p->sent.at, told.len) != 0))
        peer_fail(p, "the trace says\n%s\nand the output\n%s", p->sent.at, told.at);
    free(told.at);
}
#else
static void check_trace(const peer *p) {
    (void)p;
}
#endif

void peer_finish(peer *p) {
    if (!p->session) return;
    peer_deliver(p);
    peer_flush(p);
    peer_log_settle(p);
    const char *broken = invariant_broken(p->session);
    if (broken) peer_fail(p, "%s", broken);
    if (p->lender.held != invariant_loans(p->session))
        peer_fail(p, "%zu loans are held instead of %zu", p->lender.held, invariant_loans(p->session));
    check_trace(p);
}

/* ---- moving octets ---- */

static size_t piece_of(peer *p, size_t left) {
    if (p->mode == PEER_OCTETS) return 1;
    if (p->mode == PEER_PIECES) {
        p->random ^= p->random << 13;
        p->random ^= p->random >> 7;
        p->random ^= p->random << 17;
        size_t bound = p->random % 3 == 0   ? 4
                       : p->random % 3 == 1 ? 40
                                            : 4000,
               n = 1 + (size_t)(p->random >> 8) % bound;
        return n < left ? n : left;
    }
    return left < BUFFER ? left : BUFFER;
}

/* One piece, before the guard. False when the session is over. */
static bool give(peer *p, const char *bytes, size_t n) {
    const uint8_t *at = p->input + BUFFER - n;
    memcpy(p->input + BUFFER - n, bytes, n);
    while (n > 0) {
        ptrdiff_t took = h2_session_receive(p->session, at, n);
        if (took < 0) return false;
        if ((size_t)took > n) peer_fail(p, "more was taken than given");
        at += took;
        n -= (size_t)took;
        size_t before = p->out.len;
        if (n > 0) peer_flush(p);
        if (n > 0 && took == 0 && p->out.len == before) peer_fail(p, "the session takes nothing and says nothing");
    }
    return true;
}

void peer_deliver(peer *p) {
    size_t at = 0;
    if (p->delivering) return;
    p->delivering = true;
    while (at < p->pending.len) {
        size_t n = piece_of(p, p->pending.len - at);
        if (!give(p, p->pending.at + at, n)) break;
        at += n;
    }
    p->pending.len = 0;
    p->delivering = false;
}

size_t peer_flush_once(peer *p, size_t cap) {
    size_t n = h2_session_transmit(p->session, p->output + BUFFER - cap, cap);
    if (n > cap) peer_fail(p, "more was written than there was room for");
    peer_log_bytes(&p->out, p->output + BUFFER - cap, n);
    return n;
}

void peer_flush(peer *p) {
    size_t before = p->out.len;
    bool wanted = h2_session_wants_transmit(p->session);
    while (peer_flush_once(p, p->cap) > 0) {
    }
    if (!wanted && p->out.len > before) peer_fail(p, "the session wrote what it did not want to");
    if (p->cap == BUFFER && h2_session_wants_transmit(p->session))
        peer_fail(p, "the session keeps what it wants to write");
}

h2_session *peer_session(peer *p) {
    peer_deliver(p);
    return p->session;
}

void peer_write(peer *p, const void *bytes, size_t n) {
    peer_log_bytes(&p->pending, bytes, n);
}

void peer_send(peer *p, unsigned type, unsigned flags, uint32_t id, const void *payload, size_t n) {
    uint8_t head[FRAME_HEAD] = {(uint8_t)(n >> 16),  (uint8_t)(n >> 8),  (uint8_t)n,
                                (uint8_t)type,       (uint8_t)flags,     (uint8_t)(id >> 24),
                                (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};
    peer_write(p, head, sizeof head);
    peer_write(p, payload, n);
}

void peer_send_u32(peer *p, unsigned type, uint32_t id, uint32_t value) {
    uint8_t payload[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    peer_send(p, type, 0, id, payload, sizeof payload);
}

void peer_send_setting(peer *p, unsigned setting, uint32_t value) {
    uint8_t payload[6] = {(uint8_t)(setting >> 8), (uint8_t)setting,      (uint8_t)(value >> 24),
                          (uint8_t)(value >> 16),  (uint8_t)(value >> 8), (uint8_t)value};
    peer_send(p, 4, 0, 0, payload, sizeof payload);
}

void peer_send_goaway(peer *p, uint32_t last, uint32_t code) {
    uint8_t payload[8] = {(uint8_t)(last >> 24), (uint8_t)(last >> 16), (uint8_t)(last >> 8), (uint8_t)last,
                          (uint8_t)(code >> 24), (uint8_t)(code >> 16), (uint8_t)(code >> 8), (uint8_t)code};
    peer_send(p, 7, 0, 0, payload, sizeof payload);
}

void peer_send_ping(peer *p, unsigned flags, const char *opaque) {
    peer_send(p, 6, flags, 0, opaque, 8);
}

void peer_send_fields(peer *p, unsigned flags, uint32_t id, const char *text) {
    uint8_t block[16384];
    peer_send(p, 1, flags | 4u, id, block, peer_encode(block, sizeof block, text));
}

void peer_send_data(peer *p, unsigned flags, uint32_t id, size_t n) {
    uint8_t *bytes = malloc(n + 1);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < n; i++) bytes[i] = (uint8_t)(i * 7 + id);
    peer_send(p, 0, flags, id, bytes, n);
    free(bytes);
}

/* ---- greeting ---- */

void peer_greet(peer *p) {
    peer_frame frame;
    if (p->config.server) peer_write(p, PREFACE, PREFACE_LEN);
    peer_send(p, 4, 0, 0, NULL, 0);
    bool settings = peer_next(p, &frame) && frame.type == 4 && frame.flags == 0;
    bool ack = settings && peer_next(p, &frame) && frame.type == 4 && frame.flags == 1 && frame.length == 0;
    if (!ack) peer_fail(p, "no SETTINGS and acknowledgement");
    peer_send(p, 4, 1, 0, NULL, 0);
    while (peer_next(p, &frame)) {
        if (frame.type != 8 || frame.id != 0) peer_fail(p, "a frame of type %u in the greeting", frame.type);
    }
}

void peer_connect(peer *p, const h2_config *config) {
    peer_start(p, config);
    peer_greet(p);
    p->events.len = 0;
}

void peer_connect_server(peer *p) {
    h2_config config = h2_config_hosted(true);
    peer_connect(p, &config);
}

void peer_connect_client(peer *p) {
    h2_config config = h2_config_hosted(false);
    peer_connect(p, &config);
}

/* ---- the program ---- */

h2_result peer_try_open(peer *p, unsigned flags, const char *text, uint32_t *id) {
    h2_field fields[64];
    char storage[8192];
    size_t n = peer_parse(fields, 64, storage, sizeof storage, text);
    return h2_stream_open(peer_session(p), fields, n, flags, id);
}

h2_result peer_try_respond(peer *p, uint32_t id, unsigned flags, const char *text) {
    h2_field fields[64];
    char storage[8192];
    size_t n = peer_parse(fields, 64, storage, sizeof storage, text);
    return h2_stream_respond(peer_session(p), id, fields, n, flags);
}

h2_result peer_try_trailers(peer *p, uint32_t id, const char *text) {
    h2_field fields[64];
    char storage[8192];
    size_t n = peer_parse(fields, 64, storage, sizeof storage, text);
    return h2_stream_trailers(peer_session(p), id, fields, n);
}

uint32_t peer_must_open(peer *p, unsigned flags, const char *text) {
    uint32_t id = 0;
    h2_result result = peer_try_open(p, flags, text, &id);
    if (result != H2_OK) peer_fail(p, "h2_stream_open gave %d", result);
    return id;
}

void peer_must(peer *p, h2_result result) {
    if (result != H2_OK) peer_fail(p, "the call gave %d", result);
}

/* ---- what the session said ---- */

bool peer_next(peer *p, peer_frame *frame) {
    peer_deliver(p);
    peer_flush(p);
    const uint8_t *out = (const uint8_t *)p->out.at;
    if (p->read == 0 && !p->config.server && p->out.len >= PREFACE_LEN) {
        if (memcmp(out, PREFACE, PREFACE_LEN) != 0) peer_fail(p, "the client's preface is wrong");
        p->read = PREFACE_LEN;
    }
    if (p->out.len - p->read < FRAME_HEAD) return false;
    const uint8_t *at = out + p->read;
    *frame = (peer_frame){.length = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2],
                          .type = at[3],
                          .flags = at[4],
                          .id = (uint32_t)at[5] << 24 | (uint32_t)at[6] << 16 | (uint32_t)at[7] << 8 | at[8],
                          .payload = at + FRAME_HEAD};
    if (p->out.len - p->read < FRAME_HEAD + frame->length) peer_fail(p, "half a frame");
    p->read += FRAME_HEAD + frame->length;
    return true;
}

static uint32_t number(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

peer_frame peer_expect_frame(peer *p, unsigned type, unsigned flags, uint32_t id) {
    peer_frame frame;
    if (!peer_next(p, &frame)) peer_fail(p, "no frame where type %u of stream %u was expected", type, id);
    if (frame.type != type || frame.flags != flags || frame.id != id) {
        uint32_t code = frame.length >= 4 ? number(frame.payload + (frame.type == 7 ? 4 : 0)) : 0;
        peer_fail(p, "type %u flags %#x stream %u length %u code %u instead of type %u flags %#x stream %u", frame.type,
                  frame.flags, frame.id, frame.length, code, type, flags, id);
    }
    return frame;
}

void peer_expect_number(peer *p, unsigned type, uint32_t id, uint32_t value) {
    peer_frame frame = peer_expect_frame(p, type, 0, id);
    if (frame.length != 4) peer_fail(p, "length %u", frame.length);
    if (number(frame.payload) != value) peer_fail(p, "the value is %u, not %u", number(frame.payload), value);
}

void peer_expect_leaving(peer *p, uint32_t last, uint32_t code) {
    peer_frame frame = peer_expect_frame(p, 7, 0, 0);
    if (frame.length < 8) peer_fail(p, "length %u", frame.length);
    uint32_t said_last = number(frame.payload), said_code = number(frame.payload + 4);
    if (said_last != last || said_code != code)
        peer_fail(p, "GOAWAY %u code %u instead of %u code %u", said_last, said_code, last, code);
    if (code == H2_NO_ERROR) return;
    peer_expect_silence(p);
    uint8_t octet = 0;
    if (!h2_session_finished(p->session) || h2_session_receive(p->session, &octet, 1) != H2_EPROTOCOL)
        peer_fail(p, "the session is not over");
}

void peer_expect_silence(peer *p) {
    peer_frame frame;
    if (peer_next(p, &frame)) peer_fail(p, "an unexpected frame: type %u stream %u", frame.type, frame.id);
}

void peer_expect_section(peer *p, unsigned flags, uint32_t id, const char *text) {
    peer_text block = {0}, said = {0};
    peer_frame frame;
    if (!peer_next(p, &frame)) peer_fail(p, "no HEADERS");
    unsigned end = frame.flags & 4u;
    if (frame.type != 1 || frame.id != id || (frame.flags & ~4u) != flags)
        peer_fail(p, "type %u flags %#x stream %u instead of HEADERS", frame.type, frame.flags, frame.id);
    peer_log_bytes(&block, frame.payload, frame.length);
    while (!end) {
        if (!peer_next(p, &frame) || frame.type != 9 || frame.id != id || frame.flags & ~4u)
            peer_fail(p, "no CONTINUATION");
        peer_log_bytes(&block, frame.payload, frame.length);
        end = frame.flags & 4u;
    }
    if (!peer_log_inflate(p->inflater, &said, &block)) peer_fail(p, "the header block cannot be decoded");
    if (strcmp(said.at, text) != 0) peer_fail(p, "the fields are %s, not %s", said.at, text);
    free(block.at);
    free(said.at);
}

void peer_expect_told(peer *p, const char *text) {
    peer_deliver(p);
    peer_flush(p);
    peer_log_settle(p);
    const char *said = p->events.len > 0 ? p->events.at : "";
    if (strcmp(said, text) != 0) peer_fail(p, "the events are \"%s\", not \"%s\"", said, text);
    p->events.len = 0;
}

void peer_expect_pong(peer *p) {
    peer_send_ping(p, 0, "stillhere");
    peer_frame frame = peer_expect_frame(p, 6, 1, 0);
    if (frame.length != 8 || memcmp(frame.payload, "stillhere", 8) != 0) peer_fail(p, "another PING is answered");
}
