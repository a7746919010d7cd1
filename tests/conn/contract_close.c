/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "conn_suites.h"
#include "conn_test.h"

/* "close is safe from any thread, twice, and while others wait in read or write: they return H2CONN_ECLOSED. What was
 * written before a clean close arrives." */

#define MORE_THAN_ALL_WINDOWS (4u << 20)

typedef struct blocked {
    h2conn *conn;
    ptrdiff_t result;
    pthread_t thread;
} blocked;

static void *read_thread(void *arg) {
    blocked *b = arg;
    char buf[16];
    b->result = h2conn_read(b->conn, buf, sizeof buf);
    return NULL;
}

static void *write_thread(void *arg) {
    blocked *b = arg;
    uint8_t *bytes = calloc(1, MORE_THAN_ALL_WINDOWS);
    b->result = h2conn_write(b->conn, bytes, MORE_THAN_ALL_WINDOWS, NULL);
    free(bytes);
    return NULL;
}

static void *wait_thread(void *arg) {
    blocked *b = arg;
    b->result = h2conn_wait_closed(b->conn);
    return NULL;
}

static void block(blocked *b, h2conn *conn, void *(*run)(void *arg), unsigned n) {
    b->conn = conn;
    ck_assert_int_eq(pthread_create(&b->thread, NULL, run, b), 0);
    test_await_blocked(conn, n);
}

/* Accepts, and neither reads nor writes until told. */
static void hold(void *user, h2conn_request *request) {
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    test_await(user, 1);
}

START_TEST(contract_close_wakes_a_blocked_read) {
    test_server s;
    test_flag go = TEST_FLAG;
    blocked b;
    test_server_handle(&s, hold, &go);
    h2conn *conn = test_connect(s.url, NULL);
    block(&b, conn, read_thread, 1);
    ck_assert_int_eq(h2conn_close(conn), H2CONN_OK);
    pthread_join(b.thread, NULL);
    ck_assert_int_eq(b.result, H2CONN_ECLOSED);
    test_raise(&go);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

/* After quick answers the reader waits in another system call, at first. */
START_TEST(contract_close_and_a_deadline_wake_a_read_that_was_answered_quickly) {
    test_server s;
    test_server_handle(&s, test_echo, NULL);
    for (int round = 0; round < 10; round++) {
        blocked b;
        char byte;
        h2conn *conn = test_connect(s.url, NULL);
        for (int i = 0; i < 20; i++) {
            ck_assert_int_eq(h2conn_write(conn, "x", 1, NULL), H2CONN_OK);
            ck_assert_int_eq(h2conn_read(conn, &byte, 1), 1);
        }
        block(&b, conn, read_thread, 1);
        h2conn_set_read_deadline(conn, 1);
        pthread_join(b.thread, NULL);
        ck_assert_int_eq(b.result, H2CONN_ETIMEDOUT);
        h2conn_set_read_deadline(conn, 0);
        ck_assert_int_eq(h2conn_write(conn, "y", 1, NULL), H2CONN_OK);
        ck_assert_int_eq(h2conn_read(conn, &byte, 1), 1);
        block(&b, conn, read_thread, 1);
        ck_assert_int_eq(h2conn_close(conn), H2CONN_OK);
        pthread_join(b.thread, NULL);
        ck_assert_int_eq(b.result, H2CONN_ECLOSED);
        h2conn_free(conn);
    }
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_close_wakes_a_blocked_write_and_tells_the_peer_it_is_cut) {
    test_server s;
    test_flag go = TEST_FLAG;
    blocked b;
    test_server_handle(&s, hold, &go);
    h2conn *conn = test_connect(s.url, NULL);
    block(&b, conn, write_thread, 1);
    ck_assert_int_eq(h2conn_close(conn), H2CONN_OK);
    pthread_join(b.thread, NULL);
    ck_assert_int_eq(b.result, H2CONN_ECLOSED);
    ck_assert_uint_eq(h2conn_code(conn), H2_CANCEL);
    test_raise(&go);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_close_wakes_all_who_wait) {
    enum { READERS = 5, WRITERS = 5, WAITERS = 2, ALL = READERS + WRITERS + WAITERS };
    test_server s;
    test_flag go = TEST_FLAG;
    blocked b[ALL];
    test_server_handle(&s, hold, &go);
    h2conn *conn = test_connect(s.url, NULL);
    for (unsigned i = 0; i < ALL; i++)
        block(&b[i], conn, i < READERS ? read_thread : i < READERS + WRITERS ? write_thread : wait_thread, i + 1);
    ck_assert_int_eq(h2conn_close(conn), H2CONN_OK);
    for (unsigned i = 0; i < ALL; i++) {
        pthread_join(b[i].thread, NULL);
        ck_assert_int_eq(b[i].result, H2CONN_ECLOSED);
    }
    test_raise(&go);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_close_any_number_of_times) {
    test_server s;
    char buf[4];
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    for (int i = 0; i < 4; i++) ck_assert_int_eq(h2conn_close(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), H2CONN_ECLOSED);
    ck_assert_int_eq(h2conn_write(conn, "x", 1, NULL), H2CONN_ECLOSED);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_close(NULL), H2CONN_EINVAL);
    h2conn_free(conn);
    h2conn_free(NULL);
    test_server_stop(&s);
}
END_TEST

