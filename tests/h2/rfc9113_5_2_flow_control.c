/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_suites.h"
#include "h2_window.h"
#include "split.h"

/* RFC 9113, 5.2 and 6.9: windows of the stream and of the connection, in both directions. */

#define REQUEST    ":method=POST|:scheme=http|:path=/|:authority=a"
#define WINDOW_MAX 0x7fffffffu

static char bytes[300000];

/* ---- the window by itself ---- */

START_TEST(rfc9113_6_9_1_window_checks_before_it_stores) {
    h2_window w = {.size = 10};
    ck_assert(!h2_window_take(&w, 11) && w.size == 10);
    ck_assert(h2_window_take(&w, 10) && w.size == 0);
    ck_assert(h2_window_take(&w, 0) && !h2_window_take(&w, 1));
    ck_assert(h2_window_give(&w, WINDOW_MAX) && w.size == (int32_t)WINDOW_MAX);
    ck_assert(!h2_window_give(&w, 1) && w.size == (int32_t)WINDOW_MAX);
    ck_assert(h2_window_shift(&w, -(int32_t)WINDOW_MAX) && w.size == 0);
    ck_assert(h2_window_shift(&w, -(int32_t)WINDOW_MAX) && w.size == -(int32_t)WINDOW_MAX);
    ck_assert(!h2_window_shift(&w, -1) && w.size == -(int32_t)WINDOW_MAX);
    ck_assert_uint_eq(h2_window_open(&w), 0);
    ck_assert(h2_window_take(&w, 0) && !h2_window_take(&w, 1));
}
END_TEST

/* Whatever a program gives back, an announcement is never zero and never overflows the window. */
START_TEST(rfc9113_6_9_1_announcement_stays_within_the_window) {
    h2_window w = {.size = (int32_t)WINDOW_MAX - 100};
    h2_window_consume(&w, 50);
    h2_window_consume(&w, WINDOW_MAX);
    h2_window_consume(&w, WINDOW_MAX);
    ck_assert_uint_eq(h2_window_announce(&w), 100);
    h2_window_consume(&w, 7);
    ck_assert(!h2_window_due(&w, 1000));
    ck_assert_uint_eq(h2_window_announce(&w), 0);
    ck_assert_int_eq(w.size, WINDOW_MAX);
}
END_TEST

/* ---- sending ---- */

/* A client's stream with all of `bytes` lent. */
static uint32_t bulk(peer *p) {
    uint32_t id = peer_open(p, 0, REQUEST);
    ck_assert_int_eq(h2_stream_write(peer_session(p), id, bytes, sizeof bytes, H2_END), H2_OK);
    peer_expect_fields(p, 0, id, REQUEST);
    return id;
}

static uint32_t data_sent(peer *p, uint32_t id) {
    peer_frame frame;
    uint32_t n = 0;
    while (peer_next(p, &frame)) {
        if (frame.type == H2_DATA && frame.id == id) n += frame.length;
        ck_assert_uint_le(frame.length, 16384);
    }
    return n;
}

CONVERSATION(rfc9113_6_9_1_sender_stops_at_the_connections_window) {
    peer_connect_client(p);
    peer_send_setting(p, 4, 1000000);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    uint32_t id = bulk(p);
    ck_assert_uint_eq(data_sent(p, id), 65535);
    peer_send_u32(p, H2_WINDOW_UPDATE, id, 50000);
    ck_assert_uint_eq(data_sent(p, id), 0);
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 1);
    ck_assert_uint_eq(data_sent(p, id), 1);
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 1000000);
    ck_assert_uint_eq(data_sent(p, id), sizeof bytes - 65536);
    peer_expect_events(p, "settings; sent 1");
}

CONVERSATION(rfc9113_6_9_1_sender_stops_at_the_streams_window) {
    peer_connect_client(p);
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 1000000);
    uint32_t id = bulk(p);
    ck_assert_uint_eq(data_sent(p, id), 65535);
    ck_assert_uint_eq(h2_stream_allowance(p->session, id), 0);
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 1000);
    ck_assert_uint_eq(data_sent(p, id), 0);
    peer_send_u32(p, H2_WINDOW_UPDATE, id, 20000);
    ck_assert_uint_eq(h2_stream_allowance(peer_session(p), id), 20000);
    ck_assert_uint_eq(data_sent(p, id), 20000);
    uint32_t other = bulk(p); /* another stream is not held up */
    ck_assert_uint_eq(data_sent(p, other), 65535);
}

