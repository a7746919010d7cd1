/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
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

/* ---- no half to write ---- */

/* RFC 9110, 6.4.1: what is written where a response has no content is refused, and its end alone is sent. */
static void accept_without_content(void *user, h2conn_request *request) {
    const h2conn_field trailer = H2CONN_FIELD("x", "y");
    const bool head = strcmp(h2conn_request_method(request), "HEAD") == 0;
    h2conn *conn;
    size_t written = 1;
    (void)user;
    ck_assert_int_eq(h2conn_accept(&conn, request, head ? 200 : 204, NULL, 0), H2CONN_OK);
    ck_assert_int_eq(h2conn_write(conn, "bytes", 5, &written), H2CONN_ESTATE);
    ck_assert_uint_eq(written, 0);
    ck_assert_int_eq(h2conn_try_write(conn, "bytes", 5), H2CONN_ESTATE);
    ck_assert_int_eq(h2conn_close_write_with(conn, &trailer, 1), H2CONN_ESTATE);
    ck_assert_int_eq(h2conn_write(conn, NULL, 0, NULL), H2CONN_OK);
    h2conn_close(conn);
}

START_TEST(rfc9110_6_4_1_a_connection_without_content_is_not_written_to) {
    static const char *const methods[] = {"GET", "HEAD", "POST"};
    test_server s;
    test_server_answer(&s, accept_without_content, NULL);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const h2conn_options options = {.method = methods[i]};
        h2conn_response response;
        h2conn *conn;
        char byte;
        size_t n;
        ck_assert_int_eq(h2conn_connect(&conn, s.url, &options, &response), H2CONN_OK);
        ck_assert_int_eq(response.status, i == 1 ? 200 : 204);
        ck_assert_int_eq(h2conn_read(conn, &byte, 1), 0);
        h2conn_trailers(conn, &n);
        ck_assert_uint_eq(n, 0);
        h2conn_free(conn);
    }
    test_server_stop(&s);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_test(tc, rfc9110_6_4_1_a_connection_without_content_is_not_written_to);
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
