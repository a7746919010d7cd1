/* SPDX-License-Identifier: MIT */
#include "h2conn_core.h"
#include <string.h>
#include "conn_suites.h"
#include "pipe.h"

/* Connections in memory of a fixed size, as firmware uses them: both ends on one thread, joined by a pipe. */

#define STREAMS 2
#define WINDOW  300u
#define BYTES   70000u

H2CONN_CORE_STORAGE(near, false, STREAMS, WINDOW, 16, 512, 256, 256, 256, 200, 200);
H2CONN_CORE_STORAGE(far, true, STREAMS, WINDOW, 16, 512, 0, 0, 256, 100, 150);

static const h2_field request[] = {H2_FIELD(":method", "POST"), H2_FIELD(":scheme", "http"),
                                   H2_FIELD(":authority", "h"), H2_FIELD(":path", "/")};
static const h2_field ok[] = {H2_FIELD(":status", "200")};

typedef struct ends {
    test_pipe *pipe;
    h2conn_core client, server;
    h2conn_core_conn *accepted[STREAMS];
    int requests, answers;
    bool mute; /* the server answers nothing */
} ends;

static void on_headers(void *user, h2conn_core_conn *conn, h2_section section, const h2_field *fields, size_t n) {
    ends *e = user;
    (void)fields;
    ck_assert_uint_gt(n, 0);
    if (section == H2_RESPONSE) e->answers++;
    if (section != H2_REQUEST) return;
    ck_assert_int_lt(e->requests, STREAMS);
    e->accepted[e->requests++] = conn;
    if (!e->mute) ck_assert_int_eq(h2conn_core_respond(conn, ok, 1, 0), H2CONN_OK);
}

static void ends_init(ends *e, size_t capacity) {
    memset(e, 0, sizeof *e);
    e->pipe = test_pipe_new(capacity);
    const h2conn_transport near_end = test_pipe_end(e->pipe, 0), far_end = test_pipe_end(e->pipe, 1);
    ck_assert_int_eq(h2conn_core_init(&e->client, &near_storage, &near_end, on_headers, e), H2CONN_OK);
    ck_assert_int_eq(h2conn_core_init(&e->server, &far_storage, &far_end, on_headers, e), H2CONN_OK);
}

/* One step of both, the server's at its own time. Whether any octet moved. */
static bool step(ends *e, uint64_t server_ms) {
    const bool client = h2conn_core_step(&e->client, 1), server = h2conn_core_step(&e->server, server_ms);
    return client || server;
}

static void settle(ends *e) {
    while (step(e, 1)) {
    }
}

static uint8_t octet(uint32_t at) {
    return (uint8_t)(at * 31 + (at >> 8));
}

static void fill(uint8_t *out, size_t n, uint32_t at) {
    for (size_t i = 0; i < n; i++) out[i] = octet(at + (uint32_t)i);
}

/* Read what there is, and check that it goes on from `at`. Returns how far it went. */
static uint32_t read_on(h2conn_core_conn *conn, uint32_t at) {
    uint8_t buf[77];
    ptrdiff_t n;
    while ((n = h2conn_core_read(conn, buf, sizeof buf)) > 0) {
        for (ptrdiff_t i = 0; i < n; i++) ck_assert_uint_eq(buf[i], octet(at + (uint32_t)i));
        at += (uint32_t)n;
    }
    ck_assert(n == 0 || n == H2CONN_EAGAIN);
    return at;
}

static h2conn_core_conn *open_conn(ends *e) {
    h2conn_core_conn *conn;
    ck_assert_int_eq(h2conn_core_open(&e->client, request, 4, &conn), H2CONN_OK);
    return conn;
}

START_TEST(a_constant_says_what_a_session_needs) {
    static const uint32_t tables[] = {0, 4, 256, 4096};
    for (uint32_t streams = 1; streams < 300; streams++) {
        h2_config c = h2_config_small(streams & 1);
        c.streams = (uint16_t)streams;
        c.decoder_table = tables[streams % 4];
        c.encoder_table = tables[streams / 4 % 4];
        c.header_bytes = 4096 + streams;
        c.header_fields = (uint16_t)(1 + streams % 7);
        c.send_header_bytes += 2 * H2_ANSWER_BYTES(streams);
        ck_assert_uint_eq(H2_SESSION_BYTES(c.streams, c.header_fields, c.header_bytes, c.decoder_table, c.encoder_table,
                                           c.send_header_bytes),
                          h2_session_size(&c));
    }
#ifdef H2_SMALL
    static const uint16_t many[] = {512, 513, 627};
#else
    static const uint16_t many[] = {512, 513, 16384, 32768, 32769, 65534};
#endif
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        h2_config c = h2_config_small(true);
        c.streams = many[i];
        c.send_header_bytes = H2_SEND_HEADERS_MAX;
        ck_assert_uint_eq(H2_SESSION_BYTES(c.streams, c.header_fields, c.header_bytes, c.decoder_table, c.encoder_table,
                                           c.send_header_bytes),
                          h2_session_size(&c));
    }
}
END_TEST

