/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "conn_suites.h"
#include "conn_test.h"

/* "Deadlines are absolute, may be set at any time from any thread, wake calls that wait, and can be moved to revive the
 * connection. H2CONN_ETIMEDOUT leaves it usable." A past deadline fails at once. */

#define SOON_MS  60
#define NEVER_MS (10 * TEST_PATIENCE_MS)

typedef struct call {
    h2conn *conn;
    ptrdiff_t result;
    size_t written;
    pthread_t thread;
} call;

static void *read_thread(void *arg) {
    call *c = arg;
    char buf[16];
    c->result = h2conn_read(c->conn, buf, sizeof buf);
    return NULL;
}

static void *write_thread(void *arg) {
    call *c = arg;
    uint8_t *bytes = calloc(1, 4u << 20);
    c->result = h2conn_write(c->conn, bytes, 4u << 20, &c->written);
    free(bytes);
    return NULL;
}

static void *wait_thread(void *arg) {
    call *c = arg;
    c->result = h2conn_wait_closed(c->conn);
    return NULL;
}

static void start(call *c, h2conn *conn, void *(*run)(void *arg)) {
    c->conn = conn;
    ck_assert_int_eq(pthread_create(&c->thread, NULL, run, c), 0);
}

static ptrdiff_t finish(call *c) {
    pthread_join(c->thread, NULL);
    return c->result;
}

/* An echo in three steps on one connection of a session, told to move. */
static void echo_on_go(void *user, h2conn_request *request) {
    test_await(user, 1);
    test_echo(NULL, request);
}

typedef struct bench {
    test_server server;
    h2conn *conn;
} bench;

static void bench_open(bench *b, h2conn_handler handler, void *user) {
    test_server_handle(&b->server, handler, user);
    b->conn = test_connect(b->server.url, NULL);
}

static void bench_close(bench *b) {
    h2conn_free(b->conn);
    test_server_stop(&b->server);
}

START_TEST(contract_deadline_in_the_past_fails_at_once_and_can_be_taken_back) {
    bench b;
    char buf[8];
    size_t written;
    bench_open(&b, test_echo, NULL);
    for (int i = 0; i < 3; i++) {
        h2conn_set_deadline(b.conn, i == 0 ? 1 : h2conn_now());
        ck_assert_int_eq(h2conn_read(b.conn, buf, sizeof buf), H2CONN_ETIMEDOUT);
        ck_assert_int_eq(h2conn_write(b.conn, "x", 1, &written), H2CONN_ETIMEDOUT);
        ck_assert_uint_eq(written, 0);
        ck_assert_int_eq(h2conn_wait_closed(b.conn), H2CONN_ETIMEDOUT);
        h2conn_set_deadline(b.conn, i == 1 ? 0 : h2conn_now() + NEVER_MS);
        test_ask(b.conn, "revived");
    }
    bench_close(&b);
}
END_TEST

START_TEST(contract_deadline_in_the_future_ends_a_read_not_before_it) {
    bench b;
    char buf[8];
    bench_open(&b, test_echo, NULL);
    const int64_t at = h2conn_now() + SOON_MS;
    h2conn_set_read_deadline(b.conn, at);
    ck_assert_int_eq(h2conn_read(b.conn, buf, sizeof buf), H2CONN_ETIMEDOUT);
    ck_assert_int_ge(h2conn_now(), at);
    ck_assert_int_eq(h2conn_wait_closed(b.conn), H2CONN_ETIMEDOUT);
    h2conn_set_read_deadline(b.conn, 0);
    test_ask(b.conn, "usable");
    bench_close(&b);
}
END_TEST

