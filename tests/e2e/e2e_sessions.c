/* SPDX-License-Identifier: MIT */
/* Many connections over one HTTP/2 session. */
#include <stdio.h>
#include "e2e.h"

#define CONNS      100
#define EACH_BYTES 100000u

static const char *const listens[] = {"http://127.0.0.1:0", "https://127.0.0.1:0"};

typedef struct pool {
    e2e_server server;
    e2e_client client;
    h2conn_client *shared;
} pool;

static void pool_open(pool *p, const char *listen, h2conn_handler handler) {
    e2e_server_start(&p->server, listen, NULL, handler, NULL);
    e2e_client_open(&p->client, NULL);
    h2conn_client_options options = {.secure = &p->client.secure};
    ck_assert_int_eq(h2conn_client_new(&p->shared, &options), H2CONN_OK);
    p->client.options.client = p->shared;
    p->client.options.secure = NULL;
}

static void pool_close(pool *p) {
    h2conn_client_free(p->shared);
    e2e_client_close(&p->client);
    e2e_server_stop(&p->server);
}

START_TEST(a_hundred_connections_over_one_session) {
    pool p;
    h2conn *conns[CONNS];
    pool_open(&p, listens[_i], e2e_echo);
    for (int i = 0; i < CONNS; i++) conns[i] = e2e_connect(&p.client, p.server.url);
    /* One session is one socket, so all share its two addresses. */
    for (int i = 1; i < CONNS; i++) {
        ck_assert_str_eq(h2conn_local_addr(conns[i]), h2conn_local_addr(conns[0]));
        ck_assert_str_eq(h2conn_remote_addr(conns[i]), h2conn_remote_addr(conns[0]));
    }
    for (int round = 0; round < 10; round++)
        for (int i = CONNS - 1; i >= 0; i--) {
            char word[64];
            snprintf(word, sizeof word, "connection %d, round %d", i, round);
            e2e_ask(conns[i], word);
        }
    for (int i = 0; i < CONNS; i++) h2conn_free(conns[i]);
    pool_close(&p);
}
END_TEST

typedef struct job {
    pthread_t thread;
    const e2e_client *client;
    const char *url;
    uint32_t seed;
    int64_t got;
    int sent;
} job;

static void *send_half(void *user) {
    job *j = user;
    h2conn *conn;
    h2conn_response response;
    j->sent = h2conn_connect(&conn, j->url, &j->client->options, &response);
    if (j->sent != H2CONN_OK) return NULL;
    h2conn_set_deadline(conn, h2conn_now() + E2E_TEST_SECONDS * 1000);
    j->sent = e2e_send(conn, EACH_BYTES, j->seed);
    j->got = e2e_receive(conn, j->seed);
    h2conn_free(conn);
    return NULL;
}

/* What one writes is less than a window, so that no thread of its own is needed to read the echo. */
START_TEST(a_hundred_threads_connect_and_talk_at_once) {
    pool p;
    job jobs[CONNS];
    pool_open(&p, listens[_i], e2e_echo);
    for (int i = 0; i < CONNS; i++) {
        jobs[i] = (job){.client = &p.client, .url = p.server.url, .seed = (uint32_t)i * 7919};
        ck_assert_int_eq(pthread_create(&jobs[i].thread, NULL, send_half, &jobs[i]), 0);
    }
    for (int i = 0; i < CONNS; i++) {
        pthread_join(jobs[i].thread, NULL);
        ck_assert_msg(jobs[i].sent == H2CONN_OK, "%d: %s", i, h2conn_error_name(jobs[i].sent));
        ck_assert_int_eq(jobs[i].got, EACH_BYTES);
    }
    pool_close(&p);
}
END_TEST

START_TEST(connections_come_and_go_on_one_session) {
    pool p;
    char first[H2CONN_ADDRESS_BYTES];
    pool_open(&p, listens[_i], e2e_echo);
    h2conn *keeper = e2e_connect(&p.client, p.server.url);
    snprintf(first, sizeof first, "%s", h2conn_local_addr(keeper));
    for (int i = 0; i < 500; i++) {
        h2conn *conn = e2e_connect(&p.client, p.server.url);
        ck_assert_str_eq(h2conn_local_addr(conn), first);
        e2e_ask(conn, "here");
        if (i % 2) h2conn_close_write(conn);
        h2conn_free(conn);
    }
    e2e_ask(keeper, "still there");
    h2conn_free(keeper);
    pool_close(&p);
}
END_TEST

static void add_of_both_styles(TCase *tc) {
    tcase_add_loop_test(tc, a_hundred_connections_over_one_session, 0, 2);
    tcase_add_loop_test(tc, a_hundred_threads_connect_and_talk_at_once, 0, 2);
    tcase_add_loop_test(tc, connections_come_and_go_on_one_session, 0, 2);
}

Suite *e2e_sessions_suite(void) {
    Suite *suite = suite_create("end to end: sessions");
    e2e_both_styles(suite, add_of_both_styles);
    return suite;
}
