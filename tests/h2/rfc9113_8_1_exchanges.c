/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_suites.h"
#include "messages.h"
#include "split.h"

/* RFC 9113, 8.1 and 8.3.2: responses, interim responses, trailers, content-length against DATA, CONNECT; received and
 * sent. */

#define OK      H2_RULE_NONE
#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"

/* ---- responses ---- */

static const message_row responses[] = {
    {"200", ":status=200", OK},
    {"with fields", ":status=404|server=x|date=now", OK},
    {"599", ":status=599", OK},
    {"no status", "server=x", H2_RULE_PSEUDO_MISSING},
    {"nothing", "", H2_RULE_PSEUDO_MISSING},
    {"status twice", ":status=200|:status=200", H2_RULE_PSEUDO_TWICE},
    {"status after a field", "server=x|:status=200", H2_RULE_PSEUDO_ORDER},
    {"status empty", ":status=", H2_RULE_PSEUDO_VALUE},
    {"status of two digits", ":status=20", H2_RULE_PSEUDO_VALUE},
    {"status of four digits", ":status=2000", H2_RULE_PSEUDO_VALUE},
    {"status with a phrase", ":status=200 OK", H2_RULE_PSEUDO_VALUE},
    {"status not a number", ":status=2x0", H2_RULE_PSEUDO_VALUE},
    {"status begins with no digit", ":status=x00", H2_RULE_PSEUDO_VALUE},
    {"status ends with no digit", ":status=20x", H2_RULE_PSEUDO_VALUE},
    {"host in a response", ":status=200|host=a|host=b", OK},
    {"status 099", ":status=099", H2_RULE_PSEUDO_VALUE},
    {"status 600", ":status=600", H2_RULE_PSEUDO_VALUE},
    {"status 101, which HTTP/2 has not", ":status=101", H2_RULE_PSEUDO_VALUE}, /* 8.6 */
    {"method in a response", ":status=200|:method=GET", H2_RULE_PSEUDO_UNKNOWN},
    {"path in a response", ":path=/|:status=200", H2_RULE_PSEUDO_UNKNOWN},
    {"unknown pseudo-field", ":status=200|:test=x", H2_RULE_PSEUDO_UNKNOWN},
    {"capital letter", ":status=200|Server=x", H2_RULE_FIELD_NAME},
    {"line break in a value", ":status=200|server=x\r\ny", H2_RULE_FIELD_VALUE},
    {"connection", ":status=200|connection=close", H2_RULE_CONNECTION_FIELD},
    {"transfer-encoding", ":status=200|transfer-encoding=chunked", H2_RULE_CONNECTION_FIELD},
    {"content-length not a number", ":status=200|content-length=five", H2_RULE_CONTENT_LENGTH},
};

CONVERSATIONS(rfc9113_8_3_2_responses_are_judged_by_a_client, responses) {
    const message_row *row = p->row;
    peer_connect_client(p);
    peer_open(p, H2_END, REQUEST);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, row->fields);
    if (row->rule) peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_alive(p);
    peer_expect_events(p, row->rule ? "closed 1 rule PROTOCOL_ERROR" : "response 1 end; closed 1");
}

CONVERSATIONS(rfc9113_8_3_2_responses_are_judged_before_a_server_sends_them, responses) {
    const message_row *row = p->row;
    peer_connect_server(p);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    h2_result result = peer_try_respond(p, 1, H2_END, row->fields);
    if (result != (row->rule ? H2_EINVAL : H2_OK)) peer_fail(p, "the call gave %d", result);
    if (!row->rule) peer_expect_section(p, H2_FLAG_END_STREAM, 1, row->fields);
    peer_expect_alive(p);
}

/* ---- trailers ---- */

static const message_row trailers[] = {
    {"plain", "x-sum=1", OK},
    {"empty", "", OK},
    {"pseudo-field of a request", ":path=/", H2_RULE_PSEUDO_UNKNOWN},
    {"pseudo-field of a response", ":status=200", H2_RULE_PSEUDO_UNKNOWN},
    {"pseudo-field last", "x=y|:method=GET", H2_RULE_PSEUDO_UNKNOWN},
    {"capital letter", "X-Sum=1", H2_RULE_FIELD_NAME},
    {"line break", "x=a\nb", H2_RULE_FIELD_VALUE},
    {"connection", "connection=close", H2_RULE_CONNECTION_FIELD},
};

