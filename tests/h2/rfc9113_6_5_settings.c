/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_internal.h"
#include "h2_suites.h"
#include "split.h"

/* RFC 9113, 6.5: every setting's range, order, acknowledgement; what they change at once. */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"

typedef struct value_row {
    const char *label;
    unsigned setting;
    uint32_t value;
    uint32_t at_server, at_client; /* the code it earns, 0 for none */
} value_row;

static const value_row values[] = {
    {"HEADER_TABLE_SIZE 0", 1, 0, 0, 0},
    {"HEADER_TABLE_SIZE most", 1, UINT32_MAX, 0, 0},
    {"ENABLE_PUSH 0", 2, 0, 0, 0},
    {"ENABLE_PUSH 1", 2, 1, 0, H2_PROTOCOL_ERROR}, /* 6.5.2: a server must not */
    {"ENABLE_PUSH 2", 2, 2, H2_PROTOCOL_ERROR, H2_PROTOCOL_ERROR},
    {"ENABLE_PUSH most", 2, UINT32_MAX, H2_PROTOCOL_ERROR, H2_PROTOCOL_ERROR},
    {"MAX_CONCURRENT_STREAMS 0", 3, 0, 0, 0},
    {"MAX_CONCURRENT_STREAMS most", 3, UINT32_MAX, 0, 0},
    {"INITIAL_WINDOW_SIZE 0", 4, 0, 0, 0},
    {"INITIAL_WINDOW_SIZE 2^31-1", 4, 0x7fffffff, 0, 0},
    {"INITIAL_WINDOW_SIZE 2^31", 4, 0x80000000u, H2_FLOW_CONTROL_ERROR, H2_FLOW_CONTROL_ERROR},
    {"INITIAL_WINDOW_SIZE most", 4, UINT32_MAX, H2_FLOW_CONTROL_ERROR, H2_FLOW_CONTROL_ERROR},
    {"MAX_FRAME_SIZE below least", 5, 16383, H2_PROTOCOL_ERROR, H2_PROTOCOL_ERROR},
    {"MAX_FRAME_SIZE least", 5, 16384, 0, 0},
    {"MAX_FRAME_SIZE most", 5, 16777215, 0, 0},
    {"MAX_FRAME_SIZE above most", 5, 16777216, H2_PROTOCOL_ERROR, H2_PROTOCOL_ERROR},
    {"MAX_FRAME_SIZE 0", 5, 0, H2_PROTOCOL_ERROR, H2_PROTOCOL_ERROR},
    {"MAX_HEADER_LIST_SIZE 0", 6, 0, 0, 0},
    {"unknown 0", 0, 1, 0, 0},
    {"unknown 7", 7, UINT32_MAX, 0, 0},
    {"ENABLE_CONNECT_PROTOCOL 1", 8, 1, 0, 0}, /* RFC 8441, 3 */
    {"ENABLE_CONNECT_PROTOCOL 2", 8, 2, H2_PROTOCOL_ERROR, H2_PROTOCOL_ERROR},
    {"NO_RFC7540_PRIORITIES 1", 9, 1, 0, 0}, /* RFC 9218, 2.1 */
    {"NO_RFC7540_PRIORITIES 2", 9, 2, H2_PROTOCOL_ERROR, H2_PROTOCOL_ERROR},
    {"unknown most", 0xffff, UINT32_MAX, 0, 0},
};

static void try_value(peer *p, uint32_t code) {
    const value_row *row = p->row;
    peer_send_setting(p, row->setting, row->value);
    if (code) {
        peer_expect_goaway(p, 0, code);
        return;
    }
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect_events(p, "settings");
    peer_expect_alive(p);
}

CONVERSATIONS(rfc9113_6_5_2_values_are_judged_by_a_server, values) {
    peer_connect_server(p);
    try_value(p, ((const value_row *)p->row)->at_server);
}

CONVERSATIONS(rfc9113_6_5_2_values_are_judged_by_a_client, values) {
    peer_connect_client(p);
    try_value(p, ((const value_row *)p->row)->at_client);
}