/* Of a macro's storage each part has at least its size before the next, and the last ends where the memory does. */
static void check_parts(const h2conn_core_storage *storage, size_t bytes) {
    const h2_config *c = &storage->config;
    const h2_parts *p = &storage->parts;
    const struct part {
        const void *at;
        size_t bytes;
        bool aligned;
    } parts[] = {{storage->session, sizeof(h2_session), true},
                 {p->slots, h2_streams_bytes(c->streams), true},
                 {p->fields, c->header_fields * sizeof(h2_field), true},
                 {p->arena, c->header_bytes, true},
                 {p->decoder_table, c->decoder_table, true},
                 {p->encoder_table, c->encoder_table, true},
                 {p->outbox, c->send_header_bytes, true},
                 {storage->conns, c->streams * sizeof(h2conn_core_conn), true},
                 {storage->rings, (size_t)c->streams * c->stream_window, false},
                 {storage->rx, storage->rx_bytes, false},
                 {storage->tx, storage->tx_bytes, false},
                 {(const uint8_t *)storage->session + bytes, 0, false}};
    for (size_t i = 0; i + 1 < sizeof parts / sizeof *parts; i++) {
        const uint8_t *at = parts[i].at, *next = parts[i + 1].at;
        ck_assert_msg(next >= at && (size_t)(next - at) >= parts[i].bytes, "part %zu", i);
        ck_assert_msg((size_t)(next - at) - parts[i].bytes < 8, "room is lost behind part %zu", i);
        ck_assert_msg(!parts[i].aligned || (uintptr_t)at % 8 == 0, "part %zu", i);
    }
}

H2CONN_CORE_STORAGE(odd, true, 3, 1001, 7, 333, 36, 4, 180, 1, 131);

START_TEST(the_parts_of_storage_lie_behind_each_other) {
    check_parts(&near_storage, sizeof near_memory.bytes);
    check_parts(&odd_storage, sizeof odd_memory.bytes);
    ck_assert_uint_eq(sizeof odd_memory.bytes, H2CONN_CORE_BYTES(3, 1001, 7, 333, 36, 4, 180, 1, 131));
}
END_TEST

static const struct way {
    size_t capacity, chunk;
    unsigned stutter;
} ways[] = {{65536, 0, 0}, {64, 0, 0}, {1, 0, 0}, {65536, 1, 0}, {4096, 13, 2}, {50, 7, 3}};

/* The server's turn: give back what came. */
static void echo(h2conn_core_conn *conn, uint8_t *chunk, size_t cap) {
    if (!h2conn_core_writable(conn)) return;
    const ptrdiff_t n = h2conn_core_read(conn, chunk, cap);
    if (n > 0)
        ck_assert_int_eq(h2conn_core_write(conn, chunk, (size_t)n, 0), H2CONN_OK);
    else if (n == 0 && !conn->ended)
        ck_assert_int_eq(h2conn_core_write(conn, NULL, 0, H2_END), H2CONN_OK);
}

START_TEST(both_directions_pass_whole_whatever_the_transport_takes_at_a_time) {
    const struct way *w = &ways[_i];
    ends e;
    uint8_t out[250], back[120];
    uint32_t sent = 0, received = 0;
    ends_init(&e, w->capacity);
    for (int i = 0; i < 2; i++) {
        test_pipe_chunk(e.pipe, i, w->chunk, w->chunk);
        test_pipe_stutter(e.pipe, i, w->stutter);
    }
    settle(&e);
    h2conn_core_conn *conn = open_conn(&e);
    for (unsigned idle = 0; !conn->closed || conn->fill > 0;) {
        const bool moved = step(&e, 1);
        idle = moved ? 0 : idle + 1;
        ck_assert_uint_lt(idle, 10);
        if (e.requests == 1 && e.accepted[0]->id != 0) echo(e.accepted[0], back, sizeof back);
        received = read_on(conn, received);
        if (!h2conn_core_writable(conn) || conn->ended) continue;
        const size_t n = BYTES - sent < sizeof out ? BYTES - sent : sizeof out;
        fill(out, n, sent);
        ck_assert_int_eq(h2conn_core_write(conn, out, n, n < sizeof out ? H2_END : 0), H2CONN_OK);
        sent += (uint32_t)n;
    }
    ck_assert_uint_eq(received, BYTES);
    ck_assert_int_eq(conn->status, 200);
    ck_assert_int_eq(h2conn_core_read(conn, back, 1), 0);
    ck_assert_int_eq(conn->error, H2CONN_OK);
    h2conn_core_close(conn);
    h2conn_core_close(e.accepted[0]);
    ck_assert_int_eq(h2conn_core_error(&e.client), H2CONN_OK);
    test_pipe_free(e.pipe);
}
END_TEST

