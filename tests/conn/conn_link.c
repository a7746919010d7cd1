/* SPDX-License-Identifier: MIT */
#include "conn_link.h"
#include <stdlib.h>
#include <string.h>
#include "conn_error.h"
#include "conn_fields.h"
#include "conn_stream.h"
#include "conn_suites.h"
#include "conn_test.h"
#include "pipe.h"

/* The portable part alone, as a program without threads uses it: one link, one stream, memory of a fixed size. */

#define BUFFER 700u
#define BYTES  100000u

typedef struct side {
    h2_config config;
    h2conn_link link;
    h2conn_stream stream;
    void *memory;
    uint8_t rx[BUFFER], tx[BUFFER], lent[300];
    bool open, answered;
    uint64_t sent, received;
} side;

static h2conn_chunk *get(void *ctx, size_t want) {
    (void)ctx;
    h2conn_chunk *chunk = malloc(sizeof *chunk + want);
    chunk->cap = (uint32_t)want;
    chunk->bytes = (uint8_t *)(chunk + 1);
    return chunk;
}

static void put(void *ctx, h2conn_chunk *chunk) {
    (void)ctx;
    free(chunk);
}

static const h2conn_chunk_source source = {get, put, NULL};

static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    side *s = user;
    char digits[H2CONN_STATUS_DIGITS + 1];
    const h2_field status = h2conn_field_of_status(digits, 200);
    (void)fields;
    (void)n;
    if (section == H2_REQUEST) {
        h2conn_stream_init(&s->stream, id, &source);
        s->open = true;
        ck_assert_int_eq(h2_stream_respond(s->link.session, id, &status, 1, 0), H2_OK);
    }
    s->answered = true;
    if (end) s->stream.peer_ended = true;
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    side *s = user;
    ck_assert_uint_eq(id, s->stream.id);
    if (end) s->stream.peer_ended = true;
    if (len > 0) h2conn_stream_data(&s->stream, s->link.session, bytes, len);
}

static void on_sent(void *user, uint32_t id) {
    side *s = user;
    (void)id;
    h2conn_stream_sent(&s->stream, &s->link);
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    side *s = user;
    (void)id;
    h2conn_stream_closed(&s->stream, &s->link, why);
}

static void side_init(side *s, const h2conn_transport *transport, bool server) {
    static const h2_handlers handlers = {
        .on_headers = on_headers, .on_data = on_data, .on_sent = on_sent, .on_closed = on_closed};
    h2_session *session;
    memset(s, 0, sizeof *s);
    s->config = h2_config_small(server);
    const size_t bytes = h2_session_size(&s->config);
    s->memory = malloc(bytes);
    ck_assert_int_eq(h2_session_init(&session, s->memory, bytes, &s->config, &handlers, s), H2_OK);
    h2conn_link_init(&s->link, session, transport, &s->config);
}

static void side_free(side *s) {
    if (s->open) h2conn_stream_discard(&s->stream, s->link.session);
    free(s->memory);
}

static void side_open(side *s) {
    const h2_field fields[] = {H2_FIELD(":method", "POST"), H2_FIELD(":scheme", "http"), H2_FIELD(":authority", "h"),
                               H2_FIELD(":path", "/")};
    uint32_t id;
    ck_assert_int_eq(h2_stream_open(s->link.session, fields, 4, 0, &id), H2_OK);
    h2conn_stream_init(&s->stream, id, &source);
    s->open = true;
}

static bool side_step(side *s) {
    return h2conn_link_step(&s->link, s->rx, sizeof s->rx, s->tx, sizeof s->tx);
}

/* Write a pattern and the end; read what comes back and compare. */
static void client_turn(side *s) {
    uint8_t back[256];
    ptrdiff_t n;
    if (!s->stream.lent && s->sent < BYTES) {
        const size_t len = BYTES - s->sent < sizeof s->lent ? (size_t)(BYTES - s->sent) : sizeof s->lent;
        test_fill(s->lent, len, s->sent, 1);
        ck_assert_int_eq(h2conn_stream_write(&s->stream, s->link.session, s->lent, len, 0), H2CONN_OK);
        s->sent += len;
    } else if (!s->stream.lent && !s->stream.ended) {
        ck_assert_int_eq(h2conn_stream_write(&s->stream, s->link.session, NULL, 0, H2_END), H2CONN_OK);
    }
    if (!h2conn_stream_read(&s->stream, s->link.session, back, sizeof back, &n) || n == 0) return;
    ck_assert_int_gt(n, 0);
    uint8_t expected[sizeof back];
    test_fill(expected, (size_t)n, s->received, 1);
    ck_assert_mem_eq(back, expected, (size_t)n);
    s->received += (uint64_t)n;
}