/* RFC 9113, 6.5.3: in the order they appear; the last one holds. */
CONVERSATION(rfc9113_6_5_3_values_are_taken_in_order) {
    static const uint8_t payload[] = {0, 4, 0, 0, 0, 9, 0, 77, 0, 0, 0, 1, 0, 4, 0, 0, 0, 2};
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send(p, H2_SETTINGS, 0, 0, payload, sizeof payload);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect_nothing(p);
    ck_assert_uint_eq(h2_stream_allowance(p->session, 1), 2);
}

CONVERSATION(rfc9113_6_5_3_a_wrong_value_after_right_ones_is_an_error) {
    static const uint8_t payload[] = {0, 4, 0, 0, 0, 9, 0, 2, 0, 0, 0, 2};
    peer_connect_server(p);
    peer_send(p, H2_SETTINGS, 0, 0, payload, sizeof payload);
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
}

/* Then the peer goes by them, and not before. */
CONVERSATION(rfc9113_6_5_3_settings_are_settled_when_they_are_acknowledged) {
    h2_config config = h2_config_hosted(true);
    peer_start(p, &config);
    peer_write(p, H2_PREFACE, H2_PREFACE_BYTES);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    ck_assert(h2_session_ready(peer_session(p)) && !h2_session_settled(p->session));
    peer_send(p, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0);
    ck_assert(h2_session_settled(peer_session(p)));
}

CONVERSATION(rfc9113_6_5_3_every_settings_frame_is_acknowledged) {
    peer_connect_client(p);
    for (int i = 0; i < 20; i++) peer_send_setting(p, 3, 100);
    for (int i = 0; i < 20; i++) ck_assert_uint_eq(peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0).length, 0);
    peer_expect_nothing(p);
}

typedef struct shape_row {
    const char *label;
    unsigned flags;
    uint32_t id;
    size_t n;
    uint32_t code;
} shape_row;

static const shape_row shapes[] = {
    {"no multiple of six", 0, 0, 5, H2_FRAME_SIZE_ERROR},           {"one octet more", 0, 0, 7, H2_FRAME_SIZE_ERROR},
    {"acknowledgement with payload", 1, 0, 6, H2_FRAME_SIZE_ERROR}, {"on a stream", 0, 1, 0, H2_PROTOCOL_ERROR},
    {"acknowledgement on a stream", 1, 1, 0, H2_PROTOCOL_ERROR},
};

CONVERSATIONS(rfc9113_6_5_malformed_settings_are_connection_errors, shapes) {
    static const uint8_t zeros[8];
    const shape_row *row = p->row;
    peer_connect_client(p);
    peer_send(p, H2_SETTINGS, row->flags, row->id, zeros, row->n);
    peer_expect_goaway(p, 0, row->code);
}

CONVERSATION(rfc9113_6_5_3_acknowledgement_of_nothing_is_protocol_error) {
    peer_connect_server(p);
    peer_send(p, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0);
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
}

CONVERSATION(rfc9113_6_5_3_acknowledgement_before_our_settings_is_protocol_error) {
    h2_config config = h2_config_hosted(true);
    peer_start(p, &config);
    peer_write(p, H2_PREFACE, 24);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_send(p, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0);
    peer_expect(p, H2_SETTINGS, 0, 0);
#ifdef H2_SMALL /* where an answer, once given, is sent */
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
#endif
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
}

/* ---- ours ---- */

/* What a frame of ours announces for a setting, or its initial value. */
static uint32_t announced(const peer_frame *frame, unsigned setting, uint32_t initial) {
    for (uint32_t at = 0; at < frame->length; at += 6) {
        if (((unsigned)frame->payload[at] << 8 | frame->payload[at + 1]) == setting)
            initial = h2_u32_read(frame->payload + at + 2);
    }
    return initial;
}

static void start_odd(peer *p, bool server) {
    h2_config config = h2_config_hosted(server);
    config.connect_protocol = true;
    config.streams = 7;
    config.stream_window = 1234;
    config.frame_size = 30000;
    config.header_bytes = 5000;
    config.decoder_table = 800;
    peer_start(p, &config);
    if (server) peer_write(p, H2_PREFACE, 24);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
}

