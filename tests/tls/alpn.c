/* SPDX-License-Identifier: MIT */
/* RFC 7301 and RFC 9113 section 3.2: "h2" is agreed or nothing is said, on either side and in either version. */

#include "tls_test.h"

#define NO_APPLICATION_PROTOCOL 120

static const char *const wrong_lists[] = {NULL, "http/1.1", "h3", "h2c", "H2", "h", "h2-14,http/1.0"};
static const int wrong_count = (int)(sizeof wrong_lists / sizeof *wrong_lists);

static void server_refuses(WOLFSSL_METHOD *(*method)(void), const char *alpn) {
    tls_raw raw = {.method = method, .alpn = alpn};
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    WOLFSSL_ALERT_HISTORY alerts;
    setup.raw = &raw;
    setup.raw_side = CLIENT;
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, SERVER, code[SERVER], H2CONN_TRANSPORT_ETLS, "does not speak HTTP/2");
    ck_assert_int_eq(code[CLIENT], H2CONN_TRANSPORT_ETLS);
    wolfSSL_get_alert_history(pair.raw, &alerts);
    ck_assert_int_eq(alerts.last_rx.code, NO_APPLICATION_PROTOCOL);
    ck_assert_int_eq(alerts.last_rx.level, alert_fatal);
    tls_pair_close(&pair);
}

START_TEST(server_refuses_a_client_without_h2_tls13) {
    server_refuses(wolfTLSv1_3_client_method, wrong_lists[_i]);
}
END_TEST

START_TEST(server_refuses_a_client_without_h2_tls12) {
    server_refuses(wolfTLSv1_2_client_method, wrong_lists[_i]);
}
END_TEST

START_TEST(server_refuses_a_client_without_h2_in_any_version) {
    server_refuses(wolfSSLv23_client_method, wrong_lists[_i]);
}
END_TEST

static void client_refuses(WOLFSSL_METHOD *(*method)(void), const char *alpn) {
    tls_raw raw = {.method = method, .alpn = alpn};
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    setup.raw = &raw;
    setup.raw_side = SERVER;
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, CLIENT, code[CLIENT], H2CONN_TRANSPORT_ETLS, "does not speak HTTP/2");
    ck_assert_str_eq(h2tls_version(&pair.above[CLIENT]), "");
    tls_pair_close(&pair);
}

START_TEST(client_refuses_a_server_without_h2_tls13) {
    client_refuses(wolfTLSv1_3_server_method, wrong_lists[_i]);
}
END_TEST

START_TEST(client_refuses_a_server_without_h2_tls12) {
    client_refuses(wolfTLSv1_2_server_method, wrong_lists[_i]);
}
END_TEST

/* A server that refuses with the alert, as ours does. */
START_TEST(client_explains_the_alert) {
    tls_raw raw = {.method = _i == 0 ? wolfTLSv1_3_server_method : wolfTLSv1_2_server_method,
                   .alpn = "http/1.1",
                   .alpn_strict = true};
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    setup.raw = &raw;
    setup.raw_side = SERVER;
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    tls_expect_failure(&pair, CLIENT, code[CLIENT], H2CONN_TRANSPORT_ETLS, "does not speak HTTP/2");
    tls_pair_close(&pair);
}
END_TEST

static const char *const right_lists[] = {"h2", "h2,http/1.1", "http/1.1,h2", "spdy/3,h3,h2,h2c"};

START_TEST(h2_is_found_anywhere_in_a_list) {
    tls_raw raw = {.method = _i % 2 == 0 ? wolfTLSv1_3_client_method : wolfTLSv1_2_client_method,
                   .alpn = right_lists[_i / 2]};
    tls_setup setup = tls_sound();
    tls_pair pair;
    char *agreed = NULL;
    unsigned short len = 0;
    setup.raw = &raw;
    setup.raw_side = CLIENT;
    tls_pair_ready(&pair, &setup);
    ck_assert_int_eq(wolfSSL_ALPN_GetProtocol(pair.raw, &agreed, &len), WOLFSSL_SUCCESS);
    ck_assert_str_eq(agreed, "h2");
    tls_pair_close(&pair);
}
END_TEST

Suite *tls_alpn_suite(void) {
    Suite *suite = suite_create("TLS ALPN");
    TCase *cases = tcase_create("RFC 7301");
    tcase_add_loop_test(cases, server_refuses_a_client_without_h2_tls13, 0, wrong_count);
    tcase_add_loop_test(cases, server_refuses_a_client_without_h2_tls12, 0, wrong_count);
    tcase_add_loop_test(cases, server_refuses_a_client_without_h2_in_any_version, 0, wrong_count);
    tcase_add_loop_test(cases, client_refuses_a_server_without_h2_tls13, 0, wrong_count);
    tcase_add_loop_test(cases, client_refuses_a_server_without_h2_tls12, 0, wrong_count);
    tcase_add_loop_test(cases, client_explains_the_alert, 0, 2);
    tcase_add_loop_test(cases, h2_is_found_anywhere_in_a_list, 0, 8);
    suite_add_tcase(suite, cases);
    return suite;
}
