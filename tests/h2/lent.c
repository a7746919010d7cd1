/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "h2_internal.h"
#include "h2_suites.h"
#include "invariants.h"
#include "peer.h"

#ifdef H2_SMALL

/* Its sessions are given their memory. */
Suite *lent_suite(void) {
    return suite_create("lent: left out");
}

#else

/* A session whose memory is lent: what it holds and when, and every loan refused. The other suites run with both kinds
 * of memory; these sessions borrow in either run. */

#define REQUEST ":method=POST|:scheme=http|:path=/|:authority=a|x-some=thing"
#define STREAMS 20u
#define ROUNDS  200u
#define BODY    3000u

static peer *borrower(bool server, bool connect) {
    h2_config config = h2_config_hosted(server);
    peer *p = peer_new(PEER_WHOLE, 0);
    test_lent = true;
    if (connect)
        peer_connect(p, &config);
    else
        peer_start(p, &config);
    return p;
}

static void finish(peer *p) {
    peer_finish(p);
    peer_free(p);
}

/* ---- what is held ---- */

START_TEST(an_idle_session_holds_its_struct_and_nothing_else) {
    peer *p = borrower(_i, true);
    ck_assert_uint_eq(p->lender.held, 1);
    ck_assert_uint_lt(p->lender.bytes, 1300);
    finish(p);
}
END_TEST

START_TEST(an_idle_stream_adds_a_slot_and_its_table_entries) {
    peer *p = borrower(true, true);
    size_t before = p->lender.bytes;
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
    peer_respond(p, 1, 0, ":status=200");
    peer_flush(p);
    ck_assert_uint_eq(p->lender.held, 2);
    ck_assert_uint_le(p->lender.bytes - before, 100);
    finish(p);
}
END_TEST

START_TEST(a_header_block_borrows_until_its_end) {
    uint8_t block[100];
    peer *p = borrower(true, true);
    size_t n = peer_encode(block, sizeof block, REQUEST);
    peer_send(p, H2_HEADERS, 0, 1, block, n - 1);
    peer_deliver(p);
    ck_assert_uint_eq(p->lender.held, 3);
    peer_send(p, H2_CONTINUATION, H2_FLAG_END_HEADERS, 1, block + n - 1, 1);
    peer_deliver(p);
    ck_assert_uint_eq(p->lender.held, 2);
    finish(p);
}
END_TEST

START_TEST(a_session_that_fails_in_a_block_holds_no_memory_for_it) {
    peer *p = borrower(true, true);
    peer_send(p, H2_HEADERS, 0, 1, "\x82", 1);
    peer_send_ping(p, 0, "no place");
    peer_deliver(p);
    ck_assert_uint_eq(p->lender.held, 2);
    finish(p);
}
END_TEST

START_TEST(slots_go_back_when_a_tick_finds_no_stream) {
    peer *p = borrower(true, true);
    size_t before = p->lender.bytes;
    for (uint32_t id = 1; id < 2 * STREAMS; id += 2) peer_send_fields(p, 0, id, REQUEST);
    peer_deliver(p);
    ck_assert_uint_gt(p->lender.bytes, before + STREAMS * 70);
    for (uint32_t id = 1; id < 2 * STREAMS; id += 2) peer_send_u32(p, H2_RST_STREAM, id, H2_CANCEL);
    peer_deliver(p);
    h2_session_tick(p->session, 1);
    ck_assert_uint_eq(p->lender.bytes, before);
    peer_send_fields(p, 0, 2 * STREAMS + 1, REQUEST);
    peer_expect_alive(p);
    finish(p);
}
END_TEST

/* ---- one refusal, and what it does ---- */

START_TEST(a_stream_without_memory_is_refused_and_the_next_is_not) {
    peer *p = borrower(true, true);
    p->lender.refuse = p->lender.asked + 1;
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
    peer_expect_u32(p, H2_RST_STREAM, 1, H2_REFUSED_STREAM);
    peer_send_fields(p, 0, 3, REQUEST);
    peer_expect_events(p, "request 3");
    peer_expect_alive(p);
    finish(p);
}
END_TEST

START_TEST(a_header_block_without_memory_ends_the_session) {
    peer *p = borrower(true, true);
    p->lender.refuse = p->lender.asked + 2;
    peer_send_fields(p, 0, 1, REQUEST);
    peer_deliver(p);
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_MEMORY);
    peer_expect_goaway(p, 1, H2_INTERNAL_ERROR);
    finish(p);
}
END_TEST

START_TEST(a_table_entry_without_memory_ends_the_session) {
    peer *p = borrower(true, true);
    p->lender.refuse = p->lender.asked + 3;
    peer_send(p, H2_HEADERS, H2_FLAG_END_HEADERS, 1, "\x82\x40\x01x\x01y", 6);
    peer_deliver(p);
    ck_assert_int_eq(h2_session_failure(p->session)->rule, H2_RULE_MEMORY);
    peer_expect_goaway(p, 1, H2_INTERNAL_ERROR);
    finish(p);
}
END_TEST

