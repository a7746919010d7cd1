/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"

/* "A server that drains stops accepting, lets open connections finish until its deadline, and loses no byte." And one
 * that stops ends them. */

enum { CONNS = 6, LENGTH = 400000 };

typedef struct sender {
    h2conn *conn;
    pthread_t thread;
    int result;
} sender;

static void *send_pattern(void *arg) {
    sender *s = arg;
    s->result = test_write_pattern(s->conn, LENGTH, 1);
    if (s->result == H2CONN_OK) s->result = h2conn_close_write(s->conn);
    return NULL;
}

static bool can_dial(const char *url) {
    h2conn_response response;
    h2conn *conn;
    const int error = h2conn_connect(&conn, url, NULL, &response);
    h2conn_free(conn);
    return error == H2CONN_OK;
}

START_TEST(contract_drain_lets_connections_finish_and_loses_no_byte) {
    test_server s;
    h2conn_client *client = NULL;
    sender senders[CONNS];
    test_server_handle(&s, test_echo, NULL);
    if (_i) ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    for (int i = 0; i < CONNS; i++) {
        senders[i].conn = test_connect(s.url, client);
        test_ask(senders[i].conn, "open");
    }
    h2conn_server_drain(s.server, _i ? INT64_MAX : -1);
    while (can_dial(s.url)) {
    }
    for (int i = 0; i < CONNS; i++)
        ck_assert_int_eq(pthread_create(&senders[i].thread, NULL, send_pattern, &senders[i]), 0);
    for (int i = 0; i < CONNS; i++) {
        ck_assert_int_eq(test_read_pattern(senders[i].conn, 1), LENGTH);
        pthread_join(senders[i].thread, NULL);
        ck_assert_int_eq(senders[i].result, H2CONN_OK);
        ck_assert_int_eq(h2conn_wait_closed(senders[i].conn), H2CONN_OK);
    }
    test_server_join(&s);
    for (int i = 0; i < CONNS; i++) h2conn_free(senders[i].conn);
    h2conn_client_free(client);
}
END_TEST

START_TEST(contract_drain_ends_at_its_deadline) {
    test_server s;
    char byte;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    const int64_t start = h2conn_now();
    h2conn_server_drain(s.server, 50);
    const ptrdiff_t error = h2conn_read(conn, &byte, 1);
    ck_assert_int_eq(error, H2CONN_EGOAWAY);
    ck_assert_uint_eq(h2conn_code(conn), H2_CANCEL);
    ck_assert_int_ge(h2conn_now(), start + 50);
    test_server_join(&s);
    h2conn_free(conn);
}
END_TEST

START_TEST(contract_drain_of_an_idle_server_ends_at_once) {
    test_server s;
    h2conn_client *client;
    test_server_handle(&s, test_echo, NULL);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    if (_i) h2conn_free(test_connect(s.url, client)); /* the session stays */
    h2conn_server_drain(s.server, -1);
    test_server_join(&s);
    h2conn_client_free(client);
}
END_TEST

/* RFC 9113, 6.8: first a GOAWAY that names no stream, so that requests on their way are still served. */
START_TEST(rfc9113_6_8_a_drain_serves_requests_that_were_on_their_way) {
    test_server s;
    test_frame frame;
    test_server_handle(&s, test_accept_only, NULL);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    test_write_frame(fd, H2_PING, 0, 0, "12345678", 8);
    ck_assert(test_await_frame(fd, &frame, H2_PING));
    h2conn_server_drain(s.server, -1);
    ck_assert(test_await_frame(fd, &frame, H2_GOAWAY));
    ck_assert_uint_eq(h2_u32_read(frame.payload), H2_STREAM_ID_MAX);
    ck_assert_uint_eq(h2_u32_read(frame.payload + 4), H2_NO_ERROR);
    test_write_post(fd, 1, H2_FLAG_END_STREAM);
    ck_assert(test_await_frame(fd, &frame, H2_PING));
    test_write_frame(fd, H2_PING, H2_FLAG_ACK, 0, frame.payload, H2_PING_BYTES);
    bool answered = false, named = false;
    while (test_read_frame(fd, &frame)) {
        answered = answered || frame.header.type == H2_HEADERS;
        if (frame.header.type != H2_GOAWAY) continue;
        ck_assert_uint_eq(h2_u32_read(frame.payload), 1);
        named = true;
    }
    ck_assert(answered && named);
    close(fd);
    test_server_join(&s);
}
END_TEST

