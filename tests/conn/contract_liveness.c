/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"

/* "PING, SETTINGS and WINDOW_UPDATE are answered while the program is busy elsewhere." */

static void ping_raw(int fd, char mark) {
    const char opaque[H2_PING_BYTES] = {mark};
    test_frame frame;
    test_write_frame(fd, H2_PING, 0, 0, opaque, sizeof opaque);
    /* The other side may ask as well. */
    do ck_assert(test_await_frame(fd, &frame, H2_PING));
    while ((frame.header.flags & H2_FLAG_ACK) == 0);
    ck_assert_mem_eq(frame.payload, opaque, sizeof opaque);
}

static void settings_raw(int fd) {
    test_frame frame;
    test_write_frame(fd, H2_SETTINGS, 0, 0, NULL, 0);
    do ck_assert(test_await_frame(fd, &frame, H2_SETTINGS));
    while ((frame.header.flags & H2_FLAG_ACK) == 0);
}

typedef struct busy {
    test_flag asked, done;
} busy;

/* The client's thread is outside the library all the while. */
static void asks_while_busy(int fd, void *user) {
    busy *b = user;
    test_greet_client(fd, NULL, 0);
    test_write_ok(fd, test_await_request(fd), 0);
    test_await(&b->asked, 1);
    for (char i = 0; i < 10; i++) ping_raw(fd, i);
    settings_raw(fd);
    test_raise(&b->done);
    test_await(&b->asked, 2);
    ping_raw(fd, 99);
    test_raise(&b->done);
}

START_TEST(contract_liveness_of_a_client_that_is_busy) {
    busy b = {TEST_FLAG, TEST_FLAG};
    test_raw raw;
    char buf[4];
    test_raw_start(&raw, asks_while_busy, &b);
    h2conn *conn = test_connect(raw.url, NULL);
    test_raise(&b.asked);
    test_await(&b.done, 1);
    /* Having been inside the library again makes no difference. */
    h2conn_set_read_deadline(conn, h2conn_now() + 20);
    ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), H2CONN_ETIMEDOUT);
    test_raise(&b.asked);
    test_await(&b.done, 2);
    h2conn_free(conn);
    test_raw_join(&raw);
}
END_TEST

static void busy_handler(void *user, h2conn_request *request) {
    busy *b = user;
    h2conn *conn;
    char byte;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    ck_assert_int_eq(h2conn_read(conn, &byte, 1), 1);
    test_raise(&b->asked);
    test_await(&b->done, 1);
}

START_TEST(contract_liveness_of_a_server_whose_handler_is_busy) {
    busy b = {TEST_FLAG, TEST_FLAG};
    test_server s;
    test_frame frame;
    test_server_handle(&s, busy_handler, &b);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    test_write_post(fd, 1, 0);
    ck_assert(test_await_frame(fd, &frame, H2_HEADERS));
    test_write_frame(fd, H2_DATA, 0, 1, "x", 1);
    test_await(&b.asked, 1);
    for (char i = 0; i < 10; i++) ping_raw(fd, i);
    settings_raw(fd);
    test_raise(&b.done);
    ck_assert(test_await_frame(fd, &frame, H2_DATA));
    close(fd);
    test_server_stop(&s);
}
END_TEST

/* One thread writes, then reads, many windows' worth: what its reading opened is announced although it writes next. */
START_TEST(contract_liveness_of_windows_for_one_thread) {
    test_server s;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    static uint8_t block[200000], back[200000];
    test_fill(block, sizeof block, 0, 1);
    for (int round = 0; round < 10; round++) {
        ck_assert_int_eq(h2conn_write(conn, block, sizeof block, NULL), H2CONN_OK);
        for (size_t got = 0; got < sizeof back;) {
            const ptrdiff_t n = h2conn_read(conn, back + got, sizeof back - got);
            ck_assert_int_gt(n, 0);
            got += (size_t)n;
        }
        ck_assert_mem_eq(back, block, sizeof block);
    }
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_liveness_ping_measures_the_round_trip) {
    test_server s;
    int64_t rtt = -1;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(h2conn_ping(conn, TEST_PATIENCE_MS, &rtt), H2CONN_OK);
        ck_assert_int_ge(rtt, 0);
    }
    ck_assert_int_eq(h2conn_ping(conn, 0, &rtt), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_ping(conn, 1, NULL), H2CONN_EINVAL);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

static void never_pongs(int fd, void *user) {
    test_greet_client(fd, NULL, 0);
    test_write_ok(fd, test_await_request(fd), 0);
    test_await(user, 1);
}

START_TEST(contract_liveness_ping_without_an_answer_times_out) {
    test_flag go = TEST_FLAG;
    test_raw raw;
    int64_t rtt = -1;
    test_raw_start(&raw, never_pongs, &go);
    h2conn *conn = test_connect(raw.url, NULL);
    ck_assert_int_eq(h2conn_ping(conn, 30, &rtt), H2CONN_ETIMEDOUT);
    ck_assert_int_eq(h2conn_ping(conn, 30, &rtt), H2CONN_ETIMEDOUT);
    ck_assert_int_eq(rtt, -1);
    test_raise(&go);
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_ELOST);
    ck_assert_int_eq(h2conn_ping(conn, TEST_PATIENCE_MS, &rtt), H2CONN_ELOST);
    h2conn_free(conn);
    test_raw_join(&raw);
}
END_TEST

typedef struct pinger {
    h2conn *conn;
    pthread_t thread;
} pinger;

static void *ping_often(void *arg) {
    const pinger *p = arg;
    int64_t rtt;
    for (int i = 0; i < 50; i++) ck_assert_int_eq(h2conn_ping(p->conn, TEST_PATIENCE_MS, &rtt), H2CONN_OK);
    return NULL;
}

START_TEST(contract_liveness_pings_from_many_threads_take_turns) {
    test_server s;
    pinger pingers[6];
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    for (int i = 0; i < 6; i++) {
        pingers[i].conn = conn;
        ck_assert_int_eq(pthread_create(&pingers[i].thread, NULL, ping_often, &pingers[i]), 0);
    }
    for (int i = 0; i < 6; i++) pthread_join(pingers[i].thread, NULL);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_test(tc, contract_liveness_of_windows_for_one_thread);
    tcase_add_test(tc, contract_liveness_ping_measures_the_round_trip);
    tcase_add_test(tc, contract_liveness_pings_from_many_threads_take_turns);
}

Suite *contract_liveness_suite(void) {
    Suite *suite = suite_create("contract: liveness");
    TCase *tc = test_case(suite, "liveness");
    tcase_add_test(tc, contract_liveness_of_a_client_that_is_busy);
    tcase_add_test(tc, contract_liveness_of_a_server_whose_handler_is_busy);
    tcase_add_test(tc, contract_liveness_ping_without_an_answer_times_out);
    test_each_style(suite, add_of_each_style);
    return suite;
}
