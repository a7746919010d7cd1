/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bench_common.h"
#include "bench_wire.h"
#include "h2conn_events.h"
#include "h2tls.h"

typedef struct h2 {
    bench_wire wire;
    h2conn *conn;
} h2;

static ptrdiff_t h2_read(bench_wire *wire, void *buf, size_t len) {
    ptrdiff_t n = h2conn_read(((h2 *)wire)->conn, buf, len);
    return n >= 0 ? n : -1;
}

static int h2_write(bench_wire *wire, const void *buf, size_t len) {
    return h2conn_write(((h2 *)wire)->conn, buf, len, NULL) == H2CONN_OK ? 0 : -1;
}

static void h2_end(bench_wire *wire) {
    h2conn_close_write(((h2 *)wire)->conn);
}

static void h2_close(bench_wire *wire) {
    h2conn_free(((h2 *)wire)->conn);
    free(wire);
}

/* The layer that is really used, and the transport it opened last, to ask for its suite. */
static h2conn_secure secure;
static h2conn_transport opened;

static int note_open(void *ctx, const h2conn_transport *below, const char *host, h2conn_transport *above) {
    int result = secure.open(ctx, below, host, above);
    opened = *above;
    return result;
}

static const char *h2_suite(bench_wire *wire) {
    (void)wire;
    return opened.ctx ? h2tls_suite(&opened) : "";
}

static const bench_wire_ops client_ops = {h2_read, h2_write, h2_end, h2_close, h2_suite};
static const bench_wire_ops server_ops = {h2_read, h2_write, h2_end, NULL, NULL};

static bool is_secure(const char *url) {
    return strncmp(url, "https", 5) == 0;
}

static h2conn_secure open_tls(bool server) {
    char cert[4096], key[4096], ca[4096], why[H2TLS_WHY_BYTES];
    h2tls_context *context;
    h2tls_options options = {0};
    snprintf(cert, sizeof cert, "%s/server.pem", bench_certs);
    snprintf(key, sizeof key, "%s/server.key", bench_certs);
    snprintf(ca, sizeof ca, "%s/ca.pem", bench_certs);
    if (server) {
        options.cert_file = cert;
        options.key_file = key;
    } else {
        options.ca_file = ca;
    }
    if ((server ? h2tls_server : h2tls_client)(&context, &options, why) != 0) bench_die("%s", why);
    return h2tls_secure(context);
}

bench_wire *bench_h2_connect(const char *url, const char *task) {
    char full[256];
    h2conn_options options = {0};
    h2conn_response response;
    h2conn_secure layer;
    h2 *h = malloc(sizeof *h);
    if (!h) bench_die("out of memory");
    snprintf(full, sizeof full, "%s/%s", url, task);
    if (is_secure(url)) {
        layer = secure = open_tls(false);
        layer.open = note_open;
        options.secure = &layer;
    }
    h->wire.ops = &client_ops;
    int error = h2conn_connect(&h->conn, full, &options, &response);
    if (error) bench_die("%s: %s", full, response.why);
    if (response.status != 200) bench_die("%s: status %d", full, response.status);
    return &h->wire;
}

static void respond_six(h2conn_request *request) {
    h2conn_respond(request, 200, NULL, 0, "hello\n", 6);
}

static bool asks_for_six(const h2conn_request *request) {
    return strcmp(h2conn_request_path(request), "/six") == 0;
}

static void serve(void *user, h2conn_request *request) {
    const bench_wire_handler *handler = user;
    h2 h = {.wire.ops = &server_ops};
    if (asks_for_six(request))
        respond_six(request);
    else if (h2conn_accept(&h.conn, request, 200, NULL, 0) == H2CONN_OK)
        (*handler)(&h.wire, h2conn_request_path(request) + 1);
}

/* ---- by events: an echo, whatever the task, and the six bytes ---- */

static void open_echo(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    if (asks_for_six(request))
        respond_six(request);
    else
        h2conn_accept(&conn, request, 200, NULL, 0);
}

static void pump(void *user, h2conn *conn) {
    const void *bytes;
    ptrdiff_t n, taken;
    (void)user;
    while ((n = h2conn_peek(conn, &bytes)) > 0 && (taken = h2conn_try_write(conn, bytes, (size_t)n)) > 0)
        h2conn_skip(conn, (size_t)taken);
    if (n == 0) h2conn_close(conn);
}

void bench_h2_serve(const char *scheme, bench_wire_handler handler) {
    char url[64], address[H2CONN_WHY_BYTES];
    h2conn_secure layer;
    h2conn_server *server;
    static const h2conn_events events = {.on_open = open_echo, .on_readable = pump, .on_writable = pump};
    h2conn_server_options options = {.user = &handler};
    if (strstr(scheme, "+events"))
        options.events = &events;
    else
        options.handler = serve;
    if (is_secure(scheme)) {
        layer = open_tls(true);
        options.secure = &layer;
    }
    snprintf(url, sizeof url, "%s://127.0.0.1:0", is_secure(scheme) ? "https" : "http");
    if (h2conn_server_new(&server, &options) != H2CONN_OK) bench_die("no server");
    if (h2conn_server_listen(server, url, address) != H2CONN_OK) bench_die("%s", address);
    bench_announce(strrchr(address, ':') + 1);
    h2conn_server_run(server);
    bench_die("the server ended");
}
