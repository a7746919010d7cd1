/* SPDX-License-Identifier: MIT */
/* A server that gives every connection its bytes back, by callbacks on loops instead of threads that wait.
 * usage: echo_events http://127.0.0.1:8080 [LOOPS] */
#include <stdio.h>
#include <stdlib.h>
#include "h2conn_events.h"

/* Move what came to where it goes. What the client does not take yet stays unread, which stops the client in turn. */
static void pump(void *user, h2conn *conn) {
    const void *bytes;
    ptrdiff_t n, taken;
    (void)user;
    while ((n = h2conn_peek(conn, &bytes)) > 0 && (taken = h2conn_try_write(conn, bytes, (size_t)n)) > 0)
        h2conn_skip(conn, (size_t)taken);
    if (n == 0) h2conn_close(conn);
}

static void on_open(void *user, h2conn_request *request) {
    h2conn *conn;
    (void)user;
    h2conn_accept(&conn, request, 200, NULL, 0);
}

int main(int argc, char **argv) {
    static const h2conn_events echo = {.on_open = on_open, .on_readable = pump, .on_writable = pump};
    char address[H2CONN_WHY_BYTES];
    h2conn_server_options options = {.events = &echo};
    h2conn_server *server;
    if (argc < 2 || argc > 3 || *argv[1] == '-')
        return fprintf(stderr, "usage: echo_events http://127.0.0.1:8080 [LOOPS]\n"), 1;
    if (argc == 3) options.loops = (unsigned)strtoul(argv[2], NULL, 10);
    if (h2conn_server_new(&server, &options) != H2CONN_OK) return 1;
    if (h2conn_server_listen(server, argv[1], address) != H2CONN_OK) return fprintf(stderr, "%s\n", address), 1;
    fprintf(stderr, "listening on %s\n", address);
    int error = h2conn_server_run(server);
    h2conn_server_free(server);
    return error != H2CONN_OK;
}
