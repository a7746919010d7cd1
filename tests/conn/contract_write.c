/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "posix_conn.h"

/* "write takes all or fails saying how much went; it waits for the peer's window and never drops." */

#define WINDOW 1000u /* of the raw servers here */

typedef struct shut_window {
    test_flag go, filled;
    uint64_t received;
    bool opens;
} shut_window;

/* Announces a small window, reads what fills it, and on `go` opens it, or not. */
static void small_window(int fd, void *user) {
    static const char settings[] = "\0\4\0\0\3\350"; /* INITIAL_WINDOW_SIZE of WINDOW */
    shut_window *w = user;
    test_frame frame;
    test_greet_client(fd, settings, sizeof settings - 1);
    const uint32_t id = test_await_request(fd);
    test_write_ok(fd, id, 0);
    while (w->received < WINDOW && test_await_frame(fd, &frame, H2_DATA)) w->received += frame.header.length;
    test_raise(&w->filled);
    test_await(&w->go, 1);
    while (w->opens && (frame.header.flags & H2_FLAG_END_STREAM) == 0) {
        test_write_frame(fd, H2_WINDOW_UPDATE, 0, id, "\0\0\2\0", 4);
        ck_assert(test_await_frame(fd, &frame, H2_DATA));
        w->received += frame.header.length;
    }
}

START_TEST(contract_write_waits_for_the_window_and_drops_nothing) {
    static const uint8_t bytes[20 * WINDOW];
    shut_window w = {TEST_FLAG, TEST_FLAG, 0, true};
    test_raw raw;
    size_t written;
    test_raw_start(&raw, small_window, &w);
    h2conn *conn = test_connect(raw.url, NULL);
    test_raise(&w.go);
    ck_assert_int_eq(h2conn_write(conn, bytes, sizeof bytes, &written), H2CONN_OK);
    ck_assert_uint_eq(written, sizeof bytes);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    h2conn_wait_closed(conn);
    h2conn_free(conn);
    test_raw_join(&raw);
    ck_assert_uint_eq(w.received, sizeof bytes);
}
END_TEST

START_TEST(contract_write_that_times_out_says_how_much_went_and_can_go_on) {
    static const uint8_t bytes[20 * WINDOW];
    shut_window w = {TEST_FLAG, TEST_FLAG, 0, true};
    test_raw raw;
    size_t written, rest;
    test_raw_start(&raw, small_window, &w);
    h2conn *conn = test_connect(raw.url, NULL);
    h2conn_set_write_deadline(conn, h2conn_now() + 200);
    ck_assert_int_eq(h2conn_write(conn, bytes, sizeof bytes, &written), H2CONN_ETIMEDOUT);
    ck_assert_uint_eq(written, WINDOW);
    ck_assert_int_eq(h2conn_write(conn, bytes, sizeof bytes, &rest), H2CONN_ETIMEDOUT);
    ck_assert_uint_eq(rest, 0);
    h2conn_set_write_deadline(conn, 0);
    test_raise(&w.go);
    ck_assert_int_eq(h2conn_write(conn, bytes + written, sizeof bytes - written, &rest), H2CONN_OK);
    ck_assert_uint_eq(written + rest, sizeof bytes);
    h2conn_close_write(conn);
    h2conn_wait_closed(conn);
    h2conn_free(conn);
    test_raw_join(&raw);
    ck_assert_uint_eq(w.received, sizeof bytes);
}
END_TEST

typedef struct write_call {
    h2conn *conn;
    size_t len, written;
    int result;
    pthread_t thread;
} write_call;

static void *write_thread(void *arg) {
    write_call *call = arg;
    uint8_t *bytes = calloc(1, call->len);
    call->result = h2conn_write(call->conn, bytes, call->len, &call->written);
    free(bytes);
    return NULL;
}

static void reset_on_go(int fd, void *user) {
    shut_window *w = user;
    w->opens = false;
    small_window(fd, user);
    test_write_frame(fd, H2_RST_STREAM, 0, 1, "\0\0\0\x8", 4);
}