static void echo_turn(side *s) {
    ptrdiff_t n;
    if (!s->open || s->stream.lent || s->stream.ended) return;
    if (!h2conn_stream_read(&s->stream, s->link.session, s->lent, sizeof s->lent, &n)) return;
    ck_assert_int_ge(n, 0);
    ck_assert_int_eq(h2conn_stream_write(&s->stream, s->link.session, s->lent, (size_t)n, n == 0 ? H2_END : 0),
                     H2CONN_OK);
}

static const struct weather {
    size_t capacity, chunk;
    unsigned stutter;
} weathers[] = {{65536, 0, 0}, {100, 0, 0}, {1, 0, 0}, {65536, 1, 0}, {65536, 13, 2}, {50, 7, 3}};

START_TEST(an_echo_passes_whatever_the_transport_takes_at_a_time) {
    const struct weather *w = &weathers[_i];
    test_pipe *pipe = test_pipe_new(w->capacity);
    side client, server;
    for (int i = 0; i < 2; i++) {
        const h2conn_transport transport = test_pipe_end(pipe, i);
        side_init(i == 0 ? &client : &server, &transport, i == 1);
        test_pipe_chunk(pipe, i, w->chunk, w->chunk);
        test_pipe_stutter(pipe, i, w->stutter);
    }
    side_open(&client);
    for (unsigned idle = 0; !client.stream.closed || !server.stream.closed;) {
        const bool ours = side_step(&client), theirs = side_step(&server);
        idle = ours || theirs ? 0 : idle + 1;
        ck_assert_uint_lt(idle, 10);
        client_turn(&client);
        echo_turn(&server);
    }
    while (client.received < BYTES) client_turn(&client);
    ck_assert_uint_eq(client.received, BYTES);
    ck_assert_int_eq(client.stream.error, H2CONN_OK);
    ck_assert_int_eq(server.stream.error, H2CONN_OK);
    ck_assert_uint_eq(client.link.framed, client.link.sent);
    ck_assert_uint_eq(client.link.sent, test_pipe_sent(pipe, 0));
    side_free(&client);
    side_free(&server);
    test_pipe_free(pipe);
}
END_TEST

/* ---- how a link ends ---- */

#define SETTINGS "\0\0\0\4\0\0\0\0\0"
enum { GOES_ON, CLOSES, BREAKS };

static const struct ending {
    const char *label, *bytes;
    size_t len;
    int then, stream, session;
    uint32_t code;
} endings[] = {
#define ENDING(label, bytes, then, stream, session, code)                                                              \
    { label, bytes, sizeof(bytes) - 1, then, stream, session, code }
    ENDING("HTTP/1.1", "HTTP/1.1 400 Bad Request\r\n\r\n", CLOSES, H2CONN_EHTTP2, H2CONN_EHTTP2, H2_PROTOCOL_ERROR),
    ENDING("another protocol", "SSH-2.0-x\r\n", CLOSES, H2CONN_EHTTP2, H2CONN_EHTTP2, H2_PROTOCOL_ERROR),
    ENDING("silence", "", CLOSES, H2CONN_ELOST, H2CONN_ELOST, H2_NO_ERROR),
    ENDING("an end", SETTINGS, CLOSES, H2CONN_ELOST, H2CONN_ELOST, H2_NO_ERROR),
    ENDING("a break", SETTINGS, BREAKS, H2CONN_ELOST, H2CONN_ELOST, H2_NO_ERROR),
    ENDING("a broken rule", SETTINGS "\0\0\1\6\0\0\0\0\0x", GOES_ON, H2CONN_EPROTOCOL, H2CONN_EPROTOCOL,
           H2_FRAME_SIZE_ERROR),
    ENDING("RST_STREAM", SETTINGS "\0\0\4\3\0\0\0\0\1\0\0\0\7", GOES_ON, H2CONN_ERESET, H2CONN_OK, H2_REFUSED_STREAM),
    ENDING("GOAWAY that leaves the stream out", SETTINGS "\0\0\x08\7\0\0\0\0\0\0\0\0\0\0\0\0\0", GOES_ON,
           H2CONN_EGOAWAY, H2CONN_EGOAWAY, H2_NO_ERROR),
    ENDING("GOAWAY with an error", SETTINGS "\0\0\x08\7\0\0\0\0\0\0\0\0\1\0\0\0\xb", CLOSES, H2CONN_EGOAWAY,
           H2CONN_EGOAWAY, H2_ENHANCE_YOUR_CALM),
    ENDING("GOAWAY, then an end", SETTINGS "\0\0\x08\7\0\0\0\0\0\0\0\0\1\0\0\0\0", CLOSES, H2CONN_ELOST, H2CONN_ELOST,
           H2_NO_ERROR),
};

