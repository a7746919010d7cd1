/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pthread_getattr_np */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "posix_server.h"

/* "Any number of threads may read and write one connection; the bytes of one write are never interleaved with
 * another's." */

enum { WRITERS = 8, RECORDS = 60, RECORD = 5000 };

typedef struct writer {
    h2conn *conn;
    pthread_t thread;
    uint8_t id;
} writer;

/* Records of one byte value each: the writer's own. */
static void *write_records(void *arg) {
    const writer *w = arg;
    uint8_t record[RECORD];
    memset(record, w->id, sizeof record);
    for (int i = 0; i < RECORDS; i++) ck_assert_int_eq(h2conn_write(w->conn, record, sizeof record, NULL), H2CONN_OK);
    return NULL;
}

static void read_exactly(h2conn *conn, uint8_t *out, size_t len) {
    for (size_t got = 0; got < len;) {
        const ptrdiff_t n = h2conn_read(conn, out + got, len - got);
        ck_assert_int_gt(n, 0);
        got += (size_t)n;
    }
}

static void check_records(h2conn *conn) {
    unsigned seen[WRITERS] = {0};
    for (int i = 0; i < WRITERS * RECORDS; i++) {
        uint8_t record[RECORD];
        read_exactly(conn, record, sizeof record);
        ck_assert_mem_eq(record, record + 1, RECORD - 1);
        ck_assert_uint_lt(record[0], WRITERS);
        seen[record[0]]++;
    }
    for (int i = 0; i < WRITERS; i++) ck_assert_uint_eq(seen[i], RECORDS);
}

static void start_writers(writer *writers, h2conn *conn) {
    for (uint8_t i = 0; i < WRITERS; i++) {
        writers[i] = (writer){.conn = conn, .id = i};
        ck_assert_int_eq(pthread_create(&writers[i].thread, NULL, write_records, &writers[i]), 0);
    }
}

static void join_writers(writer *writers) {
    for (int i = 0; i < WRITERS; i++) pthread_join(writers[i].thread, NULL);
}

START_TEST(contract_threads_never_interleave_writes) {
    test_server s;
    writer writers[WRITERS];
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    start_writers(writers, conn);
    check_records(conn);
    join_writers(writers);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

static void write_from_threads(void *user, h2conn_request *request) {
    writer writers[WRITERS];
    h2conn *conn;
    (void)user;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    start_writers(writers, conn);
    join_writers(writers);
}

START_TEST(contract_threads_never_interleave_writes_of_a_server) {
    test_server s;
    char byte;
    test_server_handle(&s, write_from_threads, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    check_records(conn);
    ck_assert_int_eq(h2conn_read(conn, &byte, 1), 0);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

typedef struct reader {
    h2conn *conn;
    pthread_t thread;
    uint64_t got, sum;
} reader;

static void *read_all(void *arg) {
    reader *r = arg;
    uint8_t buf[3000];
    ptrdiff_t n;
    while ((n = h2conn_read(r->conn, buf, sizeof buf)) > 0) {
        r->got += (uint64_t)n;
        for (ptrdiff_t i = 0; i < n; i++) r->sum += buf[i];
    }
    ck_assert_int_eq(n, 0);
    return NULL;
}

START_TEST(contract_threads_that_read_share_the_bytes_and_all_see_the_end) {
    enum { READERS = 6, LENGTH = 3000000 };
    test_server s;
    reader readers[READERS];
    uint64_t got = 0, sum = 0, expected = 0;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    for (int i = 0; i < READERS; i++) {
        readers[i] = (reader){.conn = conn};
        ck_assert_int_eq(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]), 0);
    }
    ck_assert_int_eq(test_write_pattern(conn, LENGTH, 9), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        got += readers[i].got;
        sum += readers[i].sum;
    }
    for (uint64_t i = 0; i < LENGTH; i++) expected += test_byte(i, 9);
    ck_assert_uint_eq(got, LENGTH);
    ck_assert_uint_eq(sum, expected);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

typedef struct duplex {
    h2conn *conn;
    uint64_t len;
    uint32_t seed;
} duplex;

static void *duplex_writer(void *arg) {
    const duplex *d = arg;
    ck_assert_int_eq(test_write_pattern(d->conn, d->len, d->seed), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(d->conn), H2CONN_OK);
    return NULL;
}

static void both_ways(h2conn *conn, uint64_t len, uint32_t out, uint32_t in) {
    duplex d = {conn, len, out};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, duplex_writer, &d), 0);
    ck_assert_int_eq(test_read_pattern(conn, in), (int64_t)len);
    pthread_join(thread, NULL);
}

START_TEST(contract_threads_move_64_mib_both_ways_at_once) {
    test_server s;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    both_ways(conn, 64u << 20, 1, 1);
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_OK);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

/* Both sides send of their own accord, more than the windows hold. */
static void send_own(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    both_ways(conn, 8u << 20, 2, 1);
}

