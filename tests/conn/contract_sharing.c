/* SPDX-License-Identifier: MIT */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"
#include <sched.h>
#include "posix_conn.h"

/* Many connections share one session; a second one is opened when the first is full or going away. */

enum { CONNS = 100 };

/* Whether all have the same local address: one socket. */
static bool same_socket(h2conn *const *conns, int n) {
    for (int i = 1; i < n; i++)
        if (strcmp(h2conn_local_addr(conns[0]), h2conn_local_addr(conns[i])) != 0) return false;
    return true;
}

static int count_sockets(h2conn *const *conns, int n) {
    int sockets = 0;
    for (int i = 0; i < n; i++) {
        int j = 0;
        while (strcmp(h2conn_local_addr(conns[j]), h2conn_local_addr(conns[i])) != 0) j++;
        sockets += j == i;
    }
    return sockets;
}

typedef struct talker {
    h2conn_client *client;
    const char *url;
    h2conn *conn;
    pthread_t thread;
} talker;

static void *talk(void *arg) {
    talker *t = arg;
    t->conn = test_connect(t->url, t->client);
    for (int i = 0; i < 20; i++) test_ask(t->conn, "many share one");
    return NULL;
}

static void start_talkers(talker *talkers, int n, const char *url, h2conn_client *client) {
    for (int i = 0; i < n; i++) {
        talkers[i] = (talker){.client = client, .url = url};
        ck_assert_int_eq(pthread_create(&talkers[i].thread, NULL, talk, &talkers[i]), 0);
    }
}

static void join_talkers(talker *talkers, h2conn **conns, int n) {
    for (int i = 0; i < n; i++) {
        pthread_join(talkers[i].thread, NULL);
        conns[i] = talkers[i].conn;
    }
}