/* 6.9.2: before it has our SETTINGS a peer sends by the default window, more than the ring holds. */
START_TEST(data_sent_before_our_smaller_window_was_seen_is_kept) {
    static uint8_t out[20000];
    ends e;
    uint32_t received = 0;
    ends_init(&e, 65536);
    h2conn_core_conn *conn = open_conn(&e);
    fill(out, sizeof out, 0);
    ck_assert_int_eq(h2conn_core_write(conn, out, sizeof out, H2_END), H2CONN_OK);
    while (h2conn_core_step(&e.client, 1)) {
    }
    ck_assert(h2conn_core_writable(conn));
    while (h2conn_core_step(&e.server, 1)) {
    }
    ck_assert_int_eq(e.requests, 1);
    ck_assert_uint_le(e.accepted[0]->fill, WINDOW);
    ck_assert_uint_gt(test_pipe_waiting(e.pipe, 0), sizeof out - 2 * WINDOW);
    for (unsigned idle = 0; received < sizeof out && idle < 10;) {
        const uint32_t before = received;
        settle(&e);
        received = read_on(e.accepted[0], received);
        idle = received > before ? 0 : idle + 1;
    }
    ck_assert_uint_eq(received, sizeof out);
    ck_assert_int_eq(h2conn_core_read(e.accepted[0], out, 1), 0);
    ck_assert_int_eq(h2conn_core_error(&e.server), H2CONN_OK);
    test_pipe_free(e.pipe);
}
END_TEST

/* A program that reads only when it can write, and peers that both have small windows, can wait for each other then:
 * the window update is behind the data. So is the acknowledgement of SETTINGS, which the engine does not await for
 * ever. */
START_TEST(data_sent_early_that_nobody_can_take_ends_in_time) {
    static uint8_t out[20000], back[100];
    ends e;
    ends_init(&e, 65536);
    h2conn_core_conn *conn = open_conn(&e);
    ck_assert_int_eq(h2conn_core_write(conn, out, sizeof out, H2_END), H2CONN_OK);
    while (h2conn_core_step(&e.client, 1)) {
    }
    uint64_t now = 1;
    for (; now < 2 * H2_DEFAULT_TIMEOUT_MS && !h2conn_core_over(&e.server); now += H2_DEFAULT_TIMEOUT_MS / 20) {
        while (step(&e, now)) {
        }
        if (!e.accepted[0]->closed) echo(e.accepted[0], back, sizeof back);
    }
    ck_assert_uint_ge(now, H2_DEFAULT_TIMEOUT_MS);
    ck_assert_int_eq(h2_session_failure(h2conn_core_session(&e.server))->rule, H2_RULE_SETTINGS_TIMEOUT);
    ck_assert_int_eq(h2conn_core_read(e.accepted[0], back, sizeof back), sizeof back);
    test_pipe_free(e.pipe);
}
END_TEST

START_TEST(a_full_ring_does_not_hold_up_other_connections_once_settings_are_acknowledged) {
    uint8_t out[2 * WINDOW], other[] = "other";
    ends e;
    ends_init(&e, 65536);
    settle(&e);
    h2conn_core_conn *full = open_conn(&e);
    fill(out, sizeof out, 0);
    ck_assert_int_eq(h2conn_core_write(full, out, sizeof out, 0), H2CONN_OK);
    settle(&e);
    ck_assert(!h2conn_core_writable(full));
    ck_assert_uint_eq(e.accepted[0]->fill, WINDOW);
    h2conn_core_conn *conn = open_conn(&e);
    ck_assert_int_eq(h2conn_core_write(conn, other, sizeof other, H2_END), H2CONN_OK);
    settle(&e);
    ck_assert_int_eq(h2conn_core_read(e.accepted[1], out, sizeof out), sizeof other);
    ck_assert_mem_eq(out, other, sizeof other);
    test_pipe_free(e.pipe);
}
END_TEST

