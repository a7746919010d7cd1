/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "h2_internal.h"
#include "h2_suites.h"
#include "split.h"

/* RFC 9113, 10.5: every flood ends with ENHANCE_YOUR_CALM after the stated number of frames, and honest use never does.
 */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a"
#define POINT   10u /* the ledger counts tenths */
#define BURST   1000u
#define REFILL  100u
#define FULL    (BURST * POINT)

static const uint8_t zeros[32];

/* ---- one unit of each flood ---- */

static void settings(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
}
static void window_setting(peer *p, uint32_t i) {
    peer_send_setting(p, 4, 65535 + i % 2);
}
static void empty_data(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_DATA, 0, 1, NULL, 0);
}
static void padded_data(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_DATA, H2_FLAG_PADDED, 1, zeros, 1);
}
static void ping(peer *p, uint32_t i) {
    (void)i;
    peer_send_ping(p, 0, "flooding");
}
static void priority(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_PRIORITY, 0, 1, zeros, 5);
}
static void unknown(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, 0xbe, 0, 1, zeros, 1);
}
static void goaway(peer *p, uint32_t i) {
    (void)i;
    peer_send_goaway(p, 0, H2_NO_ERROR);
}
static void tiny_window(peer *p, uint32_t i) {
    (void)i;
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, H2_TINY_OCTETS - 1);
}
static void tiny_stream_window(peer *p, uint32_t i) {
    (void)i;
    peer_send_u32(p, H2_WINDOW_UPDATE, 1, 1);
}
static void priority_update(peer *p, uint32_t i) {
    (void)i;
    peer_send(p, H2_PRIORITY_UPDATE, 0, 0, "\0\0\0\x01u=1", 7);
}

/* Requests that the client takes back at once. */
static void rapid_reset(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, 3 + 2 * i, REQUEST);
    peer_send_u32(p, H2_RST_STREAM, 3 + 2 * i, H2_CANCEL);
}

/* Requests that make the server reset. */
static void provoked_reset(peer *p, uint32_t i) {
    peer_send_fields(p, 0, 3 + 2 * i, REQUEST);
    peer_send_u32(p, H2_WINDOW_UPDATE, 3 + 2 * i, H2_WINDOW_MAX);
}

static void malformed_request(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, 3 + 2 * i, ":path=/");
}
static void late_reset(peer *p, uint32_t i) {
    (void)i;
    peer_send_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
}
static void refused(peer *p, uint32_t i) {
    peer_send_fields(p, H2_FLAG_END_STREAM, 3 + 2 * i, REQUEST);
}

typedef struct flood {
    const char *label;
    void (*one)(peer *p, uint32_t i);
    uint32_t price; /* tenths of a point, as DESIGN.md states them */
} flood;

static const flood floods[] = {
    {"SETTINGS", settings, POINT},
    {"SETTINGS that move every window", window_setting, POINT + 1},
    {"empty DATA", empty_data, POINT},
    {"padding", padded_data, 1},
    {"PING", ping, 1},
    {"PRIORITY", priority, 1},
    {"unknown frames", unknown, 1},
    {"GOAWAY", goaway, 1},
    {"tiny WINDOW_UPDATE", tiny_window, 1},
    {"tiny WINDOW_UPDATE of a stream", tiny_stream_window, 1},
    {"PRIORITY_UPDATE", priority_update, 1},
    {"rapid reset", rapid_reset, POINT},
    {"resets provoked", provoked_reset, POINT},
    {"malformed requests", malformed_request, POINT},
    {"resets of a stream that has ended", late_reset, POINT},
};

static peer *flooded(const char *label, uint16_t streams) {
    peer *p = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(true);
    p->label = label;
    config.streams = streams;
    peer_connect(p, &config);
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
    ck_assert_uint_eq(p->session->ledger.balance, FULL - POINT); /* the greeting's SETTINGS */
    return p;
}

/* As many as the burst pays for; the next one ends the session. */
static void expect_end(peer *p, void (*one)(peer *p, uint32_t i), uint32_t price) {
    uint32_t affordable = p->session->ledger.balance / price, i = 0;
    peer_frame frame;
    for (; i < affordable; i++) {
        one(p, i);
        if (i % 64 == 0) peer_deliver(p);
    }
    while (peer_next(p, &frame)) {
        if (frame.type == H2_GOAWAY) peer_fail(p, "the session ended too early");
    }
    ck_assert_int_eq(h2_session_failure(p->session)->culprit == H2_BY_RULE, false);
    one(p, i);
    while (peer_next(p, &frame) && frame.type != H2_GOAWAY) {
    }
    ck_assert_uint_eq(frame.type, H2_GOAWAY);
    ck_assert_uint_eq(h2_u32_read(frame.payload + 4), H2_ENHANCE_YOUR_CALM);
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_ABUSE);
    ck_assert(h2_session_finished(p->session));
}

