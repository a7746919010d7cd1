/* SPDX-License-Identifier: MIT */
/* How a stream ends: in good order, cut short, half by half, or with an alert (RFC 8446 section 6.1). */

#include "tls_test.h"

#include <string.h>

static const tls_raw tls12_client = {.method = wolfTLSv1_2_client_method, .alpn = "h2"};

static int shut(tls_pair *pair, int side) {
    return pair->layer[side].shutdown(&pair->above[side]);
}

static void open_pair(tls_pair *pair, bool tls12, size_t capacity) {
    tls_setup setup = tls_sound();
    setup.capacity = capacity;
    setup.options[SERVER].no_resume = capacity != 0; /* no ticket waits for room behind the handshake */
    if (tls12) setup.raw = &tls12_client;
    tls_pair_ready(pair, &setup);
}

START_TEST(close_notify_is_the_end) {
    tls_pair pair;
    char got[8];
    open_pair(&pair, false, 0);
    int other = 1 - _i;
    tls_pair_send(&pair, _i, "last", 4);
    ck_assert_int_eq(shut(&pair, _i), 0);
    ck_assert_int_eq(tls_pair_recv(&pair, other, got, sizeof got), 4);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pair.above[other].recv(pair.above[other].ctx, got, sizeof got), H2CONN_TRANSPORT_END);
    }
    ck_assert_ptr_null(pair.layer[other].failure(&pair.above[other]));
    tls_pair_close(&pair);
}
END_TEST