START_TEST(sharing_100_connections_over_one_session) {
    test_server s;
    h2conn_client *client;
    talker talkers[CONNS];
    h2conn *conns[CONNS];
    test_server_handle(&s, test_echo, NULL);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    start_talkers(talkers, CONNS, s.url, client);
    join_talkers(talkers, conns, CONNS);
    ck_assert(same_socket(conns, CONNS));
    for (int i = 0; i < CONNS; i++) h2conn_free(conns[i]);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

START_TEST(sharing_opens_another_session_when_one_is_full) {
    h2_config config = h2_config_hosted(true);
    config.streams = 10;
    const h2conn_server_options options = {.handler = test_echo, .config = &config};
    test_server s;
    h2conn_client *client;
    talker talkers[CONNS];
    h2conn *conns[CONNS];
    test_server_start(&s, &options);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    start_talkers(talkers, CONNS, s.url, client);
    join_talkers(talkers, conns, CONNS);
    /* Every session took as many as it may, the last ones perhaps fewer: a stream may be opened before the limit is
     * known. */
    const int sockets = count_sockets(conns, CONNS);
    ck_assert_int_ge(sockets, CONNS / 10);
    ck_assert_int_le(sockets, CONNS / 10 + 2);
    for (int i = 0; i < CONNS; i++) h2conn_free(conns[i]);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

START_TEST(sharing_gives_places_back) {
    h2_config config = h2_config_hosted(true);
    config.streams = 2;
    const h2conn_server_options options = {.handler = test_echo, .config = &config};
    test_server s;
    h2conn_client *client;
    h2conn *conns[2];
    test_server_start(&s, &options);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    char before[H2CONN_ADDRESS_BYTES] = "";
    int moves = 0;
    for (int i = 0; i < 100; i++) {
        conns[0] = test_connect(s.url, client);
        conns[1] = test_connect(s.url, client);
        moves += strcmp(h2conn_local_addr(conns[0]), before) != 0;
        strcpy(before, h2conn_local_addr(conns[0]));
        for (int j = 0; j < 2; j++) {
            h2conn_close_write(conns[j]);
            ck_assert_int_eq(h2conn_wait_closed(conns[j]), H2CONN_OK);
            h2conn_free(conns[j]);
        }
    }
    ck_assert_int_eq(moves, 1);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

START_TEST(sharing_is_by_origin) {
    test_server a, b;
    h2conn_client *client;
    h2conn *conns[4];
    char again[H2CONN_WHY_BYTES + 8], named[H2CONN_WHY_BYTES + 16];
    test_server_handle(&a, test_echo, NULL);
    test_server_handle(&b, test_echo, NULL);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    strcat(strcpy(again, a.url), "/other");
    strcat(strcpy(named, "http://LOCALHOST"), strrchr(a.url, ':'));
    conns[0] = test_connect(a.url, client);
    conns[1] = test_connect(again, client);
    conns[2] = test_connect(b.url, client);
    conns[3] = test_connect(named, client);
    ck_assert(same_socket(conns, 2));
    ck_assert_int_eq(count_sockets(conns, 4), 3);
    for (int i = 0; i < 4; i++) h2conn_free(conns[i]);
    h2conn_client_free(client);
    test_server_stop(&a);
    test_server_stop(&b);
}
END_TEST

START_TEST(sharing_moves_on_when_the_server_was_replaced) {
    test_server s;
    h2conn_client *client;
    char byte;
    test_server_handle(&s, test_echo, NULL);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    h2conn *old = test_connect(s.url, client);
    test_ask(old, "old");
    h2conn_server_drain(s.server, -1);
    /* Until the GOAWAY is here; the session lives on for the old connection. */
    int64_t rtt;
    h2conn_response response;
    h2conn *conn;
    const h2conn_options options = {.client = client};
    while (h2conn_connect(&conn, s.url, &options, &response) == H2CONN_OK) h2conn_free(conn);
    ck_assert_int_eq(h2conn_ping(old, TEST_PATIENCE_MS, &rtt), H2CONN_OK);
    test_ask(old, "still served");
    const h2conn_server_options again = {.handler = test_echo};
    test_server next;
    test_server_start_at(&next, &again, s.url);
    h2conn *fresh = test_connect(s.url, client);
    test_ask(fresh, "new");
    h2conn_close_write(old);
    ck_assert_int_eq(h2conn_read(old, &byte, 1), 0);
    h2conn_free(old);
    test_server_join(&s);
    test_ask(fresh, "unmoved");
    h2conn_free(fresh);
    h2conn_client_free(client);
    test_server_stop(&next);
}
END_TEST

/* All of them fail together, quickly, when there is nobody. */
static void *fail_to_connect(void *arg) {
    talker *t = arg;
    h2conn_response response;
    const h2conn_options options = {.client = t->client};
    ck_assert_int_eq(test_connect_error(t->url, &options, &response), H2CONN_ECONNECT);
    ck_assert_ptr_nonnull(strstr(response.why, "127.0.0.1:"));
    return NULL;
}

START_TEST(sharing_fails_for_all_who_wait_for_one_dial) {
    char url[H2CONN_WHY_BYTES];
    h2conn_client *client;
    talker talkers[CONNS];
    test_server s;
    test_server_handle(&s, test_echo, NULL);
    strcpy(url, s.url);
    test_server_stop(&s);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    for (int i = 0; i < CONNS; i++) {
        talkers[i] = (talker){.client = client, .url = url};
        ck_assert_int_eq(pthread_create(&talkers[i].thread, NULL, fail_to_connect, &talkers[i]), 0);
    }
    for (int i = 0; i < CONNS; i++) pthread_join(talkers[i].thread, NULL);
    h2conn_client_free(client);
}
END_TEST

typedef struct patience {
    talker t;
    int64_t timeout_ms, waited_ms;
} patience;

static void *time_out(void *arg) {
    patience *p = arg;
    h2conn_response response;
    const h2conn_options options = {.client = p->t.client, .timeout_ms = p->timeout_ms};
    const int64_t start = h2conn_now();
    ck_assert_int_eq(test_connect_error(p->t.url, &options, &response), H2CONN_ETIMEDOUT);
    p->waited_ms = h2conn_now() - start;
    return NULL;
}

/* Many want one origin that does not answer: each waits as long as it said, whoever dials. */
START_TEST(sharing_a_dial_keeps_to_each_ones_own_deadline) {
    enum { WAITERS = 10, STEP_MS = 40 };
    char url[H2CONN_WHY_BYTES];
    h2conn_client *client;
    patience p[WAITERS];
    const int listening = test_listen_raw(url);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    for (int i = 0; i < WAITERS; i++) {
        p[i] = (patience){.t = {.client = client, .url = url}, .timeout_ms = STEP_MS * (1 + (i * 7) % WAITERS)};
        ck_assert_int_eq(pthread_create(&p[i].t.thread, NULL, time_out, &p[i]), 0);
    }
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(p[i].t.thread, NULL);
        ck_assert_int_ge(p[i].waited_ms, p[i].timeout_ms);
    }
    h2conn_client_free(client);
    close(listening);
}
END_TEST

/* ---- trace ---- */

typedef struct seen {
    atomic_int sent, received, wrong;
} seen;

static void trace(void *user, const char *peer, bool sent, const h2_frame_header *header, const uint8_t *payload,
                  size_t n) {
    seen *t = user;
    if (strncmp(peer, "127.0.0.1:", 10) != 0 || n > header->length || (n > 0 && payload == NULL)) t->wrong++;
    if (sent)
        t->sent++;
    else
        t->received++;
}

START_TEST(trace_shows_every_frame_of_both_sides) {
    seen server = {0}, client = {0};
    const h2conn_server_options server_options = {.handler = test_echo, .trace = trace, .trace_user = &server};
    const h2conn_options options = {.trace = trace, .trace_user = &client};
    test_server s;
    h2conn *conn;
    char byte;
    test_server_start(&s, &server_options);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, &options, NULL), H2CONN_OK);
    test_ask(conn, "traced");
    h2conn_close_write(conn);
    ck_assert_int_eq(h2conn_read(conn, &byte, 1), 0);
    h2conn_free(conn);
    test_server_stop(&s);
    ck_assert_int_eq(server.wrong + client.wrong, 0);
    ck_assert_int_eq(server.received, client.sent);
    ck_assert_int_eq(server.sent, client.received);
    ck_assert_int_ge(client.sent, 5); /* SETTINGS, HEADERS, ACK, DATA, END, GOAWAY */
}
END_TEST

