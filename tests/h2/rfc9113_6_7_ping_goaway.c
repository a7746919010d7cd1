/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_suites.h"
#include "split.h"

/* RFC 9113, 6.7 and 6.8: PING and GOAWAY, both directions. */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"

/* ---- PING ---- */

CONVERSATION(rfc9113_6_7_ping_is_answered_with_its_octets) {
    peer_connect_client(p);
    peer_send_ping(p, 0,
                   "\0\x01\xff"
                   "abcde");
    peer_send_ping(p, 0, "secondly");
    ck_assert_mem_eq(peer_expect(p, H2_PING, H2_FLAG_ACK, 0).payload,
                     "\0\x01\xff"
                     "abcde",
                     8);
    ck_assert_mem_eq(peer_expect(p, H2_PING, H2_FLAG_ACK, 0).payload, "secondly", 8);
    peer_expect_nothing(p);
}

CONVERSATION(rfc9113_6_7_acknowledgement_is_not_answered) {
    peer_connect_server(p);
    peer_send_ping(p, H2_FLAG_ACK, "unasked!");
    peer_expect_nothing(p);
    peer_expect_events(p, "");
    peer_expect_alive(p);
}

CONVERSATION(rfc9113_6_7_ping_of_ours_goes_round) {
    peer_connect_server(p);
    ck_assert_int_eq(h2_session_ping(peer_session(p), (const uint8_t *)"roundway"), H2_OK);
    ck_assert_int_eq(h2_session_ping(peer_session(p), (const uint8_t *)"tooearly"), H2_EAGAIN);
    ck_assert_mem_eq(peer_expect(p, H2_PING, 0, 0).payload, "roundway", 8);
    peer_expect_nothing(p);
    peer_send_ping(p, H2_FLAG_ACK, "another!"); /* not that one */
    peer_expect_events(p, "");
    peer_send_ping(p, H2_FLAG_ACK, "roundway");
    peer_send_ping(p, H2_FLAG_ACK, "roundway"); /* once is enough */
    peer_expect_events(p, "pong roundway");
    ck_assert_int_eq(h2_session_ping(peer_session(p), (const uint8_t *)"again..."), H2_OK);
    peer_expect(p, H2_PING, 0, 0);
}

typedef struct shape_row {
    const char *label;
    uint8_t type;
    uint32_t id;
    size_t n;
    uint32_t code;
} shape_row;

static const shape_row shapes[] = {
    {"PING short", H2_PING, 0, 7, H2_FRAME_SIZE_ERROR},         {"PING long", H2_PING, 0, 9, H2_FRAME_SIZE_ERROR},
    {"PING empty", H2_PING, 0, 0, H2_FRAME_SIZE_ERROR},         {"PING on a stream", H2_PING, 1, 8, H2_PROTOCOL_ERROR},
    {"GOAWAY short", H2_GOAWAY, 0, 7, H2_FRAME_SIZE_ERROR},     {"GOAWAY empty", H2_GOAWAY, 0, 0, H2_FRAME_SIZE_ERROR},
    {"GOAWAY on a stream", H2_GOAWAY, 1, 8, H2_PROTOCOL_ERROR},
};

CONVERSATIONS(rfc9113_6_7_6_8_malformed_frames_are_connection_errors, shapes) {
    static const uint8_t zeros[16];
    const shape_row *row = p->row;
    peer_connect_server(p);
    peer_send(p, row->type, 0, row->id, zeros, row->n);
    peer_expect_goaway(p, 0, row->code);
}

/* ---- GOAWAY received ---- */

static void three_requests(peer *p) {
    peer_connect_client(p);
    for (uint32_t id = 1; id <= 5; id += 2) {
        peer_open(p, H2_END, REQUEST);
        peer_expect_fields(p, H2_FLAG_END_STREAM, id, REQUEST);
    }
}

