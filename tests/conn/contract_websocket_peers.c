/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conn_suites.h"
#include "websocket_test.h"

/* A WebSocket with peers that write their frames by hand, and requests and answers of all kinds before it opens. */

/* ---- frames by hand ---- */

typedef struct hand_row {
    const char *name, *frames;
    size_t len;
    uint16_t code; /* of the Close that answers; 0 for none */
} hand_row;

#define HAND(name, frames, code)                                                                                       \
    { name, frames, sizeof(frames) - 1, code }

/* With a mask of zeroes. */
static const hand_row hands[] = {
    HAND("5.1: not masked", "\x81\x01x", 1002),
    HAND("5.2: a reserved bit", "\xc1\x80\0\0\0\0", 1002),
    HAND("5.4: a continuation of nothing", "\x80\x80\0\0\0\0", 1002),
    HAND("8.1: not UTF-8", "\x81\x81\0\0\0\0\xff", 1007),
    HAND("7.4.1: too large", "\x82\xff\0\0\0\x01\0\0\0\0\0\0\0\0", 1009),
    HAND("5.5.1: Close is answered with its code", "\x88\x82\0\0\0\0\x0b\xb8", 3000),
    HAND("5.5.1: Close without a code is answered without", "\x88\x80\0\0\0\0", 0),
};

