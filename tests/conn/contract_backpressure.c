/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "conn_suites.h"
#include "conn_test.h"

/* "write waits for the peer's window and never drops": a reader that stops reading stops its writer, and only its own.
 */

#define CONNS  1000
#define WINDOW 16384u
#define LENGTH (8u * WINDOW)
#define WRITE  'w'
#define ECHO   'e'

typedef struct writers {
    test_flag done;
    pthread_mutex_t lock;
    size_t most;  /* that any writer got rid of before its client went */
    int finished; /* writers whose bytes all went */
} writers;

static void write_length(writers *w, h2conn *conn) {
    uint8_t *bytes = malloc(LENGTH);
    size_t written = 0;
    test_fill(bytes, LENGTH, 0, 1);
    int error = h2conn_write(conn, bytes, LENGTH, &written);
    free(bytes);
    pthread_mutex_lock(&w->lock);
    if (error == H2CONN_OK)
        w->finished++;
    else if (written > w->most)
        w->most = written;
    pthread_mutex_unlock(&w->lock);
    test_raise(&w->done);
}

static void echo(h2conn *conn) {
    char byte;
    while (h2conn_read(conn, &byte, 1) == 1) ck_assert_int_eq(h2conn_write(conn, &byte, 1, NULL), H2CONN_OK);
}

static void write_or_echo(void *user, h2conn_request *request) {
    h2conn *conn;
    char what;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    ck_assert_int_eq(h2conn_read(conn, &what, 1), 1);
    if (what == WRITE)
        write_length(user, conn);
    else
        echo(conn);
}

static bool is_writer(int i) {
    return i % 2 == 0;
}

/* A config of the program's own, from h2_config_hosted, has the default in it: credit_on_receipt. */
START_TEST(contract_backpressure_stops_the_writer_of_a_reader_that_stopped_and_no_other) {
    writers w = {.done = TEST_FLAG, .lock = PTHREAD_MUTEX_INITIALIZER};
    h2_config config = h2_config_hosted(false);
    config.stream_window = WINDOW;
    const h2conn_client_options options = {.config = &config};
    const h2conn_server_options serving = {.handler = write_or_echo, .user = &w, .threads = CONNS};
    test_server s;
    h2conn_client *client;
    h2conn **conns = calloc(CONNS, sizeof *conns);
    test_server_start(&s, &serving);
    ck_assert_int_eq(h2conn_client_new(&client, &options), H2CONN_OK);
    for (int i = 0; i < CONNS; i++) {
        const char what = is_writer(i) ? WRITE : ECHO;
        conns[i] = test_connect(s.url, client);
        ck_assert_int_eq(h2conn_write(conns[i], &what, 1, NULL), H2CONN_OK);
    }
    /* Half of them is never read; the other half, on the same sessions, goes on as if alone. */
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < CONNS; i++)
            if (!is_writer(i)) test_ask(conns[i], "ping");
    /* What was held back is not lost. */
    for (int i = 0; i < 10; i++) {
        if (!is_writer(i)) continue;
        ck_assert_int_eq(test_read_pattern(conns[i], 1), LENGTH);
    }
    for (int i = 0; i < CONNS; i++) h2conn_free(conns[i]);
    test_await(&w.done, CONNS / 2);
    ck_assert_int_eq(w.finished, 5);
    ck_assert_uint_le(w.most, WINDOW);
    free(conns);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

Suite *contract_backpressure_suite(void) {
    Suite *suite = suite_create("contract: backpressure");
    TCase *tc = test_case(suite, "backpressure");
    tcase_add_test(tc, contract_backpressure_stops_the_writer_of_a_reader_that_stopped_and_no_other);
    return suite;
}
