/* SPDX-License-Identifier: MIT */
#include "port.h"

/* A server that gives every connection its bytes back. */

#define STREAMS 2

H2CONN_CORE_STORAGE(server, true, STREAMS, 2048, 16, 512, 256, 256, 256, 512, 512);

static h2conn_core_conn *conns[STREAMS];
static uint8_t chunks[STREAMS][64];

static void on_headers(void *user, h2conn_core_conn *conn, h2_section section, const h2_field *fields, size_t n) {
    static const h2_field answer[] = {H2_FIELD(":status", "200")};
    (void)user;
    (void)fields;
    (void)n;
    if (section != H2_REQUEST || h2conn_core_respond(conn, answer, 1, 0) != H2CONN_OK) return;
    for (int i = 0; i < STREAMS; i++) {
        if (conns[i] != NULL) continue;
        conns[i] = conn;
        return;
    }
}

static void echo(int i) {
    h2conn_core_conn *conn = conns[i];
    if (conn == NULL || !h2conn_core_writable(conn)) return;
    const ptrdiff_t n = h2conn_core_read(conn, chunks[i], sizeof chunks[i]);
    if (n == H2CONN_EAGAIN) return;
    if (n >= 0) h2conn_core_write(conn, chunks[i], (size_t)n, n == 0 ? H2_END : 0);
    if (n > 0) return;
    h2conn_core_close(conn);
    conns[i] = NULL;
}

int main(void) {
    static h2conn_core core;
    int result = h2conn_core_init(&core, &server_storage, &port_transport, on_headers, NULL);
    while (result == H2CONN_OK && !h2conn_core_over(&core)) {
        h2conn_core_step(&core, port_clock_ms());
        for (int i = 0; i < STREAMS; i++) echo(i);
    }
    return result == H2CONN_OK ? h2conn_core_error(&core) : result;
}
