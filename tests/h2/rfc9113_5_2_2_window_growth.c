/* SPDX-License-Identifier: MIT */
#include "h2_internal.h"
#include "h2_suites.h"
#include "split.h"
#include <string.h>

#ifdef H2_SMALL

/* Its windows are what they are. */
Suite *rfc9113_5_2_2_window_growth_suite(void) {
    return suite_create("RFC 9113, 5.2.2: left out");
}

#else

/* RFC 9113, 5.2.2: a receive window that is in the way of the path grows, and falls back when it is not needed. */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"
#define START   500000u
#define PIECE   16384u

enum { LAP = 50, FIRST = 262144, SESSION = 1048576, MOST = 4 * FIRST };

/* A server that consumes what comes at once, with stream 1 open. */
static void begin_with(peer *p, uint32_t most) {
    h2_config config = h2_config_hosted(true);
    config.window_most = most;
    p->consume = true;
    peer_connect(p, &config);
    h2_session_tick(p->session, START);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
}

static void begin(peer *p) {
    begin_with(p, MOST);
}

/* Frames to come: forget them, but note the octets announced to a stream and whether the gauge's PING went out. */
typedef struct said {
    uint32_t stream, session, pings;
    uint8_t opaque[8];
} said;

static said listen(peer *p) {
    said all = {0};
    peer_frame frame;
    while (peer_next(p, &frame)) {
        if (frame.type == H2_PING && !frame.flags) {
            all.pings++;
            memcpy(all.opaque, frame.payload, sizeof all.opaque);
        }
        if (frame.type == H2_WINDOW_UPDATE) *(frame.id ? &all.stream : &all.session) += h2_u32_read(frame.payload);
    }
    return all;
}

static void send(peer *p, uint32_t octets) {
    for (; octets > 0; octets -= PIECE) {
        peer_send_data(p, 0, 1, PIECE);
        peer_deliver(p);
        peer_flush(p);
    }
}

/* One lap from `ms` on that takes `lap_ms`, in which `octets` come. Returns what was announced because of it. */
static said gauge_slow(peer *p, uint64_t ms, uint64_t lap_ms, uint32_t octets) {
    h2_session_tick(p->session, START + ms);
    send(p, FIRST / 4);
    said begun = listen(p);
    if (begun.pings != 1) peer_fail(p, "%u pings", begun.pings);
    send(p, octets);
    listen(p);
    peer_send_ping(p, H2_FLAG_ACK, (const char *)begun.opaque);
    peer_deliver(p);
    h2_session_tick(p->session, START + ms + lap_ms);
    return listen(p);
}

static said gauge(peer *p, uint64_t ms, uint32_t octets) {
    return gauge_slow(p, ms, LAP, octets);
}

static uint32_t target(const peer *p) {
    return h2_streams_find(&p->session->streams, 1)->target;
}

START_TEST(rfc9113_5_2_2_window_that_a_round_trip_fills_doubles) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin(p);
    said s = gauge(p, 0, FIRST);
    ck_assert_uint_eq(target(p), 2 * FIRST);
    ck_assert_uint_ge(s.stream, FIRST);
    ck_assert_int_eq(p->grown, FIRST);
    gauge(p, 100, 2 * FIRST);
    ck_assert_uint_eq(target(p), MOST);
    gauge(p, 200, 4 * FIRST); /* and no further */
    ck_assert_uint_eq(target(p), MOST);
    ck_assert_int_eq(p->grown, MOST - FIRST);
    peer_finish(p);
    peer_free(p);
}
END_TEST

START_TEST(rfc9113_5_2_2_window_that_is_not_filled_stays) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin(p);
    gauge(p, 0, FIRST / 2);
    ck_assert_uint_eq(target(p), FIRST);
    ck_assert_int_eq(p->grown, 0);
    peer_finish(p);
    peer_free(p);
}
END_TEST

START_TEST(rfc9113_5_2_2_sessions_window_grows_with_what_all_streams_fill) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin_with(p, 4 * SESSION);
    ck_assert_uint_eq(p->session->recv_target, SESSION);
    gauge(p, 0, SESSION);
    ck_assert_uint_eq(p->session->recv_target, 2 * SESSION);
    said s = gauge(p, 100, 4 * SESSION);
    ck_assert_uint_eq(p->session->recv_target, 4 * SESSION);
    ck_assert_uint_ge(s.session, 2 * SESSION);
    peer_finish(p);
    peer_free(p);
}
END_TEST

