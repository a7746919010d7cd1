/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"

/* Callbacks, and threads beside them: what may be called when, and by whom. */

/* ---- free ---- */

typedef enum place { IN_OPEN, IN_READABLE, IN_WRITABLE, IN_CLOSE, PLACES } place;

typedef struct freeing {
    test_flag freed;
    place where;
    bool gone;
    unsigned after; /* callbacks after it was freed */
} freeing;

static void free_at(freeing *f, place where, h2conn *conn) {
    if (f->gone) f->after++;
    if (f->where != where) return;
    h2conn_free(conn);
    f->gone = true;
    test_raise(&f->freed);
}

static void free_in_open(void *user, h2conn_request *request) {
    static uint8_t bytes[300000];
    h2conn *conn;
    freeing *f = user;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    if (f->where == IN_WRITABLE) h2conn_try_write(conn, bytes, sizeof bytes);
    free_at(f, IN_OPEN, conn);
}

static void free_in_readable(void *user, h2conn *conn) {
    free_at(user, IN_READABLE, conn);
}

static void free_in_writable(void *user, h2conn *conn) {
    free_at(user, IN_WRITABLE, conn);
}

static void free_in_close(void *user, h2conn *conn) {
    free_at(user, IN_CLOSE, conn);
}

START_TEST(callback_may_free_its_connection_and_none_follows) {
    freeing f = {.freed = TEST_FLAG, .where = (place)_i};
    const h2conn_events events = {free_in_open, NULL, free_in_readable, free_in_writable, free_in_close, &f};
    const h2conn_server_options options = {.events = &events};
    test_server s;
    char byte;
    test_server_start(&s, &options);
    h2conn *conn = test_connect(s.url, NULL);
    h2conn_write(conn, "hello", 5, NULL);
    if (_i == IN_WRITABLE)
        while (h2conn_read(conn, &byte, 1) > 0) {
        }
    if (_i == IN_CLOSE) h2conn_reset(conn, H2_CANCEL);
    test_await(&f.freed, 1);
    h2conn_free(conn);
    test_server_stop(&s);
    ck_assert_int_eq(f.freed.count, 1);
    ck_assert_uint_eq(f.after, 0);
}
END_TEST

/* ---- threads beside a callback ---- */

typedef struct beside {
    test_flag in_callback, done, left, closed;
    h2conn *conn;
    bool frees;
} beside;

static void accept_beside(void *user, h2conn_request *request) {
    ck_assert_ptr_nonnull(h2conn_request_hold(request));
    ck_assert_int_eq(h2conn_accept(&((beside *)user)->conn, request, 200, NULL, 0), H2CONN_OK);
}

static void stay_a_while(void *user, h2conn *conn) {
    beside *b = user;
    char byte;
    test_raise(&b->in_callback);
    if (!b->frees) {
        test_await(&b->done, 1);
        ck_assert_int_eq(h2conn_try_write(conn, "x", 1), H2CONN_ECLOSED);
        ck_assert_int_eq(h2conn_try_read(conn, &byte, 1), H2CONN_ECLOSED);
    }
    h2conn_try_read(conn, &byte, 1);
    test_raise(&b->left);
}

static void close_beside(void *user, h2conn *conn) {
    (void)conn;
    test_raise(&((beside *)user)->closed);
}

START_TEST(callback_goes_on_while_a_thread_closes_its_connection) {
    beside b = {TEST_FLAG, TEST_FLAG, TEST_FLAG, TEST_FLAG, NULL, false};
    const h2conn_events events = {accept_beside, NULL, stay_a_while, NULL, close_beside, &b};
    const h2conn_server_options options = {.events = &events};
    test_server s;
    test_server_start(&s, &options);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(h2conn_write(conn, "hello", 5, NULL), H2CONN_OK);
    test_await(&b.in_callback, 1);
    ck_assert_int_eq(h2conn_close(b.conn), H2CONN_OK);
    test_raise(&b.done);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    test_await(&b.closed, 1);
    h2conn_free(b.conn);
    h2conn_free(conn);
    test_server_stop(&s);
    ck_assert_int_eq(b.in_callback.count, 1);
}
END_TEST

static void *free_beside(void *arg) {
    beside *b = arg;
    h2conn_free(b->conn);
    b->done.count = b->left.count; /* nobody is in a callback any more, who could write it */
    return NULL;
}

