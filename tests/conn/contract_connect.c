/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"

/* h2conn_connect and the calls that set things up: what they refuse, and what they say. */

START_TEST(connect_refuses_what_is_no_url) {
    static const char *const urls[] = {"",        "localhost",   "ftp://localhost/",
                                       "http://", "http://h:0/", "http://h:70000/"};
    h2conn_response response;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        ck_assert_int_eq(test_connect_error(urls[i], NULL, &response), H2CONN_EURL);
        ck_assert_str_eq(response.why, h2conn_strerror(H2CONN_EURL));
    }
}
END_TEST

START_TEST(connect_refuses_wrong_arguments) {
    const h2conn_field pseudo[] = {H2CONN_FIELD(":path", "/x")};
    const h2conn_field capital[] = {H2CONN_FIELD("Accept", "x")};
    const h2conn_field hop[] = {H2CONN_FIELD("connection", "close")};
    const h2conn_options options[] = {
        {.fields = pseudo, .n_fields = 1}, {.fields = capital, .n_fields = 1},
        {.fields = hop, .n_fields = 1},    {.fields = NULL, .n_fields = 1},
        {.method = "NO METHOD"},
    };
    test_server s;
    h2conn_response response;
    h2conn *conn;
    test_server_handle(&s, test_echo, NULL);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const int error = test_connect_error(s.url, &options[i], &response);
        ck_assert_msg(error == H2CONN_EINVAL, "row %zu: %s", i, h2conn_error_name(error));
    }
    ck_assert_int_eq(test_connect_error("https://127.0.0.1:1/", NULL, &response), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_connect(NULL, s.url, NULL, NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_connect(&conn, NULL, NULL, NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_connect(&conn, s.url, NULL, NULL), H2CONN_OK);
    test_ask(conn, "without options and response");
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(connect_says_what_cannot_be_reached) {
    char url[H2CONN_WHY_BYTES];
    h2conn_response response;
    close(test_listen_raw(url));
    ck_assert_int_eq(test_connect_error(url, NULL, &response), H2CONN_ECONNECT);
    ck_assert_ptr_nonnull(strstr(response.why, "127.0.0.1:"));
    ck_assert_int_eq(test_connect_error("http://no-such-host.invalid/", NULL, &response), H2CONN_ERESOLVE);
    ck_assert_ptr_nonnull(strstr(response.why, "no-such-host.invalid"));
}
END_TEST

static void informational_then_answer(int fd, void *user) {
    (void)user;
    test_greet_client(fd, NULL, 0);
    const uint32_t id = test_await_request(fd);
    for (int i = 0; i < 3; i++)
        test_write_frame(fd, H2_HEADERS, H2_FLAG_END_HEADERS, id,
                         "\x08\x03"
                         "103",
                         5);
    test_write_frame(fd, H2_HEADERS, H2_FLAG_END_HEADERS | H2_FLAG_END_STREAM, id, "\x8d", 1);
}

START_TEST(rfc9110_15_2_connect_waits_past_informational_responses) {
    test_raw raw;
    h2conn_response response;
    h2conn *conn;
    char byte;
    test_raw_start(&raw, informational_then_answer, NULL);
    ck_assert_int_eq(h2conn_connect(&conn, raw.url, NULL, &response), H2CONN_OK);
    ck_assert_int_eq(response.status, 404);
    ck_assert_int_eq(h2conn_read(conn, &byte, 1), 0);
    h2conn_free(conn);
    test_raw_join(&raw);
}
END_TEST

/* ---- a server's limits ---- */

START_TEST(server_refuses_wrong_arguments_and_says_where_it_cannot_listen) {
    h2conn_server *server;
    char address[H2CONN_WHY_BYTES], url[H2CONN_WHY_BYTES];
    const h2conn_server_options none = {.handler = NULL}, options = {.handler = test_echo};
    h2_config config = h2_config_hosted(true);
    config.streams = 0;
    const h2conn_server_options wrong = {.handler = test_echo, .config = &config};
    ck_assert_int_eq(h2conn_server_new(&server, &none), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_server_new(&server, NULL), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_server_new(NULL, &options), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_server_new(&server, &wrong), H2CONN_EINVAL);
    ck_assert_ptr_null(server);
    ck_assert_int_eq(h2conn_server_new(&server, &options), H2CONN_OK);
    ck_assert_int_eq(h2conn_server_listen(server, "ftp://h/", address), H2CONN_EURL);
    ck_assert_int_eq(h2conn_server_listen(server, "https://127.0.0.1:0", address), H2CONN_EINVAL);
    ck_assert_int_eq(h2conn_server_listen(server, "http://no-such-host.invalid:0", address), H2CONN_ERESOLVE);
    ck_assert_ptr_nonnull(strstr(address, "no-such-host.invalid"));
    ck_assert_int_eq(h2conn_server_listen(server, "http://192.0.2.1:0", address), H2CONN_ELISTEN);
    ck_assert_ptr_nonnull(strstr(address, "192.0.2.1:0"));
    const int taken = test_listen_raw(url);
    ck_assert_int_eq(h2conn_server_listen(server, url, address), H2CONN_ELISTEN);
    close(taken);
    h2conn_server_free(server);
}
END_TEST

START_TEST(server_closes_sessions_beyond_its_limit_at_once) {
    const h2conn_server_options options = {.handler = test_echo, .sessions = 2};
    test_server s;
    h2conn_response response;
    test_server_start(&s, &options);
    h2conn *first = test_connect(s.url, NULL), *second = test_connect(s.url, NULL);
    ck_assert_int_eq(test_connect_error(s.url, NULL, &response), H2CONN_ELOST);
    test_ask(first, "first");
    test_ask(second, "second");
    h2conn_free(first);
    h2conn *conn = NULL;
    while (h2conn_connect(&conn, s.url, NULL, &response) != H2CONN_OK) ck_assert_int_eq(response.status, 0);
    test_ask(conn, "third");
    h2conn_free(conn);
    h2conn_free(second);
    test_server_stop(&s);
}
END_TEST

/* With every descriptor taken the server waits without spinning, and goes on when there are some again. */
START_TEST(server_survives_the_end_of_descriptors) {
    struct rlimit limit;
    int taken[64], n = 0;
    test_server s;
    const char *preload = getenv("LD_PRELOAD");
    if (preload != NULL && strstr(preload, "vgpreload") != NULL) {
        printf("skipped server_survives_the_end_of_descriptors: valgrind accepts, then closes\n");
        return;
    }
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    test_ask(conn, "before");
    const int waiting = test_dial_raw(s.url);
    test_frame frame;
    test_greet_server(waiting);
    ck_assert(test_await_frame(waiting, &frame, H2_SETTINGS));
    getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t before = limit.rlim_cur;
    taken[n++] = dup(waiting);
    limit.rlim_cur = (rlim_t)taken[0] + 16;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while (n < 64 && (taken[n] = dup(waiting)) >= 0) n++;
    ck_assert_int_lt(n, 64);
    /* One descriptor for this side; none is left for the server's. */
    close(taken[--n]);
    const int refused = test_dial_raw(s.url);
    test_greet_server(refused);
    for (int i = 0; i < 20; i++) test_ask(conn, "meanwhile");
    h2conn_response response;
    ck_assert_int_lt(test_connect_error(s.url, NULL, &response), 0);
    while (n > 0) close(taken[--n]);
    ck_assert(test_await_frame(refused, &frame, H2_SETTINGS));
    limit.rlim_cur = before;
    setrlimit(RLIMIT_NOFILE, &limit);
    close(refused);
    close(waiting);
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_test(tc, server_survives_the_end_of_descriptors);
}

static void add_of_each_server(TCase *tc) {
    tcase_add_test(tc, server_closes_sessions_beyond_its_limit_at_once);
}

Suite *contract_connect_suite(void) {
    Suite *suite = suite_create("connecting and listening");
    TCase *tc = test_case(suite, "connect");
    tcase_add_test(tc, connect_refuses_what_is_no_url);
    tcase_add_test(tc, connect_refuses_wrong_arguments);
    tcase_add_test(tc, connect_says_what_cannot_be_reached);
    tcase_add_test(tc, rfc9110_15_2_connect_waits_past_informational_responses);
    tcase_add_test(tc, server_refuses_wrong_arguments_and_says_where_it_cannot_listen);
    test_each_style(suite, add_of_each_style);
    test_each_server_style(suite, add_of_each_server);
    return suite;
}