START_TEST(rfc9113_5_2_2_window_grows_only_by_memory_that_is_granted) {
    peer *p = peer_new(PEER_WHOLE, 0);
    p->refuse_growth = true;
    begin(p);
    said s = gauge(p, 0, FIRST);
    ck_assert_uint_eq(target(p), FIRST);
    ck_assert_uint_eq(s.stream, 0);
    ck_assert_int_eq(p->grown, 0);
    peer_finish(p);
    peer_free(p);
}
END_TEST

START_TEST(rfc9113_5_2_2_growth_is_given_back_when_the_stream_ends) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin(p);
    gauge(p, 0, FIRST);
    ck_assert_int_eq(p->grown, FIRST);
    peer_send_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
    peer_deliver(p);
    ck_assert_int_eq(p->grown, 0);
    peer_finish(p);
    peer_free(p);
}
END_TEST

/* What waits in buffers on the way makes laps longer, and is not what the path holds. */
START_TEST(rfc9113_5_2_2_full_buffers_on_the_way_are_no_reason_to_grow) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin(p);
    gauge(p, 0, FIRST / 2);
    gauge_slow(p, 200, 4 * LAP, FIRST);
    ck_assert_uint_eq(target(p), FIRST);
    peer_finish(p);
    peer_free(p);
}
END_TEST

/* A path may become longer for good: the shortest lap counts for a number of laps, not for ever. */
START_TEST(rfc9113_5_2_2_path_that_became_longer_is_believed_in_time) {
    peer *p = peer_new(PEER_WHOLE, 0);
    uint64_t ms = 200;
    int laps = 0;
    begin(p);
    gauge(p, 0, FIRST / 2);
    for (; target(p) == FIRST && laps < 1000; laps++, ms += 1000) gauge_slow(p, ms, 4 * LAP, FIRST);
    ck_assert_uint_eq(target(p), 2 * FIRST);
    ck_assert_int_ge(laps, 100);
    ck_assert_int_le(laps, 256);
    peer_finish(p);
    peer_free(p);
}
END_TEST

/* All of the credit there is, but little of the window. */
START_TEST(rfc9113_5_2_2_program_that_does_not_read_is_no_reason_to_grow) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin(p);
    gauge(p, 0, 0);
    p->consume = false;
    send(p, h2_window_open(&h2_streams_find(&p->session->streams, 1)->recv) - FIRST / 8); /* while no lap is due */
    ck_assert_uint_eq(listen(p).pings, 0);
    h2_session_tick(p->session, START + 4 * LAP);
    send(p, FIRST / 16);
    said begun = listen(p);
    ck_assert_uint_eq(begun.pings, 1);
    send(p, h2_window_open(&h2_streams_find(&p->session->streams, 1)->recv) / PIECE * PIECE);
    peer_send_ping(p, H2_FLAG_ACK, (const char *)begun.opaque);
    peer_deliver(p);
    h2_session_tick(p->session, START + 5 * LAP);
    ck_assert_uint_eq(target(p), FIRST);
    peer_finish(p);
    peer_free(p);
}
END_TEST

/* The peer answers the PING before it can use an update that came with it, so the window was filled without. */
START_TEST(rfc9113_5_2_2_credit_that_goes_with_the_ping_is_not_waited_for) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin(p);
    gauge(p, 0, 0);
    h2_session_tick(p->session, START + 4 * LAP);
    for (uint32_t octets = 0; octets < FIRST / 4; octets += PIECE) peer_send_data(p, 0, 1, PIECE);
    said begun = listen(p);
    ck_assert_uint_eq(begun.pings, 1);
    ck_assert_uint_eq(begun.stream, FIRST / 2);
    send(p, FIRST / 2);
    peer_send_ping(p, H2_FLAG_ACK, (const char *)begun.opaque);
    peer_deliver(p);
    h2_session_tick(p->session, START + 5 * LAP);
    ck_assert_uint_eq(target(p), 2 * FIRST);
    peer_finish(p);
    peer_free(p);
}
END_TEST

START_TEST(rfc9113_5_2_2_path_that_takes_no_time_needs_no_more) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin(p);
    gauge_slow(p, 0, 0, MOST);
    ck_assert_uint_eq(target(p), FIRST);
    ck_assert_uint_eq(p->session->recv_target, SESSION);
    peer_finish(p);
    peer_free(p);
}
END_TEST

