/* SPDX-License-Identifier: MIT */
/* The handshake runs inside the first calls, however the bytes come. */

#include "tls_test.h"

#include <string.h>

static const tls_raw tls12_client = {.method = wolfTLSv1_2_client_method, .alpn = "h2"};
static const tls_raw tls12_server = {.method = wolfTLSv1_2_server_method, .alpn = "h2"};

static const struct flow {
    size_t capacity;
    size_t recv_max[2], send_max[2];
    unsigned stutter[2];
} flows[] = {
    {65536, {0, 0}, {0, 0}, {0, 0}}, {1, {0, 0}, {0, 0}, {0, 0}},           {2, {1, 1}, {1, 1}, {2, 2}},
    {3, {0, 0}, {0, 0}, {3, 2}},     {5, {2, 3}, {3, 2}, {0, 0}},           {100, {1, 1}, {1, 1}, {0, 0}},
    {100, {1, 64}, {64, 1}, {5, 7}}, {4096, {0, 1}, {0, 1}, {2, 0}},        {4096, {5, 5}, {5, 5}, {0, 2}},
    {65536, {1, 1}, {1, 1}, {2, 2}}, {65536, {1000, 7}, {7, 1000}, {3, 3}}, {65536, {0, 0}, {0, 0}, {2, 3}},
};

static void run_flow(const struct flow *flow, tls_setup setup) {
    tls_pair pair;
    ptrdiff_t code[2];
    setup.capacity = flow->capacity;
    tls_pair_open(&pair, &setup);
    for (int i = 0; i < 2; i++) {
        test_pipe_chunk(pair.pipe, i, flow->recv_max[i], flow->send_max[i]);
        test_pipe_stutter(pair.pipe, i, flow->stutter[i]);
    }
    tls_pair_handshake(&pair, code);
    ck_assert_int_eq(code[CLIENT], 0);
    ck_assert_int_eq(code[SERVER], 0);
    tls_pair_exchange(&pair, 3000, 700);
    tls_pair_close(&pair);
}

START_TEST(tls13_through_any_flow) {
    run_flow(&flows[_i], tls_sound());
}
END_TEST

START_TEST(tls12_server_through_any_flow) {
    tls_setup setup = tls_sound();
    setup.raw = &tls12_client;
    setup.raw_side = CLIENT;
    run_flow(&flows[_i], setup);
}
END_TEST

START_TEST(tls12_client_through_any_flow) {
    tls_setup setup = tls_sound();
    setup.raw = &tls12_server;
    setup.raw_side = SERVER;
    run_flow(&flows[_i], setup);
}
END_TEST

START_TEST(mutual_tls_through_any_flow) {
    tls_setup setup = tls_sound();
    setup.options[CLIENT].cert_file = tls_file("client.pem");
    setup.options[CLIENT].key_file = tls_file("client.key");
    setup.options[SERVER].ca_file = tls_file("ca.pem");
    run_flow(&flows[_i], setup);
}
END_TEST

START_TEST(records_cut_at_every_size) {
    for (size_t i = 1; i <= 32; i++) {
        struct flow flow = {65536, {i, 0}, {0, i}, {0, 0}};
        run_flow(&flow, tls_sound());
    }
}
END_TEST

START_TEST(send_alone_carries_the_handshake) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char got[6] = "";
    tls_pair_open(&pair, &setup);
    ptrdiff_t sent = 0, n = 0;
    for (int round = 0; round < 1000 && n <= 0; round++) {
        if (sent <= 0) sent = pair.above[CLIENT].send(pair.above[CLIENT].ctx, "hello", 5);
        n = pair.above[SERVER].recv(pair.above[SERVER].ctx, got, sizeof got);
    }
    ck_assert_int_eq(sent, 5);
    ck_assert_int_eq(n, 5);
    ck_assert_mem_eq(got, "hello", 5);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(waits_for_what_it_lacks) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte;
    setup.capacity = 16;
    tls_pair_open(&pair, &setup);
    h2conn_transport *client = &pair.above[CLIENT], *server = &pair.above[SERVER];
    /* The server has nothing to say first; the client's hello does not fit, and nothing comes before it is out. */
    ck_assert_int_eq(server->recv(server->ctx, &byte, 1), H2CONN_TRANSPORT_WANT_READ);
    ck_assert_int_eq(server->send(server->ctx, &byte, 1), H2CONN_TRANSPORT_WANT_READ);
    ck_assert_int_eq(client->recv(client->ctx, &byte, 1), H2CONN_TRANSPORT_WANT_WRITE);
    ck_assert_int_eq(client->send(client->ctx, &byte, 1), H2CONN_TRANSPORT_WANT_WRITE);
    tls_pair_close(&pair);
    setup.capacity = 0;
    tls_pair_open(&pair, &setup);
    ck_assert_int_eq(client->recv(client->ctx, &byte, 1), H2CONN_TRANSPORT_WANT_READ);
    ck_assert_int_eq(client->send(client->ctx, &byte, 1), H2CONN_TRANSPORT_WANT_READ);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(version_and_suite_are_told_once_agreed) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    ptrdiff_t code[2];
    tls_pair_open(&pair, &setup);
    ck_assert_str_eq(h2tls_version(&pair.above[CLIENT]), "");
    ck_assert_str_eq(h2tls_suite(&pair.above[SERVER]), "");
    tls_pair_handshake(&pair, code);
    for (int i = 0; i < 2; i++) {
        ck_assert_str_eq(h2tls_version(&pair.above[i]), "TLSv1.3");
        ck_assert_msg(strncmp(h2tls_suite(&pair.above[i]), "TLS_", 4) == 0, "%s", h2tls_suite(&pair.above[i]));
    }
    tls_pair_close(&pair);
}
END_TEST

Suite *tls_handshake_suite(void) {
    Suite *suite = suite_create("TLS handshake");
    TCase *cases = tcase_create("flows");
    int count = (int)(sizeof flows / sizeof *flows);
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, tls13_through_any_flow, 0, count);
    tcase_add_loop_test(cases, tls12_server_through_any_flow, 0, count);
    tcase_add_loop_test(cases, tls12_client_through_any_flow, 0, count);
    tcase_add_loop_test(cases, mutual_tls_through_any_flow, 0, count);
    tcase_add_test(cases, records_cut_at_every_size);
    tcase_add_test(cases, send_alone_carries_the_handshake);
    tcase_add_test(cases, waits_for_what_it_lacks);
    tcase_add_test(cases, version_and_suite_are_told_once_agreed);
    suite_add_tcase(suite, cases);
    return suite;
}