START_TEST(rfc6455_7_1_7_what_a_peer_did_wrong_is_told_in_a_close_frame) {
    const hand_row *r = &hands[_i];
    const h2conn_field version = H2CONN_FIELD("sec-websocket-version", "13");
    test_server s;
    h2conn *conn;
    uint8_t back[8];
    size_t got = 0;
    ptrdiff_t n;
    ws_serve(&s, ws_echo, NULL);
    const h2conn_options options = {.protocol = "websocket", .fields = &version, .n_fields = 1};
    ck_assert_int_eq(h2conn_connect(&conn, s.url, &options, NULL), H2CONN_OK);
    for (size_t i = 0; i < r->len; i++) ck_assert_int_eq(h2conn_write(conn, r->frames + i, 1, NULL), H2CONN_OK);
    while (got < sizeof back && (n = h2conn_read(conn, back + got, sizeof back - got)) > 0) got += (size_t)n;
    ck_assert_uint_eq(got, r->code ? 4 : 2);
    ck_assert_uint_eq(back[0], 0x88);
    ck_assert_uint_eq(back[1], got - 2);
    if (r->code) ck_assert_uint_eq((unsigned)back[2] << 8 | back[3], r->code);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

/* Answers with frames written by hand, unmasked as a server's are. */
static void by_hand(void *user, h2conn_request *request) {
    const hand_row *r = user;
    char buf[64];
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    ck_assert_int_eq(h2conn_write(conn, r->frames, r->len, NULL), H2CONN_OK);
    if (r->code == 0) return; /* ends the stream without Close */
    while (h2conn_read(conn, buf, sizeof buf) > 0) continue;
}

static void meet_by_hand(const hand_row *r, int error, const char *why) {
    test_server s;
    char buf[8], text[H2CONN_WHY_BYTES];
    ws_serve(&s, by_hand, (void *)(uintptr_t)r);
    h2conn_ws *ws = ws_dial(&s, NULL);
    for (int i = 0; i < 2; i++) ck_assert_int_eq(h2conn_ws_read_message(ws, buf, sizeof buf, NULL), error);
    ck_assert_uint_eq(h2conn_ws_close_code(ws, NULL), H2CONN_WS_ABNORMAL);
    ck_assert_ptr_nonnull(strstr(h2conn_ws_why(ws, text), why));
    ck_assert_int_ne(h2conn_ws_send(ws, "x", 1, true), H2CONN_OK);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}

START_TEST(rfc6455_5_1_a_client_refuses_masked_frames) {
    meet_by_hand(&(hand_row)HAND("", "\x81\x81\0\0\0\0x", 1002), H2CONN_EPROTOCOL, "(RFC 6455, 5.1)");
}
END_TEST

START_TEST(rfc6455_7_1_5_an_end_without_close_is_cut) {
    meet_by_hand(&(hand_row)HAND("", "\x81\x05he", 0), H2CONN_ECUT, "without a Close frame");
}
END_TEST

/* ---- pings ---- */

static void ping_often(void *user, h2conn_request *request) {
    const hand_row *r = user;
    uint8_t back[12];
    size_t got = 0;
    ptrdiff_t n;
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    /* A message is begun, and pings come between its fragments. */
    ck_assert_int_eq(h2conn_write(conn, r->frames, r->len, NULL), H2CONN_OK);
    while (got < 9 && (n = h2conn_read(conn, back + got, 9 - got)) > 0) got += (size_t)n;
    ck_assert_uint_eq(got, 9);
    ck_assert_uint_eq(back[0], 0x8a);
    ck_assert_uint_eq(back[1], 0x83);
    for (size_t i = 0; i < 3; i++) ck_assert_int_eq(back[6 + i] ^ back[2 + i], "abc"[i]);
    ck_assert_int_eq(h2conn_write(conn, "\x80\x02lo\x88\x00", 6, NULL), H2CONN_OK);
    while (h2conn_read(conn, back, sizeof back) > 0) continue;
}

START_TEST(rfc6455_5_5_2_pings_are_answered_by_the_thread_that_reads) {
    const hand_row r = HAND("",
                            "\x01\x03hel\x89\x03"
                            "abc",
                            0);
    test_server s;
    char buf[8];
    ws_serve(&s, ping_often, (void *)(uintptr_t)&r);
    h2conn_ws *ws = ws_dial(&s, NULL);
    ws_expect_message(ws, "hello", 5, true);
    ck_assert_int_eq(h2conn_ws_read_message(ws, buf, sizeof buf, NULL), H2CONN_EEND);
    ck_assert_uint_eq(h2conn_ws_close_code(ws, NULL), H2CONN_WS_NO_CODE);
    h2conn_ws_free(ws);
    test_server_stop(&s);
}
END_TEST

/* ---- a peer that closes and reads no more ---- */

typedef struct closing {
    test_flag close, leave;
} closing;

static void close_unread(void *user, h2conn_request *request) {
    closing *c = user;
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    test_await(&c->close, 1);
    ck_assert_int_eq(h2conn_write(conn, "\x88\x02\x03\xe8", 4, NULL), H2CONN_OK);
    test_await(&c->leave, 1);
}

static void *send_for_ever(void *ws) {
    static const uint8_t bytes[1u << 20];
    while (h2conn_ws_send(ws, bytes, sizeof bytes, false) == H2CONN_OK) continue;
    return NULL;
}

START_TEST(rfc6455_5_5_1_a_peer_that_closes_and_reads_no_more_holds_up_nobody) {
    closing c = {TEST_FLAG, TEST_FLAG};
    test_server s;
    pthread_t writer;
    h2conn_ws *ws;
    char buf[8];
    h2_config config = h2_config_hosted(false);
    config.blocked_ms = 0; /* the engine does not end it */
    h2conn_options options = {.client = NULL};
    ck_assert_int_eq(h2conn_client_new(&options.client, &(h2conn_client_options){.config = &config}), H2CONN_OK);
    ws_serve(&s, close_unread, &c);
    ck_assert_int_eq(h2conn_ws_connect(&ws, s.url, &options, NULL, NULL), H2CONN_OK);
    ck_assert_int_eq(pthread_create(&writer, NULL, send_for_ever, ws), 0);
    test_await_blocked(h2conn_ws_conn(ws), 1);
    test_raise(&c.close);
    ck_assert_int_eq(h2conn_ws_read_message(ws, buf, sizeof buf, NULL), H2CONN_EEND);
    ck_assert_uint_eq(h2conn_ws_close_code(ws, NULL), 1000);
    pthread_join(writer, NULL);
    h2conn_ws_free(ws);
    test_raise(&c.leave);
    h2conn_client_free(options.client);
    test_server_stop(&s);
}
END_TEST

/* ---- opening ---- */

static void choose(void *user, h2conn_request *request) {
    const h2conn_field chosen = H2CONN_FIELD("sec-websocket-protocol", "chat");
    const h2conn_field extension = H2CONN_FIELD("sec-websocket-extensions", "permessage-deflate");
    const bool extend = strcmp(h2conn_request_path(request), "/extend") == 0;
    h2conn_ws *ws;
    (void)user;
    if (strcmp(h2conn_request_path(request), "/refuse") == 0) {
        h2conn_respond(request, 403, NULL, 0, NULL, 0);
        return;
    }
    if (h2conn_ws_accept(&ws, request, extend ? &extension : &chosen, 1, NULL) == H2CONN_OK) h2conn_ws_free(ws);
}

START_TEST(rfc6455_4_1_a_server_chooses_among_what_was_offered) {
    const h2conn_field offered = H2CONN_FIELD("sec-websocket-protocol", "superchat, chat");
    const h2conn_field other = H2CONN_FIELD("sec-websocket-protocol", "superchat");
    const h2conn_options asks = {.fields = &offered, .n_fields = 1}, asks_other = {.fields = &other, .n_fields = 1};
    test_server s;
    h2conn_ws *ws;
    h2conn_response response;
    char url[H2CONN_WHY_BYTES + 8];
    ws_serve(&s, choose, NULL);
    ck_assert_int_eq(h2conn_ws_connect(&ws, s.url, &asks, NULL, &response), H2CONN_OK);
    h2conn_ws_free(ws);
    ck_assert_int_eq(h2conn_ws_connect(&ws, s.url, &asks_other, NULL, &response), H2CONN_EPROTOCOL);
    ck_assert_ptr_null(ws);
    ck_assert_int_eq(h2conn_ws_connect(&ws, s.url, NULL, NULL, NULL), H2CONN_EPROTOCOL);
    snprintf(url, sizeof url, "%s/extend", s.url);
    ck_assert_int_eq(h2conn_ws_connect(&ws, url, &asks, NULL, &response), H2CONN_EPROTOCOL);
    snprintf(url, sizeof url, "%s/refuse", s.url);
    ck_assert_int_eq(h2conn_ws_connect(&ws, url, &asks, NULL, &response), H2CONN_ESTATE);
    ck_assert_int_eq(response.status, 403);
    ck_assert_ptr_nonnull(strstr(response.why, "403"));
    test_server_stop(&s);
}
END_TEST

START_TEST(rfc6455_4_4_a_request_for_something_else_is_answered_400_with_the_version) {
    static const h2conn_field fields[] = {H2CONN_FIELD("sec-websocket-version", "13"),
                                          H2CONN_FIELD("sec-websocket-version", "8")};
    const h2conn_options requests[] = {{.method = "GET", .fields = fields, .n_fields = 1},
                                       {.protocol = "websocket"},
                                       {.protocol = "websocket", .fields = fields + 1, .n_fields = 1},
                                       {.protocol = "other", .fields = fields, .n_fields = 1}};
    test_server s;
    ws_serve(&s, ws_echo, NULL);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        h2conn *conn;
        h2conn_response response;
        ck_assert_int_eq(h2conn_connect(&conn, s.url, &requests[i], &response), H2CONN_OK);
        ck_assert_int_eq(response.status, 400);
        ck_assert_int_eq(strcmp(response.fields[0].name, "sec-websocket-version"), 0);
        h2conn_free(conn);
    }
    test_server_stop(&s);
}
END_TEST

