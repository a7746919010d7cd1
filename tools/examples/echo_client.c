/* SPDX-License-Identifier: MIT */
/* Talk to an echo server: a few questions, each sent when the one before has come back.
 * usage: echo_client http://127.0.0.1:8080
 *        echo_client https://localhost:8443 CA */
#include <stdio.h>
#include <string.h>
#include "h2conn.h"
#include "h2tls.h"

/* Send one line and print what comes back. */
static int ask(h2conn *conn, const char *line) {
    char buf[256];
    size_t len = strlen(line), got = 0;
    int error = h2conn_write(conn, line, len, NULL);
    if (error) return error;
    while (got < len) {
        ptrdiff_t n = h2conn_read(conn, buf, sizeof buf);
        if (n <= 0) return n < 0 ? (int)n : H2CONN_ELOST;
        fwrite(buf, 1, (size_t)n, stdout);
        got += (size_t)n;
    }
    return H2CONN_OK;
}

int main(int argc, char **argv) {
    static const char *const lines[] = {"one\n", "two\n", "three\n"};
    char why[H2CONN_WHY_BYTES];
    h2tls_context *tls = NULL;
    h2conn_secure secure;
    h2conn_options options = {.timeout_ms = 5000};
    h2conn_response response;
    h2conn *conn;
    if ((argc != 2 && argc != 3) || *argv[1] == '-')
        return fprintf(stderr, "usage: echo_client http://127.0.0.1:8080, or https://localhost:8443 CA\n"), 1;
    if (argc == 3) {
        h2tls_options trust = {.ca_file = argv[2]};
        if (h2tls_client(&tls, &trust, why) != 0) return fprintf(stderr, "%s\n", why), 1;
        secure = h2tls_secure(tls);
        options.secure = &secure;
    }
    int error = h2conn_connect(&conn, argv[1], &options, &response);
    if (error) return fprintf(stderr, "%s\n", response.why), 1;
    if (response.status != 200)
        return fprintf(stderr, "the server answered %d\n", response.status), h2conn_free(conn), 1;
    for (size_t i = 0; i < sizeof lines / sizeof *lines && !error; i++) error = ask(conn, lines[i]);
    if (error) fprintf(stderr, "%s\n", h2conn_why(conn, why));
    h2conn_free(conn);
    h2tls_free(tls);
    return error != H2CONN_OK;
}
