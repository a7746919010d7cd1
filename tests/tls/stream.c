/* SPDX-License-Identifier: MIT */
/* Bytes arrive once, in order and unchanged, both ways at once, whatever the level below takes and gives. */

#include "tls_test.h"

#include <string.h>

#define MIB    1048576
#define RECORD 16384
#define MOST   (4 * RECORD + 512)

static const struct load {
    size_t capacity, call;
    size_t recv_max, send_max;
    unsigned stutter;
} loads[] = {
    {65536, 20000, 0, 0, 0},         {65536, 16384, 0, 0, 2}, {4096, 20000, 0, 0, 3},      {16384, 1000, 700, 900, 0},
    {1048576, 16385, 1460, 1460, 5}, {20000, 173, 0, 0, 0},   {3000, 16383, 1000, 300, 2},
};

START_TEST(a_mebibyte_each_way_at_once) {
    const struct load *load = &loads[_i];
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.capacity = load->capacity;
    tls_pair_ready(&pair, &setup);
    for (int i = 0; i < 2; i++) {
        test_pipe_chunk(pair.pipe, i, load->recv_max, load->send_max);
        test_pipe_stutter(pair.pipe, i, load->stutter);
    }
    tls_pair_exchange(&pair, MIB, load->call);
    tls_pair_close(&pair);
}
END_TEST

static const tls_raw tls12_client = {.method = wolfTLSv1_2_client_method, .alpn = "h2"};
static const tls_raw tls12_server = {.method = wolfTLSv1_2_server_method, .alpn = "h2"};
static const tls_raw tls13_client = {.method = wolfTLSv1_3_client_method, .alpn = "h2"};
static const tls_raw tls13_server = {.method = wolfTLSv1_3_server_method, .alpn = "h2"};
static const tls_raw *const raws[] = {&tls12_client, &tls12_server, &tls13_client, &tls13_server};

START_TEST(a_mebibyte_each_way_with_another_peer) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.raw = raws[_i];
    setup.raw_side = _i % 2;
    setup.capacity = 5000;
    tls_pair_ready(&pair, &setup);
    tls_pair_exchange(&pair, MIB, 20000);
    tls_pair_close(&pair);
}
END_TEST

/* A peer that asks for new keys whenever it can, in the middle of blocked writes (RFC 8446 section 4.6.3). */
START_TEST(key_updates_lose_no_byte) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.raw = _i == CLIENT ? &tls13_client : &tls13_server;
    setup.raw_side = _i;
    setup.capacity = 3000;
    tls_pair_ready(&pair, &setup);
    int ours = 1 - _i;
    test_pipe_stutter(pair.pipe, ours, 3);
    test_pipe_chunk(pair.pipe, ours, 0, 500);
    uint8_t out[5000], in[5000];
    size_t sent = 0, received = 0;
    for (int round = 0; received < 300000; round++) {
        ck_assert_int_lt(round, TEST_ROUNDS);
        if (round % 3 == 0) wolfSSL_update_keys(pair.raw);
        for (size_t i = 0; i < sizeof out; i++) out[i] = (uint8_t)((sent + i) % 251);
        ptrdiff_t n = pair.above[ours].send(pair.above[ours].ctx, out, 1 + (size_t)round * 7 % sizeof out);
        if (n > 0) sent += (size_t)n;
        n = pair.above[ours].recv(pair.above[ours].ctx, in, sizeof in);
        ck_assert(n == H2CONN_TRANSPORT_WANT_READ || n == H2CONN_TRANSPORT_WANT_WRITE);
        n = pair.above[_i].recv(pair.above[_i].ctx, in, sizeof in);
        for (ptrdiff_t i = 0; i < n; i++) ck_assert_uint_eq(in[i], (received + (size_t)i) % 251);
        if (n > 0) received += (size_t)n;
    }
    tls_pair_close(&pair);
}
END_TEST

