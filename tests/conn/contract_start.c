/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "h2conn_events.h"

/* Connecting by events: with the client's own thread, and in a loop of the test's, which is this thread. */

enum { IN_A_THREAD, IN_OWN_LOOP, WAYS };

/* What came of one connection. */
typedef struct call {
    struct bench *bench;
    h2conn *conn;
    int status, error;
    uint32_t code;
    bool opened, closed;
    size_t sent, got;
    char why[H2CONN_WHY_BYTES];
} call;

typedef struct bench {
    h2conn_client *client;
    bool own_loop;
    test_flag responses, closes, opened;
    const char *words; /* each sends them and the end, and reads them back */
    h2conn_events events;
    pthread_mutex_t lock; /* the calls */
    int retries;
    test_server *late; /* started when it is tried again */
} bench;

static void speak(call *c) {
    const char *words = c->bench->words;
    const size_t len = strlen(words);
    while (c->sent < len) {
        const ptrdiff_t n = h2conn_try_write(c->conn, words + c->sent, len - c->sent);
        if (n == H2CONN_EAGAIN) return;
        ck_assert_int_gt(n, 0);
        c->sent += (size_t)n;
    }
    ck_assert_int_eq(h2conn_close_write(c->conn), H2CONN_OK);
}

static void on_response(void *user, h2conn *conn, const h2conn_response *response) {
    bench *b = user;
    call *c = h2conn_user(conn);
    ck_assert_ptr_eq(b, c->bench);
    pthread_mutex_lock(&b->lock);
    c->conn = conn;
    c->status = response->status;
    if (!c->opened) speak(c);
    pthread_mutex_unlock(&b->lock);
    test_raise(&b->responses);
}

static void on_readable(void *user, h2conn *conn) {
    bench *b = user;
    call *c = h2conn_user(conn);
    char bytes[64];
    ptrdiff_t n;
    pthread_mutex_lock(&b->lock);
    while ((n = h2conn_try_read(conn, bytes, sizeof bytes)) > 0) {
        ck_assert_mem_eq(bytes, b->words + c->got, (size_t)n);
        c->got += (size_t)n;
    }
    pthread_mutex_unlock(&b->lock);
}

static void on_writable(void *user, h2conn *conn) {
    bench *b = user;
    call *c = h2conn_user(conn);
    pthread_mutex_lock(&b->lock);
    c->conn = conn;
    c->opened = true;
    speak(c);
    pthread_mutex_unlock(&b->lock);
    test_raise(&b->opened);
}

static void on_close(void *user, h2conn *conn) {
    bench *b = user;
    call *c = h2conn_user(conn);
    char byte;
    pthread_mutex_lock(&b->lock);
    ck_assert(!c->closed);
    c->closed = true;
    h2conn_why(conn, c->why);
    c->code = h2conn_code(conn);
    c->error = (int)h2conn_try_read(conn, &byte, 1);
    c->conn = NULL;
    pthread_mutex_unlock(&b->lock);
    h2conn_free(conn);
    test_raise(&b->closes);
}

static bool again(void *user, const h2conn_retry *retry) {
    bench *b = user;
    (void)retry;
    if (b->retries++ == 0 && b->late != NULL) {
        char url[H2CONN_WHY_BYTES];
        const h2conn_server_options options = {.handler = test_echo};
        strcpy(url, b->late->url);
        test_server_start_at(b->late, &options, url);
    }
    return true;
}

static void bench_begin(bench *b, int way, bool reconnect) {
    *b = (bench){.own_loop = way == IN_OWN_LOOP,
                 .responses = TEST_FLAG,
                 .closes = TEST_FLAG,
                 .opened = TEST_FLAG,
                 .words = "some words there and back",
                 .lock = PTHREAD_MUTEX_INITIALIZER};
    b->events = (h2conn_events){.on_response = on_response,
                                .on_readable = on_readable,
                                .on_writable = on_writable,
                                .on_close = on_close,
                                .user = b};
    h2conn_client_options options = {.manual = b->own_loop};
    if (reconnect) options.reconnect = (h2conn_reconnect){.first_ms = 1, .most_ms = 4, .again = again, .user = b};
    ck_assert_int_eq(h2conn_client_new(&b->client, &options), H2CONN_OK);
}