CONVERSATIONS(rfc9113_8_1_trailers_of_a_request_are_judged, trailers) {
    const message_row *row = p->row;
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_data(p, 0, 1, 5);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, row->fields);
    if (row->rule) peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_events(p, row->rule ? "request 1; data 1 5; closed 1 rule PROTOCOL_ERROR"
                                    : "request 1; data 1 5; trailers 1 end");
    peer_expect_alive(p);
}

CONVERSATIONS(rfc9113_8_1_trailers_of_a_response_are_judged, trailers) {
    const message_row *row = p->row;
    peer_connect_client(p);
    peer_open(p, H2_END, REQUEST);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_send_fields(p, 0, 1, ":status=200");
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, row->fields);
    if (row->rule) peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_events(p,
                       row->rule ? "response 1; closed 1 rule PROTOCOL_ERROR" : "response 1; trailers 1 end; closed 1");
    peer_expect_alive(p);
}

CONVERSATIONS(rfc9113_8_1_our_trailers_are_judged_before_they_are_sent, trailers) {
    const message_row *row = p->row;
    peer_connect_server(p);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_deliver(p);
    ck_assert_int_eq(peer_try_trailers(p, 1, row->fields), row->rule ? H2_EINVAL : H2_ESTATE); /* no response yet */
    peer_respond(p, 1, 0, ":status=200");
    h2_result result = peer_try_trailers(p, 1, row->fields);
    if (result != (row->rule ? H2_EINVAL : H2_OK)) peer_fail(p, "the call gave %d", result);
    peer_expect_fields(p, 0, 1, ":status=200");
    if (!row->rule) peer_expect_section(p, H2_FLAG_END_STREAM, 1, row->fields);
    peer_expect_alive(p);
}

CONVERSATION(rfc9113_8_1_headers_that_neither_open_nor_end_are_malformed) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_fields(p, 0, 1, "x=y");
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_events(p, "request 1; closed 1 rule PROTOCOL_ERROR");
}

CONVERSATION(rfc9113_8_1_second_final_response_is_malformed) {
    peer_connect_client(p);
    peer_open(p, H2_END, REQUEST);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_send_fields(p, 0, 1, ":status=200");
    peer_send_fields(p, 0, 1, ":status=200");
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_events(p, "response 1; closed 1 rule PROTOCOL_ERROR");
}

/* Trailers wait for the bytes lent before them; nothing may follow. */
CONVERSATION(rfc9113_8_1_our_trailers_come_after_all_data) {
    peer_connect_client(p);
    peer_open(p, 0, REQUEST);
    ck_assert_int_eq(h2_stream_write(peer_session(p), 1, "bytes", 5, 0), H2_OK);
    ck_assert_int_eq(peer_try_trailers(p, 1, "x=y"), H2_EAGAIN);
    peer_expect_fields(p, 0, 1, REQUEST);
    ck_assert_uint_eq(peer_expect(p, H2_DATA, 0, 1).length, 5);
    ck_assert_int_eq(peer_try_trailers(p, 1, "x=y"), H2_OK);
    ck_assert_int_eq(h2_stream_write(p->session, 1, "bytes", 5, 0), H2_ESTATE);
    ck_assert_int_eq(peer_try_trailers(p, 1, "x=y"), H2_ESTATE);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, "x=y");
    peer_expect_nothing(p);
}

/* ---- interim responses ---- */

CONVERSATION(rfc9113_8_1_interim_responses_precede_the_final_one) {
    peer_connect_client(p);
    peer_open(p, 0, REQUEST);
    peer_expect_fields(p, 0, 1, REQUEST);
    peer_send_fields(p, 0, 1, ":status=100");
    peer_send_fields(p, 0, 1, ":status=103|link=x");
    peer_send_fields(p, 0, 1, ":status=200");
    peer_send_data(p, H2_FLAG_END_STREAM, 1, 3);
    peer_expect_events(p, "interim 1; interim 1; response 1; data 1 3 end");
}

static const message_row misplaced[] = {
    {"interim that ends", ":status=103", H2_RULE_MESSAGE_ORDER},
    {"interim that ends, 100", ":status=100", H2_RULE_MESSAGE_ORDER},
};

