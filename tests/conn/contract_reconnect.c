/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "posix_client.h"

/* A client that tries again for a session: it says so each time, and sends nothing twice. */

/* What the program was told, and what it does at one of the times. */
typedef struct story {
    pthread_mutex_t lock;
    h2conn_client *client;
    int told, errors[64];
    unsigned failures[64];
    int stop_at, start_at; /* say stop; start the server; 0 for never */
    char origin[300], why[H2CONN_WHY_BYTES];
    test_flag waiting;
    test_server *server;
    h2conn_server_options serve;
    char url[H2CONN_WHY_BYTES]; /* a server's that is not running at first */
} story;

static bool again(void *user, const h2conn_retry *retry) {
    story *t = user;
    pthread_mutex_lock(&t->lock);
    ck_assert_int_lt(t->told, 64);
    t->errors[t->told] = retry->error;
    t->failures[t->told++] = retry->failures;
    ck_assert_int_ge(retry->wait_ms, 0);
    snprintf(t->origin, sizeof t->origin, "%s", retry->origin);
    snprintf(t->why, sizeof t->why, "%s", retry->why);
    if (t->told == t->start_at) test_server_start_at(t->server, &t->serve, t->url);
    const bool go_on = t->told != t->stop_at;
    pthread_mutex_unlock(&t->lock);
    test_raise(&t->waiting);
    return go_on;
}

static void story_begin(story *t, h2conn_reconnect reconnect) {
    *t = (story){.lock = PTHREAD_MUTEX_INITIALIZER, .waiting = TEST_FLAG, .serve = {.handler = test_echo}};
    reconnect.again = again;
    reconnect.user = t;
    const h2conn_client_options options = {.reconnect = reconnect};
    ck_assert_int_eq(h2conn_client_new(&t->client, &options), H2CONN_OK);
}

/* An address where a server was and is to be again. */
static void use_server(story *t, test_server *s) {
    t->server = s;
    test_server_start(s, &t->serve);
    strcpy(t->url, s->url);
}

static const h2conn_reconnect quick = {.first_ms = 1, .most_ms = 4};

START_TEST(contract_reconnect_until_the_server_is_there) {
    test_server s;
    story t;
    story_begin(&t, quick);
    use_server(&t, &s);
    test_server_stop(&s);
    t.start_at = 5;
    h2conn *conn = test_connect(t.url, t.client);
    test_ask(conn, "at last");
    ck_assert_int_eq(t.told, 5);
    for (int i = 0; i < t.told; i++) {
        ck_assert_int_eq(t.errors[i], H2CONN_ECONNECT);
        ck_assert_uint_le(t.failures[i], (unsigned)i + 1);
    }
    ck_assert_uint_eq(t.failures[0], 1);
    ck_assert_str_eq(t.origin, t.url);
    ck_assert_ptr_eq(strstr(t.why, h2conn_strerror(H2CONN_ECONNECT)), t.why);
    h2conn_free(conn);
    h2conn_client_free(t.client);
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_reconnect_stops_when_the_program_says_so) {
    test_server s;
    story t;
    h2conn_response response;
    story_begin(&t, quick);
    use_server(&t, &s);
    test_server_stop(&s);
    t.stop_at = 3;
    const h2conn_options options = {.client = t.client, .timeout_ms = -1};
    ck_assert_int_eq(test_connect_error(t.url, &options, &response), H2CONN_ECONNECT);
    ck_assert_int_eq(t.told, 3);
    ck_assert_str_eq(response.why, t.why);
    h2conn_client_free(t.client);
}
END_TEST

/* A wait that would outlast the connect is not begun, and the error is the one that matters. */
START_TEST(contract_reconnect_fits_into_the_timeout) {
    const h2conn_reconnect slow = {.first_ms = 10 * TEST_PATIENCE_MS, .most_ms = 10 * TEST_PATIENCE_MS};
    test_server s;
    story t;
    h2conn_response response;
    story_begin(&t, slow);
    use_server(&t, &s);
    test_server_stop(&s);
    const h2conn_options options = {.client = t.client};
    ck_assert_int_eq(test_connect_error(t.url, &options, &response), H2CONN_ECONNECT);
    ck_assert_int_eq(t.told, 0);
    h2conn_client_free(t.client);
}
END_TEST

static void *fire_when_waiting(void *arg) {
    story *t = arg;
    test_await(&t->waiting, 1);
    h2conn_cancel_fire(t->serve.user);
    return NULL;
}