/* A thread that ends a session may come late, after the loop has forgotten it: it is not forgotten twice. */
START_TEST(sharing_a_session_the_loop_forgot_stays_forgotten) {
    test_server s;
    h2conn_client *client;
    test_server_handle(&s, test_echo, NULL);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    h2conn *conn = test_connect(s.url, client);
    posix_session *session = conn->session;
    posix_loop *loop = session->loop;
    test_server_stop(&s);
    while (posix_loop_count(loop) > 0) sched_yield();
    pthread_mutex_lock(&session->lock);
    posix_loop_post(session, true);
    posix_loop_schedule(session, 1);
    pthread_mutex_unlock(&session->lock);
    h2conn_free(conn);
    /* The loop looks at what was posted before it takes on another. */
    test_server_handle(&s, test_echo, NULL);
    conn = test_connect(s.url, client);
    test_ask(conn, "again");
    ck_assert_uint_eq(posix_loop_count(loop), 1);
    h2conn_free(conn);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_test(tc, sharing_100_connections_over_one_session);
    tcase_add_test(tc, sharing_opens_another_session_when_one_is_full);
    tcase_add_test(tc, sharing_gives_places_back);
    tcase_add_test(tc, sharing_moves_on_when_the_server_was_replaced);
    tcase_add_test(tc, trace_shows_every_frame_of_both_sides);
}

Suite *contract_sharing_suite(void) {
    Suite *suite = suite_create("contract: sharing");
    TCase *tc = test_case(suite, "sharing");
    tcase_add_test(tc, sharing_is_by_origin);
    tcase_add_test(tc, sharing_fails_for_all_who_wait_for_one_dial);
    tcase_add_test(tc, sharing_a_dial_keeps_to_each_ones_own_deadline);
    tcase_add_test(tc, sharing_a_session_the_loop_forgot_stays_forgotten);
    test_each_style(suite, add_of_each_style);
    return suite;
}