START_TEST(each_half_ends_alone) {
    tls_pair pair;
    char got[8];
    open_pair(&pair, false, 0);
    int other = 1 - _i;
    ck_assert_int_eq(shut(&pair, _i), 0);
    ck_assert_int_eq(tls_pair_recv(&pair, other, got, sizeof got), H2CONN_TRANSPORT_END);
    for (int i = 0; i < 10; i++) {
        tls_pair_send(&pair, other, "still", 5);
        ck_assert_int_eq(tls_pair_recv(&pair, _i, got, sizeof got), 5);
    }
    ck_assert_int_eq(pair.above[_i].send(pair.above[_i].ctx, "no", 2), H2CONN_TRANSPORT_ELOST);
    ck_assert_int_eq(shut(&pair, other), 0);
    ck_assert_int_eq(tls_pair_recv(&pair, _i, got, sizeof got), H2CONN_TRANSPORT_END);
    ck_assert_int_eq(shut(&pair, _i), 0);
    ck_assert_int_eq(shut(&pair, other), 0);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(close_notify_is_sent_once) {
    tls_pair pair;
    open_pair(&pair, false, 0);
    ck_assert_int_eq(shut(&pair, _i), 0);
    uint64_t sent = test_pipe_sent(pair.pipe, _i);
    ck_assert_int_eq(shut(&pair, _i), 0);
    ck_assert_uint_eq(test_pipe_sent(pair.pipe, _i), sent);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(close_notify_waits_behind_blocked_bytes) {
    static uint8_t out[16384], in[16384];
    tls_pair pair;
    open_pair(&pair, false, 5000);
    h2conn_transport *client = &pair.above[CLIENT], *server = &pair.above[SERVER];
    memset(out, 'x', sizeof out);
    ck_assert_int_eq(client->send(client->ctx, out, sizeof out), H2CONN_TRANSPORT_WANT_WRITE);
    size_t got = 0;
    int left = H2CONN_TRANSPORT_WANT_WRITE;
    for (int round = 0; round < 100 && left != 0; round++) {
        left = shut(&pair, CLIENT);
        ck_assert(left == 0 || left == H2CONN_TRANSPORT_WANT_WRITE);
        ptrdiff_t n = server->recv(server->ctx, in, sizeof in);
        if (n > 0) got += (size_t)n;
    }
    ck_assert_int_eq(left, 0);
    while (got < sizeof out) {
        ptrdiff_t n = server->recv(server->ctx, in, sizeof in);
        ck_assert_int_gt(n, 0);
        got += (size_t)n;
    }
    ck_assert_int_eq(server->recv(server->ctx, in, sizeof in), H2CONN_TRANSPORT_END);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(an_end_without_close_notify_is_a_loss) {
    tls_pair pair;
    char got[8];
    open_pair(&pair, _i == 1, 0);
    tls_pair_send(&pair, CLIENT, "last", 4);
    test_pipe_close(pair.pipe, CLIENT);
    ck_assert_int_eq(tls_pair_recv(&pair, SERVER, got, sizeof got), 4);
    ptrdiff_t code = pair.above[SERVER].recv(pair.above[SERVER].ctx, got, sizeof got);
    tls_expect_failure(&pair, SERVER, code, H2CONN_TRANSPORT_ELOST, "without ending TLS");
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_reset_is_a_loss) {
    tls_pair pair;
    char got[8];
    open_pair(&pair, _i == 1, 0);
    test_pipe_break(pair.pipe);
    ptrdiff_t code = pair.above[SERVER].recv(pair.above[SERVER].ctx, got, sizeof got);
    tls_expect_failure(&pair, SERVER, code, H2CONN_TRANSPORT_ELOST, "without ending TLS");
    ck_assert_int_eq(shut(&pair, SERVER), 0);
    tls_pair_close(&pair);
}
END_TEST

static void cut_record(size_t at) {
    tls_pair pair;
    uint8_t out[500] = {0}, in[500];
    open_pair(&pair, false, at);
    ck_assert_int_eq(pair.above[CLIENT].send(pair.above[CLIENT].ctx, out, sizeof out), H2CONN_TRANSPORT_WANT_WRITE);
    test_pipe_close(pair.pipe, CLIENT);
    ptrdiff_t n = pair.above[SERVER].recv(pair.above[SERVER].ctx, in, sizeof in);
    tls_expect_failure(&pair, SERVER, n, H2CONN_TRANSPORT_ELOST, "cut short");
    tls_pair_close(&pair);
}

START_TEST(a_record_cut_short_is_a_loss) {
    for (size_t at = 1; at < 40; at++) cut_record(at);
}
END_TEST

/* The handshake cut after every so many bytes of either side. */
static void cut_handshake(int side, uint64_t at) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte;
    tls_pair_open(&pair, &setup);
    test_pipe_chunk(pair.pipe, side, 0, 1);
    ptrdiff_t code[2] = {-1, -1};
    for (int round = 0; round < 10000 && test_pipe_sent(pair.pipe, side) < at; round++) {
        for (int i = 0; i < 2; i++) code[i] = pair.above[i].recv(pair.above[i].ctx, &byte, 1);
        if (code[side] < H2CONN_TRANSPORT_WANT_WRITE) break;
    }
    test_pipe_close(pair.pipe, side);
    code[1 - side] = tls_pair_recv(&pair, 1 - side, &byte, 1);
    tls_expect_failure(&pair, 1 - side, code[1 - side], H2CONN_TRANSPORT_ELOST, "closed");
    tls_pair_close(&pair);
}

START_TEST(a_handshake_cut_short_is_a_loss) {
    for (uint64_t i = 0; i < 16; i++) {
        cut_handshake(CLIENT, i * 29);
        cut_handshake(SERVER, i * 53);
    }
}
END_TEST

/* A server that refuses ends its side at once; what it said before is worth more than that the connection broke. */
START_TEST(the_alert_is_read_though_sending_is_lost) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte = 0;
    ptrdiff_t code[2], n = 0;
    setup.options[SERVER].ca_file = tls_file("ca.pem");
    tls_pair_open(&pair, &setup);
    tls_pair_handshake(&pair, code);
    ck_assert_int_eq(code[SERVER], H2CONN_TRANSPORT_ETLS);
    test_pipe_close(pair.pipe, CLIENT);
    for (int i = 0; i < 3; i++) n = pair.above[CLIENT].send(pair.above[CLIENT].ctx, &byte, 1);
    ck_assert_int_eq(n, H2CONN_TRANSPORT_ELOST);
    n = tls_pair_recv(&pair, CLIENT, &byte, 1);
    ck_assert_int_eq(n, H2CONN_TRANSPORT_ETLS);
    ck_assert_ptr_nonnull(strstr(pair.layer[CLIENT].failure(&pair.above[CLIENT]), "demands a client certificate"));
    tls_pair_close(&pair);
}
END_TEST

/* OpenSSL's client refuses a certificate so, before it sends anything under its handshake keys. */
START_TEST(an_alert_in_plaintext_is_understood) {
    tls_raw raw = {.method = wolfTLSv1_3_client_method, .alpn = "h2"};
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte;
    ptrdiff_t code = 0;
    setup.raw = &raw;
    tls_pair_open(&pair, &setup);
    test_pipe_chunk(pair.pipe, SERVER, (size_t)_i, 0);
    h2conn_transport *server = &pair.above[SERVER];
    pair.above[CLIENT].recv(pair.above[CLIENT].ctx, &byte, 1);
    while (test_pipe_waiting(pair.pipe, SERVER) == 0) server->recv(server->ctx, &byte, 1);
    ck_assert_int_eq(pair.below[CLIENT].send(pair.below[CLIENT].ctx, "\x15\x03\x03\x00\x02\x02\x30", 7), 7);
    code = server->recv(server->ctx, &byte, 1);
    tls_expect_failure(&pair, SERVER, code, H2CONN_TRANSPORT_ETLS, "does not trust the authority");
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_handshake_that_cannot_be_sent_is_a_loss) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte;
    tls_pair_open(&pair, &setup);
    if (_i == SERVER) pair.above[CLIENT].recv(pair.above[CLIENT].ctx, &byte, 1);
    test_pipe_close(pair.pipe, _i);
    ptrdiff_t code = pair.above[_i].recv(pair.above[_i].ctx, &byte, 1);
    tls_expect_failure(&pair, _i, code, H2CONN_TRANSPORT_ELOST, "closed during the TLS handshake");
    tls_pair_close(&pair);
}
END_TEST