START_TEST(contract_deadline_of_reading_is_none_of_writing) {
    bench b;
    char buf[8];
    bench_open(&b, test_echo, NULL);
    h2conn_set_read_deadline(b.conn, 1);
    ck_assert_int_eq(h2conn_write(b.conn, "abc", 3, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_read(b.conn, buf, sizeof buf), H2CONN_ETIMEDOUT);
    h2conn_set_read_deadline(b.conn, 0);
    h2conn_set_write_deadline(b.conn, 1);
    ck_assert_int_gt(h2conn_read(b.conn, buf, sizeof buf), 0);
    ck_assert_int_eq(h2conn_write(b.conn, "abc", 3, NULL), H2CONN_ETIMEDOUT);
    bench_close(&b);
}
END_TEST

START_TEST(contract_deadline_set_now_wakes_calls_that_wait) {
    bench b;
    call c;
    bench_open(&b, test_echo, NULL);
    void *(*const runs[])(void *) = {read_thread, write_thread, wait_thread};
    start(&c, b.conn, runs[_i]);
    test_await_blocked(b.conn, 1);
    h2conn_set_deadline(b.conn, h2conn_now());
    ck_assert_int_eq(finish(&c), H2CONN_ETIMEDOUT);
    if (_i == 1) ck_assert_uint_lt(c.written, 4u << 20);
    bench_close(&b);
}
END_TEST

START_TEST(contract_deadline_moved_closer_ends_a_waiting_call_sooner) {
    bench b;
    call c;
    bench_open(&b, test_echo, NULL);
    h2conn_set_read_deadline(b.conn, h2conn_now() + NEVER_MS);
    start(&c, b.conn, read_thread);
    test_await_blocked(b.conn, 1);
    h2conn_set_read_deadline(b.conn, h2conn_now() + SOON_MS);
    ck_assert_int_eq(finish(&c), H2CONN_ETIMEDOUT);
    bench_close(&b);
}
END_TEST

START_TEST(contract_deadline_moved_away_keeps_a_waiting_call_waiting) {
    bench b;
    call c;
    bench_open(&b, test_echo, NULL);
    const int64_t first = h2conn_now() + SOON_MS;
    h2conn_set_read_deadline(b.conn, first);
    start(&c, b.conn, read_thread);
    h2conn_set_read_deadline(b.conn, h2conn_now() + NEVER_MS);
    /* Past the first deadline, by a wait of our own on another connection. */
    h2conn *other = test_connect(b.server.url, NULL);
    char buf[4];
    h2conn_set_read_deadline(other, first + 2);
    ck_assert_int_eq(h2conn_read(other, buf, sizeof buf), H2CONN_ETIMEDOUT);
    ck_assert_int_eq(h2conn_write(b.conn, "abc", 3, NULL), H2CONN_OK);
    ck_assert_int_gt(finish(&c), 0);
    h2conn_free(other);
    bench_close(&b);
}
END_TEST

START_TEST(contract_deadline_moved_by_many_threads_while_others_read) {
    enum { READERS = 4, ROUNDS = 2000 };
    bench b;
    call c[READERS];
    bench_open(&b, test_echo, NULL);
    for (int i = 0; i < READERS; i++) start(&c[i], b.conn, read_thread);
    for (int i = 0; i < ROUNDS; i++) h2conn_set_deadline(b.conn, i % 2 ? 0 : h2conn_now() + NEVER_MS);
    h2conn_set_deadline(b.conn, h2conn_now());
    for (int i = 0; i < READERS; i++) ck_assert_int_eq(finish(&c[i]), H2CONN_ETIMEDOUT);
    h2conn_set_deadline(b.conn, 0);
    test_ask(b.conn, "usable");
    bench_close(&b);
}
END_TEST

START_TEST(contract_deadline_of_a_connect_that_is_not_answered) {
    test_server s;
    test_flag go = TEST_FLAG;
    test_server_handle(&s, echo_on_go, &go);
    const h2conn_options options = {.timeout_ms = SOON_MS};
    h2conn_response response;
    const int64_t start_at = h2conn_now();
    ck_assert_int_eq(test_connect_error(s.url, &options, &response), H2CONN_ETIMEDOUT);
    ck_assert_int_ge(h2conn_now(), start_at + SOON_MS);
    test_raise(&go);
    test_server_stop(&s);
}
END_TEST

/* The listener's kernel completes the connection, but nobody ever speaks. */
START_TEST(contract_deadline_of_a_connect_to_a_silent_peer) {
    char url[H2CONN_WHY_BYTES];
    const h2conn_options options = {.timeout_ms = SOON_MS};
    h2conn_response response;
    test_listen_raw(url);
    const int64_t start_at = h2conn_now();
    ck_assert_int_eq(test_connect_error(url, &options, &response), H2CONN_ETIMEDOUT);
    ck_assert_int_ge(h2conn_now(), start_at + SOON_MS);
}
END_TEST

static void *wait_for_a_byte(void *arg) {
    char byte = 0;
    ck_assert_int_eq(h2conn_read(arg, &byte, 1), 1);
    ck_assert_int_eq(byte, 'b');
    return NULL;
}

START_TEST(contract_deadline_later_than_any_time_does_not_pass) {
    test_server s;
    pthread_t thread;
    h2conn *conn;
    int64_t rtt;
    const h2conn_options patient = {.client = test_manual(), .timeout_ms = INT64_MAX};
    test_server_handle(&s, test_echo, NULL);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, &patient, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_ping(conn, INT64_MAX, &rtt), H2CONN_OK);
    h2conn_set_deadline(conn, INT64_MAX);
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_a_byte, conn), 0);
    test_await_blocked(conn, 1);
    ck_assert_int_eq(h2conn_write(conn, "b", 1, NULL), H2CONN_OK);
    pthread_join(thread, NULL);
    h2conn_set_deadline(conn, INT64_MIN);
    ck_assert_int_eq(h2conn_write(conn, "b", 1, NULL), H2CONN_ETIMEDOUT);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

Suite *contract_deadlines_suite(void) {
    Suite *suite = suite_create("contract: deadlines");
    TCase *tc = test_case(suite, "deadlines");
    tcase_add_test(tc, contract_deadline_in_the_past_fails_at_once_and_can_be_taken_back);
    tcase_add_test(tc, contract_deadline_in_the_future_ends_a_read_not_before_it);
    tcase_add_test(tc, contract_deadline_of_reading_is_none_of_writing);
    tcase_add_loop_test(tc, contract_deadline_set_now_wakes_calls_that_wait, 0, 3);
    tcase_add_test(tc, contract_deadline_moved_closer_ends_a_waiting_call_sooner);
    tcase_add_test(tc, contract_deadline_moved_away_keeps_a_waiting_call_waiting);
    tcase_add_test(tc, contract_deadline_moved_by_many_threads_while_others_read);
    tcase_add_test(tc, contract_deadline_later_than_any_time_does_not_pass);
    tcase_add_test(tc, contract_deadline_of_a_connect_that_is_not_answered);
    tcase_add_test(tc, contract_deadline_of_a_connect_to_a_silent_peer);
    return suite;
}