/* Wait until the flag was raised so often, doing the client's work meanwhile if it has no thread. */
static void bench_await(bench *b, test_flag *flag, int count) {
    while (b->own_loop) {
        struct pollfd fd = {.fd = h2conn_client_fd(b->client), .events = POLLIN};
        pthread_mutex_lock(&flag->lock);
        const bool done = flag->count >= count;
        pthread_mutex_unlock(&flag->lock);
        if (done) return;
        ck_assert(h2conn_client_wants(b->client));
        ck_assert_int_ge(poll(&fd, 1, h2conn_client_timeout(b->client)), 0);
        ck_assert_int_eq(h2conn_client_process(b->client), H2CONN_OK);
    }
    test_await(flag, count);
}

static void bench_end(bench *b) {
    h2conn_client_free(b->client);
}

static void begin(bench *b, call *c, const char *url, h2conn_options options) {
    h2conn *conn;
    *c = (call){.bench = b, .error = H2CONN_EINVAL};
    options.client = b->client;
    if (options.timeout_ms == 0) options.timeout_ms = TEST_PATIENCE_MS;
    ck_assert_int_eq(h2conn_connect_start(&conn, url, &options, &b->events, c), H2CONN_OK);
    ck_assert_ptr_nonnull(conn);
}

static void expect_echoed(const call *c) {
    ck_assert_int_eq(c->status, 200);
    ck_assert_uint_eq(c->got, strlen(c->bench->words));
    ck_assert_int_eq(c->error, 0);
    ck_assert_str_eq(c->why, "");
}

/* ---- that it connects ---- */

START_TEST(start_is_answered_by_events) {
    test_server s;
    bench b;
    call c[2];
    test_server_handle(&s, test_echo, NULL);
    bench_begin(&b, _i, false);
    ck_assert(!h2conn_client_wants(b.client));
    for (int i = 0; i < 2; i++) { /* the second on the session that is there */
        begin(&b, &c[i], s.url, (h2conn_options){0});
        bench_await(&b, &b.closes, i + 1);
        expect_echoed(&c[i]);
    }
    bench_end(&b);
    test_server_stop(&s);
}
END_TEST

/* More than one session takes, at once, before there is any: no thread for each. */
START_TEST(start_of_many_fills_sessions) {
    enum { N = 300 };
    h2_config config = h2_config_hosted(true);
    config.streams = 40;
    const h2conn_server_options options = {.handler = test_echo, .config = &config};
    test_server s;
    bench b;
    call c[N];
    test_server_start(&s, &options);
    bench_begin(&b, _i, false);
    for (int i = 0; i < N; i++) begin(&b, &c[i], s.url, (h2conn_options){0});
    bench_await(&b, &b.closes, N);
    for (int i = 0; i < N; i++) expect_echoed(&c[i]);
    bench_end(&b);
    test_server_stop(&s);
}
END_TEST

static void answer_after_reading(void *user, h2conn_request *request) {
    char bytes[64];
    h2conn *conn;
    size_t got = 0;
    ptrdiff_t n;
    (void)user;
    while ((n = h2conn_request_read(request, bytes + got, sizeof bytes - got)) > 0) got += (size_t)n;
    if (h2conn_accept(&conn, request, 200, NULL, 0) == H2CONN_OK) h2conn_write(conn, bytes, got, NULL);
}

