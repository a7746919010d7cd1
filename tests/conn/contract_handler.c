/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "posix_conn.h"

/* "A handler that returns closes its connection. A client that goes away ends the handler's reads and writes." And what
 * a handler can ask and answer. */

START_TEST(contract_handler_that_returns_closes_its_connection) {
    test_server s;
    char byte;
    test_server_handle(&s, test_accept_only, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(h2conn_read(conn, &byte, 1), 0);
    ck_assert_int_eq(h2conn_write(conn, "dropped", 7, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_OK);
    ck_assert_uint_eq(h2conn_code(conn), H2_NO_ERROR);
    ck_assert_int_eq(h2conn_read(conn, &byte, 1), 0);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_handler_that_returned_refuses_a_client_that_goes_on_sending) {
    static const char block[10000];
    test_server s;
    char byte, why[H2CONN_WHY_BYTES];
    int error = H2CONN_OK;
    test_server_handle(&s, test_accept_only, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    for (int i = 0; i < 10000 && error == H2CONN_OK; i++) error = h2conn_write(conn, block, sizeof block, NULL);
    ck_assert_msg(error == H2CONN_ERESET, "%s: %s", h2conn_error_name(error), h2conn_why(conn, why));
    ck_assert_uint_eq(h2conn_code(conn), H2_NO_ERROR);
    ck_assert_int_eq(h2conn_read(conn, &byte, 1), 0);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

static void accept_and_return_later(void *user, h2conn_request *request) {
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    test_await(user, 1);
}

static void *write_until_error(void *conn) {
    static const char block[10000];
    int error = H2CONN_OK;
    while (error == H2CONN_OK) error = h2conn_write(conn, block, sizeof block, NULL);
    ck_assert_msg(error == H2CONN_ERESET, "%s", h2conn_error_name(error));
    return NULL;
}

static bool may_write(h2conn *conn) {
    posix_session *s = conn->session;
    pthread_mutex_lock(&s->lock);
    const bool may = h2_stream_allowance(s->link.session, conn->stream.id) > 0;
    pthread_mutex_unlock(&s->lock);
    return may;
}

/* One that has filled its window sends nothing more that could be refused. */
START_TEST(contract_handler_that_returns_refuses_a_client_that_waits_to_send) {
    test_flag full = TEST_FLAG;
    test_server s;
    pthread_t writer;
    test_server_handle(&s, accept_and_return_later, &full);
    h2conn *conn = test_connect(s.url, NULL);
    ck_assert_int_eq(pthread_create(&writer, NULL, write_until_error, conn), 0);
    while (may_write(conn)) sched_yield();
    test_raise(&full);
    pthread_join(writer, NULL);
    ck_assert_uint_eq(h2conn_code(conn), H2_NO_ERROR);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

static void do_nothing(void *user, h2conn_request *request) {
    (void)user;
    (void)request;
}

START_TEST(contract_handler_that_answers_nothing_answers_404) {
    test_server s;
    h2conn_response response;
    h2conn *conn;
    test_server_answer(&s, do_nothing, NULL);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, NULL, &response), H2CONN_OK);
    ck_assert_int_eq(response.status, 404);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

typedef struct gone {
    test_flag accepted, ended;
    ptrdiff_t read, write, waited;
} gone;

static void read_until_gone(void *user, h2conn_request *request) {
    gone *g = user;
    char byte;
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    test_raise(&g->accepted);
    g->read = h2conn_read(conn, &byte, 1);
    g->write = h2conn_write(conn, "x", 1, NULL);
    g->waited = h2conn_wait_closed(conn);
    test_raise(&g->ended);
}

static void write_until_gone(void *user, h2conn_request *request) {
    static const char block[65536];
    gone *g = user;
    h2conn *conn;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    test_raise(&g->accepted);
    while ((g->write = h2conn_write(conn, block, sizeof block, NULL)) == H2CONN_OK) {
    }
    g->read = h2conn_read(conn, (char[1]){0}, 1);
    g->waited = h2conn_wait_closed(conn);
    test_raise(&g->ended);
}

static void expect_end(gone *g, test_server *s, int error) {
    test_await(&g->ended, 1);
    ck_assert_int_eq(g->read, error);
    ck_assert_int_eq(g->write, error);
    ck_assert_int_eq(g->waited, error);
    test_server_stop(s);
}

START_TEST(contract_handler_of_a_client_that_vanishes) {
    gone g = {.accepted = TEST_FLAG, .ended = TEST_FLAG};
    test_server s;
    test_server_handle(&s, _i ? write_until_gone : read_until_gone, &g);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    test_write_post(fd, 1, 0);
    test_await(&g.accepted, 1);
    close(fd);
    expect_end(&g, &s, H2CONN_ELOST);
}
END_TEST

START_TEST(contract_handler_of_a_client_that_resets) {
    gone g = {.accepted = TEST_FLAG, .ended = TEST_FLAG};
    test_server s;
    test_server_handle(&s, _i ? write_until_gone : read_until_gone, &g);
    h2conn *conn = test_connect(s.url, NULL);
    h2conn_reset(conn, H2_CANCEL);
    h2conn_free(conn);
    expect_end(&g, &s, H2CONN_ERESET);
}
END_TEST

/* ---- the request ---- */

static void check_request(void *user, h2conn_request *request) {
    const char *authority = user;
    size_t n;
    const h2conn_field *fields = h2conn_request_fields(request, &n);
    ck_assert_str_eq(h2conn_request_method(request), "PUT");
    ck_assert_str_eq(h2conn_request_path(request), "/a/b?c=d");
    ck_assert_str_eq(h2conn_request_scheme(request), "http");
    ck_assert_str_eq(h2conn_request_authority(request), authority);
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(fields[0].name, "one");
    ck_assert_str_eq(fields[0].value, "1");
    ck_assert_str_eq(fields[1].name, "empty");
    ck_assert_str_eq(fields[1].value, "");
    ck_assert_str_eq(fields[2].name, "secret");
    ck_assert(fields[2].never_index);
    const h2conn_field answer[] = {H2CONN_FIELD("server", "test"), H2CONN_FIELD("x", "y z")};
    h2conn *conn, *again;
    ck_assert_int_eq(h2conn_accept(&conn, request, 199, NULL, 0), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_accept(&conn, request, 300, NULL, 0), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_accept(NULL, request, 200, NULL, 0), H2CONN_EINVAL);
    const h2conn_field wrong[] = {H2CONN_FIELD("Upper-Case", "x")};
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, wrong, 1), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_accept(&conn, request, 202, answer, 2), H2CONN_OK);
    ck_assert_int_eq(h2conn_accept(&again, request, 200, NULL, 0), H2CONN_ESTATE);
    ck_assert_ptr_null(again);
    ck_assert_int_eq(h2conn_respond(request, 200, NULL, 0, NULL, 0), H2CONN_ESTATE);
    ck_assert_int_eq(h2conn_write(conn, "ok", 2, NULL), H2CONN_OK);
}

START_TEST(contract_handler_sees_the_request_and_the_client_the_response) {
    test_server s;
    char authority[H2CONN_WHY_BYTES], url[H2CONN_WHY_BYTES + 16], buf[4];
    h2conn_field fields[] = {H2CONN_FIELD("one", "1"), H2CONN_FIELD("empty", ""), H2CONN_FIELD("secret", "x")};
    h2conn_response response;
    h2conn *conn;
    fields[2].never_index = true;
    const h2conn_options options = {.method = "PUT", .fields = fields, .n_fields = 3};
    test_server_answer(&s, check_request, authority);
    strcpy(authority, s.url + strlen("http://"));
    strcat(strcpy(url, s.url), "/a/b?c=d#gone");
    ck_assert_int_eq(h2conn_connect(&conn, url, &options, &response), H2CONN_OK);
    ck_assert_int_eq(response.status, 202);
    ck_assert_uint_eq(response.n_fields, 2);
    ck_assert_str_eq(response.fields[0].name, "server");
    ck_assert_str_eq(response.fields[0].value, "test");
    ck_assert_str_eq(response.fields[1].value, "y z");
    ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), 2);
    ck_assert_str_eq(h2conn_remote_addr(conn), authority);
    ck_assert_int_eq(strncmp(h2conn_local_addr(conn), "127.0.0.1:", 10), 0);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

/* ---- complete answers ---- */

enum { BODY = 1000000 };

static void respond(void *user, h2conn_request *request) {
    static uint8_t body[BODY];
    const h2conn_field fields[] = {H2CONN_FIELD("content-type", "x/y")};
    (void)user;
    test_fill(body, sizeof body, 0, 8);
    ck_assert_int_eq(h2conn_respond(request, 600, NULL, 0, NULL, 0), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_respond(request, 100, NULL, 0, NULL, 0), H2CONN_EINVAL);
    const bool empty = strcmp(h2conn_request_path(request), "/empty") == 0;
    ck_assert_int_eq(h2conn_respond(request, 418, fields, 1, body, empty ? 0 : sizeof body), H2CONN_OK);
    ck_assert_int_eq(h2conn_respond(request, 418, fields, 1, NULL, 0), H2CONN_ESTATE);
}

START_TEST(contract_handler_answers_completely) {
    static const struct {
        const char *method, *path;
        int64_t body;
        bool ends;
    } rows[] = {{"GET", "/", BODY, true},   {"GET", "/empty", 0, true},   {"HEAD", "/", 0, true},
                {"POST", "/", BODY, false}, {"POST", "/empty", 0, false}, {"POST", "/", BODY, true}};
    test_server s;
    char url[H2CONN_WHY_BYTES + 16];
    h2conn_response response;
    h2conn *conn;
    test_server_answer(&s, respond, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const h2conn_options options = {.method = rows[i].method};
        strcat(strcpy(url, s.url), rows[i].path);
        ck_assert_int_eq(h2conn_connect(&conn, url, &options, &response), H2CONN_OK);
        ck_assert_int_eq(response.status, 418);
        ck_assert_str_eq(response.fields[0].value, "x/y");
        /* The answer may have ended the stream before this side says that it sends nothing. */
        if (rows[i].ends) h2conn_close_write(conn);
        ck_assert_int_eq(test_read_pattern(conn, 8), rows[i].body);
        h2conn_free(conn);
    }
    test_server_stop(&s);
}
END_TEST

/* RFC 9113, 8.1: an answer before the request's end is complete, and RST_STREAM with NO_ERROR refuses what is still
 * sent. */
START_TEST(rfc9113_8_1_an_early_answer_is_complete_and_the_rest_is_refused) {
    static const uint8_t rest[H2_FRAME_SIZE_MIN];
    test_server s;
    test_frame frame;
    uint64_t body = 0;
    test_server_answer(&s, respond, NULL);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    ck_assert(test_await_frame(fd, &frame, H2_SETTINGS));
    test_write_frame(fd, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0);
    test_write_frame(fd, H2_WINDOW_UPDATE, 0, 0, "\0\x0f\xff\xff", 4);
    test_write_post(fd, 1, 0);
    test_write_frame(fd, H2_WINDOW_UPDATE, 0, 1, "\0\x0f\xff\xff", 4);
    do {
        ck_assert(test_await_frame(fd, &frame, H2_DATA));
        body += frame.header.length;
    } while ((frame.header.flags & H2_FLAG_END_STREAM) == 0);
    ck_assert_uint_eq(body, BODY);
    /* One frame at a time, each seen before the next: the server may not have left the stream when the first ones come.
     */
    do {
        test_write_frame(fd, H2_DATA, 0, 1, rest, sizeof rest);
        test_write_frame(fd, H2_PING, 0, 0, "12345678", 8);
        do ck_assert(test_read_frame(fd, &frame));
        while (frame.header.type != H2_PING && frame.header.type != H2_RST_STREAM);
    } while (frame.header.type != H2_RST_STREAM);
    ck_assert_uint_eq(frame.header.stream_id, 1);
    ck_assert_uint_eq(h2_u32_read(frame.payload), H2_NO_ERROR);
    close(fd);
    test_server_stop(&s);
}
END_TEST

/* ---- the pool ---- */

typedef struct pool {
    test_flag entered, go;
} pool;

static void enter(void *user, h2conn_request *request) {
    pool *p = user;
    test_raise(&p->entered);
    test_await(&p->go, 1);
    h2conn_respond(request, 200, NULL, 0, NULL, 0);
}

/* Two threads, two places in line: of six requests two are refused, and those that wait are served later. */
START_TEST(contract_handler_pool_is_bounded_and_refuses_beyond) {
    pool p = {TEST_FLAG, TEST_FLAG};
    const h2conn_server_options options = {.handler = enter, .user = &p, .threads = 2, .waiting = 2};
    test_server s;
    test_frame frame;
    unsigned answered = 0, refused = 0;
    test_server_start(&s, &options);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    for (uint32_t id = 1; id <= 3; id += 2) test_write_post(fd, id, H2_FLAG_END_STREAM);
    test_await(&p.entered, 2);
    for (uint32_t id = 5; id <= 11; id += 2) test_write_post(fd, id, H2_FLAG_END_STREAM);
    while (refused < 2 && test_await_frame(fd, &frame, H2_RST_STREAM)) {
        ck_assert_uint_eq(h2_u32_read(frame.payload), H2_REFUSED_STREAM);
        ck_assert_uint_ge(frame.header.stream_id, 9);
        refused++;
    }
    test_raise(&p.go);
    while (answered < 4 && test_await_frame(fd, &frame, H2_HEADERS)) answered++;
    ck_assert_uint_eq(answered, 4);
    close(fd);
    test_server_stop(&s);
}
END_TEST

/* A request that is reset while it waits never reaches a handler, and leaves its place to others. */
START_TEST(contract_handler_is_spared_requests_that_were_taken_back) {
    pool p = {TEST_FLAG, TEST_FLAG};
    const h2conn_server_options options = {.handler = enter, .user = &p, .threads = 1, .waiting = 1};
    test_server s;
    test_frame frame;
    test_server_start(&s, &options);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    test_write_post(fd, 1, H2_FLAG_END_STREAM);
    test_await(&p.entered, 1);
    for (uint32_t id = 3; id < 43; id += 2) {
        test_write_post(fd, id, H2_FLAG_END_STREAM);
        test_write_frame(fd, H2_RST_STREAM, 0, id, "\0\0\0\x8", 4);
    }
    test_write_post(fd, 43, H2_FLAG_END_STREAM);
    test_write_frame(fd, H2_PING, 0, 0, "12345678", 8);
    ck_assert(test_await_frame(fd, &frame, H2_PING));
    test_raise(&p.go);
    ck_assert(test_await_frame(fd, &frame, H2_HEADERS));
    ck_assert_uint_eq(frame.header.stream_id, 1);
    ck_assert(test_await_frame(fd, &frame, H2_HEADERS));
    ck_assert_uint_eq(frame.header.stream_id, 43);
    ck_assert_int_eq(p.entered.count, 2);
    close(fd);
    test_server_stop(&s);
}
END_TEST

typedef struct turns {
    test_flag both, go;
    int calls;
} turns;

static void answer_then_block(void *user, h2conn_request *request) {
    turns *t = user;
    const bool first = t->calls++ == 0;
    test_await(first ? &t->both : &t->go, 1);
    h2conn_respond(request, 200, NULL, 0, "hello\n", 6);
}

/* The one thread answers while another request waits, whose handler then keeps it. */
START_TEST(contract_handler_answer_arrives_while_the_next_handler_blocks) {
    turns t = {TEST_FLAG, TEST_FLAG, 0};
    const h2conn_server_options options = {.handler = answer_then_block, .user = &t, .threads = 1};
    test_server s;
    test_frame frame;
    test_server_start(&s, &options);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    test_write_post(fd, 1, H2_FLAG_END_STREAM);
    test_write_post(fd, 3, H2_FLAG_END_STREAM);
    test_write_frame(fd, H2_PING, 0, 0, "12345678", 8);
    ck_assert(test_await_frame(fd, &frame, H2_PING));
    test_raise(&t.both);
    ck_assert(test_await_frame(fd, &frame, H2_DATA));
    ck_assert_uint_eq(frame.header.stream_id, 1);
    ck_assert_uint_eq(frame.header.flags, H2_FLAG_END_STREAM);
    test_raise(&t.go);
    ck_assert(test_await_frame(fd, &frame, H2_DATA));
    ck_assert_uint_eq(frame.header.stream_id, 3);
    close(fd);
    test_server_stop(&s);
}
END_TEST

#define AT_ONCE 100

static void meet(void *user, h2conn_request *request) {
    test_flag *entered = user;
    test_raise(entered);
    test_await(entered, AT_ONCE);
    h2conn_respond(request, 200, NULL, 0, NULL, 0);
}

/* None returns before all have begun. */
START_TEST(contract_handlers_that_block_have_a_thread_each) {
    test_flag entered = TEST_FLAG;
    const h2conn_server_options options = {.handler = meet, .user = &entered};
    test_server s;
    test_frame frame;
    test_server_start(&s, &options);
    const int fd = test_dial_raw(s.url);
    test_greet_server(fd);
    for (uint32_t i = 0; i < AT_ONCE; i++) test_write_post(fd, 2 * i + 1, H2_FLAG_END_STREAM);
    for (int i = 0; i < AT_ONCE; i++) ck_assert(test_await_frame(fd, &frame, H2_HEADERS));
    close(fd);
    test_server_stop(&s);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_test(tc, contract_handler_that_returns_closes_its_connection);
    tcase_add_test(tc, contract_handler_that_returned_refuses_a_client_that_goes_on_sending);
    tcase_add_test(tc, contract_handler_that_answers_nothing_answers_404);
    tcase_add_test(tc, contract_handler_sees_the_request_and_the_client_the_response);
    tcase_add_test(tc, contract_handler_answers_completely);
    tcase_add_test(tc, rfc9113_8_1_an_early_answer_is_complete_and_the_rest_is_refused);
}

Suite *contract_handler_suite(void) {
    Suite *suite = suite_create("contract: handler");
    TCase *tc = test_case(suite, "handler");
    tcase_add_loop_test(tc, contract_handler_of_a_client_that_vanishes, 0, 2);
    tcase_add_loop_test(tc, contract_handler_of_a_client_that_resets, 0, 2);
    tcase_add_test(tc, contract_handler_that_returns_refuses_a_client_that_waits_to_send);
    tcase_add_test(tc, contract_handler_pool_is_bounded_and_refuses_beyond);
    tcase_add_test(tc, contract_handler_answer_arrives_while_the_next_handler_blocks);
    tcase_add_test(tc, contract_handlers_that_block_have_a_thread_each);
    tcase_add_test(tc, contract_handler_is_spared_requests_that_were_taken_back);
    test_each_style(suite, add_of_each_style);
    return suite;
}