#ifndef H2_SMALL
/* A long write leaves no crumb in the rest of a buffer. */
START_TEST(contract_transmit_begins_no_data_in_the_last_of_a_buffer) {
    static uint8_t out[4 * (9 + 16384) + 256];
    peer *p = peer_new(PEER_WHOLE, 0);
    peer_connect_client(p);
    peer_send_setting(p, 4, 1000000);
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 1000000);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    uint32_t id = peer_open(p, 0, REQUEST);
    peer_expect_fields(p, 0, id, REQUEST);
    ck_assert_int_eq(h2_stream_write(p->session, id, bytes, sizeof bytes, 0), H2_OK);
    for (int i = 0; i < 3; i++) ck_assert_uint_eq(h2_session_transmit(p->session, out, sizeof out), 4 * (9 + 16384));
    ck_assert_uint_eq(h2_session_transmit(p->session, out, 100), 100); /* but takes what there is */
    peer_free(p);
}
END_TEST
#endif

/* 6.9.1: an empty frame that ends a stream needs no window. */
CONVERSATION(rfc9113_6_9_1_end_of_stream_passes_shut_windows) {
    peer_connect_client(p);
    uint32_t first = bulk(p), second = peer_open(p, 0, REQUEST);
    ck_assert_uint_eq(data_sent(p, first), 65535);
    ck_assert_int_eq(h2_stream_write(p->session, second, NULL, 0, H2_END), H2_OK);
    ck_assert_uint_eq(peer_expect(p, H2_DATA, H2_FLAG_END_STREAM, second).length, 0);
    peer_expect_nothing(p);
}

/* 6.9.1: nor does it wait behind streams that do. */
CONVERSATION(rfc9113_6_9_1_end_of_stream_passes_streams_that_wait_for_the_connections_window) {
    peer_connect_client(p);
    uint32_t first = bulk(p), second = peer_open(p, 0, REQUEST), third = peer_open(p, 0, REQUEST);
    ck_assert_uint_eq(data_sent(p, first), 65535);
    ck_assert_int_eq(h2_stream_write(p->session, second, "waits", 5, H2_END), H2_OK);
    ck_assert_int_eq(h2_stream_write(p->session, third, NULL, 0, H2_END), H2_OK);
    ck_assert_uint_eq(peer_expect(p, H2_DATA, H2_FLAG_END_STREAM, third).length, 0);
    peer_expect_nothing(p);
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 5);
    ck_assert_uint_eq(peer_expect(p, H2_DATA, H2_FLAG_END_STREAM, second).length, 5);
    peer_expect_nothing(p);
}

typedef struct update_row {
    const char *label;
    uint32_t id; /* 0, the open stream 1, the half-closed stream 3 */
    uint32_t first, second;
    uint32_t code;
} update_row;

static const update_row updates[] = {
    {"zero on the connection", 0, 0, 0, H2_PROTOCOL_ERROR},
    {"zero with the reserved bit", 0, 0x80000000u, 0, H2_PROTOCOL_ERROR},
    {"zero on a stream", 1, 0, 0, H2_PROTOCOL_ERROR},
    {"zero on a stream we ended", 3, 0, 0, H2_PROTOCOL_ERROR},
    {"most on the connection", 0, WINDOW_MAX - 65535, 0, 0},
    {"one too many on the connection", 0, WINDOW_MAX - 65534, 0, H2_FLOW_CONTROL_ERROR},
    {"one too many in two", 0, WINDOW_MAX - 65535, 16, H2_FLOW_CONTROL_ERROR},
    {"most on a stream", 1, WINDOW_MAX - 65535, 0, 0},
    {"one too many on a stream", 1, WINDOW_MAX - 65534, 0, H2_FLOW_CONTROL_ERROR},
    {"one too many in two on a stream", 1, WINDOW_MAX - 65535, 16, H2_FLOW_CONTROL_ERROR},
    {"one too many on a stream we ended", 3, WINDOW_MAX, 0, H2_FLOW_CONTROL_ERROR},
};

