/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_internal.h"
#include "h2_suites.h"
#include "split.h"

/* Every deadline of h2_config, with the clock in the test's hand: RFC 9113, 6.5.3, 6.7 and 9.1. */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"
#define START   500000u /* any origin */

static uint64_t tick(peer *p, uint64_t after) {
    return h2_session_tick(peer_session(p), START + after);
}

/* Over with a rule, at the given time and not a millisecond before. */
static void expect_end(peer *p, uint64_t after, h2_rule rule, uint32_t last) {
    tick(p, after - 1);
    if (h2_session_failure(p->session)->culprit == H2_BY_RULE) peer_fail(p, "too early");
    tick(p, after);
    peer_expect_leaving(p, last, h2_rule_code(rule));
    ck_assert_int_eq(h2_session_failure(p->session)->rule, rule);
    ck_assert_uint_eq(h2_session_tick(p->session, START + after + 1), UINT64_MAX);
}

CONVERSATION(timeout_preface_that_never_comes) {
    h2_config config = h2_config_hosted(true);
    peer_start(p, &config);
    ck_assert_uint_eq(tick(p, 0), START + 10000);
    peer_write(p, H2_PREFACE, 20);
    ck_assert_uint_eq(tick(p, 4000), START + 10000);
    tick(p, 9999);
    tick(p, 10000);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect_goaway(p, 0, H2_PROTOCOL_ERROR);
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_TIMEOUT);
}

CONVERSATION(timeout_settings_that_a_server_never_sends) {
    h2_config config = h2_config_hosted(false);
    peer_start(p, &config);
    tick(p, 0);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect(p, H2_WINDOW_UPDATE, 0, 0);
    expect_end(p, 10000, H2_RULE_TIMEOUT, 0);
}

CONVERSATION(rfc9113_6_5_3_settings_never_acknowledged_is_settings_timeout) {
    h2_config config = h2_config_hosted(true);
    peer_start(p, &config);
    tick(p, 0);
    peer_write(p, H2_PREFACE, 24);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect(p, H2_WINDOW_UPDATE, 0, 0);
    ck_assert_uint_eq(tick(p, 0), START + 10000);
    expect_end(p, 10000, H2_RULE_SETTINGS_TIMEOUT, 0);
}

/* Three times, each an option: the end of the one begins the next. */
CONVERSATION(timeout_preface_acknowledgement_and_block_each_have_their_own_time) {
    h2_config config = h2_config_hosted(true);
    config.preface_ms = 3000;
    config.settings_ms = 500;
    config.block_ms = 7000;
    config.keepalive_ms = 0;
    peer_start(p, &config);
    ck_assert_uint_eq(tick(p, 0), START + 3000);
    tick(p, 2999);
    peer_write(p, H2_PREFACE, 24);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect(p, H2_WINDOW_UPDATE, 0, 0);
    ck_assert_uint_eq(tick(p, 2999), START + 3499);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0); /* more of the same is not what is awaited */
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    ck_assert_uint_eq(tick(p, 3498), START + 3499);
    peer_send(p, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0);
    ck_assert_uint_eq(tick(p, 3498), UINT64_MAX);
    peer_send(p, H2_HEADERS, 0, 1, "\x82", 1);
    ck_assert_uint_eq(tick(p, 4000), START + 11000);
    expect_end(p, 11000, H2_RULE_TIMEOUT, 1);
}

CONVERSATION(timeout_keepalive_times_are_options) {
    h2_config config = h2_config_hosted(true);
    config.keepalive_ms = 700;
    config.keepalive_timeout_ms = 30;
    peer_connect(p, &config);
    ck_assert_uint_eq(tick(p, 0), START + 700);
    ck_assert_uint_eq(tick(p, 700), START + 730);
    peer_expect(p, H2_PING, 0, 0);
    tick(p, 729);
    peer_expect_nothing(p);
    tick(p, 730);
    peer_expect_goaway(p, 0, H2_NO_ERROR);
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_KEEPALIVE);
}

CONVERSATION(timeout_clock_that_steps_back_counts_as_no_time) {
    peer_connect_server(p);
    tick(p, 1000);
    peer_send(p, H2_PING, 0, 0, "12345678", 8);
    peer_expect(p, H2_PING, H2_FLAG_ACK, 0);
    tick(p, 1000);
    tick(p, 999);
    tick(p, 0);
    peer_expect_nothing(p);
    ck_assert_uint_eq(tick(p, 1001), START + 1000 + H2_DEFAULT_KEEPALIVE_MS);
}

CONVERSATION(timeout_header_block_that_never_ends) {
    peer_connect_server(p);
    tick(p, 0);
    peer_send(p, H2_HEADERS, 0, 1, "\x82", 1);
    ck_assert_uint_eq(tick(p, 3000), START + 13000);
    peer_send(p, H2_CONTINUATION, 0, 1, "\x86", 1); /* a piece now and then does not help */
    tick(p, 12000);
    peer_send(p, H2_CONTINUATION, 0, 1, NULL, 0);
    expect_end(p, 13000, H2_RULE_TIMEOUT, 1);
}

