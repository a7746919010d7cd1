/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "h2_suites.h"
#include "split.h"

/* RFC 9113, 3.4: how a connection begins, and what is no beginning. */

static void start(peer *p, bool server) {
    h2_config config = h2_config_hosted(server);
    peer_start(p, &config);
}

CONVERSATION(rfc9113_3_4_server_sends_settings_first_and_acknowledges) {
    start(p, true);
    peer_write(p, H2_PREFACE, 24);
    peer_send_setting(p, 4, 1000);
    peer_frame settings = peer_expect(p, H2_SETTINGS, 0, 0);
    ck_assert_uint_eq(settings.length % 6, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 0, H2_DEFAULT_SESSION_WINDOW - 65535);
    peer_expect_nothing(p);
    peer_expect_events(p, "settings");
}

/* A server waits for the client's first octets: what speaks HTTP/1.x must not see SETTINGS first. */
CONVERSATION(rfc9113_3_4_server_says_nothing_before_the_preface) {
    start(p, true);
    peer_expect_nothing(p);
    ck_assert(!h2_session_wants_transmit(p->session));
    peer_write(p, H2_PREFACE, 23);
    peer_expect_nothing(p);
    peer_write(p, &H2_PREFACE[23], 1);
    peer_expect(p, H2_SETTINGS, 0, 0);
}

CONVERSATION(rfc9113_3_4_client_sends_preface_and_settings_unasked) {
    start(p, false);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 0, H2_DEFAULT_SESSION_WINDOW - 65535);
    peer_expect_nothing(p);
    ck_assert(!h2_session_ready(peer_session(p)));
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    ck_assert(h2_session_ready(peer_session(p)));
}

/* 3.4: a client may send requests at once, with the preface in the same packet. */
CONVERSATION(rfc9113_3_4_request_right_behind_the_preface_is_taken) {
    start(p, true);
    peer_write(p, H2_PREFACE, 24);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, ":method=GET|:scheme=http|:path=/|:authority=a");
    peer_expect_events(p, "settings; request 1 end");
}

typedef struct opening_row {
    const char *label, *bytes;
} opening_row;

static const opening_row garbage[] = {
    {"TLS", "\x16\x03\x01\x02\x01"},
    {"lower case", "get / HTTP/1.1\r\n\r\n"},
    {"wrong from the fifth octet", "PRI + HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {"wrong version", "PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n"},
    {"wrong at the last octet", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"},
    {"a word in capitals", "HELLO\r\n"},
    {"SSH", "SSH-2.0-OpenSSH_9.2\r\n"},
    {"a version without a target", "PHTTP/1.1\r\n"},
    {"a version in the second line", "GET /\r\n HTTP/1.1\r\n"},
};

CONVERSATIONS(rfc9113_3_4_invalid_preface_is_protocol_error, garbage) {
    const opening_row *row = p->row;
    start(p, true);
    peer_write(p, row->bytes, strlen(row->bytes));
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_PREFACE);
}

#ifndef H2_SMALL /* where HTTP/1.x is a wrong preface like any other */
static const opening_row http1[] = {
    {"GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"POST", "POST /x HTTP/1.1\r\n\r\n"},
    {"PUT", "PUT /x HTTP/1.0\r\n\r\n"},
    {"PATCH", "PATCH /x HTTP/1.1\r\n\r\n"},
    {"PROPFIND", "PROPFIND /x HTTP/1.1\r\n\r\n"},
    {"CONNECT", "CONNECT a:1 HTTP/1.1\r\n\r\n"},
    {"spaces in the target", "GET /  HTTP/1.1\r\n\r\n"},
};

CONVERSATIONS(rfc9113_3_4_http1_request_is_answered_505_in_http1, http1) {
    const opening_row *row = p->row;
    start(p, true);
    peer_write(p, row->bytes, strlen(row->bytes));
    peer_deliver(p);
    peer_flush(p);
    ck_assert_int_eq(strncmp(p->out.at, "HTTP/1.1 505 ", 13), 0);
    const char *body = strstr(p->out.at, "\r\n\r\n");
    ck_assert_ptr_nonnull(body);
    char announced[40];
    snprintf(announced, sizeof announced, "content-length: %u\r\n", (unsigned)strlen(body + 4));
    ck_assert_ptr_nonnull(strstr(p->out.at, announced));
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_HTTP1);
    ck_assert(h2_session_finished(p->session));
    ck_assert_uint_eq(h2_session_transmit(p->session, p->output, p->cap), 0);
}
#endif

CONVERSATION(rfc9113_3_4_endless_first_line_is_given_up) {
    start(p, true);
    char line[H2_HTTP1_LINE_MAX + 8];
    memset(line, 'G', sizeof line);
    peer_write(p, line, sizeof line);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_3_4_server_that_answers_http1_is_named) {
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    start(p, false);
    peer_write(p, answer, sizeof answer - 1);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
#ifdef H2_SMALL /* to which it is no SETTINGS */
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_FIRST_SETTINGS);
#else
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_HTTP1);
#endif
}

typedef struct first_row {
    const char *label;
    uint8_t type, flags, id, n;
} first_row;

static const first_row firsts[] = {
    {"PING", H2_PING, 0, 0, 8},
    {"acknowledgement", H2_SETTINGS, H2_FLAG_ACK, 0, 0},
    {"HEADERS", H2_HEADERS, 5, 1, 4},
    {"unknown", 0xbe, 0, 0, 3},
    {"GOAWAY", H2_GOAWAY, 0, 0, 8},
    {"DATA", H2_DATA, 0, 1, 8},
    {"WINDOW_UPDATE", H2_WINDOW_UPDATE, 0, 0, 4},
};

/* Also of a server: the first frame of either side is SETTINGS. */
static void first_frame(peer *p, bool server) {
    static const uint8_t zeros[8];
    const first_row *row = p->row;
    start(p, server);
    if (server) peer_write(p, H2_PREFACE, 24);
    peer_send(p, row->type, row->flags, row->id, zeros, row->n);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_FIRST_SETTINGS);
}

CONVERSATIONS(rfc9113_3_4_first_frame_of_a_client_must_be_settings, firsts) {
    first_frame(p, true);
}
CONVERSATIONS(rfc9113_3_4_first_frame_of_a_server_must_be_settings, firsts) {
    first_frame(p, false);
}

Suite *rfc9113_3_4_preface_suite(void) {
    Suite *suite = suite_create("rfc9113 3.4 preface");
    TCase *tc = tcase_create("preface");
    tcase_add_test(tc, rfc9113_3_4_server_sends_settings_first_and_acknowledges);
    tcase_add_test(tc, rfc9113_3_4_server_says_nothing_before_the_preface);
    tcase_add_test(tc, rfc9113_3_4_client_sends_preface_and_settings_unasked);
    tcase_add_test(tc, rfc9113_3_4_request_right_behind_the_preface_is_taken);
    tcase_add_test(tc, rfc9113_3_4_invalid_preface_is_protocol_error);
#ifndef H2_SMALL
    tcase_add_test(tc, rfc9113_3_4_http1_request_is_answered_505_in_http1);
#endif
    tcase_add_test(tc, rfc9113_3_4_endless_first_line_is_given_up);
    tcase_add_test(tc, rfc9113_3_4_server_that_answers_http1_is_named);
    tcase_add_test(tc, rfc9113_3_4_first_frame_of_a_client_must_be_settings);
    tcase_add_test(tc, rfc9113_3_4_first_frame_of_a_server_must_be_settings);
    suite_add_tcase(suite, tc);
    return suite;
}