CONVERSATIONS(rfc9113_8_1_interim_response_that_ends_the_stream_is_malformed, misplaced) {
    const message_row *row = p->row;
    peer_connect_client(p);
    peer_open(p, H2_END, REQUEST);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, row->fields);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_8_1_interim_response_after_the_final_one_is_malformed) {
    peer_connect_client(p);
    peer_open(p, H2_END, REQUEST);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_send_fields(p, 0, 1, ":status=200");
    peer_send_fields(p, 0, 1, ":status=103");
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_8_1_data_after_an_interim_response_is_malformed) {
    peer_connect_client(p);
    peer_open(p, H2_END, REQUEST);
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_send_fields(p, 0, 1, ":status=100");
    peer_send_data(p, 0, 1, 3);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_8_1_server_sends_interim_responses_then_one_final) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST "|expect=100-continue");
    peer_deliver(p);
    ck_assert_int_eq(h2_stream_write(p->session, 1, "x", 1, 0), H2_ESTATE);
    peer_respond(p, 1, 0, ":status=100");
    ck_assert_int_eq(peer_try_respond(p, 1, H2_END, ":status=103"), H2_EINVAL);
    ck_assert_int_eq(h2_stream_write(p->session, 1, "x", 1, 0), H2_ESTATE);
    peer_respond(p, 1, 0, ":status=103|link=x");
    peer_respond(p, 1, 0, ":status=200");
    ck_assert_int_eq(peer_try_respond(p, 1, 0, ":status=103"), H2_ESTATE);
    ck_assert_int_eq(peer_try_respond(p, 1, 0, ":status=200"), H2_ESTATE);
    peer_expect_fields(p, 0, 1, ":status=100");
    peer_expect_fields(p, 0, 1, ":status=103|link=x");
    peer_expect_fields(p, 0, 1, ":status=200");
    peer_expect_nothing(p);
}

/* ---- content-length against DATA ---- */

typedef struct length_row {
    const char *label;
    const char *request, *response; /* one of them NULL: who is judged */
    size_t data[3];                 /* octets of each DATA frame */
    bool end;                       /* with the last of them */
    bool fine;
} length_row;

static const length_row sums[] = {
    {"exact in one", REQUEST "|content-length=5", NULL, {5}, true, true},
    {"exact in three", REQUEST "|content-length=9", NULL, {4, 0, 5}, true, true},
    {"too few", REQUEST "|content-length=6", NULL, {5}, true, false},
    {"too many", REQUEST "|content-length=4", NULL, {5}, true, false},
    {"too many, not ended", REQUEST "|content-length=4", NULL, {5}, false, false},
    {"too many in two", REQUEST "|content-length=9", NULL, {5, 5}, true, false},
    {"none where some were announced", REQUEST "|content-length=1", NULL, {0}, true, false},
    {"zero", REQUEST "|content-length=0", NULL, {0}, true, true},
    {"some where none was announced", REQUEST "|content-length=0", NULL, {1}, true, false},
    {"response exact", NULL, ":status=200|content-length=5", {5}, true, true},
    {"response too short", NULL, ":status=200|content-length=6", {5}, true, false},
    {"response too long", NULL, ":status=200|content-length=4", {5}, true, false},
    {"204 with content", NULL, ":status=204", {1}, true, false},
    {"304 with content", NULL, ":status=304", {1}, true, false},
    {"304 announces a length it does not have", NULL, ":status=304|content-length=9", {0}, true, true},
};

CONVERSATIONS(rfc9113_8_1_1_data_must_sum_to_the_content_length, sums) {
    const length_row *row = p->row;
    if (row->request) {
        peer_connect_server(p);
        peer_send_fields(p, 0, 1, row->request);
    } else {
        peer_connect_client(p);
        peer_open(p, 0, REQUEST);
        peer_expect_fields(p, 0, 1, REQUEST);
        peer_send_fields(p, 0, 1, row->response);
    }
    for (int i = 0; i < 3; i++) {
        bool last = i == 2 || row->data[i + 1] + (i == 0 ? row->data[2] : 0) == 0;
        peer_send_data(p, last && row->end ? H2_FLAG_END_STREAM : 0, 1, row->data[i]);
        if (last) break;
    }
    if (!row->fine) peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_alive(p);
}

CONVERSATION(rfc9113_8_1_1_headers_that_end_with_a_content_length_are_malformed) {
    peer_connect_server(p);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, REQUEST "|content-length=5");
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_send_fields(p, 0, 3, REQUEST "|content-length=5");
    peer_send_data(p, 0, 3, 4);
    peer_send_fields(p, H2_FLAG_END_STREAM, 3, "x=y"); /* trailers come too soon */
    peer_expect_u32(p, H2_RST_STREAM, 3, H2_PROTOCOL_ERROR);
}