START_TEST(rfc9218_a_priority_update_without_memory_is_ignored) {
    peer *p = borrower(true, true);
    p->lender.refuse = p->lender.asked + 1;
    peer_send(p, H2_PRIORITY_UPDATE, 0, 0, "\0\0\0\1u=0", 7);
    peer_expect_alive(p);
    finish(p);
}
END_TEST

/* The slot and the outbox. */
START_TEST(a_request_without_memory_changes_nothing) {
    peer *p = borrower(false, true);
    uint32_t id = 77;
    p->lender.refuse = p->lender.asked + (size_t)_i;
    ck_assert_int_eq(peer_try_open(p, 0, REQUEST, &id), H2_ENOMEM);
    ck_assert_uint_eq(id, 77);
    ck_assert_ptr_null(invariant_broken(p->session));
    peer_expect_nothing(p);
    ck_assert_uint_eq(peer_open(p, 0, REQUEST), 1);
    peer_expect_fields(p, 0, 1, REQUEST);
    finish(p);
}
END_TEST

START_TEST(a_session_without_memory_is_none) {
    h2_config config = h2_config_hosted(true);
    h2_handlers handlers = {0};
    h2_session *session = NULL;
    lender l;
    lender_init(&l);
    l.refuse = 1;
    ck_assert_int_eq(h2_session_new(&session, &l.hooks, &config, &handlers, NULL), H2_ENOMEM);
    config.streams = 0;
    ck_assert_int_eq(h2_session_new(&session, &l.hooks, &config, &handlers, NULL), H2_EINVAL);
    lender_check(&l);
}
END_TEST

/* ---- every refusal ---- */

/* Two sessions that talk; one stream of the client's for each number. */
typedef struct talk {
    lender lenders[2]; /* the client's, the server's */
    h2_session *client, *server;
    unsigned opened, closed, good;
    size_t got[ROUNDS];
    bool ended[ROUNDS];
} talk;

static uint8_t body[BODY];

static void on_request(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    static const h2_field answer[] = {H2_FIELD(":status", "200"), H2_FIELD("x-name", "a value to remember")};
    talk *t = user;
    (void)section;
    (void)fields;
    (void)n;
    (void)end;
    if (h2_stream_respond(t->server, id, answer, 2, 0) != H2_OK) h2_stream_reset(t->server, id, H2_INTERNAL_ERROR);
}

static void on_upload(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    talk *t = user;
    (void)bytes;
    h2_stream_consumed(t->server, id, len);
    if (end) h2_stream_write(t->server, id, body, BODY, H2_END);
}

static void on_download(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    talk *t = user;
    (void)bytes;
    h2_stream_consumed(t->client, id, len);
    t->got[id / 2] += len;
    t->ended[id / 2] = end;
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    talk *t = user;
    t->closed++;
    if (why->culprit != H2_BY_NOBODY) return;
    ck_assert(t->ended[id / 2]);
    ck_assert_uint_eq(t->got[id / 2], BODY);
    t->good++;
}

/* Move what there is, both ways; who has failed hangs up. */
static void move(talk *t) {
    static uint8_t buf[4096];
    size_t there, back;
    do {
        there = h2_session_transmit(t->client, buf, sizeof buf);
        if (there > 0) h2_session_receive(t->server, buf, there);
        back = h2_session_transmit(t->server, buf, sizeof buf);
        if (back > 0) h2_session_receive(t->client, buf, back);
        ck_assert_ptr_null(invariant_broken(t->client));
        ck_assert_ptr_null(invariant_broken(t->server));
    } while (there + back > 0);
    if (h2_session_finished(t->server)) h2_session_lost(t->client, H2_INTERNAL_ERROR);
    if (h2_session_finished(t->client)) h2_session_lost(t->server, H2_INTERNAL_ERROR);
}

static void open_some(talk *t, unsigned n) {
    char path[] = "/ab", trace[] = "some value to index: a";
    for (unsigned i = 0; i < n; i++) {
        const h2_field fields[] = {H2_FIELD(":method", "POST"),
                                   H2_FIELD(":scheme", "http"),
                                   H2_FIELD(":authority", "a"),
                                   {":path", path, 5, 3, false},
                                   {"x-trace", trace, 7, sizeof trace - 1, false}};
        uint32_t id;
        path[1] = trace[sizeof trace - 2] = (char)('a' + t->opened % 26);
        if (h2_stream_open(t->client, fields, 5, 0, &id) != H2_OK) continue;
        t->opened++;
        ck_assert_int_eq(h2_stream_write(t->client, id, body, BODY, H2_END), H2_OK);
    }
}

