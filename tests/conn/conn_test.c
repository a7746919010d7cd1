/* SPDX-License-Identifier: MIT */
#include "conn_test.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "posix_conn.h"

static void *server_thread(void *arg) {
    test_server *s = arg;
    ck_assert_int_eq(h2conn_server_run(s->server), H2CONN_OK);
    return NULL;
}

void test_server_start(test_server *s, const h2conn_server_options *options) {
    test_server_start_at(s, options, "http://127.0.0.1:0");
}

/* ---- styles ---- */

#define LOOPS 3u

static test_style style; /* of this test */

static void use_events(void) {
    style = TEST_EVENTS;
}

static void use_many_loops(void) {
    style = TEST_MANY_LOOPS;
}

static void add_styles(Suite *suite, int n, void (*add)(TCase *tc)) {
    static const struct {
        const char *name;
        void (*use)(void), (*end)(void);
    } styles[TEST_STYLES] = {{"handlers", NULL, NULL},
                             {"events", use_events, NULL},
                             {"many loops", use_many_loops, NULL},
                             {"client in its own loop", test_manual_begin, test_manual_end}};
    for (int i = 0; i < n; i++) {
        TCase *tc = test_case(suite, styles[i].name);
        if (styles[i].use != NULL) tcase_add_checked_fixture(tc, styles[i].use, styles[i].end);
        add(tc);
    }
}

void test_each_style(Suite *suite, void (*add)(TCase *tc)) {
    add_styles(suite, TEST_STYLES, add);
}

void test_each_server_style(Suite *suite, void (*add)(TCase *tc)) {
    add_styles(suite, TEST_OWN_LOOP, add);
}

static void open_to_read(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    h2conn_accept(&conn, request, 200, NULL, 0);
}

static void open_and_close(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    if (h2conn_accept(&conn, request, 200, NULL, 0) == H2CONN_OK) h2conn_close(conn);
}

static void give_back(void *user, h2conn *conn) {
    const void *bytes;
    ptrdiff_t n, taken;
    (void)user;
    while ((n = h2conn_peek(conn, &bytes)) > 0 && (taken = h2conn_try_write(conn, bytes, (size_t)n)) > 0)
        h2conn_skip(conn, (size_t)taken);
    if (n == 0) h2conn_close(conn);
}

static const h2conn_events echo_events = {.on_open = open_to_read, .on_readable = give_back, .on_writable = give_back};
static const h2conn_events accept_only_events = {.on_open = open_and_close};

static const h2conn_events *events_of(h2conn_handler handler) {
    if (handler == test_echo) return &echo_events;
    if (handler == test_accept_only) return &accept_only_events;
    return NULL;
}

/* ---- servers ---- */

void test_server_start_at(test_server *s, const h2conn_server_options *given, const char *url) {
    char address[H2CONN_WHY_BYTES];
    h2conn_server_options own = *given, *options = &own;
    if (style != TEST_BLOCKING && own.handler != NULL && events_of(own.handler) != NULL) {
        own.events = events_of(own.handler);
        own.handler = NULL;
    }
    if (style == TEST_MANY_LOOPS) own.loops = LOOPS;
    ck_assert_int_eq(h2conn_server_new(&s->server, options), H2CONN_OK);
    ck_assert_msg(h2conn_server_listen(s->server, url, address) == H2CONN_OK, "%s", address);
    snprintf(s->url, sizeof s->url, "http://%.64s", address);
    ck_assert_int_eq(pthread_create(&s->thread, NULL, server_thread, s), 0);
}

void test_server_handle(test_server *s, h2conn_handler handler, void *user) {
    const h2conn_server_options options = {.handler = handler, .user = user};
    test_server_start(s, &options);
}

void test_server_answer(test_server *s, h2conn_handler handler, void *user) {
    h2conn_server_options options = {.handler = handler, .user = user};
    if (style != TEST_BLOCKING) {
        s->events = (h2conn_events){.on_open = handler, .user = user};
        options = (h2conn_server_options){.events = &s->events};
    }
    test_server_start(s, &options);
}

void test_server_join(test_server *s) {
    pthread_join(s->thread, NULL);
    h2conn_server_free(s->server);
}

void test_server_stop(test_server *s) {
    h2conn_server_stop(s->server);
    test_server_join(s);
}