START_TEST(contract_reconnect_can_be_cancelled_while_it_waits) {
    const h2conn_reconnect slow = {.first_ms = 10 * TEST_PATIENCE_MS, .most_ms = 10 * TEST_PATIENCE_MS};
    test_server s;
    story t;
    h2conn_response response;
    h2conn_cancel *cancel;
    pthread_t thread;
    story_begin(&t, slow);
    use_server(&t, &s);
    test_server_stop(&s);
    ck_assert_int_eq(h2conn_cancel_new(&cancel), H2CONN_OK);
    t.serve.user = cancel;
    ck_assert_int_eq(pthread_create(&thread, NULL, fire_when_waiting, &t), 0);
    const h2conn_options options = {.client = t.client, .cancel = cancel, .timeout_ms = -1};
    ck_assert_int_eq(test_connect_error(t.url, &options, &response), H2CONN_ECANCELED);
    pthread_join(thread, NULL);
    ck_assert_int_eq(t.told, 1);
    h2conn_cancel_free(cancel);
    h2conn_client_free(t.client);
}
END_TEST

typedef struct asker {
    story *t;
    pthread_t thread;
} asker;

static void *ask(void *arg) {
    const asker *a = arg;
    h2conn *conn = test_connect(a->t->url, a->t->client);
    test_ask(conn, "me too");
    h2conn_free(conn);
    return NULL;
}

/* Many wait for one origin: one tries for all, and the program is told once for each attempt. */
START_TEST(contract_reconnect_of_many_is_one) {
    enum { N = 20 };
    test_server s;
    story t;
    asker a[N];
    story_begin(&t, quick);
    use_server(&t, &s);
    test_server_stop(&s);
    t.start_at = 8;
    for (int i = 0; i < N; i++) {
        a[i].t = &t;
        ck_assert_int_eq(pthread_create(&a[i].thread, NULL, ask, &a[i]), 0);
    }
    for (int i = 0; i < N; i++) pthread_join(a[i].thread, NULL);
    ck_assert_int_eq(t.told, 8);
    h2conn_client_free(t.client);
    test_server_stop(&s);
}
END_TEST

/* ---- sessions ---- */

static void count_and_echo(void *user, h2conn_request *request) {
    test_raise(user);
    test_echo(NULL, request);
}

START_TEST(contract_reconnect_after_a_session_was_lost_sends_nothing_again) {
    test_server s;
    story t;
    test_flag requests = TEST_FLAG;
    char byte;
    story_begin(&t, quick);
    t.serve = (h2conn_server_options){.handler = count_and_echo, .user = &requests};
    use_server(&t, &s);
    h2conn *conn = test_connect(t.url, t.client);
    test_ask(conn, "before");
    ck_assert_int_eq(h2conn_write(conn, "unanswered", 10, NULL), H2CONN_OK);
    test_server_stop(&s);
    while (h2conn_read(conn, &byte, 1) > 0) {
    }
    t.start_at = 1;
    h2conn *next = test_connect(t.url, t.client);
    test_ask(next, "after");
    ck_assert_int_ge(t.told, 1);
    ck_assert_uint_eq(t.failures[0], 1);
    ck_assert_int_eq(requests.count, 2);
    h2conn_close_write(next);
    ck_assert_int_eq(h2conn_read(next, &byte, 1), 0);
    h2conn_free(conn);
    h2conn_free(next);
    h2conn_client_free(t.client);
    test_server_stop(&s);
}
END_TEST

/* Going away in good order is no loss: the next connect goes to the new server as if nothing had been. */
START_TEST(contract_reconnect_is_not_for_a_server_that_was_drained) {
    test_server s;
    story t;
    char byte;
    story_begin(&t, quick);
    use_server(&t, &s);
    h2conn *conn = test_connect(t.url, t.client);
    test_ask(conn, "before");
    h2conn_server_drain(s.server, TEST_PATIENCE_MS);
    h2conn_close_write(conn);
    ck_assert_int_eq(h2conn_read(conn, &byte, 1), 0);
    h2conn_free(conn);
    test_server_join(&s);
    test_server_start_at(&s, &t.serve, t.url);
    conn = test_connect(t.url, t.client);
    test_ask(conn, "after");
    ck_assert_int_eq(t.told, 0);
    h2conn_free(conn);
    h2conn_client_free(t.client);
    test_server_stop(&s);
}
END_TEST

/* A server that is lost once it has the request: whether it acted on it nobody knows, so it is not asked again. */
static void die_with_the_request(int fd, void *user) {
    (void)user;
    test_greet_client(fd, NULL, 0);
    test_await_request(fd);
}

START_TEST(contract_reconnect_does_not_repeat_a_request_that_was_sent) {
    story t;
    test_raw raw;
    h2conn_response response;
    story_begin(&t, quick);
    test_raw_start(&raw, die_with_the_request, NULL);
    const h2conn_options options = {.client = t.client, .timeout_ms = TEST_PATIENCE_MS};
    ck_assert_int_eq(test_connect_error(raw.url, &options, &response), H2CONN_ELOST);
    ck_assert_int_eq(t.told, 0);
    h2conn_client_free(t.client);
    test_raw_join(&raw);
}
END_TEST

