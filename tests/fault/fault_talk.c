/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "fault_talk.h"

#define CHUNK 4096

static const h2conn_field sum[] = {H2CONN_FIELD("x-sum", "1")};

static void fault_answer(void *user, h2conn_request *request) {
    h2conn *conn;
    char buf[CHUNK];
    ptrdiff_t n;
    (void)user;
    if (h2conn_accept(&conn, request, 200, sum, 1) != H2CONN_OK) return;
    h2conn_set_deadline(conn, h2conn_now() + FAULT_PATIENCE_MS);
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0) {
        if (h2conn_write(conn, buf, (size_t)n, NULL) != H2CONN_OK) return;
    }
    if (n == 0) h2conn_close_write_with(conn, sum, 1);
}

static void open_echo(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    h2conn_accept(&conn, request, 200, sum, 1);
}

static void give_back(void *user, h2conn *conn) {
    const void *bytes;
    ptrdiff_t n, taken;
    (void)user;
    while ((n = h2conn_peek(conn, &bytes)) > 0 && (taken = h2conn_try_write(conn, bytes, (size_t)n)) > 0)
        h2conn_skip(conn, (size_t)taken);
    if (n != 0) return;
    /* EAGAIN calls again; without memory for the trailers the client must not take this for the whole. */
    const int error = h2conn_close_write_with(conn, sum, 1);
    if (error != H2CONN_OK && error != H2CONN_EAGAIN) h2conn_reset(conn, H2_INTERNAL_ERROR);
}

static const h2conn_events echo = {.on_open = open_echo, .on_readable = give_back, .on_writable = give_back};

h2conn_server_options fault_server(int style) {
    if (style == 0) return (h2conn_server_options){.handler = fault_answer};
    return (h2conn_server_options){.events = &echo, .loops = (unsigned)style};
}

static int write_all(h2conn *conn, size_t bytes) {
    char buf[CHUNK];
    int error = H2CONN_OK;
    memset(buf, 'x', sizeof buf);
    for (size_t at = 0; at < bytes && error == H2CONN_OK; at += sizeof buf)
        error = h2conn_write(conn, buf, bytes - at < sizeof buf ? bytes - at : sizeof buf, NULL);
    return error == H2CONN_OK ? h2conn_close_write_with(conn, sum, 1) : error;
}

static int read_all(h2conn *conn, size_t bytes) {
    char buf[CHUNK];
    size_t at = 0, trailers;
    ptrdiff_t n;
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0) {
        for (ptrdiff_t i = 0; i < n; i++)
            if (buf[i] != 'x') return FAULT_WRONG;
        at += (size_t)n;
    }
    if (n < 0) return (int)n;
    h2conn_trailers(conn, &trailers);
    /* An end that is clean says that nothing is missing. A server that found no memory for its answer says so by
     * leaving out the trailers. */
    if (at > bytes) return FAULT_WRONG;
    return at == bytes && trailers == 1 ? H2CONN_OK : H2CONN_ECUT;
}

int fault_ask(const char *url, size_t bytes) {
    h2conn *conn;
    h2conn_response response;
    const h2conn_options options = {.fields = sum, .n_fields = 1, .timeout_ms = FAULT_PATIENCE_MS};
    int error = h2conn_connect(&conn, url, &options, &response);
    if (error != H2CONN_OK) return conn == NULL && response.why[0] != '\0' ? error : FAULT_WRONG;
    h2conn_set_deadline(conn, h2conn_now() + FAULT_PATIENCE_MS);
    error = response.status == 200 ? write_all(conn, bytes) : H2CONN_ESTATE;
    if (error == H2CONN_OK) error = read_all(conn, bytes);
    h2conn_free(conn);
    return error;
}
