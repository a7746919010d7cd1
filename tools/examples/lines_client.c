/* SPDX-License-Identifier: MIT */
/* Lines from stdin go to all clients of lines_server while the others' lines come in. The end of stdin says goodbye.
 * usage: lines_client NAME http://127.0.0.1:8080
 *        lines_client NAME https://localhost:8443 CA */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "h2conn.h"
#include "h2tls.h"

static void *print_all(void *user) {
    char buf[1024];
    ptrdiff_t n;
    while ((n = h2conn_read(user, buf, sizeof buf)) > 0) {
        fwrite(buf, 1, (size_t)n, stdout);
        fflush(stdout);
    }
    return NULL;
}

/* Each line of stdin, with the name in front. */
static void speak(h2conn *conn, const char *name) {
    char line[512], text[1024];
    while (fgets(line, sizeof line, stdin)) {
        int len = snprintf(text, sizeof text, "%s: %s", name, line);
        if (len < 0 || (size_t)len >= sizeof text || h2conn_write(conn, text, (size_t)len, NULL) != H2CONN_OK) return;
    }
}

int main(int argc, char **argv) {
    char why[H2TLS_WHY_BYTES];
    h2tls_context *tls = NULL;
    h2conn_secure secure;
    h2conn_options options = {.timeout_ms = 5000};
    h2conn_response response;
    h2conn *conn;
    pthread_t printer;
    if (argc != 3 && argc != 4) return fprintf(stderr, "usage: lines_client NAME URL [CA]\n"), 1;
    if (argc == 4) {
        h2tls_options trust = {.ca_file = argv[3]};
        if (h2tls_client(&tls, &trust, why) != 0) return fprintf(stderr, "%s\n", why), 1;
        secure = h2tls_secure(tls);
        options.secure = &secure;
    }
    if (h2conn_connect(&conn, argv[2], &options, &response) != H2CONN_OK)
        return fprintf(stderr, "%s\n", response.why), 1;
    if (pthread_create(&printer, NULL, print_all, conn) != 0) return 1;
    speak(conn, argv[1]);
    h2conn_close_write(conn);
    pthread_join(printer, NULL);
    h2conn_free(conn);
    h2tls_free(tls);
    return 0;
}
