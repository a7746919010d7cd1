/* SPDX-License-Identifier: MIT */
/* h2conn_transport.h: a transport that gives all it was asked for may hold more, which no descriptor shows. */
#include <stdlib.h>
#include <string.h>
#include "conn_suites.h"
#include "conn_test.h"

/* A layer that passes bytes through, and after PASSED keeps what comes until all TOTAL octets of content are there and
 * nothing is left below: more than a loop takes in one turn. */
#define PASSED 100000u
#define TOTAL  1200000u
#define ROOM   (2 * TOTAL)

typedef struct hoard {
    h2conn_transport below;
    uint64_t passed;
    size_t len, given;
    bool open;
    uint8_t bytes[ROOM];
} hoard;

/* Take all there is below. */
static ptrdiff_t fill(hoard *h) {
    ptrdiff_t n;
    while ((n = h->below.recv(h->below.ctx, h->bytes + h->len, ROOM - h->len)) > 0) h->len += (size_t)n;
    h->open = h->passed + h->len > TOTAL;
    return n;
}

static ptrdiff_t pass_or_hoard(void *ctx, void *buf, size_t len) {
    hoard *h = ctx;
    if (h->passed >= PASSED && !h->open) {
        const ptrdiff_t n = fill(h);
        if (!h->open) return n;
    }
    size_t n = h->len - h->given;
    if (n == 0) {
        const ptrdiff_t more = h->below.recv(h->below.ctx, buf, len);
        if (more > 0) h->passed += (uint64_t)more;
        return more;
    }
    if (n > len) n = len;
    memcpy(buf, h->bytes + h->given, n);
    h->given += n;
    return (ptrdiff_t)n;
}

static ptrdiff_t pass_on(void *ctx, const void *buf, size_t len) {
    hoard *h = ctx;
    return h->below.send(h->below.ctx, buf, len);
}

static int hoard_open(void *ctx, const h2conn_transport *below, const char *host, h2conn_transport *above) {
    hoard *h = calloc(1, sizeof *h);
    (void)ctx;
    ck_assert_ptr_nonnull(h);
    h->below = *below;
    h->open = host != NULL; /* a client's only passes on */
    *above = (h2conn_transport){.recv = pass_or_hoard, .send = pass_on, .ctx = h};
    return 0;
}

static int hoard_shutdown(h2conn_transport *above) {
    (void)above;
    return 0;
}

static void hoard_release(h2conn_transport *above) {
    free(above->ctx);
}

static const char *hoard_failure(const h2conn_transport *above) {
    (void)above;
    return NULL;
}

static const h2conn_secure layer = {hoard_open, hoard_shutdown, hoard_release, hoard_failure, NULL};

/* Nobody but the loop may come by: no timer, no answer that the client would answer. */
static h2_config wide_config(bool server) {
    h2_config config = h2_config_hosted(server);
    config.stream_window = config.session_window = 8u << 20;
    config.preface_ms = config.settings_ms = config.block_ms = config.keepalive_ms = config.blocked_ms = 0;
    return config;
}

static void swallow(void *user, h2conn *conn) {
    static char bytes[65536];
    size_t *got = user;
    ptrdiff_t n;
    while ((n = h2conn_try_read(conn, bytes, sizeof bytes)) > 0) *got += (size_t)n;
    if (*got == TOTAL) h2conn_close(conn);
}

static void accept_it(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    h2conn_accept(&conn, request, 200, NULL, 0);
}

START_TEST(a_loop_comes_back_to_what_a_transport_holds) {
    size_t got = 0;
    const h2conn_events events = {.on_open = accept_it, .on_readable = swallow, .user = &got};
    const h2_config server_config = wide_config(true), client_config = wide_config(false);
    const h2conn_server_options options = {.secure = &layer, .config = &server_config, .events = &events};
    const h2conn_client_options client_options = {.secure = &layer, .config = &client_config};
    test_server s;
    h2conn_client *client;
    char byte;
    test_server_start_at(&s, &options, "https://127.0.0.1:0");
    ck_assert_int_eq(h2conn_client_new(&client, &client_options), H2CONN_OK);
    h2conn *conn = test_connect(s.url, client);
    h2conn_set_deadline(conn, h2conn_now() + TEST_PATIENCE_MS);
    ck_assert_int_eq(test_write_pattern(conn, TOTAL, 1), H2CONN_OK);
    ck_assert_int_eq(h2conn_read(conn, &byte, 1), 0);
    h2conn_free(conn);
    h2conn_client_free(client);
    test_server_stop(&s);
}
END_TEST

Suite *transport_holds_suite(void) {
    Suite *suite = suite_create("transport that holds bytes");
    TCase *tc = tcase_create("loop");
    tcase_set_timeout(tc, TEST_SECONDS);
    tcase_add_test(tc, a_loop_comes_back_to_what_a_transport_holds);
    suite_add_tcase(suite, tc);
    return suite;
}