CONVERSATIONS(rfc9113_6_9_increments_are_judged, updates) {
    const update_row *row = p->row;
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_fields(p, 0, 3, REQUEST);
    peer_deliver(p);
    peer_respond(p, 3, H2_END, ":status=200");
    peer_expect_fields(p, H2_FLAG_END_STREAM, 3, ":status=200");
    peer_send_u32(p, H2_WINDOW_UPDATE, row->id, row->first);
    if (row->second) peer_send_u32(p, H2_WINDOW_UPDATE, row->id, row->second);
    if (row->code && row->id == 0) {
        peer_expect_goaway(p, 3, row->code);
        return;
    }
    if (row->code) peer_expect_u32(p, H2_RST_STREAM, row->id, row->code);
    peer_expect_alive(p);
}

typedef struct shape_row {
    const char *label;
    uint32_t id;
    size_t n;
} shape_row;

static const shape_row shapes[] = {
    {"short", 0, 3}, {"long", 0, 5}, {"empty", 0, 0}, {"short on a stream", 1, 3}, {"long on a stream", 1, 5}};

CONVERSATIONS(rfc9113_6_9_window_update_of_a_wrong_length_is_frame_size_error, shapes) {
    static const uint8_t ones[] = {0, 0, 0, 1, 1};
    const shape_row *row = p->row;
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send(p, H2_WINDOW_UPDATE, 0, row->id, ones, row->n);
    peer_expect_goaway(p, 1, H2_FRAME_SIZE_ERROR);
}

/* ---- receiving ---- */

static void small_server(peer *p, uint32_t stream_window) {
    h2_config config = h2_config_hosted(true);
    config.stream_window = stream_window;
    config.session_window = 65535;
    peer_connect(p, &config);
}

CONVERSATION(rfc9113_6_9_1_stream_overrun_is_flow_control_error_on_the_stream) {
    small_server(p, 1000);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_data(p, 0, 1, 1000);
    peer_send_data(p, 0, 1, 0);
    peer_expect_nothing(p);
    peer_send_data(p, 0, 1, 1);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_FLOW_CONTROL_ERROR);
    peer_expect_events(p, "request 1; data 1 1000; closed 1 rule FLOW_CONTROL_ERROR");
    peer_expect_alive(p);
}

CONVERSATION(rfc9113_6_9_1_connection_overrun_is_flow_control_error) {
    h2_config config = h2_config_hosted(true);
    config.session_window = 65535;
#ifndef H2_SMALL
    config.credit_on_receipt = false;
#endif
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, REQUEST);
    for (int i = 0; i < 3; i++) peer_send_data(p, 0, 1, 16384);
    peer_send_data(p, 0, 1, 16383);
    peer_expect_nothing(p); /* 65535 octets, none consumed */
    peer_send_data(p, 0, 1, 1);
    peer_expect_goaway(p, 1, H2_FLOW_CONTROL_ERROR);
}

CONVERSATION(rfc9113_6_9_1_padding_counts_as_data) {
    uint8_t payload[101] = {100};
    small_server(p, 100);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send(p, H2_DATA, H2_FLAG_PADDED, 1, payload, 101);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_FLOW_CONTROL_ERROR);
}

/* Windows open by consumption, by an eighth at least, and add up to what was consumed. */
CONVERSATION(rfc9113_6_9_windows_open_as_the_program_consumes) {
    small_server(p, 8000);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_data(p, 0, 1, 8000);
    peer_expect_nothing(p);
    h2_stream_consumed(peer_session(p), 1, 999);
    peer_expect_nothing(p);
    h2_stream_consumed(p->session, 1, 1);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 1, 1000);
    h2_stream_consumed(p->session, 1, 7000);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 1, 7000);
    peer_send_data(p, 0, 1, 8000);
    h2_stream_consumed(peer_session(p), 1, 8000);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 0, 16000);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 1, 8000);
    peer_expect_nothing(p);
}

#ifndef H2_SMALL

static void peer_consumes(peer *p, uint32_t n) {
    for (uint32_t left = n; left > 0; left -= 16384) peer_send_data(p, 0, 1, 16384);
    h2_stream_consumed(peer_session(p), 1, n);
}

/* A wide window that is far from shut is no reason for a write of its own: its update goes behind DATA, the
 * connection's too. */