START_TEST(contract_threads_of_both_sides_send_their_own) {
    test_server s;
    test_server_handle(&s, send_own, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    both_ways(conn, 8u << 20, 1, 2);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

/* ---- all methods at once ---- */

typedef struct crowd {
    h2conn *conn;
    unsigned what;
    pthread_t thread;
} crowd;

static void *call_something(void *arg) {
    const crowd *c = arg;
    char buf[100], why[H2CONN_WHY_BYTES];
    int64_t rtt;
    for (int i = 0; i < 20; i++) {
        switch (c->what) {
        case 0: h2conn_read(c->conn, buf, sizeof buf); break;
        case 1: h2conn_write(c->conn, "some bytes", 10, NULL); break;
        case 2: h2conn_set_deadline(c->conn, h2conn_now() + 1); break;
        case 3: h2conn_set_read_deadline(c->conn, h2conn_now() + i); break;
        case 4: h2conn_set_write_deadline(c->conn, h2conn_now() + i); break;
        case 5: h2conn_why(c->conn, why); break;
        case 6: h2conn_code(c->conn); break;
        case 7: h2conn_ping(c->conn, 1, &rtt); break;
        case 8: h2conn_local_addr(c->conn); break;
        case 9: h2conn_remote_addr(c->conn); break;
        case 10: h2conn_wait_closed(c->conn); break;
        case 11: i == 15 ? h2conn_close_write(c->conn) : 0; break;
        default: i == 19 ? h2conn_close(c->conn) : 0; break;
        }
    }
    return NULL;
}

START_TEST(contract_threads_call_every_function_at_once) {
    enum { KINDS = 13, EACH = 3 };
    test_server s;
    h2conn_client *client;
    test_server_handle(&s, test_echo, NULL);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    for (int round = 0; round < 5; round++) {
        crowd all[KINDS * EACH];
        h2conn *conn = test_connect(s.url, client);
        for (unsigned i = 0; i < KINDS * EACH; i++) {
            all[i] = (crowd){.conn = conn, .what = i % KINDS};
            ck_assert_int_eq(pthread_create(&all[i].thread, NULL, call_something, &all[i]), 0);
        }
        for (unsigned i = 0; i < KINDS * EACH; i++) pthread_join(all[i].thread, NULL);
        h2conn_free(conn);
    }
    h2conn *after = test_connect(s.url, client);
    test_ask(after, "the session is sound");
    h2conn_free(after);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

/* ---- stacks ---- */

static void measure_stack(void *user, h2conn_request *request) {
    pthread_attr_t attributes;
    ck_assert_int_eq(pthread_getattr_np(pthread_self(), &attributes), 0);
    ck_assert_int_eq(pthread_attr_getstacksize(&attributes, user), 0);
    pthread_attr_destroy(&attributes);
    test_echo(NULL, request);
}

/* The system rounds to whole pages, and sanitizers add what they need; neither comes near the 8 MiB of the default. */
START_TEST(contract_threads_of_handlers_have_the_stack_asked_for) {
    static const size_t sizes[] = {H2CONN_STACK_MIN, 262144, 1000000};
    size_t found = 0;
    h2conn_server_options options = {.handler = measure_stack, .user = &found, .stack_bytes = H2CONN_STACK_MIN - 1};
    test_server s;
    ck_assert_int_eq(h2conn_server_new(&s.server, &options), H2CONN_EINVAL);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        options.stack_bytes = sizes[i];
        test_server_start(&s, &options);
        h2conn *conn = test_connect(s.url, NULL);
        test_ask(conn, "how deep are you?");
        h2conn_free(conn);
        test_server_stop(&s);
        ck_assert_uint_ge(found, sizes[i]);
        ck_assert_uint_lt(found, sizes[i] + 1048576);
    }
}
END_TEST

/* ---- threads of handlers ---- */

/* In place of the system's call: the time of a thread that idles is over at once. */
static _Atomic bool idles_no_time;

int __real_sem_timedwait(sem_t *sem, const struct timespec *until);
int __wrap_sem_timedwait(sem_t *sem, const struct timespec *until);
int __wrap_sem_timedwait(sem_t *sem, const struct timespec *until) {
    if (!atomic_load(&idles_no_time)) return __real_sem_timedwait(sem, until);
    errno = ETIMEDOUT;
    return -1;
}

static unsigned count_threads(posix_handlers *handlers) {
    pthread_mutex_lock(&handlers->lock);
    const unsigned n = handlers->threads;
    pthread_mutex_unlock(&handlers->lock);
    return n;
}

START_TEST(contract_handler_threads_that_idled_end_and_others_come) {
    test_server s;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    test_ask(conn, "the first thread sleeps after this");
    h2conn_free(conn);
    atomic_store(&idles_no_time, true);
    for (int i = 0; i < 20; i++) {
        conn = test_connect(s.url, NULL);
        test_ask(conn, "is somebody there?");
        h2conn_free(conn);
    }
    while (count_threads(&s.server->handlers) > 1) sched_yield(); /* the first may sleep still */
    conn = test_connect(s.url, NULL);
    test_ask(conn, "and now?");
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_test(tc, contract_threads_never_interleave_writes);
    tcase_add_test(tc, contract_threads_that_read_share_the_bytes_and_all_see_the_end);
    tcase_add_test(tc, contract_threads_move_64_mib_both_ways_at_once);
    tcase_add_test(tc, contract_threads_call_every_function_at_once);
}

Suite *contract_threads_suite(void) {
    Suite *suite = suite_create("contract: threads");
    TCase *tc = test_case(suite, "threads");
    tcase_add_test(tc, contract_threads_never_interleave_writes_of_a_server);
    tcase_add_test(tc, contract_threads_of_both_sides_send_their_own);
    tcase_add_test(tc, contract_threads_of_handlers_have_the_stack_asked_for);
    tcase_add_test(tc, contract_handler_threads_that_idled_end_and_others_come);
    test_each_style(suite, add_of_each_style);
    return suite;
}
