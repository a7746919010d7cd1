/* SPDX-License-Identifier: MIT */
#include "posix_socket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "conn_suites.h"
#include "conn_test.h"
#include "posix_dial.h"

static void make_pair(int fds[2]) {
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
}

START_TEST(a_socket_that_has_nothing_asks_to_wait) {
    int fds[2];
    posix_socket s;
    char buf[8];
    make_pair(fds);
    posix_socket_init(&s, fds[0], NULL);
    const h2conn_transport t = posix_socket_transport(&s);
    ck_assert_int_eq(t.recv(t.ctx, buf, sizeof buf), H2CONN_TRANSPORT_WANT_READ);
    ck_assert_int_eq(send(fds[1], "hello", 5, 0), 5);
    ck_assert_int_eq(t.recv(t.ctx, buf, sizeof buf), 5);
    ptrdiff_t n;
    do n = t.send(t.ctx, buf, sizeof buf);
    while (n > 0);
    ck_assert_int_eq(n, H2CONN_TRANSPORT_WANT_WRITE);
    posix_socket_close(&s);
    close(fds[1]);
}
END_TEST

START_TEST(the_end_is_final_and_the_other_way_still_open) {
    int fds[2];
    posix_socket s;
    char buf[8];
    make_pair(fds);
    posix_socket_init(&s, fds[0], NULL);
    const h2conn_transport t = posix_socket_transport(&s);
    shutdown(fds[1], SHUT_WR);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(t.recv(t.ctx, buf, sizeof buf), H2CONN_TRANSPORT_END);
    ck_assert_int_eq(t.send(t.ctx, "x", 1), 1);
    posix_socket_close(&s);
    close(fds[1]);
}
END_TEST

START_TEST(a_peer_that_is_gone_is_an_error_and_no_signal) {
    int fds[2];
    posix_socket s;
    make_pair(fds);
    signal(SIGPIPE, SIG_DFL);
    posix_socket_init(&s, fds[0], NULL);
    const h2conn_transport t = posix_socket_transport(&s);
    close(fds[1]);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(t.send(t.ctx, "x", 1), H2CONN_TRANSPORT_ELOST);
    ck_assert_int_eq(s.out.error, EPIPE);
    posix_socket_close(&s);
}
END_TEST

START_TEST(addresses_are_printed_with_their_port) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(8080)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(65535)};
    char out[H2CONN_ADDRESS_BYTES];
    inet_pton(AF_INET, "127.0.0.1", &in.sin_addr);
    posix_address_print(out, (struct sockaddr *)&in);
    ck_assert_str_eq(out, "127.0.0.1:8080");
    memset(&in6.sin6_addr, 0xff, sizeof in6.sin6_addr);
    posix_address_print(out, (struct sockaddr *)&in6);
    ck_assert_str_eq(out, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
    const posix_name none = posix_name_remote(-1);
    posix_address_print(out, &none.any);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(sockets_do_not_survive_exec_nor_wait) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int listening = posix_listen((struct sockaddr *)&in, sizeof in, POSIX_ALONE);
    ck_assert_int_ge(listening, 0);
    const posix_name at = posix_name_local(listening);
    posix_ends ends;
    ck_assert_uint_ne(posix_name_port(&at), 0);
    ck_assert_int_eq(posix_accept(listening, &at, &ends), -1);
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert(fcntl(listening, F_GETFD) & FD_CLOEXEC);
    ck_assert(fcntl(listening, F_GETFL) & O_NONBLOCK);
    close(listening);
}
END_TEST

/* What is accepted, at one address or at any, on a socket of the family. */
static void accept_one(const posix_name *listen_at, const posix_name *dial) {
    const int listening = posix_listen(&listen_at->any, sizeof *listen_at, POSIX_ALONE);
    const posix_name at = posix_name_local(listening);
    posix_name to = *dial;
    posix_socket accepted;
    posix_ends ends;
    int prompt = 0;
    socklen_t len = sizeof prompt;
    struct pollfd ready = {.fd = listening, .events = POLLIN};
    char expected[H2CONN_ADDRESS_BYTES], found[H2CONN_ADDRESS_BYTES];
    posix_address_set_port(&to.any, posix_name_port(&at));
    const int dialed = socket(to.any.sa_family, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(dialed, &to.any, sizeof to), 0);
    ck_assert_int_eq(poll(&ready, 1, TEST_PATIENCE_MS), 1);
    const int fd = posix_accept(listening, &at, &ends);
    ck_assert_int_ge(fd, 0);
    ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
    posix_socket_init(&accepted, fd, &ends);
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &prompt, &len), 0);
    ck_assert_int_ne(prompt, 0);
    posix_address_print(expected, &to.any);
    posix_address_print(found, &accepted.ends.local.any);
    ck_assert_str_eq(found, expected);
    const posix_name dialer = posix_name_local(dialed);
    posix_address_print(expected, &dialer.any);
    posix_address_print(found, &accepted.ends.remote.any);
    ck_assert_str_eq(found, expected);
    posix_socket_close(&accepted);
    close(dialed);
    close(listening);
}