CONVERSATION(rfc9113_6_9_updates_of_wide_windows_go_with_data) {
    h2_config config = h2_config_hosted(true);
    config.session_window = config.stream_window;
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_consumes(p, 32768);
    peer_expect_nothing(p);
    peer_respond(p, 1, 0, ":status=200");
    peer_expect_fields(p, 0, 1, ":status=200");
    ck_assert_int_eq(h2_stream_write(p->session, 1, "answer", 6, 0), H2_OK);
    peer_expect(p, H2_DATA, 0, 1);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 0, 32768);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 1, 32768);
    ck_assert_int_eq(h2_stream_write(p->session, 1, "answer", 6, 0), H2_OK);
    peer_expect(p, H2_DATA, 0, 1);
    peer_expect_nothing(p);
}

CONVERSATION(rfc9113_6_9_updates_of_wide_windows_go_alone_before_they_are_half_shut) {
    h2_config config = h2_config_hosted(true);
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_consumes(p, 81920);
    peer_expect_nothing(p);
    peer_consumes(p, 16384);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 1, 98304);
    peer_expect_nothing(p);
}

#endif

CONVERSATION(rfc9113_6_9_consumption_after_the_end_opens_the_connections_window) {
    small_server(p, 60000);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_data(p, 0, 1, 10000);
    peer_send_data(p, H2_FLAG_END_STREAM, 1, 10000);
    peer_deliver(p);
    peer_respond(p, 1, H2_END, ":status=200");
    peer_expect_fields(p, H2_FLAG_END_STREAM, 1, ":status=200");
    h2_stream_consumed(p->session, 1, 20000);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 0, 20000);
    peer_expect_nothing(p);
}

#ifndef H2_SMALL
/* 5.2.1, credit_on_receipt, as h2_config_hosted has it: a stream that nobody reads holds up only itself. */
CONVERSATION(contract_credit_on_receipt_opens_the_connections_window_at_once) {
    h2_config config = h2_config_hosted(true);
    config.stream_window = 16384;
    config.session_window = 65535;
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_data(p, 0, 1, 16384);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 0, 16384);
    peer_expect_nothing(p);
    h2_stream_consumed(p->session, 1, 16384);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 1, 16384);
    peer_expect_nothing(p);
}
#endif

/* A program that gives back more than it got: no window of zero, none beyond 2^31-1. */
CONVERSATION(contract_consuming_too_much_never_breaks_the_protocol) {
    small_server(p, 8000);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
    for (int i = 0; i < 5; i++) h2_stream_consumed(p->session, 1, SIZE_MAX);
    peer_frame frame;
    uint64_t given = 0;
    while (peer_next(p, &frame)) {
        ck_assert_uint_eq(frame.type, H2_WINDOW_UPDATE);
        ck_assert_uint_gt(h2_u32_read(frame.payload), 0);
        if (frame.id == 0) given += h2_u32_read(frame.payload);
    }
    ck_assert_uint_le(given, WINDOW_MAX - 65535);
    peer_expect_alive(p);
}

typedef struct unread_row {
    const char *label;
    int what;
} unread_row;

static const unread_row unread[] = {
    {"refused", 0}, {"reset by us", 1}, {"half closed", 2}, {"malformed", 3}, {"ended in error", 4}};

/* 6.9: DATA that reaches nobody is counted, and its credit given back. */
CONVERSATIONS(rfc9113_6_9_credit_of_data_that_reaches_nobody_comes_back, unread) {
    int what = ((const unread_row *)p->row)->what;
    h2_config config = h2_config_hosted(true);
    config.session_window = 65535;
    config.streams = 1;
    peer_connect(p, &config);
    if (what == 0) peer_send_fields(p, 0, 1, REQUEST);
    for (uint32_t id = 3; id < 23; id += 2) {
        peer_send_fields(p, what == 2 ? H2_FLAG_END_STREAM : 0, id, what == 4 ? REQUEST "|content-length=5" : REQUEST);
        if (what == 1) ck_assert_int_eq(h2_stream_reset(peer_session(p), id, H2_CANCEL), H2_OK);
        if (what == 3) peer_send_fields(p, H2_FLAG_END_STREAM, id, ":path=/");
        peer_send_data(p, 0, id, 16000);
        peer_deliver(p);
        peer_flush(p);
    }
    peer_frame frame;
    uint64_t given = 0;
    while (peer_next(p, &frame))
        given += frame.type == H2_WINDOW_UPDATE && frame.id == 0 ? h2_u32_read(frame.payload) : 0;
    ck_assert_uint_gt(given + 65535 / 8, 160000);
    ck_assert_uint_le(given, 160000);
}

/* ---- a window below the default, before the peer knows ---- */