START_TEST(an_alert_that_does_not_fit_goes_out_later) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte;
    ptrdiff_t code = 0;
    setup.host = "other.example";
    setup.capacity = 1;
    tls_pair_open(&pair, &setup);
    h2conn_transport *client = &pair.above[CLIENT], *server = &pair.above[SERVER];
    for (int round = 0; round < TEST_ROUNDS && code != H2CONN_TRANSPORT_ETLS; round++) {
        code = client->recv(client->ctx, &byte, 1);
        server->recv(server->ctx, &byte, 1);
    }
    tls_expect_failure(&pair, CLIENT, code, H2CONN_TRANSPORT_ETLS, "not for other.example");
    for (int round = 0; round < TEST_ROUNDS && shut(&pair, CLIENT) == H2CONN_TRANSPORT_WANT_WRITE; round++) {
        code = server->recv(server->ctx, &byte, 1);
    }
    ck_assert_int_eq(shut(&pair, CLIENT), 0);
    code = server->recv(server->ctx, &byte, 1);
    tls_expect_failure(&pair, SERVER, code, H2CONN_TRANSPORT_ETLS, "refused this side's certificate");
    tls_pair_close(&pair);
}
END_TEST

/* RFC 8446 section 6.1: the peer may give up at any time, in good manners. */
START_TEST(close_notify_in_the_handshake_is_a_loss) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte;
    tls_pair_open(&pair, &setup);
    int other = 1 - _i;
    pair.above[_i].recv(pair.above[_i].ctx, &byte, 1);
    ck_assert_int_eq(pair.below[other].send(pair.below[other].ctx, "\x15\x03\x03\x00\x02\x01\x00", 7), 7);
    ptrdiff_t code = pair.above[_i].recv(pair.above[_i].ctx, &byte, 1);
    tls_expect_failure(&pair, _i, code, H2CONN_TRANSPORT_ELOST, "closed during the TLS handshake");
    tls_pair_close(&pair);
}
END_TEST

START_TEST(shutdown_before_the_handshake_sends_nothing_more) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    tls_pair_open(&pair, &setup);
    ck_assert_int_eq(shut(&pair, CLIENT), 0);
    ck_assert_int_eq(shut(&pair, SERVER), 0);
    ck_assert_uint_eq(test_pipe_sent(pair.pipe, CLIENT), 0);
    ck_assert_ptr_null(pair.layer[CLIENT].failure(&pair.above[CLIENT]));
    tls_pair_close(&pair);
}
END_TEST

START_TEST(release_at_any_moment_leaks_nothing) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte;
    setup.capacity = 50;
    tls_pair_open(&pair, &setup);
    for (int calls = 0; calls < 80; calls++) {
        for (int i = 0; i < calls; i++) {
            pair.above[i % 2].recv(pair.above[i % 2].ctx, &byte, 1);
            if (tls_pair_done(&pair, CLIENT)) pair.above[CLIENT].send(pair.above[CLIENT].ctx, "bytes", 5);
        }
        tls_pair_again(&pair, &setup);
    }
    tls_pair_close(&pair);
}
END_TEST

Suite *tls_ending_suite(void) {
    Suite *suite = suite_create("TLS ending");
    TCase *cases = tcase_create("RFC 8446, 6.1");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, close_notify_is_the_end, 0, 2);
    tcase_add_loop_test(cases, each_half_ends_alone, 0, 2);
    tcase_add_loop_test(cases, close_notify_is_sent_once, 0, 2);
    tcase_add_test(cases, close_notify_waits_behind_blocked_bytes);
    tcase_add_loop_test(cases, an_end_without_close_notify_is_a_loss, 0, 2);
    tcase_add_loop_test(cases, a_reset_is_a_loss, 0, 2);
    tcase_add_test(cases, a_record_cut_short_is_a_loss);
    tcase_add_test(cases, a_handshake_cut_short_is_a_loss);
    tcase_add_test(cases, the_alert_is_read_though_sending_is_lost);
    tcase_add_loop_test(cases, an_alert_in_plaintext_is_understood, 0, 5);
    tcase_add_loop_test(cases, a_handshake_that_cannot_be_sent_is_a_loss, 0, 2);
    tcase_add_test(cases, an_alert_that_does_not_fit_goes_out_later);
    tcase_add_loop_test(cases, close_notify_in_the_handshake_is_a_loss, 0, 2);
    tcase_add_test(cases, shutdown_before_the_handshake_sends_nothing_more);
    tcase_add_test(cases, release_at_any_moment_leaks_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