START_TEST(every_end_of_a_client_is_told_from_the_others) {
    const struct ending *e = &endings[_i];
    test_pipe *pipe = test_pipe_new(4096);
    const h2conn_transport transport = test_pipe_end(pipe, 0), peer = test_pipe_end(pipe, 1);
    side s;
    side_init(&s, &transport, false);
    side_open(&s);
    if (e->len > 0) ck_assert_int_eq(peer.send(peer.ctx, e->bytes, e->len), (ptrdiff_t)e->len);
    if (e->then == CLOSES) test_pipe_close(pipe, 1);
    while (side_step(&s)) {
    }
    if (e->then == BREAKS) test_pipe_break(pipe);
    while (side_step(&s)) {
    }
    ck_assert_msg(s.stream.closed, "%s", e->label);
    ck_assert_msg(s.stream.error == e->stream, "%s: %s", e->label, h2conn_error_name(s.stream.error));
    ck_assert_msg(s.stream.why.code == e->code, "%s: code %u", e->label, (unsigned)s.stream.why.code);
    const int session = h2conn_link_error(&s.link, NULL);
    ck_assert_msg(session == e->session, "%s: session %s", e->label, h2conn_error_name(session));
    ck_assert_int_eq(h2conn_link_over(&s.link), e->session != H2CONN_OK);
    side_free(&s);
    test_pipe_free(pipe);
}
END_TEST

static ptrdiff_t refuse(void *ctx, void *buf, size_t len) {
    (void)buf;
    (void)len;
    return *(int *)ctx;
}

static ptrdiff_t refuse_send(void *ctx, const void *buf, size_t len) {
    (void)buf;
    (void)len;
    return *(int *)ctx;
}

START_TEST(a_security_failure_is_told_from_a_loss) {
    int code = H2CONN_TRANSPORT_ETLS;
    const h2conn_transport transport = {refuse, refuse_send, &code};
    side s;
    side_init(&s, &transport, _i == 1);
    side_step(&s);
    ck_assert_int_eq(h2conn_link_error(&s.link, NULL), H2CONN_ETLS);
    ck_assert(h2conn_link_over(&s.link));
    ck_assert(!h2conn_link_owes(&s.link));
    side_free(&s);
}
END_TEST

START_TEST(what_each_direction_wants_is_kept) {
    int code = H2CONN_TRANSPORT_WANT_READ;
    const h2conn_transport transport = {refuse, refuse_send, &code};
    side s;
    side_init(&s, &transport, false);
    ck_assert(!side_step(&s));
    ck_assert_int_eq(s.link.recv_wants, H2CONN_TRANSPORT_WANT_READ);
    ck_assert_int_eq(s.link.send_wants, H2CONN_TRANSPORT_WANT_READ);
    code = H2CONN_TRANSPORT_WANT_WRITE;
    ck_assert(!side_step(&s));
    ck_assert_int_eq(s.link.recv_wants, H2CONN_TRANSPORT_WANT_WRITE);
    ck_assert_int_eq(s.link.send_wants, H2CONN_TRANSPORT_WANT_WRITE);
    ck_assert_uint_gt(h2conn_link_pending(&s.link), 0);
    side_free(&s);
}
END_TEST

START_TEST(a_transport_that_takes_nothing_for_too_long_is_lost) {
    int code = H2CONN_TRANSPORT_WANT_WRITE;
    const h2conn_transport transport = {refuse, refuse_send, &code};
    const h2_config config = h2_config_small(false);
    side s;
    side_init(&s, &transport, false);
    side_step(&s);
    /* Only the link's own patience is looked at, so the engine's clock is kept from running out first. */
    const uint64_t start = 1000;
    ck_assert_uint_eq(s.link.stall_ms, config.blocked_ms);
    ck_assert_uint_le(h2conn_link_tick(&s.link, start), start + config.blocked_ms);
    h2conn_link_patience(&s.link, 50, false, 0);
    ck_assert_uint_eq(h2conn_link_tick(&s.link, start + 49), start + 50);
    ck_assert_int_eq(s.link.ended, H2CONN_LINK_RUNNING);
    h2conn_link_tick(&s.link, start + 50);
    ck_assert_int_eq(s.link.ended, H2CONN_TRANSPORT_ELOST);
    ck_assert(s.link.stalled);
    side_free(&s);
}
END_TEST