/* A thread that frees a connection may free what its callbacks use next. */
START_TEST(callback_has_returned_when_a_thread_has_freed_its_connection) {
    beside b = {TEST_FLAG, TEST_FLAG, TEST_FLAG, TEST_FLAG, NULL, true};
    const h2conn_events events = {accept_beside, NULL, stay_a_while, NULL, close_beside, &b};
    const h2conn_server_options options = {.events = &events};
    pthread_t thread;
    test_server s;
    test_server_start(&s, &options);
    for (int i = 1; i <= 20; i++) {
        h2conn *conn = test_connect(s.url, NULL);
        ck_assert_int_eq(h2conn_write(conn, "h", 1, NULL), H2CONN_OK);
        test_await(&b.in_callback, i);
        ck_assert_int_eq(pthread_create(&thread, NULL, free_beside, &b), 0);
        pthread_join(thread, NULL);
        ck_assert_int_eq(b.done.count, i);
        h2conn_free(conn);
    }
    test_server_stop(&s);
    ck_assert_int_eq(b.closed.count, 0);
}
END_TEST

enum { WORDS = 200, WORD = 10 };

static void *write_beside(void *arg) {
    h2conn *conn = arg;
    char word[WORD];
    memset(word, 'w', sizeof word);
    for (int i = 0; i < WORDS; i++) ck_assert_int_eq(h2conn_write(conn, word, sizeof word, NULL), H2CONN_OK);
    return NULL;
}

typedef struct mixed {
    pthread_t thread;
    h2conn *conn;
} mixed;

/* The thread writes in the blocking style, the callback by tries. */
static void start_writer(void *user, h2conn_request *request) {
    mixed *m = user;
    ck_assert_ptr_nonnull(h2conn_request_hold(request));
    ck_assert_int_eq(h2conn_accept(&m->conn, request, 200, NULL, 0), H2CONN_OK);
    ck_assert_int_eq(pthread_create(&m->thread, NULL, write_beside, m->conn), 0);
}

static void write_too(void *user, h2conn *conn) {
    const void *bytes;
    ptrdiff_t n;
    (void)user;
    while ((n = h2conn_peek(conn, &bytes)) > 0) {
        const ptrdiff_t taken = h2conn_try_write(conn, bytes, (size_t)n);
        if (taken <= 0) return;
        h2conn_skip(conn, (size_t)taken);
    }
}