CONVERSATION(rfc9113_6_8_streams_above_the_last_are_closed_for_retry_the_others_go_on) {
    uint32_t id = 0;
    three_requests(p);
    peer_send_goaway(p, 3, H2_NO_ERROR);
    peer_expect_events(p, "closed 5 goaway NO_ERROR; goaway 3 NO_ERROR");
    ck_assert_uint_eq(h2_session_room(peer_session(p)), 0);
    ck_assert_int_eq(peer_try_open(p, 0, REQUEST, &id), H2_ECLOSED);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, ":status=200");
    peer_send_fields(p, 0, 3, ":status=200");
    peer_send_data(p, H2_FLAG_END_STREAM, 3, 9);
    peer_expect_events(p, "response 1 end; closed 1; response 3; data 3 9 end; closed 3");
    peer_expect_nothing(p);
    ck_assert(h2_session_finished(peer_session(p)));
}

CONVERSATION(rfc9113_6_8_error_code_and_debug_data_are_taken) {
    three_requests(p);
    peer_send(p, H2_GOAWAY, 0, 0,
              "\0\0\0\x01\0\0\0\x0b"
              "too many cats and dogs",
              30);
    peer_expect_events(
        p, "closed 3 goaway ENHANCE_YOUR_CALM; closed 5 goaway ENHANCE_YOUR_CALM; goaway 1 ENHANCE_YOUR_CALM");
    ck_assert_int_eq(h2_session_failure(p->session)->culprit, H2_BY_PEER);
    ck_assert_uint_eq(h2_session_failure(p->session)->code, H2_ENHANCE_YOUR_CALM);
    peer_expect_alive(p);
}

CONVERSATION(rfc9113_6_8_two_goaways_narrow_what_is_processed) {
    three_requests(p);
    peer_send_goaway(p, 0x7fffffff, H2_NO_ERROR);
    peer_expect_events(p, "goaway 2147483647 NO_ERROR");
    peer_send_goaway(p, 1, H2_NO_ERROR);
    peer_expect_events(p, "closed 3 goaway NO_ERROR; closed 5 goaway NO_ERROR; goaway 1 NO_ERROR");
}

CONVERSATION(rfc9113_6_8_last_stream_that_rises_is_protocol_error) {
    three_requests(p);
    peer_send_goaway(p, 1, H2_NO_ERROR);
    peer_send_goaway(p, 3, H2_NO_ERROR);
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_6_8_server_goes_on_with_what_a_leaving_client_asked) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_goaway(p, 0, H2_NO_ERROR);
    peer_send_data(p, H2_FLAG_END_STREAM, 1, 4);
    peer_expect_events(p, "request 1; goaway 0 NO_ERROR; data 1 4 end");
    ck_assert(!h2_session_finished(peer_session(p)));
    peer_respond(p, 1, H2_END, ":status=200");
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, ":status=200");
    ck_assert(h2_session_finished(p->session));
}

/* ---- GOAWAY sent ---- */

CONVERSATION(rfc9113_6_8_server_that_leaves_ignores_later_streams_and_counts_their_data) {
    h2_config config = h2_config_hosted(true);
    config.session_window = 65535;
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, REQUEST);
    h2_session_goaway(peer_session(p), H2_NO_ERROR);
    peer_expect_goaway(p, 1, H2_NO_ERROR);
    for (uint32_t id = 3; id < 23; id += 2) { /* 160000 octets pass a window of 65535 */
        peer_send_fields(p, 0, id, REQUEST);
        peer_send_data(p, H2_FLAG_END_STREAM, id, 16000);
        peer_deliver(p);
        peer_flush(p);
    }
    peer_send_data(p, H2_FLAG_END_STREAM, 1, 4);
    peer_expect_events(p, "request 1; data 1 4 end");
    ck_assert(!h2_session_finished(p->session));
    peer_respond(p, 1, H2_END, ":status=200");
    peer_flush(p);
    ck_assert(h2_session_finished(p->session));
    ck_assert_int_eq(h2_session_failure(p->session)->culprit, H2_BY_NOBODY);
}