/* Two sweeps without DATA: the window is not taken back, but not opened again beyond where it started. */
START_TEST(rfc9113_5_2_2_idle_window_falls_back_to_where_it_started) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin(p);
    gauge(p, 0, FIRST);
    for (uint64_t ms = 200; ms < 31000; ms += 5000) h2_session_tick(p->session, START + ms);
    ck_assert_uint_eq(target(p), FIRST);
    ck_assert_int_eq(p->grown, 0);
    listen(p);
    send(p, FIRST);
    ck_assert_uint_eq(listen(p).stream, 0);
    ck_assert_int_le(h2_streams_find(&p->session->streams, 1)->recv.size, FIRST);
    send(p, FIRST / 2);
    ck_assert_uint_gt(listen(p).stream, 0);
    ck_assert_int_le(h2_streams_find(&p->session->streams, 1)->recv.size, FIRST);
    peer_finish(p);
    peer_free(p);
}
END_TEST

START_TEST(rfc9113_5_2_2_small_talk_is_not_gauged) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin(p);
    listen(p);
    for (int i = 0; i < 100; i++) {
        h2_session_tick(p->session, START + (uint64_t)i * 50);
        peer_send_data(p, 0, 1, 64);
        peer_deliver(p);
    }
    ck_assert_uint_eq(listen(p).pings, 0);
    peer_finish(p);
    peer_free(p);
}
END_TEST

START_TEST(rfc9113_5_2_2_bulk_is_gauged_ten_times_a_second_once_it_fits) {
    peer *p = peer_new(PEER_WHOLE, 0);
    begin(p);
    uint32_t pings = 0;
    for (uint64_t ms = 0; ms < 1000; ms++) {
        h2_session_tick(p->session, START + ms);
        send(p, FIRST / 4);
        said s = listen(p);
        pings += s.pings;
        if (s.pings > 0) peer_send_ping(p, H2_FLAG_ACK, (const char *)s.opaque);
        peer_deliver(p);
    }
    ck_assert_uint_ge(pings, 9);
    ck_assert_uint_le(pings, 11);
    peer_finish(p);
    peer_free(p);
}
END_TEST

START_TEST(rfc9113_5_2_2_windows_without_room_to_grow_are_not_gauged) {
    peer *p = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(true);
    config.window_most = 0;
    p->consume = true;
    peer_connect(p, &config);
    h2_session_tick(p->session, START);
    peer_send_fields(p, 0, 1, REQUEST);
    send(p, 2 * FIRST);
    ck_assert_uint_eq(listen(p).pings, 0);
    ck_assert_uint_eq(target(p), FIRST);
    peer_finish(p);
    peer_free(p);
}
END_TEST

Suite *rfc9113_5_2_2_window_growth_suite(void) {
    Suite *suite = suite_create("RFC 9113, 5.2.2: windows that grow");
    TCase *tc = tcase_create("growth");
    tcase_add_test(tc, rfc9113_5_2_2_window_that_a_round_trip_fills_doubles);
    tcase_add_test(tc, rfc9113_5_2_2_window_that_is_not_filled_stays);
    tcase_add_test(tc, rfc9113_5_2_2_sessions_window_grows_with_what_all_streams_fill);
    tcase_add_test(tc, rfc9113_5_2_2_window_grows_only_by_memory_that_is_granted);
    tcase_add_test(tc, rfc9113_5_2_2_growth_is_given_back_when_the_stream_ends);
    tcase_add_test(tc, rfc9113_5_2_2_full_buffers_on_the_way_are_no_reason_to_grow);
    tcase_add_test(tc, rfc9113_5_2_2_path_that_became_longer_is_believed_in_time);
    tcase_add_test(tc, rfc9113_5_2_2_program_that_does_not_read_is_no_reason_to_grow);
    tcase_add_test(tc, rfc9113_5_2_2_credit_that_goes_with_the_ping_is_not_waited_for);
    tcase_add_test(tc, rfc9113_5_2_2_path_that_takes_no_time_needs_no_more);
    tcase_add_test(tc, rfc9113_5_2_2_idle_window_falls_back_to_where_it_started);
    tcase_add_test(tc, rfc9113_5_2_2_small_talk_is_not_gauged);
    tcase_add_test(tc, rfc9113_5_2_2_bulk_is_gauged_ten_times_a_second_once_it_fits);
    tcase_add_test(tc, rfc9113_5_2_2_windows_without_room_to_grow_are_not_gauged);
    suite_add_tcase(suite, tc);
    return suite;
}

#endif