START_TEST(rfc9113_10_5_every_flood_ends_after_the_stated_number) {
    const flood *row = &floods[_i];
    peer *p = flooded(row->label, 128);
    if (row->one == late_reset) {
        peer_send_u32(p, H2_RST_STREAM, 1, H2_CANCEL);
        peer_deliver(p);
    }
    expect_end(p, row->one, row->price);
    peer_finish(p);
    peer_free(p);
}
END_TEST

START_TEST(rfc9113_10_5_refused_streams_end_after_the_stated_number) {
    peer *p = flooded("refused streams", 1);
    expect_end(p, refused, POINT);
    peer_finish(p);
    peer_free(p);
}
END_TEST

/* One frame may hold thousands of values that each visit every stream. */
START_TEST(rfc9113_10_5_window_changes_packed_in_one_frame_are_paid_one_by_one) {
    peer *p = flooded("packed SETTINGS", 128);
    uint8_t payload[6 * 2000];
    for (size_t i = 0; i < sizeof payload; i += 6)
        memcpy(payload + i, (uint8_t[]){0, 4, 0, 0, 1, (uint8_t)(i / 6 % 2)}, 6);
    for (int i = 0; i < 4; i++) peer_send(p, H2_SETTINGS, 0, 0, payload, sizeof payload);
    peer_deliver(p);
    ck_assert_uint_eq(p->session->ledger.balance, FULL - POINT - 4 * (POINT + 2000));
    peer_send(p, H2_SETTINGS, 0, 0, payload, sizeof payload);
    peer_deliver(p);
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_ABUSE);
    peer_finish(p);
    peer_free(p);
}
END_TEST

/* A server's resets cost a client little: it loses only what it asked for. */
START_TEST(rfc9113_10_5_a_client_bears_more_resets) {
    peer *p = peer_new(PEER_WHOLE, 0);
    peer_connect_client(p);
    uint32_t before = p->session->ledger.balance;
    for (uint32_t id = 1; id < 2001; id += 2) {
        peer_open(p, H2_END, REQUEST);
        peer_flush(p);
        peer_send_u32(p, H2_RST_STREAM, id, H2_REFUSED_STREAM);
        peer_deliver(p);
    }
    ck_assert_uint_eq(p->session->ledger.balance, before - 1000);
    peer_finish(p);
    peer_free(p);
}
END_TEST

/* A flood slower than the refill goes on for ever. */
START_TEST(rfc9113_10_5_resets_below_the_refill_are_borne) {
    peer *p = flooded("slow resets", 128);
    uint32_t i = 0;
    for (uint64_t now = 1000; now < 1000 + 100 * 1000; now += 100) {
        h2_session_tick(p->session, now);
        for (int n = 0; n < 9; n++) rapid_reset(p, i++); /* 90 a second */
        peer_deliver(p);
        ck_assert_int_eq(h2_session_failure(p->session)->culprit, H2_BY_NOBODY);
    }
    peer_finish(p);
    peer_free(p);
}
END_TEST

START_TEST(rfc9113_10_5_honest_use_costs_nothing) {
    peer *p = flooded("honest use", 128);
    uint32_t before = p->session->ledger.balance;
    p->consume = true;
    for (uint32_t id = 3; id < 10003; id += 2) {
        peer_send_fields(p, 0, id, REQUEST);
        peer_send_data(p, 0, id, 700);
        peer_send_data(p, H2_FLAG_END_STREAM, id, 0);
        peer_deliver(p);
        peer_respond(p, id, 0, ":status=200");
        ck_assert_int_eq(h2_stream_write(p->session, id, "answer", 6, H2_END), H2_OK);
        peer_flush(p);
        peer_send_u32(p, H2_WINDOW_UPDATE, 0, H2_TINY_OCTETS);
    }
    peer_deliver(p);
    ck_assert_uint_eq(p->session->ledger.balance, before);
    peer_finish(p);
    peer_free(p);
}
END_TEST

/* One for each full frame that was sent, as from a proxy that gives back in pieces; those beyond have their price. */
START_TEST(rfc9113_10_5_tiny_window_updates_are_free_beside_full_data) {
    static const uint8_t full[H2_FULL_OCTETS];
    peer *p = flooded("tiny updates beside data", 128);
    const uint32_t before = p->session->ledger.balance;
    peer_respond(p, 1, 0, ":status=200");
    for (uint32_t i = 0; i < 20; i++) {
        ck_assert_int_eq(h2_stream_write(p->session, 1, full, sizeof full, 0), H2_OK);
        peer_flush(p);
        tiny_stream_window(p, i);
        peer_deliver(p);
    }
    ck_assert_uint_eq(p->session->ledger.balance, before);
    tiny_window(p, 0);
    peer_deliver(p);
    ck_assert_uint_eq(p->session->ledger.balance, before - H2_PRICE_CHEAP);
    ck_assert_int_eq(h2_stream_write(p->session, 1, full, sizeof full - 1, 0), H2_OK);
    peer_flush(p);
    tiny_window(p, 0);
    peer_deliver(p);
    ck_assert_uint_eq(p->session->ledger.balance, before - 2 * H2_PRICE_CHEAP);
    peer_finish(p);
    peer_free(p);
}
END_TEST