CONVERSATION(rfc9113_6_8_client_that_leaves_finishes_its_streams) {
    uint32_t id = 0;
    three_requests(p);
    h2_session_goaway(peer_session(p), H2_NO_ERROR);
    peer_expect_goaway(p, 0, H2_NO_ERROR);
    ck_assert_int_eq(peer_try_open(p, 0, REQUEST, &id), H2_ECLOSED);
    for (id = 1; id <= 5; id += 2) peer_send_fields(p, H2_FLAG_END_STREAM, id, ":status=200");
    peer_expect_events(p, "response 1 end; closed 1; response 3 end; closed 3; response 5 end; closed 5");
    ck_assert(h2_session_finished(p->session));
}

CONVERSATION(rfc9113_6_8_leaving_with_an_error_ends_every_stream_at_once) {
    three_requests(p);
    h2_session_goaway(peer_session(p), H2_INTERNAL_ERROR);
    peer_expect_events(p, "closed 1 us INTERNAL_ERROR; closed 3 us INTERNAL_ERROR; closed 5 us INTERNAL_ERROR");
    peer_expect_goaway(p, 0, H2_INTERNAL_ERROR);
}

/* 6.8: the first names no stream, the second follows a round trip later, with all that came between. */
CONVERSATION(rfc9113_6_8_drain_takes_what_was_on_its_way) {
    peer_connect_server(p);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    h2_session_drain(peer_session(p));
    h2_session_drain(p->session); /* twice is once */
    peer_expect_goaway(p, 0x7fffffff, H2_NO_ERROR);
    peer_frame ping = peer_expect(p, H2_PING, 0, 0);
    char opaque[9] = {0};
    memcpy(opaque, ping.payload, 8);
    peer_expect_nothing(p);
    peer_send_fields(p, H2_FLAG_END_STREAM, 3, REQUEST);
    peer_send_ping(p, H2_FLAG_ACK, opaque);
    peer_send_fields(p, H2_FLAG_END_STREAM, 5, REQUEST); /* too late */
    peer_expect_goaway(p, 3, H2_NO_ERROR);
    peer_expect_nothing(p);
    peer_expect_events(p, "request 1 end; request 3 end");
    peer_respond(p, 1, H2_END, ":status=200");
    peer_respond(p, 3, H2_END, ":status=200");
    ck_assert(!h2_session_finished(p->session));
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, ":status=200");
    peer_expect_fields(p, H2_FLAG_END_STREAM, 3, ":status=200");
    ck_assert(h2_session_finished(p->session));
}

CONVERSATION(rfc9113_6_8_drain_cut_short_says_goaway_once_more_only) {
    peer_connect_server(p);
    h2_session_drain(peer_session(p));
    peer_expect_goaway(p, 0x7fffffff, H2_NO_ERROR);
    peer_frame ping = peer_expect(p, H2_PING, 0, 0);
    char opaque[9] = {0};
    memcpy(opaque, ping.payload, 8);
    h2_session_goaway(p->session, H2_NO_ERROR);
    peer_expect_goaway(p, 0, H2_NO_ERROR);
    peer_send_ping(p, H2_FLAG_ACK, opaque);
    peer_expect_nothing(p);
}

CONVERSATION(rfc9113_6_8_error_after_the_first_goaway_names_no_later_stream) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    h2_session_goaway(peer_session(p), H2_NO_ERROR);
    peer_expect_goaway(p, 1, H2_NO_ERROR);
    peer_send_fields(p, 0, 3, REQUEST);
    peer_send(p, H2_PING, 0, 0, "short", 5);
    peer_expect_goaway(p, 1, H2_FRAME_SIZE_ERROR);
}