START_TEST(start_early_may_write_before_the_response) {
    test_server s;
    bench b;
    call c[2];
    test_server_handle(&s, answer_after_reading, NULL);
    bench_begin(&b, _i, false);
    begin(&b, &c[0], s.url, (h2conn_options){.early = true});
    bench_await(&b, &b.closes, 1);
    begin(&b, &c[1], s.url, (h2conn_options){.expect_continue = true});
    bench_await(&b, &b.closes, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert(c[i].opened);
        expect_echoed(&c[i]);
    }
    bench_end(&b);
    test_server_stop(&s);
}
END_TEST

/* ---- that it fails ---- */

START_TEST(start_that_fails_says_so_by_on_close) {
    test_server s;
    bench b;
    call c[3];
    test_server_handle(&s, test_echo, NULL);
    test_server_stop(&s);
    bench_begin(&b, _i, false);
    begin(&b, &c[0], s.url, (h2conn_options){0});
    begin(&b, &c[1], "http://no-such-host.invalid/", (h2conn_options){0});
    begin(&b, &c[2], s.url, (h2conn_options){0});
    bench_await(&b, &b.closes, 3);
    ck_assert_int_eq(c[0].error, H2CONN_ECONNECT);
    ck_assert_int_eq(c[1].error, H2CONN_ERESOLVE);
    ck_assert_int_eq(c[2].error, H2CONN_ECONNECT);
    ck_assert_ptr_eq(strstr(c[0].why, h2conn_strerror(H2CONN_ECONNECT)), c[0].why);
    ck_assert_ptr_nonnull(strstr(c[1].why, "no-such-host.invalid"));
    for (int i = 0; i < 3; i++) ck_assert_int_eq(c[i].status, 0);
    bench_end(&b);
}
END_TEST