START_TEST(each_half_ends_alone) {
    uint8_t buf[8];
    ends e;
    ends_init(&e, 4096);
    h2conn_core_conn *conn = open_conn(&e);
    ck_assert_int_eq(h2conn_core_write(conn, "up", 2, H2_END), H2CONN_OK);
    settle(&e);
    ck_assert_int_eq(h2conn_core_write(conn, "more", 4, 0), H2CONN_ECLOSED);
    h2conn_core_conn *served = e.accepted[0];
    ck_assert_int_eq(h2conn_core_read(served, buf, sizeof buf), 2);
    ck_assert_int_eq(h2conn_core_read(served, buf, sizeof buf), 0);
    ck_assert_int_eq(h2conn_core_read(conn, buf, sizeof buf), H2CONN_EAGAIN);
    ck_assert_int_eq(h2conn_core_write(served, "down", 4, 0), H2CONN_OK);
    settle(&e);
    ck_assert_int_eq(h2conn_core_read(conn, buf, sizeof buf), 4);
    ck_assert_int_eq(h2conn_core_write(served, NULL, 0, H2_END), H2CONN_OK);
    settle(&e);
    ck_assert_int_eq(h2conn_core_read(conn, buf, sizeof buf), 0);
    ck_assert(conn->closed && served->closed);
    test_pipe_free(e.pipe);
}
END_TEST

/* Slots come back when the program has closed them and the stream has ended, whichever comes last. */
START_TEST(connections_are_opened_and_closed_for_ever) {
    ends e;
    ends_init(&e, 4096);
    for (int i = 0; i < 50; i++) {
        h2conn_core_conn *conn = open_conn(&e);
        ck_assert_int_eq(h2conn_core_write(conn, "x", 1, 0), H2CONN_OK);
        settle(&e);
        ck_assert_int_eq(e.requests, 1);
        h2conn_core_close(i & 1 ? conn : e.accepted[0]);
        settle(&e);
        h2conn_core_close(i & 1 ? e.accepted[0] : conn);
        settle(&e);
        e.requests = 0;
        for (int s = 0; s < STREAMS; s++) {
            ck_assert_uint_eq(e.client.conns[s].id, 0);
            ck_assert_uint_eq(e.server.conns[s].id, 0);
        }
    }
    ck_assert_int_eq(h2conn_core_error(&e.client), H2CONN_OK);
    ck_assert_int_eq(h2conn_core_error(&e.server), H2CONN_OK);
    test_pipe_free(e.pipe);
}
END_TEST

START_TEST(closing_with_bytes_lent_resets) {
    static uint8_t out[2 * WINDOW];
    uint8_t buf[WINDOW];
    ends e;
    ends_init(&e, 4096);
    settle(&e);
    h2conn_core_conn *conn = open_conn(&e);
    ck_assert_int_eq(h2conn_core_write(conn, out, sizeof out, 0), H2CONN_OK);
    settle(&e);
    h2conn_core_close(conn);
    settle(&e);
    ck_assert_int_eq(h2conn_core_read(e.accepted[0], buf, sizeof buf), (ptrdiff_t)sizeof buf);
    ck_assert_int_eq(h2conn_core_read(e.accepted[0], buf, sizeof buf), H2CONN_ERESET);
    ck_assert_int_eq(h2conn_core_write(e.accepted[0], "x", 1, 0), H2CONN_ERESET);
    test_pipe_free(e.pipe);
}
END_TEST

START_TEST(no_more_connections_than_slots) {
    ends e;
    h2conn_core_conn *conn;
    ends_init(&e, 4096);
    settle(&e);
    for (int i = 0; i < STREAMS; i++) open_conn(&e);
    ck_assert_int_eq(h2conn_core_open(&e.client, request, 4, &conn), H2CONN_ELIMIT);
    ck_assert_ptr_null(conn);
    test_pipe_free(e.pipe);
}
END_TEST