START_TEST(callback_and_blocking_thread_write_one_connection) {
    mixed m = {.conn = NULL};
    const h2conn_events events = {start_writer, NULL, write_too, write_too, NULL, &m};
    const h2conn_server_options options = {.events = &events};
    char buf[100];
    size_t of_thread = 0, of_callback = 0;
    test_server s;
    test_server_start(&s, &options);
    h2conn *conn = test_connect(s.url, NULL);
    for (int i = 0; i < WORDS; i++) ck_assert_int_eq(h2conn_write(conn, "c", 1, NULL), H2CONN_OK);
    while (of_thread + of_callback < WORDS * (WORD + 1)) {
        const ptrdiff_t n = h2conn_read(conn, buf, sizeof buf);
        ck_assert_int_gt(n, 0);
        for (ptrdiff_t i = 0; i < n; i++) {
            if (buf[i] == 'w')
                of_thread++;
            else
                of_callback += buf[i] == 'c' && of_thread % WORD == 0; /* never within a word */
        }
    }
    ck_assert_uint_eq(of_callback, WORDS);
    pthread_join(m.thread, NULL);
    h2conn_free(m.conn);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

typedef struct blocked {
    pthread_t thread;
    h2conn *conn;
    test_flag opened;
    ptrdiff_t read;
} blocked;

static void *read_beside(void *arg) {
    blocked *b = arg;
    char byte;
    b->read = h2conn_read(b->conn, &byte, 1);
    return NULL;
}

/* The first connection is read by a thread, the others by callbacks. */
static void open_first_for_thread(void *user, h2conn_request *request) {
    blocked *b = user;
    h2conn *conn;
    if (b->conn == NULL) h2conn_request_hold(request);
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    if (b->conn == NULL) {
        b->conn = conn;
        ck_assert_int_eq(pthread_create(&b->thread, NULL, read_beside, b), 0);
    }
    test_raise(&b->opened);
}

/* The thread that waits receives for the session. What comes for others is theirs at once, not when it is done. */
START_TEST(callback_is_called_while_a_thread_waits_on_the_same_session) {
    blocked b = {.opened = TEST_FLAG};
    const h2conn_events events = {open_first_for_thread, NULL, write_too, write_too, NULL, &b};
    const h2conn_server_options options = {.events = &events};
    h2conn_client *client;
    test_server s;
    test_server_start(&s, &options);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    h2conn *first = test_connect(s.url, client);
    test_await(&b.opened, 1);
    test_await_blocked(b.conn, 1);
    h2conn *second = test_connect(s.url, client);
    for (int i = 0; i < 100; i++) test_ask(second, "beside");
    ck_assert_int_eq(h2conn_write(first, "x", 1, NULL), H2CONN_OK);
    pthread_join(b.thread, NULL);
    ck_assert_int_eq(b.read, 1);
    h2conn_free(b.conn);
    h2conn_free(first);
    h2conn_free(second);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

/* ---- other connections ---- */

enum { GUESTS = 9 };

typedef struct room {
    pthread_mutex_t lock;
    h2conn *guests[GUESTS];
    unsigned n;
} room;

static void enter(void *user, h2conn_request *request) {
    room *r = user;
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    pthread_mutex_lock(&r->lock);
    r->guests[r->n++] = conn;
    pthread_mutex_unlock(&r->lock);
}

static void tell_all(void *user, h2conn *conn) {
    room *r = user;
    char said[100];
    const ptrdiff_t n = h2conn_try_read(conn, said, sizeof said);
    if (n <= 0) return;
    pthread_mutex_lock(&r->lock);
    for (unsigned i = 0; i < r->n; i++) ck_assert_int_eq(h2conn_try_write(r->guests[i], said, (size_t)n), n);
    pthread_mutex_unlock(&r->lock);
}

static void leave(void *user, h2conn *conn) {
    room *r = user;
    pthread_mutex_lock(&r->lock);
    for (unsigned i = 0; i < r->n; i++)
        if (r->guests[i] == conn) r->guests[i--] = r->guests[--r->n];
    pthread_mutex_unlock(&r->lock);
}

/* On sessions of the same loop, and of others. */
START_TEST(callback_writes_to_connections_of_other_sessions) {
    room r = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const h2conn_events events = {.on_open = enter, .on_readable = tell_all, .on_close = leave, .user = &r};
    const h2conn_server_options options = {.events = &events, .loops = _i ? 3 : 1};
    h2conn *conns[GUESTS];
    char heard[GUESTS];
    test_server s;
    test_server_start(&s, &options);
    for (int i = 0; i < GUESTS; i++) conns[i] = test_connect(s.url, NULL);
    for (int i = 0; i < GUESTS; i++) ck_assert_int_eq(h2conn_write(conns[i], "x", 1, NULL), H2CONN_OK);
    for (int i = 0; i < GUESTS; i++)
        for (ptrdiff_t got = 0, n; got < GUESTS; got += n) {
            n = h2conn_read(conns[i], heard, sizeof heard);
            ck_assert_int_gt(n, 0);
        }
    for (int i = 0; i < GUESTS; i++) h2conn_free(conns[i]);
    test_server_stop(&s);
    ck_assert_uint_eq(r.n, 0);
}
END_TEST

/* ---- a client that does not read ---- */

enum { REQUESTS = 128, LONG_VALUE = 12000 };

typedef struct answers {
    test_flag came;
    h2conn_request *held[REQUESTS];
    unsigned n, late; /* answers tried again in on_writable */
    bool hold;
} answers;

static int answer_at_length(h2conn_request *request) {
    static char value[LONG_VALUE];
    memset(value, '~', sizeof value); /* for which Huffman has no short code */
    const h2conn_field field = {.name = "x-long", .name_len = 6, .value = value, .value_len = sizeof value};
    return h2conn_respond(request, 200, &field, 1, NULL, 0);
}

/* What is held is answered all at once by the last, far beyond any room. */
static void answer_or_hold(void *user, h2conn_request *request) {
    answers *a = user;
    if (!a->hold) {
        ck_assert_int_eq(answer_at_length(request), H2CONN_OK);
        return;
    }
    h2conn_set_user(h2conn_request_hold(request), request);
    a->held[a->n++] = request;
    if (a->n < REQUESTS) return;
    for (unsigned i = 0; i < REQUESTS; i++) {
        const int result = answer_at_length(a->held[i]);
        ck_assert(result == H2CONN_OK || result == H2CONN_EAGAIN);
    }
    test_raise(&a->came);
}

static void answer_late(void *user, h2conn *conn) {
    ((answers *)user)->late++;
    ck_assert_int_eq(answer_at_length(h2conn_user(conn)), H2CONN_OK);
}

static void free_answered(void *user, h2conn *conn) {
    (void)user;
    h2conn_free(conn);
}

/* Header blocks keep to no window. A request is only announced when there is room for its answer; one that is answered
 * later has to try again. */
START_TEST(callback_answers_all_requests_of_a_client_that_reads_late) {
    answers a = {.came = TEST_FLAG, .hold = _i};
    const h2conn_events events = {answer_or_hold, NULL, NULL, answer_late, free_answered, &a};
    const h2conn_server_options options = {.events = &events};
    static test_frame frame;
    test_server s;
    test_server_start(&s, &options);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    ck_assert(test_await_frame(fd, &frame, H2_SETTINGS));
    test_write_frame(fd, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0);
    for (uint32_t i = 0; i < REQUESTS; i++) test_write_post(fd, 2 * i + 1, H2_FLAG_END_STREAM);
    if (_i) test_await(&a.came, 1);
    for (unsigned answered = 0; answered < REQUESTS; answered++) {
        ck_assert(test_await_frame(fd, &frame, H2_HEADERS));
        ck_assert_uint_gt(frame.header.length, LONG_VALUE);
        ck_assert(frame.header.flags & H2_FLAG_END_STREAM);
    }
    close(fd);
    test_server_stop(&s);
    if (_i) ck_assert_uint_gt(a.late, 0);
}
END_TEST

/* ---- requests that are held ---- */

typedef struct held {
    test_flag came, content, closed;
    h2conn_request *request;
    h2conn *conn;
} held;

static void hold(void *user, h2conn_request *request) {
    held *h = user;
    h->request = request;
    h->conn = h2conn_request_hold(request);
    ck_assert_ptr_nonnull(h->conn);
    ck_assert_int_eq(h2conn_try_write(h->conn, "early", 5), H2CONN_ESTATE);
    test_raise(&h->came);
}

static void note_content(void *user, h2conn *conn) {
    char buf[10];
    held *h = user;
    const ptrdiff_t n = h2conn_try_read(conn, buf, sizeof buf);
    if (n == 0) return;
    ck_assert_int_eq(n, 4);
    ck_assert_mem_eq(buf, "body", 4);
    test_raise(&h->content);
}

static void held_closed(void *user, h2conn *conn) {
    held *h = user;
    ck_assert_ptr_eq(conn, h->conn);
    ck_assert_str_eq(h2conn_request_method(h->request), "POST");
    test_raise(&h->closed);
}

START_TEST(callback_may_hold_a_request_to_be_answered_by_a_thread) {
    held h = {.came = TEST_FLAG, .content = TEST_FLAG, .closed = TEST_FLAG};
    const h2conn_events events = {hold, NULL, note_content, NULL, held_closed, &h};
    const h2conn_server_options options = {.events = &events};
    const h2conn_options early = {.early = true};
    h2conn_response response;
    h2conn *conn, *accepted;
    char buf[10];
    test_server s;
    test_server_start(&s, &options);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, &early, &response), H2CONN_OK);
    ck_assert_int_eq(h2conn_write(conn, "body", 4, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    test_await(&h.content, 1);
    ck_assert_str_eq(h2conn_request_path(h.request), "/");
    if (_i) {
        ck_assert_int_eq(h2conn_respond(h.request, 201, NULL, 0, "done", 4), H2CONN_OK);
    } else {
        ck_assert_int_eq(h2conn_accept(&accepted, h.request, 201, NULL, 0), H2CONN_OK);
        ck_assert_ptr_eq(accepted, h.conn);
        ck_assert_int_eq(h2conn_try_write(accepted, "done", 4), 4);
        ck_assert_int_eq(h2conn_close(accepted), H2CONN_OK);
    }
    ck_assert_int_eq(h2conn_await_response(conn, &response), H2CONN_OK);
    ck_assert_int_eq(response.status, 201);
    ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), 4);
    ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), 0);
    test_await(&h.closed, 1);
    ck_assert_str_eq(h2conn_request_method(h.request), "POST");
    h2conn_free(h.conn);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(callback_is_told_that_a_request_it_holds_was_taken_back) {
    held h = {.came = TEST_FLAG, .content = TEST_FLAG, .closed = TEST_FLAG};
    const h2conn_events events = {hold, NULL, NULL, NULL, held_closed, &h};
    const h2conn_server_options options = {.events = &events};
    const h2conn_options early = {.early = true};
    h2conn *conn;
    test_server s;
    test_server_start(&s, &options);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, &early, NULL), H2CONN_OK);
    test_await(&h.came, 1);
    ck_assert_int_eq(h2conn_reset(conn, H2_CANCEL), H2CONN_OK);
    test_await(&h.closed, 1);
    ck_assert_str_eq(h2conn_request_method(h.request), "POST");
    h2conn_free(h.conn);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

Suite *contract_callbacks_suite(void) {
    Suite *suite = suite_create("contract: callbacks");
    TCase *tc = test_case(suite, "callbacks");
    tcase_add_loop_test(tc, callback_may_free_its_connection_and_none_follows, 0, PLACES);
    tcase_add_test(tc, callback_goes_on_while_a_thread_closes_its_connection);
    tcase_add_test(tc, callback_has_returned_when_a_thread_has_freed_its_connection);
    tcase_add_test(tc, callback_and_blocking_thread_write_one_connection);
    tcase_add_test(tc, callback_is_called_while_a_thread_waits_on_the_same_session);
    tcase_add_loop_test(tc, callback_writes_to_connections_of_other_sessions, 0, 2);
    tcase_add_loop_test(tc, callback_answers_all_requests_of_a_client_that_reads_late, 0, 2);
    tcase_add_loop_test(tc, callback_may_hold_a_request_to_be_answered_by_a_thread, 0, 2);
    tcase_add_test(tc, callback_is_told_that_a_request_it_holds_was_taken_back);
    return suite;
}