/* Two deadlines in one tick: what is said and what is told are of the same one. */
CONVERSATION(timeout_the_first_of_two_deadlines_is_the_cause) {
    h2_config config = h2_config_hosted(true);
    peer_start(p, &config);
    tick(p, 0);
    peer_write(p, H2_PREFACE, 24);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_send(p, H2_HEADERS, 0, 1, "\x82", 1);
    peer_expect(p, H2_SETTINGS, 0, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_expect(p, H2_WINDOW_UPDATE, 0, 0);
    tick(p, 1);
    tick(p, 200000);
    peer_expect_goaway(p, 1, H2_SETTINGS_TIMEOUT);
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_SETTINGS_TIMEOUT);
}

CONVERSATION(timeout_each_header_block_has_its_own_time) {
    peer_connect_server(p);
    tick(p, 0);
    for (uint32_t id = 1; id < 20; id += 2) {
        peer_send(p, H2_HEADERS, H2_FLAG_END_STREAM, id, "\x82\x86", 2);
        tick(p, id * 9000);
        peer_send(p, H2_CONTINUATION, H2_FLAG_END_HEADERS, id, "\x84", 1);
        peer_deliver(p);
        peer_respond(p, id, H2_END, ":status=204");
        peer_expect_fields(p, H2_FLAG_END_STREAM, id, ":status=204");
    }
}

/* ---- keepalive ---- */

CONVERSATION(rfc9113_6_7_silence_is_probed_and_ends_the_session) {
    peer_connect_client(p);
    ck_assert_uint_eq(tick(p, 0), START + 60000);
    ck_assert_uint_eq(tick(p, 59999), START + 60000);
    peer_expect_nothing(p);
    ck_assert_uint_eq(tick(p, 60000), START + 80000);
    peer_expect(p, H2_PING, 0, 0);
    peer_expect_nothing(p);
    tick(p, 79999);
    peer_expect_nothing(p);
    tick(p, 80000);
    peer_expect_goaway(p, 0, H2_NO_ERROR);
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_KEEPALIVE);
    ck_assert(h2_session_finished(p->session));
}

CONVERSATION(rfc9113_6_7_answered_probe_starts_the_silence_anew) {
    peer_connect_client(p);
    uint64_t now = 0;
    tick(p, now);
    for (int i = 0; i < 5; i++) {
        tick(p, now += 60000);
        peer_frame probe = peer_expect(p, H2_PING, 0, 0);
        char opaque[9] = {0};
        memcpy(opaque, probe.payload, 8);
        peer_send_ping(p, H2_FLAG_ACK, opaque);
        now += 5000;
        ck_assert_uint_eq(tick(p, now), START + now + 60000);
    }
    peer_expect_nothing(p);
    peer_expect_events(p, ""); /* the program's own pings only */
}

CONVERSATION(rfc9113_6_7_any_frame_is_a_sign_of_life) {
    peer_connect_client(p);
    tick(p, 0);
    for (uint64_t now = 50000; now < 500000; now += 50000) {
        peer_send(p, 0xbe, 0, 0, NULL, 0);
        tick(p, now);
        peer_expect_nothing(p);
    }
}

/* ---- a window that stays shut ---- */

static char bytes[100000];

static void blocked(peer *p) {
    peer_connect_client(p);
    tick(p, 0);
    peer_open(p, 0, REQUEST);
    ck_assert_int_eq(h2_stream_write(peer_session(p), 1, bytes, sizeof bytes, 0), H2_OK);
    peer_expect_fields(p, 0, 1, REQUEST);
    for (int i = 0; i < 4; i++) peer_expect(p, H2_DATA, 0, 1);
    peer_expect_nothing(p);
}

/* Alive in every other respect, every second. Returns when the stream ended, at most `until`. */
static uint64_t live(peer *p, uint64_t from, uint64_t until) {
    for (uint64_t now = from; now <= until; now += 1000) {
        peer_send(p, 0xbe, 0, 0, NULL, 0);
        tick(p, now);
        if (p->session->streams.live == 0) return now;
    }
    return UINT64_MAX;
}

CONVERSATION(timeout_stream_blocked_on_the_peers_window_is_cancelled) {
    blocked(p);
    uint64_t ended = live(p, 1000, 200000);
    ck_assert_uint_ge(ended, 60000);
    ck_assert_uint_le(ended, 60000 + 2 * 15000 + 1000);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
    peer_expect_events(p, "closed 1 rule CANCEL");
    peer_expect_alive(p);
}

CONVERSATION(timeout_blocked_stream_that_moves_now_and_then_is_kept) {
    blocked(p);
    for (uint64_t now = 1000; now < 400000; now += 50000) {
        ck_assert_uint_eq(live(p, now, now + 50000), UINT64_MAX);
        peer_send_u32(p, H2_WINDOW_UPDATE, 1, 100);
        peer_send_u32(p, H2_WINDOW_UPDATE, 0, 100);
        peer_expect(p, H2_DATA, 0, 1);
    }
}