CONVERSATION(rfc9113_6_5_2_a_server_announces_what_it_was_configured_for) {
    start_odd(p, true);
    peer_frame frame = peer_expect(p, H2_SETTINGS, 0, 0);
    ck_assert_uint_eq(announced(&frame, 1, 4096), 800);
    ck_assert_uint_eq(announced(&frame, 2, 99), 99); /* a server says nothing of push */
    ck_assert_uint_eq(announced(&frame, 3, 0), 7);
    ck_assert_uint_eq(announced(&frame, 4, 65535), 1234);
    ck_assert_uint_eq(announced(&frame, 5, 16384), 30000);
    ck_assert_uint_eq(announced(&frame, 6, 0), 5000);
    ck_assert_uint_eq(announced(&frame, 8, 0), 1);
}

CONVERSATION(rfc9113_6_5_2_a_client_refuses_push_and_announces_its_limits) {
    start_odd(p, false);
    peer_frame frame = peer_expect(p, H2_SETTINGS, 0, 0);
    ck_assert_uint_eq(announced(&frame, 2, 1), 0);
    ck_assert_uint_eq(announced(&frame, 4, 65535), 1234);
    ck_assert_uint_eq(announced(&frame, 8, 0), 0); /* RFC 8441, 3: a server's to say */
}

/* 4.3.1: a table below the default must be obeyed once we know that the peer knows. */
CONVERSATION(rfc9113_4_3_1_peer_must_lower_its_table_after_acknowledging) {
    h2_config config = h2_config_hosted(true);
    config.decoder_table = 64;
    peer_start(p, &config);
    peer_greet(p);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, REQUEST); /* no size update at its start */
    peer_expect_goaway(p, 1, H2_COMPRESSION_ERROR);
}

CONVERSATION(rfc9113_4_3_1_peer_may_use_the_default_table_before_acknowledging) {
    static const uint8_t lowered[] = {0x3f, 0x21, 0x82, 0x86, 0x84}; /* to 64 */
    h2_config config = h2_config_hosted(true);
    config.decoder_table = 64;
    peer_start(p, &config);
    peer_write(p, H2_PREFACE, 24);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_send_fields(p, H2_FLAG_END_STREAM, 1, REQUEST);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_send(p, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0);
    peer_send(p, H2_HEADERS, 5, 3, lowered, sizeof lowered);
    peer_expect_events(p, "settings; request 1 end; request 3 end");
}

/* ---- what changes ---- */

/* 6.9.2: streams that are open move by the difference, below zero too, and later ones start there. */
CONVERSATION(rfc9113_6_9_2_initial_window_moves_every_open_stream) {
    static char bytes[65535];
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
    peer_respond(p, 1, 0, ":status=200");
    ck_assert_int_eq(h2_stream_write(p->session, 1, bytes, 10000, 0), H2_OK);
    peer_expect_fields(p, 0, 1, ":status=200");
    peer_expect(p, H2_DATA, 0, 1);
    peer_send_setting(p, 4, 5000); /* 5000 - 10000 octets */
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    ck_assert_uint_eq(h2_stream_allowance(p->session, 1), 0);
    ck_assert_int_eq(h2_stream_write(p->session, 1, bytes, 100, 0), H2_OK);
    peer_expect_nothing(p);
    peer_send_u32(p, H2_WINDOW_UPDATE, 1, 5000); /* to zero: still shut */
    peer_expect_nothing(p);
    peer_send_u32(p, H2_WINDOW_UPDATE, 1, 1);
    ck_assert_uint_eq(peer_expect(p, H2_DATA, 0, 1).length, 1);
    peer_send_setting(p, 4, 5050);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    ck_assert_uint_eq(peer_expect(p, H2_DATA, 0, 1).length, 50);
    peer_send_fields(p, 0, 3, REQUEST);
    ck_assert_uint_eq(h2_stream_allowance(peer_session(p), 3), 5050);
}

CONVERSATION(rfc9113_6_9_2_initial_window_that_overflows_a_stream_is_flow_control_error) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_u32(p, H2_WINDOW_UPDATE, 1, 0x7fffffff - 65535);
    peer_send_setting(p, 4, 65536);
    peer_expect_goaway(p, 1, H2_FLOW_CONTROL_ERROR);
}

