/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_suites.h"
#include "split.h"

/* RFC 9113, 6.1: DATA, its padding and its end. */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"

static void with_stream(peer *p) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_expect_events(p, "request 1");
}

/* A padded frame: `n` octets of content, `padding` more. */
static void send_padded(peer *p, unsigned flags, uint32_t id, size_t n, uint8_t padding) {
    uint8_t payload[600] = {padding};
    ck_assert_uint_le(1 + n + padding, sizeof payload);
    memset(payload + 1, 'd', n);
    peer_send(p, H2_DATA, flags | H2_FLAG_PADDED, id, payload, 1 + n + padding);
}

CONVERSATION(rfc9113_6_1_data_arrives_in_order_and_ends) {
    with_stream(p);
    peer_send_data(p, 0, 1, 10);
    peer_send_data(p, 0, 1, 7000);
    peer_send_data(p, H2_FLAG_END_STREAM, 1, 1);
    peer_expect_events(p, "data 1 7011 end");
}

CONVERSATION(rfc9113_6_1_empty_data_ends_a_stream) {
    with_stream(p);
    peer_send_data(p, H2_FLAG_END_STREAM, 1, 0);
    peer_expect_events(p, "data 1 0 end");
}

CONVERSATION(rfc9113_6_1_padding_is_removed_and_its_credit_given_back) {
    with_stream(p);
    p->consume = true;
    for (size_t i = 0; i < 1000; i++) send_padded(p, i == 999 ? H2_FLAG_END_STREAM : 0, 1, i % 5, 255);
    peer_expect_events(p, "data 1 2000 end");
    peer_frame frame;
    uint64_t stream = 0, session = 0;
    while (peer_next(p, &frame)) {
        ck_assert_uint_eq(frame.type, H2_WINDOW_UPDATE);
        *(frame.id ? &stream : &session) += h2_u32_read(frame.payload);
    }
    /* all but less than an eighth of what was sent */
    ck_assert_uint_gt(session + H2_DEFAULT_SESSION_WINDOW / 8, 258000);
    ck_assert_uint_eq(stream, 0); /* nothing is owed on a side that has ended */
}

CONVERSATION(rfc9113_6_1_padding_that_fills_the_payload_is_allowed) {
    with_stream(p);
    send_padded(p, 0, 1, 0, 0);
    send_padded(p, 0, 1, 0, 200);
    send_padded(p, H2_FLAG_END_STREAM, 1, 0, 9);
    peer_expect_events(p, "data 1 0 end");
    peer_expect_alive(p);
}

CONVERSATION(rfc9113_6_1_padding_longer_than_the_payload_is_protocol_error) {
    with_stream(p);
    peer_send(p, H2_DATA, H2_FLAG_PADDED, 1, "\x06hello", 6);
    peer_expect_goaway(p, 1, H2_PROTOCOL_ERROR);
    peer_expect_events(p, "closed 1 rule PROTOCOL_ERROR");
}

CONVERSATION(rfc9113_6_1_padding_as_long_as_the_payload_is_protocol_error) {
    with_stream(p);
    peer_send(p, H2_DATA, H2_FLAG_PADDED, 1, "\x05only4", 5);
    peer_expect_goaway(p, 1, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_6_1_padded_without_a_length_octet_is_frame_size_error) {
    with_stream(p);
    peer_send(p, H2_DATA, H2_FLAG_PADDED, 1, NULL, 0);
    peer_expect_goaway(p, 1, H2_FRAME_SIZE_ERROR);
}

CONVERSATION(rfc9113_6_1_data_after_end_is_stream_closed) {
    with_stream(p);
    peer_send_data(p, H2_FLAG_END_STREAM, 1, 3);
    peer_send_data(p, 0, 1, 3);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_STREAM_CLOSED);
    peer_expect_events(p, "data 1 3 end; closed 1 rule STREAM_CLOSED");
}

CONVERSATION(rfc9113_8_1_data_before_the_response_is_protocol_error) {
    peer_connect_client(p);
    uint32_t id = peer_open(p, H2_END, REQUEST);
    peer_expect_fields(p, H2_FLAG_END_STREAM, id, REQUEST);
    peer_send_data(p, 0, id, 3);
    peer_expect_u32(p, H2_RST_STREAM, id, H2_PROTOCOL_ERROR);
    peer_expect_events(p, "closed 1 rule PROTOCOL_ERROR");
}

/* The program resets the stream while a frame of it is on its way. */
static void reset_at_once(peer *p, const peer_event *event) {
    if (event->kind == PEER_DATA) h2_stream_reset(p->session, event->id, H2_CANCEL);
}

CUT_CONVERSATION(rfc9113_6_9_reset_within_a_frame_gives_all_its_credit_back) {
    h2_config config = h2_config_hosted(true);
    config.session_window = 65535;
    peer_connect(p, &config);
    p->react = reset_at_once;
    p->consume = true;
    for (uint32_t id = 1; id < 41; id += 2) {
        peer_send_fields(p, 0, id, REQUEST);
        peer_send_data(p, 0, id, 16000);
        peer_deliver(p);
        peer_flush(p);
    }
    /* 20 times 16000 octets passed a window of 65535 */
    ck_assert_int_eq(h2_session_failure(peer_session(p))->culprit, H2_BY_NOBODY);
}

Suite *rfc9113_6_1_data_suite(void) {
    Suite *suite = suite_create("rfc9113 6.1 DATA");
    TCase *tc = tcase_create("data");
    tcase_add_test(tc, rfc9113_6_1_data_arrives_in_order_and_ends);
    tcase_add_test(tc, rfc9113_6_1_empty_data_ends_a_stream);
    tcase_add_test(tc, rfc9113_6_1_padding_is_removed_and_its_credit_given_back);
    tcase_add_test(tc, rfc9113_6_1_padding_that_fills_the_payload_is_allowed);
    tcase_add_test(tc, rfc9113_6_1_padding_longer_than_the_payload_is_protocol_error);
    tcase_add_test(tc, rfc9113_6_1_padding_as_long_as_the_payload_is_protocol_error);
    tcase_add_test(tc, rfc9113_6_1_padded_without_a_length_octet_is_frame_size_error);
    tcase_add_test(tc, rfc9113_6_1_data_after_end_is_stream_closed);
    tcase_add_test(tc, rfc9113_8_1_data_before_the_response_is_protocol_error);
    tcase_add_test(tc, rfc9113_6_9_reset_within_a_frame_gives_all_its_credit_back);
    suite_add_tcase(suite, tc);
    return suite;
}
