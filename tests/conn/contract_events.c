/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "posix_conn.h"

/* What a server by events promises beyond what every server does (h2conn_events.h). */

/* ---- reading ---- */

typedef struct reader {
    test_flag opened, ended, closed;
    bool stopped;   /* reads nothing; read by callbacks, written before the connection and under no load */
    size_t at_once; /* bytes read in a callback at most */
    size_t got;
    unsigned calls, wrong; /* of on_readable; bytes that differ */
    h2conn *conn;
} reader;

static void accept_reader(void *user, h2conn_request *request) {
    reader *r = user;
    ck_assert_int_eq(h2conn_accept(&r->conn, request, 200, NULL, 0), H2CONN_OK);
    /* This half ends first, so that the last byte that comes ends the stream. */
    ck_assert_int_eq(h2conn_close_write(r->conn), H2CONN_OK);
    test_raise(&r->opened);
}

static void read_a_part(void *user, h2conn *conn) {
    reader *r = user;
    uint8_t buf[1000];
    r->calls++;
    if (r->stopped) return;
    const ptrdiff_t n = h2conn_try_read(conn, buf, r->at_once);
    for (ptrdiff_t i = 0; i < n; i++) r->wrong += buf[i] != test_byte(r->got + (size_t)i, 3);
    if (n > 0) r->got += (size_t)n;
    if (n == 0) test_raise(&r->ended);
}

static void note_closed(void *user, h2conn *conn) {
    reader *r = user;
    (void)conn;
    test_raise(&r->closed);
}

enum { PART_LENGTH = 5000 };

