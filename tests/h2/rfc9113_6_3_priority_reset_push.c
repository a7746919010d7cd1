/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_suites.h"
#include "split.h"

/* RFC 9113, 6.3, 6.4 and 6.6: PRIORITY, RST_STREAM and PUSH_PROMISE. */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"

static const uint8_t zeros[8];

CONVERSATION(rfc9113_6_3_priority_is_read_and_ignored) {
    peer_connect_server(p);
    peer_send(p, H2_PRIORITY, 0, 9, zeros, 5); /* idle */
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send(p, H2_PRIORITY, 0, 1, "\x80\0\0\x09\xff", 5);
    peer_send_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
    peer_send(p, H2_PRIORITY, 0, 1, zeros, 5);
    peer_expect_events(p, "request 1; closed 1 peer CANCEL");
    peer_expect_alive(p);
}

CONVERSATION(rfc9113_6_3_priority_of_a_wrong_length_is_stream_frame_size_error) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_fields(p, 0, 3, REQUEST);
    peer_send(p, H2_PRIORITY, 0, 1, zeros, 4);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_FRAME_SIZE_ERROR);
    peer_send(p, H2_PRIORITY, 0, 3, zeros, 6);
    peer_expect_u32(p, H2_RST_STREAM, 3, H2_FRAME_SIZE_ERROR);
    peer_expect_alive(p);
}

/* 6.4: no RST_STREAM may go to an idle stream, so the error takes the connection. */
CONVERSATION(rfc9113_6_3_priority_of_a_wrong_length_on_an_idle_stream_ends_the_connection) {
    peer_connect_server(p);
    peer_send(p, H2_PRIORITY, 0, 7, zeros, 4);
    peer_expect_goaway(p, 0, H2_FRAME_SIZE_ERROR);
}

CONVERSATION(rfc9113_6_3_priority_on_stream_zero_is_protocol_error) {
    peer_connect_server(p);
    peer_send(p, H2_PRIORITY, 0, 0, zeros, 5);
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_5_3_1_stream_that_depends_on_itself_is_stream_error) {
    uint8_t payload[200] = {0, 0, 0, 5, 1};
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send(p, H2_PRIORITY, 0, 1, "\0\0\0\x01\0", 5);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_send(p, H2_HEADERS, 0x25, 5, payload, 5 + peer_encode(payload + 5, 195, REQUEST));
    peer_expect_u32(p, H2_RST_STREAM, 5, H2_PROTOCOL_ERROR);
    peer_expect_events(p, "request 1; closed 1 rule PROTOCOL_ERROR");
    peer_expect_alive(p);
}

/* ---- RST_STREAM ---- */

typedef struct code_row {
    const char *label;
    uint32_t code;
    const char *closed;
} code_row;

/* 7: codes nobody knows have no effect of their own. */
static const code_row codes[] = {
    {"NO_ERROR", 0, "request 1; closed 1 peer NO_ERROR"},
    {"CANCEL", 8, "request 1; closed 1 peer CANCEL"},
    {"unknown", 0xfefe, "request 1; closed 1 peer UNKNOWN"},
    {"most", UINT32_MAX, "request 1; closed 1 peer UNKNOWN"},
};

CONVERSATIONS(rfc9113_6_4_reset_ends_the_stream_with_its_code, codes) {
    const code_row *row = p->row;
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
    peer_respond(p, 1, 0, ":status=200");
    ck_assert_int_eq(h2_stream_write(p->session, 1, "data", 4, 0), H2_OK);
    peer_send_u32(p, H2_RST_STREAM, 1, row->code);
    peer_expect_events(p, row->closed);
    peer_expect_fields(p, 0, 1, ":status=200"); /* it was encoded before */
    peer_expect_nothing(p);                     /* 6.4: nothing more on that stream */
    ck_assert_int_eq(h2_stream_write(p->session, 1, "data", 4, 0), H2_ENOSTREAM);
    ck_assert_int_eq(peer_try_trailers(p, 1, "x=y"), H2_ENOSTREAM);
    ck_assert_int_eq(h2_stream_reset(p->session, 1, H2_CANCEL), H2_ENOSTREAM);
}

/* 8.1: a server may end its answer early and reset without error; the client keeps the answer. */
CONVERSATION(rfc9113_8_1_complete_response_before_reset_without_error_is_kept) {
    static char bytes[70000];
    peer_connect_client(p);
    uint32_t id = peer_open(p, 0, REQUEST);
    ck_assert_int_eq(h2_stream_write(p->session, id, bytes, sizeof bytes, H2_END), H2_OK);
    peer_flush(p);
    peer_send_fields(p, 0, id, ":status=413");
    peer_send_data(p, H2_FLAG_END_STREAM, id, 20);
    peer_send_u32(p, H2_RST_STREAM, id, H2_NO_ERROR);
    peer_expect_events(p, "response 1; data 1 20 end; closed 1 peer NO_ERROR");
}