static void hasty(peer *p, size_t first) {
    h2_config config = h2_config_small(true);
    config.decoder_table = config.header_bytes = 4096; /* so that no size update is due */
    peer_start(p, &config);
    peer_write(p, H2_PREFACE, 24);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_data(p, 0, 1, first);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
}

/* 6.9.3: a receiver must be ready for data sent before its smaller window was known. */
CONVERSATION(rfc9113_6_9_3_data_beyond_a_smaller_window_is_taken_until_it_is_acknowledged) {
    hasty(p, 16384);
    peer_send_data(p, 0, 1, 10000);
    peer_expect_nothing(p);
    peer_send(p, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0); /* 4096 - 26384 octets left */
    peer_send_data(p, 0, 1, 0);
    peer_expect_nothing(p);
    h2_stream_consumed(peer_session(p), 1, 26384);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 0, 26384);
    peer_expect_u32(p, H2_WINDOW_UPDATE, 1, 26384);
    peer_send_data(p, 0, 1, 4096);
    peer_expect_nothing(p);
    peer_send_data(p, 0, 1, 1);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_FLOW_CONTROL_ERROR);
}

CONVERSATION(rfc9113_6_9_3_smaller_window_holds_after_the_acknowledgement) {
    hasty(p, 100);
    peer_send(p, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0);
    peer_send_data(p, 0, 1, 3996);
    peer_expect_nothing(p);
    peer_send_data(p, 0, 1, 1);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_FLOW_CONTROL_ERROR);
    peer_send_fields(p, 0, 3, REQUEST);
    peer_send_data(p, 0, 3, 4097);
    peer_expect_u32(p, H2_RST_STREAM, 3, H2_FLOW_CONTROL_ERROR);
}

Suite *rfc9113_5_2_flow_control_suite(void) {
    Suite *suite = suite_create("rfc9113 5.2 flow control");
    TCase *tc = tcase_create("sending");
    tcase_add_test(tc, rfc9113_6_9_1_window_checks_before_it_stores);
    tcase_add_test(tc, rfc9113_6_9_1_announcement_stays_within_the_window);
    tcase_add_test(tc, rfc9113_6_9_1_sender_stops_at_the_connections_window);
    tcase_add_test(tc, rfc9113_6_9_1_sender_stops_at_the_streams_window);
#ifndef H2_SMALL
    tcase_add_test(tc, contract_transmit_begins_no_data_in_the_last_of_a_buffer);
#endif
    tcase_add_test(tc, rfc9113_6_9_1_end_of_stream_passes_shut_windows);
    tcase_add_test(tc, rfc9113_6_9_1_end_of_stream_passes_streams_that_wait_for_the_connections_window);
    tcase_add_test(tc, rfc9113_6_9_increments_are_judged);
    tcase_add_test(tc, rfc9113_6_9_window_update_of_a_wrong_length_is_frame_size_error);
    suite_add_tcase(suite, tc);
    tc = tcase_create("receiving");
    tcase_add_test(tc, rfc9113_6_9_1_stream_overrun_is_flow_control_error_on_the_stream);
    tcase_add_test(tc, rfc9113_6_9_1_connection_overrun_is_flow_control_error);
    tcase_add_test(tc, rfc9113_6_9_1_padding_counts_as_data);
    tcase_add_test(tc, rfc9113_6_9_windows_open_as_the_program_consumes);
#ifndef H2_SMALL
    tcase_add_test(tc, rfc9113_6_9_updates_of_wide_windows_go_with_data);
    tcase_add_test(tc, rfc9113_6_9_updates_of_wide_windows_go_alone_before_they_are_half_shut);
#endif
    tcase_add_test(tc, rfc9113_6_9_consumption_after_the_end_opens_the_connections_window);
#ifndef H2_SMALL
    tcase_add_test(tc, contract_credit_on_receipt_opens_the_connections_window_at_once);
#endif
    tcase_add_test(tc, contract_consuming_too_much_never_breaks_the_protocol);
    tcase_add_test(tc, rfc9113_6_9_credit_of_data_that_reaches_nobody_comes_back);
    tcase_add_test(tc, rfc9113_6_9_3_data_beyond_a_smaller_window_is_taken_until_it_is_acknowledged);
    tcase_add_test(tc, rfc9113_6_9_3_smaller_window_holds_after_the_acknowledgement);
    suite_add_tcase(suite, tc);
    return suite;
}