START_TEST(an_accepted_socket_is_prompt_and_knows_both_ends) {
    const posix_name one = {.in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}};
    const posix_name any = {.in = {.sin_family = AF_INET}}, any6 = {.in6 = {.sin6_family = AF_INET6}};
    const posix_name one6 = {.in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}};
    accept_one(&one, &one);
    accept_one(&any, &one);
    const int six = posix_listen(&one6.any, sizeof one6, POSIX_ALONE);
    if (six < 0) return;
    close(six);
    accept_one(&one6, &one6);
    accept_one(&any6, &one6);
}
END_TEST

START_TEST(a_name_is_dialed_and_a_dead_port_says_so) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char why[H2CONN_WHY_BYTES];
    int fd = -1;
    const int listening = posix_listen((struct sockaddr *)&in, sizeof in, POSIX_ALONE);
    const posix_name at = posix_name_local(listening);
    const uint16_t port = posix_name_port(&at);
    const posix_until patience = {.deadline = h2conn_now() + TEST_PATIENCE_MS};
    ck_assert_int_eq(posix_dial(&fd, "localhost", port, &patience, why), H2CONN_OK);
    close(fd);
    close(listening);
    ck_assert_int_eq(posix_dial(&fd, "127.0.0.1", port, &patience, why), H2CONN_ECONNECT);
    ck_assert_ptr_nonnull(strstr(why, "127.0.0.1:"));
    ck_assert_ptr_nonnull(strstr(why, strerror(ECONNREFUSED)));
}
END_TEST

START_TEST(a_name_nobody_has_is_told_from_a_dead_host) {
    const posix_until patience = {.deadline = h2conn_now() + TEST_PATIENCE_MS};
    char why[H2CONN_WHY_BYTES];
    int fd;
    ck_assert_int_eq(posix_dial(&fd, "no-such-host.invalid", 80, &patience, why), H2CONN_ERESOLVE);
    ck_assert_ptr_nonnull(strstr(why, "no-such-host.invalid"));
    /* A resolver may be quicker than a deadline that has passed already, or be left behind. */
    const int late = posix_dial(&fd, "no-such-host.invalid", 80, &(posix_until){.deadline = 1}, why);
    ck_assert(late == H2CONN_ETIMEDOUT || late == H2CONN_ERESOLVE);
}
END_TEST

/* A listener whose line is full answers nobody, which is how a dead host looks from here. */
START_TEST(a_dial_ends_at_its_deadline) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof in;
    char why[H2CONN_WHY_BYTES];
    int filler[8], n = 0, fd = -1;
    const int listening = socket(AF_INET, SOCK_STREAM, 0);
    bind(listening, (struct sockaddr *)&in, len);
    listen(listening, 0);
    getsockname(listening, (struct sockaddr *)&in, &len);
    int result = H2CONN_OK;
    while (result == H2CONN_OK && n < 8) {
        const posix_until soon = {.deadline = h2conn_now() + 100};
        result = posix_dial(&fd, "127.0.0.1", ntohs(in.sin_port), &soon, why);
        if (result == H2CONN_OK) filler[n++] = fd;
    }
    if (result == H2CONN_OK)
        printf("skipped a_dial_ends_at_its_deadline: this kernel completes connections beyond the backlog\n");
    else
        ck_assert_int_eq(result, H2CONN_ETIMEDOUT);
    while (n > 0) close(filler[--n]);
    close(listening);
}
END_TEST

Suite *posix_socket_suite(void) {
    Suite *suite = suite_create("sockets");
    TCase *tc = test_case(suite, "sockets");
    tcase_add_test(tc, a_socket_that_has_nothing_asks_to_wait);
    tcase_add_test(tc, the_end_is_final_and_the_other_way_still_open);
    tcase_add_test(tc, a_peer_that_is_gone_is_an_error_and_no_signal);
    tcase_add_test(tc, addresses_are_printed_with_their_port);
    tcase_add_test(tc, sockets_do_not_survive_exec_nor_wait);
    tcase_add_test(tc, an_accepted_socket_is_prompt_and_knows_both_ends);
    tcase_add_test(tc, a_name_is_dialed_and_a_dead_port_says_so);
    tcase_add_test(tc, a_name_nobody_has_is_told_from_a_dead_host);
    tcase_add_test(tc, a_dial_ends_at_its_deadline);
    return suite;
}
