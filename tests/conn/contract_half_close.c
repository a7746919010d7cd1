/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "conn_suites.h"
#include "conn_test.h"

/* "Either side closes its half and goes on reading." */

#define LENGTH 300000u

/* Reads to the end, then writes a pattern and returns. */
static void read_then_write(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    ck_assert_int_eq(test_read_pattern(conn, 1), LENGTH);
    ck_assert_int_eq(test_write_pattern(conn, LENGTH, 2), H2CONN_OK);
}

START_TEST(contract_half_close_by_the_client_leaves_it_reading) {
    test_server s;
    test_server_handle(&s, read_then_write, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(test_write_pattern(conn, LENGTH, 1), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_write(conn, "x", 1, NULL), H2CONN_ECLOSED);
    ck_assert_int_eq(test_read_pattern(conn, 2), LENGTH);
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_OK);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

/* Writes a pattern, closes its half, and reads to the end. */
static void write_then_read(void *user, h2conn_request *request) {
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    ck_assert_int_eq(test_write_pattern(conn, LENGTH, 2), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_write(conn, "x", 1, NULL), H2CONN_ECLOSED);
    ck_assert_int_eq(test_read_pattern(conn, 1), LENGTH);
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_OK);
    test_raise(user);
}

START_TEST(contract_half_close_by_the_server_leaves_it_reading) {
    test_server s;
    test_flag done = TEST_FLAG;
    test_server_handle(&s, write_then_read, &done);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(test_read_pattern(conn, 2), LENGTH);
    ck_assert_int_eq(test_write_pattern(conn, LENGTH, 1), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_OK);
    test_await(&done, 1);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_half_close_twice_does_nothing) {
    test_server s;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_OK);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(NULL), H2CONN_EINVAL);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

#define MORE_THAN_ALL_WINDOWS (4u << 20)

static void *write_thread(void *arg) {
    uint8_t *bytes = malloc(MORE_THAN_ALL_WINDOWS);
    test_fill(bytes, MORE_THAN_ALL_WINDOWS, 0, 1);
    ck_assert_int_eq(h2conn_write(arg, bytes, MORE_THAN_ALL_WINDOWS, NULL), H2CONN_OK);
    free(bytes);
    return NULL;
}

static void *close_write_thread(void *arg) {
    ck_assert_int_eq(h2conn_close_write(arg), H2CONN_OK);
    return NULL;
}

/* The end waits for its turn behind the write that has it. */
START_TEST(contract_half_close_cuts_no_write_short) {
    test_server s;
    pthread_t writer, closer;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(pthread_create(&writer, NULL, write_thread, conn), 0);
    test_await_blocked(conn, 1);
    ck_assert_int_eq(pthread_create(&closer, NULL, close_write_thread, conn), 0);
    test_await_blocked(conn, 2);
    ck_assert_int_eq(test_read_pattern(conn, 1), MORE_THAN_ALL_WINDOWS);
    pthread_join(writer, NULL);
    pthread_join(closer, NULL);
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_OK);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_test(tc, contract_half_close_twice_does_nothing);
    tcase_add_test(tc, contract_half_close_cuts_no_write_short);
}

Suite *contract_half_close_suite(void) {
    Suite *suite = suite_create("contract: half-close");
    TCase *tc = test_case(suite, "half-close");
    tcase_add_test(tc, contract_half_close_by_the_client_leaves_it_reading);
    tcase_add_test(tc, contract_half_close_by_the_server_leaves_it_reading);
    test_each_style(suite, add_of_each_style);
    return suite;
}