CONVERSATION(timeout_idle_stream_without_data_is_kept) {
    peer_connect_client(p);
    tick(p, 0);
    peer_open(p, 0, REQUEST);
    peer_expect_fields(p, 0, 1, REQUEST);
    ck_assert_uint_eq(live(p, 1000, 400000), UINT64_MAX);
}

CONVERSATION(timeout_stream_without_data_is_kept_though_windows_are_shut) {
    peer_connect_client(p);
    tick(p, 0);
    peer_send_setting(p, 4, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_open(p, 0, REQUEST);
    peer_expect_fields(p, 0, 1, REQUEST);
    ck_assert_uint_eq(live(p, 1000, 400000), UINT64_MAX);
}

/* The time told is that of the nearest of all that may fall due. */
CONVERSATION(timeout_blocked_streams_are_looked_at_in_time) {
    blocked(p);
    ck_assert_uint_eq(tick(p, 0), START + 15000);
}

CONVERSATION(timeout_zero_means_never) {
    h2_config config = h2_config_hosted(true);
    config.preface_ms = config.settings_ms = config.block_ms = 0;
    config.keepalive_ms = config.keepalive_timeout_ms = config.blocked_ms = 0;
    peer_start(p, &config);
    ck_assert_uint_eq(tick(p, 0), UINT64_MAX);
    peer_greet(p);
    peer_send(p, H2_HEADERS, 0, 1, "\x82", 1);
    ck_assert_uint_eq(tick(p, 10000000), UINT64_MAX);
    peer_expect_nothing(p);
}

CONVERSATION(timeout_shortest_blocked_time_is_kept_too) {
    h2_config config = h2_config_hosted(false);
    config.blocked_ms = 1;
    peer_connect(p, &config);
    peer_send_setting(p, 4, 0);
    peer_expect(p, H2_SETTINGS, H2_FLAG_ACK, 0);
    peer_open(p, 0, REQUEST);
    peer_expect_fields(p, 0, 1, REQUEST);
    ck_assert_int_eq(h2_stream_write(p->session, 1, "x", 1, 0), H2_OK);
    for (uint64_t now = 0; now < 20; now++) tick(p, now);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
}

/* Whatever falls due, the time told for the next call is not in the past. */
START_TEST(timeout_next_call_is_never_in_the_past) {
    for (int server = 0; server < 2; server++) {
        peer *p = peer_new(PEER_WHOLE, 0);
        h2_config config = h2_config_hosted(server);
        peer_connect(p, &config);
        uint64_t now = START, next;
        for (int i = 0; i < 50 && (next = h2_session_tick(p->session, now)) != UINT64_MAX; i++) {
            ck_assert_uint_gt(next, now);
            peer_flush(p);
            now = next;
        }
        ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_KEEPALIVE);
        peer_finish(p);
        peer_free(p);
    }
}
END_TEST

Suite *timeouts_suite(void) {
    Suite *suite = suite_create("timeouts");
    TCase *tc = tcase_create("greeting and blocks");
    tcase_add_test(tc, timeout_preface_that_never_comes);
    tcase_add_test(tc, timeout_settings_that_a_server_never_sends);
    tcase_add_test(tc, rfc9113_6_5_3_settings_never_acknowledged_is_settings_timeout);
    tcase_add_test(tc, timeout_preface_acknowledgement_and_block_each_have_their_own_time);
    tcase_add_test(tc, timeout_header_block_that_never_ends);
    tcase_add_test(tc, timeout_the_first_of_two_deadlines_is_the_cause);
    tcase_add_test(tc, timeout_each_header_block_has_its_own_time);
    suite_add_tcase(suite, tc);
    tc = tcase_create("keepalive");
    tcase_add_test(tc, rfc9113_6_7_silence_is_probed_and_ends_the_session);
    tcase_add_test(tc, timeout_keepalive_times_are_options);
    tcase_add_test(tc, rfc9113_6_7_answered_probe_starts_the_silence_anew);
    tcase_add_test(tc, rfc9113_6_7_any_frame_is_a_sign_of_life);
    suite_add_tcase(suite, tc);
    tc = tcase_create("blocked");
    tcase_add_test(tc, timeout_stream_blocked_on_the_peers_window_is_cancelled);
    tcase_add_test(tc, timeout_blocked_stream_that_moves_now_and_then_is_kept);
    tcase_add_test(tc, timeout_idle_stream_without_data_is_kept);
    tcase_add_test(tc, timeout_stream_without_data_is_kept_though_windows_are_shut);
    tcase_add_test(tc, timeout_blocked_streams_are_looked_at_in_time);
    tcase_add_test(tc, timeout_zero_means_never);
    tcase_add_test(tc, timeout_clock_that_steps_back_counts_as_no_time);
    tcase_add_test(tc, timeout_shortest_blocked_time_is_kept_too);
    tcase_add_test(tc, timeout_next_call_is_never_in_the_past);
    suite_add_tcase(suite, tc);
    return suite;
}