typedef struct shape_row {
    const char *label;
    uint32_t id;
    size_t n;
    uint32_t code;
} shape_row;

static const shape_row shapes[] = {
    {"short", 1, 3, H2_FRAME_SIZE_ERROR},           {"long", 1, 5, H2_FRAME_SIZE_ERROR},
    {"empty", 1, 0, H2_FRAME_SIZE_ERROR},           {"on stream 0", 0, 4, H2_PROTOCOL_ERROR},
    {"on an idle stream", 9, 4, H2_PROTOCOL_ERROR}, {"on an idle stream of ours", 2, 4, H2_PROTOCOL_ERROR},
};

CONVERSATIONS(rfc9113_6_4_malformed_reset_is_connection_error, shapes) {
    const shape_row *row = p->row;
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send(p, H2_RST_STREAM, 0, row->id, zeros, row->n);
    peer_expect_goaway(p, 1, row->code);
}

/* Ours: once, after what was sent before, and never for a stream that has ended. */
CONVERSATION(rfc9113_6_4_our_reset_is_sent_once) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
    peer_respond(p, 1, 0, ":status=200");
    ck_assert_int_eq(h2_stream_reset(p->session, 1, 0x12345678), H2_OK);
    ck_assert_int_eq(h2_stream_reset(p->session, 1, 1), H2_ENOSTREAM);
    ck_assert_int_eq(h2_stream_reset(p->session, 3, 1), H2_ENOSTREAM);
    ck_assert_int_eq(h2_stream_reset(p->session, 0, 1), H2_ENOSTREAM);
    peer_expect_fields(p, 0, 1, ":status=200");
    peer_expect_u32(p, H2_RST_STREAM, 1, 0x12345678);
    peer_expect_nothing(p);
    peer_expect_events(p, "request 1; closed 1 us UNKNOWN");
}

/* ---- PUSH_PROMISE ---- */

CONVERSATION(rfc9113_8_4_push_promise_at_a_server_is_protocol_error) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send(p, H2_PUSH_PROMISE, 4, 1, "\0\0\0\x02\x82\x86\x84", 7);
    peer_expect_goaway(p, 1, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_6_6_push_promise_at_a_client_that_disabled_it_is_protocol_error) {
    peer_connect_client(p);
    uint32_t id = peer_open(p, 0, REQUEST);
    peer_expect_fields(p, 0, id, REQUEST);
    peer_send(p, H2_PUSH_PROMISE, 4, id, "\0\0\0\x02\x82\x86\x84", 7);
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
    peer_expect_events(p, "closed 1 rule PROTOCOL_ERROR");
}

Suite *rfc9113_6_3_priority_reset_push_suite(void) {
    Suite *suite = suite_create("rfc9113 6.3 PRIORITY, 6.4 RST_STREAM, 6.6 PUSH_PROMISE");
    TCase *tc = tcase_create("frames");
    tcase_add_test(tc, rfc9113_6_3_priority_is_read_and_ignored);
    tcase_add_test(tc, rfc9113_6_3_priority_of_a_wrong_length_is_stream_frame_size_error);
    tcase_add_test(tc, rfc9113_6_3_priority_of_a_wrong_length_on_an_idle_stream_ends_the_connection);
    tcase_add_test(tc, rfc9113_6_3_priority_on_stream_zero_is_protocol_error);
#ifndef H2_SMALL /* which looks at no priority */
    tcase_add_test(tc, rfc9113_5_3_1_stream_that_depends_on_itself_is_stream_error);
#endif
    tcase_add_test(tc, rfc9113_6_4_reset_ends_the_stream_with_its_code);
    tcase_add_test(tc, rfc9113_8_1_complete_response_before_reset_without_error_is_kept);
    tcase_add_test(tc, rfc9113_6_4_malformed_reset_is_connection_error);
    tcase_add_test(tc, rfc9113_6_4_our_reset_is_sent_once);
    tcase_add_test(tc, rfc9113_8_4_push_promise_at_a_server_is_protocol_error);
    tcase_add_test(tc, rfc9113_6_6_push_promise_at_a_client_that_disabled_it_is_protocol_error);
    suite_add_tcase(suite, tc);
    return suite;
}
