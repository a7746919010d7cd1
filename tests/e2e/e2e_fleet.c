/* SPDX-License-Identifier: MIT */
/* Hundreds of connections open at once at a server of callbacks, each echoing. h2bench fleet does the same with ten
 * thousand. */
#include <stdio.h>
#include <stdlib.h>
#include "e2e.h"
#include "h2conn_events.h"

#define ROUNDS 3

static void on_open(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
}

static void give_back(void *user, h2conn *conn) {
    const void *bytes;
    ptrdiff_t n, taken;
    (void)user;
    while ((n = h2conn_peek(conn, &bytes)) > 0 && (taken = h2conn_try_write(conn, bytes, (size_t)n)) > 0)
        h2conn_skip(conn, (size_t)taken);
    if (n == 0) h2conn_close(conn);
}

static void *run(void *server) {
    ck_assert_int_eq(h2conn_server_run(server), H2CONN_OK);
    return NULL;
}

static const struct fleet { unsigned sessions, streams; } fleets[] = {{300, 1}, {10, 30}};

START_TEST(hundreds_of_connections_echo_at_once) {
    static const h2conn_events echo = {.on_open = on_open, .on_readable = give_back, .on_writable = give_back};
    const h2conn_server_options server_options = {.events = &echo};
    const unsigned streams = fleets[_i].streams, all = fleets[_i].sessions * streams;
    char address[H2CONN_WHY_BYTES], url[H2CONN_WHY_BYTES + 8];
    h2conn_server *server;
    pthread_t thread;
    h2conn **conns = calloc(all, sizeof *conns);
    h2conn_client **clients = calloc(fleets[_i].sessions, sizeof *clients);
    ck_assert_int_eq(h2conn_server_new(&server, &server_options), H2CONN_OK);
    ck_assert_int_eq(h2conn_server_listen(server, "http://127.0.0.1:0", address), H2CONN_OK);
    snprintf(url, sizeof url, "http://%s", address);
    ck_assert_int_eq(pthread_create(&thread, NULL, run, server), 0);
    for (unsigned i = 0; i < all; i++) {
        h2conn_client_options options = {.secure = NULL};
        if (i % streams == 0) ck_assert_int_eq(h2conn_client_new(&clients[i / streams], &options), H2CONN_OK);
        const e2e_client client = {.options = {.client = clients[i / streams]}};
        conns[i] = e2e_connect(&client, url);
    }
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < all; i++) {
            char word[64];
            snprintf(word, sizeof word, "connection %u, round %u", i, round);
            e2e_ask(conns[i], word);
        }
    for (unsigned i = 0; i < all; i++) {
        char byte;
        ck_assert_int_eq(h2conn_close_write(conns[i]), H2CONN_OK);
        ck_assert_int_eq(h2conn_read(conns[i], &byte, 1), 0);
    }
    for (unsigned i = 0; i < all; i++) h2conn_free(conns[i]);
    for (unsigned i = 0; i < fleets[_i].sessions; i++) h2conn_client_free(clients[i]);
    h2conn_server_stop(server);
    pthread_join(thread, NULL);
    h2conn_server_free(server);
    free(conns);
    free(clients);
}
END_TEST

Suite *e2e_fleet_suite(void) {
    Suite *suite = suite_create("end to end: many at once");
    TCase *tests = tcase_create("fleets");
    tcase_set_timeout(tests, E2E_TEST_SECONDS);
    tcase_add_loop_test(tests, hundreds_of_connections_echo_at_once, 0, sizeof fleets / sizeof fleets[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