/* Answers that a peer asks for and does not read may not pile up. */
START_TEST(a_flood_of_key_updates_is_not_read) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte;
    ptrdiff_t n = 0;
    setup.raw = &tls13_client;
    setup.raw_side = CLIENT;
    setup.capacity = 2000;
    tls_pair_ready(&pair, &setup);
    h2conn_transport *server = &pair.above[SERVER];
    for (int round = 0; round < 4000; round++) {
        wolfSSL_update_keys(pair.raw);
        n = server->recv(server->ctx, &byte, 1);
        ck_assert_int_lt(n, 0);
    }
    ck_assert_int_eq(n, H2CONN_TRANSPORT_WANT_WRITE);
    /* So its requests stay where they are and it cannot send more of them. */
    ck_assert_uint_gt(test_pipe_waiting(pair.pipe, CLIENT), 1900);
    ck_assert_uint_lt(test_pipe_sent(pair.pipe, CLIENT), 200000);
    tls_pair_close(&pair);
}
END_TEST

/* Nor may records without data keep a call busy for as long as they come. */
START_TEST(a_call_takes_a_bounded_number_of_bytes) {
    tls_setup setup = tls_sound();
    tls_pair pair;
    char byte;
    setup.raw = &tls13_client;
    setup.raw_side = CLIENT;
    setup.capacity = MIB;
    tls_pair_ready(&pair, &setup);
    while (test_pipe_waiting(pair.pipe, CLIENT) < MIB / 2) wolfSSL_update_keys(pair.raw);
    for (size_t left = test_pipe_waiting(pair.pipe, CLIENT); left > 0;) {
        ck_assert_int_eq(pair.above[SERVER].recv(pair.above[SERVER].ctx, &byte, 1), H2CONN_TRANSPORT_WANT_READ);
        size_t now = test_pipe_waiting(pair.pipe, CLIENT);
        ck_assert_uint_lt(now, left);
        ck_assert_uint_lt(left - now, 100000);
        left = now;
    }
    tls_pair_send(&pair, CLIENT, "x", 1);
    ck_assert_int_eq(tls_pair_recv(&pair, SERVER, &byte, 1), 1);
    tls_pair_close(&pair);
}
END_TEST

/* A caller that got less than it asked for waits for the level below: nothing may be left that would not show there.
 * With buffers of any size, among them ones smaller than a record. */
START_TEST(a_short_count_says_that_nothing_is_held) {
    static const size_t sizes[] = {100, 999, 1000, 1001, 16384, 16385, 40000, 65536};
    static uint8_t out[40 * 1000], in[65536];
    tls_setup setup = tls_sound();
    tls_pair pair;
    size_t len = sizes[_i], all = 0;
    ptrdiff_t n;
    setup.capacity = MIB;
    tls_pair_ready(&pair, &setup);
    for (size_t i = 0; i < sizeof out; i++) out[i] = (uint8_t)(i % 251);
    for (size_t i = 0; i < sizeof out; i += 1000) tls_pair_send(&pair, CLIENT, out + i, 1000);
    do {
        n = pair.above[SERVER].recv(pair.above[SERVER].ctx, in, len);
        ck_assert_int_ge(n, H2CONN_TRANSPORT_WANT_READ);
        for (ptrdiff_t i = 0; i < n; i++) ck_assert_uint_eq(in[i], (all + (size_t)i) % 251);
        if (n > 0) all += (size_t)n;
    } while (n == (ptrdiff_t)len || test_pipe_waiting(pair.pipe, CLIENT) > 0);
    ck_assert_uint_eq(all, sizeof out);
    tls_pair_close(&pair);
}
END_TEST

static size_t total_received(tls_pair *pair, int side, uint8_t *into, size_t room) {
    size_t all = 0;
    for (int round = 0; round < 100; round++) {
        ptrdiff_t n = pair->above[side].recv(pair->above[side].ctx, into + all, room - all);
        if (n > 0) all += (size_t)n;
        if (all == room) break;
    }
    return all;
}

START_TEST(a_send_takes_at_most_four_records_and_a_little) {
    static uint8_t out[6 * RECORD], in[6 * RECORD];
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.capacity = MIB;
    tls_pair_ready(&pair, &setup);
    h2conn_transport *client = &pair.above[CLIENT];
    size_t len = (size_t)_i;
    ptrdiff_t n = client->send(client->ctx, out, len);
    ck_assert_int_eq(n, len < MOST ? (ptrdiff_t)len : MOST);
    ck_assert_uint_eq(total_received(&pair, SERVER, in, sizeof in), (size_t)n);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(a_blocked_send_is_told_when_it_is_out) {
    uint8_t out[12000], in[20000];
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.capacity = 8000;
    tls_pair_ready(&pair, &setup);
    memset(out, 'a', sizeof out);
    h2conn_transport *client = &pair.above[CLIENT];
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(client->send(client->ctx, out, sizeof out), H2CONN_TRANSPORT_WANT_WRITE);
    }
    ck_assert_uint_eq(total_received(&pair, SERVER, in, sizeof in), 0);
    ck_assert_int_eq(client->send(client->ctx, out, sizeof out), sizeof out);
    ck_assert_uint_eq(total_received(&pair, SERVER, in, sizeof in), sizeof out);
    tls_pair_close(&pair);
}
END_TEST

