/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"

/* "A peer's RST_STREAM, GOAWAY, a lost socket and a TLS failure are told apart; h2conn_code keeps the HTTP/2 code." */

typedef struct ending {
    const char *label;
    void (*script)(int fd, uint32_t id);
    int error;
    uint32_t code;
    const char *said; /* part of the sentence */
} ending;

static void resets(int fd, uint32_t id) {
    test_write_frame(fd, H2_RST_STREAM, 0, id, "\0\0\0\xb", 4);
}

static void goes_away_without_the_stream(int fd, uint32_t id) {
    (void)id;
    test_write_frame(fd, H2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0", 8);
}

static void goes_away_in_anger(int fd, uint32_t id) {
    (void)id;
    test_write_frame(fd, H2_GOAWAY, 0, 0, "\0\0\0\1\0\0\0\xb", 8);
}

static void ends(int fd, uint32_t id) {
    (void)id;
    shutdown(fd, SHUT_WR);
}

static void breaks(int fd, uint32_t id) {
    const struct linger hard = {1, 0};
    (void)id;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    /* A duplicate keeps the number taken until the script's end. */
    dup2(STDIN_FILENO, fd);
}

static void breaks_a_rule_of_the_stream(int fd, uint32_t id) {
    test_write_frame(fd, H2_WINDOW_UPDATE, 0, id, "\0\0\0\0", 4);
}

static void breaks_a_rule_of_the_session(int fd, uint32_t id) {
    (void)id;
    test_write_frame(fd, H2_SETTINGS, 0, 0, "\0\4\xff\xff\xff\xff", 6);
}

static const ending endings[] = {
    {"RST_STREAM", resets, H2CONN_ERESET, H2_ENHANCE_YOUR_CALM, "ENHANCE_YOUR_CALM"},
    {"GOAWAY", goes_away_without_the_stream, H2CONN_EGOAWAY, H2_NO_ERROR, "going away"},
    {"GOAWAY with an error", goes_away_in_anger, H2CONN_EGOAWAY, H2_ENHANCE_YOUR_CALM, "ENHANCE_YOUR_CALM"},
    {"end", ends, H2CONN_ELOST, H2_NO_ERROR, "lost"},
    {"broken socket", breaks, H2CONN_ELOST, H2_NO_ERROR, "lost: "},
    {"rule of a stream", breaks_a_rule_of_the_stream, H2CONN_EPROTOCOL, H2_PROTOCOL_ERROR, "(6.9)"},
    {"rule of the session", breaks_a_rule_of_the_session, H2CONN_EPROTOCOL, H2_FLOW_CONTROL_ERROR, "(6.5.2"},
};

/* The client has seen all before a PING that it answers: what breaks after it destroys nothing on the way. */
static void await_client(int fd) {
    test_frame frame;
    test_write_frame(fd, H2_PING, 0, 0, "12345678", 8);
    ck_assert(test_await_frame(fd, &frame, H2_PING));
}

static void answer_then_end(int fd, void *user) {
    const ending *e = user;
    test_greet_client(fd, NULL, 0);
    const uint32_t id = test_await_request(fd);
    test_write_ok(fd, id, 0);
    await_client(fd);
    e->script(fd, id);
}

START_TEST(contract_errors_of_a_connection_are_told_apart) {
    const ending *e = &endings[_i];
    test_raw raw;
    char buf[16], why[H2CONN_WHY_BYTES];
    test_raw_start(&raw, answer_then_end, (void *)(uintptr_t)e);
    h2conn *conn = test_connect(raw.url, NULL);
    const ptrdiff_t error = h2conn_read(conn, buf, sizeof buf);
    ck_assert_msg(error == e->error, "%s: %s", e->label, h2conn_error_name((int)error));
    ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), e->error);
    ck_assert_int_eq(h2conn_write(conn, "x", 1, NULL), e->error);
    ck_assert_int_eq(h2conn_close_write(conn), e->error);
    ck_assert_int_eq(h2conn_wait_closed(conn), e->error);
    ck_assert_msg(h2conn_code(conn) == e->code, "%s: code %u", e->label, (unsigned)h2conn_code(conn));
    ck_assert_msg(strstr(h2conn_why(conn, why), e->said) != NULL, "%s: %s", e->label, why);
    h2conn_free(conn);
    test_raw_join(&raw);
}
END_TEST

static void end_before_answer(int fd, void *user) {
    const ending *e = user;
    test_greet_client(fd, NULL, 0);
    e->script(fd, test_await_request(fd));
}

START_TEST(contract_errors_of_a_connect_are_told_apart) {
    const ending *e = &endings[_i];
    h2conn_response response;
    test_raw raw;
    test_raw_start(&raw, end_before_answer, (void *)(uintptr_t)e);
    const int error = test_connect_error(raw.url, NULL, &response);
    ck_assert_msg(error == e->error, "%s: %s", e->label, h2conn_error_name(error));
    ck_assert_uint_eq(response.code, e->code);
    ck_assert_msg(strstr(response.why, e->said) != NULL, "%s: %s", e->label, response.why);
    ck_assert_msg(strstr(response.why, h2conn_strerror(error)) == response.why, "%s", response.why);
    test_raw_join(&raw);
}
END_TEST

/* A session's failure reaches all its connections, and only once each. */
static void two_answers_then_end(int fd, void *user) {
    const ending *e = user;
    test_greet_client(fd, NULL, 0);
    const uint32_t first = test_await_request(fd);
    test_write_ok(fd, first, 0);
    test_write_ok(fd, test_await_request(fd), 0);
    await_client(fd);
    e->script(fd, first);
}

START_TEST(contract_errors_of_a_stream_stay_with_it_and_those_of_a_session_reach_all) {
    const ending *e = &endings[_i];
    h2conn_client *client;
    test_raw raw;
    char byte;
    test_raw_start(&raw, two_answers_then_end, (void *)(uintptr_t)e);
    ck_assert_int_eq(h2conn_client_new(&client, NULL), H2CONN_OK);
    h2conn *first = test_connect(raw.url, client), *second = test_connect(raw.url, client);
    ck_assert_int_eq(h2conn_wait_closed(first), e->error);
    const bool alone = e->script == resets || e->script == breaks_a_rule_of_the_stream;
    h2conn_set_read_deadline(second, alone ? 1 : 0);
    const ptrdiff_t error = h2conn_read(second, &byte, 1);
    ck_assert_msg(error == (alone ? H2CONN_ETIMEDOUT : e->error), "%s: %s", e->label, h2conn_error_name((int)error));
    h2conn_free(first);
    h2conn_free(second);
    h2conn_client_free(client);
    test_raw_join(&raw);
}
END_TEST

Suite *contract_errors_suite(void) {
    const int n = (int)(sizeof endings / sizeof *endings);
    Suite *suite = suite_create("contract: errors");
    TCase *tc = test_case(suite, "errors");
    tcase_add_loop_test(tc, contract_errors_of_a_connection_are_told_apart, 0, n);
    tcase_add_loop_test(tc, contract_errors_of_a_connect_are_told_apart, 0, n);
    tcase_add_loop_test(tc, contract_errors_of_a_stream_stay_with_it_and_those_of_a_session_reach_all, 0, n);
    return suite;
}