/* Returns whether no loan was refused. */
static bool talk_through(size_t refuse, int whose) {
    static const h2_handlers server = {.on_headers = on_request, .on_data = on_upload};
    static const h2_handlers client = {.on_data = on_download, .on_closed = on_closed};
    static talk t;
    h2_config ours = h2_config_hosted(false), theirs = h2_config_hosted(true);
    memset(&t, 0, sizeof t);
    for (int i = 0; i < 2; i++) lender_init(&t.lenders[i]);
    ck_assert_int_eq(h2_session_new(&t.client, &t.lenders[0].hooks, &ours, &client, &t), H2_OK);
    ck_assert_int_eq(h2_session_new(&t.server, &t.lenders[1].hooks, &theirs, &server, &t), H2_OK);
    t.lenders[whose].refuse = refuse;
    for (unsigned n = 1; n <= STREAMS; n++) {
        open_some(&t, n > 10 ? 1 : n);
        move(&t);
        h2_session_tick(t.client, n);
        h2_session_tick(t.server, n);
    }
    bool refused = refuse != 0 && t.lenders[whose].asked >= refuse;
    ck_assert_uint_eq(t.closed, t.opened);
    if (!refused) ck_assert_uint_eq(t.good, t.opened);
    const h2_failure *why = h2_session_failure(t.server);
    if (why->culprit == H2_BY_NOBODY) why = h2_session_failure(t.client);
    if (why->culprit != H2_BY_NOBODY) ck_assert_uint_eq(why->code, H2_INTERNAL_ERROR);
    if (!refused) ck_assert_uint_eq(t.lenders[0].held, invariant_loans(t.client));
    if (!refused) ck_assert_uint_eq(t.lenders[1].held, invariant_loans(t.server));
    h2_session_free(t.client);
    h2_session_free(t.server);
    for (int i = 0; i < 2; i++) lender_check(&t.lenders[i]);
    return !refused;
}

START_TEST(every_refused_loan_costs_a_stream_or_the_session_and_nothing_else) {
    ck_assert(talk_through(0, 0));
    size_t refuse = 2;
    while (!talk_through(refuse, _i)) refuse++;
    ck_assert_uint_gt(refuse, 50);
}
END_TEST

/* Slots move while streams are on all lists, and all of them go on. */
START_TEST(a_growing_table_of_streams_loses_none) {
    static uint8_t bytes[1000];
    h2_config config = h2_config_hosted(true);
    peer *p = peer_new(PEER_WHOLE, 0);
    test_lent = true;
    config.streams = 500;
    peer_connect(p, &config);
    for (uint32_t id = 1; id < 1000; id += 2) {
        peer_send_fields(p, H2_FLAG_END_STREAM, id, REQUEST);
        peer_deliver(p);
        if (id % 3 == 0) ck_assert_int_eq(h2_stream_reset(p->session, id, H2_CANCEL), H2_OK);
        if (id % 3 == 0) continue;
        ck_assert_int_eq(peer_try_respond(p, id, 0, ":status=200"), H2_OK);
        ck_assert_int_eq(h2_stream_prioritize(p->session, id, id % 8, id % 5 > 0), H2_OK);
        ck_assert_int_eq(h2_stream_write(p->session, id, bytes, id % 4 ? id : 1, H2_END), H2_OK);
        ck_assert_ptr_null(invariant_broken(p->session));
    }
    peer_send_u32(p, H2_WINDOW_UPDATE, 0, 1000000);
    finish(p);
}
END_TEST

Suite *lent_suite(void) {
    Suite *suite = suite_create("memory that is lent");
    TCase *held = tcase_create("held"), *refused = tcase_create("refused");
    tcase_add_loop_test(held, an_idle_session_holds_its_struct_and_nothing_else, 0, 2);
    tcase_add_test(held, an_idle_stream_adds_a_slot_and_its_table_entries);
    tcase_add_test(held, a_header_block_borrows_until_its_end);
    tcase_add_test(held, a_session_that_fails_in_a_block_holds_no_memory_for_it);
    tcase_add_test(held, slots_go_back_when_a_tick_finds_no_stream);
    tcase_add_test(held, a_growing_table_of_streams_loses_none);
    tcase_add_test(refused, a_stream_without_memory_is_refused_and_the_next_is_not);
    tcase_add_test(refused, a_header_block_without_memory_ends_the_session);
    tcase_add_test(refused, a_table_entry_without_memory_ends_the_session);
    tcase_add_test(refused, rfc9218_a_priority_update_without_memory_is_ignored);
    tcase_add_loop_test(refused, a_request_without_memory_changes_nothing, 1, 3);
    tcase_add_test(refused, a_session_without_memory_is_none);
    tcase_add_loop_test(refused, every_refused_loan_costs_a_stream_or_the_session_and_nothing_else, 0, 2);
    tcase_set_timeout(refused, 60);
    suite_add_tcase(suite, held);
    suite_add_tcase(suite, refused);
    return suite;
}

#endif