/* ---- HEAD ---- */

/* RFC 9110, 9.3.2: the length is what GET would have. */
CONVERSATION(rfc9110_9_3_2_answer_to_head_has_a_length_and_no_content) {
    peer_connect_client(p);
    peer_open(p, H2_END, ":method=HEAD|:scheme=http|:path=/");
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, ":method=HEAD|:scheme=http|:path=/");
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, ":status=200|content-length=12345");
    peer_expect_events(p, "response 1 end; closed 1");
    peer_open(p, H2_END, ":method=HEAD|:scheme=http|:path=/");
    peer_expect_fields(p, H2_FLAG_END_STREAM, 3, ":method=HEAD|:scheme=http|:path=/");
    peer_send_fields(p, 0, 3, ":status=200|content-length=12345");
    peer_send_data(p, 0, 3, 1);
    peer_expect_u32(p, H2_RST_STREAM, 3, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9110_9_3_2_server_cannot_send_content_to_head) {
    peer_connect_server(p);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, ":method=HEAD|:scheme=http|:path=/");
    peer_deliver(p);
    peer_respond(p, 1, 0, ":status=200|content-length=5");
    ck_assert_int_eq(h2_stream_write(p->session, 1, "bytes", 5, H2_END), H2_ESTATE);
    ck_assert_int_eq(h2_stream_write(p->session, 1, NULL, 0, H2_END), H2_OK);
    peer_expect_fields(p, 0, 1, ":status=200|content-length=5");
    ck_assert_uint_eq(peer_expect(p, H2_DATA, H2_FLAG_END_STREAM, 1).length, 0);
}

#ifndef H2_SMALL /* which leaves it to the program */
/* RFC 9110, 15.3.5, 15.4.5: the fields of these end the message, as those of the answer to HEAD do. */
CONVERSATION(rfc9110_6_4_1_server_cannot_send_content_or_trailers_with_204_and_304) {
    static const char *const answers[] = {":status=204", ":status=304|content-length=5", ":status=200"};
    peer_connect_server(p);
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t id = 2 * i + 1;
        peer_send_fields(p, H2_FLAG_END_STREAM, id, i == 2 ? ":method=HEAD|:scheme=http|:path=/" : REQUEST);
        peer_deliver(p);
        peer_respond(p, id, 0, answers[i]);
        ck_assert_int_eq(h2_stream_write(p->session, id, "bytes", 5, 0), H2_ESTATE);
        ck_assert_int_eq(h2_stream_write(p->session, id, "bytes", 5, H2_END), H2_ESTATE);
        ck_assert_int_eq(peer_try_trailers(p, id, "x=y"), H2_ESTATE);
        ck_assert_int_eq(h2_stream_write(p->session, id, NULL, 0, H2_END), H2_OK);
        peer_expect_fields(p, 0, id, answers[i]);
        ck_assert_uint_eq(peer_expect(p, H2_DATA, H2_FLAG_END_STREAM, id).length, 0);
    }
}
#endif

/* A client's own content is not the response's. */
CONVERSATION(rfc9110_6_4_1_client_sends_content_after_204) {
    peer_connect_client(p);
    peer_open(p, 0, ":method=HEAD|:scheme=http|:path=/");
    peer_expect_fields(p, 0, 1, ":method=HEAD|:scheme=http|:path=/");
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, ":status=204");
    peer_expect_events(p, "response 1 end");
    ck_assert_int_eq(h2_stream_write(p->session, 1, "x", 1, 0), H2_OK);
    peer_expect(p, H2_DATA, 0, 1);
    peer_trailers(p, 1, "x=y");
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, "x=y");
}

/* ---- CONNECT ---- */

#define CONNECT ":method=CONNECT|:authority=a:1"

CONVERSATION(rfc9113_8_5_connected_stream_carries_data_both_ways) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, CONNECT "|content-length=3");
    peer_deliver(p);
    peer_respond(p, 1, 0, ":status=200");
    peer_expect_fields(p, 0, 1, ":status=200");
    peer_send_data(p, 0, 1, 100);
    peer_send_data(p, H2_FLAG_END_STREAM, 1, 100);
    peer_expect_events(p, "request 1; data 1 200 end");
    ck_assert_int_eq(peer_try_trailers(p, 1, "x=y"), H2_ESTATE);
    ck_assert_int_eq(h2_stream_write(p->session, 1, "x", 1, H2_END), H2_OK);
    peer_expect(p, H2_DATA, H2_FLAG_END_STREAM, 1);
}