/* The contract promises the same first bytes, not the same number of them. */
START_TEST(a_blocked_send_may_be_repeated_with_fewer_or_more_bytes) {
    uint8_t out[24000], in[24000];
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.capacity = 8000;
    tls_pair_ready(&pair, &setup);
    for (size_t i = 0; i < sizeof out; i++) out[i] = (uint8_t)(i % 251);
    h2conn_transport *client = &pair.above[CLIENT];
    size_t sent = 0, received = 0;
    for (size_t round = 0; received < sizeof out || sent < sizeof out; round++) {
        ck_assert_uint_lt(round, TEST_ROUNDS);
        size_t len = round % 2 == 0 ? 12000 : 1000;
        if (len > sizeof out - sent) len = sizeof out - sent;
        ptrdiff_t n = len > 0 ? client->send(client->ctx, out + sent, len) : 0;
        ck_assert_int_le(n, (ptrdiff_t)len);
        if (n > 0) sent += (size_t)n;
        received += total_received(&pair, SERVER, in + received, sizeof in - received);
    }
    ck_assert_uint_eq(sent, sizeof out);
    ck_assert_mem_eq(in, out, sizeof out);
    tls_pair_close(&pair);
}
END_TEST

START_TEST(receiving_goes_on_while_sending_is_blocked) {
    static uint8_t out[RECORD], in[RECORD];
    tls_setup setup = tls_sound();
    tls_pair pair;
    setup.capacity = 2 * RECORD;
    tls_pair_ready(&pair, &setup);
    h2conn_transport *client = &pair.above[CLIENT], *server = &pair.above[SERVER];
    ptrdiff_t n = 0;
    while (n != H2CONN_TRANSPORT_WANT_WRITE) n = client->send(client->ctx, out, sizeof out);
    ck_assert_int_eq(client->recv(client->ctx, in, sizeof in), H2CONN_TRANSPORT_WANT_READ);
    ck_assert_int_eq(server->send(server->ctx, "here", 4), 4);
    ck_assert_int_eq(client->recv(client->ctx, in, sizeof in), 4);
    ck_assert_mem_eq(in, "here", 4);
    tls_pair_close(&pair);
}
END_TEST

Suite *tls_stream_suite(void) {
    Suite *suite = suite_create("TLS stream");
    TCase *cases = tcase_create("bytes");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, a_mebibyte_each_way_at_once, 0, (int)(sizeof loads / sizeof *loads));
    tcase_add_loop_test(cases, a_mebibyte_each_way_with_another_peer, 0, 4);
    tcase_add_loop_test(cases, key_updates_lose_no_byte, 0, 2);
    tcase_add_test(cases, a_flood_of_key_updates_is_not_read);
    tcase_add_test(cases, a_call_takes_a_bounded_number_of_bytes);
    tcase_add_loop_test(cases, a_short_count_says_that_nothing_is_held, 0, 8);
    tcase_add_loop_test(cases, a_send_takes_at_most_four_records_and_a_little, 1, 3);
    tcase_add_loop_test(cases, a_send_takes_at_most_four_records_and_a_little, RECORD - 1, RECORD + 2);
    tcase_add_loop_test(cases, a_send_takes_at_most_four_records_and_a_little, 4 * RECORD - 1, 4 * RECORD + 2);
    tcase_add_loop_test(cases, a_send_takes_at_most_four_records_and_a_little, MOST - 1, MOST + 2);
    tcase_add_test(cases, a_blocked_send_is_told_when_it_is_out);
    tcase_add_test(cases, a_blocked_send_may_be_repeated_with_fewer_or_more_bytes);
    tcase_add_test(cases, receiving_goes_on_while_sending_is_blocked);
    suite_add_tcase(suite, cases);
    return suite;
}