/* ---- the ledger by itself ---- */

START_TEST(rfc9113_10_5_ledger_refills_with_time_up_to_its_burst) {
    h2_ledger ledger;
    h2_ledger_init(&ledger, BURST);
    ck_assert(h2_ledger_charge(&ledger, FULL) && !h2_ledger_charge(&ledger, 1) && h2_ledger_charge(&ledger, 0));
    h2_ledger_refill(&ledger, BURST, REFILL, 0);
    ck_assert_uint_eq(ledger.balance, 0);
    for (int ms = 0; ms < 1000; ms++) /* a millisecond at a time loses nothing */
        h2_ledger_refill(&ledger, BURST, REFILL, 1);
    ck_assert_uint_eq(ledger.balance, REFILL * POINT);
    ck_assert(!h2_ledger_charge(&ledger, REFILL * POINT + 1));
    ck_assert_uint_eq(ledger.balance, REFILL * POINT); /* a refusal takes nothing */
    h2_ledger_refill(&ledger, BURST, REFILL, 8000);
    ck_assert_uint_eq(ledger.balance, 9 * REFILL * POINT);
    h2_ledger_refill(&ledger, BURST, REFILL, UINT32_MAX);
    ck_assert_uint_eq(ledger.balance, FULL);
}
END_TEST

typedef struct pace {
    uint16_t burst, refill;
    uint32_t step_ms, after_10_s; /* tenths */
} pace;

static const pace paces[] = {{1, 1, 1, 10},     {65535, 7, 1, 700}, {65535, 7, 13, 700},   {65535, 65535, 1, 655350},
                             {3, 65535, 1, 30}, {1000, 0, 100, 0},  {65535, 100, 1, 10000}};

/* Whatever the rate and however often the time is told: never too much, little too late, nothing overflows. */
START_TEST(rfc9113_10_5_ledger_keeps_any_pace) {
    const pace *row = &paces[_i];
    h2_ledger ledger;
    h2_ledger_init(&ledger, row->burst);
    ck_assert(h2_ledger_charge(&ledger, (uint32_t)row->burst * POINT));
    for (uint32_t now = row->step_ms; now <= 10000; now += row->step_ms)
        h2_ledger_refill(&ledger, row->burst, row->refill, row->step_ms);
    ck_assert_uint_le(ledger.balance, row->after_10_s);
    ck_assert_uint_ge(ledger.balance, row->after_10_s - row->after_10_s / 15);
}
END_TEST

/* The options: the last event the burst pays for, and the one past it. */
START_TEST(rfc9113_10_5_burst_and_refill_are_options) {
    peer *p = peer_new(PEER_WHOLE, 0);
    h2_config config = h2_config_hosted(_i);
    config.abuse_burst = 3;
    config.abuse_refill = 1;
    peer_connect(p, &config);
    ck_assert_uint_eq(p->session->ledger.balance, 2 * POINT);
    h2_session_tick(p->session, 1000);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_deliver(p);
    ck_assert_int_eq(h2_session_failure(p->session)->culprit, H2_BY_NOBODY);
    h2_session_tick(p->session, 2000);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_deliver(p);
    ck_assert_int_eq(h2_session_failure(p->session)->culprit, H2_BY_NOBODY);
    peer_send(p, H2_SETTINGS, 0, 0, NULL, 0);
    peer_deliver(p);
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_ABUSE);
    peer_finish(p);
    peer_free(p);
}
END_TEST

Suite *rfc9113_10_5_ledger_suite(void) {
    Suite *suite = suite_create("rfc9113 10.5 ledger");
    TCase *tc = tcase_create("floods");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, rfc9113_10_5_every_flood_ends_after_the_stated_number, 0, sizeof floods / sizeof floods[0]);
    tcase_add_test(tc, rfc9113_10_5_refused_streams_end_after_the_stated_number);
    tcase_add_test(tc, rfc9113_10_5_window_changes_packed_in_one_frame_are_paid_one_by_one);
    tcase_add_test(tc, rfc9113_10_5_a_client_bears_more_resets);
    tcase_add_test(tc, rfc9113_10_5_resets_below_the_refill_are_borne);
    tcase_add_test(tc, rfc9113_10_5_honest_use_costs_nothing);
    tcase_add_test(tc, rfc9113_10_5_tiny_window_updates_are_free_beside_full_data);
    tcase_add_test(tc, rfc9113_10_5_ledger_refills_with_time_up_to_its_burst);
    tcase_add_loop_test(tc, rfc9113_10_5_ledger_keeps_any_pace, 0, sizeof paces / sizeof *paces);
    tcase_add_loop_test(tc, rfc9113_10_5_burst_and_refill_are_options, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
