/* SPDX-License-Identifier: MIT */
/* Many bytes in both directions at the same time. */
#include "e2e.h"

#define BULK_BYTES (64u << 20)

static const char *const listens[] = {"http://127.0.0.1:0", "https://127.0.0.1:0"};

START_TEST(echo_of_64_mib_both_ways_at_once) {
    e2e_server server;
    e2e_client client;
    e2e_server_start(&server, listens[_i], NULL, e2e_echo, NULL);
    e2e_client_open(&client, NULL);
    h2conn *conn = e2e_connect(&client, server.url);
    int error = e2e_both_ways(conn, BULK_BYTES, 1, 1);
    ck_assert_msg(error == H2CONN_OK, "%s", h2conn_error_name(error));
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_OK);
    h2conn_free(conn);
    e2e_client_close(&client);
    e2e_server_stop(&server);
}
END_TEST

static void talk_back(void *user, h2conn_request *request) {
    int *result = user;
    h2conn *conn;
    *result = h2conn_accept(&conn, request, 200, NULL, 0);
    if (*result == H2CONN_OK) *result = e2e_both_ways(conn, BULK_BYTES, 3, 2);
}

START_TEST(different_bytes_each_way_at_once) {
    e2e_server server;
    e2e_client client;
    int at_server = H2CONN_ELOST;
    e2e_server_start(&server, listens[_i], NULL, talk_back, &at_server);
    e2e_client_open(&client, NULL);
    h2conn *conn = e2e_connect(&client, server.url);
    int error = e2e_both_ways(conn, BULK_BYTES, 2, 3);
    ck_assert_msg(error == H2CONN_OK, "%s", h2conn_error_name(error));
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_OK);
    h2conn_free(conn);
    e2e_client_close(&client);
    e2e_server_stop(&server);
    ck_assert_int_eq(at_server, H2CONN_OK);
}
END_TEST

START_TEST(ten_thousand_round_trips_of_one_byte) {
    e2e_server server;
    e2e_client client;
    e2e_server_start(&server, listens[_i], NULL, e2e_echo, NULL);
    e2e_client_open(&client, NULL);
    h2conn *conn = e2e_connect(&client, server.url);
    for (int i = 0; i < 10000; i++) {
        uint8_t sent = e2e_byte((uint64_t)i, 9), got = (uint8_t)~sent;
        ck_assert_int_eq(h2conn_write(conn, &sent, 1, NULL), H2CONN_OK);
        ck_assert_int_eq(h2conn_read(conn, &got, 1), 1);
        ck_assert_uint_eq(got, sent);
    }
    h2conn_free(conn);
    e2e_client_close(&client);
    e2e_server_stop(&server);
}
END_TEST

static void add_of_both_styles(TCase *tc) {
    tcase_add_loop_test(tc, echo_of_64_mib_both_ways_at_once, 0, 2);
    tcase_add_loop_test(tc, ten_thousand_round_trips_of_one_byte, 0, 2);
}

Suite *e2e_bulk_suite(void) {
    Suite *suite = suite_create("end to end: bulk");
    TCase *tc = tcase_create("both ways");
    tcase_set_timeout(tc, E2E_TEST_SECONDS);
    tcase_add_loop_test(tc, different_bytes_each_way_at_once, 0, 2);
    suite_add_tcase(suite, tc);
    e2e_both_styles(suite, add_of_both_styles);
    return suite;
}