/* Refuses the request of each fresh session but the last by GOAWAY, which says it was not looked at (RFC 9113, 8.7). */
static void *refuse_and_refuse_and_take(void *arg) {
    const int listening = *(int *)arg;
    char rest[1024];
    for (int i = 0; i < 3; i++) {
        const uint8_t goaway[H2_GOAWAY_FIXED_BYTES] = {0};
        const int fd = accept(listening, NULL, NULL);
        test_greet_client(fd, NULL, 0);
        const uint32_t id = test_await_request(fd);
        if (i < 2)
            test_write_frame(fd, H2_GOAWAY, 0, 0, goaway, sizeof goaway);
        else
            test_write_ok(fd, id, H2_FLAG_END_STREAM);
        shutdown(fd, SHUT_WR);
        while (recv(fd, rest, sizeof rest, 0) > 0) {
        }
        close(fd);
    }
    return NULL;
}

START_TEST(contract_reconnect_when_a_fresh_session_does_not_take_the_request) {
    char url[H2CONN_WHY_BYTES];
    story t;
    pthread_t thread;
    story_begin(&t, quick);
    int listening = test_listen_raw(url);
    ck_assert_int_eq(pthread_create(&thread, NULL, refuse_and_refuse_and_take, &listening), 0);
    h2conn *conn = test_connect(url, t.client);
    ck_assert_int_eq(t.told, 2);
    ck_assert_int_eq(t.errors[0], H2CONN_EGOAWAY);
    ck_assert_int_eq(t.errors[1], H2CONN_EGOAWAY);
    h2conn_free(conn);
    h2conn_client_free(t.client);
    pthread_join(thread, NULL);
    close(listening);
}
END_TEST

START_TEST(contract_reconnect_refuses_times_that_make_no_sense) {
    static const h2conn_reconnect wrong[] = {
        {.first_ms = 2, .most_ms = 1}, {.first_ms = 30001}, {.first_ms = 1, .jitter_percent = 101}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const h2conn_client_options options = {.reconnect = wrong[i]};
        h2conn_client *client;
        ck_assert_int_eq(h2conn_client_new(&client, &options), H2CONN_EINVAL);
        ck_assert_ptr_null(client);
    }
}
END_TEST

/* A loss long past is still told, and asks for no wait. */
START_TEST(contract_reconnect_tells_of_a_loss_that_is_long_past) {
    test_server s;
    story t;
    char byte;
    story_begin(&t, quick);
    use_server(&t, &s);
    h2conn *conn = test_connect(t.url, t.client);
    test_server_stop(&s);
    ck_assert_int_lt(h2conn_read(conn, &byte, 1), 0);
    h2conn_free(conn);
    test_server_start_at(&s, &t.serve, t.url);
    /* The loop learns of the end, and then its memory of it runs out. */
    pthread_mutex_lock(&t.client->lock);
    while (t.client->sessions != NULL) {
        pthread_mutex_unlock(&t.client->lock);
        sched_yield();
        pthread_mutex_lock(&t.client->lock);
    }
    pthread_mutex_unlock(&t.client->lock);
    const int64_t now = h2conn_now();
    while (h2conn_now() <= now + 2 * quick.most_ms) sched_yield();
    conn = test_connect(t.url, t.client);
    ck_assert_int_eq(t.told, 1);
    ck_assert_uint_eq(t.failures[0], 1);
    h2conn_free(conn);
    h2conn_client_free(t.client);
    test_server_stop(&s);
}
END_TEST

Suite *contract_reconnect_suite(void) {
    Suite *suite = suite_create("contract: reconnecting");
    TCase *tc = test_case(suite, "reconnect");
    tcase_add_test(tc, contract_reconnect_until_the_server_is_there);
    tcase_add_test(tc, contract_reconnect_stops_when_the_program_says_so);
    tcase_add_test(tc, contract_reconnect_fits_into_the_timeout);
    tcase_add_test(tc, contract_reconnect_can_be_cancelled_while_it_waits);
    tcase_add_test(tc, contract_reconnect_of_many_is_one);
    tcase_add_test(tc, contract_reconnect_after_a_session_was_lost_sends_nothing_again);
    tcase_add_test(tc, contract_reconnect_tells_of_a_loss_that_is_long_past);
    tcase_add_test(tc, contract_reconnect_is_not_for_a_server_that_was_drained);
    tcase_add_test(tc, contract_reconnect_does_not_repeat_a_request_that_was_sent);
    tcase_add_test(tc, contract_reconnect_when_a_fresh_session_does_not_take_the_request);
    tcase_add_test(tc, contract_reconnect_refuses_times_that_make_no_sense);
    return suite;
}