START_TEST(rfc8441_3_a_server_that_does_not_offer_it) {
    test_server s;
    h2conn_ws *ws;
    test_server_handle(&s, test_echo, NULL);
    ck_assert_int_eq(h2conn_ws_connect(&ws, s.url, NULL, NULL, NULL), H2CONN_EEXTENDED);
    ck_assert_ptr_null(ws);
    h2conn_ws_free(NULL);
    test_server_stop(&s);
}
END_TEST

Suite *contract_websocket_peers_suite(void) {
    Suite *s = suite_create("WebSocket peers");
    TCase *tc = test_case(s, "WebSocket");
    tcase_add_loop_test(tc, rfc6455_7_1_7_what_a_peer_did_wrong_is_told_in_a_close_frame, 0,
                        sizeof hands / sizeof *hands);
    tcase_add_test(tc, rfc6455_5_1_a_client_refuses_masked_frames);
    tcase_add_test(tc, rfc6455_7_1_5_an_end_without_close_is_cut);
    tcase_add_test(tc, rfc6455_5_5_2_pings_are_answered_by_the_thread_that_reads);
    tcase_add_test(tc, rfc6455_5_5_1_a_peer_that_closes_and_reads_no_more_holds_up_nobody);
    tcase_add_test(tc, rfc6455_4_1_a_server_chooses_among_what_was_offered);
    tcase_add_test(tc, rfc6455_4_4_a_request_for_something_else_is_answered_400_with_the_version);
    tcase_add_test(tc, rfc8441_3_a_server_that_does_not_offer_it);
    return s;
}
