/* SPDX-License-Identifier: MIT */
/* Each half ends by itself, from both ends. */
#include <string.h>
#include "e2e.h"

#define AFTER_BYTES (4u << 20)

static const char *const listens[] = {"http://127.0.0.1:0", "https://127.0.0.1:0"};

typedef struct half_test {
    e2e_server server;
    e2e_client client;
    h2conn *conn;
    int64_t received; /* by the server */
    int sent, later;  /* errors of the server's calls */
} half_test;

static void begin(half_test *t, int i, h2conn_handler handler) {
    memset(t, 0, sizeof *t);
    t->received = t->sent = t->later = 1;
    e2e_server_start(&t->server, listens[i], NULL, handler, t);
    e2e_client_open(&t->client, NULL);
    t->conn = e2e_connect(&t->client, t->server.url);
}

static void finish(half_test *t) {
    h2conn_free(t->conn);
    e2e_client_close(&t->client);
    e2e_server_stop(&t->server);
}

/* The server speaks only after it has seen the client's end. */
static void hear_then_speak(void *user, h2conn_request *request) {
    half_test *t = user;
    h2conn *conn;
    if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK) return;
    t->received = e2e_receive(conn, 1);
    t->sent = e2e_send(conn, AFTER_BYTES, 2);
}

START_TEST(the_client_ends_its_half_and_goes_on_reading) {
    half_test t;
    char byte;
    begin(&t, _i, hear_then_speak);
    ck_assert_int_eq(e2e_send(t.conn, AFTER_BYTES, 1), H2CONN_OK);
    ck_assert_int_eq(h2conn_write(t.conn, "x", 1, NULL), H2CONN_ECLOSED);
    ck_assert_int_eq(h2conn_close_write(t.conn), H2CONN_OK);
    ck_assert_int_eq(e2e_receive(t.conn, 2), AFTER_BYTES);
    ck_assert_int_eq(h2conn_read(t.conn, &byte, 1), 0);
    ck_assert_int_eq(h2conn_read(t.conn, &byte, 1), 0);
    ck_assert_int_eq(h2conn_wait_closed(t.conn), H2CONN_OK);
    finish(&t);
    ck_assert_int_eq(t.received, AFTER_BYTES);
    ck_assert_int_eq(t.sent, H2CONN_OK);
}
END_TEST

/* The server ends its half first and then hears the client out. */
static void speak_then_hear(void *user, h2conn_request *request) {
    half_test *t = user;
    h2conn *conn;
    if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK) return;
    t->sent = e2e_send(conn, AFTER_BYTES, 2);
    t->later = h2conn_write(conn, "x", 1, NULL);
    t->received = e2e_receive(conn, 1);
}

START_TEST(the_server_ends_its_half_and_goes_on_reading) {
    half_test t;
    char byte;
    begin(&t, _i, speak_then_hear);
    ck_assert_int_eq(e2e_receive(t.conn, 2), AFTER_BYTES);
    ck_assert_int_eq(h2conn_read(t.conn, &byte, 1), 0);
    ck_assert_int_eq(e2e_send(t.conn, AFTER_BYTES, 1), H2CONN_OK);
    ck_assert_int_eq(h2conn_wait_closed(t.conn), H2CONN_OK);
    finish(&t);
    ck_assert_int_eq(t.sent, H2CONN_OK);
    ck_assert_int_eq(t.later, H2CONN_ECLOSED);
    ck_assert_int_eq(t.received, AFTER_BYTES);
}
END_TEST

/* Returns with a word written and the client's half open. */
static void speak_and_return(void *user, h2conn_request *request) {
    half_test *t = user;
    h2conn *conn;
    if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK) return;
    t->sent = e2e_send(conn, 100000, 2);
}

/* What the client goes on sending is heard out for a while and then refused; what the server said has arrived whole. */
START_TEST(a_handler_that_returns_closes_and_loses_nothing) {
    static const uint8_t more[65536];
    half_test t;
    int error;
    begin(&t, _i, speak_and_return);
    ck_assert_int_eq(e2e_receive(t.conn, 2), 100000);
    while ((error = h2conn_write(t.conn, more, sizeof more, NULL)) == H2CONN_OK) {
    }
    ck_assert_msg(error == H2CONN_ERESET, "%s", h2conn_error_name(error));
    ck_assert_uint_eq(h2conn_code(t.conn), H2_NO_ERROR);
    finish(&t);
    ck_assert_int_eq(t.sent, H2CONN_OK);
}
END_TEST

START_TEST(bytes_written_before_a_clean_close_arrive) {
    half_test t;
    begin(&t, _i, hear_then_speak);
    static uint8_t bytes[100000];
    e2e_fill(bytes, sizeof bytes, 0, 1);
    ck_assert_int_eq(h2conn_write(t.conn, bytes, sizeof bytes, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_close(t.conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_close(t.conn), H2CONN_OK);
    finish(&t);
    ck_assert_int_eq(t.received, sizeof bytes);
}
END_TEST

static void *end_later(void *user) {
    h2conn_close_write(user);
    return NULL;
}

/* Both ends end their halves at the same time, as the last thing that happens. */
START_TEST(both_ends_end_at_once) {
    half_test t;
    pthread_t thread;
    begin(&t, _i, e2e_echo);
    e2e_ask(t.conn, "hello");
    ck_assert_int_eq(pthread_create(&thread, NULL, end_later, t.conn), 0);
    char byte;
    ck_assert_int_eq(h2conn_read(t.conn, &byte, 1), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(h2conn_wait_closed(t.conn), H2CONN_OK);
    finish(&t);
}
END_TEST

Suite *e2e_halves_suite(void) {
    Suite *suite = suite_create("end to end: halves");
    TCase *tc = tcase_create("halves");
    tcase_set_timeout(tc, E2E_TEST_SECONDS);
    tcase_add_loop_test(tc, the_client_ends_its_half_and_goes_on_reading, 0, 2);
    tcase_add_loop_test(tc, the_server_ends_its_half_and_goes_on_reading, 0, 2);
    tcase_add_loop_test(tc, a_handler_that_returns_closes_and_loses_nothing, 0, 2);
    tcase_add_loop_test(tc, bytes_written_before_a_clean_close_arrive, 0, 2);
    tcase_add_loop_test(tc, both_ends_end_at_once, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
