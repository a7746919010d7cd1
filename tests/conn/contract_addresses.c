/* SPDX-License-Identifier: MIT */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include "conn_suites.h"
#include "conn_test.h"

/* A host with many addresses: all are tried, up to the number that h2conn_connect names. */

#define MOST 64

static int before; /* addresses of the host at which nobody is, in front of the one of the server */

static struct addrinfo *one(const char *address, const char *service, const struct addrinfo *hints) {
    struct addrinfo *list = NULL;
    struct addrinfo literal = *hints;
    literal.ai_flags |= AI_NUMERICHOST;
    ck_assert_int_eq(getaddrinfo(address, service, &literal, &list), 0);
    ck_assert_ptr_null(list->ai_next);
    return list;
}

int test_many_addresses(const char *service, const struct addrinfo *hints, struct addrinfo **out) {
    struct addrinfo *list = one("127.0.0.1", service, hints);
    char address[24];
    for (int i = before; i > 0; i--) {
        snprintf(address, sizeof address, "127.0.1.%d", i);
        struct addrinfo *nobody = one(address, service, hints);
        nobody->ai_next = list;
        list = nobody;
    }
    *out = list;
    return 0;
}

static int connect_to_many(const char *server_url, h2conn **conn) {
    char url[H2CONN_WHY_BYTES];
    h2conn_response response;
    snprintf(url, sizeof url, "http://" TEST_MANY_HOST "%.64s", strrchr(server_url, ':'));
    return h2conn_connect(conn, url, NULL, &response);
}

START_TEST(contract_connect_tries_every_address) {
    static const int counts[] = {0, 1, 15, 16, 17, MOST - 1};
    test_server s;
    h2conn *conn;
    test_server_handle(&s, test_echo, NULL);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        before = counts[i];
        ck_assert_int_eq(connect_to_many(s.url, &conn), H2CONN_OK);
        ck_assert_str_eq(h2conn_remote_addr(conn), strstr(s.url, "127.0.0.1"));
        h2conn_free(conn);
    }
    before = MOST;
    ck_assert_int_eq(connect_to_many(s.url, &conn), H2CONN_ECONNECT);
    test_server_stop(&s);
}
END_TEST

Suite *contract_addresses_suite(void) {
    Suite *suite = suite_create("contract: addresses");
    TCase *tc = test_case(suite, "addresses");
    tcase_add_test(tc, contract_connect_tries_every_address);
    return suite;
}