START_TEST(start_refuses_wrong_arguments) {
    bench b;
    h2conn *conn;
    bench_begin(&b, _i, false);
    const h2conn_options good = {.client = b.client}, alone = {0};
    ck_assert_int_eq(h2conn_connect_start(NULL, "http://a/", &good, &b.events, NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_connect_start(&conn, NULL, &good, &b.events, NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_connect_start(&conn, "http://a/", NULL, &b.events, NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_connect_start(&conn, "http://a/", &good, NULL, NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_connect_start(&conn, "http://a/", &alone, &b.events, NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_connect_start(&conn, "ftp://a/", &good, &b.events, NULL), H2CONN_EURL);
    ck_assert_int_eq(h2conn_connect_start(&conn, "https://a/", &good, &b.events, NULL), H2CONN_EINVAL);
    ck_assert_ptr_null(conn);
    bench_end(&b);
}
END_TEST

static void answer_on_go(void *user, h2conn_request *request) {
    test_await(user, 1);
    test_echo(NULL, request);
}

START_TEST(start_that_is_not_answered_times_out) {
    test_server s;
    test_flag go = TEST_FLAG;
    bench b;
    call c;
    test_server_handle(&s, answer_on_go, &go);
    bench_begin(&b, _i, false);
    begin(&b, &c, s.url, (h2conn_options){.timeout_ms = 60});
    bench_await(&b, &b.closes, 1);
    ck_assert_int_eq(c.error, H2CONN_ETIMEDOUT);
    ck_assert_ptr_eq(strstr(c.why, h2conn_strerror(H2CONN_ETIMEDOUT)), c.why);
    test_raise(&go);
    bench_end(&b);
    test_server_stop(&s);
}
END_TEST

/* ---- that it goes elsewhere ---- */

START_TEST(start_tries_again_as_the_client_does) {
    char url[H2CONN_WHY_BYTES];
    test_server s;
    bench b;
    call c[5];
    test_server_handle(&s, test_echo, NULL);
    test_server_stop(&s);
    bench_begin(&b, _i, true);
    b.late = &s;
    strcpy(url, s.url); /* the server's own is written when it starts again */
    for (int i = 0; i < 5; i++) begin(&b, &c[i], url, (h2conn_options){0});
    bench_await(&b, &b.closes, 5);
    for (int i = 0; i < 5; i++) expect_echoed(&c[i]);
    bench_end(&b);
    ck_assert_int_ge(b.retries, 1);
    test_server_stop(&s);
}
END_TEST

/* The first session answers one request, and refuses the next unread; the second session takes it. */
static void *refuse_the_second(void *arg) {
    const int listening = *(int *)arg;
    const uint8_t goaway[H2_GOAWAY_FIXED_BYTES] = {0, 0, 0, 1};
    char rest[1024];
    for (int i = 0; i < 2; i++) {
        const int fd = accept(listening, NULL, NULL);
        test_greet_client(fd, NULL, 0);
        test_write_ok(fd, test_await_request(fd), i == 0 ? 0 : H2_FLAG_END_STREAM);
        if (i == 0) {
            ck_assert_uint_eq(test_await_request(fd), 3);
            test_write_frame(fd, H2_GOAWAY, 0, 0, goaway, sizeof goaway);
            test_write_frame(fd, H2_DATA, H2_FLAG_END_STREAM, 1, NULL, 0);
        }
        shutdown(fd, SHUT_WR);
        while (recv(fd, rest, sizeof rest, 0) > 0) {
        }
        close(fd);
    }
    return NULL;
}

START_TEST(start_moves_on_when_a_session_did_not_look_at_it) {
    char url[H2CONN_WHY_BYTES];
    bench b;
    call c[2];
    pthread_t thread;
    int listening = test_listen_raw(url);
    ck_assert_int_eq(pthread_create(&thread, NULL, refuse_the_second, &listening), 0);
    bench_begin(&b, _i, false);
    begin(&b, &c[0], url, (h2conn_options){0});
    bench_await(&b, &b.responses, 1);
    begin(&b, &c[1], url, (h2conn_options){0});
    bench_await(&b, &b.closes, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(c[i].status, 200);
        ck_assert_int_eq(c[i].error, 0);
    }
    bench_end(&b);
    pthread_join(thread, NULL);
    close(listening);
}
END_TEST

/* Callbacks that start others: a chain, each from the one before. */
static void start_next(void *user, h2conn *conn);

typedef struct chain {
    h2conn_client *client;
    const char *url;
    int left;
    test_flag over;
    h2conn_events events;
} chain;

static void end_at_once(void *user, h2conn *conn, const h2conn_response *response) {
    (void)user;
    ck_assert_int_eq(response->status, 200);
    h2conn_close(conn);
}

static void start_link(chain *c) {
    const h2conn_options options = {.client = c->client, .timeout_ms = TEST_PATIENCE_MS};
    h2conn *conn;
    ck_assert_int_eq(h2conn_connect_start(&conn, c->url, &options, &c->events, NULL), H2CONN_OK);
}

static void start_next(void *user, h2conn *conn) {
    chain *c = user;
    h2conn_free(conn);
    if (--c->left > 0)
        start_link(c);
    else
        test_raise(&c->over);
}

START_TEST(start_in_a_callback) {
    test_server s;
    bench b;
    test_server_handle(&s, test_echo, NULL);
    bench_begin(&b, _i, false);
    chain c = {.client = b.client, .url = s.url, .left = 50, .over = TEST_FLAG};
    c.events = (h2conn_events){.on_response = end_at_once, .on_close = start_next, .user = &c};
    start_link(&c);
    bench_await(&b, &c.over, 1);
    bench_end(&b);
    test_server_stop(&s);
}
END_TEST

/* Freed by another thread at any time: never a callback after, nothing leaks. */
START_TEST(start_freed_at_any_time) {
    enum { N = 200 };
    test_server s;
    bench b;
    static const h2conn_events none;
    test_server_handle(&s, test_echo, NULL);
    bench_begin(&b, _i, false);
    for (int i = 0; i < N; i++) {
        const h2conn_options options = {.client = b.client};
        h2conn *conn;
        ck_assert_int_eq(h2conn_connect_start(&conn, s.url, &options, &none, NULL), H2CONN_OK);
        for (int j = 0; j < i % 10; j++) {
            if (b.own_loop) h2conn_client_process(b.client);
            sched_yield();
        }
        if (i % 3 == 0) h2conn_close(conn);
        h2conn_free(conn);
    }
    bench_end(&b);
    test_server_stop(&s);
}
END_TEST

START_TEST(manual_client_refuses_what_is_not_its_own) {
    bench b;
    bench_begin(&b, _i, false);
    const bool own = b.own_loop;
    ck_assert_int_eq(h2conn_client_process(b.client), own ? H2CONN_OK : H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_client_fd(b.client) >= 0, own);
    ck_assert_int_eq(h2conn_client_timeout(b.client), -1);
    ck_assert_int_eq(h2conn_client_fd(NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_client_process(NULL), H2CONN_EINVAL);
    ck_assert(!h2conn_client_wants(NULL));
    bench_end(&b);
}
END_TEST

/* ---- another client's end ---- */

typedef struct nested {
    h2conn_client *mine, *other;
    int process;
} nested;

/* A client that has no thread calls its own callbacks while it is freed. */
static void free_a_client(void *user, h2conn_request *request) {
    static const h2conn_events silent;
    nested *n = user;
    h2conn *started;
    const h2conn_options options = {.client = n->mine};
    ck_assert_int_eq(h2conn_connect_start(&started, "http://127.0.0.1:1/", &options, &silent, NULL), H2CONN_OK);
    h2conn_close(started); /* on_close is due */
    h2conn_free(started);
    h2conn_client_free(n->mine);
    n->process = h2conn_client_process(n->other);
    h2conn_respond(request, 204, NULL, 0, NULL, 0);
}

START_TEST(callback_is_still_one_after_it_has_freed_another_client) {
    const h2conn_client_options manual = {.manual = true};
    nested n = {.process = H2CONN_OK};
    const h2conn_events events = {.on_open = free_a_client, .user = &n};
    const h2conn_server_options options = {.events = &events};
    test_server s;
    h2conn *conn;
    ck_assert_int_eq(h2conn_client_new(&n.mine, &manual), H2CONN_OK);
    ck_assert_int_eq(h2conn_client_new(&n.other, &manual), H2CONN_OK);
    test_server_start(&s, &options);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, NULL, NULL), H2CONN_OK);
    ck_assert_int_eq(n.process, H2CONN_EINVAL);
    h2conn_free(conn);
    h2conn_client_free(n.other);
    test_server_stop(&s);
}
END_TEST

Suite *contract_start_suite(void) {
    Suite *suite = suite_create("contract: connecting by events");
    TCase *tc = test_case(suite, "start");
    tcase_add_loop_test(tc, start_is_answered_by_events, 0, WAYS);
    tcase_add_loop_test(tc, start_of_many_fills_sessions, 0, WAYS);
    tcase_add_loop_test(tc, start_early_may_write_before_the_response, 0, WAYS);
    tcase_add_loop_test(tc, start_that_fails_says_so_by_on_close, 0, WAYS);
    tcase_add_loop_test(tc, start_that_is_not_answered_times_out, 0, WAYS);
    tcase_add_loop_test(tc, start_refuses_wrong_arguments, 0, WAYS);
    tcase_add_loop_test(tc, start_tries_again_as_the_client_does, 0, WAYS);
    tcase_add_loop_test(tc, start_moves_on_when_a_session_did_not_look_at_it, 0, WAYS);
    tcase_add_loop_test(tc, start_in_a_callback, 0, WAYS);
    tcase_add_loop_test(tc, start_freed_at_any_time, 0, WAYS);
    tcase_add_loop_test(tc, manual_client_refuses_what_is_not_its_own, 0, WAYS);
    tcase_add_test(tc, callback_is_still_one_after_it_has_freed_another_client);
    return suite;
}
