/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "conn_suites.h"
#include "conn_test.h"

/* Header sections around the bytes: trailers, informational responses, expectations, extended CONNECT. */

static const h2conn_field sums[] = {H2CONN_FIELD("x-sum", "abc"), H2CONN_FIELD("x-count", "5")};
static const h2conn_field link_field[] = {H2CONN_FIELD("link", "</style.css>")};

static void check_trailers(h2conn *conn) {
    size_t n;
    const h2conn_field *got = h2conn_trailers(conn, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(got[0].name, "x-sum");
    ck_assert_str_eq(got[1].value, "5");
}

/* Gives back what comes, checks the trailers after it, and sends the same. */
static void echo_with_trailers(void *user, h2conn_request *request) {
    h2conn *conn;
    char buf[64];
    ptrdiff_t n;
    size_t count;
    (void)user;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    ck_assert_ptr_null(h2conn_trailers(conn, &count));
    ck_assert_uint_eq(count, 0);
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0)
        ck_assert_int_eq(h2conn_write(conn, buf, (size_t)n, NULL), H2CONN_OK);
    ck_assert_int_eq(n, 0);
    check_trailers(conn);
    ck_assert_int_eq(h2conn_close_write_with(conn, sums, 2), H2CONN_OK);
}

START_TEST(rfc9113_8_1_trailers_follow_the_last_byte_both_ways) {
    test_server s;
    char buf[16];
    test_server_handle(&s, echo_with_trailers, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    test_ask(conn, "hello");
    ck_assert_int_eq(h2conn_close_write_with(conn, sums, 2), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write_with(conn, sums, 2), H2CONN_ECLOSED);
    ck_assert_int_eq(h2conn_write(conn, "x", 1, NULL), H2CONN_ECLOSED);
    ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), 0);
    check_trailers(conn);
    ck_assert_int_eq(h2conn_wait_closed(conn), H2CONN_OK);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(rfc9113_8_1_trailers_that_may_not_be_sent_are_refused_and_change_nothing) {
    static const h2conn_field wrong[][1] = {
        {H2CONN_FIELD(":status", "200")}, {H2CONN_FIELD("Upper", "x")}, {H2CONN_FIELD("connection", "close")}};
    test_server s;
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_int_eq(h2conn_close_write_with(conn, wrong[i], 1), H2CONN_EINVAL);
    test_ask(conn, "still open");
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

/* ---- informational responses ---- */

typedef struct seen {
    int statuses[8], n;
    bool link;
} seen;

static void note(void *user, int status, const h2conn_field *fields, size_t n) {
    seen *all = user;
    all->statuses[all->n++] = status;
    if (n == 1 && fields[0].name_len == 4 && memcmp(fields[0].name, "link", 4) == 0) all->link = true;
}

static void hint_twice(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    ck_assert_int_eq(h2conn_inform(request, 101, NULL, 0), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_inform(request, 200, NULL, 0), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_inform(request, 102, NULL, 0), H2CONN_OK);
    ck_assert_int_eq(h2conn_inform(request, 103, link_field, 1), H2CONN_OK);
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    ck_assert_int_eq(h2conn_inform(request, 103, NULL, 0), H2CONN_ESTATE);
}

START_TEST(rfc9113_8_1_informational_responses_come_before_the_final_one) {
    test_server s;
    seen all = {.n = 0};
    h2conn *conn;
    h2conn_response response;
    h2conn_options options = {.informational = note, .informational_user = &all};
    test_server_handle(&s, hint_twice, NULL);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, &options, &response), H2CONN_OK);
    ck_assert_int_eq(response.status, 200);
    ck_assert_int_eq(all.n, 2);
    ck_assert_int_eq(all.statuses[0], 102);
    ck_assert_int_eq(all.statuses[1], 103);
    ck_assert(all.link);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

/* Reads the content first, then answers with its length as the status says. */
static void read_then_respond(void *user, h2conn_request *request) {
    char buf[64];
    ptrdiff_t n, all = 0;
    (void)user;
    while ((n = h2conn_request_read(request, buf, sizeof buf)) > 0) all += n;
    ck_assert_int_eq(h2conn_respond(request, all == 5 ? 201 : 400, NULL, 0, NULL, 0), H2CONN_OK);
}

START_TEST(rfc9110_10_1_1_a_client_that_expects_100_sends_after_it) {
    test_server s;
    h2conn *conn;
    h2conn_response response;
    h2conn_options options = {.expect_continue = true};
    test_server_handle(&s, read_then_respond, NULL);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, &options, &response), H2CONN_OK);
    ck_assert_int_eq(response.status, 100);
    ck_assert_int_eq(h2conn_write(conn, "12345", 5, NULL), H2CONN_OK);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_await_response(conn, &response), H2CONN_OK);
    ck_assert_int_eq(response.status, 201);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(rfc9110_10_1_1_a_final_response_instead_of_100_is_given) {
    test_server s;
    h2conn *conn;
    h2conn_response response;
    h2conn_options options = {.expect_continue = true};
    test_server_handle(&s, test_accept_only, NULL);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, &options, &response), H2CONN_OK);
    ck_assert_int_eq(response.status, 200);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(connect_early_writes_before_the_response) {
    test_server s;
    h2conn *conn;
    h2conn_response response;
    h2conn_options options = {.early = true};
    test_server_handle(&s, read_then_respond, NULL);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, &options, &response), H2CONN_OK);
    ck_assert_int_eq(response.status, 0);
    ck_assert_int_eq(h2conn_write(conn, "12345", 5, NULL), H2CONN_OK);
    h2conn_set_read_deadline(conn, h2conn_now());
    ck_assert_int_eq(h2conn_await_response(conn, &response), H2CONN_ETIMEDOUT);
    h2conn_set_read_deadline(conn, 0);
    ck_assert_int_eq(h2conn_close_write(conn), H2CONN_OK);
    ck_assert_int_eq(h2conn_await_response(conn, &response), H2CONN_OK);
    ck_assert_int_eq(response.status, 201);
    ck_assert_int_eq(h2conn_await_response(conn, NULL), H2CONN_OK);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