h2conn *test_connect(const char *url, h2conn_client *client) {
    const h2conn_options options = {.client = client != NULL ? client : test_manual(), .timeout_ms = TEST_PATIENCE_MS};
    h2conn_response response;
    h2conn *conn;
    const int error = h2conn_connect(&conn, url, &options, &response);
    ck_assert_msg(error == H2CONN_OK, "%s: %s", h2conn_error_name(error), response.why);
    ck_assert_int_eq(response.status, 200);
    ck_assert_str_eq(response.why, "");
    return conn;
}

int test_connect_error(const char *url, const h2conn_options *options, h2conn_response *response) {
    h2conn *conn = (h2conn *)response;
    const int error = h2conn_connect(&conn, url, options, response);
    ck_assert_msg(error < 0, "connected to %s", url);
    ck_assert_ptr_null(conn);
    ck_assert_int_eq(response->status, 0);
    ck_assert_str_ne(response->why, "");
    return error;
}

/* ---- handlers ---- */

void test_echo(void *user, h2conn_request *request) {
    uint8_t buf[8192];
    h2conn *conn;
    ptrdiff_t n;
    (void)user;
    if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK) return;
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0 && h2conn_write(conn, buf, (size_t)n, NULL) == H2CONN_OK) {
    }
}

void test_accept_only(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    h2conn_accept(&conn, request, 200, NULL, 0);
}

/* ---- bytes ---- */

uint8_t test_byte(uint64_t offset, uint32_t seed) {
    uint64_t x = (offset + 1) * 0x9e3779b97f4a7c15u + seed * 0x2545f491u;
    return (uint8_t)(x >> 56 ^ x >> 29);
}

void test_fill(uint8_t *out, size_t len, uint64_t offset, uint32_t seed) {
    for (size_t i = 0; i < len; i++) out[i] = test_byte(offset + i, seed);
}

int test_write_pattern(h2conn *conn, uint64_t len, uint32_t seed) {
    uint8_t buf[70000];
    uint32_t random = seed | 1;
    for (uint64_t at = 0; at < len;) {
        random = random * 1664525u + 1013904223u;
        size_t n = (random >> 28) < 3 ? 1 + (random >> 8) % 100 : 1 + (random >> 8) % sizeof buf;
        if (n > len - at) n = (size_t)(len - at);
        test_fill(buf, n, at, seed);
        const int error = h2conn_write(conn, buf, n, NULL);
        if (error != H2CONN_OK) return error;
        at += n;
    }
    return H2CONN_OK;
}

int64_t test_read_pattern(h2conn *conn, uint32_t seed) {
    uint8_t buf[70000], expected[sizeof buf];
    uint32_t random = seed * 7 + 1;
    int64_t got = 0;
    for (;;) {
        random = random * 1664525u + 1013904223u;
        const ptrdiff_t n = h2conn_read(conn, buf, 1 + (random >> 8) % sizeof buf);
        if (n == 0) return got;
        if (n < 0) return n;
        test_fill(expected, (size_t)n, (uint64_t)got, seed);
        ck_assert_msg(memcmp(buf, expected, (size_t)n) == 0, "bytes from %lld differ", (long long)got);
        got += n;
    }
}

void test_ask(h2conn *conn, const char *word) {
    char back[256];
    const size_t len = strlen(word);
    size_t got = 0;
    ck_assert_int_eq(h2conn_write(conn, word, len, NULL), H2CONN_OK);
    while (got < len) {
        const ptrdiff_t n = h2conn_read(conn, back + got, len - got);
        ck_assert_int_gt(n, 0);
        got += (size_t)n;
    }
    ck_assert_mem_eq(back, word, len);
}

/* ---- waiting for a state ---- */

void test_raise(test_flag *flag) {
    pthread_mutex_lock(&flag->lock);
    flag->count++;
    pthread_cond_broadcast(&flag->raised);
    pthread_mutex_unlock(&flag->lock);
}

void test_await(test_flag *flag, int count) {
    pthread_mutex_lock(&flag->lock);
    while (flag->count < count) pthread_cond_wait(&flag->raised, &flag->lock); /* bounded by the test's own time */
    pthread_mutex_unlock(&flag->lock);
}

void test_await_blocked(h2conn *conn, unsigned n) {
    unsigned blocked;
    do {
        blocked = 0;
        sched_yield();
        pthread_mutex_lock(&conn->session->lock);
        for (const posix_wait *w = conn->waits; w != NULL; w = w->topic_next) blocked++;
        pthread_mutex_unlock(&conn->session->lock);
    } while (blocked < n);
}

TCase *test_case(Suite *suite, const char *name) {
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, TEST_SECONDS);
    suite_add_tcase(suite, tc);
    return tc;
}
