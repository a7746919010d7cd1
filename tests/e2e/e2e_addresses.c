/* SPDX-License-Identifier: MIT */
/* IPv4, IPv6, host names, and addresses where nobody is. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "e2e.h"

/* A round trip, and the addresses of the connection as both ends see them. */
static void talk(const char *url, const char *host) {
    e2e_client client;
    e2e_client_open(&client, NULL);
    h2conn *conn = e2e_connect(&client, url);
    const char *port = strrchr(h2conn_remote_addr(conn), ':');
    ck_assert_ptr_nonnull(port);
    ck_assert_str_eq(port, strrchr(url, ':'));
    ck_assert_int_eq(strncmp(h2conn_remote_addr(conn), host, strlen(host)), 0);
    ck_assert_int_eq(strncmp(h2conn_local_addr(conn), host, strlen(host)), 0);
    ck_assert_str_ne(h2conn_local_addr(conn), h2conn_remote_addr(conn));
    e2e_ask(conn, "are you there?");
    h2conn_free(conn);
    e2e_client_close(&client);
}

START_TEST(ipv4) {
    e2e_server server;
    e2e_server_start(&server, _i ? "https://127.0.0.1:0" : "http://127.0.0.1:0", NULL, e2e_echo, NULL);
    talk(server.url, "127.0.0.1:");
    e2e_server_stop(&server);
}
END_TEST

START_TEST(ipv6) {
    e2e_server server;
    if (!e2e_server_try(&server, _i ? "https://[::1]:0" : "http://[::1]:0", NULL, e2e_echo, NULL)) {
        printf("skipped ipv6: this machine has no [::1]\n");
        return;
    }
    talk(server.url, "[::1]:");
    e2e_server_stop(&server);
}
END_TEST

/* localhost has an IPv6 and an IPv4 address on most machines; the server is at one of them only, so the other is tried
 * in vain. */
static bool localhost_has(int family) {
    const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    bool has = getaddrinfo("localhost", NULL, &hints, &list) == 0;
    if (has) freeaddrinfo(list);
    return has;
}

START_TEST(a_host_name_falls_back_over_its_addresses) {
    static const char *const listens[] = {"https://127.0.0.1:0", "https://[::1]:0"};
    static const char *const hosts[] = {"127.0.0.1:", "[::1]:"};
    e2e_server server;
    char url[H2CONN_WHY_BYTES];
    if (_i == 1 && !localhost_has(AF_INET6)) {
        printf("skipped localhost at [::1]: localhost has no such address here\n");
        return;
    }
    if (!e2e_server_try(&server, listens[_i], NULL, e2e_echo, NULL)) {
        printf("skipped localhost at [::1]: this machine has no [::1]\n");
        return;
    }
    snprintf(url, sizeof url, "https://localhost%.64s", strrchr(server.url, ':'));
    talk(url, hosts[_i]);
    e2e_server_stop(&server);
}
END_TEST

START_TEST(two_listeners_of_one_server) {
    e2e_server server;
    char second[H2CONN_WHY_BYTES], url[H2CONN_WHY_BYTES + 8];
    e2e_server_start(&server, "http://127.0.0.1:0", NULL, e2e_echo, NULL);
    ck_assert_int_eq(h2conn_server_listen(server.server, "http://127.0.0.1:0", second), H2CONN_OK);
    snprintf(url, sizeof url, "http://%s", second);
    talk(server.url, "127.0.0.1:");
    talk(url, "127.0.0.1:");
    e2e_server_stop(&server);
}
END_TEST

START_TEST(nobody_listens) {
    char url[H2CONN_WHY_BYTES], why[H2CONN_WHY_BYTES];
    close(e2e_listen_raw("http", url));
    ck_assert_int_eq(e2e_connect_error(url, NULL, why), H2CONN_ECONNECT);
}
END_TEST

START_TEST(a_name_without_an_address) {
    char why[H2CONN_WHY_BYTES];
    ck_assert_int_eq(e2e_connect_error("http://name.invalid/", NULL, why), H2CONN_ERESOLVE);
    ck_assert_msg(strstr(why, "name.invalid") != NULL, "%s", why);
}
END_TEST

START_TEST(an_address_that_is_taken) {
    e2e_server server, second;
    e2e_server_start(&server, "http://127.0.0.1:0", NULL, e2e_echo, NULL);
    ck_assert(!e2e_server_try(&second, server.url, NULL, e2e_echo, NULL));
    talk(server.url, "127.0.0.1:");
    e2e_server_stop(&server);
}
END_TEST

Suite *e2e_addresses_suite(void) {
    Suite *suite = suite_create("end to end: addresses");
    TCase *tc = tcase_create("addresses");
    tcase_set_timeout(tc, E2E_TEST_SECONDS);
    tcase_add_loop_test(tc, ipv4, 0, 2);
    tcase_add_loop_test(tc, ipv6, 0, 2);
    tcase_add_loop_test(tc, a_host_name_falls_back_over_its_addresses, 0, 2);
    tcase_add_test(tc, two_listeners_of_one_server);
    tcase_add_test(tc, nobody_listens);
    tcase_add_test(tc, a_name_without_an_address);
    tcase_add_test(tc, an_address_that_is_taken);
    suite_add_tcase(suite, tc);
    return suite;
}
