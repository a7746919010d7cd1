/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"

/* "A peer that does not speak HTTP/2 gives H2CONN_EHTTP2 on the client; on the server it gets a readable HTTP/1.1
 * answer." */

static void say(int fd, void *user) {
    char preface[H2_PREFACE_BYTES];
    ck_assert(test_read_raw(fd, preface, sizeof preface));
    test_write_raw(fd, user, strlen(user));
}

START_TEST(contract_http1_server_gives_the_client_ehttp2) {
    static char *const answers[] = {"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "HTTP/1.0 505 No\r\n\r\n",
                                    "220 mail.example ESMTP\r\n", "SSH-2.0-OpenSSH_9.2\r\n"};
    h2conn_response response;
    test_raw raw;
    test_raw_start(&raw, say, answers[_i]);
    ck_assert_int_eq(test_connect_error(raw.url, NULL, &response), H2CONN_EHTTP2);
    ck_assert_ptr_nonnull(strstr(response.why, "does not speak HTTP/2"));
    test_raw_join(&raw);
}
END_TEST

/* What a server of TLS does with the preface: an alert, and the end; others only end. */
static void hang_up(int fd, void *user) {
    char preface[H2_PREFACE_BYTES];
    ck_assert(test_read_raw(fd, preface, sizeof preface));
    test_write_raw(fd, user, strlen(user));
    shutdown(fd, SHUT_WR);
    while (read(fd, preface, sizeof preface) > 0) {
    }
}

START_TEST(contract_a_client_that_was_answered_nothing_hears_what_to_check) {
    static char *const answers[] = {"", "\x15\x03\x01"};
    h2conn_response response;
    test_raw raw;
    test_raw_start(&raw, hang_up, answers[_i]);
    ck_assert_int_eq(test_connect_error(raw.url, NULL, &response), H2CONN_ELOST);
    ck_assert_msg(strstr(response.why, "check the port, and http against https") != NULL, "%s", response.why);
    test_raw_join(&raw);
}
END_TEST

START_TEST(contract_https_without_tls_is_told) {
    h2conn_response response;
    ck_assert_int_eq(test_connect_error("https://127.0.0.1:1", NULL, &response), H2CONN_EINVAL);
    ck_assert_msg(strstr(response.why, "no TLS set up") != NULL, "%s", response.why);
}
END_TEST

START_TEST(contract_http1_client_gets_a_readable_505) {
    static const char *const requests[] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /echo HTTP/1.0\r\n\r\n",
                                           "OPTIONS * HTTP/1.1\r\n\r\n"};
    test_server s;
    char answer[1024] = "";
    test_server_handle(&s, test_echo, NULL);
    const int fd = test_dial_raw(s.url);
    test_write_raw(fd, requests[_i], strlen(requests[_i]));
    for (size_t len = 0; len < sizeof answer - 1;) {
        const ssize_t n = read(fd, answer + len, sizeof answer - 1 - len);
        ck_assert_int_ge(n, 0);
        if (n == 0) break;
        len += (size_t)n;
    }
    ck_assert_msg(strncmp(answer, "HTTP/1.1 505 ", 13) == 0, "%s", answer);
    ck_assert_ptr_nonnull(strstr(answer, "\r\n\r\n"));
    ck_assert_ptr_nonnull(strstr(answer, "HTTP/2"));
    close(fd);
    h2conn *conn = test_connect(s.url, NULL);
    test_ask(conn, "still serving");
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

START_TEST(contract_noise_ends_its_session_alone) {
    static const char noise[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    test_server s;
    char byte[4096];
    test_server_handle(&s, test_echo, NULL);
    h2conn *conn = test_connect(s.url, NULL);
    for (int i = 0; i < 20; i++) {
        const int fd = test_dial_raw(s.url);
        test_write_raw(fd, noise, sizeof noise);
        while (read(fd, byte, sizeof byte) > 0) {
        }
        close(fd);
        test_ask(conn, "other");
    }
    h2conn_free(conn);
    test_server_stop(&s);
}
END_TEST

static void add_of_each_style(TCase *tc) {
    tcase_add_loop_test(tc, contract_http1_client_gets_a_readable_505, 0, 3);
    tcase_add_test(tc, contract_noise_ends_its_session_alone);
}

Suite *contract_http2_only_suite(void) {
    Suite *suite = suite_create("contract: HTTP/2 only");
    TCase *tc = test_case(suite, "http2 only");
    tcase_add_loop_test(tc, contract_http1_server_gives_the_client_ehttp2, 0, 4);
    tcase_add_loop_test(tc, contract_a_client_that_was_answered_nothing_hears_what_to_check, 0, 2);
    tcase_add_test(tc, contract_https_without_tls_is_told);
    test_each_style(suite, add_of_each_style);
    return suite;
}