/* A stream that has ended keeps its slot until the program has closed it; the engine may take another meanwhile. */
START_TEST(a_request_without_a_slot_is_refused) {
    ends e;
    ends_init(&e, 4096);
    settle(&e);
    for (int i = 0; i < STREAMS; i++) {
        h2conn_core_conn *conn = open_conn(&e);
        ck_assert_int_eq(h2conn_core_write(conn, NULL, 0, H2_END), H2CONN_OK);
        settle(&e);
        ck_assert_int_eq(h2conn_core_write(e.accepted[i], NULL, 0, H2_END), H2CONN_OK);
        settle(&e);
        h2conn_core_close(conn);
    }
    h2conn_core_conn *conn = open_conn(&e);
    settle(&e);
    uint8_t buf[1];
    ck_assert_int_eq(h2conn_core_read(conn, buf, 1), H2CONN_ERESET);
    ck_assert_int_eq(e.requests, STREAMS);
    test_pipe_free(e.pipe);
}
END_TEST

START_TEST(a_lost_transport_ends_every_connection) {
    uint8_t buf[1];
    ends e;
    ends_init(&e, 4096);
    h2conn_core_conn *conn = open_conn(&e);
    settle(&e);
    test_pipe_break(e.pipe);
    settle(&e);
    ck_assert(h2conn_core_over(&e.client) && h2conn_core_over(&e.server));
    ck_assert_int_eq(h2conn_core_read(conn, buf, 1), H2CONN_ELOST);
    ck_assert_int_eq(h2conn_core_write(e.accepted[0], buf, 1, 0), H2CONN_ELOST);
    ck_assert_int_eq(h2conn_core_error(&e.server), H2CONN_ELOST);
    h2conn_core_close(conn);
    ck_assert_uint_eq(e.client.conns[0].id, 0);
    test_pipe_free(e.pipe);
}
END_TEST

START_TEST(a_farewell_is_no_error_on_either_side) {
    ends e;
    ends_init(&e, 4096);
    h2conn_core_conn *conn = open_conn(&e);
    ck_assert_int_eq(h2conn_core_write(conn, NULL, 0, H2_END), H2CONN_OK);
    settle(&e);
    h2_session_goaway(h2conn_core_session(_i == 0 ? &e.client : &e.server), H2_NO_ERROR);
    settle(&e);
    ck_assert(!h2conn_core_over(&e.client));
    ck_assert_int_eq(h2conn_core_write(e.accepted[0], NULL, 0, H2_END), H2CONN_OK);
    settle(&e);
    ck_assert(h2conn_core_over(&e.client) && h2conn_core_over(&e.server));
    ck_assert_int_eq(h2conn_core_error(&e.client), H2CONN_OK);
    ck_assert_int_eq(h2conn_core_error(&e.server), H2CONN_OK);
    test_pipe_free(e.pipe);
}
END_TEST

START_TEST(a_response_must_come_before_content) {
    ends e;
    ends_init(&e, 4096);
    e.mute = true;
    open_conn(&e);
    settle(&e);
    ck_assert_int_eq(h2conn_core_write(e.accepted[0], "x", 1, 0), H2CONN_ESTATE);
    ck_assert_int_eq(h2conn_core_respond(e.accepted[0], ok, 1, 0), H2CONN_OK);
    ck_assert_int_eq(h2conn_core_respond(e.accepted[0], ok, 1, 0), H2CONN_ESTATE);
    ck_assert_int_eq(h2conn_core_write(e.accepted[0], "x", 1, 0), H2CONN_OK);
    test_pipe_free(e.pipe);
}
END_TEST

Suite *conn_core_suite(void) {
    Suite *suite = suite_create("core");
    TCase *tc = tcase_create("core");
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, a_constant_says_what_a_session_needs);
    tcase_add_test(tc, the_parts_of_storage_lie_behind_each_other);
    tcase_add_loop_test(tc, both_directions_pass_whole_whatever_the_transport_takes_at_a_time, 0,
                        (int)(sizeof ways / sizeof *ways));
    tcase_add_test(tc, data_sent_before_our_smaller_window_was_seen_is_kept);
    tcase_add_test(tc, data_sent_early_that_nobody_can_take_ends_in_time);
    tcase_add_test(tc, a_full_ring_does_not_hold_up_other_connections_once_settings_are_acknowledged);
    tcase_add_test(tc, each_half_ends_alone);
    tcase_add_test(tc, connections_are_opened_and_closed_for_ever);
    tcase_add_test(tc, closing_with_bytes_lent_resets);
    tcase_add_test(tc, no_more_connections_than_slots);
    tcase_add_test(tc, a_request_without_a_slot_is_refused);
    tcase_add_test(tc, a_lost_transport_ends_every_connection);
    tcase_add_loop_test(tc, a_farewell_is_no_error_on_either_side, 0, 2);
    tcase_add_test(tc, a_response_must_come_before_content);
    return suite;
}
