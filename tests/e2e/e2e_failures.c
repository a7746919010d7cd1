/* SPDX-License-Identifier: MIT */
/* Peers that vanish, fall silent, reset or go away: everybody who waits is told, and told what it was. */
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>
#include "e2e.h"

static const char *const listens[] = {"http://127.0.0.1:0", "https://127.0.0.1:0"};

typedef struct watch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t result; /* of the handler; 1 while it runs */
} watch;

#define WATCH_INIT                                                                                                     \
    { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 1 }

static void watch_set(watch *w, int64_t result) {
    pthread_mutex_lock(&w->lock);
    w->result = result;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static int64_t watch_wait(watch *w) {
    pthread_mutex_lock(&w->lock);
    while (w->result == 1) pthread_cond_wait(&w->changed, &w->lock);
    int64_t result = w->result;
    pthread_mutex_unlock(&w->lock);
    return result;
}

/* Says "go" and then reads, or writes, until that fails. */
static void read_on(void *user, h2conn_request *request) {
    char buf[4096];
    h2conn *conn;
    ptrdiff_t n;
    if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK || h2conn_write(conn, "go", 2, NULL) != H2CONN_OK)
        return;
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0) {
    }
    watch_set(user, n);
}

static void write_on(void *user, h2conn_request *request) {
    static const char buf[4096];
    h2conn *conn;
    int error = H2CONN_OK;
    if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK || h2conn_write(conn, "go", 2, NULL) != H2CONN_OK)
        return;
    while (error == H2CONN_OK) error = h2conn_write(conn, buf, sizeof buf, NULL);
    watch_set(user, error);
}

/* A client in a process of its own, to be killed in mid-transfer with its socket open. It is made before there are
 * threads, and waits for the URL. */
typedef struct victim {
    pid_t pid;
    int url, ready;
} victim;

static void be_victim(int url_fd, int ready_fd) {
    char url[H2CONN_WHY_BYTES], byte;
    e2e_client client;
    if (read(url_fd, url, sizeof url) != (ssize_t)sizeof url) _exit(1);
    e2e_client_open(&client, NULL);
    h2conn *conn = e2e_connect(&client, url);
    if (h2conn_read(conn, &byte, 1) == 1 && write(ready_fd, "x", 1) == 1)
        while (h2conn_write(conn, url, 8, NULL) == H2CONN_OK) {
        }
    _exit(0);
}

static victim victim_fork(void) {
    int url[2], ready[2];
    ck_assert_int_eq(pipe(url), 0);
    ck_assert_int_eq(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) be_victim(url[0], ready[1]);
    close(url[0]);
    close(ready[1]);
    return (victim){pid, url[1], ready[0]};
}

static void victim_kill(victim *v, const char url[H2CONN_WHY_BYTES]) {
    char byte;
    ck_assert_int_eq(write(v->url, url, H2CONN_WHY_BYTES), H2CONN_WHY_BYTES);
    ck_assert_int_eq(read(v->ready, &byte, 1), 1);
    kill(v->pid, SIGKILL);
    waitpid(v->pid, NULL, 0);
    close(v->url);
    close(v->ready);
}

static void client_vanishes(const char *listen, h2conn_handler handler) {
    watch w = WATCH_INIT;
    e2e_server server;
    e2e_client client;
    victim v = victim_fork();
    e2e_server_start(&server, listen, NULL, handler, &w);
    victim_kill(&v, server.url);
    ck_assert_int_eq(watch_wait(&w), H2CONN_ELOST);
    e2e_client_open(&client, NULL);
    h2conn *conn = e2e_connect(&client, server.url);
    h2conn_free(conn);
    e2e_client_close(&client);
    e2e_server_stop(&server);
}

START_TEST(a_client_that_vanishes_ends_the_handlers_reads) {
    client_vanishes(listens[_i], read_on);
}
END_TEST

START_TEST(a_client_that_vanishes_ends_the_handlers_writes) {
    client_vanishes(listens[_i], write_on);
}
END_TEST

/* A server in a process of its own. Returns its pid; the URL comes through a pipe. */
static pid_t fork_server(const char *listen, char url[H2CONN_WHY_BYTES]) {
    int told[2];
    ck_assert_int_eq(pipe(told), 0);
    pid_t pid = fork();
    if (pid == 0) {
        e2e_server server;
        e2e_server_start(&server, listen, NULL, e2e_echo, NULL);
        if (write(told[1], server.url, H2CONN_WHY_BYTES) != H2CONN_WHY_BYTES) _exit(1);
        pause();
        _exit(0);
    }
    ck_assert_int_eq(read(told[0], url, H2CONN_WHY_BYTES), H2CONN_WHY_BYTES);
    close(told[0]);
    close(told[1]);
    return pid;
}

static void *write_until_it_fails(void *user) {
    static const char buf[4096];
    while (h2conn_write(user, buf, sizeof buf, NULL) == H2CONN_OK) {
    }
    return NULL;
}