/* The handshake has its own time, and the engine's begins when it is over. */
START_TEST(a_handshake_that_never_ends_is_lost) {
    int code = H2CONN_TRANSPORT_WANT_READ;
    const h2conn_transport transport = {refuse, refuse_send, &code};
    const uint64_t start = 1000;
    side s;
    side_init(&s, &transport, false);
    h2conn_link_patience(&s.link, 0, true, 700);
    side_step(&s);
    ck_assert_uint_eq(h2conn_link_tick(&s.link, start), start + 700);
    side_step(&s);
    ck_assert_uint_eq(h2conn_link_tick(&s.link, start + 699), start + 700);
    ck_assert_int_eq(s.link.ended, H2CONN_LINK_RUNNING);
    ck_assert_uint_eq(h2conn_link_tick(&s.link, start + 700), UINT64_MAX);
    ck_assert_int_eq(s.link.ended, H2CONN_TRANSPORT_ELOST);
    ck_assert(s.link.late);
    ck_assert_int_eq(h2conn_link_error(&s.link, NULL), H2CONN_ELOST);
    side_free(&s);
}
END_TEST

static ptrdiff_t take_all(void *ctx, const void *buf, size_t len) {
    (void)ctx;
    (void)buf;
    return (ptrdiff_t)len;
}

START_TEST(a_handshake_that_ends_begins_the_engines_time) {
    int code = H2CONN_TRANSPORT_WANT_READ;
    const uint64_t start = 1000, later = start + 600;
    h2conn_transport transport = {refuse, refuse_send, &code};
    side s;
    side_init(&s, &transport, false);
    h2conn_link_patience(&s.link, 0, true, 0);
    side_step(&s);
    ck_assert_uint_eq(h2conn_link_tick(&s.link, start), UINT64_MAX);
    s.link.transport.send = take_all;
    side_step(&s);
    ck_assert_uint_eq(h2conn_link_tick(&s.link, later), later + H2_DEFAULT_TIMEOUT_MS);
    side_free(&s);
}
END_TEST

/* PING answers in `len` octets of a client's output, which must come in order; -1 when they do not. */
static int count_answers(const uint8_t *out, size_t len) {
    int answers = 0;
    for (size_t at = H2_PREFACE_BYTES; at + H2_FRAME_HEADER_BYTES <= len;) {
        h2_frame_header header;
        h2_frame_header_read(&header, out + at);
        at += H2_FRAME_HEADER_BYTES + header.length;
        if (header.type != H2_PING || at > len) continue;
        if (out[at - H2_PING_BYTES] != answers++) return -1;
    }
    return answers;
}

/* Answers that find no room make the link hold what it received, and lose none of it. */
START_TEST(pings_are_all_answered_when_the_peer_reads_late) {
    enum { PINGS = 60, PING = H2_FRAME_HEADER_BYTES + H2_PING_BYTES };
    test_pipe *pipe = test_pipe_new(PINGS * PING + H2_FRAME_HEADER_BYTES);
    const h2conn_transport transport = test_pipe_end(pipe, 0), peer = test_pipe_end(pipe, 1);
    uint8_t out[4096];
    size_t len = 0;
    bool held = false;
    side s;
    side_init(&s, &transport, false);
    test_pipe_chunk(pipe, 0, 0, 3);
    test_pipe_stutter(pipe, 0, 2);
    ck_assert_int_eq(peer.send(peer.ctx, SETTINGS, H2_FRAME_HEADER_BYTES), H2_FRAME_HEADER_BYTES);
    for (uint8_t i = 0; i < PINGS; i++) {
        const uint8_t ping[PING] = {0, 0, 8, 6, 0, 0, 0, 0, 0, i};
        ck_assert_int_eq(peer.send(peer.ctx, ping, sizeof ping), PING);
    }
    for (unsigned step = 0; count_answers(out, len) < PINGS; step++) {
        ck_assert_uint_lt(step, 10000);
        side_step(&s);
        held = held || h2conn_link_unread(&s.link) > 0;
        const ptrdiff_t n = peer.recv(peer.ctx, out + len, 5);
        if (n > 0) len += (size_t)n;
        ck_assert_int_ge(count_answers(out, len), 0);
    }
    ck_assert(held);
    side_free(&s);
    test_pipe_free(pipe);
}
END_TEST

Suite *conn_link_suite(void) {
    Suite *suite = suite_create("link");
    TCase *tc = test_case(suite, "link");
    tcase_add_loop_test(tc, an_echo_passes_whatever_the_transport_takes_at_a_time, 0,
                        (int)(sizeof weathers / sizeof *weathers));
    tcase_add_loop_test(tc, every_end_of_a_client_is_told_from_the_others, 0, (int)(sizeof endings / sizeof *endings));
    tcase_add_loop_test(tc, a_security_failure_is_told_from_a_loss, 0, 2);
    tcase_add_test(tc, what_each_direction_wants_is_kept);
    tcase_add_test(tc, a_transport_that_takes_nothing_for_too_long_is_lost);
    tcase_add_test(tc, a_handshake_that_never_ends_is_lost);
    tcase_add_test(tc, a_handshake_that_ends_begins_the_engines_time);
    tcase_add_test(tc, pings_are_all_answered_when_the_peer_reads_late);
    return suite;
}