CONVERSATION(rfc9113_8_5_trailers_on_a_connected_stream_are_stream_error) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, CONNECT);
    peer_deliver(p);
    peer_respond(p, 1, 0, ":status=200");
    peer_expect_fields(p, 0, 1, ":status=200");
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, "x=y");
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_events(p, "request 1; closed 1 rule PROTOCOL_ERROR");
}

CONVERSATION(rfc9113_8_5_trailers_from_a_connected_server_are_stream_error) {
    peer_connect_client(p);
    peer_open(p, 0, CONNECT);
    peer_expect_fields(p, 0, 1, CONNECT);
    ck_assert_int_eq(peer_try_trailers(p, 1, "x=y"), H2_ESTATE);
    peer_send_fields(p, 0, 1, ":status=200|content-length=3");
    peer_send_data(p, 0, 1, 10);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, "x=y");
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_PROTOCOL_ERROR);
    peer_expect_events(p, "response 1; data 1 10; closed 1 rule PROTOCOL_ERROR");
}

CONVERSATION(rfc9113_8_5_refused_connect_is_answered_like_any_request) {
    peer_connect_client(p);
    peer_open(p, 0, CONNECT);
    peer_expect_fields(p, 0, 1, CONNECT);
    peer_send_fields(p, 0, 1, ":status=403|content-length=3");
    peer_send_data(p, 0, 1, 3);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, "x=y");
    peer_expect_events(p, "response 1; data 1 3; trailers 1 end");
}

Suite *rfc9113_8_1_exchanges_suite(void) {
    Suite *suite = suite_create("rfc9113 8.1 exchanges");
    TCase *tc = tcase_create("sections");
    tcase_add_test(tc, rfc9113_8_3_2_responses_are_judged_by_a_client);
    tcase_add_test(tc, rfc9113_8_3_2_responses_are_judged_before_a_server_sends_them);
    tcase_add_test(tc, rfc9113_8_1_trailers_of_a_request_are_judged);
    tcase_add_test(tc, rfc9113_8_1_trailers_of_a_response_are_judged);
    tcase_add_test(tc, rfc9113_8_1_our_trailers_are_judged_before_they_are_sent);
    tcase_add_test(tc, rfc9113_8_1_headers_that_neither_open_nor_end_are_malformed);
    tcase_add_test(tc, rfc9113_8_1_second_final_response_is_malformed);
    tcase_add_test(tc, rfc9113_8_1_our_trailers_come_after_all_data);
    suite_add_tcase(suite, tc);
    tc = tcase_create("interim");
    tcase_add_test(tc, rfc9113_8_1_interim_responses_precede_the_final_one);
    tcase_add_test(tc, rfc9113_8_1_interim_response_that_ends_the_stream_is_malformed);
    tcase_add_test(tc, rfc9113_8_1_interim_response_after_the_final_one_is_malformed);
    tcase_add_test(tc, rfc9113_8_1_data_after_an_interim_response_is_malformed);
    tcase_add_test(tc, rfc9113_8_1_server_sends_interim_responses_then_one_final);
    suite_add_tcase(suite, tc);
    tc = tcase_create("content");
    tcase_add_test(tc, rfc9113_8_1_1_data_must_sum_to_the_content_length);
    tcase_add_test(tc, rfc9113_8_1_1_headers_that_end_with_a_content_length_are_malformed);
    tcase_add_test(tc, rfc9110_9_3_2_answer_to_head_has_a_length_and_no_content);
    tcase_add_test(tc, rfc9110_9_3_2_server_cannot_send_content_to_head);
#ifndef H2_SMALL
    tcase_add_test(tc, rfc9110_6_4_1_server_cannot_send_content_or_trailers_with_204_and_304);
#endif
    tcase_add_test(tc, rfc9110_6_4_1_client_sends_content_after_204);
    tcase_add_test(tc, rfc9113_8_5_connected_stream_carries_data_both_ways);
    tcase_add_test(tc, rfc9113_8_5_trailers_on_a_connected_stream_are_stream_error);
    tcase_add_test(tc, rfc9113_8_5_trailers_from_a_connected_server_are_stream_error);
    tcase_add_test(tc, rfc9113_8_5_refused_connect_is_answered_like_any_request);
    suite_add_tcase(suite, tc);
    return suite;
}