/* 8.7: what the program saw counts as processed. */
CONVERSATION(rfc9113_8_7_goaway_names_the_last_stream_the_program_saw) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_fields(p, 0, 7, REQUEST);
#ifndef H2_SMALL /* which answers it before it looks at what follows */
    peer_send_ping(p, 0, "ping....");
#endif
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 0);
    peer_expect_goaway(p, 7, H2_PROTOCOL_ERROR);
    peer_expect_events(p, "request 1; request 7; closed 1 rule PROTOCOL_ERROR; closed 7 rule PROTOCOL_ERROR");
}

CONVERSATION(rfc9113_5_4_1_nothing_is_taken_after_an_error) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 0);
    peer_send_fields(p, 0, 3, REQUEST);
    peer_expect_goaway(p, 1, H2_PROTOCOL_ERROR);
    peer_expect_events(p, "request 1; closed 1 rule PROTOCOL_ERROR");
    ck_assert_int_eq(peer_try_respond(p, 1, 0, ":status=200"), H2_ENOSTREAM);
    ck_assert_int_eq(h2_session_ping(p->session, (const uint8_t *)"12345678"), H2_ECLOSED);
    ck_assert(!h2_session_wants_transmit(p->session));
    ck_assert_uint_eq(h2_session_tick(p->session, 5), UINT64_MAX);
}

CONVERSATION(contract_lost_transport_closes_every_stream) {
    three_requests(p);
    h2_session_lost(peer_session(p), H2_CONNECT_ERROR);
    peer_expect_events(p, "closed 1 peer CONNECT_ERROR; closed 3 peer CONNECT_ERROR; closed 5 peer CONNECT_ERROR");
    peer_expect_nothing(p);
    ck_assert(h2_session_finished(p->session));
}

Suite *rfc9113_6_7_ping_goaway_suite(void) {
    Suite *suite = suite_create("rfc9113 6.7 PING, 6.8 GOAWAY");
    TCase *tc = tcase_create("ping");
    tcase_add_test(tc, rfc9113_6_7_ping_is_answered_with_its_octets);
    tcase_add_test(tc, rfc9113_6_7_acknowledgement_is_not_answered);
    tcase_add_test(tc, rfc9113_6_7_ping_of_ours_goes_round);
    tcase_add_test(tc, rfc9113_6_7_6_8_malformed_frames_are_connection_errors);
    suite_add_tcase(suite, tc);
    tc = tcase_create("goaway");
    tcase_add_test(tc, rfc9113_6_8_streams_above_the_last_are_closed_for_retry_the_others_go_on);
    tcase_add_test(tc, rfc9113_6_8_error_code_and_debug_data_are_taken);
    tcase_add_test(tc, rfc9113_6_8_two_goaways_narrow_what_is_processed);
    tcase_add_test(tc, rfc9113_6_8_last_stream_that_rises_is_protocol_error);
    tcase_add_test(tc, rfc9113_6_8_server_goes_on_with_what_a_leaving_client_asked);
    tcase_add_test(tc, rfc9113_6_8_server_that_leaves_ignores_later_streams_and_counts_their_data);
    tcase_add_test(tc, rfc9113_6_8_client_that_leaves_finishes_its_streams);
    tcase_add_test(tc, rfc9113_6_8_leaving_with_an_error_ends_every_stream_at_once);
    tcase_add_test(tc, rfc9113_6_8_drain_takes_what_was_on_its_way);
    tcase_add_test(tc, rfc9113_6_8_drain_cut_short_says_goaway_once_more_only);
    tcase_add_test(tc, rfc9113_6_8_error_after_the_first_goaway_names_no_later_stream);
    tcase_add_test(tc, rfc9113_8_7_goaway_names_the_last_stream_the_program_saw);
    tcase_add_test(tc, rfc9113_5_4_1_nothing_is_taken_after_an_error);
    tcase_add_test(tc, contract_lost_transport_closes_every_stream);
    suite_add_tcase(suite, tc);
    return suite;
}
