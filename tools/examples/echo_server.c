/* SPDX-License-Identifier: MIT */
/* A server that gives every connection its bytes back.
 * usage: echo_server http://127.0.0.1:8080
 *        echo_server https://127.0.0.1:8443 CERT KEY */
#include <stdio.h>
#include "h2conn.h"
#include "h2tls.h"

static void echo(void *user, h2conn_request *request) {
    char buf[16384];
    h2conn *conn;
    ptrdiff_t n;
    (void)user;
    if (h2conn_accept(&conn, request, 200, NULL, 0) != H2CONN_OK) return;
    while ((n = h2conn_read(conn, buf, sizeof buf)) > 0 && h2conn_write(conn, buf, (size_t)n, NULL) == H2CONN_OK) {
    }
} /* returning closes the connection */

int main(int argc, char **argv) {
    char address[H2CONN_WHY_BYTES], why[H2TLS_WHY_BYTES];
    h2tls_context *tls = NULL;
    h2conn_secure secure;
    /* A stack for each connection: enough for the buffer above, and more of them fit than of the system's 8 MiB. */
    h2conn_server_options options = {.handler = echo, .stack_bytes = 262144};
    h2conn_server *server;
    if ((argc != 2 && argc != 4) || *argv[1] == '-')
        return fprintf(stderr, "usage: echo_server http://127.0.0.1:8080, or https://127.0.0.1:8443 CERT KEY\n"), 1;
    if (argc == 4) {
        h2tls_options own = {.cert_file = argv[2], .key_file = argv[3]};
        if (h2tls_server(&tls, &own, why) != 0) return fprintf(stderr, "%s\n", why), 1;
        secure = h2tls_secure(tls);
        options.secure = &secure;
    }
    if (h2conn_server_new(&server, &options) != H2CONN_OK) return 1;
    if (h2conn_server_listen(server, argv[1], address) != H2CONN_OK) return fprintf(stderr, "%s\n", address), 1;
    fprintf(stderr, "listening on %s\n", address);
    int error = h2conn_server_run(server);
    h2conn_server_free(server);
    h2tls_free(tls);
    return error != H2CONN_OK;
}