CONVERSATION(rfc9113_6_9_2_the_connections_window_is_not_a_settings_matter) {
    peer_connect_server(p);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_send_setting(p, 4, 0x7fffffff);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    ck_assert_uint_eq(h2_stream_allowance(p->session, 1), 65535);
}

CONVERSATION(rfc8441_3_extended_connect_cannot_be_taken_back) {
    peer_connect_client(p);
    ck_assert(!h2_session_connect_protocol(p->session));
    peer_send_setting(p, 8, 1);
    peer_send_setting(p, 8, 1); /* said twice is no harm */
    ck_assert(h2_session_connect_protocol(peer_session(p)));
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_send_setting(p, 8, 0);
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
}

/* The table of h2_settings.c against the registry. */
START_TEST(rfc9113_6_5_2_initial_values_are_the_registrys) {
    static const uint32_t initial[][2] = {{1, 4096},  {2, 1},          {3, UINT32_MAX}, {4, 65535},
                                          {5, 16384}, {6, UINT32_MAX}, {8, 0},          {9, 0}};
    ck_assert_uint_eq(sizeof initial / sizeof initial[0], H2_SETTING_ROWS);
    for (size_t i = 0; i < H2_SETTING_ROWS; i++) {
        int row = h2_setting_find((uint16_t)initial[i][0]);
        ck_assert_int_ge(row, 0);
        ck_assert_uint_eq(h2_setting_id((h2_setting_row)row), initial[i][0]);
        ck_assert_uint_eq(h2_setting_defaults[row], initial[i][1]);
    }
    ck_assert_int_eq(h2_setting_find(0), -1);
    ck_assert_int_eq(h2_setting_find(7), -1);
    ck_assert_int_eq(h2_setting_find(0x104), -1);
}
END_TEST

Suite *rfc9113_6_5_settings_suite(void) {
    Suite *suite = suite_create("rfc9113 6.5 SETTINGS");
    TCase *tc = tcase_create("received");
    tcase_add_test(tc, rfc9113_6_5_2_initial_values_are_the_registrys);
    tcase_add_test(tc, rfc9113_6_5_2_values_are_judged_by_a_server);
    tcase_add_test(tc, rfc9113_6_5_2_values_are_judged_by_a_client);
    tcase_add_test(tc, rfc9113_6_5_3_values_are_taken_in_order);
    tcase_add_test(tc, rfc9113_6_5_3_a_wrong_value_after_right_ones_is_an_error);
    tcase_add_test(tc, rfc9113_6_5_3_settings_are_settled_when_they_are_acknowledged);
    tcase_add_test(tc, rfc9113_6_5_3_every_settings_frame_is_acknowledged);
    tcase_add_test(tc, rfc9113_6_5_malformed_settings_are_connection_errors);
    tcase_add_test(tc, rfc9113_6_5_3_acknowledgement_of_nothing_is_protocol_error);
    tcase_add_test(tc, rfc9113_6_5_3_acknowledgement_before_our_settings_is_protocol_error);
    suite_add_tcase(suite, tc);
    tc = tcase_create("sent");
    tcase_add_test(tc, rfc9113_6_5_2_a_server_announces_what_it_was_configured_for);
    tcase_add_test(tc, rfc9113_6_5_2_a_client_refuses_push_and_announces_its_limits);
    tcase_add_test(tc, rfc9113_4_3_1_peer_must_lower_its_table_after_acknowledging);
    tcase_add_test(tc, rfc9113_4_3_1_peer_may_use_the_default_table_before_acknowledging);
    suite_add_tcase(suite, tc);
    tc = tcase_create("in force");
    tcase_add_test(tc, rfc9113_6_9_2_initial_window_moves_every_open_stream);
    tcase_add_test(tc, rfc9113_6_9_2_initial_window_that_overflows_a_stream_is_flow_control_error);
    tcase_add_test(tc, rfc9113_6_9_2_the_connections_window_is_not_a_settings_matter);
    tcase_add_test(tc, rfc8441_3_extended_connect_cannot_be_taken_back);
    suite_add_tcase(suite, tc);
    return suite;
}