static void *close_thread(void *arg) {
    h2conn_close(arg);
    return NULL;
}

START_TEST(contract_close_from_many_threads_at_once) {
    enum { ROUNDS = 50, THREADS = 8 };
    test_server s;
    h2conn_client *client;
    test_server_handle(&s, test_echo, NULL);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[THREADS];
        blocked reader = {.conn = test_connect(s.url, client)};
        ck_assert_int_eq(pthread_create(&reader.thread, NULL, read_thread, &reader), 0);
        for (int i = 0; i < THREADS; i++)
            ck_assert_int_eq(pthread_create(&threads[i], NULL, close_thread, reader.conn), 0);
        for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
        pthread_join(reader.thread, NULL);
        ck_assert_int_eq(reader.result, H2CONN_ECLOSED);
        h2conn_free(reader.conn);
    }
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

/* What the server's side read, and how its reading ended. */
typedef struct outcome {
    test_flag done;
    int64_t read;
    ptrdiff_t again;
} outcome;

static void read_pattern(void *user, h2conn_request *request) {
    outcome *o = user;
    char byte;
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    o->read = test_read_pattern(conn, 4);
    o->again = h2conn_read(conn, &byte, 1);
    test_raise(&o->done);
}

/* With and without a client that lives on; by close and by free. */
START_TEST(contract_close_loses_nothing_that_was_written) {
    enum { ROUNDS = 20, LENGTH = 200000 };
    test_server s;
    h2conn_client *client = NULL;
    outcome o = {TEST_FLAG, 0, 0};
    test_server_handle(&s, read_pattern, &o);
    if (_i & 1) ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    for (int round = 0; round < ROUNDS; round++) {
        h2conn *conn = test_connect(s.url, client);
        ck_assert_int_eq(test_write_pattern(conn, LENGTH, 4), H2CONN_OK);
        if (_i & 2) h2conn_close(conn);
        h2conn_free(conn);
        test_await(&o.done, round + 1);
        ck_assert_int_eq(o.read, LENGTH);
        ck_assert_int_eq(o.again, 0);
    }
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

/* The server writes and returns at once; the client reads it all, also when it had sent what nobody read. */
static void write_pattern(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    ck_assert_int_eq(test_write_pattern(conn, 200000, 6), H2CONN_OK);
}

START_TEST(contract_close_by_the_server_loses_nothing_either) {
    test_server s;
    test_server_handle(&s, write_pattern, NULL);
    for (int round = 0; round < 20; round++) {
        h2conn *conn = test_connect(s.url, NULL);
        if (_i) h2conn_write(conn, "unread", 6, NULL);
        ck_assert_int_eq(test_read_pattern(conn, 6), 200000);
        h2conn_free(conn);
    }
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_reset_gives_the_peer_the_code) {
    test_server s;
    outcome o = {TEST_FLAG, 0, 0};
    test_server_handle(&s, read_pattern, &o);
    h2conn_client *client;
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    h2conn *conn = test_connect(s.url, client);
    blocked b;
    block(&b, conn, read_thread, 1);
    ck_assert_int_eq(h2conn_reset(conn, H2_ENHANCE_YOUR_CALM), H2CONN_OK);
    pthread_join(b.thread, NULL);
    ck_assert_int_eq(b.result, H2CONN_ECLOSED);
    test_await(&o.done, 1);
    ck_assert_int_eq(o.read, H2CONN_ERESET);
    ck_assert_uint_eq(h2conn_code(conn), H2_ENHANCE_YOUR_CALM);
    h2conn_free(conn);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_test(tc, contract_close_any_number_of_times);
    tcase_add_test(tc, contract_close_from_many_threads_at_once);
}

Suite *contract_close_suite(void) {
    Suite *suite = suite_create("contract: close");
    TCase *tc = test_case(suite, "close");
    tcase_add_test(tc, contract_close_wakes_a_blocked_read);
    tcase_add_test(tc, contract_close_and_a_deadline_wake_a_read_that_was_answered_quickly);
    tcase_add_test(tc, contract_close_wakes_a_blocked_write_and_tells_the_peer_it_is_cut);
    tcase_add_test(tc, contract_close_wakes_all_who_wait);
    tcase_add_loop_test(tc, contract_close_loses_nothing_that_was_written, 0, 4);
    tcase_add_loop_test(tc, contract_close_by_the_server_loses_nothing_either, 0, 2);
    tcase_add_test(tc, contract_reset_gives_the_peer_the_code);
    test_each_style(suite, add_of_each_style);
    return suite;
}