/* ---- CONNECT ---- */

static void show_connect(void *user, h2conn_request *request) {
    h2conn *conn;
    char text[128];
    (void)user;
    ck_assert_int_eq(h2conn_accept(&conn, request, 200, NULL, 0), H2CONN_OK);
    snprintf(text, sizeof text, "%s %s [%s]", h2conn_request_method(request), h2conn_request_protocol(request),
             h2conn_request_path(request));
    ck_assert_int_eq(h2conn_write(conn, text, strlen(text), NULL), H2CONN_OK);
}

static void check_connect(bool offered, const h2conn_options *options, const char *expected) {
    test_server s;
    h2conn *conn;
    char text[128] = "";
    h2_config config = h2_config_hosted(true);
    config.connect_protocol = offered;
    h2conn_server_options server = {.config = &config, .handler = show_connect};
    test_server_start(&s, &server);
    int error = h2conn_connect(&conn, s.url, options, NULL);
    if (expected) {
        ck_assert_int_eq(error, H2CONN_OK);
        ck_assert_int_gt(h2conn_read(conn, text, sizeof text - 1), 0);
        ck_assert_str_eq(text, expected);
        h2conn_free(conn);
    } else {
        ck_assert_int_eq(error, H2CONN_EEXTENDED);
    }
    test_server_stop(&s);
}

START_TEST(rfc8441_4_extended_connect_names_its_protocol) {
    h2conn_options options = {.protocol = "websocket"};
    check_connect(true, &options, "CONNECT websocket [/]");
}
END_TEST

START_TEST(rfc8441_3_extended_connect_is_not_sent_to_a_server_that_does_not_offer_it) {
    h2conn_options options = {.protocol = "websocket"};
    check_connect(false, &options, NULL);
}
END_TEST

START_TEST(rfc9113_8_5_connect_has_neither_scheme_nor_path) {
    h2conn_options options = {.method = "CONNECT"};
    check_connect(false, &options, "CONNECT  []");
}
END_TEST

/* ---- a complete answer ---- */

static void respond_page(void *user, h2conn_request *request) {
    ck_assert_int_eq(h2conn_respond(request, *(int *)user, NULL, 0, "twelve bytes", 12), H2CONN_OK);
}

static void check_length(int status, const char *method, const char *expected, ptrdiff_t content) {
    test_server s;
    char buf[16];
    h2conn *conn;
    h2conn_response response;
    h2conn_options options = {.method = method};
    test_server_handle(&s, respond_page, &status);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, &options, &response), H2CONN_OK);
    ck_assert_uint_eq(response.n_fields, expected ? 1 : 0);
    if (expected) ck_assert_str_eq(response.fields[0].value, expected);
    ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), content);
    if (content > 0) ck_assert_int_eq(h2conn_read(conn, buf, sizeof buf), 0);
    h2conn_free(conn);
    test_server_stop(&s);
}

START_TEST(rfc9110_8_6_a_complete_answer_has_its_length) {
    check_length(200, "GET", "12", 12);
    check_length(200, "HEAD", "12", 0);
}
END_TEST

START_TEST(rfc9110_15_an_answer_that_has_no_content_is_sent_without) {
    check_length(204, "GET", NULL, 0);
    check_length(304, "GET", NULL, 0);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_test(tc, rfc9113_8_1_trailers_that_may_not_be_sent_are_refused_and_change_nothing);
    tcase_add_test(tc, rfc9110_10_1_1_a_final_response_instead_of_100_is_given);
}

Suite *conn_sections_suite(void) {
    Suite *suite = suite_create("sections");
    TCase *tc = test_case(suite, "sections");
    tcase_add_test(tc, rfc9113_8_1_trailers_follow_the_last_byte_both_ways);
    tcase_add_test(tc, rfc9113_8_1_informational_responses_come_before_the_final_one);
    tcase_add_test(tc, rfc9110_10_1_1_a_client_that_expects_100_sends_after_it);
    tcase_add_test(tc, connect_early_writes_before_the_response);
    tcase_add_test(tc, rfc8441_4_extended_connect_names_its_protocol);
    tcase_add_test(tc, rfc8441_3_extended_connect_is_not_sent_to_a_server_that_does_not_offer_it);
    tcase_add_test(tc, rfc9113_8_5_connect_has_neither_scheme_nor_path);
    tcase_add_test(tc, rfc9110_8_6_a_complete_answer_has_its_length);
    tcase_add_test(tc, rfc9110_15_an_answer_that_has_no_content_is_sent_without);
    test_each_style(suite, add_of_each_style);
    return suite;
}