START_TEST(a_server_that_vanishes_in_mid_transfer_is_told_as_lost) {
    static char buf[65536];
    char url[H2CONN_WHY_BYTES], why[H2CONN_WHY_BYTES];
    e2e_client client;
    pthread_t thread;
    ptrdiff_t n;
    int64_t got = 0;
    pid_t pid = fork_server(listens[_i], url);
    e2e_client_open(&client, NULL);
    h2conn *conn = e2e_connect(&client, url);
    ck_assert_int_eq(pthread_create(&thread, NULL, write_until_it_fails, conn), 0);
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0) {
        got += n;
        if (got > (1 << 20) && pid) {
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
            pid = 0;
        }
    }
    pthread_join(thread, NULL);
    ck_assert_int_eq(n, H2CONN_ELOST);
    ck_assert_int_eq(h2conn_write(conn, "x", 1, NULL), H2CONN_ELOST);
    ck_assert_str_ne(h2conn_why(conn, why), "");
    h2conn_free(conn);
    e2e_client_close(&client);
}
END_TEST

static void reset_with_code(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    if (h2conn_accept(&conn, request, 200, NULL, 0) == H2CONN_OK) h2conn_reset(conn, H2_ENHANCE_YOUR_CALM);
}

START_TEST(a_reset_keeps_its_code) {
    char byte, why[H2CONN_WHY_BYTES];
    e2e_server server;
    e2e_client client;
    e2e_server_start(&server, listens[_i], NULL, reset_with_code, NULL);
    e2e_client_open(&client, NULL);
    h2conn_response response;
    h2conn *conn;
    /* The reset may overtake the response's header section. */
    int error = h2conn_connect(&conn, server.url, &client.options, &response);
    if (error == H2CONN_OK) {
        ck_assert_int_eq(h2conn_read(conn, &byte, 1), H2CONN_ERESET);
        ck_assert_uint_eq(h2conn_code(conn), H2_ENHANCE_YOUR_CALM);
        ck_assert_ptr_nonnull(strstr(h2conn_why(conn, why), "ENHANCE_YOUR_CALM"));
    } else {
        ck_assert_int_eq(error, H2CONN_ERESET);
        ck_assert_uint_eq(response.code, H2_ENHANCE_YOUR_CALM);
    }
    h2conn_free(conn);
    e2e_client_close(&client);
    e2e_server_stop(&server);
}
END_TEST

START_TEST(a_server_that_stops_ends_its_connections) {
    char byte;
    e2e_server server;
    e2e_client client;
    e2e_server_start(&server, listens[_i], NULL, e2e_echo, NULL);
    e2e_client_open(&client, NULL);
    h2conn *conn = e2e_connect(&client, server.url);
    e2e_ask(conn, "hello");
    e2e_server_stop(&server);
    ck_assert_int_lt(h2conn_read(conn, &byte, 1), 0);
    ck_assert_int_lt(h2conn_write(conn, &byte, 1, NULL), 0);
    h2conn_free(conn);
    e2e_client_close(&client);
}
END_TEST

START_TEST(a_server_that_drains_lets_connections_finish) {
    char why[H2CONN_WHY_BYTES];
    e2e_server server;
    e2e_client client;
    e2e_server_start(&server, listens[_i], NULL, e2e_echo, NULL);
    e2e_client_open(&client, NULL);
    h2conn *conn = e2e_connect(&client, server.url);
    e2e_ask(conn, "before");
    h2conn_server_drain(server.server, -1);
    e2e_ask(conn, "during");
    ck_assert_int_eq(e2e_both_ways(conn, 1u << 20, 5, 5), H2CONN_OK);
    h2conn_free(conn);
    e2e_server_join(&server);
    ck_assert_int_eq(server.result, H2CONN_OK);
    ck_assert_int_eq(e2e_connect_error(server.url, NULL, why), H2CONN_ECONNECT);
    e2e_client_close(&client);
}
END_TEST

/* The kernel accepts for it; nobody ever answers. */
START_TEST(a_silent_server_is_a_timeout) {
    static const char *const schemes[] = {"http", "https"};
    char url[H2CONN_WHY_BYTES];
    int fd = e2e_listen_raw(schemes[_i], url);
    e2e_client client;
    h2conn_response response;
    h2conn *conn;
    e2e_client_open(&client, NULL);
    client.options.timeout_ms = 200;
    int64_t start = h2conn_now();
    ck_assert_int_eq(h2conn_connect(&conn, url, &client.options, &response), H2CONN_ETIMEDOUT);
    ck_assert_int_ge(h2conn_now() - start, 190);
    ck_assert_int_lt(h2conn_now() - start, E2E_PATIENCE_MS);
    ck_assert_ptr_null(conn);
    e2e_client_close(&client);
    close(fd);
}
END_TEST

Suite *e2e_failures_suite(void) {
    Suite *suite = suite_create("end to end: failures");
    TCase *tc = tcase_create("failures");
    tcase_set_timeout(tc, E2E_TEST_SECONDS);
    tcase_add_loop_test(tc, a_client_that_vanishes_ends_the_handlers_reads, 0, 2);
    tcase_add_loop_test(tc, a_client_that_vanishes_ends_the_handlers_writes, 0, 2);
    tcase_add_loop_test(tc, a_server_that_vanishes_in_mid_transfer_is_told_as_lost, 0, 2);
    tcase_add_loop_test(tc, a_reset_keeps_its_code, 0, 2);
    tcase_add_loop_test(tc, a_server_that_stops_ends_its_connections, 0, 2);
    tcase_add_loop_test(tc, a_server_that_drains_lets_connections_finish, 0, 2);
    tcase_add_loop_test(tc, a_silent_server_is_a_timeout, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