static void *run_server(void *server) {
    ck_assert_int_eq(h2conn_server_run(server), H2CONN_OK);
    return NULL;
}

/* The system has connected them, and they have asked, but no loop has come by to accept. */
START_TEST(contract_drain_serves_who_was_waiting_to_be_accepted) {
    const h2conn_server_options options = {.handler = test_accept_only, .loops = _i ? 3 : 1};
    enum { WAITING = 20 };
    char address[H2CONN_WHY_BYTES], url[H2CONN_WHY_BYTES + 8];
    h2conn_server *server;
    pthread_t thread;
    test_frame frame;
    int fds[WAITING];
    ck_assert_int_eq(h2conn_server_new(&server, &options), H2CONN_OK);
    ck_assert_int_eq(h2conn_server_listen(server, "http://127.0.0.1:0", address), H2CONN_OK);
    snprintf(url, sizeof url, "http://%s", address);
    for (int i = 0; i < WAITING; i++) {
        fds[i] = test_dial_raw(url);
        test_greet_server(fds[i]);
        test_write_post(fds[i], 1, H2_FLAG_END_STREAM);
    }
    h2conn_server_drain(server, -1);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_server, server), 0);
    for (int i = 0; i < WAITING; i++) {
        ck_assert(test_await_frame(fds[i], &frame, H2_HEADERS));
        close(fds[i]);
    }
    pthread_join(thread, NULL);
    h2conn_server_free(server);
}
END_TEST

START_TEST(contract_stop_ends_connections_with_a_code) {
    test_server s;
    char byte;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    h2conn_server_stop(s.server);
    ck_assert_int_eq(h2conn_read(conn, &byte, 1), H2CONN_EGOAWAY);
    ck_assert_uint_eq(h2conn_code(conn), H2_CANCEL);
    test_server_join(&s);
    h2conn_free(conn);
}
END_TEST

START_TEST(contract_stop_before_run_and_any_number_of_times) {
    const h2conn_server_options options = {.handler = test_echo};
    h2conn_server *server;
    char address[H2CONN_WHY_BYTES];
    ck_assert_int_eq(h2conn_server_new(&server, &options), H2CONN_OK);
    ck_assert_int_eq(h2conn_server_listen(server, "http://127.0.0.1:0", address), H2CONN_OK);
    for (int i = 0; i < 3; i++) h2conn_server_stop(server);
    h2conn_server_drain(server, 0);
    ck_assert_int_eq(h2conn_server_run(server), H2CONN_OK);
    h2conn_server_free(server);
    ck_assert_int_eq(h2conn_server_new(&server, &options), H2CONN_OK);
    h2conn_server_free(server);
    h2conn_server_free(NULL);
    h2conn_server_stop(NULL);
    h2conn_server_drain(NULL, 0);
    ck_assert_int_eq(h2conn_server_run(NULL), H2CONN_EINVAL);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_loop_test(tc, contract_drain_lets_connections_finish_and_loses_no_byte, 0, 2);
    tcase_add_test(tc, contract_drain_ends_at_its_deadline);
    tcase_add_loop_test(tc, contract_drain_of_an_idle_server_ends_at_once, 0, 2);
    tcase_add_test(tc, rfc9113_6_8_a_drain_serves_requests_that_were_on_their_way);
    tcase_add_test(tc, contract_stop_ends_connections_with_a_code);
}

Suite *contract_drain_suite(void) {
    Suite *suite = suite_create("contract: drain and stop");
    TCase *tc = test_case(suite, "drain");
    tcase_add_loop_test(tc, contract_drain_serves_who_was_waiting_to_be_accepted, 0, 2);
    tcase_add_test(tc, contract_stop_before_run_and_any_number_of_times);
    test_each_style(suite, add_of_each_style);
    return suite;
}