START_TEST(contract_write_that_is_reset_says_how_much_went) {
    shut_window w = {TEST_FLAG, TEST_FLAG, 0, false};
    test_raw raw;
    test_raw_start(&raw, reset_on_go, &w);
    h2conn *conn = test_connect(raw.url, NULL);
    write_call call = {.conn = conn, .len = 20 * WINDOW};
    ck_assert_int_eq(pthread_create(&call.thread, NULL, write_thread, &call), 0);
    test_await(&w.filled, 1);
    test_raise(&w.go);
    pthread_join(call.thread, NULL);
    ck_assert_int_eq(call.result, H2CONN_ERESET);
    ck_assert_uint_eq(call.written, WINDOW);
    ck_assert_int_eq(h2conn_write(conn, "x", 1, &call.written), H2CONN_ERESET);
    ck_assert_uint_eq(call.written, 0);
    ck_assert_uint_eq(h2conn_code(conn), H2_CANCEL);
    h2conn_free(conn);
    test_raw_join(&raw);
}
END_TEST

START_TEST(contract_write_of_nothing_is_done_and_wrong_arguments_are_refused) {
    test_server s;
    size_t written = 9;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(h2conn_write(conn, NULL, 0, &written), H2CONN_OK);
    ck_assert_uint_eq(written, 0);
    ck_assert_int_eq(h2conn_write(conn, NULL, 1, &written), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_write(NULL, "x", 1, NULL), H2CONN_EINVAL);
    test_ask(conn, "still usable");
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_write(conn, "x", 1, &written), H2CONN_ECLOSED);
    ck_assert_int_eq(h2conn_write(conn, NULL, 0, &written), H2CONN_ECLOSED);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

#define HELD_BACK (1u << 20)

/* A handler that reads only when told: the writer must stop, and what is kept for the reader stays within the window.
 */
static void read_on_go(void *user, h2conn_request *request) {
    shut_window *w = user;
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    test_await(&w->go, 1);
    ck_assert_int_eq(test_read_pattern(conn, 3), HELD_BACK);
    test_raise(&w->filled);
}

static void *pattern_thread(void *arg) {
    write_call *call = arg;
    call->result = test_write_pattern(call->conn, call->len, 3);
    h2conn_close_write(call->conn);
    return NULL;
}

START_TEST(contract_write_stops_while_nobody_reads_and_other_connections_go_on) {
    shut_window w = {TEST_FLAG, TEST_FLAG, 0, false};
    h2conn_client *client;
    test_server s;
    test_server_handle(&s, read_on_go, &w);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    h2conn *held[8];
    write_call calls[8];
    for (int i = 0; i < 8; i++) {
        held[i] = test_connect(s.url, client);
        calls[i] = (write_call){.conn = held[i], .len = HELD_BACK};
        ck_assert_int_eq(pthread_create(&calls[i].thread, NULL, pattern_thread, &calls[i]), 0);
    }
    /* All eight fill their windows, eight times the session's, and stop there. */
    for (int i = 0; i < 8; i++) {
        uint32_t allowed;
        do {
            pthread_mutex_lock(&held[i]->session->lock);
            allowed = h2_stream_allowance(held[i]->session->link.session, held[i]->stream.id);
            pthread_mutex_unlock(&held[i]->session->lock);
        } while (allowed > 0);
    }
    int64_t rtt;
    ck_assert_int_eq(h2conn_ping(held[0], TEST_PATIENCE_MS, &rtt), H2CONN_OK);
    test_raise(&w.go);
    for (int i = 0; i < 8; i++) {
        pthread_join(calls[i].thread, NULL);
        ck_assert_int_eq(calls[i].result, H2CONN_OK);
        ck_assert_int_eq(h2conn_wait_closed(held[i]), H2CONN_OK);
        h2conn_free(held[i]);
    }
    test_await(&w.filled, 8);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_test(tc, contract_write_of_nothing_is_done_and_wrong_arguments_are_refused);
}

Suite *contract_write_suite(void) {
    Suite *suite = suite_create("contract: write");
    TCase *tc = test_case(suite, "write");
    tcase_add_test(tc, contract_write_waits_for_the_window_and_drops_nothing);
    tcase_add_test(tc, contract_write_that_times_out_says_how_much_went_and_can_go_on);
    tcase_add_test(tc, contract_write_that_is_reset_says_how_much_went);
    tcase_add_test(tc, contract_write_stops_while_nobody_reads_and_other_connections_go_on);
    test_each_style(suite, add_of_each_style);
    return suite;
}
