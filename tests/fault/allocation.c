/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fault_suites.h"
#include "fault_talk.h"
#include "h2conn_events.h"

/* Every allocation of the library fails once, the n-th for every n: nothing crashes, hangs or leaks, and what was asked
 * either works or says why not. The linker sends the allocator's names here (--wrap). */

#define TEST_SECONDS 300

static atomic_long countdown; /* allocations until the one that fails; 0 when none does */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *string);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *string);

static bool fails(void) {
    long left = atomic_load(&countdown);
    while (left > 0 && !atomic_compare_exchange_weak(&countdown, &left, left - 1)) {
    }
    return left == 1;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}
void *__wrap_calloc(size_t n, size_t size) {
    return fails() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *old, size_t size) {
    return fails() ? NULL : __real_realloc(old, size);
}
char *__wrap_strdup(const char *string) {
    return fails() ? NULL : __real_strdup(string);
}

/* ---- a connection that nobody waits for ---- */

typedef struct started {
    int result;
    bool over;
} started;

static void on_response(void *user, h2conn *conn, const h2conn_response *response) {
    started *t = user;
    t->result = response->status > 0 ? H2CONN_OK : FAULT_WRONG;
    h2conn_close(conn);
}

static void on_close(void *user, h2conn *conn) {
    started *t = user;
    char byte;
    if (t->result != H2CONN_OK) t->result = (int)h2conn_try_read(conn, &byte, 1);
    t->over = true;
    h2conn_free(conn);
}

/* In a loop of its own, to the end. */
static int start(const char *url) {
    const h2conn_client_options manual = {.manual = true};
    started t = {.result = H2CONN_EINVAL};
    const h2conn_events events = {.on_response = on_response, .on_close = on_close, .user = &t};
    h2conn_options options = {.timeout_ms = FAULT_PATIENCE_MS};
    h2conn *conn;
    int error = h2conn_client_new(&options.client, &manual);
    if (error == H2CONN_OK) error = h2conn_connect_start(&conn, url, &options, &events, NULL);
    while (error == H2CONN_OK && !t.over) {
        struct pollfd fd = {.fd = h2conn_client_fd(options.client), .events = POLLIN};
        poll(&fd, 1, h2conn_client_timeout(options.client));
        h2conn_client_process(options.client);
    }
    h2conn_client_free(options.client);
    return error != H2CONN_OK ? error : t.result;
}

static void *serve(void *server) {
    h2conn_server_run(server);
    return NULL;
}

/* One whole life of a server and a client. Returns the first error. */
static int live(int style) {
    const h2conn_server_options options = fault_server(style);
    char address[H2CONN_WHY_BYTES], url[H2CONN_WHY_BYTES + 8];
    h2conn_server *server;
    pthread_t thread;
    int error = h2conn_server_new(&server, &options);
    if (error != H2CONN_OK) return error;
    error = h2conn_server_listen(server, "http://127.0.0.1:0", address);
    if (error == H2CONN_OK) {
        snprintf(url, sizeof url, "http://%s", address);
        if (pthread_create(&thread, NULL, serve, server) != 0) return FAULT_WRONG;
        error = fault_ask(url, FAULT_TALK_BYTES);
        if (error == H2CONN_OK) error = start(url);
        h2conn_server_stop(server);
        pthread_join(thread, NULL);
    }
    h2conn_server_free(server);
    return error;
}

START_TEST(fault_of_every_allocation_is_survived_and_reported) {
    int failures = 0;
    bool struck = true;
    ck_assert_int_eq(live(_i), H2CONN_OK);
    for (long n = 1; struck; n++) {
        atomic_store(&countdown, n);
        int error = live(_i);
        struck = atomic_exchange(&countdown, 0) == 0;
        ck_assert_msg(error <= H2CONN_OK, "allocation %ld failed and bytes were wrong or no reason given", n);
        ck_assert_msg(error != H2CONN_ETIMEDOUT, "allocation %ld failed and something waited for ever", n);
        if (!struck) ck_assert_int_eq(error, H2CONN_OK);
        failures += error != H2CONN_OK;
    }
    /* It strikes: most allocations cannot be done without. */
    ck_assert_int_gt(failures, 5);
    ck_assert_int_eq(live(_i), H2CONN_OK);
}
END_TEST

Suite *fault_allocation_suite(void) {
    Suite *suite = suite_create("fault: allocation");
    TCase *tc = tcase_create("allocation");
    tcase_set_timeout(tc, TEST_SECONDS);
    tcase_add_loop_test(tc, fault_of_every_allocation_is_survived_and_reported, 0, FAULT_STYLES);
    suite_add_tcase(suite, tc);
    return suite;
}