START_TEST(events_readable_is_called_again_while_it_reads_and_leaves_some) {
    static const size_t parts[] = {1, 7, 999};
    reader r = {.opened = TEST_FLAG, .ended = TEST_FLAG, .closed = TEST_FLAG, .at_once = parts[_i]};
    const h2conn_events events = {accept_reader, NULL, read_a_part, NULL, note_closed, &r};
    const h2conn_server_options options = {.events = &events};
    test_server s;
    test_server_start(&s, &options);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(test_write_pattern(conn, PART_LENGTH, 3), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    test_await(&r.closed, 1);
    ck_assert_uint_eq(r.got, PART_LENGTH);
    ck_assert_uint_eq(r.wrong, 0);
    ck_assert_int_eq(r.ended.count, 1);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

static void *read_on(void *arg) {
    reader *r = arg;
    uint8_t buf[1000];
    ptrdiff_t n;
    while (r->got < PART_LENGTH) {
        n = h2conn_try_read(r->conn, buf, sizeof buf);
        ck_assert(n > 0 || n == H2CONN_EAGAIN);
        if (n > 0) r->got += (size_t)n;
    }
    return NULL;
}

START_TEST(events_readable_that_reads_nothing_stops_the_peer_until_a_thread_reads) {
    enum { WINDOW = 1000 };
    reader r = {.opened = TEST_FLAG, .ended = TEST_FLAG, .closed = TEST_FLAG, .stopped = true, .at_once = 1};
    const h2conn_events events = {accept_reader, NULL, read_a_part, NULL, note_closed, &r};
    h2_config config = h2_config_hosted(true);
    config.stream_window = WINDOW;
    const h2conn_server_options options = {.events = &events, .config = &config};
    static uint8_t bytes[PART_LENGTH];
    size_t written;
    pthread_t thread;
    test_server s;
    test_server_start(&s, &options);
    h2conn *conn = test_connect(s.url, NULL);
    test_await(&r.opened, 1);
    h2conn_set_write_deadline(conn, h2conn_now() + 50);
    ck_assert_int_eq(h2conn_write(conn, bytes, sizeof bytes, &written), H2CONN_ETIMEDOUT);
    ck_assert_uint_eq(written, WINDOW);
    ck_assert_uint_eq(r.got, 0);
    h2conn_set_write_deadline(conn, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, read_on, &r), 0);
    ck_assert_int_eq(h2conn_write(conn, bytes + written, sizeof bytes - written, NULL), H2CONN_OK);
    pthread_join(thread, NULL);
    h2conn_free(conn);
    test_await(&r.closed, 1);
    test_server_stop(&s);
}
END_TEST

/* ---- writing ---- */

enum { WRITE_LENGTH = 1000000, WRITE_WINDOW = 20000 };

typedef struct writer {
    test_flag stopped, closed;
    size_t sent;
    unsigned writable, again; /* calls of on_writable; tries that gave EAGAIN */
    bool with_trailers;
} writer;

static void write_more(void *user, h2conn *conn) {
    static uint8_t bytes[WRITE_LENGTH];
    writer *w = user;
    if (w->sent == 0) test_fill(bytes, sizeof bytes, 0, 5);
    const size_t left = WRITE_LENGTH - w->sent;
    const ptrdiff_t n = h2conn_try_write(conn, bytes + w->sent, left);
    ck_assert_int_ge(n, 0);
    w->sent += (size_t)n;
    if ((size_t)n < left) {
        ck_assert_int_eq(h2conn_try_write(conn, bytes, 1), H2CONN_EAGAIN);
        w->again++;
        if (w->again == 1) test_raise(&w->stopped);
        return;
    }
    const h2conn_field trailer = H2CONN_FIELD("x-sum", "5");
    if (!w->with_trailers) {
        ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
        ck_assert_int_eq(h2conn_try_write(conn, "x", 1), H2CONN_ECLOSED);
        return;
    }
    const int result = h2conn_close_write_with(conn, &trailer, 1);
    ck_assert(result == H2CONN_OK || result == H2CONN_EAGAIN);
}

static void write_again(void *user, h2conn *conn) {
    ((writer *)user)->writable++;
    write_more(user, conn);
}

static void accept_writer(void *user, h2conn_request *request) {
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    write_more(user, conn);
}

static void writer_closed(void *user, h2conn *conn) {
    char why[H2CONN_WHY_BYTES];
    writer *w = user;
    ck_assert_str_eq(h2conn_why(conn, why), "");
    test_raise(&w->closed);
}

START_TEST(events_writable_follows_when_a_stopped_reader_reads_on) {
    writer w = {.stopped = TEST_FLAG, .closed = TEST_FLAG, .with_trailers = _i};
    const h2conn_events events = {accept_writer, NULL, NULL, write_again, writer_closed, &w};
    const h2conn_server_options options = {.events = &events};
    h2_config config = h2_config_hosted(false);
    config.stream_window = WRITE_WINDOW;
    const h2conn_client_options small = {.config = &config};
    h2conn_client *client;
    test_server s;
    size_t n;
    test_server_start(&s, &options);
    ck_assert_int_eq(h2conn_client_new(&client, &small), H2CONN_OK);
    h2conn *conn = test_connect(s.url, client);
    test_await(&w.stopped, 1);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(test_read_pattern(conn, 5), WRITE_LENGTH);
    const h2conn_field *trailers = h2conn_trailers(conn, &n);
    ck_assert_uint_eq(n, (size_t)_i);
    if (_i) ck_assert_str_eq(trailers[0].value, "5");
    test_await(&w.closed, 1);
    ck_assert_uint_ge(w.writable, 1);
    h2conn_free(conn);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

static void close_behind(void *user, h2conn_request *request) {
    static uint8_t bytes[WRITE_WINDOW + 1000];
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    test_fill(bytes, sizeof bytes, 0, 5);
    ck_assert_int_eq(h2conn_try_write(conn, bytes, sizeof bytes), sizeof bytes);
    ck_assert_int_eq(h2conn_close(conn), H2CONN_OK);
    test_raise(user);
}

/* What was taken is written: also the part that waits for the window. */
START_TEST(events_close_loses_nothing_that_was_taken) {
    test_flag closed = TEST_FLAG;
    const h2conn_events events = {.on_open = close_behind, .user = &closed};
    const h2conn_server_options options = {.events = &events};
    h2_config config = h2_config_hosted(false);
    config.stream_window = WRITE_WINDOW;
    const h2conn_client_options small = {.config = &config};
    h2conn_client *client;
    test_server s;
    test_server_start(&s, &options);
    ck_assert_int_eq(h2conn_client_new(&client, &small), H2CONN_OK);
    h2conn *conn = test_connect(s.url, client);
    test_await(&closed, 1);
    ck_assert_int_eq(test_read_pattern(conn, 5), WRITE_WINDOW + 1000);
    h2conn_free(conn);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

static void respond_at_length(void *user, h2conn_request *request) {
    static uint8_t body[WRITE_LENGTH];
    test_fill(body, sizeof body, 0, 5);
    ck_assert_int_eq(h2conn_respond(request, 200, NULL, 0, body, sizeof body), H2CONN_OK);
    memset(body, 0, sizeof body);
    test_raise(user);
}

START_TEST(events_respond_does_not_wait_for_the_client) {
    test_flag responded = TEST_FLAG;
    const h2conn_events events = {.on_open = respond_at_length, .user = &responded};
    const h2conn_server_options options = {.events = &events};
    test_server s;
    test_server_start(&s, &options);
    h2conn *conn = test_connect(s.url, NULL);
    test_await(&responded, 1);
    ck_assert_int_eq(test_read_pattern(conn, 5), WRITE_LENGTH);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

/* ---- reading in on_writable ---- */

enum { TURNS_LENGTH = 50000 };

typedef struct turns {
    test_flag stopped;
    size_t written, read;
} turns;

/* Reads nothing until its own bytes are gone. */
static void write_first(void *user, h2conn_request *request) {
    static uint8_t bytes[TURNS_LENGTH];
    turns *t = user;
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    test_fill(bytes, sizeof bytes, 0, 5);
    t->written = (size_t)h2conn_try_write(conn, bytes, sizeof bytes);
    ck_assert_uint_lt(t->written, sizeof bytes);
    test_raise(&t->stopped);
}

static void read_one_when_done(void *user, h2conn *conn) {
    static uint8_t bytes[TURNS_LENGTH];
    turns *t = user;
    char byte;
    test_fill(bytes, sizeof bytes, 0, 5);
    if (t->written < sizeof bytes) {
        const ptrdiff_t n = h2conn_try_write(conn, bytes + t->written, sizeof bytes - t->written);
        if (n > 0) t->written += (size_t)n;
    }
    if (t->written < sizeof bytes) return;
    const ptrdiff_t n = h2conn_try_read(conn, &byte, 1);
    if (n > 0) t->read++;
    if (n == 0) h2conn_close(conn);
}

START_TEST(events_readable_follows_when_on_writable_reads_and_leaves_some) {
    turns t = {.stopped = TEST_FLAG};
    const h2conn_events events = {write_first, NULL, read_one_when_done, read_one_when_done, NULL, &t};
    const h2conn_server_options options = {.events = &events};
    h2_config config = h2_config_hosted(false);
    config.stream_window = WRITE_WINDOW;
    const h2conn_client_options small = {.config = &config};
    h2conn_client *client;
    test_server s;
    test_server_start(&s, &options);
    ck_assert_int_eq(h2conn_client_new(&client, &small), H2CONN_OK);
    h2conn *conn = test_connect(s.url, client);
    test_await(&t.stopped, 1);
    ck_assert_int_eq(h2conn_write(conn, "hello", 5, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(test_read_pattern(conn, 5), TURNS_LENGTH);
    h2conn_free(conn);
    h2conn_client_free(client);
    test_server_stop(&s);
    ck_assert_uint_eq(t.read, 5);
}
END_TEST

/* ---- the end ---- */

typedef struct ending {
    test_flag opened, closed;
    uint32_t code;
    char why[H2CONN_WHY_BYTES];
} ending;

static void accept_ending(void *user, h2conn_request *request) {
    h2conn *conn;
    ending *e = user;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    h2conn_set_user(conn, e);
    test_raise(&e->opened);
}

static void note_why(void *user, h2conn *conn) {
    ending *e = h2conn_user(conn);
    ck_assert_ptr_eq(e, user);
    e->code = h2conn_code(conn);
    h2conn_why(conn, e->why);
    test_raise(&e->closed);
}

START_TEST(events_close_tells_that_the_peer_reset_the_stream) {
    ending e = {.opened = TEST_FLAG, .closed = TEST_FLAG};
    const h2conn_events events = {.on_open = accept_ending, .on_close = note_why, .user = &e};
    const h2conn_server_options options = {.events = &events};
    test_server s;
    test_server_start(&s, &options);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(h2conn_reset(conn, H2_ENHANCE_YOUR_CALM), H2CONN_OK);
    test_await(&e.closed, 1);
    ck_assert_uint_eq(e.code, H2_ENHANCE_YOUR_CALM);
    ck_assert_int_eq(strncmp(e.why, h2conn_strerror(H2CONN_ERESET), strlen(h2conn_strerror(H2CONN_ERESET))), 0);
    h2conn_free(conn);
    test_server_stop(&s);
    ck_assert_int_eq(e.closed.count, 1);
}
END_TEST

START_TEST(events_close_tells_that_the_client_vanished) {
    ending e = {.opened = TEST_FLAG, .closed = TEST_FLAG};
    const h2conn_events events = {.on_open = accept_ending, .on_close = note_why, .user = &e};
    const h2conn_server_options options = {.events = &events};
    test_server s;
    test_server_start(&s, &options);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    test_write_post(fd, 1, 0);
    test_await(&e.opened, 1);
    close(fd);
    test_await(&e.closed, 1);
    ck_assert_int_eq(strncmp(e.why, h2conn_strerror(H2CONN_ELOST), strlen(h2conn_strerror(H2CONN_ELOST))), 0);
    test_server_stop(&s);
}
END_TEST

static void accept_it(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
}

static void count_closed(void *user, h2conn *conn) {
    (void)conn;
    test_raise(user);
}

START_TEST(events_close_comes_when_the_server_stops) {
    test_flag closed = TEST_FLAG;
    const h2conn_events events = {.on_open = accept_it, .on_close = count_closed, .user = &closed};
    const h2conn_server_options options = {.events = &events, .loops = 3};
    enum { CONNS = 10 };
    h2conn *conns[CONNS];
    test_server s;
    test_server_start(&s, &options);
    for (int i = 0; i < CONNS; i++) conns[i] = test_connect(s.url, NULL);
    test_server_stop(&s);
    ck_assert_int_eq(closed.count, CONNS);
    for (int i = 0; i < CONNS; i++) h2conn_free(conns[i]);
}
END_TEST

/* ---- peers that mean no good ---- */

typedef struct rapid {
    test_flag opened, seen;
    h2conn *conn;
} rapid;

static void hold_loop(void *user, h2conn_request *request) {
    rapid *r = user;
    ck_assert_int_eq(h2conn_accept(&r->conn, request, 200, NULL, 0), H2CONN_OK);
    test_raise(&r->opened);
    test_await(&r->seen, 1);
}

/* Meanwhile a thread that reads receives for the loop, which is held. */
START_TEST(events_requests_reset_before_their_turn_leave_nothing_behind) {
    rapid r = {.opened = TEST_FLAG, .seen = TEST_FLAG};
    const h2conn_events events = {.on_open = hold_loop, .user = &r};
    const h2conn_server_options options = {.events = &events};
    char byte;
    test_server s;
    test_server_start(&s, &options);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    test_write_post(fd, 1, 0);
    test_await(&r.opened, 1);
    for (uint32_t id = 3; id < 200; id += 2) {
        test_write_post(fd, id, 0);
        test_write_frame(fd, H2_RST_STREAM, 0, id, "\0\0\0\10", 4);
    }
    test_write_frame(fd, H2_DATA, 0, 1, "x", 1);
    ck_assert_int_eq(h2conn_read(r.conn, &byte, 1), 1);
    pthread_mutex_lock(&r.conn->session->lock);
    ck_assert_uint_eq(r.conn->session->opening.n, 0);
    ck_assert_uint_le(r.conn->session->refs, 3); /* the loop, who accepted it, and the connection that is open */
    pthread_mutex_unlock(&r.conn->session->lock);
    test_raise(&r.seen);
    close(fd);
    test_server_stop(&s);
    ck_assert_int_eq(r.opened.count, 1);
}
END_TEST

Suite *contract_events_suite(void) {
    Suite *suite = suite_create("contract: events");
    TCase *tc = test_case(suite, "events");
    tcase_add_loop_test(tc, events_readable_is_called_again_while_it_reads_and_leaves_some, 0, 3);
    tcase_add_test(tc, events_readable_that_reads_nothing_stops_the_peer_until_a_thread_reads);
    tcase_add_loop_test(tc, events_writable_follows_when_a_stopped_reader_reads_on, 0, 2);
    tcase_add_test(tc, events_readable_follows_when_on_writable_reads_and_leaves_some);
    tcase_add_test(tc, events_close_loses_nothing_that_was_taken);
    tcase_add_test(tc, events_respond_does_not_wait_for_the_client);
    tcase_add_test(tc, events_close_tells_that_the_peer_reset_the_stream);
    tcase_add_test(tc, events_close_tells_that_the_client_vanished);
    tcase_add_test(tc, events_close_comes_when_the_server_stops);
    tcase_add_test(tc, events_requests_reset_before_their_turn_leave_nothing_behind);
    return suite;
}
